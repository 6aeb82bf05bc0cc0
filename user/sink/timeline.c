// SPDX-License-Identifier: GPL-2.0-only
#include "timeline.h"

#include "../errors.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* More of one vector at once than any sound recording has. */
#define LANES		16
#define MOST_TRACKS	(1U << 17)
#define FIRST_SLOTS	256U

enum kind {
	TRACK_FREE, TRACK_DEVICE, TRACK_VECTOR, TRACK_VM, TRACK_VCPU, TRACK_COUNTER,
};

struct lane {
	__u64 end;		/* when the last on it ended */
	__u32 number;
};

struct track {
	enum kind kind;
	unsigned int lane_count;
	__u64 key;
	struct lane lanes[LANES];
};

/* A hash table, open addressing, at most half full. */
struct timeline {
	struct track *slots;
	__u32 slot_count;	/* a power of two */
	__u32 tracks;
	__u32 numbers;
	__u64 interrupts;
	__u64 left_out;
};

struct timeline *timeline_new(void)
{
	struct timeline *timeline = calloc(1, sizeof(*timeline));

	if (!timeline)
		return NULL;
	timeline->slot_count = FIRST_SLOTS;
	timeline->slots = calloc(FIRST_SLOTS, sizeof(*timeline->slots));
	if (!timeline->slots) {
		free(timeline);
		return NULL;
	}
	return timeline;
}

void timeline_end(struct timeline *timeline)
{
	if (!timeline)
		return;
	if (timeline->left_out)
		warning("%" PRIu64 " interrupts are not in it, or not in full: too many overlap",
			(uint64_t)timeline->left_out);
	free(timeline->slots);
	free(timeline);
}

bool timeline_open(struct sink *sink)
{
	sink->context = timeline_new();
	return sink->context;
}

void timeline_close(struct sink *sink)
{
	timeline_end(sink->context);
}

static __u64 hash(const void *bytes, size_t size)
{
	/* FNV-1a. */
	__u64 value = 0xcbf29ce484222325;

	for (size_t i = 0; i < size; i++)
		value = (value ^ ((const __u8 *)bytes)[i]) * 0x100000001b3;
	return value;
}

/* The track's slot, or the free one where it belongs. */
static struct track *slot(struct track *slots, __u32 count, enum kind kind, __u64 key)
{
	__u64 at = hash(&key, sizeof(key)) + kind;

	at ^= at >> 32;
	while (slots[at & (count - 1)].kind != TRACK_FREE &&
	       (slots[at & (count - 1)].kind != kind || slots[at & (count - 1)].key != key))
		at++;
	return &slots[at & (count - 1)];
}

static bool grow(struct timeline *timeline)
{
	__u32 count = timeline->slot_count * 2;
	struct track *slots = calloc(count, sizeof(*slots));

	if (!slots)
		return false;
	for (__u32 i = 0; i < timeline->slot_count; i++)
		if (timeline->slots[i].kind != TRACK_FREE)
			*slot(slots, count, timeline->slots[i].kind, timeline->slots[i].key) =
				timeline->slots[i];
	free(timeline->slots);
	timeline->slots = slots;
	timeline->slot_count = count;
	return true;
}

/* NULL: there is no room. Valid until the next call. */
static struct track *find(struct timeline *timeline, enum kind kind, __u64 key)
{
	struct track *track;

	if (timeline->tracks == MOST_TRACKS ||
	    (timeline->tracks >= timeline->slot_count / 2 && !grow(timeline)))
		return NULL;
	track = slot(timeline->slots, timeline->slot_count, kind, key);
	if (track->kind == TRACK_FREE) {
		track->kind = kind;
		track->key = key;
		timeline->tracks++;
	}
	return track;
}

/* The lane that has been idle for the shortest time before @begin, so that long ones find room. */
static bool take_lane(struct timeline *timeline, struct track *track, __u64 begin, __u64 end,
		      struct timeline_track *taken)
{
	struct lane *best = NULL;

