/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From what was measured of each cell to a verdict on all of them.
 */
#ifndef IMSTRACE_GATE_JUDGE_H
#define IMSTRACE_GATE_JUDGE_H

#include "gate.h"

#define reason(gate, ...) gate_say((gate)->reasons, &(gate)->reason_count, __VA_ARGS__)
#define note(gate, ...) gate_say((gate)->notes, &(gate)->note_count, __VA_ARGS__)

/* Adds a text, once, if there is room. */
__attribute__((format(printf, 3, 4))) void gate_say(char texts[GATE_REASONS][256], size_t *count,
						    const char *format, ...);

/* Holm's correction: multiplies the k-th smallest of all p by how many are not smaller. */
void gate_holm(double **p, size_t count);

/*
 * Corrects the chances of all cells for how many there are, which goes to @tested. Return: false:
 * out of memory.
 */
bool gate_correct(struct gate *gate, size_t *tested);

/* Gives each cell its state, and @gate its verdict. */
void gate_judge(struct gate *gate, size_t tested);

#endif /* IMSTRACE_GATE_JUDGE_H */
