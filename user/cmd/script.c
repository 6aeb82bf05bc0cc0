// SPDX-License-Identifier: GPL-2.0-only
/*
 * imstrace script: a recording event by event.
 */
#include "../errors.h"
#include "../session.h"
#include "../sink/fields.h"
#include "../stop.h"
#include "command.h"
#include "options.h"

#include <string.h>

enum option_key {
	KEY_ONLY = 0x100, KEY_FIELDS,
};

#define INTERRUPTS	"interrupts"
#define LIFECYCLE	"lifecycle"

static const struct argp_option options[] = {
	{ .doc = "When to end:", .group = GROUP_END },
	{ .doc = "What to show:", .group = GROUP_SHOW },
	{ "fields", KEY_FIELDS, "FIELDS", 0, "Of each interrupt only these fields, such as "
	  "device,vector,total_ns: separated by tabs, \"-\" for what is not known", 0 },
	{ "only", KEY_ONLY, "WHAT", 0, "Only the \"" INTERRUPTS "\", or only the \"" LIFECYCLE "\" of "
	  "vectors", 0 },
	{ 0 }
};

static const char doc[] =
	"Shows every interrupt, hop by hop, and every step in the lives of vectors, in the order "
	"in which they ended: of the recording DIR or, without one, of the running kernel."
	"\v"
	"EXAMPLES\n"
	"  imstrace script slow                             all of the recording ./slow\n"
	"  imstrace script slow --from 1500ms --until 1600ms   a tenth of a second of it\n"
	"  imstrace script slow --only interrupts --json    for a program\n"
	"  imstrace script slow --fields vector,total_ns | sort -k2n    for others\n"
	"  imstrace script -d 1s                            the running kernel's next second\n\n"
	"EXIT STATUS  0 ok, 1 failed while running, 2 wrong usage or no recording, 3 a privilege "
	"or a kernel feature is missing.";

static void write_fields(FILE *out)
{
	char name[FIELD_NAME_LEN];

	fputs("FIELDS\n", out);
	for (unsigned int field = 0; field < FIELD_COUNT; field++)
		fprintf(out, "  %-13s %s\n", field_name(field, name), field_what(field));
}

static char *add_fields(int key, const char *text, void *input)
{
	(void)input;
	return help_with(key, text, write_fields);
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

struct script_command {
	struct source_options source;
	struct session_options session;
	bool fields;
};

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct script_command *command = state->input;
	struct session_options *session = &command->session;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &session->duration;
		state->child_inputs[1] = &session->sink;
		state->child_inputs[2] = &session->filter;
		state->child_inputs[3] = &command->source;
		break;
	case KEY_ONLY:
		session->lifecycle = !strcmp(value, LIFECYCLE);
		session->interrupts = !strcmp(value, INTERRUPTS);
		if (!session->lifecycle && !session->interrupts)
			argp_error(state, "--only wants " INTERRUPTS " or " LIFECYCLE
				   ", not \"%s\"", value);
		break;
	case KEY_FIELDS:
		if (!fields_choose(value))
			argp_error(state, "--fields wants a list of those that --help lists, not \"%s\"",
				   value);
		command->fields = true;
		break;
	case ARGP_KEY_END:
		if (!command->fields)
			break;
		if (session->sink != &text_sink)
			argp_error(state, "--fields and --json are two ways of showing it");
		if (!session->interrupts)
			argp_error(state, "--fields are of interrupts, which --only leaves out");
		session->sink = &fields_sink;
		session->lifecycle = false;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp_child children[] = {
	OPTIONS_CHILD(&duration_argp),
	OPTIONS_CHILD(&json_argp),
	FILTER_CHILD,
	OPTIONS_CHILD(&source_argp),
	{ 0 }
};

static const struct argp argp = {
	.options = options,
	.parser = parse_option,
	.args_doc = SOURCE_ARGUMENT,
	.doc = doc,
	.children = children,
	.help_filter = add_fields,
};

static int run(int argc, char **argv)
{
	struct script_command command = {
		.source = SOURCE_DEFAULTS,
		.session = {
			.sink = &text_sink, .lifecycle = true, .interrupts = true,
			.no_summary = true,
		},
	};
	struct source *source;
	int ret;

	if (argp_parse(&argp, argc, argv, 0, NULL, &command))
		return EXIT_USAGE;
	stop_on_signals();
	command.source.live.interrupts = command.session.interrupts;
	ret = source_open(&source, &command.source);
	return ret ?: session_run(source, &command.session);
}

const struct command command_script = {
	.name = "script",
	.what = "a recording, or what happens now, event by event",
	.argp = &argp,
	.choices = choices,
	.run = run,
};
