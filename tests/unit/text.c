// SPDX-License-Identifier: GPL-2.0-only
#include "fake_check.h"

#include "../../user/measure/measurement.h"
#include "../../user/sink/sink.h"
#include "../../user/sink/text.h"

#include <errno.h>
#include <time.h>

#define UUID_A	"83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
#define UUID_B	"83b8f4f2-509f-382f-3c1e-e6bfe0fa1002"

#define SECOND	1000000000ULL
/* 2023-11-14 22:13:20 UTC is when CLOCK_MONOTONIC was 0. */
#define TO_WALL_CLOCK	(1700000000LL * 1000000000)

static const struct vector_filter no_filter;

static struct sink sink = { .ops = &text_sink };

static int open_sink(void **state)
{
	(void)state;
	return sink_open(&sink) ? 0 : -1;
}

static int close_sink(void **state)
{
	(void)state;
	return sink_close(&sink);
}

/* For longer than @fake is there. */
static void start_clock(struct fake_source *fake)
{
	static const struct source clock = { .to_wall_clock = TO_WALL_CLOCK };
	struct output output;

	text_sink.start(sink_into(&sink, &output), &fake->source);
	free(output_close(&output));
	text_use_clock(&sink, &clock);
}

/* cmocka cuts what it shows after 1 KiB. */
static void assert_text(char *text, const char *expected)
{
	if (strcmp(text, expected)) {
		fprintf(stderr, "--- expected\n%s--- is\n%s---\n", expected, text);
		fail();
	}
	free(text);
}

static char *lifecycle(const struct imstrace_lifecycle *step)
{
	struct output output;

	text_sink.lifecycle(sink_into(&sink, &output), step);
	return output_close(&output);
}

static char *interrupt(const struct imstrace_vector *vector,
		       const struct imstrace_interrupt *interrupt)
{
	struct output output;

	text_sink.interrupt(sink_into(&sink, &output), vector, interrupt);
	return output_close(&output);
}

static char *interval(struct measurement *measurement, __u64 now)
{
	struct output output;

	text_sink.interval(sink_into(&sink, &output), measurement_interval(measurement, now));
	return output_close(&output);
}

static char *summary(struct measurement *measurement)
{
	struct output output;

	text_sink.summary(sink_into(&sink, &output), measurement_summary(measurement));
	return output_close(&output);
}

static struct imstrace_lifecycle step_of(enum imstrace_step step)
{
	struct imstrace_lifecycle record = {
		.time = 3 * SECOND + 4005, .step = step, .vector = 5, .irq = 30, .slot = 2,
		.pasid = IMSTRACE_NONE, .eventfd_id = IMSTRACE_NONE, .pid = 178,
	};

	strcpy(record.device, UUID_A);
	return record;
}

static void the_start_says_what_is_followed(void **state)
{
	struct fake_source *fake = fake_source_new();
	struct output output;

	(void)state;
	text_sink.start(sink_into(&sink, &output), &fake->source);
	assert_text(output_close(&output),
		"Following irq, signal, accept, enter, inject, eoi, unmask. Ctrl-C ends it with a summary.\n"
		"\n"
		"TIME              VEC   IRQ  SLOT    PASID  STEP               DEVICE AND "
		"DETAIL\n");
	*fake->source.hops[HOP_IRQ].attached = '\0';
	*fake->source.hops[HOP_INJECT].attached = '\0';
	text_sink.start(sink_into(&sink, &output), &fake->source);
	assert_text(output_close(&output),
		"Following signal, accept, enter, eoi, unmask. Ctrl-C ends it with a summary.\n"
		"\n"
		"TIME              VEC   IRQ  SLOT    PASID  STEP               DEVICE AND "
		"DETAIL\n");
	free(fake);
}

static void lifecycle_lines(void **state)
{
	struct fake_source *fake = fake_source_new();
	struct imstrace_lifecycle step = step_of(STEP_VECTOR_BIND);

	(void)state;
	start_clock(fake);
	step.eventfd_id = 7;
	assert_text(lifecycle(&step),
		"22:13:23.000004     5    30     2        -  vector_bind        " UUID_A
		"  eventfd-id 7\n");
	step = step_of(STEP_IRQ_FREE);
	assert_text(lifecycle(&step),
		"22:13:23.000004     5    30     2        -  irq_free           " UUID_A "\n");
	step = step_of(STEP_AUXDATA_WRITE);
	step.pasid = 0xfffff;
	step.new_ctrl = 0xfffff008;
	assert_text(lifecycle(&step),
		"22:13:23.000004     5    30     2  0xfffff  auxdata_write      " UUID_A
		"  control 0 -> 0xfffff008\n");
	step = step_of(STEP_SLOT_ALLOC);
	step.irq = IMSTRACE_NONE;
	step.slot = IMSTRACE_NONE;
	step.ret = -ENOSPC;
	assert_text(lifecycle(&step),
		"22:13:23.000004     5     -     -        -  slot_alloc         " UUID_A
		"  failed: No space left on device\n");
	step = step_of(STEP_INDEX_ENABLE);
	step.irq = IMSTRACE_NONE;
	step.slot = IMSTRACE_NONE;
	assert_text(lifecycle(&step),
		"22:13:23.000004     -     -     -        -  index_enable       " UUID_A
		"  5 vectors\n");
	step = step_of(STEP_KNOWN);
	assert_text(lifecycle(&step),
		"22:13:23.000004     5    30     2        -  known              " UUID_A
		"  bound before imstrace looked\n");
	free(fake);
}

