/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints of the interrupt chip for Interrupt Message Stores: what becomes of
 * a slot.
 *
 * The order in which one slot fires them:
 *
 *   ims_slot_alloc                        the slot and the Linux irq exist
 *     ims_msg_write                       address and data are in the slot
 *     ims_auxdata_write                   the cookie (PASID) is in the slot, slot unmasked
 *     ims_auxdata_write                   the cookie is wiped, slot masked
 *   ims_slot_free
 *
 * ims_msg_write fires again whenever a change of the affinity changes the message,
 * and ims_auxdata_write when the interrupt gets another cookie. Where writing a slot
 * may sleep, both say what is about to be written; it is in the slot when request_irq()
 * or free_irq() returns.
 *
 * What the slot's interrupt is for is known to those who have allocated it: see
 * trace/events/vfio_ims.h, whose events have the same irq and slot.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM ims

#if !defined(_TRACE_IMS_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_IMS_H

#include <linux/device.h>
#include <linux/tracepoint.h>
#include <linux/types.h>

#ifndef IMS_TRACE_NAME_LEN
/* Bytes of a device name in an event: a UUID or a PCI address, and more. */
#define IMS_TRACE_NAME_LEN	64
#endif

/*
 * Every event names its slot the same way, first: the device which has the slots,
 * the Linux irq (0: none) and the slot (IMS_SLOT_NONE: none, shown as -1).
 */
#define IMS_SLOT_PROTO		struct device *dev, u32 irq, u32 slot

#define IMS_SLOT_ASSIGN						\
	do {							\
		strscpy(__entry->device, dev_name(dev),		\
			IMS_TRACE_NAME_LEN);			\
		__entry->irq = irq;				\
		__entry->slot = slot;				\
	} while (0)

#define IMS_SLOT_FMT		"device=%s irq=%u slot=%d"

/* ret: 0 or a negative errno. */
TRACE_EVENT(ims_slot_alloc,
	    TP_PROTO(IMS_SLOT_PROTO, u64 cookie, int ret),

	    TP_ARGS(dev, irq, slot, cookie, ret),

	    TP_STRUCT__entry(__array(char, device, IMS_TRACE_NAME_LEN)
			     __field(u32, irq)
			     __field(u32, slot)
			     __field(u64, cookie)
			     __field(int, ret)),

	    TP_fast_assign(IMS_SLOT_ASSIGN;
			   __entry->cookie = cookie;
			   __entry->ret = ret;),

	    TP_printk(IMS_SLOT_FMT " cookie=%#llx ret=%d",
		      __entry->device, __entry->irq, (int)__entry->slot,
		      __entry->cookie, __entry->ret));

TRACE_EVENT(ims_slot_free,
	    TP_PROTO(IMS_SLOT_PROTO),

	    TP_ARGS(dev, irq, slot),

	    TP_STRUCT__entry(__array(char, device, IMS_TRACE_NAME_LEN)
			     __field(u32, irq)
			     __field(u32, slot)),

	    TP_fast_assign(IMS_SLOT_ASSIGN;),

	    TP_printk(IMS_SLOT_FMT,
		      __entry->device, __entry->irq, (int)__entry->slot));

TRACE_EVENT(ims_msg_write,
	    TP_PROTO(IMS_SLOT_PROTO, u32 address_lo, u32 address_hi, u32 data),

	    TP_ARGS(dev, irq, slot, address_lo, address_hi, data),

	    TP_STRUCT__entry(__array(char, device, IMS_TRACE_NAME_LEN)
			     __field(u32, irq)
			     __field(u32, slot)
			     __field(u32, address_lo)
			     __field(u32, address_hi)
			     __field(u32, data)),

	    TP_fast_assign(IMS_SLOT_ASSIGN;
			   __entry->address_lo = address_lo;
			   __entry->address_hi = address_hi;
			   __entry->data = data;),

	    TP_printk(IMS_SLOT_FMT " address=%08x%08x data=%#x",
		      __entry->device, __entry->irq, (int)__entry->slot,
		      __entry->address_hi, __entry->address_lo, __entry->data));

/*
 * The cookie which is in force from here on, IMS_COOKIE_NONE when it is wiped, and the
 * control word which the driver has made of it: its format is the device's.
 */
TRACE_EVENT(ims_auxdata_write,
	    TP_PROTO(IMS_SLOT_PROTO, u64 cookie, u32 old_ctrl, u32 new_ctrl),

	    TP_ARGS(dev, irq, slot, cookie, old_ctrl, new_ctrl),

	    TP_STRUCT__entry(__array(char, device, IMS_TRACE_NAME_LEN)
			     __field(u32, irq)
			     __field(u32, slot)
			     __field(u64, cookie)
			     __field(u32, old_ctrl)
			     __field(u32, new_ctrl)),

	    TP_fast_assign(IMS_SLOT_ASSIGN;
			   __entry->cookie = cookie;
			   __entry->old_ctrl = old_ctrl;
			   __entry->new_ctrl = new_ctrl;),

	    TP_printk(IMS_SLOT_FMT " cookie=%#llx old_ctrl=%#x new_ctrl=%#x",
		      __entry->device, __entry->irq, (int)__entry->slot, __entry->cookie,
		      __entry->old_ctrl, __entry->new_ctrl));

#endif /* _TRACE_IMS_H */

/* Must stay outside of the guard. */
#include <trace/define_trace.h>
