// SPDX-License-Identifier: GPL-2.0-only
/*
 * A trace for Perfetto: see perfetto.proto. Below each device a track per vector, with the stages
 * within the interrupt, and the latency as a counter; below each VM a track per vCPU, with what its
 * guest served. A flow goes from one to the other. Lanes of one track have the same name, which the
 * viewer takes for one track.
 */
#include "sink.h"

#include "../model/hops.h"
#include "../errors.h"
#include "timeline.h"

#include "user/sink/perfetto.pb-c.h"

/* What Perfetto's enums and flags are in numbers. */
enum {
	CLOCK_ID_REALTIME = 1, CLOCK_ID_MONOTONIC = 3,
	TYPE_SLICE_BEGIN = 1, TYPE_SLICE_END = 2, TYPE_COUNTER = 4,
	UNIT_TIME_NS = 1,
	SEQ_INCREMENTAL_STATE_CLEARED = 1, SEQ_NEEDS_INCREMENTAL_STATE = 2,
};

/* Our packets are one sequence; its number only must not be 0. */
#define SEQUENCE	1
/* Tracks are numbered in all of a trace, which may be merged with another's: "ims" and a number. */
#define UUID(number)	(0x696d730000000000ULL | (number))

/* Larger than any packet here: a name is all in it that has no fixed size. */
#define PACKET_BYTES	2048

static void put(FILE *out, Perfetto__TracePacket *packet)
{
	Perfetto__Trace trace = PERFETTO__TRACE__INIT;
	uint8_t bytes[PACKET_BYTES];

	packet->has_trusted_packet_sequence_id = 1;
	packet->trusted_packet_sequence_id = SEQUENCE;
	packet->has_sequence_flags = 1;
	packet->sequence_flags |= SEQ_NEEDS_INCREMENTAL_STATE;
	/* Traces one after the other are a trace with the packets of all. */
	trace.n_packet = 1;
	trace.packet = &packet;
	if (perfetto__trace__get_packed_size(&trace) <= sizeof(bytes))
		fwrite(bytes, 1, perfetto__trace__pack(&trace, bytes), out);
}

static Perfetto__Clock clock_reading(uint32_t id, __u64 time)
{
	Perfetto__Clock clock = PERFETTO__CLOCK__INIT;

	clock.has_clock_id = 1;
	clock.clock_id = id;
	clock.has_timestamp = 1;
	clock.timestamp = time;
	return clock;
}

/* From here on, times are CLOCK_MONOTONIC. */
static void perfetto_start(struct sink *sink, const struct source *source)
{
	Perfetto__Clock clocks[] = {
		clock_reading(CLOCK_ID_MONOTONIC, source->started),
		clock_reading(CLOCK_ID_REALTIME, source->started + source->to_wall_clock),
	};
	Perfetto__Clock *readings[] = { &clocks[0], &clocks[1] };
	Perfetto__ClockSnapshot snapshot = PERFETTO__CLOCK_SNAPSHOT__INIT;
	Perfetto__TracePacketDefaults defaults = PERFETTO__TRACE_PACKET_DEFAULTS__INIT;
	Perfetto__TracePacket packet = PERFETTO__TRACE_PACKET__INIT;

	snapshot.n_clocks = 2;
	snapshot.clocks = readings;
	snapshot.has_primary_trace_clock = 1;
	snapshot.primary_trace_clock = CLOCK_ID_MONOTONIC;
	defaults.has_timestamp_clock_id = 1;
	defaults.timestamp_clock_id = CLOCK_ID_MONOTONIC;
	packet.clock_snapshot = &snapshot;
	packet.trace_packet_defaults = &defaults;
	packet.has_first_packet_on_sequence = 1;
	packet.first_packet_on_sequence = 1;
	packet.sequence_flags = SEQ_INCREMENTAL_STATE_CLEARED;
	put(sink->out, &packet);
}

