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

/* What the page will show; a sink has no other place for it. */
static struct {
	json_t *data;
	struct heatmap *heatmap;
	struct lives *lives;
	__u64 started;
} page;

static void forget(void)
{
	json_decref(page.data);
	free(page.heatmap);
	lives_free(page.lives);
	page.data = NULL;
	page.heatmap = NULL;
	page.lives = NULL;
}

static void html_start(FILE *out, const struct source *source)
{
	(void)out;
	forget();
	page.started = source->started;
	page.heatmap = heatmap_new();
	page.lives = lives_new(source->capacity);
	page.data = json_pack("{s:o, s:o, s:o?, s:o, s:o, s:o}",
			      "start", object_start(source),
			      "host", object_name(source->host),
			      "recording", source->recording ? object_name(source->recording) : NULL,
			      "features", object_features(source),
			      "hops", html_hops(),
			      "stages", html_stages());
}

static void html_lifecycle(FILE *out, const struct imstrace_lifecycle *step)
{
	(void)out;
	if (page.lives)
		lives_add(page.lives, step);
}

static void html_interrupt(FILE *out, const struct imstrace_vector *vector,
			   const struct imstrace_interrupt *interrupt)
{
	(void)out;
	(void)vector;
	if (page.heatmap)
		heatmap_add(page.heatmap, interrupt);
}

static void html_summary(FILE *out, const struct figures *report)
{
	(void)out;
	json_object_set_new(page.data, "summary", object_report("summary", report));
	json_object_set_new(page.data, "missing", html_missing(report));
	json_object_set_new(page.data, "percentiles", html_percentiles(report));
	if (page.heatmap)
		json_object_set_new(page.data, "heatmap", html_heatmap(page.heatmap, page.started));
	if (page.lives)
		json_object_set_new(page.data, "lives",
				    html_lives(page.lives, report, page.started));
}

static void html_slowest(FILE *out, const struct slowest *slowest)
{
	(void)out;
	json_object_set_new(page.data, "slowest", object_slowest(slowest));
}

/* The last call. What there was no memory for is missing, and the page says so. */
static void html_verdict(FILE *out, const struct lint_verdict *verdict, int exit_code)
{
	json_object_set_new(page.data, "lint", object_verdict(verdict, exit_code));
	page_write(out, PAGE_report, page.data);
	page.data = NULL;
	forget();
}

const struct sink html_sink = {
	.start = html_start,
	.lifecycle = html_lifecycle,
	.interrupt = html_interrupt,
	.summary = html_summary,
	.slowest = html_slowest,
	.verdict = html_verdict,
};
