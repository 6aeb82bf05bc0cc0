/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What KVM delivers from its workqueue: an MSI that its fast path leaves, such as a broadcast, and
 * what was signalled before there was an irqfd, which is delivered when one is assigned. Rare; speed
 * is no concern.
 */
#ifndef IMSTRACE_BPF_QUEUED_H
#define IMSTRACE_BPF_QUEUED_H

#include "deferred.h"
#include "irqfd_vectors.h"
#include <linux/ptrace.h>

/* Looks of the workqueue at a context that is just leaving its signal to it: a microsecond or two. */
#define MAX_LOOKS	1000

/* What leave_outside() has found: too large for the stack. Its program is not run twice at a time on a CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct open_interrupt);
} left_interrupt SEC(".maps");

struct delivery {
	__u32 id;
	bool queued_again;	/* something has been signalled since the workqueue has taken it */
	struct deferred_interrupts *deferred;
};

/* Until the context of @open has left it. */
static __always_inline void wait_until_left(const struct open_interrupt *open)
{
	for (int i = 0; i < MAX_LOOKS && (__u32)state_and_turn(open) == OPEN_LEAVING; i++)
		;
}

/*
 * Of what was signalled outside of a handler, no handler's exit has left it. KVM queues once: what
 * has been signalled besides is delivered with it.
 */
static long leave_outside(void *map, __u32 *context, struct open_interrupt *open,
			  struct delivery *delivery)
{
	struct deferred_interrupts *deferred = delivery->deferred;
	__u64 seen = state_and_turn(open);
	struct open_interrupt *left;
	__u32 zero = 0;

	left = bpf_map_lookup_elem(&left_interrupt, &zero);
	if (!left || open->current.id != delivery->id || open->sole)
		return 0;
	/* What was left before the workqueue began is delivered now, and this one next. */
	if (deferred->queued.state == OPEN_ENDED && delivery->queued_again)
		return 0;
	*left = *open;
	barrier();
	if (!claim_signalled(open, seen, OPEN_DONE)) {
		wait_until_left(open);
		return 0;
	}
	if (left->refused)
		end_unaccepted(left);
	else
		queue_or_merge(deferred, left);
	return 0;
}

/* The id of the vector of @irqfd, which may be no irqfd unless @sure; IMSTRACE_NONE: there is none. */
static __always_inline __u32 vector_of_irqfd(struct kvm_kernel_irqfd *irqfd, bool sure)
{
	__u64 eventfd = (__u64)BPF_CORE_READ(irqfd, eventfd);
	struct irqfd_key key;
	__u32 *id;

	id = bpf_map_lookup_elem(&eventfd_vectors, &eventfd);
	if (id)
		return *id;
	if (!following_irqfds)
		return IMSTRACE_NONE;
	key = key_of_irqfd(irqfd);
	id = bpf_map_lookup_elem(&irqfd_vectors, &key);
	if (id)
		return *id;
	return sure ? add_irqfd(&key, irqfd) : IMSTRACE_NONE;
}

/* Whether the irqfd's copy of its route, of this @type, may not say which @gsi it is of. */
static __always_inline bool counted_by_queue(__u32 type, __u32 gsi)
{
	return !type && !gsi;
}

/* Whether its signal, which is not in the queue, has not been counted: there was no irqfd, or see above. */
static __always_inline bool is_uncounted(const struct imstrace_vector *vector,
					 struct kvm_kernel_irqfd *irqfd)
{
	__u32 type = BPF_CORE_READ(irqfd, irq_entry.type);

	return lines_followed(vector) &&
	       (type || counted_by_queue(type, BPF_CORE_READ(irqfd, irq_entry.gsi)));
}

/*
 * A signal that is counted only now: there was no irqfd, or KVM did not say which it was; or one that
 * only seemed to merge. Its time is not known.
 */
static __always_inline void begin_queued(struct open_interrupt *open, __u32 id,
					 struct deferred_interrupts *deferred,
					 struct imstrace_account *account)
{
	begin_interrupt(open, id, CAUSE_EVENTFD, IMSTRACE_NONE);
	if (deferred->merged) {
		deferred->merged--;
		take_back_end(open, account, END_WORK_MERGED);
	} else {
		__sync_fetch_and_add(&account->hops[HOP_SIGNAL], 1);
	}
}

/* The workqueue begins with @irqfd, see vector_of_irqfd(): the accepts of this thread are its interrupt's. */
static __always_inline void begin_delivery(const void *arguments, struct kvm_kernel_irqfd *irqfd,
					   bool sure)
{
	__u32 context = current_context(arguments), state, id;
	struct open_interrupt *open = open_in(context);
	enum imstrace_end end = END_COUNT;
	struct imstrace_account *account;
	struct imstrace_vector *vector;
	struct irqfd_start start;
	struct delivery delivery;

	/* What this thread has delivered before: it has gone on. */
	if (open && open->sole) {
		if (open->state == OPEN_SIGNALLED)
			end_unaccepted(open);
		open->state = OPEN_NONE;
		open->sole = 0;
	}
	id = vector_of_irqfd(irqfd, sure);
	delivery.id = id;
	delivery.deferred = bpf_map_lookup_elem(&deferred_interrupts, &id);
	vector = vector_of(id);
	account = account_of(id);
	if (!delivery.deferred || !vector || !account || vector->ignored)
		return;
	if (any_outside) {
		delivery.queued_again = has_pending_work(irqfd);
		bpf_for_each_map_elem(&contexts, leave_outside, &delivery, 0);
	}
	state = delivery.deferred->queued.state;
	if (state != OPEN_QUEUED && state != OPEN_ENDED && !is_uncounted(vector, irqfd))
		return;
	open = new_in(context);
	if (!open)
		return;
	if (state == OPEN_QUEUED || state == OPEN_ENDED)
		take_over(open, &delivery.deferred->queued);
	else
		begin_queued(open, id, delivery.deferred, account);
	delivery.deferred->queued.state = OPEN_NONE;
	if (state == OPEN_ENDED)
		take_back_end(open, account, delivery.deferred->queued_end);
	open->sole = 1;
	read_irqfd(irqfd, &start);
	vector->irqfd = (__u64)irqfd;
	vector->pid = owner_of((struct kvm *)start.kvm);
	vector->reader = irqfd_takes(open, irqfd, &start, &end);
	open->wakes = 0;
	/* Of a line it is followed to the guest as well. */
	if (end == END_WORKQUEUE && lines_followed(vector)) {
		vector->reader = READER_IRQFD;
		end = END_COUNT;
	}
	open->state = end == END_COUNT ? OPEN_SIGNALLED : OPEN_DONE;
	if (end != END_COUNT)
		end_counted(&open->current, account, end);
}

SEC("kprobe/irqfd_inject")
int delivery_kprobe(struct pt_regs *context)
{
	const void *work = (const void *)PT_REGS_PARM1(context);

	begin_delivery(context, (void *)work - bpf_core_field_offset(struct kvm_kernel_irqfd, inject),
		       true);
	return 0;
}

/*
 * Any work of the kernel. What is none of an irqfd may not be readable, which is then all 0, or has
 * no eventfd of ours in that place.
 */
SEC("raw_tp/workqueue_execute_start")
int BPF_PROG(delivery_work, const void *work)
{
	if (any_left || any_outside)
		begin_delivery(ctx, (void *)work -
			       bpf_core_field_offset(struct kvm_kernel_irqfd, inject), false);
	return 0;
}

#endif /* IMSTRACE_BPF_QUEUED_H */
