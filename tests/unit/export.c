// SPDX-License-Identifier: GPL-2.0-only
/*
 * What imstrace export writes, read back: CSV and OpenMetrics by readers of the test's own, JSON
 * by jansson, and Perfetto's by protoc with a schema of the test's own. Runs at the top of the
 * checkout.
 */
#include "fake.h"

#include "../../user/measure/accounts.h"
#include "../../user/session.h"
#include "../../user/sink/fields.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <unistd.h>

#define UUID_A	"83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
/* A time in ns as after a month: its us have ten digits before the point. */
#define LONG_AFTER_BOOT	2678400000000000ULL

#define MOST	4096

/* A source that has @count interrupts, in their order. */
static struct {
	struct fake_source *fake;
	struct imstrace_interrupt interrupts[MOST];
	size_t count;
} input;

static __u64 fake_now(const struct source *source)
{
	(void)source;
	return input.count ? interrupt_ended(&input.interrupts[input.count - 1]) : 2000;
}

/* As the reader of recordings counts. */
static void count(const struct imstrace_interrupt *interrupt)
{
	struct imstrace_account *account = &input.fake->accounts[interrupt->id];

	for (unsigned int hop = 0; hop < HOP_COUNT; hop++) {
		account->hops[hop] += interrupt->times[hop] != 0;
	}
	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++)
		if (stage_time(interrupt, stage) >= 0)
			fake_value(input.fake, interrupt->id * STAGE_COUNT + stage,
				   stage_time(interrupt, stage));
	account->ends[END_COALESCED] += interrupt->end == END_COALESCED;
	account->ends[END_NO_SIGNAL] += interrupt->end == END_NO_SIGNAL;
}

static int fake_poll(struct source *source, __u64 until)
{
	(void)until;
	for (size_t i = 0; i < input.count; i++) {
		count(&input.interrupts[i]);
		if (source->handlers.interrupt)
			source->handlers.interrupt(source->handlers.context, &input.interrupts[i]);
	}
	source->ended = true;
	return 0;
}

static void fake_stop(struct source *source)
{
	source->ended = true;
}

static void fake_close(struct source *source)
{
	(void)source;
}

static void begin(void)
{
	memset(&input, 0, sizeof(input));
	input.fake = fake_source_new();
	input.fake->source.now = fake_now;
	input.fake->source.poll = fake_poll;
	input.fake->source.stop = fake_stop;
	input.fake->source.close = fake_close;
	input.fake->source.to_wall_clock = 1000000000000;
}

static struct imstrace_interrupt *add(__u32 id, __u64 irq, __u64 signal, __u64 accept, __u64 inject,
				      __u64 eoi)
{
	struct imstrace_interrupt *interrupt = &input.interrupts[input.count++];

	assert_true(input.count <= MOST);
	*interrupt = (struct imstrace_interrupt) {
		.times = { irq, signal, accept, inject, inject, eoi }, .id = id,
		.vcpu = accept ? 0 : IMSTRACE_NONE, .guest_vector = accept ? 0x41 : IMSTRACE_NONE,
		.end = eoi ? END_COMPLETE : END_NO_SIGNAL,
	};
	return interrupt;
}

static int by_end(const void *left, const void *right)
{
	__u64 a = interrupt_ended(left), b = interrupt_ended(right);

	return (a > b) - (a < b);
}

/* Of four vectors of two devices and VMs: one in three overlaps another of its vector. */
static void add_random(size_t count, __u64 seed)
{
	__u64 now = LONG_AFTER_BOOT;

	for (unsigned int i = 0; i < 4; i++) {
		__u32 id = fake_vector(input.fake, i < 2 ? UUID_A : "0000:00:02.0", i % 2);

		input.fake->vectors[id].pid = i < 2 ? 178 : 179;
		strcpy(input.fake->vectors[id].guest, i < 2 ? "debian" : "");
	}
	for (size_t i = 0; i < count; i++) {
		struct imstrace_interrupt *interrupt;
		__u64 times[HOP_COUNT];

		now += random_magnitude(&seed, 16);
		times[0] = now;
		for (unsigned int hop = 1; hop <= HOP_EOI; hop++)
			times[hop] = times[hop - 1] +
				     random_magnitude(&seed, hop == HOP_EOI ? 17 : 14);
		interrupt = add(random_next(&seed) % 4, times[0], times[1], times[2], times[3],
				times[4]);
		interrupt->vcpu = random_next(&seed) % 3;
		interrupt->cpu = random_next(&seed) % 2;
		switch (random_next(&seed) % 16) {
		case 0:
			interrupt->end = END_COALESCED;
			interrupt->times[HOP_INJECT] = interrupt->times[HOP_EOI] = 0;
			break;
		case 1:
			interrupt->end = END_NO_SIGNAL;
			memset(&interrupt->times[1], 0, sizeof(*times) * 4);
			interrupt->vcpu = interrupt->guest_vector = IMSTRACE_NONE;
			break;
		case 2:
			interrupt->cause = CAUSE_EMULATED;
			interrupt->times[HOP_IRQ] = 0;
			break;
		case 3:
			interrupt->end = END_IN_FLIGHT;
			interrupt->times[HOP_EOI] = 0;
			break;
		}
	}
	qsort(input.interrupts, input.count, sizeof(input.interrupts[0]), by_end);
}

struct text {
	char *text;
	size_t size;
	char *errors;
};

static struct text export_with(const struct sink_ops *ops, const void *context)
{
	struct sink sink = {
		.ops = ops, .context = (void *)context,
		.wants = { .start = true, .interrupts = ops->interrupt, .summary = true },
	};
	const struct session_options options = { .sinks = SINKS(&sink) };
	FILE *real_out = stdout, *real_err = stderr;
	struct output out, err;
	int ret;

	stdout = sink.out = output_open(&out);
	stderr = output_open(&err);
	ret = session_run(&input.fake->source, &options);
	stdout = real_out;
	stderr = real_err;
	output_close(&out);
	output_close(&err);
	if (ret || *err.text)
		print_message("%s", err.text);
	assert_int_equal(ret, 0);
	return (struct text) { out.text, out.size, err.text };
}

static struct text export(const struct sink_ops *ops)
{
	static const enum imstrace_stage all = STAGE_COUNT;

	return export_with(ops, &all);
}

static void end(struct text *text)
{
	free(text->text);
	free(text->errors);
	free(input.fake);
}

/* What a name may become: nothing but it is printed. */
static const char *const hostile[] = {
	"a,\"b\"\r\n=cmd", "=1+1", "+1", "-1", "@x", "\"},{\"ph\":\"X\",\"x\":\"", "\\", "\\\"\\n",
	"\033[2J\xff\xc3", "%s%n", "</script>", "{le=\"1\"} 7\n# EOF",
	"123456789012345678901234567890123456789012345678901234567890123",
};

