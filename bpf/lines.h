/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * INTx lines of devices at vfio-pci. Their irq may be shared, with devices of any driver: whose an interrupt
 * is only the handlers tell, by signalling or by what they return. So a line's interrupt is counted then,
 * with the time at which its handler was entered; and a line is a vector from the first time on that its
 * handler is entered.
 *
 * vfio-pci's handler masks the line, at the device if that can be done there, and signals. When it is to
 * unmask it and finds it still asserted, it signals again instead, without an irq
 * (vfio_pci_intx_unmask_handler() in drivers/vfio/pci/vfio_pci_intrs.c, 6.1 to 7.3).
 */
#ifndef IMSTRACE_BPF_LINES_H
#define IMSTRACE_BPF_LINES_H

#include "deferred.h"
#include "pins.h"
#include "steps.h"
#include <linux/ptrace.h>
#include <bpf/bpf_tracing.h>

/* include/linux/irqreturn.h */
#define IRQ_HANDLED	1
#define IRQ_WAKE_THREAD	2
/* include/linux/interrupt.h */
#define IRQF_SHARED	0x80

/* An INTx line has, or is about to have, a handler at @irq. */
static __always_inline void note_line(__u32 irq)
{
	__u64 *entry = bpf_map_lookup_elem(&irq_vectors, &irq);

	if (entry && *entry < IRQ_OF_LINES)
		*entry = IRQ_OF_LINES;
}

static __always_inline bool has_lines(__u32 irq)
{
	__u64 *entry = bpf_map_lookup_elem(&irq_vectors, &irq);

	return entry && *entry >= IRQ_OF_LINES;
}

/*
 * A device that can't mask its line itself has it masked at the irq, which is its alone. Which line that is
 * stands beside IRQ_OF_LINES.
 */
static __always_inline void note_exclusive_line(__u32 irq, const struct irqaction *action, __u32 id)
{
	__u64 *entry = bpf_map_lookup_elem(&irq_vectors, &irq);

	if (entry && !(BPF_CORE_READ(action, flags) & IRQF_SHARED))
		*entry = IRQ_OF_LINES | (id + 1);
}

static __noinline __u32 add_line(__u32 irq, struct irqaction *action, __u64 dev_id)
{
	struct imstrace_vector *vector;
	struct irq_name *scratch;
	__u32 of_handlers = 1, id;

	scratch = bpf_map_lookup_elem(&irq_names, &of_handlers);
	if (!action || !scratch ||
	    bpf_probe_read_kernel_str(scratch->text, sizeof(scratch->text), BPF_CORE_READ(action, name)) < 0)
		return IMSTRACE_NONE;
	if (irq_name_parse(scratch->text, &scratch->key) != KIND_INTX) {
		/* Another driver's, until it frees its irq. */
		id = IMSTRACE_NONE;
		if (pci_requests_seen)
			bpf_map_update_elem(&line_vectors, &dev_id, &id, BPF_ANY);
		return IMSTRACE_NONE;
	}
	id = find_or_add_key(&scratch->key);
	vector = vector_of(id);
	if (!vector)
		return IMSTRACE_NONE;
	vector->kind = KIND_INTX;
	vector->irq = irq;
	vector->reader = READER_UNKNOWN;
	change_state(vector, STATE_REQUESTED | STATE_BOUND, 0);
	bpf_map_update_elem(&line_vectors, &dev_id, &id, BPF_ANY);
	note_exclusive_line(irq, action, id);
	/* When it is unmasked it may be signalled outside of its handler. */
	any_deferred = true;
	any_lines = true;
	return id;
}

/* Of @action of an irq that lines have: IMSTRACE_NONE if it is none's. In its hard irq handler. */
static __always_inline __u32 vector_of_line(__u32 irq, struct irqaction *action)
{
	__u64 dev_id = (__u64)BPF_CORE_READ(action, dev_id);
	__u32 *id = bpf_map_lookup_elem(&line_vectors, &dev_id);

	return id ? *id : add_line(irq, action, dev_id);
}

/* What had this @dev_id, whatever it is, has freed its irq. */
static __always_inline void forget_line(__u32 irq, __u64 dev_id)
{
	__u32 *known = bpf_map_lookup_elem(&line_vectors, &dev_id), id;
	struct deferred_interrupts *deferred;
	struct imstrace_account *account;
	struct imstrace_vector *vector;
	__u64 *entry;

	if (!known)
		return;
	id = *known;
	bpf_map_delete_elem(&line_vectors, &dev_id);
	vector = vector_of(id);
	if (!vector)
		return;
	entry = bpf_map_lookup_elem(&irq_vectors, &irq);
	if (entry && *entry > IRQ_OF_LINES)
		*entry = IRQ_OF_LINES;
	end_outside(id);
	lower_pin(id);
	vector->masked_since = 0;
	deferred = bpf_map_lookup_elem(&deferred_interrupts, &id);
	account = account_of(id);
	if (deferred && account)
		stream_kept(deferred, account);
	forget_eventfd((struct eventfd_ctx *)vector->eventfd);
	vector->eventfd = 0;
	change_state(vector, 0, STATE_REQUESTED | STATE_BOUND);
}

