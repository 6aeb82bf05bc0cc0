// SPDX-License-Identifier: GPL-2.0-only
/*
 * What report --html puts into its page: JSON that no name can end, the objects of --json, and
 * nothing that grows with the number of interrupts. tests/web shows it in a browser.
 */
#define _GNU_SOURCE
#include "fake.h"

#include "../../user/measure/heatmap.h"
#include "../../user/measure/measurement.h"
#include "../../user/model/lives.h"
#include "../../user/sink/html_data.h"
#include "../../user/sink/objects.h"
#include "../../user/sink/page.h"
#include "../../user/sink/sink.h"

#include <jansson.h>
#include <unistd.h>

#define HOSTILE	"</script><!--<script>\"\\\x1b\xff"

static const struct vector_filter no_filter;

static struct imstrace_interrupt interrupt_at(__u64 begin, __u64 ns)
{
	struct imstrace_interrupt interrupt = { .end = END_COMPLETE };

	for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
		interrupt.times[hop] = begin + hop * ns;
	return interrupt;
}

static __u64 sum_of(const struct heatmap *heatmap, enum imstrace_stage stage)
{
	__u64 sum = 0;

	for (unsigned int column = 0; column < HEATMAP_COLUMNS; column++)
		for (unsigned int row = 0; row < HEATMAP_ROWS; row++)
			sum += heatmap->cells[stage][column][row];
	return sum;
}

/* These all have a time for every hop. */
static bool is_exception(enum imstrace_stage stage)
{
	return stage_is_rare(stage) && stage != STAGE_WINDOW;
}

/* Random times over all magnitudes, in any order: none is lost, and each is in its column. */
static void heatmap_keeps_all(void **state)
{
	struct heatmap *heatmap = heatmap_new();
	__u64 random = 1, least = UINT64_MAX, most = 0;

	(void)state;
	assert_non_null(heatmap);
	for (unsigned int i = 1; i <= 20000; i++) {
		__u64 begin = random_magnitude(&random, 20 + i * 40 / 20000) + 1;
		struct imstrace_interrupt interrupt = interrupt_at(begin, 1 + i % 5000);
		__u64 ended = interrupt_ended(&interrupt);

		heatmap_add(heatmap, &interrupt);
		least = ended < least ? ended : least;
		most = ended > most ? ended : most;
		assert_true(heatmap->count <= HEATMAP_COLUMNS);
		assert_int_equal(heatmap->first, least >> heatmap->column_bits);
		assert_int_equal(heatmap->first + heatmap->count - 1, most >> heatmap->column_bits);
		if (i % 1000)
			continue;
		for (unsigned int stage = 0; stage < STAGE_COUNT; stage++)
			assert_int_equal(sum_of(heatmap, stage), is_exception(stage) ? 0 : i);
	}
	free(heatmap);
}

/* After a column has become wider, values are where they were. */
static void heatmap_widens(void **state)
{
	struct heatmap *heatmap = heatmap_new();
	struct imstrace_interrupt interrupt;
	__u32 row = histogram_bucket(500) >> HEATMAP_ROW_BITS;

	(void)state;
	for (__u64 i = 0; i < 1000; i++) {
		interrupt = interrupt_at(i << 16 | 1, 100);
		heatmap_add(heatmap, &interrupt);
	}
	assert_int_equal(heatmap->column_bits, 18);
	assert_int_equal(heatmap->count, 250);
	for (unsigned int column = 0; column < 250; column++)
		assert_int_equal(heatmap->cells[STAGE_TOTAL][column][row], 4);

	/* One of long before, and one of no hop but the first: it has no stage, and no column. */
	interrupt = (struct imstrace_interrupt) { .times = { [HOP_IRQ] = 1ULL << 60 } };
	heatmap_add(heatmap, &interrupt);
	assert_int_equal(heatmap->column_bits, 18);
	free(heatmap);
}

static void no_times(void **state)
{
	struct imstrace_interrupt interrupt = { .end = END_LOST };
	struct heatmap *heatmap = heatmap_new();
	json_t *data;

	(void)state;
	heatmap_add(heatmap, &interrupt);
	assert_int_equal(heatmap->count, 0);
	data = html_heatmap(heatmap, 1000);
	assert_int_equal(json_integer_value(json_object_get(data, "columns")), 0);
	json_decref(data);
	free(heatmap);
}

static struct imstrace_lifecycle step_of(__u32 id, __u64 time, enum imstrace_step step, int ret)
{
	return (struct imstrace_lifecycle) {
		.id = id, .time = time, .step = step, .ret = ret, .irq = 30, .device = "d",
	};
}

static void lives_follow(void **state)
{
	static const struct {
		enum imstrace_step step;
		int ret;
		enum life_state life;
	} all[] = {
		{ STEP_SLOT_ALLOC, 0, LIFE_ALLOCATED }, { STEP_IRQ_REQUEST, -16, LIFE_ALLOCATED },
		{ STEP_IRQ_REQUEST, 0, LIFE_REQUESTED }, { STEP_VECTOR_BIND, 0, LIFE_BOUND },
		{ STEP_POSTED, 0, LIFE_POSTED }, { STEP_UNPOSTED, 0, LIFE_BOUND },
		{ STEP_VECTOR_UNBIND, 0, LIFE_REQUESTED }, { STEP_IRQ_FREE, 0, LIFE_ALLOCATED },
		{ STEP_SLOT_FREE, 0, LIFE_KNOWN },
	};
	struct lives *lives = lives_new(2);

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct imstrace_lifecycle step = step_of(1, i, all[i].step, all[i].ret);

		lives_add(lives, &step);
		assert_int_equal(lives->changes[lives->change_count - 1].state, all[i].life);
		assert_int_equal(lives->changes[lives->change_count - 1].id, 1);
	}
	assert_int_equal(lives->change_count, 8);
	assert_int_equal(lives->failed[STEP_IRQ_REQUEST], 1);
	lives_free(lives);
}

