/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Interrupts that the CPU itself delivers: APICv and AVIC. KVM sees neither injection nor EOI
 * of them, but its memory has what waits: a bit in the posted-interrupt requests (PIR, APICv
 * alone) or in the virtual IRR, which the CPU clears when it delivers the interrupt. That
 * a bit is set before the next accept says that the two merge; that both are clear at a later
 * accept or VM exit, that it was delivered.
 *
 * The vCPU's own thread moves bits from the PIR to the IRR, a few ns in which neither has
 * it: an accept on another CPU at that moment takes what waits for delivered.
 */
#ifndef IMSTRACE_BPF_APICV_H
#define IMSTRACE_BPF_APICV_H

#include "preemption.h"
#include "queued.h"
#include "timelines.h"

/* Whether @vec waits in the memory of @vcpu. */
static __always_inline bool is_waiting(struct kvm_vcpu *vcpu, __u32 vec)
{
	const void *requests = (const void *)vcpu + pir_offset;
	__u32 word = 0;

	if (pir_offset)
		bpf_probe_read_kernel(&word, sizeof(word), requests + vec / 32 * sizeof(word));
	return word & 1U << vec % 32 || in_irr(vcpu, vec);
}

/*
 * By @now the CPU has delivered what is pending in @guest in @state. @here: this CPU runs the vCPU. Return:
 * whether that was there.
 */
static __always_inline bool end_delivered(struct guest_interrupt *guest, enum pending_state state, __u64 now,
					  bool here)
{
	if (__sync_val_compare_and_swap(&guest->state, state, PENDING_WRITING) != state)
		return false;
	note_delivered(guest, now, here);
	end_interrupt(&guest->pending, END_HARDWARE);
	return true;
}

/*
 * @open is accepted for @vec of @target, where one is pending that the programs know of. Return:
 * whether the CPU has delivered that one: then @guest is free for @open.
 *
 * APICv and AVIC are switched on and off by the vCPU's thread, out of guest mode. Before it
 * switches them off, the last VM exit has ended what the CPU had delivered: what is left is
 * KVM's to inject. When it switches them on, what KVM had is the CPU's.
 */
static __noinline bool look_at_pending(struct open_interrupt *open, const struct recent_target *target,
				       struct guest_interrupt *guest, __u32 vec)
{
	struct kvm_lapic *apic = target ? (struct kvm_lapic *)target->apic : NULL;
	__u64 now;

	if (!apic || !open || !guest)
		return false;
	if (!BPF_CORE_READ(apic, apicv_active)) {
		__sync_val_compare_and_swap(&guest->state, PENDING_HARDWARE, PENDING_VALID);
		return false;
	}
	open->merged = is_waiting(BPF_CORE_READ(apic, vcpu), vec);
	now = bpf_ktime_get_ns();
	return !open->merged && (end_delivered(guest, PENDING_HARDWARE, now, false) ||
				 end_delivered(guest, PENDING_VALID, now, false));
}

static __always_inline void await_delivery(__u32 number, __u32 vec)
{
	struct hardware_vectors *vectors = bpf_map_lookup_elem(&hardware_vectors, &number);

	any_in_hardware = true;
	if (vectors)
		__sync_fetch_and_or(&vectors->words[vec / 32 % GUEST_VECTOR_WORDS], 1U << vec % 32);
}

/*
 * Fired right after kvm_apic_accept_irq where the CPU delivers the interrupt itself: with
 * APICv (vmx_deliver_interrupt()) or AVIC (svm_complete_interrupt_delivery()), and so
 * for those vCPUs only for which it is not inhibited at that moment. Its bit is set by now.
 */
static __always_inline void accepted_by_hardware(const void *arguments, __u32 apicid, __u8 vec)
{
	struct open_interrupt *open = open_for(this_cpu(), arguments, OPEN_ACCEPTED, vec);
	struct imstrace_account *account;
	struct guest_interrupt *guest;
	__u32 number;

	if (!open || open->current.vcpu != apicid)
		return;
	open->state = OPEN_DONE;
	account = account_of(open->current.id);
	number = target_number((struct kvm *)open->kvm, apicid);
	guest = guest_of(number, vec);
	if (!account || !guest)
		return;
	if (delivery_seen && (!open->coalesced || open->merged)) {
		/* What it has merged with, if with anything, is the CPU's to deliver as well. */
		__sync_val_compare_and_swap(&guest->state, PENDING_VALID, PENDING_HARDWARE);
		await_delivery(number, vec);
		return;
	}
	if (open->coalesced) {
		drop_late(guest);
		open->current.recounted = END_COALESCED;
		__sync_fetch_and_sub(&account->ends[END_COALESCED], 1);
	} else {
		set_state(guest, PENDING_NONE);
	}
	end_counted(&open->current, account, END_HARDWARE);
}

PROGRAM_TWICE("raw_tp/kvm_apicv_accept_irq", apicv_accept, accepted_by_hardware(ctx, apicid, vec),
	      __u32 apicid, __u16 dm, __u16 tm, __u8 vec)

struct exited {
	struct kvm_vcpu *vcpu;
	struct hardware_vectors *vectors;
	__u32 number;
	__u32 word;
	__u64 now;
};

static long look_whether_delivered(__u32 bit, struct exited *exited)
{
	__u32 word = exited->word % GUEST_VECTOR_WORDS, vec = word * 32 + bit % 32;
	__u32 mask = 1U << bit % 32;
	struct guest_interrupt *guest;

	if (!(exited->vectors->words[word] & mask))
		return 0;
	/* First, so that an accept on another CPU that sets it meanwhile is not forgotten. */
	__sync_fetch_and_and(&exited->vectors->words[word], ~mask);
	/* The compiler knows how large it is, and leaves out what would tell 6.1's verifier. */
	barrier_var(vec);
	guest = guest_of(exited->number, vec);
	if (!guest || *(volatile __u32 *)&guest->state != PENDING_HARDWARE)
		return 0;
	if (is_waiting(exited->vcpu, vec)) {
		__sync_fetch_and_or(&exited->vectors->words[word], mask);
		/* It is delivered after that at the earliest. */
		await_entry(exited->number, vec);
	} else if (end_delivered(guest, PENDING_HARDWARE, exited->now, true)) {
		set_state(guest, PENDING_NONE);
	}
	return 0;
}

/*
 * The vCPU has left guest mode: what is in neither place has been delivered since it entered. In
 * its thread, interrupts off.
 */
SEC("raw_tp/kvm_exit")
int BPF_PROG(vcpu_exit, struct kvm_vcpu *vcpu)
{
	struct exited exited = { .vcpu = vcpu };
	__u32 any = 0;

	if (!any_in_hardware)
		return 0;
	exited.number = running_number(vcpu, NULL);
	exited.vectors = bpf_map_lookup_elem(&hardware_vectors, &exited.number);
	if (!exited.vectors)
		return 0;
	for (int i = 0; i < GUEST_VECTOR_WORDS; i++)
		any |= exited.vectors->words[i];
	if (!any)
		return 0;
	exited.now = bpf_ktime_get_ns();
	for (__u32 word = 0; word < GUEST_VECTOR_WORDS; word++) {
		if (!exited.vectors->words[word])
			continue;
		exited.word = word;
		bpf_loop(32, look_whether_delivered, &exited, 0);
	}
	return 0;
}

#endif /* IMSTRACE_BPF_APICV_H */
