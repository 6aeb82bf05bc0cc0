// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals outside of handlers, where nothing is promised from the signal to KVM's accept: the
 * thread may be interrupted, also by vectors of ours, preempted, and moved to another CPU.
 */
#include "world.h"

#define THREAD		77
#define OTHER_THREAD	78
#define EMULATED_VECTOR	0x51

struct emulated_world {
	struct world *world;
	struct vector emulated;
};

static struct emulated_world emulated_world(void)
{
	struct emulated_world it = { .world = world_bound() };

	it.emulated = replay_new_vector(it.world->replay, it.world->device, 1, 0, &it.world->vm,
					EMULATED_VECTOR);
	replay_bind(it.world->replay, &it.emulated, 0);
	return it;
}

static void signal_in(struct emulated_world *it, __u32 context, int cpu)
{
	replay_set_context(it->world->replay, context);
	replay_signal(it->world->replay, cpu, &it->emulated, CAUSE_EMULATED);
}

static void accept_in(struct emulated_world *it, __u32 context, int cpu, unsigned int vcpu)
{
	replay_set_context(it->world->replay, context);
	replay_accept(it->world->replay, cpu, &it->world->vcpus[vcpu], APIC_DM_FIXED,
		      EMULATED_VECTOR);
}

/* One of the other vector comes on @cpu, from its handler to KVM's accept. */
static void interrupt_on(struct emulated_world *it, int cpu)
{
	struct replay *replay = it->world->replay;
	const struct vector *vector = &it->world->vector;

	replay_set_context(replay, REPLAY_INTERRUPTS(cpu));
	replay_irq(replay, cpu, vector->irq, 0);
	replay_signal(replay, cpu, vector, CAUSE_IRQ);
	replay_accept(replay, cpu, &it->world->vcpus[0], APIC_DM_FIXED, WORLD_VECTOR);
	replay_exit(replay, cpu, vector->irq);
}

/* All have ended in the guest: @emulated of the one vector and @irqs of the other. */
static void assert_all_served(struct emulated_world *it, __u64 emulated, __u64 irqs)
{
	const struct imstrace_interrupt *records;
	size_t count;

	assert_hops(it->world, &it->emulated, 0, emulated, emulated, emulated, emulated);
	assert_hops(it->world, &it->world->vector, irqs, irqs, irqs, irqs, irqs);
	assert_unmatched(it->world, &it->emulated, 0, 0, 0, 0);
	assert_unmatched(it->world, &it->world->vector, 0, 0, 0, 0);
	records = replay_interrupts(it->world->replay, &count);
	assert_int_equal(count, emulated + irqs);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(records[i].end, END_COMPLETE);
		assert_int_equal(records[i].recounted, 0);
		assert_int_equal(!records[i].times[HOP_IRQ], records[i].id == it->emulated.id);
		assert_true(records[i].times[HOP_ACCEPT] >= records[i].times[HOP_SIGNAL]);
	}
}

static void interrupted_by_another_vector(void **state)
{
	struct emulated_world it = emulated_world();

	(void)state;
	for (unsigned int i = 0; i < 10; i++) {
		signal_in(&it, THREAD, 0);
		interrupt_on(&it, 0);
		accept_in(&it, THREAD, 0, 0);
		world_serve(it.world, &it.world->vector, &it.world->vcpus[0]);
		world_serve(it.world, &it.emulated, &it.world->vcpus[0]);
	}
	assert_all_served(&it, 10, 10);
	world_free(it.world);
}

static void moved_to_another_cpu(void **state)
{
	struct emulated_world it = emulated_world();

	(void)state;
	for (unsigned int i = 0; i < 10; i++) {
		signal_in(&it, THREAD, i % 2);
		accept_in(&it, THREAD, !(i % 2), 0);
		world_serve(it.world, &it.emulated, &it.world->vcpus[0]);
	}
	assert_all_served(&it, 10, 0);
	world_free(it.world);
}

/* Preempted by a thread that signals the same vector, interrupted, moved, and interrupted again. */
static void all_of_it(void **state)
{
	struct emulated_world it = emulated_world();

	(void)state;
	for (unsigned int i = 0; i < 10; i++) {
		signal_in(&it, THREAD, 0);
		signal_in(&it, OTHER_THREAD, 0);
		interrupt_on(&it, 0);
		world_serve(it.world, &it.world->vector, &it.world->vcpus[0]);
		accept_in(&it, OTHER_THREAD, 0, 0);
		interrupt_on(&it, 1);
		accept_in(&it, THREAD, 1, 1);
		world_serve(it.world, &it.world->vector, &it.world->vcpus[0]);
		world_serve(it.world, &it.emulated, &it.world->vcpus[0]);
		world_serve(it.world, &it.emulated, &it.world->vcpus[1]);
	}
	assert_all_served(&it, 20, 20);
	world_free(it.world);
}

/* An emulated vector may be signalled by an interrupt or a softirq, a timer's say. */
static void signalled_by_an_interrupt_too(void **state)
{
	struct emulated_world it = emulated_world();

	(void)state;
	for (unsigned int i = 0; i < 10; i++) {
		signal_in(&it, THREAD, 0);
		signal_in(&it, REPLAY_INTERRUPTS(0), 0);
		/* One that is accepted in an interrupt is not the thread's. */
		accept_in(&it, REPLAY_INTERRUPTS(0), 0, 1);
		accept_in(&it, REPLAY_INTERRUPTS(1), 1, 0);
		accept_in(&it, THREAD, 1, 0);
		world_serve(it.world, &it.emulated, &it.world->vcpus[0]);
		world_serve(it.world, &it.emulated, &it.world->vcpus[1]);
	}
	assert_all_served(&it, 20, 0);
	world_free(it.world);
}

