// SPDX-License-Identifier: GPL-2.0-only
/*
 * Summaries: what is written is read again, and what was damaged on the way, or is something else, is
 * refused.
 */
#include "fake_summary.h"

#include "../../user/errors.h"
#include "../../user/measure/measurement.h"
#include "../../user/compare/summary/collect.h"
#include "../../user/compare/summary/groups.h"
#include "../../user/compare/summary/load.h"

#include <sys/stat.h>

static const struct fake_times times = { 5000, 10000, 40000, 50000 };

static struct summary *two_runs(void)
{
	struct summary *summary = fake_summary(1000);
	__u64 seed = 1;

	strcpy(summary->revision, "a1b2c3");
	json_object_set_new(summary->labels, "branch", json_string("main"));
	json_array_append_new(summary->command, json_string("fio"));
	fake_run(summary, 1, 2000, &times, 0.1, &seed);
	fake_run(summary, 2, 3000, &times, 0.1, &seed);
	summary->runs[1].lost.values = 3;
	summary->runs[1].series[0].unmatched = 7;
	summary->runs[1].series[0].hops[HOP_IRQ] = -1;
	free(summary->runs[1].series[0].stages[STAGE_HANDLER].buckets);
	summary->runs[1].series[0].stages[STAGE_HANDLER] = (struct summary_stage) { 0 };
	return summary;
}

static char *read_text(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = calloc(1, 1 << 20);

	assert_non_null(file);
	assert_non_null(text);
	assert_true(fread(text, 1, (1 << 20) - 1, file) > 0);
	fclose(file);
	return text;
}

static void write_text(const char *path, const char *text, size_t size)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fwrite(text, 1, size, file);
	assert_int_equal(fclose(file), 0);
}

static void end(char *path)
{
	unlink(path);
	free(path);
}

static void what_is_written_is_read_again(void **state)
{
	struct summary *summary = two_runs(), *again;
	char *path = fake_write(summary), *first = read_text(path), *second, *copy;

	(void)state;
	assert_int_equal(summary_read(&again, path), 0);
	assert_int_equal(again->session, 1000);
	assert_string_equal(again->revision, "a1b2c3");
	assert_string_equal(json_string_value(json_object_get(again->labels, "branch")), "main");
	assert_int_equal(again->run_count, 2);
	assert_int_equal(again->runs[1].lost.values, 3);
	assert_int_equal(again->runs[1].series[0].unmatched, 7);
	assert_int_equal(again->runs[1].series[0].hops[HOP_IRQ], -1);
	assert_int_equal(again->runs[1].series[0].hops[HOP_EOI], 2000);
	assert_false(again->runs[1].series[0].stages[STAGE_HANDLER].measured);
	/* To the byte. */
	copy = fake_write(again);
	second = read_text(copy);
	assert_string_equal(first, second);
	free(first);
	free(second);
	summary_free(summary);
	summary_free(again);
	end(path);
	end(copy);
}

static void runs_add_up_exactly(void **state)
{
	struct summary *summary = fake_summary(1);
	struct groups groups = { .by = BY_CLASS };
	struct histogram all, one, sum = { 0 };
	__u64 seed = 2;

	(void)state;
	fake_run(summary, 1, 1, &times, 0.2, &seed);
	/* Another device of the class, in the same run. */
	fake_fill(fake_series(&summary->runs[0], "0000:00:05.0"), &times, 100, &seed);
	assert_true(groups_add(&groups, summary));
	assert_int_equal(groups.count, 1);
	assert_true(group_histogram(&groups, &groups.groups[0], &summary->runs[0], STAGE_TOTAL, &all));
	for (size_t i = 0; i < 2; i++) {
		memset(&one, 0, sizeof(one));
		summary_add_stage(&one, &summary->runs[0].series[i].stages[STAGE_TOTAL]);
		histogram_merge(&sum, &one);
	}
	assert_memory_equal(&all, &sum, sizeof(all));
	assert_int_equal(histogram_count(&all), 2100);
	groups_free(&groups);
	summary_free(summary);
}

