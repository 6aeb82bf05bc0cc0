/* SPDX-License-Identifier: GPL-2.0-only */
/* Ringing the doorbells, and waiting for what the guest makes of it. */
#ifndef IMS_GUEST_RING_H
#define IMS_GUEST_RING_H

#include <signal.h>
#include <stdbool.h>

#include "clock.h"
#include "machine.h"
#include "vector.h"
#include "vfio.h"
#include "writer.h"

struct ringer {
	const struct vfio *vfio;
	const struct writer *writer;	/* of DOORBELL_PROCESS */
	const struct machine *machine;
	struct vectors *vectors;
	struct clock *clock;
	bool wait;		/* for the guest's count of a vector, before it is rung again */
	bool yield;		/* while waiting, give the CPU away instead of sleeping */
	double rate;		/* doorbells per second over all vectors; 0: as fast as it goes */
	uint64_t timeout_ns;	/* for one interrupt, and for one doorbell */
	/*
	 * After each doorbell nobody else gets this CPU for so long: where the vCPUs have no
	 * other, they are held off.
	 */
	uint64_t hold_ns;
	const volatile sig_atomic_t *interrupted;
	uint64_t elapsed_ns;	/* result: from the first doorbell to the last one, or to what came of it */
};

/*
 * Lets the calling thread hold the CPU as @hold_ns of a ringer says, and the whole program
 * run on no other. Before the vCPUs are started.
 */
void ring_prepare_hold(void);

/*
 * Rings each vector as often as its count says, in turns, then waits until the guest is
 * quiet. Returns false, after a message, if something failed on the way; what was rung
 * until then is in the vectors all the same.
 */
bool ring_all(struct ringer *ringer);

/* Waits until the guest has taken all that was rung. As ring_all(), false if it does not. */
bool ring_wait(const struct ringer *ringer);

#endif /* IMS_GUEST_RING_H */
