// SPDX-License-Identifier: GPL-2.0-only
/*
 * imstrace lint: what is wrong with the drivers of vectors?
 */
#include "../fault.h"
#include "../session.h"
#include "../source/live.h"
#include "../stop.h"
#include "command.h"
#include "options.h"

#include <argp.h>
#include <stdio.h>

enum option_key {
	KEY_JSON = 0x100,
};

static const struct argp_option options[] = {
	{ .doc = "When to end, and how to show it:" },
	{ "duration", 'd', "TIME", 0, "End after TIME, such as 10s, 5m, 500ms", 0 },
	{ "json", KEY_JSON, NULL, 0, "One JSON object a line, times in ns "
	  "(docs/schema/imstrace-1.json)", 0 },
	{ 0 }
};

static const char doc[] =
	"Watches every vector being set up and torn down, and its interrupts in between, and "
	"says what its driver does out of order: each finding as it happens, and a verdict at "
	"the end or on Ctrl-C."
	"\v"
	"What happened before, or was lost, is not judged. docs/lint.md says more of each "
	"finding.\n\n"
	"EXAMPLES\n"
	"  imstrace lint                       all drivers, until Ctrl-C\n"
	"  imstrace lint -d 1m --device '83b8*' --json    one device, for a script\n\n"
	"EXIT STATUS  0 clean, 1 failed while running, 2 wrong usage, 3 a privilege or a kernel "
	"feature is missing, 4 something was found, 5 no verdict: events were lost, or there was "
	"nothing to judge.";

static char *add_findings(int key, const char *text, void *input)
{
	char *result = NULL;
	size_t size;
	FILE *out;

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC || !(out = open_memstream(&result, &size)))
		return (char *)text;
	fputs("FINDINGS, of a vector\n", out);
	for (unsigned int rule = 0; rule < LINT_COUNT; rule++)
		fprintf(out, "  %s\n      %s\n", lint_name(rule), lint_what(rule));
	fprintf(out, "\n%s", text);
	fclose(out);
	return result;
}

struct lint_command {
	struct live_options live;
	struct session_options session;
};

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct lint_command *command = state->input;
	struct session_options *session = &command->session;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &session->filter;
		state->child_inputs[1] = &command->live;
		break;
	case 'd':
		if (!parse_duration(value, &session->duration) || !session->duration)
			argp_error(state, "--duration wants a time such as 10s or 5m, not \"%s\"",
				   value);
		break;
	case KEY_JSON:
		session->sink = &json_sink;
		fault_use_json();
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

int command_lint(int argc, char **argv)
{
	static const struct argp_child children[] = {
		{ &filter_argp, 0, FILTER_HEADER, 3 },
		{ &live_argp, 0, LIVE_HEADER, 4 },
		{ 0 }
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse_option,
		.doc = doc,
		.children = children,
		.help_filter = add_findings,
	};
	struct lint_command command = {
		.live = LIVE_DEFAULTS,
		.session = { .sink = &text_sink, .lint = true, .lint_only = true },
	};
	struct source *source;
	int ret;

	/* What a driver does ends with the signal: KVM need not be there. */
	command.live.hops = 1U << HOP_IRQ | 1U << HOP_SIGNAL;
	if (argp_parse(&argp, argc, argv, 0, NULL, &command))
		return EXIT_USAGE;
	stop_on_signals();
	ret = live_open(&source, &command.live);
	return ret ?: session_run(source, &command.session);
}
