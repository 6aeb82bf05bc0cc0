// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices that come and go under ever new names: their ids are used again, and no count is lost.
 */
#include "world.h"

#include "../../user/measure/series.h"

#include <malloc.h>

#define SECOND		1000000000ULL
#define LINGER		(300 * SECOND)
/* A VM with eight vectors, started each minute of a day. */
#define VECTORS		(24 * 60 * 8)
#define EACH_TAKES	(60 * SECOND / 8)

#ifdef __SANITIZE_ADDRESS__
size_t __sanitizer_get_current_allocated_bytes(void);
#define allocated()	__sanitizer_get_current_allocated_bytes()
#else
#define allocated()	(mallinfo2().uordblks)
#endif

static const struct vector_filter all;
static const struct series_options options = { .filter = &all, .most = 100, .linger = LINGER };

/* A name of as many bytes as that which the device was made with, and more. */
static void name(struct world *world, unsigned int number)
{
	char text[16];

	snprintf(text, sizeof(text), "%08x", number);
	replay_rename(world->replay, world->device, text);
}

static struct world *begin(unsigned int vectors)
{
	struct replay_options replay = world_options();

	replay.vectors = vectors;
	replay.interrupts = false;
	replay.unchecked = true;
	return world_new(&replay);
}

static void forget(void *context, const struct imstrace_vector *vector)
{
	(void)context;
	(void)vector;
}

static void read_series(struct series_set *set, __u64 now)
{
	series_read(set, now);
	series_retire(set, now, forget, NULL);
}

static __u64 total_count(const struct series_set *set)
{
	struct histogram histogram;

	series_histogram(series_host(set), STAGE_TOTAL, &histogram);
	return histogram_count(&histogram);
}

static void a_day_of_churn_leaves_everything_flat(void **state)
{
	struct world *world = begin(128);
	struct source *source = replay_source(world->replay);
	struct series_set *set = series_new(source, &options);
	size_t after_an_hour = 0;
	size_t steps;

	(void)state;
	for (unsigned int i = 0; i < VECTORS; i++) {
		name(world, i);
		replay_bind(world->replay, &world->vector, 0);
		for (unsigned int j = 0; j < 3; j++) {
			world_accept(world, &world->vector, &world->vcpus[0]);
			world_serve(world, &world->vector, &world->vcpus[0]);
		}
		replay_unbind(world->replay, &world->vector);
		replay_steps(world->replay, &steps);
		if (i % 8 == 7)
			read_series(set, i * EACH_TAKES);
		/* What its buckets may take grows to a bound that is soon reached. */
		if (i == VECTORS / 6)
			after_an_hour = allocated();
		assert_true(series_state(set)->sets <= 64);
	}
	read_series(set, VECTORS * EACH_TAKES);
	assert_int_equal(source->totals->lost_vectors, 0);
	assert_int_equal(source->totals->lost_lifecycle, 0);
	assert_true(source->totals->vectors <= 64);
	assert_true(series_state(set)->retired > VECTORS - 64);
	assert_int_equal(series_state(set)->dropped, 0);
	for (unsigned int hop = 0; hop <= HOP_EOI; hop++)
		assert_int_equal(series_host(set)->account.hops[hop], 3ULL * VECTORS);
	assert_int_equal(series_host(set)->account.hops[HOP_UNMASK], 0);
	assert_int_equal(total_count(set), 3ULL * VECTORS);
	assert_true(allocated() < after_an_hour + (1 << 20));
	series_free(set);
	world_free(world);
}

static void what_is_bound_or_on_its_way_keeps_its_id(void **state)
{
	struct world *world = begin(8);
	struct source *source = replay_source(world->replay);

	(void)state;
	name(world, 1);
	replay_bind(world->replay, &world->vector, 0);
	assert_false(source->gone(source, world->vector.id));
	assert_false(source->retire(source, world->vector.id));
	/* In its handler. */
	replay_irq(world->replay, 0, world->vector.irq, 0);
	replay_unbind(world->replay, &world->vector);
	assert_true(source->gone(source, world->vector.id));
	assert_false(source->retire(source, world->vector.id));
	replay_exit(world->replay, 0, world->vector.irq);
	assert_true(source->retire(source, world->vector.id));
	assert_int_equal(*source->vectors[world->vector.id].device, '\0');
	/* The same name again, and the same id, but a vector of its own. */
	replay_bind(world->replay, &world->vector, 0);
	assert_int_equal(world->vector.id, 0);
	assert_string_equal(source->vectors[0].device, "00000001");
	assert_int_equal(source->totals->vectors, 1);
	world_free(world);
}

/* A name that found no room is tried again when there is some. */
static void who_was_lost_finds_room_later(void **state)
{
	struct world *world = begin(2);
	struct source *source = replay_source(world->replay);
	struct series_set *set = series_new(source, &options);

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		name(world, i);
		replay_bind(world->replay, &world->vector, 0);
		replay_unbind(world->replay, &world->vector);
	}
	assert_int_equal(source->totals->lost_vectors, 1);
	read_series(set, SECOND);
	read_series(set, 2 * LINGER);
	assert_int_equal(series_state(set)->retired, 2);
	name(world, 2);
	replay_bind(world->replay, &world->vector, 0);
	world_accept(world, &world->vector, &world->vcpus[0]);
	world_serve(world, &world->vector, &world->vcpus[0]);
	read_series(set, 3 * LINGER);
	assert_int_equal(series_host(set)->account.hops[HOP_EOI], 1);
	assert_int_equal(source->totals->lost_vectors, 1);
	assert_int_equal(source->totals->vectors, 2);
	series_free(set);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_day_of_churn_leaves_everything_flat),
		cmocka_unit_test(what_is_bound_or_on_its_way_keeps_its_id),
		cmocka_unit_test(who_was_lost_finds_room_later),
	};

	return cmocka_run_group_tests_name("churn", tests, NULL, NULL);
}
