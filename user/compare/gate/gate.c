// SPDX-License-Identifier: GPL-2.0-only
#include "judge.h"

#include "../../errors.h"
#include "counts.h"
#include "runs.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of a bucket, as a share of the times in it, at most. */
#define BUCKET_WIDTH	(1.0 / (1 << HISTOGRAM_BITS))

const char *cell_state_name(enum cell_state state)
{
	static const char *const names[] = {
#define X(ENUM, name, what) [CELL_##ENUM] = #name,
		IMSTRACE_CELL_STATES(X)
#undef X
	};

	return names[state];
}

static const struct {
	const char *name, *plural, *what;
} units[] = {
#define X(ENUM, name, plural, what) [UNIT_##ENUM] = { #name, #plural, what },
	IMSTRACE_GATE_UNITS(X)
#undef X
};

const char *gate_unit_name(enum gate_unit unit)
{
	return units[unit].name;
}

const char *gate_unit_plural(enum gate_unit unit)
{
	return units[unit].plural;
}

const char *gate_unit_what(enum gate_unit unit)
{
	return units[unit].what;
}

static const struct {
	const char *name;
	enum exit_code code;
} verdicts[] = {
	[GATE_PASS] = { "pass", EXIT_OK },
	[GATE_REGRESSION] = { "regression", EXIT_FOUND },
	[GATE_INCONCLUSIVE] = { "inconclusive", EXIT_INCONCLUSIVE },
};

const char *gate_verdict_name(enum gate_verdict verdict)
{
	return verdicts[verdict].name;
}

int gate_exit_code(enum gate_verdict verdict)
{
	return verdicts[verdict].code;
}

/* What an older imstrace did not know is no reason: the others' counts are not touched by it. */
static bool seen_otherwise(const struct summary *first, const struct summary *other, enum imstrace_hop hop)
{
	if (!summary_keeps_hop(hop) ||
	    (hop == HOP_UNMASK && (!*first->hops[hop] || !*other->hops[hop])))
		return false;
	return strcmp(first->hops[hop], other->hops[hop]);
}

static void check_machines(struct gate *gate, const struct runs lists[2])
{
	const struct summary *first = lists[BASE].runs[0].summary;

	for (size_t side = BASE; side <= NEW; side++) {
		for (size_t i = 0; i < lists[side].count; i++) {
			const struct summary *other = lists[side].runs[i].summary;

			if ((strcmp(first->cpu, other->cpu) || first->cpus != other->cpus) &&
			    !gate->options->cross_machine)
				reason(gate, "the machines differ: %u of %s and %u of %s "
				       "(--cross-machine compares them all the same)",
				       first->cpus, *first->cpu ? first->cpu : "an unknown CPU",
				       other->cpus, *other->cpu ? other->cpu : "an unknown CPU");
			for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
				if (seen_otherwise(first, other, hop))
					reason(gate, "the hop %s is seen by %s and by %s",
					       hop_name(hop),
					       *first->hops[hop] ? first->hops[hop] : "nothing",
					       *other->hops[hop] ? other->hops[hop] : "nothing");
			if (strcmp(first->kernel, other->kernel))
				note(gate, "the kernels differ: %s and %s", first->kernel,
				     other->kernel);
			if (strcmp(first->host, other->host))
				note(gate, "the hosts differ: %s and %s", first->host, other->host);
		}
	}
}

static void check_followed(struct gate *gate, const struct runs *list, const char *name)
{
	__u64 vectors = 0;

	for (size_t i = 0; i < list->count; i++)
		vectors += list->runs[i].run->lost.vectors;
	if (vectors)
		reason(gate, "of the %s, %" PRIu64 " vectors were not followed", name,
		       (uint64_t)vectors);
}

/*
 * How many interrupts of a vector did not get to their end: those that are known to have ended on the
 * way, or if they are more, those that a hop has fewer of than the one before. The most that a hop has is
 * added to @all.
 */
static __u64 lost_in(const struct summary_series *series, __u64 *all)
{
	__u64 known = series->lost + series->unmatched, missing = 0;
	long long last = -1, most = 0;

	for (unsigned int hop = 0; hop < HOP_COUNT; hop++) {
		long long here = series->hops[hop];

		if (here < 0)
			continue;
		most = here > most ? here : most;
		/* These go no further than accept, and are not lost. */
		if (hop > HOP_ACCEPT)
			here += series->coalesced + series->hardware;
		missing += last > here ? last - here : 0;
		last = here;
	}
	*all += most;
	return known > missing ? known : missing;
}

static void check_losses(struct gate *gate, const struct runs *list, const char *name)
{
	__u64 lost = 0, all = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct summary_run *run = list->runs[i].run;

		lost += run->lost.runs;
		for (size_t j = 0; j < run->count; j++)
			lost += lost_in(&run->series[j], &all);
	}
	if (all && (double)lost / all > gate->options->max_lost)
		reason(gate, "of the %s, %" PRIu64 " of %" PRIu64 " interrupts were lost or "
		       "unmatched: %.2g %% (--max-lost %.2g%%)", name, (uint64_t)lost,
		       (uint64_t)all, 100.0 * lost / all, 100 * gate->options->max_lost);
}

