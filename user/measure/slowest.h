/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interrupts that took longest from their first hop to their last.
 */
#ifndef IMSTRACE_MEASURE_SLOWEST_H
#define IMSTRACE_MEASURE_SLOWEST_H

#include <imstrace/records.h>
#include <stdbool.h>
#include <stddef.h>

/* One of them, with its vector as it was then. */
struct slow_interrupt {
	struct imstrace_vector vector;
	struct imstrace_interrupt interrupt;
};

struct slowest {
	size_t room, count;
	/* A heap, the quickest of them first, until slowest_sort(). */
	struct slow_interrupt *interrupts;
};

/* Room for @room of them; false: out of memory. */
bool slowest_init(struct slowest *slowest, size_t room);
void slowest_free(struct slowest *slowest);

/* Takes it in if it is one of them. */
void slowest_add(struct slowest *slowest, const struct imstrace_vector *vector,
		 const struct imstrace_interrupt *interrupt);

/* The slowest first; nothing can be added any more. */
void slowest_sort(struct slowest *slowest);

#endif /* IMSTRACE_MEASURE_SLOWEST_H */
