// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts that no device's vector raises: of irqfds, to which a thread of the VMM or another process
 * write()s, and of ioctls.
 */
#include "check.h"
#include "groups.h"

#include <string.h>

/* The VM's only name that is no device's; what the guest says is then of that. */
static void name_vm(json_t *truth, const struct trace *trace)
{
	json_t *vector = json_array_get(json_object_get(trace->summary, "vectors"), 0);

	assert_non_null(vector);
	assert_memory_equal(text(vector, "device"), "kvm-", 4);
	json_object_set(truth, "device", json_object_get(vector, "device"));
}

/* @seen passed each hop as often as the guest says, and is told of as such a source's. */
static void check_source(json_t *seen, json_t *expected, json_t *truth, const char *source,
			 const char *mode)
{
	long long count = number(expected, "seen");

	expect_text(seen, "source", source);
	expect_text(seen, "mode", mode);
	assert_true(is_null(seen, "hops.irq"));
	assert_true(is_null(seen, "stages.total"));
	for (size_t hop = 1; hop < check_hop_count; hop++)
		assert_int_equal(member(seen, "hops", check_hops[hop]), count);
	check_only_end(seen, NULL, 0);
	assert_int_equal(number(seen, "pid"), number(truth, "pid"));
	assert_int_equal(number(seen, "guest_vector"), number(expected, "guest_vector"));
	assert_int_equal(number(seen, "vcpu"), number(expected, "vcpu"));
}

static void check_irqfd(json_t *seen, json_t *expected, json_t *truth)
{
	check_source(seen, expected, truth, "irqfd", "irqfd");
	assert_int_equal(number(seen, "eventfd_id"), number(expected, "eventfd_id"));
}

/* The guest took @count of each irqfd, and there is nothing else. */
static void check_irqfds(json_t *truth, const struct trace *trace, long long count)
{
	json_t *vectors = json_object_get(truth, "vectors"), *expected;
	size_t i;

	name_vm(truth, trace);
	assert_int_equal(json_array_size(json_object_get(trace->summary, "vectors")),
			 json_array_size(vectors));
	json_array_foreach(vectors, i, expected) {
		assert_int_equal(number(expected, "rang"), count);
		assert_int_equal(number(expected, "seen"), count);
		check_irqfd(find_vector(trace->summary, text(truth, "device"), number(expected, "vector")),
			    expected, truth);
	}
	check_settled(trace);
}

static void check_signallers(const struct trace *trace, const char *name)
{
	json_t *vector;
	size_t i;

	json_array_foreach(json_object_get(trace->summary, "vectors"), i, vector) {
		json_t *signallers = json_object_get(vector, "signallers");
		const char *signaller = json_string_value(json_array_get(signallers, 0));

		assert_int_equal(json_array_size(signallers), 1);
		assert_memory_equal(signaller, name, strlen(name));
		assert_int_equal(signaller[strlen(name)], '/');
	}
}

static void written(void **state)
{
	static const struct {
		const char *doorbell, *signaller;
	} cases[] = { { "write", "ims-guest" }, { "process", "ims-writer" } };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct trace trace = trace_start(cases[i].doorbell, "--interrupts -i 20ms");
		char arguments[128];
		json_t *truth;

		snprintf(arguments, sizeof(arguments), "--vcpus 2 --emulated-count 100 --doorbell %s none",
			 cases[i].doorbell);
		truth = guest_run(arguments);
		trace_end(&trace);
		check_irqfds(truth, &trace, 100);
		check_signallers(&trace, cases[i].signaller);
		check_accounts(&trace);
		check_times(truth, &trace);
		check_intervals(&trace);
		json_decref(truth);
		trace_free(&trace);
	}
}

/* Lines: KVM delivers them from its workqueue, through the IOAPIC, and lowers them when the guest has ended each. */
static void written_to_lines(void **state)
{
	struct trace trace = trace_start("irqfds-lines", "--interrupts -i 20ms");
	json_t *truth = guest_run("--vcpus 2 --emulated-count 100 --lines none"), *vector;
	size_t i;

	(void)state;
	trace_end(&trace);
	/* Its vector 0 is gsi 16. */
	json_array_foreach(json_object_get(truth, "vectors"), i, vector)
		json_object_set_new(vector, "vector", json_integer(16 + number(vector, "vector")));
	check_irqfds(truth, &trace, 100);
	check_signallers(&trace, "ims-guest");
	check_accounts(&trace);
	check_times(truth, &trace);
	check_intervals(&trace);
	json_decref(truth);
	trace_free(&trace);
}

