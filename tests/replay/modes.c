// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a vector reaches its guest, and what of that can't be seen: posting by the IOMMU, and the
 * ways through an eventfd. From the events to the text and the JSON that the user sees.
 */
#include "view.h"

#define PAST_THE_HOST	"posted: the IOMMU delivers it to the guest, past the host"

static void irqfd(void **state)
{
	struct world *world = world_bound();
	struct view view = look(world);

	(void)state;
	assert_mode(&view, NULL);
	view_free(&view);
	world_accept(world, &world->vector, &world->vcpus[0]);
	view = look(world);
	assert_mode(&view, "irqfd");
	assert_all_missing(&view, HOP_COUNT, NULL);
	assert_int_equal(view.vector->in_flight, 1);
	assert_int_equal(view.vector->vector.eventfd_id, 1000);
	view_free(&view);
	world_free(world);
}

/* An epoll of the VMM's, say, is first in the eventfd's queue. */
static void irqfd_behind_other_waiters(void **state)
{
	struct world *world = world_bound();
	struct view view;

	(void)state;
	for (unsigned int i = 0; i < 3; i++)
		replay_add_waiter(world->replay, &world->vector);
	world_accept(world, &world->vector, &world->vcpus[0]);
	world_serve(world, &world->vector, &world->vcpus[0]);
	view = look(world);
	assert_mode(&view, "irqfd");
	assert_hops(world, &world->vector, 1, 1, 1, 1, 1);
	view_free(&view);
	world_free(world);
}

static void user(void **state)
{
	struct world *world = world_bound();
	struct vector without = replay_new_vector(world->replay, world->device, 0, WORLD_IRQ, NULL,
						  WORLD_VECTOR);
	const struct imstrace_interrupt *records;
	struct view view;
	size_t count;

	(void)state;
	replay_unbind(world->replay, &world->vector);
	replay_bind(world->replay, &without, 0);
	replay_irq(world->replay, 0, WORLD_IRQ, 0);
	replay_signal(world->replay, 0, &without, CAUSE_IRQ);
	replay_exit(world->replay, 0, WORLD_IRQ);
	/* The VMM's own way of delivering it: KVM_SIGNAL_MSI, from its thread. */
	replay_accept(world->replay, 0, &world->vcpus[0], APIC_DM_FIXED, WORLD_VECTOR);
	view = look(world);
	assert_mode(&view, "user");
	assert_all_missing(&view, HOP_ACCEPT,
			   "KVM has no irqfd at its eventfd: the VMM reads it, in user space");
	assert_hops(world, &without, 1, 1, 0, 0, 0);
	assert_unmatched(world, &without, 0, 0, 0, 0);
	records = replay_interrupts(world->replay, &count);
	assert_int_equal(count, 1);
	assert_int_equal(records->end, END_USER);
	view_free(&view);
	world_free(world);
}

/* As with threadirqs, with PREEMPT_RT, or where a driver has a thread of its own. */
static void a_threaded_handler(void **state)
{
	struct world *world = world_bound();
	const struct imstrace_interrupt *records;
	struct imstrace_account account;
	size_t count;

	(void)state;
	for (unsigned int i = 0; i < 100; i++) {
		replay_irq(world->replay, 0, WORLD_IRQ, 0);
		replay_wake(world->replay, 0, WORLD_IRQ);
		/* The thread may be on another CPU, where other irqs are handled meanwhile. */
		replay_signal(world->replay, 1, &world->vector, CAUSE_IRQ);
		replay_irq(world->replay, 1, WORLD_FOREIGN_IRQ, 0);
		replay_accept(world->replay, 1, &world->vcpus[0], APIC_DM_FIXED,
			      WORLD_FOREIGN_VECTOR);
		replay_exit(world->replay, 1, WORLD_FOREIGN_IRQ);
		replay_accept(world->replay, 1, &world->vcpus[0], APIC_DM_FIXED, WORLD_VECTOR);
		world_serve(world, &world->vector, &world->vcpus[0]);
	}
	assert_hops(world, &world->vector, 100, 100, 100, 100, 100);
	account = replay_account(world->replay, &world->vector);
	assert_int_equal(account.deferred, 100);
	for (unsigned int end = 0; end < END_COUNT; end++)
		assert_int_equal(account.ends[end], 0);
	records = replay_interrupts(world->replay, &count);
	assert_int_equal(count, 100);
	assert_int_equal(records[99].end, END_COMPLETE);
	assert_int_equal(records[99].recounted, 0);
	world_free(world);
}