static void every_step_is_one_line(void **state)
{
	(void)state;
	for (unsigned int step = 0; step <= STEP_COUNT; step++) {
		struct imstrace_lifecycle record = step_of(step);
		char *text = lifecycle(&record);

		assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
		free(text);
	}
}

static void interrupt_lines(void **state)
{
	struct fake_source *fake = fake_source_new();
	struct imstrace_interrupt complete = {
		.times = { 5 * SECOND, 5 * SECOND + 1200, 5 * SECOND + 3000, 5 * SECOND + 60000,
			   5 * SECOND + 60000, 5 * SECOND + 1060050 },
		.vcpu = 1, .guest_vector = 0x30, .cpu = 3, .cause = CAUSE_IRQ, .end = END_COMPLETE,
	};
	struct imstrace_interrupt coalesced = {
		.times = { 0, 5 * SECOND, 5 * SECOND + 49 },
		.vcpu = 0, .guest_vector = 0x30, .cause = CAUSE_EMULATED, .end = END_COALESCED,
	};
	struct imstrace_interrupt unmatched = {
		.times = { 5 * SECOND },
		.vcpu = IMSTRACE_NONE, .guest_vector = IMSTRACE_NONE, .end = END_NO_SIGNAL,
	};
	struct imstrace_interrupt signalled = {
		.times = { 0, 5 * SECOND },
		.vcpu = IMSTRACE_NONE, .guest_vector = IMSTRACE_NONE, .cpu = 65535,
		.cause = CAUSE_LOOPBACK, .end = END_SIGNALLED,
	};

	(void)state;
	start_clock(fake);
	fake_vector(fake, UUID_A, 0);
	assert_text(interrupt(&fake->vectors[0], &complete),
		"22:13:25.000000     0    30     0    0x100  complete           " UUID_A
		"  cpu 3, vcpu 1  handler 1.2  irqfd 1.8  deliver 57.0  service 1000.0\n");
	fake->vectors[0].irq = IMSTRACE_NONE;
	fake->vectors[0].slot = IMSTRACE_NONE;
	fake->vectors[0].pasid = IMSTRACE_NONE;
	assert_text(interrupt(&fake->vectors[0], &coalesced),
		"22:13:25.000000     0     -     -        -  coalesced          " UUID_A
		"  cpu 0, vcpu 0  irqfd 0.0\n");
	assert_text(interrupt(&fake->vectors[0], &unmatched),
		"22:13:25.000000     0     -     -        -  no_signal          " UUID_A
		"  cpu 0, vcpu -\n");
	assert_text(interrupt(&fake->vectors[0], &signalled),
		"22:13:25.000000     0     -     -        -  signalled          " UUID_A
		"  cpu 65535, vcpu -\n");
	free(fake);
}

/* Two devices; a vector of each kind, one of them idle. */
static struct fake_source *two_devices(void)
{
	struct fake_source *fake = fake_source_new();

	fake_vector(fake, UUID_A, 0);
	fake_vector(fake, UUID_A, 4);
	fake->vectors[1].irq = IMSTRACE_NONE;
	fake->vectors[1].slot = IMSTRACE_NONE;
	fake->vectors[1].pasid = IMSTRACE_NONE;
	fake->vectors[1].kind = KIND_EMULATED;
	fake_vector(fake, UUID_B, 0);
	fake->vectors[2].reader = READER_USER;
	fake->vectors[2].pid = 0;
	fake_vector(fake, UUID_B, 1);
	fake->vectors[3].reader = READER_UNKNOWN;

	fake_interrupts(fake, 0, 100, 10000);
	fake->accounts[0].hops[HOP_ACCEPT] += 3;
	fake->accounts[0].ends[END_COALESCED] = 2;
	fake->accounts[0].ends[END_NO_SIGNAL] = 1;
	fake->accounts[0].lost_records = 4;

	fake_interrupts(fake, 1, 7, 70);
	fake->accounts[1].hops[HOP_IRQ] = 0;
	memset(&fake->histograms[STAGE_COUNT + STAGE_HANDLER], 0, sizeof(fake->histograms[0]));
	memset(&fake->histograms[STAGE_COUNT + STAGE_DELIVERY], 0, sizeof(fake->histograms[0]));
	memset(&fake->histograms[STAGE_COUNT + STAGE_TOTAL], 0, sizeof(fake->histograms[0]));

