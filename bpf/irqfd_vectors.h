/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From a signalled irqfd to a vector id: that of the device's vector which its eventfd is bound to, or
 * one of its own, of kind KIND_IRQFD. Found by VM and gsi; the slow path, for one that has not been seen
 * since it was assigned, is a walk over the VM's irqfds. Likewise from what an ioctl raises.
 */
#ifndef IMSTRACE_BPF_IRQFD_VECTORS_H
#define IMSTRACE_BPF_IRQFD_VECTORS_H

#include "pins.h"
#include "contexts.h"
#include "steps.h"
#include <bpf/bpf_tracing.h>
#include <linux/ptrace.h>

#define VM_PREFIX	"kvm-"

/* Pointers from here on are errors: include/linux/err.h. */
#define FIRST_ERROR	(-4095UL)

/* As its directory in /sys/kernel/debug/kvm. Without debugfs by the thread that has made it. */
static __always_inline void read_vm_name(char name[IMSTRACE_NAME_LEN], struct kvm *kvm)
{
	struct dentry *dentry = BPF_CORE_READ(kvm, debugfs_dentry);
	__u64 pid = BPF_CORE_READ(kvm, userspace_pid);

	__builtin_memcpy(name, VM_PREFIX, sizeof(VM_PREFIX));
	if (dentry && (__u64)dentry < FIRST_ERROR &&
	    bpf_probe_read_kernel_str(name + sizeof(VM_PREFIX) - 1,
				      IMSTRACE_NAME_LEN - sizeof(VM_PREFIX) + 1,
				      BPF_CORE_READ(dentry, d_name.name)) > 1)
		return;
	BPF_SNPRINTF(name, IMSTRACE_NAME_LEN, VM_PREFIX "%d", pid);
}

/* More irqfds of a VM are not looked at: KVM has 4,096 gsis. */
#define MAX_IRQFDS	4096

struct irqfd_walk {
	struct list_head *head;
	struct list_head *at;
	struct kvm_kernel_irqfd *found;
	__u32 gsi;
};

static long look_at_irqfd(__u32 index, struct irqfd_walk *walk)
{
	struct list_head *at = walk->at;
	struct kvm_kernel_irqfd *irqfd;

	at = BPF_CORE_READ(at, next);
	/* One that has just been taken out points to itself. */
	if (!at || at == walk->head || at == walk->at)
		return 1;
	walk->at = at;
	irqfd = (void *)at - bpf_core_field_offset(struct kvm_kernel_irqfd, list);
	if ((__u32)BPF_CORE_READ(irqfd, gsi) != walk->gsi)
		return 0;
	walk->found = irqfd;
	return 1;
}

/* NULL: KVM is just removing it. The list is not locked: what is read of it may be wrong, not harmful. */
static __always_inline struct kvm_kernel_irqfd *find_irqfd(struct kvm *kvm, __u32 gsi)
{
	struct irqfd_walk walk = {
		.head = __builtin_preserve_access_index(&kvm->irqfds.items), .gsi = gsi,
	};

	walk.at = walk.head;
	bpf_loop(MAX_IRQFDS, look_at_irqfd, &walk, 0);
	return walk.found;
}

/* What an ioctl raises is told from irqfds. Not static: see vectors.h. */
__noinline int tell_ioctl(struct vector_key *key, bool msi)
{
	if (key && msi)
		irq_name_append(key->device, ":msi", sizeof(":msi"));
	else if (key)
		irq_name_append(key->device, ":line", sizeof(":line"));
	return 0;
}

/* A vector that is no device's. @irqfd: NULL if it is none, or not known. */
static __noinline __u32 name_vector_of_vm(struct kvm *kvm, struct kvm_kernel_irqfd *irqfd, __u32 gsi)
{
	struct vector_key key = { .vector = gsi & ~(GSI_OF_MSI | GSI_OF_LINE) };
	__u32 process, id = IMSTRACE_NONE;
	struct imstrace_vector *vector;

	process = process_of(kvm);
	if (only_process && process && process != only_process)
		return IMSTRACE_NONE;
	read_vm_name(key.device, kvm);
	if (gsi & (GSI_OF_MSI | GSI_OF_LINE))
		tell_ioctl(&key, gsi & GSI_OF_MSI);
	id = find_or_add_key(&key);
	vector = vector_of(id);
	if (!vector)
		return IMSTRACE_NONE;
	vector->kind = gsi & GSI_OF_MSI ? KIND_MSI : gsi & GSI_OF_LINE ? KIND_LINE : KIND_IRQFD;
	if (irqfd)
		vector->eventfd_id = BPF_CORE_READ(irqfd, eventfd, id);
	vector->pid = owner_of(kvm);
	return id;
}

