// SPDX-License-Identifier: GPL-2.0-only
/*
 * The slowest interrupts, against sorting all of them.
 */
#include "fake.h"

#include "../../user/measure/slowest.h"
#include "../../user/measure/stages.h"

#define MOST	3000

/* From hop irq to signal; vcpu tells them apart. */
static struct imstrace_interrupt interrupt(__u64 start, __u64 took, __u32 number)
{
	return (struct imstrace_interrupt) {
		.times = { [HOP_IRQ] = start, [HOP_SIGNAL] = start + took }, .vcpu = number,
	};
}

static int by_time_taken(const void *left, const void *right)
{
	const struct imstrace_interrupt *a = left, *b = right;
	__u64 a_took = a->times[HOP_SIGNAL] - a->times[HOP_IRQ];
	__u64 b_took = b->times[HOP_SIGNAL] - b->times[HOP_IRQ];

	if (a_took != b_took)
		return a_took > b_took ? -1 : 1;
	return a->times[HOP_SIGNAL] < b->times[HOP_SIGNAL] ? -1 : 1;
}

/* @kinds: of how many lengths they are; few make ties. In order of time, as from a source. */
static void compare_with_sorting(size_t room, size_t count, __u64 kinds)
{
	static struct imstrace_interrupt all[MOST];
	struct imstrace_vector vector = { .device = "device" };
	__u64 random = room * 1000 + count, end = 1000000;
	struct slowest slowest;

	assert_true(slowest_init(&slowest, room));
	for (size_t i = 0; i < count; i++) {
		__u64 took = 1 + random_next(&random) % kinds;

		end += 1 + random_next(&random) % 1000;
		all[i] = interrupt(end - took, took, i);
		vector.vector = i;
		slowest_add(&slowest, &vector, &all[i]);
	}
	slowest_sort(&slowest);
	qsort(all, count, sizeof(*all), by_time_taken);
	assert_int_equal(slowest.count, count < room ? count : room);
	for (size_t i = 0; i < slowest.count; i++) {
		assert_int_equal(interrupt_took(&slowest.interrupts[i].interrupt),
				 interrupt_took(&all[i]));
		assert_int_equal(slowest.interrupts[i].interrupt.vcpu, all[i].vcpu);
		/* Each with its vector as it was then. */
		assert_int_equal(slowest.interrupts[i].vector.vector, all[i].vcpu);
	}
	slowest_free(&slowest);
}

static void they_are_those_that_sorting_finds(void **state)
{
	static const size_t rooms[] = { 1, 2, 3, 10, 100, 2999, 3000, 3001 };
	static const size_t counts[] = { 0, 1, 2, 9, 10, 11, 500, MOST };

	(void)state;
	for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++)
		for (size_t j = 0; j < sizeof(counts) / sizeof(counts[0]); j++)
			compare_with_sorting(rooms[i], counts[j], 900000);
}

/* Of those that took equally long the earliest are kept, whatever else came in between. */
static void ties_are_decided_by_time(void **state)
{
	(void)state;
	for (__u64 kinds = 1; kinds < 6; kinds++) {
		compare_with_sorting(1, 100, kinds);
		compare_with_sorting(10, 1000, kinds);
		compare_with_sorting(700, MOST, kinds);
	}
}

static void without_room_there_are_none(void **state)
{
	struct imstrace_vector vector = { .device = "device" };
	struct imstrace_interrupt slow = interrupt(1, 1000, 0);
	struct slowest slowest;

	(void)state;
	assert_true(slowest_init(&slowest, 0));
	slowest_add(&slowest, &vector, &slow);
	slowest_sort(&slowest);
	assert_int_equal(slowest.count, 0);
	slowest_free(&slowest);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_are_those_that_sorting_finds),
		cmocka_unit_test(ties_are_decided_by_time),
		cmocka_unit_test(without_room_there_are_none),
	};

	return cmocka_run_group_tests_name("slowest", tests, NULL, NULL);
}
