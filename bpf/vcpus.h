/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Resets and ends of vCPUs: what is pending or in service there goes no further. Rare; speed is
 * no concern.
 */
#include "interrupts.h"

/*
 * @kept:	the interrupts that stay when its local APIC gets another state: none, if it is NULL
 * @gone:	the vCPU is destroyed: what it has a place for gives that back
 */
struct dropping {
	__u32 number;
	bool gone;
	const struct kept_vectors *kept;
};

static __always_inline bool in_set(const __u32 set[GUEST_VECTOR_WORDS], __u32 vector)
{
	return set[vector / 32 % GUEST_VECTOR_WORDS] & 1U << vector % 32;
}

static __always_inline void free_place(__u32 number, __u32 vector)
{
	struct guest_vectors *vectors = bpf_map_lookup_elem(&guest_vectors, &number);
	__u32 index;

	if (!vectors)
		return;
	index = __sync_lock_test_and_set(&vectors->places[vector % GUEST_VECTORS], 0) - 1;
	bpf_map_push_elem(&free_guests, &index, BPF_ANY);
}

static long drop_vector(__u32 vector, struct dropping *dropping)
{
	struct guest_interrupt *guest = guest_of(dropping->number, vector);
	const struct kept_vectors *kept = dropping->kept;
	struct imstrace_interrupt *service;

	if (!guest)
		return 0;
	if (!kept || !in_set(kept->irr, vector)) {
		if (guest->state >= PENDING_VALID)
			end_interrupt(&guest->pending, END_DROPPED);
		guest->state = PENDING_NONE;
		drop_late(guest);
	}
	service = buffer_of(guest, guest->service);
	if (!kept || !in_set(kept->isr, vector)) {
		if (service && guest->service_valid)
			end_interrupt(service, END_NO_EOI);
		guest->service_valid = 0;
	}
	if (dropping->gone)
		free_place(dropping->number, vector);
	return 0;
}

/*
 * What is pending or in service in vCPU @number will not go on, but for what @kept says. By
 * bpf_loop(): of a loop of its own the verifier would follow each of the 256 turns.
 */
static __always_inline void drop_guest(__u32 number, const struct kept_vectors *kept, bool gone)
{
	struct dropping dropping = { .number = number, .gone = gone, .kept = kept };

	bpf_loop(GUEST_VECTORS, drop_vector, &dropping, 0);
}

/* All these functions of KVM have the vCPU as their first argument. */
static __always_inline struct vcpu_key key_of_argument(struct pt_regs *context)
{
	struct kvm_vcpu *vcpu = (struct kvm_vcpu *)PT_REGS_PARM1(context);

	return vcpu_key(BPF_CORE_READ(vcpu, kvm), BPF_CORE_READ(vcpu, vcpu_id));
}

/* A vCPU's local APIC starts anew, at a reset of the VM. No tracepoint tells of it. */
SEC("kprobe/kvm_lapic_reset")
int vcpu_reset(struct pt_regs *context)
{
	struct vcpu_key key = key_of_argument(context);
	struct vcpu_entry *known = bpf_map_lookup_elem(&vcpus, &key);

	if (known)
		drop_guest(known->number, NULL, false);
	return 0;
}

/* Where the bits of the IRR and the ISR are in a local APIC: 32 in every 16 bytes. */
static __always_inline void read_set(__u32 set[GUEST_VECTOR_WORDS], const void *from)
{
	for (int i = 0; i < GUEST_VECTOR_WORDS; i++)
		bpf_probe_read_kernel(&set[i], sizeof(set[i]), from + 16 * i);
}

/*
 * It gets another state, as when a VM is migrated or its VMM puts back what it has read: what
 * is in the new IRR and ISR goes on.
 */
SEC("kprobe/kvm_apic_set_state")
int vcpu_state(struct pt_regs *context)
{
	struct vcpu_key key = key_of_argument(context);
	struct vcpu_entry *known = bpf_map_lookup_elem(&vcpus, &key);
	const void *registers = (const void *)PT_REGS_PARM2(context);
	struct kept_vectors *kept;
	__u32 zero = 0;

	kept = bpf_map_lookup_elem(&kept_vectors, &zero);
	if (!known || !kept)
		return 0;
	read_set(kept->irr, registers + APIC_IRR);
	read_set(kept->isr, registers + APIC_ISR);
	drop_guest(known->number, kept, false);
	return 0;
}

/* The vCPU is destroyed, and its VM with it: no irqfd is left to signal. */
static __always_inline void forget_vcpu(const struct vcpu_key *key, __u32 number)
{
	/* Not twice: its number and its places would be given out twice as well. */
	if (bpf_map_delete_elem(&vcpus, key))
		return;
	__sync_fetch_and_add(&vcpu_generation, 1);
	drop_guest(number, NULL, true);
	bpf_map_push_elem(&free_vcpus, &number, BPF_ANY);
}

SEC("kprobe/kvm_free_lapic")
int vcpu_free(struct pt_regs *context)
{
	struct vcpu_key key = key_of_argument(context);
	struct vcpu_entry *known = bpf_map_lookup_elem(&vcpus, &key);

	if (known)
		forget_vcpu(&key, known->number);
	return 0;
}

static long forget_of_process(void *map, struct vcpu_key *key, struct vcpu_entry *entry,
			      const __u32 *process)
{
	struct vcpu_key copy = *key;

	if (entry->process == *process)
		forget_vcpu(&copy, entry->number);
	return 0;
}

/*
 * Where that can't be attached: a process has ended, and its files were closed before, VMs
 * among them. Of a VM that its VMM has closed before its own end it is told only now.
 */
SEC("raw_tp/sched_process_free")
int process_free(struct bpf_raw_tracepoint_args *context)
{
	struct task_struct *task = (struct task_struct *)context->args[0];
	__u32 process = BPF_CORE_READ(task, tgid);

	/* Of a thread that is not the first: the others may go on. The first one is freed last. */
	if ((__u32)BPF_CORE_READ(task, pid) == process &&
	    !bpf_map_delete_elem(&vm_processes, &process))
		bpf_for_each_map_elem(&vcpus, forget_of_process, &process, 0);
	return 0;
}
