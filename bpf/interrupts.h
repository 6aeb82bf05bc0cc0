/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The hot path: each interrupt from the hard irq to the guest's EOI. One clock
 * read per hop of a vector that is followed, none for what is not ours; arrays,
 * and a hash for the vCPU's number and for an emulated vector's id.
 *
 * Written for raw tracepoints: the arguments are those of TP_PROTO in
 * include/trace/events/irq.h, arch/x86/kvm/trace.h and
 * kernel-patch/include/trace/events/ims.h.
 */
#include "vectors.h"
#include <bpf/bpf_tracing.h>

/* More CPUs than this racing for a new maximum of one stage: one is not noted. */
#define MAX_RETRIES	8

static __always_inline void raise_to(__u64 *max, __u64 value)
{
	for (int i = 0; i < MAX_RETRIES; i++) {
		__u64 old = *(volatile __u64 *)max;

		if (value <= old || __sync_val_compare_and_swap(max, old, value) == old)
			return;
	}
}

static __always_inline void count_stage(__u32 id, enum imstrace_stage stage, __u64 from, __u64 to)
{
	__u32 index = id * STAGE_COUNT + stage, bucket;
	struct imstrace_histogram *histogram;
	__u64 value;

	histogram = bpf_map_lookup_elem(&histograms, &index);
	if (!histogram)
		return;
	/* CPUs' clocks may differ by some ns where the TSC is not synchronised. */
	value = to > from ? to - from : 0;
	bucket = histogram_bucket(value);
	if (bucket >= HISTOGRAM_BUCKETS)
		return;
	/* The bucket last: what a reader finds counted, it finds in the rest. */
	__sync_fetch_and_add(&histogram->sum, value);
	raise_to(&histogram->max, value);
	raise_to(&histogram->not_min, ~value);
	__sync_fetch_and_add(&histogram->buckets[bucket], 1);
}

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
	bpf_ringbuf_submit(record, 0);
}

static __always_inline struct open_interrupt *this_cpu(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&open_interrupts, &zero);
}

/* @interrupt has passed @hop, and is seen not to get to the next one. */
static __always_inline void end_unmatched(const struct imstrace_interrupt *interrupt,
					  enum imstrace_hop hop)
{
	struct imstrace_account *account = account_of(interrupt->id);

	if (!account)
		return;
	__sync_fetch_and_add(&account->unmatched[hop], 1);
	stream(interrupt, account, END_UNMATCHED);
}

static __always_inline bool followed(__u32 id)
{
	struct imstrace_vector *vector = vector_of(id);

	return vector && !vector->ignored;
}

/* @irq is IMSTRACE_NONE if it does not begin in a handler. */
static __always_inline void begin_interrupt(struct open_interrupt *open, __u32 id, __u32 cause,
					    __u32 irq)
{
	/* An emulated one that KVM has not accepted: no handler's exit has closed it. */
	if (open->state == OPEN_SIGNALLED)
		end_unmatched(&open->current, HOP_SIGNAL);
	__builtin_memset(&open->current, 0, sizeof(open->current));
	open->current.id = id;
	open->current.vcpu = IMSTRACE_NONE;
	open->current.guest_vector = IMSTRACE_NONE;
	open->current.cpu = bpf_get_smp_processor_id();
	open->current.cause = cause;
	open->irq = irq;
	open->kvm = 0;
}

static __always_inline bool hop_seen(enum imstrace_hop hop)
{
	return seen_hops & 1U << hop;
}

SEC("raw_tp/irq_handler_entry")
int BPF_PROG(irq_entry, __u32 irq, struct irqaction *action)
{
	struct imstrace_account *account;
	struct open_interrupt *open;
	__u64 *entry;
	__u32 id;

	entry = bpf_map_lookup_elem(&irq_vectors, &irq);
	if (!entry || !*entry || !following)
		return 0;
	id = *entry - 1;
	open = this_cpu();
	account = account_of(id);
	if (!open || !account || !followed(id))
		return 0;
	begin_interrupt(open, id, CAUSE_IRQ, irq);
	open->current.times[HOP_IRQ] = bpf_ktime_get_ns();
	open->state = OPEN_IRQ;
	__sync_fetch_and_add(&account->hops[HOP_IRQ], 1);
	return 0;
}

