/* SPDX-License-Identifier: GPL-2.0-only */
/* The time of a clock, in ns. CLOCK_MONOTONIC is what bpf_ktime_get_ns() reads. */
#ifndef IMSTRACE_CLOCK_H
#define IMSTRACE_CLOCK_H

#include <linux/types.h>
#include <time.h>

static inline __u64 clock_now(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

#endif /* IMSTRACE_CLOCK_H */
