// SPDX-License-Identifier: GPL-2.0-only
#include "counts.h"

#include "judge.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

/* Half as many are not the same work, whatever the machine does meanwhile. */
#define FEW	0.5

const char *count_state_name(enum count_state state)
{
	static const char *const names[] = {
#define X(ENUM, name, what) [COUNT_##ENUM] = #name,
		IMSTRACE_COUNT_STATES(X)
#undef X
	};

	return names[state];
}

bool count_is_first(const struct gate_count *count)
{
	return count->from == count->hop;
}

const char *count_text(char text[COUNT_TEXT], const struct gate_count *count)
{
	const char *runs = count_is_first(count) ? "in" : "of";
	char place[48];

	if (count_is_first(count))
		snprintf(place, sizeof(place), "at %s", hop_name(count->hop));
	else
		snprintf(place, sizeof(place), "from %s to %s", hop_name(count->from),
			 hop_name(count->hop));
	snprintf(text, COUNT_TEXT, "%s: %" PRIu64 " %s %" PRIu64 "%s, in the base %" PRIu64 " %s %"
		 PRIu64 " (%+.1f %%)", place, (uint64_t)count->counts[NEW], runs,
		 (uint64_t)count->of[NEW], count_is_first(count) ? " runs" : "",
		 (uint64_t)count->counts[BASE], runs, (uint64_t)count->of[BASE],
		 100 * count->change);
	return text;
}

static double limit_of(const struct gate *gate, const struct gate_count *count)
{
	return count_is_first(count) ? gate->options->max_fewer : gate->options->max_lost;
}

/* Adds what a run has. Return: what is compared, NAN: the run can't see it, or there is nothing to share. */
static double read_run(const struct gate *gate, struct gate_count *count, size_t side,
		       const struct summary_run *run)
{
	long long hops[HOP_COUNT], here, of;

	group_hops(&gate->groups, count->group, run, hops);
	here = hops[count->hop];
	of = count_is_first(count) ? 1 : hops[count->from];
	if (here < 0 || of < 0)
		return NAN;
	count->counts[side] += here;
	count->of[side] += of;
	/* Ratios are compared, and none has no logarithm: one more of each. */
	if (!count_is_first(count))
		return of ? (here + 1.0) / (of + 1.0) : NAN;
	count->none[side] += !here;
	return here + 1.0;
}

/* Return: false if the base has nothing to lose there, or the new could not have it. */
static bool read_runs(const struct gate *gate, struct gate_count *count, const struct runs lists[2],
		      double *const values[2])
{
	for (size_t side = BASE; side <= NEW; side++)
		for (size_t i = 0; i < lists[side].count; i++)
			values[side][i] = read_run(gate, count, side, lists[side].runs[i].run);
	return count->counts[BASE] && count->of[NEW];
}

/* Of the base's interrupts: a run that has no more has few. */
static double few_share(const struct gate *gate)
{
	return fmin(FEW, 1 - gate->options->max_fewer);
}

/* @values of the first hop are one more than what each run has. */
static bool count_few(const struct gate *gate, struct gate_count *count, const struct runs lists[2],
		      double *const values[2])
{
	double *base = calloc(lists[BASE].count, sizeof(*base)), most;
	size_t seen = 0;

	if (!base)
		return false;
	for (size_t i = 0; i < lists[BASE].count; i++)
		if (!isnan(values[BASE][i]))
			base[seen++] = values[BASE][i];
	most = (median_of(base, seen) - 1) * few_share(gate);
	for (size_t side = BASE; side <= NEW; side++)
		for (size_t i = 0; i < lists[side].count; i++)
			count->few[side] += values[side][i] - 1 <= most;
	free(base);
	return true;
}

