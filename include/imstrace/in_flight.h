/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Interrupts on their way: what the programs keep of each until its end. User space looks
 * when nothing runs any more.
 */
#ifndef IMSTRACE_IN_FLIGHT_H
#define IMSTRACE_IN_FLIGHT_H

#include "records.h"

enum open_state {
	OPEN_NONE,
	OPEN_IRQ,	/* in the handler, nothing signalled yet */
	OPEN_SIGNALLED,	/* KVM is about to accept it on this CPU */
	OPEN_ACCEPTED,	/* KVM has; if the CPU takes it on itself, it is said next */
	OPEN_DONE,	/* the rest is not this CPU's: waits for the handler's exit */
	OPEN_LEAVING,	/* not accepted when its context went on, which is just finding out why */
	OPEN_QUEUED,	/* waits for KVM's workqueue to begin with its irqfd */
	OPEN_ENDED,	/* has ended, but the workqueue may deliver it yet */
	OPEN_READ,	/* has ended as read by the VMM, whose thread may send it on next */
	OPEN_AT_PIN,	/* its line is up, and the IOAPIC can't deliver it yet */
};

/*
 * The interrupt that a CPU's handler is at: from there to KVM's accept all is one synchronous call
 * chain with interrupts off, so that there is never more than one. Or that which a thread, or a
 * CPU's softirqs and interrupts, have signalled last outside of handlers.
 */
struct open_interrupt {
	struct imstrace_interrupt current;
	__u64 kvm;	/* the VM that it goes to */
	/* Exchanged as one: another CPU may take over what a context has signalled. */
	__u32 state;	/* enum open_state */
	__u32 turn;	/* another one for each interrupt of a context */
	__u32 irq;	/* IMSTRACE_NONE: not in a handler */
	__u32 coalesced; /* it was counted as such when it was accepted */
	__u32 refused;	/* by a local APIC that is switched off */
	__u32 merged;	/* its guest vector was already waiting where the CPU takes it from */
	/*
	 * All that its context has accepted is its own: KVM's workqueue, or a line's ioctl. 2: the IOAPIC has
	 * seen the line.
	 */
	__u32 sole;
	__u32 wakes;	/* an irqfd of @kvm is about to be woken by it */
	/* Of a CPU's handlers alone: the program at vfio_ims_signal is running, outside of them. */
	__u32 in_signal;
	__u32 unseen;	/* the handler has interrupted it: the kernel will skip it there */
};

/*
 * Interrupts of a vector that have left the hard irq handler without a signal, which may come from
 * the irq's thread, a softirq or a workqueue.
 *
 * A handler is never entered twice at a time for one irq, so @waiting is set by one CPU at a time, and
 * cleared by who signals. Two buffers take turns: while the one is read the other is filled in.
 *
 * The thread is woken by the first irq and runs for all that come before it looks again, which is
 * before it signals: of an irq in between it is known only with the next signal whether it had
 * one of its own. The last that ended in its handler is kept for that.
 */
#define DEFERRED_BUFFER	1U	/* of @waiting: index of the buffer */
#define DEFERRED_VALID	2U	/* an interrupt is in there */

struct deferred_interrupts {
	__u32 waiting;		/* DEFERRED_* */
	__u32 ended;		/* how @last has ended, 0: there is none */
	__u32 merged;		/* signals that ended as merged in KVM's workqueue since @queued was filled in */
	__u32 queued_end;	/* how that in @queued has ended, if it is OPEN_ENDED */
	__u32 is_kept;		/* there is one in @kept */
	__u32 kept_end;		/* how it has ended */
	struct imstrace_interrupt buffers[2];
	struct imstrace_interrupt last;
	struct open_interrupt queued;	/* OPEN_QUEUED or OPEN_ENDED, if anything */
	struct open_interrupt at_pin;	/* of a line: OPEN_AT_PIN, if anything */
	struct imstrace_interrupt kept;	/* of an INTx line: has ended, and its line is still masked */
};

/*
 * In place of a vector for an irq that INTx lines have: it may be several devices'. In the lower half the
 * id + 1 of the line that has it alone, else 0.
 */
#define IRQ_OF_LINES	(1ULL << 32)

/* Of @gsi in struct irqfd_key: it is a guest vector of KVM_SIGNAL_MSI, or a line of KVM_IRQ_LINE. */
#define GSI_OF_MSI	(1U << 31)
#define GSI_OF_LINE	(1U << 30)

/* The irqfds of a gsi: with who made the VM, for the address of a struct kvm is used again. */
struct irqfd_key {
	__u64 kvm;
	__u32 pid;
	__u32 gsi;
};

/* A guest vector that a pin of a VM's IOAPIC sends to a vCPU; IMSTRACE_NONE: none has accepted it so far. */
struct pin_key {
	__u64 kvm;
	__u32 pid;
	__u32 guest_vector;
	__u32 vcpu;
	__u32 reserved;
};

/* A vCPU, likewise. */
struct vcpu_key {
	__u64 kvm;
	__u32 pid;
	__u32 vcpu_id;
};

/* What is known of it: the index of its struct guest_vectors. */
struct vcpu_entry {
	__u32 number;
	__u32 process;	/* 0: not known */
};

/*
 * Where a vCPU's interrupts are: by guest vector, the index of a struct guest_interrupt, + 1; 0: there
 * is none. Devices use few of the guest vectors of a vCPU: each gets a place when its first interrupt is
 * accepted, and keeps it until the vCPU is destroyed.
 */
struct guest_vectors {
	__u32 places[GUEST_VECTORS];
};

enum pending_state {
	PENDING_NONE,
	PENDING_WRITING,	/* another CPU is filling it in */
	PENDING_VALID,
	PENDING_HARDWARE,	/* valid, and the CPU itself is to deliver it (APICv, AVIC) */
};

/*
 * A guest vector of a vCPU: at most one interrupt pending in the IRR and one in
 * service in the ISR, as in the local APIC itself. Overwritten in place.
 *
 * Accepts come from any CPU; an injection and an EOI from the thread of the vCPU, where
 * the next accept may come in between as a hard interrupt. So nobody waits for anybody:
 * an accept fills in @pending if that is free, which the next injection frees.
 *
 * KVM takes an interrupt out of the IRR shortly before it says so. An accept in that
 * window is a new interrupt, and looks as if it had merged into the one which is
 * about to be injected. The last accept that looks so is kept, the *late* one, until an
 * injection shows which it was. Three buffers change hands for it: one is the
 * injections', @service; one holds the late interrupt; one is that which an accept fills in
 * and then exchanges for the one before. All of them are indexed such that zeroes are
 * three different ones.
 */
#define GUEST_BUFFERS	3
#define LATE_BUFFER	3U		/* of @late: index of the buffer, ^ LATE_FIRST */
#define LATE_VALID	4U		/* an interrupt is in there */
#define LATE_COUNT	8U		/* from this bit on: makes each one another value */
#define LATE_FIRST	1U
#define WRITER_FIRST	2U
#define WRITER_BUSY	4U

struct guest_interrupt {
	__u32 state;		/* of @pending: enum pending_state */
	__u32 late;		/* LATE_* */
	__u32 late_before;	/* what it was when @pending was accepted */
	__u32 writer;		/* index ^ WRITER_FIRST, or WRITER_BUSY */
	__u32 service;		/* index */
	__u32 service_valid;
	__u32 number;		/* its vCPU's */
	__u32 reserved;
	struct imstrace_interrupt pending;
	struct imstrace_interrupt buffers[GUEST_BUFFERS];
};

#endif /* IMSTRACE_IN_FLIGHT_H */
