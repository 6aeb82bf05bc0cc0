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
#define IMSTRACE_TASK_LEN	16
#define IMSTRACE_VMM_LEN	IMSTRACE_TASK_LEN
#define IMSTRACE_SIGNALLERS_LEN	128

/*
 * The fields of records that are streamed or stored stand in tables, of which the structs, the
 * format of recordings and what reads it are made:
 *
 *	X(type, member, name, form, what it is)
 *	TEXT(member, size, what it is): text, ended by NUL unless it fills @size
 *
 * @name is the field's in recordings, @form how it is shown there: UINT and HEX, both unsigned;
 * INT; VECTOR_ID; CAUSE and END, of the enums below. A new field is a line; recordings that lack it
 * are read as if it were 0.
 */
#define IMSTRACE_MEMBER(type, member, name, form, what) type member;
#define IMSTRACE_TEXT_MEMBER(member, size, what) char member[size];

/* x86 interrupt vectors of a guest's vCPU. */
#define GUEST_VECTORS		256
#define GUEST_VECTOR_WORDS	(GUEST_VECTORS / 32)	/* of a set of them */

/* The cause of a signal, as the vfio_ims_signal tracepoint has it. */
enum imstrace_cause {
	CAUSE_IRQ,
	CAUSE_EMULATED,
	CAUSE_LOOPBACK,
	/* From here on not the tracepoint's. */
	CAUSE_EVENTFD,		/* whoever has the eventfd signals KVM's irqfd */
	CAUSE_IOCTL,		/* the VMM asks KVM to */
	CAUSE_RESENT,		/* VFIO was to unmask a line, which its device still asserts */
	CAUSE_COUNT
};

enum imstrace_kind {
	KIND_UNKNOWN,
	KIND_IMS,		/* a slot and a Linux irq stand behind it */
	KIND_EMULATED,		/* software in the host signals its eventfd */
	KIND_PCI,		/* an MSI or MSI-X vector of a PCI device at vfio-pci */
	KIND_IRQFD,		/* an irqfd that is none of these: vhost, threads of the VMM, other processes */
	KIND_MSI,		/* a guest vector to which the VMM sends messages: KVM_SIGNAL_MSI */
	KIND_LINE,		/* a gsi that the VMM raises: KVM_IRQ_LINE */
	/* Recordings have their numbers: new ones come last. */
	KIND_INTX,		/* the INTx line of a PCI device at vfio-pci */
};

/* Whether a vector of this kind can pass @hop at all: nothing but an INTx line is unmasked. */
static inline int kind_has_hop(__u32 kind, enum imstrace_hop hop)
{
	return hop != HOP_UNMASK || kind == KIND_INTX;
}

/* vfio-pci's own, signalled where its tracepoint would be if it had one. */
static inline int vector_of_pci(__u32 kind)
{
	return kind == KIND_PCI || kind == KIND_INTX;
}

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

/* Of a VM, not of a device: named by the VM, and found by its first signal. */
static inline int kind_of_vm(__u32 kind)
{
	return kind >= KIND_IRQFD && kind <= KIND_LINE;
}

/* Who reads a vector's eventfd, as of its latest signal. */
enum imstrace_reader {
	READER_UNKNOWN,		/* not signalled yet */
	READER_IRQFD,		/* KVM, inline: an MSI route */
	READER_IRQFD_WORK,	/* KVM, through its workqueue: any other route */
	READER_USER,		/* nobody in the kernel: the VMM reads it itself */
};

