/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading the histograms of include/imstrace/histogram.h. Values are in ns.
 */
#ifndef IMSTRACE_MEASURE_HISTOGRAM_H
#define IMSTRACE_MEASURE_HISTOGRAM_H

#include <imstrace/histogram.h>

/* The smallest value of @bucket (below HISTOGRAM_BUCKETS). */
__u64 histogram_bucket_low(__u32 bucket);
/* The largest value of @bucket; the last one has no end, this is where it should be. */
__u64 histogram_bucket_high(__u32 bucket);

/* Copies a histogram that is being filled: what is in the buckets is in the rest. */
void histogram_read(struct imstrace_histogram *to, const struct imstrace_histogram *from);

__u64 histogram_count(const struct imstrace_histogram *histogram);
/* Exact for what the programs filled in; 0 if it is empty. */
__u64 histogram_min(const struct imstrace_histogram *histogram);

/**
 * histogram_percentile - the value that a share of all values does not exceed
 * @histogram:	what was measured
 * @count:	histogram_count() of it, not 0
 * @percent:	0 to 100
 *
 * Nearest rank. Return: within 1 / 2^(HISTOGRAM_BITS + 1) of the value that
 * sorting would have found, and never outside of min and max.
 */
__u64 histogram_percentile(const struct imstrace_histogram *histogram, __u64 count,
			   double percent);

/* Adds @from to @to; exact. */
void histogram_merge(struct imstrace_histogram *to, const struct imstrace_histogram *from);

/**
 * histogram_subtract - what was counted between two readings
 * @result:	may be neither of the others
 * @later:	the second reading
 * @earlier:	the first
 *
 * Count and sum are exact. The smallest and the largest value are the edges of
 * their buckets: within 1 / 2^HISTOGRAM_BITS, and never nearer than they were.
 */
void histogram_subtract(struct imstrace_histogram *result,
			const struct imstrace_histogram *later,
			const struct imstrace_histogram *earlier);

#endif /* IMSTRACE_MEASURE_HISTOGRAM_H */
