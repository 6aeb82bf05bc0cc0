// SPDX-License-Identifier: GPL-2.0-only
#include "collect.h"

#include "../../measure/accounts.h"
#include "../../source/device_class.h"

#include <stdlib.h>
#include <string.h>

struct collector {
	const struct source *source;
	struct measurement *measurement;
	char (*classes)[IMSTRACE_NAME_LEN]; /* of devices, by vector id */
	__u32 looked;			    /* so many have their class */
};

struct collector *collector_new(const struct source *source, struct measurement *measurement)
{
	struct collector *collector = calloc(1, sizeof(*collector));

	if (!collector)
		return NULL;
	collector->source = source;
	collector->measurement = measurement;
	collector->classes = calloc(source->capacity, sizeof(*collector->classes));
	if (collector->classes)
		return collector;
	free(collector);
	return NULL;
}

void collector_free(struct collector *collector)
{
	if (!collector)
		return;
	free(collector->classes);
	free(collector);
}

void collector_look(struct collector *collector)
{
	const struct source *source = collector->source;
	__u32 count = source_vector_count(source);

	/* An id is taken before the name is there. */
	while (collector->looked < count && *source->vectors[collector->looked].device) {
		__u32 id = collector->looked++;

		device_class(collector->classes[id], source->vectors[id].device);
	}
}

static struct summary_series *name_series(struct collector *collector,
					  const struct vector_figures *vector,
					  struct summary_run *run)
{
	const char *mode = vector_mode(&vector->vector, &vector->account);
	struct summary_series *series = summary_add_series(run);

	if (!series)
		return NULL;
	/* A VM's device name is another one in each run. */
	if (kind_of_vm(vector->vector.kind)) {
		snprintf(series->class, sizeof(series->class), "%s", vector_source(&vector->vector));
		snprintf(series->device, sizeof(series->device), "%s",
			 *vector->vector.guest ? vector->vector.guest : series->class);
	} else {
		/* It may lack its NUL. */
		memcpy(series->device, vector->vector.device, sizeof(series->device) - 1);
		memcpy(series->class, collector->classes[vector->id], sizeof(series->class));
	}
	series->vector = vector->vector.vector;
	snprintf(series->mode, sizeof(series->mode), "%s", mode ? mode : "");
	return series;
}

/* What was seen in an earlier run can be seen: @so_far has all of them. */
static void keep_account(struct summary_series *series, const struct vector_figures *so_far,
			 const struct imstrace_account *account)
{
	for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
		series->hops[hop] = so_far->hop_missing[hop] || !summary_keeps_hop(hop) ? -1 :
				    (long long)account->hops[hop];
	/* What looked coalesced in the last run may turn out not to have been in this one. */
	series->coalesced = (__s64)account->ends[END_COALESCED] < 0 ? 0 : account->ends[END_COALESCED];
	series->unmatched = account_unmatched(account);
	series->hardware = account->ends[END_HARDWARE];
	series->lost = account_lost(account);
}

static bool keep_vector(struct collector *collector, const struct figures *figures,
			const struct vector_figures *vector, struct summary_run *run)
{
	const struct vector_figures *so_far =
		measurement_vector(collector->measurement, vector->id)->vectors;
	struct summary_series *series = name_series(collector, vector, run);
	struct histogram histogram;

	if (!series)
		return false;
	keep_account(series, so_far, &vector->account);
	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++) {
		if (!summary_keeps(stage))
			continue;
		figures_histogram(figures, vector, stage, &histogram);
		if (!summary_keep_stage(&series->stages[stage], &histogram))
			return false;
		if (figures_stage_missing(so_far, stage))
			series->stages[stage].measured = false;
	}
	return true;
}

bool collector_take(struct collector *collector, struct summary_run *run)
{
	struct source *source = (struct source *)collector->source;
	const struct figures *figures =
		measurement_interval(collector->measurement, source->now(source));

	if (!run)
		return true;
#define X(name) run->lost.name = figures->totals.lost_##name;
	SUMMARY_LOSSES(X)
#undef X
	for (size_t i = 0; i < figures->count; i++)
		if (figures_active(&figures->vectors[i]) &&
		    !keep_vector(collector, figures, &figures->vectors[i], run))
			return false;
	return true;
}
