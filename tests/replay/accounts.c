// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every interrupt ends in a count, whatever happens to it: races, hops that are missing,
 * tables that are full. After each event the harness holds the accounts against the
 * equations in records.h.
 */
#include "world.h"

#include "../../user/measure/measurement.h"

#include "../../user/model/vectors.h"

static void an_interrupt_passes_every_hop(void **state)
{
	struct world *world = world_bound();
	const struct imstrace_interrupt *records;
	size_t count;

	(void)state;
	world_accept(world, &world->vector, &world->vcpus[1]);
	assert_hops(world, &world->vector, 1, 1, 1, 0, 0);
	assert_int_equal(replay_in_guest(world->replay, &world->vector).pending, 1);
	replay_inject(world->replay, 1, &world->vcpus[1], WORLD_VECTOR, false, false);
	assert_hops(world, &world->vector, 1, 1, 1, 1, 0);
	assert_int_equal(replay_in_guest(world->replay, &world->vector).service, 1);
	replay_eoi(world->replay, 1, &world->vcpus[1], WORLD_VECTOR);
	assert_hops(world, &world->vector, 1, 1, 1, 1, 1);
	assert_unmatched(world, &world->vector, 0, 0, 0, 0);

	records = replay_interrupts(world->replay, &count);
	assert_int_equal(count, 1);
	assert_int_equal(records->end, END_COMPLETE);
	assert_int_equal(records->vcpu, 1);
	assert_int_equal(records->guest_vector, WORLD_VECTOR);
	for (unsigned int hop = 1; hop <= HOP_EOI; hop++)
		assert_true(records->times[hop] > records->times[hop - 1] ||
			    (hop == HOP_INJECT && records->times[hop] == records->times[HOP_ENTER]));
	/* It is no line. */
	assert_int_equal(records->times[HOP_UNMASK], 0);
	world_free(world);
}

/* But nobody knows when it was: KVM notices at the next VM exit. */
static void paravirtual_eoi_is_an_eoi(void **state)
{
	static const struct vector_filter any;
	struct world *world = world_bound();
	const struct imstrace_interrupt *records;
	struct measurement *measurement;
	struct source *source;
	const struct vector_figures *vector;
	size_t count;

	(void)state;
	source = replay_source(world->replay);
	measurement = measurement_new(source, &any);
	assert_non_null(measurement);
	for (__u64 eois = 1; eois < 3; eois++) {
		world_accept(world, &world->vector, &world->vcpus[0]);
		replay_inject(world->replay, 0, &world->vcpus[0], WORLD_VECTOR, false, false);
		if (eois == 1)
			replay_pv_eoi(world->replay, 0, &world->vcpus[0], WORLD_VECTOR);
		else
			replay_eoi(world->replay, 0, &world->vcpus[0], WORLD_VECTOR);
		assert_hops(world, &world->vector, eois, eois, eois, eois, eois);
		records = replay_interrupts(world->replay, &count);
		assert_int_equal(count, 1);
		assert_int_equal(records->end, END_COMPLETE);
		assert_int_equal(records->eoi_late, eois == 1);
		assert_int_equal(stage_time(records, STAGE_SERVICE) >= 0, eois == 2);
		assert_int_equal(stage_time(records, STAGE_TOTAL) >= 0, eois == 2);
		assert_true(stage_time(records, STAGE_DELIVERY) >= 0);
		if (eois == 1)
			assert_int_equal(interrupt_took(records), stage_time(records, STAGE_DELIVERY));
		measurement_interval(measurement, source->now(source));
		vector = measurement_summary(measurement)->vectors;
		assert_int_equal(vector->account.late_eois, 1);
		assert_int_equal(vector->stages[STAGE_DELIVERY].count, eois);
		assert_int_equal(vector->stages[STAGE_SERVICE].count, eois - 1);
		assert_int_equal(vector->stages[STAGE_TOTAL].count, eois - 1);
		assert_int_equal(!figures_stage_missing(vector, STAGE_TOTAL), eois == 2);
	}
	measurement_free(measurement);
	world_free(world);
}

