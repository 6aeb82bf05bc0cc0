// SPDX-License-Identifier: GPL-2.0-only
/*
 * What KVM delivers from its workqueue, in a kernel thread: broadcasts, and what was signalled before
 * there was an irqfd.
 */
#include "world.h"

#include "../../user/model/vectors.h"

/* The host's half of an interrupt that no local APIC accepts before its handler ends. */
static void leave_to_queue(struct world *world)
{
	replay_irq(world->replay, 0, WORLD_IRQ, 0);
	replay_signal(world->replay, 0, &world->vector, CAUSE_IRQ);
	replay_queue(world->replay, &world->vector);
	replay_exit(world->replay, 0, WORLD_IRQ);
}

static void deliver_from_queue(struct world *world, int cpu)
{
	replay_work(world->replay, cpu, &world->vector);
	replay_accept(world->replay, cpu, &world->vcpus[0], APIC_DM_FIXED, WORLD_VECTOR);
}

static void a_broadcast(void **state)
{
	struct world *world = world_bound();
	const struct imstrace_interrupt *records;
	size_t count;

	(void)state;
	for (unsigned int i = 0; i < 10; i++) {
		leave_to_queue(world);
		/* Of another work, and of another thread, nothing follows. */
		replay_accept(world->replay, 1, &world->vcpus[0], APIC_DM_FIXED, WORLD_VECTOR);
		deliver_from_queue(world, 0);
		/* The next vCPU that it is for. */
		replay_accept(world->replay, 0, &world->vcpus[1], APIC_DM_FIXED, WORLD_VECTOR);
		world_serve(world, &world->vector, &world->vcpus[0]);
	}
	assert_hops(world, &world->vector, 10, 10, 10, 10, 10);
	assert_unmatched(world, &world->vector, 0, 0, 0, 0);
	assert_int_equal(replay_vector(world->replay, &world->vector)->copies, 10);
	/* What the thread accepts of another irqfd is no copy. */
	replay_work(world->replay, 0, &world->vector);
	replay_accept(world->replay, 0, &world->vcpus[1], APIC_DM_FIXED, WORLD_VECTOR);
	assert_int_equal(replay_vector(world->replay, &world->vector)->copies, 10);
	records = replay_interrupts(world->replay, &count);
	assert_int_equal(count, 10);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(records[i].end, END_COMPLETE);
		assert_int_equal(records[i].recounted, 0);
		assert_true(records[i].times[HOP_ACCEPT] >= records[i].times[HOP_SIGNAL]);
	}
	world_free(world);
}

/* KVM queues an irqfd once: what is signalled before the workqueue begins is delivered with it. */
static void broadcasts_merge(void **state)
{
	struct world *world = world_bound();

	(void)state;
	for (unsigned int i = 0; i < 3; i++)
		leave_to_queue(world);
	assert_end(world, &world->vector, END_WORK_MERGED, 2);
	deliver_from_queue(world, 0);
	world_serve(world, &world->vector, &world->vcpus[0]);
	/* One that is signalled while the workqueue is at it is queued anew. */
	leave_to_queue(world);
	replay_work(world->replay, 1, &world->vector);
	leave_to_queue(world);
	replay_accept(world->replay, 1, &world->vcpus[0], APIC_DM_FIXED, WORLD_VECTOR);
	world_serve(world, &world->vector, &world->vcpus[0]);
	deliver_from_queue(world, 0);
	world_serve(world, &world->vector, &world->vcpus[0]);
	assert_hops(world, &world->vector, 5, 5, 3, 3, 3);
	assert_end(world, &world->vector, END_WORK_MERGED, 2);
	assert_unmatched(world, &world->vector, 0, 0, 0, 0);
	/* It was not accepted there either: known when the next one begins. */
	leave_to_queue(world);
	replay_work(world->replay, 0, &world->vector);
	leave_to_queue(world);
	deliver_from_queue(world, 0);
	assert_unmatched(world, &world->vector, 0, 1, 0, 0);
	assert_hops(world, &world->vector, 7, 7, 4, 3, 3);
	world_free(world);
}