/* @parent 0: none. */
static void put_track(FILE *out, __u32 number, __u32 parent, const char *name, bool counter)
{
	Perfetto__TrackDescriptor track = PERFETTO__TRACK_DESCRIPTOR__INIT;
	Perfetto__CounterDescriptor unit = PERFETTO__COUNTER_DESCRIPTOR__INIT;
	Perfetto__TracePacket packet = PERFETTO__TRACE_PACKET__INIT;

	track.has_uuid = 1;
	track.uuid = UUID(number);
	track.has_parent_uuid = parent != 0;
	track.parent_uuid = UUID(parent);
	track.name = (char *)name;
	unit.has_unit = 1;
	unit.unit = UNIT_TIME_NS;
	track.counter = counter ? &unit : NULL;
	packet.track_descriptor = &track;
	put(out, &packet);
}

static void announce(FILE *out, const struct imstrace_vector *vector,
		     const struct imstrace_interrupt *interrupt, const struct timeline_place *place)
{
	char name[TIMELINE_NAME_LEN];

	if (place->device.is_new) {
		timeline_device_name(name, vector);
		put_track(out, place->device.number, 0, name, false);
	}
	if (place->vector.is_new) {
		snprintf(name, sizeof(name), "vector %u", vector->vector);
		put_track(out, place->vector.number, place->device.number, name, false);
	}
	if (place->counter.is_new) {
		snprintf(name, sizeof(name), "vector %u %s", vector->vector,
			 stage_name(STAGE_TOTAL));
		put_track(out, place->counter.number, place->device.number, name, true);
	}
	if (place->vm.is_new) {
		timeline_vm_name(name, vector);
		put_track(out, place->vm.number, 0, name, false);
	}
	if (place->vcpu.is_new) {
		snprintf(name, sizeof(name), "vCPU %u", interrupt->vcpu);
		put_track(out, place->vcpu.number, place->vm.number, name, false);
	}
}

static Perfetto__TrackEvent event(uint32_t type, __u32 track)
{
	Perfetto__TrackEvent event = PERFETTO__TRACK_EVENT__INIT;

	event.has_type = 1;
	event.type = type;
	event.has_track_uuid = 1;
	event.track_uuid = UUID(track);
	return event;
}

static void put_event(FILE *out, Perfetto__TrackEvent *event, __u64 time)
{
	Perfetto__TracePacket packet = PERFETTO__TRACE_PACKET__INIT;

	packet.has_timestamp = 1;
	packet.timestamp = time;
	packet.track_event = event;
	put(out, &packet);
}

static void begin_slice(FILE *out, Perfetto__TrackEvent *begin, const char *name,
			const char *category, __u64 time)
{
	char *categories[] = { (char *)category };

	begin->name = (char *)name;
	begin->n_categories = 1;
	begin->categories = categories;
	put_event(out, begin, time);
}

static void end_slice(FILE *out, __u32 track, __u64 time)
{
	Perfetto__TrackEvent end = event(TYPE_SLICE_END, track);

	put_event(out, &end, time);
}

#define ANNOTATIONS 8

struct annotations {
	Perfetto__DebugAnnotation all[ANNOTATIONS];
	Perfetto__DebugAnnotation *pointers[ANNOTATIONS];
	size_t count;
};

static Perfetto__DebugAnnotation *annotate(struct annotations *annotations, const char *name)
{
	Perfetto__DebugAnnotation *annotation = &annotations->all[annotations->count];

	perfetto__debug_annotation__init(annotation);
	annotation->name = (char *)name;
	annotations->pointers[annotations->count++] = annotation;
	return annotation;
}

static void annotate_word(struct annotations *annotations, const char *name, const char *word)
{
	annotate(annotations, name)->string_value = (char *)word;
}

static void annotate_known(struct annotations *annotations, const char *name, __u32 number)
{
	Perfetto__DebugAnnotation *annotation;

	if (number == IMSTRACE_NONE)
		return;
	annotation = annotate(annotations, name);
	annotation->has_uint_value = 1;
	annotation->uint_value = number;
}

