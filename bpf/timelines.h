/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where a vCPU is when an interrupt waits for it: from the accept to the VM entry by which the guest would
 * get it, if it has not masked it. Its thread sleeps while the vCPU is halted, until it is woken; it waits
 * for a CPU, because it has just been woken or was preempted; it is on a CPU, and KVM enters the guest.
 *
 * Each vCPU has sums of what its thread has slept and waited: an interrupt's are what they have grown by.
 *
 * Which threads are of vCPUs their preempt notifiers tell, which vcpu_load() registers: there are none
 * while the thread is in user space, where the VMM handles an exit.
 */
#ifndef IMSTRACE_BPF_TIMELINES_H
#define IMSTRACE_BPF_TIMELINES_H

#include "ends.h"
#include "guests.h"
#include "irqfds.h"
#include "places.h"
#include "stages.h"
#include <bpf/bpf_tracing.h>

/* Nothing else is of more waits than the longest one that an interrupt had. */
static __always_inline void end_wait(struct vcpu_timeline *timeline, __u64 now, __u64 passed)
{
	timeline->waited += passed;
	timeline->wait.end = now;
	timeline->wait.ns = passed;
	timeline->waits[timeline->wait_count++ % LATEST_WAITS] = timeline->wait;
	/* Behind whom the next one is, is not known yet. */
	timeline->wait.name[0] = '\0';
	timeline->task = 0;
}

/*
 * It goes on to @state: by itself, or woken while it sleeps, so never two at a time. If nothing has told
 * what it was at before, that is @assumed, since the first accept.
 */
static __always_inline void change_thread(struct vcpu_timeline *timeline, enum thread_state assumed,
					  enum thread_state state)
{
	__u64 now = bpf_ktime_get_ns(), passed = now > timeline->since ? now - timeline->since : 0;
	__u32 was = timeline->state;

	if (was == THREAD_UNKNOWN && timeline->since)
		was = assumed;
	/* Its wake-up was not seen. */
	if (was == THREAD_SLEEPS && state == THREAD_RUNS)
		was = THREAD_WAITS;
	*(volatile __u32 *)&timeline->sequence += 1;
	barrier();
	if (was == THREAD_SLEEPS)
		timeline->slept += passed;
	else if (was == THREAD_WAITS)
		end_wait(timeline, now, passed);
	timeline->state = state;
	timeline->since = now;
	barrier();
	*(volatile __u32 *)&timeline->sequence += 1;
}

/* What the CPU runs that @task is to run on; NULL: @task itself, or that is not known. */
static __always_inline struct task_struct *runs_instead_of(struct task_struct *task)
{
	struct task_struct *running = NULL;

	if (bpf_core_field_exists(task->se.cfs_rq->rq))
		running = BPF_CORE_READ(task, se.cfs_rq, rq, curr);
	return running == task ? NULL : running;
}

/* @task, the thread of @timeline, is about to wait for a CPU that runs @running; NULL: that is not known. */
static __always_inline void note_behind(struct vcpu_timeline *timeline, struct task_struct *task,
					struct task_struct *running)
{
	timeline->wait.name[0] = '\0';
	if (running) {
		timeline->wait.pid = BPF_CORE_READ(running, pid);
		timeline->wait.priority = BPF_CORE_READ(running, prio);
		timeline->wait.policy = BPF_CORE_READ(running, policy);
		BPF_CORE_READ_STR_INTO(&timeline->wait.name, running, comm);
	}
	*(volatile __u64 *)&timeline->task = (__u64)task;
}

/* @interrupt is accepted while the thread of @timeline waits already: another one may have its CPU by now. */
static __noinline void name_running(struct imstrace_interrupt *interrupt, const struct vcpu_timeline *timeline)
{
	struct task_struct *running;
	__u64 task;

	if (!interrupt || !timeline)
		return;
	task = *(const volatile __u64 *)&timeline->task;
	running = task ? runs_instead_of((struct task_struct *)task) : NULL;
	if (!running)
		return;
	interrupt->behind = BPF_CORE_READ(running, pid);
	interrupt->behind_priority = BPF_CORE_READ(running, prio);
	interrupt->behind_policy = BPF_CORE_READ(running, policy);
	BPF_CORE_READ_STR_INTO(&interrupt->behind_name, running, comm);
}

