// SPDX-License-Identifier: GPL-2.0-only
/*
 * Delays of a known length, planted in one stage or in all: they show there, with their
 * length, and nowhere else.
 *
 * Each delay's begin and end are known, on the clock that imstrace reads. So each must lie
 * between its stage's two hops, whatever else the machine is doing: the stage is never
 * shorter than the delay. What is left of a stage without its delay may be anything for one
 * interrupt, on a busy machine. But the median of what is left, and of the other stages, is below
 * half of the shortest delay: or a delay would be counted where it was not, or twice. The
 * stages themselves take a tenth of that.
 */
#include "check.h"
#include "delays.h"
#include "groups.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* In the order of the stages that follow each other. */
enum planted { HANDLER, IRQFD, DELIVER, SERVICE, PLANTED_COUNT };

static const char *const stages[] = { "handler", "irqfd", "deliver", "service" };

/* us; different, for a stage that showed another one's would be found out. */
static const int lengths[] = { 16000, 20000, 24000, 28000 };
#define SHORTEST_NS	16000000

/* Interrupts with the delays, and as many before them without. */
#define INTERRUPTS	30

struct plan {
	const char *name;
	bool planted[PLANTED_COUNT];
};

static const struct plan plans[] = {
	{ "delay_in_the_handler", { true, false, false, false } },
	{ "delay_before_accept", { false, true, false, false } },
	{ "vcpu_held_off", { false, false, true, false } },
	{ "slow_service_routine", { false, false, false, true } },
	{ "delays_everywhere", { true, true, true, true } },
};

static void read_truth(json_t *vector, const char *from, const char *to,
		       struct delay delays[INTERRUPTS])
{
	json_t *begin = json_object_get(vector, from), *end = json_object_get(vector, to);

	assert_int_equal(json_array_size(begin), INTERRUPTS);
	assert_int_equal(json_array_size(end), INTERRUPTS);
	for (int i = 0; i < INTERRUPTS; i++) {
		delays[i].from = json_integer_value(json_array_get(begin, i));
		delays[i].to = json_integer_value(json_array_get(end, i));
	}
}

/* A run of the guest with what @plan has, NULL: nothing; says when the delays were. */
static json_t *run_guest(const struct plan *plan, struct delay delays[][INTERRUPTS])
{
	static const bool nothing[PLANTED_COUNT] = { false };
	const bool *planted = plan ? plan->planted : nothing;
	struct program guest;
	char arguments[256];
	json_t *truth, *vector;

	snprintf(arguments, sizeof(arguments),
		 "--timeout 30 --vectors 0 --count %d --hold %d --isr-delay %d " DEVICE, INTERRUPTS,
		 planted[DELIVER] ? lengths[DELIVER] : 0, planted[SERVICE] ? lengths[SERVICE] : 0);
	guest = guest_start(arguments);
	/* Nothing but interrupts is to be delayed: not until all is bound. */
	delays_arm(DELAY_HANDLER, planted[HANDLER] ? lengths[HANDLER] : 0);
	delays_arm(DELAY_IRQFD, planted[IRQFD] ? lengths[IRQFD] : 0);
	truth = guest_ring(&guest);
	if (planted[HANDLER])
		delays_read(DELAY_HANDLER, delays[HANDLER], INTERRUPTS);
	if (planted[IRQFD])
		delays_read(DELAY_IRQFD, delays[IRQFD], INTERRUPTS);
	delays_arm(DELAY_HANDLER, 0);
	delays_arm(DELAY_IRQFD, 0);
	assert_int_equal(program_end(&guest), 0);

	vector = json_array_get(json_object_get(truth, "vectors"), 0);
	if (planted[DELIVER])
		/* From the doorbell on; the vCPU waits for it from its accept on. */
		read_truth(vector, "ring_ns", "held_ns", delays[DELIVER]);
	if (planted[SERVICE])
		read_truth(vector, "isr_ns", "isr_end_ns", delays[SERVICE]);
	return truth;
}

static int compare_numbers(const void *left, const void *right)
{
	long long a = *(const long long *)left, b = *(const long long *)right;

	return (a > b) - (a < b);
}

static void check_median(const char *stage, long long *times)
{
	qsort(times, INTERRUPTS, sizeof(*times), compare_numbers);
	if (times[INTERRUPTS / 2] >= SHORTEST_NS / 2)
		fail_msg("%s: %lld ns are not from the delay planted there", stage,
			 times[INTERRUPTS / 2]);
}

/*
 * The delay is inside of the stage. The one of deliver ends in it, but begins before: the
 * interrupt reaches a CPU that is held already. Return: how much of the stage it is.
 */
static long long check_inside(json_t *interrupt, enum planted stage, struct delay delay,
			      long long error)
{
	long long from = member(interrupt, "hops", check_hops[stage]);
	long long to = member(interrupt, "hops", check_hops[stage + 1]);

	/* Those of the kernel are told by the very clock. */
	if (stage < DELIVER)
		error = 0;
	if (stage == DELIVER && delay.from < from)
		delay.from = from;
	if (delay.from < from - error || delay.to > to + error)
		fail_msg("%s from %lld to %lld: the delay was from %lld to %lld", stages[stage],
			 from, to, delay.from, delay.to);
	/* It was there, or this has shown nothing. The guest's is in cycles of the rated TSC. */
	assert_true(delay.to - delay.from >= lengths[stage] * 999LL);
	return delay.to - delay.from;
}

static void check_planted(const struct plan *plan, json_t **interrupts,
			  struct delay delays[][INTERRUPTS], long long error)
{
	for (size_t stage = 0; stage < PLANTED_COUNT; stage++) {
		long long times[INTERRUPTS];

		for (int i = 0; i < INTERRUPTS; i++) {
			times[i] = member(interrupts[i], "stages", stages[stage]);
			if (plan && plan->planted[stage])
				times[i] -= check_inside(interrupts[i], stage, delays[stage][i],
							 error);
		}
		check_median(stages[stage], times);
	}
}

static void planted(void **state)
{
	const struct plan *plan = *state;
	struct delay delays[PLANTED_COUNT][INTERRUPTS];
	struct trace trace = trace_start(plan->name, "--interrupts -i 0");
	json_t *truth = run_guest(NULL, NULL), *later = run_guest(plan, delays), **interrupts;
	long long error = check_clock_error(later);
	size_t count;

	truth_add(truth, later);
	trace_end(&trace);
	check_counts(truth, &trace);
	check_times(truth, &trace);
	check_figures(&trace);
	interrupts = trace_completed(&trace, DEVICE, 0, &count);
	assert_int_equal(count, 2 * INTERRUPTS);
	check_planted(NULL, interrupts, NULL, 0);
	check_planted(plan, interrupts + INTERRUPTS, delays, error);
	free(interrupts);
	json_decref(truth);
	json_decref(later);
	trace_free(&trace);
}

int run_accuracy(void)
{
#define PLAN(index)	{ plans[index].name, planted, NULL, lab_teardown, (void *)&plans[index] }
	const struct CMUnitTest tests[] = { PLAN(0), PLAN(1), PLAN(2), PLAN(3), PLAN(4) };

	return cmocka_run_group_tests_name("accuracy", tests, delays_load, NULL);
}
