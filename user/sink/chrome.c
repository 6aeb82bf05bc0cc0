// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trace-event JSON, as "Trace Event Format" describes it: what chrome://tracing made, and many
 * viewers read. A process per device with a thread per vector, and one per VM with a thread per
 * vCPU; a flow goes from one to the other. Times are us with a fraction, CLOCK_MONOTONIC.
 */
#include "sink.h"

#include "../model/hops.h"
#include "../errors.h"
#include "../version.h"
#include "timeline.h"

#include <inttypes.h>
#include <stdint.h>

static void chrome_start(struct sink *sink, const struct source *source)
{
	char kernel[2 * SOURCE_NAME_LEN], host[2 * SOURCE_NAME_LEN];
	FILE *out = sink->out;

	sink_escape(kernel, sizeof(kernel), source->kernel);
	sink_escape(host, sizeof(host), source->host);
	fprintf(out, "{\"displayTimeUnit\":\"ns\",\"otherData\":{\"imstrace\":\"%s\","
		"\"kernel\":\"%s\",\"host\":\"%s\",\"clock\":\"CLOCK_MONOTONIC\",\"to_wall_clock_ns\":\"%lld\"},\n",
		IMSTRACE_VERSION, kernel, host, source->to_wall_clock);
	/* An event that says nothing new, so that a comma can precede all others. */
	fputs("\"traceEvents\":[\n{\"ph\":\"M\",\"pid\":0,\"name\":\"process_name\","
	      "\"args\":{\"name\":\"imstrace\"}}", out);
}

/* ,"key": and ns as us. */
static void put_time(FILE *out, const char *key, __u64 ns)
{
	fprintf(out, ",\"%s\":%" PRIu64 ".%03u", key, (uint64_t)(ns / 1000),
		(unsigned int)(ns % 1000));
}

static void begin_event(FILE *out, const char *phase, const char *name, __u32 process,
			__u32 thread)
{
	fprintf(out, ",\n{\"ph\":\"%s\",\"name\":\"%s\",\"pid\":%u,\"tid\":%u", phase, name,
		process, thread);
}

static void slice(FILE *out, const char *name, const char *category, __u32 process, __u32 thread,
		  __u64 begin, __u64 end)
{
	begin_event(out, "X", name, process, thread);
	put_time(out, "ts", begin);
	put_time(out, "dur", end - begin);
	fprintf(out, ",\"cat\":\"%s\"", category);
}

static void name_process(FILE *out, __u32 process, const char *name)
{
	char escaped[2 * TIMELINE_NAME_LEN];

	sink_escape(escaped, sizeof(escaped), name);
	begin_event(out, "M", "process_name", process, 0);
	fprintf(out, ",\"args\":{\"name\":\"%s\"}}", escaped);
}

static void name_thread(FILE *out, __u32 process, const struct timeline_track *thread,
			const char *what, __u32 number)
{
	begin_event(out, "M", "thread_name", process, thread->number);
	fprintf(out, ",\"args\":{\"name\":\"%s %u%s", what, number,
		thread->lane ? ", at the same time" : "");
	if (thread->lane)
		fprintf(out, " (%u)", thread->lane + 1);
	fputs("\"}}", out);
	begin_event(out, "M", "thread_sort_index", process, thread->number);
	/* The lanes of one below each other; there are fewer than 64. */
	fprintf(out, ",\"args\":{\"sort_index\":%" PRIu64 "}}",
		(uint64_t)number % (1U << 24) * 64 + thread->lane);
}

static void announce(FILE *out, const struct imstrace_vector *vector,
		     const struct imstrace_interrupt *interrupt, const struct timeline_place *place)
{
	char name[TIMELINE_NAME_LEN];

	if (place->device.is_new) {
		timeline_device_name(name, vector);
		name_process(out, place->device.number, name);
	}
	if (place->vector.is_new)
		name_thread(out, place->device.number, &place->vector, "vector", vector->vector);
	if (place->vm.is_new) {
		timeline_vm_name(name, vector);
		name_process(out, place->vm.number, name);
	}
	if (place->vcpu.is_new)
		name_thread(out, place->vm.number, &place->vcpu, "vCPU", interrupt->vcpu);
}

static void known(FILE *out, const char *key, __u32 number)
{
	if (number != IMSTRACE_NONE)
		fprintf(out, ",\"%s\":%u", key, number);
}

static void put_interrupt(FILE *out, const struct imstrace_vector *vector,
			  const struct imstrace_interrupt *interrupt,
			  const struct timeline_place *place)
{
	slice(out, "interrupt", "interrupt", place->device.number, place->vector.number,
	      place->begin, place->end);
	fprintf(out, ",\"args\":{\"end\":\"%s\",\"cause\":\"%s\",\"cpu\":%u",
		end_name(interrupt->end), cause_name(interrupt->cause), interrupt->cpu);
	known(out, "irq", vector->irq);
	known(out, "slot", vector->slot);
	known(out, "pasid", vector->pasid);
	known(out, "vcpu", interrupt->vcpu);
	known(out, "guest_vector", interrupt->guest_vector);
	fputs("}}", out);
	for (unsigned int hop = 0; hop < HOP_COUNT; hop++) {
		enum imstrace_stage stage = stage_after(interrupt, hop);
		__u64 from = place->times[hop];
		__u64 to = stage == STAGE_COUNT ? 0 : place->times[stage_to(stage)];

		if (!from || !to)
			continue;
		slice(out, stage_name(stage), "stage", place->device.number, place->vector.number,
		      from, to);
		putc('}', out);
	}
}

static void end_of_flow(FILE *out, const char *phase, __u32 process, __u32 thread, __u64 at,
			__u64 flow)
{
	begin_event(out, phase, "deliver", process, thread);
	put_time(out, "ts", at);
	fprintf(out, ",\"cat\":\"flow\",\"id\":%" PRIu64 "%s}", (uint64_t)flow,
		*phase == 'f' ? ",\"bp\":\"e\"" : "");
}

static void chrome_interrupt(struct sink *sink, const struct imstrace_vector *vector,
			     const struct imstrace_interrupt *interrupt)
{
	struct timeline_place place;
	FILE *out = sink->out;

	if (!timeline_place(sink->context, vector, interrupt, &place))
		return;
	announce(out, vector, interrupt, &place);
	if (place.vector.number)
		put_interrupt(out, vector, interrupt, &place);
	if (!place.vcpu.number)
		return;
	slice(out, interrupt->eoi_late ? "service, at most" : "service", "stage", place.vm.number, place.vcpu.number,
	      place.times[HOP_INJECT], place.times[HOP_EOI]);
	fputs(",\"args\":{", out);
	fprintf(out, "\"vector\":%u", vector->vector);
	known(out, "guest_vector", interrupt->guest_vector);
	fputs("}}", out);
	/* It leaves for the guest where the stage deliver begins. */
	if (!place.times[HOP_ACCEPT])
		return;
	end_of_flow(out, "s", place.device.number, place.vector.number, place.times[HOP_ACCEPT],
		    place.flow);
	end_of_flow(out, "f", place.vm.number, place.vcpu.number, place.times[HOP_INJECT],
		    place.flow);
}

static void chrome_summary(struct sink *sink, const struct figures *figures)
{
	(void)figures;
	fputs("\n]}\n", sink->out);
}

const struct sink_ops chrome_sink = {
	.losses_unseen = true,
	.open = timeline_open,
	.start = chrome_start,
	.interrupt = chrome_interrupt,
	.summary = chrome_summary,
	.close = timeline_close,
};
