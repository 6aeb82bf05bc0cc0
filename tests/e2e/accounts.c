// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whatever happens to vectors and VMs, each of their interrupts ends in a count. That the
 * accounts balance is checked of every trace, by trace_end(); here is what could break it.
 */
#include "groups.h"
#include "check.h"

#include "../guest/vfio.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Devices that come and go. */
#define VISITOR(number)	"83b8f4f2-509f-382f-3c1e-e6bfe0fa200" #number

static void add_run(json_t **truth, const char *arguments)
{
	json_t *later = guest_run(arguments);

	if (*truth) {
		truth_add(*truth, later);
		json_decref(later);
	} else {
		*truth = later;
	}
}

/* Binds vector 0 and unbinds it again so many times; its interrupts are read by nobody else. */
static void rebind(const char *device, int times)
{
	struct vector vector = { .vector = 0, .doorbell = DOORBELL_SOFTWARE };
	struct vfio vfio;

	vfio_open(&vfio, device);
	for (int i = 0; i < times; i++) {
		vector.eventfd = eventfd(0, EFD_CLOEXEC);
		vfio_bind(&vfio, &vector);
		assert_int_equal(vfio_ring(&vfio, &vector), 0);
		vfio_unbind_all(&vfio);
		close(vector.eventfd);
	}
	vfio_close(&vfio);
}

/*
 * Devices are made, used and removed, and vectors bound and unbound, while imstrace
 * runs and shows intervals.
 */
static void vectors_come_and_go(void **state)
{
	static const char *const visitors[] = { VISITOR(1), VISITOR(2) };
	enum { REBINDINGS = 40 };
	json_t *truth = NULL, *visits[COUNT(visitors)] = { NULL }, *seen, *step;
	struct trace trace = trace_start("come-and-go", "--interrupts -i 20ms");
	size_t i, bound = 0;

	(void)state;
	for (i = 0; i < COUNT(visitors); i++) {
		char arguments[128];

		add_run(&truth, "--count 20 --emulated-count 10 " DEVICE);
		snprintf(arguments, sizeof(arguments), "--count 20 --emulated-count 10 %s",
			 visitors[i]);
		lab_create_device(visitors[i]);
		add_run(&visits[i], arguments);
		lab_remove_device(visitors[i]);
	}
	/* A device of the same name is the same to those who look at it. */
	lab_create_device(VISITOR(1));
	add_run(&visits[0], "--vectors 0-2 --count 20 " VISITOR(1));
	lab_remove_device(VISITOR(1));
	lab_create_device(VISITOR(3));
	rebind(VISITOR(3), REBINDINGS);
	lab_remove_device(VISITOR(3));
	trace_end(&trace);

	check_counts(truth, &trace);
	check_times(truth, &trace);
	for (i = 0; i < COUNT(visitors); i++) {
		check_counts(visits[i], &trace);
		check_times(visits[i], &trace);
		json_decref(visits[i]);
	}
	check_intervals(&trace);
	assert_true(json_array_size(trace.intervals) > 1);
	seen = find_vector(trace.summary, VISITOR(3), 0);
	assert_int_equal(number(seen, "hops.irq"), REBINDINGS);
	assert_int_equal(number(seen, "hops.signal"), REBINDINGS);
	assert_int_equal(number(seen, "unmatched"), 0);
	json_array_foreach(trace.lifecycle, i, step)
		bound += !strcmp(text(step, "device"), VISITOR(3)) &&
			 !strcmp(text(step, "event"), "vector_bind");
	assert_int_equal(bound, REBINDINGS);
	json_decref(truth);
	trace_free(&trace);
}

/* How many irqs have been more than one vector's, as the lifecycle tells. */
static size_t reused_irqs(const struct trace *trace)
{
	size_t reused = 0, i, j;
	json_t *step, *other;

	json_array_foreach(trace->lifecycle, i, step) {
		if (strcmp(text(step, "event"), "slot_alloc"))
			continue;
		json_array_foreach(trace->lifecycle, j, other) {
			if (j >= i || is_null(other, "irq") ||
			    number(other, "irq") != number(step, "irq") ||
			    !strcmp(text(other, "device"), text(step, "device")))
				continue;
			reused++;
			break;
		}
	}
	return reused;
}

/*
 * The irqs of a device that was there before imstrace are given to other vectors of
 * another one, and back.
 */
