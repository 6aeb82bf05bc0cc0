/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Did the new runs have as many interrupts as those of the base, and did as many of them get from hop
 * to hop? An interrupt that never came has no time that could be compared.
 */
#ifndef IMSTRACE_GATE_COUNTS_H
#define IMSTRACE_GATE_COUNTS_H

#include "runs.h"

/* Fills in the counts of @gate. false: out of memory. */
bool counts_compare(struct gate *gate, const struct runs lists[2]);

/* Says why a verdict is not possible, after counts_compare(). */
void counts_explain(struct gate *gate);

#endif /* IMSTRACE_GATE_COUNTS_H */
