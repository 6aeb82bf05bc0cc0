/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Distributions of values, in ns, that histograms are tested with.
 */
#ifndef IMSTRACE_TESTS_DISTRIBUTIONS_H
#define IMSTRACE_TESTS_DISTRIBUTIONS_H

#include "fake.h"

#include <imstrace/histogram.h>
#include <math.h>

static __u64 uniform(__u64 *seed)
{
	return random_next(seed) % 1000000;
}

static __u64 exponential(__u64 *seed)
{
	double share = (double)(random_next(seed) >> 11) / (1ULL << 53);

	return (__u64)(-50000 * log(1 - share));
}

static __u64 bimodal(__u64 *seed)
{
	return random_next(seed) % 10 ? 2000 + random_next(seed) % 500 :
					30000000 + random_next(seed) % 5000000;
}

static __u64 constant(__u64 *seed)
{
	(void)seed;
	return 123457;
}

static __u64 wide(__u64 *seed)
{
	return random_magnitude(seed, HISTOGRAM_VALUE_BITS);
}

static __u64 zero(__u64 *seed)
{
	(void)seed;
	return 0;
}

typedef __u64 (*distribution)(__u64 *seed);

static const distribution distributions[] = {
	uniform, exponential, bimodal, constant, wide, zero,
};

#endif /* IMSTRACE_TESTS_DISTRIBUTIONS_H */
