// SPDX-License-Identifier: GPL-2.0-only
/*
 * imstrace check: what can be measured on this system?
 */
#include "../errors.h"
#include "../sink/sink.h"
#include "../source/live.h"
#include "command.h"
#include "options.h"

#include <stdio.h>

struct check_options {
	struct live_options live;
	const struct sink *sink;
};

static const char doc[] =
	"Attaches to everything there is to see, says by what, what else was tried and why it "
	"was refused, which stages can be measured, and what is lost; then detaches. It "
	"changes nothing on the system."
	"\v"
	"Each thing has a ladder of ways: a tracepoint, then fentry, then a kprobe. One that "
	"attaches and does not fire is left for the next. \"seen to fire\" was tried with an "
	"event of our own; \"patched in by ftrace\" and \"armed\" are what can be said of "
	"functions that can't be called for a trial; nothing is said of tracepoints, which fire "
	"or are not there.\n\n"
	"EXIT STATUS  0 some hop can be seen, 1 failed while running, 2 wrong usage, 3 nothing "
	"can be measured: a privilege or a kernel feature is missing.";

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct check_options *check = state->input;

	(void)value;
	if (key != ARGP_KEY_INIT)
		return ARGP_ERR_UNKNOWN;
	state->child_inputs[0] = &check->sink;
	state->child_inputs[1] = &check->live;
	return 0;
}

static bool sees_any_hop(const struct source *source)
{
	for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
		if (*source->hops[hop].attached)
			return true;
	return false;
}

static const struct argp_option options[] = {
	{ .doc = "How to show it:", .group = GROUP_SHOW },
	{ 0 }
};

static const struct argp_child children[] = {
	OPTIONS_CHILD(&json_argp),
	LIVE_CHILD(&kernel_argp),
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
	struct check_options check = {
		.live = LIVE_DEFAULTS,
		.sink = &text_sink,
	};
	struct environment environment;
	struct source *source = NULL;
	int ret;

	if (argp_parse(&argp, argc, argv, 0, NULL, &check))
		return EXIT_USAGE;
	check.live.trial = true;
	environment_read(&environment);
	environment_read_modules(&environment);
	/* What is left without guests is worth knowing, too. */
	if (!environment.modules[MODULE_KVM])
		check.live.hops = 1U << HOP_IRQ | 1U << HOP_SIGNAL;
	ret = live_open(&source, &check.live);
	if (!ret && !sees_any_hop(source))
		ret = report_error(EXIT_MISSING, NULL,
				   "no hop of an interrupt can be seen on this system");
	check.sink->check(stdout, &environment, source);
	if (source)
		source->close(source);
	return ret;
}

const struct command command_check = {
	.name = "check",
	.what = "what can be measured on this system, how, and why not more",
	.argp = &argp,
	.run = run,
};
