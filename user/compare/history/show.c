// SPDX-License-Identifier: GPL-2.0-only
#include "show.h"

#include "../../version.h"

#include <math.h>
#include <time.h>

/* As much of a name as tells it from others: git's own are hexadecimal. */
#define NAME_WIDTH	24

static const char *day(char text[16], const struct summary *summary)
{
	time_t seconds = summary->session / 1000000000;
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(text, 16, "%Y-%m-%d", &tm);
	return text;
}

static void show_change(FILE *out, const struct history *history,
			const struct history_series *series, const struct change_point *point)
{
	const struct summary *summary = history->summaries[point->index];
	char date[16];

	fprintf(out, "%4zu  %-*.*s  %s  %-9s %-5s %10.1f %10.1f %+8.1f %% %8.2g  %s\n",
		point->index + 1, NAME_WIDTH, NAME_WIDTH, history_name(summary),
		day(date, summary), stage_name(series->stage), percentile_name(series->percentile),
		exp(point->before) / 1e3, exp(point->after) / 1e3, 100 * history_change(point),
		point->p, series->group->name);
}

void history_show(FILE *out, const struct history *history)
{
	size_t changes = 0;
	char first[16], last[16];

	fprintf(out, "%zu summaries, %s to %s\n", history->count,
		day(first, history->summaries[0]),
		day(last, history->summaries[history->count - 1]));
	for (size_t i = 0; i < history->series_count; i++)
		changes += history->series[i].change_count;
	if (changes)
		fprintf(out, "%4s  %-*s  %-10s  %-9s %-5s %10s %10s %10s %8s  %s\n", "NO", NAME_WIDTH,
			"CHANGED WITH", "DATE", "STAGE", "", "BEFORE µs", "AFTER µs", "BY", "P",
			"DEVICES");
	for (size_t summary = 0; summary < history->count; summary++)
		for (size_t i = 0; i < history->series_count; i++)
			for (size_t j = 0; j < history->series[i].change_count; j++)
				if (history->series[i].changes[j].index == summary)
					show_change(out, history, &history->series[i],
						    &history->series[i].changes[j]);
	if (!changes)
		fprintf(out, "No change was found%s.\n",
			history->count < 2 * CHANGE_POINT_LEAST
				? "; at least three summaries on each side of a change are "
				  "needed"
				: "");
}

static json_t *number(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static json_t *summary_object(const struct summary *summary)
{
	return json_pack("{s:s, s:s?, s:I, s:i, s:s, s:s, s:O}",
			 "name", history_name(summary),
			 "revision", *summary->revision ? summary->revision : NULL,
			 "time", (json_int_t)summary->session,
			 "runs", (int)summary->run_count,
			 "kernel", summary->kernel,
			 "cpu", summary->cpu,
			 "labels", summary->labels);
}

static json_t *series_object(const struct history *history, const struct history_series *series)
{
	json_t *values = json_array(), *low = json_array(), *high = json_array();
	json_t *changes = json_array();

	for (size_t i = 0; i < history->count; i++) {
		json_array_append_new(values, number(series->values[i].value));
		json_array_append_new(low, number(series->values[i].low));
		json_array_append_new(high, number(series->values[i].high));
	}
	for (size_t i = 0; i < series->change_count; i++) {
		const struct change_point *point = &series->changes[i];

		json_array_append_new(changes, json_pack("{s:i, s:f, s:f, s:f, s:f}",
							 "summary", (int)point->index,
							 "before", exp(point->before),
							 "after", exp(point->after),
							 "change", history_change(point),
							 "p", point->p));
	}
	return json_pack("{s:s, s:s?, s:s, s:s, s:o, s:o, s:o, s:o}",
			 "devices", series->group->name,
			 "mode", *series->group->mode ? series->group->mode : NULL,
			 "stage", stage_name(series->stage),
			 "percentile", percentile_name(series->percentile),
			 "values", values, "low", low, "high", high,
			 "changes", changes);
}

json_t *history_object(const struct history *history)
{
	json_t *summaries = json_array(), *series = json_array();

	for (size_t i = 0; i < history->count; i++)
		json_array_append_new(summaries, summary_object(history->summaries[i]));
	for (size_t i = 0; i < history->series_count; i++)
		json_array_append_new(series, series_object(history, &history->series[i]));
	return json_pack("{s:s, s:i, s:s, s:o, s:o}", "type", "history", "schema", IMSTRACE_SCHEMA,
			 "version", IMSTRACE_VERSION, "summaries", summaries, "series", series);
}
