// SPDX-License-Identifier: GPL-2.0-only
#include "life.h"

#include <string.h>

static const struct {
	const char *name, *line;
} names[] = {
#define X(ENUM, name, line) [LIFE_##ENUM] = { #name, #line },
	IMSTRACE_LIFE_STATES(X)
#undef X
};

const char *life_state_name(enum life_state state)
{
	return names[state].name;
}

const char *life_line_name(enum life_state state)
{
	return names[state].line;
}

enum life_state life_state(__u32 has)
{
	if (has & STATE_POSTED)
		return LIFE_POSTED;
	if (has & STATE_BOUND)
		return LIFE_BOUND;
	if (has & STATE_REQUESTED)
		return LIFE_REQUESTED;
	return has & STATE_SLOT ? LIFE_ALLOCATED : LIFE_KNOWN;
}

enum known life_known(const struct life *life, __u32 fact)
{
	if (!(life->certain & fact))
		return UNKNOWN;
	return life->has & ~life->ruled_out & fact ? YES : NO;
}

bool life_step_of_pci(const struct imstrace_lifecycle *step)
{
	return step->irq != IMSTRACE_NONE && step->slot == IMSTRACE_NONE;
}

void life_init(struct life *life, const char device[IMSTRACE_NAME_LEN], __u32 vector)
{
	memset(life, 0, sizeof(*life));
	memcpy(life->device, device, sizeof(life->device));
	life->vector = vector;
	life->id = life->eventfd_id = IMSTRACE_NONE;
	life_doubt(life);
}

void life_doubt(struct life *life)
{
	life->certain = life->ruled_out = 0;
	life->irq = life->slot = life->pasid = IMSTRACE_NONE;
}

static void learn_numbers(struct life *life, const struct imstrace_lifecycle *step)
{
	life->id = step->id;
	if (step->irq != IMSTRACE_NONE)
		life->irq = step->irq;
	if (step->slot != IMSTRACE_NONE)
		life->slot = step->slot;
	if (step->eventfd_id != IMSTRACE_NONE)
		life->eventfd_id = step->eventfd_id;
}

/* It can't have @facts now, unless it is certain that it has them. */
static void rule_out(struct life *life, __u32 facts)
{
	life->ruled_out |= facts & ~life->certain;
	life->certain |= facts;
}

/* The rest of what @step says of a vector with a slot, or of an emulated one. */
static void learn_details(struct life *life, const struct imstrace_lifecycle *step)
{
	switch ((enum imstrace_step)step->step) {
	case STEP_SLOT_ALLOC:
		rule_out(life, STATE_REQUESTED | STATE_BYPASS | STATE_BOUND);
		life->pasid = IMSTRACE_NONE;
		life->pasid_allocated = step->pasid;
		life->emulated = life->was_requested = life->pasid_left = false;
		break;
	case STEP_SLOT_FREE:
		life->pasid = IMSTRACE_NONE;
		break;
	case STEP_AUXDATA_WRITE:
		life->pasid = step->pasid;
		break;
	case STEP_IRQ_REQUEST:
		life->was_requested = true;
		break;
	case STEP_IRQ_FREE:
		life->pasid_left |= life_known(life, STATE_PASID) == YES;
		break;
	case STEP_VECTOR_BIND:
		life->emulated = step->irq == IMSTRACE_NONE;
		if (life->emulated)
			rule_out(life, STATE_REQUESTED);
		break;
	case STEP_STRAY:
		life->strayed = true;
		life->stray = *step;
		break;
	default:
		break;
	}
}

void life_advance(struct life *life, const struct imstrace_lifecycle *step)
{
	static const struct {
		__u32 gains, loses;
	} effects[STEP_COUNT] = {
		[STEP_SLOT_ALLOC] = { .gains = STATE_SLOT, .loses = STATE_PASID },
		[STEP_SLOT_FREE] = { .loses = STATE_SLOT | STATE_PASID },
		[STEP_IRQ_REQUEST] = { .gains = STATE_REQUESTED },
		[STEP_IRQ_FREE] = { .loses = STATE_REQUESTED },
		[STEP_BYPASS_REGISTER] = { .gains = STATE_BYPASS },
		[STEP_BYPASS_UNREGISTER] = { .loses = STATE_BYPASS },
		[STEP_VECTOR_BIND] = { .gains = STATE_BOUND },
		[STEP_VECTOR_UNBIND] = { .loses = STATE_BOUND | STATE_POSTED },
		[STEP_KNOWN] = { .gains = STATE_BOUND },
		[STEP_POSTED] = { .gains = STATE_POSTED },
		[STEP_UNPOSTED] = { .loses = STATE_POSTED },
	};
	bool pci = life_step_of_pci(step);
	__u32 gains, loses;

	life->strayed = false;
	/* It was bound before anybody looked, and may not be any more. */
	if (step->step == STEP_KNOWN)
		life_doubt(life);
	if (step->ret || step->step >= STEP_COUNT)
		return;
	learn_numbers(life, step);
	gains = effects[step->step].gains;
	loses = effects[step->step].loses;
	if (step->step == STEP_AUXDATA_WRITE && step->pasid != IMSTRACE_NONE)
		gains |= STATE_PASID;
	else if (step->step == STEP_AUXDATA_WRITE)
		loses |= STATE_PASID;
	/* Of these the unregistration may not be seen; it has been by then. */
	if (pci && (step->step == STEP_IRQ_REQUEST || step->step == STEP_IRQ_FREE))
		loses |= STATE_BYPASS;
	if (!pci)
		learn_details(life, step);
	life->has = (life->has | gains) & ~loses;
	life->ruled_out &= ~(gains | loses);
	if (step->step == STEP_KNOWN)
		return;
	if (pci)
		life->certain = (life->certain & ~(gains | loses)) |
				((gains | loses) & STATE_BYPASS);
	else
		life->certain |= gains | loses;
}