#define IMSTRACE_VECTOR_FIELDS(X, TEXT)							\
	TEXT(device, IMSTRACE_NAME_LEN,							\
	     "name of the owning device; where there is none, its VM: kvm-PID-FD as in "	\
	     "/sys/kernel/debug/kvm, with :msi or :line for what ioctls raise; with :intx, "	\
	     "the device's INTx line")							\
	X(__u32, vector, vector, UINT,							\
	  "index in the device's MSI-X table, 0 of its INTx line; of an irqfd or a "	\
	  "VM's line: the gsi; of KVM_SIGNAL_MSI: the x86 vector in the guest")		\
	X(__u32, irq, irq, UINT, "Linux irq; IMSTRACE_NONE: none, or not known")	\
	X(__u32, slot, slot, UINT, "slot, likewise")					\
	X(__u32, pasid, pasid, HEX, "PASID in the slot, likewise")			\
	X(__u32, kind, kind, UINT, "enum imstrace_kind")				\
	X(__u32, reader, reader, UINT, "enum imstrace_reader")				\
	X(__u32, pid, pid, UINT, "process of its VM, or else that bound it; 0 if not known")	\
	X(__u32, eventfd_id, eventfd_id, UINT,						\
	  "the eventfd-id of /proc/PID/fdinfo; IMSTRACE_NONE: not known")		\
	X(__u64, eventfd, eventfd, HEX, "kernel address of its eventfd_ctx: only a key")	\
	X(__u64, irqfd, irqfd, HEX, "likewise of the irqfd of its latest signal")	\
	X(__u64, masked_since, masked_since, UINT,					\
	  "of an INTx line: when it raised the irq by which it is masked, or was signalled "	\
	  "again; 0: it is not masked")							\
	X(__u64, still_up, still_up, UINT,						\
	  "of a line: accepted again since it was up at the EOI, or unmasked, so far")	\
	X(__u32, guest_vector, guest_vector, HEX,					\
	  "where there is no device: the x86 vector in its guest, as of its latest signal; 0: not known")	\
	X(__u32, vcpu, vcpu, UINT, "likewise the vCPU that it went to; IMSTRACE_NONE: not known")	\
	X(__u32, state, state, HEX, "mask of enum imstrace_state")			\
	X(__u32, stray, stray, HEX,							\
	  "mask by enum imstrace_hop: an interrupt there would be out of order now; a hop is "	\
	  "cleared when one has been reported")						\
	X(__u32, ignored, ignored, UINT,						\
	  "set by user space: the programs need not follow it")				\
	X(__u32, to_post, to_post, UINT,						\
	  "guest vector that KVM has the IOMMU post it to, unless AVIC is inhibited; 0: none")	\
	X(__u32, post_process, post_process, UINT, "in whose context KVM said so")		\
	X(__u32, copies, copies, UINT,							\
	  "of its messages for several vCPUs: accepted by others than the first, so far")	\
	TEXT(vmm, IMSTRACE_VMM_LEN, "set by user space: what the process is called")	\
	TEXT(guest, IMSTRACE_NAME_LEN,							\
	     "likewise: what the VMM calls its VM; empty if it doesn't say")		\
	TEXT(signallers, IMSTRACE_SIGNALLERS_LEN,					\
	     "likewise: where there is no device, the threads that signal it, as name/pid")

/* Threads that have signalled an irqfd: the first ones. */
#define SIGNALLERS	4

struct imstrace_signallers {
	__u32 threads[SIGNALLERS];	/* pid + 1; 1: interrupts; 0: none */
	char names[SIGNALLERS][IMSTRACE_VMM_LEN];
	__u32 others;			/* there are more */
	__u32 reserved;			/* an array in memory has elements of whole 8 bytes */
};

/* A vector that has been seen. */
struct imstrace_vector {
	IMSTRACE_VECTOR_FIELDS(IMSTRACE_MEMBER, IMSTRACE_TEXT_MEMBER)
};

/*
 * How an interrupt can end; each ends in exactly one of these ways. X(ENUM, name, hop, class, what):
 * @hop is the last that it has passed. The classes:
 * GUEST	the guest gets it
 * UNSEEN	it goes on where it is not followed
 * UNMATCHED	the guest does not get it, or was not seen to end it
 * LOST		imstrace had no room to follow it
 * OPEN		it has not ended
 */
