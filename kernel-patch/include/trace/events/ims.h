/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints along the life of an IMS backed vector.
 *
 * The order in which one vector fires them:
 *
 *   ims_index_enable                      first VFIO_DEVICE_SET_IRQS with eventfds
 *     ims_slot_alloc                      the slot and the Linux irq exist
 *       ims_msg_write                     address and data are in the slot
 *       ims_auxdata_write                 PASID is in the slot, slot unmasked
 *       ims_irq_request                   request_irq() returned
 *       ims_bypass_register               irq_bypass_register_producer() returned
 *     ims_vector_bind                     the eventfd is connected
 *         ims_signal …                    once per interrupt
 *       ims_bypass_unregister
 *       ims_auxdata_write                 PASID wiped, slot masked
 *       ims_irq_free                      free_irq() returned
 *     ims_slot_free
 *     ims_vector_unbind
 *   ims_index_disable
 *
 * An emulated vector has no slot: it fires ims_vector_bind, ims_signal and
 * ims_vector_unbind, with irq 0 and slot IMS_TRACE_NONE.
 *
 * A bound vector which is given another eventfd keeps its irq and its slot: it
 * fires ims_bypass_unregister and ims_vector_unbind with the old eventfd, then
 * ims_bypass_register and ims_vector_bind with the new one. ims_msg_write fires
 * again whenever a change of the affinity changes the message. Where writing a
 * slot may sleep, ims_msg_write and ims_auxdata_write say what is about to be
 * written; it is in the slot when request_irq() or free_irq() returns.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM ims

#if !defined(_TRACE_IMS_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_IMS_H

#include <linux/device.h>
#include <linux/eventfd.h>
#include <linux/tracepoint.h>
#include <linux/types.h>

#ifndef IMS_TRACE_NONE
/* No slot (an emulated vector), or no PASID. Slots and PASIDs are smaller. */
#define IMS_TRACE_NONE		0xffffffffU

/* Bytes of a device name in an event: a UUID or a PCI address, and more. */
#define IMS_TRACE_NAME_LEN	64

/* What made a vector's eventfd fire. */
enum ims_trace_cause {
	IMS_CAUSE_IRQ,		/* the slot's interrupt, in hard irq context */
	IMS_CAUSE_EMULATED,	/* vfio_ims_signal(): software in the host */
	IMS_CAUSE_LOOPBACK,	/* VFIO_DEVICE_SET_IRQS with DATA_NONE or DATA_BOOL */
};
#endif

TRACE_DEFINE_ENUM(IMS_CAUSE_IRQ);
TRACE_DEFINE_ENUM(IMS_CAUSE_EMULATED);
TRACE_DEFINE_ENUM(IMS_CAUSE_LOOPBACK);

#define show_ims_cause(cause)					\
	__print_symbolic(cause,					\
		{ IMS_CAUSE_IRQ,	"irq" },		\
		{ IMS_CAUSE_EMULATED,	"emulated" },		\
		{ IMS_CAUSE_LOOPBACK,	"loopback" })

/*
 * Every event names its vector the same way, first: the owning device, the
 * index in the device's MSI-X table, the Linux irq (0: none) and the slot
 * (IMS_TRACE_NONE: none, shown as -1).
 */
#define IMS_VECTOR_PROTO	struct device *dev, u32 vector, u32 irq, u32 slot

#define IMS_VECTOR_ASSIGN					\
	do {							\
		strscpy(__entry->device, dev_name(dev),		\
			IMS_TRACE_NAME_LEN);			\
		__entry->vector = vector;			\
		__entry->irq = irq;				\
		__entry->slot = slot;				\
	} while (0)

#define IMS_VECTOR_FMT		"device=%s vector=%u irq=%u slot=%d"

TRACE_EVENT(ims_slot_alloc,
	    TP_PROTO(IMS_VECTOR_PROTO, u32 pasid, int ret),

	    TP_ARGS(dev, vector, irq, slot, pasid, ret),

	    TP_STRUCT__entry(__array(char, device, IMS_TRACE_NAME_LEN)
			     __field(u32, vector)
			     __field(u32, irq)
			     __field(u32, slot)
			     __field(u32, pasid)
			     __field(int, ret)),

	    TP_fast_assign(IMS_VECTOR_ASSIGN;
			   __entry->pasid = pasid;
			   __entry->ret = ret;),

	    TP_printk(IMS_VECTOR_FMT " pasid=%d ret=%d",
		      __entry->device, __entry->vector, __entry->irq,
		      (int)__entry->slot,
		      (int)__entry->pasid, __entry->ret));

