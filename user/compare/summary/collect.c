// SPDX-License-Identifier: GPL-2.0-only
#include "collect.h"

#include "../../measure/accounts.h"
#include "../../source/device_class.h"

#include <stdlib.h>
#include <string.h>

/* A vector as of the end of the last run. */
struct taken {
	char class[IMSTRACE_NAME_LEN];
	struct imstrace_account account;
	/* NULL: nothing has happened to it yet. */
	struct histogram *histograms;
};

struct collector {
	const struct source *source;
	struct measurement *measurement;
	struct taken *vectors; /* by id */
	__u32 looked;	       /* so many have their class */
	struct imstrace_totals totals;
};

struct collector *collector_new(const struct source *source, struct measurement *measurement)
{
	struct collector *collector = calloc(1, sizeof(*collector));

	if (!collector)
		return NULL;
	collector->source = source;
	collector->measurement = measurement;
	collector->vectors = calloc(source->capacity, sizeof(*collector->vectors));
	if (collector->vectors)
		return collector;
	free(collector);
	return NULL;
}

void collector_free(struct collector *collector)
{
	if (!collector)
		return;
	for (__u32 id = 0; id < collector->source->capacity; id++)
		free(collector->vectors[id].histograms);
	free(collector->vectors);
	free(collector);
}

void collector_look(struct collector *collector)
{
	const struct source *source = collector->source;
	__u32 count = source_vector_count(source);

	/* An id is taken before the name is there. */
	while (collector->looked < count && *source->vectors[collector->looked].device) {
		__u32 id = collector->looked++;

		device_class(collector->vectors[id].class, source->vectors[id].device);
	}
}

/* Since the last run. */
static bool take_stage(const struct report *report, const struct vector_report *vector,
		       enum imstrace_stage stage, struct histogram *last, struct summary_stage *to)
{
	struct histogram now, difference;

	report_histogram(report, vector, stage, &now);
	if (to) {
		histogram_subtract(&difference, &now, last);
		if (!summary_keep_stage(to, &difference))
			return false;
		if (report_stage_missing(vector, stage))
			to->measured = false;
	}
	*last = now;
	return true;
}

static struct summary_series *name_series(struct collector *collector,
					  const struct vector_report *vector,
					  struct summary_run *run)
{
	const char *mode = vector_mode(&vector->vector);
	struct summary_series *series = summary_add_series(run);

	if (!series)
		return NULL;
	/* It may lack its NUL. */
	memcpy(series->device, vector->vector.device, sizeof(series->device) - 1);
	memcpy(series->class, collector->vectors[vector->id].class, sizeof(series->class));
	series->vector = vector->vector.vector;
	snprintf(series->mode, sizeof(series->mode), "%s", mode ? mode : "");
	return series;
}

static void keep_account(struct summary_series *series, const struct vector_report *vector,
			 const struct imstrace_account *account)
{
	for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
		series->hops[hop] = vector->hop_missing[hop] ? -1 : (long long)account->hops[hop];
	/* What looked coalesced in the last run may turn out not to have been in this one. */
	series->coalesced = (__s64)account->coalesced < 0 ? 0 : account->coalesced;
	series->unmatched = account_unmatched(account);
	series->hardware = account->hardware;
	series->lost = account_lost(account);
}

static bool take_vector(struct collector *collector, const struct report *report,
			const struct vector_report *vector, struct summary_run *run)
{
	struct taken *taken = &collector->vectors[vector->id];
	struct imstrace_account account = vector->account;
	struct vector_report difference = *vector;
	struct summary_series *series = NULL;

	account_subtract(&account, &taken->account);
	taken->account = vector->account;
	difference.account = account;
	if (!report_active(&difference))
		return true;
	if (!taken->histograms)
		taken->histograms = calloc(STAGE_COUNT, sizeof(*taken->histograms));
	if (!taken->histograms)
		return false;
	if (run) {
		series = name_series(collector, vector, run);
		if (!series)
			return false;
		keep_account(series, vector, &account);
	}
	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++)
		if (!take_stage(report, vector, stage, &taken->histograms[stage],
				series ? &series->stages[stage] : NULL))
			return false;
	return true;
}

bool collector_take(struct collector *collector, struct summary_run *run)
{
	struct source *source = (struct source *)collector->source;
	const struct report *report;

	measurement_interval(collector->measurement, source->now(source));
	report = measurement_summary(collector->measurement);
	if (run) {
#define X(name) run->lost.name = report->totals.lost_##name - collector->totals.lost_##name;
		SUMMARY_LOSSES(X)
#undef X
	}
	collector->totals = report->totals;
	for (size_t i = 0; i < report->count; i++)
		if (!take_vector(collector, report, &report->vectors[i], run))
			return false;
	return true;
}
