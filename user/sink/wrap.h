/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Text for people that is wrapped between words, at 80 columns.
 */
#ifndef IMSTRACE_SINK_WRAP_H
#define IMSTRACE_SINK_WRAP_H

#include <stddef.h>
#include <stdio.h>

/* A paragraph that is being written: the column where it is, and where its other lines begin. */
struct wrapped {
	FILE *out;
	size_t column;
	size_t indent;
};

/* Begins it with @start, and goes on at column @indent, or after that. */
void wrap_begin(struct wrapped *text, FILE *out, const char *start, size_t indent);
/* Adds words, each after a blank. */
void wrap_words(struct wrapped *text, const char *words);
/* Adds what belongs to the word before: no blank comes between, nor the end of a line. */
void wrap_close(struct wrapped *text, const char *mark);
void wrap_end(struct wrapped *text);

/* A whole one. */
void wrap_all(FILE *out, size_t indent, const char *words);

#endif /* IMSTRACE_SINK_WRAP_H */
