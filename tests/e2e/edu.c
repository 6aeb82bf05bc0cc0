// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device at vfio-pci, of which nothing is ours: QEMU's edu, which raises an MSI when a register is
 * written. tests/e2e/run-edu binds it and says where it is, in EDU.
 */
#include "groups.h"
#include "check.h"

#include <stdlib.h>

enum { COUNT_OF_EACH = 50 };

static const char *edu_device(void)
{
	const char *device = getenv("EDU");

	if (!device) {
		print_message("this VM has no edu device\n");
		skip();
	}
	return device;
}

/* What becomes of each that is rung: all of @taken are taken, and as many again end as @end, if any. */
static void check_run(const char *name, const char *options, unsigned int taken, const char *end)
{
	struct trace trace = trace_start(name, "--interrupts -i 20ms");
	const char *device = edu_device();
	json_t *truth, *expected, *seen;
	char arguments[128];

	snprintf(arguments, sizeof(arguments), "--count %d --no-stamps %s %s", COUNT_OF_EACH, options,
		 device);
	truth = guest_run(arguments);
	trace_end(&trace);
	expected = json_array_get(json_object_get(truth, "vectors"), 0);
	seen = find_vector(trace.summary, device, 0);
	assert_int_equal(number(expected, "seen"), taken);
	assert_int_equal(number(seen, "hops.irq"), number(expected, "rang"));
	assert_int_equal(number(seen, "hops.signal"), number(expected, "rang"));
	assert_int_equal(number(seen, "hops.accept"), taken);
	assert_int_equal(number(seen, "hops.inject"), taken);
	assert_int_equal(number(seen, "hops.eoi"), taken);
	check_only_end(seen, end, COUNT_OF_EACH);
	expect_text(seen, "mode", "irqfd");
	check_settled(&trace);
	check_intervals(&trace);
	json_decref(truth);
	trace_free(&trace);
}

static void edu_one_after_the_other(void **state)
{
	(void)state;
	check_run("edu", "", COUNT_OF_EACH, NULL);
}

static void edu_without_routes(void **state)
{
	(void)state;
	check_run("edu-routes", "--spoil routes", 2 * COUNT_OF_EACH, "no_route");
}

static void edu_with_apics_off(void **state)
{
	(void)state;
	check_run("edu-apics", "--spoil apics", 2 * COUNT_OF_EACH, "refused");
}

static void edu_broadcast(void **state)
{
	(void)state;
	check_run("edu-broadcast", "--broadcast", COUNT_OF_EACH, NULL);
}

static void edu_reassigned(void **state)
{
	(void)state;
	check_run("edu-reassigned", "--reassign", COUNT_OF_EACH, NULL);
}

static void edu_apic_state_put_back(void **state)
{
	(void)state;
	check_run("edu-put-back", "--put-back", COUNT_OF_EACH, NULL);
}

int run_edu(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edu_one_after_the_other),
		cmocka_unit_test(edu_without_routes),
		cmocka_unit_test(edu_with_apics_off),
		cmocka_unit_test(edu_broadcast),
		cmocka_unit_test(edu_reassigned),
		cmocka_unit_test(edu_apic_state_put_back),
	};

	if (!getenv("EDU"))
		return 0;
	return cmocka_run_group_tests_name("edu", tests, NULL, NULL);
}