static void an_accept_while_one_is_pending_is_coalesced(void **state)
{
	struct world *world = world_bound();
	const struct imstrace_interrupt *records;
	size_t count;

	(void)state;
	for (unsigned int i = 0; i < 3; i++)
		world_accept(world, &world->vector, &world->vcpus[0]);
	world_serve(world, &world->vector, &world->vcpus[0]);
	assert_hops(world, &world->vector, 3, 3, 3, 1, 1);
	assert_int_equal(replay_account(world->replay, &world->vector).ends[END_COALESCED], 2);
	records = replay_interrupts(world->replay, &count);
	assert_int_equal(count, 3);
	assert_int_equal(records[0].end, END_COALESCED);
	assert_int_equal(records[1].end, END_COALESCED);
	assert_int_equal(records[2].end, END_COMPLETE);
	assert_int_equal(records[2].recounted, 0);
	world_free(world);
}

static void the_same_vector_of_another_vcpu_is_not_merged(void **state)
{
	struct world *world = world_bound();

	(void)state;
	world_accept(world, &world->vector, &world->vcpus[0]);
	world_accept(world, &world->vector, &world->vcpus[1]);
	assert_int_equal(replay_account(world->replay, &world->vector).ends[END_COALESCED], 0);
	world_serve(world, &world->vector, &world->vcpus[1]);
	world_serve(world, &world->vector, &world->vcpus[0]);
	assert_hops(world, &world->vector, 2, 2, 2, 2, 2);
	world_free(world);
}

/* KVM takes the first out of the IRR, the second is accepted, and only then KVM says so. */
static void an_accept_before_the_injection_is_told_counts_back(void **state)
{
	struct world *world = world_bound();
	const struct imstrace_interrupt *records;
	size_t count;

	(void)state;
	world_accept(world, &world->vector, &world->vcpus[0]);
	world_accept(world, &world->vector, &world->vcpus[0]);
	assert_int_equal(replay_account(world->replay, &world->vector).ends[END_COALESCED], 1);
	world_serve(world, &world->vector, &world->vcpus[0]);
	world_serve(world, &world->vector, &world->vcpus[0]);
	assert_hops(world, &world->vector, 2, 2, 2, 2, 2);
	assert_int_equal(replay_account(world->replay, &world->vector).ends[END_COALESCED], 0);
	records = replay_interrupts(world->replay, &count);
	assert_int_equal(count, 3);
	assert_int_equal(records[0].end, END_COALESCED);
	assert_int_equal(records[1].end, END_COMPLETE);
	assert_int_equal(records[1].recounted, 0);
	assert_int_equal(records[2].end, END_COMPLETE);
	assert_int_equal(records[2].recounted, 1);
	/* The very one that had been streamed as coalesced. */
	assert_true(records[2].times[HOP_ACCEPT] == records[0].times[HOP_ACCEPT]);
	world_free(world);
}

static void an_injection_without_an_eoi_is_unmatched(void **state)
{
	struct world *world = world_bound();

	(void)state;
	world_accept(world, &world->vector, &world->vcpus[0]);
	replay_inject(world->replay, 0, &world->vcpus[0], WORLD_VECTOR, false, false);
	world_accept(world, &world->vector, &world->vcpus[0]);
	assert_unmatched(world, &world->vector, 0, 0, 0, 0);
	world_serve(world, &world->vector, &world->vcpus[0]);
	assert_hops(world, &world->vector, 2, 2, 2, 2, 1);
	assert_unmatched(world, &world->vector, 0, 0, 0, 1);
	world_free(world);
}

static void an_eoi_of_nothing_counts_nothing(void **state)
{
	struct world *world = world_bound();

	(void)state;
	world_accept(world, &world->vector, &world->vcpus[0]);
	/* Pending, but not in service; another vector; nothing in service at all. */
	replay_eoi(world->replay, 0, &world->vcpus[0], WORLD_VECTOR);
	replay_eoi(world->replay, 0, &world->vcpus[0], WORLD_FOREIGN_VECTOR);
	replay_eoi(world->replay, 0, &world->vcpus[0], -1);
	/* And on a vCPU that has never had an interrupt of ours. */
	replay_eoi(world->replay, 0, &world->vcpus[2], WORLD_VECTOR);
	assert_hops(world, &world->vector, 1, 1, 1, 0, 0);
	world_serve(world, &world->vector, &world->vcpus[0]);
	replay_eoi(world->replay, 0, &world->vcpus[0], WORLD_VECTOR);
	assert_hops(world, &world->vector, 1, 1, 1, 1, 1);
	world_free(world);
}