static void groups_are_what_is_asked_for(void **state)
{
	static const size_t counts[GROUPING_COUNT] = {
		[BY_CLASS] = 2, [BY_DEVICE] = 3, [BY_VECTOR] = 3,
	};
	struct summary *summary = fake_summary(1);
	__u64 seed = 3;

	(void)state;
	fake_run(summary, 1, 1, &times, 0, &seed);
	fake_fill(fake_series(&summary->runs[0], "other device"), &times, 10, &seed);
	summary->runs[0].series[1].vector = 1;
	/* Another way to its guest is not the same thing. */
	fake_fill(fake_series(&summary->runs[0], "other device"), &times, 10, &seed);
	strcpy(summary->runs[0].series[2].mode, "emulated");
	for (unsigned int by = 0; by < GROUPING_COUNT; by++) {
		struct groups groups = { .by = by };

		assert_true(groups_add(&groups, summary));
		assert_int_equal(groups.count, counts[by]);
		groups_free(&groups);
	}
	assert_int_equal(grouping_find("class"), BY_CLASS);
	assert_int_equal(grouping_find("no such"), GROUPING_COUNT);
	summary_free(summary);
}

static void a_summary_that_was_cut_off_is_refused(void **state)
{
	struct summary *summary = two_runs(), *again;
	char *path = fake_write(summary), *text = read_text(path);
	size_t size = strlen(text);

	(void)state;
	/* But for the newline at its end, every byte counts. */
	for (size_t cut = 0; cut < size - 1; cut += 1 + size / 300) {
		write_text(path, text, cut);
		assert_int_equal(summary_read(&again, path), EXIT_USAGE);
	}
	free(text);
	summary_free(summary);
	end(path);
}

/* Each with one thing changed: what stands there, and what in its place. */
static const char *const changes[][2] = {
	{ "\"imstrace-summary\"", "\"fio\"" },
	{ "\"schema\":1", "\"schema\":2" },
	{ "\"schema\":1", "\"schema\":\"1\"" },
	{ "\"unit\":\"ns\"", "\"unit\":\"us\"" },
	{ "\"unit\":\"ns\"", "\"unit\":null" },
	{ "\"bucket_bits\":6", "\"bucket_bits\":5" },
	{ "\"session\":1000", "\"session\":-1" },
	{ "\"session\":1000", "\"session\":1e3" },
	{ "\"revision\":\"a1b2c3\"", "\"revision\":\"\\u001b[2J\"" },
	{ "\"revision\":\"a1b2c3\"", "\"revision\":\"\\u0000\"" },
	{ "\"revision\":\"a1b2c3\"", "\"revision\":[]" },
	{ "\"labels\":{\"branch\":\"main\"}", "\"labels\":{\"branch\":1}" },
	{ "\"command\":[\"fio\"]", "\"command\":\"fio\"" },
	{ "\"device\":\"0000:00:04.0\"", "\"device\":\"0000000000000000000000000000000000000000"
	  "00000000000000000000000000000000\"" },
	{ "\"vector\":0", "\"vector\":4294967296" },
	{ "\"mode\":\"irqfd\"", "\"mode\":\"a mode that is too long\"" },
	{ "\"unmatched\":0", "\"unmatched\":9007199254740993" },
	{ "\"handler\":{", "\"handlers\":{" },
	{ "\"unmask\":null", "\"unmask\":-1" },
	{ "\"masked\":null", "\"masked\":1" },
	{ "\"count\":2000", "\"count\":1999" },
	{ "\"min\":", "\"min\":9" },
	{ "\"min\":", "\"min\":null,\"x\":" },
	{ "\"unplaced\":0", "\"unplaced\":1" },
	{ "\"buckets\":[", "\"buckets\":[1," },
	{ "\"buckets\":[", "\"buckets\":[1,0," },
	{ "\"buckets\":[", "\"buckets\":[1984,1," },
	{ "\"buckets\":[", "\"buckets\":[-1,1," },
	{ "\"buckets\":[", "\"buckets\":[0.5,1," },
	{ "\"buckets\":[", "\"buckets\":[1,9223372036854775807," },
	{ "\"buckets\":[", "\"buckets\":[[]," },
	{ "\"lost\":{\"vectors\":0", "\"lost\":{\"vectors\":true" },
	{ "\"runs\":[", "\"runs\":[7," },
	{ "\"pair\":1", "\"pair\":1,\"pair\":1" },
};

