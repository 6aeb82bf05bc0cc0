// SPDX-License-Identifier: GPL-2.0-only
#include "exporter.h"

#include "../clock.h"

#include <pthread.h>
#include <stdlib.h>

/* ns for which a reading is as good as a new one: who asks twice in it gets the same. */
#define FRESH		100000000ULL
/* ns between readings where nobody asks: for what is gone, and what has fallen back. */
#define UPKEEP		5000000000ULL

struct exporter {
	struct source *source;
	const struct series_options *options;
	struct lint *lint;
	struct series_set *series;
	struct metrics_input input;
	__u64 read_at;
	__u64 next_upkeep;		/* of the polling thread */
	__u64 lost_lifecycle;		/* as of the last step */
	/* Of all above, but what only the polling thread uses. */
	pthread_mutex_t lock;
};

static bool on_finding(void *context, const struct lint_finding *finding)
{
	struct exporter *exporter = context;
	struct imstrace_vector vector = {
		.vector = finding->vector, .irq = finding->irq, .pid = finding->pid,
	};

	__builtin_memcpy(vector.device, finding->device, sizeof(vector.device));
	if (vector_wanted(exporter->options->filter, &vector) != WANTED_YES)
		return false;
	exporter->input.findings[finding->rule]++;
	return true;
}

static void on_lifecycle(void *context, const struct imstrace_lifecycle *step)
{
	struct exporter *exporter = context;
	const volatile struct imstrace_totals *totals = exporter->source->totals;
	__u64 lost = totals->lost_lifecycle;

	pthread_mutex_lock(&exporter->lock);
	/* As in a session: which steps are missing before this one, nobody knows. */
	if (lost != exporter->lost_lifecycle)
		lint_doubt(exporter->lint, exporter->source->now(exporter->source));
	exporter->lost_lifecycle = lost;
	lint_step(exporter->lint, step);
	if (step->step < STEP_COUNT)
		exporter->input.steps[step->step]++;
	pthread_mutex_unlock(&exporter->lock);
}

struct exporter *exporter_new(struct source *source, const struct series_options *options)
{
	struct exporter *exporter = calloc(1, sizeof(*exporter));

	if (!exporter)
		return NULL;
	pthread_mutex_init(&exporter->lock, NULL);
	exporter->source = source;
	exporter->options = options;
	exporter->lint = lint_new(on_finding, exporter);
	exporter->series = series_new(source, options);
	if (!exporter->lint || !exporter->series) {
		exporter_free(exporter);
		return NULL;
	}
	/* The programs have been attached one by one: what they saw until now has gaps. */
	lint_doubt(exporter->lint, source->now(source));
	exporter->lost_lifecycle = source->totals->lost_lifecycle;
	exporter->input.source = source;
	exporter->input.series = exporter->series;
	exporter->input.most = options->most;
	exporter->input.started = clock_now(CLOCK_REALTIME);
	source->handlers = (struct source_handlers) {
		.lifecycle = on_lifecycle, .context = exporter,
	};
	return exporter;
}

void exporter_free(struct exporter *exporter)
{
	if (!exporter)
		return;
	series_free(exporter->series);
	lint_free(exporter->lint);
	pthread_mutex_destroy(&exporter->lock);
	free(exporter);
}

/* With the lock. */
static void read_source(struct exporter *exporter, __u64 now)
{
	__u64 begin = clock_now(CLOCK_MONOTONIC);

	series_read(exporter->series, now);
	exporter->read_at = now;
	exporter->input.readings++;
	exporter->input.reading_ns += clock_now(CLOCK_MONOTONIC) - begin;
}

static void forget(void *context, const struct imstrace_vector *vector)
{
	struct exporter *exporter = context;

	lint_forget(exporter->lint, vector->device, vector->vector);
}

int exporter_poll(struct exporter *exporter, __u64 until)
{
	struct source *source = exporter->source;
	__u64 now = source->now(source);
	int ret;

	if (until > exporter->next_upkeep)
		until = exporter->next_upkeep;
	ret = source->poll(source, until);
	now = source->now(source);
	if (ret || now < exporter->next_upkeep)
		return ret;
	pthread_mutex_lock(&exporter->lock);
	read_source(exporter, now);
	series_retire(exporter->series, now, forget, exporter);
	pthread_mutex_unlock(&exporter->lock);
	exporter->next_upkeep = now + UPKEEP;
	return 0;
}

char *exporter_write(struct exporter *exporter, enum exposition_format format, size_t *size)
{
	struct exposition exposition = { .format = format };
	char *text = NULL;
	__u64 now;

	exposition.out = open_memstream(&text, size);
	if (!exposition.out)
		return NULL;
	pthread_mutex_lock(&exporter->lock);
	now = exporter->source->now(exporter->source);
	if (!exporter->read_at || now - exporter->read_at >= FRESH)
		read_source(exporter, now);
	exporter->input.scrapes[format]++;
	metrics_write(&exposition, &exporter->input);
	pthread_mutex_unlock(&exporter->lock);
	if (ferror(exposition.out) | fclose(exposition.out)) {
		free(text);
		return NULL;
	}
	return text;
}
