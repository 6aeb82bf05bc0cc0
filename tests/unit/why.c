// SPDX-License-Identifier: GPL-2.0-only
/*
 * Why interrupts are slow: their time is divided completely, and added up.
 */
#include "documents.h"
#include "fake.h"

#include "../../user/measure/measurement.h"
#include "../../user/measure/stages.h"
#include "../../user/measure/why.h"
#include "../../user/sink/objects.h"
#include "../../user/sink/text.h"

/* It waits everywhere: each part has a power of 2. */
static struct imstrace_interrupt slow_interrupt(void)
{
	return (struct imstrace_interrupt) {
		.times = {
			[HOP_IRQ] = 1000, [HOP_SIGNAL] = 1001, [HOP_ACCEPT] = 1003,
			/* slept 4, waited 8, exit 16 */
			[HOP_ENTER] = 1031,
			/* preempted 32, guest 64 */
			[HOP_INJECT] = 1127,
			/* preempted 128, handler 256 */
			[HOP_EOI] = 1511,
		},
		.slept = 4, .waited = 8, .window_waited = 32, .service_waited = 128,
		.behind = 214, .behind_priority = 89, .behind_policy = 1, .behind_name = "backup",
		.end = END_COMPLETE,
	};
}

static void expect_causes(const struct imstrace_interrupt *interrupt, const __u64 expected[SLOW_CAUSE_COUNT])
{
	__u64 ns[SLOW_CAUSE_COUNT], sum = 0;

	slow_causes(interrupt, ns);
	for (unsigned int cause = 0; cause < SLOW_CAUSE_COUNT; cause++) {
		if (ns[cause] != expected[cause])
			fail_msg("%s is %llu, not %llu", slow_cause_name(cause), (unsigned long long)ns[cause],
				 (unsigned long long)expected[cause]);
		sum += ns[cause];
	}
	assert_int_equal(sum, interrupt_took(interrupt));
}

#define CAUSES(...)	((const __u64 [SLOW_CAUSE_COUNT]) { __VA_ARGS__ })

static void each_part_has_its_cause(void **state)
{
	struct imstrace_interrupt interrupt = slow_interrupt();

	(void)state;
	expect_causes(&interrupt, CAUSES(
		[SLOW_HANDLER] = 1, [SLOW_SIGNAL] = 2, [SLOW_WAKE] = 4, [SLOW_PREEMPTED] = 8 + 32 + 128,
		[SLOW_EXIT] = 16, [SLOW_GUEST] = 64, [SLOW_SERVICE] = 256));
	/* The CPU was idle. */
	interrupt.behind = 0;
	strcpy(interrupt.behind_name, "swapper/3");
	interrupt.read = 1002;
	expect_causes(&interrupt, CAUSES(
		[SLOW_HANDLER] = 1, [SLOW_DETOUR] = 2, [SLOW_WAKE] = 4, [SLOW_IDLE] = 8 + 32 + 128,
		[SLOW_EXIT] = 16, [SLOW_GUEST] = 64, [SLOW_SERVICE] = 256));
	/* Behind whom is not known. */
	*interrupt.behind_name = '\0';
	interrupt.read = 0;
	interrupt.times[HOP_UNMASK] = 2511;
	expect_causes(&interrupt, CAUSES(
		[SLOW_HANDLER] = 1, [SLOW_SIGNAL] = 2, [SLOW_WAKE] = 4, [SLOW_WAITED] = 8 + 32 + 128,
		[SLOW_EXIT] = 16, [SLOW_GUEST] = 64, [SLOW_SERVICE] = 256, [SLOW_UNMASK] = 1000));
	interrupt = slow_interrupt();
	interrupt.eoi_late = 1;
	expect_causes(&interrupt, CAUSES(
		[SLOW_HANDLER] = 1, [SLOW_SIGNAL] = 2, [SLOW_WAKE] = 4, [SLOW_PREEMPTED] = 8 + 32,
		[SLOW_EXIT] = 16, [SLOW_GUEST] = 64));
}

