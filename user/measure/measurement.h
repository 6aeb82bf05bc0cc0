/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A source's vectors measured while they are counting: which are wanted may change meanwhile.
 */
#ifndef IMSTRACE_MEASURE_MEASUREMENT_H
#define IMSTRACE_MEASURE_MEASUREMENT_H

#include "figures.h"

struct measurement;

/* NULL: out of memory. @source and @filter must stay. */
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
const struct figures *measurement_interval(struct measurement *measurement, __u64 now);

/**
 * measurement_summary - what has happened from the source's start to the last interval's end?
 * @measurement: the readings
 *
 * The figures of the intervals add up to these.
 *
 * Return: valid until the next call, of this function or of measurement_vector().
 */
const struct figures *measurement_summary(struct measurement *measurement);

/* The same of vector @id alone, which has been in an interval; what was lost is no vector's. */
const struct figures *measurement_vector(struct measurement *measurement, __u32 id);

#endif /* IMSTRACE_MEASURE_MEASUREMENT_H */
