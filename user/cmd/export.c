// SPDX-License-Identifier: GPL-2.0-only
/*
 * imstrace export: a recording in the formats of other tools. The table of them is here.
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
	const struct sink *sink;
	bool binary;		/* not for a terminal */
} formats[] = {
	{ "json", "an object a line (docs/schema/imstrace-1.json): for scripts",
	  &json_sink, false },
	{ "csv", "a row per interrupt, in ns: for spreadsheets, data frames",
	  &csv_sink, false },
	{ "chrome", "trace-event JSON: for chrome://tracing, ui.perfetto.dev",
	  &chrome_sink, false },
	{ "perfetto", "protobuf trace: for ui.perfetto.dev and trace_processor",
	  &perfetto_sink, true },
	{ "openmetrics", "figures and histograms, in seconds: for Prometheus",
	  &openmetrics_sink, false },
	{ "hgrm", "percentiles in us, by vector and stage: for HdrHistogram's plotters",
	  &hgrm_sink, false },
};

#define FORMATS (sizeof(formats) / sizeof(formats[0]))

#define OUTPUT_BYTES	(256 * 1024)

enum option_key {
	KEY_TO_FORMAT = 0x100, KEY_STAGE,
};

static const struct argp_option options[] = {
	{ .doc = "When to end:", .group = GROUP_END },
	{ .doc = "What to write, and where to:", .group = GROUP_SHOW },
	{ "to", KEY_TO_FORMAT, "FORMAT", 0, "One of those below", 0 },
	{ "output", 'o', "FILE", 0, "Into FILE, and not to stdout", 0 },
	{ "stage", KEY_STAGE, "STAGE", 0, "hgrm: only of this stage, such as total", 0 },
	{ 0 }
};

static const char doc[] =
	"Writes what happened in the format of another tool: in the recording DIR or, without one, "
	"in the running kernel until the end."
	"\v"
	"EXAMPLES\n"
	"  imstrace export --to perfetto -o slow.pftrace slow   for ui.perfetto.dev\n"
	"  imstrace export --to csv --from 2s --until 3s slow   one second of it\n"
	"  imstrace export --to hgrm --vector 1 --stage total slow > total.hgrm\n\n"
	"EXIT STATUS  0 ok, 1 failed while running, 2 wrong usage or no recording, 3 a privilege "
	"or a kernel feature is missing.";

struct export_command {
	struct source_options source;
	struct session_options session;
	const struct format *format;
	const char *output;
	enum imstrace_stage stage;	/* STAGE_COUNT: all */
};

static void write_formats(FILE *out)
{
	fputs("FORMATS\n", out);
	for (size_t i = 0; i < FORMATS; i++)
		fprintf(out, "  %-12s %s\n", formats[i].name, formats[i].what);
}

static char *add_formats(int key, const char *text, void *input)
{
	(void)input;
	return help_with(key, text, write_formats);
}

static const char *format_choice(unsigned int index)
{
	return index < FORMATS ? formats[index].name : NULL;
}

static const struct choice choices[] = {
	{ "FORMAT", false, format_choice },
	{ 0 }
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

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct export_command *command = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &command->session.duration;
		state->child_inputs[1] = &command->session.filter;
		state->child_inputs[2] = &command->source;
		break;
	case KEY_TO_FORMAT:
		command->format = find_format(value);
		if (!command->format)
			argp_error(state, "--to wants one of the formats that --help lists, not "
				   "\"%s\"%s", value, *value && strchr("0123456789", *value) ?
				   "; a time is for --until" : "");
		break;
	case 'o':
		command->output = value;
		break;
	case KEY_STAGE:
		command->stage = find_stage(value);
		if (command->stage == STAGE_COUNT)
			argp_error(state, "--stage wants handler, irqfd, deliver, service, "
				   "delivery or total, not \"%s\"", value);
		break;
	case ARGP_KEY_END:
		if (!command->format)
			argp_error(state, "--to wants one of the formats that --help lists");
		else if (command->stage != STAGE_COUNT && command->format->sink != &hgrm_sink)
			argp_error(state, "--stage is for --to hgrm only");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static int open_output(const struct export_command *command)
{
	if (command->output && !freopen(command->output, "we", stdout))
		return report_error(EXIT_RUNTIME, NULL, "cannot write to %s: %s", command->output,
				    strerror(errno));
	if (command->format->binary && isatty(STDOUT_FILENO))
		return report_error(EXIT_USAGE, "Name a file with -o", "%s is not for a terminal",
				    command->format->name);
	/* There is one thread. Ten million interrupts are a hundred million lines. */
	__fsetlocking(stdout, FSETLOCKING_BYCALLER);
	setvbuf(stdout, NULL, _IOFBF, OUTPUT_BYTES);
	return 0;
}

static const struct argp_child children[] = {
	OPTIONS_CHILD(&duration_argp),
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
	.help_filter = add_formats,
};

static int run(int argc, char **argv)
{
	struct export_command command = { .source = SOURCE_DEFAULTS, .stage = STAGE_COUNT };
	struct session_options *session = &command.session;
	struct source *source;
	int ret;

	if (argp_parse(&argp, argc, argv, 0, NULL, &command))
		return EXIT_USAGE;
	if (command.stage != STAGE_COUNT)
		hgrm_choose(command.stage);
	session->sink = command.format->sink;
	session->lifecycle = session->sink->lifecycle;
	session->interrupts = session->sink->interrupt;
	stop_on_signals();
	/* What is in FILE stays there if there is nothing to put in its place. */
	command.source.live.interrupts = session->interrupts;
	ret = source_open(&source, &command.source);
	if (ret)
		return ret;
	ret = open_output(&command);
	if (ret) {
		source->close(source);
		return ret;
	}
	return session_run(source, session);
}

const struct command command_export = {
	.name = "export",
	.what = "a recording, or what happens now, in the formats of other tools",
	.argp = &argp,
	.choices = choices,
	.run = run,
};
