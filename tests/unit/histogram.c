// SPDX-License-Identifier: GPL-2.0-only
#include "distributions.h"
#include "fake.h"

#include "../../user/measure/histogram.h"


#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

#define LAST_BUCKET	(HISTOGRAM_BUCKETS - 1)
#define END		((__u64)1 << HISTOGRAM_VALUE_BITS)
/* The bound that is promised: an error is below 1 / BOUND of the value. */
#define BOUND		(2U << HISTOGRAM_BITS)

static __u64 distance(__u64 a, __u64 b)
{
	return a > b ? a - b : b - a;
}

static void assert_within_bound(__u64 reported, __u64 exact)
{
	if (distance(reported, exact) * BOUND > exact)
		fail_msg("%llu reported, %llu is right", (unsigned long long)reported,
			 (unsigned long long)exact);
}

static struct histogram *histogram_new(void)
{
	struct histogram *histogram = calloc(1, sizeof(*histogram));

	assert_non_null(histogram);
	return histogram;
}

static void low_and_high_are_the_inverse_of_bucket(void **state)
{
	(void)state;
	for (__u32 i = 0; i < HISTOGRAM_BUCKETS; i++) {
		assert_int_equal(histogram_bucket(histogram_bucket_low(i)), i);
		assert_int_equal(histogram_bucket(histogram_bucket_high(i)), i);
		assert_true(histogram_bucket_low(i) <= histogram_bucket_high(i));
	}
}

static void buckets_leave_no_gap(void **state)
{
	(void)state;
	assert_int_equal(histogram_bucket_low(0), 0);
	for (__u32 i = 0; i < LAST_BUCKET; i++)
		assert_int_equal(histogram_bucket_high(i) + 1, histogram_bucket_low(i + 1));
	assert_int_equal(histogram_bucket_high(LAST_BUCKET), END - 1);
}

static void check_value(__u64 value)
{
	__u32 bucket = histogram_bucket(value);

	if (value >= END) {
		assert_int_equal(bucket, LAST_BUCKET);
		return;
	}
	assert_in_range(bucket, 0, LAST_BUCKET);
	assert_in_range(value, histogram_bucket_low(bucket), histogram_bucket_high(bucket));
}

static void every_small_value_is_in_its_bucket(void **state)
{
	__u32 last = 0;

	(void)state;
	for (__u64 value = 0; value <= 1 << 20; value++) {
		__u32 bucket = histogram_bucket(value);

		check_value(value);
		assert_true(bucket == last || bucket == last + 1);
		last = bucket;
	}
}

static void values_around_every_edge_are_in_their_buckets(void **state)
{
	(void)state;
	for (__u32 i = 1; i < HISTOGRAM_BUCKETS; i++) {
		__u64 low = histogram_bucket_low(i), high = histogram_bucket_high(i);

		assert_int_equal(histogram_bucket(low - 1), i - 1);
		assert_int_equal(histogram_bucket(low + 1), low < high || i == LAST_BUCKET ?
				 i : i + 1);
		assert_int_equal(histogram_bucket(high - 1), low < high ? i : i - 1);
		assert_int_equal(histogram_bucket(high + 1), i == LAST_BUCKET ? i : i + 1);
	}
	for (unsigned int bit = 0; bit < 64; bit++)
		for (int offset = -1; offset <= 1; offset++)
			check_value(((__u64)1 << bit) + offset);
}

static void random_values_are_in_their_buckets(void **state)
{
	__u64 seed = 1;

	(void)state;
	for (int i = 0; i < 1000000; i++) {
		__u64 value = random_magnitude(&seed, 64);
		__u64 other = random_magnitude(&seed, 64);

		check_value(value);
		/* Monotone. */
		if (value <= other)
			assert_true(histogram_bucket(value) <= histogram_bucket(other));
		else
			assert_true(histogram_bucket(value) >= histogram_bucket(other));
	}
	assert_int_equal(histogram_bucket(UINT64_MAX), LAST_BUCKET);
}

static void highest_bit_is_what_clz_says(void **state)
{
	__u64 seed = 2;

	(void)state;
	for (unsigned int bit = 0; bit < 63; bit++) {
		assert_int_equal(histogram_highest_bit((__u64)1 << bit), bit);
		assert_int_equal(histogram_highest_bit(((__u64)2 << bit) - 1), bit);
	}
	for (int i = 0; i < 1000000; i++) {
		__u64 value = random_magnitude(&seed, 63) | 1;

		assert_int_equal(histogram_highest_bit(value), 63 - __builtin_clzll(value));
	}
}

/*
 * The values on both sides keep the smallest and the largest out of the way:
 * they are known exactly, and would make a lone value exact.
 */
static void check_bound(struct histogram *histogram, __u64 value)
{
	histogram_fill(histogram, 0);
	histogram_fill(histogram, value);
	histogram_fill(histogram, END - 1);
	assert_within_bound(histogram_percentile(histogram, 3, 50), value);
	memset(histogram, 0, sizeof(*histogram));
}

static void both_edges_of_every_bucket_are_within_the_bound(void **state)
{
	struct histogram *histogram = histogram_new();

	(void)state;
	for (__u32 i = 0; i < HISTOGRAM_BUCKETS; i++) {
		check_bound(histogram, histogram_bucket_low(i));
		check_bound(histogram, histogram_bucket_high(i));
	}
	free(histogram);
}

static const size_t sizes[] = { 1, 2, 10, 1000, 100000 };

static __u64 *draw(distribution next, size_t count, __u64 seed)
{
	__u64 *values = calloc(count, sizeof(*values));

	assert_non_null(values);
	for (size_t i = 0; i < count; i++)
		values[i] = next(&seed);
	return values;
}

