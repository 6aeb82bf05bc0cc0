/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A step in the life of a vector: its state, and the record that tells of it.
 */
#ifndef IMSTRACE_BPF_STEPS_H
#define IMSTRACE_BPF_STEPS_H

#include "vectors.h"

/*
 * The hops at which an interrupt would now be out of order. At the irq hop it is one
 * whose PASID has never been in the slot; of what is posted the host should see none. A
 * signal from within its own handler is in order, or there would be none; any other
 * needs the vector to be bound.
 */
static __always_inline __u32 stray_hops(const struct imstrace_vector *vector, __u32 state)
{
	__u32 needed = vector->kind == KIND_IMS ? STATE_BOUND | STATE_REQUESTED : STATE_BOUND;
	__u32 hops = 0;

	if (state & STATE_POSTED)
		hops |= 1U << HOP_IRQ;
	if (!(state & STATE_FROM_START))
		return hops;
	if (vector->pasid != IMSTRACE_NONE && !(state & STATE_PASID_SEEN))
		hops |= 1U << HOP_IRQ;
	if ((state & needed) != needed)
		hops |= 1U << HOP_SIGNAL;
	return hops;
}

/* Steps of one vector come one after the other: its driver sees to that. */
static __always_inline void change_state(struct imstrace_vector *vector, __u32 set, __u32 clear)
{
	__u32 state = (vector->state | set) & ~clear;

	vector->state = state;
	vector->stray = stray_hops(vector, state);
}

/*
 * A record with what all steps have; the caller adds its own and submits it. Without
 * @dev the device is that of vector @id.
 */
static __always_inline struct imstrace_lifecycle *
new_step(enum imstrace_step step, struct device *dev, __u32 index, __u32 irq, __u32 slot,
	 __u32 id)
{
	struct imstrace_lifecycle *record;
	struct imstrace_vector *vector;

	record = bpf_ringbuf_reserve(&lifecycle_stream, sizeof(*record), 0);
	if (!record) {
		__sync_fetch_and_add(&totals.lost_lifecycle, 1);
		return NULL;
	}
	__builtin_memset(record, 0, sizeof(*record));
	record->time = bpf_ktime_get_ns();
	record->step = step;
	record->id = id;
	vector = dev ? NULL : vector_of(id);
	if (dev)
		read_device_name(record->device, dev);
	else if (vector)
		__builtin_memcpy(record->device, vector->device, sizeof(record->device));
	record->vector = index;
	record->irq = irq ?: IMSTRACE_NONE;
	record->slot = slot;
	record->pasid = IMSTRACE_NONE;
	record->eventfd_id = IMSTRACE_NONE;
	record->pid = bpf_get_current_pid_tgid() >> 32;
	return record;
}

static __always_inline void emit_result(enum imstrace_step step, struct device *dev, __u32 index,
					__u32 irq, __u32 slot, __u32 id, int ret)
{
	struct imstrace_lifecycle *record = new_step(step, dev, index, irq, slot, id);

	if (!record)
		return;
	record->ret = ret;
	bpf_ringbuf_submit(record, 0);
}

static __always_inline void emit_eventfd(enum imstrace_step step, struct device *dev, __u32 index,
					 __u32 irq, __u32 slot, __u32 id,
					 struct eventfd_ctx *eventfd, int ret)
{
	struct imstrace_lifecycle *record = new_step(step, dev, index, irq, slot, id);

	if (!record)
		return;
	if (eventfd)
		record->eventfd_id = BPF_CORE_READ(eventfd, id);
	record->ret = ret;
	bpf_ringbuf_submit(record, 0);
}

/* A kretprobe has no arguments: they are kept for it by task. */
static __always_inline void keep_call(__u64 first, __u64 second)
{
	struct kept_call call = { .first = first, .second = second };
	__u64 task = bpf_get_current_pid_tgid();

	bpf_map_update_elem(&kept_calls, &task, &call, BPF_ANY);
}

static __always_inline bool take_call(struct kept_call *call)
{
	__u64 task = bpf_get_current_pid_tgid();
	struct kept_call *kept = bpf_map_lookup_elem(&kept_calls, &task);

	if (!kept)
		return false;
	*call = *kept;
	bpf_map_delete_elem(&kept_calls, &task);
	return true;
}

#endif /* IMSTRACE_BPF_STEPS_H */
