/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The steps in the life of a vector, in words.
 */
#ifndef IMSTRACE_MODEL_LIFECYCLE_H
#define IMSTRACE_MODEL_LIFECYCLE_H

#include <imstrace/records.h>
#include <stdbool.h>
#include <stddef.h>

const char *lifecycle_name(enum imstrace_step step);

/* Whether the step concerns the device's index as a whole: it has no vector. */
bool lifecycle_of_index(enum imstrace_step step);

/* Whether it is no step, but something else that is told of a vector's life. */
bool lifecycle_observed(enum imstrace_step step);

/* What is particular to this step, on one line; empty if nothing is. */
void lifecycle_describe(const struct imstrace_lifecycle *step, char *text, size_t size);

#endif /* IMSTRACE_MODEL_LIFECYCLE_H */
