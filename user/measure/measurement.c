// SPDX-License-Identifier: GPL-2.0-only
#include "measurement.h"

#include "competitors.h"

#include "accounts.h"

#include <stdlib.h>

struct measurement {
	const struct source *source;
	const struct vector_filter *filter;
	struct reading last;
	/* What of it came while the filter did not want the vector. */
	struct reading skipped;
	/* By id, as of the latest interval that it was in; without a name: it was in none yet. */
	struct imstrace_vector *vectors;
	struct figures interval, summary;
	/* Of one vector, while it is looked at: too large for the stack. */
	struct difference difference;
};

struct measurement *measurement_new(const struct source *source, const struct vector_filter *filter)
{
	struct measurement *measurement = calloc(1, sizeof(*measurement));
	bool readings, figures;

	if (!measurement)
		return NULL;
	measurement->source = source;
	measurement->filter = filter;
	measurement->vectors = calloc(source->capacity, sizeof(struct imstrace_vector));
	readings = reading_init(&measurement->last, source) &&
		   reading_init(&measurement->skipped, source);
	figures = figures_init(&measurement->interval, source->capacity) &&
		  figures_init(&measurement->summary, source->capacity);
	if (!readings || !figures || !measurement->vectors) {
		measurement_free(measurement);
		return NULL;
	}
	return measurement;
}

void measurement_free(struct measurement *measurement)
{
	if (!measurement)
		return;
	reading_free(&measurement->last);
	reading_free(&measurement->skipped);
	figures_free(&measurement->interval);
	figures_free(&measurement->summary);
	free(measurement->vectors);
	free(measurement);
}

static void begin(struct figures *figures, __u64 from, __u64 to)
{
	figures->from = from;
	figures->to = to;
	figures->count = figures->bucket_count = 0;
	figures_forget_competitors(figures);
}

static void add_vector(struct measurement *measurement, struct figures *figures, __u32 id)
{
	struct vector_figures *vector =
		figures_add(figures, measurement->source, id, &measurement->vectors[id],
			    &measurement->difference);

	vector->in_flight = account_in_flight(&measurement->last.accounts[id]);
}

static void read_vector(struct measurement *measurement, __u32 id, bool wanted)
{
	reading_take(&measurement->last, id, &measurement->difference);
	if (!wanted) {
		reading_add(&measurement->skipped, id, &measurement->difference);
		return;
	}
	measurement->vectors[id] = measurement->source->vectors[id];
	add_vector(measurement, &measurement->interval, id);
}

const struct figures *measurement_interval(struct measurement *measurement, __u64 now)
{
	const struct source *source = measurement->source;
	struct imstrace_totals totals = *source->totals;
	struct figures *interval = &measurement->interval;
	struct reading *last = &measurement->last;
	__u32 count = source_vector_count(source);

	begin(interval, last->time, now);
	for (__u32 id = 0; id < count; id++) {
		enum wanted wanted = vector_wanted(measurement->filter, &source->vectors[id]);

		if (*source->vectors[id].device && wanted != WANTED_LATER)
			read_vector(measurement, id, wanted == WANTED_YES);
	}
	figures_sort(interval);
	interval->totals = totals;
	interval->totals.lost_vectors -= last->totals.lost_vectors;
	interval->totals.lost_lifecycle -= last->totals.lost_lifecycle;
	interval->totals.lost_interrupts -= last->totals.lost_interrupts;
	interval->totals.lost_runs -= last->totals.lost_runs;
	interval->totals.lost_values -= last->totals.lost_values;
	interval->totals.lost_competitors -= last->totals.lost_competitors;
	last->totals = totals;
	last->time = now;
	return interval;
}

/* Of vectors @first up to @end, if they have been in an interval. */
static const struct figures *sum_up(struct measurement *measurement, __u32 first, __u32 end)
{
	struct figures *summary = &measurement->summary;

	begin(summary, measurement->source->started, measurement->last.time);
	for (__u32 id = first; id < end; id++) {
		if (!*measurement->vectors[id].device)
			continue;
		reading_difference(&measurement->last, &measurement->skipped, id,
				   &measurement->difference);
		add_vector(measurement, summary, id);
	}
	figures_sort_busy(summary);
	summary->totals = (struct imstrace_totals) { 0 };
	return summary;
}

/* Without memory for them they are left out. */
static void find_competitors(struct figures *summary, const struct source *source)
{
	if (source->competitors &&
	    source->competitors(source, &summary->competitors, &summary->competitor_count))
		competitors_sort(summary->competitors, summary->competitor_count);
}

const struct figures *measurement_summary(struct measurement *measurement)
{
	sum_up(measurement, 0, measurement->source->capacity);
	measurement->summary.totals = measurement->last.totals;
	measurement->summary.source = measurement->source;
	find_competitors(&measurement->summary, measurement->source);
	return &measurement->summary;
}

const struct figures *measurement_vector(struct measurement *measurement, __u32 id)
{
	return sum_up(measurement, id, id + 1);
}
