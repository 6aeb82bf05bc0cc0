// SPDX-License-Identifier: GPL-2.0-only
#include "judge.h"

#include "counts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void gate_say(char texts[GATE_REASONS][256], size_t *count, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	for (size_t i = 0; i < *count; i++)
		if (!strcmp(texts[i], text))
			return;
	if (*count < GATE_REASONS)
		memcpy(texts[(*count)++], text, sizeof(text));
}

static int compare_p(const void *left, const void *right)
{
	double a = **(double *const *)left, b = **(double *const *)right;

	return (a > b) - (a < b);
}

void gate_holm(double **p, size_t count)
{
	double last = 0;

	qsort(p, count, sizeof(*p), compare_p);
	for (size_t i = 0; i < count; i++) {
		/* None gets below one before it. */
		*p[i] = fmin(1, fmax(last, *p[i] * (double)(count - i)));
		last = *p[i];
	}
}

bool gate_correct(struct gate *gate, size_t *tested)
{
	double **p = calloc(gate->cell_count + 1, sizeof(*p));

	if (!p)
		return false;
	*tested = 0;
	for (size_t i = 0; i < gate->cell_count; i++)
		if (gate->cells[i].base_units && gate->cells[i].new_units)
			p[(*tested)++] = &gate->cells[i].p;
	gate_holm(p, *tested);
	*tested = 0;
	for (size_t i = 0; i < gate->cell_count; i++)
		if (gate->cells[i].base_units && gate->cells[i].new_units)
			p[(*tested)++] = &gate->cells[i].p_less;
	gate_holm(p, *tested);
	free(p);
	return true;
}

/* How many pairs, or runs of each, it takes for anything to be found. */
static size_t runs_needed(const struct gate *gate, size_t tested)
{
	size_t count = 1;

	while ((gate->unit == UNIT_PAIR ? rank_pairs_best(count)
					: rank_samples_best(count, count)) *
		       (double)tested >
	       gate->options->alpha)
		count++;
	return count;
}

static void judge_cell(struct gate *gate, struct gate_cell *cell, size_t tested)
{
	double alpha = gate->options->alpha;
	double best = gate->unit == UNIT_PAIR
			      ? rank_pairs_best(cell->base_units)
			      : rank_samples_best(cell->base_units, cell->new_units);

	if (!cell->base_units || !cell->new_units)
		return;
	/* What could not have been found, however large, is not ruled out. */
	if (best * (double)tested > alpha) {
		size_t needed = runs_needed(gate, tested);

		if (!*cell->reason)
			snprintf(cell->reason, sizeof(cell->reason),
				 "%zu and %zu %s are too few: "
				 "for anything to be found it takes %zu",
				 cell->base_units, cell->new_units, gate_unit_plural(gate->unit),
				 needed);
		return;
	}
	if (*cell->reason)
		return;
	if (cell->p <= alpha && cell->change > cell->limit)
		cell->state = CELL_REGRESSED;
	else if (cell->p_less <= alpha && cell->change < -cell->limit)
		cell->state = CELL_IMPROVED;
	else if (cell->high <= cell->limit)
		cell->state = CELL_UNCHANGED;
	else
		cell->state = CELL_UNCLEAR;
}

/* A sum of stages is larger because one of them is. */
static bool is_sum(enum imstrace_stage stage)
{
	return stage_class(stage) == STAGE_IS_SUM;
}

static bool is_within(enum imstrace_stage part, enum imstrace_stage sum)
{
	return !is_sum(part) && stage_from(part) >= stage_from(sum) &&
	       stage_to(part) <= stage_to(sum);
}

static void attribute(struct gate *gate)
{
	for (size_t i = 0; i < gate->cell_count; i++) {
		struct gate_cell *cell = &gate->cells[i];

		for (size_t j = 0; is_sum(cell->stage) && j < gate->cell_count; j++)
			if (gate->cells[j].state == CELL_REGRESSED &&
			    gate->cells[j].group == cell->group &&
			    is_within(gate->cells[j].stage, cell->stage))
				cell->follows = true;
	}
}

/* A build that loses interrupts is worse, whatever those take that arrive. */
static bool any_fewer(const struct gate *gate)
{
	for (size_t i = 0; i < gate->count_count; i++)
		if (gate->counts[i].state == COUNT_FEWER)
			return true;
	return false;
}

void gate_judge(struct gate *gate, size_t tested)
{
	bool regressed = false, unclear = false;

	counts_explain(gate);
	for (size_t i = 0; i < gate->cell_count; i++) {
		struct gate_cell *cell = &gate->cells[i];

		judge_cell(gate, cell, tested);
		regressed |= cell->state == CELL_REGRESSED;
		unclear |= cell->state == CELL_UNCLEAR;
		if (cell->state == CELL_UNTESTED)
			reason(gate, "%s %s: %s", stage_name(cell->stage),
			       percentile_name(cell->percentile), cell->reason);
	}
	attribute(gate);
	if (!gate->cell_count)
		reason(gate, "there is no interrupt to compare");
	if (unclear && gate->options->strict)
		reason(gate, "runs differ too much to rule a regression out (--strict)");
	gate->verdict = gate->reason_count ? GATE_INCONCLUSIVE : GATE_PASS;
	/* What can't be compared can't be worse; but what is worse is so, whatever else can't be
	 * told. */
	if ((gate->times_hold && regressed) || (gate->counts_hold && any_fewer(gate)))
		gate->verdict = GATE_REGRESSION;
}