/* Three irqs before the thread looks: it runs once. */
static void irqs_merge_before_their_thread_runs(void **state)
{
	struct world *world = world_bound();
	const struct imstrace_interrupt *records;
	size_t count;

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		replay_irq(world->replay, 0, WORLD_IRQ, 0);
		replay_wake(world->replay, 0, WORLD_IRQ);
	}
	replay_signal(world->replay, 0, &world->vector, CAUSE_IRQ);
	replay_accept(world->replay, 0, &world->vcpus[0], APIC_DM_FIXED, WORLD_VECTOR);
	world_serve(world, &world->vector, &world->vcpus[0]);
	assert_hops(world, &world->vector, 3, 1, 1, 1, 1);
	assert_end(world, &world->vector, END_MERGED, 2);
	/* It had looked before the third one came, and so runs again. */
	replay_signal(world->replay, 0, &world->vector, CAUSE_IRQ);
	replay_accept(world->replay, 0, &world->vcpus[0], APIC_DM_FIXED, WORLD_VECTOR);
	world_serve(world, &world->vector, &world->vcpus[0]);
	assert_hops(world, &world->vector, 3, 2, 2, 2, 2);
	assert_end(world, &world->vector, END_MERGED, 1);
	assert_unmatched(world, &world->vector, 0, 0, 0, 0);
	records = replay_interrupts(world->replay, &count);
	assert_int_equal(count, 4);
	assert_int_equal(records[3].end, END_COMPLETE);
	assert_int_equal(records[3].recounted, END_MERGED);
	/* A signal of no interrupt is none of these. */
	replay_signal(world->replay, 0, &world->vector, CAUSE_IRQ);
	assert_hops(world, &world->vector, 3, 2, 2, 2, 2);
	world_free(world);
}

/* A softirq or a workqueue signals for a handler that says that it has done all. */
static void a_signal_after_the_handler(void **state)
{
	struct world *world = world_bound();

	(void)state;
	for (unsigned int i = 0; i < 10; i++) {
		replay_irq(world->replay, 0, WORLD_IRQ, 0);
		replay_exit(world->replay, 0, WORLD_IRQ);
		assert_end(world, &world->vector, END_NO_SIGNAL, 1);
		replay_signal(world->replay, 1, &world->vector, CAUSE_IRQ);
		assert_end(world, &world->vector, END_NO_SIGNAL, 0);
		replay_accept(world->replay, 1, &world->vcpus[1], APIC_DM_FIXED, WORLD_VECTOR);
		world_serve(world, &world->vector, &world->vcpus[1]);
	}
	assert_hops(world, &world->vector, 10, 10, 10, 10, 10);
	/* The CPU of a thread may deliver it itself as well, or nobody accept it. */
	replay_irq(world->replay, 0, WORLD_IRQ, 0);
	replay_wake(world->replay, 0, WORLD_IRQ);
	replay_signal(world->replay, 1, &world->vector, CAUSE_IRQ);
	replay_accept(world->replay, 1, &world->vcpus[0], APIC_DM_FIXED, WORLD_VECTOR);
	replay_apicv_accept(world->replay, 1, &world->vcpus[0], WORLD_VECTOR);
	replay_vcpu_exit(world->replay, 0, &world->vcpus[0]);
	assert_end(world, &world->vector, END_HARDWARE, 1);
	for (unsigned int i = 0; i < 2; i++) {
		replay_irq(world->replay, 0, WORLD_IRQ, 0);
		replay_wake(world->replay, 0, WORLD_IRQ);
		replay_signal(world->replay, 1, &world->vector, CAUSE_IRQ);
	}
	assert_hops(world, &world->vector, 13, 13, 11, 10, 10);
	/* Of the last one it is known with the next signal. */
	assert_unmatched(world, &world->vector, 0, 1, 0, 0);
	world_free(world);
}