	fake->accounts[2].hops[HOP_IRQ] = 5;
	fake->accounts[2].hops[HOP_SIGNAL] = 5;
	for (int i = 0; i < 5; i++)
		fake_value(fake, 2 * STAGE_COUNT + STAGE_HANDLER, 1500);
	return fake;
}

#define COUNTS	\
	"   VEC   IRQ  SLOT    PASID  MODE           irq  signal  accept  inject     eoi" \
	"  coal.   unm.  lost"
#define STAGES	\
	"   VEC  STAGE         COUNT       MIN      MEAN       P50       P90       P99" \
	"     P99.9       MAX µs\n"

static void an_interval_is_a_table(void **state)
{
	struct fake_source *fake = two_devices();
	struct measurement *measurement = measurement_new(&fake->source, &no_filter);

	(void)state;
	start_clock(fake);
	assert_text(interval(measurement, 2 * SECOND + 1000),
		"\n"
		"22:13:22.000001  in 2.00 s, 1 idle vector not shown\n"
		COUNTS "      p50      p99 µs\n"
		UUID_A "  pid 178\n"
		"     0    30     0    0x100  irqfd          100     100     103     100     100"
		"      2      1     4     40.0     40.0 total\n"
		"     4     -     -        -  emulated       n/a       7       7       7       7"
		"      0      0     0      0.1      0.1 deliver\n"
		UUID_B "\n"
		"     0    30     0    0x100  user             5       5     n/a     n/a     n/a"
		"      0      0     0      1.5      1.5 handler\n");
	/* Fewer than before: an interrupt that was not coalesced after all. */
	fake->accounts[0].hops[HOP_INJECT]++;
	fake->accounts[0].ends[END_COALESCED]--;
	fake->source.hops[HOP_IRQ].attached[0] = '\0';
	assert_text(interval(measurement, 2 * SECOND + 251000),
		"\n"
		"22:13:22.000251  in 0.00 s, 3 idle vectors not shown\n"
		COUNTS "      p50      p99 µs\n"
		UUID_A "  pid 178\n"
		"     0    30     0    0x100  irqfd          n/a       0       0       1       0"
		"     -1      0     0\n");
	measurement_free(measurement);
	free(fake);
}

static void an_interval_without_a_vector_says_so(void **state)
{
	struct fake_source *fake = fake_source_new();
	struct measurement *measurement = measurement_new(&fake->source, &no_filter);

	(void)state;
	start_clock(fake);
	assert_text(interval(measurement, SECOND),
		"\n22:13:21.000000  in 1.00 s, no vector seen yet\n");
	measurement_free(measurement);
	free(fake);
}

/* An interrupt of the interval before goes on: it was not lost for the guest after all. */
static void an_interval_takes_back(void **state)
{
	struct fake_source *fake = fake_source_new();
	struct measurement *measurement = measurement_new(&fake->source, &no_filter);
	char *text;

	(void)state;
	fake_vector(fake, UUID_A, 0);
	fake->accounts[0].hops[HOP_SIGNAL] = 1;
	fake->accounts[0].ends[END_NOT_ACCEPTED] = 1;
	free(interval(measurement, SECOND));
	fake->accounts[0].hops[HOP_ACCEPT] = 1;
	fake->accounts[0].ends[END_NOT_ACCEPTED] = 0;
	text = interval(measurement, 2 * SECOND);
	assert_non_null(strstr(text, "      0       0       1       0       0      0     -1     0"));
	free(text);
	measurement_free(measurement);
	free(fake);
}

static void a_summary_is_two_tables(void **state)
{
	struct fake_source *fake = two_devices();
	struct measurement *measurement = measurement_new(&fake->source, &no_filter);
	char *text;

	(void)state;
	start_clock(fake);
	free(interval(measurement, 2 * SECOND + 1000));
	text = summary(measurement);
	/* What follows has a test of its own. */
	*strstr(text, "n/a: ") = '\0';
	assert_text(text,
		"\n"
		"Summary of 2.00 s, 4 vectors\n"
		COUNTS "\n"
		UUID_A "  pid 178\n"
		"     0    30     0    0x100  irqfd          100     100     103     100     100"
		"      2      1     4 (1 in flight)\n"
		"     4     -     -        -  emulated       n/a       7       7       7       7"
		"      0      0     0\n"
		UUID_B "  pid 178\n"
		"     0    30     0    0x100  user             5       5     n/a     n/a     n/a"
		"      0      0     0\n"
		"     1    31     1    0x100  n/a              0       0       0       0       0"
		"      0      0     0\n"
		"\n"
		STAGES
		UUID_A "  pid 178\n"
		"     0  handler         100      10.0      10.0      10.0      10.0      10.0"
		"      10.0      10.0\n"
		"     0  irqfd           100      10.0      10.0      10.0      10.0      10.0"
		"      10.0      10.0\n"
		"     0  deliver         100      10.0      10.0      10.0      10.0      10.0"
		"      10.0      10.0\n"
		"     0  service         100      10.0      10.0      10.0      10.0      10.0"
		"      10.0      10.0\n"
		"     0  delivery        100      30.0      30.0      30.0      30.0      30.0"
		"      30.0      30.0\n"
		"     0  total           100      40.0      40.0      40.0      40.0      40.0"
		"      40.0      40.0\n"
		"     4  irqfd             7       0.1       0.1       0.1       0.1       0.1"
		"       0.1       0.1\n"
		"     4  deliver           7       0.1       0.1       0.1       0.1       0.1"
		"       0.1       0.1\n"
		"     4  service           7       0.1       0.1       0.1       0.1       0.1"
		"       0.1       0.1\n"
		UUID_B "  pid 178\n"
		"     0  handler           5       1.5       1.5       1.5       1.5       1.5"
		"       1.5       1.5\n"
		"\n"
		"   VEC  ENDED              COUNT  HOW\n"
		UUID_A "  pid 178\n"
		"     0  no_signal              1  its handler signalled nothing\n"
		"\n"
		"  VECTORS  NEVER FIRED HOST IRQS  DEVICE\n"
		"        2            1         2  " UUID_B "\n"
		"        4            1         3  all devices\n"
		"\n");
	measurement_free(measurement);
	free(fake);
}

