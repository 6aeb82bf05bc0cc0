/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What imstrace check has found, for the tests of the sinks.
 */
#ifndef IMSTRACE_TESTS_UNIT_FAKE_CHECK_H
#define IMSTRACE_TESTS_UNIT_FAKE_CHECK_H

#include "fake.h"

#include "../../user/source/environment.h"
#include "../../user/source/inventory.h"

/* A system where signals can't be seen. */
static inline void fake_environment(struct environment *environment)
{
	*environment = (struct environment) { .btf = true, .kernel.release = "6.12.0" };
	environment->capabilities[CAPABILITY_SYS_ADMIN] = true;
	environment->modules[MODULE_KVM] = true;
}

#define FAKE_REFUSED	"fentry eventfd_signal: refused by the kernel: Operation not permitted; " \
			"kprobe eventfd_signal: this kernel has no kprobes"

static const struct feature_status fake_features[] = {
	{ .name = "irq", .attached = "raw_tp irq_handler_entry", .verified = "", .lost = "all" },
	{ .name = "signal", .tried = FAKE_REFUSED, .lost = "stages handler and irqfd" },
	{ .name = "resets", .attached = "kprobe reset", .verified = "armed",
	  .tried = "fentry reset: no", .lost = "them" },
};

static inline struct fake_source *fake_checked_source(void)
{
	struct fake_source *fake = fake_source_new();

	fake->source.features = fake_features;
	fake->source.feature_count = 3;
	*fake->source.hops[HOP_SIGNAL].attached = '\0';
	strcpy(fake->source.hops[HOP_SIGNAL].reason, FAKE_REFUSED);
	return fake;
}

#endif /* IMSTRACE_TESTS_UNIT_FAKE_CHECK_H */
