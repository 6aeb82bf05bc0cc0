// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an interrupt waits for from its accept to its injection: each cause is planted, and its time, which is known
 * on the clock that imstrace reads, lies in the part of deliver that it belongs to. That the parts of each
 * interrupt add up to deliver, to the ns, check_times() looks.
 */
#include "check.h"
#include "delays.h"
#include "groups.h"

#include <stdlib.h>
#include <string.h>

/* Of the kick and the guest's handler, and how long a CPU is held. */
#define DELAY_US	20000
#define DELAY_NS	20000000LL
#define INTERRUPTS	20

/* Its time; 0: it has none. */
static long long part(json_t *interrupt, const char *name)
{
	return member_is_null(interrupt, "stages", name) ? 0 : member(interrupt, "stages", name);
}

/* A run of imstrace and of the guest, which rings its vectors. */
struct run {
	struct trace trace;
	json_t *truth;
	long long error;	/* of the guest's clock, ns */
};

static struct run run_begin(const char *name)
{
	return (struct run) { .trace = trace_start(name, "--interrupts -i 0") };
}

static void run_end(struct run *run)
{
	trace_end(&run->trace);
	run->error = check_clock_error(run->truth);
	check_counts(run->truth, &run->trace);
	check_times(run->truth, &run->trace);
	check_figures(&run->trace);
}

static void run_free(struct run *run)
{
	json_decref(run->truth);
	trace_free(&run->trace);
}

static json_t **interrupts_of(struct run *run, long long vector, size_t count)
{
	size_t found;
	json_t **interrupts = trace_completed(&run->trace, text(run->truth, "device"), vector, &found);

	assert_int_equal(found, count);
	return interrupts;
}

/* Most interrupts, of which each waited in the part @name, did so nowhere else. */
static void check_others(json_t **interrupts, size_t count, const char *name)
{
	static const char *const parts[] = { "wake", "run", "enter", "window" };
	size_t longer = 0;

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < COUNT(parts); j++)
			longer += strcmp(parts[j], name) && part(interrupts[i], parts[j]) > DELAY_NS / 4;
	if (longer > count / 4)
		fail_msg("%zu of %zu interrupts waited elsewhere than in %s", longer, count, name);
}

/* The vCPU halts after each interrupt. That its thread is woken for the next takes so long. */
static void waiting_to_be_woken(void **state)
{
	struct run run = run_begin("part-wake");
	struct delay delays[INTERRUPTS];
	struct program guest;
	json_t **interrupts;
	size_t slept = 0;

	(void)state;
	guest = guest_start("--timeout 30 --vectors 0 --count 20 " DEVICE);
	delays_arm(delay_kick(), DELAY_US);
	run.truth = guest_ring(&guest);
	delays_read(delay_kick(), delays, INTERRUPTS);
	delays_arm(delay_kick(), 0);
	assert_int_equal(program_end(&guest), 0);
	run_end(&run);
	interrupts = interrupts_of(&run, 0, INTERRUPTS);
	for (size_t i = 0; i < INTERRUPTS; i++) {
		assert_true(delays[i].from >= member(interrupts[i], "hops", "accept"));
		assert_true(delays[i].to <= member(interrupts[i], "hops", "enter"));
		/* Its thread may not have got to sleep, preempted by what rings. */
		if (!part(interrupts[i], "wake"))
			continue;
		slept++;
		assert_true(part(interrupts[i], "wake") >= DELAY_NS);
	}
	assert_true(slept >= INTERRUPTS * 3 / 4);
	check_others(interrupts, INTERRUPTS, "wake");
	free(interrupts);
	run_free(&run);
}

/* The thread of ims-guest that rings keeps the CPU. */
static void expect_holder(json_t *behind, json_t *truth)
{
	expect_text(behind, "name", "ims-guest");
	expect_text(behind, "policy", "fifo");
	assert_int_equal(number(behind, "priority"), 1);
	assert_true(is_null(behind, "nice"));
	assert_int_equal(number(behind, "pid"), number(truth, "pid"));
}

