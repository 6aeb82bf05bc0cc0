/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is reported of a stage.
 */
#ifndef IMSTRACE_MEASURE_STAGES_H
#define IMSTRACE_MEASURE_STAGES_H

#include "../model/hops.h"
#include "histogram.h"

#include <imstrace/records.h>

/*
 * X(name, heading, percent): the one list of the percentiles in every output.
 */
#define IMSTRACE_PERCENTILES(X)		\
	X(p50,  "P50",   50)		\
	X(p90,  "P90",   90)		\
	X(p99,  "P99",   99)		\
	X(p999, "P99.9", 99.9)

/*
 * All in ns. With a count of 0 nothing else means anything; nor do the percentiles
 * if some of the values are @unplaced.
 */
struct stage_figures {
	__u64 count;
	__u64 unplaced;
	__u64 min;
	__u64 mean;
#define X(name, heading, percent) __u64 name;
	IMSTRACE_PERCENTILES(X)
#undef X
	__u64 max;
};

/* See IMSTRACE_STAGES. */
enum stage_class { STAGE_IS_STEP, STAGE_IS_SUM, STAGE_IS_PART, STAGE_IS_BOUND };

const char *stage_name(enum imstrace_stage stage);
enum stage_class stage_class(enum imstrace_stage stage);
/* Of which of the interrupts that pass both of its hops it is; empty: of all. */
const char *stage_of(enum imstrace_stage stage);
/* Of a part, or a bound: the step that it belongs to. STAGE_COUNT: it is neither. */
enum imstrace_stage stage_part_of(enum imstrace_stage stage);
/* Whether most that pass both of its hops are without it: it is shown where some have it. */
bool stage_is_rare(enum imstrace_stage stage);
enum imstrace_hop stage_from(enum imstrace_stage stage);
enum imstrace_hop stage_to(enum imstrace_stage stage);

struct stage_figures stage_figures(const struct histogram *histogram);

/* The step of an interrupt that begins at @hop; STAGE_COUNT: there is none. */
enum imstrace_stage stage_after(const struct imstrace_interrupt *interrupt, enum imstrace_hop hop);

/* How long one interrupt took, in ns; -1: it did not pass both hops, or not at a known time. */
long long stage_time(const struct imstrace_interrupt *interrupt, enum imstrace_stage stage);

/* From the first hop that it passed to the last, in ns: at known times. */
__u64 interrupt_took(const struct imstrace_interrupt *interrupt);

/* When it passed its last hop. */
__u64 interrupt_ended(const struct imstrace_interrupt *interrupt);

#endif /* IMSTRACE_MEASURE_STAGES_H */
