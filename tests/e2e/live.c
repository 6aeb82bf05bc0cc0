// SPDX-License-Identifier: GPL-2.0-only
/*
 * imstrace live against the guest's own ground truth.
 */
#include "groups.h"
#include "check.h"

#include "../guest/vfio.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* The steps of one vector, in order, with the right irq, slot and PASID in each. */
static void check_lifecycle(const struct trace *trace, int vector)
{
	static const char *const ims_steps[] = {
		"slot_alloc", "msg_write", "auxdata_write", "irq_request", "bypass_register",
		"vector_bind", "bypass_unregister", "auxdata_write", "irq_free", "slot_free",
		"vector_unbind",
	};
	static const char *const emulated_steps[] = { "vector_bind", "vector_unbind" };
	bool emulated = vector == EMULATED_VECTOR;
	const char *const *expected = emulated ? emulated_steps : ims_steps;
	size_t count = emulated ? COUNT(emulated_steps) : COUNT(ims_steps), next = 0, i;
	json_t *step, *seen = find_vector(trace->summary, DEVICE, vector);
	long long last = 0;

	json_array_foreach(trace->lifecycle, i, step) {
		const char *event = text(step, "event");

		if (is_null(step, "vector") || number(step, "vector") != vector)
			continue;
		/* The message is also rewritten when the irq moves to another CPU. */
		if (next > 2 && !strcmp(event, "msg_write"))
			continue;
		if (next == count || strcmp(event, expected[next]))
			fail_msg("vector %d: %s where %s was expected", vector, event,
				 next < count ? expected[next] : "nothing");
		assert_true(number(step, "time") >= last);
		last = number(step, "time");
		assert_int_equal(number(step, "ret"), 0);
		expect_text(step, "device", DEVICE);
		if (emulated) {
			assert_true(is_null(step, "irq"));
			assert_true(is_null(step, "slot"));
		} else {
			assert_int_equal(number(step, "irq"), number(seen, "irq"));
			assert_int_equal(number(step, "slot"), number(seen, "slot"));
		}
		/* Asked for at the allocation, written at startup, wiped at shutdown. */
		if (!emulated && (next == 0 || next == 2))
			assert_int_equal(number(step, "pasid"), PASID);
		else
			assert_true(is_null(step, "pasid"));
		next++;
	}
	assert_int_equal(next, count);
}

/* One run of the guest under one of imstrace. */
struct run {
	const char *name;
	const char *trace;
	const char *guest;
	bool by_device;		/* needs a device that sends its messages itself */
	/* What else is true of it. */
	void (*check)(const struct trace *trace);
};

/* The whole of it: each doorbell waits until the guest has taken the one before. */
static void check_waiting(const struct trace *trace)
{
	check_figures(trace);
	check_intervals(trace);
	assert_true(json_array_size(trace->intervals) > 1);
	for (int vector = 0; vector < VECTORS; vector++) {
		json_t *seen = find_vector(trace->summary, DEVICE, vector);

		assert_int_equal(number(seen, "coalesced"), 0);
		check_lifecycle(trace, vector);
	}
}

/* As fast as the device takes them: rang = seen + coalesced. */
static void check_not_waiting(const struct trace *trace)
{
	long long coalesced = 0;

	check_intervals(trace);
	for (int vector = 0; vector < VECTORS; vector++)
		coalesced += number(find_vector(trace->summary, DEVICE, vector), "coalesced");
	/* Or this has shown nothing that waiting has not. */
	assert_true(coalesced > 0);
}

static void check_without_intervals(const struct trace *trace)
{
	assert_int_equal(json_array_size(trace->intervals), 0);
}

static const struct run runs[] = {
	{ "waiting", "--interrupts -i 100ms",
	  "--timeout 30 --count 1000 --emulated-count 100 " DEVICE, false, check_waiting },
	{ "not_waiting", "--interrupts -i 20ms",
	  "--no-wait --count 2000 --emulated-count 500 " DEVICE, false, check_not_waiting },
	{ "several_vcpus", "--interrupts -i 0",
	  "--vcpus 3 --count 200 --emulated-count 200 " DEVICE, false, check_without_intervals },
	/* The message is read from the device's memory and sent by its DMA engine. */
	{ "sent_by_the_device", "--interrupts -i 0",
	  "--doorbell dma --count 500 --emulated-count 1 " DMA_DEVICE, true, NULL },
};

