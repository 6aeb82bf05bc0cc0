// SPDX-License-Identifier: GPL-2.0-only
/*
 * What can't be measured has no sample, as everywhere: a 0 would say that it was.
 */
#include "metrics.h"

#include "../clock.h"
#include "../measure/accounts.h"
#include "../measure/stages.h"
#include "../model/lifecycle.h"
#include "../source/wall_clock.h"
#include "../version.h"

#include <stdio.h>
#include <unistd.h>

struct writer {
	struct exposition *exposition;
	const struct metrics_input *input;
	__u64 (*value)(const struct imstrace_account *account);
};

/* Of a set, and one more. */
#define SET_LABELS	5

static size_t label_set(struct label labels[SET_LABELS], char number[16],
			const struct series *series)
{
	size_t count = 0;

	if (!*series->source)
		return 0;
	labels[count++] = (struct label) { "source", series->source };
	labels[count++] = (struct label) { "device", series->device };
	labels[count++] = (struct label) { "vm", series->vm };
	labels[count++] = (struct label) { "mode", series->mode };
	if (series->vector != IMSTRACE_NONE) {
		snprintf(number, 16, "%u", series->vector);
		labels[count++] = (struct label) { "vector", number };
	}
	return count;
}

static void write_stages(void *context, const struct series *series)
{
	struct writer *writer = context;
	struct label labels[SET_LABELS + 1];
	char number[16], vector[16];
	size_t count = label_set(labels, number, series);

	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++) {
		const struct slowest_value *slowest = &series->slowest[stage];
		struct exemplar exemplar = {
			.value = slowest->value,
			.time = wall_clock_at(writer->input->source, slowest->time),
			.label = { "vector", vector },
		};
		struct histogram histogram;

		if (!series_stage_seen(series, stage))
			continue;
		series_histogram(series, stage, &histogram);
		/* Few have it: a 0 would say that it is measured, and is none of its. */
		if (stage_is_rare(stage) && !histogram_count(&histogram))
			continue;
		snprintf(vector, sizeof(vector), "%u", slowest->vector);
		labels[count] = (struct label) { "stage", stage_name(stage) };
		exposition_histogram(writer->exposition, labels, count + 1, &histogram,
				     slowest->value ? &exemplar : NULL);
	}
}

static void write_labelled(const struct writer *writer, const struct series *series,
			   const char *label, const char *value, __u64 count)
{
	struct label labels[SET_LABELS + 1];
	char number[16];
	size_t set = label_set(labels, number, series);

	labels[set] = (struct label) { label, value };
	exposition_number(writer->exposition, labels, set + 1, count);
}

static void write_hops(void *context, const struct series *series)
{
	for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
		if (series->hops_seen & 1U << hop)
			write_labelled(context, series, "hop", hop_name(hop),
				       series->account.hops[hop]);
}

static void write_ends(void *context, const struct series *series)
{
	for (unsigned int end = 0; end < END_COUNT; end++)
		if (end_counted(end))
			write_labelled(context, series, "end", end_name(end),
				       series->account.ends[end]);
}

static void write_counter(void *context, const struct series *series)
{
	struct writer *writer = context;
	struct label labels[SET_LABELS];
	char number[16];
	size_t count = label_set(labels, number, series);

	exposition_number(writer->exposition, labels, count, writer->value(&series->account));
}

static void write_in_flight(void *context, const struct series *series)
{
	struct writer *writer = context;
	struct label labels[SET_LABELS];
	char number[16];
	size_t count = label_set(labels, number, series);

	if (series->members && series->in_flight_seen)
		exposition_number(writer->exposition, labels, count, series->in_flight);
}

#define X(name, value, help)							\
static __u64 value_of_##name(const struct imstrace_account *account)		\
{										\
	return value;								\
}
EXPOSITION_ACCOUNT(X)
#undef X

