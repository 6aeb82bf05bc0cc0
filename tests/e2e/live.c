// SPDX-License-Identifier: GPL-2.0-only
/*
 * imstrace live against the guest's own ground truth.
 */
#include "groups.h"
#include "lab.h"

#include "../guest/vfio.h"

#include <imstrace/histogram.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static const char *const hops[] = { "irq", "signal", "accept", "inject", "eoi" };
static const char *const stages[] = {
	"handler", "irqfd", "deliver", "service", "delivery", "total",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static long long member(json_t *object, const char *group, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "%s.%s", group, name);
	return number(object, path);
}

static bool member_is_null(json_t *object, const char *group, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "%s.%s", group, name);
	return is_null(object, path);
}

static bool is_emulated(json_t *truth_vector)
{
	return !strcmp(json_string_value(json_object_get(truth_vector, "kind")), "emulated");
}

static void expect_text(json_t *object, const char *key, const char *expected)
{
	const char *text = json_string_value(json_object_get(object, key));

	if (!text || strcmp(text, expected))
		fail_msg("%s is \"%s\", not \"%s\"", key, text ? text : "null", expected);
}

/* Every hop of every vector was seen as often as the guest knows it happened. */
static void check_counts(json_t *truth, json_t *summary)
{
	json_t *expected;
	size_t i;

	json_array_foreach(json_object_get(truth, "vectors"), i, expected) {
		json_t *seen = find_vector(summary, number(expected, "vector"));
		long long rang = number(expected, "rang"), coalesced = number(seen, "coalesced");

		assert_true(rang > 0);
		expect_text(seen, "mode", is_emulated(expected) ? "emulated" : "irqfd");
		if (is_emulated(expected))
			assert_true(is_null(seen, "hops.irq"));
		else
			assert_int_equal(number(seen, "hops.irq"), rang);
		assert_int_equal(number(seen, "hops.signal"), rang);
		assert_int_equal(number(seen, "hops.accept"), rang);
		assert_int_equal(number(seen, "hops.inject") + coalesced, rang);
		assert_int_equal(number(seen, "hops.eoi"), number(seen, "hops.inject"));
		assert_int_equal(number(seen, "hops.eoi"), number(expected, "seen"));
		assert_int_equal(number(seen, "unmatched"), 0);
		assert_int_equal(number(seen, "lost"), 0);
		assert_int_equal(number(seen, "in_flight"), 0);
		assert_int_equal(number(seen, "eventfd_id"), number(expected, "eventfd_id"));
		assert_int_equal(number(seen, "pid"), number(truth, "pid"));
	}
	assert_int_equal(number(summary, "lost.vectors"), 0);
	assert_int_equal(number(summary, "lost.lifecycle"), 0);
	assert_int_equal(number(summary, "lost.interrupts"), 0);
}

/* The interrupts of @vector that reached their EOI, in the order of their injection. */
static json_t **completed(json_t *interrupts, long long vector, size_t *count)
{
	json_t **found = calloc(json_array_size(interrupts) + 1, sizeof(*found)), *interrupt;
	size_t i;

	*count = 0;
	json_array_foreach(interrupts, i, interrupt)
		if (number(interrupt, "vector") == vector &&
		    !strcmp(json_string_value(json_object_get(interrupt, "end")), "complete"))
			found[(*count)++] = interrupt;
	return found;
}

/*
 * For each interrupt: the doorbell came before the first hop, the hops came in
 * order, the guest's handler ran between inject and EOI, and the stages of this one
 * interrupt add up.
 */
