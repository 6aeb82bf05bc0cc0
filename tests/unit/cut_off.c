// SPDX-License-Identifier: GPL-2.0-only
/*
 * Recordings that can't be read to their end: outputs say so, with the file, the byte and the time.
 */
#define _GNU_SOURCE
#include "fake_recording.h"

#include "../../user/recording/format.h"
#include "../../user/recording/reader.h"
#include "../../user/session.h"
#include "../../user/sink/page.h"

#include <jansson.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOT_ENDED	"its recorder was killed, failed or still runs"
#define TRUNCATED	"it was longer when it was written"

static char directory[] = "/dev/shm/imstrace-cut-off-XXXXXX";

static int make_directory(void **state)
{
	(void)state;
	return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	(void)state;
	return rmdir(directory);
}

static const char *path_of(const char *name)
{
	static char path[96];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

static long size_of(const char *name)
{
	struct stat status;

	assert_int_equal(stat(path_of(name), &status), 0);
	return status.st_size;
}

static int remove_recording(void **state)
{
	(void)state;
	unlink(path_of("metadata"));
	unlink(path_of("lifecycle"));
	unlink(path_of("interrupts"));
	return 0;
}

/* From 1000 on: a step at 2000, and interrupts at 3000, 4000 … of a packet each. */
static void record(__u64 last, bool ended)
{
	struct ctf_options options = { .directory = directory, .command_line = "unit", .last = last };
	struct imstrace_lifecycle step = { .time = 2000, .step = STEP_KNOWN, .device = FAKE_DEVICE };
	struct fake_source *fake = fake_source_new();
	struct ctf_writer *writer;

	fake_vector(fake, FAKE_DEVICE, 0);
	assert_int_equal(ctf_create(&writer, &options), 0);
	assert_int_equal(ctf_start(writer, &fake->source), 0);
	assert_int_equal(ctf_write_lifecycle(writer, &step), 0);
	for (__u64 time = 3000; time <= 6000; time += 1000) {
		struct imstrace_interrupt interrupt = {
			.times = { [HOP_IRQ] = time }, .end = END_SIGNALLED,
		};

		assert_int_equal(ctf_write_interrupt(writer, &interrupt), 0);
		assert_int_equal(ctf_flush(writer), 0);
	}
	assert_int_equal(ctf_keep(writer), 0);
	if (ended)
		assert_int_equal(ctf_end(writer, 9000), 0);
	ctf_close(writer);
	free(fake);
}

/* What @sink makes of it up to @until, and what is said on stderr. To be freed. */
static void show(struct sink *sink, __u64 until, char **errors)
{
	const struct recording_options recording = { .directory = directory, .until = until };
	const struct session_options options = { .sinks = SINKS(sink), .slowest = 3 };
	FILE *real_errors = stderr;
	struct source *source;
	struct output said;
	int ret;

	stderr = output_open(&said);
	ret = recording_open(&source, &recording) ?: session_run(source, &options);
	stderr = real_errors;
	*errors = output_close(&said);
	assert_int_equal(ret, 0);
}

/* Of the summary in JSON; NULL: it says nothing. stderr has as much. */
static json_t *cut_off(__u64 until)
{
	struct sink sink = { .ops = &json_sink, .wants = { .summary = true } };
	struct output output;
	json_t *summary, *cuts;
	char *errors;

	sink_into(&sink, &output);
	show(&sink, until, &errors);
	output_close(&output);
	summary = json_loads(output.text, JSON_DISABLE_EOF_CHECK, NULL);
	assert_non_null(summary);
	cuts = json_incref(json_object_get(summary, "cut_off"));
	assert_int_equal(!cuts, !*errors);
	json_decref(summary);
	free(output.text);
	free(errors);
	return cuts;
}

static void expect_cut(json_t *cuts, size_t number, const char *file, long byte, long time,
		       const char *why)
{
	json_t *expected = json_pack("{s:s, s:I, s:I, s:s}", "file", file, "byte", (json_int_t)byte,
				     "time", (json_int_t)time, "why", why);
	char *text = json_dumps(cuts, JSON_ENCODE_ANY);

	if (!json_equal(json_array_get(cuts, number), expected))
		fail_msg("%zu of %s", number, text ?: "nothing");
	free(text);
	json_decref(expected);
}

/* The only one. */
static void expect_cut_off(const char *file, long byte, long time, const char *why)
{
	json_t *cuts = cut_off(0);

	assert_int_equal(json_array_size(cuts), 1);
	expect_cut(cuts, 0, file, byte, time, why);
	json_decref(cuts);
}

static void one_that_was_ended_is_whole(void **state)
{
	(void)state;
	record(0, true);
	assert_null(cut_off(0));
}

static void one_whose_recorder_was_killed_has_no_end(void **state)
{
	(void)state;
	record(0, false);
	expect_cut_off("interrupts", size_of("interrupts"), 6000, NOT_ENDED);
	/* What is wanted of it is there. */
	assert_null(cut_off(4500));
}

/* It ends without another word, and has no end of its own. */
static void the_flight_recorder_is_not_cut_off(void **state)
{
	record(1000000, true);
	assert_null(cut_off(0));
	remove_recording(state);
	record(1000000, false);
	assert_null(cut_off(0));
}

static void older_ones_say_nothing_of_their_end(void **state)
{
	char command[192];

	(void)state;
	record(0, false);
	snprintf(command, sizeof(command), "sed -i '/^\t\\(ended\\|.*_bytes\\) = /d' %s",
		 path_of("metadata"));
	assert_int_equal(system(command), 0);
	assert_null(cut_off(0));
}

/* Anywhere: it is known how long it was. */
static void a_truncated_file_is_cut_off(void **state)
{
	long size, packet = sizeof(struct ctf_packet) + sizeof(struct ctf_interrupt);

	(void)state;
	record(0, true);
	size = size_of("interrupts");
	/* Four of an interrupt each, and the last, without. */
	assert_int_equal(size, 4 * packet + sizeof(struct ctf_packet));
	assert_int_equal(truncate(path_of("interrupts"), size - 1), 0);
	expect_cut_off("interrupts", 4 * packet, 6000, "a packet is cut off");
	assert_int_equal(truncate(path_of("interrupts"), 3 * packet), 0);
	expect_cut_off("interrupts", 3 * packet, 5000, TRUNCATED);
	assert_null(cut_off(3500));
	assert_int_equal(truncate(path_of("interrupts"), 0), 0);
	expect_cut_off("interrupts", 0, 1000, TRUNCATED);
}

static void write_byte(const char *name, long offset, char byte)
{
	FILE *file = fopen(path_of(name), "r+e");

	assert_non_null(file);
	assert_int_equal(fseek(file, offset, SEEK_SET), 0);
	assert_int_equal(putc(byte, file), byte);
	fclose(file);
}

/* Up to the event before, or to the packet's. */
static void a_damaged_file_is_cut_off(void **state)
{
	long packet = sizeof(struct ctf_packet) + sizeof(struct ctf_interrupt), step;
	json_t *cuts;

	(void)state;
	record(0, true);
	write_byte("interrupts", packet, 'x');
	expect_cut_off("interrupts", packet, 3000, "this is no packet of this recording");
	/* Both files: the step is behind what is said of the vector. */
	step = sizeof(struct ctf_packet) + sizeof(struct ctf_vector);
	write_byte("lifecycle", step, 'x');
	cuts = cut_off(0);
	assert_int_equal(json_array_size(cuts), 2);
	expect_cut(cuts, 0, "lifecycle", step, 2000, "this is no event");
	expect_cut(cuts, 1, "interrupts", packet, 3000, "this is no packet of this recording");
	json_decref(cuts);
}

static void text_and_page_say_so(void **state)
{
	struct sink text = { .ops = &text_sink, .wants = { .start = true, .summary = true } };
	struct sink page = { .ops = &html_sink, .wants = text.wants };
	char line[192], path[96], *errors, *at;
	struct output output;

	(void)state;
	record(0, false);
	snprintf(line, sizeof(line), "!!! CUT OFF: %s can be read up to 00:00:00.000006, byte %ld: "
		 NOT_ENDED "\n", "interrupts", size_of("interrupts"));
	sink_into(&text, &output);
	show(&text, 0, &errors);
	at = strstr(output_close(&output), line);
	if (!at)
		fail_msg("no %sin %s", line, output.text);
	free(output.text);
	/* Those who read only stderr hear of it there. */
	assert_non_null(strstr(errors, NOT_ENDED));
	free(errors);

	page.wants.findings = true;
	strcpy(path, path_of("page"));
	/* There is none in an imstrace that was built without npm. */
	if (!page_open(&page, PAGE_report, path)) {
		show(&page, 0, &errors);
		free(errors);
		snprintf(line, sizeof(line),
			 "grep -q '\"cut_off\":\\[{\"file\":\"interrupts\"' %s", path);
		assert_int_equal(system(line), 0);
		unlink(path);
	}
}

int main(void)
{
#define TEST(function)	cmocka_unit_test_teardown(function, remove_recording)
	const struct CMUnitTest tests[] = {
		TEST(one_that_was_ended_is_whole),
		TEST(one_whose_recorder_was_killed_has_no_end),
		TEST(the_flight_recorder_is_not_cut_off),
		TEST(older_ones_say_nothing_of_their_end),
		TEST(a_truncated_file_is_cut_off),
		TEST(a_damaged_file_is_cut_off),
		TEST(text_and_page_say_so),
	};

	setenv("TZ", "UTC", true);
	return cmocka_run_group_tests_name("cut_off", tests, make_directory, remove_directory);
}