static const struct by_set {
	const char *name, *unit, *help;
	enum metric_type type;
	void (*write)(void *context, const struct series *series);
	__u64 (*value)(const struct imstrace_account *account);
} by_set[] = {
	{ "stage", "seconds", EXPOSITION_STAGE_HELP,
	  METRIC_HISTOGRAM, write_stages, NULL },
	{ "hops", NULL, EXPOSITION_HOPS_HELP, METRIC_COUNTER,
	  write_hops, NULL },
	{ "ends", NULL, EXPOSITION_ENDS_HELP, METRIC_COUNTER, write_ends, NULL },
#define X(name, value, help) { #name, NULL, help, METRIC_COUNTER, write_counter, value_of_##name },
	EXPOSITION_ACCOUNT(X)
#undef X
	{ "in_flight", NULL, "Interrupts on their way in a guest", METRIC_GAUGE, write_in_flight,
	  NULL },
};

static void write_sets(struct exposition *exposition, const struct metrics_input *input)
{
	struct writer writer = { .exposition = exposition, .input = input };
	char name[32], help[128];

	for (size_t i = 0; i < sizeof(by_set) / sizeof(by_set[0]); i++) {
		writer.value = by_set[i].value;
		snprintf(help, sizeof(help), "%s.", by_set[i].help);
		exposition_family(exposition, by_set[i].name, by_set[i].type, by_set[i].unit, help);
		series_each(input->series, by_set[i].write, &writer);
		snprintf(name, sizeof(name), "host_%s", by_set[i].name);
		snprintf(help, sizeof(help), "%s; all vectors, past ones as well.", by_set[i].help);
		exposition_family(exposition, name, by_set[i].type, by_set[i].unit, help);
		by_set[i].write(&writer, series_host(input->series));
	}
}

static void gauge(struct exposition *exposition, const char *name, const char *help, __u64 value)
{
	exposition_family(exposition, name, METRIC_GAUGE, NULL, help);
	exposition_number(exposition, NULL, 0, value);
}

static void counter(struct exposition *exposition, const char *name, const char *help, __u64 value)
{
	exposition_family(exposition, name, METRIC_COUNTER, NULL, help);
	exposition_number(exposition, NULL, 0, value);
}

static void counter_seconds(struct exposition *exposition, const char *name, const char *help,
			    __u64 ns)
{
	exposition_family(exposition, name, METRIC_COUNTER, "seconds", help);
	exposition_seconds(exposition, NULL, 0, ns);
}

static void one_of(struct exposition *exposition, const char *label, const char *name, __u64 value)
{
	const struct label labels[] = { { label, name } };

	exposition_number(exposition, labels, 1, value);
}

static void write_system(struct exposition *exposition, const struct source *source)
{
	const struct label build[] = {
		{ "version", IMSTRACE_VERSION }, { "kernel", source->kernel },
	};

	exposition_family(exposition, "build", METRIC_INFO, NULL,
			  "Which imstrace this is, on which kernel.");
	exposition_number(exposition, build, 2, 1);
	exposition_family(exposition, "feature_attached", METRIC_GAUGE, NULL,
			  "Whether something that there is to see is seen, and by what.");
	for (size_t i = 0; i < source->feature_count; i++) {
		const struct feature_status *feature = &source->features[i];
		const struct label labels[] = {
			{ "feature", feature->name }, { "by", feature->attached },
		};

		exposition_number(exposition, labels, 2, *feature->attached != '\0');
	}
}