static void check_times(json_t *truth, json_t *interrupts)
{
	/* How far the guest's TSC, read as host time, may be off. */
	long long error = ceil(json_number_value(json_object_get(json_object_get(truth, "tsc"),
								 "fit_error_ns")));
	long long vcpus = number(truth, "vcpus");
	bool waited = json_is_true(json_object_get(truth, "wait"));
	json_t *vector;
	size_t i, count;

	assert_in_range(error, 1, 1000);
	json_array_foreach(json_object_get(truth, "vectors"), i, vector) {
		json_t *isr = json_object_get(vector, "isr_ns");
		json_t *ring = json_object_get(vector, "ring_ns");
		bool emulated = is_emulated(vector);
		json_t **found = completed(interrupts, number(vector, "vector"), &count);

		assert_int_equal(count, number(vector, "seen"));
		assert_int_equal(count, json_array_size(isr));
		for (size_t j = 0; j < count; j++) {
			long long stamp = json_integer_value(json_array_get(isr, j));
			long long before = number(found[j], emulated ? "hops.signal" : "hops.irq");

			if (stamp < number(found[j], "hops.inject") - error ||
			    stamp > number(found[j], "hops.eoi") + error)
				fail_msg("vector %zu, interrupt %zu: handler at %lld, inject %lld, "
					 "eoi %lld", i, j, stamp, number(found[j], "hops.inject"),
					 number(found[j], "hops.eoi"));
			if (waited)
				assert_true(before >=
					    json_integer_value(json_array_get(ring, j)) - error);
			assert_int_equal(number(found[j], "guest_vector"),
					 number(vector, "guest_vector"));
			assert_int_equal(number(found[j], "vcpu"),
					 number(vector, "vector") % vcpus);
			assert_int_equal(number(found[j], "stages.irqfd"),
					 number(found[j], "hops.accept") -
					 number(found[j], "hops.signal"));
			if (emulated) {
				assert_true(is_null(found[j], "stages.total"));
				continue;
			}
			assert_int_equal(number(found[j], "stages.handler") +
					 number(found[j], "stages.irqfd") +
					 number(found[j], "stages.deliver") +
					 number(found[j], "stages.service"),
					 number(found[j], "stages.total"));
			assert_int_equal(number(found[j], "stages.total"),
					 number(found[j], "hops.eoi") - number(found[j], "hops.irq"));
		}
		free(found);
	}
}

static int compare_numbers(const void *left, const void *right)
{
	long long a = *(const long long *)left, b = *(const long long *)right;

	return (a > b) - (a < b);
}

/* A percentile from the kernel's histogram against the one from all the values. */
static void check_percentile(json_t *figures, const char *name, double percent,
			     const long long *sorted, size_t count)
{
	/* In thousandths, which are whole: 99.9 / 100 is not. */
	size_t rank = (lround(percent * 10) * count + 999) / 1000;
	long long exact = sorted[rank ? rank - 1 : 0], given = number(figures, name);
	long long bound = exact / (2 << HISTOGRAM_BITS) + 1;

	if (llabs(given - exact) > bound)
		fail_msg("%s is %lld, not %lld +- %lld", name, given, exact, bound);
}

/* The histograms filled in the kernel say what the streamed interrupts say. */
static void check_figures(json_t *summary, json_t *interrupts)
{
	json_t *vector;
	size_t i, count;

	json_array_foreach(json_object_get(summary, "vectors"), i, vector) {
		json_t **found = completed(interrupts, number(vector, "vector"), &count);

		for (size_t stage = 0; stage < COUNT(stages); stage++) {
			json_t *figures = json_object_get(json_object_get(vector, "stages"),
							  stages[stage]);
			long long *times, sum = 0;

			/* An emulated vector has no irq hop, and all else is there. */
			assert_int_equal(json_is_null(figures),
					 number(vector, "vector") == EMULATED_VECTOR &&
					 (!strcmp(stages[stage], "handler") ||
					  !strcmp(stages[stage], "delivery") ||
					  !strcmp(stages[stage], "total")));
			if (json_is_null(figures))
				continue;
			times = calloc(count, sizeof(*times));
			for (size_t j = 0; j < count; j++) {
				times[j] = member(found[j], "stages", stages[stage]);
				sum += times[j];
			}
			qsort(times, count, sizeof(*times), compare_numbers);
			assert_int_equal(number(figures, "count"), count);
			assert_int_equal(number(figures, "min"), times[0]);
			assert_int_equal(number(figures, "max"), times[count - 1]);
			assert_int_equal(number(figures, "mean"), sum / (long long)count);
			check_percentile(figures, "p50", 50, times, count);
			check_percentile(figures, "p90", 90, times, count);
			check_percentile(figures, "p99", 99, times, count);
			check_percentile(figures, "p999", 99.9, times, count);
			free(times);
		}
		free(found);
	}
}