static void a_summary_says_when_nothing_was_seen(void **state)
{
	struct fake_source *fake = fake_source_new();
	struct measurement *measurement = measurement_new(&fake->source, &no_filter);

	(void)state;
	free(interval(measurement, SECOND + 1000));
	assert_text(summary(measurement),
		"\n"
		"Summary of 1.00 s, 0 vectors\n"
		"No matching vector was seen. Is a VM running, and does anything interrupt it?\n");
	measurement_free(measurement);
	free(fake);
}

static void what_is_in_flight_is_not_known_without_the_eoi(void **state)
{
	struct fake_source *fake = fake_source_new();
	struct measurement *measurement = measurement_new(&fake->source, &no_filter);
	char *text;

	(void)state;
	*fake->source.hops[HOP_EOI].attached = '\0';
	fake_vector(fake, UUID_A, 0);
	fake->accounts[0].hops[HOP_ACCEPT] = 100;
	free(interval(measurement, SECOND));
	text = summary(measurement);
	assert_null(strstr(text, "in flight"));
	free(text);
	measurement_free(measurement);
	free(fake);
}

static void assert_has_line(const char *text, const char *expected)
{
	const char *found = strstr(text, expected);

	if (found && (found == text || found[-1] == '\n') && found[strlen(expected)] == '\n')
		return;
	fprintf(stderr, "--- no line\n%s\n--- in\n%s---\n", expected, text);
	fail();
}

/* Each reason once, with all hops that it is the reason for. */
static void a_summary_says_why_hops_are_missing(void **state)
{
	struct fake_source *fake = two_devices();
	struct measurement *measurement = measurement_new(&fake->source, &no_filter);
	char *text, *first;

	(void)state;
	fake_vector(fake, UUID_B, 2);
	fake->vectors[4].reader = READER_USER;
	free(interval(measurement, SECOND));
	text = summary(measurement);
	assert_has_line(text, "n/a: irq: an emulated vector has no irq");
	first = strstr(text, "the VMM reads");
	assert_non_null(first);
	assert_null(strstr(first + 1, "the VMM reads"));
	assert_has_line(text, "n/a: accept, enter, inject, eoi: KVM has no irqfd at its eventfd: the VMM reads "
			"it, in user space");
	free(text);
	measurement_free(measurement);
	free(fake);
}

static void losses_are_shown(void **state)
{
	struct fake_source *fake = fake_source_new();
	struct measurement *measurement = measurement_new(&fake->source, &no_filter);
	static const char *const lines[] = {
		"!!! LOST: 1 vectors are not followed: the table is full (--max-vectors)",
		"!!! LOST: 22 lifecycle steps: the stream was full",
		"!!! LOST: 333 streamed interrupts (they are counted in the figures): "
		"the stream was full",
		"!!! LOST: 4444 values found no histogram bucket: their stages have no percentiles "
		"(--max-vectors)",
	};
	char *text;

	(void)state;
	fake->totals.lost_vectors = 1;
	fake->totals.lost_lifecycle = 22;
	fake->totals.lost_interrupts = 333;
	fake->totals.lost_values = 4444;
	for (int is_summary = 0; is_summary <= 1; is_summary++) {
		text = is_summary ? summary(measurement) : interval(measurement, SECOND);
		for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
			assert_has_line(text, lines[i]);
		free(text);
	}
	/* Nothing more since then. */
	text = interval(measurement, 2 * SECOND);
	assert_null(strstr(text, "LOST"));
	free(text);
	measurement_free(measurement);
	free(fake);
}

