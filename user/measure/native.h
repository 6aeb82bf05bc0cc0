/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Our log-linear buckets as those of a native histogram of Prometheus, whose ends are
 * 2^(index / 2^schema) seconds.
 *
 * The ends of the two do not coincide. Each of our buckets goes, whole, to the native one that its
 * middle is in. A value is at most 1 / 2^(HISTOGRAM_BITS + 1) of itself away from that middle, so
 * no value is further outside of the native bucket that it is counted in: what is off is below
 * 0.78 % of the value, where the native bucket is 9 % wide. Count and sum stay exact.
 */
#ifndef IMSTRACE_MEASURE_NATIVE_H
#define IMSTRACE_MEASURE_NATIVE_H

#include "histogram.h"

#include <stddef.h>

/* Eight buckets for each power of two, each 9.05 % wider than the one before. */
#define NATIVE_SCHEMA	3
/* Those of 1 ns to 2^HISTOGRAM_VALUE_BITS ns, with one to spare at either end. */
#define NATIVE_BUCKETS	(((HISTOGRAM_VALUE_BITS + 1) << NATIVE_SCHEMA) + 2)
/* In seconds: below 1 ns, so that it has those of 0 ns alone. Is itself the end of a bucket. */
#define NATIVE_ZERO	0x1p-31

/**
 * struct native_histogram - the buckets of a native histogram
 * @zero:	how many values were 0 ns
 * @first:	index of counts[0]: (2^((first - 1) / 2^schema), 2^(first / 2^schema)] s
 * @used:	number of @counts up to the last that is not 0
 * @counts:	values in each
 */
struct native_histogram {
	__u64 zero;
	int first;
	size_t used;
	__u64 counts[NATIVE_BUCKETS];
};

/* @from has no value that is unplaced: where that should go nobody knows. */
void native_convert(struct native_histogram *to, const struct histogram *from);

#endif /* IMSTRACE_MEASURE_NATIVE_H */