static void irqs_are_reused(void **state)
{
	struct program guest = guest_start("--count 20 --emulated-count 10 " DEVICE);
	struct trace trace = trace_start("reused-irqs", "--interrupts -i 0");
	json_t *truth = guest_ring(&guest), *visit = NULL;

	(void)state;
	assert_int_equal(program_end(&guest), 0);
	lab_create_device(VISITOR(1));
	add_run(&visit, "--vectors 2-3 --count 20 " VISITOR(1));
	add_run(&truth, "--vectors 3 --count 20 " DEVICE);
	add_run(&visit, "--count 20 --emulated-count 10 " VISITOR(1));
	lab_remove_device(VISITOR(1));
	trace_end(&trace);
	check_counts(truth, &trace);
	check_times(truth, &trace);
	check_counts(visit, &trace);
	check_times(visit, &trace);
	/* Or this has shown nothing: 2 of the first device's, one of the other's, 4 at the end. */
	assert_true(reused_irqs(&trace) >= 2);
	json_decref(truth);
	json_decref(visit);
	trace_free(&trace);
}

/* What a VM leaves behind that is killed, or reset, when its interrupts can't go on. */
struct interruption {
	const char *name;
	const char *guest;
	bool reset;
	int in_service;
	bool service;	/* without CAP_SYS_ADMIN */
};

/*
 * To a service it may be told that a VM has ended by the last that is heard of its process, which waits
 * for a grace period of RCU.
 */
static void wait_for_process_free(void)
{
	usleep(1000000);
}

#define HANGING	"--count 10 --vectors 0-1 --hang "

static const struct interruption interruptions[] = {
	{ "killed_with_pending", HANGING "vcpus " DEVICE, false, 0, false },
	{ "killed_in_service", HANGING "isr --rate 200 " DEVICE, false, 1, false },
	{ "reset_with_pending", HANGING "vcpus --reset " DEVICE, true, 0, false },
	{ "reset_in_service", HANGING "isr --rate 200 --reset " DEVICE, true, 1, false },
	{ "killed_before_a_service", HANGING "isr --rate 200 " DEVICE, false, 1, true },
	{ "reset_before_a_service", HANGING "isr --rate 200 --reset " DEVICE, true, 1, true },
};

/* How many are in flight at the end of the interval that has most. */
static long long most_in_flight(const struct trace *trace, json_t *vector)
{
	json_t *interval, *part;
	long long most = 0;
	size_t i;

	json_array_foreach(trace->intervals, i, interval) {
		part = look_for_vector(interval, text(vector, "device"), number(vector, "vector"));
		if (part && !is_null(part, "in_flight") && number(part, "in_flight") > most)
			most = number(part, "in_flight");
	}
	return most;
}

/*
 * The local APIC knows what was pending and in service when nothing went on any more: that
 * many are unmatched, all others coalesced.
 */
static void check_interruption(const struct interruption *interruption, json_t *truth,
			       const struct trace *trace)
{
	int in_service = interruption->in_service;
	long long expected_seen;
	json_t *expected;
	size_t i;

	json_array_foreach(json_object_get(truth, "vectors"), i, expected) {
		json_t *seen = find_vector(trace->summary, DEVICE, number(expected, "vector"));
		bool pending = json_is_true(json_object_get(expected, "pending"));
		bool serving = json_is_true(json_object_get(expected, "in_service"));

		assert_true(pending || serving);
		in_service -= serving;
		assert_int_equal(number(seen, "hops.irq"), number(expected, "rang"));
		assert_int_equal(number(seen, "hops.accept"), number(expected, "rang"));
		assert_int_equal(number(seen, "hops.eoi"), number(expected, "seen"));
		assert_int_equal(number(seen, "hops.inject"), number(expected, "seen") + serving);
		assert_int_equal(number(seen, "unmatched"), pending + serving);
		/* Before it was interrupted they were in flight. */
		assert_true(most_in_flight(trace, seen) >= pending + serving);
		/* Before the reset the guest took none, after it all. */
		expected_seen = number(expected, "rang") - number(expected, "rang_before_reset");
		assert_int_equal(number(expected, "seen"), interruption->reset ? expected_seen : 0);
	}
	assert_int_equal(in_service, 0);
	check_settled(trace);
}