static void injections_that_are_not_ours_count_nothing(void **state)
{
	struct world *world = world_bound();

	(void)state;
	replay_inject(world->replay, 0, &world->vcpus[0], WORLD_VECTOR, false, false);
	world_accept(world, &world->vector, &world->vcpus[0]);
	replay_inject(world->replay, 0, &world->vcpus[0], WORLD_FOREIGN_VECTOR, false, false);
	replay_inject(world->replay, 0, &world->vcpus[1], WORLD_VECTOR, false, false);
	/* A software interrupt of the guest's; by a thread that runs no vCPU. */
	replay_inject(world->replay, 0, &world->vcpus[0], WORLD_VECTOR, true, false);
	replay_inject(world->replay, 0, NULL, WORLD_VECTOR, false, false);
	assert_hops(world, &world->vector, 1, 1, 1, 0, 0);
	replay_inject(world->replay, 0, &world->vcpus[0], WORLD_VECTOR, false, false);
	/* The exit came before the guest had taken it: once more, the same, not the next one. */
	world_accept(world, &world->vector, &world->vcpus[0]);
	replay_inject(world->replay, 0, &world->vcpus[0], WORLD_VECTOR, false, true);
	replay_eoi(world->replay, 0, &world->vcpus[0], WORLD_VECTOR);
	assert_hops(world, &world->vector, 2, 2, 2, 1, 1);
	world_serve(world, &world->vector, &world->vcpus[0]);
	assert_hops(world, &world->vector, 2, 2, 2, 2, 2);
	assert_unmatched(world, &world->vector, 0, 0, 0, 0);
	world_free(world);
}

static void a_handler_that_signals_nothing_is_unmatched(void **state)
{
	struct world *world = world_bound();

	(void)state;
	replay_irq(world->replay, 0, WORLD_IRQ, 0);
	assert_unmatched(world, &world->vector, 0, 0, 0, 0);
	replay_exit(world->replay, 0, WORLD_IRQ);
	assert_hops(world, &world->vector, 1, 0, 0, 0, 0);
	assert_unmatched(world, &world->vector, 1, 0, 0, 0);
	world_free(world);
}

static void a_signal_that_kvm_does_not_accept_is_unmatched(void **state)
{
	struct world *world = world_bound();

	(void)state;
	replay_irq(world->replay, 0, WORLD_IRQ, 0);
	replay_signal(world->replay, 0, &world->vector, CAUSE_IRQ);
	replay_exit(world->replay, 0, WORLD_IRQ);
	assert_hops(world, &world->vector, 1, 1, 0, 0, 0);
	assert_unmatched(world, &world->vector, 0, 1, 0, 0);
	/* A late accept of that guest vector is another one's. */
	replay_accept(world->replay, 0, &world->vcpus[0], APIC_DM_FIXED, WORLD_VECTOR);
	assert_hops(world, &world->vector, 1, 1, 0, 0, 0);
	world_free(world);
}

/* As of KVM's own irq_test -n: half of the messages are NMIs. */
static void what_passes_no_irr_ends_as_nmi(void **state)
{
	struct world *world = world_bound();

	(void)state;
	for (unsigned int i = 0; i < 6; i++) {
		replay_irq(world->replay, 0, WORLD_IRQ, 0);
		replay_signal(world->replay, 0, &world->vector, CAUSE_IRQ);
		replay_accept(world->replay, 0, &world->vcpus[0], i % 2 ? APIC_DM_SMI : APIC_DM_NMI,
			      WORLD_VECTOR);
		replay_exit(world->replay, 0, WORLD_IRQ);
		world_accept(world, &world->vector, &world->vcpus[0]);
		world_serve(world, &world->vector, &world->vcpus[0]);
	}
	assert_hops(world, &world->vector, 12, 12, 6, 6, 6);
	assert_end(world, &world->vector, END_NMI, 6);
	assert_unmatched(world, &world->vector, 0, 0, 0, 0);
	world_free(world);
}

