// SPDX-License-Identifier: GPL-2.0-only
#include "history.h"

#include "../../errors.h"
#include "../statistics/rank.h"

#define MATHLIB_STANDALONE
#include <Rmath.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Each side of the interval of a median is wrong with this chance. */
#define OFF	0.025

const char *history_name(const struct summary *summary)
{
	const char *slash = strrchr(summary->path, '/');

	return *summary->revision ? summary->revision : slash ? slash + 1 : summary->path;
}

double history_change(const struct change_point *point)
{
	return exp(point->after - point->before) - 1;
}

static int compare_sessions(const void *left, const void *right)
{
	const struct summary *a = *(struct summary *const *)left;
	const struct summary *b = *(struct summary *const *)right;

	if (a->session != b->session)
		return a->session < b->session ? -1 : 1;
	/* The two of a run with --against, in the order of their first runs. */
	return (a->runs->started > b->runs->started) - (a->runs->started < b->runs->started);
}

static bool same_machine(const struct summary *a, const struct summary *b)
{
	return a->cpus == b->cpus && !strcmp(a->cpu, b->cpu);
}

/* In the order in which they come up. */
static bool find_machines(struct history *history)
{
	history->machine_of = calloc(history->count, sizeof(*history->machine_of));
	history->machines = calloc(history->count, sizeof(*history->machines));
	if (!history->machine_of || !history->machines)
		return false;
	for (size_t i = 0; i < history->count; i++) {
		size_t machine = 0;

		while (machine < history->machine_count &&
		       !same_machine(history->machines[machine], history->summaries[i]))
			machine++;
		if (machine == history->machine_count)
			history->machines[history->machine_count++] = history->summaries[i];
		history->machine_of[i] = machine;
	}
	return true;
}

size_t history_on_machine(const struct history *history, size_t machine)
{
	size_t count = 0;

	for (size_t i = 0; i < history->count; i++)
		count += history->machine_of[i] == machine;
	return count;
}

bool history_judged(const struct history *history)
{
	return history->series_count;
}

size_t history_switches(const struct summary *before, const struct summary *after,
			struct history_switch switches[HISTORY_SWITCHES])
{
	size_t count = 0;

	if (strcmp(before->host, after->host))
		switches[count++] = (struct history_switch) { "host", before->host, after->host };
	if (strcmp(before->kernel, after->kernel))
		switches[count++] = (struct history_switch) { "kernel", before->kernel, after->kernel };
	return count;
}

const struct summary *history_before(const struct history *history,
				     const struct history_series *series, size_t index)
{
	for (size_t i = index; i-- > 0;)
		if (!isnan(series->values[i].value))
			return history->summaries[i];
	return NULL;
}

static bool same(const struct summary *a, const struct summary *b)
{
	return a->runs->started == b->runs->started && !strcmp(a->host, b->host);
}

/* The median of @count sorted @values, and its interval by the binomial distribution of ranks. */
static struct history_value summarise(double *values, size_t count)
{
	struct history_value value = { NAN, NAN, NAN, count };
	size_t skip;

	if (!count)
		return value;
	value.value = median_of(values, count);
	/* So many may be left out on each side. */
	skip = qbinom(OFF, count, 0.5, 1, 0);
	skip = skip && pbinom(skip - 1.0, count, 0.5, 1, 0) <= OFF ? skip - 1 : 0;
	value.low = values[skip];
	value.high = values[count - 1 - skip];
	return value;
}

static struct history_value read_value(const struct history *history,
				       const struct history_series *series,
				       const struct summary *summary, double *scratch)
{
	size_t count = 0;

	for (size_t i = 0; i < summary->run_count; i++) {
		struct histogram histogram;

		if (!group_histogram(&history->groups, series->group, &summary->runs[i],
				     series->stage, &histogram) || histogram.unplaced)
			continue;
		scratch[count++] = histogram_percentile(&histogram, histogram_count(&histogram),
							percentile_percent(series->percentile));
	}
	return summarise(scratch, count);
}

