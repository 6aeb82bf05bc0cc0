// SPDX-License-Identifier: GPL-2.0-only
/* JSON on stdout. See report.h. */
#include <jansson.h>
#include <stdio.h>
#include <unistd.h>

#include "fail.h"
#include "report.h"

const char *const doorbell_names[DOORBELL_KINDS] = {
	[DOORBELL_WRITE] = "write",
	[DOORBELL_PROCESS] = "process",
	[DOORBELL_IOCTL] = "ioctl",
	[DOORBELL_SOFTWARE] = "software",
	[DOORBELL_DMA] = "dma",
	[DOORBELL_LOOPBACK] = "loopback",
};

/* jansson returns NULL for want of memory only: our strings are ASCII. */
static json_t *made(json_t *json)
{
	if (!json)
		fail(EXIT_RUNTIME, "no memory for the report");
	return json;
}

static json_t *describe(const struct vector *vector)
{
	return made(json_pack("{s:i, s:s, s:s, s:I, s:i, s:i, s:i}",
			      "vector", (int)vector->vector,
			      "kind", vector->emulated ? "emulated" : "ims",
			      "doorbell", doorbell_names[vector->doorbell],
			      "eventfd_id", (json_int_t)vector->eventfd_id,
			      "gsi", (int)vector->vector,
			      "guest_vector", (int)vector->guest_vector,
			      "vcpu", (int)vector->vcpu));
}

static json_t *doorbell_times(const struct vector *vector, const uint64_t *ns)
{
	json_t *times = made(json_array());

	for (uint32_t i = 0; i < vector->rang; i++)
		json_array_append_new(times, made(json_integer(ns[i])));
	return times;
}

static void add_isr_times(const struct report *report, const struct vector *vector, json_t *truth)
{
	json_t *begin = made(json_array()), *end = made(json_array());
	uint32_t stamps = machine_stamps(report->machine, vector);

	for (uint32_t i = 0; i < stamps; i++) {
		struct guest_stamp stamp = machine_stamp(report->machine, vector, i);

		json_array_append_new(begin, made(json_integer(clock_convert(report->clock,
									     stamp.begin))));
		json_array_append_new(end, made(json_integer(clock_convert(report->clock,
									   stamp.end))));
	}
	json_object_set_new(truth, "isr_ns", begin);
	json_object_set_new(truth, "isr_end_ns", end);
}

static json_t *vector_truth(const struct report *report, const struct vector *vector)
{
	json_t *truth = describe(vector);

	json_object_set_new(truth, "rang", made(json_integer(vector->rang)));
	json_object_set_new(truth, "busy", made(json_integer(vector->busy)));
	json_object_set_new(truth, "seen",
			    made(json_integer(machine_count(report->machine, vector))));
	json_object_set_new(truth, "pending", made(json_boolean(vector->pending)));
	json_object_set_new(truth, "in_service", made(json_boolean(vector->in_service)));
	json_object_set_new(truth, "rang_before_reset",
			    made(json_integer(vector->rang_before_reset)));
	json_object_set_new(truth, "seen_before_reset",
			    made(json_integer(vector->seen_before_reset)));
	if (report->stamps) {
		json_object_set_new(truth, "ring_ns", doorbell_times(vector, vector->ring_ns));
		if (report->held)
			json_object_set_new(truth, "held_ns",
					    doorbell_times(vector, vector->held_ns));
		add_isr_times(report, vector, truth);
	}
	return truth;
}

static json_t *clock_truth(const struct report *report)
{
	if (!report->stamps)
		return made(json_null());
	return made(json_pack("{s:f, s:s, s:f, s:i}",
			      "hz", clock_hz(report->clock),
			      "offset_source", "KVM_VCPU_TSC_OFFSET",
			      "fit_error_ns", clock_error_ns(report->clock),
			      "samples", (int)report->clock->num));
}

static void print(json_t *json, size_t flags)
{
	if (json_dumpf(json, stdout, JSON_COMPACT | flags))
		fail(EXIT_RUNTIME, "writing the report failed");
	json_decref(json);
}

static void end_line(void)
{
	putchar('\n');
	if (fflush(stdout))
		fail(EXIT_RUNTIME, "writing the report failed");
}

void report_bound(const struct report *report)
{
	json_t *vectors = made(json_array());

	for (unsigned int i = 0; i < report->vectors->num; i++)
		json_array_append_new(vectors, describe(&report->vectors->v[i]));
	print(made(json_pack("{s:s, s:s, s:i, s:i, s:o}",
			     "event", "bound",
			     "device", report->device,
			     "pid", (int)getpid(),
			     "vcpus", (int)report->machine->num_vcpus,
			     "vectors", vectors)), 0);
	end_line();
}

/* Printed vector by vector: millions of stamps as one JSON tree would take a gigabyte. */
void report_truth(const struct report *report)
{
	json_t *head;

	head = made(json_pack("{s:s, s:s, s:i, s:i, s:s, s:b, s:b, s:I, s:o}",
			      "type", "ground-truth",
			      "device", report->device,
			      "pid", (int)getpid(),
			      "vcpus", (int)report->machine->num_vcpus,
			      "doorbell", doorbell_names[report->doorbell],
			      "wait", report->wait,
			      "interrupted", report->interrupted,
			      "elapsed_ns", (json_int_t)report->elapsed_ns,
			      "tsc", clock_truth(report)));
	putchar('{');
	print(head, JSON_EMBED);
	fputs(",\"vectors\":[", stdout);
	for (unsigned int i = 0; i < report->vectors->num; i++) {
		if (i)
			putchar(',');
		print(vector_truth(report, &report->vectors->v[i]), 0);
	}
	fputs("]}", stdout);
	end_line();
}