#define HOSTILE (sizeof(hostile) / sizeof(hostile[0]))

static const char *cleaned(const char *name)
{
	static char clean[IMSTRACE_NAME_LEN];

	sink_clean(clean, sizeof(clean), name);
	return clean;
}

/* One vector that is called so, with one interrupt. */
static struct text export_hostile(const struct sink_ops *ops, const char *name)
{
	begin();
	fake_vector(input.fake, name, 0);
	strcpy(input.fake->vectors[0].guest, name);
	strncpy(input.fake->vectors[0].vmm, name, sizeof(input.fake->vectors[0].vmm) - 1);
	strcpy(input.fake->source.host, name);
	strcpy(input.fake->source.kernel, name);
	strcpy(input.fake->source.hops[HOP_SIGNAL].reason, name);
	add(0, 2001, 2012, 2023, 2034, 2045);
	return export(ops);
}

static void an_escaped_name_is_cut_between_escapes(void **state)
{
	(void)state;
	for (size_t size = 1; size < 12; size++) {
		char text[16];
		size_t length;

		memset(text, '#', sizeof(text));
		sink_escape(text, size, "a\"\\\"b");
		length = strlen(text);
		assert_true(length < size && !strncmp(text, "a\\\"\\\\\\\"b", length));
		/* Cut within one it would have an odd number of backslashes at its end. */
		assert_true(length == 0 || length == 1 || length == 3 || length == 5 ||
			    length == 7 || length == 8);
		for (size_t i = size; i < sizeof(text); i++)
			assert_int_equal(text[i], '#');
	}
}

/* CSV */

/* RFC 4180: takes a field off, in place; *at is then what ended it: ',', '\r' or NUL. */
static char *csv_field(char **text, char *ended)
{
	char *at = *text, *field = at, *to = at;

	if (*at == '"') {
		field = to = ++at;
		for (; *at != '"' || at[1] == '"'; at++) {
			assert_true(*at);
			at += *at == '"';
			*to++ = *at;
		}
		at++;
	} else {
		for (; *at && *at != ',' && *at != '\r'; at++) {
			assert_true(*at != '"' && *at != '\n');
			to++;
		}
	}
	*ended = *at;
	assert_true(*at == ',' || (*at == '\r' && at[1] == '\n'));
	*text = at + (*at == ',' ? 1 : 2);
	*to = '\0';
	return field;
}

#define CSV_COLUMNS	(13 + HOP_COUNT + STAGE_COUNT)

static void csv_row(char **text, char *fields[CSV_COLUMNS])
{
	char ended = ',';

	for (size_t i = 0; i < CSV_COLUMNS; i++) {
		assert_int_equal(ended, ',');
		fields[i] = csv_field(text, &ended);
	}
	assert_int_equal(ended, '\r');
}

static void assert_field(const char *field, bool known, __u64 number)
{
	char text[24] = "";

	if (known)
		snprintf(text, sizeof(text), "%" PRIu64, (uint64_t)number);
	assert_string_equal(field, text);
}

static void csv_has_every_interrupt(void **state)
{
	static const char *const names[CSV_COLUMNS] = {
		"time", "device", "vector", "irq", "slot", "pasid", "vcpu", "guest_vector", "cpu",
		"cause", "end", "vcpu_cpu", "behind", "irq_time", "signal_time", "accept_time", "enter_time", "inject_time", "eoi_time",
		"unmask_time", "handler_ns", "irqfd_ns", "deliver_ns", "service_ns", "delivery_ns",
		"total_ns", "masked_ns", "detour_ns", "wake_ns", "run_ns", "enter_ns", "window_ns",
		"steal_ns", "at_least_ns", "at_most_ns",
	};
	char *fields[CSV_COLUMNS], *at;
	struct text text;

	(void)state;
	begin();
	add_random(500, 1);
	input.fake->vectors[1].irq = input.fake->vectors[1].slot = IMSTRACE_NONE;
	text = export(&csv_sink);
	at = text.text;
	csv_row(&at, fields);
	for (size_t i = 0; i < CSV_COLUMNS; i++)
		assert_string_equal(fields[i], names[i]);
	for (size_t i = 0; i < input.count; i++) {
		const struct imstrace_interrupt *interrupt = &input.interrupts[i];
		const struct imstrace_vector *vector = &input.fake->vectors[interrupt->id];

		char behind[32];

		csv_row(&at, fields);
		assert_field(fields[0], true, interrupt_ended(interrupt));
		assert_string_equal(fields[1], vector->device);
		assert_field(fields[2], true, vector->vector);
		assert_field(fields[3], interrupt->id != 1, vector->irq);
		assert_field(fields[4], interrupt->id != 1, vector->slot);
		assert_field(fields[5], true, vector->pasid);
		assert_field(fields[6], interrupt->vcpu != IMSTRACE_NONE, interrupt->vcpu);
		assert_field(fields[7], interrupt->guest_vector != IMSTRACE_NONE, 0x41);
		assert_field(fields[8], true, interrupt->cpu);
		assert_string_equal(fields[9], cause_name(interrupt->cause));
		assert_string_equal(fields[10], end_name(interrupt->end));
		assert_field(fields[11], interrupt->vcpu_cpu, interrupt->vcpu_cpu - 1);
		snprintf(behind, sizeof(behind), "%s/%u", interrupt->behind_name, interrupt->behind);
		assert_string_equal(fields[12], *interrupt->behind_name ? behind : "");
		for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
			assert_field(fields[13 + hop], interrupt->times[hop], interrupt->times[hop]);
		for (unsigned int stage = 0; stage < STAGE_COUNT; stage++)
			assert_field(fields[13 + HOP_COUNT + stage],
				     stage_time(interrupt, stage) >= 0, stage_time(interrupt, stage));
	}
	assert_string_equal(at, "");
	end(&text);
}

static void csv_survives_hostile_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < HOSTILE; i++) {
		struct text text = export_hostile(&csv_sink, hostile[i]);
		char *fields[CSV_COLUMNS], *at = text.text;
		const char *name = cleaned(hostile[i]);

		csv_row(&at, fields);
		csv_row(&at, fields);
		/* A spreadsheet's formula is one no more. */
		assert_null(strchr("=+-@", *fields[1]));
		assert_string_equal(fields[1] + (*fields[1] == '\''), name);
		assert_string_equal(at, "");
		end(&text);
	}
}

/* The fields of script */

