/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What happened to vectors between two readings, or from the start: all that is shown of it.
 */
#ifndef IMSTRACE_MEASURE_FIGURES_H
#define IMSTRACE_MEASURE_FIGURES_H

#include "../model/vectors.h"
#include "reading.h"
#include "stages.h"

#include <stddef.h>

/* A bucket that is not empty. */
struct filled_bucket {
	__u64 bucket : 16, count : 48;
};

/**
 * struct stage_values - a histogram without its empty buckets
 * @sum:	see struct histogram, also for @max, @inverted_min and @unplaced
 * @first:	where in the figures' buckets the first of it is
 * @count:	how many it has
 */
struct stage_values {
	__u64 sum;
	__u64 max;
	__u64 inverted_min;
	__u64 unplaced;
	size_t first, count;
};

/**
 * struct vector_figures - one vector's figures
 * @id:		its id in the source
 * @vector:	what is known of it
 * @account:	where its interrupts went
 * @in_flight:	signalled to a guest, but not at their EOI yet at the end
 * @stages:	how long each stage took
 * @values:	of which values: see figures_histogram()
 * @hop_missing: why a hop can't be seen; NULL: it can
 * @places_known: whether its interrupts were delivered on other CPUs is: @other_cpu of @account, and the next
 * @in_flight_missing: why it isn't known what is in flight; NULL: it is
 */
struct vector_figures {
	__u32 id;
	struct imstrace_vector vector;
	struct imstrace_account account;
	__u64 in_flight;
	struct stage_figures stages[STAGE_COUNT];
	struct stage_values values[STAGE_COUNT];
	const char *hop_missing[HOP_COUNT];
	const char *in_flight_missing;
	bool places_known;
};

/**
 * struct figures - all figures of a stretch of time
 * @from:	CLOCK_MONOTONIC ns
 * @to:		likewise
 * @count:	number of @vectors, see figures_sort() and, of a summary, figures_sort_busy()
 * @totals:	what was lost in it
 * @source:	of a summary: what it is of, and whether that could be seen to its end; NULL: these
 *		are of an interval
 * @competitors:	of a summary: behind whom vCPUs' threads waited, see competitors_sort()
 * @competitor_count: how many
 * @buckets:	of all @vectors' values: number in use, and room for how many
 */
struct figures {
	__u64 from;
	__u64 to;
	size_t count;
	struct vector_figures *vectors;
	struct imstrace_totals totals;
	const struct source *source;
	struct source_competitor *competitors;
	size_t competitor_count;
	struct filled_bucket *buckets;
	size_t bucket_count, bucket_room;
};

/* Room for @capacity vectors, and none in it yet. false: out of memory. */
bool figures_init(struct figures *figures, size_t capacity);
void figures_free(struct figures *figures);
void figures_forget_competitors(struct figures *figures);

/**
 * figures_add - take in a vector, which there is room for
 * @figures:	the figures
 * @source:	where it was counted
 * @id:		its id in @source
 * @vector:	what is known of it
 * @difference:	what was counted
 */
struct vector_figures *figures_add(struct figures *figures, const struct source *source, __u32 id,
				   const struct imstrace_vector *vector,
				   const struct difference *difference);
/* By device and vector. */
void figures_sort(struct figures *figures);
/* By device; those of a VM, whose numbers say little, with the most signals first. */
void figures_sort_busy(struct figures *figures);

/* NULL if @stage can be measured at all, else why it can't; @source NULL: nothing can. */
const char *stage_missing(const struct source *source, enum imstrace_stage stage);

/* NULL if @stage can be measured for this vector, else why it can't. */
const char *figures_stage_missing(const struct vector_figures *vector, enum imstrace_stage stage);

/* Whether a vector of this kind can ever have @stage. */
bool figures_can_have(const struct vector_figures *vector, enum imstrace_stage stage);

/* Whether any of the vectors can ever have @hop: unmask is INTx lines' alone. */
bool figures_have_hop(const struct figures *figures, enum imstrace_hop hop);

/*
 * The threads behind which those of vCPUs have waited longest with @vector's interrupts, the first of *@count; NULL:
 * there are none.
 */
const struct source_competitor *figures_competitors(const struct figures *figures,
						    const struct vector_figures *vector, size_t *count);

/* Why hops can't be seen of some vectors, and which: a mask by enum imstrace_hop. */
struct missing {
	const char *why;
	unsigned int hops;
};

/* Each reason once, without those for what none of its kind can have, up to FIGURES_REASONS. Return: how many. */
#define FIGURES_REASONS	(HOP_COUNT * 4)
size_t figures_missing(const struct figures *figures, struct missing missing[FIGURES_REASONS]);

/* The longest stage that can be measured: it stands for the vector in a short row. */
enum imstrace_stage figures_widest_stage(const struct vector_figures *vector);

/* Interrupts of all vectors for whose vCPUs there was no room. */
__u64 figures_lost_guests(const struct figures *figures);

/* Whether anything happened to the vector. */
bool figures_active(const struct vector_figures *vector);

/* Every value of @stage of one of @figures' vectors, bucket by bucket. */
void figures_histogram(const struct figures *figures, const struct vector_figures *vector,
		       enum imstrace_stage stage, struct histogram *histogram);

#endif /* IMSTRACE_MEASURE_FIGURES_H */