SEC("raw_tp/irq_handler_exit")
int BPF_PROG(irq_exit, __u32 irq, struct irqaction *action, int ret)
{
	struct open_interrupt *open = this_cpu();

	if (!open || open->state == OPEN_NONE || open->irq != irq)
		return 0;
	if (open->state == OPEN_IRQ && hop_seen(HOP_SIGNAL))
		end_unmatched(&open->current, HOP_IRQ);
	else if (open->state == OPEN_SIGNALLED)
		end_unmatched(&open->current, HOP_SIGNAL);
	open->state = OPEN_NONE;
	return 0;
}

#define MAX_WAITERS	4	/* KVM's irqfd is at the head, before any epoll of the VMM */

/*
 * Who is about to be woken: walks the eventfd's wait queue, whose lock is not
 * held yet, for a kvm_kernel_irqfd. One is recognised by its pointer back to the
 * eventfd. With an MSI route KVM's accept follows on this CPU before the signal
 * returns.
 */
static __always_inline enum imstrace_reader find_reader(struct open_interrupt *open,
							struct eventfd_ctx *eventfd)
{
	struct list_head *head = __builtin_preserve_access_index(&eventfd->wqh.head);
	struct list_head *entry = BPF_CORE_READ(head, next);
	struct kvm_kernel_irqfd *irqfd;

	for (int i = 0; i < MAX_WAITERS && entry && entry != head; i++) {
		irqfd = (void *)entry - bpf_core_field_offset(struct wait_queue_entry, entry) -
			bpf_core_field_offset(struct kvm_kernel_irqfd, wait);
		if (BPF_CORE_READ(irqfd, eventfd) == eventfd) {
			open->kvm = (__u64)BPF_CORE_READ(irqfd, kvm);
			if (BPF_CORE_READ(irqfd, irq_entry.type) != KVM_IRQ_ROUTING_MSI)
				return READER_IRQFD_WORK;
			open->current.guest_vector = BPF_CORE_READ(irqfd, irq_entry.msi.data) & 0xff;
			return READER_IRQFD;
		}
		entry = BPF_CORE_READ(entry, next);
	}
	return READER_USER;
}

/* The id of the vector that is signalled, by the quickest of three ways. */
static __always_inline __u32 signalled_vector(struct open_interrupt *open, struct device *dev,
					      __u32 index, __u32 irq, __u64 eventfd, __u32 cause)
{
	__u32 *id;

	if (cause == CAUSE_IRQ && open->state == OPEN_IRQ && open->irq == irq)
		return open->current.id;
	id = bpf_map_lookup_elem(&eventfd_vectors, &eventfd);
	return id ? *id : find_or_add_vector(dev, index);
}

SEC("raw_tp/ims_signal")
int BPF_PROG(signal, struct device *dev, __u32 index, __u32 irq, __u32 slot,
	     struct eventfd_ctx *eventfd, __u32 cause)
{
	struct open_interrupt *open = this_cpu();
	struct imstrace_account *account;
	struct imstrace_vector *vector;
	enum imstrace_reader reader;
	struct kvm *kvm;
	bool begins;
	__u64 now;
	__u32 id;

	if (!open || !following)
		return 0;
	id = signalled_vector(open, dev, index, irq, (__u64)eventfd, cause);
	vector = vector_of(id);
	account = account_of(id);
	if (!vector || !account || vector->ignored || cause >= CAUSE_COUNT)
		return 0;
	if (vector->eventfd != (__u64)eventfd) {
		/* Bound before we looked. One with an irq has been found by its name. */
		if (!irq && !vector->eventfd)
			emit_result(STEP_KNOWN, dev, index, 0, IMSTRACE_NONE, id, 0);
		vector->kind = irq ? KIND_IMS : KIND_EMULATED;
		vector->irq = irq ?: IMSTRACE_NONE;
		vector->slot = slot;
		set_eventfd(vector, id, eventfd);
	}
	begins = cause != CAUSE_IRQ || !hop_seen(HOP_IRQ);
	if (!begins && open->state != OPEN_IRQ) {
		/* Its handler began before us: not counted at any hop, the next one is. */
		set_irq_vector(irq, id);
		return 0;
	}
	now = bpf_ktime_get_ns();
	if (begins)
		begin_interrupt(open, id, cause, cause == CAUSE_IRQ ? irq : IMSTRACE_NONE);
	else
		count_stage(id, STAGE_HANDLER, open->current.times[HOP_IRQ], now);
	open->current.times[HOP_SIGNAL] = now;
	__sync_fetch_and_add(&account->hops[HOP_SIGNAL], 1);
	__sync_fetch_and_add(&account->causes[cause], 1);