/*
 * Behind whom the longest wait of @interrupt since @from was. If it had begun before, that has been noted at the accept,
 * unless nothing was known then.
 */
static __noinline void name_behind(struct imstrace_interrupt *interrupt, const struct vcpu_timeline *timeline,
				   __u64 from)
{
	const struct vcpu_wait *longest;
	__u32 index = 0;
	__u64 most = 0;

	if (!interrupt || !timeline)
		return;
	for (__u32 i = 0; i < LATEST_WAITS; i++) {
		if (timeline->waits[i].end <= from || timeline->waits[i].ns <= most)
			continue;
		most = timeline->waits[i].ns;
		index = i;
	}
	/* Not a pointer: 6.1's verifier would not know that it is one. */
	longest = &timeline->waits[index % LATEST_WAITS];
	if (!most || (longest->end - longest->ns < from && interrupt->behind_name[0]))
		return;
	interrupt->behind = longest->pid;
	interrupt->behind_priority = longest->priority;
	interrupt->behind_policy = longest->policy;
	__builtin_memcpy(interrupt->behind_name, longest->name, IMSTRACE_TASK_LEN);
	if (!longest->name[0])
		interrupt_forget_behind(interrupt);
}

/* Its waits are known. Not static: see vectors.h. */
__noinline int count_competitor(const struct imstrace_interrupt *interrupt)
{
	struct imstrace_competitor *known, first = {};
	struct imstrace_competitor_key key;

	if (!count_competitors || !interrupt || !interrupt->behind_name[0])
		return 0;
	key.id = interrupt->id;
	key.pid = interrupt->behind;
	known = bpf_map_lookup_elem(&competitors, &key);
	if (!known) {
		first.priority = interrupt->behind_priority;
		first.policy = interrupt->behind_policy;
		if (key.pid)
			__builtin_memcpy(first.name, interrupt->behind_name, IMSTRACE_TASK_LEN);
		else
			__builtin_memcpy(first.name, IDLE_COMPETITOR, sizeof(IDLE_COMPETITOR));
		bpf_map_update_elem(&competitors, &key, &first, BPF_NOEXIST);
		known = bpf_map_lookup_elem(&competitors, &key);
	}
	if (!known) {
		__sync_fetch_and_add(&totals.lost_competitors, 1);
		return 0;
	}
	__sync_fetch_and_add(&known->count, 1);
	__sync_fetch_and_add(&known->ns, interrupt->waited + interrupt->window_waited + interrupt->service_waited);
	return 0;
}

/*
 * What the thread has slept and waited by @now, together with what it is at. Return: whether it is of one
 * piece.
 */
static __always_inline bool read_thread(const struct vcpu_timeline *timeline, __u64 now,
					struct imstrace_interrupt *interrupt)
{
	__u32 sequence = *(volatile __u32 *)&timeline->sequence, state;
	__u64 passed;

	barrier();
	state = timeline->state;
	passed = now > timeline->since ? now - timeline->since : 0;
	interrupt->slept = timeline->slept + (state == THREAD_SLEEPS ? passed : 0);
	interrupt->waited = timeline->waited + (state == THREAD_WAITS ? passed : 0);
	barrier();
	return !(sequence & 1) && *(volatile __u32 *)&timeline->sequence == sequence;
}

/*
 * @interrupt is accepted for vCPU @number. Until its hop enter, @slept and @waited of it are those of the
 * vCPU's thread at the accept.
 */
static __noinline void begin_wait(struct imstrace_interrupt *interrupt, __u32 number)
{
	struct vcpu_timeline *timeline;
	__u64 now;

	if (!interrupt)
		return;
	now = interrupt->times[HOP_ACCEPT];
	timeline = bpf_map_lookup_elem(&vcpu_timelines, &number);
	if (!timeline)
		return;
	if (timeline->state == THREAD_UNKNOWN && !timeline->since)
		timeline->since = now;
	if (timeline->state == THREAD_WAITS)
		name_running(interrupt, timeline);
	/* It changes for some ns, and rarely. A loop would be endless to 6.1's verifier. */
	if (read_thread(timeline, now, interrupt) || read_thread(timeline, now, interrupt) ||
	    read_thread(timeline, now, interrupt))
		return;
	/* More than it will ever have: the interrupt then has neither. */
	interrupt->slept = interrupt->waited = ~0ULL;
}

