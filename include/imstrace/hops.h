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
	X(INJECT, inject, "KVM injects it into the vCPU")			\
	X(EOI,    eoi,    "the guest's handler writes end of interrupt")		\
	X(UNMASK, unmask, "its INTx line is unmasked, or signalled again if it is still asserted")

/* X(ENUM, name, from hop, to hop, of which interrupts: of those that pass both, empty: all) */
#define IMSTRACE_STAGES(X)							\
	X(HANDLER,  handler,  IRQ,    SIGNAL, "")				\
	X(IRQFD,    irqfd,    SIGNAL, ACCEPT, "that KVM's irqfd takes")		\
	X(DELIVER,  deliver,  ACCEPT, INJECT, "")				\
	X(SERVICE,  service,  INJECT, EOI,    "")				\
	X(DELIVERY, delivery, IRQ,    INJECT, "")				\
	X(TOTAL,    total,    IRQ,    EOI,    "")				\
	X(MASKED,   masked,   IRQ,    UNMASK, "")				\
	X(DETOUR,   detour,   SIGNAL, ACCEPT,					\
	  "that the VMM reads from the eventfd and sends on by an ioctl")

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
