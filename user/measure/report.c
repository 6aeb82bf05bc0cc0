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
	struct imstrace_block *blocks;
	struct imstrace_totals totals;
	__u64 time;
};

struct measurement {
	const struct source *source;
	const struct vector_filter *filter;
	struct reading last;
	/* What of it came while the filter did not want the vector. */
	struct reading skipped;
	/* By id, as of its latest report; without a name: in none yet. */
	struct imstrace_vector *reported;
	struct report report;
	/* Of one vector, while it is read: too large for the stack. */
	struct histogram difference[STAGE_COUNT];
};

const char *stage_missing(const struct source *source, enum imstrace_stage stage)
{
	const struct hop_status *from, *to;

	if (!source)
		return "nothing can be seen";
	from = &source->hops[stage_from(stage)];
	to = &source->hops[stage_to(stage)];
	return *from->attached ? *to->attached ? NULL : to->reason : from->reason;
}

const char *report_stage_missing(const struct vector_report *vector, enum imstrace_stage stage)
{
	const char *from = vector->hop_missing[stage_from(stage)];

	return from ? from : vector->hop_missing[stage_to(stage)];
}

const char *report_in_flight_missing(const struct vector_report *vector)
{
	for (unsigned int hop = HOP_ACCEPT; hop < HOP_COUNT; hop++)
		if (vector->hop_missing[hop])
			return vector->hop_missing[hop];
	return NULL;
}

size_t report_missing(const struct report *report, struct missing missing[REPORT_REASONS])
{
	size_t count = 0;

	for (size_t i = 0; i < report->count; i++) {
		for (unsigned int hop = 0; hop < HOP_COUNT; hop++) {
			const char *why = report->vectors[i].hop_missing[hop];
			size_t j = 0;

			while (why && j < count && strcmp(missing[j].why, why))
				j++;
			if (!why || j == REPORT_REASONS)
				continue;
			if (j == count)
				missing[count++] = (struct missing) { .why = why };
			missing[j].hops |= 1U << hop;
		}
	}
	return count;
}

enum imstrace_stage report_widest_stage(const struct vector_report *report)
{
	static const enum imstrace_stage by_width[] = {
		STAGE_TOTAL, STAGE_DELIVERY, STAGE_SERVICE, STAGE_DELIVER, STAGE_IRQFD,
		STAGE_HANDLER,
	};

	for (size_t i = 0; i < sizeof(by_width) / sizeof(by_width[0]); i++)
		if (!report_stage_missing(report, by_width[i]))
			return by_width[i];
	return STAGE_HANDLER;
}

bool report_active(const struct vector_report *vector)
{
	for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
		if (vector->account.hops[hop])
			return true;
	return vector->account.coalesced || account_unmatched(&vector->account) ||
	       account_lost(&vector->account);
}

static bool reading_init(struct reading *reading, const struct source *source)
{
	reading->accounts = calloc(source->capacity, sizeof(struct imstrace_account));
	/* Untouched memory costs nothing: only what is in use is ever copied. */
	reading->histograms = calloc((size_t)source->capacity * STAGE_COUNT,
				     sizeof(struct imstrace_histogram));
	reading->blocks = calloc(source->block_capacity, sizeof(struct imstrace_block));
	return reading->accounts && reading->histograms && reading->blocks;
}

static void reading_free(struct reading *reading)
{
	free(reading->accounts);
	free(reading->histograms);
	free(reading->blocks);
}

struct measurement *measurement_new(const struct source *source, const struct vector_filter *filter)
{
	struct measurement *measurement = calloc(1, sizeof(*measurement));

	if (!measurement)
		return NULL;
	measurement->source = source;
	measurement->filter = filter;
	measurement->report.measurement = measurement;
	measurement->last.time = source->started;
	measurement->reported = calloc(source->capacity, sizeof(struct imstrace_vector));
	measurement->report.vectors = calloc(source->capacity, sizeof(struct vector_report));
	if (!reading_init(&measurement->last, source) ||
	    !reading_init(&measurement->skipped, source) ||
	    !measurement->reported || !measurement->report.vectors) {
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
	free(measurement->reported);
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

	report->id = id;
	report->vector = measurement->reported[id];
	return report;
}

/* The account is filled in: what was counted could be seen, whatever holds by now. */
static void explain_missing(const struct measurement *measurement, struct vector_report *report)
{
	for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
		report->hop_missing[hop] = report->account.hops[hop] ? NULL :
			hop >= HOP_INJECT && report->account.hardware ?
			"APICv or AVIC: the CPU itself delivers and ends it, without KVM" :
			vector_hop_missing(measurement->source, &report->vector, hop);
}

/* What is known of a stage of vector @id by @reading. */
static void spread(struct histogram *histogram, const struct reading *reading, __u32 id,
		   enum imstrace_stage stage)
{
	histogram_spread(histogram, &reading->histograms[(size_t)id * STAGE_COUNT + stage],
			 reading->blocks, reading->accounts[id].sums[stage]);
}

/* What has happened since the last reading, which is brought up to date. */
static void advance(struct measurement *measurement, __u32 id, struct imstrace_account *account,
		    struct histogram histograms[STAGE_COUNT])
{
	const struct source *source = measurement->source;
	struct reading *last = &measurement->last;
	struct imstrace_account now = account_read(source, id);

