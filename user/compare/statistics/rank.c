// SPDX-License-Identifier: GPL-2.0-only
#include "rank.h"

#define MATHLIB_STANDALONE
#include <Rmath.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Beyond, the normal distribution is near enough. */
#define EXACT_PAIRS	200
#define EXACT_SAMPLES	60

static int compare_numbers(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

double median_of(double *numbers, size_t count)
{
	qsort(numbers, count, sizeof(*numbers), compare_numbers);
	return count % 2 ? numbers[count / 2] : (numbers[count / 2 - 1] + numbers[count / 2]) / 2;
}

struct ranked {
	double value;
	bool more;	/* of the second sample, or a positive difference */
	size_t rank;	/* twice, so that those of ties are whole numbers */
};

static int compare_values(const void *left, const void *right)
{
	const struct ranked *a = left, *b = right;

	return (a->value > b->value) - (a->value < b->value);
}

/* Return: the sum of t^3 - t over all ties. */
static double give_ranks(struct ranked *all, size_t count)
{
	double ties = 0;

	qsort(all, count, sizeof(*all), compare_values);
	for (size_t i = 0, end; i < count; i = end) {
		double size;

		for (end = i; end < count && all[end].value == all[i].value;)
			end++;
		size = end - i;
		ties += size * size * size - size;
		for (size_t j = i; j < end; j++)
			all[j].rank = i + 1 + end;
	}
	return ties;
}

/*
 * @chances[s] that a sum of ranks, each of them in it or not with equal chance, is s. Return: of one that
 * is @sum or more, and in @p_less of one that is @sum or less.
 */
static double sum_tails(const double *chances, size_t size, size_t sum, double *p_less)
{
	double greater = 0, less = 0, all = 0;

	for (size_t s = 0; s < size; s++) {
		all += chances[s];
		greater += s >= sum ? chances[s] : 0;
		less += s <= sum ? chances[s] : 0;
	}
	*p_less = less / all;
	return greater / all;
}

static bool exact_pairs(const struct ranked *all, size_t count, size_t zeroes, size_t sum,
			struct rank_test *result)
{
	size_t size = count * (count + 1) + 1;
	double *chances = calloc(size, sizeof(*chances));

	if (!chances)
		return false;
	chances[0] = 1;
	for (size_t i = zeroes; i < count; i++)
		for (size_t s = size; s-- > 0;)
			chances[s] = (chances[s] +
				      (s >= all[i].rank ? chances[s - all[i].rank] : 0)) / 2;
	result->p_greater = sum_tails(chances, size, sum, &result->p_less);
	free(chances);
	return true;
}

/* With half a rank for continuity, which is one of the doubled ones. */
static void normal(double sum, double mean, double deviation, struct rank_test *result)
{
	result->p_greater = deviation > 0 ? pnorm(sum - 1, mean, deviation, 0, 0) : 1;
	result->p_less = deviation > 0 ? pnorm(sum + 1, mean, deviation, 1, 0) : 1;
}

static bool test_pairs(const double *differences, size_t count, struct rank_test *result)
{
	struct ranked *all = calloc(count, sizeof(*all));
	double mean = 0, variance = 0;
	size_t zeroes = 0, sum = 0;
	bool ok = true;

	if (!all)
		return false;
	for (size_t i = 0; i < count; i++) {
		all[i].value = fabs(differences[i]);
		all[i].more = differences[i] > 0;
		zeroes += differences[i] == 0;
	}
	give_ranks(all, count);
	for (size_t i = zeroes; i < count; i++) {
		sum += all[i].more ? all[i].rank : 0;
		mean += all[i].rank / 2.0;
		variance += (double)all[i].rank * all[i].rank / 4;
	}
	if (count <= EXACT_PAIRS)
		ok = exact_pairs(all, count, zeroes, sum, result);
	else
		normal(sum, mean, sqrt(variance), result);
	free(all);
	return ok;
}

/*
 * The estimate and the interval for it are from the sorted @candidates, all that a shift could
 * be: @skip are left out on each side.
 */
static void estimate(double *candidates, size_t count, double skip, bool enough,
		     struct rank_test *result)
{
	size_t first = skip > 0 ? (size_t)skip - 1 : 0;

	result->shift = median_of(candidates, count);
	result->low = enough ? candidates[first] : -INFINITY;
	result->high = enough ? candidates[count - 1 - first] : INFINITY;
}

bool rank_pairs(const double *differences, size_t count, double alpha, struct rank_test *result)
{
	double *averages = calloc(count * (count + 1) / 2, sizeof(*averages));
	size_t used = 0;

	if (!averages || !test_pairs(differences, count, result)) {
		free(averages);
		return false;
	}
	/* Walsh's averages. */
	for (size_t i = 0; i < count; i++)
		for (size_t j = i; j < count; j++)
			averages[used++] = (differences[i] + differences[j]) / 2;
	estimate(averages, used, qsignrank(alpha, count, 1, 0), rank_pairs_best(count) <= alpha,
		 result);
	free(averages);
	return true;
}

/* @chances[used * size + s]: how many ways there are to have a sum of s by so many ranks. */
static bool exact_samples(const struct ranked *all, size_t count, size_t more_count, size_t sum,
			  struct rank_test *result)
{
	size_t size = count * (count + 1) + 1;
	double *ways = calloc((more_count + 1) * size, sizeof(*ways));

	if (!ways)
		return false;
	ways[0] = 1;
	for (size_t i = 0; i < count; i++)
		for (size_t used = more_count; used-- > 0;)
			for (size_t s = all[i].rank; s < size; s++)
				ways[(used + 1) * size + s] += ways[used * size + s - all[i].rank];
	result->p_greater = sum_tails(&ways[more_count * size], size, sum, &result->p_less);
	free(ways);
	return true;
}

static bool test_samples(const double *numbers, size_t count, const double *more,
			 size_t more_count, struct rank_test *result)
{
	size_t total = count + more_count, sum = 0;
	struct ranked *all = calloc(total, sizeof(*all));
	double ties, variance;
	bool ok = true;

	if (!all)
		return false;
	for (size_t i = 0; i < total; i++) {
		all[i].more = i >= count;
		all[i].value = i < count ? numbers[i] : more[i - count];
	}
	ties = give_ranks(all, total);
	for (size_t i = 0; i < total; i++)
		sum += all[i].more ? all[i].rank : 0;
	if (total <= EXACT_SAMPLES) {
		ok = exact_samples(all, total, more_count, sum, result);
	} else {
		variance = (double)count * more_count / 3 *
			   (total + 1 - ties / ((double)total * (total - 1)));
		normal(sum, (double)more_count * (total + 1), sqrt(variance), result);
	}
	free(all);
	return ok;
}

bool rank_samples(const double *numbers, size_t count, const double *more, size_t more_count,
		  double alpha, struct rank_test *result)
{
	double *differences = calloc(count * more_count, sizeof(*differences));
	size_t used = 0;

	if (!differences || !test_samples(numbers, count, more, more_count, result)) {
		free(differences);
		return false;
	}
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < more_count; j++)
			differences[used++] = more[j] - numbers[i];
	estimate(differences, used, qwilcox(alpha, count, more_count, 1, 0),
		 rank_samples_best(count, more_count) <= alpha, result);
	free(differences);
	return true;
}

double rank_pairs_best(size_t count)
{
	return exp2(-(double)count);
}

double rank_samples_best(size_t count, size_t more_count)
{
	return 1 / choose(count + more_count, more_count);
}
