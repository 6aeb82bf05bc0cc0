// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random streams of events, as hardware and KVM may produce them, against an oracle: a model
 * of what a local APIC does, which knows nothing of how the programs work. After each event
 * every account is what the oracle says, and the harness has held it against the equations
 * in records.h; what is read at random points adds up to the summary.
 *
 * The oracle's APIC has an IRR and an ISR bit for a guest vector of a vCPU. KVM takes an
 * interrupt out of the IRR some time before it says so, and other CPUs may set the bit
 * again in between: then the programs take the new interrupt for a merged one
 * until its injection is told. Where APICv is active the CPU takes it out, and nobody says so. Handlers
 * wake threads, and KVM leaves signals to its workqueue.
 */
#include "world.h"

#include "../../user/measure/accounts.h"
#include "../../user/measure/measurement.h"

#define VECTORS		5	/* the last one is emulated */
#define VCPUS		3
#define ROOM		2	/* in the programs, for vCPUs */
#define CPUS		2
#define STEPS		20000
#define READ_EVERY	97

/*
 * A guest vector of a vCPU. What is in the IRR, or taken, may have been counted as merged, and
 * is counted back at its injection.
 */
struct slot {
	bool irr;	/* accepted, and KVM has not taken it */
	bool irr_late;
	bool taken;	/* KVM has, but has not said that it has injected it */
	bool taken_late;
	bool isr;
	/* Of a vCPU whose APICv is active: */
	bool pir;	/* in the posted-interrupt requests */
	bool given;	/* to the CPU, and not seen to be delivered, nor to be KVM's again */
	bool held;	/* KVM had accepted it before APICv was active; likewise */
};

enum where { IDLE, HANDLER, SIGNALLED, ACCEPTED, DONE };

/* What a CPU's hard irq context is at. */
struct cpu {
	enum where where;
	unsigned int vector;
	bool refused;
};

struct simulation {
	struct world *world;
	__u64 seed;
	struct vector vectors[VECTORS];
	bool bound[VECTORS];
	bool apicv[VCPUS];
	bool apic_off[VCPUS];
	bool unrouted[VECTORS];
	bool queued[VECTORS];	/* in KVM's workqueue */
	/*
	 * Signalled by its thread, or taken from KVM's workqueue, and not accepted: how it ends, which is
	 * counted when the same thread has the next one.
	 */
	enum imstrace_end unaccepted[VECTORS], undelivered[VECTORS];
	bool woken[VECTORS];	/* the thread of its irq */
	enum imstrace_end left[VECTORS];	/* how the last that its handler left has ended */
	struct cpu cpus[CPUS];
	struct slot slots[VECTORS][VCPUS];
	unsigned int thirds;	/* accepted while the second was taken, and that not told */
	struct imstrace_account expected[VECTORS];
	struct measurement *measurement;
	struct imstrace_account read[VECTORS];	/* all intervals */
	__u64 stages[VECTORS][STAGE_COUNT];
};

