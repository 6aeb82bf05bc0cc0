/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How long a stage took: into the histogram of its vector.
 */
#ifndef IMSTRACE_BPF_STAGES_H
#define IMSTRACE_BPF_STAGES_H

#include "maps.h"

/* More CPUs than this racing for a new maximum of one stage: one is not noted. */
#define MAX_RETRIES	8

/* Not static, as add_block(): see vectors.h. */
__noinline int set_maximum(__u64 *max, __u64 value)
{
	if (!max)
		return 0;
	for (int i = 0; i < MAX_RETRIES; i++) {
		__u64 old = *(volatile __u64 *)max;

		if (value <= old || __sync_val_compare_and_swap(max, old, value) == old)
			return 0;
	}
	return 0;
}

static __always_inline void raise_to(__u64 *max, __u64 value)
{
	if (value > *(volatile __u64 *)max)
		set_maximum(max, value);
}

/* A block for the buckets from @at on of @histogram: its number + 1, 0: there is none left. */
__noinline __u32 add_block(struct imstrace_histogram *histogram, __u32 at)
{
	__u32 number, old;

	if (!histogram || at >= HISTOGRAM_BLOCKS)
		return 0;
	number = __sync_fetch_and_add(&totals.blocks, 1) + 1;
	if (number > max_blocks) {
		__sync_fetch_and_sub(&totals.blocks, 1);
		return 0;
	}
	/* Where another CPU was first, this block stays unused. */
	old = __sync_val_compare_and_swap(&histogram->blocks[at], 0, number);
	return old ?: number;
}

/* The bucket of @value; NULL: it has found no place. */
static __always_inline __u64 *place_of(struct imstrace_histogram *histogram, __u64 value)
{
	__u32 bucket = histogram_bucket(value), at = bucket / HISTOGRAM_BLOCK_BUCKETS, number;
	struct imstrace_block *block;

	if (at >= HISTOGRAM_BLOCKS)
		return NULL;
	number = histogram->blocks[at] ?: add_block(histogram, at);
	number--;
	block = bpf_map_lookup_elem(&blocks, &number);
	return block ? &block->buckets[bucket % HISTOGRAM_BLOCK_BUCKETS] : NULL;
}

/*
 * @account is this CPU's of vector @id. What only one program counts on one CPU needs no locked
 * instruction: the kernel does not run a program that is interrupted by itself. Second programs, see
 * preemption.h, have accounts of their own.
 */
static __always_inline void count_stage(struct imstrace_account *account, __u32 id,
					enum imstrace_stage stage, __u64 from, __u64 to)
{
	__u32 index = id * STAGE_COUNT + stage;
	struct imstrace_histogram *histogram;
	__u64 value, *place;

	histogram = bpf_map_lookup_elem(&histograms, &index);
	if (!histogram)
		return;
	/* CPUs' clocks may differ by some ns where the TSC is not synchronised. */
	value = to > from ? to - from : 0;
	place = place_of(histogram, value);
	if (!place) {
		__sync_fetch_and_add(&totals.lost_values, 1);
		place = &histogram->unplaced;
	}
	/* The bucket last: what a reader finds counted, it finds in the rest. */
	account->sums[stage] += value;
	raise_to(&histogram->max, value);
	raise_to(&histogram->inverted_min, ~value);
	__sync_fetch_and_add(place, 1);
}

#endif /* IMSTRACE_BPF_STAGES_H */