/* Its interrupts were counted, and it has not become another by its mode. */
static bool is_counted(const struct gate *gate, const struct group *group)
{
	bool counted = false;

	for (size_t i = 0; i < gate->count_count; i++)
		counted |= gate->counts[i].group == group;
	for (size_t i = 0; i < gate->groups.count; i++)
		if (&gate->groups.groups[i] != group &&
		    !strcmp(gate->groups.groups[i].name, group->name))
			return false;
	return counted;
}

/* A group that has gone altogether has lost its interrupts: its counts say so. */
static void check_groups(struct gate *gate, const struct runs lists[2])
{
	for (size_t i = 0; i < gate->groups.count; i++) {
		const struct group *group = &gate->groups.groups[i];
		size_t present[2] = { 0 };

		for (size_t side = BASE; side <= NEW; side++)
			for (size_t j = 0; j < lists[side].count; j++)
				present[side] += group_in_run(&gate->groups, group,
							      lists[side].runs[j].run);
		if (!present[BASE] || (!present[NEW] && !is_counted(gate, group)))
			reason(gate, "%s, %s is in the %s only", group->name,
			       *group->mode ? group->mode : "mode not known",
			       present[BASE] ? "base" : "new");
	}
}

/* A percentile of each run, in ns; NAN: that run has none. */
struct column {
	double *values;
	size_t count;
	size_t short_of;	/* runs with too few values */
	size_t unplaced;	/* runs that had no room for some */
	size_t measured;
};

static void read_column(const struct gate *gate, const struct gate_cell *cell,
			const struct runs *list, struct column *column)
{
	double percent = percentile_percent(cell->percentile);

	column->count = list->count;
	for (size_t i = 0; i < list->count; i++) {
		struct histogram histogram;
		__u64 count;

		column->values[i] = NAN;
		if (!group_histogram(&gate->groups, cell->group, list->runs[i].run, cell->stage,
				     &histogram))
			continue;
		column->measured++;
		count = histogram_count(&histogram);
		if (histogram.unplaced) {
			column->unplaced++;
			continue;
		}
		/* A whole number must not be missed by the rounding of 0.1 %. */
		if ((double)count * (100 - percent) / 100 + 1e-9 < gate->options->min_samples) {
			column->short_of++;
			continue;
		}
		column->values[i] = histogram_percentile(&histogram, count, percent);
		/* A stage may take less than the clock can tell. */
		if (column->values[i] < 1)
			column->values[i] = 1;
	}
}

static void explain(struct gate_cell *cell, const struct column *column, const char *name,
		    __u64 min_samples)
{
	if (*cell->reason || !column->measured)
		return;
	if (column->unplaced)
		snprintf(cell->reason, sizeof(cell->reason),
			 "%zu runs of the %s had no room for all values", column->unplaced, name);
	else if (column->short_of)
		snprintf(cell->reason, sizeof(cell->reason), "%zu runs of the %s have fewer than %"
			 PRIu64 " interrupts", column->short_of, name, (uint64_t)
			 ceil(min_samples / (1 - percentile_percent(cell->percentile) / 100) - 1e-6));
}

static bool test_cell(const struct gate *gate, struct gate_cell *cell, const struct runs lists[2],
		      const struct column columns[2])
{
	double *const values[2] = { columns[BASE].values, columns[NEW].values };
	struct runs_test test;

	if (!runs_compare(gate, lists, values, &test))
		return false;
	cell->base_units = test.units[BASE];
	cell->new_units = test.units[NEW];
	if (!cell->base_units || !cell->new_units)
		return true;
	cell->change = exp(test.rank.shift) - 1;
	/* Two times of one bucket may differ by its width. */
	cell->low = exp(test.rank.low) * (1 - BUCKET_WIDTH) - 1;
	cell->high = exp(test.rank.high) * (1 + BUCKET_WIDTH) - 1;
	cell->p = test.rank.p_greater;
	cell->p_less = test.rank.p_less;
	cell->base = test.medians[BASE];
	cell->new = test.medians[NEW];
	return true;
}

static bool fill_cell(struct gate *gate, struct gate_cell *cell, const struct runs lists[2],
		      double *scratch)
{
	struct column columns[2] = {
		{ .values = scratch }, { .values = scratch + lists[BASE].count },
	};

	cell->state = CELL_UNTESTED;
	cell->p = cell->p_less = 1;
	cell->low = -1;
	cell->high = INFINITY;
	for (size_t side = BASE; side <= NEW; side++)
		read_column(gate, cell, &lists[side], &columns[side]);
	explain(cell, &columns[BASE], "base", gate->options->min_samples);
	explain(cell, &columns[NEW], "new", gate->options->min_samples);
	if (!columns[BASE].measured != !columns[NEW].measured)
		snprintf(cell->reason, sizeof(cell->reason), "it could be measured in the %s only",
			 columns[BASE].measured ? "base" : "new");
	if (!test_cell(gate, cell, lists, columns))
		return false;
	if (columns[BASE].measured && !cell->base_units && !*cell->reason)
		snprintf(cell->reason, sizeof(cell->reason), "no pair has it on both sides");
	return true;
}

