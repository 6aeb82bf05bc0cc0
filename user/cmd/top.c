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

static const struct argp_option options[] = {
	{ .doc = "When to show and when to end:", .group = GROUP_END },
	{ "interval", 'i', "TIME", 0, "New figures every TIME (default 1s)", 0 },
	{ 0 }
};

static const char doc[] =
	"Shows vectors, devices and VMs on a full screen, by their rates and latencies, with a "
	"history of them; a vector's stages, histogram and lifecycle; and a summary at the end."
	"\v"
	"? shows the keys. Colours are used where the terminal has them, and the environment does "
	"not have NO_COLOR.\n\n"
	"EXAMPLES\n"
	"  imstrace top                        everything, until q or Ctrl-C\n"
	"  imstrace top -p 4711 -i 500ms       one VMM, twice a second\n\n"
	"EXIT STATUS  0 ok, 1 failed while running, 2 wrong usage or no terminal, 3 a privilege "
	"or a kernel feature is missing.";

struct top_command {
	struct live_options live;
	struct session_options session;
};

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct top_command *command = state->input;
	struct session_options *session = &command->session;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &session->duration;
		state->child_inputs[1] = &session->filter;
		state->child_inputs[2] = &command->live;
		break;
	case 'i':
		if (!parse_duration(value, &session->interval) || session->interval < MIN_INTERVAL)
			argp_error(state, "--interval wants a time from 100ms on such as 1s, "
				   "not \"%s\"", value);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp_child children[] = {
	OPTIONS_CHILD(&duration_argp),
	FILTER_CHILD,
	LIVE_CHILD(&live_argp),
	{ 0 }
};

static const struct argp argp = {
	.options = options,
	.parser = parse_option,
	.doc = doc,
	.children = children,
};

static int run(int argc, char **argv)
{
	struct top_command command = {
		.live = LIVE_DEFAULTS,
		.session = { .sink = &screen_sink, .lifecycle = true, .interval = 1000000000 },
	};
	struct source *source;
	int ret;

	if (argp_parse(&argp, argc, argv, 0, NULL, &command))
		return EXIT_USAGE;
	stop_on_signals();
	/* First: what describes the terminal may be for root only. */
	ret = screen_open();
	if (ret)
		return ret;
	ret = live_open(&source, &command.live);
	if (!ret) {
		source->keys = true;
		ret = session_run(source, &command.session);
	}
	screen_close();
	return ret;
}

const struct command command_top = {
	.name = "top",
	.what = "the same on a full screen, with histories",
	.argp = &argp,
	.run = run,
};
