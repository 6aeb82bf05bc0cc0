// SPDX-License-Identifier: GPL-2.0-only
/*
 * What imstrace live is asked to follow: vectors, and hops.
 */
#include "groups.h"
#include "check.h"

#include <stdlib.h>
#include <string.h>

/* Vectors that are not wanted are not shown: neither figures nor events. */
static void expect_only(const char *name, const char *filter, const char *guest, int first,
			int last)
{
	struct trace trace;
	json_t *truth, *entry;
	size_t i, count = 0;
	char arguments[256];

	snprintf(arguments, sizeof(arguments), "--interrupts -i 0 %s", filter);
	trace = trace_start(name, arguments);
	truth = guest_run(guest);
	trace_end(&trace);
	json_array_foreach(json_object_get(trace.summary, "vectors"), i, entry) {
		assert_in_range(number(entry, "vector"), first, last);
		assert_true(number(entry, "hops.eoi") > 0);
		count++;
	}
	assert_int_equal(count, last - first + 1);
	json_array_foreach(trace.interrupts, i, entry)
		assert_in_range(number(entry, "vector"), first, last);
	json_array_foreach(trace.lifecycle, i, entry)
		if (!is_null(entry, "vector"))
			assert_in_range(number(entry, "vector"), first, last);
	assert_true(json_array_size(trace.interrupts) > 0);
	json_decref(truth);
	trace_free(&trace);
}

static void filters(void **state)
{
	const char *guest = "--count 20 --emulated-count 20 --no-stamps " DEVICE;

	(void)state;
	expect_only("filter-vector", "--vector 1-2", guest, 1, 2);
	expect_only("filter-device", "--device 83b8*1001 --vector 4", guest, 4, 4);
}

static void filter_by_process(void **state)
{
	struct program guest = guest_start("--count 20 --no-stamps " DEVICE);
	struct trace mine, other;
	char arguments[64];
	json_t *truth;

	(void)state;
	snprintf(arguments, sizeof(arguments), "-i 0 -p %d", guest.pid);
	mine = trace_start("filter-pid", arguments);
	other = trace_start("filter-other-pid", "-i 0 -p 1");
	truth = guest_ring(&guest);
	assert_int_equal(program_end(&guest), 0);
	trace_end(&mine);
	trace_end(&other);
	check_counts(truth, &mine);
	assert_int_equal(json_array_size(json_object_get(other.summary, "vectors")), 0);
	json_decref(truth);
	trace_free(&mine);
	trace_free(&other);
}

/* Bound before imstrace came, by a VMM whose VM was made by a thread that is gone. */
static void the_process_of_a_thread(void **state)
{
	struct program guest = guest_start("--count 20 --no-stamps --vectors 0-1 --in-thread " DEVICE);
	char arguments[64];
	struct trace trace;
	json_t *truth, *seen;

	(void)state;
	snprintf(arguments, sizeof(arguments), "-i 0 -p %d", guest.pid);
	trace = trace_start("filter-thread", arguments);
	truth = guest_ring(&guest);
	assert_int_equal(program_end(&guest), 0);
	trace_end(&trace);
	for (long long vector = 0; vector < 2; vector++) {
		seen = find_vector(trace.summary, DEVICE, vector);
		assert_int_equal(number(seen, "pid"), guest.pid);
		expect_text(seen, "vmm", "ims-guest");
		assert_int_equal(number(seen, "hops.eoi"), 20);
	}
	json_decref(truth);
	trace_free(&trace);
}

