// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "lint.h"

#include "life.h"

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

struct lint {
	bool (*found)(void *context, const struct lint_finding *finding);
	void *context;
	void *lives;	/* tsearch() tree of struct life, those of indexes among them */
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

static struct life *find_life(const struct lint *lint, const char device[IMSTRACE_NAME_LEN],
			      __u32 vector)
{
	struct life key = { .vector = vector }, **node;

	memcpy(key.device, device, sizeof(key.device));
	node = tfind(&key, &lint->lives, compare);
	return node ? *node : NULL;
}

/* NULL: out of memory. */
static struct life *find_or_add_life(struct lint *lint, const char device[IMSTRACE_NAME_LEN],
				     __u32 vector)
{
	struct life *life = find_life(lint, device, vector);

	if (life)
		return life;
	life = malloc(sizeof(*life));
	if (life) {
		life_init(life, device, vector);
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

/*
 * What a rule looks at: a vector's life before @step, and after it, for @step may be the first to
 * say a number.
 */
struct moment {
	struct lint *lint;
	const struct life *before, *after;
	const struct imstrace_lifecycle *step;
};

static void add_finding(const struct moment *moment, enum lint_rule rule)
{
	const struct life *before = moment->before, *after = moment->after;
	struct lint_finding finding = {
		.rule = rule, .time = moment->step->time, .id = after->id, .vector = after->vector,
		.irq = after->irq, .slot = after->slot, .eventfd_id = after->eventfd_id,
		.pasid = after->pasid != IMSTRACE_NONE ? after->pasid : before->pasid,
		.pid = moment->step->pid,
	};
	struct lint *lint = moment->lint;
	struct lint_tally *tally;

	memcpy(finding.device, after->device, sizeof(finding.device));
	if (!lint->found(lint->context, &finding))
		return;
	tally = tally_of(lint, &finding);
	if (tally)
		tally->count++;
}

/* Before an index is enabled for the first time since we look, who knows? */
static bool index_disabled(const struct moment *moment)
{
	const struct life *index =
		find_life(moment->lint, moment->before->device, IMSTRACE_NONE);

	return index && index->enabled == NO;
}

static bool emulated_while_disabled(const struct moment *moment)
{
	return moment->step->irq == IMSTRACE_NONE && index_disabled(moment);
}

static bool has_irq(const struct moment *moment)
{
	return moment->step->irq != IMSTRACE_NONE;
}

/* A requested irq has its slot, and leaks it too. */
static bool without_irq(const struct moment *moment)
{
	return life_known(moment->before, STATE_REQUESTED) != YES;
}

static bool pasid_not_left(const struct moment *moment)
{
	return !moment->before->pasid_left;
}

static bool pasid_changed(const struct moment *moment)
{
	const struct life *life = moment->before;

	return life_known(life, STATE_PASID) == YES && life_known(life, STATE_REQUESTED) == YES &&
	       moment->step->pasid != IMSTRACE_NONE && moment->step->pasid != life->pasid;
}

static bool pasid_wrong(const struct moment *moment)
{
	const struct life *life = moment->before;
	enum known slot = life_known(life, STATE_SLOT);

	return moment->step->pasid != IMSTRACE_NONE && !pasid_changed(moment) &&
	       (slot == NO || (slot == YES && moment->step->pasid != life->pasid_allocated));
}

static bool irq_without_pasid(const struct moment *moment)
{
	return moment->step->hop == HOP_IRQ && moment->before->pasid_allocated != IMSTRACE_NONE;
}

/*
 * The programs have seen a stray at once; its state is as of then, when the step that led
 * there may not have been told yet.
 */
static bool signal_judged(const struct life *life, const struct imstrace_lifecycle *stray)
{
	return stray->hop == HOP_SIGNAL && life_known(life, STATE_REQUESTED) != UNKNOWN &&
	       life_known(life, STATE_BOUND) != UNKNOWN;
}

static bool signal_without_irq(const struct life *life, const struct imstrace_lifecycle *stray)
{
	return signal_judged(life, stray) && !life->emulated && !(stray->state & STATE_REQUESTED);
}

static bool signal_after_free(const struct moment *moment)
{
	return signal_without_irq(moment->before, moment->step) && moment->before->was_requested;
}

static bool signal_before_request(const struct moment *moment)
{
	return signal_without_irq(moment->before, moment->step) && !moment->before->was_requested;
}

/*
 * The rules, in the order in which those of one step are told. A rule holds where, before @step,
 * @fact is known to be @is, and @also, if there is one, holds. Of plain vfio-pci vectors only rules
 * with @pci are judged: see the top of lint.h.
 */
static const struct {
	enum imstrace_step step;
	enum lint_rule rule;
	__u32 fact;
	enum known is;
	bool (*also)(const struct moment *moment);
	bool pci;
} rules[] = {
	{ STEP_SLOT_ALLOC, LINT_BIND_DISABLED, .also = index_disabled },
	{ STEP_SLOT_ALLOC, LINT_DOUBLE_ALLOC, STATE_SLOT, .is = YES },
	{ STEP_SLOT_FREE, LINT_FREE_WITHOUT_ALLOC, STATE_SLOT, .is = NO },
	{ STEP_SLOT_FREE, LINT_SLOT_FREED_LIVE, STATE_REQUESTED, .is = YES },
	{ STEP_SLOT_FREE, LINT_PASID_AFTER_FREE, STATE_PASID, .is = YES, .also = pasid_not_left },
	{ STEP_AUXDATA_WRITE, LINT_PASID_CHANGED, .also = pasid_changed },
	{ STEP_AUXDATA_WRITE, LINT_PASID_WRONG, .also = pasid_wrong },
	{ STEP_IRQ_REQUEST, LINT_REQUEST_WITHOUT_SLOT, STATE_SLOT, .is = NO },
	{ STEP_IRQ_REQUEST, LINT_DOUBLE_REQUEST, STATE_REQUESTED, .is = YES },
	{ STEP_IRQ_FREE, LINT_FREE_WITHOUT_REQUEST, STATE_REQUESTED, .is = NO },
	{ STEP_IRQ_FREE, LINT_PRODUCER_AT_FREE, STATE_BYPASS, .is = YES, .pci = true },
	{ STEP_IRQ_FREE, LINT_PASID_AFTER_FREE, STATE_PASID, .is = YES },
	{ STEP_BYPASS_REGISTER, LINT_REGISTER_WITHOUT_IRQ, STATE_REQUESTED, .is = NO },
	{ STEP_BYPASS_REGISTER, LINT_DOUBLE_REGISTER, STATE_BYPASS, .is = YES },
	{ STEP_BYPASS_UNREGISTER, LINT_UNREGISTER_WITHOUT_REGISTER, STATE_BYPASS, .is = NO },
	{ STEP_VECTOR_BIND, LINT_DOUBLE_BIND, STATE_BOUND, .is = YES },
	{ STEP_VECTOR_BIND, LINT_BIND_DISABLED, .also = emulated_while_disabled },
	{ STEP_VECTOR_BIND, LINT_BIND_WITHOUT_IRQ, STATE_REQUESTED, .is = NO, .also = has_irq },
	{ STEP_VECTOR_UNBIND, LINT_UNBIND_WITHOUT_BIND, STATE_BOUND, .is = NO },
	{ STEP_STRAY, LINT_INTERRUPT_BEFORE_PASID, STATE_SLOT, .is = YES, .also = irq_without_pasid },
	{ STEP_STRAY, LINT_SIGNAL_AFTER_FREE, .also = signal_after_free },
	{ STEP_STRAY, LINT_SIGNAL_BEFORE_REQUEST, .also = signal_before_request },
	{ STEP_INDEX_DISABLE, LINT_IRQ_LEAKED, STATE_REQUESTED, .is = YES },
	{ STEP_INDEX_DISABLE, LINT_SLOT_LEAKED, STATE_SLOT, .is = YES, .also = without_irq },
	{ STEP_INDEX_DISABLE, LINT_EVENTFD_LEAKED, STATE_BOUND, .is = YES },
};

static void judge(const struct moment *moment)
{
	bool pci = moment->step->step != STEP_INDEX_DISABLE && life_step_of_pci(moment->step);

	/* Without a fact there is nothing to be known of it. */
	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++)
		if (rules[i].step == moment->step->step && (!pci || rules[i].pci) &&
		    life_known(moment->before, rules[i].fact) == rules[i].is &&
		    (!rules[i].also || rules[i].also(moment)))
			add_finding(moment, rules[i].rule);
}

/*
 * A vector's eventfd is set before its binding is told, and where one is replaced in
 * place after the unbinding is: software that signals in between has done nothing
 * wrong, and signals what is bound next. So this one rule waits for the @next step, NULL: there
 * is none. Told too seldom: when the very eventfd that was signalled comes back.
 */
static void judge_unbound(struct lint *lint, struct life *life,
			  const struct imstrace_lifecycle *next)
{
	const struct imstrace_lifecycle *stray = &life->stray;
	const struct moment moment = { lint, life, life, stray };
	bool bound = next && next->step == STEP_VECTOR_BIND && !next->ret &&
		     next->eventfd_id == stray->eventfd_id;

	if (!life->strayed)
		return;
	life->strayed = false;
	if (!bound && signal_judged(life, stray) && !signal_without_irq(life, stray) &&
	    !(stray->state & STATE_BOUND))
		add_finding(&moment, LINT_SIGNAL_UNBOUND);
}

struct closing {
	struct lint *lint;
	const struct imstrace_lifecycle *step;
};

static void close_vector(const void *node, VISIT visit, void *context)
{
	struct life *life = *(struct life *const *)node;
	const struct closing *closing = context;
	const struct moment moment = { closing->lint, life, life, closing->step };

	if ((visit != postorder && visit != leaf) || life->vector == IMSTRACE_NONE ||
	    strncmp(life->device, closing->step->device, sizeof(life->device)))
		return;
	judge_unbound(closing->lint, life, closing->step);
	judge(&moment);
	/* It may still be freed, late: that has been told. */
	if (life_known(life, STATE_REQUESTED) == YES || life_known(life, STATE_SLOT) == YES ||
	    life_known(life, STATE_BOUND) == YES)
		life_doubt(life);
}

static void index_step(struct lint *lint, const struct imstrace_lifecycle *step)
{
	struct closing closing = { .lint = lint, .step = step };
	struct life *index = find_or_add_life(lint, step->device, IMSTRACE_NONE);

	if (index)
		index->enabled = step->step == STEP_INDEX_ENABLE ? YES : NO;
	if (step->step == STEP_INDEX_DISABLE)
		twalk_r(lint->lives, close_vector, &closing);
}

static void vector_step(struct lint *lint, struct life *life,
			const struct imstrace_lifecycle *step)
{
	struct life before;

	judge_unbound(lint, life, step);
	before = *life;
	life_advance(life, step);
	/* A step that failed has changed nothing; what is undone after it shows as steps. */
	if (!step->ret)
		judge(&(struct moment) { lint, &before, life, step });
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
	life = of_index ? NULL : find_or_add_life(lint, step->device, step->vector);
	if (!life)
		return;
	if (step->time <= lint->until)
		vector_step(lint, life, step);
	else if (step->step == STEP_VECTOR_BIND)
		judge_unbound(lint, life, step);
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
		judge_unbound(context, *(struct life *const *)node, NULL);
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
	struct life *life = find_life(lint, device, vector);

	if (!life)
		return;
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