static void vm_interrupted(void **state)
{
	const struct interruption *interruption = *state;
	struct trace trace;
	struct program guest;
	json_t *truth;

	if (interruption->reset && interruption->service && !lab_has_fprobes())
		skip();
	trace = (interruption->service ? service_start : trace_start)(
		interruption->name, "--interrupts -i 10ms");
	guest = guest_start(interruption->guest);
	truth = guest_ring(&guest);
	if (!interruption->reset) {
		kill(guest.pid, SIGKILL);
		assert_int_equal(program_end(&guest), 128 + SIGKILL);
	}
	if (interruption->service)
		wait_for_process_free();
	/* A VM that was reset is still there. */
	trace_end(&trace);
	if (interruption->reset)
		assert_int_equal(program_end(&guest), 0);
	check_interruption(interruption, truth, &trace);
	check_intervals(&trace);
	json_decref(truth);
	trace_free(&trace);
}

/* Ends that the guest gets nothing of, between two rounds that it gets all of. */
/* What KVM delivers from its workqueue passes the same hops as any other. */
static void from_the_workqueue(void **state)
{
	static const char *const ways[] = { "--broadcast", "--reassign" };
	enum { COUNT_OF_EACH = 50 };

	(void)state;
	for (size_t i = 0; i < COUNT(ways); i++) {
		struct trace trace = trace_start(ways[i] + 2, "--interrupts -i 20ms");
		json_t *truth, *expected;
		char arguments[128];
		size_t j;

		snprintf(arguments, sizeof(arguments),
			 "--count %d --emulated-count %d --no-stamps %s %s", COUNT_OF_EACH,
			 COUNT_OF_EACH, ways[i], DEVICE);
		truth = guest_run(arguments);
		trace_end(&trace);
		json_array_foreach(json_object_get(truth, "vectors"), j, expected) {
			json_t *seen = find_vector(trace.summary, DEVICE, number(expected, "vector"));

			assert_int_equal(number(expected, "seen"), COUNT_OF_EACH);
			assert_int_equal(number(seen, "hops.signal"), COUNT_OF_EACH);
			assert_int_equal(number(seen, "hops.accept"), COUNT_OF_EACH);
			assert_int_equal(number(seen, "hops.inject"), COUNT_OF_EACH);
			assert_int_equal(number(seen, "hops.eoi"), COUNT_OF_EACH);
			assert_int_equal(number(seen, "copies"), 0);
			check_only_end(seen, NULL, 0);
			assert_string_not_equal(text(seen, "mode"), "user");
		}
		check_settled(&trace);
		check_intervals(&trace);
		json_decref(truth);
		trace_free(&trace);
	}
}

/*
 * Each message is for two vCPUs, and one of them is followed. The guest's count of a vector is both
 * vCPUs', so the next doorbell rings when one of them has taken the interrupt: some merge.
 */
static void broadcasts_to_two_vcpus(void **state)
{
	struct trace trace = trace_start("broadcast-to-two", "--interrupts -i 20ms");
	json_t *truth, *expected;
	size_t i;

	(void)state;
	truth = guest_run("--count 50 --no-stamps --vectors 0-3 --vcpus 2 --broadcast " DEVICE);
	trace_end(&trace);
	json_array_foreach(json_object_get(truth, "vectors"), i, expected) {
		json_t *seen = find_vector(trace.summary, DEVICE, number(expected, "vector"));

		assert_int_equal(number(seen, "hops.signal"), 50);
		assert_true(number(seen, "hops.accept") > 1);
		assert_int_equal(number(seen, "hops.accept") + number(seen, "ends.work_merged"), 50);
		assert_int_equal(number(seen, "copies"), number(seen, "hops.accept"));
		assert_true(number(expected, "seen") > number(seen, "hops.eoi"));
	}
	check_settled(&trace);
	check_intervals(&trace);
	json_decref(truth);
	trace_free(&trace);
}