static void follow(void **state)
{
	const struct run *run = *state;
	struct trace trace;
	json_t *truth;

	if (run->by_device && !getenv("DMA_PARENT"))
		skip();
	trace = trace_start(run->name, run->trace);
	truth = guest_run(run->guest);
	trace_end(&trace);
	check_counts(truth, &trace);
	check_times(truth, &trace);
	if (run->check)
		run->check(&trace);
	json_decref(truth);
	trace_free(&trace);
}

/* Signalled without an interrupt: nothing is made up for the hop that was not there. */
static void loopback(void **state)
{
	struct trace trace = trace_start("loopback", "--interrupts -i 0");
	json_t *truth = guest_run("--doorbell loopback --count 20 --emulated-count 20 " DEVICE);
	json_t *interrupt;
	size_t i;

	(void)state;
	trace_end(&trace);
	for (int vector = 0; vector < VECTORS; vector++) {
		json_t *seen = find_vector(trace.summary, DEVICE, vector);

		if (vector != EMULATED_VECTOR)
			assert_int_equal(number(seen, "hops.irq"), 0);
		assert_int_equal(number(seen, "hops.signal"), 20);
		assert_int_equal(number(seen, "hops.accept"), 20);
		assert_int_equal(number(seen, "hops.eoi"), 20);
		assert_int_equal(number(seen, "unmatched"), 0);
	}
	json_array_foreach(trace.interrupts, i, interrupt) {
		expect_text(interrupt, "cause", "loopback");
		assert_true(is_null(interrupt, "hops.irq"));
		assert_true(is_null(interrupt, "stages.total"));
	}
	assert_int_equal(i, VECTORS * 20);
	json_decref(truth);
	trace_free(&trace);
}

/* The irqs that the device's vectors have now, in no order. */
static void find_irqs(const char *device, int irqs[IMS_VECTORS])
{
	int status;
	char *text = lab_output(&status, "cd /sys/kernel/irq && grep -l 'vfio-ims.*(%s)' */actions",
				device), *rest = text;

	for (int i = 0; i < IMS_VECTORS; i++) {
		irqs[i] = strtol(rest, &rest, 10);
		assert_true(irqs[i] > 0);
		rest += strlen("/actions\n");
	}
	free(text);
}

/* False when the irq is no more. */
static bool move_irq(int irq, int cpu)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/irq/%d/smp_affinity_list", irq);
	file = fopen(path, "w");
	if (!file)
		return false;
	fprintf(file, "%d", cpu);
	return !fclose(file);
}

/*
 * The irqs go from CPU to CPU while the device sends and the guest is waited for: none
 * is lost, each is followed. Under interrupt remapping the slot's message stays as it is.
 */
static void moved_while_waiting(void **state)
{
	bool remapped = !access("/sys/class/iommu/dmar0", F_OK), seen[IMS_VECTORS][2] = { 0 };
	json_t *truth, *interrupt, *step;
	int irqs[IMS_VECTORS], messages = 0;
	struct program guest;
	struct trace trace;
	size_t i;

	(void)state;
	if (!getenv("DMA_PARENT") || sysconf(_SC_NPROCESSORS_ONLN) < 2)
		skip();
	trace = trace_start("moved-while-waiting", "--interrupts -i 0");
	guest = guest_start("--timeout 30 --doorbell dma --count 1000 --emulated-count 1 "
			    DMA_DEVICE);
	find_irqs(DMA_DEVICE, irqs);
	program_tell(&guest, "\n");
	/* Its next line of output is its end. */
	for (int cpu = 0; !poll(&(struct pollfd) { fileno(guest.out), POLLIN, 0 }, 1, 20); cpu ^= 1)
		for (i = 0; i < IMS_VECTORS; i++)
			move_irq(irqs[i], cpu);
	truth = guest_truth(&guest);
	assert_int_equal(program_end(&guest), 0);
	trace_end(&trace);
	check_counts(truth, &trace);
	check_times(truth, &trace);
	json_array_foreach(trace.interrupts, i, interrupt)
		if (!is_null(interrupt, "hops.irq"))
			seen[number(interrupt, "vector")][number(interrupt, "cpu") & 1] = true;
	for (i = 0; i < IMS_VECTORS; i++)
		assert_true(seen[i][0] && seen[i][1]);
	json_array_foreach(trace.lifecycle, i, step) {
		const char *event = text(step, "event");

		if (strcmp(event, "msg_write"))
			continue;
		messages++;
		/* Bit 4 of the address: a remappable message, VT-d specification 5.1.2. */
		assert_int_equal(!!(number(step, "address") & 0x10), remapped);
	}
	if (remapped)
		assert_int_equal(messages, IMS_VECTORS);
	else
		assert_true(messages > IMS_VECTORS);
	json_decref(truth);
	trace_free(&trace);
}