/* @open turns out to be its line's own: the line is masked now. */
static __always_inline void count_own_irq(const struct open_interrupt *open, struct imstrace_vector *vector,
					  struct imstrace_account *account)
{
	__sync_fetch_and_add(&account->hops[HOP_IRQ], 1);
	/* Or it would look masked for good. */
	if (seen_hops & 1U << HOP_UNMASK)
		vector->masked_since = open->current.times[HOP_IRQ];
}

/* The handler of a line ends, and has not signalled. */
static __always_inline void leave_line(const struct open_interrupt *left, struct imstrace_vector *vector,
				       struct imstrace_account *account, struct irqaction *action, int ret)
{
	struct open_interrupt *open;

	if (ret & IRQ_WAKE_THREAD) {
		/* With threadirqs the handler itself is there. A new irq comes when it has ended. */
		any_deferred = true;
		open = new_in(BPF_CORE_READ(action, thread, pid));
		if (open)
			take_over(open, left);
	} else if (ret & IRQ_HANDLED) {
		count_own_irq(left, vector, account);
		if (signal_seen(vector))
			end_counted(&left->current, account, END_NO_SIGNAL);
		else
			stream(&left->current, account, END_COMPLETE);
	}
}

/* The line whose handler the current thread is at; NULL: none's, or it has signalled already. */
static __always_inline __u32 *line_in_thread(const void *arguments)
{
	struct open_interrupt *open = open_in(current_context(arguments));

	return open && open->state == OPEN_IRQ ? &open->current.id : NULL;
}

/* Line @id is signalled outside of its hard irq handler. */
static __always_inline struct open_interrupt *
begin_line_outside(const void *arguments, __u32 id, struct imstrace_vector *vector,
		   struct imstrace_account *account)
{
	__u32 context = current_context(arguments);
	struct open_interrupt *open = open_in(context);

	if (open && open->state == OPEN_IRQ && open->current.id == id) {
		open->irq = IMSTRACE_NONE;
		forget_way(open);
		count_own_irq(open, vector, account);
		__sync_fetch_and_add(&account->deferred, 1);
		return open;
	}
	return begin_outside(context, id, vector->masked_since ? CAUSE_RESENT : CAUSE_LOOPBACK,
			     IMSTRACE_NONE);
}

/* What line @id has raised, and the guest has ended, ends now. */
static __noinline void pass_unmask(__u32 id)
{
	struct deferred_interrupts *deferred = bpf_map_lookup_elem(&deferred_interrupts, &id);
	struct imstrace_account *account = account_of(id);
	struct imstrace_interrupt *kept;
	__u64 now;

	if (!deferred || !account || !__sync_lock_test_and_set(&deferred->is_kept, 0))
		return;
	now = bpf_ktime_get_ns();
	kept = &deferred->kept;
	kept->times[HOP_UNMASK] = now;
	__sync_fetch_and_add(&account->hops[HOP_UNMASK], 1);
	if (kept->times[HOP_IRQ])
		count_stage(account, id, STAGE_MASKED, kept->times[HOP_IRQ], now);
	stream(kept, account, deferred->kept_end);
}

static __always_inline void unmask_line(__u32 id, bool unmasked)
{
	struct imstrace_vector *vector = vector_of(id);

	if (!vector || vector->kind != KIND_INTX)
		return;
	/* What waited for the IOAPIC KVM has lowered. */
	lower_pin(id);
	/* If it is signalled again, the guest has ended the one before. */
	vector->masked_since = unmasked ? 0 : bpf_ktime_get_ns();
	pass_unmask(id);
}

/* Nobody but VFIO has devices' lines unmasked so, and UIO, whose irqs have other names. */
static __always_inline void unmask_device(struct pci_dev *device, bool unmasked)
{
	struct vector_key key = { .vector = 0 };
	__u32 *id;

	if (!any_lines)
		return;
	read_device_name(key.device, __builtin_preserve_access_index(&device->dev));
	irq_name_append(key.device, INTX_SUFFIX, sizeof(INTX_SUFFIX));
	id = bpf_map_lookup_elem(&vector_ids, &key);
	if (id)
		unmask_line(*id, unmasked);
}

static __always_inline void unmask_irq(__u32 irq)
{
	__u64 *entry = any_lines ? bpf_map_lookup_elem(&irq_vectors, &irq) : NULL;

	if (entry && *entry > IRQ_OF_LINES)
		unmask_line((__u32)*entry - 1, true);
}

SEC("fexit/pci_check_and_unmask_intx")
int BPF_PROG(unmask_fexit, struct pci_dev *device, bool unmasked)
{
	unmask_device(device, unmasked);
	return 0;
}

SEC("fentry/enable_irq")
int BPF_PROG(enable_fentry, __u32 irq)
{
	unmask_irq(irq);
	return 0;
}

SEC("kprobe/pci_check_and_unmask_intx")
int unmask_kprobe(struct pt_regs *context)
{
	if (any_lines)
		keep_call(PT_REGS_PARM1(context), 0);
	return 0;
}

SEC("kretprobe/pci_check_and_unmask_intx")
int unmask_kretprobe(struct pt_regs *context)
{
	struct kept_call call;

	if (any_lines && take_call(&call))
		unmask_device((struct pci_dev *)call.first, PT_REGS_RC(context) & 1);
	return 0;
}

SEC("kprobe/enable_irq")
int enable_kprobe(struct pt_regs *context)
{
	unmask_irq(PT_REGS_PARM1(context));
	return 0;
}

#endif /* IMSTRACE_BPF_LINES_H */
