/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Replays events through the programs of imstrace itself: each event is a run of the
 * program that the tracepoint would run, by BPF_PROG_TEST_RUN, on a CPU of one's choice.
 * The kernel structures that the programs look into are synthesised (objects.h). So
 * anything can be replayed that a kernel may do, on hardware that it has not.
 *
 * After each event the accounts are held against the equations in records.h, and the
 * test ends where they don't hold.
 */
#ifndef IMSTRACE_TESTS_REPLAY_H
#define IMSTRACE_TESTS_REPLAY_H

#include "../../user/source/source.h"
#include "objects.h"

/* arch/x86/include/asm/apicdef.h */
#define APIC_DM_FIXED	0x000
#define APIC_DM_SMI	0x200
#define APIC_DM_NMI	0x400

/* include/uapi/linux/kvm.h */
#define ROUTE_IRQCHIP	1
#define ROUTE_MSI	2

#define ALL_HOPS	((1U << HOP_COUNT) - 1)

/**
 * struct replay_options - how the programs are loaded
 * @vectors:	room for so many
 * @vcpus:	likewise; 0: as imstrace has it
 * @guests:	likewise of guest vectors of all vCPUs
 * @interrupts:	stream every interrupt
 * @hops:	those that are seen
 * @stream_bytes: size of either stream of records, 0: as imstrace has it
 * @old_posting: as on a kernel before 6.17: kvm_pi_irte_update with other arguments
 * @avic:	as on a CPU of AMD
 * @queue_unseen: as where KVM's workqueue is not seen
 * @process_ends: that vCPUs are destroyed is seen by the ends of their processes alone
 * @delivery_unseen: as where VM exits are not seen
 * @preempted_every: as where programs may be preempted: of so many events that have two programs one
 *		does not run the first; 0: such programs have none
 * @kprobes:	load those at functions too, which can't be run
 * @unchecked:	don't look at the accounts after each event
 * @failed:	told what is wrong with them, and does not return; NULL: abort()
 */
struct replay_options {
	unsigned int vectors;
	unsigned int vcpus;
	unsigned int guests;
	bool interrupts;
	unsigned int hops;
	unsigned int stream_bytes;
	bool old_posting;
	bool avic;
	bool queue_unseen;
	bool process_ends;
	bool delivery_unseen;
	unsigned int preempted_every;
	bool kprobes;
	bool unchecked;
	void (*failed)(const char *what);
};

struct vm {
	object kvm;
	__u32 pid;
	object process;	/* the task_struct of its first thread */
	object apics;	/* its struct kvm_apic_map, of MOST_VCPUS_OF_VM */
	object routes;	/* its struct kvm_irq_routing_table, of MOST_ROUTES */
};

#define MOST_VCPUS_OF_VM	32
#define MOST_ROUTES		4096

struct vcpu {
	const struct vm *vm;
	__u32 id;
	object vcpu;		/* with the posted-interrupt requests (PIR) at its end */
	object lapic;
	object registers;	/* of the APIC, as memory */
};

/**
 * struct vector - a vector of a device, and what stands behind it
 * @device:	its struct device
 * @index:	index in the device's table
 * @irq:	0: an emulated one
 * @slot:	IMS slot
 * @eventfd:	its eventfd_ctx
 * @first_waiter: what the first entry in its list of waiters is at
 * @irqfd:	KVM's kvm_kernel_irqfd, 0: the VMM reads the eventfd itself
 * @routes:	what KVM has of its VM, by the index as gsi
 * @guest_vector: what its MSI route says
 * @id:		its id as the programs know it, when it is bound
 */
struct vector {
	object device;
	__u32 index;
	__u32 irq;
	__u32 slot;
	object eventfd;
	object first_waiter;
	object irqfd;
	object routes;
	__u32 guest_vector;
	__u32 id;
};

struct replay;

/* NULL: it is impossible here, and @why says why. */
struct replay *replay_open(const struct replay_options *options, const char **why);
void replay_close(struct replay *replay);

/* What has been measured so far, as the tool sees it. Its handlers collect what is below. */
struct source *replay_source(struct replay *replay);
struct objects *replay_objects(struct replay *replay);

/* The account of @vector. */
struct imstrace_account replay_account(struct replay *replay, const struct vector *vector);
const struct imstrace_vector *replay_vector(struct replay *replay, const struct vector *vector);

/* How many of @vector are pending in a guest, and in service, in the programs' tables. */
struct in_guest {
	__u64 pending;
	__u64 service;
};
struct in_guest replay_in_guest(struct replay *replay, const struct vector *vector);

/* The records streamed since the last call; valid until the next. */
const struct imstrace_lifecycle *replay_steps(struct replay *replay, size_t *count);
const struct imstrace_interrupt *replay_interrupts(struct replay *replay, size_t *count);

/* The world to replay in. They last as long as the replay. */
object replay_device(struct replay *replay, const char *name);
/* Its name becomes @name, which is not longer than the one that it was made with. */
void replay_rename(struct replay *replay, object device, const char *name);
struct vm replay_vm(struct replay *replay, __u32 pid);
struct vcpu replay_vcpu(struct replay *replay, const struct vm *vm, __u32 id);
/* Another VM, with vCPUs of its own, in the memory of @vm: what a test has of that is now the new one's. */
void replay_make_again(struct replay *replay, struct vm *vm, __u32 pid);

