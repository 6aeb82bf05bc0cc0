/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The hot path: each interrupt from the hard irq to the guest's EOI. One clock
 * read per hop of a vector that is followed, none for what is not ours; arrays,
 * and a hash for the vCPU's number and for an emulated vector's id.
 *
 * Written for raw tracepoints: the arguments are those of TP_PROTO in
 * include/trace/events/irq.h, arch/x86/kvm/trace.h and
 * kernel-patch/include/trace/events/vfio_ims.h. vfio-pci has no tracepoint where it signals:
 * there the kernel's own function is seen.
 */
#ifndef IMSTRACE_BPF_INTERRUPTS_H
#define IMSTRACE_BPF_INTERRUPTS_H

#include "apicv.h"
#include "lines.h"
#include "pins.h"
#include "vfio_pci.h"

/*
 * An interrupt of @vector is out of order at @hop. It is told of once: the next step
 * in the vector's life arms it again.
 */
static __noinline void tell_stray(struct imstrace_vector *vector, __u32 id, enum imstrace_hop hop)
{
	struct imstrace_lifecycle *record;
	bool posted;

	if (!vector)
		return;
	posted = vector->state & STATE_POSTED;
	vector->stray &= ~(1U << hop);
	/* KVM does not say when it falls back to the host's handler. */
	if (posted)
		change_state(vector, 0, STATE_POSTED);
	record = new_step(posted ? STEP_UNPOSTED : STEP_STRAY, NULL, vector->vector, vector->irq,
			  vector->slot, id);
	if (!record)
		return;
	record->state = vector->state;
	record->hop = hop;
	if (!posted && hop == HOP_SIGNAL)
		record->eventfd_id = vector->eventfd_id;
	bpf_ringbuf_submit(record, 0);
}

static __always_inline void learn_eventfd(struct imstrace_vector *vector, __u32 id,
					  struct eventfd_ctx *eventfd)
{
	if (vector->eventfd == (__u64)eventfd)
		return;
	if (vector->eventfd)
		forget_eventfd((struct eventfd_ctx *)vector->eventfd);
	set_eventfd(vector, id, eventfd);
}

/*
 * The handler of @open has signalled, which the kernel has not shown us: it had interrupted the program
 * at the signal. When it was is not known; that it was, its exit or KVM's accept tells.
 */
static __noinline void catch_up(struct open_interrupt *open)
{
	struct imstrace_account *account;
	struct imstrace_vector *vector;

	if (!open)
		return;
	account = account_of(open->current.id);
	vector = vector_of(open->current.id);
	if (!account || !vector || !vector->eventfd || !(vector->state & STATE_BOUND))
		return;
	__sync_fetch_and_add(&account->hops[HOP_SIGNAL], 1);
	__sync_fetch_and_add(&totals.caught_up, 1);
	follow_signal(open, vector, account, (struct eventfd_ctx *)vector->eventfd);
}

SEC("raw_tp/irq_handler_entry")
int BPF_PROG(irq_entry, __u32 irq, struct irqaction *action)
{
	struct imstrace_account *account;
	struct imstrace_vector *vector;
	struct open_interrupt *open;
	__u64 *entry;
	__u32 id;

	entry = bpf_map_lookup_elem(&irq_vectors, &irq);
	if (!entry || !*entry || !following)
		return 0;
	id = *entry >= IRQ_OF_LINES ? vector_of_line(irq, action) : *entry - 1;
	open = this_cpu();
	account = account_of(id);
	vector = vector_of(id);
	if (!open || !account || !vector || vector->ignored)
		return 0;
	begin_interrupt(open, id, CAUSE_IRQ, irq);
	open->current.times[HOP_IRQ] = bpf_ktime_get_ns();
	open->state = OPEN_IRQ;
	open->unseen = !preemptible && open->in_signal && vector->kind == KIND_IMS;
	/* Whether it is its own is not known yet. */
	if (vector->kind == KIND_INTX)
		return 0;
	account->hops[HOP_IRQ]++;
	if (vector->stray & 1U << HOP_IRQ)
		tell_stray(vector, id, HOP_IRQ);
	/* Bound unseen: vfio-pci gives its eventfd to request_irq(). */
	if (vector->kind == KIND_PCI && (!vector->eventfd || !pci_requests_seen))
		learn_eventfd(vector, id, BPF_CORE_READ(action, dev_id));
	/* The eventfd is known: KVM's hops can be followed without that of the signal. */
	if (!signal_seen(vector) && hop_seen(HOP_ACCEPT) && vector->eventfd)
		follow_signal(open, vector, account, (struct eventfd_ctx *)vector->eventfd);
	return 0;
}

