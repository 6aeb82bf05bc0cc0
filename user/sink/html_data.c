// SPDX-License-Identifier: GPL-2.0-only
#include "html_data.h"

#include "../measure/causes.h"
#include "../model/hops.h"
#include "../model/lifecycle.h"
#include "objects.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of a logarithmic axis of 1 / (1 - percentile), from 0 % to 99.9999 %. */
#define LEVELS_PER_DECADE	8
#define LEVELS			(6 * LEVELS_PER_DECADE + 1)

json_t *html_hops(void)
{
	json_t *hops = json_array();

	for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
		json_array_append_new(hops, json_pack("{s:s, s:s}", "name", hop_name(hop),
						      "what", hop_what(hop)));
	return hops;
}

json_t *html_ends(void)
{
	json_t *ends = json_array();

	for (unsigned int end = 0; end < END_COUNT; end++)
		if (end_counted(end))
			json_array_append_new(ends, json_pack("{s:s, s:s}", "name", end_name(end),
							      "what", end_what(end)));
	return ends;
}

json_t *html_stages(void)
{
	json_t *stages = json_array();

	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++)
		json_array_append_new(stages, json_pack("{s:s, s:s, s:s, s:b, s:b}",
							"name", stage_name(stage),
							"from", hop_name(stage_from(stage)),
							"to", hop_name(stage_to(stage)),
							"step", stage_class(stage) == STAGE_IS_STEP,
							"rare", stage_is_rare(stage)));
	return stages;
}

json_t *html_causes(void)
{
	json_t *causes = json_array();

	for (unsigned int cause = 0; cause < SLOW_CAUSE_COUNT; cause++)
		json_array_append_new(causes, json_pack("{s:s, s:s, s:s}",
							"name", slow_cause_name(cause),
							"what", slow_cause_what(cause),
							"remedy", slow_cause_remedy(cause)));
	return causes;
}

json_t *html_missing(const struct figures *figures)
{
	struct missing missing[FIGURES_REASONS];
	size_t count = figures_missing(figures, missing);
	json_t *reasons = json_array();

	for (size_t i = 0; i < count; i++) {
		json_t *hops = json_array();

		for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
			if (missing[i].hops & 1U << hop)
				json_array_append_new(hops, json_string(hop_name(hop)));
		json_array_append_new(reasons, json_pack("{s:o, s:o}",
							 "why", object_name(missing[i].why),
							 "hops", hops));
	}
	return reasons;
}

static double level(unsigned int number)
{
	return pow(10, (double)number / LEVELS_PER_DECADE);
}

/* As far as there are values to tell one level from the next. */
static json_t *curve(const struct histogram *histogram)
{
	__u64 count = histogram_count(histogram);
	json_t *values = json_array();

	if (histogram->unplaced)
		return values;
	for (unsigned int i = 0; i < LEVELS && level(i) <= (double)count; i++) {
		double percent = 100 - 100 / level(i);

		json_array_append_new(values, json_integer(histogram_percentile(histogram, count,
										percent)));
	}
	return values;
}

/* NULL if no vector has the stage. @sum is all of them. */
static bool sum_stage(const struct figures *figures, enum imstrace_stage stage, struct histogram *sum)
{
	struct histogram histogram;
	bool measured = false;

	memset(sum, 0, sizeof(*sum));
	for (size_t i = 0; i < figures->count; i++) {
		if (figures_stage_missing(&figures->vectors[i], stage))
			continue;
		measured = true;
		figures_histogram(figures, &figures->vectors[i], stage, &histogram);
		histogram_merge(sum, &histogram);
	}
	return measured;
}

static json_t *sum_of_all(const struct figures *figures)
{
	json_t *stages = json_object();
	struct histogram sum;

	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++) {
		bool measured = sum_stage(figures, stage, &sum);
		struct stage_figures of_stage = stage_figures(&sum);

		json_object_set_new(stages, stage_name(stage), !measured ? json_null() :
				    json_pack("{s:o, s:o}", "figures", object_figures(&of_stage),
					      "curve", curve(&sum)));
	}
	return stages;
}

