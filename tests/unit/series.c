// SPDX-License-Identifier: GPL-2.0-only
/*
 * Label sets that come and go: nothing is lost, and nothing goes backwards.
 */
#include "fake.h"

#include "../../user/measure/series.h"

#define UUID_A	"83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
#define UUID_B	"83b8f4f2-509f-382f-3c1e-e6bfe0fa1002"
#define SECOND	1000000000ULL
#define LINGER	(300 * SECOND)

static struct fake_source *fake;
static struct series_set *set;
static struct series_options options;
static struct vector_filter filter;
/* By id: neither irq nor eventfd; and what was retired. */
static bool gone[FAKE_CAPACITY];
static unsigned int retired, forgotten;

static bool is_gone(const struct source *source, __u32 id)
{
	(void)source;
	return gone[id];
}

static bool retire(struct source *source, __u32 id)
{
	(void)source;
	memset(&fake->vectors[id], 0, sizeof(fake->vectors[id]));
	gone[id] = false;
	retired++;
	return true;
}

static void forget(void *context, const struct imstrace_vector *vector)
{
	(void)context;
	assert_true(*vector->device);
	forgotten++;
}

static int begin(void **state)
{
	(void)state;
	fake = fake_source_new();
	fake->source.gone = is_gone;
	fake->source.retire = retire;
	memset(gone, 0, sizeof(gone));
	retired = forgotten = 0;
	filter = (struct vector_filter) { 0 };
	options = (struct series_options) { .filter = &filter, .most = 100, .linger = LINGER };
	set = series_new(&fake->source, &options);
	assert_non_null(set);
	return 0;
}

static int end(void **state)
{
	(void)state;
	series_free(set);
	free(fake);
	return 0;
}

struct search {
	const char *device, *mode;
	const struct series *found;
	unsigned int count;
};

static void look(void *context, const struct series *series)
{
	struct search *search = context;

	search->count++;
	if (!strcmp(series->device, search->device) &&
	    (!search->mode || !strcmp(series->mode, search->mode)))
		search->found = series;
}

static const struct series *find(const char *device, const char *mode)
{
	struct search search = { .device = device, .mode = mode };

	series_each(set, look, &search);
	assert_int_equal(search.count, series_state(set)->sets);
	return search.found;
}

static __u64 count_of(const struct series *series, enum imstrace_stage stage)
{
	struct histogram histogram;

	series_histogram(series, stage, &histogram);
	return histogram_count(&histogram);
}

static void vectors_of_a_device_are_one_set(void **state)
{
	const struct series *series;

	(void)state;
	for (unsigned int i = 0; i < 3; i++)
		fake_interrupts(fake, fake_vector(fake, UUID_A, i), 10 + i, 1000);
	fake_interrupts(fake, fake_vector(fake, UUID_B, 0), 5, 2000);
	series_read(set, SECOND);
	series = find(UUID_A, "irqfd");
	assert_non_null(series);
	assert_int_equal(series->members, 3);
	assert_int_equal(series->account.hops[HOP_EOI], 33);
	assert_int_equal(count_of(series, STAGE_TOTAL), 33);
	assert_int_equal(series->slowest[STAGE_TOTAL].value, 4000);
	assert_int_equal(series_host(set)->account.hops[HOP_EOI], 38);
	assert_int_equal(count_of(series_host(set), STAGE_TOTAL), 38);
	assert_int_equal(series_host(set)->slowest[STAGE_TOTAL].value, 8000);
	/* Nothing is counted twice. */
	series_read(set, 2 * SECOND);
	assert_int_equal(series_host(set)->account.hops[HOP_EOI], 38);
	assert_int_equal(count_of(series_host(set), STAGE_TOTAL), 38);
}

static void what_was_counted_stays_where_it_was(void **state)
{
	__u32 id = fake_vector(fake, UUID_A, 0);

	(void)state;
	fake_interrupts(fake, id, 10, 1000);
	series_read(set, SECOND);
	fake->vectors[id].state |= STATE_POSTED;
	fake_interrupts(fake, id, 1, 1000);
	series_read(set, 2 * SECOND);
	assert_int_equal(find(UUID_A, "irqfd")->account.hops[HOP_IRQ], 10);
	assert_int_equal(find(UUID_A, "irqfd")->members, 0);
	assert_int_equal(find(UUID_A, "posted")->account.hops[HOP_IRQ], 1);
	assert_int_equal(series_host(set)->account.hops[HOP_IRQ], 11);
}

static void a_counter_never_goes_down(void **state)
{
	__u32 id = fake_vector(fake, UUID_A, 0);

	(void)state;
	fake->accounts[id].ends[END_COALESCED] = 5;
	series_read(set, SECOND);
	/* One turned out to be an interrupt of its own. */
	fake->accounts[id].ends[END_COALESCED] = 4;
	series_read(set, 2 * SECOND);
	assert_int_equal(series_host(set)->account.ends[END_COALESCED], 5);
	fake->accounts[id].ends[END_COALESCED] = 7;
	series_read(set, 3 * SECOND);
	assert_int_equal(series_host(set)->account.ends[END_COALESCED], 7);
	assert_int_equal(find(UUID_A, NULL)->account.ends[END_COALESCED], 7);
}