SEC("raw_tp/irq_handler_exit")
int BPF_PROG(irq_exit, __u32 irq, struct irqaction *action, int ret)
{
	struct open_interrupt *open = this_cpu();
	struct imstrace_account *account;
	struct imstrace_vector *vector;

	if (!open || open->state == OPEN_NONE || open->irq != irq)
		return 0;
	if (open->state == OPEN_IRQ && open->unseen && !(ret & IRQ_WAKE_THREAD))
		catch_up(open);
	if (open->state == OPEN_SIGNALLED) {
		if (ret & IRQ_WAKE_THREAD && !open->current.times[HOP_SIGNAL])
			leave_to_thread(open, action);
		else
			leave_signalled(open);
	} else if (open->state == OPEN_IRQ) {
		vector = vector_of(open->current.id);
		account = account_of(open->current.id);
		if (vector && account && vector->kind == KIND_INTX)
			leave_line(open, vector, account, action, ret);
		else if (vector && account && signal_seen(vector))
			leave_handler(open, account, ret & IRQ_WAKE_THREAD);
		else if (account)
			stream(&open->current, account, END_COMPLETE);
	}
	open->state = OPEN_NONE;
	return 0;
}

/* In the handler of its irq. */
static __always_inline void signal_inside(struct open_interrupt *open,
					  struct imstrace_vector *vector,
					  struct imstrace_account *account,
					  struct eventfd_ctx *eventfd)
{
	pass_signal(open, account);
	account->hops[HOP_SIGNAL]++;
	follow_signal(open, vector, account, eventfd);
}

/* An interrupt that take_deferred() or begin_outside() has returned. */
static __always_inline void signal_outside(struct open_interrupt *open,
					   struct imstrace_vector *vector,
					   struct imstrace_account *account,
					   struct eventfd_ctx *eventfd)
{
	pass_signal_outside(open, account);
	follow_signal(open, vector, account, eventfd);
}

/* Where a vector of the IMS library is signalled: what TP_PROTO has. */
struct ims_signal {
	struct device *dev;
	__u32 index;
	__u32 irq;
	__u32 slot;
	struct eventfd_ctx *eventfd;
	__u32 cause;
};

static __always_inline void learn_signalled(struct imstrace_vector *vector, __u32 id,
					    const struct ims_signal *signal)
{
	if (vector->eventfd == (__u64)signal->eventfd)
		return;
	/* Bound before we looked. One with an irq has been found by its name. */
	if (!signal->irq && !vector->eventfd)
		emit_result(STEP_KNOWN, signal->dev, signal->index, 0, IMSTRACE_NONE, id, 0);
	vector->kind = signal->irq ? KIND_IMS : KIND_EMULATED;
	vector->irq = signal->irq ?: IMSTRACE_NONE;
	vector->slot = signal->slot;
	set_eventfd(vector, id, signal->eventfd);
}

static __always_inline void signal_in_handler(struct open_interrupt *open,
					      const struct ims_signal *signal)
{
	__u32 id = open->current.id;
	struct imstrace_vector *vector = vector_of(id);
	struct imstrace_account *account = account_of(id);

	if (!vector || !account || vector->ignored)
		return;
	learn_signalled(vector, id, signal);
	signal_inside(open, vector, account, signal->eventfd);
}