static void irqfd_through_the_workqueue(void **state)
{
	struct world *world = world_bound();
	struct view view;

	(void)state;
	objects_set(replay_objects(world->replay), world->vector.irqfd, MEMBER_IRQFD_ROUTE_TYPE,
		    ROUTE_IRQCHIP);
	replay_irq(world->replay, 0, WORLD_IRQ, 0);
	replay_signal(world->replay, 0, &world->vector, CAUSE_IRQ);
	replay_exit(world->replay, 0, WORLD_IRQ);
	view = look(world);
	assert_mode(&view, "irqfd-work");
	assert_all_missing(&view, HOP_ACCEPT,
			   "its route is not an MSI: KVM delivers it through a workqueue");
	assert_unmatched(world, &world->vector, 0, 0, 0, 0);
	view_free(&view);
	/* The guest sets up an MSI: the next one is followed. */
	objects_set(replay_objects(world->replay), world->vector.irqfd, MEMBER_IRQFD_ROUTE_TYPE,
		    ROUTE_MSI);
	world_accept(world, &world->vector, &world->vcpus[0]);
	world_serve(world, &world->vector, &world->vcpus[0]);
	view = look(world);
	assert_mode(&view, "irqfd");
	assert_hops(world, &world->vector, 2, 2, 1, 1, 1);
	view_free(&view);
	world_free(world);
}

static void emulated(void **state)
{
	struct world *world = world_bound();
	struct view view;

	(void)state;
	replay_unbind(world->replay, &world->vector);
	world->vector.irq = 0;
	replay_bind(world->replay, &world->vector, 0);
	replay_signal(world->replay, 0, &world->vector, CAUSE_EMULATED);
	replay_accept(world->replay, 0, &world->vcpus[0], APIC_DM_FIXED, WORLD_VECTOR);
	world_serve(world, &world->vector, &world->vcpus[0]);
	view = look(world);
	assert_mode(&view, "emulated");
	assert_missing(&view, HOP_IRQ, "an emulated vector has no irq");
	assert_hops(world, &world->vector, 0, 1, 1, 1, 1);
	view_free(&view);
	world_free(world);
}

static const struct imstrace_lifecycle *last_step(struct world *world, enum imstrace_step step)
{
	const struct imstrace_lifecycle *steps;
	size_t count;

	steps = replay_steps(world->replay, &count);
	assert_true(count > 0);
	assert_int_equal(steps[count - 1].step, step);
	assert_int_equal(steps[count - 1].id, world->vector.id);
	return &steps[count - 1];
}

/* As either kind of kernel has it. */
static void posted_and_no_longer(const struct replay_options *options)
{
	struct world *world = world_new(options);
	struct view view;
	size_t count;

	replay_bind(world->replay, &world->vector, 0);
	replay_posting(world->replay, &world->vector, true);
	assert_int_equal(last_step(world, STEP_POSTED)->data, WORLD_VECTOR);
	view = look(world);
	assert_mode(&view, "posted");
	assert_all_missing(&view, HOP_IRQ, PAST_THE_HOST);
	assert_true(json_is_null(json_object_get(vector_of(&view), "in_flight")));
	view_free(&view);
	/* KVM says so again whenever the guest writes its MSI-X entry. */
	replay_posting(world->replay, &world->vector, true);
	replay_steps(world->replay, &count);
	assert_int_equal(count, 0);

	replay_posting(world->replay, &world->vector, false);
	last_step(world, STEP_UNPOSTED);
	view = look(world);
	assert_mode(&view, NULL);
	assert_all_missing(&view, HOP_COUNT, NULL);
	view_free(&view);
	world_accept(world, &world->vector, &world->vcpus[0]);
	world_serve(world, &world->vector, &world->vcpus[0]);
	view = look(world);
	assert_mode(&view, "irqfd");
	assert_hops(world, &world->vector, 1, 1, 1, 1, 1);
	view_free(&view);
	world_free(world);
}

static void posted(void **state)
{
	struct replay_options options = world_options();

	(void)state;
	posted_and_no_longer(&options);
}

static void posted_on_a_kernel_before_6_17(void **state)
{
	struct replay_options options = world_options();

	(void)state;
	options.old_posting = true;
	posted_and_no_longer(&options);
}

