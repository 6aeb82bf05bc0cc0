/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The VMs of this host, by the files that processes have open: what KVM knows of each, and no file in /proc
 * says. Runs when user space reads it, in the context of that.
 */
#ifndef IMSTRACE_BPF_VMS_H
#define IMSTRACE_BPF_VMS_H

#include "maps.h"
#include <bpf/bpf_core_read.h>

/* What kvm_dev_ioctl_create_vm() calls its file; virt/kvm/kvm_main.c. */
#define VM_FILE		"kvm-vm"

static __always_inline bool is_vm(struct file *file)
{
	/* In one word, which is longer than the name: of a longer one the rest is cut. */
	const char expected[sizeof(__u64)] = VM_FILE;
	__u64 name = 0;

	bpf_probe_read_kernel_str(&name, sizeof(name), BPF_CORE_READ(file, f_path.dentry, d_name.name));
	return name == *(const __u64 *)expected;
}

SEC("iter/task_file")
int tell_vms(struct bpf_iter__task_file *context)
{
	struct task_struct *task = context->task;
	struct file *file = context->file;
	struct imstrace_vm vm = {};
	struct kvm *kvm;

	/* The last time there is none: the end. */
	if (!task || !file || !is_vm(file))
		return 0;
	kvm = BPF_CORE_READ(file, private_data);
	vm.kvm = (__u64)kvm;
	vm.inhibits = BPF_CORE_READ(kvm, arch.apicv_inhibit_reasons);
	vm.pid = BPF_CORE_READ(task, tgid);
	bpf_seq_write(context->meta->seq, &vm, sizeof(vm));
	return 0;
}

#endif /* IMSTRACE_BPF_VMS_H */
