/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which process a vector belongs to, and what that is called.
 */
#ifndef IMSTRACE_SOURCE_OWNERS_H
#define IMSTRACE_SOURCE_OWNERS_H

#include "memory.h"

struct owners;

/* Of up to @capacity vectors. Looks who holds eventfds now: see eventfd_holders.h. NULL: out of memory. */
struct owners *owners_new(unsigned int capacity);
void owners_free(struct owners *owners);

/* The vector was bound before imstrace looked, and its eventfd has been seen now: whose is it? */
void owners_find(const struct owners *owners, const struct imstrace_bpf *programs,
		 struct imstrace_vector *vector);

/* For each poll: all vectors have the process that they now belong to, and its names. */
void owners_update(struct owners *owners, const struct source *source, struct memory *memory,
		   const struct imstrace_bpf *programs);

/* The id of a vector is given to another one. */
void owners_forget(struct owners *owners, __u32 id);

#endif /* IMSTRACE_SOURCE_OWNERS_H */
