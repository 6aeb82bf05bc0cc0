/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the BPF programs hand to user space: the vectors and their accounts
 * (memory mapped arrays, indexed by vector id), and two streams of records.
 * All times are CLOCK_MONOTONIC in ns.
 */
#ifndef IMSTRACE_RECORDS_H
#define IMSTRACE_RECORDS_H

#include <linux/types.h>

#include "hops.h"

/* "Not known": of an irq, a slot, a PASID, a vector id, a vCPU. */
#define IMSTRACE_NONE		0xffffffffU
#define IMSTRACE_NAME_LEN	64
/* As TASK_COMM_LEN. */
#define IMSTRACE_VMM_LEN	16

/* x86 interrupt vectors of a guest's vCPU. */
#define GUEST_VECTORS		256

/* The cause of a signal, as the ims_signal tracepoint has it. */
enum imstrace_cause {
	CAUSE_IRQ,
	CAUSE_EMULATED,
	CAUSE_LOOPBACK,
	CAUSE_COUNT
};

enum imstrace_kind {
	KIND_UNKNOWN,
	KIND_IMS,		/* a slot and a Linux irq stand behind it */
	KIND_EMULATED,		/* software in the host signals its eventfd */
	KIND_PCI,		/* an MSI or MSI-X vector of a PCI device at vfio-pci */
};

/*
 * How far a vector's life has got: bits of its state. To user space, where a life is
 * user/model/life.h, they are the form in which the programs hand it over.
 */
enum imstrace_state {
	STATE_FROM_START	= 1 << 0,	/* its life has been seen from the beginning */
	STATE_SLOT		= 1 << 1,	/* it has a slot */
	STATE_PASID		= 1 << 2,	/* its PASID is in the slot */
	STATE_PASID_SEEN	= 1 << 3,	/* and has been since the slot was allocated */
	STATE_REQUESTED		= 1 << 4,	/* request_irq() has returned 0 */
	STATE_BYPASS		= 1 << 5,	/* registered as an irq bypass producer */
	STATE_BOUND		= 1 << 6,	/* an eventfd is bound to it */
	STATE_POSTED		= 1 << 7,	/* the IOMMU posts it to its guest */
};

/* Who reads a vector's eventfd, as of its latest signal. */
enum imstrace_reader {
	READER_UNKNOWN,		/* not signalled yet */
	READER_IRQFD,		/* KVM, inline: an MSI route */
	READER_IRQFD_WORK,	/* KVM, through its workqueue: any other route */
	READER_USER,		/* nobody in the kernel: the VMM reads it itself */
};

/**
 * struct imstrace_vector - a vector that has been seen
 * @device:	name of the owning device
 * @vector:	index in the device's MSI-X table
 * @irq:	Linux irq, IMSTRACE_NONE if there is none or it isn't known
 * @slot:	slot, likewise
 * @pasid:	PASID in the slot, likewise
 * @kind:	enum imstrace_kind
 * @reader:	enum imstrace_reader
 * @pid:	process that bound it (the VMM), 0 if not known
 * @eventfd:	kernel address of its eventfd_ctx: a key, of no other use
 * @eventfd_id:	the eventfd-id of /proc/PID/fdinfo, IMSTRACE_NONE if not known
 * @state:	mask of enum imstrace_state
 * @stray:	mask of the hops, by enum imstrace_hop, at which an interrupt of it
 *		would be out of order now; cleared when one has been reported
 * @ignored:	set by user space: the programs need not follow it
 * @vmm:	filled in by user space: what the process is called
 * @guest:	likewise: what the VMM calls its VM; empty if it doesn't say
 */
struct imstrace_vector {
	char device[IMSTRACE_NAME_LEN];
	__u32 vector;
	__u32 irq;
	__u32 slot;
	__u32 pasid;
	__u32 kind;
	__u32 reader;
	__u32 pid;
	__u32 eventfd_id;
	__u64 eventfd;
	__u32 state;
	__u32 stray;
	__u32 ignored;
	__u32 reserved;
	char vmm[IMSTRACE_VMM_LEN];
	char guest[IMSTRACE_NAME_LEN];
};

/**
 * struct imstrace_account - where a vector's interrupts have gone
 * @hops:	how often each hop was seen
 * @sums:	ns of each stage, of all of its values
 * @coalesced:	accepted while an earlier one was still pending in the same
 *		guest vector of the same vCPU: the guest sees one for both
 * @unmatched:	passed this hop and was seen to end there: a handler that
 *		signalled nothing; a signal that KVM did not accept; one pending, or
 *		in service, in a vCPU that was reset or destroyed; an inject without
 *		an EOI
 * @hardware:	accepted, and taken on by the CPU itself (APICv, AVIC): KVM sees
 *		neither injection nor EOI
 * @lost:	accepted, and not followed further: no room for another vCPU
 * @lost_records: counted in all figures, but not streamed: the stream was full
 *
 * When nothing moves, accept = inject + coalesced + hardware + lost +
 * unmatched[accept] + pending in a guest, and inject = eoi + unmatched[inject] + in
 * service in a guest. While interrupts flow, a reader meets the counters one after
 * the other.
 *
 * Each CPU has one of each vector, and what counts is their sum. A hop is then counted
 * without a locked instruction, and no cache line goes back and forth between the CPU that
 * takes the irq and the one that runs the guest.
 */
