/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where KVM's irqfd is woken: all signals pass here, also those of vhost's threads and of threads that
 * write() to the eventfd; by 7.3, but for one that KVM is removing. What a vector's own signal wakes has been followed before. The
 * rest is counted here, from an irqfd's first signal on.
 *
 * irqfd_wakeup() itself can't be seen by fentry (docs/internals/attaching.md). What it calls next is
 * kvm_arch_set_irq_inatomic(), with a copy of the irqfd's route. Of a gsi that has never had just one
 * route, such as the lines of PIC and IOAPIC, that does not say which it is: such signals are counted where
 * KVM's workqueue begins with them.
 *
 * KVM has interrupts off there, under the lock of the eventfd's wait queue: but for PREEMPT_RT no
 * program here is interrupted.
 */
#ifndef IMSTRACE_BPF_WAKEUPS_H
#define IMSTRACE_BPF_WAKEUPS_H

#include "queued.h"
#include "signallers.h"

/* Of a signal: what KVM has at hand. */
struct wakeup {
	struct irqfd_key key;
	__u32 type;	/* of the route */
	__u32 data;	/* if it is an MSI */
};

/* Whether it is what @open has signalled, which has been counted there. */
static __always_inline bool has_woken(struct open_interrupt *open, struct kvm *kvm)
{
	if (!open || !open->wakes || open->kvm != (__u64)kvm)
		return false;
	open->wakes = 0;
	return true;
}

/* Where it is to be counted here: the context, else IMSTRACE_NONE. */
static __always_inline __u32 new_context(const void *arguments, struct kvm *kvm)
{
	struct open_interrupt *open = this_cpu();
	__u32 context;

	if (!open || (open->state != OPEN_NONE && has_woken(open, kvm)))
		return IMSTRACE_NONE;
	context = current_context(arguments);
	return has_woken(open_in(context), kvm) || !following_irqfds ? IMSTRACE_NONE : context;
}

static __always_inline void take_wakeup(struct open_interrupt *open, struct imstrace_vector *vector,
					struct imstrace_account *account,
					const struct wakeup *wakeup)
{
	open->kvm = wakeup->key.kvm;
	if (wakeup->type == KVM_IRQ_ROUTING_MSI) {
		open->current.guest_vector = wakeup->data & 0xff;
		if (vector->reader != READER_IRQFD)
			vector->reader = READER_IRQFD;
		wait_or_end(open, account, END_COUNT);
	} else if (!wakeup->type && !has_route((struct kvm_kernel_irqfd *)vector->irqfd)) {
		vector->reader = READER_IRQFD;
		wait_or_end(open, account, END_NO_ROUTE);
	} else if (wakeup->type <= KVM_IRQ_ROUTING_IRQCHIP && lines_followed(vector)) {
		vector->reader = READER_IRQFD;
		queue_signal(open);
	} else {
		vector->reader = READER_IRQFD_WORK;
		wait_or_end(open, account, END_WORKQUEUE);
	}
}

/*
 * In the handler of @id, whose signal the kernel has not shown us: a thread was at that program when the
 * interrupt came. See catch_up().
 */
static __always_inline bool signalled_unseen(struct open_interrupt *open, __u32 id,
					     struct imstrace_vector *vector,
					     struct imstrace_account *account)
{
	if (!open || open->state != OPEN_IRQ || open->current.id != id)
		return false;
	if (vector->kind == KIND_INTX)
		count_own_irq(open, vector, account);
	pass_signal_outside(open, account);
	__sync_fetch_and_add(&totals.caught_up, 1);
	follow_signal(open, vector, account, (struct eventfd_ctx *)vector->eventfd);
	open->wakes = 0;
	return true;
}

static __always_inline void wake_irqfd(__u32 context, const struct wakeup *wakeup)
{
	struct imstrace_account *account;
	struct imstrace_vector *vector;
	struct open_interrupt *open;
	__u32 id;

	if (counted_by_queue(wakeup->type, wakeup->key.gsi))
		return;
	id = find_or_add_irqfd(&wakeup->key);
	vector = vector_of(id);
	account = account_of(id);
	if (!vector || !account || vector->ignored || signalled_unseen(this_cpu(), id, vector, account))
		return;
	open = begin_outside(context, id, CAUSE_EVENTFD, IMSTRACE_NONE);
	if (!open)
		return;
	pass_signal_outside(open, account);
	if (vector->kind == KIND_IRQFD)
		note_signaller(id, context);
	take_wakeup(open, vector, account, wakeup);
}

SEC("fentry/kvm_arch_set_irq_inatomic")
int BPF_PROG(wakeup_fentry, struct kvm_kernel_irq_routing_entry *route, struct kvm *kvm)
{
	__u32 context = new_context(ctx, kvm);
	struct wakeup wakeup;

	if (context == IMSTRACE_NONE)
		return 0;
	wakeup.key = irqfd_key(kvm, route->gsi);
	wakeup.type = route->type;
	wakeup.data = route->msi.data;
	wake_irqfd(context, &wakeup);
	return 0;
}

SEC("kprobe/kvm_arch_set_irq_inatomic")
int wakeup_kprobe(struct pt_regs *arguments)
{
	struct kvm_kernel_irq_routing_entry *route = (void *)PT_REGS_PARM1(arguments);
	struct kvm *kvm = (struct kvm *)PT_REGS_PARM2(arguments);
	__u32 context = new_context(arguments, kvm);
	struct wakeup wakeup;

	if (context == IMSTRACE_NONE)
		return 0;
	wakeup.key = irqfd_key(kvm, BPF_CORE_READ(route, gsi));
	wakeup.type = BPF_CORE_READ(route, type);
	wakeup.data = BPF_CORE_READ(route, msi.data);
	wake_irqfd(context, &wakeup);
	return 0;
}

#endif /* IMSTRACE_BPF_WAKEUPS_H */