static void fields_are_those_of_csv(void **state)
{
	char *fields[CSV_COLUMNS], *at, *line, *rest;
	struct field_choice choice;
	struct text csv, text;

	(void)state;
	begin();
	add_random(200, 2);
	csv = export(&csv_sink);
	free(input.fake);
	begin();
	add_random(200, 2);
	assert_true(fields_choose(&choice, "total_ns,device,pasid,end,irq_time,end"));
	text = export_with(&fields_sink, &choice);
	at = csv.text;
	csv_row(&at, fields);
	for (line = strtok_r(text.text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		char expected[256];
		const char *total;

		csv_row(&at, fields);
		total = fields[13 + HOP_COUNT + STAGE_TOTAL];
		snprintf(expected, sizeof(expected), "%s\t%s\t%s\t%s\t%s\t%s",
			 *total ? total : "-", fields[1], *fields[5] ? fields[5] : "-",
			 fields[10], *fields[13] ? fields[13] : "-", fields[10]);
		assert_string_equal(line, expected);
	}
	assert_string_equal(at, "");
	free(csv.text);
	free(csv.errors);
	end(&text);
}

static void fields_are_refused(void **state)
{
	char many[16 * FIELD_COUNT] = "irq";
	struct field_choice choice;

	(void)state;
	assert_false(fields_choose(&choice, ""));
	assert_false(fields_choose(&choice, "irq,"));
	assert_false(fields_choose(&choice, ",irq"));
	assert_false(fields_choose(&choice, "irq,,cpu"));
	assert_false(fields_choose(&choice, "irq cpu"));
	assert_false(fields_choose(&choice, "ir"));
	assert_false(fields_choose(&choice, "irq_ns"));
	for (size_t i = 1; i < 2 * FIELD_COUNT; i++)
		strcat(many, ",irq");
	assert_true(fields_choose(&choice, many));
	strcat(many, ",irq");
	assert_false(fields_choose(&choice, many));
}

/* Slices, of either format */

/* Of the slices of a lane, or of all of one name. */
struct tally {
	__u64 count, sum;
};

#define NAMES	(STAGE_COUNT + 1)
#define INTERRUPT STAGE_COUNT

/* How many slices of each stage there must be, and how long all of them. */
static void expect_slices(struct tally vector_side[NAMES], struct tally *vcpu_side, __u64 *flows)
{
	memset(vector_side, 0, sizeof(*vector_side) * NAMES);
	*vcpu_side = (struct tally) { 0 };
	*flows = 0;
	for (size_t i = 0; i < input.count; i++) {
		const struct imstrace_interrupt *interrupt = &input.interrupts[i];
		const __u64 *times = interrupt->times;

		vector_side[INTERRUPT].count++;
		vector_side[INTERRUPT].sum += interrupt_took(interrupt);
		for (unsigned int stage = 0; stage <= STAGE_SERVICE; stage++) {
			if (stage_time(interrupt, stage) < 0)
				continue;
			vector_side[stage].count++;
			vector_side[stage].sum += stage_time(interrupt, stage);
		}
		if (!times[HOP_INJECT] || !times[HOP_EOI])
			continue;
		vcpu_side->count++;
		vcpu_side->sum += times[HOP_EOI] - times[HOP_INJECT];
		*flows += times[HOP_ACCEPT] != 0;
	}
}

static unsigned int slice_name(const char *name)
{
	unsigned int stage = 0;

	if (!strcmp(name, "interrupt"))
		return INTERRUPT;
	while (stage < STAGE_COUNT && strcmp(stage_name(stage), name))
		stage++;
	assert_true(stage < STAGE_COUNT);
	return stage;
}

#define MOST_TRACKS	256
#define MOST_FLOWS	MOST

static struct seen_track {
	bool named, is_counter;
	unsigned int depth;
	__u64 begun[4], time, parent_end;
	unsigned int names[4];
} tracks[MOST_TRACKS];

static struct flow {
	__u64 from, to;
	__u64 from_track, to_track;
} flows[MOST_FLOWS];

static void assert_slices(const struct tally seen[NAMES], const struct tally *vcpu)
{
	struct tally expected[NAMES], expected_vcpu;
	__u64 flow_count, ended = 0;

	expect_slices(expected, &expected_vcpu, &flow_count);
	assert_memory_equal(seen, expected, sizeof(expected));
	assert_memory_equal(vcpu, &expected_vcpu, sizeof(expected_vcpu));
	for (size_t i = 0; i < MOST_FLOWS; i++) {
		assert_int_equal(!flows[i].from, !flows[i].to);
		if (!flows[i].from)
			continue;
		ended++;
		assert_true(flows[i].from <= flows[i].to);
		assert_int_not_equal(flows[i].from_track, flows[i].to_track);
	}
	assert_int_equal(ended, flow_count);
	assert_true(flow_count > 0);
}

/* Chrome */

static json_t *parse(const struct text *text)
{
	json_error_t error;
	json_t *trace = json_loads(text->text, JSON_REJECT_DUPLICATES, &error);

	if (!trace)
		fail_msg("line %d: %s", error.line, error.text);
	assert_true(json_is_array(json_object_get(trace, "traceEvents")));
	return trace;
}

static const char *word(const json_t *event, const char *key)
{
	const char *value = json_string_value(json_object_get(event, key));

	if (!value)
		fail_msg("an event has no \"%s\"", key);
	return value;
}

static __u64 integer(const json_t *event, const char *key)
{
	assert_true(json_is_integer(json_object_get(event, key)));
	return json_integer_value(json_object_get(event, key));
}

/* us with a fraction, as ns. */
static __u64 time_of(const json_t *event, const char *key)
{
	assert_true(json_is_real(json_object_get(event, key)));
	return llround(json_real_value(json_object_get(event, key)) * 1000);
}

static void see_slice(const json_t *event, bool of_vcpu, struct tally seen[NAMES],
		      struct tally *vcpu)
{
	struct seen_track *track = &tracks[integer(event, "tid")];
	__u64 from = time_of(event, "ts"), to = from + time_of(event, "dur");
	unsigned int name = slice_name(word(event, "name"));
	struct tally *tally = of_vcpu ? vcpu : &seen[name];

	assert_true(track->named);
	tally->count++;
	tally->sum += to - from;
	/* Of a thread, each is after the one before, or within it. */
	assert_true(from >= track->time);
	if (of_vcpu || name == INTERRUPT) {
		assert_true(from >= track->parent_end);
		track->parent_end = to;
		track->time = from;
		return;
	}
	assert_true(to <= track->parent_end);
	track->time = to;
}

static void see_flow(const json_t *event, bool ends)
{
	__u64 id = integer(event, "id"), thread = integer(event, "tid");

	assert_true(id > 0 && id < MOST_FLOWS);
	assert_int_equal(ends ? flows[id].to : flows[id].from, 0);
	assert_true(tracks[thread].named);
	if (ends) {
		assert_string_equal(word(event, "bp"), "e");
		flows[id].to = time_of(event, "ts");
		flows[id].to_track = thread;
	} else {
		flows[id].from = time_of(event, "ts");
		flows[id].from_track = thread;
	}
}

/* Goes through all events. */
static void see_chrome(json_t *trace, struct tally seen[NAMES], struct tally *vcpu)
{
	bool vcpus[MOST_TRACKS] = { false };
	json_t *event;
	size_t i;

	memset(tracks, 0, sizeof(tracks));
	memset(flows, 0, sizeof(flows));
	json_array_foreach(json_object_get(trace, "traceEvents"), i, event) {
		const char *phase = word(event, "ph"), *name = word(event, "name");

		if (!strcmp(phase, "M") && !strcmp(name, "thread_name")) {
			__u64 thread = integer(event, "tid");

			assert_true(thread < MOST_TRACKS && !tracks[thread].named);
			tracks[thread].named = true;
			vcpus[thread] = strstr(word(json_object_get(event, "args"), "name"), "vCPU");
		} else if (!strcmp(phase, "X")) {
			see_slice(event, vcpus[integer(event, "tid")], seen, vcpu);
		} else if (!strcmp(phase, "s") || !strcmp(phase, "f")) {
			see_flow(event, *phase == 'f');
		} else {
			assert_string_equal(phase, "M");
		}
	}
}

static void chrome_slices_nest_and_flows_pair(void **state)
{
	struct tally seen[NAMES] = { { 0 } }, vcpu = { 0 };
	struct text text;
	json_t *trace;

	(void)state;
	begin();
	add_random(2000, 2);
	text = export(&chrome_sink);
	assert_string_equal(text.errors, "");
	trace = parse(&text);
	see_chrome(trace, seen, &vcpu);
	assert_slices(seen, &vcpu);
	json_decref(trace);
	end(&text);
}

static void chrome_tells_of_an_interrupt(void **state)
{
	struct imstrace_interrupt *interrupt;
	struct text text;
	json_t *trace, *event;
	size_t i, slices = 0;

	(void)state;
	begin();
	fake_vector(input.fake, UUID_A, 3);
	interrupt = add(0, 1000001, 1000012, 1000123, 1001234, 1012345);
	interrupt->cpu = 5;
	text = export(&chrome_sink);
	trace = parse(&text);
	json_array_foreach(json_object_get(trace, "traceEvents"), i, event) {
		json_t *args = json_object_get(event, "args");

		if (strcmp(word(event, "name"), "interrupt"))
			continue;
		slices++;
		assert_int_equal(time_of(event, "ts"), 1000001);
		assert_int_equal(time_of(event, "dur"), 12344);
		assert_string_equal(word(args, "end"), "complete");
		assert_string_equal(word(args, "cause"), "irq");
		assert_int_equal(integer(args, "cpu"), 5);
		assert_int_equal(integer(args, "irq"), 33);
		assert_int_equal(integer(args, "vcpu"), 0);
		assert_int_equal(integer(args, "guest_vector"), 0x41);
	}
	assert_int_equal(slices, 1);
	json_decref(trace);
	end(&text);
}

static void chrome_survives_hostile_names(void **state)
{
	(void)state;
	for (size_t n = 0; n < HOSTILE; n++) {
		struct text text = export_hostile(&chrome_sink, hostile[n]);
		json_t *trace = parse(&text), *event;
		size_t i, processes = 0, slices = 0;

		json_array_foreach(json_object_get(trace, "traceEvents"), i, event) {
			const char *name = json_string_value(json_object_get(
				json_object_get(event, "args"), "name"));

			slices += !strcmp(word(event, "ph"), "X");
			if (!strcmp(word(event, "name"), "process_name"))
				processes += !strncmp(name, cleaned(hostile[n]),
						      strlen(cleaned(hostile[n])));
		}
		assert_int_equal(processes, 1);
		assert_int_equal(slices, 6);
		assert_string_equal(json_string_value(json_object_get(
			json_object_get(trace, "otherData"), "host")), cleaned(hostile[n]));
		json_decref(trace);
		end(&text);
	}
}

/* Clocks of two CPUs differ: nothing may end before it begins. */
static void times_that_go_back_are_brought_in_order(void **state)
{
	struct tally seen[NAMES] = { { 0 } }, vcpu = { 0 };
	struct text text;
	json_t *trace;

	(void)state;
	begin();
	fake_vector(input.fake, UUID_A, 0);
	add(0, 3000, 3050, 3040, 3030, 3060);
	add(0, 4000, 3990, 4010, 4020, 4015);
	text = export(&chrome_sink);
	trace = parse(&text);
	see_chrome(trace, seen, &vcpu);
	assert_int_equal(seen[INTERRUPT].sum, 60 + 20);
	assert_int_equal(seen[STAGE_HANDLER].sum, 50);
	assert_int_equal(seen[STAGE_IRQFD].sum, 10);
	assert_int_equal(seen[STAGE_DELIVER].sum, 10);
	assert_int_equal(seen[STAGE_SERVICE].sum, 10);
	assert_int_equal(vcpu.sum, 10);
	json_decref(trace);
	end(&text);
}

/* No recording has so many of one vector at once, but a file may. */
static void what_has_no_room_is_left_out_and_said(void **state)
{
	struct tally seen[NAMES] = { { 0 } }, vcpu = { 0 };
	struct text text;
	json_t *trace;

	(void)state;
	begin();
	fake_vector(input.fake, UUID_A, 0);
	for (unsigned int i = 0; i < 20; i++)
		add(0, 2000 + i, 0, 0, 0, 3000 + i);
	text = export(&chrome_sink);
	trace = parse(&text);
	see_chrome(trace, seen, &vcpu);
	assert_int_equal(seen[INTERRUPT].count, 16);
	assert_non_null(strstr(text.errors, "4 interrupts are not in it"));
	json_decref(trace);
	end(&text);
}

static void loss_is_said(void **state)
{
	static const struct sink_ops *const sinks[] = {
		&csv_sink, &chrome_sink, &perfetto_sink, &hgrm_sink,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(sinks) / sizeof(sinks[0]); i++) {
		struct text text;

		begin();
		fake_vector(input.fake, UUID_A, 0);
		add(0, 2001, 2012, 2023, 2034, 2045);
		input.fake->totals.lost_interrupts = 7;
		text = export(sinks[i]);
		assert_non_null(strstr(text.errors, "7 interrupts are missing"));
		end(&text);
	}
}

/* Perfetto */

/* protoc's text of @text, to be freed. */
static char *decode(const struct text *text)
{
	char path[] = "/tmp/imstrace-export-XXXXXX", command[256];
	struct output output;
	int file = mkstemp(path), byte;
	FILE *decoded;

	assert_true(file >= 0);
	assert_int_equal(write(file, text->text, text->size), text->size);
	close(file);
	snprintf(command, sizeof(command), "protoc --decode=check.TestTrace -Itests/unit "
		 "tests/unit/perfetto.proto < %s", path);
	decoded = popen(command, "r");
	assert_non_null(decoded);
	output_open(&output);
	while ((byte = getc(decoded)) != EOF)
		putc(byte, output.stream);
	if (pclose(decoded))
		fail_msg("%s failed (run it at the top of the checkout)", command);
	unlink(path);
	return output_close(&output);
}

struct packet {
	__u64 time, track, uuid, parent, flow, terminating_flow;
	__s64 counter;
	char type[16], event[64], track_name[300], string_value[16][80];
	size_t strings;
	bool is_counter, has_flow, has_terminating_flow, snapshot;
};

static void keep_line(struct packet *packet, const char *key, const char *value)
{
	const struct {
		const char *key;
		__u64 *to;
	} numbers[] = {
		{ "timestamp", &packet->time }, { "track", &packet->track },
		{ "uuid", &packet->uuid }, { "parent", &packet->parent },
		{ "flow", &packet->flow }, { "terminating_flow", &packet->terminating_flow },
		{ "counter", (__u64 *)&packet->counter },
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (!strcmp(key, numbers[i].key))
			*numbers[i].to = strtoull(value, NULL, 10);
	packet->has_flow |= !strcmp(key, "flow");
	packet->has_terminating_flow |= !strcmp(key, "terminating_flow");
	if (!strcmp(key, "type"))
		snprintf(packet->type, sizeof(packet->type), "%s", value);
	if (!strcmp(key, "event"))
		snprintf(packet->event, sizeof(packet->event), "%.*s", (int)strlen(value) - 2,
			 value + 1);
	if (!strcmp(key, "track_name"))
		snprintf(packet->track_name, sizeof(packet->track_name), "%s", value);
	if (!strcmp(key, "string_value") && packet->strings < 16)
		snprintf(packet->string_value[packet->strings++], 80, "%s", value);
	/* All of it is in the sequence, where the clock is declared. */
	if (!strcmp(key, "sequence"))
		assert_string_equal(value, "1");
	if (!strcmp(key, "default_clock"))
		assert_string_equal(value, "3");
	if (!strcmp(key, "primary_clock"))
		assert_string_equal(value, "MONOTONIC");
}

/* Takes a packet off; false: there is none. What the schema lacks has a number for a key. */
static bool next_packet(char **text, struct packet *packet)
{
	unsigned int depth = 0;

	memset(packet, 0, sizeof(*packet));
	while (**text) {
		char *line = *text + strspn(*text, " "), *end = strchr(line, '\n'), *colon;

		assert_non_null(end);
		*end = '\0';
		*text = end + 1;
		assert_false(*line >= '0' && *line <= '9');
		if (!strcmp(line, "}")) {
			if (!--depth)
				return true;
			continue;
		}
		if (end[-1] == '{') {
			depth++;
			packet->is_counter |= !strcmp(line, "counter_track {");
			packet->snapshot |= !strcmp(line, "snapshot {");
			continue;
		}
		colon = strstr(line, ": ");
		assert_non_null(colon);
		*colon = '\0';
		keep_line(packet, line, colon + 2);
	}
	assert_int_equal(depth, 0);
	return false;
}

/* Our numbers are the low bits. */
static struct seen_track *track_of(__u64 uuid)
{
	assert_true((__u32)uuid > 0 && (__u32)uuid < MOST_TRACKS);
	return &tracks[(__u32)uuid];
}

static void see_flow_of(const struct packet *packet)
{
	if (packet->has_flow) {
		assert_true(packet->flow < MOST_FLOWS && !flows[packet->flow].from);
		flows[packet->flow].from = packet->time;
		flows[packet->flow].from_track = packet->track;
	}
	if (packet->has_terminating_flow) {
		assert_true(packet->terminating_flow < MOST_FLOWS);
		assert_false(flows[packet->terminating_flow].to);
		flows[packet->terminating_flow].to = packet->time;
		flows[packet->terminating_flow].to_track = packet->track;
	}
}

static void see_event(const struct packet *packet, bool of_vcpu, struct tally seen[NAMES],
		      struct tally *vcpu, struct tally *counter)
{
	struct seen_track *track = track_of(packet->track);

	assert_true(track->named);
	assert_true(packet->time >= track->time);
	track->time = packet->time;
	if (!strcmp(packet->type, "COUNTER")) {
		assert_true(track->is_counter);
		counter->count++;
		counter->sum += packet->counter;
		return;
	}
	assert_false(track->is_counter);
	if (!strcmp(packet->type, "SLICE_BEGIN")) {
		/* The interrupt, and in it its stages. */
		assert_true(track->depth < (of_vcpu ? 1U : 2U));
		track->begun[track->depth] = packet->time;
		track->names[track->depth] = slice_name(packet->event);
		assert_true(of_vcpu || (track->depth == 0) ==
			    (track->names[track->depth] == INTERRUPT));
		track->depth++;
		see_flow_of(packet);
		return;
	}
	assert_string_equal(packet->type, "SLICE_END");
	assert_true(track->depth > 0);
	track->depth--;
	seen = of_vcpu ? vcpu : &seen[track->names[track->depth]];
	seen->count++;
	seen->sum += packet->time - track->begun[track->depth];
}

static void perfetto_slices_nest_and_flows_pair(void **state)
{
	struct tally seen[NAMES] = { { 0 } }, vcpu = { 0 }, counter = { 0 }, totals = { 0 };
	bool vcpus[MOST_TRACKS] = { false };
	struct packet packet;
	struct text text;
	char *decoded, *at;

	(void)state;
	begin();
	add_random(2000, 3);
	text = export(&perfetto_sink);
	assert_string_equal(text.errors, "");
	at = decoded = decode(&text);
	memset(tracks, 0, sizeof(tracks));
	memset(flows, 0, sizeof(flows));
	assert_true(next_packet(&at, &packet));
	assert_true(packet.snapshot);
	while (next_packet(&at, &packet)) {
		if (packet.uuid) {
			struct seen_track *track = track_of(packet.uuid);

			assert_false(track->named);
			assert_true(!packet.parent || track_of(packet.parent)->named);
			track->named = true;
			track->is_counter = packet.is_counter;
			vcpus[track - tracks] = strstr(packet.track_name, "vCPU");
		} else {
			see_event(&packet, vcpus[track_of(packet.track) - tracks], seen, &vcpu,
				  &counter);
		}
	}
	for (size_t i = 0; i < MOST_TRACKS; i++)
		assert_int_equal(tracks[i].depth, 0);
	assert_slices(seen, &vcpu);
	for (size_t i = 0; i < input.count; i++) {
		if (stage_time(&input.interrupts[i], STAGE_TOTAL) < 0)
			continue;
		totals.count++;
		totals.sum += stage_time(&input.interrupts[i], STAGE_TOTAL);
	}
	assert_memory_equal(&counter, &totals, sizeof(totals));
	free(decoded);
	end(&text);
}

/* Two vCPUs' clocks: what is told of later may have ended before. */
static void perfetto_has_one_counter_whose_time_does_not_go_back(void **state)
{
	__u64 times[3], values[3], counters = 0, count = 0;
	struct packet packet;
	struct text text;
	char *decoded, *at;

	(void)state;
	begin();
	fake_vector(input.fake, UUID_A, 0);
	add(0, 3000, 3010, 3020, 3030, 3060);
	add(0, 3001, 3011, 3021, 3031, 3051);
	add(0, 3002, 3012, 3022, 3032, 3072);
	text = export(&perfetto_sink);
	at = decoded = decode(&text);
	while (next_packet(&at, &packet)) {
		counters += packet.is_counter;
		if (strcmp(packet.type, "COUNTER"))
			continue;
		assert_true(count < 3);
		times[count] = packet.time;
		values[count++] = packet.counter;
	}
	assert_int_equal(counters, 1);
	assert_int_equal(count, 3);
	assert_memory_equal(times, ((__u64[]) { 3060, 3060, 3072 }), sizeof(times));
	assert_memory_equal(values, ((__u64[]) { 60, 50, 70 }), sizeof(values));
	free(decoded);
	end(&text);
}

static void perfetto_survives_hostile_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < HOSTILE; i++) {
		struct text text = export_hostile(&perfetto_sink, hostile[i]);
		char *decoded = decode(&text), *at = decoded;
		size_t named = 0, begun = 0, ended = 0;
		char escaped[2 * IMSTRACE_NAME_LEN];
		struct packet packet;

		/* protoc also escapes apostrophes, which none of them has. */
		sink_escape(escaped, sizeof(escaped), hostile[i]);
		while (next_packet(&at, &packet)) {
			named += !strncmp(packet.track_name + 1, escaped, strlen(escaped)) &&
				 *packet.track_name;
			begun += !strcmp(packet.type, "SLICE_BEGIN");
			ended += !strcmp(packet.type, "SLICE_END");
		}
		assert_int_equal(named, 1);
		assert_int_equal(begun, 6);
		assert_int_equal(ended, 6);
		free(decoded);
		end(&text);
	}
}

