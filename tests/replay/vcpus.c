// SPDX-License-Identifier: GPL-2.0-only
/*
 * Thousands of vCPUs at a time, and one after the other: all are followed, and what a VM has taken up
 * is there for the next one.
 */
#include "world.h"

#include "../../user/measure/accounts.h"

#define VCPUS		2	/* of a VM that comes and goes */
#define VECTORS		8	/* of its device, each a guest vector; two go to each vCPU */
#define VMS		4000	/* in turn */

static struct world *begin(struct replay_options options)
{
	options.process_ends = true;
	return world_new(&options);
}

/* Another one of the device, as the world's first one is. */
static struct vector add_vector(struct world *world, __u32 index)
{
	struct vector vector = replay_new_vector(world->replay, world->device, index,
						 WORLD_IRQ + index, &world->vm, WORLD_VECTOR + index);

	replay_bind(world->replay, &vector, 0);
	return vector;
}

/* More than any host has: nobody has told of them. */
static void thousands_of_vcpus_need_no_option(void **state)
{
	enum { EACH = 32, MANY = 250 };
	struct replay_options options = world_options();
	const struct imstrace_totals *totals;
	struct vcpu vcpus[EACH];
	struct vector second;
	struct world *world;

	(void)state;
	options.vcpus = 0;
	options.unchecked = true;	/* it looks at one VM's guests */
	options.interrupts = false;
	world = begin(options);
	totals = replay_source(world->replay)->totals;
	replay_bind(world->replay, &world->vector, 0);
	second = add_vector(world, 1);
	for (unsigned int i = 0; i < EACH; i++)
		vcpus[i] = replay_vcpu(world->replay, &world->vm, i);
	for (unsigned int turn = 0; turn < 2; turn++) {
		for (unsigned int i = 0; i < MANY; i++) {
			replay_make_again(world->replay, &world->vm, 10000 + i);
			for (unsigned int j = 0; j < EACH; j++) {
				world_accept(world, &world->vector, &vcpus[j]);
				world_accept(world, &second, &vcpus[j]);
			}
		}
		/* Each of the others has two pending meanwhile. */
		for (unsigned int i = 0; i < MANY; i++) {
			replay_make_again(world->replay, &world->vm, 10000 + i);
			for (unsigned int j = 0; j < EACH; j++) {
				world_serve(world, &second, &vcpus[j]);
				world_serve(world, &world->vector, &vcpus[j]);
			}
		}
	}
	assert_end(world, &world->vector, END_LOST, 0);
	assert_hops(world, &world->vector, 2 * EACH * MANY, 2 * EACH * MANY, 2 * EACH * MANY,
		    2 * EACH * MANY, 2 * EACH * MANY);
	assert_hops(world, &second, 2 * EACH * MANY, 2 * EACH * MANY, 2 * EACH * MANY,
		    2 * EACH * MANY, 2 * EACH * MANY);
	assert_int_equal(totals->vcpus, EACH * MANY);
	assert_int_equal(totals->guests, 2 * EACH * MANY);
	world_free(world);
}

/*
 * A VM ends with interrupts anywhere; the next one, with other guest vectors, takes its room, and none of
 * them.
 */
