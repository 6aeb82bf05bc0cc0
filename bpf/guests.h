/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From a vCPU to its number, and by that and a guest vector to the interrupts that are
 * pending or in service there.
 *
 * The number is in a hash, whose key takes three reads of kernel memory. That would be the
 * better part of what KVM's hops cost, and also of what every timer interrupt of every
 * other guest costs; so each CPU remembers the vCPUs that it has last dealt with. What is
 * remembered holds for one generation: until a vCPU is added, or is destroyed.
 *
 * Where programs may be preempted (preemption.h), what a CPU remembers may change at any time, under
 * a reader as well as under a writer: who reads it looks at a sequence number before and after, who
 * writes makes it odd, and does without if it is.
 */
#ifndef IMSTRACE_BPF_GUESTS_H
#define IMSTRACE_BPF_GUESTS_H

#include "maps.h"
#include <bpf/bpf_core_read.h>

static __always_inline struct vcpu_key vcpu_key(struct kvm *kvm, __u32 vcpu_id)
{
	return (struct vcpu_key) {
		.kvm = (__u64)kvm,
		.pid = BPF_CORE_READ(kvm, userspace_pid),
		.vcpu_id = vcpu_id,
	};
}

/* The process that a VM belongs to; 0: this kernel does not say. */
static __always_inline __u32 process_of(struct kvm *kvm)
{
	if (!bpf_core_field_exists(struct mm_struct, owner))
		return 0;
	return BPF_CORE_READ(kvm, mm, owner, tgid);
}

/* Gives a vCPU a number; IMSTRACE_NONE: there is none left. */
static __noinline __u32 new_vcpu(const struct vcpu_key *key)
{
	struct vcpu_entry entry, *known;
	struct vcpu_timeline *timeline;

	if (!key)
		return IMSTRACE_NONE;
	if (bpf_map_pop_elem(&free_vcpus, &entry.number)) {
		entry.number = __sync_fetch_and_add(&totals.vcpus, 1);
		if (entry.number >= max_vcpus) {
			__sync_fetch_and_sub(&totals.vcpus, 1);
			return IMSTRACE_NONE;
		}
	}
	timeline = bpf_map_lookup_elem(&vcpu_timelines, &entry.number);
	if (timeline) {
		timeline->state = THREAD_UNKNOWN;
		timeline->since = 0;
		timeline->task = 0;
		timeline->wait.name[0] = '\0';
	}
	entry.process = process_of((struct kvm *)key->kvm);
	if (!bpf_map_update_elem(&vcpus, key, &entry, BPF_NOEXIST)) {
		if (!vcpu_frees_seen)
			bpf_map_update_elem(&vm_processes, &entry.process, &entry.number, BPF_ANY);
		__sync_fetch_and_add(&vcpu_generation, 1);
		return entry.number;
	}
	/* Another CPU was first. */
	bpf_map_push_elem(&free_vcpus, &entry.number, BPF_ANY);
	known = bpf_map_lookup_elem(&vcpus, key);
	return known ? known->number : IMSTRACE_NONE;
}

static __noinline __u32 find_number(struct kvm *kvm, __u32 vcpu_id, bool add)
{
	struct vcpu_key key = vcpu_key(kvm, vcpu_id);
	struct vcpu_entry *known = bpf_map_lookup_elem(&vcpus, &key);

	return known ? known->number : add ? new_vcpu(&key) : IMSTRACE_NONE;
}

static __always_inline struct recent_vcpus *recent_vcpus_of_cpu(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&recent_vcpus, &zero);
}

/* What is remembered now holds for this one. Never 0: nothing is remembered in the beginning. */
static __always_inline __u32 this_generation(void)
{
	return *(volatile __u32 *)&vcpu_generation + 1;
}

/* The local APIC of a vCPU, which has its vCPU's id unless the guest has changed it; 0: not found. */
static __noinline __u64 find_apic(struct kvm *kvm, __u32 vcpu_id)
{
	struct kvm_apic_map *map;
	struct kvm_lapic *apic;

	if (!kvm)
		return 0;
	map = BPF_CORE_READ(kvm, arch.apic_map);
	if (!map || vcpu_id > BPF_CORE_READ(map, max_apic_id))
		return 0;
	if (bpf_probe_read_kernel(&apic, sizeof(apic), (void *)map +
				  bpf_core_field_offset(struct kvm_apic_map, phys_map) +
				  (__u64)vcpu_id * sizeof(apic)) || !apic)
		return 0;
	return (__u32)BPF_CORE_READ(apic, vcpu, vcpu_id) == vcpu_id ? (__u64)apic : 0;
}

/* Whether the guest has switched off the local APIC of @target. */
static __always_inline bool apic_is_off(const struct recent_target *target)
{
	struct kvm_lapic *apic = (struct kvm_lapic *)target->apic;

	return apic && !BPF_CORE_READ(apic, sw_enabled);
}

static __always_inline __u32 read_begin(const struct recent_vcpus *recent)
{
	__u32 sequence = preemptible ? *(volatile __u32 *)&recent->sequence : 0;

	barrier();
	return sequence;
}