/* What was seen before is not taken back, and what comes later can't be seen. */
static void posted_after_interrupts(void **state)
{
	struct world *world = world_bound();
	struct view view;

	(void)state;
	world_accept(world, &world->vector, &world->vcpus[0]);
	world_serve(world, &world->vector, &world->vcpus[0]);
	replay_posting(world->replay, &world->vector, true);
	view = look(world);
	assert_mode(&view, "posted");
	assert_all_missing(&view, HOP_COUNT, NULL);
	/* An interval in which nothing was seen. */
	assert_true(measurement_interval(view.measurement, view.vector->account.hops[0]) != NULL);
	for (unsigned int hop = 0; hop <= HOP_EOI; hop++) {
		assert_non_null(view.vector->hop_missing[hop]);
		assert_string_equal(view.vector->hop_missing[hop], PAST_THE_HOST);
	}
	view_free(&view);
	world_free(world);
}

/* KVM does not say when it falls back to the host's handler: an interrupt there does. */
/* AVIC is inhibited and no longer inhibited, with the vectors of two VMs. */
static void posted_while_avic_is_not_inhibited(void **state)
{
	struct replay_options options = world_options();
	const struct imstrace_lifecycle *steps;
	struct world *world;
	struct vector other;
	size_t count;

	(void)state;
	options.avic = true;
	world = world_new(&options);
	other = replay_new_vector(world->replay, world->device, 1, WORLD_IRQ + 1, &world->vm,
				  WORLD_VECTOR + 1);
	replay_bind(world->replay, &world->vector, 0);
	replay_bind(world->replay, &other, 0);
	replay_set_process(world->replay, 20);
	replay_posting(world->replay, &other, true);
	replay_set_process(world->replay, 10);
	/* KVM says so while it is inhibited too: interrupts still come to the host. */
	replay_inhibit(world->replay, 1U << 4);
	replay_posting(world->replay, &world->vector, true);
	assert_false(replay_vector(world->replay, &world->vector)->state & STATE_POSTED);
	replay_inhibit(world->replay, 1U << 4 | 1U << 2);
	world_accept(world, &world->vector, &world->vcpus[0]);
	world_serve(world, &world->vector, &world->vcpus[0]);
	assert_hops(world, &world->vector, 1, 1, 1, 1, 1);
	for (unsigned int i = 0; i < 2; i++) {
		replay_steps(world->replay, &count);
		replay_inhibit(world->replay, 0);
		assert_true(replay_vector(world->replay, &world->vector)->state & STATE_POSTED);
		replay_inhibit(world->replay, 1);
		assert_false(replay_vector(world->replay, &world->vector)->state & STATE_POSTED);
		steps = replay_steps(world->replay, &count);
		assert_int_equal(count, 2);
		assert_int_equal(steps[0].step, STEP_POSTED);
		assert_int_equal(steps[0].data, WORLD_VECTOR);
		assert_int_equal(steps[1].step, STEP_UNPOSTED);
	}
	assert_true(replay_vector(world->replay, &other)->state & STATE_POSTED);
	/* One that has been unbound meanwhile is not posted. */
	replay_unbind(world->replay, &world->vector);
	replay_inhibit(world->replay, 0);
	assert_false(replay_vector(world->replay, &world->vector)->state & STATE_POSTED);
	replay_set_process(world->replay, 20);
	replay_inhibit(world->replay, 1);
	assert_false(replay_vector(world->replay, &other)->state & STATE_POSTED);
	world_free(world);
	/* An Intel host's IOMMU posts all the same. */
	options.avic = false;
	world = world_new(&options);
	replay_bind(world->replay, &world->vector, 0);
	replay_inhibit(world->replay, 1);
	replay_posting(world->replay, &world->vector, true);
	assert_true(replay_vector(world->replay, &world->vector)->state & STATE_POSTED);
	world_free(world);
}

static void posted_until_an_interrupt_comes_by(void **state)
{
	struct world *world = world_bound();
	const struct imstrace_lifecycle *steps;
	struct view view;
	size_t count;

	(void)state;
	replay_posting(world->replay, &world->vector, true);
	last_step(world, STEP_POSTED);
	world_accept(world, &world->vector, &world->vcpus[0]);
	steps = replay_steps(world->replay, &count);
	assert_int_equal(count, 1);
	assert_int_equal(steps->step, STEP_UNPOSTED);
	world_serve(world, &world->vector, &world->vcpus[0]);
	view = look(world);
	assert_mode(&view, "irqfd");
	assert_hops(world, &world->vector, 1, 1, 1, 1, 1);
	view_free(&view);
	/* And it may be posted anew. */
	replay_posting(world->replay, &world->vector, true);
	last_step(world, STEP_POSTED);
	world_free(world);
}

