// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the CPU itself delivers (APICv, AVIC), and what becomes of it: it is delivered, merges, or
 * waits. KVM's memory tells; no emulator that runs these tests has such a CPU, but tests/apicv does.
 */
#include "view.h"

#define BY_THE_CPU	"APICv or AVIC: the CPU itself delivers and ends it, without KVM"

static struct world *world_with_apicv(void)
{
	struct world *world = world_bound();

	for (unsigned int i = 0; i < 3; i++)
		replay_set_apicv(world->replay, &world->vcpus[i], true);
	return world;
}

static void assert_pending(struct world *world, __u64 count)
{
	assert_int_equal(replay_in_guest(world->replay, &world->vector).pending, count);
}

/* That it has been delivered is seen at the next VM exit, or when the next one is accepted. */
static void delivered(void **state)
{
	struct world *world = world_with_apicv();
	const struct vcpu *vcpu = &world->vcpus[0];
	const struct imstrace_interrupt *records;
	struct view view;
	size_t count;

	(void)state;
	world_accept_in_hardware(world, vcpu);
	replay_vcpu_exit(world->replay, 0, vcpu);
	assert_end(world, &world->vector, END_HARDWARE, 0);
	assert_pending(world, 1);
	world_deliver_in_hardware(world, vcpu);
	replay_vcpu_exit(world->replay, 0, &world->vcpus[1]);
	assert_end(world, &world->vector, END_HARDWARE, 0);
	replay_vcpu_exit(world->replay, 0, vcpu);
	assert_end(world, &world->vector, END_HARDWARE, 1);
	assert_pending(world, 0);
	replay_vcpu_exit(world->replay, 0, vcpu);

	world_accept_in_hardware(world, vcpu);
	world_deliver_in_hardware(world, vcpu);
	world_accept_in_hardware(world, vcpu);
	assert_end(world, &world->vector, END_HARDWARE, 2);
	assert_pending(world, 1);
	world_deliver_in_hardware(world, vcpu);
	replay_vcpu_exit(world->replay, 0, vcpu);
	assert_hops(world, &world->vector, 3, 3, 3, 0, 0);
	assert_end(world, &world->vector, END_HARDWARE, 3);
	assert_end(world, &world->vector, END_COALESCED, 0);
	records = replay_interrupts(world->replay, &count);
	assert_int_equal(count, 3);
	assert_int_equal(records[2].end, END_HARDWARE);
	view = look(world);
	assert_mode(&view, "irqfd");
	assert_all_missing(&view, HOP_INJECT, BY_THE_CPU);
	assert_null(view.vector->in_flight_missing);
	assert_int_equal(view.vector->in_flight, 0);
	assert_int_equal(json_integer_value(json_object_get(vector_of(&view), "hardware")), 3);
	view_free(&view);
	world_free(world);
}

/* Of 60 that come while the guest's handler can't run it runs once for all. */
static void a_burst_merges(void **state)
{
	struct world *world = world_with_apicv();
	const struct vcpu *vcpu = &world->vcpus[0];
	struct view view;

	(void)state;
	for (unsigned int i = 0; i < 60; i++) {
		world_accept_in_hardware(world, vcpu);
		if (i == 30)
			world_move_to_irr(world, vcpu);
		if (i % 10 == 0)
			replay_vcpu_exit(world->replay, 0, vcpu);
	}
	assert_end(world, &world->vector, END_COALESCED, 59);
	assert_end(world, &world->vector, END_HARDWARE, 0);
	assert_pending(world, 1);
	view = look(world);
	assert_int_equal(view.vector->in_flight, 1);
	assert_null(view.vector->in_flight_missing);
	view_free(&view);
	world_deliver_in_hardware(world, vcpu);
	replay_vcpu_exit(world->replay, 0, vcpu);
	assert_end(world, &world->vector, END_HARDWARE, 1);
	assert_hops(world, &world->vector, 60, 60, 60, 0, 0);
	world_free(world);
}

