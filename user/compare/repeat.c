// SPDX-License-Identifier: GPL-2.0-only
#include "repeat.h"

#include "../clock.h"
#include "../errors.h"
#include "../model/observer.h"
#include "../source/wall_clock.h"
#include "../stop.h"
#include "summary/collect.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>

/* ns: how long a command may have ended before it is noticed. */
#define LOOK		20000000ULL
/* ns after a command's end in which its last interrupts get to theirs. */
#define SETTLE		50000000ULL

struct repeat {
	const struct repeat_options *options;
	const struct workload *workload;
	struct source *source;
	struct collector *collector;
};

static int follow(struct repeat *repeat, __u64 until)
{
	struct source *source = repeat->source;
	int ret;

	do {
		ret = source->poll(source, until);
		collector_look(repeat->collector);
	} while (!ret && source->now(source) < until && !stop_requested());
	return ret;
}

static int follow_command(struct repeat *repeat, size_t which, __u64 *duration)
{
	struct source *source = repeat->source;
	__u64 begin = source->now(source);
	int ret, status;

	ret = workload_run(repeat->workload, which);
	while (!ret && !workload_ended(repeat->workload, &status)) {
		ret = follow(repeat, source->now(source) + LOOK);
		if (stop_requested())
			return ret;
	}
	*duration = source->now(source) - begin;
	ret = ret ?: follow(repeat, source->now(source) + SETTLE);
	/* Ctrl-C ends the command as well. */
	if (!ret && status && !stop_requested())
		return report_error(
			EXIT_RUNTIME, "A failed run cannot be compared: fix the command first",
			"%s ended with status %d", repeat->options->names[which], status);
	return ret;
}

static int keep_run(struct repeat *repeat, struct summary *summary, __u64 started, __u64 duration,
		    __u32 pair)
{
	struct summary_run *run = summary_add_run(summary);

	if (!run || !collector_take(repeat->collector, run))
		return report_error(EXIT_RUNTIME, NULL, "out of memory");
	run->started = started;
	run->duration = duration;
	run->pair = pair;
	return 0;
}

/* Into @summary; NULL: to warm up. */
static int run_once(struct repeat *repeat, size_t which, struct summary *summary, __u32 pair)
{
	struct source *source = repeat->source;
	__u64 started = wall_clock_at(source, source->now(source)), duration = 0;
	int ret;

	/* What happened between the runs is nobody's. */
	if (!collector_take(repeat->collector, NULL))
		return report_error(EXIT_RUNTIME, NULL, "out of memory");
	ret = follow_command(repeat, which, &duration);
	if (ret || stop_requested() || !summary)
		return ret;
	return keep_run(repeat, summary, started, duration, pair);
}

static int run_all(struct repeat *repeat, struct summary **summaries)
{
	const struct repeat_options *options = repeat->options;
	int ret = 0;

	for (unsigned int i = 0; i < options->warmup + options->runs; i++) {
		for (size_t j = 0; j < options->commands; j++) {
			size_t which = i % 2 ? options->commands - 1 - j : j;

			ret = run_once(repeat, which, i < options->warmup ? NULL : summaries[which],
				       i - options->warmup + 1);
			if (ret || stop_requested())
				return ret;
		}
	}
	return ret;
}

int repeat_run(struct source *source, const struct workload *workload,
	       const struct repeat_options *options, struct summary **summaries)
{
	struct repeat repeat = {.options = options, .workload = workload, .source = source};
	const struct observer_options observed = {.filter = &options->filter};
	struct measurement *measurement;
	struct observer observer;
	int ret;

	observer_begin(&observer, source, &observed);
	measurement = measurement_new(source, &options->filter);
	repeat.collector = measurement ? collector_new(source, measurement) : NULL;
	if (repeat.collector)
		ret = run_all(&repeat, summaries);
	else
		ret = report_error(EXIT_RUNTIME, NULL, "out of memory");
	collector_free(repeat.collector);
	measurement_free(measurement);
	observer_free(&observer);
	source->close(source);
	return ret;
}
