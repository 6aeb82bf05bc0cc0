/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts that have not ended.
 */
#ifndef IMSTRACE_SOURCE_IN_FLIGHT_H
#define IMSTRACE_SOURCE_IN_FLIGHT_H

#include "memory.h"

/*
 * Nothing runs any more: what has not ended by now is told of as it stands, so that what is
 * streamed is all that has been counted.
 */
void tell_in_flight(const struct source *source, const struct memory *memory,
		    const struct imstrace_bpf *programs);

#endif /* IMSTRACE_SOURCE_IN_FLIGHT_H */
