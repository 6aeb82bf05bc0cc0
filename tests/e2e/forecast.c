// SPDX-License-Identifier: GPL-2.0-only
/*
 * What imstrace check says of this host's VMs, devices and vectors, against what imstrace live then
 * sees of them.
 */
#include "groups.h"
#include "check.h"

#include "../guest/vfio.h"

#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define CHECK	IMSTRACE " check --json"

static json_t *find_device(json_t *check, const char *name)
{
	json_t *device;
	size_t i;

	json_array_foreach(json_object_get(check, "devices"), i, device)
		if (!strcmp(text(device, "device"), name))
			return device;
	fail_msg("there is no device %s", name);
	return NULL;
}

static json_t *find_vm(json_t *check, long long pid)
{
	json_t *vm;
	size_t i;

	json_array_foreach(json_object_get(check, "vms"), i, vm)
		if (number(vm, "pid") == pid)
			return vm;
	return NULL;
}

/* What was promised of each hop, or each stage, is what there is in the summary. */
static void expect_kept(json_t *promised, json_t *seen, const char *group)
{
	json_t *promises = json_object_get(promised, group), *promise;
	const char *name;

	assert_int_equal(json_object_size(promises),
			 json_object_size(json_object_get(seen, group)));
	json_object_foreach(promises, name, promise) {
		bool missing = member_is_null(seen, group, name);

		if (strcmp(text(promise, "seen"), "depends"))
			if (missing != !strcmp(text(promise, "seen"), "no"))
				fail_msg("vector %lld, %s: promised: %s; seen: %s",
					 number(seen, "vector"), name, text(promise, "seen"),
					 missing ? "no" : "yes");
		assert_int_equal(json_is_null(json_object_get(promise, "reason")),
				 !strcmp(text(promise, "seen"), "yes"));
	}
}

/* How often one of the answers is given of a vector. */
static size_t count_answers(json_t *promised, const char *answer)
{
	static const char *const groups[] = { "hops", "stages" };
	json_t *promise;
	size_t count = 0;
	const char *name;

	for (size_t i = 0; i < COUNT(groups); i++)
		json_object_foreach(json_object_get(promised, groups[i]), name, promise)
			count += !strcmp(text(promise, "seen"), answer);
	return count;
}

/* A VM whose vectors are bound, and do nothing yet: all of it is seen, and it was said before. */
static void promised_of_a_vm(void **state)
{
	struct program guest = guest_start("--vcpus 2 --count 50 --emulated-count 5 " DEVICE);
	json_t *check = json_of("forecast-vm", CHECK), *device = find_device(check, DEVICE);
	json_t *vm, *vectors = json_object_get(device, "vectors"), *vector, *truth, *apicv, *inhibits;
	struct trace trace;
	size_t i;

	(void)state;
	trace = trace_start("forecast-vm-live", "--interrupts -i 0");
	truth = guest_ring(&guest);
	assert_int_equal(program_end(&guest), 0);
	trace_end(&trace);
	check_counts(truth, &trace);

	vm = find_vm(check, number(truth, "pid"));
	assert_non_null(vm);
	expect_text(vm, "process", "ims-guest");
	assert_true(is_null(vm, "guest"));
	assert_int_equal(number(vm, "vms"), 1);
	assert_int_equal(number(vm, "vcpus"), 2);
	/* An emulated CPU has no AVIC. */
	expect_text(json_object_get(check, "parameters"), "kvm_amd.avic", "N");
	apicv = json_object_get(vm, "apicv");
	assert_int_equal(json_array_size(apicv), 1);
	assert_true(json_is_false(json_object_get(json_array_get(apicv, 0), "active")));
	inhibits = json_object_get(json_array_get(apicv, 0), "inhibits");
	assert_int_equal(json_array_size(inhibits), 1);
	assert_string_equal(json_string_value(json_array_get(inhibits, 0)), "disabled");
	assert_int_equal(json_array_size(json_object_get(check, "vms")), 1);
	assert_int_equal(member(check, "not_looked_at", "processes"), 0);

	expect_text(device, "driver", "ims_sample");
	assert_int_equal(json_array_size(json_object_get(device, "pids")), 1);
	assert_int_equal(json_integer_value(json_array_get(json_object_get(device, "pids"), 0)),
			 number(truth, "pid"));
	assert_true(is_null(device, "intx_irq"));
	assert_int_equal(json_array_size(vectors), IMS_VECTORS);
	json_array_foreach(vectors, i, vector) {
		json_t *seen = find_vector(trace.summary, DEVICE, i);

		assert_int_equal(number(vector, "vector"), i);
		assert_int_equal(number(vector, "irq"), number(seen, "irq"));
		assert_int_equal(number(vector, "slot"), number(seen, "slot"));
		assert_true(json_is_false(json_object_get(vector, "threaded")));
		assert_int_equal(count_answers(vector, "yes"), 17);
		expect_kept(vector, seen, "hops");
		expect_kept(vector, seen, "stages");
	}
	json_decref(check);
	json_decref(truth);
	trace_free(&trace);
}

