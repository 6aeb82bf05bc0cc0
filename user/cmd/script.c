// SPDX-License-Identifier: GPL-2.0-only
/*
 * imstrace script: every interrupt and step of a recording.
 */
#include "../errors.h"
#include "../session.h"
#include "../sink/fields.h"
#include "../stop.h"
#include "command.h"
#include "options.h"

#include <string.h>

#define INTERRUPTS	"interrupts"
#define LIFECYCLE	"lifecycle"

struct script_command {
	struct source_options source;
	struct session_options session;
	struct sink view;
	struct field_choice fields;
};

static bool take_only(const struct option_row *option, void *to, char *value,
		      struct argp_state *state)
{
	struct sink_wants *wants = to;

	(void)option;
	(void)state;
	wants->lifecycle = !strcmp(value, LIFECYCLE);
	wants->interrupts = !strcmp(value, INTERRUPTS);
	return wants->lifecycle || wants->interrupts;
}

static bool take_fields(const struct option_row *option, void *to, char *value,
			struct argp_state *state)
{
	(void)option;
	(void)state;
	return fields_choose(to, value);
}

static const struct option_row options[] = {
	HEADING(PLACE_END, "When to end:"),
	HEADING(PLACE_SHOW, "What to show:"),
	{ "fields", 0, "FIELDS", "Show only these fields of each interrupt, such as "
	  "device,vector,total_ns: separated by tabs, \"-\" for an unknown value",
	  take_fields, INTO(struct script_command, fields), "a list of those that --help lists" },
	{ "only", 0, "WHAT", "Show only \"" INTERRUPTS "\", or only the \"" LIFECYCLE "\" of "
	  "vectors", take_only, INTO(struct script_command, view.wants),
	  INTERRUPTS " or " LIFECYCLE },
	{ 0 }
};

static void check_options(void *target, struct argp_state *state)
{
	struct script_command *command = target;
	struct sink *view = &command->view;

	if (!command->fields.count)
		return;
	if (view->ops != &text_sink)
		argp_error(state, "--fields and --json cannot be combined");
	if (!view->wants.interrupts)
		argp_error(state, "--fields needs interrupts, which --only leaves out");
	view->ops = &fields_sink;
	view->context = &command->fields;
}

static const char doc[] =
	"Shows every interrupt, hop by hop, and every lifecycle step of vectors, in the order in "
	"which they ended. Reads the recording DIR or, without one, follows the running kernel."
	"\v"
	"EXAMPLES\n"
	"  imstrace script slow                             all of the recording ./slow\n"
	"  imstrace script slow --from 1500ms --until 1600ms   a tenth of a second of it\n"
	"  imstrace script slow --only interrupts --json    for a program\n"
	"  imstrace script slow --fields vector,total_ns | sort -k2n    for other tools\n"
	"  imstrace script -d 1s                            the next second of the running kernel\n\n"
	"EXIT STATUS  0 ok, 1 failed while running, 2 wrong usage or no recording, 3 a privilege "
	"or a kernel feature is missing.";

static void write_fields(FILE *out)
{
	char name[FIELD_NAME_LEN];

	fputs("FIELDS\n", out);
	for (unsigned int field = 0; field < FIELD_COUNT; field++)
		fprintf(out, "  %-13s %s\n", field_name(field, name), field_what(field));
}

static const char *only_choice(unsigned int index)
{
	static const char *const names[] = { INTERRUPTS, LIFECYCLE };

	return index < sizeof(names) / sizeof(names[0]) ? names[index] : NULL;
}

static const char *field_choice(unsigned int index)
{
	static char name[FIELD_NAME_LEN];

	return index < FIELD_COUNT ? field_name(index, name) : NULL;
}

static const struct choice choices[] = {
	{ "WHAT", false, only_choice },
	{ "FIELDS", true, field_choice },
	{ 0 }
};

static int run(int argc, char **argv)
{
	struct script_command command = {
		.source = SOURCE_DEFAULTS,
		.view = {
			.ops = &text_sink, .out = stdout,
			.wants = { .start = true, .lifecycle = true, .interrupts = true },
		},
	};
	struct source *source;
	int ret;

	parse_options(&command_script, argc, argv, &command);
	stop_on_signals();
	command.source.live.interrupts = command.view.wants.interrupts;
	command.session.sinks = SINKS(&command.view);
	ret = source_open(&source, &command.source, &command.session.filter);
	return ret ?: session_run(source, &command.session);
}

const struct command command_script = {
	.name = "script", .what = "show every interrupt and lifecycle step of a recording",
	.doc = doc, .args_doc = SOURCE_ARGUMENT,
	.own = &(const struct option_group) { .options = options, .check = check_options },
	.groups = GROUPS({ &json_group, offsetof(struct script_command, view.ops) },
			 SESSION_GROUPS(struct script_command, session),
			 SOURCE_GROUPS(struct script_command, source)),
	.choices = choices, .tables = write_fields, .run = run,
};
