// SPDX-License-Identifier: GPL-2.0-only
/*
 * imstrace export: a recording in the formats of other tools.
 */
#include "../errors.h"
#include "../session.h"
#include "../stop.h"
#include "command.h"
#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <string.h>
#include <unistd.h>

static const struct format {
	const char *name;
	const char *what;	/* it is for */
	const struct sink_ops *ops;
	bool binary;		/* not for a terminal */
} formats[] = {
#define X(name, what, binary) { #name, what, &name##_sink, binary },
	EXPORT_FORMATS(X)
#undef X
};

#define FORMATS (sizeof(formats) / sizeof(formats[0]))

#define OUTPUT_BYTES	(256 * 1024)

struct export_command {
	struct source_options source;
	struct session_options session;
	const struct format *format;
	struct sink sink;
	enum imstrace_stage stage;	/* STAGE_COUNT: all */
};

static const struct format *find_format(const char *name)
{
	for (size_t i = 0; i < FORMATS; i++)
		if (!strcmp(formats[i].name, name))
			return &formats[i];
	return NULL;
}

static enum imstrace_stage find_stage(const char *name)
{
	unsigned int stage = 0;

	while (stage < STAGE_COUNT && strcmp(stage_name(stage), name))
		stage++;
	return stage;
}

static bool take_format(const struct option_row *option, void *to, char *value,
			struct argp_state *state)
{
	const struct format **format = to;

	(void)option;
	*format = find_format(value);
	if (!*format && *value && strchr("0123456789", *value))
		argp_error(state, "--to must be a format, not \"%s\"; for a time use --until", value);
	return *format;
}

static bool take_stage(const struct option_row *option, void *to, char *value,
		       struct argp_state *state)
{
	enum imstrace_stage *stage = to;

	(void)option;
	(void)state;
	*stage = find_stage(value);
	return *stage != STAGE_COUNT;
}

static const struct option_row options[] = {
	HEADING(PLACE_END, "When to end:"),
	HEADING(PLACE_SHOW, "What to write, and where to:"),
	{ "to", 0, "FORMAT", "Write this format, one of those below",
	  take_format, INTO(struct export_command, format),
	  "one of the formats that --help lists" },
	{ "output", 'o', "FILE", "Write to FILE instead of stdout",
	  take_text, INTO(struct export_command, sink.path) },
	{ "stage", 0, "STAGE", "hgrm: write only this stage, such as total",
	  take_stage, INTO(struct export_command, stage),
	  "one of these stages:"
#define X(ENUM, name, from, to, ...) " " #name
	  IMSTRACE_STAGES(X)
#undef X
	},
	{ 0 }
};

static void check_options(void *target, struct argp_state *state)
{
	const struct export_command *command = target;

	if (!command->format)
		argp_error(state, "--to is missing: name one of the formats that --help lists");
	else if (command->stage != STAGE_COUNT && command->format->ops != &hgrm_sink)
		argp_error(state, "--stage applies only to --to hgrm");
}

static const char doc[] =
	"Writes a recording in the format of another tool. Reads the recording DIR or, without one, "
	"follows the running kernel until the end."
	"\v"
	"EXAMPLES\n"
	"  imstrace export --to perfetto -o slow.pftrace slow   for ui.perfetto.dev\n"
	"  imstrace export --to csv --from 2s --until 3s slow   one second of it\n"
	"  imstrace export --to hgrm --vector 1 --stage total slow > total.hgrm\n\n"
	"EXIT STATUS  0 ok, 1 failed while running, 2 wrong usage or no recording, 3 a privilege "
	"or a kernel feature is missing.";

static void write_formats(FILE *out)
{
	fputs("FORMATS\n", out);
	for (size_t i = 0; i < FORMATS; i++)
		fprintf(out, "  %-12s %s\n", formats[i].name, formats[i].what);
}

static const char *format_choice(unsigned int index)
{
	return index < FORMATS ? formats[index].name : NULL;
}

static const struct choice choices[] = {
	{ "FORMAT", false, format_choice },
	{ 0 }
};

static int open_output(struct export_command *command)
{
	struct sink *sink = &command->sink;

	sink->out = sink->path ? fopen(sink->path, "we") : stdout;
	if (!sink->out)
		return report_error(EXIT_RUNTIME, NULL, "cannot write to %s: %s", sink->path,
				    strerror(errno));
	if (command->format->binary && isatty(fileno(sink->out)))
		return report_error(EXIT_USAGE, "Name a file with -o", "%s is binary and cannot go to a terminal",
				    command->format->name);
	/* There is one thread. Ten million interrupts are a hundred million lines. */
	__fsetlocking(sink->out, FSETLOCKING_BYCALLER);
	setvbuf(sink->out, NULL, _IOFBF, OUTPUT_BYTES);
	return 0;
}

static int run(int argc, char **argv)
{
	struct export_command command = { .source = SOURCE_DEFAULTS, .stage = STAGE_COUNT };
	const struct sink_ops *ops;
	struct source *source;
	int ret;

	parse_options(&command_export, argc, argv, &command);
	ops = command.format->ops;
	command.sink.ops = ops;
	command.sink.wants = (struct sink_wants) {
		.start = true, .lifecycle = ops->lifecycle, .interrupts = ops->interrupt,
		.summary = true,
	};
	/* Of hgrm_sink; the others have no use for it. */
	command.sink.context = &command.stage;
	command.session.sinks = SINKS(&command.sink);
	stop_on_signals();
	/* FILE is truncated only when there is something to write. */
	command.source.live.interrupts = command.sink.wants.interrupts;
	ret = source_open(&source, &command.source, &command.session.filter);
	if (ret)
		return ret;
	ret = open_output(&command);
	if (ret) {
		source->close(source);
		return ret;
	}
	return session_run(source, &command.session);
}

const struct command command_export = {
	.name = "export", .what = "convert a recording to the formats of other tools",
	.doc = doc, .args_doc = SOURCE_ARGUMENT,
	.own = &(const struct option_group) { .options = options, .check = check_options },
	.groups = GROUPS(SESSION_GROUPS(struct export_command, session),
			 SOURCE_GROUPS(struct export_command, source)),
	.choices = choices, .tables = write_formats, .run = run,
};
