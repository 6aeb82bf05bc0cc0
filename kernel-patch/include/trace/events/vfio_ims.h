/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints along the life of an MSI-X vector which is backed by an Interrupt
 * Message Store. What happens to its slot meanwhile is in trace/events/ims.h.
 *
 * The order in which one vector fires them, those of the slot indented:
 *
 *   vfio_ims_index_enable                 first VFIO_DEVICE_SET_IRQS with eventfds
 *         ims_slot_alloc
 *     vfio_ims_slot_alloc                 the vector has this slot and this Linux irq
 *         ims_msg_write, ims_auxdata_write
 *       vfio_ims_irq_request              request_irq() returned
 *       vfio_ims_bypass_register          irq_bypass_register_producer() returned
 *     vfio_ims_vector_bind                the eventfd is connected
 *         vfio_ims_signal …               once per interrupt
 *       vfio_ims_bypass_unregister
 *         ims_auxdata_write
 *       vfio_ims_irq_free                 free_irq() returned
 *         ims_slot_free
 *     vfio_ims_slot_free
 *     vfio_ims_vector_unbind
 *   vfio_ims_index_disable
 *
 * An emulated vector has no slot: it fires vfio_ims_vector_bind, vfio_ims_signal and
 * vfio_ims_vector_unbind, with irq 0 and slot IMS_SLOT_NONE.
 *
 * A bound vector which is given another eventfd keeps its irq and its slot: it fires
 * vfio_ims_bypass_unregister and vfio_ims_vector_unbind with the old eventfd, then
 * vfio_ims_bypass_register and vfio_ims_vector_bind with the new one.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vfio_ims

#if !defined(_TRACE_VFIO_IMS_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_VFIO_IMS_H

#include <linux/device.h>
#include <linux/eventfd.h>
#include <linux/tracepoint.h>
#include <linux/types.h>

#ifndef VFIO_IMS_TRACE_NAME_LEN
/* Bytes of a device name in an event: a UUID or a PCI address, and more. */
#define VFIO_IMS_TRACE_NAME_LEN	64

/* What made a vector's eventfd fire. */
enum vfio_ims_cause {
	VFIO_IMS_CAUSE_IRQ,		/* the slot's interrupt */
	VFIO_IMS_CAUSE_EMULATED,	/* vfio_ims_signal(): software in the host */
	VFIO_IMS_CAUSE_LOOPBACK,	/* VFIO_DEVICE_SET_IRQS, DATA_NONE or DATA_BOOL */
};
#endif

TRACE_DEFINE_ENUM(VFIO_IMS_CAUSE_IRQ);
TRACE_DEFINE_ENUM(VFIO_IMS_CAUSE_EMULATED);
TRACE_DEFINE_ENUM(VFIO_IMS_CAUSE_LOOPBACK);

#define show_vfio_ims_cause(cause)				\
	__print_symbolic(cause,					\
		{ VFIO_IMS_CAUSE_IRQ,		"irq" },	\
		{ VFIO_IMS_CAUSE_EMULATED,	"emulated" },	\
		{ VFIO_IMS_CAUSE_LOOPBACK,	"loopback" })

/*
 * Every event names its vector the same way, first: the virtual device, the index in
 * the device's MSI-X table, the Linux irq (0: none) and the slot (IMS_SLOT_NONE: none,
 * shown as -1).
 */
#define VFIO_IMS_PROTO		struct device *dev, u32 vector, u32 irq, u32 slot

#define VFIO_IMS_ASSIGN						\
	do {							\
		strscpy(__entry->device, dev_name(dev),		\
			VFIO_IMS_TRACE_NAME_LEN);		\
		__entry->vector = vector;			\
		__entry->irq = irq;				\
		__entry->slot = slot;				\
	} while (0)

#define VFIO_IMS_FMT		"device=%s vector=%u irq=%u slot=%d"

/* Steps which nothing can fail in. */
DECLARE_EVENT_CLASS(vfio_ims_step,
		    TP_PROTO(VFIO_IMS_PROTO),

		    TP_ARGS(dev, vector, irq, slot),

		    TP_STRUCT__entry(__array(char, device, VFIO_IMS_TRACE_NAME_LEN)
				     __field(u32, vector)
				     __field(u32, irq)
				     __field(u32, slot)),

		    TP_fast_assign(VFIO_IMS_ASSIGN;),

		    TP_printk(VFIO_IMS_FMT,
			      __entry->device, __entry->vector, __entry->irq,
			      (int)__entry->slot));

DEFINE_EVENT(vfio_ims_step, vfio_ims_slot_free,
	     TP_PROTO(VFIO_IMS_PROTO),

	     TP_ARGS(dev, vector, irq, slot));

DEFINE_EVENT(vfio_ims_step, vfio_ims_irq_free,
	     TP_PROTO(VFIO_IMS_PROTO),

	     TP_ARGS(dev, vector, irq, slot));

/* ret: 0 or a negative errno, here and below. */
TRACE_EVENT(vfio_ims_irq_request,
	    TP_PROTO(VFIO_IMS_PROTO, int ret),

	    TP_ARGS(dev, vector, irq, slot, ret),

	    TP_STRUCT__entry(__array(char, device, VFIO_IMS_TRACE_NAME_LEN)
			     __field(u32, vector)
			     __field(u32, irq)
			     __field(u32, slot)
			     __field(int, ret)),

	    TP_fast_assign(VFIO_IMS_ASSIGN;
			   __entry->ret = ret;),

	    TP_printk(VFIO_IMS_FMT " ret=%d",
		      __entry->device, __entry->vector, __entry->irq,
		      (int)__entry->slot, __entry->ret));

