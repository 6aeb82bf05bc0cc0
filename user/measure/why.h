/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which interrupts are slow, and where their time went: by cause, and by the threads that vCPUs waited behind.
 */
#ifndef IMSTRACE_MEASURE_WHY_H
#define IMSTRACE_MEASURE_WHY_H

#include "../source/source.h"
#include "causes.h"
#include "slowest.h"

/**
 * struct why_share - what slow interrupts had of one cause
 * @count:	of how many of them it had some time
 * @ns:		of all of them
 * @max:	the most that one had
 */
struct why_share {
	__u64 count;
	__u64 ns;
	__u64 max;
};

/**
 * struct why_sum - slow interrupts
 * @seen:	interrupts, slow or not
 * @count:	slow ones
 * @ns:		they took
 * @causes:	that, divided
 */
struct why_sum {
	__u64 seen;
	__u64 count;
	__u64 ns;
	struct why_share causes[SLOW_CAUSE_COUNT];
};

/* Of one vector. */
struct why_vector {
	__u32 id;
	struct imstrace_vector vector;
	struct why_sum sum;
};

/* What has been taken in so far. */
struct why;

/**
 * struct why_result - what came of it
 * @over:	what took that many ns or longer is slow
 * @asked:	that was asked for; else the slowest hundredth is slow: at least 10, if there are so many, and
 *		at most 1,000
 * @sum:	of all vectors
 * @vectors:	those that had slow interrupts, those first that lost most time with them
 * @vector_count: how many
 * @competitors: threads behind which vCPUs waited with slow interrupts: of all vectors, with id 0; those first
 *		behind which they waited longest
 * @competitor_count: how many
 */
struct why_result {
	__u64 over;
	bool asked;
	struct why_sum sum;
	struct why_vector *vectors;
	size_t vector_count;
	struct source_competitor *competitors;
	size_t competitor_count;
};

/* @over: 0: the slowest hundredth. NULL: out of memory. */
struct why *why_new(__u64 over);
void why_free(struct why *why);

/* false: out of memory, and it is not taken in. */
bool why_add(struct why *why, const struct imstrace_vector *vector, const struct imstrace_interrupt *interrupt);

/* Nothing can be added any more. Return: false: out of memory. The result is @why's. */
bool why_end(struct why *why, struct why_result *result);

#endif /* IMSTRACE_MEASURE_WHY_H */
