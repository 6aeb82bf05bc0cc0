// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an interrupt waits for from its accept to its injection: its vCPU's thread to be woken, a CPU, the
 * entry, the guest. Whatever the thread was at, the parts add up to deliver.
 */
#include "world.h"

#include "../../user/measure/stages.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sched.h>

/* @run: before or after the hop enter, or both. */
struct parts {
	bool wake, run, window, steal;
};

/* Of all records of a test so far. */
static __u64 sums[STAGE_COUNT];

/* The next record, which has the parts @expected; the account's add up. */
static void check_parts(struct world *world, struct parts expected)
{
	const struct imstrace_account account = replay_account(world->replay, &world->vector);
	const struct imstrace_interrupt *record;
	size_t count;

	record = replay_interrupts(world->replay, &count);
	assert_int_equal(count, 1);
	assert_int_equal(record->end, END_COMPLETE);
	assert_int_equal(record->slept != 0, expected.wake);
	assert_int_equal(record->waited + record->window_waited != 0, expected.run);
	assert_int_equal(record->times[HOP_INJECT] > record->times[HOP_ENTER] + record->window_waited,
			 expected.window);
	assert_int_equal(record->service_waited != 0, expected.steal);
	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++)
		sums[stage] += stage_time(record, stage) > 0 ? stage_time(record, stage) : 0;
	assert_in_range(record->times[HOP_ENTER], record->times[HOP_ACCEPT] + record->slept + record->waited,
			record->times[HOP_INJECT]);
	assert_true(account.sums[STAGE_DELIVER]);
	assert_true(account.sums[STAGE_STEAL] <= account.sums[STAGE_SERVICE]);
	assert_memory_equal(account.sums, sums, sizeof(sums));
	assert_int_equal(account.sums[STAGE_WAKE] + account.sums[STAGE_RUN] + account.sums[STAGE_ENTER] +
			 account.sums[STAGE_WINDOW], account.sums[STAGE_DELIVER]);
}

static void accept(struct world *world)
{
	world_accept(world, &world->vector, &world->vcpus[0]);
}

static void serve(struct world *world)
{
	world_serve(world, &world->vector, &world->vcpus[0]);
}

static struct world *new_world(void)
{
	memset(sums, 0, sizeof(sums));
	return world_bound();
}

/* A vCPU that nothing is known of takes one, and is on a CPU since. */
static struct world *world_running(void)
{
	struct world *world = new_world();

	accept(world);
	replay_run(world->replay, &world->vcpus[0]);
	serve(world);
	check_parts(world, (struct parts) { .run = true });
	return world;
}

static void halted(void **state)
{
	struct world *world = world_running();
	const struct vcpu *vcpu = &world->vcpus[0];

	(void)state;
	replay_sleep(world->replay, vcpu);
	accept(world);
	replay_wake_up(world->replay, vcpu);
	/* Of another thread's wake-up it knows nothing. */
	replay_wake_up(world->replay, &world->vcpus[1]);
	replay_run(world->replay, vcpu);
	serve(world);
	check_parts(world, (struct parts) { .wake = true, .run = true });

	/* Accepted when it is woken already; and told of once more, which changes nothing. */
	replay_sleep(world->replay, vcpu);
	replay_wake_up(world->replay, vcpu);
	accept(world);
	replay_wake_up(world->replay, vcpu);
	replay_run(world->replay, vcpu);
	serve(world);
	check_parts(world, (struct parts) { .run = true });
	world_free(world);
}

static void preempted(void **state)
{
	struct world *world = world_running();
	const struct vcpu *vcpu = &world->vcpus[0];

	(void)state;
	/* Before the accept, which has to wait for the rest of it. */
	replay_preempt(world->replay, vcpu);
	accept(world);
	replay_run(world->replay, vcpu);
	serve(world);
	check_parts(world, (struct parts) { .run = true });

	/* And twice after it. */
	accept(world);
	replay_preempt(world->replay, vcpu);
	replay_run(world->replay, vcpu);
	replay_sleep(world->replay, vcpu);
	replay_wake_up(world->replay, vcpu);
	replay_run(world->replay, vcpu);
	serve(world);
	check_parts(world, (struct parts) { .wake = true, .run = true });

	/* What it has waited before the accept is none of the interrupt's. */
	replay_preempt(world->replay, vcpu);
	replay_run(world->replay, vcpu);
	accept(world);
	serve(world);
	check_parts(world, (struct parts) { 0 });
	world_free(world);
}