/* What the intervals say adds up to the summary, hop by hop and stage by stage. */
static void check_intervals(json_t *intervals, json_t *summary)
{
	json_t *vector, *interval;
	size_t i, j;

	assert_true(json_array_size(intervals) > 1);
	json_array_foreach(json_object_get(summary, "vectors"), i, vector) {
		long long hop_sum[COUNT(hops)] = { 0 }, stage_sum[COUNT(stages)] = { 0 };

		json_array_foreach(intervals, j, interval) {
			json_t *part;

			/* It was not there yet. */
			if (json_array_size(json_object_get(interval, "vectors")) <= i)
				continue;
			part = find_vector(interval, number(vector, "vector"));
			for (size_t hop = 0; hop < COUNT(hops); hop++)
				if (!member_is_null(part, "hops", hops[hop]))
					hop_sum[hop] += member(part, "hops", hops[hop]);
			for (size_t stage = 0; stage < COUNT(stages); stage++) {
				json_t *figures = json_object_get(json_object_get(part, "stages"),
								  stages[stage]);

				if (!json_is_null(figures))
					stage_sum[stage] += number(figures, "count");
			}
		}
		for (size_t hop = 0; hop < COUNT(hops); hop++)
			if (!member_is_null(vector, "hops", hops[hop]))
				assert_int_equal(hop_sum[hop], member(vector, "hops", hops[hop]));
		for (size_t stage = 0; stage < COUNT(stages); stage++)
			if (!member_is_null(vector, "stages", stages[stage]))
				assert_int_equal(stage_sum[stage],
						 number(json_object_get(json_object_get(
							vector, "stages"), stages[stage]), "count"));
	}
}

/* The steps of one vector, in order, with the right irq, slot and PASID in each. */
static void check_lifecycle(json_t *lifecycle, json_t *summary, int vector, unsigned int pasid)
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
	json_t *step, *seen = find_vector(summary, vector);
	long long last = 0;

	json_array_foreach(lifecycle, i, step) {
		const char *event = json_string_value(json_object_get(step, "event"));

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
			assert_int_equal(number(step, "pasid"), pasid);
		else
			assert_true(is_null(step, "pasid"));
		next++;
	}
	assert_int_equal(next, count);
}

/* An object whose @key has those of @entries that are @device's. */
static json_t *of_device(json_t *entries, const char *key, const char *device)
{
	json_t *entry, *found = json_array();
	size_t i;

	json_array_foreach(entries, i, entry)
		if (!strcmp(json_string_value(json_object_get(entry, "device")), device))
			json_array_append(found, entry);
	return json_pack("{s:o}", key, found);
}

/* The whole of it: each doorbell waits until the guest has taken the one before. */
static void waiting(void **state)
{
	struct trace trace = trace_start("waiting", "--events -i 500ms");
	json_t *truth = guest_run("--timeout 30 --count 1000 --emulated-count 100 " DEVICE);

	(void)state;
	trace_end(&trace);
	check_counts(truth, trace.summary);
	for (int vector = 0; vector < VECTORS; vector++)
		assert_int_equal(number(find_vector(trace.summary, vector), "coalesced"), 0);
	check_times(truth, trace.interrupts);
	check_figures(trace.summary, trace.interrupts);
	check_intervals(trace.intervals, trace.summary);
	for (int vector = 0; vector < VECTORS; vector++)
		check_lifecycle(trace.lifecycle, trace.summary, vector, PASID);
	json_decref(truth);
	trace_free(&trace);
}

