/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs of imstrace live --json, and what it said. */
#ifndef IMSTRACE_E2E_TRACE_H
#define IMSTRACE_E2E_TRACE_H

#include "json.h"

/* What it said is sorted by type, in the order in which it was said. */
struct trace {
	struct program program;
	char path[128];
	bool events;		/* every interrupt is in @interrupts */
	json_t *start;
	json_t *lifecycle;	/* array */
	json_t *interrupts;	/* array */
	json_t *intervals;	/* array */
	json_t *summary;
};

/* Started and attached; its output goes to OUTPUT/@name.json. */
struct trace trace_start(const char *name, const char *arguments);
/* Ends it as Ctrl-C does, reads what it said, and checks that its accounts balance. */
void trace_end(struct trace *trace);
void trace_free(struct trace *trace);

/* The interrupts of a vector that reached their EOI, in the order of their injection. */
json_t **trace_completed(const struct trace *trace, const char *device, long long vector,
			 size_t *count);

#endif /* IMSTRACE_E2E_TRACE_H */
