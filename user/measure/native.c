// SPDX-License-Identifier: GPL-2.0-only
#include "native.h"

#include <math.h>
#include <string.h>

/* The index of the native bucket that @ns (not 0) is in. */
static int native_index(double ns)
{
	return (int)ceil(log2(ns / 1e9) * (1 << NATIVE_SCHEMA));
}

void native_convert(struct native_histogram *to, const struct histogram *from)
{
	/* The same for all: the middles of our buckets don't move. */
	static __u16 offsets[HISTOGRAM_BUCKETS];
	int first = native_index(1);

	for (__u32 i = 1; !offsets[HISTOGRAM_BUCKETS - 1] && i < HISTOGRAM_BUCKETS; i++)
		offsets[i] = native_index((histogram_bucket_low(i) + histogram_bucket_high(i)) / 2.0) -
			     first;
	memset(to, 0, sizeof(*to));
	to->first = first;
	to->zero = from->buckets[0];
	for (__u32 i = 1; i < HISTOGRAM_BUCKETS; i++) {
		if (!from->buckets[i])
			continue;
		to->counts[offsets[i]] += from->buckets[i];
		to->used = offsets[i] + 1;
	}
}