/* splitmix64: the same numbers on every machine. */
static __u64 next(struct simulation *s)
{
	__u64 z = s->seed += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static bool one_in(struct simulation *s, unsigned int times)
{
	return !(next(s) % times);
}

/* Below @count, the lower the likelier: so that much happens in one place. */
static unsigned int pick(struct simulation *s, unsigned int count)
{
	unsigned int a = next(s) % count, b = next(s) % count;

	return a < b ? a : b;
}

static bool is_emulated(unsigned int vector)
{
	return vector == VECTORS - 1;
}

static bool is_handled(const struct simulation *s, unsigned int vector)
{
	for (unsigned int i = 0; i < CPUS; i++)
		if (s->cpus[i].where != IDLE && s->cpus[i].vector == vector)
			return true;
	return false;
}

static bool in_use(const struct simulation *s, unsigned int vector)
{
	return s->queued[vector] || s->woken[vector] || is_handled(s, vector);
}

/* It is given out by the first interrupt for a vCPU: see run_stream(). */
static bool has_room(unsigned int vcpu)
{
	return vcpu < ROOM;
}

static void signal(struct simulation *s, unsigned int at, enum imstrace_cause cause)
{
	struct cpu *cpu = &s->cpus[at];
	unsigned int number = cpu->vector;

	s->expected[number].hops[HOP_SIGNAL]++;
	s->expected[number].ends[END_NO_ROUTE] += s->unrouted[number];
	/* KVM's workqueue finds no route either. */
	cpu->where = !s->unrouted[number] ? SIGNALLED : is_emulated(number) ? IDLE : DONE;
	replay_signal(s->world->replay, at, &s->vectors[number], cause);
}

/* An interrupt begins, by its irq or, if it is emulated, by its signal. */
static void begin(struct simulation *s, unsigned int at)
{
	struct cpu *cpu = &s->cpus[at];
	unsigned int number = pick(s, VECTORS);
	const struct vector *vector = &s->vectors[number];

	if (!s->bound[number] || is_handled(s, number))
		return;
	cpu->vector = number;
	cpu->refused = false;
	if (is_emulated(number)) {
		signal(s, at, CAUSE_EMULATED);
		return;
	}
	cpu->where = HANDLER;
	s->expected[number].hops[HOP_IRQ]++;
	replay_irq(s->world->replay, at, vector->irq, 0);
}

static void leave(struct simulation *s, unsigned int at)
{
	struct cpu *cpu = &s->cpus[at];
	unsigned int number = cpu->vector;
	bool broadcast = cpu->where == SIGNALLED && !cpu->refused && one_in(s, 2);

	if (cpu->where == HANDLER) {
		s->expected[number].ends[END_NO_SIGNAL]++;
		s->left[number] = END_NO_SIGNAL;
	}
	if (broadcast)
		replay_queue(s->world->replay, &s->vectors[number]);
	/* Also where it is queued for an earlier one: KVM queues it once. */
	if (cpu->where == SIGNALLED && !cpu->refused && (broadcast || s->queued[number])) {
		s->expected[number].ends[END_WORK_MERGED] += s->queued[number];
		s->queued[number] = true;
	} else if (cpu->where == SIGNALLED)
		s->expected[number].ends[cpu->refused ? END_REFUSED : END_NOT_ACCEPTED]++;
	cpu->where = IDLE;
	replay_exit(s->world->replay, at, s->vectors[number].irq);
}

/* It leaves the rest to its irq's thread, which may have been woken and not have run yet. */
static void wake(struct simulation *s, unsigned int at)
{
	struct cpu *cpu = &s->cpus[at];
	unsigned int number = cpu->vector;

	if (s->woken[number]) {
		s->expected[number].ends[END_MERGED]++;
		s->left[number] = END_MERGED;
	}
	s->woken[number] = true;
	cpu->where = IDLE;
	replay_wake(s->world->replay, at, s->vectors[number].irq);
}

static bool waits(const struct slot *slot)
{
	return slot->irr || slot->pir;
}

/* The CPU is given one, if it does not merge. What was there before has then been delivered. */
static void give(struct simulation *s, unsigned int vector, struct slot *slot)
{
	struct imstrace_account *expected = &s->expected[vector];

	if (waits(slot))
		expected->ends[END_COALESCED]++;
	else
		expected->ends[END_HARDWARE] += slot->given || slot->held;
	slot->pir = slot->given = true;
	slot->held = false;
}

static void set_waiting(struct simulation *s, unsigned int vector, unsigned int vcpu)
{
	const struct slot *slot = &s->slots[vector][vcpu];
	__u32 guest_vector = s->vectors[vector].guest_vector;

	replay_set_pir(s->world->replay, &s->world->vcpus[vcpu], guest_vector, slot->pir);
	replay_set_irr(s->world->replay, &s->world->vcpus[vcpu], guest_vector, slot->irr);
}

/* An accept on CPU @at of vector @number, of which it is to be: how that is told is @cpu. */
static void accept(struct simulation *s, unsigned int at, struct cpu *cpu)
{
	unsigned int number = cpu->vector, vcpu = pick(s, VCPUS);
	struct imstrace_account *expected = &s->expected[number];
	struct slot *slot = &s->slots[number][vcpu];
	bool by_hardware = s->apicv[vcpu];

	if (s->apic_off[vcpu]) {
		/* Another vCPU that it is for may take it, or none does. */
		cpu->refused = true;
		replay_accept(s->world->replay, at, &s->world->vcpus[vcpu], APIC_DM_FIXED,
			      s->vectors[number].guest_vector);
		return;
	}
	if (one_in(s, 12)) {
		expected->ends[END_NMI]++;
		cpu->where = is_emulated(number) ? IDLE : DONE;
		replay_accept(s->world->replay, at, &s->world->vcpus[vcpu], APIC_DM_NMI,
			      s->vectors[number].guest_vector);
		return;
	}
	expected->hops[HOP_ACCEPT]++;
	cpu->where = ACCEPTED;
	slot->given &= by_hardware;
	if (!has_room(vcpu)) {
		expected->ends[END_LOST]++;
	} else if (by_hardware) {
		/* Said next: it is one call chain, no other CPU's event comes in between. */
		give(s, number, slot);
	} else if (slot->irr) {
		/* It has merged. One that was counted so and was not makes up for it. */
		if (slot->irr_late && !slot->taken)
			slot->irr_late = false;
		else
			expected->ends[END_COALESCED]++;
		/* Of the two that are on their way, the one is as good as the other. */
		if (slot->taken_late) {
			slot->taken_late = false;
			slot->irr_late = true;
		}
	} else {
		slot->irr = true;
		s->thirds += slot->taken_late;
		/* Only one that the programs know to be pending can seem to take it up. */
		slot->irr_late = slot->taken && !slot->taken_late;
		expected->ends[END_COALESCED] += slot->irr_late;
	}
	replay_accept(s->world->replay, at, &s->world->vcpus[vcpu], APIC_DM_FIXED,
		      s->vectors[number].guest_vector);
	set_waiting(s, number, vcpu);
	if (by_hardware)
		replay_apicv_accept(s->world->replay, at, &s->world->vcpus[vcpu],
				    s->vectors[number].guest_vector);
	/* No exit of a handler ends it. */
	if (is_emulated(number))
		cpu->where = IDLE;
}

/* Something of which nothing must be counted. */
static void disturb(struct simulation *s, unsigned int at)
{
	struct replay *replay = s->world->replay;
	const struct vcpu *vcpu = &s->world->vcpus[next(s) % VCPUS];

	switch (next(s) % 4) {
	case 0:
		replay_irq(replay, at, WORLD_FOREIGN_IRQ, 0);
		replay_exit(replay, at, WORLD_FOREIGN_IRQ);
		break;
	case 1:
		replay_inject(replay, at, vcpu, WORLD_FOREIGN_VECTOR, false, false);
		replay_eoi(replay, at, vcpu, WORLD_FOREIGN_VECTOR);
		break;
	case 2:
		replay_eoi(replay, at, vcpu, -1);
		break;
	case 3:
		replay_accept(replay, at, vcpu, APIC_DM_FIXED, WORLD_FOREIGN_VECTOR);
		break;
	}
}

/* What a CPU does in hard irq context. */
static void handle(struct simulation *s, unsigned int at)
{
	struct cpu *cpu = &s->cpus[at];

	if (one_in(s, 8)) {
		disturb(s, at);
		return;
	}
	switch (cpu->where) {
	case IDLE:
		begin(s, at);
		break;
	case HANDLER:
		if (one_in(s, 10)) {
			leave(s, at);
			break;
		}
		if (one_in(s, 5)) {
			wake(s, at);
			break;
		}
		signal(s, at, CAUSE_IRQ);
		break;
	case SIGNALLED:
		/* An emulated one that is not accepted is noticed later: not here. */
		if (one_in(s, 6) && !is_emulated(cpu->vector))
			leave(s, at);
		else
			accept(s, at, cpu);
		break;
	case ACCEPTED:
	case DONE:
		leave(s, at);
		break;
	}
}

static bool vcpu_has_taken(const struct simulation *s, unsigned int vcpu)
{
	for (unsigned int i = 0; i < VECTORS; i++)
		if (s->slots[i][vcpu].taken)
			return true;
	return false;
}

static void inject(struct simulation *s, unsigned int at, unsigned int vector, unsigned int vcpu)
{
	struct slot *slot = &s->slots[vector][vcpu];
	struct imstrace_account *expected = &s->expected[vector];
	struct world *world = s->world;
	__u32 guest_vector = s->vectors[vector].guest_vector;

	slot->taken = false;
	/* The EOI of the one before has not been told. */
	expected->ends[END_NO_EOI] += slot->isr;
	slot->isr = true;
	/* It is now known to be one of its own. */
	expected->ends[END_COALESCED] -= slot->taken_late;
	slot->taken_late = false;
	expected->hops[HOP_INJECT]++;
	/* No VM entry is replayed: it enters as it is injected. */
	expected->hops[HOP_ENTER]++;
	replay_inject(world->replay, at, &world->vcpus[vcpu], guest_vector, false, false);
	if (one_in(s, 10))
		replay_inject(world->replay, at, &world->vcpus[vcpu], guest_vector, false, true);
}

static void end(struct simulation *s, unsigned int at, unsigned int vector, unsigned int vcpu)
{
	struct world *world = s->world;
	__u32 guest_vector = s->vectors[vector].guest_vector;

	s->slots[vector][vcpu].isr = false;
	s->expected[vector].hops[HOP_EOI]++;
	if (one_in(s, 3)) {
		s->expected[vector].late_eois++;
		replay_pv_eoi(world->replay, at, &world->vcpus[vcpu], guest_vector);
	} else
		replay_eoi(world->replay, at, &world->vcpus[vcpu], guest_vector);
}

/* What a thread has signalled, and no local APIC has accepted. */
static void end_unaccepted(struct simulation *s, unsigned int vector)
{
	enum imstrace_end end = s->unaccepted[vector];

	/* KVM's workqueue has it, together with an earlier one. */
	if (end == END_NOT_ACCEPTED && s->queued[vector])
		end = END_WORK_MERGED;
	s->expected[vector].ends[end] += end != END_COMPLETE;
	s->unaccepted[vector] = END_COMPLETE;
}

static void end_undelivered(struct simulation *s, unsigned int vector)
{
	s->expected[vector].ends[s->undelivered[vector]] += s->undelivered[vector] != END_COMPLETE;
	s->undelivered[vector] = END_COMPLETE;
}

/* Return: how it ends if it is not accepted. */
static enum imstrace_end accept_in_thread(struct simulation *s, unsigned int at, unsigned int vector)
{
	struct cpu thread = { .where = SIGNALLED, .vector = vector };

	if (!one_in(s, 10))
		accept(s, at, &thread);
	return thread.where != SIGNALLED ? END_COMPLETE :
	       thread.refused ? END_REFUSED : END_NOT_ACCEPTED;
}

/* Threads of irqs and of the workqueue: here each vector has its own of either. */
#define IRQ_THREAD	2000
#define QUEUE_THREAD	3000

/*
 * The thread of an irq signals, for all irqs that have woken it; or a softirq does, for the last that
 * its handler has left. Of none of these nothing is counted.
 */
static void run_thread(struct simulation *s, unsigned int at, unsigned int vector)
{
	struct imstrace_account *expected = &s->expected[vector];
	bool of_none = !s->woken[vector] && s->left[vector] == END_COMPLETE;

	if (!of_none) {
		end_unaccepted(s, vector);
		if (!s->woken[vector]) {
			expected->ends[s->left[vector]]--;
			s->left[vector] = END_COMPLETE;
		}
		s->woken[vector] = false;
		expected->hops[HOP_SIGNAL]++;
		expected->deferred++;
		expected->ends[END_NO_ROUTE] += s->unrouted[vector];
	}
	replay_set_context(s->world->replay, IRQ_THREAD + vector);
	replay_signal(s->world->replay, at, &s->vectors[vector], CAUSE_IRQ);
	if (!of_none && !s->unrouted[vector])
		s->unaccepted[vector] = accept_in_thread(s, at, vector);
	replay_set_context(s->world->replay, 0);
}

/* The workqueue's thread, on a CPU that is in no handler. */
static void run_queue(struct simulation *s, unsigned int at, unsigned int vector)
{
	end_unaccepted(s, vector);
	end_undelivered(s, vector);
	s->queued[vector] = false;
	replay_set_context(s->world->replay, QUEUE_THREAD + vector);
	replay_work(s->world->replay, at, &s->vectors[vector]);
	s->expected[vector].ends[END_NO_ROUTE] += s->unrouted[vector];
	if (!s->unrouted[vector])
		s->undelivered[vector] = accept_in_thread(s, at, vector);
	replay_set_context(s->world->replay, 0);
}

/* What has been delivered is seen when the vCPU leaves guest mode. */
static void leave_guest(struct simulation *s, unsigned int at, unsigned int vcpu)
{
	for (unsigned int i = 0; i < VECTORS; i++) {
		struct slot *slot = &s->slots[i][vcpu];

		if (waits(slot) || !slot->given)
			continue;
		s->expected[i].ends[END_HARDWARE]++;
		slot->given = false;
	}
	replay_vcpu_exit(s->world->replay, at, &s->world->vcpus[vcpu]);
}

/* What the CPU does with what it was given: all in two steps, with VM exits at any time. */
static void run_hardware(struct simulation *s, unsigned int at, unsigned int vector,
			 unsigned int vcpu)
{
	struct slot *slot = &s->slots[vector][vcpu];

	if (one_in(s, 3)) {
		leave_guest(s, at, vcpu);
		return;
	}
	slot->irr = slot->pir;
	slot->pir = false;
	set_waiting(s, vector, vcpu);
}

/* What a vCPU's thread does, on a CPU that is in no handler. */
static void run_guest(struct simulation *s, unsigned int at)
{
	unsigned int vector = pick(s, VECTORS), vcpu = pick(s, ROOM);
	struct slot *slot = &s->slots[vector][vcpu];

	if (s->queued[vector] && one_in(s, 3)) {
		run_queue(s, at, vector);
		return;
	}
	if (s->bound[vector] && !is_emulated(vector) && one_in(s, s->woken[vector] ? 3 : 20)) {
		run_thread(s, at, vector);
		return;
	}
	if (s->apicv[vcpu] && slot->isr && one_in(s, 2)) {
		/* It was injected before APICv was active. */
		end(s, at, vector, vcpu);
		return;
	}
	if (s->apicv[vcpu]) {
		run_hardware(s, at, vector, vcpu);
		return;
	}
	if (slot->taken)
		inject(s, at, vector, vcpu);
	else if (slot->isr && !one_in(s, 4))
		end(s, at, vector, vcpu);
	else if (slot->irr && (!slot->isr || one_in(s, 3)) && !vcpu_has_taken(s, vcpu)) {
		slot->irr = slot->given = false;
		slot->taken = true;
		slot->taken_late = slot->irr_late;
		slot->irr_late = false;
		replay_set_irr(s->world->replay, &s->world->vcpus[vcpu],
			       s->vectors[vector].guest_vector, false);
	}
}

static void toggle_apic(struct simulation *s)
{
	unsigned int vcpu = next(s) % VCPUS;

	s->apic_off[vcpu] = one_in(s, 5);
	replay_set_apic(s->world->replay, &s->world->vcpus[vcpu], !s->apic_off[vcpu]);
}

static void toggle_route(struct simulation *s)
{
	unsigned int vector = next(s) % VECTORS;

	s->unrouted[vector] = one_in(s, 5);
	replay_set_route(s->world->replay, &s->vectors[vector], !s->unrouted[vector]);
}

/*
 * In the vCPU's thread, which takes nothing meanwhile. Two things the programs can't know: that
 * what seemed to have merged is not KVM's to inject any more, and that the CPU has delivered
 * what it was not given.
 */
static void toggle_apicv(struct simulation *s, unsigned int at)
{
	unsigned int vcpu = next(s) % VCPUS;

	for (unsigned int i = 0; i < VECTORS; i++) {
		const struct slot *slot = &s->slots[i][vcpu];

		if (slot->taken || slot->irr_late || (slot->held && !waits(slot)))
			return;
	}
	if (s->apicv[vcpu])
		leave_guest(s, at, vcpu);
	for (unsigned int i = 0; i < VECTORS; i++) {
		struct slot *slot = &s->slots[i][vcpu];

		slot->held = slot->irr && !slot->given && !s->apicv[vcpu];
		slot->irr |= slot->pir;
		slot->pir = false;
		set_waiting(s, i, vcpu);
	}
	s->apicv[vcpu] = !s->apicv[vcpu];
	replay_set_apicv(s->world->replay, &s->world->vcpus[vcpu], s->apicv[vcpu]);
}

/* Unbound and bound again, under an irq number that another vector may have had. */
static void rebind(struct simulation *s)
{
	unsigned int vector = next(s) % VECTORS, irq;

	if (in_use(s, vector))
		return;
	if (s->bound[vector]) {
		replay_unbind(s->world->replay, &s->vectors[vector]);
		end_unaccepted(s, vector);
		end_undelivered(s, vector);
		s->bound[vector] = false;
		return;
	}
	if (!is_emulated(vector)) {
		irq = WORLD_IRQ + next(s) % (VECTORS + 1);
		for (unsigned int i = 0; i < VECTORS; i++)
			if (s->bound[i] && s->vectors[i].irq == irq)
				return;
		s->vectors[vector].irq = irq;
	}
	replay_bind(s->world->replay, &s->vectors[vector], one_in(s, 5) ? -22 : 0);
	s->bound[vector] = true;
}

static void read_interval(struct simulation *s)
{
	struct source *source = replay_source(s->world->replay);
	const struct figures *report = measurement_interval(s->measurement, source->now(source));

	for (size_t i = 0; i < report->count; i++) {
		const struct vector_figures *vector = &report->vectors[i];

		account_add(&s->read[vector->vector.vector], &vector->account);
		for (unsigned int stage = 0; stage < STAGE_COUNT; stage++)
			s->stages[vector->vector.vector][stage] += vector->stages[stage].count;
	}
}

/* All but the sums of times, which no oracle knows, and on which CPU each was signalled, which this one does not. */
static void assert_same(const struct simulation *s, unsigned int step, unsigned int vector,
			const char *what, struct imstrace_account actual)
{
	struct imstrace_account expected = s->expected[vector];

	memset(actual.sums, 0, sizeof(actual.sums));
	assert_true(actual.other_cpu <= actual.hops[HOP_INJECT] + actual.ends[END_HARDWARE]);
	actual.lost_records = actual.other_cpu = actual.other_node = 0;
	if (!memcmp(&actual, &expected, sizeof(actual)))
		return;
	for (size_t i = 0; i < sizeof(actual) / sizeof(__u64); i++)
		if (((__u64 *)&actual)[i] != ((__u64 *)&expected)[i])
			fail_msg("step %u, vector %u, %s: word %zu is %llu, not %llu", step, vector,
				 what, i, ((__u64 *)&actual)[i], ((__u64 *)&expected)[i]);
}

static void assert_summary(struct simulation *s)
{
	const struct figures *report;

	read_interval(s);
	report = measurement_summary(s->measurement);
	assert_int_equal(report->count, VECTORS);
	for (unsigned int i = 0; i < VECTORS; i++) {
		const struct imstrace_account *expected = &s->expected[i];
		const struct vector_figures *vector = &report->vectors[i];
		bool has_irq = !is_emulated(i);
		const __u64 counts[STAGE_COUNT] = {
			[STAGE_HANDLER] = has_irq ? expected->hops[HOP_SIGNAL] : 0,
			[STAGE_IRQFD] = expected->hops[HOP_ACCEPT],
			[STAGE_DELIVER] = expected->hops[HOP_INJECT],
			[STAGE_ENTER] = expected->hops[HOP_INJECT],
			[STAGE_SERVICE] = expected->hops[HOP_EOI] - expected->late_eois,
			[STAGE_DELIVERY] = has_irq ? expected->hops[HOP_INJECT] : 0,
			[STAGE_TOTAL] = has_irq ? expected->hops[HOP_EOI] - expected->late_eois : 0,
			[STAGE_AT_LEAST] = expected->ends[END_HARDWARE],
			[STAGE_AT_MOST] = expected->ends[END_HARDWARE],
		};

		assert_int_equal(vector->vector.vector, i);
		assert_same(s, STEPS, i, "summary", vector->account);
		assert_same(s, STEPS, i, "sum of the intervals", s->read[i]);
		assert_memory_equal(vector->account.sums, s->read[i].sums,
				    sizeof(vector->account.sums));
		for (unsigned int stage = 0; stage < STAGE_COUNT; stage++) {
			assert_int_equal(vector->stages[stage].count, counts[stage]);
			assert_int_equal(s->stages[i][stage], counts[stage]);
		}
	}
}

/* A stream in which one of these never happens has shown nothing of it. */
static void assert_all_happened(const struct simulation *s)
{
	static const enum imstrace_end ends[] = {
		END_COALESCED, END_HARDWARE, END_NMI, END_NO_SIGNAL, END_NO_ROUTE,
		END_NOT_ACCEPTED, END_REFUSED, END_NO_EOI, END_LOST, END_WORK_MERGED,
		END_MERGED,
	};
	struct imstrace_account sum = { 0 };

	for (unsigned int i = 0; i < VECTORS; i++)
		account_add(&sum, &s->expected[i]);
	/* None of them is a line, which has one hop more. */
	for (unsigned int hop = 0; hop <= HOP_EOI; hop++)
		assert_true(sum.hops[hop] > STEPS / 80);
	assert_true(s->thirds > 0);
	assert_true(sum.deferred > 0);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		assert_true(sum.ends[ends[i]] > 0);
}

/* @preempted_every: see struct replay_options. */
static void run_stream(__u64 seed, unsigned int preempted_every)
{
	static const struct vector_filter any;
	struct replay_options options = world_options();
	struct simulation *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	options.vcpus = ROOM;
	options.interrupts = false;
	options.preempted_every = preempted_every;
	s->seed = seed;
	s->world = world_new(&options);
	s->measurement = measurement_new(replay_source(s->world->replay), &any);
	assert_non_null(s->measurement);
	for (unsigned int i = 0; i < VECTORS; i++) {
		s->vectors[i] = replay_new_vector(s->world->replay, s->world->device, i,
						  is_emulated(i) ? 0 : WORLD_IRQ + i, &s->world->vm,
						  WORLD_VECTOR + i);
		replay_bind(s->world->replay, &s->vectors[i], 0);
		s->bound[i] = true;
	}
	/* Room is given out by the first interrupt: to these. */
	for (unsigned int i = 0; i < ROOM; i++) {
		world_accept(s->world, &s->vectors[0], &s->world->vcpus[i]);
		world_serve(s->world, &s->vectors[0], &s->world->vcpus[i]);
	}
	for (unsigned int hop = 0; hop <= HOP_EOI; hop++)
		s->expected[0].hops[hop] = ROOM;

	for (unsigned int step = 0; step < STEPS; step++) {
		unsigned int at = next(s) % CPUS;

		if (one_in(s, 50))
			rebind(s);
		else if (one_in(s, 50))
			toggle_apicv(s, at);
		else if (one_in(s, 60))
			toggle_apic(s);
		else if (one_in(s, 60))
			toggle_route(s);
		else if (s->cpus[at].where != IDLE || one_in(s, 3))
			handle(s, at);
		else
			run_guest(s, at);
		for (unsigned int i = 0; i < VECTORS; i++)
			assert_same(s, step, i, "account",
				    replay_account(s->world->replay, &s->vectors[i]));
		if (one_in(s, READ_EVERY))
			read_interval(s);
	}
	assert_summary(s);
	assert_all_happened(s);
	assert_true(!replay_source(s->world->replay)->totals->second_runs == !preempted_every);
	measurement_free(s->measurement);
	world_free(s->world);
	free(s);
}

/* Numbers as good as any others; and how many first programs are not run. */
#define SEEDS(X)	X(1, 0) X(2, 0) X(3, 0) X(5, 0) X(6, 0) X(7, 2) X(8, 3)

#define X(number, preempted_every)			\
static void stream_##number(void **state)		\
{							\
	(void)state;					\
	run_stream(number, preempted_every);		\
}
SEEDS(X)
#undef X

int main(void)
{
	const struct CMUnitTest tests[] = {
#define X(number, preempted_every) cmocka_unit_test(stream_##number),
		SEEDS(X)
#undef X
	};

	return cmocka_run_group_tests_name("replay, random streams", tests, NULL, NULL);
}