/* It is pending: the next VM entry is to look at it. */
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
 * @interrupt, accepted by the vCPU of @timeline, is at its hop enter, in the vCPU's thread. Where entries and
 * injections are programs that may be preempted, those of another vCPU may count on this CPU in between.
 */
static __always_inline void pass_enter(struct imstrace_interrupt *interrupt,
				       struct imstrace_account *account,
				       const struct vcpu_timeline *timeline, __u64 now)
{
	/* It runs: nobody changes them. */
	__u64 slept = timeline->slept, waited = timeline->waited, accept = interrupt->times[HOP_ACCEPT];
	/* Another CPU may have accepted it since the clock was read, and CPUs' clocks may differ by some ns. */
	__u64 passed = now > accept ? now - accept : 0;

	slept = slept > interrupt->slept ? slept - interrupt->slept : 0;
	waited = waited > interrupt->waited ? waited - interrupt->waited : 0;
	if (slept > passed)
		slept = passed;
	if (waited > passed - slept)
		waited = passed - slept;
	interrupt->slept = slept;
	interrupt->waited = waited;
	interrupt->times[HOP_ENTER] = accept + passed;
	/* Until it is injected, or delivered by the CPU: see begin_wait(). */
	interrupt->window_waited = interrupt->service_waited = timeline->waited;
	if (waited)
		name_behind(interrupt, timeline, accept);
	else
		interrupt_forget_behind(interrupt);
	if (preemptible)
		__sync_fetch_and_add(&account->hops[HOP_ENTER], 1);
	else
		account->hops[HOP_ENTER]++;
}

/* What the thread of @timeline, which runs, has waited since it had @before, @from the one hop @to the other. */
static __always_inline __u64 waited_since(const struct vcpu_timeline *timeline, __u64 before, __u64 from, __u64 to)
{
	__u64 waited = timeline->waited > before ? timeline->waited - before : 0;
	__u64 passed = to > from ? to - from : 0;

	return waited < passed ? waited : passed;
}

/* A function of its own: what the verifier has to keep apart within one stage is forgotten with it. */
static __noinline void count_part(struct imstrace_account *account, __u32 id, enum imstrace_stage stage,
				  __u64 from, __u64 to)
{
	if (account && stage < STAGE_COUNT)
		count_stage(account, id, stage, from, to);
}

/* The parts of deliver of what has passed the hop enter, and maybe inject. */
static __always_inline void count_parts(const struct imstrace_interrupt *interrupt,
					struct imstrace_account *account)
{
	__u64 enter = interrupt->times[HOP_ENTER], inject = interrupt->times[HOP_INJECT];
	__u64 slept = interrupt->slept, waited = interrupt->waited;
	__u64 later = inject || interrupt->delivered_by ? interrupt->window_waited : 0;
	__u32 id = interrupt->id;

	if (slept)
		count_part(account, id, STAGE_WAKE, 0, slept);
	if (waited + later)
		count_part(account, id, STAGE_RUN, 0, waited + later);
	count_part(account, id, STAGE_ENTER, interrupt->times[HOP_ACCEPT] + slept + waited, enter);
	if (inject > enter + later)
		count_part(account, id, STAGE_WINDOW, enter + later, inject);
}

/* What was pending in @guest is no longer: the VM entry that follows need not look at it. */
static __always_inline void forget_entry(struct vcpu_timeline *timeline, const struct guest_interrupt *guest,
					 __u32 vec)
{
	__u32 *word = &timeline->accepted[vec / 32 % GUEST_VECTOR_WORDS], mask = 1U << vec % 32;

	if (!(*word & mask))
		return;
	__sync_fetch_and_and(word, ~mask);
	/* Another one may have been accepted just before: who accepts sets the state first. */
	if (*(volatile __u32 *)&guest->state != PENDING_NONE)
		__sync_fetch_and_or(word, mask);
}