	if (!track)
		return false;
	for (unsigned int i = 0; i < track->lane_count; i++)
		if (track->lanes[i].end <= begin && (!best || track->lanes[i].end > best->end))
			best = &track->lanes[i];
	if (!best) {
		if (track->lane_count == LANES)
			return false;
		taken->is_new = true;
		best = &track->lanes[track->lane_count++];
		best->number = ++timeline->numbers;
	}
	best->end = end;
	taken->number = best->number;
	taken->lane = best - track->lanes;
	return true;
}

/* What has but one lane, which is always free. */
static bool take_only(struct timeline *timeline, enum kind kind, __u64 key,
		      struct timeline_track *taken)
{
	return take_lane(timeline, find(timeline, kind, key), UINT64_MAX, 0, taken);
}

static bool put_in_order(const struct imstrace_interrupt *interrupt, struct timeline_place *place)
{
	for (unsigned int hop = 0; hop < HOP_COUNT; hop++) {
		if (!interrupt->times[hop])
			continue;
		if (!place->begin)
			place->begin = interrupt->times[hop];
		if (place->end < interrupt->times[hop])
			place->end = interrupt->times[hop];
		place->times[hop] = place->end;
	}
	return place->begin;
}

static bool place_counter(struct timeline *timeline, __u32 id, struct timeline_place *place)
{
	struct track *track = find(timeline, TRACK_COUNTER, id);

	if (!track)
		return false;
	place->counted = place->end > track->lanes[0].end ? place->end : track->lanes[0].end;
	return take_lane(timeline, track, place->counted, place->counted, &place->counter);
}

static bool place_vcpu(struct timeline *timeline, __u32 pid, __u32 vcpu,
		       struct timeline_place *place)
{
	return take_only(timeline, TRACK_VM, pid, &place->vm) &&
	       take_lane(timeline, find(timeline, TRACK_VCPU, (__u64)pid << 32 | vcpu),
			 place->times[HOP_INJECT], place->times[HOP_EOI], &place->vcpu);
}

bool timeline_place(struct timeline *timeline, const struct imstrace_vector *vector,
		    const struct imstrace_interrupt *interrupt, struct timeline_place *place)
{
	__u64 device = hash(vector->device, strnlen(vector->device, sizeof(vector->device)));

	memset(place, 0, sizeof(*place));
	if (!put_in_order(interrupt, place))
		return false;
	place->flow = ++timeline->interrupts;
	if (!take_only(timeline, TRACK_DEVICE, device, &place->device) ||
	    !place_counter(timeline, interrupt->id, place) ||
	    !take_lane(timeline, find(timeline, TRACK_VECTOR, interrupt->id), place->begin,
		       place->end, &place->vector)) {
		timeline->left_out++;
		return true;
	}
	/* Without it the rest can still be shown. */
	if (place->times[HOP_INJECT] && place->times[HOP_EOI] && interrupt->vcpu != IMSTRACE_NONE &&
	    !place_vcpu(timeline, vector->pid, interrupt->vcpu, place))
		timeline->left_out++;
	return true;
}

void timeline_device_name(char name[TIMELINE_NAME_LEN], const struct imstrace_vector *vector)
{
	char device[IMSTRACE_NAME_LEN], guest[IMSTRACE_NAME_LEN];

	sink_clean(device, sizeof(device), vector->device);
	sink_clean(guest, sizeof(guest), vector->guest);
	snprintf(name, TIMELINE_NAME_LEN, "%s%s%s", device, *guest ? " of " : "", guest);
}

void timeline_vm_name(char name[TIMELINE_NAME_LEN], const struct imstrace_vector *vector)
{
	char vmm[IMSTRACE_VMM_LEN], guest[IMSTRACE_NAME_LEN];

	sink_clean(vmm, sizeof(vmm), vector->vmm);
	sink_clean(guest, sizeof(guest), vector->guest);
	if (vector->pid)
		snprintf(name, TIMELINE_NAME_LEN, "VM %s (%s %u)", guest, *vmm ? vmm : "pid",
			 vector->pid);
	else
		snprintf(name, TIMELINE_NAME_LEN, "VMs whose process is not known");
}
