// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests by ranks: against published examples, against all possibilities counted one by one, and
 * against what they promise.
 */
#include "fake.h"

#include "../../user/compare/statistics/rank.h"

#include <math.h>

#define NEAR(value, expected)	assert_true(fabs((value) - (expected)) < 5e-5)

/*
 * Hollander and Wolfe, Nonparametric Statistical Methods (1973), p. 29: depression of nine patients
 * at the first and at the second visit; as in R's help of wilcox.test(), which has V = 40, p = 0.01953.
 */
static void signed_ranks_of_hollander_and_wolfe(void **state)
{
	static const double first[] = { 1.83, 0.50, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.30 };
	static const double second[] = { 0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29 };
	struct rank_test test;
	double differences[9];

	(void)state;
	for (size_t i = 0; i < 9; i++)
		differences[i] = first[i] - second[i];
	assert_true(rank_pairs(differences, 9, 0.025, &test));
	NEAR(test.p_greater, 0.01953125);
	assert_true(fabs(test.shift - 0.46) < 5e-3);
	assert_true(test.low > 0 && test.low < test.shift && test.high > test.shift);
}

/*
 * The same, p. 69: permeability of the human chorioamnion at term and at 12 to 26 weeks; R has W = 35,
 * p = 0.1272, and a shift of 0.305.
 */
static void rank_sums_of_hollander_and_wolfe(void **state)
{
	static const double term[] = { 0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46 };
	static const double weeks[] = { 1.15, 0.88, 0.90, 0.74, 1.21 };
	struct rank_test test;

	(void)state;
	assert_true(rank_samples(weeks, 5, term, 10, 0.025, &test));
	NEAR(test.p_greater, 0.1272);
	NEAR(test.shift, 0.305);
}

/* The sum of the ranks of |d| for d > 0, ties in the middle, zeroes ranked and left out. */
static double positive_sum(const double *differences, size_t count)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++) {
		double below = 0, same = 0;

		for (size_t j = 0; j < count; j++) {
			below += fabs(differences[j]) < fabs(differences[i]);
			same += fabs(differences[j]) == fabs(differences[i]);
		}
		if (differences[i] > 0)
			sum += below + (same + 1) / 2;
	}
	return sum;
}

/* Every way to have signs, with ties and zeroes as buckets make them. */
static void signed_ranks_are_exact(void **state)
{
	__u64 seed = 1;

	(void)state;
	for (unsigned int round = 0; round < 200; round++) {
		size_t count = 1 + random_next(&seed) % 9, greater = 0, less = 0;
		double differences[9], flipped[9], sum;
		struct rank_test test;

		for (size_t i = 0; i < count; i++)
			differences[i] = (double)(random_next(&seed) % 7) - 3;
		sum = positive_sum(differences, count);
		for (unsigned int signs = 0; signs < 1U << count; signs++) {
			double other;

			for (size_t i = 0; i < count; i++)
				flipped[i] = signs >> i & 1 ? -differences[i] : differences[i];
			other = positive_sum(flipped, count);
			greater += other >= sum;
			less += other <= sum;
		}
		assert_true(rank_pairs(differences, count, 0.01, &test));
		NEAR(test.p_greater, (double)greater / (1U << count));
		NEAR(test.p_less, (double)less / (1U << count));
	}
}

/* Every way to choose which are of the second sample. */
static void rank_sums_are_exact(void **state)
{
	__u64 seed = 2;

	(void)state;
	for (unsigned int round = 0; round < 200; round++) {
		size_t count = 1 + random_next(&seed) % 5, more = 1 + random_next(&seed) % 5;
		size_t total = count + more, all = 0, greater = 0;
		double numbers[10], ranks[10], sum = 0;
		struct rank_test test;

		for (size_t i = 0; i < total; i++)
			numbers[i] = random_next(&seed) % 6;
		for (size_t i = 0; i < total; i++) {
			double below = 0, same = 0;

			for (size_t j = 0; j < total; j++) {
				below += numbers[j] < numbers[i];
				same += numbers[j] == numbers[i];
			}
			ranks[i] = below + (same + 1) / 2;
			sum += i >= count ? ranks[i] : 0;
		}
		for (unsigned int chosen = 0; chosen < 1U << total; chosen++) {
			double other = 0;

			if ((size_t)__builtin_popcount(chosen) != more)
				continue;
			for (size_t i = 0; i < total; i++)
				other += chosen >> i & 1 ? ranks[i] : 0;
			all++;
			greater += other >= sum;
		}
		assert_true(rank_samples(numbers, count, numbers + count, more, 0.01, &test));
		NEAR(test.p_greater, (double)greater / all);
	}
}

