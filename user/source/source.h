/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where vectors and interrupts come from. To everything above, a live kernel
 * and a recorded file look the same.
 */
#ifndef IMSTRACE_SOURCE_H
#define IMSTRACE_SOURCE_H

#include <imstrace/histogram.h>
#include <imstrace/records.h>
#include <stdbool.h>
#include <stddef.h>

/* Whether and how a hop is seen. */
struct hop_status {
	/* What it is attached by, such as "raw_tp kvm_eoi"; "": not at all. */
	char attached[64];
	/* Why it is not. */
	char reason[512];
};

/**
 * struct feature_status - whether something that there is to see is seen, and how
 * @name:	what: a hop, or part of a vector's life
 * @attached:	what it is attached by, "": not at all
 * @verified:	how that was seen to work, "": it was not tried
 * @tried:	what was tried before, or in vain, and why not
 * @lost:	what can't be seen without it
 */
struct feature_status {
	const char *name;
	char attached[64];
	const char *verified;
	char tried[512];
	const char *lost;
};

struct source_handlers {
	void (*lifecycle)(void *context, const struct imstrace_lifecycle *step);
	void (*interrupt)(void *context, const struct imstrace_interrupt *interrupt);
	void *context;
};

/**
 * struct source - something that can be followed
 * @hops:	which hops it sees
 * @features:	all that there is to see, and how it is seen
 * @feature_count: how many
 * @pci_signal:	why the signals of plain vfio-pci devices aren't seen; NULL: they are
 * @may_post:	interrupts may be posted to guests, past all hops
 * @vectors:	all vectors seen so far, by id; one without a device name is unused
 * @accounts:	by vector id
 * @histograms:	by vector id * STAGE_COUNT + stage
 * @totals:	how many there are, and what was lost
 * @capacity:	size of the arrays in vectors
 * @started:	CLOCK_MONOTONIC ns when it began to see anything
 * @poll:	waits for up to @timeout_ms and calls the handlers for what has
 *		arrived; 0, also when interrupted by a signal, or an exit code
 * @ignore:	nothing more need be counted for vector @id
 * @close:	ends it and frees it
 *
 * The arrays change while they are read: they grow, and are only ever written by
 * one side. They stay valid until @close.
 */
struct source {
	struct hop_status hops[HOP_COUNT];
	const struct feature_status *features;
	size_t feature_count;
	const char *pci_signal;
	bool may_post;
	const struct imstrace_vector *vectors;
	const struct imstrace_account *accounts;
	const struct imstrace_histogram *histograms;
	const struct imstrace_totals *totals;
	unsigned int capacity;
	__u64 started;

	int (*poll)(struct source *source, int timeout_ms);
	void (*ignore)(struct source *source, __u32 id);
	void (*close)(struct source *source);
};

/* How many of the arrays' elements are in use. */
static inline __u32 source_vector_count(const struct source *source)
{
	__u32 count = *(volatile __u32 *)&source->totals->vectors;

	/* The programs count up before they look whether there is room. */
	return count < source->capacity ? count : source->capacity;
}

#endif /* IMSTRACE_SOURCE_H */
