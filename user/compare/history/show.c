// SPDX-License-Identifier: GPL-2.0-only
#include "show.h"

#include "../../version.h"

#include <math.h>
#include <time.h>

/* As much of a name as tells it from others: git's own are hexadecimal. */
#define NAME_WIDTH	24

/* Of what goes on and on, such as a kernel that is another one in each summary. */
#define MOST_LINES	10

static const char *day(char text[16], const struct summary *summary)
{
	time_t seconds = summary->session / 1000000000;
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(text, 16, "%Y-%m-%d", &tm);
	return text;
}

/* "2 x AMD EPYC". */
static void show_cpus(FILE *out, const struct summary *summary)
{
	fprintf(out, "%u x %s", summary->cpus, *summary->cpu ? summary->cpu : "an unknown CPU");
}

/* "; kernel 6.12, was 6.1": it came with the change, and may be why. */
static void show_switches(FILE *out, const struct history *history,
			  const struct history_series *series, size_t index)
{
	struct history_switch switches[HISTORY_SWITCHES];
	size_t count = history_switches(history_before(history, series, index),
					history->summaries[index], switches);

	for (size_t i = 0; i < count; i++)
		fprintf(out, "; with another %s: %s, was %s", switches[i].what, switches[i].after,
			switches[i].before);
}

static void show_change(FILE *out, const struct history *history,
			const struct history_series *series, const struct change_point *point)
{
	const struct summary *summary = history->summaries[point->index];
	char date[16];

	fprintf(out, "%4zu  %-*.*s  %s  %-9s %-5s %10.1f %10.1f %+8.1f %% %8.2g  %s",
		point->index + 1, NAME_WIDTH, NAME_WIDTH, history_name(summary),
		day(date, summary), stage_name(series->stage), percentile_name(series->percentile),
		exp(point->before) / 1e3, exp(point->after) / 1e3, 100 * history_change(point),
		point->p, series->group->name);
	if (history->machine_count > 1) {
		fputs(" on ", out);
		show_cpus(out, summary);
	}
	show_switches(out, history, series, point->index);
	putc('\n', out);
}

/* Where its host or its kernel has become another one. */
static void show_machine(FILE *out, const struct history *history, size_t machine)
{
	size_t count = history_on_machine(history, machine), lines = 0, more = 0;
	const struct summary *last = NULL;

	fprintf(out, "%zu summaries on ", count);
	show_cpus(out, history->machines[machine]);
	fputs(count < HISTORY_LEAST ? ": too few to find a change, which takes three on each side\n" :
				      "\n", out);
	for (size_t i = 0; i < history->count; i++) {
		const struct summary *summary = history->summaries[i];
		struct history_switch switches[HISTORY_SWITCHES];

		if (history->machine_of[i] != machine)
			continue;
		if (!last || history_switches(last, summary, switches)) {
			if (lines++ < MOST_LINES)
				fprintf(out, "  from number %zu on: host %s, kernel %s\n", i + 1,
					summary->host, summary->kernel);
			else
				more++;
		}
		last = summary;
	}
	if (more)
		fprintf(out, "  and %zu more changes of host or kernel\n", more);
}

/* What has no interrupt has no times: it takes no part in what follows. */
static void show_silent(FILE *out, const struct history *history)
{
	size_t lines = 0, more = 0;

	for (size_t i = 0; i < history->count; i++) {
		const struct summary *summary = history->summaries[i];
		size_t silent = summary_silent_runs(summary);

		if (!silent)
			continue;
		if (lines++ < MOST_LINES)
			fprintf(out, "No interrupt in %zu of %zu runs of number %zu, %.*s\n", silent,
				summary->run_count, i + 1, NAME_WIDTH, history_name(summary));
		else
			more++;
	}
	if (more)
		fprintf(out, "And in runs of %zu more summaries\n", more);
}

static void show_head(FILE *out, const struct history *history)
{
	char first[16], last[16];

	fprintf(out, "%zu summaries, %s to %s", history->count, day(first, history->summaries[0]),
		day(last, history->summaries[history->count - 1]));
	if (history->skipped_count)
		fprintf(out, "; %zu files could not be used", history->skipped_count);
	putc('\n', out);
	for (size_t i = 0; i < history->machine_count; i++)
		show_machine(out, history, i);
	if (history->machine_count > 1)
		fputs("What one machine has measured is not compared with what another has.\n", out);
	show_silent(out, history);
}

static size_t count_changes(const struct history *history)
{
	size_t changes = 0;

	for (size_t i = 0; i < history->series_count; i++)
		changes += history->series[i].change_count;
	return changes;
}

void history_show(FILE *out, const struct history *history)
{
	size_t changes = count_changes(history);

	show_head(out, history);
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
	if (!history_judged(history))
		fputs("Nothing can be judged: no summary has times of an interrupt.\n", out);
	else if (!changes)
		fputs("No change was found.\n", out);
}

static json_t *number(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static json_t *summary_object(const struct summary *summary)
{
	return json_pack("{s:s, s:s?, s:I, s:i, s:i, s:s, s:s, s:s, s:I, s:O}",
			 "name", history_name(summary),
			 "revision", *summary->revision ? summary->revision : NULL,
			 "time", (json_int_t)summary->session,
			 "runs", (int)summary->run_count,
			 "silent_runs", (int)summary_silent_runs(summary),
			 "host", summary->host,
			 "kernel", summary->kernel,
			 "cpu", summary->cpu,
			 "cpus", (json_int_t)summary->cpus,
			 "labels", summary->labels);
}

/* What else came with the change. */
static json_t *switches_array(const struct history *history, const struct history_series *series,
			      size_t index)
{
	struct history_switch switches[HISTORY_SWITCHES];
	size_t count = history_switches(history_before(history, series, index),
					history->summaries[index], switches);
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(array, json_pack("{s:s, s:s, s:s}", "what", switches[i].what,
						       "before", switches[i].before,
						       "after", switches[i].after));
	return array;
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

		json_array_append_new(changes, json_pack("{s:i, s:f, s:f, s:f, s:f, s:o}",
							 "summary", (int)point->index,
							 "before", exp(point->before),
							 "after", exp(point->after),
							 "change", history_change(point),
							 "p", point->p,
							 "with", switches_array(history, series,
										point->index)));
	}
	return json_pack("{s:s, s:I, s:s, s:s?, s:s, s:s, s:o, s:o, s:o, s:o}",
			 "cpu", history->machines[series->machine]->cpu,
			 "cpus", (json_int_t)history->machines[series->machine]->cpus,
			 "devices", series->group->name,
			 "mode", *series->group->mode ? series->group->mode : NULL,
			 "stage", stage_name(series->stage),
			 "percentile", percentile_name(series->percentile),
			 "values", values, "low", low, "high", high,
			 "changes", changes);
}

json_t *history_object(const struct history *history)
{
	json_t *summaries = json_array(), *series = json_array(), *skipped = json_array();

	for (size_t i = 0; i < history->count; i++)
		json_array_append_new(summaries, summary_object(history->summaries[i]));
	for (size_t i = 0; i < history->series_count; i++)
		json_array_append_new(series, series_object(history, &history->series[i]));
	for (size_t i = 0; i < history->skipped_count; i++)
		json_array_append_new(skipped, json_string(history->skipped[i]));
	return json_pack("{s:s, s:i, s:s, s:o, s:o, s:o}", "type", "history", "schema",
			 IMSTRACE_SCHEMA, "version", IMSTRACE_VERSION, "skipped", skipped,
			 "summaries", summaries, "series", series);
}