/* It is woken at once, but a thread of a higher priority keeps the CPU. */
static void waiting_for_a_cpu(void **state)
{
	struct run run = run_begin("part-run");
	json_t **interrupts, *held, *behind;
	long long waited = 0, known = 0;

	(void)state;
	run.truth = guest_run("--timeout 30 --vectors 0 --count 20 --hold 20000 " DEVICE);
	run_end(&run);
	interrupts = interrupts_of(&run, 0, INTERRUPTS);
	held = json_object_get(json_array_get(json_object_get(run.truth, "vectors"), 0), "held_ns");
	for (size_t i = 0; i < INTERRUPTS; i++) {
		long long accept = member(interrupts[i], "hops", "accept");
		long long until = json_integer_value(json_array_get(held, i));

		assert_true(until <= member(interrupts[i], "hops", "enter") + run.error);
		/* All but what passed before it was woken. */
		assert_true(part(interrupts[i], "run") + part(interrupts[i], "wake") >= until - accept - run.error);
		assert_true(part(interrupts[i], "run") > DELAY_NS / 2);
		/* Nothing was known of its thread before the first one was accepted. */
		if (!i && is_null(interrupts[i], "behind"))
			continue;
		known++;
		expect_holder(json_object_get(interrupts[i], "behind"), run.truth);
		waited += part(interrupts[i], "run") + part(interrupts[i], "steal");
	}
	check_others(interrupts, INTERRUPTS, "run");
	/* The same of all of them. */
	behind = json_object_get(find_vector(run.trace.summary, DEVICE, 0), "behind");
	assert_int_equal(json_array_size(behind), 1);
	expect_holder(json_array_get(behind, 0), run.truth);
	assert_int_equal(number(json_array_get(behind, 0), "count"), known);
	assert_int_equal(number(json_array_get(behind, 0), "ns"), waited);
	free(interrupts);
	run_free(&run);
}

/* Its thread is in user space when the interrupt is accepted, as when a VMM handles an exit. */
static void waiting_for_an_exit(void **state)
{
	struct run run = run_begin("part-enter");
	json_t **interrupts;

	(void)state;
	run.truth = guest_run("--timeout 30 --vectors 0 --count 20 --put-back " DEVICE);
	run_end(&run);
	interrupts = interrupts_of(&run, 0, INTERRUPTS);
	for (size_t i = 0; i < INTERRUPTS; i++) {
		/* ims-guest looks twice that long whether all is quiet, before the vCPU runs again. */
		assert_true(part(interrupts[i], "enter") >= 100000000);
	}
	check_others(interrupts, INTERRUPTS, "enter");
	free(interrupts);
	run_free(&run);
}

/* The guest serves an interrupt of higher priority, with interrupts off, when KVM enters it with this one. */
static void waiting_for_the_guest(void **state)
{
	struct run run = run_begin("part-window");
	json_t **first, **second, *vector;
	size_t masked = 0;

	(void)state;
	run.truth = guest_run("--timeout 30 --vectors 0-1 --count 20 --isr-delay 20000 " DEVICE);
	run_end(&run);
	first = interrupts_of(&run, 0, INTERRUPTS);
	second = interrupts_of(&run, 1, INTERRUPTS);
	vector = json_array_get(json_object_get(run.truth, "vectors"), 1);
	for (size_t i = 0; i < INTERRUPTS; i++) {
		json_t *begin = json_array_get(json_object_get(vector, "isr_ns"), i);
		json_t *end = json_array_get(json_object_get(vector, "isr_end_ns"), i);
		long long enter = member(first[i], "hops", "enter");

		/* Rung together, the second one came first. */
		if (member(second[i], "hops", "inject") > member(first[i], "hops", "inject"))
			continue;
		masked++;
		assert_true(enter <= json_integer_value(begin) + run.error);
		assert_true(member(first[i], "hops", "inject") >= json_integer_value(end) - run.error);
		/* Its thread may have been preempted meanwhile. */
		assert_true(part(first[i], "window") + part(first[i], "run") >= DELAY_NS - 2 * run.error);
	}
	assert_true(masked > 0);
	free(first);
	free(second);
	run_free(&run);
}

int run_parts(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(waiting_to_be_woken, lab_teardown),
		cmocka_unit_test_teardown(waiting_for_a_cpu, lab_teardown),
		cmocka_unit_test_teardown(waiting_for_an_exit, lab_teardown),
		cmocka_unit_test_teardown(waiting_for_the_guest, lab_teardown),
	};

	return cmocka_run_group_tests_name("parts", tests, delays_load, NULL);
}
