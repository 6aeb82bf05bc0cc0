// SPDX-License-Identifier: GPL-2.0-only
/*
 * imstrace lint: what is wrong with the drivers of vectors?
 */
#include "../errors.h"
#include "../session.h"
#include "../stop.h"
#include "command.h"
#include "options.h"

#include <stdio.h>

static const struct argp_option options[] = {
	{ .doc = "When to end:", .group = GROUP_END },
	{ .doc = "How to show it:", .group = GROUP_SHOW },
	{ 0 }
};

static const char doc[] =
	"Watches every vector being set up and torn down, and its interrupts in between, and "
	"says what its driver does out of order: each finding as it happens, and a verdict at "
	"the end or on Ctrl-C: of the running kernel or, with DIR, of what imstrace record has "
	"kept."
	"\v"
	"What happened before, or was lost, is not judged. docs/lint.md says more of each "
	"finding.\n\n"
	"EXAMPLES\n"
	"  imstrace lint                       all drivers, until Ctrl-C\n"
	"  imstrace lint -d 1m --device '83b8*' --json    one device, for a script\n"
	"  imstrace lint slow                  what the recording ./slow has\n\n"
	"EXIT STATUS  0 clean, 1 failed while running, 2 wrong usage, 3 a privilege or a kernel "
	"feature is missing, 4 something was found, 5 no verdict: events were lost, or there was "
	"nothing to judge.";

static void write_findings(FILE *out)
{
	fputs("FINDINGS, of a vector\n", out);
	for (unsigned int rule = 0; rule < LINT_COUNT; rule++)
		fprintf(out, "  %s\n      %s\n", lint_name(rule), lint_what(rule));
}

static char *add_findings(int key, const char *text, void *input)
{
	(void)input;
	return help_with(key, text, write_findings);
}

struct lint_command {
	struct source_options source;
	struct session_options session;
};

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct lint_command *command = state->input;

	(void)value;
	if (key != ARGP_KEY_INIT)
		return ARGP_ERR_UNKNOWN;
	state->child_inputs[0] = &command->session.duration;
	state->child_inputs[1] = &command->session.sink;
	state->child_inputs[2] = &command->session.filter;
	state->child_inputs[3] = &command->source;
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
	.help_filter = add_findings,
};

static int run(int argc, char **argv)
{
	struct lint_command command = {
		.source = SOURCE_DEFAULTS,
		.session = { .sink = &text_sink, .lint = true, .lint_only = true },
	};
	struct source *source;
	int ret;

	/* What a driver does ends with the signal: KVM need not be there. */
	command.source.live.hops = 1U << HOP_IRQ | 1U << HOP_SIGNAL;
	if (argp_parse(&argp, argc, argv, 0, NULL, &command))
		return EXIT_USAGE;
	stop_on_signals();
	ret = source_open(&source, &command.source);
	return ret ?: session_run(source, &command.session);
}

const struct command command_lint = {
	.name = "lint",
	.what = "say what is wrong with the drivers of vectors",
	.argp = &argp,
	.run = run,
};