/* Anywhere else: an emulated or loopback one, or one whose handler has left it to something else. */
static __always_inline void signal_elsewhere(const void *arguments, const struct ims_signal *signal)
{
	bool of_handler = signal->cause == CAUSE_IRQ && hop_seen(HOP_IRQ);
	__u64 eventfd = (__u64)signal->eventfd;
	struct open_interrupt *open = NULL;
	struct imstrace_account *account;
	struct imstrace_vector *vector;
	__u32 context, id, *found;

	found = bpf_map_lookup_elem(&eventfd_vectors, &eventfd);
	id = found ? *found : find_or_add_vector(signal->dev, signal->index);
	vector = vector_of(id);
	account = account_of(id);
	if (!vector || !account || vector->ignored || signal->cause >= CAUSE_COUNT)
		return;
	learn_signalled(vector, id, signal);
	context = current_context(arguments);
	if (of_handler && any_deferred && !(vector->stray & 1U << HOP_SIGNAL))
		open = take_deferred(context, id);
	if (!open) {
		if ((signal->cause != CAUSE_IRQ || of_handler) && vector->stray & 1U << HOP_SIGNAL) {
			tell_stray(vector, id, HOP_SIGNAL);
		} else if (of_handler) {
			/* Its handler began before us: not counted at any hop, the next one is. */
			set_irq_vector(signal->irq, id);
		}
		if (of_handler)
			return;
		open = begin_outside(context, id, signal->cause,
				     signal->cause == CAUSE_IRQ ? signal->irq : IMSTRACE_NONE);
	}
	if (open)
		signal_outside(open, vector, account, signal->eventfd);
}

static __always_inline void ims_signal(const void *arguments, const struct ims_signal *signal)
{
	struct open_interrupt *open = this_cpu();

	if (!open || !following)
		return;
	if (signal->cause == CAUSE_IRQ && open->state == OPEN_IRQ && open->irq == signal->irq) {
		signal_in_handler(open, signal);
		return;
	}
	/* A handler may come in between: there the kernel does not run this program again, see catch_up(). */
	*(volatile __u32 *)&open->in_signal = 1;
	signal_elsewhere(arguments, signal);
	*(volatile __u32 *)&open->in_signal = 0;
}

PROGRAM_TWICE("raw_tp/vfio_ims_signal", signal,
	      ims_signal(ctx, (&(struct ims_signal){ dev, index, irq, slot, eventfd, cause })),
	      struct device *dev, __u32 index, __u32 irq, __u32 slot, struct eventfd_ctx *eventfd,
	      __u32 cause)

/*
 * Any eventfd that the kernel signals. What of them is vfio-pci's is signalled in the
 * handler of its irq; vfio-ims has fired vfio_ims_signal before.
 */
static __always_inline void pci_signal(const void *arguments, struct eventfd_ctx *eventfd)
{
	struct open_interrupt *open = this_cpu();
	struct imstrace_account *account;
	struct imstrace_vector *vector;
	__u64 key = (__u64)eventfd;
	__u32 context, *id;
	bool in_handler;

	if (!following) {
		if (verifying && verifying == (__u64)BPF_CORE_READ(eventfd, id) + 1)
			__sync_fetch_and_add(&verified_signals, 1);
		return;
	}
	if (!open)
		return;
	in_handler = hop_seen(HOP_IRQ) && open->state == OPEN_IRQ;
	if (in_handler) {
		id = &open->current.id;
	} else {
		if (hop_seen(HOP_IRQ) && !any_deferred)
			return;
		id = bpf_map_lookup_elem(&eventfd_vectors, &key);
		if (!id && any_lines)
			id = line_in_thread(arguments);
		if (!id)
			return;
	}
	vector = vector_of(*id);
	account = account_of(*id);
	if (!vector || !account || vector->ignored)
		return;
	if (vector->kind == KIND_INTX) {
		if (in_handler)
			count_own_irq(open, vector, account);
		else
			open = begin_line_outside(arguments, *id, vector, account);
		learn_eventfd(vector, *id, eventfd);
	} else if (vector->kind != KIND_PCI || vector->eventfd != key) {
		return;
	}
	if (in_handler) {
		signal_inside(open, vector, account, eventfd);
		return;
	}
	if (vector->kind == KIND_PCI) {
		context = current_context(arguments);
		open = hop_seen(HOP_IRQ) ? take_deferred(context, *id) :
		       begin_outside(context, *id, CAUSE_IRQ, vector->irq);
	}
	if (open)
		signal_outside(open, vector, account, eventfd);
}