#define IMSTRACE_ENDS(X)								\
	X(COMPLETE, complete, EOI, GUEST, "it passed the last hop that is seen")	\
	X(COALESCED, coalesced, ACCEPT, GUEST,						\
	  "merged into one that was pending in the same guest vector of the same vCPU")	\
	X(HARDWARE, hardware, ACCEPT, GUEST, "delivered by the CPU itself (APICv, AVIC)")	\
	X(NMI, nmi, SIGNAL, GUEST,							\
	  "delivered as an NMI, SMI or INIT, which are never pending in the IRR")	\
	X(SIGNALLED, signalled, SIGNAL, UNSEEN, "KVM's part is not followed")		\
	X(USER, user, SIGNAL, UNSEEN,						\
	  "KVM had no irqfd at its eventfd: the VMM reads it, or an irqfd that comes later") \
	X(WORKQUEUE, workqueue, SIGNAL, UNSEEN,						\
	  "KVM delivers it through a workqueue, where it is not followed")		\
	X(WORK_MERGED, work_merged, SIGNAL, GUEST,					\
	  "signalled again before KVM's workqueue ran: one delivery is for both")	\
	X(MERGED, merged, IRQ, GUEST,							\
	  "raised again before the thread of its irq ran: one signal is for both")	\
	X(NO_SIGNAL, no_signal, IRQ, UNMATCHED, "its handler signalled nothing")	\
	X(NO_ROUTE, no_route, SIGNAL, UNMATCHED, "KVM has no route for it")		\
	X(NOT_ACCEPTED, not_accepted, SIGNAL, UNMATCHED, "no local APIC accepted it")	\
	X(REFUSED, refused, SIGNAL, UNMATCHED,						\
	  "the guest had switched off the local APIC that it was for")			\
	X(DROPPED, dropped, ACCEPT, UNMATCHED,						\
	  "pending in a vCPU that was reset or destroyed")				\
	X(NO_EOI, no_eoi, INJECT, UNMATCHED,						\
	  "injected, and then the vCPU was reset or destroyed, or the next one injected")	\
	X(LOST, lost, ACCEPT, LOST, "not followed further: no room for its vCPU")	\
	X(IN_FLIGHT, in_flight, IRQ, OPEN, "still on its way when imstrace ended")	\
	/* Recordings have their numbers: new ones come last. */			\
	X(LINE_UP, line_up, SIGNAL, GUEST,						\
	  "its line was up or its interrupt pending: one is for both")

enum imstrace_end {
#define X(ENUM, name, hop, class, what) END_##ENUM,
	IMSTRACE_ENDS(X)
#undef X
	END_COUNT
};

/**
 * struct imstrace_account - where a vector's interrupts have gone
 * @hops:	how often each hop was seen
 * @sums:	ns of each stage, of all of its values
 * @ends:	how many have ended so; complete is not counted here but by its hop, nor is in_flight
 * @deferred:	signals that came after the hard irq handler: from the irq's thread, a softirq or a
 *		workqueue
 * @detours:	of those at the accept: there was no irqfd, the VMM read the eventfd and called an ioctl
 * @late_eois:	of those at the EOI: paravirtual ones, whose time is not known. They are in no stage
 *		that ends there
 * @other_cpu:	of those that were delivered: on another host CPU than the one that signalled
 * @other_node:	of these: of another NUMA node
 * @lost_records: counted in all figures, but not streamed: the stream was full
 *
 * When nothing moves,
 *
 *	signal = accept + all ends at the signal,
 *	accept = inject + all ends at the accept + pending in a guest, and
 *	inject = eoi + all ends at the inject + in service in a guest;
 *
 * irq = signals of handlers + all ends at the irq. Of an INTx line, each irq and each resent signal has
 * one unmask. While interrupts flow, a reader meets the
 * counters one after the other.
 *
 * Each CPU has one of each vector, and what counts is their sum. A hop is then counted
 * without a locked instruction, and no cache line goes back and forth between the CPU that
 * takes the irq and the one that runs the guest.
 */
struct imstrace_account {
	__u64 hops[HOP_COUNT];
	__u64 sums[STAGE_COUNT];
	__u64 ends[END_COUNT];
	__u64 deferred;
	__u64 detours;
	__u64 late_eois;
	__u64 other_cpu;
	__u64 other_node;
	__u64 lost_records;
};

/* What was lost before it could be charged to a vector. */
struct imstrace_totals {
	__u32 vectors;			/* number of vector ids in use */
	__u32 vcpus;			/* most vCPUs at one time */
	__u32 blocks;			/* of histograms, in use */
	__u32 guests;			/* most guest vectors of vCPUs at one time */
	__u64 lost_vectors;		/* vectors not followed: table full */
	__u64 lost_lifecycle;		/* lifecycle records: stream full */
	__u64 lost_interrupts;		/* interrupt records: stream full */
	__u64 lost_runs;		/* programs that the kernel did not run */
	__u64 caught_up;		/* further ones, which others have made up for */
	__u64 second_runs;		/* further ones, in whose place a second program was run */
	__u64 lost_values;		/* values without a block: counted, but in no bucket */
	__u64 lost_competitors;		/* waits behind threads for which there was no room */
};

/*
 * The steps in the life of a vector: X(ENUM, name, system), each the tracepoint
 * <system>_<name>, of VFIO's part of the IMS library or of its interrupt chip. Of a plain vfio-pci
 * device those with an irq are seen otherwise.
 */