/* The control word of the slot: bit 0 mask, bit 3 PASID enable, 12-31 PASID. */
TRACE_EVENT(ims_auxdata_write,
	    TP_PROTO(IMS_VECTOR_PROTO, u32 old_ctrl, u32 new_ctrl),

	    TP_ARGS(dev, vector, irq, slot, old_ctrl, new_ctrl),

	    TP_STRUCT__entry(__array(char, device, IMS_TRACE_NAME_LEN)
			     __field(u32, vector)
			     __field(u32, irq)
			     __field(u32, slot)
			     __field(u32, old_ctrl)
			     __field(u32, new_ctrl)),

	    TP_fast_assign(IMS_VECTOR_ASSIGN;
			   __entry->old_ctrl = old_ctrl;
			   __entry->new_ctrl = new_ctrl;),

	    TP_printk(IMS_VECTOR_FMT " old_ctrl=%#x new_ctrl=%#x",
		      __entry->device, __entry->vector, __entry->irq,
		      (int)__entry->slot,
		      __entry->old_ctrl, __entry->new_ctrl));

TRACE_EVENT(ims_msg_write,
	    TP_PROTO(IMS_VECTOR_PROTO, u32 address_lo, u32 address_hi, u32 data),

	    TP_ARGS(dev, vector, irq, slot, address_lo, address_hi, data),

	    TP_STRUCT__entry(__array(char, device, IMS_TRACE_NAME_LEN)
			     __field(u32, vector)
			     __field(u32, irq)
			     __field(u32, slot)
			     __field(u32, address_lo)
			     __field(u32, address_hi)
			     __field(u32, data)),

	    TP_fast_assign(IMS_VECTOR_ASSIGN;
			   __entry->address_lo = address_lo;
			   __entry->address_hi = address_hi;
			   __entry->data = data;),

	    TP_printk(IMS_VECTOR_FMT " address=%08x%08x data=%#x",
		      __entry->device, __entry->vector, __entry->irq,
		      (int)__entry->slot,
		      __entry->address_hi, __entry->address_lo, __entry->data));

/* Steps that end: nothing can fail in them. */
DECLARE_EVENT_CLASS(ims_vector_step,
		    TP_PROTO(IMS_VECTOR_PROTO),

		    TP_ARGS(dev, vector, irq, slot),

		    TP_STRUCT__entry(__array(char, device, IMS_TRACE_NAME_LEN)
				     __field(u32, vector)
				     __field(u32, irq)
				     __field(u32, slot)),

		    TP_fast_assign(IMS_VECTOR_ASSIGN;),

		    TP_printk(IMS_VECTOR_FMT,
			      __entry->device, __entry->vector, __entry->irq,
			      (int)__entry->slot));

DEFINE_EVENT(ims_vector_step, ims_slot_free,
	     TP_PROTO(IMS_VECTOR_PROTO),

	     TP_ARGS(dev, vector, irq, slot));

DEFINE_EVENT(ims_vector_step, ims_irq_free,
	     TP_PROTO(IMS_VECTOR_PROTO),

	     TP_ARGS(dev, vector, irq, slot));

/* Steps that can fail: ret is 0 or a negative errno. */
DECLARE_EVENT_CLASS(ims_vector_result,
		    TP_PROTO(IMS_VECTOR_PROTO, int ret),

		    TP_ARGS(dev, vector, irq, slot, ret),

		    TP_STRUCT__entry(__array(char, device, IMS_TRACE_NAME_LEN)
				     __field(u32, vector)
				     __field(u32, irq)
				     __field(u32, slot)
				     __field(int, ret)),

		    TP_fast_assign(IMS_VECTOR_ASSIGN;
				   __entry->ret = ret;),

		    TP_printk(IMS_VECTOR_FMT " ret=%d",
			      __entry->device, __entry->vector, __entry->irq,
			      (int)__entry->slot,
			      __entry->ret));

DEFINE_EVENT(ims_vector_result, ims_irq_request,
	     TP_PROTO(IMS_VECTOR_PROTO, int ret),

	     TP_ARGS(dev, vector, irq, slot, ret));

/*
 * Steps that concern the vector's eventfd. The context is what a tracer joins
 * with the eventfd-id of /proc/PID/fdinfo.
 */
