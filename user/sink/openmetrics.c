// SPDX-License-Identifier: GPL-2.0-only
/*
 * The summary as OpenMetrics text 1.0, which Prometheus and its textfile collector read. What can't
 * be measured has no sample: a 0 would say that it was.
 */
#include "sink.h"

#include "../measure/accounts.h"
#include "../version.h"

#include <inttypes.h>

/*
 * Upper ends of buckets: 2^n - 1 ns, where buckets of our histogram end as well, so that all counts
 * are exact. Below, no stage is told from another; the largest values have no upper end.
 */
#define FIRST_BITS	8
#define LAST_BITS	(HISTOGRAM_VALUE_BITS - 1)

static void family(FILE *out, const char *name, const char *type, const char *unit,
		   const char *help)
{
	fprintf(out, "# TYPE imstrace_%s %s\n", name, type);
	if (unit)
		fprintf(out, "# UNIT imstrace_%s %s\n", name, unit);
	fprintf(out, "# HELP imstrace_%s %s\n", name, help);
}

static void openmetrics_start(FILE *out, const struct source *source)
{
	char kernel[2 * SOURCE_NAME_LEN], host[2 * SOURCE_NAME_LEN];

	sink_escape(kernel, sizeof(kernel), source->kernel);
	sink_escape(host, sizeof(host), source->host);
	family(out, "build", "info", NULL, "What was recorded, and by which imstrace it is told.");
	fprintf(out, "imstrace_build_info{version=\"%s\",kernel=\"%s\",host=\"%s\"} 1\n",
		IMSTRACE_VERSION, kernel, host);
}

/* name{device="…",vector="…" and the caller goes on. */
static void sample(FILE *out, const char *name, const struct vector_report *vector)
{
	char clean[IMSTRACE_NAME_LEN], device[2 * IMSTRACE_NAME_LEN];

	sink_clean(clean, sizeof(clean), vector->vector.device);
	sink_escape(device, sizeof(device), clean);
	fprintf(out, "imstrace_%s{device=\"%s\",vector=\"%u\"", name, device,
		vector->vector.vector);
}

static void histogram(FILE *out, const struct vector_report *vector, enum imstrace_stage stage,
		      const struct histogram *histogram)
{
	__u64 seen = 0, count = histogram_count(histogram);
	__u32 bucket = 0;

	/* Values in no bucket may be below any of these ends: then none of the counts is known. */
	for (unsigned int bits = FIRST_BITS; !histogram->unplaced && bits <= LAST_BITS; bits++) {
		for (; bucket < histogram_bucket(1ULL << bits); bucket++)
			seen += histogram->buckets[bucket];
		sample(out, "stage_seconds_bucket", vector);
		fprintf(out, ",stage=\"%s\",le=\"%.11g\"} %" PRIu64 "\n", stage_name(stage),
			((1ULL << bits) - 1) / 1e9, (uint64_t)seen);
	}
	sample(out, "stage_seconds_bucket", vector);
	fprintf(out, ",stage=\"%s\",le=\"+Inf\"} %" PRIu64 "\n", stage_name(stage),
		(uint64_t)count);
	sample(out, "stage_seconds_count", vector);
	fprintf(out, ",stage=\"%s\"} %" PRIu64 "\n", stage_name(stage), (uint64_t)count);
	sample(out, "stage_seconds_sum", vector);
	fprintf(out, ",stage=\"%s\"} %" PRIu64 ".%09" PRIu64 "\n", stage_name(stage),
		(uint64_t)(histogram->sum / 1000000000), (uint64_t)(histogram->sum % 1000000000));
}

static void stages(FILE *out, const struct report *report)
{
	family(out, "stage_seconds", "histogram", "seconds",
	       "How long an interrupt took from one hop to the next, and over several.");
	for (size_t i = 0; i < report->count; i++) {
		const struct vector_report *vector = &report->vectors[i];

		for (unsigned int stage = 0; stage < STAGE_COUNT; stage++) {
			struct histogram values;

			if (report_stage_missing(vector, stage))
				continue;
			report_histogram(report, vector, stage, &values);
			histogram(out, vector, stage, &values);
		}
	}
}

static void hops(FILE *out, const struct report *report)
{
	family(out, "hops", "counter", NULL, "How often an interrupt was seen to pass a hop.");
	for (size_t i = 0; i < report->count; i++) {
		const struct vector_report *vector = &report->vectors[i];

		for (unsigned int hop = 0; hop < HOP_COUNT; hop++) {
			if (vector->hop_missing[hop])
				continue;
			sample(out, "hops_total", vector);
			fprintf(out, ",hop=\"%s\"} %" PRIu64 "\n", hop_name(hop),
				(uint64_t)vector->account.hops[hop]);
		}
	}
}

static __u64 coalesced(const struct vector_report *vector)
{
	return vector->account.coalesced;
}

static __u64 unmatched(const struct vector_report *vector)
{
	return account_unmatched(&vector->account);
}

static __u64 hardware(const struct vector_report *vector)
{
	return vector->account.hardware;
}

static __u64 lost(const struct vector_report *vector)
{
	return account_lost(&vector->account);
}

static void counters(FILE *out, const struct report *report)
{
	static const struct {
		const char *name, *sample, *help;
		__u64 (*value)(const struct vector_report *vector);
	} all[] = {
		{ "coalesced", "coalesced_total",
		  "Interrupts that were merged into one that was pending in the guest.", coalesced },
		{ "unmatched", "unmatched_total",
		  "Interrupts seen to end before their last hop.", unmatched },
		{ "hardware", "hardware_total",
		  "Interrupts that the CPU itself delivers (APICv, AVIC).", hardware },
		{ "lost", "lost_total", "Interrupts not followed to their end.", lost },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		family(out, all[i].name, "counter", NULL, all[i].help);
		for (size_t j = 0; j < report->count; j++) {
			__u64 value = all[i].value(&report->vectors[j]);

			/* Of one interrupt only the correction may be in the time asked for. */
			if ((long long)value < 0)
				continue;
			sample(out, all[i].sample, &report->vectors[j]);
			fprintf(out, "} %" PRIu64 "\n", (uint64_t)value);
		}
	}
}

static void in_flight(FILE *out, const struct report *report)
{
	family(out, "in_flight", "gauge", NULL,
	       "Interrupts on their way in the guest at the end.");
	for (size_t i = 0; i < report->count; i++) {
		if (report_in_flight_missing(&report->vectors[i]))
			continue;
		sample(out, "in_flight", &report->vectors[i]);
		fprintf(out, "} %" PRIu64 "\n", (uint64_t)report->vectors[i].in_flight);
	}
}

static void losses(FILE *out, const struct imstrace_totals *totals)
{
	const struct {
		const char *name;
		__u64 count;
	} all[] = {
		{ "vectors", totals->lost_vectors },
		{ "lifecycle", totals->lost_lifecycle },
		{ "interrupts", totals->lost_interrupts },
		{ "runs", totals->lost_runs },
		{ "values", totals->lost_values },
	};

	family(out, "lost_records", "counter", NULL,
	       "What was lost before it could be charged to a vector.");
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		fprintf(out, "imstrace_lost_records_total{what=\"%s\"} %" PRIu64 "\n", all[i].name,
			(uint64_t)all[i].count);
}

static void openmetrics_summary(FILE *out, const struct report *report)
{
	stages(out, report);
	hops(out, report);
	counters(out, report);
	in_flight(out, report);
	losses(out, &report->totals);
	fputs("# EOF\n", out);
}

const struct sink openmetrics_sink = {
	.start = openmetrics_start,
	.summary = openmetrics_summary,
};
