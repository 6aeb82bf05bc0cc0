/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Vectors that are gone, and their ids: a program that runs for months, on a host where devices
 * come and go under ever new names, would else run out of them.
 */
#ifndef IMSTRACE_SOURCE_RETIRE_H
#define IMSTRACE_SOURCE_RETIRE_H

#include "memory.h"

/*
 * Whether vector @id has neither an irq nor an eventfd any more. @by_names: it is known by its
 * irq's name alone: nothing tells when its eventfd is taken away.
 */
bool vector_gone(const struct memory *memory, const struct imstrace_bpf *programs, __u32 id,
		 bool by_names);

/*
 * As struct source's retire(). An interrupt that begins or is on its way while this looks is
 * waited for; a vector that is bound anew meanwhile keeps its id, though perhaps not its name.
 */
bool vector_retire(struct memory *memory, struct imstrace_bpf *programs, __u32 id, bool by_names);

/* Whether vectors such as this one come and go unseen, but for their irqs' names. */
bool vector_by_names(const struct imstrace_bpf *programs, const struct imstrace_vector *vector);

#endif /* IMSTRACE_SOURCE_RETIRE_H */