/* Its neighbours in the same words of memory, and the same vector of another vCPU, are not it. */
static void others_that_wait(void **state)
{
	struct world *world = world_with_apicv();
	const struct vcpu *vcpu = &world->vcpus[0];

	(void)state;
	replay_set_irr(world->replay, &world->vcpus[1], WORLD_VECTOR, true);
	for (int side = -1; side < 2; side += 2) {
		replay_set_irr(world->replay, vcpu, WORLD_VECTOR + side, true);
		replay_set_pir(world->replay, vcpu, WORLD_VECTOR + side, true);
	}
	world_accept_in_hardware(world, vcpu);
	world_deliver_in_hardware(world, vcpu);
	replay_vcpu_exit(world->replay, 0, vcpu);
	assert_end(world, &world->vector, END_HARDWARE, 1);
	/* Each vCPU is delivered its own. */
	world_accept_in_hardware(world, vcpu);
	world_accept_in_hardware(world, &world->vcpus[1]);
	assert_pending(world, 2);
	world_deliver_in_hardware(world, vcpu);
	replay_vcpu_exit(world->replay, 0, &world->vcpus[1]);
	replay_vcpu_exit(world->replay, 0, vcpu);
	assert_end(world, &world->vector, END_HARDWARE, 2);
	assert_pending(world, 1);
	world_free(world);
}

/* APICv is inhibited while one waits: KVM takes it over and injects it. */
static void inhibited_while_one_waits(void **state)
{
	struct world *world = world_with_apicv();
	const struct vcpu *vcpu = &world->vcpus[0];

	(void)state;
	world_accept_in_hardware(world, vcpu);
	replay_vcpu_exit(world->replay, 0, vcpu);
	world_move_to_irr(world, vcpu);
	replay_set_apicv(world->replay, vcpu, false);
	replay_set_irr(world->replay, vcpu, WORLD_VECTOR, false);
	/* Taken, and that not told: this one is new. */
	world_accept(world, &world->vector, vcpu);
	replay_set_irr(world->replay, vcpu, WORLD_VECTOR, true);
	world_serve(world, &world->vector, vcpu);
	replay_set_irr(world->replay, vcpu, WORLD_VECTOR, false);
	world_serve(world, &world->vector, vcpu);
	assert_hops(world, &world->vector, 2, 2, 2, 2, 2);
	assert_end(world, &world->vector, END_HARDWARE, 0);
	assert_end(world, &world->vector, END_COALESCED, 0);
	world_free(world);
}

/* And the other way: what KVM had accepted the CPU delivers. */
static void activated_while_one_waits(void **state)
{
	struct world *world = world_bound();
	const struct vcpu *vcpu = &world->vcpus[0];

	(void)state;
	world_accept(world, &world->vector, vcpu);
	replay_set_irr(world->replay, vcpu, WORLD_VECTOR, true);
	replay_set_apicv(world->replay, vcpu, true);
	world_accept_in_hardware(world, vcpu);
	assert_end(world, &world->vector, END_COALESCED, 1);
	world_deliver_in_hardware(world, vcpu);
	replay_vcpu_exit(world->replay, 0, vcpu);
	assert_end(world, &world->vector, END_HARDWARE, 1);
	assert_pending(world, 0);

	replay_set_apicv(world->replay, vcpu, false);
	world_accept(world, &world->vector, vcpu);
	replay_set_irr(world->replay, vcpu, WORLD_VECTOR, true);
	replay_set_apicv(world->replay, vcpu, true);
	replay_set_irr(world->replay, vcpu, WORLD_VECTOR, false);
	world_accept_in_hardware(world, vcpu);
	assert_end(world, &world->vector, END_HARDWARE, 2);
	assert_pending(world, 1);
	world_free(world);
}

static void inhibited_for_some(void **state)
{
	struct world *world = world_with_apicv();
	struct view view;

	(void)state;
	replay_set_apicv(world->replay, &world->vcpus[1], false);
	for (unsigned int i = 0; i < 2; i++) {
		world_accept_in_hardware(world, &world->vcpus[0]);
		world_deliver_in_hardware(world, &world->vcpus[0]);
		world_accept(world, &world->vector, &world->vcpus[1]);
		world_serve(world, &world->vector, &world->vcpus[1]);
	}
	replay_vcpu_exit(world->replay, 0, &world->vcpus[0]);
	assert_hops(world, &world->vector, 4, 4, 4, 2, 2);
	assert_end(world, &world->vector, END_HARDWARE, 2);
	view = look(world);
	assert_all_missing(&view, HOP_COUNT, NULL);
	assert_int_equal(view.vector->stages[STAGE_TOTAL].count, 2);
	assert_int_equal(view.vector->in_flight, 0);
	view_free(&view);
	world_free(world);
}

