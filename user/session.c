// SPDX-License-Identifier: GPL-2.0-only
#include "session.h"

#include "fault.h"
#include "model/lifecycle.h"
#include "stop.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

struct session {
	const struct session_options *options;
	struct source *source;
	struct measurement *measurement;
};

/* A step of the whole device, or of a vector that is not in the table. */
static bool unknown_wanted(const struct vector_filter *filter, const struct imstrace_lifecycle *step)
{
	struct vector_filter of_device = { .device = filter->device, .pid = filter->pid };
	struct imstrace_vector vector = {
		.vector = step->vector, .irq = step->irq, .pid = step->pid,
	};

	memcpy(vector.device, step->device, sizeof(vector.device));
	return vector_wanted(lifecycle_of_index(step->step) ? &of_device : filter, &vector) ==
	       WANTED_YES;
}

static void on_lifecycle(void *context, const struct imstrace_lifecycle *step)
{
	struct session *session = context;
	const struct vector_filter *filter = &session->options->filter;
	struct imstrace_vector vector;

	if (step->id < session->source->capacity) {
		vector = session->source->vectors[step->id];
		/* The record's is as of then: the vector may have moved on since. */
		if (step->irq != IMSTRACE_NONE)
			vector.irq = step->irq;
		switch (vector_wanted(filter, &vector)) {
		case WANTED_NO:
			/* Its irq and its VMM change with the next binding; its name does not. */
			if (!filter->irq && !filter->pid)
				session->source->ignore(session->source, step->id);
			return;
		case WANTED_YES:
			break;
		case WANTED_LATER:
			if (filter->pid && step->pid != filter->pid)
				return;
			break;
		}
	} else if (!unknown_wanted(filter, step)) {
		return;
	}
	if (session->options->lifecycle)
		session->options->sink->lifecycle(stdout, step);
}

static void on_interrupt(void *context, const struct imstrace_interrupt *interrupt)
{
	struct session *session = context;
	const struct imstrace_vector *vector;

	if (interrupt->id >= session->source->capacity)
		return;
	vector = &session->source->vectors[interrupt->id];
	if (vector_wanted(&session->options->filter, vector) == WANTED_YES)
		session->options->sink->interrupt(stdout, vector, interrupt);
}

/* A full pipe or disk must not pass for a quiet system. */
static int flush(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return 0;
	return fault(EXIT_RUNTIME, NULL, "writing the output failed: %s", strerror(errno));
}

static int poll_until(struct session *session, __u64 until)
{
	struct source *source = session->source;
	int ret;

	/* At least once, however late it is: the streams must not fill up. */
	do {
		ret = source->poll(source, until) ?: flush();
	} while (!ret && !stop_requested() && !source->ended && source->now(source) < until);
	return ret;
}

/* What the source still holds. */
static int drain(struct source *source)
{
	int ret = 0;

	source->stop(source);
	while (!ret && !source->ended)
		ret = source->poll(source, 0);
	return ret;
}

static int follow(struct session *session)
{
	const struct session_options *options = session->options;
	struct source *source = session->source;
	__u64 begin = source->now(source), tables = 0, next = begin;
	__u64 end = options->duration ? begin + options->duration : UINT64_MAX;
	const struct report *report;
	bool last = false;
	int ret;

	do {
		/* An interval that was missed, as when stopped, is not made up for. */
		do {
			next = options->interval ? next + options->interval : end;
		} while (next <= source->now(source) && next < end);
		ret = poll_until(session, next < end ? next : end);
		if (ret)
			return ret;
		last = stop_requested() || source->ended || next >= end || ++tables == options->count;
		ret = last ? drain(source) : 0;
		if (ret)
			return ret;
		report = measurement_interval(session->measurement, source->now(source));
		if (options->interval)
			options->sink->interval(stdout, report);
		ret = flush();
		if (ret)
			return ret;
	} while (!last);

	options->sink->summary(stdout, measurement_summary(session->measurement));
	return flush();
}

int session_run(struct source *source, const struct session_options *options)
{
	struct session session = { .options = options, .source = source };
	int ret;

	source->handlers = (struct source_handlers) {
		.lifecycle = on_lifecycle,
		.interrupt = options->interrupts ? on_interrupt : NULL,
		.context = &session,
	};
	session.measurement = measurement_new(source, &options->filter);
	if (session.measurement) {
		options->sink->start(stdout, source);
		ret = flush() ?: follow(&session);
	} else {
		ret = fault(EXIT_RUNTIME, NULL, "out of memory");
	}
	measurement_free(session.measurement);
	source->close(source);
	return ret;
}
