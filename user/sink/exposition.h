/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Metrics in the formats that Prometheus reads. The text is what imstrace export writes as well.
 */
#ifndef IMSTRACE_SINK_EXPOSITION_H
#define IMSTRACE_SINK_EXPOSITION_H

#include "../measure/histogram.h"

#include <imstrace/records.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum exposition_format {
	EXPOSITION_TEXT,	/* Prometheus' own, 0.0.4 */
	EXPOSITION_OPENMETRICS,	/* 1.0.0 */
	EXPOSITION_PROTOBUF,	/* delimited MetricFamily: has native histograms */
	EXPOSITION_COUNT
};

enum metric_type {
	METRIC_COUNTER,
	METRIC_GAUGE,
	METRIC_INFO,
	METRIC_HISTOGRAM,
};

/* Families of which a label set, the host and the summary of a recording have each one: their help. */
#define EXPOSITION_STAGE_HELP	\
	"How long an interrupt took from one hop to the next, and over several"
#define EXPOSITION_HOPS_HELP	"How often an interrupt was seen to pass a hop"
#define EXPOSITION_ENDS_HELP	\
	"How interrupts ended that did not pass all hops; each ends in exactly one way"

/* X(name, what it is of @account, help) */
#define EXPOSITION_ACCOUNT(X)							\
	X(coalesced, account->ends[END_COALESCED],					\
	  "Interrupts that were merged into one that was pending in the guest")	\
	X(unmatched, account_unmatched(account),				\
	  "Interrupts seen to end before their last hop")			\
	X(hardware, account->ends[END_HARDWARE],						\
	  "Interrupts that the CPU itself delivers (APICv, AVIC)")		\
	X(lost, account_lost(account), "Interrupts not followed to their end")

struct label {
	const char *name;
	const char *value;
};

/**
 * struct exemplar - one value out of a histogram
 * @value:	in ns
 * @time:	ns since 1970
 * @label:	where it comes from; its name is NULL where there is none
 */
struct exemplar {
	__u64 value;
	__u64 time;
	struct label label;
};

#define EXPOSITION_LABELS	8

/**
 * struct exposition - metrics that are being written
 * @out:	where to
 * @format:	how
 * @name:	of the family that is being written, without "imstrace_"
 * @type:	its type
 * @body:	in protobuf: what there is of it
 *
 * All but the first two are its own.
 */
struct exposition {
	FILE *out;
	enum exposition_format format;
	char name[64];
	enum metric_type type;
	FILE *body;
	char *bytes;
	size_t size;
	size_t head;
};

/* What HTTP calls the format. */
const char *exposition_content_type(enum exposition_format format);

/*
 * The format that a client gets who sends this header "Accept" (NULL: none). What it can't
 * be given is passed over: text is what every client takes.
 */
enum exposition_format exposition_negotiate(const char *accept);

/*
 * Begins a family; @name is without "imstrace_", unless it begins with "process_", and without its
 * unit or "_total". @unit: NULL: none.
 */
void exposition_family(struct exposition *exposition, const char *name, enum metric_type type,
		       const char *unit, const char *help);

/* A sample of it. No label's value need be fit to print; up to EXPOSITION_LABELS. */
void exposition_number(struct exposition *exposition, const struct label *labels, size_t count,
		       __u64 value);
/* In seconds. */
void exposition_seconds(struct exposition *exposition, const struct label *labels, size_t count,
			__u64 ns);
void exposition_histogram(struct exposition *exposition, const struct label *labels, size_t count,
			  const struct histogram *histogram, const struct exemplar *exemplar);

/* The family of what was lost before it could be charged to a vector. */
void exposition_losses(struct exposition *exposition, const struct imstrace_totals *totals);

/* After the last family. */
void exposition_end(struct exposition *exposition);

#endif /* IMSTRACE_SINK_EXPOSITION_H */
