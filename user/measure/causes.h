/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why an interrupt took as long as it did: its time, from its first hop to its last, divided completely.
 */
#ifndef IMSTRACE_MEASURE_CAUSES_H
#define IMSTRACE_MEASURE_CAUSES_H

#include <imstrace/records.h>
#include <stddef.h>

/*
 * X(ENUM, name, what it is, what to do, both without a full stop): docs/causes.md has a section for each, in this
 * order, with how it is concluded, and how to check it by hand.
 */
#define IMSTRACE_SLOW_CAUSES(X)								\
	X(PREEMPTED, preempted, "Its vCPU's thread was to run, and its CPU ran other threads",	\
	  "Keep these threads and the vCPU's on different CPUs (taskset, cpusets, isolcpus=), or give the vCPU's "	\
	  "the higher priority (chrt)")							\
	X(IDLE, idle, "Its vCPU's thread was to run on a CPU that was idle, and began late",	\
	  "Keep that CPU out of deep idle states (cpupower idle-set -D 10, or a process that holds "	\
	  "/dev/cpu_dma_latency open), or let the vCPU wait awake (halt_poll_ns of kvm)")	\
	X(WAITED, waited, "Its vCPU's thread was to run, and on no CPU; what ran instead is not known",	\
	  "Look what did (perf sched timehist -p PID)")						\
	X(WAKE, wake, "Its vCPU was halted: until its thread was woken",			\
	  "Let it wait awake for longer (halt_poll_ns of kvm; the module cpuidle_haltpoll in the guest)")	\
	X(EXIT, exit, "KVM or the VMM was at work with an exit of its vCPU, or with entering the guest",	\
	  "Look which exits are long (perf kvm stat live -p PID) and avoid them: a device that the VMM emulates, "	\
	  "memory that is not there yet, timers")					\
	X(GUEST, guest, "Its guest had interrupts off, or took one of a higher priority first",	\
	  "Look in the guest for what keeps interrupts off (the tracer irqsoff, or trace events irq:*)")	\
	X(SERVICE, service, "Its guest's handler, until it ended the interrupt",		\
	  "Look in the guest at that handler (perf record, trace events irq:*), and at exits of its vCPU "	\
	  "(perf kvm stat live -p PID)")						\
	X(HANDLER, handler, "Its handler on the host, until it signalled the eventfd",		\
	  "Look what else its CPU does: other irqs, softirqs, or a thread that the handler runs in; move the irq "	\
	  "(/proc/irq/N/smp_affinity)")							\
	X(SIGNAL, signal, "The way from the eventfd to the guest's local APIC, in KVM",	\
	  "If its mode is irqfd-work or its messages are for several vCPUs, KVM's workqueue has it: have the "	\
	  "guest use MSI, for one vCPU each")						\
	X(DETOUR, detour, "The VMM read the eventfd, and sent the message on by an ioctl",	\
	  "Have the VMM give KVM an irqfd (QEMU: kernel-irqchip=on, and not x-no-kvm-msix=on)")	\
	X(UNMASK, unmask, "Its line stayed masked after the guest had ended the interrupt",	\
	  "Have the device use MSI, and its guest and VMM allow that")				\
	X(UNKNOWN, unknown, "No hop was seen in that time",					\
	  "imstrace check says which hops are not seen here, and why")

enum slow_cause {
#define X(ENUM, ...) SLOW_##ENUM,
	IMSTRACE_SLOW_CAUSES(X)
#undef X
	SLOW_CAUSE_COUNT
};

const char *slow_cause_name(enum slow_cause cause);
const char *slow_cause_what(enum slow_cause cause);
const char *slow_cause_remedy(enum slow_cause cause);

/* How much of interrupt_took(@interrupt) each cause has, in ns: they add up to it. */
void slow_causes(const struct imstrace_interrupt *interrupt, __u64 ns[SLOW_CAUSE_COUNT]);

#endif /* IMSTRACE_MEASURE_CAUSES_H */