static void what_is_not_as_it_should_be_is_refused(void **state)
{
	struct summary *summary = two_runs(), *again;
	char *path = fake_write(summary), *text = read_text(path);

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		char *at = strstr(text, changes[i][0]), *changed = NULL;
		size_t size;
		FILE *out = open_memstream(&changed, &size);

		if (!at)
			fail_msg("there is no %s", changes[i][0]);
		fprintf(out, "%.*s%s%s", (int)(at - text), text, changes[i][1],
			at + strlen(changes[i][0]));
		fclose(out);
		write_text(path, changed, size);
		if (summary_read(&again, path) != EXIT_USAGE)
			fail_msg("%s was taken for %s", changes[i][1], changes[i][0]);
		free(changed);
	}
	/* What a later version adds is no fault. */
	text[0] = ' ';
	write_text(path, "{\"added\":[1]\n,", 14);
	{
		FILE *file = fopen(path, "a");

		fputs(text, file);
		fclose(file);
	}
	assert_int_equal(summary_read(&again, path), 0);
	summary_free(again);
	free(text);
	summary_free(summary);
	end(path);
}

/* Takes @word out wherever it stands. */
static void take_out(char *text, const char *word)
{
	size_t length = strlen(word), found = 0;

	for (char *at = text; (at = strstr(at, word)); found++)
		memmove(at, at + length, strlen(at + length) + 1);
	assert_true(found > 0);
}

/* An imstrace that did not know it: it is as if it had not been seen. */
static void a_summary_without_unmask_is_read(void **state)
{
	struct summary *summary = two_runs(), *again;
	char *path = fake_write(summary), *text = read_text(path);

	(void)state;
	take_out(text, ",\"unmask\":\"raw_tp hop_6\"");
	take_out(text, ",\"unmask\":null");
	take_out(text, ",\n\"masked\":null");
	assert_null(strstr(text, "mask"));
	write_text(path, text, strlen(text));
	assert_int_equal(summary_read(&again, path), 0);
	assert_string_equal(again->hops[HOP_UNMASK], "");
	assert_string_equal(again->hops[HOP_EOI], "raw_tp hop_5");
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(again->runs[i].series[0].hops[HOP_EOI], 2000);
		assert_int_equal(again->runs[i].series[0].hops[HOP_UNMASK], -1);
		assert_true(again->runs[i].series[0].stages[STAGE_TOTAL].measured);
		assert_false(again->runs[i].series[0].stages[STAGE_MASKED].measured);
	}
	summary_free(again);
	/* What it did know must be there. */
	take_out(text, ",\"eoi\":\"raw_tp hop_5\"");
	write_text(path, text, strlen(text));
	assert_int_equal(summary_read(&again, path), EXIT_USAGE);
	free(text);
	summary_free(summary);
	end(path);
}

static void what_is_no_summary_is_refused(void **state)
{
	static const char *const texts[] = {
		"", "null", "[]", "{}", "1", "{\"format\":\"imstrace-summary\"}", "\xff\xfe",
		"{\"format\":\"imstrace-summary\",\"schema\":1,\"runs\":[]}",
	};
	char path[] = "/tmp/imstrace-summary-XXXXXX";
	struct summary *again;

	(void)state;
	close(mkstemp(path));
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		write_text(path, texts[i], strlen(texts[i]));
		assert_int_equal(summary_read(&again, path), EXIT_USAGE);
	}
	unlink(path);
	assert_int_equal(summary_read(&again, path), EXIT_USAGE);
	assert_int_equal(summary_read(&again, "/"), EXIT_USAGE);
}