static void spoiled_ends(void **state)
{
	static const struct {
		const char *name, *guest, *end;
	} cases[] = {
		{ "no-route", "--spoil routes", "no_route" },
		{ "apic-off", "--spoil apics", "refused" },
	};
	enum { COUNT_OF_EACH = 50 };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct trace trace = trace_start(cases[i].name, "--interrupts -i 20ms");
		json_t *truth, *expected;
		char arguments[128];
		size_t j;

		snprintf(arguments, sizeof(arguments), "--count %d --no-stamps --vectors 0-1 %s %s",
			 COUNT_OF_EACH, cases[i].guest, DEVICE);
		truth = guest_run(arguments);
		trace_end(&trace);
		json_array_foreach(json_object_get(truth, "vectors"), j, expected) {
			json_t *seen = find_vector(trace.summary, DEVICE, number(expected, "vector"));

			assert_int_equal(number(expected, "seen"), 2 * COUNT_OF_EACH);
			assert_int_equal(number(seen, "hops.irq"), 3 * COUNT_OF_EACH);
			assert_int_equal(number(seen, "hops.signal"), 3 * COUNT_OF_EACH);
			assert_int_equal(number(seen, "hops.accept"), 2 * COUNT_OF_EACH);
			assert_int_equal(number(seen, "hops.inject"), 2 * COUNT_OF_EACH);
			assert_int_equal(number(seen, "hops.eoi"), 2 * COUNT_OF_EACH);
			check_only_end(seen, cases[i].end, COUNT_OF_EACH);
			expect_text(seen, "mode", "irqfd");
		}
		check_settled(&trace);
		check_intervals(&trace);
		json_decref(truth);
		trace_free(&trace);
	}
}

/* A VMM may read the state of a local APIC and put it back: what is pending stays so. */
static void apic_state_is_put_back(void **state)
{
	struct trace trace = trace_start("put-back", "--interrupts -i 20ms");
	json_t *truth, *expected;
	size_t i;

	(void)state;
	truth = guest_run("--count 20 --no-stamps --vectors 0-1 --put-back " DEVICE);
	trace_end(&trace);
	json_array_foreach(json_object_get(truth, "vectors"), i, expected) {
		json_t *seen = find_vector(trace.summary, DEVICE, number(expected, "vector"));

		assert_int_equal(number(expected, "seen"), 20);
		assert_int_equal(number(seen, "hops.irq"), 20);
		assert_int_equal(number(seen, "hops.accept"), 20);
		assert_int_equal(number(seen, "hops.inject"), 20);
		assert_int_equal(number(seen, "hops.eoi"), 20);
		assert_int_equal(number(seen, "unmatched"), 0);
	}
	check_settled(&trace);
	json_decref(truth);
	trace_free(&trace);
}

static long interrupts_of_device(void)
{
	int status;
	char *sum = lab_output(&status, "awk '/vfio-ims.*%s/ { sum += $2 } END { print sum + 0 }' "
			       "/proc/interrupts", DEVICE);
	long interrupts = atol(sum);

	free(sum);
	return interrupts;
}

/* By their number, for how many there are in a time is anybody's guess. */
static void wait_for_interrupts(long more)
{
	long before = interrupts_of_device();

	for (int tries = 0; interrupts_of_device() < before + more; tries++) {
		if (tries == 3000)
			fail_msg("no interrupts for 30 s");
		usleep(10000);
	}
}

/* VMs are killed at any moment, and the next one is not told of what they left behind. */
static void vms_killed_in_the_middle(void **state)
{
	enum { KILLS = 3 };
	struct trace trace = trace_start("killed-in-the-middle", "-i 20ms");
	json_t *truth, *vector;
	long long unmatched = 0;
	size_t i;

	(void)state;
	for (int kills = 0; kills < KILLS; kills++) {
		struct program guest = guest_start("--no-wait --no-stamps --count 1000000 " DEVICE);

		program_tell(&guest, "\n");
		wait_for_interrupts(100 + 37 * kills);
		kill(guest.pid, SIGKILL);
		assert_int_equal(program_end(&guest), 128 + SIGKILL);
	}
	truth = guest_run("--count 10 --emulated-count 10 --no-stamps " DEVICE);
	trace_end(&trace);
	json_array_foreach(json_object_get(trace.summary, "vectors"), i, vector) {
		/* One pending and one in service at most, each time. */
		assert_in_range(number(vector, "unmatched"), 0, 2 * KILLS);
		unmatched += number(vector, "unmatched");
		assert_true(number(vector, "hops.signal") > 10);
		assert_true(number(vector, "hops.eoi") >= 10);
	}
	assert_int_equal(i, VECTORS);
	check_settled(&trace);
	check_intervals(&trace);
	json_decref(truth);
	trace_free(&trace);
}