/* No eventfd and no irqfd: the VMM sends each message itself. */
static void sent_by_an_ioctl(void **state)
{
	struct trace trace = trace_start("ioctl-messages", "--interrupts -i 20ms");
	json_t *truth = guest_run("--vcpus 2 --emulated-count 100 --doorbell ioctl none");
	json_t *vectors = json_object_get(truth, "vectors"), *vector, *seen;
	size_t i;

	(void)state;
	trace_end(&trace);
	name_vm(truth, &trace);
	assert_non_null(strstr(text(truth, "device"), ":msi"));
	assert_int_equal(json_array_size(json_object_get(trace.summary, "vectors")), json_array_size(vectors));
	json_array_foreach(vectors, i, vector) {
		assert_int_equal(number(vector, "seen"), 100);
		/* It is called by its guest vector. */
		json_object_set_new(vector, "vector", json_integer(number(vector, "guest_vector")));
		seen = find_vector(trace.summary, text(truth, "device"), number(vector, "vector"));
		check_source(seen, vector, truth, "ioctl-msi", "ioctl");
	}
	check_settled(&trace);
	check_signallers(&trace, "ims-guest");
	check_accounts(&trace);
	check_times(truth, &trace);
	check_intervals(&trace);
	json_decref(truth);
	trace_free(&trace);
}

/* The tracer comes when all of them are assigned. */
static void written_to_known_ones(void **state)
{
	struct program guest = guest_start("--emulated-count 50 --no-stamps none");
	struct trace trace = trace_start("irqfds-known", "--interrupts -i 20ms");
	json_t *truth = guest_ring(&guest);

	(void)state;
	assert_int_equal(program_end(&guest), 0);
	trace_end(&trace);
	check_irqfds(truth, &trace, 50);
	check_signallers(&trace, "ims-guest");
	check_accounts(&trace);
	check_intervals(&trace);
	json_decref(truth);
	trace_free(&trace);
}

/* KVM delivers it from its workqueue; or finds it signalled when it is assigned the eventfd. */
static void written_and_queued(void **state)
{
	static const struct {
		const char *name, *way;
	} cases[] = { { "irqfds-broadcast", "--broadcast" }, { "irqfds-reassigned", "--reassign" } };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct trace trace = trace_start(cases[i].name, "-i 20ms");
		char arguments[128];
		json_t *truth;

		snprintf(arguments, sizeof(arguments), "--emulated-count 50 --no-stamps %s none",
			 cases[i].way);
		truth = guest_run(arguments);
		trace_end(&trace);
		check_irqfds(truth, &trace, 50);
		check_intervals(&trace);
		json_decref(truth);
		trace_free(&trace);
	}
}

static void written_in_vain(void **state)
{
	static const struct {
		const char *guest, *end;
	} cases[] = { { "--spoil routes", "no_route" }, { "--spoil apics", "refused" } };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct trace trace = trace_start(cases[i].end, "--interrupts -i 20ms");
		json_t *truth, *expected;
		char arguments[128];
		size_t j;

		/* Of gsi 0 without a route KVM does not say which it is: what merges is not seen. */
		snprintf(arguments, sizeof(arguments),
			 "--vectors 1-4 --emulated-count 20 --no-stamps %s none", cases[i].guest);
		truth = guest_run(arguments);
		trace_end(&trace);
		name_vm(truth, &trace);
		json_array_foreach(json_object_get(truth, "vectors"), j, expected) {
			json_t *seen = find_vector(trace.summary, text(truth, "device"),
						   number(expected, "vector"));

			assert_int_equal(number(seen, "hops.signal"), 60);
			assert_int_equal(number(seen, "hops.accept"), 40);
			assert_int_equal(number(seen, "hops.eoi"), 40);
			check_only_end(seen, cases[i].end, 20);
		}
		check_accounts(&trace);
		check_settled(&trace);
		json_decref(truth);
		trace_free(&trace);
	}
}