/* With nothing to find, p is below alpha as seldom as alpha says; so is the interval wrong. */
static void chance_is_found_as_seldom_as_promised(void **state)
{
	unsigned int found[2] = { 0 }, missed[2] = { 0 }, rounds = 4000;
	__u64 seed = 3;

	(void)state;
	for (unsigned int round = 0; round < rounds; round++) {
		double numbers[2][12], differences[12];
		struct rank_test test;

		for (size_t i = 0; i < 12; i++) {
			/* Noise with far-out values, some of it the same for both of a pair. */
			double common = (random_next(&seed) % 10 ? 1 : 50) *
					(double)(random_next(&seed) % 1000);

			for (size_t side = 0; side < 2; side++)
				numbers[side][i] = (random_next(&seed) % 10 ? 1 : 50) *
						   (double)(random_next(&seed) % 1000);
			differences[i] = (common + numbers[1][i]) - (common + numbers[0][i]);
		}
		assert_true(rank_pairs(differences, 12, 0.05, &test));
		found[0] += test.p_greater <= 0.05;
		missed[0] += test.low > 0 || test.high < 0;
		assert_true(rank_samples(numbers[0], 12, numbers[1], 12, 0.05, &test));
		found[1] += test.p_greater <= 0.05;
		missed[1] += test.low > 0 || test.high < 0;
	}
	for (size_t i = 0; i < 2; i++) {
		/* 5 % of 4000 are 200, with a deviation of 14. */
		assert_in_range(found[i], 100, 250);
		/* Either side. */
		assert_in_range(missed[i], 200, 500);
	}
}

/* Beyond the exact ones the normal distribution goes on where those ended. */
static void large_samples_continue_small_ones(void **state)
{
	struct rank_test exact, normal;
	double pairs[201], numbers[61];
	__u64 seed = 4;

	(void)state;
	for (size_t i = 0; i < 201; i++)
		pairs[i] = (double)(random_next(&seed) % 1000) - 450;
	assert_true(rank_pairs(pairs, 200, 0.01, &exact));
	assert_true(rank_pairs(pairs, 201, 0.01, &normal));
	assert_true(fabs(log(exact.p_greater / normal.p_greater)) < 0.5);
	for (size_t i = 0; i < 61; i++)
		numbers[i] = (double)(random_next(&seed) % 1000) + (i >= 30 ? 200 : 0);
	assert_true(rank_samples(numbers, 30, numbers + 30, 30, 0.01, &exact));
	assert_true(rank_samples(numbers, 30, numbers + 30, 31, 0.01, &normal));
	assert_true(fabs(log(exact.p_greater / normal.p_greater)) < 1);
}

static void too_few_rule_nothing_out(void **state)
{
	static const double differences[] = { 1, 2, 3 };
	struct rank_test test;

	(void)state;
	assert_true(rank_pairs(differences, 3, 0.01, &test));
	assert_true(isinf(test.low) && isinf(test.high));
	assert_true(test.p_greater >= rank_pairs_best(3));
	NEAR(rank_pairs_best(3), 1 / 8.0);
	NEAR(rank_samples_best(3, 3), 1 / 20.0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signed_ranks_of_hollander_and_wolfe),
		cmocka_unit_test(rank_sums_of_hollander_and_wolfe),
		cmocka_unit_test(signed_ranks_are_exact),
		cmocka_unit_test(rank_sums_are_exact),
		cmocka_unit_test(chance_is_found_as_seldom_as_promised),
		cmocka_unit_test(large_samples_continue_small_ones),
		cmocka_unit_test(too_few_rule_nothing_out),
	};

	return cmocka_run_group_tests_name("rank", tests, NULL, NULL);
}
