/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Synthesised kernel objects, for BPF programs that read such by their address: in memory
 * of the kernel that this process can write, and laid out as the running kernel's
 * BTF says, kvm.ko's included.
 */
#ifndef IMSTRACE_TESTS_REPLAY_OBJECTS_H
#define IMSTRACE_TESTS_REPLAY_OBJECTS_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

/* X(ENUM, name of the structure) */
#define OBJECT_TYPES(X)				\
	X(DEVICE,	device)			\
	X(EVENTFD,	eventfd_ctx)		\
	X(WAITER,	wait_queue_entry)	\
	X(IRQFD,	kvm_kernel_irqfd)	\
	X(VM,		kvm)			\
	X(VCPU,		kvm_vcpu)		\
	X(LAPIC,	kvm_lapic)		\
	X(TASK,		task_struct)		\
	X(MM,		mm_struct)		\
	X(ACTION,	irqaction)		\
	X(ROUTES,	kvm_irq_routing_table)	\
	X(APIC_MAP,	kvm_apic_map)		\
	X(PRODUCER,	irq_bypass_producer)

/* X(ENUM, type, member): those that the programs look at. */
#define OBJECT_MEMBERS(X)						\
	X(DEVICE_NAME,		DEVICE,		init_name)		\
	X(EVENTFD_WAITERS,	EVENTFD,	wqh.head)		\
	X(EVENTFD_ID,		EVENTFD,	id)			\
	X(WAITER_ENTRY,		WAITER,		entry)			\
	X(IRQFD_VM,		IRQFD,		kvm)			\
	X(IRQFD_ENTRY,		IRQFD,		wait.entry)		\
	X(IRQFD_BEFORE,		IRQFD,		wait.entry.prev)	\
	X(IRQFD_ROUTE_TYPE,	IRQFD,		irq_entry.type)		\
	X(IRQFD_ROUTE_DATA,	IRQFD,		irq_entry.msi.data)	\
	X(IRQFD_EVENTFD,	IRQFD,		eventfd)		\
	X(IRQFD_GSI,		IRQFD,		gsi)			\
	X(IRQFD_WORK,		IRQFD,		inject)			\
	X(IRQFD_WORK_DATA,	IRQFD,		inject.data.counter)	\
	X(VM_PID,		VM,		userspace_pid)		\
	X(VM_MM,		VM,		mm)			\
	X(VM_ROUTES,		VM,		irq_routing)		\
	X(VM_APIC_MAP,		VM,		arch.apic_map)		\
	X(ROUTES_COUNT,		ROUTES,		nr_rt_entries)		\
	X(ROUTES_FIRST,		ROUTES,		map)			\
	X(APIC_MAP_LAST,	APIC_MAP,	max_apic_id)		\
	X(APIC_MAP_FIRST,	APIC_MAP,	phys_map)		\
	X(LAPIC_ENABLED,	LAPIC,		sw_enabled)		\
	X(LAPIC_APICV,		LAPIC,		apicv_active)		\
	X(VCPU_VM,		VCPU,		kvm)			\
	X(VCPU_NOTIFIER,	VCPU,		preempt_notifier.link)	\
	X(VCPU_ID,		VCPU,		vcpu_id)		\
	X(LAPIC_VCPU,		LAPIC,		vcpu)			\
	X(LAPIC_REGISTERS,	LAPIC,		regs)			\
	X(VCPU_LAPIC,		VCPU,		arch.apic)		\
	X(TASK_NOTIFIERS,	TASK,		preempt_notifiers.first) \
	X(TASK_PID,		TASK,		pid)			\
	X(TASK_PROCESS,		TASK,		tgid)			\
	X(TASK_RUNNABLE,	TASK,		on_rq)			\
	X(TASK_PRIORITY,	TASK,		prio)			\
	X(TASK_POLICY,		TASK,		policy)			\
	X(TASK_NAME,		TASK,		comm)			\
	X(MM_OWNER,		MM,		owner)			\
	X(ACTION_DEV_ID,	ACTION,		dev_id)			\
	X(PRODUCER_IRQ,		PRODUCER,	irq)

enum object_type {
#define X(ENUM, name) OBJECT_##ENUM,
	OBJECT_TYPES(X)
#undef X
	OBJECT_TYPE_COUNT
};

enum object_member {
#define X(ENUM, type, member) MEMBER_##ENUM,
	OBJECT_MEMBERS(X)
#undef X
	OBJECT_MEMBER_COUNT
};

struct objects;

/* The address of an object in the kernel; 0: none. */
typedef __u64 object;

/**
 * objects_open - make room for objects
 * @why:	why that is impossible here, if it is
 *
 * Return: NULL if it is impossible.
 */
struct objects *objects_open(const char **why);
void objects_close(struct objects *objects);

/* Bytes of one in this kernel. */
__u32 objects_size(const struct objects *objects, enum object_type type);

/* A new one, all zero. There is room for some thousands; the test ends when it is used up. */
object objects_new(struct objects *objects, enum object_type type);
object objects_new_bytes(struct objects *objects, size_t bytes);
/* With room for @pointers more at its end: its last member is an array of them. */
object objects_new_array(struct objects *objects, enum object_type type, size_t pointers);
object objects_new_string(struct objects *objects, const char *text);

/* In as many bytes as the member has. A structure is its first member, a list's its next. */
void objects_set(struct objects *objects, object of, enum object_member member, __u64 value);

/* The same, of a member that is an array of pointers. */
void objects_set_element(struct objects *objects, object of, enum object_member member, size_t index,
			 __u64 value);

/* Where this process can read and write what is at @address in the kernel. */
void *objects_here(struct objects *objects, object address);

/* The address of a member in the kernel. */
object objects_member(struct objects *objects, object of, enum object_member member);

/* For benchmarks: the map that an object is in, and where in its one element a member is. */
int objects_map(struct objects *objects);
__u32 objects_offset(struct objects *objects, object of, enum object_member member);

/* The member that came with the arguments that kvm_pi_irte_update has since 6.17. */
#define POSTING_MEMBER	"irq_bypass_vcpu"

/*
 * A file with the running kernel's BTF, but without that member: what a kernel before 6.17
 * looks like to CO-RE. Valid until objects_close(); the process ends if that can't be had.
 * NULL: KVM is a module, and libbpf takes no BTF for one.
 */
const char *objects_older_btf(struct objects *objects);

/* Whether the running kernel's structure has that member. */
bool objects_kernel_has(struct objects *objects, const char *type, const char *member);

#endif /* IMSTRACE_TESTS_REPLAY_OBJECTS_H */