#define COUNTS_OF_LINES	\
	"   VEC   IRQ  SLOT    PASID  MODE           irq  signal  accept  inject     eoi  unmask" \
	"  coal.   unm.  lost"

/* All that is said of the vectors has the hop unmask as soon as one of them can have it. */
static void a_line_has_a_column_more(void **state)
{
	struct fake_source *fake = fake_source_new();
	struct measurement *measurement = measurement_new(&fake->source, &no_filter);
	char *text;

	(void)state;
	start_clock(fake);
	fake_line(fake, "0000:03:00.0");
	fake_vector(fake, UUID_A, 0);
	fake_interrupts(fake, 0, 3, 10000);
	fake_interrupts(fake, 1, 100, 10000);
	fake->vectors[0].still_up = 7;
	assert_text(interval(measurement, 2 * SECOND + 1000),
		"\n"
		"22:13:22.000001  in 2.00 s\n"
		COUNTS_OF_LINES "      p50      p99 µs\n"
		"0000:03:00.0:intx  pid 178\n"
		"     0    16     -        -  irqfd            3       3       3       3       3       3"
		"      0      0     0     40.0     40.0 total\n"
		UUID_A "  pid 178\n"
		"     0    30     0    0x100  irqfd          100     100     100     100     100     n/a"
		"      0      0     0     40.0     40.0 total\n");
	text = summary(measurement);
	assert_has_line(text, COUNTS_OF_LINES);
	assert_has_line(text, "     0  masked            3      50.0      50.0      50.0      50.0      50.0"
			"      50.0      50.0");
	assert_non_null(strstr(text, " (7 more accepts: its line was still up)\n"));
	/* Once, and no reason why the other has none. */
	assert_null(strstr(strstr(text, "masked") + 1, "masked"));
	assert_null(strstr(text, "n/a: "));
	free(text);
	measurement_free(measurement);
	free(fake);
}

/* For longer than a guest needs, in whatever is printed then. */
static void a_line_that_stays_masked_is_shown(void **state)
{
	static const char line[] = "!!! MASKED: 0000:03:00.0:intx for 1.0 s: its device can't "
				   "interrupt until the guest has ended the interrupt before";
	struct fake_source *fake = fake_source_new();
	struct measurement *measurement = measurement_new(&fake->source, &no_filter);
	char *text;

	(void)state;
	fake_line(fake, "0000:03:00.0");
	fake_vector(fake, UUID_A, 0);
	fake->vectors[0].masked_since = 2 * SECOND;
	text = interval(measurement, 3 * SECOND - 1);
	assert_null(strstr(text, "MASKED"));
	free(text);
	text = summary(measurement);
	assert_null(strstr(text, "MASKED"));
	free(text);
	text = interval(measurement, 3 * SECOND);
	assert_has_line(text, line);
	free(text);
	text = summary(measurement);
	assert_has_line(text, line);
	free(text);
	text = interval(measurement, 64 * SECOND + SECOND / 2);
	assert_non_null(strstr(text, "\n!!! MASKED: 0000:03:00.0:intx for 62.5 s: "));
	free(text);
	fake->vectors[0].masked_since = 0;
	text = interval(measurement, 65 * SECOND);
	assert_null(strstr(text, "MASKED"));
	free(text);
	/* By a reading of the clock that came later than that of the figures. */
	fake->vectors[0].masked_since = 67 * SECOND;
	text = interval(measurement, 66 * SECOND);
	assert_null(strstr(text, "MASKED"));
	free(text);
	measurement_free(measurement);
	free(fake);
}

/* Printable ASCII and µ, in lines. */
static void assert_harmless(const char *text)
{
	for (const char *c = text; *c; c++) {
		if (*c == '\n' || (*c >= ' ' && *c <= '~'))
			continue;
		assert_int_equal(strncmp(c, "µ", 2), 0);
		c++;
	}
}

static size_t count_lines(const char *text)
{
	size_t lines = 0;

	while (*text)
		lines += *text++ == '\n';
	return lines;
}

static const char *const hostile_names[] = {
	"\033[2J\033[31mred", "\r\b\a\t\v\f", "two\nlines", "\x7f\x80\xff\xfe", "\xc3\xa4\xe2\x82",
	"\"quoted\\\"", "%s%n%99999d", "\xc2\x9b" "31m", "{\"type\":\"summary\"}", " ",
	"!!! LOST: 9",
};