	*account = now;
	account_subtract(account, &last->accounts[id]);
	last->accounts[id] = now;
	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++) {
		size_t index = (size_t)id * STAGE_COUNT + stage;

		histogram_advance(&histograms[stage], account->sums[stage],
				  &last->histograms[index], last->blocks,
				  &source->histograms[index], source->blocks);
	}
}

static void skip_vector(struct measurement *measurement, __u32 id)
{
	struct reading *skipped = &measurement->skipped;
	struct imstrace_account account;

	advance(measurement, id, &account, measurement->difference);
	account_add(&skipped->accounts[id], &account);
	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++) {
		size_t index = (size_t)id * STAGE_COUNT + stage;

		histogram_add(&skipped->histograms[index], skipped->blocks,
			      &measurement->last.histograms[index],
			      &measurement->difference[stage]);
	}
}

static void read_vector(struct measurement *measurement, __u32 id)
{
	struct vector_report *report;

	measurement->reported[id] = measurement->source->vectors[id];
	report = add_vector(measurement, id);
	advance(measurement, id, &report->account, measurement->difference);
	report->in_flight = account_in_flight(&measurement->last.accounts[id]);
	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++)
		report->stages[stage] = stage_figures(&measurement->difference[stage]);
	explain_missing(measurement, report);
}

/* All that was seen of it, without what came while the filter did not want it. */
static void sum_stage(const struct measurement *measurement, __u32 id, enum imstrace_stage stage,
		      struct histogram *histogram)
{
	struct histogram all, skipped;

	spread(&skipped, &measurement->skipped, id, stage);
	/* The smallest and the largest stay exact if they can. */
	if (!histogram_count(&skipped)) {
		spread(histogram, &measurement->last, id, stage);
		return;
	}
	spread(&all, &measurement->last, id, stage);
	histogram_subtract(histogram, &all, &skipped);
}

void report_histogram(const struct report *report, const struct vector_report *vector,
		      enum imstrace_stage stage, struct histogram *histogram)
{
	sum_stage(report->measurement, vector->id, stage, histogram);
}

static void sum_vector(struct measurement *measurement, __u32 id)
{
	struct vector_report *report = add_vector(measurement, id);
	struct histogram histogram;

	report->account = measurement->last.accounts[id];
	report->in_flight = account_in_flight(&report->account);
	account_subtract(&report->account, &measurement->skipped.accounts[id]);
	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++) {
		sum_stage(measurement, id, stage, &histogram);
		report->stages[stage] = stage_figures(&histogram);
	}
	explain_missing(measurement, report);
}

static void sort(struct report *report)
{
	qsort(report->vectors, report->count, sizeof(*report->vectors), compare);
}

static void read_all(struct measurement *measurement)
{
	const struct source *source = measurement->source;
	__u32 count = source_vector_count(source);

	measurement->report.count = 0;
	for (__u32 id = 0; id < count; id++) {
		if (!*source->vectors[id].device)
			continue;
		switch (vector_wanted(measurement->filter, &source->vectors[id])) {
		case WANTED_YES:
			read_vector(measurement, id);
			break;
		case WANTED_NO:
			skip_vector(measurement, id);
			break;
		case WANTED_LATER:
			break;
		}
	}
	sort(&measurement->report);
}

const struct report *measurement_interval(struct measurement *measurement, __u64 now)
{
	struct imstrace_totals totals = *measurement->source->totals;
	struct imstrace_totals *last = &measurement->last.totals;
	struct report *report = &measurement->report;

	read_all(measurement);
	report->from = measurement->last.time;
	report->to = now;
	report->totals = totals;
	report->totals.lost_vectors -= last->lost_vectors;
	report->totals.lost_lifecycle -= last->lost_lifecycle;
	report->totals.lost_interrupts -= last->lost_interrupts;
	report->totals.lost_runs -= last->lost_runs;
	report->totals.lost_values -= last->lost_values;
	*last = totals;
	measurement->last.time = now;
	return report;
}

const struct report *measurement_summary(struct measurement *measurement)
{
	measurement->report.count = 0;
	for (__u32 id = 0; id < measurement->source->capacity; id++)
		if (*measurement->reported[id].device)
			sum_vector(measurement, id);
	sort(&measurement->report);
	measurement->report.from = measurement->source->started;
	measurement->report.to = measurement->last.time;
	measurement->report.totals = measurement->last.totals;
	return &measurement->report;
}
