/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Interrupts that are signalled after their hard irq handler: by the irq's thread, a softirq or a
 * workqueue.
 */
#ifndef IMSTRACE_BPF_DEFERRED_H
#define IMSTRACE_BPF_DEFERRED_H

#include "contexts.h"

/* The handler has not signalled; something else may. */
static __always_inline void leave_handler(struct open_interrupt *open,
					  struct imstrace_account *account, bool wakes_thread)
{
	__u32 id = open->current.id, waiting, next;
	enum imstrace_end end = END_NO_SIGNAL;
	struct deferred_interrupts *deferred;

	deferred = bpf_map_lookup_elem(&deferred_interrupts, &id);
	if (!deferred)
		return;
	any_deferred = true;
	if (wakes_thread) {
		waiting = *(volatile __u32 *)&deferred->waiting;
		if (!(waiting & DEFERRED_VALID)) {
			next = ~waiting & DEFERRED_BUFFER;
			deferred->buffers[next] = open->current;
			barrier();
			*(volatile __u32 *)&deferred->waiting = next | DEFERRED_VALID;
			return;
		}
		end = END_MERGED;
	}
	end_counted(&open->current, account, end);
	deferred->last = open->current;
	barrier();
	*(volatile __u32 *)&deferred->ended = end;
}

/*
 * An interrupt of vector @id is signalled in @context, outside of its handler. Return: where it is
 * kept until KVM has accepted it; NULL: none has left its handler.
 */
static __noinline struct open_interrupt *take_deferred(__u32 context, __u32 id)
{
	struct deferred_interrupts *deferred = bpf_map_lookup_elem(&deferred_interrupts, &id);
	struct imstrace_account *account = account_of(id);
	struct open_interrupt *open;
	__u32 waiting, ended;

	if (!deferred || !account)
		return NULL;
	waiting = *(volatile __u32 *)&deferred->waiting;
	ended = waiting & DEFERRED_VALID ? 0 : __sync_lock_test_and_set(&deferred->ended, 0);
	if (!(waiting & DEFERRED_VALID) && !ended)
		return NULL;
	open = new_in(context);
	if (!open)
		return NULL;
	if (ended) {
		open->current = deferred->last;
		take_back_end(open, account, ended);
	} else {
		*(volatile __u32 *)&deferred->waiting = waiting & DEFERRED_BUFFER;
		open->current = deferred->buffers[waiting & DEFERRED_BUFFER];
	}
	open->irq = IMSTRACE_NONE;
	forget_way(open);
	__sync_fetch_and_add(&account->deferred, 1);
	return open;
}

/* Where signals are not seen: the next accept of the thread of @action is this interrupt's. */
static __always_inline void leave_to_thread(const struct open_interrupt *left,
					    struct irqaction *action)
{
	__u32 thread = BPF_CORE_READ(action, thread, pid);
	struct open_interrupt *open = open_in(thread);

	if (open && open->state == OPEN_SIGNALLED && open->current.id == left->current.id) {
		end_interrupt(&left->current, END_MERGED);
		return;
	}
	open = new_in(thread);
	if (open)
		take_over(open, left);
}

#endif /* IMSTRACE_BPF_DEFERRED_H */
