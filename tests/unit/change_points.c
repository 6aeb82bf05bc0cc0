// SPDX-License-Identifier: GPL-2.0-only
/*
 * Change points: published series, and what must not be taken for a change.
 */
#include "fake.h"

#include "../../user/compare/statistics/change_points.h"

#include <math.h>

static const struct change_point_options usual = { .max_p = 0.001, .least = 0, .window = 50 };

static size_t find(const double *numbers, size_t count, const struct change_point_options *options,
		   struct change_point *points)
{
	size_t found;

	assert_true(change_points_find(numbers, count, options, points, &found));
	return found;
}

/* The two series of Apache Otava's own tests (tests/analysis_test.py): each changes once. */
static void the_series_of_otava(void **state)
{
	static const double first[] = {
		1.02, 0.95, 0.99, 1.00, 1.12, 0.90, 0.50, 0.51, 0.48, 0.48, 0.55,
	};
	static const double second[] = {
		2.02, 2.03, 2.01, 2.04, 1.82, 1.85, 1.79, 1.81, 1.80, 1.76, 1.78,
	};
	struct change_point points[11];

	(void)state;
	assert_int_equal(find(first, 11, &usual, points), 1);
	assert_int_equal(points[0].index, 6);
	assert_true(points[0].p < 1e-4);
	assert_true(fabs(points[0].before - 0.996667) < 1e-5);
	assert_true(fabs(points[0].after - 0.504) < 1e-5);
	assert_int_equal(find(second, 11, &usual, points), 1);
	assert_int_equal(points[0].index, 4);
}

/*
 * The flow of the Nile at Aswan from 1871 to 1970: it fell in 1899, when the dam was begun. Cobb, The
 * problem of the Nile, Biometrika 65 (1978), and many since.
 */
static void the_nile_fell_in_1899(void **state)
{
	static const double nile[] = {
		1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140, 995, 935, 1110, 994, 1020,
		960, 1180, 799, 958, 1140, 1100, 1210, 1150, 1250, 1260, 1220, 1030, 1100, 774, 840,
		874, 694, 940, 833, 701, 916, 692, 1020, 1050, 969, 831, 726, 456, 824, 702, 1120,
		1100, 832, 764, 821, 768, 845, 864, 862, 698, 845, 744, 796, 1040, 759, 781, 865, 845,
		944, 984, 897, 822, 1010, 771, 676, 649, 846, 812, 742, 801, 1040, 860, 874, 848, 890,
		744, 749, 838, 1050, 918, 986, 797, 923, 975, 815, 1020, 906, 901, 1170, 912, 746, 919,
		718, 714, 740,
	};
	const struct change_point_options whole = { .max_p = 0.001, .window = 100 };
	struct change_point points[100];

	(void)state;
	assert_int_equal(sizeof(nile) / sizeof(nile[0]), 100);
	assert_int_equal(find(nile, 100, &whole, points), 1);
	assert_int_equal(1871 + points[0].index, 1899);
	/* In windows of half the length it is the same. */
	assert_int_equal(find(nile, 100, &usual, points), 1);
	assert_int_equal(1871 + points[0].index, 1899);
}

static void nothing_changes_in_a_constant(void **state)
{
	struct change_point points[200];
	double numbers[200];

	(void)state;
	for (size_t i = 0; i < 200; i++)
		numbers[i] = 5;
	for (size_t count = 0; count <= 200; count += 40)
		assert_int_equal(find(numbers, count, &usual, points), 0);
}

/* A step without any noise: a variance of 0 is no reason to miss it. */
static void a_clean_step_is_found(void **state)
{
	struct change_point points[20];
	double numbers[20];

	(void)state;
	for (size_t at = CHANGE_POINT_LEAST; at <= 20 - CHANGE_POINT_LEAST; at++) {
		for (size_t i = 0; i < 20; i++)
			numbers[i] = i < at ? 1 : 1.1;
		assert_int_equal(find(numbers, 20, &usual, points), 1);
		assert_int_equal(points[0].index, at);
		assert_true(points[0].p < 1e-9);
	}
}

static void one_that_is_far_out_is_no_change(void **state)
{
	struct change_point points[30];
	double numbers[30];
	__u64 seed = 1;

	(void)state;
	for (size_t at = 0; at < 30; at++) {
		for (size_t i = 0; i < 30; i++)
			numbers[i] = 100 + (double)(random_next(&seed) % 100) / 100;
		numbers[at] = 300;
		assert_int_equal(find(numbers, 30, &usual, points), 0);
	}
}

/* A rise and a fall: of the whole they are hidden from each other. */
static void a_stretch_between_two_changes_is_found(void **state)
{
	struct change_point points[60];
	double numbers[60];
	__u64 seed = 2;

	(void)state;
	for (size_t i = 0; i < 60; i++)
		numbers[i] = (i >= 25 && i < 35 ? 110 : 100) + (double)(random_next(&seed) % 100) / 50;
	assert_int_equal(find(numbers, 60, &usual, points), 2);
	assert_int_equal(points[0].index, 25);
	assert_int_equal(points[1].index, 35);
	assert_true(points[0].after > points[0].before && points[1].after < points[1].before);
}

static void small_changes_are_left_out_if_asked(void **state)
{
	const struct change_point_options large = { .max_p = 0.001, .least = 0.05, .window = 50 };
	struct change_point points[40];
	double numbers[40];

	(void)state;
	for (size_t i = 0; i < 40; i++)
		numbers[i] = i < 15 ? 1 : i < 25 ? 1.02 : 1.2;
	assert_int_equal(find(numbers, 40, &usual, points), 2);
	assert_int_equal(find(numbers, 40, &large, points), 1);
	assert_int_equal(points[0].index, 25);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_series_of_otava),
		cmocka_unit_test(the_nile_fell_in_1899),
		cmocka_unit_test(nothing_changes_in_a_constant),
		cmocka_unit_test(a_clean_step_is_found),
		cmocka_unit_test(one_that_is_far_out_is_no_change),
		cmocka_unit_test(a_stretch_between_two_changes_is_found),
		cmocka_unit_test(small_changes_are_left_out_if_asked),
	};

	return cmocka_run_group_tests_name("change_points", tests, NULL, NULL);
}
