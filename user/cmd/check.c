// SPDX-License-Identifier: GPL-2.0-only
/*
 * imstrace check: what can be measured on this system, and what will be seen of its vectors?
 */
#include "../errors.h"
#include "../sink/sink.h"
#include "../source/live.h"
#include "command.h"
#include "options.h"

#include <stdio.h>

struct check_options {
	struct live_options live;
	struct sink sink;
};

static const char doc[] =
	"Attaches to every hop and step, shows the method used and the ones that were rejected "
	"with the reason, which stages can be measured, and what is lost; then detaches. Lists the "
	"VMs of this host, the devices at VFIO drivers, and what will be seen of each of their vectors. "
	"It changes nothing on the system."
	"\v"
	"Several methods are tried in turn: a tracepoint, then fentry, then a kprobe. A method that "
	"attaches but does not fire is given up for the next. \"seen to fire\": imstrace caused a "
	"call itself and saw it. \"patched in by ftrace\" and \"armed\": the function can't be "
	"called for a trial, but the kernel has enabled the probe. A tracepoint that exists always "
	"fires, so nothing is noted for it.\n\n"
	"\"depends\" is said of what can't be known before the first interrupt: with APICv or AVIC the "
	"CPU itself may deliver it, the IOMMU may post it past the host, or the process that has the "
	"device open has no VM or may not be looked at (which takes "
	"CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE).\n\n"
	"EXIT STATUS  0 at least one hop can be seen, 1 failed while running, 2 wrong usage, 3 nothing "
	"can be measured: a privilege or a kernel feature is missing.";

/* Now: an open source has left no privilege to look at other users' processes. */
static int read_system(struct environment *environment, struct inventory *inventory)
{
	environment_read(environment);
	environment_read_modules(environment);
	if (inventory_read(inventory))
		return 0;
	return report_error(EXIT_RUNTIME, NULL, "out of memory");
}

static bool sees_any_hop(const struct source *source)
{
	for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
		if (*source->hops[hop].attached)
			return true;
	return false;
}

static const struct option_row options[] = {
	HEADING(PLACE_SHOW, "How to show it:"),
	{ 0 }
};

static int run(int argc, char **argv)
{
	struct check_options check = {
		.live = LIVE_DEFAULTS,
		.sink = { .ops = &text_sink, .out = stdout },
	};
	struct environment environment;
	struct source *source = NULL;
	struct inventory inventory;
	int ret;

	parse_options(&command_check, argc, argv, &check);
	check.live.trial = true;
	ret = read_system(&environment, &inventory);
	if (ret) {
		inventory_free(&inventory);
		return ret;
	}
	/* Without KVM, the host's hops can still be followed. */
	if (!environment.modules[MODULE_KVM])
		check.live.hops = 1U << HOP_IRQ | 1U << HOP_SIGNAL;
	ret = live_open(&source, &check.live);
	if (!ret && !sees_any_hop(source))
		ret = report_error(EXIT_MISSING, NULL,
				   "no hop of an interrupt can be seen on this system");
	if (sink_open(&check.sink)) {
		check.sink.ops->check(&check.sink, &environment, &inventory, source);
		sink_close(&check.sink);
	}
	if (source)
		source->close(source);
	inventory_free(&inventory);
	return ret;
}

const struct command command_check = {
	.name = "check", .what = "show what can be measured on this system, how, and why not more",
	.doc = doc,
	.own = &(const struct option_group) { .options = options },
	.groups = GROUPS({ &json_group, offsetof(struct check_options, sink.ops) },
			 { &kernel_group, offsetof(struct check_options, live) }),
	.run = run,
};
