/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a source has counted up to a moment, and the difference of two such readings.
 */
#ifndef IMSTRACE_MEASURE_READING_H
#define IMSTRACE_MEASURE_READING_H

#include "../source/source.h"
#include "histogram.h"

/**
 * struct reading_stage - of a histogram, what is not in its buckets; see struct imstrace_histogram
 * @max:	the largest value
 * @inverted_min: ~ the smallest
 * @unplaced:	values in no bucket
 */
struct reading_stage {
	__u64 max;
	__u64 inverted_min;
	__u64 unplaced;
};

/**
 * struct reading - all counts and histograms of a source's vectors, from the start to a moment
 * @source:	whose they are: where its histograms have their blocks holds here as well
 * @accounts:	by vector id
 * @stages:	by vector id * STAGE_COUNT + stage
 * @blocks:	by their numbers in the source
 * @totals:	what was lost
 * @time:	the moment, CLOCK_MONOTONIC ns
 *
 * What has not been read is all zero, and takes no memory.
 */
struct reading {
	const struct source *source;
	struct imstrace_account *accounts;
	struct reading_stage *stages;
	struct imstrace_block *blocks;
	struct imstrace_totals totals;
	__u64 time;
};

/**
 * struct difference - what one vector has counted between two readings
 * @account:	where its interrupts went
 * @stages:	how long each stage took
 * @blocks:	by stage, where in @stages there is anything: a mask by
 *		bucket / HISTOGRAM_BLOCK_BUCKETS
 *
 * All zeroes is no difference. It is large: one is made, and used for many vectors.
 */
struct difference {
	struct imstrace_account account;
	struct histogram stages[STAGE_COUNT];
	__u64 blocks[STAGE_COUNT];
};

/* The reading of @source's start, where nothing has been counted. false: out of memory. */
bool reading_init(struct reading *reading, const struct source *source);
void reading_free(struct reading *reading);

/**
 * reading_take - read the source's counts of a vector, which may be counting
 * @reading:	gets them, in place of what it has of vector @id
 * @id:		the vector
 * @difference:	between what @reading had and what it has now
 *
 * Nothing is lost or counted twice between calls.
 */
void reading_take(struct reading *reading, __u32 id, struct difference *difference);

/**
 * reading_difference - what a vector counted between two readings of one source
 * @later:	the second reading
 * @earlier:	the first
 * @id:		the vector
 * @difference:	between the two
 *
 * Counts and sums are exact. The smallest and the largest value are the edges of
 * their buckets: within 1 / 2^HISTOGRAM_BITS, and never nearer than they were.
 */
void reading_difference(const struct reading *later, const struct reading *earlier, __u32 id,
			struct difference *difference);

/* Adds to @reading what vector @id has counted elsewhere. */
void reading_add(struct reading *reading, __u32 id, const struct difference *difference);

#endif /* IMSTRACE_MEASURE_READING_H */
