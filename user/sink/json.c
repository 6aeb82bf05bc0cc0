// SPDX-License-Identifier: GPL-2.0-only
/*
 * One JSON object a line. docs/schema/imstrace-1.json says what is in them, and
 * a test holds every line to it.
 */
#include "objects.h"

#include "sink.h"

static void write_line(FILE *out, json_t *object)
{
	/* No memory: a line is missing, which the reader must not take for silence. */
	if (!object || json_dumpf(object, out, JSON_COMPACT))
		fputs("{\"type\":\"error\",\"exit_code\":1,\"message\":\"out of memory\","
		      "\"remedy\":null}", out);
	putc('\n', out);
	json_decref(object);
}

static void json_start(struct sink *sink, const struct source *source)
{
	write_line(sink->out, object_start(source));
}

static void json_check(struct sink *sink, const struct environment *environment,
		       const struct inventory *inventory, const struct source *source)
{
	write_line(sink->out, object_check(environment, inventory, source));
}

static void json_lifecycle(struct sink *sink, const struct imstrace_lifecycle *step)
{
	write_line(sink->out, object_lifecycle(step));
}

static void json_interrupt(struct sink *sink, const struct imstrace_vector *vector,
			   const struct imstrace_interrupt *interrupt)
{
	write_line(sink->out, object_interrupt(vector, interrupt));
}

static void json_slowest(struct sink *sink, const struct slowest *slowest)
{
	write_line(sink->out, object_slowest(slowest));
}

static void json_why(struct sink *sink, const struct why_result *why, const struct figures *figures)
{
	write_line(sink->out, object_why(why, figures));
}

static void json_interval(struct sink *sink, const struct figures *figures)
{
	write_line(sink->out, object_report("interval", figures));
}

static void json_summary(struct sink *sink, const struct figures *figures)
{
	write_line(sink->out, object_report("summary", figures));
}

static void json_histograms(struct sink *sink, const struct figures *figures,
			    enum imstrace_stage stage)
{
	for (size_t i = 0; i < figures->count; i++)
		write_line(sink->out, object_histogram(figures, &figures->vectors[i], stage));
}

static void json_finding(struct sink *sink, const struct lint_finding *finding)
{
	write_line(sink->out, object_finding(finding));
}

static void json_verdict(struct sink *sink, const struct lint_verdict *verdict, int exit_code)
{
	write_line(sink->out, object_verdict(verdict, exit_code));
}

const struct sink_ops json_sink = {
	.check = json_check,
	.start = json_start,
	.watch = json_start,
	.lifecycle = json_lifecycle,
	.interrupt = json_interrupt,
	.interval = json_interval,
	.summary = json_summary,
	.slowest = json_slowest,
	.why = json_why,
	.histograms = json_histograms,
	.finding = json_finding,
	.verdict = json_verdict,
};
