/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Every map of the programs. A vector is known by a small number, its id, which
 * indexes the arrays. What is in the accounts and histograms only ever grows, so that an
 * interval is a plain difference; this holds as well where user space gives the id of a vector
 * that is gone to another one (imstrace serve alone does).
 */
#ifndef IMSTRACE_BPF_MAPS_H
#define IMSTRACE_BPF_MAPS_H

#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <imstrace/histogram.h>
#include <imstrace/in_flight.h>
#include <imstrace/irq_name.h>
#include <imstrace/records.h>

/* Sizes marked 1 are set by user space before loading. */

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct imstrace_vector);
} vectors SEC(".maps");

/* Index: CPU * max_vectors + id; of second programs (preemption.h) as many again, from second_accounts on. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct imstrace_account);
} accounts SEC(".maps");

/* Index: id * STAGE_COUNT + stage. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct imstrace_histogram);
} histograms SEC(".maps");

/* The pool of the histograms' blocks, which are never reused: they stay with their vector id. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct imstrace_block);
} blocks SEC(".maps");

/* The id of a vector, by name; IMSTRACE_NONE: there was no room for it. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct vector_key);
	__type(value, __u32);
} vector_ids SEC(".maps");

/* Ids that user space has given back. */
struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, 1);
	__type(value, __u32);
} free_vectors SEC(".maps");

/*
 * The id + 1 of the vector behind a Linux irq, IRQ_OF_LINES, or 0 if it is none of ours. Debian's
 * NR_IRQS with 8192 CPUs is just above 2^19, and numbers are given out from the
 * bottom.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1 << 19);
	__type(key, __u32);
	__type(value, __u64);
} irq_vectors SEC(".maps");

/* The id of the vector behind an eventfd_ctx: how emulated vectors are found. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u64);
	__type(value, __u32);
} eventfd_vectors SEC(".maps");

/*
 * The id of the vector of the irqfds of a gsi; IMSTRACE_NONE: they are not followed. What does not fit is
 * looked for by name each time.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1 << 16);
	__type(key, struct irqfd_key);
	__type(value, __u32);
} irqfd_vectors SEC(".maps");

/* The id of the INTx line that has given this dev_id to request_irq(). */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, __u32);
} line_vectors SEC(".maps");

/* The id of the level-triggered line whose pin sends a guest vector: the latest one. See pins.h. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct pin_key);
	__type(value, __u32);
} pin_vectors SEC(".maps");

/* By id. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct imstrace_signallers);
} signallers SEC(".maps");

/*
 * Of a name that is given to request_irq(): too large for the stack. One is for where that is called, and
 * one for handlers, which may come in between.
 */
struct irq_name {
	char text[IRQ_NAME_LEN];
	struct vector_key key;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct irq_name);
} irq_names SEC(".maps");

/* Arguments of a call that is under way, for the kretprobe at its end; by task. */
struct kept_call {
	__u64 first;
	__u64 second;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, struct kept_call);
} kept_calls SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct open_interrupt);
} open_interrupts SEC(".maps");

/* By id. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct deferred_interrupts);
} deferred_interrupts SEC(".maps");

/*
 * What each context has signalled last, outside of handlers: see contexts.h. Threads that are no more
 * make room for new ones.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, struct open_interrupt);
} contexts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct vcpu_key);
	__type(value, struct vcpu_entry);
} vcpus SEC(".maps");

/* Processes that have vCPUs, where it is their end that tells of the vCPUs'. The value is unused. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} vm_processes SEC(".maps");

/*
 * Numbers of vCPUs that are gone, to be given out again: the oldest first, for another CPU may
 * be about to use the newest.
 */
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 1);
	__type(value, __u32);
} free_vcpus SEC(".maps");

/* A vCPU that interrupts handled by this CPU go to. */
struct recent_target {
	__u64 kvm;
	__u32 vcpu_id;
	__u32 number;
	__u32 generation;
	__u32 reserved;
	__u64 apic;	/* its struct kvm_lapic, 0: not known */
};

/* By the vCPU's id: enough for the vCPUs that the irqs of one CPU go to. */
#define RECENT_TARGETS	16

/* See guests.h. */
struct recent_vcpus {
	/* If programs may be preempted: odd while one writes. */
	__u32 sequence;
	__u32 reserved;
	/* The one that last ran here. */
	__u64 vcpu;
	__u64 apic;
	__u32 number;
	__u32 generation;
	struct recent_target targets[RECENT_TARGETS];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct recent_vcpus);
} recent_vcpus SEC(".maps");

/* By a vCPU's number. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct guest_vectors);
} guest_vectors SEC(".maps");

/* The pool that all vCPUs share. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct guest_interrupt);
} guest_interrupts SEC(".maps");

/* Indexes of those whose vCPU is gone; the oldest first, as above. */
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 1);
	__type(value, __u32);
} free_guests SEC(".maps");

/* The guest vectors in a new state of a local APIC: too large for the stack of bpf_loop(). */
struct kept_vectors {
	__u32 irr[GUEST_VECTOR_WORDS];
	__u32 isr[GUEST_VECTOR_WORDS];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct kept_vectors);
} kept_vectors SEC(".maps");

