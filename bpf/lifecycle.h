/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The life of a vector: one program per tracepoint of the IMS library but vfio_ims_signal. Each
 * keeps the vector table true and streams one record. All of it runs where
 * vectors are set up and torn down; speed is no concern, except that
 * ims_msg_write also fires in hard irq context when an irq moves between CPUs.
 *
 * The programs are written for raw tracepoints: the arguments are those of TP_PROTO in
 * kernel-patch/include/trace/events/vfio_ims.h and ims.h. Those of vfio_ims name the vector; those
 * of ims name the slot, and whose it is says the irq.
 */
#include "contexts.h"
#include "steps.h"
#include <bpf/bpf_tracing.h>

/* A PASID has 20 bits (PCI Express, PASID TLP prefix). */
#define PASID_MAX	((1U << 20) - 1)

/*
 * To the library a cookie is opaque, and all ones says that there is none. Here it is the PASID: one
 * that is too large is another kind of cookie, and is taken as none. Such a vector has no
 * PASID, and no rule about PASIDs applies to it.
 */
static __always_inline __u32 pasid_of(__u64 cookie)
{
	return cookie > PASID_MAX ? IMSTRACE_NONE : cookie;
}

SEC("raw_tp/vfio_ims_index_enable")
int BPF_PROG(index_enable, struct device *dev, __u32 count)
{
	emit_result(STEP_INDEX_ENABLE, dev, count, 0, IMSTRACE_NONE, IMSTRACE_NONE, 0);
	return 0;
}

SEC("raw_tp/vfio_ims_index_disable")
int BPF_PROG(index_disable, struct device *dev, __u32 count)
{
	emit_result(STEP_INDEX_DISABLE, dev, count, 0, IMSTRACE_NONE, IMSTRACE_NONE, 0);
	return 0;
}

SEC("raw_tp/vfio_ims_slot_alloc")
int BPF_PROG(slot_alloc, struct device *dev, __u32 index, __u32 irq, __u32 slot, __u64 cookie,
	     int ret)
{
	__u32 id = find_or_add_vector(dev, index), pasid = pasid_of(cookie);
	struct imstrace_vector *vector = vector_of(id);
	struct imstrace_lifecycle *record;

	if (vector && !ret) {
		vector->kind = KIND_IMS;
		vector->irq = irq;
		vector->slot = slot;
		vector->pasid = pasid;
		change_state(vector, STATE_FROM_START | STATE_SLOT,
			     STATE_PASID | STATE_PASID_SEEN | STATE_REQUESTED | STATE_BOUND);
		/* It may fire as soon as request_irq() has begun. */
		set_irq_vector(irq, id);
	}
	record = new_step(STEP_SLOT_ALLOC, dev, index, irq, slot, id);
	if (!record)
		return 0;
	record->pasid = pasid;
	record->ret = ret;
	bpf_ringbuf_submit(record, 0);
	return 0;
}

SEC("raw_tp/vfio_ims_slot_free")
int BPF_PROG(slot_free, struct device *dev, __u32 index, __u32 irq, __u32 slot)
{
	__u32 id = find_or_add_vector(dev, index);
	struct imstrace_vector *vector = vector_of(id);

	if (vector)
		change_state(vector, 0, STATE_SLOT | STATE_PASID_SEEN);
	set_irq_vector(irq, IMSTRACE_NONE);
	emit_result(STEP_SLOT_FREE, dev, index, irq, slot, id, 0);
	return 0;
}

/* A step of the chip; NULL: the slot is another user's of it, or there is no room. */
static __always_inline struct imstrace_lifecycle *
new_slot_step(enum imstrace_step step, __u32 irq, __u32 slot, __u32 id)
{
	struct imstrace_vector *vector = vector_of(id);

	return vector ? new_step(step, NULL, vector->vector, irq, slot, id) : NULL;
}

SEC("raw_tp/ims_msg_write")
int BPF_PROG(msg_write, struct device *parent, __u32 irq, __u32 slot, __u32 address_lo,
	     __u32 address_hi, __u32 data)
{
	struct imstrace_lifecycle *record =
		new_slot_step(STEP_MSG_WRITE, irq, slot, vector_of_irq(irq));

	if (!record)
		return 0;
	record->address = (__u64)address_hi << 32 | address_lo;
	record->data = data;
	bpf_ringbuf_submit(record, 0);
	return 0;
}