/* OpenMetrics */

/* The summary's figures, by id and stage, sorted. */
static size_t values_of(__u32 id, enum imstrace_stage stage, __u64 values[MOST])
{
	size_t count = 0;

	for (size_t i = 0; i < input.count; i++)
		if (input.interrupts[i].id == id && stage_time(&input.interrupts[i], stage) >= 0)
			values[count++] = stage_time(&input.interrupts[i], stage);
	return count;
}

/* The value of the label, with its escapes; NULL: it has none. */
static char *label(const char *line, const char *name, char text[256])
{
	char start[32], *to = text;
	const char *at;

	snprintf(start, sizeof(start), "%s=\"", name);
	at = strstr(line, start);
	if (!at)
		return NULL;
	for (at += strlen(start); *at != '"'; at++) {
		assert_true(*at);
		at += *at == '\\';
		*to++ = *at;
	}
	*to = '\0';
	return text;
}

static __u32 id_of(const char *line)
{
	char device[256], vector[256];

	assert_non_null(label(line, "device", device));
	assert_non_null(label(line, "vector", vector));
	return (strcmp(device, UUID_A) ? 2 : 0) + strtoul(vector, NULL, 10);
}

/* Every sample follows the TYPE of its family, of which there is one; the end is the end. */
static void assert_families(char *text)
{
	char family[64] = "", declared[32][64];
	size_t families = 0, length = strlen(text);

	assert_true(length > 6);
	assert_string_equal(text + length - 6, "# EOF\n");
	text[length - 6] = '\0';
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		if (sscanf(line, "# TYPE %63s", family) == 1) {
			for (size_t i = 0; i < families; i++)
				assert_string_not_equal(declared[i], family);
			assert_true(families < 32);
			strcpy(declared[families++], family);
		} else if (*line == '#') {
			assert_true(!strncmp(line + 7, family, strlen(family)));
		} else {
			assert_true(!strncmp(line, family, strlen(family)));
			assert_non_null(strchr("{_ ", line[strlen(family)]));
		}
	}
	assert_true(families >= 8);
}

