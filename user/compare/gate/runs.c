// SPDX-License-Identifier: GPL-2.0-only
#include "runs.h"

#include "../../errors.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What was measured together, in the order in which it alternated; then by when it began. */
static int compare_runs(const void *left, const void *right)
{
	const struct run *a = left, *b = right;

	if (a->summary->session != b->summary->session)
		return a->summary->session < b->summary->session ? -1 : 1;
	if (a->run->pair != b->run->pair)
		return a->run->pair < b->run->pair ? -1 : 1;
	return (a->run->started > b->run->started) - (a->run->started < b->run->started);
}

bool runs_list(struct runs *list, const struct gate_side *side)
{
	list->count = 0;
	for (size_t i = 0; i < side->count; i++)
		list->count += side->summaries[i]->run_count;
	list->runs = calloc(list->count + 1, sizeof(*list->runs));
	if (!list->runs)
		return false;
	list->count = 0;
	for (size_t i = 0; i < side->count; i++)
		for (size_t j = 0; j < side->summaries[i]->run_count; j++)
			list->runs[list->count++] = (struct run) {
				side->summaries[i], &side->summaries[i]->runs[j],
			};
	qsort(list->runs, list->count, sizeof(*list->runs), compare_runs);
	return true;
}

static bool same_run(const struct run *a, const struct run *b)
{
	return a->run->started == b->run->started && !strcmp(a->summary->host, b->summary->host);
}

int runs_refuse_duplicates(const struct runs lists[2])
{
	for (size_t side = BASE; side <= NEW; side++)
		for (size_t i = 0; i < lists[side].count; i++)
			for (size_t other = side; other <= NEW; other++)
				for (size_t j = other == side ? i + 1 : 0; j < lists[other].count; j++)
					if (same_run(&lists[side].runs[i], &lists[other].runs[j]))
						return report_error(EXIT_USAGE, "Name each summary once",
							     "%.100s and %.100s have the same run",
							     lists[side].runs[i].summary->path,
							     lists[other].runs[j].summary->path);
	return 0;
}

bool runs_all_paired(const struct runs lists[2])
{
	if (lists[BASE].count != lists[NEW].count)
		return false;
	for (size_t i = 0; i < lists[BASE].count; i++)
		if (lists[BASE].runs[i].summary->session != lists[NEW].runs[i].summary->session ||
		    lists[BASE].runs[i].run->pair != lists[NEW].runs[i].run->pair)
			return false;
	return true;
}

/*
 * What has been measured of each unit of a side, as logarithms: differences are ratios then. Of a
 * session it is the median of its runs, which are side by side.
 */
static size_t pack(const struct gate *gate, const struct runs *list, const double *values,
		   double *to)
{
	size_t count = 0;

	for (size_t i = 0, end; i < list->count; i = end) {
		size_t first = count;

		for (end = i; end < list->count; end++) {
			if (end > i && (gate->unit != UNIT_SESSION ||
					list->runs[end].summary->session !=
					list->runs[i].summary->session))
				break;
			if (!isnan(values[end]))
				to[count++] = log(values[end]);
		}
		if (count > first + 1) {
			to[first] = median_of(to + first, count - first);
			count = first + 1;
		}
	}
	return count;
}

/* A run whose partner has no value has nothing to be compared with. */
static void drop_singles(double *const values[2], size_t pairs)
{
	for (size_t i = 0; i < pairs; i++)
		if (isnan(values[BASE][i]) || isnan(values[NEW][i]))
			values[BASE][i] = values[NEW][i] = NAN;
}

static bool all_equal(const double *numbers, size_t count, double to)
{
	for (size_t i = 0; i < count; i++)
		if (numbers[i] != to)
			return false;
	return true;
}

static bool compare_pairs(double *const packed[2], double *differences, double alpha,
			  struct runs_test *test)
{
	for (size_t i = 0; i < test->units[BASE]; i++)
		differences[i] = packed[NEW][i] - packed[BASE][i];
	test->same = all_equal(differences, test->units[BASE], 0);
	return rank_pairs(differences, test->units[BASE], alpha, &test->rank);
}

static bool compare_samples(double *const packed[2], double alpha, struct runs_test *test)
{
	test->same = all_equal(packed[BASE], test->units[BASE], packed[BASE][0]) &&
		     all_equal(packed[NEW], test->units[NEW], packed[BASE][0]);
	return rank_samples(packed[BASE], test->units[BASE], packed[NEW], test->units[NEW], alpha,
			    &test->rank);
}

bool runs_compare(const struct gate *gate, const struct runs lists[2], double *const values[2],
		  struct runs_test *test)
{
	size_t count = lists[BASE].count + lists[NEW].count;
	double *scratch = calloc(2 * count + 1, sizeof(*scratch)), alpha = gate->options->alpha;
	double *const packed[2] = { scratch, scratch + lists[BASE].count };
	bool ok = scratch;

	*test = (struct runs_test) { 0 };
	if (ok && gate->unit == UNIT_PAIR)
		drop_singles(values, lists[BASE].count);
	for (size_t side = BASE; ok && side <= NEW; side++)
		test->units[side] = pack(gate, &lists[side], values[side], packed[side]);
	if (ok && test->units[BASE] && test->units[NEW]) {
		ok = gate->unit == UNIT_PAIR ? compare_pairs(packed, scratch + count, alpha, test) :
					       compare_samples(packed, alpha, test);
		for (size_t side = BASE; side <= NEW; side++)
			test->medians[side] = exp(median_of(packed[side], test->units[side]));
	}
	free(scratch);
	return ok;
}