/* What is between hops that were not seen is not guessed. */
static void hops_that_are_missing(void **state)
{
	struct imstrace_interrupt interrupt = slow_interrupt();

	(void)state;
	interrupt.times[HOP_ENTER] = 0;
	interrupt.slept = interrupt.waited = interrupt.window_waited = interrupt.service_waited = 0;
	expect_causes(&interrupt, CAUSES(
		[SLOW_HANDLER] = 1, [SLOW_SIGNAL] = 2, [SLOW_UNKNOWN] = 124, [SLOW_SERVICE] = 384));
	interrupt.times[HOP_ACCEPT] = 0;
	expect_causes(&interrupt, CAUSES([SLOW_HANDLER] = 1, [SLOW_UNKNOWN] = 126, [SLOW_SERVICE] = 384));
	/* The CPU delivered it, after a second entry at the earliest. */
	interrupt = slow_interrupt();
	interrupt.times[HOP_INJECT] = interrupt.times[HOP_EOI] = 0;
	interrupt.service_waited = 0;
	interrupt.delivered_after = 1100;
	interrupt.delivered_by = 5000;
	interrupt.end = END_HARDWARE;
	expect_causes(&interrupt, CAUSES(
		[SLOW_HANDLER] = 1, [SLOW_SIGNAL] = 2, [SLOW_WAKE] = 4, [SLOW_PREEMPTED] = 8 + 32, [SLOW_EXIT] = 16,
		[SLOW_GUEST] = 37));
	/* It was dropped after its entry. */
	interrupt.window_waited = 0;
	interrupt.delivered_after = interrupt.delivered_by = 0;
	interrupt.end = END_DROPPED;
	expect_causes(&interrupt, CAUSES(
		[SLOW_HANDLER] = 1, [SLOW_SIGNAL] = 2, [SLOW_WAKE] = 4, [SLOW_PREEMPTED] = 8, [SLOW_EXIT] = 16));
	memset(interrupt.times, 0, sizeof(interrupt.times));
	expect_causes(&interrupt, CAUSES(0));
}

/* Whatever a recording says, it adds up, and nothing is negative. */
static void all_of_anything(void **state)
{
	__u64 random = 1;

	(void)state;
	for (unsigned int i = 0; i < 100000; i++) {
		struct imstrace_interrupt interrupt = { .behind = random_next(&random) & 1 };
		__u64 ns[SLOW_CAUSE_COUNT], sum = 0;

		for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
			interrupt.times[hop] = random_next(&random) % 4 ? random_next(&random) % 1000 : 0;
		interrupt.slept = random_next(&random) % 500;
		interrupt.waited = random_next(&random) % 500;
		interrupt.window_waited = random_next(&random) % 500;
		interrupt.service_waited = random_next(&random) % 3 ? random_next(&random) : ~0ULL;
		interrupt.delivered_after = random_next(&random) % 2 ? random_next(&random) % 1000 : 0;
		interrupt.eoi_late = random_next(&random) & 1;
		slow_causes(&interrupt, ns);
		for (unsigned int cause = 0; cause < SLOW_CAUSE_COUNT; cause++) {
			assert_true(ns[cause] <= interrupt_took(&interrupt));
			sum += ns[cause];
		}
		assert_int_equal(sum, interrupt_took(&interrupt));
	}
}

/* @count interrupts of vector @id, each a ns longer than the one before. */
static void add_some(struct why *why, const struct imstrace_vector *vectors, __u32 id, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		struct imstrace_interrupt interrupt = slow_interrupt();

		interrupt.id = id;
		interrupt.times[HOP_EOI] += i;
		assert_true(why_add(why, &vectors[id], &interrupt));
	}
}

static void the_slowest_hundredth(void **state)
{
	static const struct {
		unsigned int seen, slow;
	} cases[] = { { 0, 0 }, { 3, 3 }, { 10, 10 }, { 999, 10 }, { 1100, 11 }, { 200000, 1000 } };
	struct imstrace_vector vector = { .device = "0000:03:00.0" };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct why *why = why_new(0);
		struct why_result result;

		assert_non_null(why);
		add_some(why, &vector, 0, cases[i].seen);
		assert_true(why_end(why, &result));
		assert_false(result.asked);
		assert_int_equal(result.sum.seen, cases[i].seen);
		assert_int_equal(result.sum.count, cases[i].slow);
		assert_int_equal(result.vector_count, cases[i].slow != 0);
		if (cases[i].slow)
			assert_int_equal(result.over, 511 + cases[i].seen - cases[i].slow);
		why_free(why);
	}
}