/* Since 6.8 the one that is not inlined; before, eventfd_signal() has it inlined. */
PROGRAM_TWICE("fentry/eventfd_signal_mask", signal_mask_fentry, pci_signal(ctx, eventfd),
	      struct eventfd_ctx *eventfd)

PROGRAM_TWICE("fentry/eventfd_signal", signal_fentry, pci_signal(ctx, eventfd),
	      struct eventfd_ctx *eventfd)

SEC("kprobe/eventfd_signal_mask")
int signal_mask_kprobe(struct pt_regs *context)
{
	pci_signal(context, (struct eventfd_ctx *)PT_REGS_PARM1(context));
	return 0;
}

SEC("kprobe/eventfd_signal")
int signal_kprobe(struct pt_regs *context)
{
	pci_signal(context, (struct eventfd_ctx *)PT_REGS_PARM1(context));
	return 0;
}

/* Delivery modes of an MSI that end in a guest vector, as KVM has them. */
#define APIC_DM_FIXED	0x000
#define APIC_DM_LOWEST	0x100

/* Whether the message of @open, which one vCPU has accepted, is now accepted by another one. */
static __always_inline bool is_copy(const struct open_interrupt *open, __u32 apicid, __u8 vec)
{
	return (open->state == OPEN_ACCEPTED || open->state == OPEN_DONE) &&
	       open->current.guest_vector == vec && open->current.times[HOP_ACCEPT] &&
	       open->current.vcpu != apicid;
}

/*
 * Only where it can be no other message: in the handler that has signalled it, or in the workqueue
 * that delivers it.
 */
static __always_inline bool count_copy(const struct open_interrupt *open, const void *arguments,
				       __u32 apicid, __u8 vec)
{
	struct imstrace_vector *vector;

	if (!open || open->irq == IMSTRACE_NONE || !is_copy(open, apicid, vec)) {
		open = any_outside ? open_in(current_context(arguments)) : NULL;
		if (!open || !open->sole || !is_copy(open, apicid, vec))
			return false;
	}
	vector = vector_of(open->current.id);
	if (vector)
		__sync_fetch_and_add(&vector->copies, 1);
	return true;
}

/* Where interrupts go to that no device's vector has raised. */
static __always_inline void note_target(struct open_interrupt *open, __u32 apicid, __u8 vec)
{
	struct imstrace_vector *vector = vector_of(open->current.id);

	open->current.guest_vector = vec;
	if (!vector || !kind_of_vm(vector->kind))
		return;
	if (vector->vcpu != apicid)
		vector->vcpu = apicid;
	if (vector->guest_vector != vec)
		vector->guest_vector = vec;
}

