/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What has been measured, by label sets that may come and go: what an exporter shows.
 *
 * Each reading adds what every vector has counted since the one before to the set of labels that
 * the vector has now, and to the host's. So no count of a set ever goes down, whoever a vector
 * belongs to next; a set without a vector is forgotten after a while; and the host has all.
 */
#ifndef IMSTRACE_MEASURE_SERIES_H
#define IMSTRACE_MEASURE_SERIES_H

#include "../model/life.h"
#include "../model/vectors.h"
#include "histogram.h"

/**
 * struct series_options - how vectors are put together
 * @filter:	which are wanted
 * @per_vector:	each vector has a set of its own, not each device, VM and mode
 * @most:	number of sets, at most: what finds no place is in the host's alone
 * @linger:	ns for which a set without a vector, and a vector that is gone, is kept
 */
struct series_options {
	const struct vector_filter *filter;
	bool per_vector;
	unsigned int most;
	__u64 linger;
};

/**
 * struct slowest_value - the longest time so far
 * @value:	ns, 0: none yet
 * @time:	when it was read, CLOCK_MONOTONIC ns
 * @vector:	whose it is
 */
struct slowest_value {
	__u64 value;
	__u64 time;
	__u32 vector;
};

/**
 * struct series - a label set and its totals
 * @source:	label, see vector_source(); "" in the host's
 * @device:	label; of what is a VM's the source, for the VM's own would be another one with each start
 * @vm:		label: the guest's name, or else what its VMM is called; "" if it has none yet
 * @mode:	label, see vector_mode()
 * @vector:	label, IMSTRACE_NONE: it is of several
 * @members:	vectors that have these labels now
 * @account:	where their interrupts went; no counter in it ever goes down
 * @in_flight:	interrupts in a guest now
 * @in_flight_seen: whether that can be told of all members
 * @hops_seen:	mask of the hops that are, or have been, seen of any
 * @slowest:	by stage
 */
struct series {
	const char *source;
	char device[IMSTRACE_NAME_LEN];
	char vm[IMSTRACE_NAME_LEN];
	const char *mode;
	__u32 vector;
	unsigned int members;
	struct imstrace_account account;
	__u64 in_flight;
	bool in_flight_seen;
	unsigned int hops_seen;
	struct slowest_value slowest[STAGE_COUNT];
	/* The rest is series.c's. */
	struct imstrace_account exact;
	__u64 alive;	/* when it last had a vector that was not gone */
	struct series_stage *stages;
};

struct series_set;

/* NULL: out of memory. @options must stay. */
struct series_set *series_new(struct source *source, const struct series_options *options);
void series_free(struct series_set *set);

/* Reads the source; @now is CLOCK_MONOTONIC ns. */
void series_read(struct series_set *set, __u64 now);

/*
 * After a reading: has the source give the ids of vectors that have been gone for long to others.
 * @forget is told of each before.
 */
void series_retire(struct series_set *set, __u64 now,
		   void (*forget)(void *context, const struct imstrace_vector *vector),
		   void *context);

/* Calls @each for all sets, in the order of their labels. */
void series_each(const struct series_set *set,
		 void (*each)(void *context, const struct series *series), void *context);
/* All of them together, and what has been forgotten, and what found no place. */
const struct series *series_host(const struct series_set *set);

/* Whether @stage has, or can have, values. */
bool series_stage_seen(const struct series *series, enum imstrace_stage stage);
void series_histogram(const struct series *series, enum imstrace_stage stage,
		      struct histogram *histogram);

/**
 * struct series_state - how many there are
 * @sets:	label sets
 * @dropped:	vectors that found no place in them, counted once each
 * @vectors:	by enum life_state
 * @fallbacks:	vectors that were posted and are not any more, but still bound to an eventfd and
 *		registered as a bypass producer
 * @retired:	ids that were given back
 */
struct series_state {
	unsigned int sets;
	__u64 dropped;
	unsigned int vectors[LIFE_COUNT];
	__u64 fallbacks;
	__u64 retired;
};

const struct series_state *series_state(const struct series_set *set);

#endif /* IMSTRACE_MEASURE_SERIES_H */
