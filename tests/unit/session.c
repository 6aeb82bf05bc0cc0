// SPDX-License-Identifier: GPL-2.0-only
/*
 * Outputs of one session know nothing of each other: together they write what each writes alone.
 */
#define _GNU_SOURCE
#include "fake_recording.h"

#include "../../user/errors.h"
#include "../../user/recording/format.h"
#include "../../user/recording/reader.h"
#include "../../user/session.h"
#include "../../user/sink/fields.h"
#include "../../user/sink/page.h"
#include "../../user/sink/recording.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define EVERYTHING								\
	{									\
		.start = true, .lifecycle = true, .interrupts = true, .findings = true,	\
		.summary = true, .histograms = (1U << STAGE_COUNT) - 1,		\
	}

static const enum imstrace_stage all_stages = STAGE_COUNT, total = STAGE_TOTAL;
static struct field_choice fields;

/* All formats, and those with a context more than once. */
static const struct sink outputs[] = {
	{ .ops = &text_sink }, { .ops = &json_sink }, { .ops = &csv_sink },
	{ .ops = &chrome_sink }, { .ops = &perfetto_sink }, { .ops = &openmetrics_sink },
	{ .ops = &hgrm_sink, .context = (void *)&all_stages },
	{ .ops = &hgrm_sink, .context = (void *)&total },
	{ .ops = &fields_sink, .context = &fields },
	{ .ops = &html_sink }, { .ops = &html_sink },
	{ .ops = &chrome_sink }, { .ops = &text_sink },
};

#define OUTPUTS		(sizeof(outputs) / sizeof(outputs[0]))
#define RECORDINGS	2

static char directory[] = "/dev/shm/imstrace-session-XXXXXX";
static char original[64];

static int make_recording(void **state)
{
	struct ctf_options options = { .directory = original, .command_line = "unit" };
	struct fake_source *fake = fake_source_new();
	struct ctf_writer *writer;

	(void)state;
	assert_true(fields_choose(&fields, "total_ns,device"));
	assert_non_null(mkdtemp(directory));
	snprintf(original, sizeof(original), "%s/original", directory);
	assert_int_equal(ctf_create(&writer, &options), 0);
	assert_int_equal(fake_record_all(writer, fake), 0);
	assert_int_equal(ctf_end(writer, 0), 0);
	ctf_close(writer);
	free(fake);
	return 0;
}

static void remove_recording(const char *path)
{
	static const char *const files[] = {
		"metadata",
#define X(ENUM, name) #name,
		CTF_STREAMS(X)
#undef X
	};
	char file[128];

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(file, sizeof(file), "%s/%s", path, files[i]);
		assert_int_equal(unlink(file), 0);
	}
	assert_int_equal(rmdir(path), 0);
}

static int remove_all(void **state)
{
	(void)state;
	remove_recording(original);
	return rmdir(directory);
}

/* Reads the recording @path. What goes to stderr is in @errors, to be freed, unless that is NULL. */
static int run(const char *path, struct sink *const *sinks, char **errors)
{
	const struct recording_options recording = { .directory = path };
	const struct session_options options = { .sinks = sinks, .slowest = 3, .count = 1 };
	FILE *real_errors = stderr;
	struct source *source;
	struct output said;
	int ret;

	stderr = output_open(&said);
	ret = recording_open(&source, &recording) ?: session_run(source, &options);
	stderr = real_errors;
	if (errors)
		*errors = output_close(&said);
	else
		free(output_close(&said));
	return ret;
}

struct written {
	char *text;
	size_t size;
};

/* A page is written to a file that can be truncated. NULL: there is none in this imstrace. */
static bool open_output(struct sink *sink, unsigned int number)
{
	static char paths[OUTPUTS][96];
	char *path = paths[number];

	sink->wants = (struct sink_wants)EVERYTHING;
	snprintf(path, sizeof(paths[0]), "%s/%u", directory, number);
	if (sink->ops == &html_sink)
		return !page_open(sink, PAGE_report, path);
	sink->path = path;
	sink->out = fopen(path, "we");
	assert_non_null(sink->out);
	return true;
}

static struct written read_output(const struct sink *sink)
{
	struct written written;
	struct stat status;
	FILE *in = fopen(sink->path, "re");

	assert_non_null(in);
	assert_int_equal(fstat(fileno(in), &status), 0);
	written.size = status.st_size;
	written.text = malloc(written.size + 1);
	assert_int_equal(fread(written.text, 1, written.size, in), written.size);
	fclose(in);
	assert_int_equal(unlink(sink->path), 0);
	return written;
}

/* What JSON has of the recording @path but for its name. */
static struct written as_json(const char *path)
{
	struct sink sink = {
		.ops = &json_sink,
		.wants = { .lifecycle = true, .interrupts = true, .summary = true },
	};
	struct output output;

	sink_into(&sink, &output);
	assert_int_equal(run(path, SINKS(&sink), NULL), 0);
	output_close(&output);
	assert_true(output.size > 1000);
	return (struct written) { output.text, output.size };
}

static void assert_same(struct written is, struct written expected)
{
	assert_int_equal(is.size, expected.size);
	assert_memory_equal(is.text, expected.text, expected.size);
	free(is.text);
	free(expected.text);
}