static void hostile_names_are_harmless(void **state)
{
	struct imstrace_interrupt ended = { .times = { 1, 2, 3, 4, 4, 5 } };

	(void)state;
	for (size_t i = 0; i < sizeof(hostile_names) / sizeof(hostile_names[0]); i++) {
		struct fake_source *fake = fake_source_new();
		struct measurement *measurement = measurement_new(&fake->source, &no_filter);
		struct imstrace_lifecycle step = step_of(STEP_VECTOR_BIND);
		char *texts[4];

		start_clock(fake);
		fake_vector(fake, hostile_names[i], 0);
		fake_interrupts(fake, 0, 1, 100);
		strcpy(step.device, hostile_names[i]);
		texts[0] = lifecycle(&step);
		texts[1] = interrupt(&fake->vectors[0], &ended);
		texts[2] = interval(measurement, SECOND);
		texts[3] = summary(measurement);
		assert_int_equal(count_lines(texts[0]), 1);
		assert_int_equal(count_lines(texts[1]), 1);
		assert_int_equal(count_lines(texts[2]), 5);
		assert_int_equal(count_lines(texts[3]), 5 + 3 + STAGE_TOTAL + 1 + 1);
		for (int j = 0; j < 4; j++) {
			assert_harmless(texts[j]);
			free(texts[j]);
		}
		measurement_free(measurement);
		free(fake);
	}
}

/* The kernel ends names with a NUL; a file may not. All that follows has none either. */
static void a_name_without_an_end_is_cut(void **state)
{
	struct imstrace_interrupt ended = { .times = { 1, 2, 3, 4, 4, 5 } };
	struct imstrace_lifecycle step;
	struct imstrace_vector *vector = malloc(sizeof(*vector));
	char name[IMSTRACE_NAME_LEN + 1];
	char *text;

	(void)state;
	assert_non_null(vector);
	memset(name, 'a', sizeof(name));
	name[IMSTRACE_NAME_LEN] = '\0';
	memset(&step, 'a', sizeof(step));
	memset(vector, 'a', sizeof(*vector));
	step.step = STEP_SLOT_FREE;
	step.ret = 0;
	text = lifecycle(&step);
	assert_null(strstr(text, name));
	assert_non_null(strstr(text, name + 1));
	free(text);
	text = interrupt(vector, &ended);
	assert_null(strstr(text, name));
	assert_non_null(strstr(text, name + 1));
	free(text);
	free(vector);
}

static void names_of_ends_and_causes(void **state)
{
	(void)state;
	assert_string_equal(end_name(END_COMPLETE), "complete");
	assert_string_equal(end_name(END_COALESCED), "coalesced");
	assert_string_equal(end_name(END_SIGNALLED), "signalled");
	assert_string_equal(end_name(END_NO_SIGNAL), "no_signal");
	assert_string_equal(end_name(255), "?");
	assert_string_equal(cause_name(CAUSE_IRQ), "irq");
	assert_string_equal(cause_name(CAUSE_EMULATED), "emulated");
	assert_string_equal(cause_name(CAUSE_LOOPBACK), "loopback");
	assert_string_equal(cause_name(CAUSE_RESENT), "resent");
	assert_string_equal(cause_name(255), "?");
}

static void cleaning_never_writes_past_its_end(void **state)
{
	char to[8];

	(void)state;
	for (size_t size = 1; size < sizeof(to); size++) {
		memset(to, 'x', sizeof(to));
		sink_clean(to, size, "ab\ncdefghi");
		assert_int_equal(strlen(to), size - 1);
		assert_int_equal(strncmp(to, "ab?cdefghi", size - 1), 0);
		assert_int_equal(to[size], 'x');
	}
	sink_clean(to, sizeof(to), "");
	assert_string_equal(to, "");
}

#define CHECKED_ENVIRONMENT							\
	"Kernel 6.12.0, with BTF: yes, APICv or AVIC allowed: no\n"		\
	"Posting by the IOMMU: no, handlers in threads: no\n\n"		\
	"CAPABILITY             HELD \n"					\
	"  cap_sys_admin        yes   includes the next two; BTF of modules, --overhead\n" \
	"  cap_bpf              no    needed: loads programs\n" \
	"  cap_perfmon          no    needed: attaches them\n" \
	"  cap_sys_resource     no    not needed\n\n"				\
	"MODULE                 THERE\n"					\
	"  kvm                  yes   guests: the hops accept, inject and eoi\n" \
	"  irqbypass            no    bypass steps\n"				\
	"  vfio_pci_core        no    plain PCI devices\n"			\
	"  vfio_ims             no    devices of the IMS library\n\n"

/* tests/unit/inventory.c has those with VMs and devices. */
#define NOTHING_ON_THIS_HOST							\
	"\nPROCESS                          VMS VCPUS  GUEST\n"		\
	"  No process with a VM was found.\n"					\
	"\nDEVICE AND WHAT WILL BE SEEN OF ITS VECTORS\n"			\
	"  No device is bound to vfio-pci or another VFIO driver. What the VMs have of\n" \
	"  irqfds (virtio, vhost) is followed all the same, from its first signal on. To\n" \
	"  pass on a PCI device: modprobe vfio-pci; driverctl set-override 0000:03:00.0\n" \
	"  vfio-pci\n"

static char *check(const struct source *source)
{
	const struct inventory nothing = { 0 };
	struct environment environment;
	struct output output;

	fake_environment(&environment);
	text_sink.check(sink_into(&sink, &output), &environment, &nothing, source);
	return output_close(&output);
}

