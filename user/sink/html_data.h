/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the HTML report has beside the objects of --json, aggregated to what a screen can show. Times are
 * ns from the beginning of the run, but where it says us. Each is the caller's to free; NULL: out of
 * memory.
 */
#ifndef IMSTRACE_SINK_HTML_DATA_H
#define IMSTRACE_SINK_HTML_DATA_H

#include "../measure/heatmap.h"
#include "../measure/figures.h"
#include "../model/lives.h"

#include <jansson.h>

/* The lists that the page has from here: [{name, what}], [{name, from, to}], [{name, what, remedy}]. */
json_t *html_hops(void);
json_t *html_ends(void);
json_t *html_stages(void);
json_t *html_causes(void);

/* [{why, hops}]: why hops can't be seen of some vectors. */
json_t *html_missing(const struct figures *figures);

/*
 * {levels, all, vectors}: the latency at each of @levels, given as 1 / (1 - percentile), by stage: of all
 * vectors, with their figures, and of the HTML_CURVES vectors with the most interrupts, by their
 * number in the summary.
 */
json_t *html_percentiles(const struct figures *figures);
#define HTML_CURVES	100

/*
 * {start, width, columns, stages}: by stage @edges of the rows, and @cells: for each column
 * the number of the first row, and the counts from there on. At most HTML_ROWS rows.
 */
json_t *html_heatmap(const struct heatmap *heatmap, __u64 started);
#define HTML_ROWS	96

/*
 * {names, changes, left_out, steps, seen, counts}: @changes by vector's number in the summary: time in us and
 * number in @names, time and number…; @counts by step: how many, how many failed.
 */
json_t *html_lives(const struct lives *lives, const struct figures *figures, __u64 started);

#endif /* IMSTRACE_SINK_HTML_DATA_H */
