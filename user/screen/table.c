// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool table_init(struct table *table, unsigned int capacity)
{
	*table = (struct table) { .stage = STAGE_COUNT, .capacity = capacity };
	table->followed = calloc(capacity, sizeof(*table->followed));
	table->sorted = calloc(capacity, sizeof(*table->sorted));
	table->rows = calloc(capacity, sizeof(*table->rows));
	return table->followed && table->sorted && table->rows;
}

void table_free(struct table *table)
{
	free(table->followed);
	free(table->sorted);
	free(table->rows);
	*table = (struct table) { 0 };
}

enum imstrace_stage table_stage(const struct table *table, const struct vector_figures *vector)
{
	return table->stage == STAGE_COUNT ? figures_widest_stage(vector) : table->stage;
}

/* Those that were seen anywhere: a hop that can't be seen counts nothing. */
static double rate_of(const struct table *table, const struct vector_figures *vector)
{
	__u64 count = 0;

	for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
		if (vector->account.hops[hop] > count)
			count = vector->account.hops[hop];
	return table->seconds > 0 ? (double)count / table->seconds : 0;
}

static double figure(const struct table *table, const struct vector_figures *vector, bool p99)
{
	enum imstrace_stage stage = table_stage(table, vector);
	const struct stage_figures *figures = &vector->stages[stage];

	if (figures_stage_missing(vector, stage) || (figures->count && figures->unplaced))
		return FIGURE_MISSING;
	if (!figures->count)
		return FIGURE_NONE;
	return p99 ? figures->p99 : figures->p50;
}

void table_update(struct table *table, const struct source *source, const struct figures *figures)
{
	unsigned int now = ++table->intervals % HISTORY;

	table->seconds = (double)(figures->to - figures->from) / 1e9;
	for (unsigned int id = 0; id < table->capacity; id++) {
		table->followed[id].rates[now] = 0;
		table->followed[id].p99s[now] = 0;
		table->followed[id].report.account = (struct imstrace_account) { 0 };
		memset(table->followed[id].report.stages, 0,
		       sizeof(table->followed[id].report.stages));
		table->followed[id].gone = *table->followed[id].report.vector.device &&
					   source->gone && source->gone(source, id);
	}
	for (size_t i = 0; i < figures->count; i++) {
		const struct vector_figures *vector = &figures->vectors[i];
		struct followed *followed = &table->followed[vector->id];
		double p99;

		followed->report = *vector;
		p99 = figure(table, vector, true);
		followed->rates[now] = rate_of(table, vector);
		followed->p99s[now] = p99 > 0 ? p99 : 0;
	}
}

static bool has_history(const struct followed *followed)
{
	for (unsigned int i = 0; i < HISTORY; i++)
		if (followed->rates[i] > 0)
			return true;
	return false;
}

static int compare_numbers(__u32 a, __u32 b)
{
	return (a > b) - (a < b);
}

static int compare_vectors(const struct imstrace_vector *a, const struct imstrace_vector *b)
{
	int order = strncmp(a->device, b->device, sizeof(a->device));

	return order ?: compare_numbers(a->vector, b->vector);
}

static int compare_signallers(const struct imstrace_vector *a, const struct imstrace_vector *b)
{
	if (*a->signallers && *b->signallers)
		return strncmp(a->signallers, b->signallers, sizeof(a->signallers));
	if (!*a->signallers && !*b->signallers)
		return strncmp(a->device, b->device, sizeof(a->device));
	return *a->signallers ? 1 : -1;
}

/* 0: they are in one line of this view. */
static int compare_in(enum view view, const struct imstrace_vector *a,
		      const struct imstrace_vector *b)
{
	switch (view) {
	case VIEW_DEVICES:
		return strncmp(a->device, b->device, sizeof(a->device));
	case VIEW_VMS:
		return compare_numbers(a->pid, b->pid);
	case VIEW_SIGNALLERS:
		return compare_signallers(a, b);
	default:
		return compare_vectors(a, b);
	}
}

static bool contains(const char *text, const char *part)
{
	return strcasestr(text, part) != NULL;
}

static bool shown(const struct table *table, const struct followed *followed)
{
	const struct imstrace_vector *vector = &followed->report.vector;
	const char *mode = vector_mode(vector, &followed->report.account);
	const char *source = vector_source(vector);
	char pid[16];

	if (!*vector->device)
		return false;
	if (table->within != VIEW_VECTORS && compare_in(table->within, &table->one, vector))
		return false;
	snprintf(pid, sizeof(pid), "%u", vector->pid);
	return !*table->filter || contains(vector->device, table->filter) ||
	       contains(vector->vmm, table->filter) || contains(vector->guest, table->filter) ||
	       contains(vector->signallers, table->filter) ||
	       contains(pid, table->filter) || (mode && contains(mode, table->filter)) ||
	       (source && contains(source, table->filter));
}

static int compare_followed(const void *left, const void *right, void *context)
{
	const struct imstrace_vector *a = &(*(const struct followed *const *)left)->report.vector;
	const struct imstrace_vector *b = &(*(const struct followed *const *)right)->report.vector;
	const struct table *table = context;

	return compare_in(table->view, a, b) ?: compare_vectors(a, b);
}

static double most(double a, double b)
{
	return a > b ? a : b;
}

static void add_to_row(const struct table *table, struct row *row, const struct followed *followed)
{
	row->vectors++;
	row->rate += rate_of(table, &followed->report);
	row->p50 = most(row->p50, figure(table, &followed->report, false));
	row->p99 = most(row->p99, figure(table, &followed->report, true));
	for (unsigned int i = 0; i < HISTORY; i++) {
		unsigned int at = (table->intervals + 1 + i) % HISTORY;

		if (table->latency)
			row->history[i] = most(row->history[i], followed->p99s[at]);
		else
			row->history[i] += followed->rates[at];
	}
}

static int compare_doubles(double a, double b)
{
	return (a > b) - (a < b);
}

static int compare_rows(const void *left, const void *right, void *context)
{
	const struct row *a = left, *b = right;
	const struct table *table = context;
	int by_name = compare_followed(&a->first, &b->first, context);
	int order = 0;

	/* The highest first, but names from A. */
	switch (table->order) {
	case ORDER_RATE:
		order = compare_doubles(b->rate, a->rate);
		break;
	case ORDER_P50:
		order = compare_doubles(b->p50, a->p50);
		break;
	case ORDER_P99:
		order = compare_doubles(b->p99, a->p99);
		break;
	default:
		order = by_name;
	}
	order = table->reverse ? -order : order;
	return order ?: by_name;
}

void table_build(struct table *table)
{
	size_t wanted = 0;

	table->left = 0;
	for (unsigned int id = 0; id < table->capacity; id++) {
		const struct followed *followed = &table->followed[id];

		if (!shown(table, followed))
			continue;
		if (followed->gone && !has_history(followed))
			table->left++;
		else
			table->sorted[wanted++] = followed;
	}
	qsort_r(table->sorted, wanted, sizeof(*table->sorted), compare_followed, table);
	table->count = 0;
	for (size_t i = 0; i < wanted; i++) {
		if (!i || table->view == VIEW_VECTORS ||
		    compare_in(table->view, &table->sorted[i - 1]->report.vector,
			       &table->sorted[i]->report.vector))
			table->rows[table->count++] = (struct row) {
				.first = table->sorted[i],
				.p50 = FIGURE_NONE, .p99 = FIGURE_NONE,
			};
		add_to_row(table, &table->rows[table->count - 1], table->sorted[i]);
	}
	qsort_r(table->rows, table->count, sizeof(*table->rows), compare_rows, table);
}
