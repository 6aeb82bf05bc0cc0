/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IMSTRACE_HISTORY_SHOW_H
#define IMSTRACE_HISTORY_SHOW_H

#include "history.h"

#include <stdio.h>

/* For people: every change, in the order of the summaries. */
void history_show(FILE *out, const struct history *history);

/*
 * {summaries, series}, for --json and the page: NULL: out of memory. docs/schema/imstrace-1.json has
 * it, as a line of type history.
 */
json_t *history_object(const struct history *history);

#endif /* IMSTRACE_HISTORY_SHOW_H */