struct imstrace_account {
	__u64 hops[HOP_COUNT];
	__u64 sums[STAGE_COUNT];
	__u64 coalesced;
	__u64 unmatched[HOP_COUNT];
	__u64 hardware;
	__u64 lost;
	__u64 lost_records;
};

/* What was lost before it could be charged to a vector. */
struct imstrace_totals {
	__u32 vectors;			/* number of vector ids in use */
	__u32 vcpus;			/* most vCPUs at one time */
	__u32 blocks;			/* of histograms, in use */
	__u32 reserved;
	__u64 lost_vectors;		/* vectors not followed: table full */
	__u64 lost_lifecycle;		/* lifecycle records: stream full */
	__u64 lost_interrupts;		/* interrupt records: stream full */
	__u64 lost_runs;		/* programs that the kernel did not run */
	__u64 lost_values;		/* values without a block: counted, but in no bucket */
};

/*
 * The steps in the life of a vector: X(ENUM, name), each the tracepoint
 * ims_<name>. Of a plain vfio-pci device those with an irq are seen otherwise.
 */
#define IMSTRACE_LIFECYCLE(X)				\
	X(INDEX_ENABLE,		index_enable)		\
	X(INDEX_DISABLE,	index_disable)		\
	X(SLOT_ALLOC,		slot_alloc)		\
	X(SLOT_FREE,		slot_free)		\
	X(MSG_WRITE,		msg_write)		\
	X(AUXDATA_WRITE,	auxdata_write)		\
	X(IRQ_REQUEST,		irq_request)		\
	X(IRQ_FREE,		irq_free)		\
	X(BYPASS_REGISTER,	bypass_register)	\
	X(BYPASS_UNREGISTER,	bypass_unregister)	\
	X(VECTOR_BIND,		vector_bind)		\
	X(VECTOR_UNBIND,	vector_unbind)

/*
 * What else is told of a vector's life:
 * known	it was bound before imstrace looked
 * posted	from now on the IOMMU posts it to its guest: the host sees no hop
 * unposted	it no longer does
 * stray	an interrupt was out of order, at @hop and in @state; told once for
 *		each hop between two other steps
 */
#define IMSTRACE_OBSERVATIONS(X)			\
	X(KNOWN,		known)			\
	X(POSTED,		posted)			\
	X(UNPOSTED,		unposted)		\
	X(STRAY,		stray)

enum imstrace_step {
#define X(ENUM, name) STEP_##ENUM,
	IMSTRACE_LIFECYCLE(X)
	IMSTRACE_OBSERVATIONS(X)
#undef X
	STEP_COUNT
};

/**
 * struct imstrace_lifecycle - one step in the life of a vector or of its index
 * @time:	when
 * @step:	enum imstrace_step
 * @id:		vector id, IMSTRACE_NONE if the step has none
 * @device:	name of the device
 * @vector:	vector; of an index step: the number of vectors
 * @irq:	Linux irq or IMSTRACE_NONE
 * @slot:	slot or IMSTRACE_NONE
 * @pasid:	slot_alloc: the PASID asked for; auxdata_write: the one written
 * @ret:	0 or a negative errno
 * @eventfd_id:	bind, unbind, bypass; stray, at signal: the one signalled
 * @pid:	process in whose context it happened
 * @old_ctrl:	auxdata_write: control word before
 * @new_ctrl:	and after
 * @address:	msg_write: message address
 * @data:	msg_write: message data; posted: the guest vector
 * @state:	stray: the vector's state, a mask of enum imstrace_state
 * @hop:	stray: where, enum imstrace_hop
 */
struct imstrace_lifecycle {
	__u64 time;
	__u32 step;
	__u32 id;
	char device[IMSTRACE_NAME_LEN];
	__u32 vector;
	__u32 irq;
	__u32 slot;
	__u32 pasid;
	__s32 ret;
	__u32 eventfd_id;
	__u32 pid;
	__u32 old_ctrl;
	__u32 new_ctrl;
	__u32 data;
	__u64 address;
	__u32 state;
	__u32 hop;
};

enum imstrace_end {
	END_COMPLETE,		/* reached its EOI, or the last hop that is seen */
	END_COALESCED,		/* merged into one that was pending */
	END_SIGNALLED,		/* no irqfd takes it on inline, or it isn't looked for */
	END_UNMATCHED,		/* see struct imstrace_account */
	END_HARDWARE,		/* accepted; the CPU itself delivers it (APICv, AVIC) */
	END_LOST,		/* accepted, and not followed further: no room for its vCPU */
	END_IN_FLIGHT,		/* still on its way when imstrace ended */
	END_COUNT
};

/**
 * struct imstrace_interrupt - one interrupt, written when it has ended
 * @times:	when it passed each hop, 0: it did not
 * @id:		vector id
 * @vcpu:	vCPU it went to, or IMSTRACE_NONE
 * @guest_vector: x86 vector in the guest, or IMSTRACE_NONE
 * @cpu:	host CPU that signalled
 * @cause:	enum imstrace_cause
 * @end:	enum imstrace_end
 * @uncoalesced: it was counted, and streamed, as coalesced before it turned out
 *		to have been an interrupt of its own
 */
struct imstrace_interrupt {
	__u64 times[HOP_COUNT];
	__u32 id;
	__u32 vcpu;
	__u32 guest_vector;
	__u16 cpu;
	__u8 cause;
	__u8 end;
	__u32 uncoalesced;
	__u32 reserved;
};

#endif /* IMSTRACE_RECORDS_H */
