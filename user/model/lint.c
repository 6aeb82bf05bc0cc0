// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "lint.h"

#include <search.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

const char *lint_name(enum lint_rule rule)
{
	static const char *const names[] = {
#define X(ENUM, name, what, remedy) #name,
		IMSTRACE_LINT(X)
#undef X
	};

	return rule < LINT_COUNT ? names[rule] : "?";
}

const char *lint_what(enum lint_rule rule)
{
	static const char *const texts[] = {
#define X(ENUM, name, what, remedy) what,
		IMSTRACE_LINT(X)
#undef X
	};

	return rule < LINT_COUNT ? texts[rule] : "?";
}

const char *lint_remedy(enum lint_rule rule)
{
	static const char *const texts[] = {
#define X(ENUM, name, what, remedy) remedy,
		IMSTRACE_LINT(X)
#undef X
	};

	return rule < LINT_COUNT ? texts[rule] : "?";
}

const char *lint_result_name(enum lint_result result)
{
	switch (result) {
	case LINT_CLEAN:
		return "clean";
	case LINT_FOUND:
		return "found";
	case LINT_INCONCLUSIVE:
		return "inconclusive";
	}
	return "?";
}

enum known {
	UNKNOWN,
	NO,
	YES,
};

/* A device's index has a node of its own: where @vector is IMSTRACE_NONE. */
struct life {
	char device[IMSTRACE_NAME_LEN];
	__u32 vector;

	/* Of the index. */
	enum known enabled;

	/* What the vector holds. */
	enum known slot, irq, producer, bound, pasid;
	bool emulated;		/* no slot behind it, as of its latest binding */
	bool was_requested;	/* its irq, since the slot was allocated */
	bool pasid_told;	/* it has been found to be left in the slot */
	__u32 pasid_allocated;	/* what the slot was allocated with, if it has one */
	/* As of the steps so far; of no meaning but to be told. */
	__u32 id, irq_number, slot_number, pasid_number, eventfd_id;
	/*
	 * A signal that was out of order unless the next step is the binding of its
	 * eventfd: see unbound().
	 */
	bool waiting;
	struct imstrace_lifecycle waiting_step;
};

struct lint {
	bool (*found)(void *context, const struct lint_finding *finding);
	void *context;
	void *lives;	/* tsearch() tree of struct life */
	__u64 after, until;	/* what is judged */
	struct lint_tally *tallies;
	size_t count;
	bool no_memory;
};

static int compare(const void *left, const void *right)
{
	const struct life *a = left, *b = right;
	int order = strncmp(a->device, b->device, sizeof(a->device));

	return order ?: (a->vector > b->vector) - (a->vector < b->vector);
}

/* From here on nothing is judged: a step has been missed. */
static void out_of_memory(struct lint *lint)
{
	lint->no_memory = true;
	lint->after = UINT64_MAX;
}

/* NULL: out of memory. */
static struct life *life_of(struct lint *lint, const char device[IMSTRACE_NAME_LEN], __u32 vector)
{
	struct life key = { .vector = vector }, **node, *life;

	memcpy(key.device, device, sizeof(key.device));
	node = tfind(&key, &lint->lives, compare);
	if (node)
		return *node;
	life = malloc(sizeof(*life));
	if (life) {
		*life = key;
		life->id = life->irq_number = life->slot_number = IMSTRACE_NONE;
		life->pasid_number = life->eventfd_id = IMSTRACE_NONE;
		if (tsearch(life, &lint->lives, compare))
			return life;
	}
	free(life);
	out_of_memory(lint);
	return NULL;
}

static struct lint_tally *tally_of(struct lint *lint, const struct lint_finding *finding)
{
	struct lint_tally *tally;

	for (size_t i = 0; i < lint->count; i++) {
		tally = &lint->tallies[i];
		if (tally->first.rule == finding->rule && tally->first.vector == finding->vector &&
		    !strncmp(tally->first.device, finding->device, sizeof(finding->device)))
			return tally;
	}
	tally = reallocarray(lint->tallies, lint->count + 1, sizeof(*tally));
	if (!tally) {
		out_of_memory(lint);
		return NULL;
	}
	lint->tallies = tally;
	tally += lint->count++;
	*tally = (struct lint_tally) { .first = *finding };
	return tally;
}