	if (!follow_kvm) {
		open->state = OPEN_DONE;
		stream(&open->current, account, END_SIGNALLED);
		return 0;
	}
	reader = find_reader(open, eventfd);
	if (vector->reader != reader)
		vector->reader = reader;
	kvm = (struct kvm *)open->kvm;
	if (!vector->pid && kvm)
		vector->pid = BPF_CORE_READ(kvm, userspace_pid);
	if (reader == READER_IRQFD && hop_seen(HOP_ACCEPT)) {
		open->state = OPEN_SIGNALLED;
	} else {
		open->state = OPEN_DONE;
		stream(&open->current, account, END_SIGNALLED);
	}
	return 0;
}

/* Finds the state of a guest vector; @add makes room for a vCPU not seen before. */
static __always_inline struct guest_interrupt *find_guest(struct kvm *kvm, __u32 vcpu_id,
							  __u32 guest_vector, bool add)
{
	struct vcpu_key key = {
		.kvm = (__u64)kvm,
		.pid = BPF_CORE_READ(kvm, userspace_pid),
		.vcpu_id = vcpu_id,
	};
	__u32 *known = bpf_map_lookup_elem(&vcpus, &key);
	__u32 number, index;

	if (!known) {
		if (!add)
			return NULL;
		number = __sync_fetch_and_add(&totals.vcpus, 1);
		if (number >= max_vcpus) {
			__sync_fetch_and_sub(&totals.vcpus, 1);
			return NULL;
		}
		if (bpf_map_update_elem(&vcpus, &key, &number, BPF_NOEXIST)) {
			known = bpf_map_lookup_elem(&vcpus, &key);
			if (!known)
				return NULL;
			number = *known;
		}
	} else {
		number = *known;
	}
	index = number * GUEST_VECTORS + (guest_vector & (GUEST_VECTORS - 1));
	return bpf_map_lookup_elem(&guest_interrupts, &index);
}

/* Delivery modes of an MSI that end in a guest vector, as KVM has them. */
#define APIC_DM_FIXED	0x000
#define APIC_DM_LOWEST	0x100

/* A message to several vCPUs is accepted by each; the first one is followed. */
SEC("raw_tp/kvm_apic_accept_irq")
int BPF_PROG(accept, __u32 apicid, __u16 dm, __u16 tm, __u8 vec)
{
	struct open_interrupt *open = this_cpu();
	struct imstrace_account *account;
	struct guest_interrupt *guest;

	if (!open || open->state != OPEN_SIGNALLED || open->current.guest_vector != vec)
		return 0;
	account = account_of(open->current.id);
	if (!account)
		return 0;
	open->state = OPEN_DONE;
	if (dm != APIC_DM_FIXED && dm != APIC_DM_LOWEST) {
		end_unmatched(&open->current, HOP_SIGNAL);
		return 0;
	}
	open->current.times[HOP_ACCEPT] = bpf_ktime_get_ns();
	open->current.vcpu = apicid;
	__sync_fetch_and_add(&account->hops[HOP_ACCEPT], 1);
	count_stage(open->current.id, STAGE_IRQFD, open->current.times[HOP_SIGNAL],
		    open->current.times[HOP_ACCEPT]);

	if (!hop_seen(HOP_INJECT)) {
		stream(&open->current, account, END_COMPLETE);
		return 0;
	}
	guest = find_guest((struct kvm *)open->kvm, apicid, vec, true);
	if (!guest) {
		__sync_fetch_and_add(&account->lost, 1);
		return 0;
	}
	if (__sync_val_compare_and_swap(&guest->state, PENDING_NONE, PENDING_WRITING) ==
	    PENDING_NONE) {
		guest->pending = open->current;
		guest->late_valid = 0;
		__sync_lock_test_and_set(&guest->state, PENDING_VALID);
		return 0;
	}
	guest->late = open->current;
	guest->late_valid = 1;
	__sync_fetch_and_add(&account->coalesced, 1);
	stream(&open->current, account, END_COALESCED);
	return 0;
}

