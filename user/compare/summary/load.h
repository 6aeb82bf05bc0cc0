/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Summaries as they are named on a command line: files, and directories of them.
 */
#ifndef IMSTRACE_SUMMARY_LOAD_H
#define IMSTRACE_SUMMARY_LOAD_H

#include "summary.h"

/**
 * struct summary_list - what has been loaded
 * @lenient:	a file of a directory that can't be used is left out, with a warning: a series goes
 *		on without it, while a verdict is on all that it was asked for
 * @skipped:	why each of those was
 */
struct summary_list {
	bool lenient;
	size_t count;
	struct summary **summaries;
	size_t skipped_count;
	char **skipped;
};

/*
 * Adds the summary at @path; of a directory all *.json, by name, and there must be one. Return: 0 or an exit
 * code, reported.
 */
int summary_load(struct summary_list *list, const char *path);
void summary_list_free(struct summary_list *list);

#endif /* IMSTRACE_SUMMARY_LOAD_H */
