/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Behind whom the threads of vCPUs waited for a CPU while an interrupt was pending.
 */
#ifndef IMSTRACE_MEASURE_COMPETITORS_H
#define IMSTRACE_MEASURE_COMPETITORS_H

#include "../source/source.h"

/* A set of them, by vector and thread, to add to. */
struct competitors;

/* NULL: out of memory. */
struct competitors *competitors_new(void);
void competitors_free(struct competitors *competitors);

/* Adds @interrupt, if it has waited behind a thread that is known. false: out of memory. */
bool competitors_add(struct competitors *competitors, const struct imstrace_interrupt *interrupt);

/* All of them, see @competitors of struct source. */
bool competitors_list(const struct competitors *competitors, struct source_competitor **list, size_t *count);

/* By vector id, and of each vector those first behind whom it waited longest. */
void competitors_sort(struct source_competitor *list, size_t count);

#endif /* IMSTRACE_MEASURE_COMPETITORS_H */
