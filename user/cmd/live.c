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

#include <stdio.h>

#define MIN_INTERVAL	10000000	/* ns: a table for people or a plot, not a stream */

struct live_command {
	struct live_options live;
	struct session_options session;
	struct sink view;
};

static const struct option_row options[] = {
	HEADING(PLACE_END, "When to show and when to end:"),
	{ "interval", 'i', "TIME", "Show a table every TIME (default 1s; 0: none)",
	  take_duration, INTO(struct live_command, session.interval), "0 or at least 10ms",
	  .least = MIN_INTERVAL, .or_zero = true },
	{ "count", 'c', "N", "End after N tables", take_number,
	  INTO(struct live_command, session.count), "a number from 1" },

	HEADING(PLACE_SHOW, "What to show:"),
	{ "interrupts", 0, NULL, "Also show every interrupt, hop by hop",
	  take_flag, INTO(struct live_command, view.wants.interrupts) },
	{ "lint", 0, NULL, "Also report drivers' defects, as imstrace lint does",
	  take_flag, INTO(struct live_command, session.lint) },
	{ 0 }
};

static void check_options(void *target, struct argp_state *state)
{
	const struct live_command *command = target;

	if (command->session.count && !command->session.interval)
		argp_error(state, "--count counts tables, so it needs an --interval that is not 0");
}

static const char doc[] =
	"Follows every vector through its life and every interrupt from the hard irq to the "
	"guest's EOI. Shows lifecycle steps as they happen, a table "
	"every interval, and a summary at the end or on Ctrl-C."
	"\v"
	"n/a means that a figure can't be measured; the reason is below the summary. Coal(esced) "
	"interrupts merged into one that the guest had not taken yet. Unm(atched) interrupts did not "
	"reach the guest, or were not seen to end there: the table ENDED says how. NEVER FIRED counts "
	"vectors that nothing has happened to, and HOST IRQS what their device takes of the host.\n\n"
	HELP_SIGNALS
	"EXAMPLES\n"
	"  imstrace live                       everything, until Ctrl-C\n"
	"  imstrace live -i 5s -d 1m -p 4711   one VMM, a table every 5 s, for a minute\n"
	"  imstrace live -i 0 -d 10s --json    only the summary, for a script\n"
	"  imstrace live --interrupts --vector 0   every interrupt of all vectors 0\n\n"
	"EXIT STATUS  0 ok, 1 failed while running, 2 wrong usage, 3 a privilege or a kernel "
	"feature is missing; with --lint also 4 a defect was found, 5 inconclusive.";

static void write_tables(FILE *out)
{
	fputs("HOPS\n", out);
	for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
		fprintf(out, "  %-9s %s\n", hop_name(hop), hop_what(hop));
	fputs("\nSTAGES\n", out);
	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++)
		fprintf(out, "  %-9s from %s to %s%s%s\n", stage_name(stage),
			hop_name(stage_from(stage)), hop_name(stage_to(stage)),
			*stage_of(stage) ? ", of interrupts " : "", stage_of(stage));
}

static int run(int argc, char **argv)
{
	struct live_command command = {
		.live = LIVE_DEFAULTS,
		.session = { .interval = 1000000000 },
		.view = {
			.ops = &text_sink, .out = stdout,
			.wants = { .start = true, .lifecycle = true, .summary = true },
		},
	};
	struct source *source;
	int ret;

	parse_options(&command_live, argc, argv, &command);
	command.live.interrupts = command.view.wants.interrupts;
	command.live.competitors = true;
	command.session.sinks = SINKS(&command.view);
	stop_on_signals();
	ret = live_open_for(&source, &command.live, &command.session.filter);
	return ret ?: session_run(source, &command.session);
}

const struct command command_live = {
	.name = "live", .what = "follow the vectors of the running kernel",
	.doc = doc,
	.own = &(const struct option_group) { .options = options, .check = check_options },
	.groups = GROUPS({ &json_group, offsetof(struct live_command, view.ops) },
			 SESSION_GROUPS(struct live_command, session),
			 LIVE_GROUPS(struct live_command, live)),
	.tables = write_tables, .run = run,
};
