// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many vCPUs: all are followed without a word about them, and one that is gone leaves its room.
 */
#include "groups.h"
#include "check.h"

#include <stdlib.h>

#define VMS		10
#define VCPUS		32	/* of each; vector v is vCPU v's */
#define REAL		5	/* devices whose vectors have an irq: x86 has no more for so many */
#define MANY_DEVICE	"83b8f4f2-509f-382f-3c1e-e6bfe0fa40%02d"

static void make_devices(void)
{
	char uuid[64];

	lab_shell("echo %d > /sys/module/ims_sample/parameters/vectors", VCPUS);
	for (int i = 0; i < VMS; i++) {
		lab_shell("echo %d > /sys/module/ims_sample/parameters/emulated",
			  i < REAL ? 0 : VCPUS);
		snprintf(uuid, sizeof(uuid), MANY_DEVICE, i);
		lab_create_device(uuid);
	}
}

static int remove_devices(void **state)
{
	int ret = lab_teardown(state);

	for (int i = 0; i < VMS; i++)
		lab_shell("device=/sys/bus/mdev/devices/" MANY_DEVICE "; "
			  "[ ! -e $device ] || echo 1 > $device/remove", i);
	lab_shell("echo %d > /sys/module/ims_sample/parameters/vectors", VECTORS);
	lab_shell("echo %d > /sys/module/ims_sample/parameters/emulated", VECTORS - IMS_VECTORS);
	return ret;
}

/* 320 vCPUs at a time, with no option that tells of them. */
static void hundreds_of_vcpus_need_no_option(void **state)
{
	struct program guests[VMS];
	struct trace trace;

	(void)state;
	make_devices();
	trace = trace_start("many-vcpus", "-i 0");
	for (int i = 0; i < VMS; i++) {
		char arguments[160];

		snprintf(arguments, sizeof(arguments), "--vcpus 32 --count 3 --emulated-count 3 "
			 "--no-stamps --timeout 60 " MANY_DEVICE, i);
		guests[i] = guest_start(arguments);
	}
	for (int i = 0; i < VMS; i++) {
		json_t *truth = guest_ring(&guests[i]), *vector;
		size_t j;

		json_array_foreach(json_object_get(truth, "vectors"), j, vector)
			assert_int_equal(number(vector, "seen"), 3);
		assert_int_equal(json_array_size(json_object_get(truth, "vectors")), VCPUS);
		json_decref(truth);
	}
	for (int i = 0; i < VMS; i++)
		assert_int_equal(program_end(&guests[i]), 0);
	trace_end(&trace);
	for (int i = 0; i < VMS * VCPUS; i++) {
		char uuid[64];
		json_t *seen;

		snprintf(uuid, sizeof(uuid), MANY_DEVICE, i / VCPUS);
		seen = find_vector(trace.summary, uuid, i % VCPUS);
		assert_int_equal(number(seen, "lost"), 0);
		assert_int_equal(number(seen, "hops.eoi"), 3);
	}
	assert_int_equal(number(trace.summary, "lost.guests"), 0);
	trace_free(&trace);
}

/* What the programs have given out of their tables: a member of struct imstrace_totals. */
static int given_out(const char *member)
{
	int status, number;
	char *text;

	text = lab_output(&status, "bpftool map dump name imstrace.bss | tr -d '\", ' | "
			  "sed -n '/totals/,$s/^%s://p'", member);
	number = *text ? atoi(text) : -1;
	free(text);
	return number;
}

/* All vCPUs are known to be gone. */
static void wait_for_no_vcpu(void)
{
	lab_shell("for i in $(seq 600); do bpftool -j map dump name vcpus | grep -q '^\\[\\]' && exit; "
		  "sleep 0.1; done; exit 1");
}

static void leave_nothing_behind(struct trace trace)
{
	for (int i = 0; i < 5; i++) {
		/* Other guest vectors than those of the VM before. */
		json_decref(guest_run(i % 2 ? "--vcpus 3 --vectors 1-3 --count 3 --no-stamps " DEVICE :
				      "--vcpus 3 --vectors 0-2 --count 3 --no-stamps " DEVICE));
		wait_for_no_vcpu();
		assert_int_equal(given_out("vcpus"), 3);
		assert_int_equal(given_out("guests"), 3);
	}
	trace_end(&trace);
	trace_free(&trace);
}

static void vms_leave_nothing_behind(void **state)
{
	(void)state;
	leave_nothing_behind(trace_start("vcpus-gone", "-i 0"));
}

/* Without kprobes: it is the ends of processes that tell. */
static void vms_leave_a_service_nothing(void **state)
{
	(void)state;
	leave_nothing_behind(service_start("vcpus-gone-service", "-i 0"));
}

int run_vcpus(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(hundreds_of_vcpus_need_no_option, remove_devices),
		cmocka_unit_test_teardown(vms_leave_nothing_behind, lab_teardown),
		cmocka_unit_test_teardown(vms_leave_a_service_nothing, lab_teardown),
	};

	return cmocka_run_group_tests_name("vcpus", tests, NULL, NULL);
}
