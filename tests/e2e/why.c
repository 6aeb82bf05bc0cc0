// SPDX-License-Identifier: GPL-2.0-only
/*
 * Causes that are planted, each for a known time: imstrace why names the right one, and gives it that time.
 * Prints what it said, as shares of the time of slow interrupts: the confusion matrix.
 */
#include "check.h"
#include "delays.h"
#include "groups.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define INTERRUPTS	20
#define PLANTED_US	20000
#define PLANTED_NS	(PLANTED_US * 1000LL)

static const char *const causes[] = {
	"preempted", "idle", "waited", "wake", "exit", "guest", "service", "handler", "signal", "detour", "unmask", "unknown",
};

/*
 * @arguments:	of ims-guest
 * @delayed:	NULL, or a function of the kernel that takes PLANTED_US longer
 * @slow:	of INTERRUPTS, at least so many are slow for that reason
 * @also:	NULL, or another cause that the same thing has
 */
struct plan {
	const char *cause, *arguments, *delayed;
	int slow;
	const char *also;
};

static long long ns_of(json_t *why, const char *cause)
{
	return number(json_object_get(json_object_get(why, "causes"), cause), "ns");
}

static void print_row(const struct plan *plan, json_t *why)
{
	fprintf(stderr, "planted %-9s", plan->cause);
	for (size_t i = 0; i < COUNT(causes); i++)
		if (ns_of(why, causes[i]))
			fprintf(stderr, "  %s %.1f %%", causes[i],
				100. * ns_of(why, causes[i]) / number(why, "ns"));
	fprintf(stderr, "\n");
}

/* Slow is what took half of what is planted. */
static json_t *run(const struct plan *plan)
{
	struct program why = program_start(IMSTRACE, "why --json --over 10ms --slowest 0 --vector 0 --device "
					   DEVICE), guest;
	json_t *start = program_line(&why), *result;

	expect_text(start, "type", "start");
	json_decref(start);
	guest = guest_start(plan->arguments);
	if (plan->delayed)
		delays_arm(plan->delayed, PLANTED_US);
	json_decref(guest_ring(&guest));
	if (plan->delayed)
		delays_arm(plan->delayed, 0);
	assert_int_equal(program_end(&guest), 0);
	kill(why.pid, SIGINT);
	result = program_line(&why);
	assert_int_equal(program_end(&why), 0);
	expect_text(result, "type", "why");
	return result;
}

static void check(const struct plan *plan)
{
	json_t *why = run(plan), *share = json_object_get(json_object_get(why, "causes"), plan->cause);
	long long all = number(why, "ns"), sum = 0, named;

	print_row(plan, why);
	for (size_t i = 0; i < COUNT(causes); i++)
		sum += ns_of(why, causes[i]);
	assert_int_equal(json_object_size(json_object_get(why, "causes")), COUNT(causes));
	assert_int_equal(sum, all);
	assert_int_equal(number(why, "interrupts"), INTERRUPTS);
	assert_true(number(why, "slow") >= plan->slow);
	/* It takes as long as was planted, and 10 % are the noise of an emulated machine. */
	assert_true(number(share, "max") >= PLANTED_NS * 9 / 10);
	assert_true(number(share, "ns") >= plan->slow * PLANTED_NS * 9 / 10);
	named = number(share, "ns") + (plan->also ? ns_of(why, plan->also) : 0);
	if (named * 100 < all * 80)
		fail_msg("%s has %lld of %lld ns", plan->cause, named, all);
	json_decref(why);
}

#define ONE_VECTOR	"--timeout 30 --vectors 0 --count 20 "

/* What rings is what is delayed. If the vCPU's thread has not got to sleep by then, that keeps it from its CPU. */
static void a_halted_vcpu(void **state)
{
	(void)state;
	check(&(struct plan) { "wake", ONE_VECTOR DEVICE, delay_kick(), INTERRUPTS * 3 / 4, "preempted" });
}

static void a_thread_of_a_higher_priority(void **state)
{
	const struct plan plan = { "preempted", ONE_VECTOR "--hold 20000 " DEVICE, NULL, INTERRUPTS - 1, NULL };

	(void)state;
	check(&plan);
}

static void a_long_exit(void **state)
{
	(void)state;
	check(&(struct plan) { "exit", ONE_VECTOR "--put-back " DEVICE, NULL, INTERRUPTS - 1, NULL });
}

/* The other vector's handler, which runs first, and then its own. */
static void a_guest_with_interrupts_off(void **state)
{
	(void)state;
	check(&(struct plan) { "guest", "--timeout 30 --vectors 0-1 --count 20 --isr-delay 20000 " DEVICE, NULL, 1,
			       "service" });
}

static void a_long_handler_in_the_guest(void **state)
{
	(void)state;
	check(&(struct plan) { "service", ONE_VECTOR "--isr-delay 20000 " DEVICE, NULL, INTERRUPTS - 1, NULL });
}

static void a_long_handler_on_the_host(void **state)
{
	(void)state;
	check(&(struct plan) { "handler", ONE_VECTOR DEVICE, DELAY_HANDLER, INTERRUPTS - 1, NULL });
}

static void a_slow_irqfd(void **state)
{
	(void)state;
	check(&(struct plan) { "signal", ONE_VECTOR DEVICE, DELAY_IRQFD, INTERRUPTS - 1, NULL });
}

/* Nothing is planted: nothing is slow, but for what else the machine does. */
static void nothing_slow(void **state)
{
	const struct plan plan = { "nothing", ONE_VECTOR DEVICE, NULL, 0, NULL };
	json_t *why = run(&plan);

	(void)state;
	print_row(&plan, why);
	assert_int_equal(number(why, "interrupts"), INTERRUPTS);
	assert_true(number(why, "slow") <= INTERRUPTS / 10);
	json_decref(why);
}

int run_why(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_halted_vcpu, lab_teardown),
		cmocka_unit_test_teardown(a_thread_of_a_higher_priority, lab_teardown),
		cmocka_unit_test_teardown(a_long_exit, lab_teardown),
		cmocka_unit_test_teardown(a_guest_with_interrupts_off, lab_teardown),
		cmocka_unit_test_teardown(a_long_handler_in_the_guest, lab_teardown),
		cmocka_unit_test_teardown(a_long_handler_on_the_host, lab_teardown),
		cmocka_unit_test_teardown(a_slow_irqfd, lab_teardown),
		cmocka_unit_test_teardown(nothing_slow, lab_teardown),
	};

	return cmocka_run_group_tests_name("why", tests, delays_load, NULL);
}
