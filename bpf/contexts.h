/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Interrupts that are signalled outside of their handler: emulated and loopback ones, and what an
 * irq's thread, a softirq or a workqueue signals for a handler. From the signal to KVM's accept a
 * thread may be interrupted, preempted and moved to another CPU, so such an interrupt is found by
 * what runs, not by the CPU.
 */
#ifndef IMSTRACE_BPF_CONTEXTS_H
#define IMSTRACE_BPF_CONTEXTS_H

#include "irqfds.h"

/* A CPU's interrupts and softirqs; without it, a thread's id. */
#define CONTEXT_OF_CPU	(1U << 31)

/* arch/x86/include/asm/page_64_types.h: with KASAN they are twice as large. */
#define STACK_SIZE	(16 << 10)

/* No more of a pointer is a number to the verifier. */
static __always_inline __u32 low_half(const void *pointer)
{
	__u64 low;

	asm volatile("r0 = %1; w0 = w0; %0 = r0" : "=r"(low) : "r"(pointer) : "r0");
	return low;
}

/*
 * Interrupts and softirqs have a stack of their own on each CPU, but for an interrupt of user mode,
 * which may be on the thread's: it is taken for the thread, which has nothing under way then.
 * @arguments are a program's, which are on the stack of who runs it.
 */
static __always_inline __u32 current_context(const void *arguments)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u32 size = bpf_core_field_exists(task->kasan_depth) ? 2 * STACK_SIZE : STACK_SIZE;

	if (replaying)
		return replayed_context;
	if (low_half(arguments) - (__u32)(__u64)task->stack < size)
		return task->pid;
	return CONTEXT_OF_CPU | bpf_get_smp_processor_id();
}

/* What has been signalled last in @context; NULL: nothing so far. */
static __always_inline struct open_interrupt *open_in(__u32 context)
{
	return any_outside ? bpf_map_lookup_elem(&contexts, &context) : NULL;
}

static const struct open_interrupt no_interrupt;

static __noinline struct open_interrupt *add_context(__u32 context)
{
	bpf_map_update_elem(&contexts, &context, &no_interrupt, BPF_NOEXIST);
	any_outside = true;
	return bpf_map_lookup_elem(&contexts, &context);
}

/* Of what a context has signalled: its state, in the lower half, and its turn. */
static __always_inline __u64 state_and_turn(const struct open_interrupt *open)
{
	return *(const volatile __u64 *)&open->state;
}

/*
 * Two may find that what a context has signalled has not been accepted: the context itself, when it goes
 * on, and KVM's workqueue on another CPU. Return: whether the caller is the first. @seen is as it was before the
 * caller looked into @open.
 */
static __always_inline bool claim_signalled(struct open_interrupt *open, __u64 seen,
					    enum open_state state)
{
	__u64 claimed = (seen & ~(__u64)(__u32)-1) | state;

	return (__u32)seen == OPEN_SIGNALLED &&
	       __sync_val_compare_and_swap((__u64 *)&open->state, seen, claimed) == seen;
}

/* Room for the next interrupt of @context. The one before has not been accepted if it still waits. */
static __always_inline struct open_interrupt *new_in(__u32 context)
{
	struct open_interrupt *open = open_in(context) ?: add_context(context);

	if (!open)
		return NULL;
	if (open->state == OPEN_SIGNALLED && claim_signalled(open, state_and_turn(open), OPEN_LEAVING))
		leave_signalled(open);
	/* Before anything of it changes. */
	*(volatile __u64 *)&open->state = (__u64)(open->turn + 1) << 32 | OPEN_IRQ;
	barrier();
	return open;
}

/* What has left another place goes on in a context, from new_in(). */
static __always_inline void take_over(struct open_interrupt *open, const struct open_interrupt *left)
{
	__u32 turn = open->turn;

	*open = *left;
	open->turn = turn;
}

/* One that begins with its signal. */
static __always_inline struct open_interrupt *begin_outside(__u32 context, __u32 id, __u32 cause,
							    __u32 irq)
{
	struct open_interrupt *open = new_in(context);

	if (open)
		begin_interrupt(open, id, cause, irq);
	return open;
}

static long end_waiting(void *map, __u32 *context, struct open_interrupt *open, __u32 *id)
{
	__u64 seen = state_and_turn(open);

	if (open->current.id != *id)
		return 0;
	if (claim_signalled(open, seen, OPEN_DONE))
		leave_signalled(open);
	else if ((__u32)seen == OPEN_IRQ || (__u32)seen == OPEN_READ)
		__sync_val_compare_and_swap((__u64 *)&open->state, seen, seen & ~(__u64)(__u32)-1);
	return 0;
}

/* Vector @id is bound no longer: what still waits to be accepted will not be. */
static __noinline void end_outside(__u32 id)
{
	if (any_outside)
		bpf_for_each_map_elem(&contexts, end_waiting, &id, 0);
}

/*
 * What is in the state @state, for @vec: @open of this CPU's handler or, outside of it, @context's. Of a
 * line the guest vector is known only when it is accepted.
 */
static __always_inline struct open_interrupt *
open_for(struct open_interrupt *open, const void *arguments, enum open_state state, __u8 vec)
{
	if (open && open->state == state && open->current.guest_vector == vec)
		return open;
	if (!any_outside)
		return NULL;
	open = open_in(current_context(arguments));
	if (!open || open->state != state)
		return NULL;
	return open->current.guest_vector == vec ||
	       (open->current.guest_vector == IMSTRACE_NONE && open->sole) ? open : NULL;
}

#endif /* IMSTRACE_BPF_CONTEXTS_H */