#define NOT_BY_CPU \
	"                         APICv and AVIC are not active: KVM injects every\n" \
	"                         interrupt, and deliver is measured\n"

static void a_check_says_each_reason_once(void **state)
{
	struct fake_source *fake = fake_checked_source();

	(void)state;
	assert_text(check(&fake->source), CHECKED_ENVIRONMENT
		"WHAT                   ATTACHED BY\n"
		"  irq                  raw_tp irq_handler_entry\n"
		"  signal               -; lost: stages handler and irqfd\n"
		"                         not fentry eventfd_signal: refused by the kernel:\n"
		"                         Operation not permitted\n"
		"                         not kprobe eventfd_signal: this kernel has no kprobes\n"
		"  resets               kprobe reset, armed\n"
		"                         not fentry reset: no\n\n"
		"STAGE                  MEASURED\n"
		"  handler              n/a, not seen: signal\n"
		"  irqfd                n/a, not seen: signal\n"
		"  deliver              yes\n"
		"  service              yes\n"
		"  delivery             yes\n"
		"  total                yes\n"
		"  masked               yes\n"
		"  detour               n/a, not seen: signal\n"
		"  wake                 yes\n"
		"  run                  yes\n"
		"  enter                yes\n"
		"  window               yes\n"
		"  steal                yes\n"
		"  at_least             no\n" NOT_BY_CPU
		"  at_most              no\n" NOT_BY_CPU NOTHING_ON_THIS_HOST);
	free(fake);
}

/* A reason that names nothing that was tried is a sentence of its own. */
static void a_check_says_no_not_twice(void **state)
{
	static const char *const reasons[] = {
		"not asked for (--hops)", "KVM is not loaded",
		"not needed: neither APICv nor AVIC is allowed",
		"it is matched with the hop before it, which is not seen",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		struct feature_status feature = { .name = "accept", .lost = "all" };
		struct fake_source *fake = fake_checked_source();
		char expected[128], *text;

		snprintf(feature.tried, sizeof(feature.tried), "%s", reasons[i]);
		fake->source.features = &feature;
		fake->source.feature_count = 1;
		text = check(&fake->source);
		snprintf(expected, sizeof(expected), "\n  accept               -; lost: all\n"
			 "                         %.30s", reasons[i]);
		assert_non_null(strstr(text, expected));
		free(text);
		free(fake);
	}
}

/* Where the library's devices are seen to signal, and the plain ones are not. */
static void a_check_says_whose_stage_is_measured(void **state)
{
	struct fake_source *fake = fake_checked_source();
	char *text;

	(void)state;
	strcpy(fake->source.hops[HOP_SIGNAL].attached, "raw_tp vfio_ims_signal");
	fake->source.pci_signal = FAKE_REFUSED;
	text = check(&fake->source);
	assert_non_null(strstr(text, "\n  handler              yes, of devices of the IMS library\n"
				     "  irqfd                yes, of devices of the IMS library\n"
				     "  deliver              yes\n"));
	free(text);
	free(fake);
}

static void a_check_of_nothing(void **state)
{
	(void)state;
	assert_text(check(NULL), CHECKED_ENVIRONMENT "Nothing can be measured.\n"
		    NOTHING_ON_THIS_HOST);
}

static char *histograms(const struct figures *figures, enum imstrace_stage stage)
{
	struct output output;

	text_sink.histograms(sink_into(&sink, &output), figures, stage);
	return output_close(&output);
}

/* A row of the table of a distribution. */
struct row {
	double low, high;
	unsigned long long count;
	size_t bar;
};

static size_t read_rows(const char *text, struct row *rows, size_t most)
{
	size_t count = 0;

	for (const char *line = strchr(text, '\n'); line; line = strchr(line + 1, '\n')) {
		struct row row = { 0 };
		int end = 0;

		if (sscanf(line, "\n %lf … %lf %llu %*f %% %n", &row.low, &row.high, &row.count,
			   &end) < 3)
			continue;
		row.bar = strspn(line + end, "#");
		assert_true(count < most);
		rows[count++] = row;
	}
	return count;
}

static void a_distribution_has_every_value(void **state)
{
	struct fake_source *fake = fake_source_new();
	struct measurement *measurement = measurement_new(&fake->source, &no_filter);
	size_t index = fake_vector(fake, UUID_A, 0) * STAGE_COUNT + STAGE_TOTAL, rows, in = 0;
	struct row row[64];
	__u64 seed = 7;
	char *text;

	(void)state;
	fake->accounts[0].hops[HOP_EOI] = 2001;
	/* Two thousand near 10 us, and one far off. */
	for (size_t i = 0; i < 2000; i++)
		fake_value(fake, index, 9000 + random_next(&seed) % 2000);
	fake_value(fake, index, 5000000);
	measurement_interval(measurement, 2 * SECOND);
	text = histograms(measurement_summary(measurement), STAGE_TOTAL);
	rows = read_rows(text, row, 64);
	assert_in_range(rows, 5, 20);
	for (size_t i = 0; i < rows; i++) {
		in += row[i].count;
		assert_int_equal(row[i].bar > 0, row[i].count > 0);
		assert_true(row[i].low < row[i].high);
		assert_true(!i || row[i].low == row[i - 1].high);
	}
	assert_int_equal(in, 2001);
	assert_true(row[0].low <= 9.0 && row[rows - 1].low <= 5000 && row[rows - 1].high > 5000);
	assert_int_equal(row[rows - 1].count, 1);
	free(text);

	text = histograms(measurement_summary(measurement), STAGE_HANDLER);
	assert_non_null(strstr(text, "vector 0, handler: there was none\n"));
	free(text);
	measurement_free(measurement);
	free(fake);
}