/* The guest is entered, and does not take it; that its thread is preempted meanwhile is not the guest's. */
static void masked(void **state)
{
	struct world *world = world_running();
	const struct vcpu *vcpu = &world->vcpus[0];

	(void)state;
	accept(world);
	replay_enter(world->replay, 0, &world->vcpus[1]);
	replay_enter(world->replay, 0, vcpu);
	replay_preempt(world->replay, vcpu);
	replay_run(world->replay, vcpu);
	/* Only the first entry is the hop. */
	replay_enter(world->replay, 0, vcpu);
	serve(world);
	check_parts(world, (struct parts) { .run = true, .window = true });
	assert_hops(world, &world->vector, 2, 2, 2, 2, 2);

	/* Nor is it in its handler. */
	accept(world);
	replay_inject(world->replay, 0, vcpu, WORLD_VECTOR, false, false);
	replay_preempt(world->replay, vcpu);
	replay_run(world->replay, vcpu);
	replay_eoi(world->replay, 0, vcpu, WORLD_VECTOR);
	check_parts(world, (struct parts) { .steal = true });
	/* When a paravirtual EOI was is not known. */
	accept(world);
	replay_inject(world->replay, 0, vcpu, WORLD_VECTOR, false, false);
	replay_preempt(world->replay, vcpu);
	replay_run(world->replay, vcpu);
	replay_pv_eoi(world->replay, 0, vcpu, WORLD_VECTOR);
	check_parts(world, (struct parts) { 0 });
	world_free(world);
}

static struct source_competitor only_competitor(struct world *world)
{
	struct source *source = replay_source(world->replay);
	struct source_competitor *list, only;
	size_t count;

	assert_true(source->competitors(source, &list, &count));
	assert_int_equal(count, 1);
	only = list[0];
	free(list);
	return only;
}

/* Whoever has the CPU as the longest wait begins is told of, and all are added up. */
static void behind_a_thread(void **state)
{
	struct world *world = world_running();
	const struct vcpu *vcpu = &world->vcpus[0];
	const struct imstrace_interrupt *records;
	size_t count;
	__u64 ns = 0;

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		accept(world);
		/* Before its entry, in its window, in its handler, and not at all. */
		for (unsigned int when = 0; when < 3; when++) {
			if (when == 1)
				replay_enter(world->replay, 0, vcpu);
			if (when == 2)
				replay_inject(world->replay, 0, vcpu, WORLD_VECTOR, false, false);
			if (when != i)
				continue;
			replay_preempt(world->replay, vcpu);
			replay_run(world->replay, vcpu);
		}
		replay_eoi(world->replay, 0, vcpu, WORLD_VECTOR);
		records = replay_interrupts(world->replay, &count);
		assert_int_equal(count, 1);
		assert_string_equal(records[0].behind_name, i < 3 ? "backup" : "");
		assert_int_equal(records[0].behind, i < 3 ? 214 : 0);
		assert_int_equal(records[0].behind_priority, i < 3 ? 89 : 0);
		assert_int_equal(records[0].behind_policy, i < 3 ? SCHED_FIFO : 0);
		ns += records[0].waited + records[0].window_waited + records[0].service_waited;
	}
	assert_int_equal(only_competitor(world).key.pid, 214);
	assert_int_equal(only_competitor(world).total.count, 3);
	assert_int_equal(only_competitor(world).total.ns, ns);
	world_free(world);
}

