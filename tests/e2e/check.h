/* SPDX-License-Identifier: GPL-2.0-only */
/* What imstrace said against what is true. Each of them fails the running test. */
#ifndef IMSTRACE_E2E_CHECK_H
#define IMSTRACE_E2E_CHECK_H

#include "trace.h"
#include "truth.h"

extern const char *const check_hops[];
extern const size_t check_hop_count;

/*
 * Each interrupt that was seen to begin has ended in a count, or is in flight: the
 * equations of include/imstrace/records.h, for each vector. trace_end() does it.
 */
void check_accounts(const struct trace *trace);

/* Of a vector's "ends", @end is @count, and all others are 0. @end NULL: all are. */
void check_only_end(json_t *vector, const char *end, long long count);

/* Nothing that is seen is lost, and nothing that has begun is in flight. */
void check_settled(const struct trace *trace);

/* Every hop of a vector of @truth was seen as often as the guest knows that it happened. */
void check_vector(json_t *truth, json_t *expected, const struct trace *trace);
/* The same of all of its vectors, and all is settled. */
void check_counts(json_t *truth, const struct trace *trace);

/*
 * For each interrupt: the doorbell came before the first hop, the hops came in order, the
 * guest's handler ran between inject and EOI, and the stages of this one interrupt add up.
 */
void check_times(json_t *truth, const struct trace *trace);
/* How far the guest's TSC, read as host time, may be off; ns. */
long long check_clock_error(json_t *truth);

/*
 * The histograms filled in the kernel say what the streamed interrupts say. For runs in which
 * every interrupt gets to its EOI.
 */
void check_figures(const struct trace *trace);

/* What the intervals say adds up to the summary, for each count of each vector. */
void check_intervals(const struct trace *trace);

#endif /* IMSTRACE_E2E_CHECK_H */