static void check_buckets(const char *text, __u32 id, enum imstrace_stage stage)
{
	__u64 values[MOST], sum = 0, last = 0, infinite = 0;
	size_t total = values_of(id, stage, values);
	unsigned int buckets = 0, others = 0;
	double last_end = 0;
	char word[256];

	for (size_t i = 0; i < total; i++)
		sum += values[i];
	for (const char *line = text; line && *line; line = strchr(line, '\n') + 1) {
		const char *number;

		if (strncmp(line, "imstrace_stage_seconds_", 23) || id_of(line) != id ||
		    strcmp(label(line, "stage", word), stage_name(stage)))
			continue;
		number = strstr(line, "} ") + 2;
		if (!strncmp(line + 23, "bucket", 6)) {
			__u64 count = strtoull(number, NULL, 10), expected = 0;
			double end = strtod(label(line, "le", word), NULL);

			for (size_t i = 0; i < total; i++)
				expected += (double)values[i] <= end * 1e9 + 0.5;
			assert_int_equal(count, expected);
			assert_true(count >= last && end > last_end);
			last = count;
			last_end = end;
			infinite += isinf(end);
			buckets++;
		} else if (!strncmp(line + 23, "count", 5)) {
			assert_int_equal(strtoull(number, NULL, 10), total);
			others++;
		} else {
			assert_true(!strncmp(line + 23, "sum", 3));
			assert_int_equal(llround(strtod(number, NULL) * 1e9), sum);
			others++;
		}
	}
	assert_int_equal(infinite, 1);
	assert_int_equal(last, total);
	assert_int_equal(others, 2);
	assert_true(buckets > 16);
}

