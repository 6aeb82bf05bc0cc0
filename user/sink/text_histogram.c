// SPDX-License-Identifier: GPL-2.0-only
/*
 * The distribution of a stage, as bars.
 */
#include "text.h"

#include "sink.h"

#include <inttypes.h>
#include <string.h>

/* What fits on a screen with what is above it. */
#define MOST_ROWS	20
#define BAR_WIDTH	40

/* The first and the last bucket that something is in; false: there is none. */
static bool find_range(const struct histogram *histogram, __u32 *first, __u32 *last)
{
	bool any = false;

	for (__u32 bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
		if (!histogram->buckets[bucket])
			continue;
		*first = any ? *first : bucket;
		*last = bucket;
		any = true;
	}
	return any;
}

static __u64 row_count(const struct histogram *histogram, __u32 row, __u32 buckets)
{
	__u64 count = 0;

	for (__u32 i = 0; i < buckets && row * buckets + i < HISTOGRAM_BUCKETS; i++)
		count += histogram->buckets[row * buckets + i];
	return count;
}

static void print_rows(FILE *out, const struct histogram *histogram, __u64 count)
{
	__u32 first = 0, last = 0, buckets = 1;
	__u64 most = 0;

	if (!find_range(histogram, &first, &last))
		return;
	/* Rows of one relative width, the narrowest that the screen has room for. */
	while (last / buckets - first / buckets >= MOST_ROWS)
		buckets *= 2;
	for (__u32 row = first / buckets; row <= last / buckets; row++) {
		__u64 in_row = row_count(histogram, row, buckets);

		most = in_row > most ? in_row : most;
	}
	for (__u32 row = first / buckets; row <= last / buckets; row++) {
		__u64 in_row = row_count(histogram, row, buckets);
		__u32 end = (row + 1) * buckets;
		/* A single value is to be seen beside a million. */
		int width = in_row ? 1 + (int)((BAR_WIDTH - 1) * (double)in_row / (double)most) : 0;

		end = end < HISTOGRAM_BUCKETS ? end : HISTOGRAM_BUCKETS;
		fprintf(out, "  %10.1f … %10.1f %10" PRIu64 " %5.1f %%  %.*s\n",
			(double)histogram_bucket_low(row * buckets) / 1e3,
			(double)(histogram_bucket_high(end - 1) + 1) / 1e3, (uint64_t)in_row,
			100 * (double)in_row / (double)count, width,
			"########################################");
	}
}

static void print_histogram(FILE *out, const struct figures *figures,
			    const struct vector_figures *vector, enum imstrace_stage stage)
{
	const char *missing = figures_stage_missing(vector, stage);
	struct histogram histogram;
	__u64 count = 0;

	text_device(out, &vector->vector);
	fprintf(out, "  vector %u, %s", vector->vector.vector, stage_name(stage));
	if (!missing) {
		figures_histogram(figures, vector, stage, &histogram);
		count = histogram_count(&histogram);
	}
	if (missing)
		fprintf(out, ": n/a: %s\n", missing);
	else if (!count)
		fputs(": there was none\n", out);
	else if (histogram.unplaced == count)
		fputs(": n/a: there was no room for its values\n", out);
	else
		fprintf(out, " in µs%*s\n", 45 - (int)strlen(stage_name(stage)), "COUNT");
	if (!count)
		return;
	print_rows(out, &histogram, count);
	if (histogram.unplaced)
		fprintf(out, "  %" PRIu64 " are in no row: there was no room for them\n",
			(uint64_t)histogram.unplaced);
}

void text_histograms(struct sink *sink, const struct figures *figures, enum imstrace_stage stage)
{
	/* Who asks for all stages means those that a vector can have. */
	bool all = sink->wants.histograms == (1U << STAGE_COUNT) - 1;

	for (size_t i = 0; i < figures->count; i++) {
		if (!figures_active(&figures->vectors[i]) ||
		    (all && !figures_can_have(&figures->vectors[i], stage)))
			continue;
		putc('\n', sink->out);
		print_histogram(sink->out, figures, &figures->vectors[i], stage);
	}
}
