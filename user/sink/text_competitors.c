// SPDX-License-Identifier: GPL-2.0-only
#include "text.h"

#include "../model/tasks.h"

#include <inttypes.h>
#include <string.h>

/* Of a vector, at most. */
#define SHOWN_COMPETITORS	3

static void print_competitors_of(FILE *out, const struct figures *figures, const struct vector_figures *vector)
{
	size_t count;
	const struct source_competitor *all = figures_competitors(figures, vector, &count);
	__u64 waited = vector->account.sums[STAGE_RUN] + vector->account.sums[STAGE_STEAL];

	for (size_t i = 0; i < count && i < SHOWN_COMPETITORS; i++) {
		char thread[SINK_THREAD_LEN], scheduling[TASK_SCHEDULING_LEN];

		sink_thread(thread, all[i].total.name, all[i].key.pid);
		task_scheduling(scheduling, all[i].total.policy, all[i].total.priority);
		fprintf(out, "  %4u  %-26s  %-14s %9" PRIu64, vector->vector.vector, thread,
			all[i].key.pid ? scheduling : "idle CPUs", (uint64_t)all[i].total.count);
		text_microseconds(out, 12, all[i].total.ns);
		fprintf(out, " %5.1f%%\n", waited ? 100. * all[i].total.ns / waited : 100.);
	}
	if (count > SHOWN_COMPETITORS)
		fprintf(out, "        and %zu other%s\n", count - SHOWN_COMPETITORS,
			count == SHOWN_COMPETITORS + 1 ? "" : "s");
}

/* Whom CPUs ran while a vCPU's thread was to run there, with an interrupt. */
void text_competitors(FILE *out, const struct figures *figures)
{
	const char *device = NULL;
	size_t count;

	if (!figures->competitor_count)
		return;
	fprintf(out, "\n  %4s  %-26s  %-14s %9s %13s %6s\n", "VEC", "RAN INSTEAD", "SCHEDULING", "COUNT",
		"TIME µs", "SHARE");
	for (size_t i = 0; i < figures->count; i++) {
		const struct imstrace_vector *vector = &figures->vectors[i].vector;

		if (!figures_competitors(figures, &figures->vectors[i], &count))
			continue;
		if (!device || strncmp(device, vector->device, sizeof(vector->device)))
			text_device(out, vector);
		device = vector->device;
		print_competitors_of(out, figures, &figures->vectors[i]);
	}
}
