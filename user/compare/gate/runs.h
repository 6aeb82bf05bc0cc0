/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The runs of both sides, in the order in which they alternated; and whether a number that each of them
 * has is another in the new ones than in those of the base.
 */
#ifndef IMSTRACE_GATE_RUNS_H
#define IMSTRACE_GATE_RUNS_H

#include "gate.h"

enum { BASE, NEW };

/* A run, and where it is from. */
struct run {
	const struct summary *summary;
	const struct summary_run *run;
};

struct runs {
	size_t count;
	struct run *runs;
};

/* Those of @side, in order; to be freed. false: out of memory. */
bool runs_list(struct runs *list, const struct gate_side *side);

/*
 * A run that is there twice would count twice, and one on both sides is no comparison. Return: 0 or
 * an exit code, reported.
 */
int runs_refuse_duplicates(const struct runs lists[2]);

/* Whether each of the base has its partner in the new. */
bool runs_all_paired(const struct runs lists[2]);

/**
 * struct runs_test - what came of a comparison
 * @units:	how many of either side were compared: pairs, sessions or runs; 0: none, and nothing
 *		else means anything
 * @medians:	of the values that were
 * @same:	no pair differs, or no unit from any other: there is nothing that could be found
 * @rank:	of the logarithms of the values: differences are ratios
 */
struct runs_test {
	size_t units[2];
	double medians[2];
	bool same;
	struct rank_test rank;
};

/*
 * Compares @values, one above 0 for each run, or NAN: it has none. A pair of which one has none is left
 * out. false: out of memory.
 */
bool runs_compare(const struct gate *gate, const struct runs lists[2], double *const values[2],
		  struct runs_test *test);

#endif /* IMSTRACE_GATE_RUNS_H */