static void posted_until_it_is_unbound(void **state)
{
	struct world *world = world_bound();
	struct view view;

	(void)state;
	replay_posting(world->replay, &world->vector, true);
	replay_unbind(world->replay, &world->vector);
	view = look(world);
	assert_mode(&view, NULL);
	view_free(&view);
	replay_bind(world->replay, &world->vector, 0);
	replay_steps(world->replay, &(size_t) { 0 });
	world_accept(world, &world->vector, &world->vcpus[0]);
	/* It is in order: no stray. */
	replay_steps(world->replay, &(size_t) { 0 });
	view = look(world);
	assert_mode(&view, "irqfd");
	view_free(&view);
	world_free(world);
}

static void posting_of_an_irq_that_is_not_ours(void **state)
{
	struct world *world = world_bound();
	struct vector foreign = world->vector;
	size_t count;

	(void)state;
	replay_steps(world->replay, &count);
	foreign.irq = WORLD_FOREIGN_IRQ;
	replay_posting(world->replay, &foreign, true);
	replay_steps(world->replay, &count);
	assert_int_equal(count, 0);
	assert_false(replay_vector(world->replay, &world->vector)->state & STATE_POSTED);
	world_free(world);
}

/* A bypass that is connected, and no signals: posted, or idle? */
static void silence_where_posting_is_told_is_idleness(void **state)
{
	struct world *world = world_bound();
	struct view view;

	(void)state;
	replay_source(world->replay)->may_post = true;
	view = look(world);
	assert_all_missing(&view, HOP_COUNT, NULL);
	view_free(&view);
	world_free(world);
}

static void silence_where_posting_is_not_told_says_nothing(void **state)
{
	struct world *world = world_bound();
	struct view view;

	(void)state;
	replay_source(world->replay)->may_post = true;
	replay_source(world->replay)->posting = "this kernel has no such tracepoint";
	view = look(world);
	assert_mode(&view, NULL);
	assert_all_missing(&view, HOP_IRQ,
		"no interrupt seen: idle, or posted past the host, of which nothing tells here");
	view_free(&view);
	/* It was idle. */
	world_accept(world, &world->vector, &world->vcpus[0]);
	view = look(world);
	assert_mode(&view, "irqfd");
	assert_all_missing(&view, HOP_COUNT, NULL);
	view_free(&view);
	world_free(world);
}

static void silence_without_a_bypass_is_idleness(void **state)
{
	struct replay_options options = world_options();
	struct world *world = world_new(&options);
	struct view view;

	(void)state;
	replay_bind(world->replay, &world->vector, -22);
	replay_source(world->replay)->may_post = true;
	replay_source(world->replay)->posting = "this kernel has no such tracepoint";
	view = look(world);
	assert_all_missing(&view, HOP_COUNT, NULL);
	view_free(&view);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(irqfd),
		cmocka_unit_test(irqfd_behind_other_waiters),
		cmocka_unit_test(user),
		cmocka_unit_test(a_threaded_handler),
		cmocka_unit_test(irqs_merge_before_their_thread_runs),
		cmocka_unit_test(a_signal_after_the_handler),
		cmocka_unit_test(irqfd_through_the_workqueue),
		cmocka_unit_test(emulated),
		cmocka_unit_test(posted),
		cmocka_unit_test(posted_on_a_kernel_before_6_17),
		cmocka_unit_test(posted_after_interrupts),
		cmocka_unit_test(posted_while_avic_is_not_inhibited),
		cmocka_unit_test(posted_until_an_interrupt_comes_by),
		cmocka_unit_test(posted_until_it_is_unbound),
		cmocka_unit_test(posting_of_an_irq_that_is_not_ours),
		cmocka_unit_test(silence_where_posting_is_told_is_idleness),
		cmocka_unit_test(silence_where_posting_is_not_told_says_nothing),
		cmocka_unit_test(silence_without_a_bypass_is_idleness),
	};

	return cmocka_run_group_tests_name("replay, modes", tests, NULL, NULL);
}
