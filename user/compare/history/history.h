/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Summaries over time: what each stage took in each, and where that changed.
 */
#ifndef IMSTRACE_HISTORY_H
#define IMSTRACE_HISTORY_H

#include "../../measure/percentiles.h"
#include "../statistics/change_points.h"
#include "../summary/groups.h"
#include "../summary/load.h"

/**
 * struct history_value - a percentile of a stage in a summary, in ns
 * @value:	the median of its runs; NAN: it has none
 * @low:	of the interval in which that of all runs would be, with a confidence of 95 % or, of fewer
 *		than six runs, from the smallest to the largest
 * @high:	likewise
 * @runs:	so many runs have it
 */
struct history_value {
	double value;
	double low;
	double high;
	size_t runs;
};

/**
 * struct history_series - a percentile of a stage of a group
 * @values:	by summary
 * @changes:	their index is that of the summary; means are of logarithms
 */
struct history_series {
	const struct group *group;
	enum imstrace_stage stage;
	enum percentile percentile;
	struct history_value *values;
	size_t change_count;
	struct change_point *changes;
};

/**
 * struct history - what there is to show
 * @summaries:	ordered by when they were measured
 */
struct history {
	size_t count;
	struct summary **summaries;
	struct groups groups;
	size_t series_count;
	struct history_series *series;
};

struct history_options {
	enum grouping by;
	bool percentiles[PERCENTILE_COUNT];
	struct change_point_options change;
};

/* Takes the order of @list's summaries into its hands. Return: 0 or an exit code, reported. */
int history_make(struct history *history, const struct history_options *options,
		 struct summary_list *list);
void history_free(struct history *history);

/* What a summary is called: its revision, or the name of its file. */
const char *history_name(const struct summary *summary);

/* 0.1 are 10 % more. */
double history_change(const struct change_point *point);

#endif /* IMSTRACE_HISTORY_H */
