/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Summaries as they are named on a command line: files, and directories of them.
 */
#ifndef IMSTRACE_SUMMARY_LOAD_H
#define IMSTRACE_SUMMARY_LOAD_H

#include "summary.h"

struct summary_list {
	size_t count;
	struct summary **summaries;
};

/*
 * Adds the summary at @path; of a directory all *.json, by name, and there must be one. Return: 0 or an exit
 * code, reported.
 */
int summary_load(struct summary_list *list, const char *path);
void summary_list_free(struct summary_list *list);

#endif /* IMSTRACE_SUMMARY_LOAD_H */
