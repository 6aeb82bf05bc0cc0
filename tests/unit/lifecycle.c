// SPDX-License-Identifier: GPL-2.0-only
#include "fake.h"

#include "../../user/model/lifecycle.h"

#include <errno.h>

static void every_step_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < STEP_COUNT; i++) {
		assert_non_null(lifecycle_name(i));
		assert_string_not_equal(lifecycle_name(i), "?");
		for (unsigned int j = 0; j < i; j++)
			assert_string_not_equal(lifecycle_name(i), lifecycle_name(j));
	}
}

static void names_are_those_of_the_tracepoints(void **state)
{
	(void)state;
	assert_string_equal(lifecycle_name(STEP_INDEX_ENABLE), "index_enable");
	assert_string_equal(lifecycle_name(STEP_AUXDATA_WRITE), "auxdata_write");
	assert_string_equal(lifecycle_name(STEP_VECTOR_UNBIND), "vector_unbind");
	assert_string_equal(lifecycle_name(STEP_KNOWN), "known");
	assert_string_equal(lifecycle_name(STEP_STRAY), "stray");
}

static void a_step_from_the_future_is_a_question_mark(void **state)
{
	(void)state;
	assert_string_equal(lifecycle_name(STEP_COUNT), "?");
	assert_string_equal(lifecycle_name(12345), "?");
	assert_string_equal(lifecycle_name(-1), "?");
}

static void only_the_index_has_no_vector(void **state)
{
	(void)state;
	for (unsigned int step = 0; step <= STEP_COUNT; step++)
		assert_int_equal(lifecycle_of_index(step), step == STEP_INDEX_ENABLE ||
							   step == STEP_INDEX_DISABLE);
}

static void what_is_observed_is_no_step(void **state)
{
	(void)state;
	for (unsigned int step = 0; step < STEP_COUNT; step++)
		assert_int_equal(lifecycle_observed(step), step >= STEP_KNOWN);
	assert_false(lifecycle_observed(STEP_COUNT));
	assert_false(lifecycle_observed(-1));
}

/* A record with a value in every member. */
static struct imstrace_lifecycle record(enum imstrace_step step, int ret)
{
	return (struct imstrace_lifecycle) {
		.time = 1, .step = step, .vector = 5, .irq = 30, .slot = 2, .pasid = 0x100,
		.ret = ret, .eventfd_id = 7, .pid = 178, .old_ctrl = 1, .new_ctrl = 0x100008,
		.address = 0x100000000 | 0xfee01000, .data = 0x25, .hop = HOP_SIGNAL,
	};
}

static const struct {
	enum imstrace_step step;
	const char *text;
} descriptions[] = {
	{ STEP_INDEX_ENABLE, "5 vectors" },
	{ STEP_INDEX_DISABLE, "5 vectors" },
	{ STEP_SLOT_ALLOC, "" },
	{ STEP_SLOT_FREE, "" },
	{ STEP_MSG_WRITE, "address 0x1fee01000 data 0x25" },
	{ STEP_AUXDATA_WRITE, "control 0x1 -> 0x100008" },
	{ STEP_IRQ_REQUEST, "" },
	{ STEP_IRQ_FREE, "" },
	{ STEP_BYPASS_REGISTER, "eventfd-id 7" },
	{ STEP_BYPASS_UNREGISTER, "eventfd-id 7" },
	{ STEP_VECTOR_BIND, "eventfd-id 7" },
	{ STEP_VECTOR_UNBIND, "eventfd-id 7" },
	{ STEP_KNOWN, "bound before imstrace looked" },
	{ STEP_POSTED, "by the IOMMU, as guest vector 0x25" },
	{ STEP_UNPOSTED, "" },
	{ STEP_STRAY, "an interrupt out of order, at signal" },
};

#define DESCRIPTIONS	(sizeof(descriptions) / sizeof(descriptions[0]))

static void assert_described(const struct imstrace_lifecycle *step, const char *expected)
{
	char text[128];

	lifecycle_describe(step, text, sizeof(text));
	assert_string_equal(text, expected);
}

static void every_step_is_described(void **state)
{
	(void)state;
	assert_int_equal(DESCRIPTIONS, STEP_COUNT);
	for (size_t i = 0; i < DESCRIPTIONS; i++) {
		struct imstrace_lifecycle step = record(descriptions[i].step, 0);

		assert_described(&step, descriptions[i].text);
	}
}

static void a_failure_is_part_of_every_description(void **state)
{
	(void)state;
	for (size_t i = 0; i < DESCRIPTIONS; i++) {
		struct imstrace_lifecycle step = record(descriptions[i].step, -ENOSPC);
		char expected[128];

		snprintf(expected, sizeof(expected), "%s%sfailed: No space left on device",
			 descriptions[i].text, *descriptions[i].text ? ", " : "");
		assert_described(&step, expected);
	}
}

static void an_eventfd_that_is_not_known_is_left_out(void **state)
{
	struct imstrace_lifecycle step = record(STEP_VECTOR_BIND, 0);

	(void)state;
	step.eventfd_id = IMSTRACE_NONE;
	assert_described(&step, "");
	step.ret = -EBADF;
	assert_described(&step, "failed: Bad file descriptor");
}

static void a_text_that_is_too_long_is_cut(void **state)
{
	struct imstrace_lifecycle step = record(STEP_MSG_WRITE, -ENOSPC);
	char whole[128], text[128];

	(void)state;
	step.address = UINT64_MAX;
	step.data = UINT32_MAX;
	lifecycle_describe(&step, whole, sizeof(whole));
	for (size_t size = 1; size < sizeof(text); size++) {
		memset(text, 'x', sizeof(text));
		lifecycle_describe(&step, text, size);
		assert_int_equal(text[size], 'x');
		assert_true(strlen(text) < size);
		assert_int_equal(strncmp(text, whole, strlen(text)), 0);
	}
}

/* No kernel sends these; a recorded file may. */
static void hostile_records_are_described(void **state)
{
	char text[128];

	(void)state;
	for (unsigned int step = 0; step <= STEP_COUNT; step++) {
		struct imstrace_lifecycle hostile;

		memset(&hostile, 0xff, sizeof(hostile));
		hostile.step = step;
		for (int i = 0; i < 3; i++) {
			hostile.ret = (int[]) { -1, INT32_MAX, -INT32_MAX }[i];
			lifecycle_describe(&hostile, text, sizeof(text));
		}
	}
}

/* Kept apart: -INT_MIN is no int, and UBSan ends the program. */
static void the_smallest_error_is_described(void **state)
{
	struct imstrace_lifecycle hostile = record(STEP_SLOT_FREE, INT32_MIN);
	char text[128];

	(void)state;
	lifecycle_describe(&hostile, text, sizeof(text));
	assert_int_equal(strncmp(text, "failed: ", 8), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_step_has_a_name_of_its_own),
		cmocka_unit_test(names_are_those_of_the_tracepoints),
		cmocka_unit_test(a_step_from_the_future_is_a_question_mark),
		cmocka_unit_test(only_the_index_has_no_vector),
		cmocka_unit_test(what_is_observed_is_no_step),
		cmocka_unit_test(every_step_is_described),
		cmocka_unit_test(a_failure_is_part_of_every_description),
		cmocka_unit_test(an_eventfd_that_is_not_known_is_left_out),
		cmocka_unit_test(a_text_that_is_too_long_is_cut),
		cmocka_unit_test(hostile_records_are_described),
		cmocka_unit_test(the_smallest_error_is_described),
	};

	return cmocka_run_group_tests_name("lifecycle", tests, NULL, NULL);
}