/* A message to several vCPUs is accepted by each; the first one is followed. */
static __always_inline void accept_interrupt(const void *arguments, __u32 apicid, __u16 dm, __u16 tm,
					     __u8 vec, bool second)
{
	struct open_interrupt *this = this_cpu(), *open = this;
	struct imstrace_account *account;
	const struct recent_target *target;
	struct guest_interrupt *guest;
	struct recent_target own;

	if (open && open->state == OPEN_ACCEPTED)
		open->state = OPEN_DONE;	/* this is another one's */
	else if (open && open->state == OPEN_IRQ && open->unseen)
		catch_up(open);
	open = open_for(open, arguments, OPEN_SIGNALLED, vec);
	if (!open) {
		if (count_copy(this, arguments, apicid, vec) || !tm || !any_pins)
			return;
		open = take_from_pin(current_context(arguments), current_vcpu(), apicid, vec);
		if (!open)
			return;
	}
	account = account_in(open->current.id, second);
	if (!account)
		return;
	if (dm != APIC_DM_FIXED && dm != APIC_DM_LOWEST) {
		open->state = OPEN_DONE;
		end_counted(&open->current, account, END_NMI);
		return;
	}
	target = find_target((struct kvm *)open->kvm, apicid, &own);
	if (!target)
		return;
	/* It is told before KVM looks. Another vCPU that the message is for may take it. */
	if (apic_is_off(target)) {
		open->refused = 1;
		return;
	}
	open->state = OPEN_DONE;
	open->current.times[HOP_ACCEPT] = bpf_ktime_get_ns();
	open->current.vcpu = apicid;
	if (open->current.cause >= CAUSE_EVENTFD || open->sole)
		note_target(open, apicid, vec);
	account->hops[HOP_ACCEPT]++;
	if (open->current.read)
		__sync_fetch_and_add(&account->detours, 1);
	if (open->current.times[HOP_SIGNAL])
		count_stage(account, open->current.id, open->current.read ? STAGE_DETOUR : STAGE_IRQFD,
			    open->current.times[HOP_SIGNAL], open->current.times[HOP_ACCEPT]);

	if (!hop_seen(HOP_INJECT)) {
		stream(&open->current, account, END_COMPLETE);
		return;
	}
	guest = guest_of(target->number, vec) ?: guest_at(add_guest(target->number, vec));
	if (!guest) {
		end_counted(&open->current, account, END_LOST);
		return;
	}
	open->state = OPEN_ACCEPTED;
	if (hop_seen(HOP_ENTER))
		begin_wait(&open->current, target->number);
	if (__sync_val_compare_and_swap(&guest->state, PENDING_NONE, PENDING_WRITING) ==
	    PENDING_NONE) {
		set_pending(guest, &open->current);
		await_entry(target->number, vec);
		return;
	}
	if (delivery_seen && look_at_pending(open, target, guest, vec)) {
		set_pending(guest, &open->current);
		await_entry(target->number, vec);
		return;
	}
	if (!open->merged)
		keep_late(guest, &open->current);
	open->coalesced = 1;
	end_counted(&open->current, account, END_COALESCED);
}

PROGRAM_TWICE("raw_tp/kvm_apic_accept_irq", accept,
	      accept_interrupt(ctx, apicid, dm, tm, vec, second),
	      __u32 apicid, __u16 dm, __u16 tm, __u8 vec)

/*
 * Which interrupt is now injected: it becomes @guest's service. NULL: none that is
 * followed.
 *
 * That is the pending one, with two exceptions. When there is none pending, the late one
 * had not merged after all. And when the late one was accepted before the pending one,
 * and there is one in the IRR again, then that is the pending one, for no other was
 * accepted since; so this one is the late one.
 */
static __always_inline struct imstrace_interrupt *
take_injected(struct guest_interrupt *guest, struct kvm_vcpu *vcpu, __u32 vec)
{
	/* Also one that the CPU was to deliver, before APICv or AVIC was inhibited. */
	bool pending = *(volatile __u32 *)&guest->state >= PENDING_VALID;
	struct imstrace_interrupt *service = NULL;
	struct imstrace_account *account;
	__u32 late = *(volatile __u32 *)&guest->late;

	if (!pending && !(late & LATE_VALID))
		return NULL;
	service = buffer_of(guest, guest->service);
	if (service && guest->service_valid)
		end_interrupt(service, END_NO_EOI);	/* its EOI was not seen */
	service = NULL;
	if (!pending) {
		/* An accept may put a newer one in its place, which is as good. */
		for (int i = 0; i < MAX_RETRIES && !service; i++)
			service = take_late(guest, *(volatile __u32 *)&guest->late);
	} else if (late == guest->late_before && late & LATE_VALID && in_irr(vcpu, vec)) {
		service = take_late(guest, late);
	}
	if (service) {
		service->recounted = END_COALESCED;
		account = account_of(service->id);
		if (account)
			__sync_fetch_and_sub(&account->ends[END_COALESCED], 1);
	} else if (pending) {
		service = buffer_of(guest, guest->service);
		if (service)
			*service = guest->pending;
		set_state(guest, PENDING_NONE);
	}
	return service;
}

