/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The hops of an interrupt and the stages between them: the only place where
 * they are listed. Names, enums, JSON keys, table columns and BPF attachments
 * are all generated from these two tables.
 */
#ifndef IMSTRACE_HOPS_H
#define IMSTRACE_HOPS_H

/* X(ENUM, name, what it is) in the order in which an interrupt passes them. */
#define IMSTRACE_HOPS(X)							\
	X(IRQ,    irq,    "the host enters the hard irq handler")		\
	X(SIGNAL, signal, "its eventfd is signalled, or the VMM calls an ioctl")	\
	X(ACCEPT, accept, "KVM has the guest's local APIC accept it")		\
	X(ENTER,  enter,  "KVM enters the vCPU's guest with it, or finds it to be masked there")	\
	X(INJECT, inject, "KVM injects it into the vCPU")			\
	X(EOI,    eoi,    "the guest's handler writes end of interrupt")		\
	X(UNMASK, unmask, "its INTx line is unmasked, or signalled again if it is still asserted")

/*
 * X(ENUM, name, from hop, to hop, class, of which interrupts: of those that pass both, empty: all). The classes:
 * STEP	what an interrupt has one after the other
 * SUM	of steps
 * PART	of deliver, to which they add up, or of service. wake is @slept of IMSTRACE_INTERRUPT_FIELDS, run is @waited
 *	and @window_waited, steal is @service_waited, and of these an interrupt has those that are not 0. enter and
 *	window are the rest of the time between their hops
 * BOUND	of deliver, where the CPU itself delivers (APICv, AVIC): KVM sees no injection, but between which two
 *	moments it was, @delivered_after and @delivered_by of IMSTRACE_INTERRUPT_FIELDS
 */
#define IMSTRACE_STAGES(X)							\
	X(HANDLER,  handler,  IRQ,    SIGNAL, STEP, "")				\
	X(IRQFD,    irqfd,    SIGNAL, ACCEPT, STEP, "that KVM's irqfd takes")	\
	X(DELIVER,  deliver,  ACCEPT, INJECT, STEP, "")				\
	X(SERVICE,  service,  INJECT, EOI,    STEP, "")				\
	X(DELIVERY, delivery, IRQ,    INJECT, SUM,  "")				\
	X(TOTAL,    total,    IRQ,    EOI,    SUM,  "")				\
	X(MASKED,   masked,   IRQ,    UNMASK, SUM,  "")				\
	X(DETOUR,   detour,   SIGNAL, ACCEPT, STEP,				\
	  "that the VMM reads from the eventfd and sends on by an ioctl")	\
	X(WAKE,     wake,     ACCEPT, ENTER,  PART,				\
	  "whose vCPU's thread slept, halted: until it was woken")		\
	X(RUN,      run,      ACCEPT, ENTER,  PART,				\
	  "whose vCPU's thread was to run, and on no CPU, also between enter and inject")	\
	X(ENTER,    enter,    ACCEPT, ENTER,  PART, "of any kind: what wake and run leave")	\
	X(WINDOW,   window,   ENTER,  INJECT, PART,				\
	  "that the guest had masked, or for which another one came first")	\
	X(STEAL,    steal,    INJECT, EOI,    PART,				\
	  "whose vCPU's thread was to run, and on no CPU")			\
	X(AT_LEAST, at_least, ACCEPT, ENTER,  BOUND,				\
	  "that the CPU itself delivers: deliver took no less")			\
	X(AT_MOST,  at_most,  ACCEPT, ENTER,  BOUND,				\
	  "that the CPU itself delivers: deliver took no more")

enum imstrace_hop {
#define X(ENUM, name, what) HOP_##ENUM,
	IMSTRACE_HOPS(X)
#undef X
	HOP_COUNT
};

enum imstrace_stage {
#define X(ENUM, ...) STAGE_##ENUM,
	IMSTRACE_STAGES(X)
#undef X
	STAGE_COUNT
};

#endif /* IMSTRACE_HOPS_H */