static void of_other_interrupts(void **state)
{
	struct world *world = world_bound();

	(void)state;
	replay_irq(world->replay, 0, WORLD_IRQ, 0);
	replay_signal(world->replay, 0, &world->vector, CAUSE_IRQ);
	/* Before it is accepted; of another vector; of another vCPU; after the handler. */
	replay_apicv_accept(world->replay, 0, &world->vcpus[0], WORLD_VECTOR);
	replay_accept(world->replay, 0, &world->vcpus[0], APIC_DM_FIXED, WORLD_VECTOR);
	replay_apicv_accept(world->replay, 0, &world->vcpus[0], WORLD_FOREIGN_VECTOR);
	replay_apicv_accept(world->replay, 0, &world->vcpus[1], WORLD_VECTOR);
	replay_apicv_accept(world->replay, 1, &world->vcpus[0], WORLD_VECTOR);
	replay_exit(world->replay, 0, WORLD_IRQ);
	replay_apicv_accept(world->replay, 0, &world->vcpus[0], WORLD_VECTOR);
	for (unsigned int i = 0; i < 3; i++)
		replay_vcpu_exit(world->replay, 0, &world->vcpus[i]);
	assert_end(world, &world->vector, END_HARDWARE, 0);
	world_serve(world, &world->vector, &world->vcpus[0]);
	assert_hops(world, &world->vector, 1, 1, 1, 1, 1);
	world_free(world);
}

/* Where no VM exit is seen, what the CPU is given counts as delivered, and that is said. */
static void delivery_is_not_seen(void **state)
{
	static const char why[] = "this kernel has no such tracepoint";
	struct replay_options options = world_options();
	const struct imstrace_interrupt *records;
	struct world *world;
	struct view view;
	size_t count;

	(void)state;
	options.delivery_unseen = true;
	world = world_new(&options);
	replay_bind(world->replay, &world->vector, 0);
	replay_source(world->replay)->delivery = why;
	world_accept_in_hardware(world, &world->vcpus[0]);
	assert_end(world, &world->vector, END_HARDWARE, 1);
	assert_pending(world, 0);
	view = look(world);
	assert_string_equal(view.vector->in_flight_missing, why);
	assert_true(json_is_null(json_object_get(vector_of(&view), "in_flight")));
	view_free(&view);
	replay_interrupts(world->replay, &count);

	/* What seems to merge with one that KVM has accepted does not, if the CPU is given it. */
	world_accept(world, &world->vector, &world->vcpus[0]);
	world_accept_in_hardware(world, &world->vcpus[0]);
	assert_end(world, &world->vector, END_COALESCED, 0);
	assert_end(world, &world->vector, END_HARDWARE, 2);
	records = replay_interrupts(world->replay, &count);
	assert_int_equal(count, 2);
	assert_int_equal(records[0].end, END_COALESCED);
	assert_int_equal(records[1].end, END_HARDWARE);
	assert_int_equal(records[1].recounted, END_COALESCED);
	/* The first is injected by KVM after all, and the one in hardware is no second injection. */
	world_serve(world, &world->vector, &world->vcpus[0]);
	world_serve(world, &world->vector, &world->vcpus[0]);
	assert_hops(world, &world->vector, 3, 3, 3, 1, 1);
	world_free(world);
}