/* An eventfd with KVM's irqfd waiting for it: @vm NULL: with nobody. Not bound yet. */
struct vector replay_new_vector(struct replay *replay, object device, __u32 index, __u32 irq,
				const struct vm *vm, __u32 guest_vector);

/*
 * Whether @guest_vector is in the vCPU's IRR. No event sets it by itself: when KVM does,
 * before or after it tells, is up to the test.
 */
void replay_set_irr(struct replay *replay, const struct vcpu *vcpu, __u32 guest_vector, bool set);

/* The same of its posted-interrupt requests, which kvm-intel has. */
void replay_set_pir(struct replay *replay, const struct vcpu *vcpu, __u32 guest_vector, bool set);

/* Whether its APICv or AVIC is active; at first it is not. */
void replay_set_apicv(struct replay *replay, const struct vcpu *vcpu, bool active);

/* Whether KVM has a route for the vector's irqfd; at first it has. */
void replay_set_route(struct replay *replay, const struct vector *vector, bool set);

/* Whether its irqfd waits for its eventfd; at first it does, if it has one. */
void replay_set_irqfd(struct replay *replay, const struct vector *vector, bool set);

/* Whether the guest has its local APIC switched on; at first it has. */
void replay_set_apic(struct replay *replay, const struct vcpu *vcpu, bool on);

/* Puts another waiter before those of the vector's eventfd. */
void replay_add_waiter(struct replay *replay, struct vector *vector);

/* The events. Those that are not given a CPU happen on CPU 0. */
void replay_bind(struct replay *replay, struct vector *vector, int bypass_ret);
void replay_unbind(struct replay *replay, const struct vector *vector);
void replay_irq(struct replay *replay, int cpu, __u32 irq, object action);
void replay_exit(struct replay *replay, int cpu, __u32 irq);
/* The same, of a handler that leaves the rest to its irq's thread. */
void replay_wake(struct replay *replay, int cpu, __u32 irq);
void replay_signal(struct replay *replay, int cpu, const struct vector *vector,
		   enum imstrace_cause cause);
/*
 * What the events happen in from here on: a thread by its id, or a CPU's interrupts by
 * REPLAY_INTERRUPTS; 0, as at first: a thread of each CPU.
 */
#define REPLAY_INTERRUPTS(cpu)	(1U << 31 | (cpu))
void replay_set_context(struct replay *replay, __u32 context);
/* Whether the events on @cpu interrupt the program at a signal, which the kernel runs only once. */
void replay_interrupt_signal(struct replay *replay, int cpu, bool interrupted);
void replay_accept(struct replay *replay, int cpu, const struct vcpu *vcpu, __u32 mode,
		   __u32 guest_vector);
void replay_apicv_accept(struct replay *replay, int cpu, const struct vcpu *vcpu,
			 __u32 guest_vector);
/* KVM has left the signal to its workqueue, without an event; and the workqueue begins with it. */
void replay_queue(struct replay *replay, const struct vector *vector);
void replay_work(struct replay *replay, int cpu, const struct vector *vector);
/*
 * The workqueue takes the work, without an event; and begins with it, when it may have been queued again.
 */
void replay_dequeue(struct replay *replay, const struct vector *vector);
void replay_work_again(struct replay *replay, int cpu, const struct vector *vector);
void replay_vcpu_exit(struct replay *replay, int cpu, const struct vcpu *vcpu);
/* KVM enters the guest. */
void replay_enter(struct replay *replay, int cpu, const struct vcpu *vcpu);
/*
 * The thread of @vcpu gives up its CPU, to sleep, or because another one, backup/214 under SCHED_FIFO, is to run; is
 * woken; gets a CPU.
 */
void replay_sleep(struct replay *replay, const struct vcpu *vcpu);
void replay_preempt(struct replay *replay, const struct vcpu *vcpu);
void replay_wake_up(struct replay *replay, const struct vcpu *vcpu);
void replay_run(struct replay *replay, const struct vcpu *vcpu);
void replay_inject(struct replay *replay, int cpu, const struct vcpu *vcpu, __u32 guest_vector,
		   bool soft, bool reinjected);
void replay_eoi(struct replay *replay, int cpu, const struct vcpu *vcpu, int guest_vector);
void replay_pv_eoi(struct replay *replay, int cpu, const struct vcpu *vcpu, int guest_vector);
/* The process of @vm ends, and its VM before. */
void replay_process_end(struct replay *replay, const struct vm *vm);
void replay_posting(struct replay *replay, const struct vector *vector, bool set);

/* AVIC of the VM of the process that the events are in the context of. At first it is not inhibited. */
void replay_inhibit(struct replay *replay, __u64 inhibits);
void replay_set_process(struct replay *replay, __u32 process);

/* For benchmarks, which run the programs themselves: the object that they are in. */
struct bpf_object *replay_object(struct replay *replay);
/* The task_struct, and what is in its list of notifiers while it runs @vcpu. */
object replay_task(struct replay *replay);
object replay_notifier(struct replay *replay, const struct vcpu *vcpu);

#endif /* IMSTRACE_TESTS_REPLAY_H */