static void a_directory_is_its_summaries_by_name(void **state)
{
	struct summary *summary = two_runs();
	char directory[] = "/tmp/imstrace-summaries-XXXXXX", path[64];
	char *written = fake_write(summary), *text = read_text(written);
	struct summary_list list = { 0 };

	(void)state;
	assert_non_null(mkdtemp(directory));
	assert_int_equal(summary_load(&list, directory), EXIT_USAGE);
	for (unsigned int i = 11; i >= 9; i--) {
		snprintf(path, sizeof(path), "%s/%u.json", directory, i);
		write_text(path, text, strlen(text));
	}
	snprintf(path, sizeof(path), "%s/README", directory);
	write_text(path, "no", 2);
	assert_int_equal(summary_load(&list, directory), 0);
	assert_int_equal(list.count, 3);
	assert_non_null(strstr(list.summaries[0]->path, "/9.json"));
	assert_non_null(strstr(list.summaries[2]->path, "/11.json"));
	summary_list_free(&list);
	unlink(path);
	for (unsigned int i = 9; i <= 11; i++) {
		snprintf(path, sizeof(path), "%s/%u.json", directory, i);
		unlink(path);
	}
	assert_int_equal(rmdir(directory), 0);
	free(text);
	summary_free(summary);
	end(written);
}

static __u64 fake_now(const struct source *source)
{
	(void)source;
	return 5000;
}

/* What happened between two runs is in neither, and what did in a run is in that one. */
static void each_run_has_its_own(void **state)
{
	const struct vector_filter all = { 0 };
	struct fake_source *fake = fake_source_new();
	struct summary *summary = fake_summary(1);
	struct measurement *measurement;
	struct collector *collector;

	(void)state;
	fake->source.now = fake_now;
	fake_vector(fake, "0000:00:04.0", 0);
	measurement = measurement_new(&fake->source, &all);
	collector = collector_new(&fake->source, measurement);
	fake_interrupts(fake, 0, 5, 100);
	assert_true(collector_take(collector, NULL));
	for (unsigned int run = 1; run <= 3; run++) {
		fake_interrupts(fake, 0, 10 * run, 1000 * run);
		assert_true(collector_take(collector, summary_add_run(summary)));
		fake_interrupts(fake, 0, 7, 100);
		assert_true(collector_take(collector, NULL));
	}
	assert_true(collector_take(collector, summary_add_run(summary)));
	for (unsigned int run = 1; run <= 3; run++) {
		const struct summary_series *series = &summary->runs[run - 1].series[0];
		const struct summary_stage *stage = &series->stages[STAGE_HANDLER];

		assert_int_equal(summary->runs[run - 1].count, 1);
		assert_int_equal(series->hops[HOP_EOI], 10 * run);
		assert_int_equal(stage->total, 10 * run);
		assert_int_equal(stage->sum, 10 * run * 1000 * run);
		assert_int_equal(stage->count, 1);
		assert_int_equal(stage->buckets[0].bucket, histogram_bucket(1000 * run));
	}
	/* A run in which nothing happened. */
	assert_int_equal(summary->runs[3].count, 0);
	collector_free(collector);
	measurement_free(measurement);
	summary_free(summary);
	free(fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_again),
		cmocka_unit_test(runs_add_up_exactly),
		cmocka_unit_test(groups_are_what_is_asked_for),
		cmocka_unit_test(a_summary_that_was_cut_off_is_refused),
		cmocka_unit_test(what_is_not_as_it_should_be_is_refused),
		cmocka_unit_test(a_summary_without_unmask_is_read),
		cmocka_unit_test(what_is_no_summary_is_refused),
		cmocka_unit_test(a_directory_is_its_summaries_by_name),
		cmocka_unit_test(each_run_has_its_own),
	};

	return cmocka_run_group_tests_name("summary", tests, NULL, NULL);
}
