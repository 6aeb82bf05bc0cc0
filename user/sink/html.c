// SPDX-License-Identifier: GPL-2.0-only
/*
 * The HTML report: dashboards/pages/report.js, and what it shows. What --json has is the same
 * objects here. The rest is aggregated while it comes, so that neither memory nor the page grow
 * with the number of interrupts: see html_data.h.
 */
#include "html_data.h"
#include "objects.h"
#include "page.h"
#include "sink.h"

#include <stdlib.h>

/* What the page will show. */
struct html {
	json_t *data;
	struct heatmap *heatmap;
	struct lives *lives;
	__u64 started;
};

static void html_start(struct sink *sink, const struct source *source)
{
	struct html *html = sink->context;

	html->started = source->started;
	html->heatmap = heatmap_new();
	html->lives = lives_new(source->capacity);
	html->data = json_pack("{s:o, s:o, s:o?, s:o, s:o, s:o, s:o}",
			      "start", object_start(source),
			      "host", object_name(source->host),
			      "recording", source->recording ? object_name(source->recording) : NULL,
			      "features", object_features(source),
			      "hops", html_hops(),
			      "ends", html_ends(),
			      "stages", html_stages());
}

static void html_lifecycle(struct sink *sink, const struct imstrace_lifecycle *step)
{
	struct html *html = sink->context;

	if (html->lives)
		lives_add(html->lives, step);
}

static void html_interrupt(struct sink *sink, const struct imstrace_vector *vector,
			   const struct imstrace_interrupt *interrupt)
{
	struct html *html = sink->context;

	(void)vector;
	if (html->heatmap)
		heatmap_add(html->heatmap, interrupt);
}

static void html_summary(struct sink *sink, const struct figures *figures)
{
	struct html *html = sink->context;

	json_object_set_new(html->data, "summary", object_report("summary", figures));
	json_object_set_new(html->data, "missing", html_missing(figures));
	json_object_set_new(html->data, "percentiles", html_percentiles(figures));
	if (html->heatmap)
		json_object_set_new(html->data, "heatmap",
				    html_heatmap(html->heatmap, html->started));
	if (html->lives)
		json_object_set_new(html->data, "lives",
				    html_lives(html->lives, figures, html->started));
}

static void html_slowest(struct sink *sink, const struct slowest *slowest)
{
	struct html *html = sink->context;

	json_object_set_new(html->data, "slowest", object_slowest(slowest));
}

static void html_why(struct sink *sink, const struct why_result *why, const struct figures *figures)
{
	struct html *html = sink->context;

	json_object_set_new(html->data, "why", object_why(why, figures));
	json_object_set_new(html->data, "causes", html_causes());
}

/* What there was no memory for is missing, and the page says so. */
static void html_verdict(struct sink *sink, const struct lint_verdict *verdict, int exit_code)
{
	struct html *html = sink->context;

	json_object_set_new(html->data, "lint", object_verdict(verdict, exit_code));
	page_write(sink->out, PAGE_report, html->data);
	html->data = NULL;
}

static void html_close(struct sink *sink)
{
	struct html *html = sink->context;

	json_decref(html->data);
	free(html->heatmap);
	lives_free(html->lives);
}

const struct sink_ops html_sink = {
	.context_size = sizeof(struct html),
	.start = html_start,
	.lifecycle = html_lifecycle,
	.interrupt = html_interrupt,
	.summary = html_summary,
	.slowest = html_slowest,
	.why = html_why,
	.verdict = html_verdict,
	.close = html_close,
};