/* It waits long behind a thread, and then shortly, behind whom is not known. */
static void the_longest_of_several(void **state)
{
	struct world *world = world_running();
	const struct vcpu *vcpu = &world->vcpus[0];
	const struct imstrace_interrupt *record;
	size_t count;

	(void)state;
	accept(world);
	replay_inject(world->replay, 0, vcpu, WORLD_VECTOR, false, false);
	replay_preempt(world->replay, vcpu);
	usleep(5000);
	replay_run(world->replay, vcpu);
	replay_sleep(world->replay, vcpu);
	replay_wake_up(world->replay, vcpu);
	replay_run(world->replay, vcpu);
	replay_eoi(world->replay, 0, vcpu, WORLD_VECTOR);
	record = replay_interrupts(world->replay, &count);
	assert_int_equal(count, 1);
	assert_string_equal(record->behind_name, "backup");
	assert_int_equal(only_competitor(world).total.ns, record->service_waited);
	world_free(world);
}

/* What the thread has waited before is none of an interrupt's, also where no EOI is seen. */
static void without_the_eoi(void **state)
{
	struct replay_options options = world_options();
	const struct imstrace_interrupt *record;
	const struct vcpu *vcpu;
	struct world *world;
	size_t count;

	(void)state;
	options.hops &= ~(1U << HOP_EOI);
	world = world_new(&options);
	replay_bind(world->replay, &world->vector, 0);
	vcpu = &world->vcpus[0];
	accept(world);
	replay_run(world->replay, vcpu);
	replay_inject(world->replay, 0, vcpu, WORLD_VECTOR, false, false);
	replay_preempt(world->replay, vcpu);
	usleep(5000);
	replay_run(world->replay, vcpu);
	replay_interrupts(world->replay, &count);
	accept(world);
	replay_preempt(world->replay, vcpu);
	replay_run(world->replay, vcpu);
	replay_inject(world->replay, 0, vcpu, WORLD_VECTOR, false, false);
	record = replay_interrupts(world->replay, &count);
	assert_int_equal(count, 1);
	assert_int_equal(record->service_waited, 0);
	assert_int_equal(only_competitor(world).total.ns, record->waited);
	world_free(world);
}

/* No switch is seen before the wake-up: it has slept since the accept. */
static void nothing_known(void **state)
{
	struct world *world = new_world();

	(void)state;
	accept(world);
	replay_wake_up(world->replay, &world->vcpus[0]);
	replay_run(world->replay, &world->vcpus[0]);
	serve(world);
	check_parts(world, (struct parts) { .wake = true, .run = true });
	world_free(world);
}

/* Of the first vCPU, as while another CPU changes what is known of its thread, or no longer. */
static void set_changing(struct world *world, bool changing)
{
	struct bpf_map *map = bpf_object__find_map_by_name(replay_object(world->replay), "vcpu_timelines");
	__u32 value[128], first = 0;

	assert_in_range(bpf_map__value_size(map), sizeof(__u32), sizeof(value));
	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(map), &first, value), 0);
	/* The sequence is what it begins with. */
	value[0] = (value[0] & ~1U) + changing;
	assert_int_equal(bpf_map_update_elem(bpf_map__fd(map), &first, value, BPF_ANY), 0);
}

/* What can't be told is the rest's: the sum holds all the same. */
static void accepted_during_a_change(void **state)
{
	struct world *world = world_running();
	const struct vcpu *vcpu = &world->vcpus[0];

	(void)state;
	replay_sleep(world->replay, vcpu);
	set_changing(world, true);
	accept(world);
	set_changing(world, false);
	replay_wake_up(world->replay, vcpu);
	replay_run(world->replay, vcpu);
	serve(world);
	check_parts(world, (struct parts) { 0 });
	world_free(world);
}