/* As fast as the device takes them: rang = seen + coalesced. */
static void not_waiting(void **state)
{
	struct trace trace = trace_start("not-waiting", "--events -i 20ms");
	json_t *truth = guest_run("--no-wait --count 2000 --emulated-count 500 " DEVICE);
	long long coalesced = 0;

	(void)state;
	trace_end(&trace);
	check_counts(truth, trace.summary);
	check_times(truth, trace.interrupts);
	check_intervals(trace.intervals, trace.summary);
	for (int vector = 0; vector < VECTORS; vector++)
		coalesced += number(find_vector(trace.summary, vector), "coalesced");
	/* Or this has shown nothing that waiting() has not. */
	assert_true(coalesced > 0);
	json_decref(truth);
	trace_free(&trace);
}

static void several_vcpus(void **state)
{
	struct trace trace = trace_start("several-vcpus", "--events -i 0");
	json_t *truth = guest_run("--vcpus 3 --count 200 --emulated-count 200 " DEVICE);

	(void)state;
	trace_end(&trace);
	check_counts(truth, trace.summary);
	check_times(truth, trace.interrupts);
	assert_int_equal(json_array_size(trace.intervals), 0);
	json_decref(truth);
	trace_free(&trace);
}

/* The message is read from the device's memory and sent by its DMA engine. */
static void sent_by_the_device(void **state)
{
	struct trace trace;
	json_t *truth;

	(void)state;
	if (!getenv("DMA_PARENT"))
		skip();
	trace = trace_start("sent-by-the-device", "--events -i 0");
	truth = guest_run("--doorbell dma --count 500 --emulated-count 1 " DMA_DEVICE);
	trace_end(&trace);
	check_counts(truth, trace.summary);
	check_times(truth, trace.interrupts);
	json_decref(truth);
	trace_free(&trace);
}