static struct histogram *histogram_of(const __u64 *values, size_t count)
{
	struct histogram *histogram = histogram_new();

	for (size_t i = 0; i < count; i++)
		histogram_fill(histogram, values[i]);
	return histogram;
}

static int compare(const void *left, const void *right)
{
	__u64 a = *(const __u64 *)left, b = *(const __u64 *)right;

	return (a > b) - (a < b);
}

static void check_distribution(distribution next, size_t count)
{
	/* In tenths of a percent: ranks are exact only in integers. */
	static const unsigned int permille[] = { 0, 500, 900, 990, 999, 1000 };
	__u64 *values = draw(next, count, 3), sum = 0;
	struct histogram *histogram = histogram_of(values, count);

	qsort(values, count, sizeof(*values), compare);
	for (size_t i = 0; i < count; i++)
		sum += values[i];
	assert_int_equal(histogram_count(histogram), count);
	assert_int_equal(histogram->sum, sum);
	assert_int_equal(histogram_min(histogram), values[0]);
	assert_int_equal(histogram->max, values[count - 1]);
	for (size_t i = 0; i < ARRAY_SIZE(permille); i++) {
		size_t rank = (count * permille[i] + 999) / 1000;
		__u64 reported = histogram_percentile(histogram, count, permille[i] / 10.0);

		assert_within_bound(reported, values[rank ? rank - 1 : 0]);
		assert_in_range(reported, values[0], values[count - 1]);
	}
	free(histogram);
	free(values);
}

static void percentiles_are_those_of_sorting(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(distributions); i++)
		for (size_t j = 0; j < ARRAY_SIZE(sizes); j++)
			check_distribution(distributions[i], sizes[j]);
}

/* Where percent * count is whole in decimal, but not in binary. */
static void ranks_are_not_rounded_up_past_a_whole_one(void **state)
{
	static const struct {
		double percent;
		unsigned int of_1000;
	} cases[] = {
		{ 50, 500 }, { 90, 900 }, { 99, 990 }, { 99.9, 999 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct histogram *histogram = histogram_new();

		/* All that the percentile covers is 1, what is above is 100. */
		histogram->buckets[1] = cases[i].of_1000;
		histogram->buckets[100] = 1000 - cases[i].of_1000;
		histogram->max = 100;
		histogram->inverted_min = ~1ULL;
		for (int scale = 1; scale <= 100; scale++) {
			__u64 count = histogram_count(histogram);

			assert_int_equal(histogram_percentile(histogram, count, cases[i].percent),
					 1);
			histogram->buckets[1] += cases[i].of_1000;
			histogram->buckets[100] += 1000 - cases[i].of_1000;
		}
		free(histogram);
	}
}

static void a_single_value_is_exact(void **state)
{
	static const __u64 values[] = { 0, 1, 127, 128, 129, 1000003, END - 1, END, 100 * END };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		struct histogram *histogram = histogram_of(&values[i], 1);

		for (int percent = 0; percent <= 100; percent += 50)
			assert_int_equal(histogram_percentile(histogram, 1, percent), values[i]);
		free(histogram);
	}
}

static void an_empty_histogram_has_no_figures(void **state)
{
	struct histogram *histogram = histogram_new();

	(void)state;
	assert_int_equal(histogram_count(histogram), 0);
	assert_int_equal(histogram_min(histogram), 0);
	free(histogram);
}

static void a_value_beyond_the_range_keeps_sum_min_and_max_exact(void **state)
{
	const __u64 values[] = { 5, 3 * END, END + 7 };
	struct histogram *histogram = histogram_of(values, ARRAY_SIZE(values));

	(void)state;
	assert_int_equal(histogram->buckets[LAST_BUCKET], 2);
	assert_int_equal(histogram_count(histogram), 3);
	assert_int_equal(histogram->sum, 4 * END + 12);
	assert_int_equal(histogram_min(histogram), 5);
	assert_int_equal(histogram->max, 3 * END);
	free(histogram);
}

static void assert_same(const struct histogram *a, const struct histogram *b)
{
	assert_memory_equal(a, b, sizeof(*a));
}

static void merging_equals_filling_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(distributions); i++) {
		for (size_t cut = 0; cut <= 1000; cut += 250) {
			__u64 *values = draw(distributions[i], 1000, 4);
			struct histogram *all = histogram_of(values, 1000);
			struct histogram *a = histogram_of(values, cut);
			struct histogram *b = histogram_of(values + cut, 1000 - cut);
			struct histogram *ab = histogram_new();

			histogram_merge(ab, a);
			histogram_merge(ab, b);
			assert_same(ab, all);
			histogram_merge(b, a);
			assert_same(b, ab);
			free(ab);
			free(b);
			free(a);
			free(all);
			free(values);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(low_and_high_are_the_inverse_of_bucket),
		cmocka_unit_test(buckets_leave_no_gap),
		cmocka_unit_test(every_small_value_is_in_its_bucket),
		cmocka_unit_test(values_around_every_edge_are_in_their_buckets),
		cmocka_unit_test(random_values_are_in_their_buckets),
		cmocka_unit_test(highest_bit_is_what_clz_says),
		cmocka_unit_test(both_edges_of_every_bucket_are_within_the_bound),
		cmocka_unit_test(percentiles_are_those_of_sorting),
		cmocka_unit_test(ranks_are_not_rounded_up_past_a_whole_one),
		cmocka_unit_test(a_single_value_is_exact),
		cmocka_unit_test(an_empty_histogram_has_no_figures),
		cmocka_unit_test(a_value_beyond_the_range_keeps_sum_min_and_max_exact),
		cmocka_unit_test(merging_equals_filling_one),
	};

	return cmocka_run_group_tests_name("histogram", tests, NULL, NULL);
}