TRACE_EVENT(vfio_ims_slot_alloc,
	    TP_PROTO(VFIO_IMS_PROTO, u64 cookie, int ret),

	    TP_ARGS(dev, vector, irq, slot, cookie, ret),

	    TP_STRUCT__entry(__array(char, device, VFIO_IMS_TRACE_NAME_LEN)
			     __field(u32, vector)
			     __field(u32, irq)
			     __field(u32, slot)
			     __field(u64, cookie)
			     __field(int, ret)),

	    TP_fast_assign(VFIO_IMS_ASSIGN;
			   __entry->cookie = cookie;
			   __entry->ret = ret;),

	    TP_printk(VFIO_IMS_FMT " cookie=%#llx ret=%d",
		      __entry->device, __entry->vector, __entry->irq,
		      (int)__entry->slot,
		      __entry->cookie, __entry->ret));

/*
 * Steps which concern the vector's eventfd. Its id is the eventfd-id of
 * /proc/PID/fdinfo; -1 where there is no eventfd.
 */
DECLARE_EVENT_CLASS(vfio_ims_eventfd,
		    TP_PROTO(VFIO_IMS_PROTO, struct eventfd_ctx *eventfd, int ret),

		    TP_ARGS(dev, vector, irq, slot, eventfd, ret),

		    TP_STRUCT__entry(__array(char, device, VFIO_IMS_TRACE_NAME_LEN)
				     __field(u32, vector)
				     __field(u32, irq)
				     __field(u32, slot)
				     __field(int, eventfd_id)
				     __field(int, ret)),

		    TP_fast_assign(VFIO_IMS_ASSIGN;
				   __entry->eventfd_id = eventfd ? eventfd_ctx_id(eventfd) : -1;
				   __entry->ret = ret;),

		    TP_printk(VFIO_IMS_FMT " eventfd_id=%d ret=%d",
			      __entry->device, __entry->vector, __entry->irq,
			      (int)__entry->slot,
			      __entry->eventfd_id, __entry->ret));

/* A failure to register is not fatal: the vector works without bypass. */
DEFINE_EVENT(vfio_ims_eventfd, vfio_ims_bypass_register,
	     TP_PROTO(VFIO_IMS_PROTO, struct eventfd_ctx *eventfd, int ret),

	     TP_ARGS(dev, vector, irq, slot, eventfd, ret));

/* ret: 0, or -ENOENT if the registration had failed. */
DEFINE_EVENT(vfio_ims_eventfd, vfio_ims_bypass_unregister,
	     TP_PROTO(VFIO_IMS_PROTO, struct eventfd_ctx *eventfd, int ret),

	     TP_ARGS(dev, vector, irq, slot, eventfd, ret));

/* On failure, irq and slot are those reached, and all of it is undone. */
DEFINE_EVENT(vfio_ims_eventfd, vfio_ims_vector_bind,
	     TP_PROTO(VFIO_IMS_PROTO, struct eventfd_ctx *eventfd, int ret),

	     TP_ARGS(dev, vector, irq, slot, eventfd, ret));

/* The reference is about to be put: the address of @eventfd names nothing any more. */
DEFINE_EVENT(vfio_ims_eventfd, vfio_ims_vector_unbind,
	     TP_PROTO(VFIO_IMS_PROTO, struct eventfd_ctx *eventfd, int ret),

	     TP_ARGS(dev, vector, irq, slot, eventfd, ret));

/*
 * Fires right before the eventfd is signalled, in the same context. The one event which
 * fires per interrupt, so it copies no name: vfio_ims_vector_bind has it, with the same
 * eventfd_id.
 */
TRACE_EVENT(vfio_ims_signal,
	    TP_PROTO(VFIO_IMS_PROTO, struct eventfd_ctx *eventfd, u32 cause),

	    TP_ARGS(dev, vector, irq, slot, eventfd, cause),

	    TP_STRUCT__entry(__field(u32, vector)
			     __field(u32, irq)
			     __field(u32, slot)
			     __field(int, eventfd_id)
			     __field(u32, cause)),

	    TP_fast_assign(__entry->vector = vector;
			   __entry->irq = irq;
			   __entry->slot = slot;
			   __entry->eventfd_id = eventfd_ctx_id(eventfd);
			   __entry->cause = cause;),

	    TP_printk("vector=%u irq=%u slot=%d eventfd_id=%d cause=%s",
		      __entry->vector, __entry->irq, (int)__entry->slot,
		      __entry->eventfd_id, show_vfio_ims_cause(__entry->cause)));

/* The device's MSI-X table as a whole, in the terms of VFIO_DEVICE_SET_IRQS. */
DECLARE_EVENT_CLASS(vfio_ims_index,
		    TP_PROTO(struct device *dev, u32 vectors),

		    TP_ARGS(dev, vectors),

		    TP_STRUCT__entry(__array(char, device, VFIO_IMS_TRACE_NAME_LEN)
				     __field(u32, vectors)),

		    TP_fast_assign(strscpy(__entry->device, dev_name(dev),
					   VFIO_IMS_TRACE_NAME_LEN);
				   __entry->vectors = vectors;),

		    TP_printk("device=%s vectors=%u", __entry->device,
			      __entry->vectors));

DEFINE_EVENT(vfio_ims_index, vfio_ims_index_enable,
	     TP_PROTO(struct device *dev, u32 vectors),

	     TP_ARGS(dev, vectors));

DEFINE_EVENT(vfio_ims_index, vfio_ims_index_disable,
	     TP_PROTO(struct device *dev, u32 vectors),

	     TP_ARGS(dev, vectors));

#endif /* _TRACE_VFIO_IMS_H */

/* Must stay outside of the guard. */
#include <trace/define_trace.h>