/* The same vCPU numbers and guest vectors in two VMs at once are not mixed up. */
static void two_vms(void **state)
{
	struct program first, second;
	struct trace trace;
	json_t *truth[2];

	(void)state;
	if (!getenv("DMA_PARENT"))
		skip();
	trace = trace_start("two-vms", "--interrupts -i 0");
	first = guest_start("--timeout 30 --count 200 --emulated-count 50 " DEVICE);
	second = guest_start("--timeout 30 --count 200 --emulated-count 50 " DMA_DEVICE);
	program_tell(&first, "\n");
	truth[1] = guest_ring(&second);
	truth[0] = guest_truth(&first);
	assert_int_equal(program_end(&first), 0);
	assert_int_equal(program_end(&second), 0);
	trace_end(&trace);
	for (int i = 0; i < 2; i++) {
		check_counts(truth[i], &trace);
		check_times(truth[i], &trace);
		json_decref(truth[i]);
	}
	trace_free(&trace);
}

/* A VMM that reads the eventfd itself: what happens next is not ours to see. */
static void read_by_the_vmm(void **state)
{
	struct trace trace = trace_start("read-by-the-vmm", "--interrupts -i 0");
	struct vector vector = { .vector = 0, .doorbell = DOORBELL_SOFTWARE };
	json_t *seen, *interrupt;
	struct vfio vfio;
	uint64_t count;
	size_t i;

	(void)state;
	vfio_open(&vfio, DEVICE);
	vector.eventfd = eventfd(0, EFD_CLOEXEC);
	vfio_bind(&vfio, &vector);
	for (i = 0; i < 10; i++) {
		assert_int_equal(vfio_ring(&vfio, &vector), 0);
		assert_int_equal(read(vector.eventfd, &count, sizeof(count)), sizeof(count));
		assert_int_equal(count, 1);
	}
	vfio_unbind_all(&vfio);
	vfio_close(&vfio);
	close(vector.eventfd);
	trace_end(&trace);
	seen = find_vector(trace.summary, DEVICE, 0);
	expect_text(seen, "mode", "user");
	assert_int_equal(number(seen, "hops.irq"), 10);
	assert_int_equal(number(seen, "hops.signal"), 10);
	assert_true(is_null(seen, "hops.accept"));
	assert_true(is_null(seen, "hops.eoi"));
	assert_true(is_null(seen, "in_flight"));
	assert_int_equal(number(seen, "unmatched"), 0);
	assert_int_equal(json_array_size(trace.interrupts), 10);
	json_array_foreach(trace.interrupts, i, interrupt)
		expect_text(interrupt, "end", "user");
	trace_free(&trace);
}

/* imstrace comes when all is bound: what it can't know is null, what it sees is exact. */
static void bound_before(void **state)
{
	struct program guest = guest_start("--count 200 --emulated-count 50 " DEVICE);
	struct trace trace = trace_start("bound-before", "--interrupts -i 0");
	json_t *truth = guest_ring(&guest), *step;
	size_t known = 0, i;

	(void)state;
	assert_int_equal(program_end(&guest), 0);
	trace_end(&trace);
	check_counts(truth, &trace);
	check_times(truth, &trace);
	json_array_foreach(trace.lifecycle, i, step)
		known += !strcmp(text(step, "event"), "known");
	/* The emulated one has shown by its first signal. */
	assert_int_equal(known, VECTORS);
	for (int vector = 0; vector < IMS_VECTORS; vector++) {
		json_t *seen = find_vector(trace.summary, DEVICE, vector);

		assert_int_equal(number(seen, "slot"), vector);
		assert_true(number(seen, "irq") > 0);
		assert_true(is_null(seen, "pasid"));
	}
	json_decref(truth);
	trace_free(&trace);
}

