// SPDX-License-Identifier: GPL-2.0-only
/*
 * imstrace check: what can be measured on this system?
 */
#include "../fault.h"
#include "../sink/sink.h"
#include "../source/live.h"
#include "command.h"

#include <argp.h>
#include <stdio.h>

enum option_key {
	KEY_JSON = 0x100, KEY_BTF,
};

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

static const struct argp_option options[] = {
	{ "json", KEY_JSON, NULL, 0, "One JSON object (docs/schema/imstrace-1.json)", 0 },
	{ "btf", KEY_BTF, "FILE", 0, "Take the kernel's BTF from FILE", 0 },
	{ "verbose", 'v', NULL, 0, "Show libbpf's messages; twice: all of them", 0 },
	{ 0 }
};

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct check_options *check = state->input;

	switch (key) {
	case KEY_JSON:
		check->sink = &json_sink;
		fault_use_json();
		return 0;
	case KEY_BTF:
		check->live.btf = value;
		return 0;
	case 'v':
		check->live.verbose++;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static bool sees_any_hop(const struct source *source)
{
	for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
		if (*source->hops[hop].attached)
			return true;
	return false;
}

int command_check(int argc, char **argv)
{
	static const struct argp argp = { .options = options, .parser = parse_option, .doc = doc };
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
		ret = fault(EXIT_MISSING, NULL, "no hop of an interrupt can be seen on this system");
	check.sink->check(stdout, &environment, source);
	if (source)
		source->close(source);
	return ret;
}