#define IMSTRACE_LIFECYCLE(X)					\
	X(INDEX_ENABLE,		index_enable,		vfio_ims)	\
	X(INDEX_DISABLE,	index_disable,		vfio_ims)	\
	X(SLOT_ALLOC,		slot_alloc,		vfio_ims)	\
	X(SLOT_FREE,		slot_free,		vfio_ims)	\
	X(MSG_WRITE,		msg_write,		ims)		\
	X(AUXDATA_WRITE,	auxdata_write,		ims)		\
	X(IRQ_REQUEST,		irq_request,		vfio_ims)	\
	X(IRQ_FREE,		irq_free,		vfio_ims)	\
	X(BYPASS_REGISTER,	bypass_register,	vfio_ims)	\
	X(BYPASS_UNREGISTER,	bypass_unregister,	vfio_ims)	\
	X(VECTOR_BIND,		vector_bind,		vfio_ims)	\
	X(VECTOR_UNBIND,	vector_unbind,		vfio_ims)

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
#define X(ENUM, ...) STEP_##ENUM,
	IMSTRACE_LIFECYCLE(X)
	IMSTRACE_OBSERVATIONS(X)
#undef X
	STEP_COUNT
};

#define IMSTRACE_LIFECYCLE_FIELDS(X, TEXT)						\
	X(__u64, time, time, UINT, "when")						\
	X(__u32, step, step, UINT, "enum imstrace_step")				\
	X(__u32, id, vector_id, VECTOR_ID, "IMSTRACE_NONE if the step has none")	\
	TEXT(device, IMSTRACE_NAME_LEN, "name of the device")				\
	X(__u32, vector, vector, UINT, "vector; of an index step: the number of vectors")	\
	X(__u32, irq, irq, UINT, "Linux irq or IMSTRACE_NONE")				\
	X(__u32, slot, slot, UINT, "slot or IMSTRACE_NONE")				\
	X(__u32, pasid, pasid, HEX,							\
	  "slot_alloc: the PASID asked for; auxdata_write: the one written, IMSTRACE_NONE: wiped")		\
	X(__s32, ret, ret, INT, "0 or a negative errno")				\
	X(__u32, eventfd_id, eventfd_id, UINT,						\
	  "bind, unbind, bypass; stray, at signal: the one signalled")			\
	X(__u32, pid, pid, UINT, "process in whose context it happened")		\
	X(__u32, old_ctrl, old_ctrl, HEX, "auxdata_write: control word before")		\
	X(__u32, new_ctrl, new_ctrl, HEX, "and after")					\
	X(__u32, data, data, HEX, "msg_write: message data; posted: the guest vector")	\
	X(__u64, address, address, HEX, "msg_write: message address")			\
	X(__u32, state, state, HEX, "stray: the vector's state, a mask of enum imstrace_state")	\
	X(__u32, hop, hop, UINT, "stray: where, enum imstrace_hop")

/* One step in the life of a vector or of its index. */
struct imstrace_lifecycle {
	IMSTRACE_LIFECYCLE_FIELDS(IMSTRACE_MEMBER, IMSTRACE_TEXT_MEMBER)
};