/* Once attached it needs no privilege, and has none. */
static void privileges_dropped(void **state)
{
	struct trace trace = trace_start("privileges", "-i 0");
	char *text;
	int status;

	(void)state;
	text = lab_output(&status, "grep -hE '^(Uid|Gid|Groups|Cap(Inh|Prm|Eff|Amb)|NoNew)' "
			  "/proc/%d/status", trace.program.pid);
	assert_string_equal(text,
			    "Uid:\t65534\t65534\t65534\t65534\nGid:\t65534\t65534\t65534\t65534\n"
			    "Groups:\t \n"
			    "CapInh:\t0000000000000000\nCapPrm:\t0000000000000000\n"
			    "CapEff:\t0000000000000000\nCapAmb:\t0000000000000000\n"
			    "NoNewPrivs:\t1\n");
	free(text);
	trace_end(&trace);
	trace_free(&trace);
}

/* For people: it says what it does, shows the tables, ends by itself, and sums up. */
static void for_people(void **state)
{
	struct program guest = guest_start("--count 100 --no-stamps " DEVICE);
	char *text;
	int status;

	(void)state;
	/* The doorbells begin when the tracer has. */
	text = lab_output(&status, IMSTRACE " live -i 1s -c 3 | { read first; echo \"$first\"; "
			  "echo > /proc/%d/fd/0; cat; }", guest.pid);
	json_decref(guest_truth(&guest));
	assert_int_equal(program_end(&guest), 0);
	assert_int_equal(status, 0);
	assert_non_null(strstr(text, "Following irq, signal, accept, enter, inject, eoi"));
	assert_non_null(strstr(text, "bound before imstrace looked"));
	assert_non_null(strstr(text, DEVICE "  pid "));
	assert_non_null(strstr(text, "Summary of "));
	assert_non_null(strstr(text, "irqfd          100     100     100     100     100"));
	assert_non_null(strstr(text, "n/a: irq: an emulated vector has no irq"));
	free(text);
}

#define RUN(index)	{ runs[index].name, follow, NULL, lab_teardown, (void *)&runs[index] }

/* Its guest rings the emulated ones only; the others have taken irqs of the host all the same. */
static void vectors_that_never_fire(void **state)
{
	struct trace trace = trace_start("never-fired", "-i 0");
	json_t *truth = guest_run("--count 0 --emulated-count 10 --no-stamps " DEVICE);
	json_t *vectors = json_object_get(truth, "vectors"), *vector, *devices, *use;
	long long with_irq = 0;
	size_t i;

	(void)state;
	trace_end(&trace);
	json_array_foreach(vectors, i, vector)
		with_irq += !truth_emulated(vector);
	devices = json_object_get(trace.summary, "never_fired");
	assert_int_equal(json_array_size(devices), 1);
	use = json_array_get(devices, 0);
	expect_text(use, "device", DEVICE);
	assert_int_equal(number(use, "vectors"), json_array_size(vectors));
	assert_true(with_irq);
	assert_int_equal(number(use, "never_fired"), with_irq);
	assert_int_equal(number(use, "host_irqs"), with_irq);
	json_decref(truth);
	trace_free(&trace);
}

int run_live(void)
{
	const struct CMUnitTest tests[] = {
		RUN(0), RUN(1), RUN(2), RUN(3),
		cmocka_unit_test_teardown(vectors_that_never_fire, lab_teardown),
		cmocka_unit_test_teardown(moved_while_waiting, lab_teardown),
		cmocka_unit_test_teardown(two_vms, lab_teardown),
		cmocka_unit_test_teardown(loopback, lab_teardown),
		cmocka_unit_test_teardown(read_by_the_vmm, lab_teardown),
		cmocka_unit_test_teardown(bound_before, lab_teardown),
		cmocka_unit_test_teardown(privileges_dropped, lab_teardown),
		cmocka_unit_test_teardown(for_people, lab_teardown),
	};

	return cmocka_run_group_tests_name("live", tests, NULL, NULL);
}
