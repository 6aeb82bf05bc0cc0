/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How an interrupt ends: counted in its vector's account, and streamed.
 */
#ifndef IMSTRACE_BPF_ENDS_H
#define IMSTRACE_BPF_ENDS_H

#include "vectors.h"

static __always_inline void stream(const struct imstrace_interrupt *interrupt,
				   struct imstrace_account *account, enum imstrace_end end)
{
	struct imstrace_interrupt *record;

	if (!stream_interrupts)
		return;
	record = bpf_ringbuf_reserve(&interrupt_stream, sizeof(*record), 0);
	if (!record) {
		__sync_fetch_and_add(&totals.lost_interrupts, 1);
		__sync_fetch_and_add(&account->lost_records, 1);
		return;
	}
	*record = *interrupt;
	record->end = end;
	interrupt_forget_waits(record);
	bpf_ringbuf_submit(record, 0);
}

/* What waits for its line to be unmasked, which will not be seen. */
static __always_inline void stream_kept(struct deferred_interrupts *deferred,
					struct imstrace_account *account)
{
	if (__sync_lock_test_and_set(&deferred->is_kept, 0))
		stream(&deferred->kept, account, deferred->kept_end);
}

/*
 * Of an INTx line: it has ended, and is streamed when its line is unmasked. Only then the line raises or
 * signals the next: there is one at most, but for what others write to its eventfd. Not static: see vectors.h.
 */
__noinline bool keep_until_unmasked(const struct imstrace_interrupt *interrupt,
				    struct imstrace_account *account, enum imstrace_end end)
{
	struct deferred_interrupts *deferred;
	struct imstrace_vector *vector;
	__u32 id;

	if (!interrupt || !account || !(seen_hops & 1U << HOP_UNMASK))
		return false;
	id = interrupt->id;
	vector = vector_of(id);
	if (!vector || vector->kind != KIND_INTX || !vector->masked_since)
		return false;
	deferred = bpf_map_lookup_elem(&deferred_interrupts, &id);
	if (!deferred)
		return false;
	stream_kept(deferred, account);
	deferred->kept = *interrupt;
	deferred->kept_end = end;
	barrier();
	*(volatile __u32 *)&deferred->is_kept = 1;
	return true;
}

static __always_inline void stream_unless_masked(const struct imstrace_interrupt *interrupt,
						 struct imstrace_account *account, enum imstrace_end end)
{
	if (!any_lines || !keep_until_unmasked(interrupt, account, end))
		stream(interrupt, account, end);
}

static __always_inline struct open_interrupt *this_cpu(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&open_interrupts, &zero);
}

/* @account is this CPU's of the vector of @interrupt. */
static __always_inline void end_counted(const struct imstrace_interrupt *interrupt,
					struct imstrace_account *account, enum imstrace_end end)
{
	__sync_fetch_and_add(&account->ends[end], 1);
	stream_unless_masked(interrupt, account, end);
}

static __always_inline void end_interrupt(const struct imstrace_interrupt *interrupt,
					  enum imstrace_end end)
{
	struct imstrace_account *account = account_of(interrupt->id);

	if (account)
		end_counted(interrupt, account, end);
}

static __always_inline void end_unaccepted(const struct open_interrupt *open)
{
	end_interrupt(&open->current, open->refused ? END_REFUSED : END_NOT_ACCEPTED);
}

/* @open did not end as @end after all. */
static __always_inline void take_back_end(struct open_interrupt *open, struct imstrace_account *account,
					  __u32 end)
{
	open->current.recounted = end;
	if (end < END_COUNT)	/* always: the verifier does not know */
		__sync_fetch_and_sub(&account->ends[end], 1);
}

/* Nothing is known yet of where @open will go. */
static __always_inline void forget_way(struct open_interrupt *open)
{
	open->kvm = 0;
	open->wakes = 0;
	open->coalesced = 0;
	open->refused = 0;
	open->merged = 0;
	open->sole = 0;
}

/* @irq is IMSTRACE_NONE if it does not begin in a handler. */
static __always_inline void begin_interrupt(struct open_interrupt *open, __u32 id, __u32 cause,
					    __u32 irq)
{
	__builtin_memset(&open->current, 0, sizeof(open->current));
	open->current.id = id;
	open->current.vcpu = IMSTRACE_NONE;
	open->current.guest_vector = IMSTRACE_NONE;
	open->current.cpu = bpf_get_smp_processor_id();
	open->current.cause = cause;
	open->irq = irq;
	forget_way(open);
}

#endif /* IMSTRACE_BPF_ENDS_H */