static void begin_interrupt(FILE *out, const struct imstrace_vector *vector,
			    const struct imstrace_interrupt *interrupt,
			    const struct timeline_place *place)
{
	Perfetto__TrackEvent begin = event(TYPE_SLICE_BEGIN, place->vector.number);
	struct annotations annotations = { .count = 0 };

	annotate_word(&annotations, "end", end_name(interrupt->end));
	annotate_word(&annotations, "cause", cause_name(interrupt->cause));
	annotate_known(&annotations, "cpu", interrupt->cpu);
	annotate_known(&annotations, "irq", vector->irq);
	annotate_known(&annotations, "slot", vector->slot);
	annotate_known(&annotations, "pasid", vector->pasid);
	annotate_known(&annotations, "vcpu", interrupt->vcpu);
	annotate_known(&annotations, "guest_vector", interrupt->guest_vector);
	begin.n_debug_annotations = annotations.count;
	begin.debug_annotations = annotations.pointers;
	begin_slice(out, &begin, "interrupt", "interrupt", place->begin);
}

static void put_interrupt(FILE *out, const struct imstrace_vector *vector,
			  const struct imstrace_interrupt *interrupt,
			  const struct timeline_place *place)
{
	uint64_t flow = place->flow;

	begin_interrupt(out, vector, interrupt, place);
	for (unsigned int hop = 0; hop < HOP_COUNT; hop++) {
		enum imstrace_stage stage = stage_after(interrupt, hop);
		__u64 from = place->times[hop];
		__u64 to = stage == STAGE_COUNT ? 0 : place->times[stage_to(stage)];
		Perfetto__TrackEvent begin = event(TYPE_SLICE_BEGIN, place->vector.number);

		if (!from || !to)
			continue;
		/* It leaves for the guest with the stage at whose end it is there. */
		if (place->vcpu.number && stage_to(stage) == HOP_INJECT) {
			begin.n_flow_ids = 1;
			begin.flow_ids = &flow;
		}
		begin_slice(out, &begin, stage_name(stage), "stage", from);
		end_slice(out, place->vector.number, to);
	}
	end_slice(out, place->vector.number, place->end);
}

static void put_service(FILE *out, const struct imstrace_vector *vector,
			const struct imstrace_interrupt *interrupt,
			const struct timeline_place *place)
{
	Perfetto__TrackEvent begin = event(TYPE_SLICE_BEGIN, place->vcpu.number);
	struct annotations annotations = { .count = 0 };
	char device[IMSTRACE_NAME_LEN];
	uint64_t flow = place->flow;

	sink_clean(device, sizeof(device), vector->device);
	annotate_word(&annotations, "device", device);
	annotate_known(&annotations, "vector", vector->vector);
	annotate_known(&annotations, "guest_vector", interrupt->guest_vector);
	begin.n_debug_annotations = annotations.count;
	begin.debug_annotations = annotations.pointers;
	if (place->times[HOP_ACCEPT]) {
		begin.n_terminating_flow_ids = 1;
		begin.terminating_flow_ids = &flow;
	}
	begin_slice(out, &begin, interrupt->eoi_late ? "service, at most" : stage_name(STAGE_SERVICE),
		    "stage", place->times[HOP_INJECT]);
	end_slice(out, place->vcpu.number, place->times[HOP_EOI]);
}

static void put_total(FILE *out, const struct imstrace_interrupt *interrupt,
		      const struct timeline_place *place)
{
	Perfetto__TrackEvent value = event(TYPE_COUNTER, place->counter.number);
	long long total = stage_time(interrupt, STAGE_TOTAL);

	if (total < 0)
		return;
	value.has_counter_value = 1;
	value.counter_value = total;
	put_event(out, &value, place->counted);
}

static void perfetto_interrupt(struct sink *sink, const struct imstrace_vector *vector,
			       const struct imstrace_interrupt *interrupt)
{
	struct timeline_place place;
	FILE *out = sink->out;

	if (!timeline_place(sink->context, vector, interrupt, &place))
		return;
	announce(out, vector, interrupt, &place);
	if (place.vector.number)
		put_interrupt(out, vector, interrupt, &place);
	if (place.vcpu.number)
		put_service(out, vector, interrupt, &place);
	if (place.counter.number)
		put_total(out, interrupt, &place);
}

const struct sink_ops perfetto_sink = {
	.losses_unseen = true,
	.open = timeline_open,
	.start = perfetto_start,
	.interrupt = perfetto_interrupt,
	.close = timeline_close,
};