static json_t *curves(const struct figures *figures, const struct vector_figures *vector)
{
	json_t *stages = json_object();
	struct histogram histogram;

	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++) {
		if (figures_stage_missing(vector, stage))
			continue;
		figures_histogram(figures, vector, stage, &histogram);
		json_object_set_new(stages, stage_name(stage), curve(&histogram));
	}
	return stages;
}

static __u64 interrupts_of(const struct vector_figures *vector)
{
	__u64 most = 0;

	for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
		if (most < vector->account.hops[hop])
			most = vector->account.hops[hop];
	return most;
}

static int compare(const void *left, const void *right)
{
	const struct vector_figures *a = *(const struct vector_figures *const *)left;
	const struct vector_figures *b = *(const struct vector_figures *const *)right;
	__u64 a_count = interrupts_of(a), b_count = interrupts_of(b);

	if (a_count != b_count)
		return a_count < b_count ? 1 : -1;
	return (a > b) - (a < b);
}

static json_t *curves_of_busiest(const struct figures *figures)
{
	const struct vector_figures **busiest = calloc(figures->count + 1, sizeof(*busiest));
	json_t *vectors = json_object();
	char key[16];

	if (!busiest) {
		json_decref(vectors);
		return NULL;
	}
	for (size_t i = 0; i < figures->count; i++)
		busiest[i] = &figures->vectors[i];
	qsort(busiest, figures->count, sizeof(*busiest), compare);
	for (size_t i = 0; i < figures->count && i < HTML_CURVES; i++) {
		snprintf(key, sizeof(key), "%zu", (size_t)(busiest[i] - figures->vectors));
		json_object_set_new(vectors, key, curves(figures, busiest[i]));
	}
	free(busiest);
	return vectors;
}

json_t *html_percentiles(const struct figures *figures)
{
	json_t *levels = json_array();

	for (unsigned int i = 0; i < LEVELS; i++)
		json_array_append_new(levels, json_real(level(i)));
	return json_pack("{s:o, s:o, s:o}", "levels", levels, "all", sum_of_all(figures),
			 "vectors", curves_of_busiest(figures));
}

/* The rows of a heatmap that are in use, 1 << @shift of them put together. */
struct rows {
	unsigned int first, count, shift;
};

static struct rows rows_of(const struct heatmap *heatmap, enum imstrace_stage stage)
{
	unsigned int first = HEATMAP_ROWS, last = 0;
	struct rows rows = { 0 };

	for (unsigned int column = 0; column < heatmap->count; column++) {
		for (unsigned int row = 0; row < HEATMAP_ROWS; row++) {
			if (!heatmap->cells[stage][column][row])
				continue;
			if (row < first)
				first = row;
			if (row > last)
				last = row;
		}
	}
	if (first == HEATMAP_ROWS)
		return rows;
	while ((last >> rows.shift) - (first >> rows.shift) >= HTML_ROWS)
		rows.shift++;
	rows.first = first >> rows.shift;
	rows.count = (last >> rows.shift) - rows.first + 1;
	return rows;
}

static __u64 cell(const struct heatmap *heatmap, enum imstrace_stage stage, unsigned int column,
		  const struct rows *rows, unsigned int row)
{
	unsigned int first = (rows->first + row) << rows->shift;
	__u64 sum = 0;

	for (unsigned int i = first; i < first + (1U << rows->shift) && i < HEATMAP_ROWS; i++)
		sum += heatmap->cells[stage][column][i];
	return sum;
}

