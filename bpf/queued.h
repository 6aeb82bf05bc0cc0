/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What KVM delivers from its workqueue: an MSI that its fast path leaves, such as a broadcast, and
 * what was signalled before there was an irqfd, which is delivered when one is assigned. Rare; speed
 * is no concern.
 */
#ifndef IMSTRACE_BPF_QUEUED_H
#define IMSTRACE_BPF_QUEUED_H

#include "deferred.h"
#include <linux/ptrace.h>

/* Of an emulated one, no handler's exit has left it. */
static __always_inline void leave_emulated(struct deferred_interrupts *deferred, __u32 id)
{
	struct open_interrupt *open = this_cpu();

	if (deferred->queued.state == OPEN_QUEUED || !open || open->state != OPEN_SIGNALLED ||
	    open->irq != IMSTRACE_NONE || open->current.id != id)
		return;
	leave_to_queue(deferred, open, OPEN_QUEUED);
	open->state = OPEN_NONE;
}

/* The workqueue begins with @irqfd: the accepts of this thread are its interrupt's. */
static __always_inline void begin_delivery(struct kvm_kernel_irqfd *irqfd)
{
	__u64 eventfd = (__u64)BPF_CORE_READ(irqfd, eventfd);
	__u32 thread = current_thread(), state, *id;
	struct deferred_interrupts *deferred;
	enum imstrace_end end = END_COUNT;
	struct imstrace_account *account;
	struct imstrace_vector *vector;
	struct open_interrupt *open;
	struct irqfd_start start;

	if (any_signalled_by_thread)
		bpf_map_delete_elem(&signalling_threads, &thread);
	id = bpf_map_lookup_elem(&eventfd_vectors, &eventfd);
	deferred = id ? bpf_map_lookup_elem(&deferred_interrupts, id) : NULL;
	vector = id ? vector_of(*id) : NULL;
	account = id ? account_of(*id) : NULL;
	if (!deferred || !vector || !account)
		return;
	leave_emulated(deferred, *id);
	open = &deferred->signalled;
	state = deferred->queued.state;
	if (state == OPEN_QUEUED || state == OPEN_UNREAD) {
		if (open->state == OPEN_SIGNALLED)
			end_unaccepted(open);
		*open = deferred->queued;
		deferred->queued.state = OPEN_NONE;
	} else if (open->state != OPEN_SIGNALLED) {
		return;
	}
	if (state == OPEN_UNREAD) {
		open->current.recounted = END_USER;
		__sync_fetch_and_sub(&account->ends[END_USER], 1);
	}
	open->from_queue = 1;
	read_irqfd(irqfd, &start);
	vector->irqfd = (__u64)irqfd;
	vector->pid = owner_of((struct kvm *)start.kvm);
	vector->reader = irqfd_takes(open, irqfd, &start, &end);
	open->state = end == END_COUNT ? OPEN_SIGNALLED : OPEN_DONE;
	if (end == END_COUNT)
		note_thread(open);
	else
		end_counted(&open->current, account, end);
}

SEC("kprobe/irqfd_inject")
int delivery_kprobe(struct pt_regs *context)
{
	const void *work = (const void *)PT_REGS_PARM1(context);

	begin_delivery((void *)work - bpf_core_field_offset(struct kvm_kernel_irqfd, inject));
	return 0;
}

/*
 * Any work of the kernel. What is none of an irqfd may not be readable, which is then all 0, or has
 * no eventfd of ours in that place.
 */
SEC("raw_tp/workqueue_execute_start")
int BPF_PROG(delivery_work, const void *work)
{
	if (any_left)
		begin_delivery((void *)work -
			       bpf_core_field_offset(struct kvm_kernel_irqfd, inject));
	return 0;
}

#endif /* IMSTRACE_BPF_QUEUED_H */
