/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the TSC to CLOCK_MONOTONIC, which is what bpf_ktime_get_ns() reads.
 *
 * Pairs of both are sampled now and then. Between two pairs the relation is taken
 * to be linear: CLOCK_MONOTONIC's rate is adjusted by NTP, so one line through a
 * whole run would be wrong by more than a pair's own error.
 */
#ifndef IMS_GUEST_CLOCK_H
#define IMS_GUEST_CLOCK_H

#include <stddef.h>
#include <stdint.h>

struct clock_pair {
	uint64_t tsc;
	uint64_t ns;
	uint64_t window;	/* TSC cycles in which both were read */
};

struct clock {
	size_t num;
	size_t capacity;
	uint64_t narrowest;	/* of the windows so far */
	struct clock_pair *pairs;
};

uint64_t clock_tsc(void);
uint64_t clock_ns(void);

/* Takes a pair. The first and the last one must enclose what is converted. */
void clock_sample(struct clock *clock);
/* Takes one if the last one is old: to be called often. */
void clock_sample_sometimes(struct clock *clock, uint64_t now_ns);

uint64_t clock_convert(const struct clock *clock, uint64_t tsc);
double clock_hz(const struct clock *clock);
/* Half the largest window: no pair is wrong by more. */
double clock_error_ns(const struct clock *clock);
void clock_free(struct clock *clock);

#endif /* IMS_GUEST_CLOCK_H */