/* 3 routed, 4 without a route, 3 routed. */
static void what_has_no_route_ends_there(void **state)
{
	struct world *world = world_bound();
	const struct imstrace_interrupt *records;
	struct imstrace_account account;
	size_t count;

	(void)state;
	for (unsigned int i = 0; i < 10; i++) {
		bool routed = i < 3 || i > 6;

		replay_set_route(world->replay, &world->vector, routed);
		if (routed) {
			world_accept(world, &world->vector, &world->vcpus[0]);
			world_serve(world, &world->vector, &world->vcpus[0]);
			continue;
		}
		replay_irq(world->replay, 0, WORLD_IRQ, 0);
		replay_signal(world->replay, 0, &world->vector, CAUSE_IRQ);
		replay_exit(world->replay, 0, WORLD_IRQ);
		records = replay_interrupts(world->replay, &count);
		assert_int_equal(records[count - 1].end, END_NO_ROUTE);
	}
	assert_hops(world, &world->vector, 10, 10, 6, 6, 6);
	assert_end(world, &world->vector, END_NO_ROUTE, 4);
	assert_end(world, &world->vector, END_WORKQUEUE, 0);
	account = replay_account(world->replay, &world->vector);
	assert_string_equal(vector_mode(replay_vector(world->replay, &world->vector), &account),
			    "irqfd");
	world_free(world);
}

/* KVM keeps one route at hand, and none of several, as of the pins of the PICs and the IOAPIC. */
static void several_routes_are_left_to_the_workqueue(void **state)
{
	struct world *world = world_bound();

	(void)state;
	objects_set(replay_objects(world->replay), world->vector.irqfd, MEMBER_IRQFD_ROUTE_TYPE, 0);
	replay_irq(world->replay, 0, WORLD_IRQ, 0);
	replay_signal(world->replay, 0, &world->vector, CAUSE_IRQ);
	replay_exit(world->replay, 0, WORLD_IRQ);
	assert_end(world, &world->vector, END_WORKQUEUE, 1);
	assert_end(world, &world->vector, END_NO_ROUTE, 0);
	world_free(world);
}

/* The guest switches its APIC off; 50; on again; 1. */
static void an_apic_that_is_off_refuses(void **state)
{
	struct world *world = world_bound();
	const struct imstrace_interrupt *records;
	size_t count;

	(void)state;
	for (unsigned int i = 0; i < 5; i++) {
		world_accept(world, &world->vector, &world->vcpus[0]);
		world_serve(world, &world->vector, &world->vcpus[0]);
	}
	replay_set_apic(world->replay, &world->vcpus[0], false);
	for (unsigned int i = 0; i < 50; i++)
		world_accept(world, &world->vector, &world->vcpus[0]);
	replay_set_apic(world->replay, &world->vcpus[0], true);
	world_accept(world, &world->vector, &world->vcpus[0]);
	world_serve(world, &world->vector, &world->vcpus[0]);
	assert_hops(world, &world->vector, 56, 56, 6, 6, 6);
	assert_end(world, &world->vector, END_REFUSED, 50);
	assert_end(world, &world->vector, END_COALESCED, 0);
	records = replay_interrupts(world->replay, &count);
	assert_int_equal(count, 56);
	assert_int_equal(records[5].end, END_REFUSED);
	assert_int_equal(records[5].times[HOP_ACCEPT], 0);
	assert_int_equal(records[55].end, END_COMPLETE);
	/* Of two that a message is for one may have its APIC on. */
	replay_set_apic(world->replay, &world->vcpus[0], false);
	replay_irq(world->replay, 0, WORLD_IRQ, 0);
	replay_signal(world->replay, 0, &world->vector, CAUSE_IRQ);
	replay_accept(world->replay, 0, &world->vcpus[0], APIC_DM_FIXED, WORLD_VECTOR);
	replay_accept(world->replay, 0, &world->vcpus[1], APIC_DM_FIXED, WORLD_VECTOR);
	replay_exit(world->replay, 0, WORLD_IRQ);
	world_serve(world, &world->vector, &world->vcpus[1]);
	assert_hops(world, &world->vector, 57, 57, 7, 7, 7);
	assert_end(world, &world->vector, END_REFUSED, 50);
	/* An NMI does not ask. */
	replay_irq(world->replay, 0, WORLD_IRQ, 0);
	replay_signal(world->replay, 0, &world->vector, CAUSE_IRQ);
	replay_accept(world->replay, 0, &world->vcpus[0], APIC_DM_NMI, WORLD_VECTOR);
	replay_exit(world->replay, 0, WORLD_IRQ);
	assert_end(world, &world->vector, END_NMI, 1);
	world_free(world);
}

