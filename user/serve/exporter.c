// SPDX-License-Identifier: GPL-2.0-only
#include "exporter.h"

#include "../clock.h"
#include "../model/observer.h"

#include <pthread.h>
#include <stdlib.h>

/* ns for which a reading is as good as a new one: who asks twice in it gets the same. */
#define FRESH		100000000ULL
/* ns between readings where nobody asks: for what is gone, and what has fallen back. */
#define UPKEEP		5000000000ULL

struct exporter {
	struct source *source;
	struct observer observer;
	struct series_set *series;
	struct metrics_input input;
	__u64 read_at;
	__u64 next_upkeep;		/* of the polling thread */
	/* Of all above, but what only the polling thread uses. */
	pthread_mutex_t lock;
};

static void on_finding(void *context, const struct lint_finding *finding)
{
	struct exporter *exporter = context;

	pthread_mutex_lock(&exporter->lock);
	exporter->input.findings[finding->rule]++;
	pthread_mutex_unlock(&exporter->lock);
}

/* Steps are counted of all vectors, wanted or not. */
static void on_step(void *context, const struct imstrace_lifecycle *step, bool wanted)
{
	struct exporter *exporter = context;

	(void)wanted;
	if (step->step >= STEP_COUNT)
		return;
	pthread_mutex_lock(&exporter->lock);
	exporter->input.steps[step->step]++;
	pthread_mutex_unlock(&exporter->lock);
}

struct exporter *exporter_new(struct source *source, const struct series_options *options)
{
	struct exporter *exporter = calloc(1, sizeof(*exporter));
	const struct observer_options observed = {
		.filter = options->filter, .lint = true, .step = on_step, .finding = on_finding,
		.context = exporter,
	};

	if (!exporter)
		return NULL;
	pthread_mutex_init(&exporter->lock, NULL);
	exporter->source = source;
	exporter->series = series_new(source, options);
	if (!exporter->series || !observer_begin(&exporter->observer, source, &observed)) {
		exporter_free(exporter);
		return NULL;
	}
	exporter->input.source = source;
	exporter->input.series = exporter->series;
	exporter->input.most = options->most;
	exporter->input.started = clock_now(CLOCK_REALTIME);
	return exporter;
}

void exporter_free(struct exporter *exporter)
{
	if (!exporter)
		return;
	series_free(exporter->series);
	observer_free(&exporter->observer);
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

	lint_forget(exporter->observer.lint, vector->device, vector->vector);
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

void exporter_count_textfile_errors(struct exporter *exporter, unsigned int errors)
{
	pthread_mutex_lock(&exporter->lock);
	exporter->input.textfile = true;
	exporter->input.textfile_errors += errors;
	pthread_mutex_unlock(&exporter->lock);
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
