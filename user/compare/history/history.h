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
 * struct history_series - a percentile of a stage of a group, on a machine
 * @machine:	number of the machine: nothing is compared with what another one has measured
 * @values:	by summary
 * @changes:	their index is that of the summary; means are of logarithms
 */
struct history_series {
	size_t machine;
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
 * @machine_of:	by summary, the number of its machine
 * @machines:	the first summary of each: a machine is a model of CPU and how many of it, as for
 *		imstrace gate
 * @skipped:	why files were left out
 */
struct history {
	size_t count;
	struct summary **summaries;
	size_t *machine_of;
	size_t machine_count;
	const struct summary **machines;
	size_t skipped_count;
	char *const *skipped;
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

/* Whether there is anything to judge: an interrupt in any of the summaries. */
bool history_judged(const struct history *history);

/* As many as are needed to find a change on a machine. */
#define HISTORY_LEAST	(2 * CHANGE_POINT_LEAST)
size_t history_on_machine(const struct history *history, size_t machine);

/* What else differs between two summaries of a machine, that imstrace can tell. */
struct history_switch {
	const char *what;
	const char *before;
	const char *after;
};

#define HISTORY_SWITCHES	2	/* host, kernel */

size_t history_switches(const struct summary *before, const struct summary *after,
			struct history_switch switches[HISTORY_SWITCHES]);

/* The last summary before number @index that has the series; NULL: there is none. */
const struct summary *history_before(const struct history *history,
				     const struct history_series *series, size_t index);

/* What a summary is called: its revision, or the name of its file. */
const char *history_name(const struct summary *summary);

/* 0.1 are 10 % more. */
double history_change(const struct change_point *point);

#endif /* IMSTRACE_HISTORY_H */