/* Of emulated vectors, which have no handler, and of what a thread signals. */
static void from_elsewhere(void **state)
{
	struct world *world = world_bound();
	struct vector emulated = replay_new_vector(world->replay, world->device, 1, 0, &world->vm,
						   WORLD_VECTOR + 1);

	(void)state;
	replay_bind(world->replay, &emulated, 0);
	for (unsigned int i = 0; i < 2; i++) {
		replay_signal(world->replay, 0, &emulated, CAUSE_EMULATED);
		replay_queue(world->replay, &emulated);
		/* Another one may be signalled there before the workqueue begins. */
		if (i)
			world_accept(world, &world->vector, &world->vcpus[1]);
		replay_work(world->replay, 0, &emulated);
		replay_accept(world->replay, 0, &world->vcpus[0], APIC_DM_FIXED, WORLD_VECTOR + 1);
		world_serve(world, &emulated, &world->vcpus[0]);
	}
	assert_hops(world, &emulated, 0, 2, 2, 2, 2);
	assert_unmatched(world, &emulated, 0, 0, 0, 0);
	world_serve(world, &world->vector, &world->vcpus[1]);

	for (unsigned int i = 0; i < 2; i++) {
		replay_irq(world->replay, 0, WORLD_IRQ, 0);
		replay_wake(world->replay, 0, WORLD_IRQ);
		replay_signal(world->replay, 1, &world->vector, CAUSE_IRQ);
		replay_queue(world->replay, &world->vector);
		deliver_from_queue(world, 0);
		world_serve(world, &world->vector, &world->vcpus[0]);
	}
	assert_hops(world, &world->vector, 3, 3, 3, 3, 3);
	assert_unmatched(world, &world->vector, 0, 0, 0, 0);
	world_free(world);
}

/* The workqueue has taken a work, and who has signalled it goes on before it is begun with. */
static void left_while_the_workqueue_begins(void **state)
{
	enum { FIRST = 100, SECOND, WORKER };
	struct world *world = world_bound();
	const struct imstrace_interrupt *records;
	struct vector emulated[2];
	size_t count;

	(void)state;
	for (__u32 i = 0; i < 2; i++) {
		emulated[i] = replay_new_vector(world->replay, world->device, 1 + i, 0, &world->vm,
						WORLD_VECTOR + 1 + i);
		replay_bind(world->replay, &emulated[i], 0);
	}
	for (unsigned int again = 0; again < 2; again++) {
		replay_set_context(world->replay, FIRST);
		replay_signal(world->replay, 0, &emulated[0], CAUSE_EMULATED);
		replay_queue(world->replay, &emulated[0]);
		replay_dequeue(world->replay, &emulated[0]);
		replay_signal(world->replay, 0, &emulated[1], CAUSE_EMULATED);
		replay_accept(world->replay, 0, &world->vcpus[1], APIC_DM_FIXED, WORLD_VECTOR + 2);
		world_serve(world, &emulated[1], &world->vcpus[1]);
		assert_end(world, &emulated[0], END_NOT_ACCEPTED, 1);
		if (again) {
			replay_set_context(world->replay, SECOND);
			replay_signal(world->replay, 0, &emulated[0], CAUSE_EMULATED);
			replay_queue(world->replay, &emulated[0]);
		}
		for (unsigned int delivery = 0; delivery <= again; delivery++) {
			replay_set_context(world->replay, WORKER);
			if (delivery)
				replay_dequeue(world->replay, &emulated[0]);
			replay_work_again(world->replay, 1, &emulated[0]);
			assert_end(world, &emulated[0], END_NOT_ACCEPTED, 0);
			replay_accept(world->replay, 1, &world->vcpus[0], APIC_DM_FIXED,
				      WORLD_VECTOR + 1);
			world_serve(world, &emulated[0], &world->vcpus[0]);
		}
	}
	assert_hops(world, &emulated[0], 0, 3, 3, 3, 3);
	assert_hops(world, &emulated[1], 0, 2, 2, 2, 2);
	assert_unmatched(world, &emulated[0], 0, 0, 0, 0);
	records = replay_interrupts(world->replay, &count);
	assert_true(count);
	assert_int_equal(records[count - 1].recounted, 0);
	world_free(world);
}