static void vms_leave_nothing_behind(void **state)
{
	struct replay_options options = world_options();
	const struct imstrace_totals *totals;
	struct vector vectors[VECTORS];
	struct imstrace_account sum = { 0 };
	struct world *world;

	(void)state;
	options.interrupts = false;
	world = begin(options);
	totals = replay_source(world->replay)->totals;
	for (unsigned int i = 0; i < VECTORS; i++)
		vectors[i] = add_vector(world, i);
	for (unsigned int i = 0; i < VMS; i++) {
		const struct vector *first = &vectors[i % VECTORS];
		const struct vector *second = &vectors[(i + 1) % VECTORS];

		replay_make_again(world->replay, &world->vm, 10000 + i);
		for (unsigned int j = 0; j < VCPUS; j++) {
			/* Of the one before. */
			world_serve(world, first, &world->vcpus[j]);
			world_accept(world, first, &world->vcpus[j]);
			world_accept(world, second, &world->vcpus[j]);
			world_serve(world, second, &world->vcpus[j]);
		}
		/* Pending and a late one in the first vCPU, in service in the second. */
		world_accept(world, first, &world->vcpus[0]);
		replay_inject(world->replay, 0, &world->vcpus[1], first->guest_vector, false, false);
		replay_process_end(world->replay, &world->vm);
	}
	for (unsigned int i = 0; i < VECTORS; i++) {
		const struct imstrace_account account = replay_account(world->replay, &vectors[i]);

		account_add(&sum, &account);
	}
	assert_int_equal(sum.hops[HOP_ACCEPT], 5 * VMS);
	assert_int_equal(sum.hops[HOP_INJECT], 3 * VMS);
	assert_int_equal(sum.hops[HOP_EOI], 2 * VMS);
	assert_int_equal(sum.ends[END_DROPPED], VMS);
	assert_int_equal(sum.ends[END_NO_EOI], VMS);
	assert_int_equal(sum.ends[END_COALESCED], VMS);
	assert_int_equal(sum.ends[END_LOST], 0);
	assert_int_equal(totals->vcpus, VCPUS);
	assert_int_equal(totals->guests, 2 * VCPUS);
	world_free(world);
}

/* The end of another process, or of a thread, is none of the VM. */
static void a_vm_stays_when_others_end(void **state)
{
	struct world *world = begin(world_options());
	struct vm other = replay_vm(world->replay, world->vm.pid + 1);
	struct vcpu its = replay_vcpu(world->replay, &other, 0);
	struct vector second = replay_new_vector(world->replay, world->device, 1, WORLD_IRQ + 1,
						 &other, WORLD_VECTOR);

	(void)state;
	replay_bind(world->replay, &world->vector, 0);
	replay_bind(world->replay, &second, 0);
	world_accept(world, &world->vector, &world->vcpus[0]);
	world_accept(world, &second, &its);
	replay_process_end(world->replay, &other);
	assert_unmatched(world, &second, 0, 0, 1, 0);
	world_serve(world, &world->vector, &world->vcpus[0]);
	assert_hops(world, &world->vector, 1, 1, 1, 1, 1);
	world_free(world);
}

static void a_guest_vector_without_room_loses_and_says_so(void **state)
{
	struct replay_options options = world_options();
	struct vector second;
	struct world *world;

	(void)state;
	options.guests = 2;
	world = begin(options);
	replay_bind(world->replay, &world->vector, 0);
	second = add_vector(world, 1);
	for (unsigned int i = 0; i < 2; i++) {
		world_accept(world, &world->vector, &world->vcpus[i]);
		world_accept(world, &second, &world->vcpus[0]);
		world_serve(world, &second, &world->vcpus[0]);
		world_serve(world, &world->vector, &world->vcpus[i]);
	}
	assert_hops(world, &world->vector, 2, 2, 2, 1, 1);
	assert_end(world, &world->vector, END_LOST, 1);
	assert_hops(world, &second, 2, 2, 2, 2, 2);
	assert_int_equal(replay_source(world->replay)->totals->guests, 2);
	/* With the VM its room is free again. */
	replay_process_end(world->replay, &world->vm);
	replay_make_again(world->replay, &world->vm, 4321);
	world_accept(world, &world->vector, &world->vcpus[1]);
	world_serve(world, &world->vector, &world->vcpus[1]);
	assert_hops(world, &world->vector, 3, 3, 3, 2, 2);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(thousands_of_vcpus_need_no_option),
		cmocka_unit_test(vms_leave_nothing_behind),
		cmocka_unit_test(a_vm_stays_when_others_end),
		cmocka_unit_test(a_guest_vector_without_room_loses_and_says_so),
	};

	return cmocka_run_group_tests_name("vcpus", tests, NULL, NULL);
}
