/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files of this project that people read, for tests that hold them to the tables in the code.
 */
#ifndef IMSTRACE_TESTS_UNIT_DOCUMENTS_H
#define IMSTRACE_TESTS_UNIT_DOCUMENTS_H

#include "fake.h"

/* To be freed. Unit tests run from the top of the checkout. */
static inline char *read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = calloc(1, 1 << 20);

	if (!file)
		fail_msg("%s can't be opened; unit tests run from the checkout's top", path);
	assert_non_null(text);
	text[fread(text, 1, (1 << 20) - 1, file)] = '\0';
	fclose(file);
	return text;
}

/* Newlines of the text are blanks here, as a reader has it. */
static inline void join_lines(char *text)
{
	for (; *text; text++)
		if (*text == '\n' && text[1] != '\n' && text[1] != '#')
			*text = ' ';
}

#endif /* IMSTRACE_TESTS_UNIT_DOCUMENTS_H */
