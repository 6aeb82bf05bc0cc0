// SPDX-License-Identifier: GPL-2.0-only
#include "session.h"

#include "errors.h"
#include "measure/measurement.h"
#include "model/lifecycle.h"
#include "model/lint.h"
#include "stop.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

struct session {
	const struct session_options *options;
	struct source *source;
	struct measurement *measurement;
	struct slowest slowest;
	struct lint *lint;	/* NULL: not wanted */
	__u64 steps;		/* of wanted vectors */
	/* As of the beginning, and as of the latest step. */
	struct imstrace_totals totals_before, totals;
};

/* Has the sink show it, if it has the call and @wanted; and the page, which shows everything. */
#define tell(session, wanted, call, ...)				\
	do {								\
		const struct session_options *to = (session)->options;	\
									\
		if ((wanted) && to->sink && to->sink->call)		\
			to->sink->call(stdout, __VA_ARGS__);		\
		if (to->page && to->page_sink->call)			\
			to->page_sink->call(to->page, __VA_ARGS__);	\
	} while (0)

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

static void read_totals(const struct source *source, struct imstrace_totals *totals)
{
	const volatile struct imstrace_totals *now = source->totals;

	totals->lost_lifecycle = now->lost_lifecycle;
	totals->lost_vectors = now->lost_vectors;
}

/*
 * Steps of all vectors, for what is not wanted of one now may be later. Those that are
 * lost were lost before now; which of those that are still to be read were
 * written before them, nobody knows.
 */
static void lint(struct session *session, const struct imstrace_lifecycle *step)
{
	__u64 lost = session->totals.lost_lifecycle;

	read_totals(session->source, &session->totals);
	if (session->totals.lost_lifecycle != lost)
		lint_doubt(session->lint, session->source->now(session->source));
	lint_step(session->lint, step);
}

static bool on_finding(void *context, const struct lint_finding *finding)
{
	struct session *session = context;
	const struct vector_filter *filter = &session->options->filter;
	struct imstrace_vector vector = {
		.vector = finding->vector, .irq = finding->irq, .pid = finding->pid,
	};

	memcpy(vector.device, finding->device, sizeof(vector.device));
	/* The process that bound it, if any has. */
	if (finding->id < session->source->capacity && session->source->vectors[finding->id].pid)
		vector.pid = session->source->vectors[finding->id].pid;
	if (vector_wanted(filter, &vector) != WANTED_YES)
		return false;
	tell(session, session->options->lint, finding, finding);
	return true;
}

static void on_lifecycle(void *context, const struct imstrace_lifecycle *step)
{
	struct session *session = context;
	const struct vector_filter *filter = &session->options->filter;
	struct imstrace_vector vector;

	if (session->lint)
		lint(session, step);
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
	session->steps += !lifecycle_observed(step->step);
	tell(session, session->options->lifecycle, lifecycle, step);
}

static void on_interrupt(void *context, const struct imstrace_interrupt *interrupt)
{
	struct session *session = context;
	const struct imstrace_vector *vector;

	if (interrupt->id >= session->source->capacity)
		return;
	vector = &session->source->vectors[interrupt->id];
	if (vector_wanted(&session->options->filter, vector) != WANTED_YES)
		return;
	slowest_add(&session->slowest, vector, interrupt);
	tell(session, session->options->interrupts, interrupt, vector, interrupt);
}

/* A full pipe or disk must not pass for a quiet system. */
static int flush(const struct session *session)
{
	const struct sink *sink = session->options->sink;

	if (!fflush(stdout) && !ferror(stdout))
		return sink && sink->flush ? sink->flush() : 0;
	return report_error(EXIT_RUNTIME, NULL, "writing the output failed: %s", strerror(errno));
}

static int poll_until(struct session *session, __u64 until)
{
	struct source *source = session->source;
	int ret;

	/* At least once, however late it is: the streams must not fill up. */
	do {
		ret = source->poll(source, until) ?: flush(session);
	} while (!ret && !stop_requested() && !source->ended && source->now(source) < until);
	return ret;
}

