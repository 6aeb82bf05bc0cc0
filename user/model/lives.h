/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lives of all vectors, in a bounded amount of memory: what state each was in when, the first and
 * the latest steps in full, and how many there were of each.
 */
#ifndef IMSTRACE_MODEL_LIVES_H
#define IMSTRACE_MODEL_LIVES_H

#include "life.h"

#include <stddef.h>

/* Of each end of the run. */
#define LIVES_STEPS	400
/* Of one vector: one that is bound again and again leaves room for the others. */
#define LIVES_OF_VECTOR	64
/* Of all of them. */
#define LIVES_CHANGES	32768

/* From @time on vector @id was in state @state. */
struct life_change {
	__u64 time;
	__u32 id;
	enum life_state state;
};

/**
 * struct lives - what has become of all vectors
 * @counts:	how often each step was seen, by enum imstrace_step
 * @failed:	how often it failed
 * @seen:	the sum of @counts
 * @first:	the first steps
 * @latest:	the latest of those that came after: number n is at n % LIVES_STEPS
 * @change_count: number of @changes
 * @changes:	in the order in which they were seen
 * @left_out:	changes for which there was no room
 */
struct lives {
	__u64 counts[STEP_COUNT];
	__u64 failed[STEP_COUNT];
	__u64 seen;
	struct imstrace_lifecycle first[LIVES_STEPS];
	struct imstrace_lifecycle latest[LIVES_STEPS];
	size_t change_count;
	struct life_change changes[LIVES_CHANGES];
	__u64 left_out;
	/* By id: its life, and how many changes it has. */
	size_t capacity;
	struct {
		struct life life;
		__u32 changes;
	} *vectors;
};

/* For ids below @capacity; NULL: out of memory. */
struct lives *lives_new(size_t capacity);
void lives_free(struct lives *lives);

void lives_add(struct lives *lives, const struct imstrace_lifecycle *step);

/* How many steps are in @first and @latest together; the rest of those seen are not kept. */
size_t lives_kept(const struct lives *lives);
/* Of those the @number-th, in their order. */
const struct imstrace_lifecycle *lives_step(const struct lives *lives, size_t number);

#endif /* IMSTRACE_MODEL_LIVES_H */