/* No handler's exit tells of their end: the next signal of that thread does, or their vector's. */
static void an_emulated_signal_that_kvm_does_not_accept_is_unmatched(void **state)
{
	struct world *world = world_bound();
	struct vector emulated = replay_new_vector(world->replay, world->device, 1, 0, &world->vm,
						   0x51);

	(void)state;
	replay_bind(world->replay, &emulated, 0);
	replay_signal(world->replay, 0, &emulated, CAUSE_EMULATED);
	replay_signal(world->replay, 0, &emulated, CAUSE_EMULATED);
	assert_hops(world, &emulated, 0, 2, 0, 0, 0);
	assert_unmatched(world, &emulated, 0, 1, 0, 0);
	/* An interrupt of another vector may come in between, and does not cover it up. */
	world_accept(world, &world->vector, &world->vcpus[0]);
	assert_unmatched(world, &emulated, 0, 1, 0, 0);
	replay_unbind(world->replay, &emulated);
	assert_unmatched(world, &emulated, 0, 2, 0, 0);
	assert_unmatched(world, &world->vector, 0, 0, 0, 0);
	world_free(world);
}

static void foreign_interrupts_in_between_change_nothing(void **state)
{
	struct world *world = world_bound();

	(void)state;
	replay_irq(world->replay, 0, WORLD_IRQ, 0);
	replay_irq(world->replay, 0, WORLD_FOREIGN_IRQ, 0);
	replay_exit(world->replay, 0, WORLD_FOREIGN_IRQ);
	replay_signal(world->replay, 0, &world->vector, CAUSE_IRQ);
	replay_irq(world->replay, 0, WORLD_FOREIGN_IRQ, 0);
	/* The guest's timer, say, and a message to another CPU's handler. */
	replay_accept(world->replay, 0, &world->vcpus[0], APIC_DM_FIXED, WORLD_FOREIGN_VECTOR);
	replay_accept(world->replay, 1, &world->vcpus[0], APIC_DM_FIXED, WORLD_VECTOR);
	replay_exit(world->replay, 0, WORLD_FOREIGN_IRQ);
	assert_hops(world, &world->vector, 1, 1, 0, 0, 0);
	replay_accept(world->replay, 0, &world->vcpus[0], APIC_DM_FIXED, WORLD_VECTOR);
	replay_exit(world->replay, 0, WORLD_IRQ);
	world_serve(world, &world->vector, &world->vcpus[0]);
	assert_hops(world, &world->vector, 1, 1, 1, 1, 1);
	assert_unmatched(world, &world->vector, 0, 0, 0, 0);
	world_free(world);
}

/* A message to several vCPUs: the first that accepts it is followed, the others are counted. */
static void further_accepts_of_one_signal_count_nothing(void **state)
{
	struct world *world = world_bound();

	(void)state;
	replay_irq(world->replay, 0, WORLD_IRQ, 0);
	replay_signal(world->replay, 0, &world->vector, CAUSE_IRQ);
	replay_accept(world->replay, 0, &world->vcpus[0], APIC_DM_FIXED, WORLD_VECTOR);
	replay_accept(world->replay, 0, &world->vcpus[1], APIC_DM_FIXED, WORLD_VECTOR);
	replay_accept(world->replay, 0, &world->vcpus[2], APIC_DM_FIXED, WORLD_VECTOR);
	replay_accept(world->replay, 0, &world->vcpus[2], APIC_DM_FIXED, WORLD_FOREIGN_VECTOR);
	replay_exit(world->replay, 0, WORLD_IRQ);
	/* This is none of it. */
	replay_accept(world->replay, 0, &world->vcpus[1], APIC_DM_FIXED, WORLD_VECTOR);
	assert_int_equal(replay_vector(world->replay, &world->vector)->copies, 2);
	world_serve(world, &world->vector, &world->vcpus[1]);
	assert_hops(world, &world->vector, 1, 1, 1, 0, 0);
	world_serve(world, &world->vector, &world->vcpus[0]);
	assert_hops(world, &world->vector, 1, 1, 1, 1, 1);
	world_free(world);
}

