// SPDX-License-Identifier: GPL-2.0-only
#include "session.h"

#include "errors.h"
#include "measure/measurement.h"
#include "model/observer.h"
#include "stop.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

struct session {
	const struct session_options *options;
	struct source *source;
	struct measurement *measurement;
	struct slowest slowest;
	struct observer observer;
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

static void on_finding(void *context, const struct lint_finding *finding)
{
	struct session *session = context;

	tell(session, session->options->lint, finding, finding);
}

static void on_step(void *context, const struct imstrace_lifecycle *step, bool wanted)
{
	struct session *session = context;

	if (wanted)
		tell(session, session->options->lifecycle, lifecycle, step);
}

static void on_interrupt(void *context, const struct imstrace_vector *vector,
			 const struct imstrace_interrupt *interrupt)
{
	struct session *session = context;

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
	observer_stop(&session->observer);
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
	struct lint_verdict verdict = { .time = source->now(source) };

	observer_judge(&session->observer, &verdict);
	tell(session, session->options->lint, verdict, &verdict, codes[verdict.result]);
	return flush(session) ?: session->options->lint ? (int)codes[verdict.result] : 0;
}

int session_run(struct source *source, const struct session_options *options)
{
	struct session session = { .options = options, .source = source };
	const struct observer_options observed = {
		.filter = &options->filter,
		.lint = options->lint || options->page,
		.step = on_step,
		.interrupt = options->interrupts || options->slowest || options->page ?
			     on_interrupt : NULL,
		.finding = on_finding,
		.context = &session,
	};
	int ret;

	session.measurement = measurement_new(source, &options->filter);
	if (session.measurement && slowest_init(&session.slowest, options->slowest) &&
	    observer_begin(&session.observer, source, &observed)) {
		if (options->lint_only)
			tell(&session, true, watch, source);
		else
			tell(&session, true, start, source);
		if (options->sink && options->sink->measured)
			options->sink->measured(session.measurement);
		ret = flush(&session) ?: follow(&session);
		if (!ret && session.observer.lint)
			ret = give_verdict(&session);
	} else {
		ret = report_error(EXIT_RUNTIME, NULL, "out of memory");
	}
	slowest_free(&session.slowest);
	observer_free(&session.observer);
	measurement_free(session.measurement);
	source->close(source);
	return ret;
}