/* A loopback of a vector that has a handler, while that handler runs elsewhere. */
static void loopback(void **state)
{
	struct emulated_world it = emulated_world();
	struct replay *replay = it.world->replay;

	(void)state;
	replay_set_context(replay, THREAD);
	replay_signal(replay, 0, &it.world->vector, CAUSE_LOOPBACK);
	interrupt_on(&it, 0);
	world_serve(it.world, &it.world->vector, &it.world->vcpus[0]);
	replay_set_context(replay, THREAD);
	replay_accept(replay, 1, &it.world->vcpus[0], APIC_DM_FIXED, WORLD_VECTOR);
	world_serve(it.world, &it.world->vector, &it.world->vcpus[0]);
	assert_hops(it.world, &it.world->vector, 1, 2, 2, 2, 2);
	assert_unmatched(it.world, &it.world->vector, 0, 0, 0, 0);
	world_free(it.world);
}

/* The kernel does not run the program at a signal of a handler that has interrupted just that program. */
static void a_signal_that_is_not_shown(void **state)
{
	struct emulated_world it = emulated_world();
	struct replay *replay = it.world->replay;
	struct imstrace_account account;

	(void)state;
	replay_set_context(replay, REPLAY_INTERRUPTS(0));
	replay_interrupt_signal(replay, 0, true);
	/* It is accepted, */
	replay_irq(replay, 0, WORLD_IRQ, 0);
	replay_accept(replay, 0, &it.world->vcpus[0], APIC_DM_FIXED, WORLD_VECTOR);
	replay_exit(replay, 0, WORLD_IRQ);
	world_serve(it.world, &it.world->vector, &it.world->vcpus[0]);
	assert_hops(it.world, &it.world->vector, 1, 1, 1, 1, 1);
	/* or not; */
	replay_irq(replay, 0, WORLD_IRQ, 0);
	replay_exit(replay, 0, WORLD_IRQ);
	assert_hops(it.world, &it.world->vector, 2, 2, 1, 1, 1);
	assert_unmatched(it.world, &it.world->vector, 0, 1, 0, 0);
	/* and a handler that leaves it to its thread has not signalled. */
	replay_irq(replay, 0, WORLD_IRQ, 0);
	replay_wake(replay, 0, WORLD_IRQ);
	replay_interrupt_signal(replay, 0, false);
	replay_set_context(replay, THREAD);
	replay_signal(replay, 1, &it.world->vector, CAUSE_IRQ);
	replay_accept(replay, 1, &it.world->vcpus[0], APIC_DM_FIXED, WORLD_VECTOR);
	world_serve(it.world, &it.world->vector, &it.world->vcpus[0]);
	assert_hops(it.world, &it.world->vector, 3, 3, 2, 2, 2);
	assert_unmatched(it.world, &it.world->vector, 0, 1, 0, 0);
	account = replay_account(replay, &it.world->vector);
	assert_int_equal(account.deferred, 1);
	world_free(it.world);
}

/* It is known with the next signal of its thread, or when the vector is unbound. */
static void not_accepted(void **state)
{
	struct emulated_world it = emulated_world();

	(void)state;
	signal_in(&it, THREAD, 0);
	signal_in(&it, OTHER_THREAD, 0);
	assert_unmatched(it.world, &it.emulated, 0, 0, 0, 0);
	signal_in(&it, THREAD, 1);
	assert_unmatched(it.world, &it.emulated, 0, 1, 0, 0);
	replay_unbind(it.world->replay, &it.emulated);
	assert_unmatched(it.world, &it.emulated, 0, 3, 0, 0);
	world_free(it.world);
}

/* Each of many is exact, also of those of which one has not been accepted. */
static void many_threads(void **state)
{
	struct emulated_world it = emulated_world();
	unsigned int threads = 2000;

	(void)state;
	for (unsigned int i = 0; i < threads; i++) {
		signal_in(&it, 1000 + i, 0);
		if (i % 2)
			continue;
		accept_in(&it, 1000 + i, 0, 0);
		world_serve(it.world, &it.emulated, &it.world->vcpus[0]);
	}
	replay_unbind(it.world->replay, &it.emulated);
	assert_hops(it.world, &it.emulated, 0, threads, threads / 2, threads / 2, threads / 2);
	assert_unmatched(it.world, &it.emulated, 0, threads / 2, 0, 0);
	world_free(it.world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(interrupted_by_another_vector),
		cmocka_unit_test(moved_to_another_cpu),
		cmocka_unit_test(all_of_it),
		cmocka_unit_test(signalled_by_an_interrupt_too),
		cmocka_unit_test(loopback),
		cmocka_unit_test(a_signal_that_is_not_shown),
		cmocka_unit_test(not_accepted),
		cmocka_unit_test(many_threads),
	};

	return cmocka_run_group_tests_name("replay, contexts", tests, NULL, NULL);
}