/* Signalled on CPU 0, and injected there, on another one, and on one of another NUMA node. */
static void delivered_elsewhere(void **state)
{
	struct world *world = world_bound();
	const struct vcpu *vcpu = &world->vcpus[0];
	struct bpf_map *nodes = bpf_object__find_map_by_name(replay_object(world->replay), "cpu_nodes");
	const struct imstrace_interrupt *record;
	struct imstrace_account account;
	__u32 other = 1, node = 1;
	size_t count;

	(void)state;
	if (bpf_map__max_entries(nodes) < 2)
		skip();
	for (__u32 i = 0; i < 3; i++) {
		int cpu = i > 0;

		if (i == 2)
			assert_int_equal(bpf_map_update_elem(bpf_map__fd(nodes), &other, &node, BPF_ANY), 0);
		accept(world);
		replay_inject(world->replay, cpu, vcpu, WORLD_VECTOR, false, false);
		replay_eoi(world->replay, cpu, vcpu, WORLD_VECTOR);
		record = replay_interrupts(world->replay, &count);
		assert_int_equal(count, 1);
		assert_int_equal(record->cpu, 0);
		assert_int_equal(record->vcpu_cpu, cpu + 1);
		assert_int_equal(record->other_node, i == 2);
		account = replay_account(world->replay, &world->vector);
		assert_int_equal(account.other_cpu, i);
		assert_int_equal(account.other_node, i == 2);
	}
	world_free(world);
}

/* The CPU delivers it at a later entry, before which the thread was preempted: that is not the guest's. */
static void by_the_cpu_after_a_wait(void **state)
{
	struct world *world = world_running();
	const struct vcpu *vcpu = &world->vcpus[0];
	const struct imstrace_interrupt *record;
	struct imstrace_account before = replay_account(world->replay, &world->vector), after;
	size_t count;

	(void)state;
	replay_set_apicv(world->replay, vcpu, true);
	world_accept_in_hardware(world, vcpu);
	replay_enter(world->replay, 0, vcpu);
	replay_vcpu_exit(world->replay, 0, vcpu);
	replay_preempt(world->replay, vcpu);
	usleep(5000);
	replay_run(world->replay, vcpu);
	replay_enter(world->replay, 0, vcpu);
	world_deliver_in_hardware(world, vcpu);
	replay_vcpu_exit(world->replay, 0, vcpu);
	record = replay_interrupts(world->replay, &count);
	assert_int_equal(count, 1);
	assert_int_equal(record->end, END_HARDWARE);
	assert_true(record->window_waited >= 5000000);
	assert_true(record->delivered_after - record->times[HOP_ENTER] >= record->window_waited);
	assert_int_equal(record->service_waited, 0);
	assert_string_equal(record->behind_name, "backup");
	after = replay_account(world->replay, &world->vector);
	assert_int_equal(after.sums[STAGE_RUN] - before.sums[STAGE_RUN], record->waited + record->window_waited);
	assert_int_equal(only_competitor(world).total.ns, record->waited + record->window_waited);
	world_free(world);
}

/* The CPU delivers it: there is no injection, but there is the entry, if the vCPU was not in its guest. */
static void by_the_cpu(void **state)
{
	struct world *world = world_running();
	const struct vcpu *vcpu = &world->vcpus[0];
	const struct imstrace_interrupt *record;
	struct imstrace_account account;
	size_t count;

	(void)state;
	replay_set_apicv(world->replay, vcpu, true);
	for (unsigned int i = 0; i < 2; i++) {
		world_accept_in_hardware(world, vcpu);
		if (!i)
			replay_enter(world->replay, 0, vcpu);
		world_deliver_in_hardware(world, vcpu);
		replay_vcpu_exit(world->replay, 0, vcpu);
		record = replay_interrupts(world->replay, &count);
		assert_int_equal(count, 1);
		assert_int_equal(record->end, END_HARDWARE);
		assert_int_equal(record->times[HOP_ENTER] != 0, !i);
		assert_int_equal(record->slept, 0);
	}
	account = replay_account(world->replay, &world->vector);
	assert_int_equal(account.hops[HOP_ENTER], 2);
	assert_int_equal(account.hops[HOP_INJECT], 1);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(halted),
		cmocka_unit_test(preempted),
		cmocka_unit_test(masked),
		cmocka_unit_test(behind_a_thread),
		cmocka_unit_test(the_longest_of_several),
		cmocka_unit_test(without_the_eoi),
		cmocka_unit_test(nothing_known),
		cmocka_unit_test(accepted_during_a_change),
		cmocka_unit_test(delivered_elsewhere),
		cmocka_unit_test(by_the_cpu),
		cmocka_unit_test(by_the_cpu_after_a_wait),
	};

	return cmocka_run_group_tests_name("replay, parts of deliver", tests, NULL, NULL);
}
