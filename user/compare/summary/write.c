// SPDX-License-Identifier: GPL-2.0-only
#include "summary.h"

#include "../../errors.h"
#include "../../measure/stages.h"
#include "../../version.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

/* Names are of other programs, and JSON is UTF-8. */
static json_t *text(const char *from)
{
	char clean[SOURCE_NAME_LEN];
	size_t i = 0;

	for (; from[i] && i + 1 < sizeof(clean); i++)
		clean[i] = from[i] >= ' ' && from[i] <= '~' ? from[i] : '?';
	clean[i] = '\0';
	return json_string(clean);
}

static json_t *text_or_null(const char *from)
{
	return *from ? text(from) : json_null();
}

/* Takes @value. */
static void write_value(FILE *file, json_t *value)
{
	if (!value || json_dumpf(value, file, JSON_COMPACT | JSON_ENCODE_ANY))
		/* Not JSON: whoever reads it will say so. */
		fputs("out of memory", file);
	json_decref(value);
}

/* Takes @value. A line of the head. */
static void write_member(FILE *file, const char *name, json_t *value)
{
	fprintf(file, "\"%s\":", name);
	write_value(file, value);
	fputs(",\n", file);
}

static json_t *hops_object(const struct summary *summary)
{
	json_t *hops = json_object();

	for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
		if (summary_keeps_hop(hop))
			json_object_set_new(hops, hop_name(hop), text_or_null(summary->hops[hop]));
	return hops;
}

static void write_stage(FILE *file, const char *name, const struct summary_stage *stage)
{
	fprintf(file, "\"%s\":", name);
	if (!stage->measured) {
		fputs("null", file);
		return;
	}
	fprintf(file, "{\"count\":%" PRIu64 ",\"sum\":%" PRIu64 ",\"min\":%" PRIu64
		",\"max\":%" PRIu64 ",\"unplaced\":%" PRIu64 ",\"buckets\":[",
		(uint64_t)stage->total, (uint64_t)stage->sum, (uint64_t)stage->min,
		(uint64_t)stage->max, (uint64_t)stage->unplaced);
	for (size_t i = 0; i < stage->count; i++)
		fprintf(file, "%s%u,%" PRIu64, i ? "," : "", stage->buckets[i].bucket,
			(uint64_t)stage->buckets[i].count);
	fputs("]}", file);
}

static void write_series(FILE *file, const struct summary_series *series)
{
	json_t *hops = json_object();

	for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
		if (summary_keeps_hop(hop))
			json_object_set_new(hops, hop_name(hop), series->hops[hop] < 0 ? json_null() :
					    json_integer(series->hops[hop]));
	fputs("{", file);
	write_member(file, "device", text(series->device));
	write_member(file, "class", text_or_null(series->class));
	write_member(file, "vector", json_integer(series->vector));
	write_member(file, "mode", text_or_null(series->mode));
	write_member(file, "hops", hops);
	fprintf(file, "\"coalesced\":%" PRIu64 ",\"unmatched\":%" PRIu64 ",\"hardware\":%" PRIu64
		",\"lost\":%" PRIu64 ",\n\"stages\":{", (uint64_t)series->coalesced,
		(uint64_t)series->unmatched, (uint64_t)series->hardware, (uint64_t)series->lost);
	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++) {
		if (!summary_keeps(stage))
			continue;
		fputs(stage ? ",\n" : "\n", file);
		write_stage(file, stage_name(stage), &series->stages[stage]);
	}
	fputs("}}", file);
}

static void write_run(FILE *file, const struct summary_run *run)
{
	const char *separator = "";

	fprintf(file, "{\"started\":%" PRIu64 ",\"duration\":%" PRIu64 ",\"pair\":%u,\n\"lost\":{",
		(uint64_t)run->started, (uint64_t)run->duration, run->pair);
#define X(name)										\
	fprintf(file, "%s\"" #name "\":%" PRIu64, separator, (uint64_t)run->lost.name);	\
	separator = ",";
	SUMMARY_LOSSES(X)
#undef X
	fputs("},\n\"vectors\":[\n", file);
	for (size_t i = 0; i < run->count; i++) {
		fputs(i ? ",\n" : "", file);
		write_series(file, &run->series[i]);
	}
	fputs("]}", file);
}

int summary_write(const struct summary *summary, FILE *file)
{
	fputs("{", file);
	write_member(file, "format", json_string(SUMMARY_FORMAT));
	write_member(file, "schema", json_integer(SUMMARY_SCHEMA));
	write_member(file, "version", json_string(IMSTRACE_VERSION));
	write_member(file, "unit", json_string("ns"));
	write_member(file, "bucket_bits", json_integer(HISTOGRAM_BITS));
	write_member(file, "session", json_integer(summary->session));
	write_member(file, "revision", text_or_null(summary->revision));
	write_member(file, "labels", json_incref(summary->labels));
	write_member(file, "command", json_incref(summary->command));
	write_member(file, "host", text(summary->host));
	write_member(file, "kernel", text(summary->kernel));
	write_member(file, "cpu", text_or_null(summary->cpu));
	write_member(file, "cpus", json_integer(summary->cpus));
	write_member(file, "hops", hops_object(summary));
	fputs("\"runs\":[\n", file);
	for (size_t i = 0; i < summary->run_count; i++) {
		fputs(i ? ",\n" : "", file);
		write_run(file, &summary->runs[i]);
	}
	fputs("]}\n", file);
	if (fflush(file) || ferror(file))
		return report_error(EXIT_RUNTIME, NULL, "writing %s failed: %s", summary->path,
			     strerror(errno));
	/* A pipe has no length. */
	if (ftello(file) >= 0 && ftruncate(fileno(file), ftello(file)) && errno != EINVAL)
		return report_error(EXIT_RUNTIME, NULL, "writing %s failed: %s", summary->path,
			     strerror(errno));
	return 0;
}
