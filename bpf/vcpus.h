/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Resets and ends of vCPUs: what is pending or in service there goes no further. Rare; speed is
 * no concern.
 */
#include "interrupts.h"

static long drop_vector(__u32 vector, __u32 *number)
{
	struct guest_interrupt *guest = guest_of(*number, vector);
	struct imstrace_interrupt *service;

	if (!guest)
		return 1;
	if (guest->state == PENDING_VALID) {
		end_unmatched(&guest->pending, HOP_ACCEPT);
		guest->state = PENDING_NONE;
	}
	service = buffer_of(guest, guest->service);
	if (service && guest->service_valid)
		end_unmatched(service, HOP_INJECT);
	guest->service_valid = 0;
	drop_late(guest);
	return 0;
}

/*
 * What is pending or in service in vCPU @number will not go on. By bpf_loop(): of a loop of
 * its own the verifier would follow each of the 256 turns.
 */
static __always_inline void drop_guest(__u32 number)
{
	bpf_loop(GUEST_VECTORS, drop_vector, &number, 0);
}

/* All three functions of KVM have the vCPU as their first argument. */
static __always_inline struct vcpu_key key_of_argument(struct pt_regs *context)
{
	struct kvm_vcpu *vcpu = (struct kvm_vcpu *)PT_REGS_PARM1(context);

	return vcpu_key(BPF_CORE_READ(vcpu, kvm), BPF_CORE_READ(vcpu, vcpu_id));
}

/*
 * kvm_lapic_reset() and kvm_apic_set_state(): a vCPU's local APIC starts anew, at a reset
 * of the VM, or with another VM's state. No tracepoint tells of it.
 */
SEC("kprobe/kvm_lapic_reset")
int vcpu_reset(struct pt_regs *context)
{
	struct vcpu_key key = key_of_argument(context);
	struct vcpu_entry *known = bpf_map_lookup_elem(&vcpus, &key);

	if (known)
		drop_guest(known->number);
	return 0;
}

/* The vCPU is destroyed, and its VM with it: no irqfd is left to signal. */
static __always_inline void forget_vcpu(const struct vcpu_key *key, __u32 number)
{
	drop_guest(number);
	/* Not twice: its number would be given out twice as well. */
	if (bpf_map_delete_elem(&vcpus, key))
		return;
	__sync_fetch_and_add(&vcpu_generation, 1);
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
	if ((__u32)BPF_CORE_READ(task, pid) == process)
		bpf_for_each_map_elem(&vcpus, forget_of_process, &process, 0);
	return 0;
}
