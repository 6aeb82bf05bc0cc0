// SPDX-License-Identifier: GPL-2.0-only
/*
 * imstrace top: the vectors of the running kernel on a full screen.
 */
#include "../errors.h"
#include "../screen/screen.h"
#include "../session.h"
#include "../source/live.h"
#include "../stop.h"
#include "command.h"
#include "options.h"

#define MIN_INTERVAL	100000000	/* ns: what an eye can follow */

struct top_command {
	struct live_options live;
	struct session_options session;
};

static const struct option_row options[] = {
	HEADING(PLACE_END, "When to show and when to end:"),
	{ "interval", 'i', "TIME", "Show new figures every TIME (default 1s)",
	  take_duration, INTO(struct top_command, session.interval), "at least 100ms",
	  .least = MIN_INTERVAL },
	{ 0 }
};

static const char doc[] =
	"Shows vectors, devices and VMs on a full screen, with their rates, latencies and recent "
	"history. Opens each vector's stages, histogram and lifecycle, and shows a summary at the "
	"end."
	"\v"
	"Press ? for the keys. Colours are used if the terminal has them and NO_COLOR is not "
	"set.\n\n"
	HELP_SIGNALS
	"EXAMPLES\n"
	"  imstrace top                        everything, until q or Ctrl-C\n"
	"  imstrace top -p 4711 -i 500ms       one VMM, twice a second\n\n"
	"EXIT STATUS  0 ok, 1 failed while running, 2 wrong usage or no terminal, 3 a privilege "
	"or a kernel feature is missing.";

static int run(int argc, char **argv)
{
	struct top_command command = {
		.live = LIVE_DEFAULTS,
		.session = { .interval = 1000000000 },
	};
	struct sink view = {
		.ops = &screen_sink, .out = stdout,
		.wants = { .start = true, .lifecycle = true, .summary = true },
	};
	struct source *source;
	int ret;

	parse_options(&command_top, argc, argv, &command);
	stop_on_signals();
	/* Before privileges go: the terminal's description may be readable by root only. */
	ret = screen_open(&view);
	if (ret)
		return ret;
	command.session.sinks = SINKS(&view);
	ret = live_open_for(&source, &command.live, &command.session.filter);
	if (!ret) {
		source->keys = true;
		ret = session_run(source, &command.session);
	}
	screen_close(&view);
	return ret;
}

const struct command command_top = {
	.name = "top", .what = "follow them on a full screen, with recent history",
	.doc = doc,
	.own = &(const struct option_group) { .options = options },
	.groups = GROUPS(SESSION_GROUPS(struct top_command, session),
			 LIVE_GROUPS(struct top_command, live)),
	.run = run,
};
