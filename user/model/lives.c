// SPDX-License-Identifier: GPL-2.0-only
#include "lives.h"

#include <stdlib.h>

/* What a vector has after a step that did not fail. */
static const struct {
	__u32 gains, loses;
} effects[STEP_COUNT] = {
	[STEP_SLOT_ALLOC] = { .gains = STATE_SLOT },
	[STEP_SLOT_FREE] = { .loses = STATE_SLOT },
	[STEP_IRQ_REQUEST] = { .gains = STATE_REQUESTED },
	[STEP_IRQ_FREE] = { .loses = STATE_REQUESTED },
	[STEP_VECTOR_BIND] = { .gains = STATE_BOUND },
	[STEP_VECTOR_UNBIND] = { .loses = STATE_BOUND | STATE_POSTED },
	[STEP_KNOWN] = { .gains = STATE_BOUND },
	[STEP_POSTED] = { .gains = STATE_POSTED },
	[STEP_UNPOSTED] = { .loses = STATE_POSTED },
};

struct lives *lives_new(size_t capacity)
{
	struct lives *lives = calloc(1, sizeof(*lives));

	if (!lives)
		return NULL;
	lives->capacity = capacity;
	lives->vectors = calloc(capacity, sizeof(*lives->vectors));
	if (lives->vectors)
		return lives;
	lives_free(lives);
	return NULL;
}

void lives_free(struct lives *lives)
{
	if (!lives)
		return;
	free(lives->vectors);
	free(lives);
}

static enum life life_of(__u32 state)
{
	if (state & STATE_POSTED)
		return LIFE_POSTED;
	if (state & STATE_BOUND)
		return LIFE_BOUND;
	if (state & STATE_REQUESTED)
		return LIFE_REQUESTED;
	return state & STATE_SLOT ? LIFE_SLOT : LIFE_NONE;
}

static void change(struct lives *lives, const struct imstrace_lifecycle *step)
{
	__u32 *state = &lives->vectors[step->id].state;
	enum life before = life_of(*state);

	*state = (*state | effects[step->step].gains) & ~effects[step->step].loses;
	if (life_of(*state) == before)
		return;
	if (lives->change_count == LIVES_CHANGES ||
	    lives->vectors[step->id].changes == LIVES_OF_VECTOR) {
		lives->left_out++;
		return;
	}
	lives->vectors[step->id].changes++;
	lives->changes[lives->change_count++] = (struct life_change) {
		.time = step->time, .id = step->id, .life = life_of(*state),
	};
}

void lives_add(struct lives *lives, const struct imstrace_lifecycle *step)
{
	if (step->step >= STEP_COUNT)
		return;
	if (lives->seen < LIVES_STEPS)
		lives->first[lives->seen] = *step;
	else
		lives->latest[lives->seen % LIVES_STEPS] = *step;
	lives->seen++;
	lives->counts[step->step]++;
	if (step->ret < 0)
		lives->failed[step->step]++;
	else if (step->id < lives->capacity)
		change(lives, step);
}

size_t lives_kept(const struct lives *lives)
{
	return lives->seen < 2 * LIVES_STEPS ? lives->seen : 2 * LIVES_STEPS;
}

const struct imstrace_lifecycle *lives_step(const struct lives *lives, size_t number)
{
	if (number < LIVES_STEPS)
		return &lives->first[number];
	return &lives->latest[(lives->seen - lives_kept(lives) + number) % LIVES_STEPS];
}

const char *life_name(enum life life)
{
	static const char *const names[LIFE_COUNT] = {
		[LIFE_NONE] = "none",
		[LIFE_SLOT] = "slot",
		[LIFE_REQUESTED] = "requested",
		[LIFE_BOUND] = "bound",
		[LIFE_POSTED] = "posted",
	};

	return names[life];
}
