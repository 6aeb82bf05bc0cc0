// SPDX-License-Identifier: GPL-2.0-only
#include "histogram.h"

/* The inverse of histogram_bucket(). */
__u64 histogram_bucket_low(__u32 bucket)
{
	__u32 shift;

	if (bucket < 2 << HISTOGRAM_BITS)
		return bucket;
	shift = (bucket >> HISTOGRAM_BITS) - 1;
	return (__u64)(bucket - (shift << HISTOGRAM_BITS)) << shift;
}

__u64 histogram_bucket_high(__u32 bucket)
{
	__u32 shift = bucket < 2 << HISTOGRAM_BITS ? 0 : (bucket >> HISTOGRAM_BITS) - 1;

	return histogram_bucket_low(bucket) + ((__u64)1 << shift) - 1;
}

__u64 histogram_count(const struct histogram *histogram)
{
	__u64 count = histogram->unplaced;

	for (__u32 i = 0; i < HISTOGRAM_BUCKETS; i++)
		count += histogram->buckets[i];
	return count;
}

__u64 histogram_min(const struct histogram *histogram)
{
	return histogram->inverted_min ? ~histogram->inverted_min : 0;
}

__u64 histogram_percentile(const struct histogram *histogram, __u64 count, double percent)
{
	/* A whole rank must not become the next one by the rounding of 99.9 / 100. */
	double exact = percent / 100 * (double)count * (1 - 1e-12);
	__u64 rank = (__u64)exact, seen = 0, value;
	__u32 bucket;

	if ((double)rank < exact)
		rank++;
	if (rank < 1)
		rank = 1;
	if (rank > count)
		rank = count;
	/* There is nothing below the smallest. */
	bucket = histogram_bucket(histogram_min(histogram));
	for (; bucket < HISTOGRAM_BUCKETS - 1; bucket++) {
		seen += histogram->buckets[bucket];
		if (seen >= rank)
			break;
	}
	value = histogram_bucket_low(bucket) +
		(histogram_bucket_high(bucket) - histogram_bucket_low(bucket)) / 2;
	if (value > histogram->max)
		value = histogram->max;
	if (value < histogram_min(histogram))
		value = histogram_min(histogram);
	return value;
}

void histogram_merge(struct histogram *to, const struct histogram *from)
{
	to->sum += from->sum;
	to->unplaced += from->unplaced;
	if (to->max < from->max)
		to->max = from->max;
	if (to->inverted_min < from->inverted_min)
		to->inverted_min = from->inverted_min;
	for (__u32 i = 0; i < HISTOGRAM_BUCKETS; i++)
		to->buckets[i] += from->buckets[i];
}