/* A driver in user space has no VM: nothing is promised of KVM's hops, and there is nothing. */
static void promised_without_a_vm(void **state)
{
	struct vector vector = { .vector = 0, .doorbell = DOORBELL_SOFTWARE };
	json_t *check, *device, *promised, *seen;
	struct trace trace;
	struct vfio vfio;
	uint64_t count;

	(void)state;
	vfio_open(&vfio, DEVICE);
	vector.eventfd = eventfd(0, EFD_CLOEXEC);
	vfio_bind(&vfio, &vector);
	check = json_of("forecast-user", CHECK);
	trace = trace_start("forecast-user-live", "--interrupts -i 0");
	assert_int_equal(vfio_ring(&vfio, &vector), 0);
	assert_int_equal(read(vector.eventfd, &count, sizeof(count)), sizeof(count));
	vfio_unbind_all(&vfio);
	trace_end(&trace);

	assert_int_equal(json_array_size(json_object_get(check, "vms")), 0);
	device = find_device(check, DEVICE);
	assert_int_equal(json_integer_value(json_array_get(json_object_get(device, "pids"), 0)),
			 getpid());
	promised = json_array_get(json_object_get(device, "vectors"), 0);
	seen = find_vector(trace.summary, DEVICE, 0);
	/* irq, signal and the stage handler. */
	assert_int_equal(count_answers(promised, "yes"), 3);
	assert_int_equal(count_answers(promised, "depends"), 15);
	expect_kept(promised, seen, "hops");
	expect_kept(promised, seen, "stages");
	assert_true(is_null(seen, "hops.accept"));

	vfio_close(&vfio);
	close(vector.eventfd);
	json_decref(check);
	trace_free(&trace);
}

/* It is there, and says nothing of vectors that it doesn't have. */
static void promised_of_an_idle_device(void **state)
{
	json_t *check = json_of("forecast-idle", CHECK), *device = find_device(check, DEVICE);
	char *text;
	int status;

	(void)state;
	assert_int_equal(json_array_size(json_object_get(device, "pids")), 0);
	assert_int_equal(json_array_size(json_object_get(device, "vectors")), 0);
	json_decref(check);
	text = lab_output(&status, IMSTRACE " check");
	assert_int_equal(status, 0);
	assert_non_null(strstr(text, "\n  " DEVICE " "));
	assert_non_null(strstr(text, "\n    not open in any process\n"));
	free(text);
}

/* Whose the processes are that may not be looked at: they are counted, not left out. */
static void promised_to_a_service(void **state)
{
	struct program guest = guest_start("--count 1 " DEVICE);
	json_t *check = json_of("forecast-service", AS_SERVICE " " CHECK);
	json_t *device = find_device(check, DEVICE), *vector;
	size_t i;

	(void)state;
	assert_true(member(check, "not_looked_at", "processes") > 0);
	assert_int_equal(json_array_size(json_object_get(check, "vms")), 0);
	assert_int_equal(json_array_size(json_object_get(device, "pids")), 0);
	json_array_foreach(json_object_get(device, "vectors"), i, vector)
		assert_int_equal(count_answers(vector, "depends"), 15);
	assert_int_equal(i, IMS_VECTORS);
	json_decref(guest_ring(&guest));
	assert_int_equal(program_end(&guest), 0);
	json_decref(check);
}

int run_forecast(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(promised_of_a_vm, lab_teardown),
		cmocka_unit_test_teardown(promised_without_a_vm, lab_teardown),
		cmocka_unit_test_teardown(promised_of_an_idle_device, lab_teardown),
		cmocka_unit_test_teardown(promised_to_a_service, lab_teardown),
	};

	return cmocka_run_group_tests_name("forecast", tests, NULL, NULL);
}