static void write_lives(struct exposition *exposition, const struct metrics_input *input)
{
	const struct series_state *state = series_state(input->series);

	exposition_family(exposition, "vectors", METRIC_GAUGE, NULL,
			  "Vectors, by how far their lives have got.");
	for (unsigned int life = 0; life < LIFE_COUNT; life++)
		one_of(exposition, "state", life_state_name(life), state->vectors[life]);
	gauge(exposition, "vector_ids", "Vectors that there is room for at a time (--max-vectors).",
	      input->source->capacity);
	gauge(exposition, "vector_ids_used", "Room for vectors that has been taken at least once.",
	      source_vector_count(input->source));
	counter(exposition, "vector_ids_retired",
		"Vectors that were gone for long and have given their room to others.",
		state->retired);
	exposition_family(exposition, "lifecycle_steps", METRIC_COUNTER, NULL,
			  "Steps in the lives of vectors.");
	for (unsigned int step = 0; step < STEP_COUNT; step++)
		one_of(exposition, "step", lifecycle_name(step), input->steps[step]);
	exposition_family(exposition, "lint_findings", METRIC_COUNTER, NULL,
			  "What was found to be wrong with a driver.");
	for (unsigned int rule = 0; rule < LINT_COUNT; rule++)
		one_of(exposition, "rule", lint_name(rule), input->findings[rule]);
	counter(exposition, "posting_fallbacks",
		"Vectors that the IOMMU posted, and that the host has to deliver again.",
		state->fallbacks);
}

static void write_bounds(struct exposition *exposition, const struct metrics_input *input)
{
	const struct series_state *state = series_state(input->series);

	gauge(exposition, "series", "Label sets that are exported.", state->sets);
	gauge(exposition, "series_limit", "Label sets that may be (--max-series).", input->most);
	counter(exposition, "series_dropped",
		"Vectors without a place among them: they are in the host's figures only.",
		state->dropped);
}

/* Resident, in bytes; 0: it can't be told. */
static __u64 resident(void)
{
	unsigned long long pages = 0;
	FILE *file = fopen("/proc/self/statm", "re");

	if (!file)
		return 0;
	if (fscanf(file, "%*u %llu", &pages) != 1)
		pages = 0;
	fclose(file);
	return pages * sysconf(_SC_PAGESIZE);
}

static void write_self(struct exposition *exposition, const struct metrics_input *input)
{
	const struct source_overhead *overhead = &input->source->overhead;
	static const char *const names[EXPOSITION_COUNT] = {
		[EXPOSITION_TEXT] = "text", [EXPOSITION_OPENMETRICS] = "openmetrics",
		[EXPOSITION_PROTOBUF] = "protobuf",
	};
	__u64 bytes = resident();

	if (overhead->runs) {
		counter(exposition, "program_runs",
			"Runs of the BPF programs, while the kernel counted them.", overhead->runs);
		counter_seconds(exposition, "program_run",
				"How long they took, while the kernel measured it.", overhead->ns);
	}
	counter(exposition, "readings", "How often the counters were read.", input->readings);
	counter_seconds(exposition, "reading", "How long that took.", input->reading_ns);
	exposition_family(exposition, "scrapes", METRIC_COUNTER, NULL,
			  "Answers that were written, in each format; several scrapes may share one.");
	for (unsigned int format = 0; format < EXPOSITION_COUNT; format++)
		one_of(exposition, "format", names[format], input->scrapes[format]);
	if (input->textfile)
		counter(exposition, "textfile_errors", "How often writing the file (--textfile) failed.",
			input->textfile_errors);
	counter_seconds(exposition, "process_cpu", "User and system CPU time of this process.",
			clock_now(CLOCK_PROCESS_CPUTIME_ID));
	exposition_family(exposition, "process_start_time", METRIC_GAUGE, "seconds",
			  "When it began, since 1970.");
	exposition_seconds(exposition, NULL, 0, input->started);
	if (bytes) {
		exposition_family(exposition, "process_resident_memory", METRIC_GAUGE, "bytes",
				  "Its resident memory.");
		exposition_number(exposition, NULL, 0, bytes);
	}
}

void metrics_write(struct exposition *exposition, const struct metrics_input *input)
{
	write_system(exposition, input->source);
	write_sets(exposition, input);
	exposition_losses(exposition, input->source->totals);
	write_lives(exposition, input);
	write_bounds(exposition, input);
	write_self(exposition, input);
	exposition_end(exposition);
}
