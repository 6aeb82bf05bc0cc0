// SPDX-License-Identifier: GPL-2.0-only
#include "reading.h"

#include "accounts.h"

#include <stdlib.h>
#include <string.h>

_Static_assert(HISTOGRAM_BLOCKS <= 64, "struct difference has a mask of blocks");

/* One vector's counts, in a source or in a reading. */
struct counts {
	struct imstrace_account account;
	const struct imstrace_histogram *histograms; /* of the source: they have the numbers */
	const struct reading_stage *stages;	     /* NULL: these, too, are in @histograms */
	const struct imstrace_block *blocks;
};

bool reading_init(struct reading *reading, const struct source *source)
{
	*reading = (struct reading) {
		.source = source, .time = source->started,
		.accounts = calloc(source->capacity, sizeof(struct imstrace_account)),
		/* Untouched memory costs nothing: only what is in use is ever touched. */
		.stages = calloc((size_t)source->capacity * STAGE_COUNT,
				 sizeof(struct reading_stage)),
		.blocks = calloc(source->block_capacity, sizeof(struct imstrace_block)),
	};
	return reading->accounts && reading->stages && reading->blocks;
}

void reading_free(struct reading *reading)
{
	free(reading->accounts);
	free(reading->stages);
	free(reading->blocks);
}

static struct counts counts_of(const struct reading *reading, __u32 id)
{
	size_t index = (size_t)id * STAGE_COUNT;

	return (struct counts) {
		.account = reading->accounts[id],
		.histograms = &reading->source->histograms[index],
		.stages = &reading->stages[index],
		.blocks = reading->blocks,
	};
}

static struct reading_stage stage_of(const struct counts *counts, enum imstrace_stage stage)
{
	const volatile struct imstrace_histogram *live = &counts->histograms[stage];

	if (counts->stages)
		return counts->stages[stage];
	return (struct reading_stage) {
		.max = live->max, .inverted_min = live->inverted_min, .unplaced = live->unplaced,
	};
}

/* What a difference was used for before. */
static void clear(struct histogram *histogram, __u64 blocks)
{
	histogram->sum = histogram->max = histogram->inverted_min = histogram->unplaced = 0;
	for (; blocks; blocks &= blocks - 1)
		memset(&histogram->buckets[__builtin_ctzll(blocks) * HISTOGRAM_BLOCK_BUCKETS], 0,
		       sizeof(struct imstrace_block));
}

/* Each count of @later is looked at once: it may be growing. Return: whether there is any. */
static bool subtract_block(__u64 *result, const struct imstrace_block *later,
			   const struct imstrace_block *earlier)
{
	__u64 any = 0;

	for (__u32 i = 0; i < HISTOGRAM_BLOCK_BUCKETS; i++) {
		result[i] = *(const volatile __u64 *)&later->buckets[i] - earlier->buckets[i];
		any |= result[i];
	}
	return any;
}

/* The first and the last bucket that is not empty narrow down what @later has of all values. */
static void narrow_extremes(struct histogram *result, __u64 blocks,
			    const struct reading_stage *later)
{
	__u32 first, last;
	__u64 low;

	result->max = later->max;
	result->inverted_min = later->inverted_min;
	/* Where unplaced ones are, nobody knows: all that is left is what held before. */
	if (result->unplaced)
		return;
	first = __builtin_ctzll(blocks) * HISTOGRAM_BLOCK_BUCKETS;
	last = (64 - __builtin_clzll(blocks)) * HISTOGRAM_BLOCK_BUCKETS - 1;
	while (!result->buckets[first])
		first++;
	while (!result->buckets[last])
		last--;
	if (last < HISTOGRAM_BUCKETS - 1 && histogram_bucket_high(last) < later->max)
		result->max = histogram_bucket_high(last);
	low = histogram_bucket_low(first);
	if (low > histogram_min(result))
		result->inverted_min = ~low;
}

/* Return: mask of the blocks that are not empty. */
static __u64 subtract_stage(struct histogram *result, const struct counts *later,
			    const struct counts *earlier, enum imstrace_stage stage)
{
	struct reading_stage now = stage_of(later, stage);
	__u64 blocks = 0;

	result->unplaced = now.unplaced - stage_of(earlier, stage).unplaced;
	for (__u32 i = 0; i < HISTOGRAM_BLOCKS; i++) {
		__u32 number = *(const volatile __u32 *)&later->histograms[stage].blocks[i];

		if (number && subtract_block(&result->buckets[i * HISTOGRAM_BLOCK_BUCKETS],
					     &later->blocks[number - 1],
					     &earlier->blocks[number - 1]))
			blocks |= 1ULL << i;
	}
	/* The programs count in the bucket last, so that must be read first. */
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	now = stage_of(later, stage);
	if (!blocks && !result->unplaced)
		return 0;
	result->sum = later->account.sums[stage] - earlier->account.sums[stage];
	narrow_extremes(result, blocks, &now);
	return blocks;
}

/* The one difference of two readings, of which the later may be the source itself. */
static void subtract(struct difference *difference, const struct counts *later,
		     const struct counts *earlier)
{
	difference->account = later->account;
	account_subtract(&difference->account, &earlier->account);
	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++) {
		clear(&difference->stages[stage], difference->blocks[stage]);
		difference->blocks[stage] = subtract_stage(&difference->stages[stage], later,
							   earlier, stage);
	}
}

void reading_difference(const struct reading *later, const struct reading *earlier, __u32 id,
			struct difference *difference)
{
	struct counts second = counts_of(later, id), first = counts_of(earlier, id);

	subtract(difference, &second, &first);
}

void reading_add(struct reading *reading, __u32 id, const struct difference *difference)
{
	const struct imstrace_histogram *layout =
		&reading->source->histograms[(size_t)id * STAGE_COUNT];

	account_add(&reading->accounts[id], &difference->account);
	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++) {
		const struct histogram *from = &difference->stages[stage];
		struct reading_stage *to = &reading->stages[(size_t)id * STAGE_COUNT + stage];

		to->unplaced += from->unplaced;
		if (to->max < from->max)
			to->max = from->max;
		if (to->inverted_min < from->inverted_min)
			to->inverted_min = from->inverted_min;
		for (__u64 left = difference->blocks[stage]; left; left &= left - 1) {
			__u32 block = __builtin_ctzll(left);
			__u64 *buckets =
				reading->blocks[layout[stage].blocks[block] - 1].buckets;

			for (__u32 i = 0; i < HISTOGRAM_BLOCK_BUCKETS; i++)
				buckets[i] += from->buckets[block * HISTOGRAM_BLOCK_BUCKETS + i];
		}
	}
}

void reading_take(struct reading *reading, __u32 id, struct difference *difference)
{
	const struct source *source = reading->source;
	struct counts earlier = counts_of(reading, id), later = {
		.account = account_read(source, id),
		.histograms = earlier.histograms,
		.blocks = source->blocks,
	};

	subtract(difference, &later, &earlier);
	/* What is in the difference is in the reading, however much has come since. */
	reading_add(reading, id, difference);
}