/* What the source still holds. */
static int drain(struct session *session)
{
	struct source *source = session->source;
	int ret = 0;

	/* The programs are detached one by one. */
	if (session->lint)
		lint_stop(session->lint, source->now(source));
	source->stop(source);
	while (!ret && !source->ended)
		ret = source->poll(source, 0);
	return ret;
}

static void show_summary(const struct session *session)
{
	const struct session_options *options = session->options;
	const struct figures *report = measurement_summary(session->measurement);

	if (options->no_summary) {
		sink_warn_of_loss(report);
		return;
	}
	tell(session, true, summary, report);
	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++)
		tell(session, options->histograms & 1U << stage, histograms, report, stage);
}

static int follow(struct session *session)
{
	const struct session_options *options = session->options;
	struct source *source = session->source;
	__u64 begin = source->now(source), tables = 0, next = begin;
	__u64 end = options->duration ? begin + options->duration : UINT64_MAX;
	const struct figures *report;
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
		ret = last ? drain(session) : 0;
		if (ret)
			return ret;
		report = measurement_interval(session->measurement, source->now(source));
		tell(session, options->interval, interval, report);
		ret = flush(session);
		if (ret)
			return ret;
	} while (!last);

	if (!options->lint_only)
		show_summary(session);
	if (options->slowest) {
		slowest_sort(&session->slowest);
		tell(session, true, slowest, &session->slowest);
	}
	return flush(session);
}

static int give_verdict(struct session *session)
{
	static const enum exit_code codes[] = {
		[LINT_CLEAN] = EXIT_OK,
		[LINT_FOUND] = EXIT_FOUND,
		[LINT_INCONCLUSIVE] = EXIT_INCONCLUSIVE,
	};
	struct source *source = session->source;
	struct lint_verdict verdict = { .time = source->now(source), .steps = session->steps };

	lint_end(session->lint);
	read_totals(source, &session->totals);
	verdict.lost_lifecycle = session->totals.lost_lifecycle -
				 session->totals_before.lost_lifecycle;
	verdict.lost_vectors = session->totals.lost_vectors - session->totals_before.lost_vectors;
	lint_judge(session->lint, &verdict);
	tell(session, session->options->lint, verdict, &verdict, codes[verdict.result]);
	return flush(session) ?: session->options->lint ? (int)codes[verdict.result] : 0;
}

/* The programs have been attached one by one: what they saw until now has gaps. */
static bool begin_lint(struct session *session)
{
	struct source *source = session->source;

	session->lint = lint_new(on_finding, session);
	if (!session->lint)
		return false;
	lint_doubt(session->lint, source->now(source));
	read_totals(source, &session->totals);
	session->totals_before = session->totals;
	return true;
}

int session_run(struct source *source, const struct session_options *options)
{
	struct session session = { .options = options, .source = source };
	int ret;

	source->handlers = (struct source_handlers) {
		.lifecycle = on_lifecycle,
		.interrupt = options->interrupts || options->slowest || options->page ?
			     on_interrupt : NULL,
		.context = &session,
	};
	session.measurement = measurement_new(source, &options->filter);
	if (session.measurement && slowest_init(&session.slowest, options->slowest) &&
	    (!(options->lint || options->page) || begin_lint(&session))) {
		if (options->lint_only)
			tell(&session, true, watch, source);
		else
			tell(&session, true, start, source);
		if (options->sink && options->sink->measured)
			options->sink->measured(session.measurement);
		ret = flush(&session) ?: follow(&session);
		if (!ret && session.lint)
			ret = give_verdict(&session);
	} else {
		ret = report_error(EXIT_RUNTIME, NULL, "out of memory");
	}
	slowest_free(&session.slowest);
	lint_free(session.lint);
	measurement_free(session.measurement);
	source->close(source);
	return ret;
}
