/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Interrupts of devices at whose eventfd KVM has no irqfd. The VMM reads it, and has the same thread send the
 * message by KVM_SIGNAL_MSI, as QEMU does with x-no-kvm-msix=on: what that thread sends before it reads
 * another eventfd is the interrupt.
 */
#ifndef IMSTRACE_BPF_DETOURS_H
#define IMSTRACE_BPF_DETOURS_H

#include "contexts.h"
#include "steps.h"
#include <bpf/bpf_tracing.h>
#include <linux/ptrace.h>

/* What is unread of @eventfd; NULL: nothing of a device's vector that is sent on by messages. */
static __always_inline struct deferred_interrupts *find_unread(__u64 eventfd)
{
	__u32 *id = bpf_map_lookup_elem(&eventfd_vectors, &eventfd);
	struct deferred_interrupts *deferred;
	struct imstrace_vector *vector;

	if (!id)
		return NULL;
	deferred = bpf_map_lookup_elem(&deferred_interrupts, id);
	vector = vector_of(*id);
	if (!deferred || !vector || vector->kind == KIND_INTX)
		return NULL;
	return deferred->queued.state == OPEN_ENDED && deferred->queued_end == END_USER ? deferred : NULL;
}

/* @read: bytes, or an error. */
static __always_inline void read_by_vmm(const void *arguments, __u64 eventfd, long read)
{
	struct deferred_interrupts *deferred;
	struct open_interrupt *open;
	__u32 context;

	if (!any_user || !following)
		return;
	context = current_context(arguments);
	open = open_in(context);
	if (open && open->state == OPEN_READ)
		open->state = OPEN_NONE;
	deferred = read > 0 ? find_unread(eventfd) : NULL;
	open = deferred ? new_in(context) : NULL;
	if (!open)
		return;
	take_over(open, &deferred->queued);
	deferred->queued.state = OPEN_NONE;
	open->current.read = bpf_ktime_get_ns();
	open->state = OPEN_READ;
}

/* What the VMM's thread @context has read before it sent a message; NULL: nothing. It did not end there. */
static __always_inline struct open_interrupt *take_read(__u32 context)
{
	struct open_interrupt *open = any_user ? open_in(context) : NULL;
	struct imstrace_account *account;

	if (!open || open->state != OPEN_READ)
		return NULL;
	account = account_of(open->current.id);
	if (!account)
		return NULL;
	open->irq = IMSTRACE_NONE;
	forget_way(open);
	take_back_end(open, account, END_USER);
	return open;
}

static __always_inline __u64 eventfd_of(struct kiocb *iocb)
{
	return (__u64)BPF_CORE_READ(iocb, ki_filp, private_data);
}

/* At its end: it may have waited for the signal. */
SEC("fexit/eventfd_read")
int BPF_PROG(read_fexit, struct kiocb *iocb, void *to, long read)
{
	if (any_user)
		read_by_vmm(ctx, eventfd_of(iocb), read);
	return 0;
}

SEC("kprobe/eventfd_read")
int read_kprobe(struct pt_regs *arguments)
{
	if (following && follow_kvm)
		keep_call(eventfd_of((struct kiocb *)PT_REGS_PARM1(arguments)), 0);
	return 0;
}

SEC("kretprobe/eventfd_read")
int read_kretprobe(struct pt_regs *arguments)
{
	struct kept_call call;

	if (take_call(&call))
		read_by_vmm(arguments, call.first, PT_REGS_RC(arguments));
	return 0;
}

#endif /* IMSTRACE_BPF_DETOURS_H */