static void what_is_over(void **state)
{
	struct imstrace_vector vectors[] = { { .device = "0000:03:00.0" }, { .device = "0000:03:00.0", .vector = 1 } };
	struct why *why = why_new(601);
	struct why_result result;
	__u64 sum = 0;

	(void)state;
	assert_non_null(why);
	add_some(why, vectors, 0, 100);
	add_some(why, vectors, 1, 200);
	assert_true(why_end(why, &result));
	assert_true(result.asked);
	assert_int_equal(result.over, 601);
	assert_int_equal(result.sum.seen, 300);
	assert_int_equal(result.sum.count, 10 + 110);
	/* That which lost more comes first. */
	assert_int_equal(result.vector_count, 2);
	assert_int_equal(result.vectors[0].id, 1);
	assert_int_equal(result.vectors[0].sum.seen, 200);
	assert_int_equal(result.vectors[0].sum.count, 110);
	assert_int_equal(result.vectors[1].sum.count, 10);
	for (unsigned int cause = 0; cause < SLOW_CAUSE_COUNT; cause++)
		sum += result.sum.causes[cause].ns;
	assert_int_equal(sum, result.sum.ns);
	assert_int_equal(result.sum.causes[SLOW_PREEMPTED].count, 120);
	assert_int_equal(result.sum.causes[SLOW_PREEMPTED].max, 168);
	assert_int_equal(result.sum.causes[SLOW_SERVICE].max, 256 + 199);
	/* Of both vectors. */
	assert_int_equal(result.competitor_count, 1);
	assert_int_equal(result.competitors[0].key.pid, 214);
	assert_int_equal(result.competitors[0].total.ns, 120 * 168);
	why_free(why);
	why_free(NULL);
}

/* It seemed not to be accepted, and was: it is one, and no time counts twice. */
static void told_twice(void **state)
{
	struct imstrace_vector vector = { .device = "0000:03:00.0" };

	(void)state;
	for (unsigned int over = 0; over <= 2; over++) {
		struct why *why = why_new(over);
		struct imstrace_interrupt whole = slow_interrupt(), first = whole;
		struct why_result result;

		assert_non_null(why);
		first = (struct imstrace_interrupt) {
			.times = { [HOP_IRQ] = 1000, [HOP_SIGNAL] = 1001 }, .end = END_NOT_ACCEPTED,
		};
		whole.recounted = END_NOT_ACCEPTED;
		assert_true(why_add(why, &vector, &first));
		assert_true(why_add(why, &vector, &whole));
		assert_true(why_end(why, &result));
		assert_int_equal(result.sum.seen, 1);
		assert_int_equal(result.sum.count, 1);
		assert_int_equal(result.sum.ns, 511);
		assert_int_equal(result.sum.causes[SLOW_HANDLER].ns, 1);
		assert_int_equal(result.sum.causes[SLOW_SIGNAL].ns, 2);
		why_free(why);
	}
}

/* A measurement of nothing: why has its own figures. */
struct fixture {
	struct fake_source *fake;
	struct measurement *measurement;
	struct why *why;
	struct why_result result;
	struct sink sink;
	struct output output;
};

static void begin(struct fixture *fixture, __u64 over, unsigned int count)
{
	static const struct vector_filter all;
	struct imstrace_vector vector = { .device = "0000:03:00.0\x1b[2J", .vector = 7 };

	fixture->fake = fake_source_new();
	fixture->fake->totals.lost_interrupts = 3;
	fixture->measurement = measurement_new(&fixture->fake->source, &all);
	fixture->why = why_new(over);
	assert_true(fixture->measurement && fixture->why);
	measurement_interval(fixture->measurement, 5000);
	add_some(fixture->why, &vector, 0, count);
	assert_true(why_end(fixture->why, &fixture->result));
}

static void end(struct fixture *fixture)
{
	why_free(fixture->why);
	measurement_free(fixture->measurement);
	free(fixture->fake);
}

static char *text_of(struct fixture *fixture)
{
	fixture->sink = (struct sink) { .ops = &text_sink };
	assert_true(sink_open(&fixture->sink));
	text_why(sink_into(&fixture->sink, &fixture->output), &fixture->result,
		 measurement_summary(fixture->measurement));
	sink_close(&fixture->sink);
	return output_close(&fixture->output);
}