/* Of one that is bound for ever, what is kept has an end; what is not is counted. */
static void lives_are_bounded(void **state)
{
	struct lives *lives = lives_new(2);
	const __u64 count = 100001;

	(void)state;
	for (__u64 i = 0; i < count; i++) {
		struct imstrace_lifecycle step =
			step_of(0, i, i % 2 ? STEP_VECTOR_UNBIND : STEP_VECTOR_BIND, 0);

		lives_add(lives, &step);
		if (i == LIVES_STEPS + 3)
			for (size_t j = 0; j < lives_kept(lives); j++)
				assert_int_equal(lives_step(lives, j)->time, j);
	}
	assert_int_equal(lives->seen, count);
	assert_int_equal(lives_kept(lives), 2 * LIVES_STEPS);
	for (size_t i = 0; i < LIVES_STEPS; i++) {
		assert_int_equal(lives_step(lives, i)->time, i);
		assert_int_equal(lives_step(lives, LIVES_STEPS + i)->time, count - LIVES_STEPS + i);
	}
	assert_int_equal(lives->change_count, LIVES_OF_VECTOR);
	assert_int_equal(lives->left_out, count - LIVES_OF_VECTOR);
	lives_free(lives);
}

/* The page of two vectors, one with a name that is meant to do harm. To be freed. */
static char *make_page(struct fake_source *fake, json_t **summary)
{
	struct slowest slowest = { 0 };
	struct lint_verdict verdict = { .result = LINT_CLEAN };
	struct measurement *measurement;
	struct imstrace_interrupt interrupt = interrupt_at(2000, 100);
	struct imstrace_lifecycle step = step_of(0, 1500, STEP_VECTOR_BIND, 0);
	char path[] = "/dev/shm/imstrace-unit-XXXXXX", *page;
	struct sink sink = { .ops = &html_sink };
	FILE *in;
	long size;

	close(mkstemp(path));
	/* Of an imstrace that was built without pages there is nothing to look at. */
	if (page_open(&sink, PAGE_report, path)) {
		unlink(path);
		free(fake);
		skip();
	}
	fake_interrupts(fake, fake_vector(fake, HOSTILE, 0), 20, 1000);
	fake_interrupts(fake, fake_vector(fake, "0000:00:04.0", 1), 5, 3000);
	snprintf(fake->vectors[0].guest, sizeof(fake->vectors[0].guest), HOSTILE);
	snprintf(fake->source.host, sizeof(fake->source.host), HOSTILE);
	memcpy(step.device, HOSTILE, sizeof(HOSTILE));
	measurement = measurement_new(&fake->source, &no_filter);
	assert_true(sink_open(&sink));
	html_sink.start(&sink, &fake->source);
	html_sink.lifecycle(&sink, &step);
	html_sink.interrupt(&sink, &fake->vectors[0], &interrupt);
	measurement_interval(measurement, 5000);
	html_sink.summary(&sink, measurement_summary(measurement));
	*summary = object_report("summary", measurement_summary(measurement));
	html_sink.slowest(&sink, &slowest);
	html_sink.verdict(&sink, &verdict, 0);
	measurement_free(measurement);

	size = ftell(sink.out);
	page = malloc(size + 1);
	assert_int_equal(sink_close(&sink), 0);
	in = fopen(path, "r");
	unlink(path);
	assert_int_equal(fread(page, 1, size, in), size);
	page[size] = '\0';
	fclose(in);
	return page;
}

static void page_of_hostile_names(void **state)
{
	static const char begin[] = "<script type=\"application/json\" id=\"data\">";
	struct fake_source *fake = fake_source_new();
	json_t *summary, *data, *all;
	char *page = make_page(fake, &summary), *json = strstr(page, begin), *end;
	json_error_t error;

	(void)state;
	assert_non_null(json);
	json += strlen(begin);
	end = strchr(json, '<');
	assert_non_null(end);
	/* The first markup after the data is the end of their element. */
	assert_memory_equal(end, "</script>", 9);
	data = json_loadb(json, end - json, JSON_REJECT_DUPLICATES, &error);
	if (!data)
		fail_msg("%s", error.text);
	for (const char *c = json; c < end; c++)
		assert_in_range(*c, ' ', '~');
	assert_true(json_equal(json_object_get(data, "summary"), summary));

	/* Of all vectors: the two histograms merged. */
	all = json_object_get(json_object_get(json_object_get(data, "percentiles"), "all"), "total");
	all = json_object_get(all, "figures");
	assert_int_equal(json_integer_value(json_object_get(all, "count")), 25);
	assert_int_equal(json_integer_value(json_object_get(all, "min")), 4000);
	assert_int_equal(json_integer_value(json_object_get(all, "max")), 12000);
	json_decref(data);
	json_decref(summary);
	free(page);
	free(fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(heatmap_keeps_all),
		cmocka_unit_test(heatmap_widens),
		cmocka_unit_test(no_times),
		cmocka_unit_test(lives_follow),
		cmocka_unit_test(lives_are_bounded),
		cmocka_unit_test(page_of_hostile_names),
	};

	return cmocka_run_group_tests_name("html", tests, NULL, NULL);
}