/* @interrupt, as @vec of @guest's vCPU, is injected, and has passed the hop enter by then. */
static __noinline void note_injected(struct imstrace_interrupt *interrupt, struct imstrace_account *account,
				     const struct guest_interrupt *guest, __u32 vec)
{
	struct vcpu_timeline *timeline;
	__u32 number;

	if (!guest || !interrupt || !account)
		return;
	number = guest->number;
	timeline = bpf_map_lookup_elem(&vcpu_timelines, &number);
	if (!timeline)
		return;
	forget_entry(timeline, guest, vec);
	if (!interrupt->times[HOP_ENTER])
		pass_enter(interrupt, account, timeline, interrupt->times[HOP_INJECT]);
	interrupt->window_waited = waited_since(timeline, interrupt->window_waited, interrupt->times[HOP_ENTER],
						interrupt->times[HOP_INJECT]);
	interrupt->service_waited = hop_seen(HOP_EOI) ? timeline->waited : 0;
	if (interrupt->window_waited > interrupt->waited)
		name_behind(interrupt, timeline, interrupt->times[HOP_ENTER]);
	count_parts(interrupt, account);
	if (!hop_seen(HOP_EOI))
		count_competitor(interrupt);
}

/* @interrupt of @guest's vCPU has come to its end. */
static __noinline void note_ended(struct imstrace_interrupt *interrupt, struct imstrace_account *account,
				  const struct guest_interrupt *guest)
{
	struct vcpu_timeline *timeline;
	__u32 number;
	__u64 waited;

	if (!guest || !interrupt || !account)
		return;
	number = guest->number;
	timeline = bpf_map_lookup_elem(&vcpu_timelines, &number);
	if (!timeline)
		return;
	/* When a paravirtual EOI was is not known. */
	waited = interrupt->eoi_late ? 0 : waited_since(timeline, interrupt->service_waited,
							interrupt->times[HOP_INJECT], interrupt->times[HOP_EOI]);
	interrupt->service_waited = waited;
	if (waited)
		count_part(account, interrupt->id, STAGE_STEAL, 0, waited);
	if (waited > interrupt->waited && waited > interrupt->window_waited)
		name_behind(interrupt, timeline, interrupt->times[HOP_INJECT]);
	count_competitor(interrupt);
}

/* The CPU has delivered @pending: what its vCPU's thread waited from the first entry to the latest one. */
static __always_inline void end_window(struct imstrace_interrupt *pending)
{
	__u64 waited = pending->service_waited > pending->window_waited ?
		       pending->service_waited - pending->window_waited : 0;
	__u64 passed = pending->delivered_after > pending->times[HOP_ENTER] ?
		       pending->delivered_after - pending->times[HOP_ENTER] : 0;

	pending->window_waited = waited < passed ? waited : passed;
}

/*
 * The CPU itself has delivered what is pending in @guest, by @now: since the latest VM entry, or since the accept
 * if there was none. @here: this CPU runs the vCPU. Not static: see vectors.h.
 */
__noinline int note_delivered(struct guest_interrupt *guest, __u64 now, bool here)
{
	struct imstrace_interrupt *pending = guest ? &guest->pending : NULL;
	struct imstrace_account *account = pending ? account_of(pending->id) : NULL;
	__u64 accept;

	if (!account)
		return 0;
	if (here)
		note_place(pending, account);
	if (!hop_seen(HOP_ENTER))
		return 0;
	accept = pending->times[HOP_ACCEPT];
	/* There was no entry, or clocks of two CPUs differ by some ns. */
	if (pending->delivered_after < accept)
		pending->delivered_after = accept;
	pending->delivered_by = now > pending->delivered_after ? now : pending->delivered_after;
	count_part(account, pending->id, STAGE_AT_LEAST, accept, pending->delivered_after);
	count_part(account, pending->id, STAGE_AT_MOST, accept, pending->delivered_by);
	end_window(pending);
	/* Else its vCPU was in guest mode when it was accepted. */
	if (pending->times[HOP_ENTER])
		count_parts(pending, account);
	interrupt_forget_waits(pending);
	count_competitor(pending);
	return 0;
}

struct entered {
	struct vcpu_timeline *timeline;
	__u32 number;
	__u32 word;
	__u64 now;
};