static json_t *column_cells(const struct heatmap *heatmap, enum imstrace_stage stage,
			    unsigned int column, const struct rows *rows)
{
	unsigned int from = 0, to = rows->count;
	json_t *cells = json_array();

	while (from < to && !cell(heatmap, stage, column, rows, from))
		from++;
	while (from < to && !cell(heatmap, stage, column, rows, to - 1))
		to--;
	if (from == to)
		return cells;
	json_array_append_new(cells, json_integer(from));
	for (unsigned int row = from; row < to; row++)
		json_array_append_new(cells, json_integer(cell(heatmap, stage, column, rows, row)));
	return cells;
}

static json_t *stage_cells(const struct heatmap *heatmap, enum imstrace_stage stage)
{
	struct rows rows = rows_of(heatmap, stage);
	json_t *edges = json_array(), *cells = json_array();

	for (unsigned int row = 0; row <= rows.count && rows.count; row++) {
		__u32 bucket = (rows.first + row) << (rows.shift + HEATMAP_ROW_BITS);

		json_array_append_new(edges, json_integer(bucket < HISTOGRAM_BUCKETS ?
			histogram_bucket_low(bucket) :
			histogram_bucket_high(HISTOGRAM_BUCKETS - 1) + 1));
	}
	for (unsigned int column = 0; column < heatmap->count && rows.count; column++)
		json_array_append_new(cells, column_cells(heatmap, stage, column, &rows));
	return json_pack("{s:o, s:o}", "edges", edges, "cells", cells);
}

json_t *html_heatmap(const struct heatmap *heatmap, __u64 started)
{
	json_t *stages = json_object();
	long long start = (long long)(heatmap->first << heatmap->column_bits) - (long long)started;

	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++)
		json_object_set_new(stages, stage_name(stage), stage_cells(heatmap, stage));
	return json_pack("{s:I, s:I, s:i, s:o}",
			 "start", (json_int_t)start,
			 "width", (json_int_t)1 << heatmap->column_bits,
			 "columns", heatmap->count,
			 "stages", stages);
}

/* By vector's number in @report. */
static json_t *changes_of(const struct lives *lives, const struct figures *figures, __u64 started)
{
	json_t **by_id = calloc(lives->capacity + 1, sizeof(*by_id));
	json_t *vectors = json_array();

	if (!by_id) {
		json_decref(vectors);
		return NULL;
	}
	for (size_t i = 0; i < figures->count; i++) {
		json_t *changes = json_array();

		if (figures->vectors[i].id < lives->capacity)
			by_id[figures->vectors[i].id] = changes;
		json_array_append_new(vectors, changes);
	}
	for (size_t i = 0; i < lives->change_count; i++) {
		const struct life_change *change = &lives->changes[i];
		long long time = (long long)change->time - (long long)started;

		if (!by_id[change->id])
			continue;
		json_array_append_new(by_id[change->id], json_integer(time / 1000));
		json_array_append_new(by_id[change->id], json_integer(change->state - LIFE_KNOWN));
	}
	free(by_id);
	return vectors;
}

json_t *html_lives(const struct lives *lives, const struct figures *figures, __u64 started)
{
	json_t *names = json_array(), *steps = json_array(), *counts = json_object();

	/* One that is gone has no line. */
	for (unsigned int state = LIFE_KNOWN; state < LIFE_COUNT; state++)
		json_array_append_new(names, json_string(life_line_name(state)));
	for (size_t i = 0; i < lives_kept(lives); i++)
		json_array_append_new(steps, object_lifecycle(lives_step(lives, i)));
	for (unsigned int step = 0; step < STEP_COUNT; step++)
		if (lives->counts[step])
			json_object_set_new(counts, lifecycle_name(step),
					    json_pack("[I, I]", (json_int_t)lives->counts[step],
						      (json_int_t)lives->failed[step]));
	return json_pack("{s:o, s:o, s:I, s:o, s:I, s:o}",
			 "names", names,
			 "changes", changes_of(lives, figures, started),
			 "left_out", (json_int_t)lives->left_out,
			 "steps", steps,
			 "seen", (json_int_t)lives->seen,
			 "counts", counts);
}