/* KVM delivers at KVM_IRQFD what it finds unread in the eventfd. */
static void signalled_before_there_is_an_irqfd(void **state)
{
	struct world *world = world_bound();
	const struct imstrace_interrupt *records;
	size_t count;

	(void)state;
	for (unsigned int i = 0; i < 10; i++) {
		replay_set_irqfd(world->replay, &world->vector, false);
		replay_irq(world->replay, 0, WORLD_IRQ, 0);
		replay_signal(world->replay, 0, &world->vector, CAUSE_IRQ);
		replay_exit(world->replay, 0, WORLD_IRQ);
		assert_end(world, &world->vector, END_USER, 1);
		replay_set_irqfd(world->replay, &world->vector, true);
		deliver_from_queue(world, 1);
		assert_end(world, &world->vector, END_USER, 0);
		world_serve(world, &world->vector, &world->vcpus[0]);
	}
	assert_hops(world, &world->vector, 10, 10, 10, 10, 10);
	records = replay_interrupts(world->replay, &count);
	assert_int_equal(count, 20);
	assert_int_equal(records[18].end, END_USER);
	assert_int_equal(records[19].end, END_COMPLETE);
	assert_int_equal(records[19].recounted, END_USER);
	assert_string_equal(vector_mode(replay_vector(world->replay, &world->vector),
					&(const struct imstrace_account) { 0 }), "irqfd");

	/* One that the VMM has read is not delivered with the next. */
	replay_set_irqfd(world->replay, &world->vector, false);
	replay_irq(world->replay, 0, WORLD_IRQ, 0);
	replay_signal(world->replay, 0, &world->vector, CAUSE_IRQ);
	replay_exit(world->replay, 0, WORLD_IRQ);
	replay_set_irqfd(world->replay, &world->vector, true);
	world_accept(world, &world->vector, &world->vcpus[0]);
	replay_work(world->replay, 1, &world->vector);
	assert_end(world, &world->vector, END_USER, 1);
	assert_hops(world, &world->vector, 12, 12, 11, 10, 10);
	world_free(world);
}

/* Where the workqueue is not seen, it is said that it delivers. */
static void the_queue_is_not_seen(void **state)
{
	struct replay_options options = world_options();
	struct world *world;

	(void)state;
	options.queue_unseen = true;
	world = world_new(&options);
	replay_bind(world->replay, &world->vector, 0);
	leave_to_queue(world);
	leave_to_queue(world);
	assert_end(world, &world->vector, END_WORKQUEUE, 2);
	assert_hops(world, &world->vector, 2, 2, 0, 0, 0);
	assert_unmatched(world, &world->vector, 0, 0, 0, 0);
	world_free(world);
}

/* Any work of the kernel is looked at. */
static void other_works(void **state)
{
	struct world *world = world_bound();
	struct vector other = replay_new_vector(world->replay, world->device, 1, 0, &world->vm,
						WORLD_VECTOR);

	(void)state;
	leave_to_queue(world);
	/* Of an irqfd that is none of ours: it is not bound. */
	replay_work(world->replay, 0, &other);
	replay_accept(world->replay, 0, &world->vcpus[0], APIC_DM_FIXED, WORLD_VECTOR);
	assert_hops(world, &world->vector, 1, 1, 0, 0, 0);
	deliver_from_queue(world, 0);
	assert_hops(world, &world->vector, 1, 1, 1, 0, 0);
	/* The thread goes on with another irqfd: what it accepts then is not ours. */
	leave_to_queue(world);
	replay_work(world->replay, 0, &world->vector);
	replay_work(world->replay, 0, &other);
	replay_accept(world->replay, 0, &world->vcpus[1], APIC_DM_FIXED, WORLD_VECTOR);
	assert_hops(world, &world->vector, 2, 2, 1, 0, 0);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_broadcast),
		cmocka_unit_test(broadcasts_merge),
		cmocka_unit_test(left_while_the_workqueue_begins),
		cmocka_unit_test(from_elsewhere),
		cmocka_unit_test(signalled_before_there_is_an_irqfd),
		cmocka_unit_test(the_queue_is_not_seen),
		cmocka_unit_test(other_works),
	};

	return cmocka_run_group_tests_name("replay, KVM's workqueue", tests, NULL, NULL);
}
