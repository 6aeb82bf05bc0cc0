/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Recordings that the real writer makes of a fake source, for the tests of the reader and as
 * seeds of its fuzzer.
 */
#ifndef IMSTRACE_TESTS_UNIT_FAKE_RECORDING_H
#define IMSTRACE_TESTS_UNIT_FAKE_RECORDING_H

#include "fake.h"

#include "../../user/model/hops.h"
#include "../../user/recording/writer.h"

#define FAKE_DEVICE	"83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"

/* Two vectors, all steps of one and all ends of both, in the fewest events. */
static inline int fake_record_all(struct ctf_writer *writer, struct fake_source *fake)
{
	__u32 first = fake_vector(fake, FAKE_DEVICE, 0);
	__u32 second = fake_vector(fake, "0000:00:04.0", 1);
	__u64 time = fake->source.started;
	int ret;

	fake->vectors[second].kind = KIND_PCI;
	fake->totals.lost_interrupts = 3;
	fake->totals.lost_lifecycle = 2;
	ret = ctf_start(writer, &fake->source);
	for (unsigned int step = 0; step < STEP_COUNT && !ret; step++) {
		const struct imstrace_lifecycle lifecycle = {
			.time = time += 100, .step = step, .id = step % 2 ? first : IMSTRACE_NONE,
			.device = FAKE_DEVICE, .irq = 30, .slot = 1, .pasid = IMSTRACE_NONE,
			.ret = step == STEP_IRQ_REQUEST ? -16 : 0, .eventfd_id = 7, .pid = 178,
			.data = 0x31, .hop = step == STEP_STRAY ? HOP_SIGNAL : 0,
		};

		ret = ctf_write_lifecycle(writer, &lifecycle);
	}
	for (unsigned int end = 0; end < END_COUNT && !ret; end++) {
		struct imstrace_interrupt interrupt = {
			.id = end % 2 ? first : second, .guest_vector = 0x31,
			.cause = end % CAUSE_COUNT, .end = end, .recounted = end == END_HARDWARE,
		};

		for (unsigned int hop = 0; hop <= (end == END_IN_FLIGHT ? HOP_ACCEPT : end_hop(end)); hop++)
			interrupt.times[hop] = time += 50;
		ret = ctf_write_interrupt(writer, &interrupt);
	}
	return ret;
}

#endif /* IMSTRACE_TESTS_UNIT_FAKE_RECORDING_H */