/* Signalled without an interrupt: nothing is made up for the hop that was not there. */
static void loopback(void **state)
{
	struct trace trace = trace_start("loopback", "--events -i 0");
	json_t *truth = guest_run("--doorbell loopback --count 20 --emulated-count 20 " DEVICE);
	json_t *interrupt;
	size_t i;

	(void)state;
	trace_end(&trace);
	for (int vector = 0; vector < VECTORS; vector++) {
		json_t *seen = find_vector(trace.summary, vector);

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
	json_t *truth, *bound, *interrupt, *step;
	int irqs[IMS_VECTORS], messages = 0;
	struct program guest;
	struct trace trace;
	size_t i;

	(void)state;
	if (!getenv("DMA_PARENT") || sysconf(_SC_NPROCESSORS_ONLN) < 2)
		skip();
	trace = trace_start("moved-while-waiting", "--events -i 0");
	guest = program_start(IMS_GUEST, "--timeout 30 --step --doorbell dma --count 1000 "
			      "--emulated-count 1 " DMA_DEVICE);
	bound = program_line(&guest);
	find_irqs(DMA_DEVICE, irqs);
	program_tell(&guest, "\n");
	/* Its next line of output is its end. */
	for (int cpu = 0; !poll(&(struct pollfd) { guest.out, POLLIN, 0 }, 1, 20); cpu ^= 1)
		for (i = 0; i < IMS_VECTORS; i++)
			move_irq(irqs[i], cpu);
	truth = program_line(&guest);
	assert_int_equal(program_end(&guest), 0);
	trace_end(&trace);
	check_counts(truth, trace.summary);
	check_times(truth, trace.interrupts);
	json_array_foreach(trace.interrupts, i, interrupt)
		if (!is_null(interrupt, "hops.irq"))
			seen[number(interrupt, "vector")][number(interrupt, "cpu") & 1] = true;
	for (i = 0; i < IMS_VECTORS; i++)
		assert_true(seen[i][0] && seen[i][1]);
	json_array_foreach(trace.lifecycle, i, step) {
		const char *event = json_string_value(json_object_get(step, "event"));

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
	json_decref(bound);
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
	trace = trace_start("two-vms", "--events -i 0");
	first = program_start(IMS_GUEST, "--timeout 30 --count 200 --emulated-count 50 " DEVICE);
	second = program_start(IMS_GUEST, "--timeout 30 --count 200 --emulated-count 50 "
			       DMA_DEVICE);
	truth[0] = program_line(&first);
	truth[1] = program_line(&second);
	assert_int_equal(program_end(&first), 0);
	assert_int_equal(program_end(&second), 0);
	trace_end(&trace);
	for (int i = 0; i < 2; i++) {
		const char *device = i ? DMA_DEVICE : DEVICE;
		json_t *summary = of_device(json_object_get(trace.summary, "vectors"), "vectors",
					    device);
		json_t *interrupts = of_device(trace.interrupts, "interrupts", device);

		json_object_set(summary, "lost", json_object_get(trace.summary, "lost"));
		check_counts(truth[i], summary);
		check_times(truth[i], json_object_get(interrupts, "interrupts"));
		json_decref(summary);
		json_decref(interrupts);
		json_decref(truth[i]);
	}
	trace_free(&trace);
}

/* A VMM that reads the eventfd itself: what happens next is not ours to see. */
static void read_by_the_vmm(void **state)
{
	struct trace trace = trace_start("read-by-the-vmm", "--events -i 0");
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
	seen = find_vector(trace.summary, 0);
	expect_text(seen, "mode", "user");
	assert_int_equal(number(seen, "hops.irq"), 10);
	assert_int_equal(number(seen, "hops.signal"), 10);
	assert_true(is_null(seen, "hops.accept"));
	assert_true(is_null(seen, "hops.eoi"));
	assert_true(is_null(seen, "in_flight"));
	assert_int_equal(number(seen, "unmatched"), 0);
	assert_int_equal(json_array_size(trace.interrupts), 10);
	json_array_foreach(trace.interrupts, i, interrupt)
		expect_text(interrupt, "end", "signalled");
	trace_free(&trace);
}

/* imstrace comes when all is bound: what it can't know is null, what it sees is exact. */
static void bound_before(void **state)
{
	struct program guest = program_start(IMS_GUEST, "--step --count 200 --emulated-count 50 "
					     DEVICE);
	json_t *bound = program_line(&guest), *truth, *step;
	struct trace trace = trace_start("bound-before", "--events -i 0");
	size_t known = 0, i;

	(void)state;
	program_tell(&guest, "\n");
	truth = program_line(&guest);
	assert_int_equal(program_end(&guest), 0);
	trace_end(&trace);
	check_counts(truth, trace.summary);
	check_times(truth, trace.interrupts);
	json_array_foreach(trace.lifecycle, i, step)
		known += !strcmp(json_string_value(json_object_get(step, "event")), "known");
	/* The emulated one has shown by its first signal. */
	assert_int_equal(known, VECTORS);
	for (int vector = 0; vector < IMS_VECTORS; vector++) {
		json_t *seen = find_vector(trace.summary, vector);

		assert_int_equal(number(seen, "slot"), vector);
		assert_true(number(seen, "irq") > 0);
		assert_true(is_null(seen, "pasid"));
	}
	json_decref(bound);
	json_decref(truth);
	trace_free(&trace);
}

/* Vectors that are not wanted are not shown: neither figures nor events. */
static void expect_only(const char *name, const char *filter, const char *guest, int first,
			int last)
{
	struct trace trace;
	json_t *truth, *entry;
	size_t i, count = 0;
	char arguments[256];

	snprintf(arguments, sizeof(arguments), "--events -i 0 %s", filter);
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
	struct program guest = program_start(IMS_GUEST, "--step --count 20 --no-stamps " DEVICE);
	json_t *bound = program_line(&guest), *truth;
	char arguments[64];
	struct trace mine, other;

	(void)state;
	snprintf(arguments, sizeof(arguments), "-i 0 -p %d", guest.pid);
	mine = trace_start("filter-pid", arguments);
	other = trace_start("filter-other-pid", "-i 0 -p 1");
	program_tell(&guest, "\n");
	truth = program_line(&guest);
	assert_int_equal(program_end(&guest), 0);
	trace_end(&mine);
	trace_end(&other);
	check_counts(truth, mine.summary);
	assert_int_equal(json_array_size(json_object_get(other.summary, "vectors")), 0);
	json_decref(bound);
	json_decref(truth);
	trace_free(&mine);
	trace_free(&other);
}

static void filter_by_irq(void **state)
{
	struct program guest = program_start(IMS_GUEST, "--step --count 20 --no-stamps " DEVICE);
	json_t *bound = program_line(&guest), *truth, *vectors;
	struct trace trace;
	char *irq, arguments[64];
	int status;

	(void)state;
	irq = lab_output(&status, "sed -n 's/^ *\\([0-9]*\\):.*vfio-ims\\[2\\](%s)$/\\1/p' "
			 "/proc/interrupts", DEVICE);
	snprintf(arguments, sizeof(arguments), "-i 0 --irq %d", atoi(irq));
	trace = trace_start("filter-irq", arguments);
	program_tell(&guest, "\n");
	truth = program_line(&guest);
	assert_int_equal(program_end(&guest), 0);
	trace_end(&trace);
	vectors = json_object_get(trace.summary, "vectors");
	assert_int_equal(json_array_size(vectors), 1);
	assert_int_equal(number(json_array_get(vectors, 0), "irq"), atoi(irq));
	assert_int_equal(number(json_array_get(vectors, 0), "vector"), 2);
	assert_int_equal(number(json_array_get(vectors, 0), "hops.eoi"), 20);
	free(irq);
	json_decref(bound);
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
		seen = find_vector(trace.summary, 0);
		for (size_t hop = 0; hop < COUNT(hops); hop++) {
			if (hop < cases[i].first || hop > cases[i].last)
				assert_true(member_is_null(seen, "hops", hops[hop]));
			else
				assert_int_equal(member(seen, "hops", hops[hop]), 50);
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
	struct program guest = program_start(IMS_GUEST, "--step --count 100 --no-stamps " DEVICE);
	json_t *bound = program_line(&guest);
	char *text;
	int status;

	(void)state;
	/* The doorbells begin when the tracer has. */
	text = lab_output(&status, IMSTRACE " live -i 1s -c 3 | { read first; echo \"$first\"; "
			  "echo > /proc/%d/fd/0; cat; }", guest.pid);
	json_decref(bound);
	json_decref(program_line(&guest));
	assert_int_equal(program_end(&guest), 0);
	assert_int_equal(status, 0);
	assert_non_null(strstr(text, "Following irq, signal, accept, inject, eoi"));
	assert_non_null(strstr(text, "bound before imstrace looked"));
	assert_non_null(strstr(text, DEVICE "  pid "));
	assert_non_null(strstr(text, "Summary of "));
	assert_non_null(strstr(text, "irqfd          100     100     100     100     100"));
	assert_non_null(strstr(text, "n/a: irq: an emulated vector has no irq"));
	free(text);
}

int run_live(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(waiting, lab_teardown),
		cmocka_unit_test_teardown(not_waiting, lab_teardown),
		cmocka_unit_test_teardown(several_vcpus, lab_teardown),
		cmocka_unit_test_teardown(sent_by_the_device, lab_teardown),
		cmocka_unit_test_teardown(moved_while_waiting, lab_teardown),
		cmocka_unit_test_teardown(two_vms, lab_teardown),
		cmocka_unit_test_teardown(loopback, lab_teardown),
		cmocka_unit_test_teardown(read_by_the_vmm, lab_teardown),
		cmocka_unit_test_teardown(bound_before, lab_teardown),
		cmocka_unit_test_teardown(filters, lab_teardown),
		cmocka_unit_test_teardown(filter_by_process, lab_teardown),
		cmocka_unit_test_teardown(filter_by_irq, lab_teardown),
		cmocka_unit_test_teardown(some_hops, lab_teardown),
		cmocka_unit_test_teardown(privileges_dropped, lab_teardown),
		cmocka_unit_test_teardown(for_people, lab_teardown),
	};

	return cmocka_run_group_tests_name("live", tests, NULL, NULL);
}
