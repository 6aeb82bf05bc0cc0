/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Lines at the pins of KVM's IOAPIC. A level-triggered one that is up waits there while the guest has its
 * pin masked, or has not ended the interrupt before: KVM delivers it from the thread of the vCPU that writes
 * the EOI or unmasks the pin. If it is still up at its own EOI, KVM delivers it again, for no new signal
 * (kvm_ioapic_update_eoi_one() and ioapic_write_indirect() in arch/x86/kvm/ioapic.c, 6.1 to 7.3).
 */
#ifndef IMSTRACE_BPF_PINS_H
#define IMSTRACE_BPF_PINS_H

#include "contexts.h"

/* Of an entry of the IOAPIC's redirection table. */
#define ENTRY_VECTOR	0xff
#define ENTRY_LEVEL	(1U << 15)

static __always_inline void note_pin(const struct open_interrupt *open, __u64 entry)
{
	struct pin_key key = {
		.kvm = open->kvm, .guest_vector = entry & ENTRY_VECTOR, .vcpu = open->current.vcpu,
	};
	__u32 id = open->current.id, *known = bpf_map_lookup_elem(&pin_vectors, &key);

	if (!known || *known != id)
		bpf_map_update_elem(&pin_vectors, &key, &id, BPF_ANY);
	any_pins = true;
}

/* KVM could not deliver @open, whose line stays up: it waits. */
static __always_inline void leave_at_pin(struct open_interrupt *open)
{
	__u32 id = open->current.id;
	struct deferred_interrupts *deferred = bpf_map_lookup_elem(&deferred_interrupts, &id);

	if (!deferred)
		return;
	deferred->at_pin = *open;
	barrier();
	*(volatile __u32 *)&deferred->at_pin.state = OPEN_AT_PIN;
	open->state = OPEN_DONE;
}

/* The line of vector @id is lowered, or is no more: what waited for it is never delivered. */
static __noinline void lower_pin(__u32 id)
{
	struct deferred_interrupts *deferred = bpf_map_lookup_elem(&deferred_interrupts, &id);

	if (deferred && __sync_val_compare_and_swap(&deferred->at_pin.state, OPEN_AT_PIN, OPEN_NONE) ==
				OPEN_AT_PIN)
		end_unaccepted(&deferred->at_pin);
}

/* The thread of the vCPU that is @running has KVM deliver a level-triggered @vec to @vcpu. NULL: for no new signal. */
static __noinline struct open_interrupt *take_from_pin(__u32 context, struct kvm_vcpu *running, __u32 vcpu,
						       __u8 vec)
{
	struct pin_key key = { .guest_vector = vec, .vcpu = vcpu };
	struct deferred_interrupts *deferred;
	struct imstrace_vector *vector;
	struct open_interrupt *open;
	__u32 *id;

	if (!running)
		return NULL;
	key.kvm = (__u64)BPF_CORE_READ(running, kvm);
	id = bpf_map_lookup_elem(&pin_vectors, &key);
	if (!id) {
		key.vcpu = IMSTRACE_NONE;
		id = bpf_map_lookup_elem(&pin_vectors, &key);
	}
	if (!id)
		return NULL;
	deferred = bpf_map_lookup_elem(&deferred_interrupts, id);
	vector = vector_of(*id);
	if (!deferred || !vector)
		return NULL;
	if (__sync_val_compare_and_swap(&deferred->at_pin.state, OPEN_AT_PIN, OPEN_NONE) != OPEN_AT_PIN) {
		__sync_fetch_and_add(&vector->still_up, 1);
		return NULL;
	}
	open = new_in(context);
	if (!open)
		return NULL;
	take_over(open, &deferred->at_pin);
	open->state = OPEN_SIGNALLED;
	return open;
}

#endif /* IMSTRACE_BPF_PINS_H */
