/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From a signalled eventfd to who takes the signal: KVM's irqfd, found in the eventfd's wait queue, or
 * nobody in the kernel.
 */
#ifndef IMSTRACE_BPF_IRQFDS_H
#define IMSTRACE_BPF_IRQFDS_H

#include "ends.h"
#include "guests.h"
#include "stages.h"

static __always_inline bool hop_seen(enum imstrace_hop hop)
{
	return seen_hops & 1U << hop;
}

static __always_inline bool signal_seen(const struct imstrace_vector *vector)
{
	return vector_of_pci(vector->kind) ? pci_signal_seen : hop_seen(HOP_SIGNAL);
}

/* Whether it is followed through KVM's workqueue also where its route is no MSI: a line's, mostly. */
static __always_inline bool lines_followed(const struct imstrace_vector *vector)
{
	return queue_seen && (vector->kind == KIND_IRQFD || vector->kind == KIND_INTX);
}

#define MAX_WAITERS	4	/* KVM's irqfd is at the head, before any epoll of the VMM */

/* What is wanted of an irqfd. */
struct irqfd_start {
	__u64 kvm;
	__u64 eventfd;
	__u64 before;	/* it in the wait queue: the head, or another waiter */
	__u32 route;
	__u32 data;
};

/* Large enough for a kernel without lock debugging. */
#define IRQFD_START	192

/*
 * A call to read kernel memory costs more than what it copies: the members are near the start,
 * and are read in one go. The offsets are constants when the program is loaded, so the
 * verifier knows that they are within, or removes what would not be. What is no irqfd may not be
 * readable: then all is 0.
 */
static __always_inline void read_irqfd(struct kvm_kernel_irqfd *irqfd, struct irqfd_start *start)
{
	__u32 kvm = bpf_core_field_offset(struct kvm_kernel_irqfd, kvm);
	__u32 eventfd = bpf_core_field_offset(struct kvm_kernel_irqfd, eventfd);
	__u32 before = bpf_core_field_offset(struct kvm_kernel_irqfd, wait.entry.prev);
	__u32 route = bpf_core_field_offset(struct kvm_kernel_irqfd, irq_entry.type);
	__u32 data = bpf_core_field_offset(struct kvm_kernel_irqfd, irq_entry.msi.data);
	char bytes[IRQFD_START];

	if (kvm + sizeof(__u64) <= IRQFD_START && eventfd + sizeof(__u64) <= IRQFD_START &&
	    before + sizeof(__u64) <= IRQFD_START && route + sizeof(__u32) <= IRQFD_START &&
	    data + sizeof(__u32) <= IRQFD_START) {
		bpf_probe_read_kernel(bytes, sizeof(bytes), irqfd);
		start->kvm = *(__u64 *)(bytes + kvm);
		start->eventfd = *(__u64 *)(bytes + eventfd);
		start->before = *(__u64 *)(bytes + before);
		start->route = *(__u32 *)(bytes + route);
		start->data = *(__u32 *)(bytes + data);
		return;
	}
	start->kvm = (__u64)BPF_CORE_READ(irqfd, kvm);
	start->eventfd = (__u64)BPF_CORE_READ(irqfd, eventfd);
	start->before = (__u64)BPF_CORE_READ(irqfd, wait.entry.prev);
	start->route = BPF_CORE_READ(irqfd, irq_entry.type);
	start->data = BPF_CORE_READ(irqfd, irq_entry.msi.data);
}

/*
 * Whether KVM has any route for @irqfd. It has none at hand both where there is none and where there
 * are several, as for the gsis of the PICs and the IOAPIC.
 */
static __noinline bool has_route(struct kvm_kernel_irqfd *irqfd)
{
	struct kvm_irq_routing_table *table;
	struct hlist_head *head;
	__u32 gsi;

	if (!irqfd)
		return false;
	table = BPF_CORE_READ(irqfd, kvm, irq_routing);
	gsi = BPF_CORE_READ(irqfd, gsi);
	if (!table || gsi >= BPF_CORE_READ(table, nr_rt_entries))
		return false;
	head = (void *)table + bpf_core_field_offset(struct kvm_irq_routing_table, map) +
	       (__u64)gsi * sizeof(*head);
	return BPF_CORE_READ(head, first);
}

/* What becomes of a signal that @irqfd takes; its state is @start. */
static __always_inline enum imstrace_reader irqfd_takes(struct open_interrupt *open,
							struct kvm_kernel_irqfd *irqfd,
							const struct irqfd_start *start,
							enum imstrace_end *end)
{
	open->kvm = start->kvm;
	open->wakes = 1;
	if (start->route == KVM_IRQ_ROUTING_MSI) {
		open->current.guest_vector = start->data & 0xff;
		return READER_IRQFD;
	}
	*end = start->route || has_route(irqfd) ? END_WORKQUEUE : END_NO_ROUTE;
	return *end == END_NO_ROUTE ? READER_IRQFD : READER_IRQFD_WORK;
}