/* Nobody can measure it: there is nothing to say of it. */
static bool of_interest(const struct gate_cell *cell)
{
	return *cell->reason || cell->base_units || cell->new_units;
}

static bool fill_cells(struct gate *gate, const struct runs lists[2])
{
	size_t room = gate->groups.count * STAGE_COUNT * PERCENTILE_COUNT;
	double *scratch = calloc(lists[BASE].count + lists[NEW].count + 1, sizeof(*scratch));
	bool ok;

	gate->cells = calloc(room + 1, sizeof(*gate->cells));
	ok = gate->cells && scratch;
	for (size_t i = 0; ok && i < gate->groups.count; i++) {
		for (size_t j = 0; ok && j < STAGE_COUNT * PERCENTILE_COUNT; j++) {
			struct gate_cell *cell = &gate->cells[gate->cell_count];

			*cell = (struct gate_cell) {
				.group = &gate->groups.groups[i],
				.stage = j / PERCENTILE_COUNT,
				.percentile = j % PERCENTILE_COUNT,
				.limit = gate->options->limits[j % PERCENTILE_COUNT],
			};
			if (!cell->limit)
				continue;
			ok = fill_cell(gate, cell, lists, scratch);
			gate->cell_count += of_interest(cell);
		}
	}
	free(scratch);
	return ok;
}

static int compare_lists(struct gate *gate, struct runs lists[2])
{
	size_t tested;
	int ret;

	for (size_t side = BASE; side <= NEW; side++) {
		gate->runs[side] = lists[side].count;
		if (lists[side].count > RANK_MOST)
			return report_error(EXIT_USAGE, NULL, "there are %zu runs, more than %d",
				     lists[side].count, RANK_MOST);
	}
	ret = runs_refuse_duplicates(lists);
	if (ret)
		return ret;
	gate->unit = runs_all_paired(lists) ? UNIT_PAIR : gate->options->unpaired ? UNIT_RUN : UNIT_SESSION;
	if (gate->unit == UNIT_SESSION)
		note(gate, "base and new did not alternate, so sessions are compared, not runs: "
		     "alternate them by imstrace run, or say --unpaired if the machine is always "
		     "equally fast");
	if (!counts_compare(gate, lists))
		return report_error(EXIT_RUNTIME, NULL, "out of memory");
	check_machines(gate, lists);
	check_followed(gate, &lists[BASE], "base");
	check_followed(gate, &lists[NEW], "new");
	check_groups(gate, lists);
	gate->counts_hold = !gate->reason_count;
	check_losses(gate, &lists[BASE], "base");
	check_losses(gate, &lists[NEW], "new");
	gate->times_hold = !gate->reason_count;
	if (!fill_cells(gate, lists) || !gate_correct(gate, &tested))
		return report_error(EXIT_RUNTIME, NULL, "out of memory");
	gate_judge(gate, tested);
	return 0;
}

int gate_compare(struct gate *gate, const struct gate_options *options,
		 const struct gate_side *base, const struct gate_side *new)
{
	struct runs lists[2] = { 0 };
	int ret = 0;

	*gate = (struct gate) {
		.options = options, .sides = { *base, *new }, .groups = { .by = options->by },
	};
	for (size_t side = BASE; side <= NEW; side++) {
		if (!runs_list(&lists[side], &gate->sides[side]))
			ret = report_error(EXIT_RUNTIME, NULL, "out of memory");
		for (size_t i = 0; !ret && i < gate->sides[side].count; i++)
			if (!groups_add(&gate->groups, gate->sides[side].summaries[i]))
				ret = report_error(EXIT_RUNTIME, NULL, "out of memory");
	}
	ret = ret ?: compare_lists(gate, lists);
	free(lists[BASE].runs);
	free(lists[NEW].runs);
	return ret;
}

void gate_free(struct gate *gate)
{
	free(gate->cells);
	free(gate->counts);
	groups_free(&gate->groups);
}

bool gate_histogram(const struct gate *gate, size_t side, const struct group *group,
		    enum imstrace_stage stage, struct histogram *histogram)
{
	const struct gate_side *from = &gate->sides[side];
	struct histogram one;

	memset(histogram, 0, sizeof(*histogram));
	for (size_t i = 0; i < from->count; i++)
		for (size_t j = 0; j < from->summaries[i]->run_count; j++)
			if (group_histogram(&gate->groups, group, &from->summaries[i]->runs[j], stage,
					    &one))
				histogram_merge(histogram, &one);
	return histogram_count(histogram);
}
