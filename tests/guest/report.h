/* SPDX-License-Identifier: GPL-2.0-only */
/* What ims-guest says on stdout: one line of JSON per report. */
#ifndef IMS_GUEST_REPORT_H
#define IMS_GUEST_REPORT_H

#include <stdbool.h>

#include "clock.h"
#include "machine.h"
#include "vector.h"

struct report {
	const char *device;
	enum doorbell doorbell;
	bool wait;
	bool stamps;		/* with ring_ns, isr_ns and isr_end_ns */
	bool held;		/* and held_ns */
	bool interrupted;
	uint64_t elapsed_ns;	/* all that was rung took so long */
	const struct machine *machine;
	const struct vectors *vectors;
	const struct clock *clock;
};

extern const char *const doorbell_names[DOORBELL_KINDS];

/* Every vector is bound and nothing has been rung. */
void report_bound(const struct report *report);
/* What was rung, and what the guest saw of it. */
void report_truth(const struct report *report);

#endif /* IMS_GUEST_REPORT_H */
