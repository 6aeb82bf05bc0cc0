// SPDX-License-Identifier: GPL-2.0-only
/*
 * Percentiles as HdrHistogram's outputPercentileDistribution() prints them, in us: what its
 * plotters take. A list per vector and stage, with a comment of ours before each; a plotter wants one.
 */
#include "sink.h"

#include <inttypes.h>
#include <math.h>

/* HdrHistogram's default: lines until half of what is left has been passed. */
#define TICKS_PER_HALF 5

static void hgrm_start(struct sink *sink, const struct source *source)
{
	(void)sink;
	(void)source;
}

/* How many values are in the buckets up to that of @value. */
static __u64 count_to(const struct histogram *histogram, __u64 value)
{
	__u32 last = histogram_bucket(value);
	__u64 count = 0;

	for (__u32 bucket = 0; bucket <= last; bucket++)
		count += histogram->buckets[bucket];
	return count;
}

/* A value counts as the middle of its bucket. */
static double deviation(const struct histogram *histogram, __u64 count, double mean)
{
	double sum = 0;

	for (__u32 bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++) {
		double low = histogram_bucket_low(bucket), high = histogram_bucket_high(bucket);
		double off = (low + high) / 2 - mean;

		sum += off * off * (double)histogram->buckets[bucket];
	}
	return sqrt(sum / (double)count);
}

/* The next percentile to print: steps halve as what is left halves. */
static double next_level(double level)
{
	double halvings = floor(log2(100 / (100 - level))) + 1;

	return level + 100 / (TICKS_PER_HALF * exp2(halvings));
}

static void distribution(FILE *out, const struct histogram *histogram, __u64 count)
{
	double mean = (double)histogram->sum / (double)count;
	__u64 seen = 0;

	fprintf(out, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount",
		"1/(1-Percentile)");
	for (double level = 0; seen < count && level < 100; level = next_level(level)) {
		__u64 value = histogram_percentile(histogram, count, level);

		seen = count_to(histogram, value);
		if (seen < count)
			fprintf(out, "%12.3f %2.12f %10" PRIu64 " %14.2f\n", value / 1e3,
				level / 100, (uint64_t)seen, 1 / (1 - level / 100));
	}
	fprintf(out, "%12.3f %2.12f %10" PRIu64 "\n", histogram->max / 1e3, 1.0, (uint64_t)count);
	fprintf(out, "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n", mean / 1e3,
		deviation(histogram, count, mean) / 1e3);
	fprintf(out, "#[Max     = %12.3f, Total count    = %12" PRIu64 "]\n", histogram->max / 1e3,
		(uint64_t)count);
	fprintf(out, "#[Buckets = %12d, SubBuckets     = %12d]\n",
		HISTOGRAM_VALUE_BITS - HISTOGRAM_BITS, 1 << HISTOGRAM_BITS);
}

static void stage_list(FILE *out, const struct figures *figures,
		       const struct vector_figures *vector, enum imstrace_stage stage)
{
	const char *missing = figures_stage_missing(vector, stage);
	char device[IMSTRACE_NAME_LEN], reason[512];
	struct histogram histogram;
	__u64 count;

	sink_clean(device, sizeof(device), vector->vector.device);
	fprintf(out, "# %s, vector %u, stage %s, in us", device, vector->vector.vector,
		stage_name(stage));
	if (missing) {
		sink_clean(reason, sizeof(reason), missing);
		fprintf(out, ": n/a: %s\n", reason);
		return;
	}
	figures_histogram(figures, vector, stage, &histogram);
	count = histogram_count(&histogram);
	if (!count) {
		fputs(": n/a: there was none\n", out);
		return;
	}
	if (histogram.unplaced) {
		fprintf(out, ": n/a: there was no room for %" PRIu64 " values\n",
			(uint64_t)histogram.unplaced);
		return;
	}
	putc('\n', out);
	distribution(out, &histogram, count);
}

static void hgrm_summary(struct sink *sink, const struct figures *figures)
{
	const enum imstrace_stage *chosen = sink->context;

	for (size_t i = 0; i < figures->count; i++)
		for (unsigned int stage = 0; stage < STAGE_COUNT; stage++)
			if (*chosen == stage || (*chosen == STAGE_COUNT &&
						 figures_can_have(&figures->vectors[i], stage)))
				stage_list(sink->out, figures, &figures->vectors[i], stage);
}

const struct sink_ops hgrm_sink = {
	.losses_unseen = true,
	.start = hgrm_start,
	.summary = hgrm_summary,
};
