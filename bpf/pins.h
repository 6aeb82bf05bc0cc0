/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Lines at the pins of KVM's IOAPIC. A level-triggered one that is up waits there while the guest has its
 * pin masked, or has not ended the interrupt before: KVM delivers it from the thread of the vCPU that writes
 * the EOI or unmasks the pin. If it is still up at its own EOI, KVM delivers it again, for no new signal
 * (kvm_ioapic_update_eoi_one() and ioapic_write_indirect() in arch/x86/kvm/ioapic.c, 6.1 to 7.3). What is
 * resampled KVM may lower instead, by 7.3, when the pin is unmasked: it is raised anew if it is still asserted.
 */
#ifndef IMSTRACE_BPF_PINS_H
#define IMSTRACE_BPF_PINS_H

#include "contexts.h"

/* Of an entry of the IOAPIC's redirection table. */
#define ENTRY_VECTOR	0xff
#define ENTRY_LEVEL	(1U << 15)

static __always_inline struct pin_key pin_key(struct kvm *kvm, __u32 guest_vector, __u32 vcpu)
{
	return (struct pin_key) {
		.kvm = (__u64)kvm, .pid = BPF_CORE_READ(kvm, userspace_pid),
		.guest_vector = guest_vector, .vcpu = vcpu,
	};
}

static __always_inline void note_pin(const struct open_interrupt *open, __u64 entry)
{
	struct pin_key key = pin_key((struct kvm *)open->kvm, entry & ENTRY_VECTOR, open->current.vcpu);
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
	if (__sync_val_compare_and_swap(&deferred->at_pin.state, OPEN_AT_PIN, OPEN_NONE) == OPEN_AT_PIN)
		end_interrupt(&deferred->at_pin.current, END_LINE_UP);
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

static __always_inline struct deferred_interrupts *pin_of(const struct pin_key *key, __u32 *id)
{
	__u32 *known = bpf_map_lookup_elem(&pin_vectors, key);
	struct imstrace_vector *vector;

	if (!known)
		return NULL;
	*id = *known;
	vector = vector_of(*id);
	if (!vector || (vector->kind != KIND_LINE && vector->kind != KIND_IRQFD && vector->kind != KIND_INTX))
		return NULL;
	return bpf_map_lookup_elem(&deferred_interrupts, id);
}

static __always_inline bool take_waiting(struct deferred_interrupts *deferred)
{
	return deferred && __sync_val_compare_and_swap(&deferred->at_pin.state, OPEN_AT_PIN, OPEN_NONE) ==
				   OPEN_AT_PIN;
}

/*
 * The thread of the vCPU that is @running has KVM deliver a level-triggered @vec to @vcpu. NULL: for no new
 * signal.
 */
static __noinline struct open_interrupt *take_from_pin(__u32 context, struct kvm_vcpu *running, __u32 vcpu,
						       __u8 vec)
{
	struct deferred_interrupts *deferred, *before;
	__u32 id, id_before = IMSTRACE_NONE;
	struct imstrace_vector *vector;
	struct open_interrupt *open;
	struct pin_key key;

	if (!running)
		return NULL;
	key = pin_key(BPF_CORE_READ(running, kvm), vec, vcpu);
	before = deferred = pin_of(&key, &id);
	if (!take_waiting(deferred)) {
		/* It may be the first of a line that has been given the guest vector since. */
		id_before = id;
		key.vcpu = IMSTRACE_NONE;
		deferred = pin_of(&key, &id);
		if (!take_waiting(deferred)) {
			vector = before ? vector_of(id_before) : deferred ? vector_of(id) : NULL;
			if (vector)
				__sync_fetch_and_add(&vector->still_up, 1);
			return NULL;
		}
	}
	open = new_in(context);
	if (!open || !deferred)
		return NULL;
	take_over(open, &deferred->at_pin);
	open->state = OPEN_SIGNALLED;
	return open;
}

#endif /* IMSTRACE_BPF_PINS_H */
