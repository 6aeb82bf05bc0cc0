// SPDX-License-Identifier: GPL-2.0-only
#include "report.h"

#include "accounts.h"
#include "histogram.h"

#include <stdlib.h>
#include <string.h>

/* A reading of a source's arrays. What has not been read is all zero. */
struct reading {
	struct imstrace_account *accounts;
	struct imstrace_histogram *histograms;
	struct imstrace_totals totals;
	__u64 time;
};

struct measurement {
	const struct source *source;
	const struct vector_filter *filter;
	struct reading last;
	struct report report;
};

const char *report_stage_missing(const struct vector_report *vector, enum imstrace_stage stage)
{
	const char *from = vector->hop_missing[stage_from(stage)];

	return from ? from : vector->hop_missing[stage_to(stage)];
}

bool report_active(const struct vector_report *vector)
{
	for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
		if (vector->account.hops[hop])
			return true;
	return vector->account.lost;
}

struct measurement *measurement_new(const struct source *source, const struct vector_filter *filter)
{
	struct measurement *measurement = calloc(1, sizeof(*measurement));

	if (!measurement)
		return NULL;
	measurement->source = source;
	measurement->filter = filter;
	measurement->last.time = source->started;
	measurement->last.accounts = calloc(source->capacity, sizeof(struct imstrace_account));
	/* Untouched memory costs nothing: only vectors in use are ever copied. */
	measurement->last.histograms = calloc((size_t)source->capacity * STAGE_COUNT,
					      sizeof(struct imstrace_histogram));
	measurement->report.vectors = calloc(source->capacity, sizeof(struct vector_report));
	if (!measurement->last.accounts || !measurement->last.histograms ||
	    !measurement->report.vectors) {
		measurement_free(measurement);
		return NULL;
	}
	return measurement;
}

void measurement_free(struct measurement *measurement)
{
	if (!measurement)
		return;
	free(measurement->last.accounts);
	free(measurement->last.histograms);
	free(measurement->report.vectors);
	free(measurement);
}

static int compare(const void *left, const void *right)
{
	const struct imstrace_vector *a = &((const struct vector_report *)left)->vector;
	const struct imstrace_vector *b = &((const struct vector_report *)right)->vector;
	int order = strncmp(a->device, b->device, sizeof(a->device));

	return order ? order : (a->vector > b->vector) - (a->vector < b->vector);
}

static struct vector_report *add_vector(struct measurement *measurement, __u32 id)
{
	struct vector_report *report = &measurement->report.vectors[measurement->report.count++];

	report->vector = measurement->source->vectors[id];
	for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
		report->hop_missing[hop] = vector_hop_missing(measurement->source,
							      &report->vector, hop);
	return report;
}

/* Fills in what has happened since the last reading, and brings that up to date. */
static void read_vector(struct measurement *measurement, __u32 id, struct vector_report *report)
{
	const struct source *source = measurement->source;
	struct imstrace_account *account = &measurement->last.accounts[id];
	struct imstrace_histogram now, interval;

	report->account = source->accounts[id];
	account_subtract(&report->account, account);
	account_add(account, &report->account);
	report->in_flight = account_in_flight(account);
	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++) {
		size_t index = (size_t)id * STAGE_COUNT + stage;

		now = source->histograms[index];
		histogram_subtract(&interval, &now, &measurement->last.histograms[index]);
		measurement->last.histograms[index] = now;
		report->stages[stage] = stage_figures(&interval);
	}
}

/* Fills in the last reading itself. */
static void sum_vector(struct measurement *measurement, __u32 id, struct vector_report *report)
{
	report->account = measurement->last.accounts[id];
	report->in_flight = account_in_flight(&report->account);
	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++)
		report->stages[stage] = stage_figures(
			&measurement->last.histograms[(size_t)id * STAGE_COUNT + stage]);
}

static void fill(struct measurement *measurement,
		 void (*fill_vector)(struct measurement *, __u32, struct vector_report *))
{
	const struct source *source = measurement->source;
	struct report *report = &measurement->report;
	__u32 count = source_vector_count(source);

	report->count = 0;
	for (__u32 id = 0; id < count; id++)
		if (*source->vectors[id].device &&
		    vector_wanted(measurement->filter, &source->vectors[id]) == WANTED_YES)
			fill_vector(measurement, id, add_vector(measurement, id));
	qsort(report->vectors, report->count, sizeof(*report->vectors), compare);
}

const struct report *measurement_interval(struct measurement *measurement, __u64 now)
{
	struct imstrace_totals totals = *measurement->source->totals;
	struct imstrace_totals *last = &measurement->last.totals;
	struct report *report = &measurement->report;

	fill(measurement, read_vector);
	report->from = measurement->last.time;
	report->to = now;
	report->totals = totals;
	report->totals.lost_vectors -= last->lost_vectors;
	report->totals.lost_lifecycle -= last->lost_lifecycle;
	report->totals.lost_interrupts -= last->lost_interrupts;
	*last = totals;
	measurement->last.time = now;
	return report;
}

const struct report *measurement_summary(struct measurement *measurement)
{
	fill(measurement, sum_vector);
	measurement->report.from = measurement->source->started;
	measurement->report.to = measurement->last.time;
	measurement->report.totals = measurement->last.totals;
	return &measurement->report;
}
