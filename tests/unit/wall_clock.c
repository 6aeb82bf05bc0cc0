// SPDX-License-Identifier: GPL-2.0-only
/*
 * Times of day when the wall clock is set in between. Of a source in memory: no test sets the clock
 * of the machine.
 */
#define _GNU_SOURCE
#include "fake_recording.h"

#include "../../user/measure/measurement.h"
#include "../../user/recording/reader.h"
#include "../../user/source/wall_clock.h"

#include <jansson.h>
#include <unistd.h>

#define SECOND		1000000000ULL
#define HOUR		(3600 * SECOND)
/* 2023-11-14 22:13:20 UTC is when CLOCK_MONOTONIC was 0. */
#define TO_WALL_CLOCK	(1700000000LL * (long long)SECOND)

/* After 10 s it is set by 3 h, and after 20 s back by 1 h. */
static struct fake_source *set_twice(void)
{
	struct fake_source *fake = fake_source_new();
	struct source *source = &fake->source;

	source->to_wall_clock = TO_WALL_CLOCK;
	wall_clock_note(source, 5 * SECOND, TO_WALL_CLOCK + 5 * SECOND);
	/* The two are not read at the same moment. */
	wall_clock_note(source, 6 * SECOND, TO_WALL_CLOCK + 6 * SECOND + 999999);
	assert_int_equal(source->clock_set_count, 0);
	wall_clock_note(source, 10 * SECOND, TO_WALL_CLOCK + 10 * SECOND + 3 * HOUR);
	wall_clock_note(source, 15 * SECOND, TO_WALL_CLOCK + 15 * SECOND + 3 * HOUR);
	wall_clock_note(source, 20 * SECOND, TO_WALL_CLOCK + 20 * SECOND + 2 * HOUR);
	return fake;
}

static void expect_set_twice(const struct source *source)
{
	assert_int_equal(source->clock_set_count, 2);
	assert_int_equal(wall_clock_at(source, 9 * SECOND), TO_WALL_CLOCK + 9 * SECOND);
	assert_int_equal(wall_clock_at(source, 10 * SECOND), TO_WALL_CLOCK + 10 * SECOND + 3 * HOUR);
	assert_int_equal(wall_clock_at(source, 19 * SECOND), TO_WALL_CLOCK + 19 * SECOND + 3 * HOUR);
	assert_int_equal(wall_clock_at(source, 21 * SECOND), TO_WALL_CLOCK + 21 * SECOND + 2 * HOUR);
	assert_int_equal(wall_clock_moved(source, 0), 3 * HOUR);
	assert_int_equal(wall_clock_moved(source, 1), -(long long)HOUR);
	assert_int_equal(wall_clock_last_set(source), 20 * SECOND);
}

static void each_time_is_of_the_clock_as_it_was(void **state)
{
	struct fake_source *fake = set_twice();

	(void)state;
	expect_set_twice(&fake->source);
	free(fake);
}

static void the_latest_is_right_however_often_it_is_set(void **state)
{
	struct fake_source *fake = fake_source_new();

	(void)state;
	for (__u64 i = 1; i <= 100; i++)
		wall_clock_note(&fake->source, i * SECOND, i * HOUR);
	assert_int_equal(fake->source.clock_set_count, CLOCK_SETS);
	assert_int_equal(wall_clock_at(&fake->source, SECOND), HOUR);
	assert_int_equal(wall_clock_at(&fake->source, 100 * SECOND), 100 * HOUR);
	free(fake);
}

/* As it was when this test began, unless somebody sets it just now. */
static void this_system_is_not_set_meanwhile(void **state)
{
	struct fake_source *fake = fake_source_new();

	(void)state;
	fake->source.to_wall_clock = wall_clock_offset();
	for (unsigned int i = 0; i < 1000; i++)
		wall_clock_look(&fake->source);
	assert_int_equal(fake->source.clock_set_count, 0);
	free(fake);
}

static void expect_in(const char *text, const char *what)
{
	if (!strstr(text, what))
		fail_msg("\"%s\" is not in: %s", what, text);
}

static void text_follows_the_clock(void **state)
{
	static const struct vector_filter no_filter;
	struct fake_source *fake = fake_source_new();
	struct sink sink = { .ops = &text_sink };
	struct imstrace_lifecycle step = { .time = 9 * SECOND, .step = STEP_KNOWN, .device = FAKE_DEVICE };
	struct measurement *measurement = measurement_new(&fake->source, &no_filter);
	struct output output;
	char *text;

	(void)state;
	fake->source.to_wall_clock = TO_WALL_CLOCK;
	assert_true(sink_open(&sink));
	text_sink.start(sink_into(&sink, &output), &fake->source);
	text_sink.lifecycle(&sink, &step);
	/* While it runs. */
	wall_clock_note(&fake->source, 10 * SECOND, TO_WALL_CLOCK + 10 * SECOND + 3 * HOUR);
	step.time = 11 * SECOND;
	text_sink.lifecycle(&sink, &step);
	text_sink.interval(&sink, measurement_interval(measurement, 12 * SECOND));
	text_sink.summary(&sink, measurement_summary(measurement));
	text = output_close(&output);
	expect_in(text, "22:13:29.000000 ");
	expect_in(text, "01:13:31.000000 ");
	expect_in(text, "\n01:13:32.000000  in 12.00 s");
	expect_in(text, "\nThe wall clock moved by +10800.000 s, to 01:13:30.000000: it was set, or the host "
		  "slept.\n");
	free(text);
	sink_close(&sink);
	measurement_free(measurement);
	free(fake);
}