/* The eventfd is a device's vector's: so is what is written to it, also if KVM's workqueue delivers it. */
static void written_to_a_device(void **state)
{
	static const struct {
		const char *name, *way;
	} cases[] = { { "written-to-device", "" }, { "written-to-device-queued", "--broadcast " } };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct trace trace = trace_start(cases[i].name, "--interrupts -i 0");
		json_t *truth, *expected, *interrupt;
		char arguments[128];
		size_t j;

		snprintf(arguments, sizeof(arguments), "--doorbell write --count 30 --emulated-count 30 "
			 "--no-stamps %s" DEVICE, cases[i].way);
		truth = guest_run(arguments);
		trace_end(&trace);
		assert_int_equal(json_array_size(json_object_get(trace.summary, "vectors")), VECTORS);
		json_array_foreach(json_object_get(truth, "vectors"), j, expected) {
			json_t *seen = find_vector(trace.summary, DEVICE, number(expected, "vector"));

			if (!truth_emulated(expected))
				assert_int_equal(number(seen, "hops.irq"), 0);
			for (size_t hop = 1; hop < check_hop_count; hop++)
				assert_int_equal(member(seen, "hops", check_hops[hop]), 30);
			check_only_end(seen, NULL, 0);
		}
		json_array_foreach(trace.interrupts, j, interrupt)
			expect_text(interrupt, "cause", "eventfd");
		check_settled(&trace);
		json_decref(truth);
		trace_free(&trace);
	}
}

/*
 * However often irqfds come and go, the programs know of none that is gone. Each takes 43 ms in an emulated
 * VM, KVM's own grace periods: IRQFDS_CHURNED asks for another number than 100 of each.
 */
static void irqfds_leave_nothing(void **state)
{
	const char *asked_for = getenv("IRQFDS_CHURNED");
	int count_of_each = asked_for ? atoi(asked_for) : 100;
	struct trace trace = trace_start("irqfds-gone", "-i 0");
	char arguments[128];
	json_t *truth;

	(void)state;
	snprintf(arguments, sizeof(arguments), "--reassign --emulated-count %d --no-stamps none",
		 count_of_each);
	truth = guest_run(arguments);
	lab_shell("for i in $(seq 600); do bpftool -j map dump name irqfd_vectors | grep -q '^\\[\\]' && "
		  "exit; sleep 0.1; done; exit 1");
	trace_end(&trace);
	check_irqfds(truth, &trace, count_of_each);
	json_decref(truth);
	trace_free(&trace);
}

/* Nothing of other processes' VMs, and nothing of irqfds, unless it is asked for. */
static void irqfds_filtered(void **state)
{
	/* VMs are named every second: there the doorbells take longer. */
	static const struct {
		const char *name, *arguments, *guest;
		bool seen;
	} cases[] = {
		{ "irqfds-of-another", "-i 0 -p 1", "", false },
		{ "irqfds-not-asked-for", "-i 0 --source ims", "", false },
		{ "irqfds-alone", "-i 0 --source irqfd", "", true },
		{ "irqfds-unnamed", "-i 0 --guest *", "--rate 10 ", true },
		{ "irqfds-of-another-guest", "-i 0 --guest ?*", "--rate 10 ", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct trace trace = trace_start(cases[i].name, cases[i].arguments);
		char arguments[128];
		json_t *truth;

		snprintf(arguments, sizeof(arguments), "--emulated-count 5 --no-stamps %snone",
			 cases[i].guest);
		truth = guest_run(arguments);
		trace_end(&trace);
		assert_int_equal(json_array_size(json_object_get(trace.summary, "vectors")),
				 cases[i].seen ? VECTORS : 0);
		json_decref(truth);
		trace_free(&trace);
	}
}

int run_irqfds(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(written, lab_teardown),
		cmocka_unit_test_teardown(written_to_lines, lab_teardown),
		cmocka_unit_test_teardown(sent_by_an_ioctl, lab_teardown),
		cmocka_unit_test_teardown(written_to_known_ones, lab_teardown),
		cmocka_unit_test_teardown(written_and_queued, lab_teardown),
		cmocka_unit_test_teardown(written_in_vain, lab_teardown),
		cmocka_unit_test_teardown(written_to_a_device, lab_teardown),
		cmocka_unit_test_teardown(irqfds_leave_nothing, lab_teardown),
		cmocka_unit_test_teardown(irqfds_filtered, lab_teardown),
	};

	return cmocka_run_group_tests_name("irqfds", tests, NULL, NULL);
}
