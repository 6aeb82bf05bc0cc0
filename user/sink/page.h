/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The HTML pages of dashboards/pages, which the build puts into imstrace.
 */
#ifndef IMSTRACE_SINK_PAGE_H
#define IMSTRACE_SINK_PAGE_H

#include "sink.h"

#include <jansson.h>
#include <stdio.h>

/* X(NAME): dashboards/pages/NAME.js. */
#define IMSTRACE_PAGES_LIST(X)	\
	X(report)		\
	X(history)

enum page {
#define X(name) PAGE_##name,
	IMSTRACE_PAGES_LIST(X)
#undef X
	PAGE_COUNT
};

/*
 * Opens @path as the sink's file, for @page to be written to when all is known: now, for later
 * there may be no privilege left to. What is in it stays there until then. Return: 0 or an exit code,
 * reported, as when this imstrace was built without pages.
 */
int page_open(struct sink *sink, enum page page, const char *path);

/*
 * Writes @page with @data in it, which is freed. Nothing in a name can be more than text
 * there. NULL is taken for want of memory. Errors stay with @out.
 */
void page_write(FILE *out, enum page page, json_t *data);

#endif /* IMSTRACE_SINK_PAGE_H */
