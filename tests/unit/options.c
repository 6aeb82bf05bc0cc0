// SPDX-License-Identifier: GPL-2.0-only
#include "fake.h"

#include "../../user/cmd/options.h"
#include "../../user/model/vectors.h"

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

static void durations_are_understood(void **state)
{
	static const struct {
		const char *text;
		__u64 ns;
	} cases[] = {
		{ "10s", 10000000000 },
		{ "10", 10000000000 },
		{ "1.5m", 90000000000 },
		{ "250ms", 250000000 },
		{ "1us", 1000 },
		{ "0.001us", 1 },
		{ "0.5s", 500000000 },
		{ "2h", 7200000000000 },
		{ "1d", 86400000000000 },
		{ "007s", 7000000000 },
		{ "1000d", 86400000000000000 },
		{ "0", 0 },
		{ "0s", 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		__u64 ns = 77;

		assert_true(parse_duration(cases[i].text, &ns));
		assert_int_equal(ns, cases[i].ns);
	}
}

static void what_is_no_duration_is_refused(void **state)
{
	static const char *const cases[] = {
		"", " ", "s", "ms", ".5s", "-1s", "+1s", " 1s", "1s ", "1 s", "1s\n", "1S", "1ns",
		"1sec", "1s1", "1s 1s", "1m30s", "1e", "1,5s", "0x10s", "0X1p4", "1x", "inf", "nan",
		"infinity", "1e999s", "1e308d", "99999999999999999999d", "0.0000000001s",
		"1..5s", "--1", "1%s", "%n", "\xff", "1\xc2\xb5s", "1;rm",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		__u64 ns;

		if (parse_duration(cases[i], &ns))
			fail_msg("\"%s\" is taken for %llu ns", cases[i], (unsigned long long)ns);
	}
}

/* It is added to a clock. */
static void the_longest_duration_is_far_from_overflowing(void **state)
{
	char text[32];
	__u64 ns = 0;

	(void)state;
	for (__u64 seconds = 1; seconds < UINT64_MAX / 10; seconds *= 10) {
		snprintf(text, sizeof(text), "%llu", (unsigned long long)seconds);
		if (!parse_duration(text, &ns))
			return;
		assert_int_equal(ns, seconds * 1000000000);
		assert_true(ns < (__u64)INT64_MAX / 2);
	}
	fail_msg("nothing is too long");
}

static void numbers_are_understood(void **state)
{
	static const struct {
		const char *text;
		__u64 max, number;
	} cases[] = {
		{ "1", 1, 1 },
		{ "4711", INT32_MAX, 4711 },
		{ "0042", 42, 42 },
		{ "2147483647", INT32_MAX, INT32_MAX },
		{ "4294967294", UINT32_MAX - 1, UINT32_MAX - 1 },
		{ "18446744073709551615", UINT64_MAX, UINT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		__u64 number = 0;

		assert_true(parse_number(cases[i].text, cases[i].max, &number));
		assert_int_equal(number, cases[i].number);
	}
}

static void what_is_no_number_is_refused(void **state)
{
	static const struct {
		const char *text;
		__u64 max;
	} cases[] = {
		{ "", 10 }, { "0", 10 }, { "00", 10 }, { "11", 10 }, { "-1", UINT64_MAX },
		{ "+1", 10 }, { " 1", 10 }, { "1 ", 10 }, { "1.0", 10 }, { "1e1", 10 },
		{ "0x1", 10 }, { "1\n", 10 }, { "one", 10 }, { "1,2", 10 }, { "\xff", 10 },
		{ "2147483648", INT32_MAX }, { "4294967295", UINT32_MAX - 1 },
		{ "18446744073709551616", UINT64_MAX },
		{ "99999999999999999999999999999999", UINT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		__u64 number;

		if (parse_number(cases[i].text, cases[i].max, &number))
			fail_msg("\"%s\" is taken for %llu", cases[i].text,
				 (unsigned long long)number);
	}
}

static void hops_are_understood(void **state)
{
	static const struct {
		const char *text;
		unsigned int mask;
	} cases[] = {
		{ "irq", 1U << HOP_IRQ },
		{ "eoi", 1U << HOP_EOI },
		{ "irq,signal", 1U << HOP_IRQ | 1U << HOP_SIGNAL },
		{ "signal,irq,signal", 1U << HOP_IRQ | 1U << HOP_SIGNAL },
		{ "unmask", 1U << HOP_UNMASK },
		{ "eoi,inject,enter,accept,signal,irq", (1U << HOP_UNMASK) - 1 },
		{ "unmask,eoi,inject,enter,accept,signal,irq", (1U << HOP_COUNT) - 1 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		/* What was in it before is gone. */
		unsigned int mask = ~0U;

		assert_true(parse_hops(cases[i].text, &mask));
		assert_int_equal(mask, cases[i].mask);
	}
}

static void what_are_no_hops_is_refused(void **state)
{
	static const char *const cases[] = {
		"", ",", "irq,", ",irq", "irq,,signal", "irq signal", "irq, signal", "IRQ", "ir",
		"irqs", "irq;signal", "total", "all", "?", "irq,\xff", "signal,irqfd", "%s",
	};
	unsigned int mask;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (parse_hops(cases[i], &mask))
			fail_msg("\"%s\" is taken for hops", cases[i]);
}

static void long_input_is_refused(void **state)
{
	char *text = malloc(1 << 20);
	unsigned int mask;
	__u64 number;

	(void)state;
	assert_non_null(text);
	for (const char *fill = "i9.,-"; *fill; fill++) {
		memset(text, *fill, (1 << 20) - 1);
		text[(1 << 20) - 1] = '\0';
		assert_false(parse_duration(text, &number));
		assert_false(parse_number(text, UINT64_MAX, &number));
		assert_false(parse_hops(text, &mask));
	}
	free(text);
}

static void vector_lists_are_understood(void **state)
{
	static const char *const cases[] = { "0", "0,4-7", "5-5", "2047", "7,3,3,1-9", "00" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (!vector_list_valid(cases[i]))
			fail_msg("\"%s\" is refused", cases[i]);
}

static void what_is_no_vector_list_is_refused(void **state)
{
	static const char *const cases[] = {
		"", ",", "-", "1,", ",1", "1,,2", "1-", "-1", "1--2", "1-2-3", "7-4", "1,7-4", "a",
		"0x1", "1 ", " 1", "1, 2", "1;2", "1.5", "+1", "1-+2", "*", "\xff", "1-\xff", "1\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (vector_list_valid(cases[i]))
			fail_msg("\"%s\" is taken for a list", cases[i]);
}

/* Every subset of 0 to 9, written as a list, is the subset that is wanted. */
static void a_vector_list_means_what_it_says(void **state)
{
	(void)state;
	for (unsigned int set = 1; set < 1 << 10; set++) {
		struct vector_filter filter = { 0 };
		char list[64];
		size_t used = 0;

		for (unsigned int vector = 0; vector < 10; vector++) {
			unsigned int last = vector;

			if (!(set & 1U << vector))
				continue;
			while (set & 1U << (last + 1))
				last++;
			used += snprintf(list + used, sizeof(list) - used, "%s%u-%u",
					 used ? "," : "", vector, last);
			vector = last;
		}
		assert_true(vector_list_valid(list));
		filter.vectors = list;
		for (unsigned int number = 0; number < 12; number++) {
			struct imstrace_vector vector = { .device = "x", .vector = number };

			assert_int_equal(vector_wanted(&filter, &vector),
					 set & 1U << number ? WANTED_YES : WANTED_NO);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(durations_are_understood),
		cmocka_unit_test(what_is_no_duration_is_refused),
		cmocka_unit_test(the_longest_duration_is_far_from_overflowing),
		cmocka_unit_test(numbers_are_understood),
		cmocka_unit_test(what_is_no_number_is_refused),
		cmocka_unit_test(hops_are_understood),
		cmocka_unit_test(what_are_no_hops_is_refused),
		cmocka_unit_test(long_input_is_refused),
		cmocka_unit_test(vector_lists_are_understood),
		cmocka_unit_test(what_is_no_vector_list_is_refused),
		cmocka_unit_test(a_vector_list_means_what_it_says),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