static void check_counter(const char *text, const char *name, const char *hop, __u32 id,
			  __u64 expected)
{
	size_t length = strlen(name), seen = 0;
	char word[256];

	for (const char *line = text; line && *line; line = strchr(line, '\n') + 1) {
		if (strncmp(line, name, length) || line[length] != '{' || id_of(line) != id)
			continue;
		if (hop && strcmp(label(line, "hop", word), hop))
			continue;
		assert_int_equal(strtoull(strstr(line, "} ") + 2, NULL, 10), expected);
		seen++;
	}
	assert_int_equal(seen, 1);
}

static void openmetrics_has_the_summary(void **state)
{
	struct text text;

	(void)state;
	begin();
	add_random(2000, 4);
	text = export(&openmetrics_sink);
	for (__u32 id = 0; id < 4; id++) {
		const struct imstrace_account *account = &input.fake->accounts[id];

		for (unsigned int stage = 0; stage <= STAGE_TOTAL; stage++)
			check_buckets(text.text, id, stage);
		for (unsigned int hop = 0; hop <= HOP_EOI; hop++)
			check_counter(text.text, "imstrace_hops_total", hop_name(hop), id,
				      account->hops[hop]);
		check_counter(text.text, "imstrace_coalesced_total", NULL, id, account->ends[END_COALESCED]);
		check_counter(text.text, "imstrace_unmatched_total", NULL, id,
			      account_unmatched(account));
		check_counter(text.text, "imstrace_lost_total", NULL, id, 0);
		assert_true(account->ends[END_COALESCED] && account_unmatched(account));
	}
	assert_families(text.text);
	end(&text);
}

