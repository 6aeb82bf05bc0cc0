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

#endif /* IMSTRACE_MEASURE_HISTOGRAM_H */
