// SPDX-License-Identifier: GPL-2.0-only
/*
 * Behind whom vCPUs' threads waited: added up by vector and thread, and shown.
 */
#include "fake.h"

#include "../../user/measure/competitors.h"
#include "../../user/measure/measurement.h"
#include "../../user/model/tasks.h"
#include "../../user/sink/objects.h"
#include "../../user/sink/text.h"

static struct imstrace_interrupt waited(__u32 id, const char *name, __u32 pid, __u64 ns)
{
	struct imstrace_interrupt interrupt = {
		.id = id, .waited = ns, .behind = pid, .behind_priority = 89, .behind_policy = 1,
	};

	snprintf(interrupt.behind_name, sizeof(interrupt.behind_name), "%s", name);
	return interrupt;
}

static void take(struct competitors *competitors, __u32 id, const char *name, __u32 pid, __u64 ns)
{
	struct imstrace_interrupt interrupt = waited(id, name, pid, ns);

	assert_true(competitors_add(competitors, &interrupt));
}

static void expect(const struct source_competitor *competitor, __u32 id, __u32 pid, __u64 count, __u64 ns)
{
	assert_int_equal(competitor->key.id, id);
	assert_int_equal(competitor->key.pid, pid);
	assert_int_equal(competitor->total.count, count);
	assert_int_equal(competitor->total.ns, ns);
}

static void they_are_added_up_and_sorted(void **state)
{
	struct competitors *competitors = competitors_new();
	struct source_competitor *list;
	size_t count;

	(void)state;
	assert_non_null(competitors);
	assert_true(competitors_list(competitors, &list, &count));
	assert_int_equal(count, 0);
	free(list);
	/* It has not waited, or it is not known behind whom. */
	take(competitors, 1, "backup", 214, 0);
	take(competitors, 1, "", 214, 5);
	take(competitors, 1, "make", 300, 40);
	take(competitors, 1, "backup", 214, 30);
	take(competitors, 1, "backup", 214, 20);
	take(competitors, 0, "backup", 214, 7);
	take(competitors, 1, "swapper/3", 0, 1);
	take(competitors, 1, "swapper/5", 0, 2);
	assert_true(competitors_list(competitors, &list, &count));
	assert_int_equal(count, 4);
	competitors_sort(list, count);
	expect(&list[0], 0, 214, 1, 7);
	expect(&list[1], 1, 214, 2, 50);
	expect(&list[2], 1, 300, 1, 40);
	expect(&list[3], 1, 0, 2, 3);
	assert_string_equal(list[3].total.name, "swapper");
	free(list);
	competitors_free(competitors);
	competitors_free(NULL);
}

static void scheduling_in_words(void **state)
{
	static const struct {
		__u32 policy;
		__s32 priority;
		const char *text;
	} cases[] = {
		{ 0, 120, "other, nice 0" }, { 0, 100, "other, nice -20" }, { 3, 139, "batch, nice 19" },
		{ 1, 98, "fifo 1" }, { 2, 0, "rr 99" }, { 6, -1, "deadline 0" }, { 7, 120, "ext, nice 0" },
		{ 4, 120, "?, nice 0" }, { 0xffffffff, 120, "?, nice 0" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[TASK_SCHEDULING_LEN];

		task_scheduling(text, cases[i].policy, cases[i].priority);
		assert_string_equal(text, cases[i].text);
	}
}

/* What the source below has. */
static struct competitors *of_source;

static bool list_all(const struct source *source, struct source_competitor **list, size_t *count)
{
	(void)source;
	return competitors_list(of_source, list, count);
}

static void expect_text_of(const struct figures *figures)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	text_competitors(out, figures);
	fclose(out);
	assert_string_equal(text,
		"\n   VEC  RAN INSTEAD                 SCHEDULING         COUNT      TIME µs  SHARE\n"
		"0000:03:00.0  pid 178\n"
		"     0  backup/214                  fifo 10                2         60.0  60.0%\n"
		"     0  swapper                     idle CPUs              1         20.0  20.0%\n"
		"     0  ???[2J/301                  fifo 10                1         11.0  11.0%\n"
		"        and 1 other\n");
	free(text);
}

static void they_are_shown(void **state)
{
	static const struct vector_filter all;
	struct fake_source *fake = fake_source_new();
	__u32 id = fake_vector(fake, "0000:03:00.0", 0), other = fake_vector(fake, "0000:03:00.0", 1);
	struct measurement *measurement;
	const struct figures *figures;
	json_t *report, *vectors, *behind;

	(void)state;
	of_source = competitors_new();
	assert_non_null(of_source);
	fake->source.competitors = list_all;
	fake_value(fake, id * STAGE_COUNT + STAGE_RUN, 100000);
	take(of_source, id, "backup", 214, 50000);
	take(of_source, id, "backup", 214, 10000);
	take(of_source, id, "swapper/3", 0, 20000);
	take(of_source, id, "\x1b\x9b\n[2J", 301, 11000);
	take(of_source, id, "make", 300, 9000);
	measurement = measurement_new(&fake->source, &all);
	assert_non_null(measurement);
	report = object_report("interval", measurement_interval(measurement, 2000));
	assert_true(json_is_null(json_object_get(json_array_get(json_object_get(report, "vectors"), 0), "behind")));
	json_decref(report);
	figures = measurement_summary(measurement);
	expect_text_of(figures);
	report = object_report("summary", figures);
	vectors = json_object_get(report, "vectors");
	behind = json_object_get(json_array_get(vectors, id), "behind");
	assert_int_equal(json_array_size(behind), 4);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(behind, 0), "ns")), 60000);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(behind, 0), "priority")), 10);
	assert_int_equal(json_array_size(json_object_get(json_array_get(vectors, other), "behind")), 0);
	json_decref(report);
	measurement_free(measurement);
	competitors_free(of_source);
	free(fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_are_added_up_and_sorted),
		cmocka_unit_test(scheduling_in_words),
		cmocka_unit_test(they_are_shown),
	};

	return cmocka_run_group_tests_name("competitors", tests, NULL, NULL);
}
