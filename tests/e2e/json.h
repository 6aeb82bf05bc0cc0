/* SPDX-License-Identifier: GPL-2.0-only */
/* Looking into JSON. What is asked for must be there, or the running test fails. */
#ifndef IMSTRACE_E2E_JSON_H
#define IMSTRACE_E2E_JSON_H

#include "lab.h"

/* A number deep in an object, such as "hops.irq". */
long long number(json_t *object, const char *path);
bool is_null(json_t *object, const char *path);
/* The same of @group.@name. */
long long member(json_t *object, const char *group, const char *name);
bool member_is_null(json_t *object, const char *group, const char *name);
const char *text(json_t *object, const char *key);
void expect_text(json_t *object, const char *key, const char *expected);

/* An entry in "vectors" of a summary or of an interval; NULL: it isn't there. */
json_t *look_for_vector(json_t *report, const char *device, long long vector);
json_t *find_vector(json_t *report, const char *device, long long vector);

/*
 * The one line that @command writes, such as imstrace check --json; it is kept as @name for
 * tests/check-schema.
 */
json_t *json_of(const char *name, const char *command);

#endif /* IMSTRACE_E2E_JSON_H */