/*
 * The process that a VM belongs to, which need not be that which has bound the vector. Where the
 * kernel does not say, it is the thread that has made the VM: user space finds its process.
 */
static __always_inline __u32 owner_of(struct kvm *kvm)
{
	return process_of(kvm) ?: (__u32)BPF_CORE_READ(kvm, userspace_pid);
}

/*
 * Who is about to be woken: walks the eventfd's wait queue, whose lock is not
 * held yet, for a kvm_kernel_irqfd. One is recognised by its pointer back to the
 * eventfd. With an MSI route KVM's accept follows on this CPU before the signal
 * returns; otherwise *@end is set to how it ends here. That of the signal before is
 * looked at first: it is still the head of the queue if it says so.
 */
static __always_inline enum imstrace_reader find_reader(struct open_interrupt *open,
							struct imstrace_vector *vector,
							struct eventfd_ctx *eventfd,
							enum imstrace_end *end)
{
	struct list_head *head = __builtin_preserve_access_index(&eventfd->wqh.head), *entry;
	struct kvm_kernel_irqfd *irqfd = (struct kvm_kernel_irqfd *)vector->irqfd;
	struct irqfd_start start;

	if (irqfd) {
		read_irqfd(irqfd, &start);
		if (start.eventfd == (__u64)eventfd && start.before == (__u64)head)
			return irqfd_takes(open, irqfd, &start, end);
	}
	entry = BPF_CORE_READ(head, next);
	for (int i = 0; i < MAX_WAITERS && entry && entry != head; i++) {
		irqfd = (void *)entry - bpf_core_field_offset(struct wait_queue_entry, entry) -
			bpf_core_field_offset(struct kvm_kernel_irqfd, wait);
		read_irqfd(irqfd, &start);
		if (start.eventfd == (__u64)eventfd) {
			vector->irqfd = (__u64)irqfd;
			vector->pid = owner_of((struct kvm *)start.kvm);
			return irqfd_takes(open, irqfd, &start, end);
		}
		entry = BPF_CORE_READ(entry, next);
	}
	*end = END_USER;
	return READER_USER;
}

#define WORK_PENDING	1	/* WORK_STRUCT_PENDING_BIT, include/linux/workqueue.h */

/* Whether @irqfd waits for the workqueue to take it. */
static __always_inline bool has_pending_work(struct kvm_kernel_irqfd *irqfd)
{
	return BPF_CORE_READ(irqfd, inject.data.counter) & WORK_PENDING;
}

/* KVM's workqueue may deliver @open, which until then is in @state: OPEN_QUEUED or OPEN_ENDED. */
static __always_inline void leave_to_queue(struct deferred_interrupts *deferred,
					   const struct open_interrupt *open, enum open_state state)
{
	deferred->queued = *open;
	deferred->queued.state = state;
	any_left = true;
}

/* @open has ended as @end, unless the workqueue is just about to deliver it. */
static __always_inline void leave_ended(struct deferred_interrupts *deferred,
					const struct open_interrupt *open, enum imstrace_end end)
{
	deferred->queued_end = end;
	leave_to_queue(deferred, open, OPEN_ENDED);
}

/*
 * KVM queues once; what is signalled besides merges, or so it looks: KVM may have taken the work from the
 * queue already, and not have got to the irqfd, or it is another irqfd of the same gsi. Then there is one
 * more delivery, see begin_queued().
 */
static __always_inline void queue_or_merge(struct deferred_interrupts *deferred,
					   const struct open_interrupt *open)
{
	if (deferred->queued.state == OPEN_QUEUED) {
		end_interrupt(&open->current, END_WORK_MERGED);
		deferred->merged++;
		return;
	}
	deferred->merged = 0;
	leave_to_queue(deferred, open, OPEN_QUEUED);
}

/*
 * Neither accepted nor queued. The workqueue may have taken it, and not have got to the irqfd: then the end is
 * taken back. It may be waiting for this on another CPU: the record is written last.
 */
static __always_inline void leave_unaccepted(struct deferred_interrupts *deferred,
					     struct open_interrupt *open)
{
	struct imstrace_account *account = account_of(open->current.id);

	if (!account)
		return;
	__sync_fetch_and_add(&account->ends[END_NOT_ACCEPTED], 1);
	if (queue_seen && deferred->queued.state != OPEN_QUEUED)
		leave_ended(deferred, open, END_NOT_ACCEPTED);
	barrier();
	*(volatile __u32 *)&open->state = OPEN_DONE;
	stream(&open->current, account, END_NOT_ACCEPTED);
}

