// SPDX-License-Identifier: GPL-2.0-only
#include "session.h"

#include "errors.h"
#include "measure/measurement.h"
#include "model/observer.h"
#include "stop.h"

#include <inttypes.h>
#include <stdint.h>

struct session {
	const struct session_options *options;
	struct source *source;
	struct measurement *measurement;
	struct slowest slowest;
	struct observer observer;
	__u64 left_out;		/* interrupts for which @why had no memory */
};

/* Each sink of the session whose format has the call, as @sink. */
#define for_each_sink(sink, session, call)					\
	for (struct sink *const *at_ = (session)->options->sinks, *sink;	\
	     (sink = *at_); at_++)						\
		if (sink->ops->call)

static void on_finding(void *context, const struct lint_finding *finding)
{
	struct session *session = context;

	for_each_sink(sink, session, finding)
		if (session->options->lint || sink->wants.findings)
			sink->ops->finding(sink, finding);
}

static void on_step(void *context, const struct imstrace_lifecycle *step, bool wanted)
{
	struct session *session = context;

	if (!wanted)
		return;
	for_each_sink(sink, session, lifecycle)
		if (sink->wants.lifecycle)
			sink->ops->lifecycle(sink, step);
}

static void on_interrupt(void *context, const struct imstrace_vector *vector,
			 const struct imstrace_interrupt *interrupt)
{
	struct session *session = context;

	slowest_add(&session->slowest, vector, interrupt);
	if (session->options->why && !why_add(session->options->why, vector, interrupt))
		session->left_out++;
	for_each_sink(sink, session, interrupt)
		if (sink->wants.interrupts)
			sink->ops->interrupt(sink, vector, interrupt);
}

static int flush(const struct session *session)
{
	int ret = 0;

	for (struct sink *const *sink = session->options->sinks; *sink; sink++)
		ret = ret ?: sink_flush(*sink);
	return ret;
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

/* Once, where a sink does not show it: what is missing of a recording. */
static void warn_of_loss(const struct session *session, const struct figures *figures)
{
	bool unseen = false;

	for (struct sink *const *sink = session->options->sinks; *sink; sink++)
		unseen |= (*sink)->ops->losses_unseen ||
			  (!(*sink)->wants.summary && !session->options->why);
	if (unseen && figures->totals.lost_interrupts)
		warning("%" PRIu64 " interrupts are missing: they were lost while it was recorded",
			(uint64_t)figures->totals.lost_interrupts);
}

static void show_summary(const struct session *session, const struct figures *figures)
{
	for_each_sink(sink, session, summary)
		if (sink->wants.summary)
			sink->ops->summary(sink, figures);
	for_each_sink(sink, session, histograms)
		for (unsigned int stage = 0; stage < STAGE_COUNT; stage++)
			if (sink->wants.histograms & 1U << stage)
				sink->ops->histograms(sink, figures, stage);
	warn_of_loss(session, figures);
}

/* Return: 0 or an exit code, reported. */
static int show_why(const struct session *session, const struct figures *figures)
{
	struct why_result result;

	if (session->left_out || !why_end(session->options->why, &result))
		return report_error(EXIT_RUNTIME, NULL, "out of memory");
	for_each_sink(sink, session, why)
		sink->ops->why(sink, &result, figures);
	return 0;
}

static int follow(struct session *session)
{
	const struct session_options *options = session->options;
	struct source *source = session->source;
	__u64 begin = source->now(source), tables = 0, next = begin;
	__u64 end = options->duration ? begin + options->duration : UINT64_MAX;
	const struct figures *figures;
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
		figures = measurement_interval(session->measurement, source->now(source));
		if (options->interval)
			for_each_sink(sink, session, interval)
				sink->ops->interval(sink, figures);
		ret = flush(session);
		if (ret)
			return ret;
	} while (!last);

	if (!options->lint_only) {
		figures = measurement_summary(session->measurement);
		show_summary(session, figures);
		ret = options->why ? show_why(session, figures) : 0;
		if (ret)
			return ret;
	}
	if (options->slowest) {
		slowest_sort(&session->slowest);
		for_each_sink(sink, session, slowest)
			sink->ops->slowest(sink, &session->slowest);
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
	for_each_sink(sink, session, verdict)
		if (session->options->lint || sink->wants.findings)
			sink->ops->verdict(sink, &verdict, codes[verdict.result]);
	return flush(session) ?: session->options->lint ? (int)codes[verdict.result] : 0;
}

/* What sinks are told of, at least one of them. */
static struct sink_wants wants_of_all(const struct session_options *options)
{
	struct sink_wants wants = { .interrupts = options->slowest || options->why, .findings = options->lint };

	for (struct sink *const *sink = options->sinks; *sink; sink++) {
		wants.interrupts |= (*sink)->wants.interrupts;
		wants.findings |= (*sink)->wants.findings;
	}
	return wants;
}

static int run(struct session *session)
{
	const struct session_options *options = session->options;
	int ret;

	for_each_sink(sink, session, watch)
		if (options->lint_only)
			sink->ops->watch(sink, session->source);
	for_each_sink(sink, session, start)
		if (sink->wants.start)
			sink->ops->start(sink, session->source);
	for_each_sink(sink, session, measured)
		sink->ops->measured(sink, session->measurement);
	ret = flush(session) ?: follow(session);
	if (!ret && session->observer.lint)
		ret = give_verdict(session);
	return ret;
}

int session_run(struct source *source, const struct session_options *options)
{
	struct session session = { .options = options, .source = source };
	const struct sink_wants wants = wants_of_all(options);
	const struct observer_options observed = {
		.filter = &options->filter,
		.lint = wants.findings,
		.step = on_step,
		.interrupt = wants.interrupts ? on_interrupt : NULL,
		.finding = on_finding,
		.context = &session,
	};
	size_t opened = 0;
	int ret;

	while (options->sinks[opened] && sink_open(options->sinks[opened]))
		opened++;
	session.measurement = measurement_new(source, &options->filter);
	if (!options->sinks[opened] && session.measurement &&
	    slowest_init(&session.slowest, options->slowest) &&
	    observer_begin(&session.observer, source, &observed))
		ret = run(&session);
	else
		ret = report_error(EXIT_RUNTIME, NULL, "out of memory");
	while (opened) {
		int closed = sink_close(options->sinks[--opened]);

		ret = ret ?: closed;
	}
	slowest_free(&session.slowest);
	observer_free(&session.observer);
	measurement_free(session.measurement);
	source->close(source);
	return ret;
}
