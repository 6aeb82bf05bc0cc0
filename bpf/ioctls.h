/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a VMM itself puts into its guest, without an irqfd: messages (KVM_SIGNAL_MSI) and lines
 * (KVM_IRQ_LINE). All of it is in the thread that calls: KVM's accepts follow there.
 */
#ifndef IMSTRACE_BPF_IOCTLS_H
#define IMSTRACE_BPF_IOCTLS_H

#include "preemption.h"
#include "detours.h"
#include "irqfd_vectors.h"
#include "pins.h"
#include "signallers.h"

/* A device's interrupt, which its VMM has read: KVM's accept follows. */
static __always_inline void send_on(struct open_interrupt *open, struct kvm *kvm, __u32 guest_vector)
{
	struct imstrace_account *account = account_of(open->current.id);

	open->kvm = (__u64)kvm;
	open->current.guest_vector = guest_vector;
	if (account)
		wait_or_end(open, account, END_COUNT);
}

/* @gsi: GSI_OF_MSI or GSI_OF_LINE, and which. @second: see preemption.h. */
static __always_inline void signal_by_ioctl(const void *arguments, struct kvm *kvm, __u32 gsi, bool second)
{
	struct imstrace_account *account;
	struct imstrace_vector *vector;
	struct open_interrupt *open;
	struct irqfd_key key;
	__u32 context, id;

	context = current_context(arguments);
	open = gsi & GSI_OF_MSI ? take_read(context) : NULL;
	if (open) {
		send_on(open, kvm, gsi & 0xff);
		return;
	}
	if (!following_irqfds)
		return;
	key = irqfd_key(kvm, gsi);
	id = find_or_add_irqfd(&key);
	vector = vector_of(id);
	account = account_in(id, second);
	if (!vector || !account || vector->ignored)
		return;
	open = begin_outside(context, id, CAUSE_IOCTL, IMSTRACE_NONE);
	if (!open)
		return;
	open->kvm = (__u64)kvm;
	if (gsi & GSI_OF_MSI)
		open->current.guest_vector = gsi & 0xff;
	else
		open->sole = 1;
	if (vector->reader != READER_IRQFD)
		vector->reader = READER_IRQFD;
	note_signaller(id, context);
	pass_signal_outside(open, account);
	wait_or_end(open, account, END_COUNT);
}

PROGRAM_TWICE("fentry/kvm_send_userspace_msi", msi_fentry,
	      signal_by_ioctl(ctx, kvm, GSI_OF_MSI | (msi->data & 0xff), second),
	      struct kvm *kvm, struct kvm_msi *msi)

/* KVM has it lowered by the same call. */
static __always_inline void set_line(const void *arguments, struct kvm *kvm, __u32 gsi, __u32 level,
				     bool second)
{
	struct irqfd_key key;
	__u32 *id;

	gsi = GSI_OF_LINE | (gsi & ~GSI_OF_MSI);
	if (level) {
		signal_by_ioctl(arguments, kvm, gsi, second);
		return;
	}
	if (!any_pins)
		return;
	key = irqfd_key(kvm, gsi);
	id = bpf_map_lookup_elem(&irqfd_vectors, &key);
	if (id)
		lower_pin(*id);
}

PROGRAM_TWICE("fentry/kvm_vm_ioctl_irq_line", line_fentry,
	      set_line(ctx, kvm, line->irq, line->level, second),
	      struct kvm *kvm, struct kvm_irq_level *line)

/* Whether the line of @open stays up when the IOAPIC has seen it. */
static __always_inline bool stays_up(const struct open_interrupt *open)
{
	struct imstrace_vector *vector = vector_of(open->current.id);
	struct kvm_kernel_irqfd *irqfd;

	if (!vector)
		return false;
	irqfd = (struct kvm_kernel_irqfd *)vector->irqfd;
	return vector->kind == KIND_LINE || BPF_CORE_READ(irqfd, resampler);
}

/* What the IOAPIC makes of a line, also in KVM's workqueue: after the accept, if there is one. */
static __always_inline void look_at_line(const void *arguments, __u64 entry, bool coalesced, bool second)
{
	struct imstrace_account *account;
	struct open_interrupt *open;

	if (!any_outside)
		return;
	open = open_in(current_context(arguments));
	/* What a thread has raised before it lowers others. */
	if (!open || open->sole != 1 || open->state == OPEN_NONE)
		return;
	open->sole = 2;
	if (entry & ENTRY_LEVEL)
		note_pin(open, entry);
	if (open->state != OPEN_SIGNALLED)
		return;
	if (!coalesced) {
		if (entry & ENTRY_LEVEL && stays_up(open))
			leave_at_pin(open);
		return;
	}
	account = account_in(open->current.id, second);
	if (!account)
		return;
	open->state = OPEN_DONE;
	end_counted(&open->current, account, END_LINE_UP);
}

PROGRAM_TWICE("raw_tp/kvm_ioapic_set_irq", line_set, look_at_line(ctx, entry, coalesced, second),
	      __u64 entry, int pin, bool coalesced)

SEC("kprobe/kvm_send_userspace_msi")
int msi_kprobe(struct pt_regs *arguments)
{
	struct kvm_msi *msi = (void *)PT_REGS_PARM2(arguments);

	signal_by_ioctl(arguments, (struct kvm *)PT_REGS_PARM1(arguments),
			GSI_OF_MSI | (BPF_CORE_READ(msi, data) & 0xff), false);
	return 0;
}

SEC("kprobe/kvm_vm_ioctl_irq_line")
int line_kprobe(struct pt_regs *arguments)
{
	struct kvm_irq_level *line = (void *)PT_REGS_PARM2(arguments);

	set_line(arguments, (struct kvm *)PT_REGS_PARM1(arguments), BPF_CORE_READ(line, irq),
		   BPF_CORE_READ(line, level), false);
	return 0;
}

#endif /* IMSTRACE_BPF_IOCTLS_H */
