/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where a vCPU is when an interrupt waits for it: from the accept to the VM entry by which the guest would get
 * it, if it has not masked it. Its thread sleeps while the vCPU is halted, until it is woken; it waits for
 * a CPU, because it has just been woken or was preempted; it is on a CPU, and KVM enters the guest.
 *
 * Which threads are of vCPUs their preempt notifiers tell, which vcpu_load() registers: there are none while the
 * thread is in user space, where the VMM handles an exit.
 */
#ifndef IMSTRACE_BPF_TIMELINES_H
#define IMSTRACE_BPF_TIMELINES_H

#include "ends.h"
#include "guests.h"
#include "irqfds.h"
#include "stages.h"
#include <bpf/bpf_tracing.h>
#include <linux/ptrace.h>

/* For the next VM entry of vCPU @number to look at: @vec has just been accepted, and is pending. */
static __always_inline void await_entry(__u32 number, __u32 vec)
{
	struct vcpu_timeline *timeline;

	if (!hop_seen(HOP_ENTER))
		return;
	timeline = bpf_map_lookup_elem(&vcpu_timelines, &number);
	if (timeline)
		__sync_fetch_and_or(&timeline->accepted[vec / 32 % GUEST_VECTOR_WORDS], 1U << vec % 32);
}

/*
 * @interrupt, accepted by the vCPU of @timeline, is at its hop enter. Where entries and injections are run by programs
 * that may be preempted, another vCPU's may count on this CPU in between.
 */
static __always_inline void pass_enter(struct imstrace_interrupt *interrupt,
				       struct imstrace_account *account,
				       const struct vcpu_timeline *timeline, __u64 now)
{
	__u64 accepted = interrupt->times[HOP_ACCEPT];
	__u64 running = timeline->running, woken = *(const volatile __u64 *)&timeline->woken;

	if (running > accepted) {
		interrupt->running = running;
		if (woken > accepted && woken <= running)
			interrupt->woken = woken;
	}
	interrupt->times[HOP_ENTER] = now;
	if (preemptible)
		__sync_fetch_and_add(&account->hops[HOP_ENTER], 1);
	else
		account->hops[HOP_ENTER]++;
}

/* Of what has passed the hop enter. */
static __always_inline void count_entry(const struct imstrace_interrupt *interrupt,
					struct imstrace_account *account)
{
	__u64 from = interrupt->times[HOP_ACCEPT];

	if (interrupt->woken) {
		count_stage(account, interrupt->id, STAGE_WAKE, from, interrupt->woken);
		from = interrupt->woken;
	}
	if (interrupt->running) {
		count_stage(account, interrupt->id, STAGE_RUN, from, interrupt->running);
		from = interrupt->running;
	}
	count_stage(account, interrupt->id, STAGE_ENTER, from, interrupt->times[HOP_ENTER]);
}

struct entered {
	struct vcpu_timeline *timeline;
	__u32 number;
	__u32 word;
	__u64 now;
};

static long look_whether_pending(__u32 bit, struct entered *entered)
{
	__u32 word = entered->word % GUEST_VECTOR_WORDS, vec = word * 32 + bit % 32;
	__u32 mask = 1U << bit % 32;
	struct imstrace_account *account;
	struct guest_interrupt *guest;

	if (!(entered->timeline->accepted[word] & mask))
		return 0;
	/* First, so that an accept on another CPU that sets it meanwhile is not forgotten. */
	__sync_fetch_and_and(&entered->timeline->accepted[word], ~mask);
	/* The compiler knows how large it is, and leaves out what would tell 6.1's verifier. */
	barrier_var(vec);
	guest = guest_of(entered->number, vec);
	/* Injected already, mostly. */
	if (!guest || *(volatile __u32 *)&guest->state < PENDING_VALID || guest->pending.times[HOP_ENTER])
		return 0;
	account = account_of(guest->pending.id);
	if (account)
		pass_enter(&guest->pending, account, entered->timeline, entered->now);
	return 0;
}

/* In the vCPU's thread, interrupts off. */
SEC("raw_tp/kvm_entry")
int BPF_PROG(vcpu_enter, struct kvm_vcpu *vcpu)
{
	struct entered entered = {};

	entered.number = running_number(vcpu, NULL);
	entered.timeline = bpf_map_lookup_elem(&vcpu_timelines, &entered.number);
	if (!entered.timeline)
		return 0;
	for (__u32 word = 0; word < GUEST_VECTOR_WORDS; word++) {
		if (!entered.timeline->accepted[word])
			continue;
		if (!entered.now)
			entered.now = bpf_ktime_get_ns();
		entered.word = word;
		bpf_loop(32, look_whether_pending, &entered, 0);
	}
	return 0;
}

/* NULL: of none, or of one that no interrupt that is followed has gone to. */
static __always_inline struct vcpu_timeline *timeline_of(struct preempt_notifier *notifier)
{
	struct kvm_vcpu *vcpu = (void *)notifier - bpf_core_field_offset(struct kvm_vcpu, preempt_notifier);
	__u32 number;

	number = find_number(BPF_CORE_READ(vcpu, kvm), BPF_CORE_READ(vcpu, vcpu_id), false);
	return bpf_map_lookup_elem(&vcpu_timelines, &number);
}

static __always_inline struct vcpu_timeline *timeline_of_task(struct task_struct *task)
{
	struct hlist_node *node = BPF_CORE_READ(task, preempt_notifiers.first);

	return node ? timeline_of((void *)node - bpf_core_field_offset(struct preempt_notifier, link)) : NULL;
}

/* By whoever wakes it, or on the CPU where it is to run; interrupts off. */
SEC("raw_tp/sched_wakeup")
int BPF_PROG(thread_woken, struct task_struct *task)
{
	struct vcpu_timeline *timeline = totals.vcpus ? timeline_of_task(task) : NULL;

	if (timeline)
		timeline->woken = bpf_ktime_get_ns();
	return 0;
}

static __always_inline void note_running(struct vcpu_timeline *timeline)
{
	if (timeline)
		timeline->running = bpf_ktime_get_ns();
}

SEC("fentry/kvm_sched_in")
int BPF_PROG(sched_in_fentry, struct preempt_notifier *notifier)
{
	note_running(totals.vcpus ? timeline_of(notifier) : NULL);
	return 0;
}

SEC("kprobe/kvm_sched_in")
int sched_in_kprobe(struct pt_regs *arguments)
{
	note_running(totals.vcpus ? timeline_of((void *)PT_REGS_PARM1(arguments)) : NULL);
	return 0;
}

SEC("raw_tp/sched_switch")
int BPF_PROG(thread_switch, bool preempt, struct task_struct *previous, struct task_struct *next)
{
	note_running(totals.vcpus ? timeline_of_task(next) : NULL);
	return 0;
}

#endif /* IMSTRACE_BPF_TIMELINES_H */