static void a_vcpu_without_room_loses_and_says_so(void **state)
{
	struct replay_options options = world_options();
	struct world *world;

	(void)state;
	options.vcpus = 2;
	world = world_new(&options);
	replay_bind(world->replay, &world->vector, 0);
	for (unsigned int i = 0; i < 3; i++) {
		world_accept(world, &world->vector, &world->vcpus[i]);
		world_serve(world, &world->vector, &world->vcpus[i]);
	}
	assert_hops(world, &world->vector, 3, 3, 3, 2, 2);
	assert_int_equal(replay_account(world->replay, &world->vector).ends[END_LOST], 1);
	/* Again and again, and the others are none the worse. */
	world_accept(world, &world->vector, &world->vcpus[2]);
	world_accept(world, &world->vector, &world->vcpus[1]);
	world_serve(world, &world->vector, &world->vcpus[1]);
	assert_hops(world, &world->vector, 5, 5, 5, 3, 3);
	assert_int_equal(replay_account(world->replay, &world->vector).ends[END_LOST], 2);
	assert_int_equal(replay_source(world->replay)->totals->vcpus, 2);
	world_free(world);
}

static void a_vector_without_room_is_lost_and_disturbs_no_other(void **state)
{
	struct replay_options options = world_options();
	struct vector further;
	struct world *world;

	(void)state;
	options.vectors = 1;
	world = world_new(&options);
	replay_bind(world->replay, &world->vector, 0);
	further = replay_new_vector(world->replay, world->device, 1, WORLD_IRQ + 1, &world->vm,
				    WORLD_VECTOR + 1);
	replay_bind(world->replay, &further, 0);
	assert_int_equal(further.id, IMSTRACE_NONE);
	assert_true(replay_source(world->replay)->totals->lost_vectors > 0);
	world_accept(world, &further, &world->vcpus[0]);
	world_serve(world, &further, &world->vcpus[0]);
	assert_hops(world, &world->vector, 0, 0, 0, 0, 0);
	world_accept(world, &world->vector, &world->vcpus[0]);
	world_serve(world, &world->vector, &world->vcpus[0]);
	assert_hops(world, &world->vector, 1, 1, 1, 1, 1);
	assert_int_equal(source_vector_count(replay_source(world->replay)), 1);
	world_free(world);
}

static void an_irq_number_that_is_reused_is_the_new_vectors(void **state)
{
	struct world *world = world_bound();
	struct vector heir = replay_new_vector(world->replay, world->device, 1, WORLD_IRQ,
					       &world->vm, WORLD_VECTOR + 1);

	(void)state;
	world_accept(world, &world->vector, &world->vcpus[0]);
	replay_unbind(world->replay, &world->vector);
	/* Freed, and not given away yet. */
	replay_irq(world->replay, 0, WORLD_IRQ, 0);
	replay_exit(world->replay, 0, WORLD_IRQ);
	replay_bind(world->replay, &heir, 0);
	world_accept(world, &heir, &world->vcpus[0]);
	/* What was pending when its vector went still gets to its end. */
	world_serve(world, &world->vector, &world->vcpus[0]);
	world_serve(world, &heir, &world->vcpus[0]);
	assert_hops(world, &world->vector, 1, 1, 1, 1, 1);
	assert_hops(world, &heir, 1, 1, 1, 1, 1);
	assert_unmatched(world, &world->vector, 0, 0, 0, 0);
	world_free(world);
}

static void a_vector_that_is_bound_again_keeps_its_account(void **state)
{
	struct world *world = world_bound();
	struct vector again = replay_new_vector(world->replay, world->device, 0, WORLD_IRQ + 7,
						&world->vm, WORLD_VECTOR + 1);

	(void)state;
	world_accept(world, &world->vector, &world->vcpus[0]);
	world_serve(world, &world->vector, &world->vcpus[0]);
	replay_unbind(world->replay, &world->vector);
	replay_bind(world->replay, &again, 0);
	assert_int_equal(again.id, world->vector.id);
	world_accept(world, &again, &world->vcpus[0]);
	world_serve(world, &again, &world->vcpus[0]);
	assert_hops(world, &world->vector, 2, 2, 2, 2, 2);
	world_free(world);
}

