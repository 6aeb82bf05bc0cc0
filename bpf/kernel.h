/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The few kernel structures that the programs look into, each reduced to the
 * members they use. CO-RE relocates every access by name against the BTF of
 * the running kernel and of kvm.ko, so that order and size here mean nothing.
 */
#ifndef IMSTRACE_BPF_KERNEL_H
#define IMSTRACE_BPF_KERNEL_H

#include <linux/bpf.h>
#include <stdbool.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct list_head {
	struct list_head *next;
	struct list_head *prev;
};

struct hlist_node {
	struct hlist_node *next;
};

struct hlist_head {
	struct hlist_node *first;
};

struct kobject {
	const char *name;
};

struct device {
	const char *init_name;
	struct kobject kobj;
};

struct pci_dev {
	struct device dev;
};

struct wait_queue_head {
	struct list_head head;
};

struct wait_queue_entry {
	struct list_head entry;
};

/* Private to fs/eventfd.c, but in BTF. */
struct eventfd_ctx {
	struct wait_queue_head wqh;
	int id;
};

struct path {
	struct dentry *dentry;
};

struct file {
	void *private_data;
	struct path f_path;
};

/* What an iterator's program is given. */
struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	struct file *file;
};

struct kiocb {
	struct file *ki_filp;
};

struct preempt_notifier {
	struct hlist_node link;
};

/* What a CPU runs. */
struct rq {
	struct task_struct *curr;
};

struct cfs_rq {
	struct rq *rq;	/* with CONFIG_FAIR_GROUP_SCHED */
};

/* BPF_CORE_READ_BITFIELD_PROBED() alone reads this and on_rq: their sizes differ from kernel to kernel. */
struct sched_entity {
	struct cfs_rq *cfs_rq;	/* of the CPU that it is of, also if it is real-time */
	unsigned char sched_delayed;	/* since 6.12: it sleeps, although it is still on_rq */
};

struct task_struct {
	unsigned char on_rq;
	int prio;
	unsigned int policy;
	char comm[16];
	struct sched_entity se;
	int pid;	/* the thread's */
	int tgid;	/* the process's */
	void *stack;
	unsigned int kasan_depth;	/* with CONFIG_KASAN */
	struct hlist_head preempt_notifiers;
};

struct mm_struct {
	struct task_struct *owner;	/* with CONFIG_MEMCG */
};

struct qstr {
	const unsigned char *name;
};

struct dentry {
	struct qstr d_name;
};

struct irqaction {
	void *dev_id;
	struct task_struct *thread;
	unsigned int flags;
	const char *name;
};

struct irq_bypass_producer {
	void *token;			/* until 6.16 */
	struct eventfd_ctx *eventfd;	/* from then on */
	int irq;
};

/* From here on: kvm.ko. */

struct kvm_apic_map {
	__u32 max_apic_id;
	struct kvm_lapic *phys_map[];	/* by APIC id */
};

struct kvm_arch {
	struct kvm_apic_map *apic_map;
	unsigned long apicv_inhibit_reasons;
};

struct kvm_irq_routing_table {
	__u32 nr_rt_entries;
	struct hlist_head map[];	/* by gsi */
};

struct kvm {
	int userspace_pid;	/* the thread's that made it */
	struct dentry *debugfs_dentry;	/* PID-FD; or an error as a pointer */
	struct mm_struct *mm;
	struct kvm_irq_routing_table *irq_routing;
	struct {
		struct list_head items;
	} irqfds;
	struct kvm_arch arch;
};

struct kvm_kernel_irq_routing_entry {
	__u32 gsi;
	__u32 type;
	struct {
		__u32 data;
	} msi;
};

/* include/uapi/linux/kvm.h. 0: there is none, or there are several. */
#define KVM_IRQ_ROUTING_IRQCHIP	1
#define KVM_IRQ_ROUTING_MSI	2

/* Arguments of ioctls, as KVM has copied them. */
struct kvm_msi {
	__u32 data;
};

struct kvm_irq_level {
	__u32 irq;
	__u32 level;
};

/* Of linux/workqueue.h. */
struct work_struct {
	struct {
		long counter;
	} data;
};

struct kvm_kernel_irqfd {
	struct kvm *kvm;
	struct wait_queue_entry wait;
	struct kvm_kernel_irq_routing_entry irq_entry;
	int gsi;
	struct work_struct inject;
	struct eventfd_ctx *eventfd;
	struct work_struct shutdown;
	struct list_head list;	/* in struct kvm */
	void *resampler;
	struct kvm_vcpu *irq_bypass_vcpu;	/* since 6.17 */
};

struct kvm_lapic {
	bool apicv_active;	/* since 6.0 */
	bool sw_enabled;	/* by its spurious interrupt vector register */
	struct kvm_vcpu *vcpu;
	void *regs;
};

struct kvm_vcpu_arch {
	struct kvm_lapic *apic;
};

struct kvm_vcpu {
	struct kvm *kvm;
	struct preempt_notifier preempt_notifier;
	int vcpu_id;
	struct kvm_vcpu_arch arch;
};

#pragma clang attribute pop

#endif /* IMSTRACE_BPF_KERNEL_H */