static void a_distribution_says_what_is_missing(void **state)
{
	struct fake_source *fake = fake_source_new();
	struct measurement *measurement = measurement_new(&fake->source, &no_filter);
	size_t index = fake_vector(fake, UUID_A, 0) * STAGE_COUNT + STAGE_TOTAL;
	struct row row[4];
	char *text;

	(void)state;
	fake->accounts[0].hops[HOP_EOI] = 3;
	fake_value(fake, index, 100);
	/* No block is left for the others. */
	fake->source.block_capacity = fake->totals.blocks;
	fake_value(fake, index, 1000000);
	fake_value(fake, index, 2000000);
	measurement_interval(measurement, 2 * SECOND);
	text = histograms(measurement_summary(measurement), STAGE_TOTAL);
	assert_int_equal(read_rows(text, row, 4), 1);
	assert_int_equal(row[0].count, 1);
	assert_non_null(strstr(text, "\n  2 are in no row: there was no room for them\n"));
	free(text);
	measurement_free(measurement);
	free(fake);
}

/* Of all stages, not those that no vector of its kind has; but what is asked for is answered. */
static void a_distribution_is_of_what_there_can_be(void **state)
{
	struct fake_source *fake = fake_source_new();
	struct measurement *measurement = measurement_new(&fake->source, &no_filter);
	const struct figures *figures;
	char *text;

	(void)state;
	fake_line(fake, "0000:03:00.0");
	fake_vector(fake, UUID_A, 1);
	fake_interrupts(fake, 0, 3, 100);
	fake_interrupts(fake, 1, 3, 100);
	measurement_interval(measurement, 2 * SECOND);
	figures = measurement_summary(measurement);
	sink.wants.histograms = (1U << STAGE_COUNT) - 1;
	text = histograms(figures, STAGE_MASKED);
	assert_non_null(strstr(text, "vector 0, masked in µs"));
	assert_null(strstr(text, "vector 1"));
	free(text);
	text = histograms(figures, STAGE_TOTAL);
	assert_non_null(strstr(text, "vector 1, total in µs"));
	free(text);
	sink.wants.histograms = 1U << STAGE_MASKED;
	text = histograms(figures, STAGE_MASKED);
	assert_non_null(strstr(text, "vector 1, masked: n/a: " ONLY_INTX "\n"));
	free(text);
	sink.wants.histograms = 0;
	measurement_free(measurement);
	free(fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_start_says_what_is_followed),
		cmocka_unit_test(lifecycle_lines),
		cmocka_unit_test(every_step_is_one_line),
		cmocka_unit_test(interrupt_lines),
		cmocka_unit_test(an_interval_is_a_table),
		cmocka_unit_test(an_interval_without_a_vector_says_so),
		cmocka_unit_test(an_interval_takes_back),
		cmocka_unit_test(a_summary_is_two_tables),
		cmocka_unit_test(what_is_in_flight_is_not_known_without_the_eoi),
		cmocka_unit_test(a_summary_says_when_nothing_was_seen),
		cmocka_unit_test(a_summary_says_why_hops_are_missing),
		cmocka_unit_test(losses_are_shown),
		cmocka_unit_test(a_line_has_a_column_more),
		cmocka_unit_test(a_line_that_stays_masked_is_shown),
		cmocka_unit_test(a_distribution_has_every_value),
		cmocka_unit_test(a_distribution_says_what_is_missing),
		cmocka_unit_test(a_distribution_is_of_what_there_can_be),
		cmocka_unit_test(hostile_names_are_harmless),
		cmocka_unit_test(a_name_without_an_end_is_cut),
		cmocka_unit_test(names_of_ends_and_causes),
		cmocka_unit_test(a_check_says_each_reason_once),
		cmocka_unit_test(a_check_says_no_not_twice),
		cmocka_unit_test(a_check_says_whose_stage_is_measured),
		cmocka_unit_test(a_check_of_nothing),
		cmocka_unit_test(cleaning_never_writes_past_its_end),
	};

	setenv("TZ", "UTC", 1);
	tzset();
	return cmocka_run_group_tests_name("text", tests, open_sink, close_sink);
}
