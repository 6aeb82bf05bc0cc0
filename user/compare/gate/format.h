/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a comparison is shown. A new format is one new file here and a line in the table of format.c.
 */
#ifndef IMSTRACE_GATE_FORMAT_H
#define IMSTRACE_GATE_FORMAT_H

#include "gate.h"

#include <stdio.h>

struct gate_format {
	const char *name;
	const char *what;
	void (*write)(FILE *out, const struct gate *gate);
};

extern const struct gate_format gate_formats[];
extern const size_t gate_format_count;

void gate_write_table(FILE *out, const struct gate *gate);
void gate_write_markdown(FILE *out, const struct gate *gate);
void gate_write_junit(FILE *out, const struct gate *gate);
void gate_write_json(FILE *out, const struct gate *gate);
void gate_write_benchmark(FILE *out, const struct gate *gate);

/* Both distributions of each stage, as an SVG that needs nothing else. */
void gate_write_overlay(FILE *out, const struct gate *gate);

/* The verdict in a line: where it is slower, or why there is none. */
void gate_headline(FILE *out, const struct gate *gate);
/* Whether the cell, or the count, is one of those that the verdict is about. */
bool gate_to_blame(const struct gate *gate, const struct gate_cell *cell);
bool gate_count_to_blame(const struct gate *gate, const struct gate_count *count);

/* "12 against 12 runs in pairs that alternated, of 20 against 20 runs": what was really compared. */
void gate_compared(FILE *out, const struct gate *gate);

/* "+10.2 %", and "+8.1 to +12.5 %"; "any" is an interval that rules nothing out. */
#define GATE_TEXT	48
const char *gate_change(char text[GATE_TEXT], const struct gate_cell *cell);
const char *gate_interval(char text[GATE_TEXT], const struct gate_cell *cell);
/* "245.1" µs, and "n/a". */
const char *gate_time(char text[GATE_TEXT], double ns);

#endif /* IMSTRACE_GATE_FORMAT_H */