/* What is shown of one is what the programs have counted; it is the only one since @before. */
static void assert_bounds(struct world *world, const struct imstrace_interrupt *record,
			  const struct imstrace_account *before)
{
	struct imstrace_account after = replay_account(world->replay, &world->vector);
	__u64 accept = record->times[HOP_ACCEPT];

	assert_true(accept <= record->delivered_after && record->delivered_after <= record->delivered_by);
	assert_int_equal(stage_time(record, STAGE_AT_LEAST), record->delivered_after - accept);
	assert_int_equal(stage_time(record, STAGE_AT_MOST), record->delivered_by - accept);
	assert_int_equal(after.sums[STAGE_AT_LEAST] - before->sums[STAGE_AT_LEAST],
			 record->delivered_after - accept);
	assert_int_equal(after.sums[STAGE_AT_MOST] - before->sums[STAGE_AT_MOST],
			 record->delivered_by - accept);
}

/* Between which two moments the CPU has delivered it: the latest entry, or the accept, and the exit or accept. */
static void bounds_of_a_delivery(void **state)
{
	struct world *world = world_with_apicv();
	const struct vcpu *vcpu = &world->vcpus[0];
	const struct imstrace_interrupt *records;
	struct imstrace_account before;
	size_t count;

	(void)state;
	/* Out of guest mode: not before it enters. */
	world_accept_in_hardware(world, vcpu);
	before = replay_account(world->replay, &world->vector);
	replay_enter(world->replay, 0, vcpu);
	world_deliver_in_hardware(world, vcpu);
	replay_vcpu_exit(world->replay, 0, vcpu);
	records = replay_interrupts(world->replay, &count);
	assert_int_equal(count, 1);
	assert_true(records[0].times[HOP_ENTER]);
	assert_int_equal(records[0].delivered_after, records[0].times[HOP_ENTER]);
	assert_bounds(world, &records[0], &before);

	/* It waits for the guest: not before the entry since it was last found to. */
	before = replay_account(world->replay, &world->vector);
	world_accept_in_hardware(world, vcpu);
	for (unsigned int i = 0; i < 3; i++) {
		replay_enter(world->replay, 0, vcpu);
		world_move_to_irr(world, vcpu);
		if (i == 2)
			world_deliver_in_hardware(world, vcpu);
		replay_vcpu_exit(world->replay, 0, vcpu);
	}
	records = replay_interrupts(world->replay, &count);
	assert_int_equal(count, 1);
	assert_true(records[0].delivered_after > records[0].times[HOP_ENTER]);
	assert_bounds(world, &records[0], &before);

	/* In guest mode: from the accept on, and until the next accept. */
	before = replay_account(world->replay, &world->vector);
	world_accept_in_hardware(world, vcpu);
	world_deliver_in_hardware(world, vcpu);
	world_accept_in_hardware(world, vcpu);
	records = replay_interrupts(world->replay, &count);
	assert_int_equal(count, 1);
	assert_int_equal(records[0].times[HOP_ENTER], 0);
	assert_int_equal(records[0].delivered_after, records[0].times[HOP_ACCEPT]);
	assert_bounds(world, &records[0], &before);

	/* That one is KVM's in the end, which measures it: it has no bounds. */
	before = replay_account(world->replay, &world->vector);
	replay_enter(world->replay, 0, vcpu);
	replay_set_apicv(world->replay, vcpu, false);
	world_serve(world, &world->vector, vcpu);
	records = replay_interrupts(world->replay, &count);
	assert_int_equal(count, 1);
	assert_int_equal(records[0].end, END_COMPLETE);
	assert_int_equal(records[0].delivered_after, 0);
	assert_int_equal(records[0].delivered_by, 0);
	assert_int_equal(stage_time(&records[0], STAGE_AT_LEAST), -1);
	assert_int_equal(replay_account(world->replay, &world->vector).sums[STAGE_AT_MOST],
			 before.sums[STAGE_AT_MOST]);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(delivered),
		cmocka_unit_test(a_burst_merges),
		cmocka_unit_test(others_that_wait),
		cmocka_unit_test(inhibited_while_one_waits),
		cmocka_unit_test(activated_while_one_waits),
		cmocka_unit_test(inhibited_for_some),
		cmocka_unit_test(of_other_interrupts),
		cmocka_unit_test(delivery_is_not_seen),
		cmocka_unit_test(bounds_of_a_delivery),
	};

	return cmocka_run_group_tests_name("replay, APICv", tests, NULL, NULL);
}
