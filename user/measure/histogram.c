// SPDX-License-Identifier: GPL-2.0-only
#include "histogram.h"

#include <string.h>

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

void histogram_copy(struct imstrace_histogram *to, struct imstrace_block *to_blocks,
		    const struct imstrace_histogram *from,
		    const struct imstrace_block *from_blocks)
{
	to->unplaced = from->unplaced;
	for (__u32 i = 0; i < HISTOGRAM_BLOCKS; i++) {
		__u32 number = *(const volatile __u32 *)&from->blocks[i];

		to->blocks[i] = number;
		if (number)
			to_blocks[number - 1] = from_blocks[number - 1];
	}
	/* The programs count in the bucket last, so that must be read first. */
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	to->max = from->max;
	to->not_min = from->not_min;
}

void histogram_spread(struct histogram *to, const struct imstrace_histogram *from,
		      const struct imstrace_block *blocks, __u64 sum)
{
	memset(to, 0, sizeof(*to));
	to->sum = sum;
	to->max = from->max;
	to->not_min = from->not_min;
	to->unplaced = from->unplaced;
	for (__u32 i = 0; i < HISTOGRAM_BLOCKS; i++)
		if (from->blocks[i])
			memcpy(&to->buckets[i * HISTOGRAM_BLOCK_BUCKETS],
			       blocks[from->blocks[i] - 1].buckets, sizeof(blocks->buckets));
}

void histogram_add(struct imstrace_histogram *to, struct imstrace_block *blocks,
		   const struct imstrace_histogram *layout, const struct histogram *more)
{
	if (to->max < more->max)
		to->max = more->max;
	if (to->not_min < more->not_min)
		to->not_min = more->not_min;
	to->unplaced += more->unplaced;
	for (__u32 i = 0; i < HISTOGRAM_BLOCKS; i++) {
		to->blocks[i] = layout->blocks[i];
		for (__u32 j = 0; to->blocks[i] && j < HISTOGRAM_BLOCK_BUCKETS; j++)
			blocks[to->blocks[i] - 1].buckets[j] +=
				more->buckets[i * HISTOGRAM_BLOCK_BUCKETS + j];
	}
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
	return histogram->not_min ? ~histogram->not_min : 0;
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
	for (bucket = 0; bucket < HISTOGRAM_BUCKETS - 1; bucket++) {
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
	if (to->not_min < from->not_min)
		to->not_min = from->not_min;
	for (__u32 i = 0; i < HISTOGRAM_BUCKETS; i++)
		to->buckets[i] += from->buckets[i];
}

void histogram_subtract(struct histogram *result, const struct histogram *later,
			const struct histogram *earlier)
{
	__u32 first = HISTOGRAM_BUCKETS, last = 0;
	__u64 low;

	memset(result, 0, sizeof(*result));
	for (__u32 i = 0; i < HISTOGRAM_BUCKETS; i++) {
		result->buckets[i] = later->buckets[i] - earlier->buckets[i];
		if (!result->buckets[i])
			continue;
		if (first == HISTOGRAM_BUCKETS)
			first = i;
		last = i;
	}
	result->unplaced = later->unplaced - earlier->unplaced;
	if (first == HISTOGRAM_BUCKETS && !result->unplaced)
		return;
	result->sum = later->sum - earlier->sum;
	if (result->unplaced) {
		/* Where those are, nobody knows: all that is left is what held before. */
		result->max = later->max;
		result->not_min = later->not_min;
		return;
	}
	result->max = histogram_bucket_high(last);
	if (last == HISTOGRAM_BUCKETS - 1 || result->max > later->max)
		result->max = later->max;
	low = histogram_bucket_low(first);
	if (low < histogram_min(later))
		low = histogram_min(later);
	result->not_min = ~low;
}
