/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Summaries made up, for the tests of what compares them.
 */
#ifndef IMSTRACE_TESTS_UNIT_FAKE_SUMMARY_H
#define IMSTRACE_TESTS_UNIT_FAKE_SUMMARY_H

#include "fake.h"

#include "../../user/measure/stages.h"
#include "../../user/compare/summary/summary.h"

#include <math.h>
#include <unistd.h>

/* Normal, with a mean of 0 and a deviation of 1. */
static inline double random_normal(__u64 *state)
{
	double u = (random_next(state) >> 11) * 0x1p-53, v = (random_next(state) >> 11) * 0x1p-53;

	return sqrt(-2 * log(u + 0x1p-60)) * cos(2 * M_PI * v);
}

static inline struct summary *fake_summary(__u64 session)
{
	struct summary *summary = summary_new("fake");

	assert_non_null(summary);
	summary->session = session;
	strcpy(summary->host, "host");
	strcpy(summary->kernel, "6.12");
	strcpy(summary->cpu, "a CPU");
	summary->cpus = 2;
	for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
		snprintf(summary->hops[hop], sizeof(summary->hops[hop]), "raw_tp hop_%u", hop);
	return summary;
}

/* What each of the four stages that follow each other takes in a run, in ns. */
struct fake_times {
	double handler, irqfd, deliver, service;
};

static inline struct summary_series *fake_series(struct summary_run *run, const char *device)
{
	struct summary_series *series = summary_add_series(run);

	assert_non_null(series);
	snprintf(series->device, sizeof(series->device), "%s", device);
	strcpy(series->class, "a class");
	strcpy(series->mode, "irqfd");
	return series;
}

/* @count interrupts of what is no INTx line, of each stage near its time. */
static inline void fake_fill(struct summary_series *series, const struct fake_times *times,
			     unsigned int count, __u64 *state)
{
	static struct histogram stages[STAGE_COUNT];

	memset(stages, 0, sizeof(stages));
	for (unsigned int i = 0; i < count; i++) {
		double at[HOP_COUNT] = { 0 };
		const double each[] = { times->handler, times->irqfd, times->deliver, times->service };

		for (unsigned int hop = HOP_SIGNAL, step = 0; hop <= HOP_EOI; hop++) {
			at[hop] = at[hop - 1];
			/* It is injected as it is entered. */
			if (hop != HOP_INJECT)
				at[hop] += each[step++] * exp(0.1 * random_normal(state));
		}
		for (unsigned int stage = 0; stage <= STAGE_TOTAL; stage++)
			histogram_fill(&stages[stage], at[stage_to(stage)] - at[stage_from(stage)]);
	}
	for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
		series->hops[hop] = hop == HOP_UNMASK || hop == HOP_ENTER ? -1 : (long long)count;
	for (unsigned int stage = 0; stage <= STAGE_TOTAL; stage++)
		if (stage != STAGE_DETOUR)
			assert_true(summary_keep_stage(&series->stages[stage], &stages[stage]));
}

/* A run, number @pair of its session, that began at @started; runs differ by @noise. */
static inline void fake_run(struct summary *summary, __u32 pair, __u64 started,
			    const struct fake_times *times, double noise, __u64 *state)
{
	struct summary_run *run = summary_add_run(summary);
	double luck = exp(noise * random_normal(state));
	const struct fake_times had = {
		times->handler * luck, times->irqfd * luck, times->deliver * luck,
		times->service * luck,
	};

	assert_non_null(run);
	run->started = started;
	run->duration = 1000000000;
	run->pair = pair;
	fake_fill(fake_series(run, "0000:00:04.0"), &had, 2000, state);
}

/* Writes it to a file. Return: the path, to be unlinked and freed. */
static inline char *fake_write(const struct summary *summary)
{
	char *path = strdup("/tmp/imstrace-summary-XXXXXX");
	int fd = mkstemp(path);
	FILE *file;

	assert_true(fd >= 0);
	file = fdopen(fd, "w");
	assert_non_null(file);
	assert_int_equal(summary_write(summary, file), 0);
	assert_int_equal(fclose(file), 0);
	return path;
}

#endif /* IMSTRACE_TESTS_UNIT_FAKE_SUMMARY_H */