/* By the name of its device alone it might pass for a vector. */
static void openmetrics_says_what_is_a_line(void **state)
{
	struct text text;

	(void)state;
	begin();
	fake_line(input.fake, "0000:03:00.0");
	fake_vector(input.fake, UUID_A, 0);
	add(0, 2001, 2012, 2023, 2034, 2045)->times[HOP_UNMASK] = 2056;
	add(1, 2101, 2112, 2123, 2134, 2145);
	text = export(&openmetrics_sink);
	assert_non_null(strstr(text.text,
			       "imstrace_hops_total{device=\"0000:03:00.0:intx\",vector=\"0\","
			       "source=\"intx\",hop=\"unmask\"} 1\n"));
	assert_non_null(strstr(text.text, "imstrace_hops_total{device=\"" UUID_A "\",vector=\"0\","
			       "source=\"ims\",hop=\"eoi\"} 1\n"));
	assert_null(strstr(text.text, "source=\"ims\",hop=\"unmask\""));
	assert_non_null(strstr(text.text, "source=\"intx\",stage=\"masked\",le=\"+Inf\"} 1\n"));
	assert_null(strstr(text.text, "source=\"ims\",stage=\"masked\""));
	assert_families(text.text);
	end(&text);
}

static void openmetrics_makes_no_zero_of_what_is_not_seen(void **state)
{
	struct text text;

	(void)state;
	begin();
	fake_vector(input.fake, UUID_A, 0);
	*input.fake->source.hops[HOP_SIGNAL].attached = '\0';
	strcpy(input.fake->source.hops[HOP_SIGNAL].reason, "refused");
	add(0, 2001, 0, 2023, 2034, 2045);
	text = export(&openmetrics_sink);
	assert_null(strstr(text.text, "hop=\"signal\""));
	assert_null(strstr(text.text, "stage=\"handler\""));
	assert_null(strstr(text.text, "stage=\"irqfd\""));
	assert_non_null(strstr(text.text, "stage=\"deliver\""));
	assert_families(text.text);
	end(&text);
}

/* Those are in no bucket: which of the counts are too low, nobody knows. */
static void openmetrics_has_no_buckets_if_values_are_in_none(void **state)
{
	struct text text;

	(void)state;
	begin();
	fake_vector(input.fake, UUID_A, 0);
	input.fake->source.block_capacity = 0;
	add(0, 2001, 2012, 2023, 2034, 2045);
	text = export(&openmetrics_sink);
	assert_null(strstr(text.text, "le=\"0"));
	assert_null(strstr(text.text, "e-0"));
	assert_non_null(strstr(text.text, "stage=\"total\",le=\"+Inf\"} 1\n"));
	assert_families(text.text);
	end(&text);
}

static void openmetrics_survives_hostile_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < HOSTILE; i++) {
		struct text text = export_hostile(&openmetrics_sink, hostile[i]);
		char word[256];
		size_t seen = 0;

		for (const char *line = text.text; line && *line; line = strchr(line, '\n') + 1) {
			if (strncmp(line, "imstrace_hops_total{device=", 27))
				continue;
			assert_string_equal(label(line, "device", word), cleaned(hostile[i]));
			seen++;
		}
		/* All but unmask, which is of lines only. */
		assert_int_equal(seen, HOP_COUNT - 1);
		assert_families(text.text);
		end(&text);
	}
}

/* HdrHistogram */

static int by_value(const void *left, const void *right)
{
	__u64 a = *(const __u64 *)left, b = *(const __u64 *)right;

	return (a > b) - (a < b);
}

/* Takes a list off, which must be of this vector and stage. */
static char *check_list(char *text, __u32 id, enum imstrace_stage stage)
{
	struct histogram histogram = fake_histogram(input.fake, id * STAGE_COUNT + stage);
	__u64 values[MOST], sum = 0, count = values_of(id, stage, values);
	char heading[256], *line = text;
	double mean, deviation, max, last = 0;
	uint64_t total;
	unsigned int lines = 0;

	qsort(values, count, sizeof(values[0]), by_value);
	for (size_t i = 0; i < count; i++)
		sum += values[i];
	snprintf(heading, sizeof(heading), "# %s, vector %u, stage %s, in us\n"
		 "       Value     Percentile TotalCount 1/(1-Percentile)\n\n",
		 input.fake->vectors[id].device, input.fake->vectors[id].vector, stage_name(stage));
	assert_true(!strncmp(line, heading, strlen(heading)));
	line += strlen(heading);
	for (; *line != '#'; line = strchr(line, '\n') + 1, lines++) {
		double value, percentile, inverse;
		uint64_t seen, expected = 0;
		int fields = sscanf(line, "%lf %lf %" SCNu64 "%*[ ]%lf", &value, &percentile, &seen,
				    &inverse);

		assert_true(fields == 3 || fields == 4);
		assert_true(percentile >= last && percentile <= 1);
		/* The largest is exact. */
		assert_int_equal(llround(value * 1000), percentile < 1 ?
				 histogram_percentile(&histogram, count, percentile * 100) :
				 values[count - 1]);
		/* All that are in its bucket, or in one below. */
		while (expected < count &&
		       histogram_bucket(values[expected]) <= histogram_bucket(llround(value * 1000)))
			expected++;
		assert_int_equal(seen, expected);
		if (percentile < 1) {
			assert_int_equal(fields, 4);
			assert_true(fabs(inverse - 1 / (1 - percentile)) < 0.006);
		} else {
			assert_int_equal(fields, 3);
			assert_int_equal(seen, count);
		}
		last = percentile;
	}
	assert_true(last == 1 && lines > 16);
	assert_int_equal(sscanf(line, "#[Mean = %lf, StdDeviation = %lf]", &mean, &deviation), 2);
	assert_true(fabs(mean * 1000 - (double)sum / (double)count) < 1);
	assert_true(deviation > 0 && deviation * 1000 < values[count - 1]);
	line = strchr(line, '\n') + 1;
	assert_int_equal(sscanf(line, "#[Max = %lf, Total count = %" SCNu64 "]", &max, &total), 2);
	assert_int_equal(llround(max * 1000), values[count - 1]);
	assert_int_equal(total, count);
	line = strchr(line, '\n') + 1;
	assert_true(!strncmp(line, "#[Buckets = ", 12));
	return strchr(line, '\n') + 1;
}