/*
 * vcpu_load() has registered the vCPU's preempt notifier with the thread that
 * runs it: the one way from a tracepoint without a vcpu argument to the vCPU
 * that needs no map.
 */
static __always_inline struct kvm_vcpu *current_vcpu(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct hlist_node *node = BPF_CORE_READ(task, preempt_notifiers.first);

	if (!node)
		return NULL;
	return (void *)node - bpf_core_field_offset(struct preempt_notifier, link) -
		bpf_core_field_offset(struct kvm_vcpu, preempt_notifier);
}

static __always_inline struct guest_interrupt *find_guest_of(struct kvm_vcpu *vcpu, __u32 vec)
{
	return find_guest(BPF_CORE_READ(vcpu, kvm), BPF_CORE_READ(vcpu, vcpu_id), vec, false);
}

SEC("raw_tp/kvm_inj_virq")
int BPF_PROG(inject, __u32 vec, bool soft, bool reinjected)
{
	struct kvm_vcpu *vcpu = soft || reinjected ? NULL : current_vcpu();
	struct imstrace_account *account;
	struct guest_interrupt *guest;
	__u64 now;

	guest = vcpu ? find_guest_of(vcpu, vec) : NULL;
	if (!guest || (guest->state != PENDING_VALID && !guest->late_valid))
		return 0;
	now = bpf_ktime_get_ns();
	if (guest->service_valid)
		end_unmatched(&guest->service, HOP_INJECT);	/* its EOI was not seen */
	if (guest->state == PENDING_VALID) {
		guest->service = guest->pending;
		__sync_lock_test_and_set(&guest->state, PENDING_NONE);
	} else {
		/* It had not merged after all: see struct guest_interrupt. */
		guest->service = guest->late;
		guest->late_valid = 0;
		guest->service.uncoalesced = 1;
		account = account_of(guest->service.id);
		if (account)
			__sync_fetch_and_sub(&account->coalesced, 1);
	}
	guest->service.times[HOP_INJECT] = now;
	guest->service_valid = hop_seen(HOP_EOI);

	account = account_of(guest->service.id);
	if (!account)
		return 0;
	__sync_fetch_and_add(&account->hops[HOP_INJECT], 1);
	count_stage(guest->service.id, STAGE_DELIVER, guest->service.times[HOP_ACCEPT], now);
	if (guest->service.times[HOP_IRQ])
		count_stage(guest->service.id, STAGE_DELIVERY, guest->service.times[HOP_IRQ], now);
	if (!hop_seen(HOP_EOI))
		stream(&guest->service, account, END_COMPLETE);
	return 0;
}

static __always_inline int end_of_interrupt(struct kvm_lapic *apic, int vec)
{
	struct imstrace_account *account;
	struct guest_interrupt *guest;
	__u64 now;

	/* An EOI with nothing in service has vector -1. */
	guest = vec >= 0 ? find_guest_of(BPF_CORE_READ(apic, vcpu), vec) : NULL;
	if (!guest || !guest->service_valid)
		return 0;
	account = account_of(guest->service.id);
	if (!account)
		return 0;
	now = bpf_ktime_get_ns();
	guest->service_valid = 0;
	guest->service.times[HOP_EOI] = now;
	__sync_fetch_and_add(&account->hops[HOP_EOI], 1);
	count_stage(guest->service.id, STAGE_SERVICE, guest->service.times[HOP_INJECT], now);
	if (guest->service.times[HOP_IRQ])
		count_stage(guest->service.id, STAGE_TOTAL, guest->service.times[HOP_IRQ], now);
	stream(&guest->service, account, END_COMPLETE);
	return 0;
}

SEC("raw_tp/kvm_eoi")
int BPF_PROG(eoi, struct kvm_lapic *apic, int vec)
{
	return end_of_interrupt(apic, vec);
}

/* With paravirtual EOI the guest clears a bit in memory and KVM notices later. */
SEC("raw_tp/kvm_pv_eoi")
int BPF_PROG(pv_eoi, struct kvm_lapic *apic, int vec)
{
	return end_of_interrupt(apic, vec);
}
