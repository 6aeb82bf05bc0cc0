/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What there is to see of interrupts and of vectors' lives, and the ways to see each: a ladder. A new
 * hop has its rungs here.
 */
#ifndef IMSTRACE_SOURCE_FEATURES_H
#define IMSTRACE_SOURCE_FEATURES_H

#include <imstrace/records.h>
#include <stdbool.h>
#include <stddef.h>

enum way {
	RAW_TRACEPOINT,
	FENTRY,	      /* fentry and fexit */
	KPROBE,	      /* kprobes and kretprobes */
	KPROBE_MULTI, /* the same, not by way of a perf event; slower to attach and detach */
	NAMES,	      /* no program: the names of irqs, looked at every second */
};

#define MAX_RUNGS	4
#define MAX_PROGRAMS	16

struct probe {
	const char *program;
	const char *target;	/* tracepoint or function */
	bool optional;		/* an older or newer kernel may lack it */
};

/* A way to see a feature: all of its programs, or none. */
struct rung {
	enum way way;
	const char *module;	/* that its functions are in, NULL: the kernel itself */
	struct probe probes[MAX_PROGRAMS];
};

enum feature_id {
	FEATURE_IMS_VECTORS, FEATURE_PCI_VECTORS, FEATURE_PCI_BYPASS, FEATURE_POSTING, FEATURE_IRQ,
	FEATURE_IMS_SIGNAL, FEATURE_PCI_SIGNAL, FEATURE_IRQFD_SIGNAL, FEATURE_IOCTLS, FEATURE_READS, FEATURE_LINES,
	FEATURE_ACCEPT, FEATURE_QUEUE, FEATURE_APICV, FEATURE_DELIVERY, FEATURE_THREADS, FEATURE_WAKEUPS,
	FEATURE_ENTER, FEATURE_INJECT, FEATURE_EOI,
	FEATURE_UNMASK, FEATURE_VCPU_RESETS, FEATURE_VCPU_ENDS,
	FEATURE_COUNT
};

/**
 * struct feature - what there is to see
 * @name:	for people
 * @hop:	that it is; HOP_COUNT: none
 * @of_kvm:	it is looked for only if interrupts are followed into guests
 * @lost:	what can't be measured without it
 * @rungs:	the ways, the best first
 */
struct feature {
	const char *name;
	enum imstrace_hop hop;
	bool of_kvm;
	const char *lost;
	struct rung rungs[MAX_RUNGS];
};

/*
 * As an interrupt passes them. They are attached from the last to the first, so that
 * nothing is counted that can't go on.
 */
extern const struct feature features[FEATURE_COUNT];

const char *way_name(enum way way);

/* Number of its probes. */
size_t rung_size(const struct rung *rung);

#endif /* IMSTRACE_SOURCE_FEATURES_H */
