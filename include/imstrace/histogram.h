/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Log-linear latency histogram, filled by BPF programs and read by user space.
 *
 * A value below 2^(BITS+1) has a bucket of its own. Above, each power of two is
 * cut into 2^BITS buckets of equal width: a value v with highest bit m is in a
 * bucket of width w = 2^(m-BITS), and v >= 2^m. The middle of a bucket is at
 * most w/2 from any value in it, so that what is reported is within
 *
 *	(w/2) / v  <=  2^(m-BITS-1) / 2^m  =  1 / 2^(BITS+1)
 *
 * of what was measured: 0.78 % with BITS = 6. The scheme is that of fio's
 * stat.h. The count, smallest and largest value are exact, and so is the sum, which is
 * kept apart (struct imstrace_account); so is merging
 * two histograms, which is adding them up bucket by bucket.
 *
 * The times of one stage of one vector are in a few octaves out of 31, so buckets
 * are given out where they are needed: a histogram has the numbers of its blocks of
 * buckets, out of a pool that all share. That is what makes thousands of vectors fit.
 */
#ifndef IMSTRACE_HISTOGRAM_H
#define IMSTRACE_HISTOGRAM_H

#include <linux/types.h>

#define HISTOGRAM_BITS		6
/* Values are below 2^36 ns = 68 s; a larger one counts in the last bucket. */
#define HISTOGRAM_VALUE_BITS	36
#define HISTOGRAM_BUCKETS	((HISTOGRAM_VALUE_BITS - HISTOGRAM_BITS + 1) << HISTOGRAM_BITS)

/* Half an octave: less would make the list of blocks long, more would waste buckets. */
#define HISTOGRAM_BLOCK_BUCKETS	32
#define HISTOGRAM_BLOCKS	(HISTOGRAM_BUCKETS / HISTOGRAM_BLOCK_BUCKETS)

struct imstrace_histogram {
	__u64 max;		/* ns */
	__u64 inverted_min;		/* ~min, so that all zeroes is an empty histogram */
	__u64 unplaced;		/* values for which the pool had no block left */
	/* By bucket / HISTOGRAM_BLOCK_BUCKETS: number in the pool + 1, 0: none yet. */
	__u32 blocks[HISTOGRAM_BLOCKS];
};

struct imstrace_block {
	__u64 buckets[HISTOGRAM_BLOCK_BUCKETS];
};

/* 1 if @value has more than @bits bits; it must have less than 64. A comparison would be a branch in BPF. */
static inline __attribute__((always_inline)) __u32 histogram_exceeds(__u64 value, __u32 bits)
{
	return ((1ULL << bits) - 1 - value) >> 63;
}

/*
 * Position of the highest bit set; @value must not be 0, nor have 64 bits. BPF has no clz. Of each branch the
 * verifier would follow both sides through all that comes after.
 */
static inline __attribute__((always_inline)) __u32 histogram_highest_bit(__u64 value)
{
	__u32 bit = 0, shift;

	shift = histogram_exceeds(value, 32) << 5;	value >>= shift; bit |= shift;
	shift = histogram_exceeds(value, 16) << 4;	value >>= shift; bit |= shift;
	shift = histogram_exceeds(value, 8) << 3;	value >>= shift; bit |= shift;
	shift = histogram_exceeds(value, 4) << 2;	value >>= shift; bit |= shift;
	shift = histogram_exceeds(value, 2) << 1;	value >>= shift; bit |= shift;
	return bit | (__u32)(value >> 1);
}

/* The bucket that @value (ns) is counted in. */
static inline __attribute__((always_inline)) __u32 histogram_bucket(__u64 value)
{
	__u32 highest, shift;

	if (value >> HISTOGRAM_VALUE_BITS)
		return HISTOGRAM_BUCKETS - 1;
	if (value < 2 << HISTOGRAM_BITS)
		return value;
	highest = histogram_highest_bit(value);
	shift = highest - HISTOGRAM_BITS;
	/* The top bit of value >> shift is set: it adds 1 to the group. */
	return (shift << HISTOGRAM_BITS) + (__u32)(value >> shift);
}

#endif /* IMSTRACE_HISTOGRAM_H */