static bool fill_count(const struct gate *gate, struct gate_count *count, const struct runs lists[2],
		       double *const values[2])
{
	struct runs_test test;

	if (!runs_compare(gate, lists, values, &test))
		return false;
	count->change = ((double)count->counts[NEW] / count->of[NEW]) /
			((double)count->counts[BASE] / count->of[BASE]) - 1;
	/* Where nothing differs nothing can be found, and it is no chance to be wrong. */
	count->tested = test.units[BASE] && test.units[NEW] && !test.same;
	count->p = count->tested ? test.rank.p_less : 1;
	return true;
}

/* Each hop of a group with the one before that can be seen. */
static bool fill_group(struct gate *gate, const struct group *group, const struct runs lists[2],
		       double *const values[2])
{
	const struct gate_count *last = NULL;

	for (unsigned int hop = 0; hop < HOP_COUNT; hop++) {
		struct gate_count *count = &gate->counts[gate->count_count];

		*count = (struct gate_count) {
			.group = group, .hop = hop, .from = last ? last->hop : hop,
		};
		if (!read_runs(gate, count, lists, values))
			continue;
		if (!last && !count_few(gate, count, lists, values))
			return false;
		if (!fill_count(gate, count, lists, values))
			return false;
		last = count;
		gate->count_count++;
	}
	return true;
}

/* Counts are few, and are corrected among themselves: the times keep their chances. */
static bool correct(struct gate *gate)
{
	double **p = calloc(gate->count_count + 1, sizeof(*p));
	size_t tested = 0;

	if (!p)
		return false;
	for (size_t i = 0; i < gate->count_count; i++)
		if (gate->counts[i].tested)
			p[tested++] = &gate->counts[i].p;
	gate_holm(p, tested);
	free(p);
	return true;
}

static enum count_state judge(const struct gate *gate, const struct gate_count *count)
{
	if (count->change >= -limit_of(gate, count))
		return COUNT_KEPT;
	return count->p <= gate->options->alpha ? COUNT_FEWER : COUNT_UNCLEAR;
}

bool counts_compare(struct gate *gate, const struct runs lists[2])
{
	double *scratch = calloc(lists[BASE].count + lists[NEW].count + 1, sizeof(*scratch));
	double *const values[2] = { scratch, scratch + lists[BASE].count };
	bool ok;

	gate->counts = calloc(gate->groups.count * HOP_COUNT + 1, sizeof(*gate->counts));
	ok = scratch && gate->counts;
	for (size_t i = 0; ok && i < gate->groups.count; i++)
		ok = fill_group(gate, &gate->groups.groups[i], lists, values);
	ok = ok && correct(gate);
	for (size_t i = 0; ok && i < gate->count_count; i++)
		gate->counts[i].state = judge(gate, &gate->counts[i]);
	free(scratch);
	return ok;
}

/* Runs that hardly took any are evidence, even where they are too few to be a proof. */
static void explain_few(struct gate *gate, const struct gate_count *count)
{
	const size_t *few = count->few, *runs = gate->runs;
	char text[256];

	if (!few[NEW] && !few[BASE])
		return;
	snprintf(text, sizeof(text), "%s: %zu of %zu runs of the new have at most %.0f %% of the base's "
		 "interrupts, %zu of them none; of the base %zu of %zu, %zu none", count->group->name,
		 few[NEW], runs[NEW], 100 * few_share(gate), count->none[NEW], few[BASE],
		 runs[BASE], count->none[BASE]);
	if (few[NEW] * runs[BASE] > few[BASE] * runs[NEW] && count->state != COUNT_FEWER)
		reason(gate, "%s", text);
	else
		note(gate, "%s", text);
}

void counts_explain(struct gate *gate)
{
	for (size_t i = 0; i < gate->count_count; i++) {
		const struct gate_count *count = &gate->counts[i];
		char text[COUNT_TEXT];

		explain_few(gate, count);
		if (count->state == COUNT_UNCLEAR)
			reason(gate, "fewer interrupts %s; it may be chance",
			       count_text(text, count));
		if (count_is_first(count) && count->change > gate->options->max_fewer)
			note(gate, "the new has more interrupts of %s: %+.1f %%. Do both do the same work?",
			     count->group->name, 100 * count->change);
	}
}
