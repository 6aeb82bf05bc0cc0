// SPDX-License-Identifier: GPL-2.0-only
/*
 * The summary as OpenMetrics text 1.0, which Prometheus and its textfile collector read. What can't
 * be measured has no sample: a 0 would say that it was.
 */
#include "exposition.h"
#include "sink.h"

#include "../measure/accounts.h"
#include "../version.h"

static bool openmetrics_open(struct sink *sink)
{
	struct exposition *exposition = sink->context;

	exposition->format = EXPOSITION_OPENMETRICS;
	exposition->out = sink->out;
	return true;
}

static void openmetrics_start(struct sink *sink, const struct source *source)
{
	struct exposition *exposition = sink->context;
	const struct label labels[] = {
		{ "version", IMSTRACE_VERSION }, { "kernel", source->kernel }, { "host", source->host },
	};

	exposition_family(exposition, "build", METRIC_INFO, NULL,
			  "What was recorded, and by which imstrace it is told.");
	exposition_number(exposition, labels, 3, 1);
}

/* What every sample of a vector has, and one label more. */
struct vector_labels {
	char device[IMSTRACE_NAME_LEN], number[16];
	struct label labels[4];
};

#define OF_VECTOR	3

static void label_vector(struct vector_labels *of, const struct vector_figures *vector)
{
	sink_clean(of->device, sizeof(of->device), vector->vector.device);
	snprintf(of->number, sizeof(of->number), "%u", vector->vector.vector);
	of->labels[0] = (struct label) { "device", of->device };
	of->labels[1] = (struct label) { "vector", of->number };
	of->labels[2] = (struct label) { "source", vector_source(&vector->vector) ?: "unknown" };
}

static void stages(struct exposition *exposition, const struct figures *figures)
{
	exposition_family(exposition, "stage", METRIC_HISTOGRAM, "seconds",
			  EXPOSITION_STAGE_HELP ".");
	for (size_t i = 0; i < figures->count; i++) {
		const struct vector_figures *vector = &figures->vectors[i];
		struct vector_labels of;

		label_vector(&of, vector);
		for (unsigned int stage = 0; stage < STAGE_COUNT; stage++) {
			struct histogram values;

			if (figures_stage_missing(vector, stage) || !figures_can_have(vector, stage))
				continue;
			figures_histogram(figures, vector, stage, &values);
			of.labels[OF_VECTOR] = (struct label) { "stage", stage_name(stage) };
			exposition_histogram(exposition, of.labels, OF_VECTOR + 1, &values, NULL);
		}
	}
}

/* What a hop, or an end, of a vector counts; NULL: it is not counted. */
struct counted {
	const char *name;
	__u64 count;
};

static struct counted at_hop(const struct vector_figures *vector, unsigned int hop)
{
	if (vector->hop_missing[hop])
		return (struct counted) { NULL, 0 };
	return (struct counted) { hop_name(hop), vector->account.hops[hop] };
}

static struct counted at_end(const struct vector_figures *vector, unsigned int end)
{
	/* Of one interrupt only the correction may be in the time asked for. */
	if (!end_counted(end) || (long long)vector->account.ends[end] < 0)
		return (struct counted) { NULL, 0 };
	return (struct counted) { end_name(end), vector->account.ends[end] };
}

/* A sample of each vector for each of @count, labelled @label. */
static void samples(struct exposition *exposition, const struct figures *figures, const char *label,
		    unsigned int count,
		    struct counted (*at)(const struct vector_figures *vector, unsigned int number))
{
	for (size_t i = 0; i < figures->count; i++) {
		struct vector_labels of;

		label_vector(&of, &figures->vectors[i]);
		for (unsigned int number = 0; number < count; number++) {
			struct counted sample = at(&figures->vectors[i], number);

			if (!sample.name)
				continue;
			of.labels[OF_VECTOR] = (struct label) { label, sample.name };
			exposition_number(exposition, of.labels, OF_VECTOR + 1, sample.count);
		}
	}
}

static void hops_and_ends(struct exposition *exposition, const struct figures *figures)
{
	exposition_family(exposition, "hops", METRIC_COUNTER, NULL, EXPOSITION_HOPS_HELP ".");
	samples(exposition, figures, "hop", HOP_COUNT, at_hop);
	exposition_family(exposition, "ends", METRIC_COUNTER, NULL, EXPOSITION_ENDS_HELP ".");
	samples(exposition, figures, "end", END_COUNT, at_end);
}

#define X(name, value, help)							\
static __u64 value_of_##name(const struct imstrace_account *account)		\
{										\
	return value;								\
}
EXPOSITION_ACCOUNT(X)
#undef X

static void counters(struct exposition *exposition, const struct figures *figures)
{
	static const struct {
		const char *name, *help;
		__u64 (*value)(const struct imstrace_account *account);
	} all[] = {
#define X(name, value, help) { #name, help ".", value_of_##name },
		EXPOSITION_ACCOUNT(X)
#undef X
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		exposition_family(exposition, all[i].name, METRIC_COUNTER, NULL, all[i].help);
		for (size_t j = 0; j < figures->count; j++) {
			__u64 value = all[i].value(&figures->vectors[j].account);
			struct vector_labels of;

			/* Of one interrupt only the correction may be in the time asked for. */
			if ((long long)value < 0)
				continue;
			label_vector(&of, &figures->vectors[j]);
			exposition_number(exposition, of.labels, OF_VECTOR, value);
		}
	}
}

static void in_flight(struct exposition *exposition, const struct figures *figures)
{
	exposition_family(exposition, "in_flight", METRIC_GAUGE, NULL,
			  "Interrupts on their way in the guest at the end.");
	for (size_t i = 0; i < figures->count; i++) {
		struct vector_labels of;

		if (figures->vectors[i].in_flight_missing)
			continue;
		label_vector(&of, &figures->vectors[i]);
		exposition_number(exposition, of.labels, OF_VECTOR, figures->vectors[i].in_flight);
	}
}

static void openmetrics_summary(struct sink *sink, const struct figures *figures)
{
	struct exposition *exposition = sink->context;

	stages(exposition, figures);
	hops_and_ends(exposition, figures);
	counters(exposition, figures);
	in_flight(exposition, figures);
	exposition_losses(exposition, &figures->totals);
	exposition_end(exposition);
}

const struct sink_ops openmetrics_sink = {
	.context_size = sizeof(struct exposition),
	.open = openmetrics_open,
	.start = openmetrics_start,
	.summary = openmetrics_summary,
};
