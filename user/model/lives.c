// SPDX-License-Identifier: GPL-2.0-only
#include "lives.h"

#include <stdlib.h>

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

static void change(struct lives *lives, const struct imstrace_lifecycle *step)
{
	struct life *life = &lives->vectors[step->id].life;
	enum life_state before = life_state(life->has), after;

	life_advance(life, step);
	after = life_state(life->has);
	if (after == before)
		return;
	if (lives->change_count == LIVES_CHANGES ||
	    lives->vectors[step->id].changes == LIVES_OF_VECTOR) {
		lives->left_out++;
		return;
	}
	lives->vectors[step->id].changes++;
	lives->changes[lives->change_count++] = (struct life_change) {
		.time = step->time, .id = step->id, .state = after,
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
