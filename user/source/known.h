/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Vectors that were bound before imstrace looked.
 */
#ifndef IMSTRACE_SOURCE_KNOWN_H
#define IMSTRACE_SOURCE_KNOWN_H

#include <imstrace/records.h>
#include <stdbool.h>

/**
 * known_vectors - walk through the bound vectors that the system shows
 * @found:	called for each with what can be known of it: device, vector, irq,
 *		slot. The rest is "not known".
 * @context:	handed to @found
 *
 * They are found by the names of their irqs, INTx lines too. An emulated vector has no irq: it
 * shows by its first signal, and so does the process that a vector belongs to.
 */
void known_vectors(void (*found)(void *context, const struct imstrace_vector *vector),
		   void *context);

/* Whether @vector's irq still is what known_vectors() found it to be. */
bool known_still_bound(const struct imstrace_vector *vector);

#endif /* IMSTRACE_SOURCE_KNOWN_H */
