/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What has been measured of every vector between two readings of a source.
 */
#ifndef IMSTRACE_MEASURE_REPORT_H
#define IMSTRACE_MEASURE_REPORT_H

#include "../model/vectors.h"
#include "stages.h"

#include <stddef.h>

/**
 * struct vector_report - one vector's figures
 * @id:		its id in the source
 * @vector:	what is known of it
 * @account:	where its interrupts went
 * @in_flight:	signalled to a guest, but not at their EOI yet at the end
 * @stages:	how long each stage took
 * @hop_missing: why a hop can't be seen; NULL: it can
 */
struct vector_report {
	__u32 id;
	struct imstrace_vector vector;
	struct imstrace_account account;
	__u64 in_flight;
	struct stage_figures stages[STAGE_COUNT];
	const char *hop_missing[HOP_COUNT];
};

struct measurement;

/**
 * struct report - all figures of a stretch of time
 * @measurement: whose it is
 * @from:	CLOCK_MONOTONIC ns
 * @to:		likewise
 * @count:	number of @vectors, ordered by device and vector
 * @totals:	what was lost in it
 */
struct report {
	const struct measurement *measurement;
	__u64 from;
	__u64 to;
	size_t count;
	struct vector_report *vectors;
	struct imstrace_totals totals;
};

/* NULL if @stage can be measured at all, else why it can't; @source NULL: nothing can. */
const char *stage_missing(const struct source *source, enum imstrace_stage stage);

/* NULL if @stage can be measured for this vector, else why it can't. */
const char *report_stage_missing(const struct vector_report *vector, enum imstrace_stage stage);

/* NULL if what is in flight can be told, else why it can't. */
const char *report_in_flight_missing(const struct vector_report *vector);

/* Why hops can't be seen of some vectors, and which: a mask by enum imstrace_hop. */
struct missing {
	const char *why;
	unsigned int hops;
};

/* Each reason once, up to REPORT_REASONS. Return: how many. */
#define REPORT_REASONS	(HOP_COUNT * 4)
size_t report_missing(const struct report *report, struct missing missing[REPORT_REASONS]);

/* The longest stage that can be measured: it stands for the vector in a short row. */
enum imstrace_stage report_widest_stage(const struct vector_report *vector);

/* Whether anything happened to the vector. */
bool report_active(const struct vector_report *vector);

struct measurement *measurement_new(const struct source *source,
				    const struct vector_filter *filter);
void measurement_free(struct measurement *measurement);

/**
 * measurement_interval - read the source: what has happened since the last call?
 * @measurement: the readings
 * @now:	CLOCK_MONOTONIC ns
 *
 * Nothing is lost or counted twice between calls. An interrupt may turn out in
 * a later interval not to have been coalesced: there that count can be below 0.
 *
 * Return: valid until the next call.
 */
const struct report *measurement_interval(struct measurement *measurement, __u64 now);

/*
 * All that has happened from the source's beginning to the last
 * measurement_interval(): the figures of the intervals add up to these.
 * Return: as above.
 */
const struct report *measurement_summary(struct measurement *measurement);

/*
 * Every value of @stage that a vector's line in measurement_summary()'s @report is about, bucket
 * by bucket.
 */
void report_histogram(const struct report *report, const struct vector_report *vector,
		      enum imstrace_stage stage, struct histogram *histogram);

#endif /* IMSTRACE_MEASURE_REPORT_H */
