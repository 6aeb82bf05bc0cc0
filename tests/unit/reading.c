// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
/*
 * The difference of two readings: what came between, of a source that may be counting.
 */
#include "distributions.h"
#include "fake.h"

#include "../../user/measure/reading.h"

#include <pthread.h>

#define END	((__u64)1 << HISTOGRAM_VALUE_BITS)
#define VALUES	1000

struct fixture {
	struct fake_source *fake;
	struct reading reading;
	struct difference *difference;
};

static struct fixture begin(void)
{
	struct fixture fixture = {
		.fake = fake_source_new(), .difference = calloc(1, sizeof(struct difference)),
	};

	assert_non_null(fixture.difference);
	assert_int_equal(fake_vector(fixture.fake, "device", 0), 0);
	assert_true(reading_init(&fixture.reading, &fixture.fake->source));
	return fixture;
}

static void end(struct fixture *fixture)
{
	reading_free(&fixture->reading);
	free(fixture->difference);
	free(fixture->fake);
}

/* @result is the difference of readings of which the later has all values up to @later's. */
static void check_difference(const struct histogram *result, const struct histogram *exact,
			     const struct histogram *later)
{
	assert_memory_equal(result->buckets, exact->buckets, sizeof(exact->buckets));
	assert_int_equal(histogram_count(result), histogram_count(exact));
	assert_int_equal(result->sum, exact->sum);
	/* An edge of a bucket, where a percentile is its middle: twice as far. */
	assert_in_range(result->max, exact->max, exact->max + exact->max / (1 << HISTOGRAM_BITS));
	assert_in_range(histogram_min(result),
			histogram_min(exact) - histogram_min(exact) / (1 << HISTOGRAM_BITS),
			histogram_min(exact));
	assert_true(histogram_min(result) >= histogram_min(later));
	assert_true(result->max <= later->max);
}

static void check_distribution(distribution next, size_t cut)
{
	struct fixture fixture = begin();
	struct difference *difference = fixture.difference;
	struct histogram exact = { 0 }, later;
	struct reading earlier;
	__u64 seed = 5;

	assert_true(reading_init(&earlier, &fixture.fake->source));
	/* What was in it does not matter. */
	for (int i = 0; i < 100; i++)
		fake_value(fixture.fake, STAGE_COUNT, wide(&seed));
	reading_take(&fixture.reading, 1, difference);
	for (size_t i = 0; i < cut; i++)
		fake_value(fixture.fake, 0, next(&seed));
	reading_take(&fixture.reading, 0, difference);
	reading_add(&earlier, 0, difference);
	for (size_t i = cut; i < VALUES; i++) {
		__u64 value = next(&seed);

		fake_value(fixture.fake, 0, value);
		histogram_fill(&exact, value);
	}
	later = fake_histogram(fixture.fake, 0);
	reading_take(&fixture.reading, 0, difference);
	check_difference(&difference->stages[0], &exact, &later);
	/* Of two that stand still it is the same. */
	memset(difference, 0, sizeof(*difference));
	reading_difference(&fixture.reading, &earlier, 0, difference);
	check_difference(&difference->stages[0], &exact, &later);
	/* So are the extremes of all that was read. */
	assert_int_equal(fixture.reading.stages[0].max, later.max);
	assert_int_equal(fixture.reading.stages[0].inverted_min, later.inverted_min);
	reading_free(&earlier);
	end(&fixture);
}

static void a_difference_is_what_came_between(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(distributions) / sizeof(distributions[0]); i++)
		for (size_t cut = 0; cut < VALUES; cut += 111)
			check_distribution(distributions[i], cut);
}

static void from_the_start_it_is_all_and_exact(void **state)
{
	struct fixture fixture = begin();
	struct reading start;
	struct histogram all;
	__u64 seed = 8;

	(void)state;
	for (int i = 0; i < VALUES; i++) {
		fake_value(fixture.fake, 0, wide(&seed));
		reading_take(&fixture.reading, 0, fixture.difference);
	}
	assert_true(reading_init(&start, &fixture.fake->source));
	reading_difference(&fixture.reading, &start, 0, fixture.difference);
	all = fake_histogram(fixture.fake, 0);
	assert_memory_equal(&fixture.difference->stages[0], &all, sizeof(all));
	reading_free(&start);
	end(&fixture);
}

static void a_reading_and_itself_differ_in_nothing(void **state)
{
	struct fixture fixture = begin();
	struct difference *empty = calloc(1, sizeof(*empty));

	(void)state;
	fake_interrupts(fixture.fake, 0, 100, 1000);
	reading_take(&fixture.reading, 0, fixture.difference);
	assert_memory_not_equal(fixture.difference, empty, sizeof(*empty));
	reading_difference(&fixture.reading, &fixture.reading, 0, fixture.difference);
	assert_memory_equal(fixture.difference, empty, sizeof(*empty));
	free(empty);
	end(&fixture);
}