static long look_whether_pending(__u32 index, struct entered *entered)
{
	__u32 word = entered->word % GUEST_VECTOR_WORDS, left = entered->timeline->accepted[word];
	struct imstrace_account *account;
	struct guest_interrupt *guest;
	__u32 bit, mask, vec;

	if (!left)
		return 1;
	bit = histogram_highest_bit(left) % 32;
	mask = 1U << bit;
	vec = word * 32 + bit;
	/* First, so that an accept on another CPU that sets it meanwhile is not forgotten. */
	__sync_fetch_and_and(&entered->timeline->accepted[word], ~mask);
	/* The compiler knows how large it is, and leaves out what would tell 6.1's verifier. */
	barrier_var(vec);
	guest = guest_of(entered->number, vec);
	/* It may be dropped. */
	if (!guest || *(volatile __u32 *)&guest->state < PENDING_VALID)
		return 0;
	if (!guest->pending.times[HOP_ENTER]) {
		account = account_of(guest->pending.id);
		if (account)
			pass_enter(&guest->pending, account, entered->timeline, entered->now);
		guest->pending.delivered_after = guest->pending.times[HOP_ENTER];
	} else if (guest->pending.delivered_after < entered->now) {
		guest->pending.delivered_after = entered->now;
		/* See end_window(). */
		guest->pending.service_waited = entered->timeline->waited;
		if (guest->pending.service_waited > guest->pending.window_waited + guest->pending.waited)
			name_behind(&guest->pending, entered->timeline, guest->pending.times[HOP_ENTER]);
	}
	return 0;
}

/* In the vCPU's thread, interrupts off. */
SEC("raw_tp/kvm_entry")
int BPF_PROG(vcpu_enter, struct kvm_vcpu *vcpu)
{
	struct entered entered = {};
	__u32 any = 0;

	entered.number = running_number(vcpu, NULL);
	entered.timeline = bpf_map_lookup_elem(&vcpu_timelines, &entered.number);
	if (!entered.timeline)
		return 0;
	for (int i = 0; i < GUEST_VECTOR_WORDS; i++)
		any |= entered.timeline->accepted[i];
	if (!any)
		return 0;
	entered.now = bpf_ktime_get_ns();
	for (__u32 word = 0; word < GUEST_VECTOR_WORDS; word++) {
		if (!entered.timeline->accepted[word])
			continue;
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

	/* Also told of a thread that has not got to sleep. */
	if (!timeline || (timeline->state != THREAD_SLEEPS && timeline->state != THREAD_UNKNOWN))
		return 0;
	note_behind(timeline, task, runs_instead_of(task));
	change_thread(timeline, THREAD_SLEEPS, THREAD_WAITS);
	return 0;
}

static __always_inline void thread_runs(struct vcpu_timeline *timeline)
{
	if (timeline)
		change_thread(timeline, THREAD_WAITS, THREAD_RUNS);
}

/* @task gives up its CPU, to sleep or to @next. As task_is_runnable() in linux/sched.h. */
static __always_inline void thread_leaves(struct vcpu_timeline *timeline, struct task_struct *task,
					  struct task_struct *next)
{
	bool runnable;

	if (!timeline)
		return;
	runnable = BPF_CORE_READ_BITFIELD_PROBED(task, on_rq);
	if (runnable && bpf_core_field_exists(task->se.sched_delayed))
		runnable = !BPF_CORE_READ_BITFIELD_PROBED(task, se.sched_delayed);
	if (runnable)
		note_behind(timeline, task, next);
	change_thread(timeline, THREAD_RUNS, runnable ? THREAD_WAITS : THREAD_SLEEPS);
}

SEC("fentry/kvm_sched_in")
int BPF_PROG(sched_in_fentry, struct preempt_notifier *notifier)
{
	thread_runs(totals.vcpus ? timeline_of(notifier) : NULL);
	return 0;
}

SEC("fentry/kvm_sched_out")
int BPF_PROG(sched_out_fentry, struct preempt_notifier *notifier, struct task_struct *next)
{
	thread_leaves(totals.vcpus ? timeline_of(notifier) : NULL, bpf_get_current_task_btf(), next);
	return 0;
}

/*
 * In place of these. Not kprobes: the kernel runs none on a CPU where a thread is within a system call on a map,
 * and imstrace, preempted in one, would keep them from a vCPU's thread.
 */
SEC("raw_tp/sched_switch")
int BPF_PROG(thread_switch, bool preempt, struct task_struct *previous, struct task_struct *next)
{
	if (!totals.vcpus)
		return 0;
	thread_leaves(timeline_of_task(previous), previous, next);
	thread_runs(timeline_of_task(next));
	return 0;
}

#endif /* IMSTRACE_BPF_TIMELINES_H */