static void outputs_together_are_those_alone(void **state)
{
	struct sink all[OUTPUTS + RECORDINGS], *sinks[OUTPUTS + RECORDINGS + 1] = { 0 };
	struct recorder recorders[RECORDINGS] = { 0 };
	char copies[RECORDINGS][64];
	struct written alone[OUTPUTS];
	size_t count = 0;

	(void)state;
	for (unsigned int i = 0; i < OUTPUTS; i++) {
		struct sink sink = outputs[i];

		if (!open_output(&sink, i))
			continue;
		assert_int_equal(run(original, SINKS(&sink), NULL), 0);
		alone[count] = read_output(&sink);
		assert_true(alone[count].size > 20);
		all[count] = outputs[i];
		open_output(&all[count], i);
		sinks[count] = &all[count];
		count++;
	}
	for (unsigned int i = 0; i < RECORDINGS; i++) {
		struct ctf_options options = { .directory = copies[i], .command_line = "unit" };

		snprintf(copies[i], sizeof(copies[i]), "%s/copy-%u", directory, i);
		assert_int_equal(ctf_create(&recorders[i].writer, &options), 0);
		all[count + i] = (struct sink) {
			.ops = &recording_sink, .context = &recorders[i], .wants = EVERYTHING,
		};
		sinks[count + i] = &all[count + i];
	}
	assert_int_equal(run(original, sinks, NULL), 0);
	for (size_t i = 0; i < count; i++)
		assert_same(read_output(&all[i]), alone[i]);
	for (unsigned int i = 0; i < RECORDINGS; i++) {
		ctf_close(recorders[i].writer);
		assert_same(as_json(copies[i]), as_json(original));
		remove_recording(copies[i]);
	}
}

static bool begins(const char *line, const char *with)
{
	return !strncmp(line, with, strlen(with));
}

static void each_is_told_only_what_it_wants(void **state)
{
	struct sink view = { .ops = &json_sink, .wants = { .summary = true } };
	struct sink script = { .ops = &json_sink, .wants = { .interrupts = true } };
	struct output figures, interrupts;
	char *line, *rest;

	(void)state;
	sink_into(&view, &figures);
	sink_into(&script, &interrupts);
	assert_int_equal(run(original, SINKS(&view, &script), NULL), 0);
	output_close(&figures);
	output_close(&interrupts);
	assert_non_null(strstr(figures.text, "\"type\":\"summary\""));
	line = strtok_r(figures.text, "\n", &rest);
	for (; line; line = strtok_r(NULL, "\n", &rest))
		assert_true(begins(line, "{\"type\":\"summary\"") ||
			    begins(line, "{\"type\":\"slowest\""));
	line = strtok_r(interrupts.text, "\n", &rest);
	for (; line; line = strtok_r(NULL, "\n", &rest))
		assert_true(begins(line, "{\"type\":\"interrupt\"") ||
			    begins(line, "{\"type\":\"slowest\""));
	free(figures.text);
	free(interrupts.text);
}

static void loss_is_said_once_unless_it_is_seen(void **state)
{
	static const char warning[] = "interrupts are missing";
	struct sink json = { .ops = &json_sink, .wants = EVERYTHING };
	struct sink csv = { .ops = &csv_sink, .wants = EVERYTHING }, second = csv;
	struct output outputs[3];
	char *errors, *first;

	(void)state;
	sink_into(&json, &outputs[0]);
	assert_int_equal(run(original, SINKS(&json), &errors), 0);
	assert_null(strstr(errors, warning));
	free(errors);
	free(output_close(&outputs[0]));
	sink_into(&json, &outputs[0]);
	sink_into(&csv, &outputs[1]);
	sink_into(&second, &outputs[2]);
	assert_int_equal(run(original, SINKS(&json, &csv, &second), &errors), 0);
	first = strstr(errors, warning);
	assert_non_null(first);
	assert_null(strstr(first + 1, warning));
	free(errors);
	for (unsigned int i = 0; i < 3; i++)
		free(output_close(&outputs[i]));
}

/* Whichever it is, the run ends with an error that names it, once. */
static void a_full_disk_of_any_output_is_an_error(void **state)
{
	(void)state;
	for (unsigned int full = 0; full < 2; full++) {
		struct sink sinks[2] = {
			{ .ops = &json_sink, .wants = EVERYTHING },
			{ .ops = &chrome_sink, .wants = EVERYTHING },
		};
		char *errors, *first;
		struct output output;

		sink_into(&sinks[!full], &output);
		sinks[full].path = "/dev/full";
		sinks[full].out = fopen("/dev/full", "we");
		assert_non_null(sinks[full].out);
		assert_int_equal(run(original, SINKS(&sinks[0], &sinks[1]), &errors), EXIT_RUNTIME);
		first = strstr(errors, "writing /dev/full failed: No space left on device");
		assert_non_null(first);
		assert_null(strstr(first + 1, "writing"));
		free(errors);
		free(output_close(&output));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outputs_together_are_those_alone),
		cmocka_unit_test(each_is_told_only_what_it_wants),
		cmocka_unit_test(loss_is_said_once_unless_it_is_seen),
		cmocka_unit_test(a_full_disk_of_any_output_is_an_error),
	};

	return cmocka_run_group_tests_name("session", tests, make_recording, remove_all);
}
