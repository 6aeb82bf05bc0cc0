/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the replay's tests begin with: a VM of two vCPUs, a device, and one vector that is
 * bound. Where the programs can't be loaded a test is skipped, and says why.
 */
#ifndef IMSTRACE_TESTS_REPLAY_WORLD_H
#define IMSTRACE_TESTS_REPLAY_WORLD_H

/* cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "replay.h"

#include "../../user/model/hops.h"

#define WORLD_IRQ		50
#define WORLD_VECTOR		0x41
#define WORLD_FOREIGN_IRQ	9
#define WORLD_FOREIGN_VECTOR	0xec

struct world {
	struct replay *replay;
	struct vm vm;
	struct vcpu vcpus[3];
	object device;
	struct vector vector;
};

static inline void world_failed(const char *what)
{
	fail_msg("%s", what);
}

/* As imstrace --interrupts would be, with room for 8 vectors and 4 vCPUs. */
static inline struct replay_options world_options(void)
{
	return (struct replay_options) {
		.vectors = 8, .vcpus = 4, .interrupts = true, .hops = ALL_HOPS,
		.failed = world_failed,
	};
}

/* Nothing is bound yet. */
static inline struct world *world_new(const struct replay_options *options)
{
	const char *why = "what two CPUs do can't be replayed on one";
	struct replay *replay = NULL;
	struct world *world;

	if (sysconf(_SC_NPROCESSORS_ONLN) > 1)
		replay = replay_open(options, &why);
	if (!replay) {
		print_message("%s\n", why);
		skip();
	}
	world = calloc(1, sizeof(*world));
	assert_non_null(world);
	world->replay = replay;
	world->vm = replay_vm(world->replay, 1234);
	for (__u32 i = 0; i < 3; i++)
		world->vcpus[i] = replay_vcpu(world->replay, &world->vm, i);
	world->device = replay_device(world->replay, "replayed");
	world->vector = replay_new_vector(world->replay, world->device, 0, WORLD_IRQ, &world->vm,
					  WORLD_VECTOR);
	return world;
}

static inline struct world *world_bound(void)
{
	struct replay_options options = world_options();
	struct world *world = world_new(&options);

	replay_bind(world->replay, &world->vector, 0);
	assert_int_not_equal(world->vector.id, IMSTRACE_NONE);
	return world;
}

static inline void world_free(struct world *world)
{
	replay_close(world->replay);
	free(world);
}

/* The host's half of an interrupt of @vector for @vcpu, on CPU 0. */
static inline void world_accept(struct world *world, const struct vector *vector,
				const struct vcpu *vcpu)
{
	replay_irq(world->replay, 0, vector->irq, 0);
	replay_signal(world->replay, 0, vector, CAUSE_IRQ);
	replay_accept(world->replay, 0, vcpu, APIC_DM_FIXED, vector->guest_vector);
	replay_exit(world->replay, 0, vector->irq);
}

/* And the guest's. */
static inline void world_serve(struct world *world, const struct vector *vector,
			       const struct vcpu *vcpu)
{
	replay_inject(world->replay, 0, vcpu, vector->guest_vector, false, false);
	replay_eoi(world->replay, 0, vcpu, vector->guest_vector);
}

/* The host's half of an interrupt that the CPU then delivers itself. */
static inline void world_accept_in_hardware(struct world *world, const struct vcpu *vcpu)
{
	replay_irq(world->replay, 0, WORLD_IRQ, 0);
	replay_signal(world->replay, 0, &world->vector, CAUSE_IRQ);
	replay_accept(world->replay, 0, vcpu, APIC_DM_FIXED, WORLD_VECTOR);
	replay_set_pir(world->replay, vcpu, WORLD_VECTOR, true);
	replay_apicv_accept(world->replay, 0, vcpu, WORLD_VECTOR);
	replay_exit(world->replay, 0, WORLD_IRQ);
}

/* To the virtual IRR, by the vCPU's thread or the CPU. */
static inline void world_move_to_irr(struct world *world, const struct vcpu *vcpu)
{
	replay_set_pir(world->replay, vcpu, WORLD_VECTOR, false);
	replay_set_irr(world->replay, vcpu, WORLD_VECTOR, true);
}

static inline void world_deliver_in_hardware(struct world *world, const struct vcpu *vcpu)
{
	world_move_to_irr(world, vcpu);
	replay_set_irr(world->replay, vcpu, WORLD_VECTOR, false);
}

static inline void assert_hops(struct world *world, const struct vector *vector, __u64 irq,
			       __u64 signal, __u64 accept, __u64 inject, __u64 eoi)
{
	/* Unless a test has the vCPU enter its guest, that is where it is injected. */
	const __u64 expected[HOP_COUNT] = { irq, signal, accept, inject, inject, eoi };
	const struct imstrace_account account = replay_account(world->replay, vector);

	for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
		if (account.hops[hop] != expected[hop])
			fail_msg("hop %u: %llu, not %llu", hop, account.hops[hop], expected[hop]);
}

/* The ends that the guest gets nothing of. */
static inline void assert_unmatched(struct world *world, const struct vector *vector,
				    __u64 no_signal, __u64 not_accepted, __u64 dropped, __u64 no_eoi)
{
	const __u64 expected[END_COUNT] = {
		[END_NO_SIGNAL] = no_signal, [END_NOT_ACCEPTED] = not_accepted,
		[END_DROPPED] = dropped, [END_NO_EOI] = no_eoi,
	};
	const struct imstrace_account account = replay_account(world->replay, vector);

	for (unsigned int end = 0; end < END_COUNT; end++)
		if (end_class(end) == END_OF_UNMATCHED && account.ends[end] != expected[end])
			fail_msg("%s: %llu, not %llu", end_name(end), account.ends[end],
				 expected[end]);
}

static inline void assert_end(struct world *world, const struct vector *vector,
			      enum imstrace_end end, __u64 count)
{
	const struct imstrace_account account = replay_account(world->replay, vector);

	if (account.ends[end] != count)
		fail_msg("%s: %llu, not %llu", end_name(end), account.ends[end], count);
}

#endif /* IMSTRACE_TESTS_REPLAY_WORLD_H */