/* Processes in whose VM AVIC is inhibited, since imstrace has looked. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, bool);
} inhibited_processes SEC(".maps");

/* Apart, so that a flood of interrupts costs no lifecycle record. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} lifecycle_stream SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 24);
} interrupt_stream SEC(".maps");

/* The guest vectors of a vCPU, by its number, that the CPU has to deliver: see apicv.h. */
struct hardware_vectors {
	__u32 words[GUEST_VECTOR_WORDS];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct hardware_vectors);
} hardware_vectors SEC(".maps");

/*
 * What the thread of a vCPU is doing. UNKNOWN: since the first accept nothing has told; else that is what
 * began before that accept.
 */
enum thread_state { THREAD_UNKNOWN, THREAD_RUNS, THREAD_SLEEPS, THREAD_WAITS };

/* That a vCPU's thread waited for a CPU: until when, how long, and what the CPU ran as it began; @name: if known. */
struct vcpu_wait {
	__u64 end;
	__u64 ns;
	__s32 priority;
	__u32 policy;
	__u32 pid;
	__u32 unused;
	char name[IMSTRACE_TASK_LEN];
};

/* So many are looked at for the longest. */
#define LATEST_WAITS	4

/* Of a vCPU, by its number. */
struct vcpu_timeline {
	__u32 sequence;	/* odd while the next four change */
	__u32 state;	/* enum thread_state */
	__u64 since;	/* when */
	__u64 slept;	/* ns, in all that has ended */
	__u64 waited;	/* likewise */
	__u32 accepted[GUEST_VECTOR_WORDS];	/* guest vectors, since the latest VM entry */
	__u64 task;		/* the thread, while it waits; 0: not known */
	struct vcpu_wait wait;	/* that which goes on, or the latest one */
	__u32 wait_count;
	__u32 unused;
	struct vcpu_wait waits[LATEST_WAITS];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 16384);
	__type(key, struct imstrace_competitor_key);
	__type(value, struct imstrace_competitor);
} competitors SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct vcpu_timeline);
} vcpu_timelines SEC(".maps");

/* Waits are added up in the map above; set by user space before loading. */
const volatile bool count_competitors;

/* The NUMA node of each CPU; written by user space. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} cpu_nodes SEC(".maps");

/* Set by user space before loading. */
const volatile __u32 max_vectors = 1;
const volatile __u32 max_vcpus = 1;
const volatile __u32 max_guests = 1;
const volatile __u32 max_blocks = 1;
const volatile bool stream_interrupts;
/* What happens in kvm.ko is followed; only then is the module known to be there. */
const volatile bool follow_kvm;
/*
 * Where the posted-interrupt requests of a vCPU are: bytes from its struct kvm_vcpu on, with which
 * what kvm-intel has of it begins. 0: there are none.
 */
const volatile __u32 pir_offset;
/*
 * Set by tests/replay alone, whose vCPUs no task runs: current_vcpu() then looks at
 * @replayed_task. False, the verifier removes the branch.
 */
const volatile bool replaying;
/* The kernel may preempt programs at tracepoints: preemption.h. */
const volatile bool preemptible;
const volatile __u32 second_accounts;
/* Irqfds of this process's VMs alone are followed; 0: of all. */
const volatile __u32 only_process;
/* The CPU is AMD's. */
const volatile bool with_avic;

/*
 * Whether interrupts that begin now are followed. Those that have begun are
 * followed to their end, so that no count has a hop without the one before.
 */
bool following;
/* The same for what wakes an irqfd: a little later, for a vector's signal that is not followed does, too. */
bool following_irqfds;
/*
 * The hops that are seen, by enum imstrace_hop: set when it is known which could be
 * attached. An interrupt is over at the last one, and unmatched if an earlier
 * one is the last that it passes.
 */
__u32 seen_hops;
/* The same for the signals of vfio-pci, which have no tracepoint. */
bool pci_signal_seen;
/* vfio-pci is seen to request and free irqs: an eventfd that is known is the right one. */
bool pci_requests_seen;
/*
 * An interrupt has left its handler without a signal, or has been signalled outside of one: signals
 * and accepts outside of handlers may be ours. Until then they are not looked at.
 */
bool any_deferred;
bool any_outside;
/* VMMs are seen to read eventfds; any_user: one of a device's vectors may be among them. */
bool reads_seen;
bool any_user;
/* An INTx line has had its handler entered. */
bool any_lines;
/* A level-triggered line has got to its IOAPIC's pin: accepts of a vCPU's own thread may be its. */
bool any_pins;
/* KVM's workqueue is seen to begin with an irqfd; any_left: it may be one of ours. */
bool queue_seen;
bool any_left;
/* It is seen when a CPU has delivered what APICv or AVIC gave it: VM exits, and where it waits. */
bool delivery_seen;
/* A CPU has had something to deliver: until then VM exits are not looked at. */
bool any_in_hardware;
/* Changes when a vCPU gets a number or is destroyed. */
__u32 vcpu_generation;
/* vCPUs are seen to be destroyed: only then may a CPU remember one by its address. */
bool vcpu_frees_seen;
/* And to register them as bypass producers, which is the last step of a binding. */
bool pci_bypass_seen;
/* The id + 1 of the eventfd with which user space tries whether signals are seen; else 0. */
__u64 verifying;
__u32 verified_signals;
/* Kernel address of the task_struct that stands for the current one, if replaying. */
__u64 replayed_task;
/* What stands for the current context, likewise. */
__u32 replayed_context;
__u32 replayed_process;
struct imstrace_totals totals;

#endif /* IMSTRACE_BPF_MAPS_H */