/* KVM has not begun to remove it. */
static __always_inline bool is_assigned(struct kvm_kernel_irqfd *irqfd)
{
	return irqfd && BPF_CORE_READ(irqfd, list.next) !=
			__builtin_preserve_access_index(&irqfd->list);
}

/* What has ended before is nothing that its workqueue is about to deliver. */
static __always_inline void bind_irqfd(__u32 id, struct imstrace_vector *vector)
{
	struct deferred_interrupts *deferred = bpf_map_lookup_elem(&deferred_interrupts, &id);

	change_state(vector, STATE_BOUND, 0);
	if (deferred && deferred->queued.state == OPEN_ENDED)
		deferred->queued.state = OPEN_NONE;
}

/* @irqfd: NULL if it is none, or not known. */
static __noinline __u32 add_irqfd(const struct irqfd_key *key, struct kvm_kernel_irqfd *irqfd)
{
	bool by_ioctl = key && key->gsi & (GSI_OF_MSI | GSI_OF_LINE);
	struct imstrace_vector *vector;
	__u32 *of_device = NULL, id;
	struct kvm *kvm;
	__u64 eventfd;

	if (!key)
		return IMSTRACE_NONE;
	kvm = (struct kvm *)key->kvm;
	if (!irqfd && !by_ioctl)
		irqfd = find_irqfd(kvm, key->gsi);
	if (irqfd) {
		eventfd = (__u64)BPF_CORE_READ(irqfd, eventfd);
		of_device = bpf_map_lookup_elem(&eventfd_vectors, &eventfd);
	}
	id = of_device ? *of_device : name_vector_of_vm(kvm, irqfd, key->gsi);
	/* Nothing would tell of the end of what is being removed. */
	if (!by_ioctl && !is_assigned(irqfd))
		return id;
	vector = vector_of(id);
	if (vector) {
		vector->irqfd = (__u64)irqfd;
		if (!of_device)
			bind_irqfd(id, vector);
	}
	bpf_map_update_elem(&irqfd_vectors, key, &id, BPF_ANY);
	return id;
}

/* Read, for of struct kvm an instruction can't reach all: it is over 32 KiB on 6.1. */
static __always_inline struct irqfd_key irqfd_key(struct kvm *kvm, __u32 gsi)
{
	return (struct irqfd_key) {
		.kvm = (__u64)kvm, .pid = BPF_CORE_READ(kvm, userspace_pid), .gsi = gsi,
	};
}

static __always_inline struct irqfd_key key_of_irqfd(struct kvm_kernel_irqfd *irqfd)
{
	return irqfd_key(BPF_CORE_READ(irqfd, kvm), BPF_CORE_READ(irqfd, gsi));
}

static __always_inline __u32 find_or_add_irqfd(const struct irqfd_key *key)
{
	__u32 *id = bpf_map_lookup_elem(&irqfd_vectors, key);

	return id ? *id : add_irqfd(key, NULL);
}

/* KVM lets go of it. Another one of the same gsi is found anew. */
static __always_inline void forget_irqfd(struct work_struct *work)
{
	struct kvm_kernel_irqfd *irqfd =
		(void *)work - bpf_core_field_offset(struct kvm_kernel_irqfd, shutdown);
	struct irqfd_key key = key_of_irqfd(irqfd);
	__u32 *known = bpf_map_lookup_elem(&irqfd_vectors, &key), id;
	struct imstrace_vector *vector;

	if (!known)
		return;
	id = *known;
	bpf_map_delete_elem(&irqfd_vectors, &key);
	vector = vector_of(id);
	if (!vector)
		return;
	lower_pin(id);
	if (vector->kind == KIND_IRQFD) {
		/* Who has signalled it may not signal again. What waits in KVM's workqueue still comes. */
		end_outside(id);
		change_state(vector, 0, STATE_BOUND);
	}
	if (vector->irqfd == (__u64)irqfd)
		vector->irqfd = 0;
}

SEC("fentry/irqfd_shutdown")
int BPF_PROG(shutdown_fentry, struct work_struct *work)
{
	forget_irqfd(work);
	return 0;
}

SEC("kprobe/irqfd_shutdown")
int shutdown_kprobe(struct pt_regs *context)
{
	forget_irqfd((struct work_struct *)PT_REGS_PARM1(context));
	return 0;
}

#endif /* IMSTRACE_BPF_IRQFD_VECTORS_H */