SEC("raw_tp/ims_auxdata_write")
int BPF_PROG(auxdata_write, struct device *parent, __u32 irq, __u32 slot, __u64 cookie,
	     __u32 old_ctrl, __u32 new_ctrl)
{
	__u32 id = vector_of_irq(irq), pasid = pasid_of(cookie);
	bool has_pasid = pasid != IMSTRACE_NONE;
	struct imstrace_vector *vector = vector_of(id);
	struct imstrace_lifecycle *record;

	if (vector)
		change_state(vector, has_pasid ? STATE_PASID | STATE_PASID_SEEN : 0,
			     has_pasid ? 0 : STATE_PASID);
	record = new_slot_step(STEP_AUXDATA_WRITE, irq, slot, id);
	if (!record)
		return 0;
	record->pasid = pasid;
	record->old_ctrl = old_ctrl;
	record->new_ctrl = new_ctrl;
	bpf_ringbuf_submit(record, 0);
	return 0;
}

SEC("raw_tp/vfio_ims_irq_request")
int BPF_PROG(irq_request, struct device *dev, __u32 index, __u32 irq, __u32 slot, int ret)
{
	__u32 id = find_or_add_vector(dev, index);
	struct imstrace_vector *vector = vector_of(id);

	if (vector && !ret)
		change_state(vector, STATE_REQUESTED, 0);
	emit_result(STEP_IRQ_REQUEST, dev, index, irq, slot, id, ret);
	return 0;
}

SEC("raw_tp/vfio_ims_irq_free")
int BPF_PROG(irq_free, struct device *dev, __u32 index, __u32 irq, __u32 slot)
{
	__u32 id = find_or_add_vector(dev, index);
	struct imstrace_vector *vector = vector_of(id);

	if (vector)
		change_state(vector, 0, STATE_REQUESTED);
	emit_result(STEP_IRQ_FREE, dev, index, irq, slot, id, 0);
	return 0;
}

SEC("raw_tp/vfio_ims_bypass_register")
int BPF_PROG(bypass_register, struct device *dev, __u32 index, __u32 irq, __u32 slot,
	     struct eventfd_ctx *eventfd, int ret)
{
	__u32 id = find_or_add_vector(dev, index);
	struct imstrace_vector *vector = vector_of(id);

	if (vector && !ret)
		change_state(vector, STATE_BYPASS, 0);
	emit_eventfd(STEP_BYPASS_REGISTER, dev, index, irq, slot, id, eventfd, ret);
	return 0;
}

SEC("raw_tp/vfio_ims_bypass_unregister")
int BPF_PROG(bypass_unregister, struct device *dev, __u32 index, __u32 irq, __u32 slot,
	     struct eventfd_ctx *eventfd, int ret)
{
	__u32 id = find_or_add_vector(dev, index);
	struct imstrace_vector *vector = vector_of(id);

	if (vector) {
		vector->to_post = 0;
		change_state(vector, 0, STATE_BYPASS | STATE_POSTED);
	}
	emit_eventfd(STEP_BYPASS_UNREGISTER, dev, index, irq, slot, id, eventfd, ret);
	return 0;
}

SEC("raw_tp/vfio_ims_vector_bind")
int BPF_PROG(vector_bind, struct device *dev, __u32 index, __u32 irq, __u32 slot,
	     struct eventfd_ctx *eventfd, int ret)
{
	__u32 id = find_or_add_vector(dev, index);
	struct imstrace_vector *vector = vector_of(id);

	if (vector && !ret) {
		vector->kind = irq ? KIND_IMS : KIND_EMULATED;
		vector->pid = bpf_get_current_pid_tgid() >> 32;
		set_eventfd(vector, id, eventfd);
		/* One without a slot is seen from the beginning if its binding is. */
		change_state(vector, irq ? STATE_BOUND : STATE_BOUND | STATE_FROM_START, 0);
	}
	emit_eventfd(STEP_VECTOR_BIND, dev, index, irq, slot, id, eventfd, ret);
	return 0;
}

SEC("raw_tp/vfio_ims_vector_unbind")
int BPF_PROG(vector_unbind, struct device *dev, __u32 index, __u32 irq, __u32 slot,
	     struct eventfd_ctx *eventfd, int ret)
{
	__u32 id = find_or_add_vector(dev, index);
	struct imstrace_vector *vector = vector_of(id);

	if (vector)
		change_state(vector, 0, STATE_BOUND);
	end_outside(id);
	forget_eventfd(eventfd);
	emit_eventfd(STEP_VECTOR_UNBIND, dev, index, irq, slot, id, eventfd, ret);
	return 0;
}
