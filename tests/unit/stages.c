// SPDX-License-Identifier: GPL-2.0-only
#include "fake.h"

#include "../../user/measure/stages.h"

static void a_stage_ends_at_a_later_hop_than_it_begins(void **state)
{
	(void)state;
	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++) {
		assert_true(stage_from(stage) < stage_to(stage));
		assert_true(stage_to(stage) < HOP_COUNT);
	}
}

static void the_four_steps_come_first(void **state)
{
	static const enum imstrace_hop hops[] = { HOP_IRQ, HOP_SIGNAL, HOP_ACCEPT, HOP_INJECT, HOP_EOI };

	(void)state;
	for (unsigned int stage = STAGE_HANDLER; stage <= STAGE_SERVICE; stage++) {
		assert_int_equal(stage_from(stage), hops[stage]);
		assert_int_equal(stage_to(stage), hops[stage + 1]);
		assert_int_equal(stage_class(stage), STAGE_IS_STEP);
	}
	assert_int_equal(stage_from(STAGE_DELIVERY), HOP_IRQ);
	assert_int_equal(stage_to(STAGE_DELIVERY), HOP_INJECT);
	assert_int_equal(stage_from(STAGE_TOTAL), HOP_IRQ);
	assert_int_equal(stage_to(STAGE_TOTAL), HOP_EOI);
	assert_int_equal(stage_from(STAGE_MASKED), HOP_IRQ);
	assert_int_equal(stage_to(STAGE_MASKED), HOP_UNMASK);
}

/* Everything that is written by people or programs depends on these. */
static void names_are_those_of_the_design(void **state)
{
	static const char *const hops[] = { "irq", "signal", "accept", "enter", "inject", "eoi", "unmask" };
	static const char *const stages[] = {
		"handler", "irqfd", "deliver", "service", "delivery", "total", "masked", "detour",
		"wake", "run", "enter", "window", "steal", "at_least", "at_most",
	};

	(void)state;
	assert_int_equal(sizeof(hops) / sizeof(hops[0]), HOP_COUNT);
	assert_int_equal(sizeof(stages) / sizeof(stages[0]), STAGE_COUNT);
	for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
		assert_string_equal(hop_name(hop), hops[hop]);
	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++)
		assert_string_equal(stage_name(stage), stages[stage]);
}

static long long or_nothing(long long time)
{
	return time < 0 ? 0 : time;
}

/* Its vCPU's thread waits for a CPU in every second one, and in half of these it slept before. */
static void random_wait(struct imstrace_interrupt *interrupt, int i, __u64 *seed)
{
	__u64 all = interrupt->times[HOP_ENTER] - interrupt->times[HOP_ACCEPT];
	__u64 window = interrupt->times[HOP_INJECT] - interrupt->times[HOP_ENTER];

	if (i & 1)
		interrupt->waited = 1 + random_next(seed) % (all - 1);
	/* All of its window, or a part. */
	if (i & 8)
		interrupt->window_waited = window ? 1 + random_next(seed) % window : 0;
	if (i & 16)
		interrupt->service_waited = 1 + random_next(seed) % (interrupt->times[HOP_EOI] -
								      interrupt->times[HOP_INJECT]);
	if ((i & 3) == 3)
		interrupt->slept = 1 + random_next(seed) % (all - interrupt->waited);
}

static void sums_are_the_sums_of_their_parts(void **state)
{
	__u64 seed = 1;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		struct imstrace_interrupt interrupt = { 0 };
		__u64 now = 1 + (random_next(&seed) >> 2);
		long long part[STAGE_COUNT];

		for (unsigned int hop = 0; hop < HOP_COUNT; hop++) {
			interrupt.times[hop] = now;
			/* Of some without a window, which are injected as they are entered. */
			if (hop != HOP_ENTER || i & 4)
				now += 3 + random_next(&seed) % 1000000;
		}
		random_wait(&interrupt, i, &seed);
		for (unsigned int stage = 0; stage < STAGE_COUNT; stage++)
			part[stage] = stage_time(&interrupt, stage);
		assert_int_equal(part[STAGE_DETOUR], -1);
		assert_int_equal(part[STAGE_DELIVERY],
				 part[STAGE_HANDLER] + part[STAGE_IRQFD] + part[STAGE_DELIVER]);
		assert_int_equal(part[STAGE_TOTAL], part[STAGE_DELIVERY] + part[STAGE_SERVICE]);
		assert_int_equal(part[STAGE_WAKE] >= 0, (i & 3) == 3);
		assert_int_equal(part[STAGE_RUN] >= 0, i & 1 || interrupt.window_waited);
		assert_int_equal(part[STAGE_STEAL] >= 0, !!(i & 16));
		assert_true(part[STAGE_STEAL] <= part[STAGE_SERVICE]);
		assert_int_equal(part[STAGE_DELIVER],
				 or_nothing(part[STAGE_WAKE]) + or_nothing(part[STAGE_RUN]) +
				 part[STAGE_ENTER] + or_nothing(part[STAGE_WINDOW]));
	}
}

