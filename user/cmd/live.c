// SPDX-License-Identifier: GPL-2.0-only
/*
 * imstrace live: follow the vectors of the running kernel.
 */
#include "../errors.h"
#include "../session.h"
#include "../source/live.h"
#include "../stop.h"
#include "command.h"
#include "options.h"

#include <stdint.h>
#include <stdio.h>

enum option_key {
	KEY_EVENTS = 0x100, KEY_LINT,
};

#define MIN_INTERVAL	10000000	/* ns: a table for people or a plot, not a stream */

static const struct argp_option options[] = {
	{ .doc = "When to show and when to end:", .group = GROUP_END },
	{ "interval", 'i', "TIME", 0, "Show a table every TIME (default 1s; 0: none)", 0 },
	{ "count", 'c', "N", 0, "End after N tables", 0 },

	{ .doc = "What to show:", .group = GROUP_SHOW },
	{ "events", KEY_EVENTS, NULL, 0, "Show every interrupt as well, hop by hop", 0 },
	{ "lint", KEY_LINT, NULL, 0, "Say what is wrong with their drivers as well, as imstrace lint "
	  "does", 0 },
	{ 0 }
};

static const char doc[] =
	"Follows every vector through its life and every interrupt from the hard irq to the "
	"guest's EOI: lifecycle events as they happen, a table every interval, and a summary "
	"at the end or on Ctrl-C."
	"\v"
	"n/a is what can't be measured, with the reason below the summary; coal(esced) "
	"interrupts merged into one that the guest had not taken yet; unm(atched) ones were "
	"seen to end before their last hop.\n\n"
	"EXAMPLES\n"
	"  imstrace live                       everything, until Ctrl-C\n"
	"  imstrace live -i 5s -d 1m -p 4711   one VMM, a table every 5 s, for a minute\n"
	"  imstrace live -i 0 -d 10s --json    only the summary, for a script\n"
	"  imstrace live --events --vector 0   every interrupt of the vectors 0\n\n"
	"EXIT STATUS  0 ok, 1 failed while running, 2 wrong usage, 3 a privilege or a kernel "
	"feature is missing; with --lint also those of imstrace lint: 4 something was found, 5 "
	"no verdict.";

static void write_tables(FILE *out)
{
	fputs("HOPS\n", out);
	for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
		fprintf(out, "  %-9s %s\n", hop_name(hop), hop_what(hop));
	fputs("\nSTAGES\n", out);
	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++)
		fprintf(out, "  %-9s from %s to %s\n", stage_name(stage),
			hop_name(stage_from(stage)), hop_name(stage_to(stage)));
}

static char *add_tables(int key, const char *text, void *input)
{
	(void)input;
	return help_with(key, text, write_tables);
}

struct live_command {
	struct live_options live;
	struct session_options session;
};

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct live_command *command = state->input;
	struct session_options *session = &command->session;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &session->duration;
		state->child_inputs[1] = &session->sink;
		state->child_inputs[2] = &session->filter;
		state->child_inputs[3] = &command->live;
		break;
	case 'i':
		if (!parse_duration(value, &session->interval) ||
		    (session->interval && session->interval < MIN_INTERVAL))
			argp_error(state, "--interval wants 0, or a time from 10ms on such as 1s, "
				   "not \"%s\"", value);
		break;
	case 'c':
		if (!parse_number(value, UINT64_MAX, &session->count))
			argp_error(state, "--count wants a number from 1, not \"%s\"", value);
		break;
	case KEY_EVENTS:
		session->interrupts = true;
		command->live.interrupts = true;
		break;
	case KEY_LINT:
		session->lint = true;
		break;
	case ARGP_KEY_END:
		if (session->count && !session->interval)
			argp_error(state, "--count counts tables: it needs an --interval");
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
	LIVE_CHILD(&live_argp),
	{ 0 }
};

static const struct argp argp = {
	.options = options,
	.parser = parse_option,
	.doc = doc,
	.children = children,
	.help_filter = add_tables,
};

static int run(int argc, char **argv)
{
	struct live_command command = {
		.live = LIVE_DEFAULTS,
		.session = { .sink = &text_sink, .lifecycle = true, .interval = 1000000000 },
	};
	struct source *source;
	int ret;

	if (argp_parse(&argp, argc, argv, 0, NULL, &command))
		return EXIT_USAGE;
	stop_on_signals();
	ret = live_open(&source, &command.live);
	return ret ?: session_run(source, &command.session);
}

const struct command command_live = {
	.name = "live",
	.what = "follow the vectors of the running kernel",
	.argp = &argp,
	.run = run,
};