/* imstrace comes and goes while interrupts flow: each time, what it counts balances. */
static void tracers_come_and_go(void **state)
{
	enum { TRACES = 4 };
	struct program guest = guest_start("--no-wait --no-stamps --rate 2000 --count 1000000 "
					   "--emulated-count 1000000 " DEVICE);
	long long seen = 0, taken = 0;
	json_t *truth, *vector;
	size_t i;

	(void)state;
	program_tell(&guest, "\n");
	for (int traces = 0; traces < TRACES; traces++) {
		struct trace trace;
		long long irqs = 0;
		char name[32];

		snprintf(name, sizeof(name), "short-%d", traces);
		trace = trace_start(name, "--interrupts -i 20ms");
		wait_for_interrupts(100 + 37 * traces);
		trace_end(&trace);
		json_array_foreach(json_object_get(trace.summary, "vectors"), i, vector) {
			assert_int_equal(number(vector, "unmatched"), 0);
			assert_int_equal(number(vector, "lost"), 0);
			/* One pending and one in service. */
			assert_in_range(number(vector, "in_flight"), 0, 2);
			seen += number(vector, "hops.eoi");
			irqs += is_null(vector, "hops.irq") ? 0 : number(vector, "hops.irq");
		}
		assert_true(irqs >= 100);
		check_intervals(&trace);
		trace_free(&trace);
	}
	kill(guest.pid, SIGINT);
	truth = guest_truth(&guest);
	assert_int_equal(program_end(&guest), 0);
	json_array_foreach(json_object_get(truth, "vectors"), i, vector)
		taken += number(vector, "seen");
	assert_true(seen <= taken);
	json_decref(truth);
}

/* Vectors for which there is no room are counted, once each, and disturb no other. */
static void more_vectors_than_room(void **state)
{
	enum { ROOM = 4 };
	struct program guest = guest_start("--count 20 --emulated-count 10 " DEVICE);
	struct trace trace = trace_start("more-vectors", "--interrupts -i 20ms --max-vectors 4");
	json_t *truth = guest_ring(&guest), *visit = NULL, *expected;
	size_t i, followed = 0;

	(void)state;
	assert_int_equal(program_end(&guest), 0);
	lab_create_device(VISITOR(1));
	add_run(&visit, "--count 20 --emulated-count 10 " VISITOR(1));
	lab_remove_device(VISITOR(1));
	add_run(&truth, "--count 20 --emulated-count 10 " DEVICE);
	trace_end(&trace);
	json_array_foreach(json_object_get(truth, "vectors"), i, expected) {
		if (!look_for_vector(trace.summary, DEVICE, number(expected, "vector")))
			continue;
		check_vector(truth, expected, &trace);
		followed++;
	}
	assert_int_equal(followed, ROOM);
	assert_int_equal(json_array_size(json_object_get(trace.summary, "vectors")), ROOM);
	/* Those without room are not known to their signals: each VM's irqfds of theirs have none, either. */
	assert_int_equal(number(trace.summary, "lost.vectors"), 2 * VECTORS - ROOM +
			 2 * (VECTORS - ROOM) + VECTORS);
	check_intervals(&trace);
	json_decref(truth);
	json_decref(visit);
	trace_free(&trace);
}

int run_accounts(void)
{
#define INTERRUPTION(index)								\
	{ interruptions[index].name, vm_interrupted, NULL, lab_teardown,		\
	  (void *)&interruptions[index] }
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(vectors_come_and_go, lab_teardown),
		cmocka_unit_test_teardown(irqs_are_reused, lab_teardown),
		INTERRUPTION(0), INTERRUPTION(1), INTERRUPTION(2), INTERRUPTION(3),
		INTERRUPTION(4), INTERRUPTION(5),
		cmocka_unit_test_teardown(spoiled_ends, lab_teardown),
		cmocka_unit_test_teardown(from_the_workqueue, lab_teardown),
		cmocka_unit_test_teardown(broadcasts_to_two_vcpus, lab_teardown),
		cmocka_unit_test_teardown(apic_state_is_put_back, lab_teardown),
		cmocka_unit_test_teardown(vms_killed_in_the_middle, lab_teardown),
		cmocka_unit_test_teardown(tracers_come_and_go, lab_teardown),
		cmocka_unit_test_teardown(more_vectors_than_room, lab_teardown),
	};

	return cmocka_run_group_tests_name("accounts", tests, NULL, NULL);
}