/* The signal of @open has returned, and no local APIC has accepted it so far. */
static __noinline void leave_signalled(struct open_interrupt *open)
{
	struct deferred_interrupts *deferred;
	struct imstrace_vector *vector;
	__u32 id;

	/* Without kvm.ko its types are not known: the rest must be dead code. */
	if (!follow_kvm || !open)
		return;
	id = open->current.id;
	vector = vector_of(id);
	deferred = bpf_map_lookup_elem(&deferred_interrupts, &id);
	if (!vector || !deferred || open->refused || !vector->irqfd)
		end_unaccepted(open);
	else if (!has_pending_work((struct kvm_kernel_irqfd *)vector->irqfd))
		leave_unaccepted(deferred, open);
	else if (queue_seen)
		queue_or_merge(deferred, open);
	else
		end_interrupt(&open->current, END_WORKQUEUE);
}

static __always_inline bool is_line(__u32 id)
{
	struct imstrace_vector *vector = vector_of(id);

	return vector && vector->kind == KIND_INTX;
}

/*
 * Nobody in the kernel reads the eventfd: an irqfd that is assigned while the signal is unread delivers
 * it. One that was assigned has read it, or the VMM has.
 */
static __noinline void leave_unread(struct open_interrupt *open, enum imstrace_end end)
{
	struct deferred_interrupts *deferred;
	__u32 id;

	if (!open)
		return;
	id = open->current.id;
	deferred = bpf_map_lookup_elem(&deferred_interrupts, &id);
	if (!deferred || deferred->queued.state == OPEN_QUEUED)
		return;
	if (end != END_USER) {
		deferred->queued.state = OPEN_NONE;
		return;
	}
	any_user = true;
	/* One reading is for all signals before it: the first has waited longest. Lines' are not looked at. */
	if (!reads_seen || is_line(id) || deferred->queued.state != OPEN_ENDED ||
	    deferred->queued_end != END_USER)
		leave_ended(deferred, open, END_USER);
}

/* KVM is about to take the signal of @open, or it ends here. */
static __always_inline void wait_or_end(struct open_interrupt *open,
					struct imstrace_account *account, enum imstrace_end end)
{
	if (end == END_COUNT && hop_seen(HOP_ACCEPT)) {
		open->state = OPEN_SIGNALLED;
		return;
	}
	open->state = OPEN_DONE;
	end_counted(&open->current, account, end == END_COUNT ? END_SIGNALLED : end);
}

/* KVM is about to queue it. */
static __always_inline void queue_signal(struct open_interrupt *open)
{
	__u32 id = open->current.id;
	struct deferred_interrupts *deferred = bpf_map_lookup_elem(&deferred_interrupts, &id);

	if (deferred)
		queue_or_merge(deferred, open);
	open->state = OPEN_DONE;
}

/*
 * @eventfd of vector @id has been signalled at the signal hop, or is about to be where
 * that hop is not seen: who takes it from here?
 */
static __always_inline void follow_signal(struct open_interrupt *open,
					  struct imstrace_vector *vector,
					  struct imstrace_account *account,
					  struct eventfd_ctx *eventfd)
{
	enum imstrace_end end = END_COUNT;
	enum imstrace_reader reader;

	if (!follow_kvm) {
		open->state = OPEN_DONE;
		end_counted(&open->current, account, END_SIGNALLED);
		return;
	}
	reader = find_reader(open, vector, eventfd, &end);
	if (end == END_USER || vector->reader == READER_USER)
		leave_unread(open, end);
	if (end == END_WORKQUEUE && lines_followed(vector)) {
		reader = READER_IRQFD;
		queue_signal(open);
	} else {
		wait_or_end(open, account, end);
	}
	if (vector->reader != reader)
		vector->reader = reader;
}

/* @open has got to its signal, which the caller counts. */
static __always_inline void pass_signal(struct open_interrupt *open,
					struct imstrace_account *account)
{
	__u64 now = bpf_ktime_get_ns();

	if (open->current.times[HOP_IRQ])
		count_stage(account, open->current.id, STAGE_HANDLER, open->current.times[HOP_IRQ], now);
	open->current.times[HOP_SIGNAL] = now;
}

/* The same of one that is signalled outside of handlers. */
static __always_inline void pass_signal_outside(struct open_interrupt *open,
						struct imstrace_account *account)
{
	pass_signal(open, account);
	/* A handler may come in between, and count there. */
	__sync_fetch_and_add(&account->hops[HOP_SIGNAL], 1);
}

#endif /* IMSTRACE_BPF_IRQFDS_H */