/* It is noticed while imstrace runs, and said; what was attached goes on where it can. */
static void ftrace_is_switched_off(void **state)
{
	struct trace trace;
	json_t *truth;
	char *refusal;
	int status;

	(void)state;
	/* By 7.3 the kernel no longer lets it be switched off. */
	refusal = lab_output(&status, "bash -c 'echo 0 > /proc/sys/kernel/ftrace_enabled' 2>&1");
	if (status && strstr(refusal, "not supported"))
		skip();
	free(refusal);
	lab_shell("echo 1 > /proc/sys/kernel/ftrace_enabled");
	trace = trace_start("blind", "-i 20ms");
	lab_shell("echo 0 > /proc/sys/kernel/ftrace_enabled");
	/* It looks ten times a second, and a VM takes longer than that. */
	truth = guest_run("--count 20 --no-stamps --rate 40 " DEVICE);
	lab_shell("echo 1 > /proc/sys/kernel/ftrace_enabled");
	trace_end(&trace);
	assert_true(number(trace.summary, "blind_since") > 0);
	json_decref(truth);
	trace_free(&trace);
	trace = trace_start("seeing", "-i 0");
	truth = guest_run("--count 20 --no-stamps " DEVICE);
	trace_end(&trace);
	assert_null(json_object_get(trace.summary, "blind_since"));
	json_decref(truth);
	trace_free(&trace);
}

static void filter_by_irq(void **state)
{
	struct program guest = guest_start("--count 20 --no-stamps " DEVICE);
	json_t *truth, *vectors;
	struct trace trace;
	char *irq, arguments[64];
	int status;

	(void)state;
	irq = lab_output(&status, "sed -n 's/^ *\\([0-9]*\\):.*vfio-ims\\[2\\](%s)$/\\1/p' "
			 "/proc/interrupts", DEVICE);
	snprintf(arguments, sizeof(arguments), "-i 0 --irq %d", atoi(irq));
	trace = trace_start("filter-irq", arguments);
	truth = guest_ring(&guest);
	assert_int_equal(program_end(&guest), 0);
	trace_end(&trace);
	vectors = json_object_get(trace.summary, "vectors");
	assert_int_equal(json_array_size(vectors), 1);
	assert_int_equal(number(json_array_get(vectors, 0), "irq"), atoi(irq));
	assert_int_equal(number(json_array_get(vectors, 0), "vector"), 2);
	assert_int_equal(number(json_array_get(vectors, 0), "hops.eoi"), 20);
	free(irq);
	json_decref(truth);
	trace_free(&trace);
}

/* With only some hops the rest is null, and nothing is made up at the last one seen. */
static void some_hops(void **state)
{
	static const struct {
		const char *name, *list;
		size_t first, last;
	} cases[] = {
		{ "hops-irq", "irq", 0, 0 },
		{ "hops-signal", "irq,signal", 0, 1 },
		{ "hops-accept", "irq,signal,accept", 0, 2 },
		{ "hops-inject", "irq,signal,accept,inject", 0, 3 },
		{ "hops-no-irq", "signal,accept,inject,eoi", 1, 4 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char arguments[128];
		struct trace trace;
		json_t *truth, *seen;

		snprintf(arguments, sizeof(arguments), "-i 0 --hops %s", cases[i].list);
		trace = trace_start(cases[i].name, arguments);
		truth = guest_run("--vectors 0 --count 50 --no-stamps " DEVICE);
		trace_end(&trace);
		seen = find_vector(trace.summary, DEVICE, 0);
		for (size_t hop = 0; hop < check_hop_count; hop++) {
			if (hop < cases[i].first || hop > cases[i].last)
				assert_true(member_is_null(seen, "hops", check_hops[hop]));
			else
				assert_int_equal(member(seen, "hops", check_hops[hop]), 50);
		}
		assert_int_equal(number(seen, "coalesced"), 0);
		assert_int_equal(number(seen, "unmatched"), 0);
		assert_int_equal(number(seen, "lost"), 0);
		assert_int_equal(member_is_null(seen, "stages", "handler"), cases[i].last < 1 ||
				 cases[i].first > 0);
		assert_int_equal(member_is_null(seen, "stages", "service"), cases[i].last < 4);
		json_decref(truth);
		trace_free(&trace);
	}
}

int run_options(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(filters, lab_teardown),
		cmocka_unit_test_teardown(filter_by_process, lab_teardown),
		cmocka_unit_test_teardown(the_process_of_a_thread, lab_teardown),
		cmocka_unit_test_teardown(ftrace_is_switched_off, lab_teardown),
		cmocka_unit_test_teardown(filter_by_irq, lab_teardown),
		cmocka_unit_test_teardown(some_hops, lab_teardown),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