static void a_set_without_vectors_is_forgotten(void **state)
{
	__u32 id = fake_vector(fake, UUID_A, 0);

	(void)state;
	fake_interrupts(fake, id, 10, 1000);
	series_read(set, SECOND);
	gone[id] = true;
	/* What came since the last reading is still shown. */
	fake_interrupts(fake, id, 3, 1000);
	series_read(set, 2 * SECOND);
	assert_int_equal(find(UUID_A, NULL)->account.hops[HOP_EOI], 13);
	assert_int_equal(series_state(set)->vectors[LIFE_GONE], 1);
	series_read(set, LINGER);
	series_retire(set, LINGER, forget, NULL);
	assert_non_null(find(UUID_A, NULL));
	assert_int_equal(retired, 0);
	series_read(set, LINGER + 3 * SECOND);
	series_retire(set, LINGER + 3 * SECOND, forget, NULL);
	assert_int_equal(retired, 1);
	assert_int_equal(forgotten, 1);
	series_read(set, 2 * LINGER + 4 * SECOND);
	assert_null(find(UUID_A, NULL));
	assert_int_equal(series_state(set)->sets, 0);
	assert_int_equal(series_host(set)->account.hops[HOP_EOI], 13);
	assert_int_equal(count_of(series_host(set), STAGE_TOTAL), 13);
}

/* The next vector of an id has its own counts, though the arrays go on from where they are. */
static void an_id_is_used_again(void **state)
{
	__u32 id = fake_vector(fake, UUID_A, 0);

	(void)state;
	fake_interrupts(fake, id, 10, 1000);
	gone[id] = true;
	series_read(set, SECOND);
	series_read(set, LINGER + 2 * SECOND);
	series_retire(set, LINGER + 2 * SECOND, forget, NULL);
	assert_int_equal(retired, 1);
	fake->totals.vectors = id;
	assert_int_equal(fake_vector(fake, UUID_B, 7), id);
	fake_interrupts(fake, id, 2, 500);
	series_read(set, LINGER + 3 * SECOND);
	assert_int_equal(find(UUID_B, NULL)->account.hops[HOP_EOI], 2);
	assert_int_equal(count_of(find(UUID_B, NULL), STAGE_TOTAL), 2);
	/* The longest of both is not this one's. */
	assert_int_equal(find(UUID_B, NULL)->slowest[STAGE_TOTAL].value, 0);
	assert_int_equal(series_host(set)->account.hops[HOP_EOI], 12);
}

static void what_comes_back_is_not_retired(void **state)
{
	__u32 id = fake_vector(fake, UUID_A, 0);

	(void)state;
	gone[id] = true;
	series_read(set, SECOND);
	gone[id] = false;
	series_read(set, LINGER);
	gone[id] = true;
	series_read(set, LINGER + 2 * SECOND);
	series_retire(set, LINGER + 2 * SECOND, forget, NULL);
	assert_int_equal(retired, 0);
	/* One that is in flight in a guest, or counted since it was read, isn't either. */
	fake->accounts[id].hops[HOP_ACCEPT] = 1;
	series_read(set, 3 * LINGER);
	series_retire(set, 3 * LINGER, forget, NULL);
	assert_int_equal(retired, 0);
	fake->accounts[id].hops[HOP_EOI] = 1;
	series_retire(set, 3 * LINGER, forget, NULL);
	assert_int_equal(retired, 0);
	series_read(set, 3 * LINGER);
	series_retire(set, 3 * LINGER, forget, NULL);
	assert_int_equal(retired, 1);
}

static void the_limit_holds_and_the_host_has_all(void **state)
{
	(void)state;
	options.most = 2;
	for (unsigned int i = 0; i < 5; i++) {
		char name[16];

		snprintf(name, sizeof(name), "device-%u", i);
		fake_interrupts(fake, fake_vector(fake, name, 0), 10, 1000);
	}
	series_read(set, SECOND);
	series_read(set, 2 * SECOND);
	assert_int_equal(series_state(set)->sets, 2);
	assert_int_equal(series_state(set)->dropped, 3);
	assert_int_equal(series_host(set)->account.hops[HOP_EOI], 50);
	assert_int_equal(count_of(series_host(set), STAGE_TOTAL), 50);
}

static void a_fallback_is_of_a_vector_that_is_still_bound(void **state)
{
	__u32 id = fake_vector(fake, UUID_A, 0), other = fake_vector(fake, UUID_A, 1);

	(void)state;
	fake->vectors[id].state = STATE_POSTED | STATE_BOUND | STATE_BYPASS;
	fake->vectors[other].state = STATE_POSTED | STATE_BOUND | STATE_BYPASS;
	series_read(set, SECOND);
	fake->vectors[id].state &= ~STATE_POSTED;
	/* That is how it is torn down: not posted any more first. */
	fake->vectors[other].state &= ~STATE_POSTED;
	series_read(set, 2 * SECOND);
	assert_int_equal(series_state(set)->fallbacks, 0);
	fake->vectors[other].state = 0;
	series_read(set, 4 * SECOND);
	assert_int_equal(series_state(set)->fallbacks, 1);
	series_read(set, 8 * SECOND);
	assert_int_equal(series_state(set)->fallbacks, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(vectors_of_a_device_are_one_set),
		TEST(what_was_counted_stays_where_it_was),
		TEST(a_counter_never_goes_down),
		TEST(a_set_without_vectors_is_forgotten),
		TEST(an_id_is_used_again),
		TEST(what_comes_back_is_not_retired),
		TEST(the_limit_holds_and_the_host_has_all),
		TEST(a_fallback_is_of_a_vector_that_is_still_bound),
	};

	return cmocka_run_group_tests_name("series", tests, NULL, NULL);
}