static void tell(struct lint *lint, const struct life *life, enum lint_rule rule,
		 const struct imstrace_lifecycle *step)
{
	struct lint_finding finding = {
		.rule = rule, .time = step->time, .id = life->id, .vector = life->vector,
		.irq = life->irq_number, .slot = life->slot_number, .pasid = life->pasid_number,
		.eventfd_id = life->eventfd_id, .pid = step->pid,
	};
	struct lint_tally *tally;

	memcpy(finding.device, life->device, sizeof(finding.device));
	if (!lint->found(lint->context, &finding))
		return;
	tally = tally_of(lint, &finding);
	if (tally)
		tally->count++;
}

/* Of what is known of a vector, what @step says of its numbers. */
static void learn_numbers(struct life *life, const struct imstrace_lifecycle *step)
{
	life->id = step->id;
	if (step->irq != IMSTRACE_NONE)
		life->irq_number = step->irq;
	if (step->slot != IMSTRACE_NONE)
		life->slot_number = step->slot;
	if (step->eventfd_id != IMSTRACE_NONE)
		life->eventfd_id = step->eventfd_id;
}

static void forget(struct life *life)
{
	life->slot = life->irq = life->producer = life->bound = life->pasid = UNKNOWN;
	life->irq_number = life->slot_number = life->pasid_number = IMSTRACE_NONE;
}

static void say_no_if_unknown(enum known *what)
{
	if (*what == UNKNOWN)
		*what = NO;
}

static void no_pasid(struct life *life)
{
	life->pasid = NO;
	life->pasid_number = IMSTRACE_NONE;
}

/* Before an index is enabled for the first time since we look, who knows? */
static void check_enabled(struct lint *lint, const struct life *life,
			  const struct imstrace_lifecycle *step)
{
	struct life *index = life_of(lint, life->device, IMSTRACE_NONE);

	if (index && index->enabled == NO)
		tell(lint, life, LINT_BIND_DISABLED, step);
}

static void slot_alloc(struct lint *lint, struct life *life, const struct imstrace_lifecycle *step)
{
	check_enabled(lint, life, step);
	if (life->slot == YES)
		tell(lint, life, LINT_DOUBLE_ALLOC, step);
	/* What a new slot is not part of yet. */
	say_no_if_unknown(&life->irq);
	say_no_if_unknown(&life->producer);
	say_no_if_unknown(&life->bound);
	life->slot = YES;
	no_pasid(life);
	life->pasid_told = false;
	life->pasid_allocated = step->pasid;
	life->emulated = false;
	life->was_requested = false;
}

static void slot_free(struct lint *lint, struct life *life, const struct imstrace_lifecycle *step)
{
	if (life->slot == NO)
		tell(lint, life, LINT_FREE_WITHOUT_ALLOC, step);
	if (life->irq == YES)
		tell(lint, life, LINT_SLOT_FREED_LIVE, step);
	if (life->pasid == YES && !life->pasid_told)
		tell(lint, life, LINT_PASID_AFTER_FREE, step);
	life->slot = NO;
	no_pasid(life);
}

static void auxdata_write(struct lint *lint, struct life *life,
			  const struct imstrace_lifecycle *step)
{
	bool has_pasid = step->pasid != IMSTRACE_NONE;
	bool changed = life->pasid == YES && life->irq == YES && has_pasid &&
		       step->pasid != life->pasid_number;
	bool wrong = has_pasid && (life->slot == NO || (life->slot == YES &&
							step->pasid != life->pasid_allocated));

	life->pasid = has_pasid ? YES : NO;
	life->pasid_number = step->pasid;
	if (changed)
		tell(lint, life, LINT_PASID_CHANGED, step);
	else if (wrong)
		tell(lint, life, LINT_PASID_WRONG, step);
}

static void irq_request(struct lint *lint, struct life *life, const struct imstrace_lifecycle *step)
{
	if (life->slot == NO)
		tell(lint, life, LINT_REQUEST_WITHOUT_SLOT, step);
	if (life->irq == YES)
		tell(lint, life, LINT_DOUBLE_REQUEST, step);
	life->irq = YES;
	life->was_requested = true;
}

static void check_producer(struct lint *lint, struct life *life,
			   const struct imstrace_lifecycle *step)
{
	if (life->producer == YES)
		tell(lint, life, LINT_PRODUCER_AT_FREE, step);
}

static void irq_free(struct lint *lint, struct life *life, const struct imstrace_lifecycle *step)
{
	if (life->irq == NO)
		tell(lint, life, LINT_FREE_WITHOUT_REQUEST, step);
	check_producer(lint, life, step);
	if (life->pasid == YES) {
		tell(lint, life, LINT_PASID_AFTER_FREE, step);
		life->pasid_told = true;
	}
	life->irq = NO;
}

