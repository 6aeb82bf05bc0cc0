/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * By how much are the numbers of one sample larger than those of another, and could it be chance?
 * By ranks: nothing is assumed of how the numbers are distributed, and one that is far out has
 * no more weight than any other.
 */
#ifndef IMSTRACE_STATISTICS_RANK_H
#define IMSTRACE_STATISTICS_RANK_H

#include <stdbool.h>
#include <stddef.h>

/* More would take long, and tell no more. */
#define RANK_MOST	1000

/**
 * struct rank_test - what came of it
 * @p_greater:	the chance of numbers that are so much larger, or more, if there were no difference
 * @p_less:	so much smaller
 * @shift:	how much larger they are: the Hodges-Lehmann estimate
 * @low:	of the interval for it whose every side is wrong with a chance of alpha; -INFINITY
 *		if there are too few numbers to say
 * @high:	likewise
 */
struct rank_test {
	double p_greater;
	double p_less;
	double shift;
	double low;
	double high;
};

/*
 * Of pairs, by their @count differences: Wilcoxon's signed rank test, zeroes by Pratt. It
 * holds if each difference could as well have had the other sign, were there nothing to
 * find. Exact, ties or not, up to 200 pairs. @count is from 1 to RANK_MOST. false: out of memory.
 */
bool rank_pairs(const double *differences, size_t count, double alpha, struct rank_test *result);

/*
 * Of @more against @numbers, not paired: Wilcoxon's rank sum test, Mann and Whitney's. It holds if
 * all numbers could as well have been in the other sample. Exact up to 60 in all. Likewise.
 */
bool rank_samples(const double *numbers, size_t count, const double *more, size_t more_count,
		  double alpha, struct rank_test *result);

/* The smallest p that so many pairs, or samples of these sizes, can come to. */
double rank_pairs_best(size_t count);
double rank_samples_best(size_t count, size_t more_count);

/* Sorts @numbers. Return: their median. */
double median_of(double *numbers, size_t count);

#endif /* IMSTRACE_STATISTICS_RANK_H */
