// SPDX-License-Identifier: GPL-2.0-only
#include "slowest.h"

#include "stages.h"

#include <stdlib.h>

bool slowest_init(struct slowest *slowest, size_t room)
{
	slowest->room = room;
	slowest->count = 0;
	slowest->interrupts = room ? calloc(room, sizeof(*slowest->interrupts)) : NULL;
	return !room || slowest->interrupts;
}

void slowest_free(struct slowest *slowest)
{
	free(slowest->interrupts);
}

/* Those that took equally long are ordered by time, so that the result does not depend on luck. */
static int compare(const void *left, const void *right)
{
	const struct slow_interrupt *a = left, *b = right;
	__u64 a_took = interrupt_took(&a->interrupt), b_took = interrupt_took(&b->interrupt);
	__u64 a_ended = interrupt_ended(&a->interrupt), b_ended = interrupt_ended(&b->interrupt);

	if (a_took != b_took)
		return a_took < b_took ? 1 : -1;
	return a_ended < b_ended ? -1 : a_ended > b_ended;
}

static void swap(struct slowest *slowest, size_t a, size_t b)
{
	struct slow_interrupt kept = slowest->interrupts[a];

	slowest->interrupts[a] = slowest->interrupts[b];
	slowest->interrupts[b] = kept;
}

/* Whether @a is the quicker one, to be above @b in the heap. */
static bool above(const struct slowest *slowest, size_t a, size_t b)
{
	return compare(&slowest->interrupts[a], &slowest->interrupts[b]) > 0;
}

static void sink_down(struct slowest *slowest)
{
	size_t at = 0, next;

	for (;; at = next) {
		next = 2 * at + 1;
		if (next >= slowest->count)
			return;
		if (next + 1 < slowest->count && above(slowest, next + 1, next))
			next++;
		if (!above(slowest, next, at))
			return;
		swap(slowest, at, next);
	}
}

void slowest_add(struct slowest *slowest, const struct imstrace_vector *vector,
		 const struct imstrace_interrupt *interrupt)
{
	struct slow_interrupt *added;
	size_t at;

	if (slowest->count == slowest->room) {
		if (!slowest->room ||
		    interrupt_took(interrupt) <= interrupt_took(&slowest->interrupts[0].interrupt))
			return;
		added = &slowest->interrupts[0];
		added->vector = *vector;
		added->interrupt = *interrupt;
		sink_down(slowest);
		return;
	}
	at = slowest->count++;
	added = &slowest->interrupts[at];
	added->vector = *vector;
	added->interrupt = *interrupt;
	for (; at && above(slowest, at, (at - 1) / 2); at = (at - 1) / 2)
		swap(slowest, at, (at - 1) / 2);
}

void slowest_sort(struct slowest *slowest)
{
	if (slowest->count)
		qsort(slowest->interrupts, slowest->count, sizeof(*slowest->interrupts), compare);
}