static void bypass_register(struct lint *lint, struct life *life,
			    const struct imstrace_lifecycle *step)
{
	if (life->irq == NO)
		tell(lint, life, LINT_REGISTER_WITHOUT_IRQ, step);
	if (life->producer == YES)
		tell(lint, life, LINT_DOUBLE_REGISTER, step);
	life->producer = YES;
}

static void bypass_unregister(struct lint *lint, struct life *life,
			      const struct imstrace_lifecycle *step)
{
	if (life->producer == NO)
		tell(lint, life, LINT_UNREGISTER_WITHOUT_REGISTER, step);
	life->producer = NO;
}

static void vector_bind(struct lint *lint, struct life *life, const struct imstrace_lifecycle *step)
{
	if (life->bound == YES)
		tell(lint, life, LINT_DOUBLE_BIND, step);
	life->emulated = step->irq == IMSTRACE_NONE;
	if (life->emulated) {
		check_enabled(lint, life, step);
		say_no_if_unknown(&life->irq);
	} else if (life->irq == NO) {
		tell(lint, life, LINT_BIND_WITHOUT_IRQ, step);
	}
	life->bound = YES;
}

static void vector_unbind(struct lint *lint, struct life *life,
			  const struct imstrace_lifecycle *step)
{
	if (life->bound == NO)
		tell(lint, life, LINT_UNBIND_WITHOUT_BIND, step);
	life->bound = NO;
}

/*
 * A vector's eventfd is set before its binding is told, and where one is replaced in
 * place after the unbinding is: software that signals in between has done nothing
 * wrong, and signals what is bound next. Told too seldom: when the very eventfd that
 * was signalled comes back.
 */
static void unbound(struct life *life, const struct imstrace_lifecycle *step)
{
	life->waiting = true;
	life->waiting_step = *step;
}

static void resolve(struct lint *lint, struct life *life, const struct imstrace_lifecycle *next)
{
	bool bound = next && next->step == STEP_VECTOR_BIND && !next->ret &&
		     next->eventfd_id == life->waiting_step.eventfd_id;

	if (!life->waiting)
		return;
	life->waiting = false;
	if (!bound)
		tell(lint, life, LINT_SIGNAL_UNBOUND, &life->waiting_step);
}

/*
 * The programs have seen it at once; its state is as of then, when the step that led
 * there may not have been told yet.
 */
static void stray(struct lint *lint, struct life *life, const struct imstrace_lifecycle *step)
{
	if (step->hop == HOP_IRQ) {
		if (life->slot == YES && life->pasid_allocated != IMSTRACE_NONE)
			tell(lint, life, LINT_INTERRUPT_BEFORE_PASID, step);
		return;
	}
	if (step->hop != HOP_SIGNAL || life->irq == UNKNOWN || life->bound == UNKNOWN)
		return;
	if (!life->emulated && !(step->state & STATE_REQUESTED))
		tell(lint, life, life->was_requested ? LINT_SIGNAL_AFTER_FREE :
			   LINT_SIGNAL_BEFORE_REQUEST, step);
	else if (!(step->state & STATE_BOUND))
		unbound(life, step);
}

struct closing {
	struct lint *lint;
	const struct imstrace_lifecycle *step;
};

/* A requested irq has its slot, and leaks it too. */
static void close_vector(const void *node, VISIT visit, void *context)
{
	struct life *life = *(struct life *const *)node;
	const struct closing *closing = context;
	struct lint *lint = closing->lint;

	if ((visit != postorder && visit != leaf) || life->vector == IMSTRACE_NONE ||
	    strncmp(life->device, closing->step->device, sizeof(life->device)))
		return;
	resolve(lint, life, closing->step);
	if (life->irq == YES)
		tell(lint, life, LINT_IRQ_LEAKED, closing->step);
	else if (life->slot == YES)
		tell(lint, life, LINT_SLOT_LEAKED, closing->step);
	if (life->bound == YES)
		tell(lint, life, LINT_EVENTFD_LEAKED, closing->step);
	/* It may still be freed, late: that has been told. */
	if (life->irq == YES || life->slot == YES || life->bound == YES)
		forget(life);
}

static void index_step(struct lint *lint, const struct imstrace_lifecycle *step)
{
	struct closing closing = { .lint = lint, .step = step };
	struct life *index = life_of(lint, step->device, IMSTRACE_NONE);

	if (index)
		index->enabled = step->step == STEP_INDEX_ENABLE ? YES : NO;
	if (step->step == STEP_INDEX_DISABLE)
		twalk_r(lint->lives, close_vector, &closing);
}