/* Whether all that was read since read_begin() is of one piece. */
static __always_inline bool read_end(const struct recent_vcpus *recent, __u32 sequence)
{
	barrier();
	return !preemptible || (!(sequence & 1) && *(volatile __u32 *)&recent->sequence == sequence);
}

/* Whether it may be written; if so, write_end() follows. */
static __always_inline bool write_begin(struct recent_vcpus *recent, __u32 sequence)
{
	return !preemptible || (!(sequence & 1) &&
				__sync_val_compare_and_swap(&recent->sequence, sequence,
							    sequence + 1) == sequence);
}

static __always_inline void write_end(struct recent_vcpus *recent)
{
	barrier();
	if (preemptible)
		*(volatile __u32 *)&recent->sequence += 1;
}

static __always_inline bool is_target(const struct recent_target *target, struct kvm *kvm,
				      __u32 vcpu_id)
{
	return vcpu_frees_seen && target->generation == this_generation() &&
	       target->kvm == (__u64)kvm && target->vcpu_id == vcpu_id;
}

/* The number of the vCPU that an interrupt has gone to. */
static __always_inline __u32 target_number(struct kvm *kvm, __u32 vcpu_id)
{
	struct recent_vcpus *recent = recent_vcpus_of_cpu();
	const struct recent_target *target;
	__u32 sequence, number;

	if (!recent)
		return IMSTRACE_NONE;
	target = &recent->targets[vcpu_id % RECENT_TARGETS];
	sequence = read_begin(recent);
	/* In a process, which the next accept may interrupt: it must not find half a memory. */
	if (is_target(target, kvm, vcpu_id)) {
		number = target->number;
		if (read_end(recent, sequence))
			return number;
	}
	return find_number(kvm, vcpu_id, false);
}

/*
 * The vCPU that an interrupt goes to; one that has not been seen before gets a number. Where programs may
 * be preempted, it is copied to @own.
 */
static __always_inline const struct recent_target *
find_target(struct kvm *kvm, __u32 vcpu_id, struct recent_target *own)
{
	struct recent_vcpus *recent = recent_vcpus_of_cpu();
	__u32 generation = this_generation(), sequence;
	struct recent_target *target, *found;

	if (!recent)
		return NULL;
	target = &recent->targets[vcpu_id % RECENT_TARGETS];
	found = preemptible ? own : target;
	sequence = read_begin(recent);
	if (is_target(target, kvm, vcpu_id)) {
		if (preemptible)
			*own = *target;
		if (read_end(recent, sequence))
			return found;
	}
	found->number = find_number(kvm, vcpu_id, true);
	found->kvm = (__u64)kvm;
	found->vcpu_id = vcpu_id;
	found->apic = find_apic(kvm, vcpu_id);
	/* If it has just been added, this is of the generation before: it is found next time. */
	found->generation = found->number == IMSTRACE_NONE ? 0 : generation;
	if (preemptible && write_begin(recent, sequence)) {
		*target = *own;
		write_end(recent);
	}
	return found;
}

/*
 * The vCPU that this CPU runs, by its address or, where that is not at hand, by that of its
 * local APIC. One without a number is remembered as well: most injections on a host are none
 * of ours.
 */
static __always_inline __u32 running_number(struct kvm_vcpu *vcpu, struct kvm_lapic *apic)
{
	struct recent_vcpus *recent = recent_vcpus_of_cpu();
	__u32 generation = this_generation(), sequence, number;

	if (!recent)
		return IMSTRACE_NONE;
	sequence = read_begin(recent);
	if (vcpu_frees_seen && recent->generation == generation &&
	    (vcpu ? recent->vcpu == (__u64)vcpu : recent->apic == (__u64)apic)) {
		number = recent->number;
		if (read_end(recent, sequence))
			return number;
	}
	if (!vcpu)
		vcpu = BPF_CORE_READ(apic, vcpu);
	number = find_number(BPF_CORE_READ(vcpu, kvm), BPF_CORE_READ(vcpu, vcpu_id), false);
	if (write_begin(recent, sequence)) {
		recent->number = number;
		recent->vcpu = (__u64)vcpu;
		recent->apic = (__u64)BPF_CORE_READ(vcpu, arch.apic);
		recent->generation = generation;
		write_end(recent);
	}
	return number;
}

/*
 * vcpu_load() has registered the vCPU's preempt notifier with the thread that
 * runs it: the one way from a tracepoint without a vcpu argument to the vCPU
 * that needs no map.
 */
static __always_inline struct kvm_vcpu *current_vcpu(void)
{
	struct task_struct *task = bpf_get_current_task_btf(), *replayed;
	struct hlist_node *node = task->preempt_notifiers.first;

	if (replaying) {
		replayed = (struct task_struct *)replayed_task;
		node = BPF_CORE_READ(replayed, preempt_notifiers.first);
	}
	if (!node)
		return NULL;
	return (void *)node - bpf_core_field_offset(struct preempt_notifier, link) -
		bpf_core_field_offset(struct kvm_vcpu, preempt_notifier);
}

/* NULL, for the array has no such element: 0 is no place. */
static __always_inline struct guest_interrupt *guest_at(__u32 place)
{
	__u32 index = place - 1;

	return bpf_map_lookup_elem(&guest_interrupts, &index);
}