static void a_stage_without_both_hops_has_no_time(void **state)
{
	(void)state;
	for (unsigned int seen = 0; seen < 2U << HOP_COUNT; seen++) {
		enum imstrace_stage not_its = seen >> HOP_COUNT ? STAGE_IRQFD : STAGE_DETOUR;
		struct imstrace_interrupt interrupt = { .read = seen >> HOP_COUNT };

		for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
			if (seen & 1U << hop)
				interrupt.times[hop] = 100 + 10 * hop;
		for (unsigned int stage = 0; stage < STAGE_COUNT; stage++) {
			unsigned int needs = 1U << stage_from(stage) | 1U << stage_to(stage);
			int expected = 10 * (stage_to(stage) - stage_from(stage));
			bool its = stage != not_its &&
				   (!stage_is_rare(stage) || stage == STAGE_DETOUR || stage == STAGE_WINDOW);

			assert_int_equal(stage_time(&interrupt, stage),
					 (seen & needs) == needs && its ? expected : -1);
		}
	}
}

static void a_clock_that_runs_backwards_gives_zero(void **state)
{
	struct imstrace_interrupt interrupt = { .times = { 700, 600, 500, 400, 300, 200, 100 } };

	(void)state;
	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++)
		assert_int_equal(stage_time(&interrupt, stage),
				 stage_is_rare(stage) ? -1 : 0);
	interrupt = (struct imstrace_interrupt) {
		.times = { 7, 7, 7, 7, 7, 7, 7 }, .read = 7, .slept = 7, .waited = 7, .service_waited = 7,
		.delivered_after = 6, .delivered_by = 6,
	};
	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++)
		assert_int_equal(stage_time(&interrupt, stage),
				 stage == STAGE_IRQFD || stage == STAGE_WINDOW ? -1 :
				 stage == STAGE_WAKE || stage == STAGE_RUN || stage == STAGE_STEAL ? 7 : 0);
}

static void figures_are_those_of_the_histogram(void **state)
{
	struct histogram histogram = { 0 };
	struct stage_figures figures;

	(void)state;
	for (__u64 value = 1; value <= 100; value++)
		histogram_fill(&histogram, value);
	figures = stage_figures(&histogram);
	assert_int_equal(figures.count, 100);
	assert_int_equal(figures.min, 1);
	assert_int_equal(figures.mean, 50);
	assert_int_equal(figures.p50, 50);
	assert_int_equal(figures.p90, 90);
	assert_int_equal(figures.p99, 99);
	assert_int_equal(figures.p999, 100);
	assert_int_equal(figures.max, 100);
}

static void an_empty_histogram_gives_a_count_of_zero(void **state)
{
	struct histogram histogram = { 0 };

	(void)state;
	assert_int_equal(stage_figures(&histogram).count, 0);
}

/*
 * Values that the histogram cannot tell apart must not make a table that
 * contradicts itself.
 */
static void figures_are_in_order(void **state)
{
	__u64 seed = 2;

	(void)state;
	for (int i = 0; i < 200; i++) {
		struct histogram histogram = { 0 };
		struct stage_figures figures;

		for (__u64 n = 1 + random_next(&seed) % 300; n; n--)
			histogram_fill(&histogram, random_magnitude(&seed, 44));
		figures = stage_figures(&histogram);
		assert_in_range(figures.mean, figures.min, figures.max);
		assert_in_range(figures.p50, figures.min, figures.p90);
		assert_in_range(figures.p99, figures.p90, figures.p999);
		assert_in_range(figures.p999, figures.p99, figures.max);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stage_ends_at_a_later_hop_than_it_begins),
		cmocka_unit_test(the_four_steps_come_first),
		cmocka_unit_test(names_are_those_of_the_design),
		cmocka_unit_test(sums_are_the_sums_of_their_parts),
		cmocka_unit_test(a_stage_without_both_hops_has_no_time),
		cmocka_unit_test(a_clock_that_runs_backwards_gives_zero),
		cmocka_unit_test(figures_are_those_of_the_histogram),
		cmocka_unit_test(an_empty_histogram_gives_a_count_of_zero),
		cmocka_unit_test(figures_are_in_order),
	};

	return cmocka_run_group_tests_name("stages", tests, NULL, NULL);
}
