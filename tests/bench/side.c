// SPDX-License-Identifier: GPL-2.0-only
#include "side.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define GUEST_FIRST	0x20	/* guest vectors below are the CPU's exceptions */

const char *const point_names[POINT_COUNT] = {
#define X(ENUM, program, floor) [POINT_##ENUM] = #program,
	POINTS(X)
#undef X
};

struct driver *side_driver(struct side *side, struct bpf_program *const programs[POINT_COUNT])
{
	struct objects *objects = replay_objects(side->replay);
	struct driver *driver = driver_new(programs, side->batch, objects_map(objects),
		objects_offset(objects, replay_task(side->replay), MEMBER_TASK_NOTIFIERS));

	for (unsigned int i = 0; i < side->batch; i++) {
		/* A stride that meets all of them, and that no prefetcher follows. */
		unsigned int number = i * 1237u % side->firing;
		const struct vector *vector = &side->vectors[number];
		const struct vcpu *vcpu = &side->vcpus[number / PER_VCPU];

		driver_rounds(driver)[i] = (struct driver_round) {
			.store = replay_notifier(side->replay, vcpu),
			.arguments = {
				[POINT_IRQ] = { vector->irq },
				[POINT_SIGNAL] = { vector->device, vector->index, vector->irq,
						   vector->slot, vector->eventfd, CAUSE_IRQ },
				[POINT_ACCEPT] = { vcpu->id, APIC_DM_FIXED, 0,
						   vector->guest_vector },
				[POINT_EXIT] = { vector->irq, 0, 1 },
				[POINT_INJECT] = { vector->guest_vector },
				[POINT_ENTER] = { vcpu->vcpu },
				[POINT_OTHER] = { vcpu->vcpu },
				[POINT_EOI] = { vcpu->lapic, vector->guest_vector },
			},
		};
	}
	return driver;
}

struct driver *side_own_driver(struct side *side)
{
	struct bpf_program *ours[POINT_COUNT];

	for (unsigned int i = 0; i < POINT_COUNT; i++)
		ours[i] = bpf_object__find_program_by_name(replay_object(side->replay),
							   point_names[i]);
	return side_driver(side, ours);
}

void side_open(struct side *side, unsigned int vectors, unsigned int firing, bool stream)
{
	struct replay_options options = {
		.vectors = vectors, .hops = ALL_HOPS, .unchecked = true,
		.interrupts = stream,
	};
	const char *why;
	object device;

	side->firing = firing;
	side->batch = firing > BATCH ? firing : BATCH;
	side->replay = replay_open(&options, &why);
	if (!side->replay) {
		fprintf(stderr, "can't be measured here: %s\n", why);
		exit(1);
	}
	side->vm = replay_vm(side->replay, getpid());
	for (unsigned int i = 0; i < VCPUS; i++)
		side->vcpus[i] = replay_vcpu(side->replay, &side->vm, i);
	side->vectors = calloc(vectors, sizeof(*side->vectors));
	if (!side->vectors) {
		perror("calloc");
		exit(1);
	}
	device = replay_device(side->replay, "bench");
	for (unsigned int i = 0; i < vectors; i++) {
		side->vectors[i] = replay_new_vector(side->replay, device, i, 100 + i, &side->vm,
						     GUEST_FIRST + i % PER_VCPU);
		replay_bind(side->replay, &side->vectors[i], 0);
		side->vectors[i].id = i;
	}
}

void side_close(struct side *side)
{
	replay_close(side->replay);
	free(side->vectors);
}