DECLARE_EVENT_CLASS(ims_vector_eventfd,
		    TP_PROTO(IMS_VECTOR_PROTO, struct eventfd_ctx *eventfd, int ret),

		    TP_ARGS(dev, vector, irq, slot, eventfd, ret),

		    TP_STRUCT__entry(__array(char, device, IMS_TRACE_NAME_LEN)
				     __field(u32, vector)
				     __field(u32, irq)
				     __field(u32, slot)
				     __field(void *, eventfd)
				     __field(int, ret)),

		    TP_fast_assign(IMS_VECTOR_ASSIGN;
				   __entry->eventfd = eventfd;
				   __entry->ret = ret;),

		    TP_printk(IMS_VECTOR_FMT " eventfd=%p ret=%d",
			      __entry->device, __entry->vector, __entry->irq,
			      (int)__entry->slot,
			      __entry->eventfd, __entry->ret));

/* A failure to register is not fatal: the vector works without bypass. */
DEFINE_EVENT(ims_vector_eventfd, ims_bypass_register,
	     TP_PROTO(IMS_VECTOR_PROTO, struct eventfd_ctx *eventfd, int ret),

	     TP_ARGS(dev, vector, irq, slot, eventfd, ret));

/* ret: 0, or -ENOENT if the registration had failed. */
DEFINE_EVENT(ims_vector_eventfd, ims_bypass_unregister,
	     TP_PROTO(IMS_VECTOR_PROTO, struct eventfd_ctx *eventfd, int ret),

	     TP_ARGS(dev, vector, irq, slot, eventfd, ret));

/* On failure, irq and slot are those reached, and all of it is undone. */
DEFINE_EVENT(ims_vector_eventfd, ims_vector_bind,
	     TP_PROTO(IMS_VECTOR_PROTO, struct eventfd_ctx *eventfd, int ret),

	     TP_ARGS(dev, vector, irq, slot, eventfd, ret));

/* The context is about to be put: its address names nothing any more. */
DEFINE_EVENT(ims_vector_eventfd, ims_vector_unbind,
	     TP_PROTO(IMS_VECTOR_PROTO, struct eventfd_ctx *eventfd, int ret),

	     TP_ARGS(dev, vector, irq, slot, eventfd, ret));

/*
 * Fires before the eventfd is signalled, on the CPU that signals it and with
 * interrupts off until it is done: a tracer may take what KVM does next on
 * this CPU to be the consequence.
 */
TRACE_EVENT(ims_signal,
	    TP_PROTO(IMS_VECTOR_PROTO, struct eventfd_ctx *eventfd, u32 cause),

	    TP_ARGS(dev, vector, irq, slot, eventfd, cause),

	    TP_STRUCT__entry(__array(char, device, IMS_TRACE_NAME_LEN)
			     __field(u32, vector)
			     __field(u32, irq)
			     __field(u32, slot)
			     __field(void *, eventfd)
			     __field(u32, cause)),

	    TP_fast_assign(IMS_VECTOR_ASSIGN;
			   __entry->eventfd = eventfd;
			   __entry->cause = cause;),

	    TP_printk(IMS_VECTOR_FMT " eventfd=%p cause=%s",
		      __entry->device, __entry->vector, __entry->irq,
		      (int)__entry->slot,
		      __entry->eventfd, show_ims_cause(__entry->cause)));

/* The device's MSI-X table as a whole, in the terms of VFIO_DEVICE_SET_IRQS. */
DECLARE_EVENT_CLASS(ims_index,
		    TP_PROTO(struct device *dev, u32 vectors, int ret),

		    TP_ARGS(dev, vectors, ret),

		    TP_STRUCT__entry(__array(char, device, IMS_TRACE_NAME_LEN)
				     __field(u32, vectors)
				     __field(int, ret)),

		    TP_fast_assign(strscpy(__entry->device, dev_name(dev), IMS_TRACE_NAME_LEN);
				   __entry->vectors = vectors;
				   __entry->ret = ret;),

		    TP_printk("device=%s vectors=%u ret=%d",
			      __entry->device, __entry->vectors, __entry->ret));

DEFINE_EVENT(ims_index, ims_index_enable,
	     TP_PROTO(struct device *dev, u32 vectors, int ret),

	     TP_ARGS(dev, vectors, ret));

DEFINE_EVENT(ims_index, ims_index_disable,
	     TP_PROTO(struct device *dev, u32 vectors, int ret),

	     TP_ARGS(dev, vectors, ret));

#endif /* _TRACE_IMS_H */

/* Must stay outside of the guard. */
#include <trace/define_trace.h>