static void hgrm_has_all_percentiles(void **state)
{
	struct text text;
	char *at;

	(void)state;
	begin();
	add_random(2000, 5);
	text = export(&hgrm_sink);
	at = text.text;
	/* In the order of the report: by name, and then by vector. */
	for (unsigned int i = 0; i < 4; i++)
		for (unsigned int stage = 0; stage <= STAGE_ENTER; stage++)
			if (stage <= STAGE_TOTAL || stage == STAGE_ENTER)
				at = check_list(at, (i + 2) % 4, stage);
	assert_string_equal(at, "");
	end(&text);
}

static void hgrm_has_the_stage_that_is_chosen(void **state)
{
	static const enum imstrace_stage chosen = STAGE_DELIVERY;
	struct text text;
	char *at;

	(void)state;
	begin();
	add_random(500, 6);
	text = export_with(&hgrm_sink, &chosen);
	at = text.text;
	for (unsigned int i = 0; i < 4; i++)
		at = check_list(at, (i + 2) % 4, STAGE_DELIVERY);
	assert_string_equal(at, "");
	end(&text);
}

/* All that is not a number is a comment, whatever anything is called. */
static void hgrm_survives_hostile_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < HOSTILE; i++) {
		struct text text = export_hostile(&hgrm_sink, hostile[i]);
		unsigned int headings = 0;

		for (char *line = strtok(text.text, "\n"); line; line = strtok(NULL, "\n")) {
			headings += !strncmp(line, "# ", 2);
			assert_true(*line == '#' || !strncmp(line, "       Value ", 13) ||
				    strspn(line, " .0123456789") == strlen(line));
		}
		/* None of what only lines have, what takes a detour, or what waits for its vCPU; but of enter. */
		assert_int_equal(headings, STAGE_TOTAL + 1 + 1);
		end(&text);
	}
}

static void hgrm_says_what_is_missing(void **state)
{
	struct text text;

	(void)state;
	begin();
	fake_vector(input.fake, UUID_A, 0);
	*input.fake->source.hops[HOP_SIGNAL].attached = '\0';
	strcpy(input.fake->source.hops[HOP_SIGNAL].reason, "refused");
	add(0, 2001, 0, 2023, 0, 0)->end = END_COALESCED;
	text = export(&hgrm_sink);
	assert_non_null(strstr(text.text, "stage handler, in us: n/a: refused\n"));
	assert_non_null(strstr(text.text, "stage total, in us: n/a: there was none\n"));
	assert_null(strstr(text.text, "Mean"));
	end(&text);

	begin();
	fake_vector(input.fake, UUID_A, 0);
	input.fake->source.block_capacity = 0;
	add(0, 2001, 2012, 2023, 2034, 2045);
	text = export(&hgrm_sink);
	assert_non_null(strstr(text.text, "total, in us: n/a: there was no room for 1 values\n"));
	assert_null(strstr(text.text, "Mean"));
	end(&text);
}

/* What was asked for is answered. */
static void hgrm_says_what_only_lines_have(void **state)
{
	static const enum imstrace_stage chosen = STAGE_MASKED;
	struct text text;

	(void)state;
	begin();
	fake_line(input.fake, "0000:03:00.0");
	fake_vector(input.fake, UUID_A, 0);
	add(0, 2001, 2012, 2023, 2034, 2045)->times[HOP_UNMASK] = 2056;
	text = export_with(&hgrm_sink, &chosen);
	assert_non_null(strstr(text.text, "# 0000:03:00.0:intx, vector 0, stage masked, in us\n"));
	assert_non_null(strstr(text.text,
			       "#[Max     =        0.055, Total count    =            1]\n"));
	assert_non_null(strstr(text.text, "# " UUID_A ", vector 0, stage masked, in us: n/a: "
			       ONLY_INTX "\n"));
	end(&text);
}

/* An empty recording is a valid file of each format. */
static void nothing_is_something(void **state)
{
	struct text text;
	struct packet packet;
	char *decoded, *at;

	(void)state;
	begin();
	text = export(&chrome_sink);
	json_decref(parse(&text));
	end(&text);
	begin();
	text = export(&openmetrics_sink);
	assert_families(text.text);
	end(&text);
	begin();
	text = export(&perfetto_sink);
	at = decoded = decode(&text);
	assert_true(next_packet(&at, &packet) && packet.snapshot && !next_packet(&at, &packet));
	free(decoded);
	end(&text);
	begin();
	text = export(&csv_sink);
	assert_ptr_equal(strchr(text.text, '\n'), text.text + text.size - 1);
	end(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_escaped_name_is_cut_between_escapes),
		cmocka_unit_test(csv_has_every_interrupt),
		cmocka_unit_test(csv_survives_hostile_names),
		cmocka_unit_test(fields_are_those_of_csv),
		cmocka_unit_test(fields_are_refused),
		cmocka_unit_test(chrome_slices_nest_and_flows_pair),
		cmocka_unit_test(chrome_tells_of_an_interrupt),
		cmocka_unit_test(chrome_survives_hostile_names),
		cmocka_unit_test(times_that_go_back_are_brought_in_order),
		cmocka_unit_test(what_has_no_room_is_left_out_and_said),
		cmocka_unit_test(loss_is_said),
		cmocka_unit_test(perfetto_slices_nest_and_flows_pair),
		cmocka_unit_test(perfetto_has_one_counter_whose_time_does_not_go_back),
		cmocka_unit_test(perfetto_survives_hostile_names),
		cmocka_unit_test(openmetrics_has_the_summary),
		cmocka_unit_test(openmetrics_says_what_is_a_line),
		cmocka_unit_test(openmetrics_makes_no_zero_of_what_is_not_seen),
		cmocka_unit_test(openmetrics_has_no_buckets_if_values_are_in_none),
		cmocka_unit_test(openmetrics_survives_hostile_names),
		cmocka_unit_test(hgrm_has_all_percentiles),
		cmocka_unit_test(hgrm_has_the_stage_that_is_chosen),
		cmocka_unit_test(hgrm_survives_hostile_names),
		cmocka_unit_test(hgrm_says_what_is_missing),
		cmocka_unit_test(hgrm_says_what_only_lines_have),
		cmocka_unit_test(nothing_is_something),
	};

	return cmocka_run_group_tests_name("export", tests, NULL, NULL);
}
