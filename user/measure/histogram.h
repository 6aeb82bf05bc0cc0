/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading the histograms of include/imstrace/histogram.h. Values are in ns.
 */
#ifndef IMSTRACE_MEASURE_HISTOGRAM_H
#define IMSTRACE_MEASURE_HISTOGRAM_H

#include <imstrace/histogram.h>

/**
 * struct histogram - a histogram with every bucket in its place
 * @sum:	of all values
 * @max:	the largest
 * @inverted_min:	~ the smallest, so that all zeroes is an empty histogram
 * @unplaced:	values that are in no bucket, for the pool had no block left
 * @buckets:	how many values are in each
 */
struct histogram {
	__u64 sum;
	__u64 max;
	__u64 inverted_min;
	__u64 unplaced;
	__u64 buckets[HISTOGRAM_BUCKETS];
};

/* The smallest value of @bucket (below HISTOGRAM_BUCKETS). */
__u64 histogram_bucket_low(__u32 bucket);
/* The largest value of @bucket; the last one has no end, this is where it should be. */
__u64 histogram_bucket_high(__u32 bucket);

/**
 * histogram_advance - copy a histogram that may be being filled, and tell what is new in it
 * @difference:	what is in the copy, and was not: as by histogram_subtract()
 * @sum:	of the values of @difference
 * @to:		the copy, as of the last call; all zeroes at first
 * @to_blocks:	the blocks of all copies, as many as @from_blocks
 * @from:	the original
 * @from_blocks: the pool that its blocks are in
 *
 * What is in the copy's buckets is in the rest of it. Blocks keep their numbers.
 */
void histogram_advance(struct histogram *difference, __u64 sum, struct imstrace_histogram *to,
		       struct imstrace_block *to_blocks, const struct imstrace_histogram *from,
		       const struct imstrace_block *from_blocks);

/* Puts the buckets of one that nobody fills any more in their places; @sum is in its account. */
void histogram_spread(struct histogram *to, const struct imstrace_histogram *from,
		      const struct imstrace_block *blocks, __u64 sum);

/* Adds @more to @to and @blocks; its values are where @layout has blocks. */
void histogram_add(struct imstrace_histogram *to, struct imstrace_block *blocks,
		   const struct imstrace_histogram *layout, const struct histogram *more);

/* How many values there are, placed or not. */
__u64 histogram_count(const struct histogram *histogram);
/* Exact for what the programs filled in; 0 if it is empty. */
__u64 histogram_min(const struct histogram *histogram);

/**
 * histogram_percentile - the value that a share of all values does not exceed
 * @histogram:	what was measured; none of it unplaced
 * @count:	histogram_count() of it, not 0
 * @percent:	0 to 100
 *
 * Nearest rank. Return: within 1 / 2^(HISTOGRAM_BITS + 1) of the value that
 * sorting would have found, and never outside of min and max.
 */
__u64 histogram_percentile(const struct histogram *histogram, __u64 count, double percent);

/* Adds @from to @to; exact. */
void histogram_merge(struct histogram *to, const struct histogram *from);

/**
 * histogram_subtract - what was counted between two readings
 * @result:	may be neither of the others
 * @later:	the second reading
 * @earlier:	the first
 *
 * Count and sum are exact. The smallest and the largest value are the edges of
 * their buckets: within 1 / 2^HISTOGRAM_BITS, and never nearer than they were.
 */
void histogram_subtract(struct histogram *result, const struct histogram *later,
			const struct histogram *earlier);

#endif /* IMSTRACE_MEASURE_HISTOGRAM_H */