static void what_the_streams_cannot_take_is_counted(void **state)
{
	struct replay_options options = world_options();
	struct imstrace_account account;
	const struct imstrace_totals *totals;
	size_t interrupts, steps, all_steps = 4;	/* of one binding */
	struct world *world;

	(void)state;
	options.stream_bytes = sysconf(_SC_PAGESIZE);
	world = world_new(&options);
	totals = replay_source(world->replay)->totals;
	replay_bind(world->replay, &world->vector, 0);
	for (unsigned int i = 0; i < 30; i++, all_steps += 8) {
		replay_unbind(world->replay, &world->vector);
		replay_bind(world->replay, &world->vector, 0);
	}
	for (unsigned int i = 0; i < 100; i++) {
		world_accept(world, &world->vector, &world->vcpus[0]);
		world_serve(world, &world->vector, &world->vcpus[0]);
	}
	assert_hops(world, &world->vector, 100, 100, 100, 100, 100);
	account = replay_account(world->replay, &world->vector);
	assert_true(account.lost_records > 0 && account.lost_records < 100);
	assert_int_equal(totals->lost_interrupts, account.lost_records);
	assert_true(totals->lost_lifecycle > 0);
	replay_steps(world->replay, &steps);
	assert_int_equal(steps + totals->lost_lifecycle, all_steps);
	replay_interrupts(world->replay, &interrupts);
	assert_int_equal(interrupts + account.lost_records, 100);
	world_free(world);
}

/* Without the later hops an interrupt is over at the last that is seen. */
static void hops_that_are_not_seen_leave_nothing_pending(void **state)
{
	struct replay_options options = world_options();
	const struct imstrace_interrupt *records;
	struct world *world;
	size_t count;

	(void)state;
	options.hops = 1U << HOP_IRQ | 1U << HOP_SIGNAL | 1U << HOP_ACCEPT;
	world = world_new(&options);
	replay_bind(world->replay, &world->vector, 0);
	world_accept(world, &world->vector, &world->vcpus[0]);
	world_accept(world, &world->vector, &world->vcpus[0]);
	assert_hops(world, &world->vector, 2, 2, 2, 0, 0);
	assert_int_equal(replay_account(world->replay, &world->vector).ends[END_COALESCED], 0);
	assert_int_equal(replay_in_guest(world->replay, &world->vector).pending, 0);
	records = replay_interrupts(world->replay, &count);
	assert_int_equal(count, 2);
	assert_int_equal(records[1].end, END_COMPLETE);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_interrupt_passes_every_hop),
		cmocka_unit_test(paravirtual_eoi_is_an_eoi),
		cmocka_unit_test(an_accept_while_one_is_pending_is_coalesced),
		cmocka_unit_test(the_same_vector_of_another_vcpu_is_not_merged),
		cmocka_unit_test(an_accept_before_the_injection_is_told_counts_back),
		cmocka_unit_test(an_injection_without_an_eoi_is_unmatched),
		cmocka_unit_test(an_eoi_of_nothing_counts_nothing),
		cmocka_unit_test(injections_that_are_not_ours_count_nothing),
		cmocka_unit_test(a_handler_that_signals_nothing_is_unmatched),
		cmocka_unit_test(a_signal_that_kvm_does_not_accept_is_unmatched),
		cmocka_unit_test(what_passes_no_irr_ends_as_nmi),
		cmocka_unit_test(what_has_no_route_ends_there),
		cmocka_unit_test(several_routes_are_left_to_the_workqueue),
		cmocka_unit_test(an_apic_that_is_off_refuses),
		cmocka_unit_test(an_emulated_signal_that_kvm_does_not_accept_is_unmatched),
		cmocka_unit_test(foreign_interrupts_in_between_change_nothing),
		cmocka_unit_test(further_accepts_of_one_signal_count_nothing),
		cmocka_unit_test(a_vcpu_without_room_loses_and_says_so),
		cmocka_unit_test(a_vector_without_room_is_lost_and_disturbs_no_other),
		cmocka_unit_test(an_irq_number_that_is_reused_is_the_new_vectors),
		cmocka_unit_test(a_vector_that_is_bound_again_keeps_its_account),
		cmocka_unit_test(what_the_streams_cannot_take_is_counted),
		cmocka_unit_test(hops_that_are_not_seen_leave_nothing_pending),
	};

	return cmocka_run_group_tests_name("replay, accounts", tests, NULL, NULL);
}
