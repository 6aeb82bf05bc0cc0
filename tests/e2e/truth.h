/* SPDX-License-Identifier: GPL-2.0-only */
/* The ground truth: what ims-guest knows. */
#ifndef IMSTRACE_E2E_TRUTH_H
#define IMSTRACE_E2E_TRUTH_H

#include "json.h"

#define IMS_GUEST	"build/tests/guest/ims-guest"

/* One run of the guest. To be freed by json_decref(). */
json_t *guest_run(const char *arguments);

/* A guest that runs until it is told to ring (--step): its vectors are bound. */
struct program guest_start(const char *arguments);
/* It rings; it holds its vectors until program_end(). */
json_t *guest_ring(struct program *guest);
/* The same of one that has been told already. */
json_t *guest_truth(struct program *guest);

/* Adds a later run of the same device; what can't be added up is that of the later one. */
void truth_add(json_t *truth, json_t *later);

bool truth_emulated(json_t *vector);

#endif /* IMSTRACE_E2E_TRUTH_H */
