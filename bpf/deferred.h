/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Interrupts that are signalled after their hard irq handler: by the irq's thread, a softirq or a
 * workqueue.
 */
#ifndef IMSTRACE_BPF_DEFERRED_H
#define IMSTRACE_BPF_DEFERRED_H

#include "irqfds.h"

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
 * An interrupt of vector @id is signalled outside of its handler. Return: where it is kept until
 * KVM has accepted it; NULL: none has left its handler.
 */
static __noinline struct open_interrupt *take_deferred(__u32 id)
{
	struct deferred_interrupts *deferred = bpf_map_lookup_elem(&deferred_interrupts, &id);
	struct imstrace_account *account = account_of(id);
	struct open_interrupt *open;
	__u32 waiting, ended;

	if (!deferred || !account)
		return NULL;
	open = &deferred->signalled;
	waiting = *(volatile __u32 *)&deferred->waiting;
	ended = waiting & DEFERRED_VALID ? 0 : __sync_lock_test_and_set(&deferred->ended, 0);
	if (!(waiting & DEFERRED_VALID) && !ended)
		return NULL;
	if (open->state == OPEN_SIGNALLED)
		leave_signalled(open);
	if (ended) {
		open->current = deferred->last;
		open->current.recounted = ended;
		if (ended < END_COUNT)	/* always: the verifier does not know */
			__sync_fetch_and_sub(&account->ends[ended], 1);
	} else {
		*(volatile __u32 *)&deferred->waiting = waiting & DEFERRED_BUFFER;
		open->current = deferred->buffers[waiting & DEFERRED_BUFFER];
	}
	open->irq = IMSTRACE_NONE;
	forget_way(open);
	open->state = OPEN_IRQ;
	__sync_fetch_and_add(&account->deferred, 1);
	return open;
}

static __always_inline __u32 current_thread(void)
{
	return replaying ? replayed_thread : (__u32)bpf_get_current_pid_tgid();
}

/* After the signal of @open: where this thread's accept finds it. */
static __always_inline void note_thread(const struct open_interrupt *open)
{
	__u32 thread = current_thread(), id = open->current.id;

	if (open->state != OPEN_SIGNALLED)
		return;
	bpf_map_update_elem(&signalling_threads, &thread, &id, BPF_ANY);
	any_signalled_by_thread = true;
}

/* An interrupt that take_deferred() has returned. */
static __always_inline void signal_outside(struct open_interrupt *open,
					   struct imstrace_vector *vector,
					   struct imstrace_account *account,
					   struct eventfd_ctx *eventfd)
{
	pass_signal(open, account, CAUSE_IRQ);
	follow_signal(open, vector, account, eventfd);
	note_thread(open);
}

/* Where signals are not seen: the next accept of the thread of @action is this interrupt's. */
static __always_inline void leave_to_thread(const struct open_interrupt *open,
					    struct irqaction *action)
{
	__u32 id = open->current.id, thread = BPF_CORE_READ(action, thread, pid);
	struct deferred_interrupts *deferred;

	deferred = bpf_map_lookup_elem(&deferred_interrupts, &id);
	if (!deferred || deferred->signalled.state == OPEN_SIGNALLED) {
		end_interrupt(&open->current, END_MERGED);
		return;
	}
	deferred->signalled = *open;
	bpf_map_update_elem(&signalling_threads, &thread, &id, BPF_ANY);
	any_signalled_by_thread = true;
}

/* What this thread has signalled last, outside of handlers. */
static __always_inline struct open_interrupt *open_of_thread(void)
{
	struct deferred_interrupts *deferred;
	__u32 thread, *id;

	if (!any_signalled_by_thread)
		return NULL;
	thread = current_thread();
	id = bpf_map_lookup_elem(&signalling_threads, &thread);
	deferred = id ? bpf_map_lookup_elem(&deferred_interrupts, id) : NULL;
	return deferred ? &deferred->signalled : NULL;
}

/* What is in the state @state, for @vec: @open of this CPU or, outside of handlers, this thread's. */
static __always_inline struct open_interrupt *open_for(struct open_interrupt *open,
						       enum open_state state, __u8 vec)
{
	if (open && open->state == state && open->current.guest_vector == vec)
		return open;
	open = open_of_thread();
	return open && open->state == state && open->current.guest_vector == vec ? open : NULL;
}

#endif /* IMSTRACE_BPF_DEFERRED_H */