static void a_summary_in_json_has_it(void **state)
{
	static const struct vector_filter no_filter;
	struct fake_source *fake = set_twice();
	struct measurement *measurement = measurement_new(&fake->source, &no_filter);
	struct sink sink = { .ops = &json_sink };
	struct output output;
	json_t *summary, *expected;

	(void)state;
	json_sink.summary(sink_into(&sink, &output), measurement_summary(measurement));
	output_close(&output);
	summary = json_loads(output.text, 0, NULL);
	expected = json_pack("[{s:I, s:I}, {s:I, s:I}]", "time", (json_int_t)(10 * SECOND),
			     "to_wall_clock", (json_int_t)(TO_WALL_CLOCK + 3 * HOUR),
			     "time", (json_int_t)(20 * SECOND),
			     "to_wall_clock", (json_int_t)(TO_WALL_CLOCK + 2 * HOUR));
	assert_true(json_equal(json_object_get(summary, "clock_set"), expected));
	json_decref(summary);
	json_decref(expected);
	free(output.text);
	measurement_free(measurement);
	free(fake);
}

/* Also one that is cut off: it is written when it is noticed. */
static void a_recording_keeps_it(void **state)
{
	char directory[] = "/dev/shm/imstrace-wall-clock-XXXXXX", command[64];
	struct ctf_options options = { .directory = directory, .command_line = "unit" };
	struct recording_options recording = { .directory = directory };
	struct fake_source *fake = fake_source_new();
	struct ctf_writer *writer;
	struct source *read;

	(void)state;
	fake->source.to_wall_clock = TO_WALL_CLOCK;
	assert_non_null(mkdtemp(directory));
	assert_int_equal(ctf_create(&writer, &options), 0);
	assert_int_equal(ctf_start(writer, &fake->source), 0);
	wall_clock_note(&fake->source, 10 * SECOND, TO_WALL_CLOCK + 10 * SECOND + 3 * HOUR);
	assert_int_equal(ctf_flush(writer), 0);
	wall_clock_note(&fake->source, 20 * SECOND, TO_WALL_CLOCK + 20 * SECOND + 2 * HOUR);
	assert_int_equal(ctf_flush(writer), 0);
	ctf_close(writer);
	assert_int_equal(recording_open(&read, &recording), 0);
	assert_int_equal(read->to_wall_clock, TO_WALL_CLOCK);
	expect_set_twice(read);
	read->close(read);
	snprintf(command, sizeof(command), "rm -r %s", directory);
	assert_int_equal(system(command), 0);
	free(fake);
}

/* What somebody may have put there: nothing but other times comes of it. */
static void damaged_ones_are_read_as_far_as_they_go(void **state)
{
	static const struct {
		const char *text;
		unsigned int count;
	} texts[] = {
		{ "", 0 }, { "x", 0 }, { "5", 0 }, { "5 ", 0 }, { "5 x", 0 }, { "5 6", 1 }, { "5 6 7", 1 },
		{ "18446744073709551615 9223372036854775807 1 -9223372036854775808", 2 },
		{ "99999999999999999999999 1", 0 }, { "-1 1", 0 },
		{ "1 1 2 2 3 3 4 4 5 5 6 6 7 7 8 8 9 9 10 10 11 11 12 12 13 13 14 14 15 15 16 16 17 17",
		  CLOCK_SETS },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct fake_source *fake = fake_source_new();

		wall_clock_parse(&fake->source, texts[i].text);
		assert_int_equal(fake->source.clock_set_count, texts[i].count);
		for (unsigned int j = 0; j < texts[i].count; j++)
			wall_clock_moved(&fake->source, j);
		wall_clock_at(&fake->source, UINT64_MAX);
		free(fake);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_time_is_of_the_clock_as_it_was),
		cmocka_unit_test(the_latest_is_right_however_often_it_is_set),
		cmocka_unit_test(this_system_is_not_set_meanwhile),
		cmocka_unit_test(text_follows_the_clock),
		cmocka_unit_test(a_summary_in_json_has_it),
		cmocka_unit_test(a_recording_keeps_it),
		cmocka_unit_test(damaged_ones_are_read_as_far_as_they_go),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests_name("wall_clock", tests, NULL, NULL);
}