/* Of the summaries that have the series; their numbers are put in place of the indexes. */
static bool find_changes(const struct history *history, const struct history_options *options,
			 struct history_series *series)
{
	double *numbers = calloc(history->count, sizeof(*numbers));
	size_t *places = calloc(history->count, sizeof(*places));
	size_t count = 0;
	bool ok;

	series->changes = calloc(history->count, sizeof(*series->changes));
	ok = numbers && places && series->changes;
	for (size_t i = 0; ok && i < history->count; i++) {
		if (isnan(series->values[i].value))
			continue;
		numbers[count] = log(fmax(1, series->values[i].value));
		places[count++] = i;
	}
	ok = ok && change_points_find(numbers, count, &options->change, series->changes,
				      &series->change_count);
	for (size_t i = 0; ok && i < series->change_count; i++)
		series->changes[i].index = places[series->changes[i].index];
	free(numbers);
	free(places);
	return ok;
}

static bool fill_series(struct history *history, const struct history_options *options,
			struct history_series *series, double *scratch)
{
	bool any = false;

	series->values = calloc(history->count, sizeof(*series->values));
	if (!series->values)
		return false;
	for (size_t i = 0; i < history->count; i++) {
		series->values[i] = history->machine_of[i] == series->machine ?
			read_value(history, series, history->summaries[i], scratch) :
			summarise(NULL, 0);
		any |= series->values[i].runs;
	}
	if (!any) {
		free(series->values);
		return true;
	}
	history->series_count++;
	return find_changes(history, options, series);
}

static bool fill_all(struct history *history, const struct history_options *options)
{
	size_t cells = history->groups.count * STAGE_COUNT * PERCENTILE_COUNT, most = 0;
	size_t room = history->machine_count * cells;
	double *scratch;
	bool ok;

	for (size_t i = 0; i < history->count; i++)
		most = history->summaries[i]->run_count > most ?
		       history->summaries[i]->run_count : most;
	scratch = calloc(most, sizeof(*scratch));
	history->series = calloc(room + 1, sizeof(*history->series));
	ok = scratch && history->series;
	for (size_t i = 0; ok && i < room; i++) {
		struct history_series *series = &history->series[history->series_count];

		*series = (struct history_series) {
			.machine = i / cells,
			.group = &history->groups.groups[i % cells / (STAGE_COUNT * PERCENTILE_COUNT)],
			.stage = i / PERCENTILE_COUNT % STAGE_COUNT,
			.percentile = i % PERCENTILE_COUNT,
		};
		if (options->percentiles[series->percentile])
			ok = fill_series(history, options, series, scratch);
	}
	free(scratch);
	return ok;
}

int history_make(struct history *history, const struct history_options *options,
		 struct summary_list *list)
{
	bool ok;

	*history = (struct history) {
		.count = list->count, .summaries = list->summaries, .groups = { .by = options->by },
		.skipped_count = list->skipped_count, .skipped = list->skipped,
	};
	qsort(list->summaries, list->count, sizeof(*list->summaries), compare_sessions);
	for (size_t i = 0; i + 1 < list->count; i++)
		if (same(list->summaries[i], list->summaries[i + 1]))
			return report_error(EXIT_USAGE, "Name each summary once",
				     "%.200s and %.200s are the same", list->summaries[i]->path,
				     list->summaries[i + 1]->path);
	ok = find_machines(history);
	for (size_t i = 0; ok && i < list->count; i++)
		ok = groups_add(&history->groups, list->summaries[i]);
	if (!ok || !fill_all(history, options))
		return report_error(EXIT_RUNTIME, NULL, "out of memory");
	return 0;
}

void history_free(struct history *history)
{
	for (size_t i = 0; i < history->series_count; i++) {
		free(history->series[i].values);
		free(history->series[i].changes);
	}
	free(history->series);
	free(history->machine_of);
	free(history->machines);
	groups_free(&history->groups);
}
