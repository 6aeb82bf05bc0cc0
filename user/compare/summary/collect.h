/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs of a workload, measured while it is followed.
 */
#ifndef IMSTRACE_SUMMARY_COLLECT_H
#define IMSTRACE_SUMMARY_COLLECT_H

#include "../../measure/measurement.h"
#include "summary.h"

struct collector;

/* For a measurement of @source. NULL: out of memory. */
struct collector *collector_new(const struct source *source, struct measurement *measurement);
void collector_free(struct collector *collector);

/* Often: looks at devices that are new, while they are there. */
void collector_look(struct collector *collector);

/*
 * What has happened since the last call, or since the beginning, goes into @run; NULL: it is
 * not wanted. false: out of memory.
 */
bool collector_take(struct collector *collector, struct summary_run *run);

#endif /* IMSTRACE_SUMMARY_COLLECT_H */
