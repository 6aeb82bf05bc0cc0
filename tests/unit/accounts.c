// SPDX-License-Identifier: GPL-2.0-only
#include "fake.h"

#include "../../user/measure/accounts.h"

#define WORDS	(sizeof(struct imstrace_account) / sizeof(__u64))

/* Every member has its own value, also those that are yet to be added. */
static struct imstrace_account account_of(__u64 first, __u64 step)
{
	__u64 words[WORDS];
	struct imstrace_account account;

	for (size_t i = 0; i < WORDS; i++)
		words[i] = first + i * step;
	memcpy(&account, words, sizeof(account));
	return account;
}

static void assert_same(const struct imstrace_account *a, const struct imstrace_account *b)
{
	assert_memory_equal(a, b, sizeof(*a));
}

static void adding_adds_every_counter(void **state)
{
	struct imstrace_account account = account_of(1, 7), more = account_of(1000, 11);
	struct imstrace_account expected = account_of(1001, 18);

	(void)state;
	account_add(&account, &more);
	assert_same(&account, &expected);
}

static void subtracting_leaves_the_difference_of_every_counter(void **state)
{
	struct imstrace_account account = account_of(1001, 18), earlier = account_of(1, 7);
	struct imstrace_account expected = account_of(1000, 11);

	(void)state;
	account_subtract(&account, &earlier);
	assert_same(&account, &expected);
}

static void a_counter_that_decreased_comes_out_right_in_the_end(void **state)
{
	struct imstrace_account last = { .ends[END_COALESCED] = 5 }, now = { .ends[END_COALESCED] = 3 };
	struct imstrace_account difference = now;

	(void)state;
	account_subtract(&difference, &last);
	assert_true((__s64)difference.ends[END_COALESCED] == -2);
	account_add(&last, &difference);
	assert_same(&last, &now);
}

static void differences_of_consecutive_readings_add_up(void **state)
{
	struct imstrace_account growing = { 0 }, last = { 0 }, total = { 0 };
	__u64 seed = 1;

	(void)state;
	for (int reading = 0; reading < 1000; reading++) {
		__u64 first = random_next(&seed) % 1000, step = random_next(&seed) % 10;
		struct imstrace_account more = account_of(first, step);
		struct imstrace_account difference;

		account_add(&growing, &more);
		difference = growing;
		account_subtract(&difference, &last);
		assert_same(&difference, &more);
		account_add(&total, &difference);
		last = growing;
	}
	assert_same(&total, &growing);
}

static void in_flight_is_what_was_accepted_and_has_not_ended(void **state)
{
	struct imstrace_account account = { 0 };

	(void)state;
	assert_int_equal(account_in_flight(&account), 0);
	/* Nothing of these is in a guest. */
	account.hops[HOP_IRQ] = 100;
	account.hops[HOP_SIGNAL] = 90;
	assert_int_equal(account_in_flight(&account), 0);
	account.hops[HOP_ACCEPT] = 80;
	assert_int_equal(account_in_flight(&account), 80);
	account.ends[END_COALESCED] = 10;
	assert_int_equal(account_in_flight(&account), 70);
	/* In the guest's handler is still under way. */
	account.hops[HOP_INJECT] = 69;
	assert_int_equal(account_in_flight(&account), 70);
	account.hops[HOP_EOI] = 68;
	assert_int_equal(account_in_flight(&account), 2);
}

static void in_flight_is_never_below_zero(void **state)
{
	/* The EOI was counted between the reading of the one and of the other. */
	struct imstrace_account account = { .hops[HOP_ACCEPT] = 5, .hops[HOP_EOI] = 6 };

	(void)state;
	assert_int_equal(account_in_flight(&account), 0);
	account = (struct imstrace_account) { .hops[HOP_ACCEPT] = 5, .ends[END_COALESCED] = 6 };
	assert_int_equal(account_in_flight(&account), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adding_adds_every_counter),
		cmocka_unit_test(subtracting_leaves_the_difference_of_every_counter),
		cmocka_unit_test(a_counter_that_decreased_comes_out_right_in_the_end),
		cmocka_unit_test(differences_of_consecutive_readings_add_up),
		cmocka_unit_test(in_flight_is_what_was_accepted_and_has_not_ended),
		cmocka_unit_test(in_flight_is_never_below_zero),
	};

	return cmocka_run_group_tests_name("accounts", tests, NULL, NULL);
}