/* NULL: it has no place, or there is no room for the vCPU, or nothing is known of it. */
static __always_inline struct guest_interrupt *guest_of(__u32 number, __u32 guest_vector)
{
	struct guest_vectors *vectors = bpf_map_lookup_elem(&guest_vectors, &number);

	return vectors ? guest_at(vectors->places[guest_vector & (GUEST_VECTORS - 1)]) : NULL;
}

/* A place for a guest vector that has none; 0: there is none left. */
static __noinline __u32 add_guest(__u32 number, __u32 guest_vector)
{
	struct guest_vectors *vectors = bpf_map_lookup_elem(&guest_vectors, &number);
	struct guest_interrupt *guest;
	__u32 index, other;

	if (!vectors)
		return 0;
	if (bpf_map_pop_elem(&free_guests, &index)) {
		index = __sync_fetch_and_add(&totals.guests, 1);
		if (index >= max_guests) {
			__sync_fetch_and_sub(&totals.guests, 1);
			return 0;
		}
	}
	guest = guest_at(index + 1);
	if (guest)
		guest->number = number;
	other = __sync_val_compare_and_swap(&vectors->places[guest_vector & (GUEST_VECTORS - 1)], 0,
					    index + 1);
	if (!other)
		return index + 1;
	/* Another CPU was first. */
	bpf_map_push_elem(&free_guests, &index, BPF_ANY);
	return other;
}

/*
 * Another CPU that sees the new state sees what was written before it: on x86 stores are not
 * reordered, so that no locked instruction is needed, only that the compiler doesn't.
 */
static __always_inline void set_state(struct guest_interrupt *guest, enum pending_state state)
{
	barrier();
	*(volatile __u32 *)&guest->state = state;
	barrier();
}

/* The state is PENDING_WRITING. */
static __always_inline void set_pending(struct guest_interrupt *guest,
					const struct imstrace_interrupt *interrupt)
{
	guest->pending = *interrupt;
	guest->late_before = *(volatile __u32 *)&guest->late;
	set_state(guest, PENDING_VALID);
}

/* One of @guest's buffers; NULL can't be, but the verifier does not know. */
static __always_inline struct imstrace_interrupt *buffer_of(struct guest_interrupt *guest,
							    __u32 index)
{
	/*
	 * The compiler must not know that it is at most 3, or it looks for 3 only, which tells
	 * 6.1's verifier nothing; nor compute the address before the check.
	 */
	barrier_var(index);
	if (index >= GUEST_BUFFERS)
		return NULL;
	barrier_var(index);
	return &guest->buffers[index];
}

/* @interrupt has been accepted while another one was pending: see struct guest_interrupt. */
static __always_inline void keep_late(struct guest_interrupt *guest,
				      const struct imstrace_interrupt *interrupt)
{
	__u32 writer = __sync_lock_test_and_set(&guest->writer, WRITER_BUSY), index, late;
	struct imstrace_interrupt *buffer = buffer_of(guest, writer ^ WRITER_FIRST);

	/* Busy: what another CPU accepts at the same moment may stand for both. */
	if (!buffer)
		return;
	*buffer = *interrupt;
	index = writer ^ WRITER_FIRST ^ LATE_FIRST;
	/* Only a writer counts, and there is no other. */
	late = *(volatile __u32 *)&guest->late & ~(LATE_BUFFER | LATE_VALID);
	late = __sync_lock_test_and_set(&guest->late, (late + LATE_COUNT) | LATE_VALID | index);
	__sync_lock_test_and_set(&guest->writer,
				 (late & LATE_BUFFER) ^ LATE_FIRST ^ WRITER_FIRST);
}

/* The late interrupt turns out to be none: it has merged, or its vCPU is gone. */
static __always_inline void drop_late(struct guest_interrupt *guest)
{
	__sync_fetch_and_and(&guest->late, ~LATE_VALID);
}

/* If @guest still has the late interrupt @late, it becomes @guest's service. */
static __always_inline struct imstrace_interrupt *take_late(struct guest_interrupt *guest,
							    __u32 late)
{
	__u32 own = guest->service ^ LATE_FIRST;

	if (!(late & LATE_VALID) ||
	    __sync_val_compare_and_swap(&guest->late, late,
					(late & ~(LATE_BUFFER | LATE_VALID)) | own) != late)
		return NULL;
	guest->service = (late & LATE_BUFFER) ^ LATE_FIRST;
	return buffer_of(guest, guest->service);
}

#define APIC_ISR	0x100
#define APIC_IRR	0x200	/* arch/x86/include/asm/apicdef.h: 32 bits in every 16 bytes */

static __always_inline bool in_irr(struct kvm_vcpu *vcpu, __u32 vec)
{
	void *regs = BPF_CORE_READ(vcpu, arch.apic, regs);
	__u32 word = 0;

	bpf_probe_read_kernel(&word, sizeof(word), regs + APIC_IRR + vec / 32 * 16);
	return word & 1U << vec % 32;
}

#endif /* IMSTRACE_BPF_GUESTS_H */