static void it_is_said(void **state)
{
	struct fixture fixture;
	char *text, *line, *rest;

	(void)state;
	begin(&fixture, 511, 2);
	text = text_of(&fixture);
	assert_non_null(strstr(text, "\n2 of 2 interrupts took 0.5 µs or longer, together 1.0 µs. Of that:\n"));
	assert_non_null(strstr(text, "  service     50.1%"));
	assert_non_null(strstr(text, "     Its vCPU's thread was to run, and its CPU ran other threads: backup/214\n"
			       "     (fifo 10) 100 %.\n     Remedy: Keep these threads"));
	assert_non_null(strstr(text, "\n     7      2        2         1.0  service 50 %, preempted 33 %"));
	assert_non_null(strstr(text, "0000:03:00.0?[2J\n"));
	assert_non_null(strstr(text, "!!! LOST: 3 streamed interrupts"));
	/* The largest share is first, and what has none is left out. */
	assert_true(strstr(text, "  service ") < strstr(text, "  preempted "));
	assert_null(strstr(text, "\n  unknown"));
	/* What has little is not explained. */
	assert_non_null(strstr(text, "\n  signal "));
	assert_null(strstr(text, slow_cause_what(SLOW_SIGNAL)));
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (!strncmp(line, "     ", 5) && !strchr(line, '%'))
			assert_true(strlen(line) <= 80);
	free(text);
	end(&fixture);

	begin(&fixture, 10000, 2);
	text = text_of(&fixture);
	assert_non_null(strstr(text, "\nNone of 2 interrupts took 10.0 µs or longer.\n"));
	free(text);
	end(&fixture);
}

static void it_is_an_object(void **state)
{
	struct fixture fixture;
	json_t *object, *causes, *vector;
	__u64 sum = 0;

	(void)state;
	begin(&fixture, 0, 2);
	object = object_why(&fixture.result, measurement_summary(fixture.measurement));
	assert_non_null(object);
	causes = json_object_get(object, "causes");
	assert_int_equal(json_object_size(causes), SLOW_CAUSE_COUNT);
	for (unsigned int cause = 0; cause < SLOW_CAUSE_COUNT; cause++)
		sum += json_integer_value(json_object_get(json_object_get(causes, slow_cause_name(cause)), "ns"));
	assert_int_equal(sum, json_integer_value(json_object_get(object, "ns")));
	assert_int_equal(json_integer_value(json_object_get(object, "slow")), 2);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(object, "lost"), "interrupts")), 3);
	vector = json_array_get(json_object_get(object, "vectors"), 0);
	assert_string_equal(json_string_value(json_object_get(vector, "device")), "0000:03:00.0?[2J");
	assert_true(json_is_null(json_object_get(vector, "guest")));
	assert_string_equal(json_string_value(json_object_get(json_array_get(json_object_get(object, "behind"), 0),
							     "name")), "backup");
	json_decref(object);
	end(&fixture);
}

static void docs_and_schema_have_each_cause(void **state)
{
	char *text = read_file("docs/causes.md"), *schema = read_file("docs/schema/imstrace-1.json"), *at;
	size_t sections = 0;

	(void)state;
	join_lines(text);
	for (at = text; (at = strstr(at, "\n### ")); at++)
		sections++;
	assert_int_equal(sections, SLOW_CAUSE_COUNT);
	at = text;
	for (unsigned int cause = 0; cause < SLOW_CAUSE_COUNT; cause++) {
		char sentence[512];

		snprintf(sentence, sizeof(sentence), "\n### %s %s. %s.", slow_cause_name(cause),
			 slow_cause_what(cause), slow_cause_remedy(cause));
		at = strstr(at, sentence);
		if (!at)
			fail_msg("docs/causes.md does not say, or not in its place: %s", sentence);
		snprintf(sentence, sizeof(sentence), "\"%s\": { \"description\": \"%s.\"", slow_cause_name(cause),
			 slow_cause_what(cause));
		if (!strstr(schema, sentence))
			fail_msg("the schema does not say: %s", sentence);
	}
	free(text);
	free(schema);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_part_has_its_cause),
		cmocka_unit_test(hops_that_are_missing),
		cmocka_unit_test(all_of_anything),
		cmocka_unit_test(the_slowest_hundredth),
		cmocka_unit_test(what_is_over),
		cmocka_unit_test(told_twice),
		cmocka_unit_test(it_is_said),
		cmocka_unit_test(it_is_an_object),
		cmocka_unit_test(docs_and_schema_have_each_cause),
	};

	return cmocka_run_group_tests_name("why", tests, NULL, NULL);
}