static void a_largest_value_beyond_the_range_survives(void **state)
{
	struct fixture fixture = begin();

	(void)state;
	fake_value(fixture.fake, 0, 5);
	reading_take(&fixture.reading, 0, fixture.difference);
	fake_value(fixture.fake, 0, 3 * END);
	reading_take(&fixture.reading, 0, fixture.difference);
	assert_int_equal(fixture.difference->stages[0].max, 3 * END);
	assert_int_equal(fixture.difference->stages[0].sum, 3 * END);
	end(&fixture);
}

static void differences_of_consecutive_readings_add_up(void **state)
{
	struct fixture fixture = begin();
	struct histogram total = { 0 }, all;
	__u64 seed = 7;

	(void)state;
	for (int reading = 0; reading < 50; reading++) {
		/* None at all in some. */
		for (__u64 i = random_next(&seed) % 4 * 100; i; i--)
			fake_value(fixture.fake, 0, wide(&seed));
		reading_take(&fixture.reading, 0, fixture.difference);
		histogram_merge(&total, &fixture.difference->stages[0]);
	}
	all = fake_histogram(fixture.fake, 0);
	assert_memory_equal(total.buckets, all.buckets, sizeof(total.buckets));
	assert_int_equal(total.sum, all.sum);
	/* The bucket bounds, held to the exact ones of all readings. */
	assert_in_range(histogram_min(&total), histogram_min(&all),
			histogram_min(&all) + histogram_min(&all) / (1 << HISTOGRAM_BITS));
	assert_int_equal(total.max, all.max);
	end(&fixture);
}

/* What the programs do, in their order: the bucket last. */
static void *fill(void *context)
{
	struct fake_source *fake = context;
	struct imstrace_histogram *histogram = &fake->histograms[0];
	__u64 seed = 9;

	for (int i = 0; i < 200000; i++) {
		/* Slowly further out, so that extremes and blocks are new all the time. */
		__u64 value = 1 + random_next(&seed) % (1 + 10 * (__u64)i);
		__u32 bucket = histogram_bucket(value);
		__u32 *number = &histogram->blocks[bucket / HISTOGRAM_BLOCK_BUCKETS];

		__atomic_fetch_add(&fake->accounts[0].sums[0], value, __ATOMIC_RELAXED);
		if (histogram->max < value)
			__atomic_store_n(&histogram->max, value, __ATOMIC_RELAXED);
		if (histogram->inverted_min < ~value)
			__atomic_store_n(&histogram->inverted_min, ~value, __ATOMIC_RELAXED);
		if (!*number)
			__atomic_store_n(number, ++fake->totals.blocks, __ATOMIC_RELEASE);
		__atomic_fetch_add(&fake->blocks[*number - 1].buckets[bucket %
				   HISTOGRAM_BLOCK_BUCKETS], 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

static void nothing_is_lost_of_one_that_is_being_filled(void **state)
{
	struct fixture fixture = begin();
	struct histogram total = { 0 }, all;
	bool ended = false;
	pthread_t filler;

	(void)state;
	assert_int_equal(pthread_create(&filler, NULL, fill, fixture.fake), 0);
	do {
		const struct histogram *more = &fixture.difference->stages[0];

		ended = !pthread_tryjoin_np(filler, NULL);
		reading_take(&fixture.reading, 0, fixture.difference);
		histogram_merge(&total, more);
		/* No value is outside of what is said to be the smallest and the largest. */
		for (__u32 i = 0; i < HISTOGRAM_BUCKETS; i++) {
			if (!more->buckets[i])
				continue;
			assert_true(histogram_bucket_low(i) <= more->max);
			assert_true(histogram_bucket_high(i) >= histogram_min(more));
			assert_true(fixture.difference->blocks[0] >>
				    i / HISTOGRAM_BLOCK_BUCKETS & 1);
		}
	} while (!ended);
	all = fake_histogram(fixture.fake, 0);
	assert_memory_equal(total.buckets, all.buckets, sizeof(total.buckets));
	assert_int_equal(histogram_count(&total), 200000);
	assert_int_equal(fixture.reading.accounts[0].sums[0], all.sum);
	assert_int_equal(fixture.reading.stages[0].max, all.max);
	assert_int_equal(fixture.reading.stages[0].inverted_min, all.inverted_min);
	end(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_difference_is_what_came_between),
		cmocka_unit_test(from_the_start_it_is_all_and_exact),
		cmocka_unit_test(a_reading_and_itself_differ_in_nothing),
		cmocka_unit_test(a_largest_value_beyond_the_range_survives),
		cmocka_unit_test(differences_of_consecutive_readings_add_up),
		cmocka_unit_test(nothing_is_lost_of_one_that_is_being_filled),
	};

	return cmocka_run_group_tests_name("reading", tests, NULL, NULL);
}