static __always_inline void inject_interrupt(struct kvm_vcpu *vcpu, __u32 vec, bool second)
{
	struct imstrace_interrupt *service;
	struct imstrace_account *account;
	struct guest_interrupt *guest;
	__u64 now;

	guest = vcpu ? guest_of(running_number(vcpu, NULL), vec) : NULL;
	service = guest ? take_injected(guest, vcpu, vec) : NULL;
	if (!service)
		return;
	now = bpf_ktime_get_ns();
	service->times[HOP_INJECT] = now;
	guest->service_valid = hop_seen(HOP_EOI);

	account = account_in(service->id, second);
	if (!account)
		return;
	account->hops[HOP_INJECT]++;
	note_place(service, account);
	if (hop_seen(HOP_ENTER))
		note_injected(service, account, guest, vec);
	count_stage(account, service->id, STAGE_DELIVER, service->times[HOP_ACCEPT], now);
	if (service->times[HOP_IRQ])
		count_stage(account, service->id, STAGE_DELIVERY, service->times[HOP_IRQ], now);
	if (!hop_seen(HOP_EOI))
		stream(service, account, END_COMPLETE);
}

PROGRAM_TWICE("raw_tp/kvm_inj_virq", inject,
	      inject_interrupt(soft || reinjected ? NULL : current_vcpu(), vec, second),
	      __u32 vec, bool soft, bool reinjected)

static __always_inline void end_of_interrupt(struct kvm_lapic *apic, int vec, bool late, bool second)
{
	struct imstrace_interrupt *service;
	struct imstrace_account *account;
	struct guest_interrupt *guest;
	__u64 now;

	/* An EOI with nothing in service has vector -1. */
	guest = vec >= 0 ? guest_of(running_number(NULL, apic), vec) : NULL;
	if (!guest || !guest->service_valid)
		return;
	service = buffer_of(guest, guest->service);
	account = service ? account_in(service->id, second) : NULL;
	if (!account)
		return;
	now = bpf_ktime_get_ns();
	guest->service_valid = 0;
	service->times[HOP_EOI] = now;
	account->hops[HOP_EOI]++;
	if (late) {
		service->eoi_late = 1;
		account->late_eois++;
	} else {
		count_stage(account, service->id, STAGE_SERVICE, service->times[HOP_INJECT], now);
		if (service->times[HOP_IRQ])
			count_stage(account, service->id, STAGE_TOTAL, service->times[HOP_IRQ], now);
	}
	if (hop_seen(HOP_ENTER))
		note_ended(service, account, guest);
	stream_unless_masked(service, account, END_COMPLETE);
}

PROGRAM_TWICE("raw_tp/kvm_eoi", eoi, end_of_interrupt(apic, vec, false, second),
	      struct kvm_lapic *apic, int vec)

/*
 * With paravirtual EOI the guest clears a bit in memory, and KVM notices at the vCPU's next VM
 * exit, which may be much later: that is no time of the guest's handler.
 */
PROGRAM_TWICE("raw_tp/kvm_pv_eoi", pv_eoi, end_of_interrupt(apic, vec, true, second),
	      struct kvm_lapic *apic, int vec)

#endif /* IMSTRACE_BPF_INTERRUPTS_H */
