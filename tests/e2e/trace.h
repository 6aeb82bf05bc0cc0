/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs of imstrace --json, and what it said. */
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
	json_t *findings;	/* array */
	json_t *summary;
	json_t *lint;		/* the verdict */
};

/* imstrace live --lint, started and attached; its output goes to OUTPUT/@name.json. */
struct trace trace_start(const char *name, const char *arguments);
/* The same, with the privileges of a service. */
struct trace service_start(const char *name, const char *arguments);
/* The same of imstrace lint, which shows findings only. */
struct trace lint_start(const char *name, const char *arguments);
/* Ends it as Ctrl-C does, and reads what it said. Return: its exit status. */
int trace_stop(struct trace *trace);
/* The same, of an imstrace live whose accounts must balance and which finds nothing. */
void trace_end(struct trace *trace);
void trace_free(struct trace *trace);

/* The interrupts of a vector that reached their EOI, in the order of their injection. */
json_t **trace_completed(const struct trace *trace, const char *device, long long vector,
			 size_t *count);

#endif /* IMSTRACE_E2E_TRACE_H */
