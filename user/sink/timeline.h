/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts as slices on tracks, for the formats of trace viewers.
 *
 * Slices of one track must not overlap, unless one is within the other; but a vector may be raised
 * again while its last interrupt is in the guest's handler, or may be in the handlers of two vCPUs.
 * So a track has lanes, and an interrupt is given one on which nothing has happened since it began.
 * Interrupts come in the order in which they end, and few are held by any one vector: a lane
 * or two is what is usually in use. On a lane time never goes back.
 */
#ifndef IMSTRACE_SINK_TIMELINE_H
#define IMSTRACE_SINK_TIMELINE_H

#include "sink.h"

/**
 * struct timeline_track - a group of tracks, or a lane of a track
 * @number:	unique in the timeline, from 1; 0: there is none
 * @is_new:	it was not there before
 * @lane:	0: the first of its track
 */
struct timeline_track {
	__u32 number;
	bool is_new;
	unsigned int lane;
};

/**
 * struct timeline_place - where an interrupt is to be shown
 * @device:	the group of its device's vectors
 * @vector:	the lane for the whole interrupt
 * @vm:		the group of its VM's vCPUs; none, like @vcpu, without injection and EOI
 * @vcpu:	the lane for its service by the guest
 * @counter:	what is drawn of its vector's latency, as a curve
 * @counted:	the time there, which does not go back either
 * @flow:	number of the interrupt, from 1
 * @times:	of its hops, 0: it did not pass it; clocks of two CPUs may differ by some ns, so
 *		each is brought to that of the hop before if it were earlier
 * @begin:	of the first hop
 * @end:	of the last
 */
struct timeline_place {
	struct timeline_track device, vector, vm, vcpu, counter;
	__u64 counted;
	__u64 flow;
	__u64 times[HOP_COUNT];
	__u64 begin, end;
};

struct timeline;

/* NULL: out of memory. */
struct timeline *timeline_new(void);
/* Frees it, and warns of what is missing in it for want of room. @timeline may be NULL. */
void timeline_end(struct timeline *timeline);

/* The same as calls of struct sink_ops: the context is a struct timeline. */
bool timeline_open(struct sink *sink);
void timeline_close(struct sink *sink);

/*
 * Where to show an interrupt of @vector; false: nowhere, for it passed no hop. For want of room it
 * may have no lane, while its group is new all the same.
 */
bool timeline_place(struct timeline *timeline, const struct imstrace_vector *vector,
		    const struct imstrace_interrupt *interrupt, struct timeline_place *place);

/* What a group or a track is called, with all from outside cleaned. */
#define TIMELINE_NAME_LEN 256
void timeline_device_name(char name[TIMELINE_NAME_LEN], const struct imstrace_vector *vector);
void timeline_vm_name(char name[TIMELINE_NAME_LEN], const struct imstrace_vector *vector);

#endif /* IMSTRACE_SINK_TIMELINE_H */