/* See the top of lint.h. */
static void pci_step(struct lint *lint, struct life *life, const struct imstrace_lifecycle *step)
{
	if (step->step == STEP_BYPASS_REGISTER)
		life->producer = YES;
	if (step->step == STEP_IRQ_FREE)
		check_producer(lint, life, step);
	if (step->step == STEP_IRQ_FREE || step->step == STEP_IRQ_REQUEST ||
	    step->step == STEP_BYPASS_UNREGISTER)
		life->producer = NO;
}

static void vector_step(struct lint *lint, struct life *life,
			const struct imstrace_lifecycle *step)
{
	static void (*const handlers[STEP_COUNT])(struct lint *lint, struct life *life,
						  const struct imstrace_lifecycle *step) = {
		[STEP_SLOT_ALLOC] = slot_alloc,
		[STEP_SLOT_FREE] = slot_free,
		[STEP_AUXDATA_WRITE] = auxdata_write,
		[STEP_IRQ_REQUEST] = irq_request,
		[STEP_IRQ_FREE] = irq_free,
		[STEP_BYPASS_REGISTER] = bypass_register,
		[STEP_BYPASS_UNREGISTER] = bypass_unregister,
		[STEP_VECTOR_BIND] = vector_bind,
		[STEP_VECTOR_UNBIND] = vector_unbind,
		[STEP_STRAY] = stray,
	};

	resolve(lint, life, step);
	if (step->step == STEP_KNOWN)
		forget(life);
	/* A step that failed has changed nothing; what is undone after it shows as steps. */
	if (step->ret || step->step >= STEP_COUNT)
		return;
	learn_numbers(life, step);
	if (step->irq != IMSTRACE_NONE && step->slot == IMSTRACE_NONE)
		pci_step(lint, life, step);
	else if (handlers[step->step])
		handlers[step->step](lint, life, step);
}

void lint_step(struct lint *lint, const struct imstrace_lifecycle *step)
{
	bool of_index = step->step == STEP_INDEX_ENABLE || step->step == STEP_INDEX_DISABLE;
	struct life *life;

	if (step->time <= lint->after)
		return;
	if (of_index && step->time <= lint->until) {
		if (!step->ret)
			index_step(lint, step);
		return;
	}
	life = of_index ? NULL : life_of(lint, step->device, step->vector);
	if (!life)
		return;
	if (step->time <= lint->until)
		vector_step(lint, life, step);
	else if (step->step == STEP_VECTOR_BIND)
		resolve(lint, life, step);
}

struct lint *lint_new(bool (*found)(void *context, const struct lint_finding *finding),
		      void *context)
{
	struct lint *lint = calloc(1, sizeof(*lint));

	if (!lint)
		return NULL;
	lint->found = found;
	lint->context = context;
	lint->until = UINT64_MAX;
	return lint;
}

void lint_doubt(struct lint *lint, __u64 until)
{
	tdestroy(lint->lives, free);
	lint->lives = NULL;
	if (lint->after < until)
		lint->after = until;
}

void lint_stop(struct lint *lint, __u64 time)
{
	lint->until = time;
}

static void end_vector(const void *node, VISIT visit, void *context)
{
	if (visit == postorder || visit == leaf)
		resolve(context, *(struct life *const *)node, NULL);
}

void lint_end(struct lint *lint)
{
	twalk_r(lint->lives, end_vector, lint);
}

void lint_judge(const struct lint *lint, struct lint_verdict *verdict)
{
	verdict->count = lint->count;
	verdict->tallies = lint->tallies;
	if (lint->count)
		verdict->result = LINT_FOUND;
	else if (verdict->lost_lifecycle || verdict->lost_vectors || lint->no_memory ||
		 !verdict->steps)
		verdict->result = LINT_INCONCLUSIVE;
	else
		verdict->result = LINT_CLEAN;
}

static void forget_life(struct lint *lint, const char device[IMSTRACE_NAME_LEN], __u32 vector)
{
	struct life key = { .vector = vector }, **node, *life;

	memcpy(key.device, device, sizeof(key.device));
	node = tfind(&key, &lint->lives, compare);
	if (!node)
		return;
	life = *node;
	tdelete(life, &lint->lives, compare);
	free(life);
}

void lint_forget(struct lint *lint, const char device[IMSTRACE_NAME_LEN], __u32 vector)
{
	forget_life(lint, device, vector);
	/* Its index as well, of which only that it is disabled is ever of use. */
	forget_life(lint, device, IMSTRACE_NONE);
}

void lint_free(struct lint *lint)
{
	if (!lint)
		return;
	tdestroy(lint->lives, free);
	free(lint->tallies);
	free(lint);
}
