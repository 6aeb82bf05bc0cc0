// SPDX-License-Identifier: GPL-2.0-only
#include "histogram.h"

#include <stdbool.h>
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

/* The buckets that something is in, of those that were looked at. */
struct range {
	__u32 first, last;
	bool any;
};

static void subtract_block(__u64 *result, const __u64 *later, const __u64 *earlier, __u32 block,
			   struct range *range)
{
	for (__u32 i = 0; i < HISTOGRAM_BLOCK_BUCKETS; i++) {
		result[i] = later[i] - earlier[i];
		if (!result[i])
			continue;
		if (!range->any)
			range->first = block * HISTOGRAM_BLOCK_BUCKETS + i;
		range->any = true;
		range->last = block * HISTOGRAM_BLOCK_BUCKETS + i;
	}
}

/* The rest of a difference whose buckets are done; @max and @inverted_min are the later reading's.
 */
static void bound(struct histogram *result, const struct range *range, __u64 sum, __u64 max,
		  __u64 inverted_min)
{
	__u64 low;

	if (!range->any && !result->unplaced)
		return;
	result->sum = sum;
	result->max = max;
	result->inverted_min = inverted_min;
	/* Where unplaced ones are, nobody knows: all that is left is what held before. */
	if (result->unplaced)
		return;
	if (range->last < HISTOGRAM_BUCKETS - 1 && histogram_bucket_high(range->last) < max)
		result->max = histogram_bucket_high(range->last);
	low = histogram_bucket_low(range->first);
	if (low > histogram_min(result))
		result->inverted_min = ~low;
}

void histogram_advance(struct histogram *difference, __u64 sum, struct imstrace_histogram *to,
		       struct imstrace_block *to_blocks, const struct imstrace_histogram *from,
		       const struct imstrace_block *from_blocks)
{
	struct range range = { .any = false };
	__u64 unplaced = from->unplaced;

	memset(difference, 0, sizeof(*difference));
	difference->unplaced = unplaced - to->unplaced;
	to->unplaced = unplaced;
	for (__u32 i = 0; i < HISTOGRAM_BLOCKS; i++) {
		__u32 number = *(const volatile __u32 *)&from->blocks[i];
		struct imstrace_block copy, *last;

		to->blocks[i] = number;
		if (!number)
			continue;
		/* What is in the difference is in the copy, however it is being filled. */
		last = &to_blocks[number - 1];
		copy = from_blocks[number - 1];
		subtract_block(&difference->buckets[i * HISTOGRAM_BLOCK_BUCKETS], copy.buckets,
			       last->buckets, i, &range);
		*last = copy;
	}
	/* The programs count in the bucket last, so that must be read first. */
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	to->max = from->max;
	to->inverted_min = from->inverted_min;
	bound(difference, &range, sum, to->max, to->inverted_min);
}

void histogram_spread(struct histogram *to, const struct imstrace_histogram *from,
		      const struct imstrace_block *blocks, __u64 sum)
{
	memset(to, 0, sizeof(*to));
	to->sum = sum;
	to->max = from->max;
	to->inverted_min = from->inverted_min;
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
	if (to->inverted_min < more->inverted_min)
		to->inverted_min = more->inverted_min;
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

void histogram_subtract(struct histogram *result, const struct histogram *later,
			const struct histogram *earlier)
{
	struct range range = { .any = false };

	memset(result, 0, sizeof(*result));
	result->unplaced = later->unplaced - earlier->unplaced;
	for (__u32 i = 0; i < HISTOGRAM_BLOCKS; i++) {
		__u32 at = i * HISTOGRAM_BLOCK_BUCKETS;

		subtract_block(&result->buckets[at], &later->buckets[at], &earlier->buckets[at], i,
			       &range);
	}
	bound(result, &range, later->sum - earlier->sum, later->max, later->inverted_min);
}
