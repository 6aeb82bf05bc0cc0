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

struct lint_command {
	struct source_options source;
	struct session_options session;
	struct sink view;
};

static const struct option_row options[] = {
	HEADING(PLACE_END, "When to end:"),
	HEADING(PLACE_SHOW, "How to show it:"),
	{ 0 }
};

static const char doc[] =
	"Watches every vector being set up, used and torn down, and reports defects of its driver: "
	"each finding as it happens, and a verdict at the end or on Ctrl-C. Reads the recording "
	"DIR or, without one, follows the running kernel."
	"\v"
	"Steps that were lost or happened before the start are not judged. docs/lint.md explains "
	"each finding.\n\n"
	HELP_SIGNALS
	"EXAMPLES\n"
	"  imstrace lint                       all drivers, until Ctrl-C\n"
	"  imstrace lint -d 1m --device '83b8*' --json    one device, for a script\n"
	"  imstrace lint slow                  the findings in the recording ./slow\n\n"
	"EXIT STATUS  0 clean, 1 failed while running, 2 wrong usage, 3 a privilege or a kernel "
	"feature is missing, 4 a defect was found, 5 inconclusive: steps were lost, or there "
	"was nothing to judge.";

static void write_findings(FILE *out)
{
	fputs("FINDINGS, for each vector\n", out);
	for (unsigned int rule = 0; rule < LINT_COUNT; rule++)
		fprintf(out, "  %s\n      %s\n", lint_name(rule), lint_what(rule));
}

static int run(int argc, char **argv)
{
	struct lint_command command = {
		.source = SOURCE_DEFAULTS,
		.session = { .lint = true, .lint_only = true },
		.view = { .ops = &text_sink, .out = stdout },
	};
	struct source *source;
	int ret;

	/* A driver's part ends with the signal, so KVM is not needed. */
	command.source.live.hops = 1U << HOP_IRQ | 1U << HOP_SIGNAL;
	parse_options(&command_lint, argc, argv, &command);
	command.session.sinks = SINKS(&command.view);
	stop_on_signals();
	ret = source_open(&source, &command.source, &command.session.filter);
	return ret ?: session_run(source, &command.session);
}

const struct command command_lint = {
	.name = "lint", .what = "report defects of the drivers of vectors",
	.doc = doc, .args_doc = SOURCE_ARGUMENT,
	.own = &(const struct option_group) { .options = options },
	.groups = GROUPS({ &json_group, offsetof(struct lint_command, view.ops) },
			 SESSION_GROUPS(struct lint_command, session),
			 SOURCE_GROUPS(struct lint_command, source)),
	.tables = write_findings, .run = run,
};