/* After the times of all hops, which are named as the hops are. */
#define IMSTRACE_INTERRUPT_FIELDS(X, TEXT)						\
	X(__u64, read, read, UINT,							\
	  "when its VMM read its eventfd, to send it on by an ioctl; 0: it did not")	\
	X(__u64, slept, slept, UINT,							\
	  "ns that its vCPU's thread slept between the hops accept and enter")		\
	X(__u64, waited, waited, UINT,							\
	  "likewise: that it was to run, and on no CPU")				\
	X(__u64, window_waited, window_waited, UINT,					\
	  "likewise, between enter and inject or, where the CPU delivered it, delivered_after")	\
	X(__u64, service_waited, service_waited, UINT, "likewise, between inject and eoi")	\
	X(__u64, delivered_after, delivered_after, UINT,				\
	  "the CPU itself delivered it (APICv, AVIC), not before this; 0: KVM has, or nobody")	\
	X(__u64, delivered_by, delivered_by, UINT, "likewise: and not after this")	\
	TEXT(behind_name, IMSTRACE_TASK_LEN,						\
	     "the thread that the CPU ran as the longest wait in the longest of these three began, or at the "	\
	     "hop accept if it had begun before; of an idle CPU: swapper/N. Empty: it did not wait, or that is "	\
	     "not known")								\
	X(__u32, behind, behind, UINT, "likewise its pid")				\
	X(__s32, behind_priority, behind_priority, INT,					\
	  "likewise its priority, as the kernel has it: below 0 deadline, below 100 real-time, 120 + nice")	\
	X(__u32, behind_policy, behind_policy, UINT, "likewise its policy: SCHED_FIFO and others")	\
	X(__u16, vcpu_cpu, vcpu_cpu, UINT,						\
	  "1 + the host CPU that its vCPU ran on as it was delivered; 0: not known")	\
	X(__u16, other_node, other_node, UINT, "1: that is of another NUMA node than cpu")	\
	X(__u32, id, vector_id, VECTOR_ID, "vector")					\
	X(__u32, vcpu, vcpu, UINT, "vCPU it went to, or IMSTRACE_NONE")			\
	X(__u32, guest_vector, guest_vector, HEX,					\
	  "x86 vector in the guest, or IMSTRACE_NONE")					\
	X(__u16, cpu, cpu, UINT, "host CPU that signalled")				\
	X(__u8, cause, cause, CAUSE, "enum imstrace_cause")				\
	X(__u8, end, end, END, "enum imstrace_end")					\
	X(__u32, recounted, uncoalesced, UINT,						\
	  "enum imstrace_end: it was counted, and streamed, so before it turned out to go on; "	\
	  "0: it was not")								\
	X(__u32, eoi_late, eoi_late, UINT,						\
	  "1: its EOI was paravirtual: KVM noticed it at the time given, or it was earlier")

/**
 * struct imstrace_interrupt - one interrupt, written when it has ended
 * @times:	when it passed each hop, 0: it did not
 */
struct imstrace_interrupt {
	__u64 times[HOP_COUNT];
	IMSTRACE_INTERRUPT_FIELDS(IMSTRACE_MEMBER, IMSTRACE_TEXT_MEMBER)
};

/* It has waited behind nobody, or behind whom is not known. */
static inline void interrupt_forget_behind(struct imstrace_interrupt *interrupt)
{
	interrupt->behind_name[0] = '\0';
	interrupt->behind = interrupt->behind_policy = 0;
	interrupt->behind_priority = 0;
}

/*
 * Until it gets to the hop that ends a wait, what it has there is of its vCPU's thread and none of its own
 * (bpf/timelines.h): to be forgotten where an interrupt is told of.
 */
static inline void interrupt_forget_waits(struct imstrace_interrupt *interrupt)
{
	if (!interrupt->times[HOP_ENTER]) {
		interrupt->slept = interrupt->waited = 0;
		interrupt_forget_behind(interrupt);
	}
	if (!interrupt->times[HOP_INJECT] && !interrupt->delivered_by)
		interrupt->window_waited = 0;
	if (!interrupt->times[HOP_EOI])
		interrupt->service_waited = 0;
	/* KVM has injected it after all. */
	if (!interrupt->delivered_by)
		interrupt->delivered_after = 0;
}

/* Of all idle CPUs in one, where waits are added up: swapper, pid 0. */
#define IDLE_COMPETITOR	"swapper"

/**
 * struct imstrace_competitor - a thread behind which vCPUs' threads waited, with interrupts of one vector
 * @count:	interrupts whose longest wait was such a one
 * @ns:		all of their waits
 * @priority:	see behind_priority of IMSTRACE_INTERRUPT_FIELDS, also for the next two
 * @policy:	likewise
 * @name:	likewise
 */
struct imstrace_competitor {
	__u64 count;
	__u64 ns;
	__s32 priority;
	__u32 policy;
	char name[IMSTRACE_TASK_LEN];
};

/* The vector and the thread: who looks competitors up has these. */
struct imstrace_competitor_key {
	__u32 id;
	__u32 pid;
};

/**
 * struct imstrace_vm - a VM that a process has a file descriptor of
 * @kvm:	address of its struct kvm: it may have several
 * @inhibits:	a bit for each reason for which KVM does without APICv or AVIC: enum kvm_apicv_inhibit
 * @pid:	the process
 */
struct imstrace_vm {
	__u64 kvm;
	__u64 inhibits;
	__u32 pid;
	__u32 reserved;
};

#endif /* IMSTRACE_RECORDS_H */
