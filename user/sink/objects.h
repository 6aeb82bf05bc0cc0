/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What imstrace knows, as the JSON objects of docs/schema/imstrace-1.json: json_sink writes them one a
 * line, html_sink puts them into its page, so neither can differ from the other.
 *
 * Each is the caller's to free; NULL: out of memory.
 */
#ifndef IMSTRACE_SINK_OBJECTS_H
#define IMSTRACE_SINK_OBJECTS_H

#include "../measure/figures.h"
#include "../measure/slowest.h"
#include "../measure/why.h"
#include "../model/lint.h"
#include "../source/environment.h"
#include "../source/inventory.h"

#include <jansson.h>

/* Printable ASCII of @text. */
json_t *object_name(const char *text);

json_t *object_start(const struct source *source);
/* The ladder: an array, empty if @source is NULL or a recording, which does not have it. */
json_t *object_features(const struct source *source);
json_t *object_check(const struct environment *environment, const struct inventory *inventory,
		     const struct source *source);
json_t *object_lifecycle(const struct imstrace_lifecycle *step);
json_t *object_interrupt(const struct imstrace_vector *vector,
			 const struct imstrace_interrupt *interrupt);
json_t *object_figures(const struct stage_figures *figures);
/* @type is "interval" or "summary". */
json_t *object_report(const char *type, const struct figures *figures);
json_t *object_histogram(const struct figures *figures, const struct vector_figures *vector,
			 enum imstrace_stage stage);
json_t *object_slowest(const struct slowest *slowest);
json_t *object_why(const struct why_result *why, const struct figures *figures);
/* A thread behind which vCPUs waited, with how often and how long. */
json_t *object_thread(const struct source_competitor *competitor);
/* What was lost. */
json_t *object_lost(const struct figures *figures);
json_t *object_finding(const struct lint_finding *finding);
json_t *object_verdict(const struct lint_verdict *verdict, int exit_code);

#endif /* IMSTRACE_SINK_OBJECTS_H */
