// SPDX-License-Identifier: GPL-2.0-only
/*
 * Recordings: what the writer is given is what the reader, and babeltrace2, find.
 */
#define _GNU_SOURCE
#include "fake_recording.h"

#include "../../user/measure/measurement.h"
#include "../../user/recording/format.h"
#include "../../user/recording/reader.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_EVENTS	16384

/* What the reader has handed on, in this order. */
struct seen {
	struct imstrace_lifecycle steps[MOST_EVENTS];
	struct imstrace_interrupt interrupts[MOST_EVENTS];
	size_t step_count, interrupt_count;
	char order[2 * MOST_EVENTS + 1];	/* "s" and "i" */
};

struct fixture {
	char directory[64];
	struct ctf_options options;
	struct ctf_writer *writer;
	struct fake_source *fake;
	__u64 ended;	/* what the clock says when the recording ends */
	struct source *read;
	struct seen *seen;
};

static struct fixture begin(struct ctf_options options)
{
	struct fixture fixture = { .directory = "/tmp/imstrace-unit-XXXXXX", .options = options };

	assert_non_null(mkdtemp(fixture.directory));
	fixture.fake = fake_source_new();
	fixture.seen = calloc(1, sizeof(*fixture.seen));
	assert_non_null(fixture.seen);
	return fixture;
}

/* Where @fixture will stay. */
static void create(struct fixture *fixture)
{
	fixture->options.directory = fixture->directory;
	if (!fixture->options.command_line)
		fixture->options.command_line = "unit test";
	assert_int_equal(ctf_create(&fixture->writer, &fixture->options), 0);
}

static void start(struct fixture *fixture)
{
	create(fixture);
	assert_int_equal(ctf_start(fixture->writer, &fixture->fake->source), 0);
}

static void finish(struct fixture *fixture)
{
	assert_int_equal(ctf_end(fixture->writer, fixture->ended), 0);
	ctf_close(fixture->writer);
	fixture->writer = NULL;
}

static void on_step(void *context, const struct imstrace_lifecycle *step)
{
	struct seen *seen = context;

	assert_true(seen->step_count < MOST_EVENTS);
	seen->order[seen->step_count + seen->interrupt_count] = 's';
	seen->steps[seen->step_count++] = *step;
}

static void on_interrupt(void *context, const struct imstrace_interrupt *interrupt)
{
	struct seen *seen = context;

	assert_true(seen->interrupt_count < MOST_EVENTS);
	seen->order[seen->step_count + seen->interrupt_count] = 'i';
	seen->interrupts[seen->interrupt_count++] = *interrupt;
}

static void read_part(struct fixture *fixture, __u64 from, __u64 to)
{
	const struct recording_options options = {
		.directory = fixture->directory, .from = from, .until = to,
	};

	memset(fixture->seen, 0, sizeof(*fixture->seen));
	assert_int_equal(recording_open(&fixture->read, &options), 0);
	fixture->read->handlers = (struct source_handlers) {
		.lifecycle = on_step, .interrupt = on_interrupt, .context = fixture->seen,
	};
	while (!fixture->read->ended)
		assert_int_equal(fixture->read->poll(fixture->read, UINT64_MAX), 0);
}

static void read_all(struct fixture *fixture)
{
	read_part(fixture, 0, 0);
}

static void end(struct fixture *fixture)
{
	char command[128];

	if (fixture->read)
		fixture->read->close(fixture->read);
	if (fixture->writer)
		ctf_close(fixture->writer);
	snprintf(command, sizeof(command), "rm -r %s", fixture->directory);
	assert_int_equal(system(command), 0);
	free(fixture->fake);
	free(fixture->seen);
}

/* Every byte a different one: a field that is mixed up with another shows. */
static void fill(void *to, size_t size, __u8 from)
{
	for (size_t i = 0; i < size; i++)
		((__u8 *)to)[i] = from + i * 7;
}

static void every_field_survives(void **state)
{
	struct fixture fixture = begin((struct ctf_options) { 0 });
	struct imstrace_lifecycle steps[STEP_COUNT];
	struct imstrace_interrupt interrupts[END_COUNT];
	struct imstrace_vector vector;

	(void)state;
	start(&fixture);
	fixture.fake->totals.vectors = 2;
	fill(&vector, sizeof(vector), 1);
	strcpy(vector.device, "0000:00:04.0");
	strcpy(vector.vmm, "CPU 0/KVM");
	strcpy(vector.guest, "guest");
	vector.device[IMSTRACE_NAME_LEN - 1] = '\0';
	vector.vmm[IMSTRACE_VMM_LEN - 1] = '\0';
	vector.signallers[IMSTRACE_SIGNALLERS_LEN - 1] = '\0';
	vector.guest[IMSTRACE_NAME_LEN - 1] = '\0';
	fixture.fake->vectors[1] = vector;
	for (unsigned int i = 0; i < STEP_COUNT; i++) {
		fill(&steps[i], sizeof(steps[i]), i);
		steps[i].time = 2000 + i;
		steps[i].step = i;
		steps[i].id = i % 2 ? 1 : IMSTRACE_NONE;
		steps[i].hop = i % HOP_COUNT;
		steps[i].device[IMSTRACE_NAME_LEN - 1] = '\0';
		assert_int_equal(ctf_write_lifecycle(fixture.writer, &steps[i]), 0);
	}
	for (unsigned int i = 0; i < END_COUNT; i++) {
		fill(&interrupts[i], sizeof(interrupts[i]), i);
		interrupts[i].id = 1;
		interrupts[i].end = i;
		interrupts[i].recounted = i;
		interrupts[i].behind_name[IMSTRACE_TASK_LEN - 1] = '\0';
		interrupts[i].times[HOP_COUNT - 1] = 3000 + i;
		assert_int_equal(ctf_write_interrupt(fixture.writer, &interrupts[i]), 0);
	}
	finish(&fixture);
	read_all(&fixture);
	assert_int_equal(fixture.seen->step_count, STEP_COUNT);
	assert_memory_equal(fixture.seen->steps, steps, sizeof(steps));
	assert_int_equal(fixture.seen->interrupt_count, END_COUNT);
	assert_memory_equal(fixture.seen->interrupts, interrupts, sizeof(interrupts));
	assert_int_equal(source_vector_count(fixture.read), 2);
	/* But for this, which the interrupts of a line tell. */
	vector.masked_since = 0;
	assert_memory_equal(&fixture.read->vectors[1], &vector, sizeof(vector));
	end(&fixture);
}

static void the_source_survives(void **state)
{
	struct fixture fixture = begin((struct ctf_options) { 0 });
	struct source *source = &fixture.fake->source;

	(void)state;
	strcpy(source->host, "host.example");
	strcpy(source->kernel, "6.12.0-1-amd64");
	source->to_wall_clock = -1999999999;
	source->pci_signal = "no \"fentry\" \\ here";
	source->posting = "nothing tells";
	source->may_post = true;
	*source->hops[HOP_EOI].attached = '\0';
	memset(source->hops[HOP_EOI].reason, 'x', sizeof(source->hops[HOP_EOI].reason) - 1);
	start(&fixture);
	/* Known at the end only. */
	fixture.fake->totals.lost_vectors = 5;
	fixture.fake->totals.lost_runs = 6;
	finish(&fixture);
	read_all(&fixture);
	assert_string_equal(fixture.read->host, source->host);
	assert_string_equal(fixture.read->kernel, source->kernel);
	assert_int_equal(fixture.read->to_wall_clock, source->to_wall_clock);
	assert_string_equal(fixture.read->pci_signal, source->pci_signal);
	assert_string_equal(fixture.read->posting, source->posting);
	assert_true(fixture.read->may_post);
	assert_int_equal(fixture.read->started, source->started);
	assert_int_equal(fixture.read->capacity, source->capacity);
	for (unsigned int hop = 0; hop < HOP_COUNT; hop++) {
		assert_string_equal(fixture.read->hops[hop].attached, source->hops[hop].attached);
		assert_string_equal(fixture.read->hops[hop].reason, source->hops[hop].reason);
	}
	assert_int_equal(fixture.read->totals->lost_vectors, 5);
	assert_int_equal(fixture.read->totals->lost_runs, 6);
	end(&fixture);
}

/* Its vCPU's thread was on a CPU, and KVM has an irqfd. */
static bool passes(const struct imstrace_interrupt *interrupt, enum imstrace_stage stage)
{
	if (stage == STAGE_WINDOW)
		return interrupt->times[HOP_INJECT] > interrupt->times[HOP_ENTER];
	return !stage_is_rare(stage);
}

/* One hop, as the programs in bpf/interrupts.h count it when it is passed. */
static void pass(struct fake_source *fake, const struct imstrace_interrupt *interrupt,
		 enum imstrace_hop hop)
{
	static const enum imstrace_hop ends[STAGE_COUNT][2] = {
#define X(ENUM, name, from, to, ...) { HOP_##from, HOP_##to },
		IMSTRACE_STAGES(X)
#undef X
	};
	const __u64 *times = interrupt->times;

	fake->accounts[interrupt->id].hops[hop]++;
	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++)
		if (passes(interrupt, stage) && ends[stage][1] == hop && times[ends[stage][0]])
			fake_value(fake, interrupt->id * STAGE_COUNT + stage,
				   times[hop] > times[ends[stage][0]] ?
				   times[hop] - times[ends[stage][0]] : 0);
}

/*
 * An interrupt that is seen at hops @first to @last and then ends so: counted as the programs
 * would, and recorded. One that is @merged was taken for coalesced at its accept.
 */
static void happen(struct fixture *fixture, __u64 *random, __u32 id, enum imstrace_hop first,
		   enum imstrace_hop last, enum imstrace_end how, bool merged)
{
	static __u64 clock = 100000;
	struct imstrace_account *account = &fixture->fake->accounts[id];
	struct imstrace_interrupt interrupt = { .id = id, .vcpu = 1, .guest_vector = 0x31 };

	clock += random_magnitude(random, 20);
	for (unsigned int hop = first; hop <= last; hop++) {
		/* Of CPUs whose clocks differ a little. */
		clock += random_magnitude(random, 30);
		interrupt.times[hop] = clock - random_next(random) % 3;
		pass(fixture->fake, &interrupt, hop);
		if (hop == HOP_ACCEPT && (merged || how == END_COALESCED)) {
			account->ends[END_COALESCED]++;
			interrupt.end = END_COALESCED;
			assert_int_equal(ctf_write_interrupt(fixture->writer, &interrupt), 0);
		}
	}
	if (how == END_COALESCED)
		return;
	account->ends[END_COALESCED] -= merged;
	account->ends[how] += how != END_COMPLETE && how != END_IN_FLIGHT;
	interrupt.end = how;
	interrupt.recounted = merged;
	assert_int_equal(ctf_write_interrupt(fixture->writer, &interrupt), 0);
}

static void expect_same_report(const struct figures *made, const struct figures *read)
{
	assert_int_equal(made->count, read->count);
	for (size_t i = 0; i < made->count; i++) {
		const struct vector_figures *a = &made->vectors[i], *b = &read->vectors[i];

		assert_memory_equal(&a->vector, &b->vector, sizeof(a->vector));
		assert_memory_equal(&a->account, &b->account, sizeof(a->account));
		assert_int_equal(a->in_flight, b->in_flight);
		assert_memory_equal(a->stages, b->stages, sizeof(a->stages));
		for (unsigned int hop = 0; hop < HOP_COUNT; hop++) {
			assert_int_equal(!a->hop_missing[hop], !b->hop_missing[hop]);
			if (a->hop_missing[hop])
				assert_string_equal(a->hop_missing[hop], b->hop_missing[hop]);
		}
	}
	assert_int_equal(made->totals.lost_lifecycle, read->totals.lost_lifecycle);
	assert_int_equal(made->totals.lost_interrupts, read->totals.lost_interrupts);
	assert_int_equal(made->totals.lost_values, read->totals.lost_values);
}

static void accounts_and_histograms_are_rebuilt(void **state)
{
	static const struct vector_filter all;
	struct fixture fixture = begin((struct ctf_options) { 0 });
	struct measurement *made, *read;
	__u64 random = 1;

	(void)state;
	start(&fixture);
	for (unsigned int vector = 0; vector < 3; vector++)
		fake_vector(fixture.fake, FAKE_DEVICE, vector);
	fixture.fake->vectors[2].kind = KIND_EMULATED;
	made = measurement_new(&fixture.fake->source, &all);
	for (unsigned int i = 0; i < 300; i++) {
		__u32 id = i % 2;

		happen(&fixture, &random, id, HOP_IRQ, HOP_EOI, END_COMPLETE, false);
		happen(&fixture, &random, 2, HOP_SIGNAL, HOP_EOI, END_COMPLETE, false);
		happen(&fixture, &random, id, HOP_IRQ, HOP_ACCEPT, END_COALESCED, true);
		happen(&fixture, &random, id, HOP_IRQ, HOP_EOI, END_COMPLETE, true);
		happen(&fixture, &random, id, HOP_IRQ, HOP_ACCEPT, END_HARDWARE, i % 3 == 0);
		happen(&fixture, &random, id, HOP_IRQ, HOP_INJECT, END_NO_EOI, true);
		for (unsigned int end = 0; end < END_COUNT; end++)
			if (end != END_COALESCED && end != END_IN_FLIGHT)
				happen(&fixture, &random, id, HOP_IRQ, end_hop(end), end, false);
	}
	happen(&fixture, &random, 0, HOP_IRQ, HOP_INJECT, END_IN_FLIGHT, false);
	happen(&fixture, &random, 1, HOP_IRQ, HOP_ACCEPT, END_IN_FLIGHT, false);
	fixture.fake->totals.lost_interrupts = 3;
	fixture.fake->totals.lost_lifecycle = 2;
	finish(&fixture);

	read_all(&fixture);
	read = measurement_new(fixture.read, &all);
	measurement_interval(made, 1);
	measurement_interval(read, 1);
	assert_int_equal(measurement_summary(made)->count, 3);
	assert_int_equal(measurement_summary(made)->vectors[0].in_flight, 1);
	expect_same_report(measurement_summary(made), measurement_summary(read));
	measurement_free(made);
	measurement_free(read);
	end(&fixture);
}

static void write_step(struct fixture *fixture, __u64 time)
{
	struct imstrace_lifecycle step = {
		.time = time, .step = STEP_VECTOR_BIND, .id = 0, .device = FAKE_DEVICE,
	};

	assert_int_equal(ctf_write_lifecycle(fixture->writer, &step), 0);
}

static void write_interrupt_of(struct fixture *fixture, __u32 id, __u64 time, __u64 took)
{
	struct imstrace_interrupt interrupt = {
		.times = { [HOP_IRQ] = time - took, [HOP_SIGNAL] = time }, .id = id,
		.end = END_SIGNALLED,
	};

	assert_int_equal(ctf_write_interrupt(fixture->writer, &interrupt), 0);
}

static void write_interrupt(struct fixture *fixture, __u64 time, __u64 took)
{
	write_interrupt_of(fixture, 0, time, took);
}

static void write_of_line(struct fixture *fixture, __u64 irq, __u64 signal, __u64 unmask)
{
	const struct imstrace_interrupt interrupt = {
		.times = { irq, signal, signal + 10, signal + 20, signal + 20, signal + 30, unmask },
		.cause = irq ? CAUSE_IRQ : CAUSE_RESENT, .end = END_COMPLETE,
	};

	assert_int_equal(ctf_write_interrupt(fixture->writer, &interrupt), 0);
}

static __u64 masked_at(struct fixture *fixture, __u64 from, __u64 to)
{
	__u64 since;

	read_part(fixture, from ? from - 1000 : 0, to ? to - 1000 : 0);
	since = fixture->read->vectors[0].masked_since;
	fixture->read->close(fixture->read);
	fixture->read = NULL;
	return since;
}

/* A line is masked and unmasked with each interrupt: nothing is written of it but they. */
static void whether_a_line_is_masked_is_told_by_its_interrupts(void **state)
{
	struct fixture fixture = begin((struct ctf_options) { 0 });
	struct imstrace_vector *line;
	__u64 bytes;

	(void)state;
	start(&fixture);
	line = &fixture.fake->vectors[fake_line(fixture.fake, "0000:03:00.0")];
	line->state = STATE_REQUESTED | STATE_BOUND;
	line->masked_since = 2000;
	write_of_line(&fixture, 2000, 2010, 2100);
	assert_int_equal(ctf_flush(fixture.writer), 0);
	bytes = ctf_size(fixture.writer).bytes;
	for (unsigned int i = 0; i < 10; i++) {
		line->masked_since = i % 2 ? 2500 : 0;
		assert_int_equal(ctf_flush(fixture.writer), 0);
	}
	assert_int_equal(ctf_size(fixture.writer).bytes, bytes);
	write_of_line(&fixture, 3000, 3010, 0);
	/* Another change does not take it back. */
	line->pid = 179;
	write_step(&fixture, 3500);
	assert_int_equal(ctf_flush(fixture.writer), 0);
	assert_true(ctf_size(fixture.writer).bytes > bytes);
	write_of_line(&fixture, 4000, 4010, 4100);
	write_of_line(&fixture, 0, 4100, 0);
	write_step(&fixture, 4500);
	/* Its irq is freed. */
	line->state = 0;
	write_step(&fixture, 5000);
	finish(&fixture);
	assert_int_equal(masked_at(&fixture, 0, 2900), 0);
	assert_int_equal(masked_at(&fixture, 0, 3200), 3000);
	assert_int_equal(masked_at(&fixture, 0, 3600), 3000);
	assert_int_equal(masked_at(&fixture, 3300, 3600), 3000);
	/* Signalled again, which is not known to be the same assertion. */
	assert_int_equal(masked_at(&fixture, 0, 4300), 4100);
	assert_int_equal(masked_at(&fixture, 0, 0), 0);
	end(&fixture);
}

/* What is never seen to be unmasked is not known to be masked. */
static void a_line_is_not_masked_if_unmaskings_are_not_seen(void **state)
{
	struct fixture fixture = begin((struct ctf_options) { 0 });

	(void)state;
	*fixture.fake->source.hops[HOP_UNMASK].attached = '\0';
	start(&fixture);
	fixture.fake->vectors[fake_line(fixture.fake, "0000:03:00.0")].state = STATE_BOUND;
	write_of_line(&fixture, 2000, 2010, 0);
	finish(&fixture);
	assert_int_equal(masked_at(&fixture, 0, 0), 0);
	end(&fixture);
}

static void streams_are_merged_in_time_order(void **state)
{
	struct fixture fixture = begin((struct ctf_options) { 0 });

	(void)state;
	start(&fixture);
	fake_vector(fixture.fake, FAKE_DEVICE, 0);
	for (__u64 time = 2000; time < 2600; time += 200)
		write_step(&fixture, time);
	for (__u64 time = 2000; time < 2600; time += 100)
		write_interrupt(&fixture, time, 1);
	finish(&fixture);
	read_all(&fixture);
	/* At the same time the step first: it says what the interrupt is of. */
	assert_string_equal(fixture.seen->order, "siisiisii");
	end(&fixture);
}

static void a_time_range_is_of_the_end_of_interrupts(void **state)
{
	struct fixture fixture = begin((struct ctf_options) { 0 });

	(void)state;
	start(&fixture);
	fake_vector(fixture.fake, FAKE_DEVICE, 0);
	for (__u64 time = 2000; time <= 6000; time += 1000) {
		write_step(&fixture, time);
		write_interrupt(&fixture, time + 1, 500);
	}
	finish(&fixture);
	/* From 1000 on. */
	read_part(&fixture, 2000, 4001);
	assert_string_equal(fixture.seen->order, "sisisi");
	assert_int_equal(fixture.seen->steps[0].time, 3000);
	assert_int_equal(fixture.seen->interrupts[2].times[HOP_SIGNAL], 5001);
	/* What is counted is the same as what is told. */
	assert_int_equal(fixture.read->accounts[0].hops[HOP_SIGNAL], 3);
	assert_int_equal(fixture.read->started, 3000);
	assert_int_equal(fixture.read->now(fixture.read), 5001);
	fixture.read->close(fixture.read);
	/* It goes on behind it: the time has passed. */
	read_part(&fixture, 2002, 4500);
	assert_string_equal(fixture.seen->order, "sisi");
	assert_int_equal(fixture.read->now(fixture.read), 5500);
	fixture.read->close(fixture.read);
	read_part(&fixture, 5002, 0);
	assert_string_equal(fixture.seen->order, "");
	/* Its vectors are those from before. */
	assert_string_equal(fixture.read->vectors[0].device, FAKE_DEVICE);
	end(&fixture);
}

static void what_is_quiet_at_its_end_is_part_of_it(void **state)
{
	struct fixture fixture = begin((struct ctf_options) { 0 });
	struct source *read;

	(void)state;
	start(&fixture);
	fake_vector(fixture.fake, FAKE_DEVICE, 0);
	write_interrupt(&fixture, 2000, 500);
	fixture.ended = 9000;
	finish(&fixture);
	read_all(&fixture);
	assert_string_equal(fixture.seen->order, "i");
	assert_int_equal(fixture.read->now(fixture.read), 9000);
	fixture.read->close(fixture.read);
	/* From 1000 on; interval by interval. */
	read_part(&fixture, 0, 6000);
	assert_int_equal(fixture.read->now(fixture.read), 7000);
	fixture.read->close(fixture.read);
	assert_int_equal(recording_open(&fixture.read, &(struct recording_options) {
			 .directory = fixture.directory }), 0);
	read = fixture.read;
	read->handlers = (struct source_handlers) {
		.lifecycle = on_step, .interrupt = on_interrupt, .context = fixture.seen,
	};
	for (__u64 time = 4000; time < 9000; time += 1000) {
		assert_int_equal(read->poll(read, time), 0);
		assert_int_equal(read->now(read), time);
		assert_false(read->ended);
	}
	assert_int_equal(read->poll(read, 10000), 0);
	assert_int_equal(read->now(read), 9000);
	assert_true(read->ended);
	end(&fixture);
}

static void more_than_a_packet(void **state)
{
	const unsigned int count = 3 * CTF_PACKET_BYTES / sizeof(struct ctf_interrupt);
	struct fixture fixture = begin((struct ctf_options) { 0 });
	struct ctf_size size;
	struct stat status;
	char path[96];

	(void)state;
	start(&fixture);
	fake_vector(fixture.fake, FAKE_DEVICE, 0);
	for (unsigned int i = 0; i < count; i++) {
		write_interrupt(&fixture, 2000 + i, i % 100);
		if (i % 4 == 0)
			write_step(&fixture, 2000 + i);
	}
	assert_int_equal(ctf_end(fixture.writer, 0), 0);
	size = ctf_size(fixture.writer);
	assert_int_equal(size.events[CTF_INTERRUPTS], count);
	finish(&fixture);
	snprintf(path, sizeof(path), "%s/interrupts", fixture.directory);
	assert_int_equal(stat(path, &status), 0);
	assert_true(status.st_size > 2 * CTF_PACKET_BYTES);
	read_all(&fixture);
	assert_int_equal(fixture.seen->interrupt_count, count);
	assert_int_equal(fixture.seen->step_count, (count + 3) / 4);
	for (unsigned int i = 0; i < count; i++)
		assert_int_equal(fixture.seen->interrupts[i].times[HOP_SIGNAL], 2000 + i);
	end(&fixture);
}

/* A vector that is first heard of by an interrupt, which ended before the latest step. */
static void a_vector_is_told_of_before_its_interrupts(void **state)
{
	struct fixture fixture = begin((struct ctf_options) { 0 });

	(void)state;
	start(&fixture);
	fake_vector(fixture.fake, FAKE_DEVICE, 0);
	write_step(&fixture, 5000);
	fake_vector(fixture.fake, FAKE_DEVICE, 1);
	write_interrupt_of(&fixture, 1, 4000, 10);
	finish(&fixture);
	read_all(&fixture);
	assert_int_equal(fixture.seen->interrupt_count, 1);
	assert_int_equal(fixture.seen->interrupts[0].times[HOP_SIGNAL], 4000);
	end(&fixture);
}

static void only_what_is_over(void **state)
{
	struct fixture fixture = begin((struct ctf_options) { .over = 100 });

	(void)state;
	start(&fixture);
	fake_vector(fixture.fake, FAKE_DEVICE, 0);
	write_interrupt(&fixture, 2000, 99);
	write_interrupt(&fixture, 2001, 100);
	write_interrupt(&fixture, 2002, 101);
	assert_int_equal(ctf_size(fixture.writer).not_over, 1);
	finish(&fixture);
	read_all(&fixture);
	assert_int_equal(fixture.seen->interrupt_count, 2);
	assert_int_equal(fixture.seen->interrupts[0].times[HOP_SIGNAL], 2001);
	end(&fixture);
}

/* At its accept it looked coalesced, and was told of; then it was injected after all. */
static void write_uncoalesced(struct fixture *fixture, __u64 time, __u64 to_accept, __u64 to_eoi)
{
	struct imstrace_interrupt interrupt = {
		.times = { [HOP_SIGNAL] = time, [HOP_ACCEPT] = time + to_accept },
		.end = END_COALESCED,
	};

	assert_int_equal(ctf_write_interrupt(fixture->writer, &interrupt), 0);
	interrupt.times[HOP_EOI] = time + to_eoi;
	interrupt.end = END_COMPLETE;
	interrupt.recounted = END_COALESCED;
	assert_int_equal(ctf_write_interrupt(fixture->writer, &interrupt), 0);
}

/* As report counts them: an interrupt of two records is one, and what is said of vectors no step. */
static void what_is_recorded_is_counted_once(void **state)
{
	struct fixture fixture = begin((struct ctf_options) { 0 });
	struct ctf_size size;

	(void)state;
	start(&fixture);
	fake_vector(fixture.fake, FAKE_DEVICE, 0);
	write_step(&fixture, 1500);
	write_interrupt(&fixture, 2000, 10);
	write_uncoalesced(&fixture, 3000, 20, 50);
	assert_int_equal(ctf_end(fixture.writer, 0), 0);
	size = ctf_size(fixture.writer);
	assert_int_equal(size.events[CTF_INTERRUPTS], 2);
	assert_int_equal(size.events[CTF_LIFECYCLE], 1);
	finish(&fixture);
	read_all(&fixture);
	assert_int_equal(fixture.read->accounts[0].hops[HOP_SIGNAL], 2);
	end(&fixture);

	/* Below the limit up to its accept, and over it in the end; and never over it. */
	fixture = begin((struct ctf_options) { .over = 100 });
	start(&fixture);
	fake_vector(fixture.fake, FAKE_DEVICE, 0);
	write_uncoalesced(&fixture, 2000, 99, 100);
	write_uncoalesced(&fixture, 3000, 50, 99);
	write_uncoalesced(&fixture, 4000, 100, 150);
	assert_int_equal(ctf_end(fixture.writer, 0), 0);
	size = ctf_size(fixture.writer);
	assert_int_equal(size.events[CTF_INTERRUPTS], 2);
	assert_int_equal(size.not_over, 1);
	end(&fixture);
}

/* Also of those that were lost after the last that was not. */
static void losses_are_in_the_packets(void **state)
{
	struct fixture fixture = begin((struct ctf_options) { 0 });

	(void)state;
	start(&fixture);
	fake_vector(fixture.fake, FAKE_DEVICE, 0);
	write_interrupt(&fixture, 2000, 10);
	write_step(&fixture, 2000);
	fixture.fake->totals.lost_interrupts = 2;
	assert_int_equal(ctf_flush(fixture.writer), 0);
	write_interrupt(&fixture, 3000, 10);
	assert_int_equal(ctf_flush(fixture.writer), 0);
	fixture.fake->totals.lost_interrupts = 5;
	fixture.fake->totals.lost_lifecycle = 7;
	finish(&fixture);
	read_all(&fixture);
	assert_int_equal(fixture.seen->interrupt_count, 2);
	assert_int_equal(fixture.read->totals->lost_interrupts, 5);
	assert_int_equal(fixture.read->totals->lost_lifecycle, 7);
	end(&fixture);
}

#define SECOND	1000000000ULL

static void the_flight_recorder_keeps_the_last(void **state)
{
	struct fixture fixture = begin((struct ctf_options) { .last = 10 * SECOND });

	(void)state;
	start(&fixture);
	fake_vector(fixture.fake, FAKE_DEVICE, 0);
	write_step(&fixture, SECOND);
	for (__u64 i = 1; i <= 100; i++) {
		write_interrupt(&fixture, i * SECOND, 10);
		assert_int_equal(ctf_flush(fixture.writer), 0);
	}
	assert_int_equal(ctf_size(fixture.writer).bytes, 0);
	assert_int_equal(ctf_keep(fixture.writer), 0);
	/* Once more, with what came then. */
	for (__u64 i = 101; i <= 150; i++) {
		write_interrupt(&fixture, i * SECOND, 10);
		assert_int_equal(ctf_flush(fixture.writer), 0);
	}
	assert_int_equal(ctf_keep(fixture.writer), 0);
	/* Not asked for. */
	write_interrupt(&fixture, 151 * SECOND, 10);
	finish(&fixture);
	read_all(&fixture);
	/* Of a vector whose last step is long past. */
	assert_int_equal(fixture.seen->interrupt_count, 22);
	assert_int_equal(fixture.seen->interrupts[0].times[HOP_SIGNAL], 90 * SECOND);
	assert_int_equal(fixture.seen->interrupts[10].times[HOP_SIGNAL], 100 * SECOND);
	assert_int_equal(fixture.seen->interrupts[11].times[HOP_SIGNAL], 140 * SECOND);
	assert_int_equal(fixture.seen->interrupts[21].times[HOP_SIGNAL], 150 * SECOND);
	assert_int_equal(fixture.seen->step_count, 0);
	assert_string_equal(fixture.read->vectors[0].device, FAKE_DEVICE);
	end(&fixture);
}

/* A vector as it was then, not as it is by now. */
static void the_flight_recorder_knows_vectors_as_they_were(void **state)
{
	struct fixture fixture = begin((struct ctf_options) { .last = 10 * SECOND });

	(void)state;
	start(&fixture);
	fake_vector(fixture.fake, FAKE_DEVICE, 0);
	fixture.fake->vectors[0].irq = 40;
	write_step(&fixture, SECOND);
	for (__u64 i = 1; i <= 30; i++) {
		write_interrupt(&fixture, i * SECOND, 10);
		assert_int_equal(ctf_flush(fixture.writer), 0);
	}
	fixture.fake->vectors[0].irq = 41;
	write_step(&fixture, 30 * SECOND + 1);
	assert_int_equal(ctf_keep(fixture.writer), 0);
	finish(&fixture);
	read_part(&fixture, 0, 29 * SECOND);
	assert_int_equal(fixture.read->vectors[0].irq, 40);
	fixture.read->close(fixture.read);
	read_all(&fixture);
	assert_int_equal(fixture.read->vectors[0].irq, 41);
	end(&fixture);
}

/* What a command prints. */
static char *output_of(const char *format, const char *directory)
{
	char command[512];
	struct output output;
	FILE *pipe;
	int c;

	snprintf(command, sizeof(command), format, directory);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	output_open(&output);
	while ((c = getc(pipe)) != EOF)
		putc(c, output.stream);
	pclose(pipe);
	return output_close(&output);
}

static void expect_output(const char *format, const struct fixture *fixture, const char *wanted)
{
	char *output = output_of(format, fixture->directory);

	assert_string_equal(output, wanted);
	free(output);
}

static void need_babeltrace(void)
{
	if (system("command -v babeltrace2 >/dev/null"))
		skip();
}

static void babeltrace_reads_the_same_events(void **state)
{
	struct fixture fixture = begin((struct ctf_options) { 0 });
	char *output, wanted[64];

	(void)state;
	need_babeltrace();
	create(&fixture);
	assert_int_equal(fake_record_all(fixture.writer, fixture.fake), 0);
	fixture.fake->totals.lost_interrupts = 0;
	fixture.fake->totals.lost_lifecycle = 0;
	fixture.ended = 1000000;
	finish(&fixture);
	read_all(&fixture);
	expect_output("babeltrace2 %s 2>&1 >/dev/null", &fixture, "");
	snprintf(wanted, sizeof(wanted), "%zu\n", fixture.seen->interrupt_count);
	expect_output("babeltrace2 %s | grep -c imstrace:interrupt:", &fixture, wanted);
	snprintf(wanted, sizeof(wanted), "%zu\n", fixture.seen->step_count);
	expect_output("babeltrace2 %s | grep -vc 'imstrace:interrupt:\\|imstrace:vector:'", &fixture,
		      wanted);
	output = output_of("babeltrace2 --clock-seconds %s", fixture.directory);
	assert_non_null(strstr(output, "eventfd_id = 7"));
	assert_non_null(strstr(output, "device = \"" FAKE_DEVICE "\""));
	assert_non_null(strstr(output, "\"" FAKE_DEVICE " vector 0\""));
	assert_non_null(strstr(output, "end = ( \"in_flight\" : container = 16 )"));
	free(output);
	end(&fixture);
}

/* Before the first event, between packets, and after the last. */
static void babeltrace_counts_what_is_lost(void **state)
{
	struct fixture fixture = begin((struct ctf_options) { 0 });

	(void)state;
	need_babeltrace();
	start(&fixture);
	fake_vector(fixture.fake, FAKE_DEVICE, 0);
	fixture.fake->totals.lost_interrupts = 2;
	write_interrupt(&fixture, 2000, 10);
	assert_int_equal(ctf_flush(fixture.writer), 0);
	fixture.fake->totals.lost_interrupts = 5;
	write_interrupt(&fixture, 3000, 10);
	assert_int_equal(ctf_flush(fixture.writer), 0);
	fixture.fake->totals.lost_interrupts = 12;
	finish(&fixture);
	read_all(&fixture);
	assert_int_equal(fixture.read->totals->lost_interrupts, 12);
	expect_output("babeltrace2 %s 2>&1 >/dev/null | sed -n 's/.*discarded \\([0-9]*\\) event.*/\\1/p'",
		      &fixture, "2\n3\n7\n");
	end(&fixture);
}

/* Names are from outside. */
static void hostile_names(void **state)
{
	struct ctf_options options = {
		.command_line = "imstrace \"record\" \\ \n\tvectors = 70000;\n}; \x01\xff\xc3( \x7f",
	};
	struct fixture fixture = begin(options);
	struct source *source = &fixture.fake->source;
	char *output;

	(void)state;
	strcpy(source->host, "\"};\nenv {\n\ttracer_name = \"x\\");
	strcpy(source->kernel, "6\\\"\xff\t");
	fake_vector(fixture.fake, "\"};\\\n\x01\xff", 0);
	fake_vector(fixture.fake, "x", 1);
	/* Without its NUL. */
	memset(fixture.fake->vectors[1].device, '"', IMSTRACE_NAME_LEN);
	memset(fixture.fake->vectors[1].guest, 0xff, IMSTRACE_NAME_LEN);
	start(&fixture);
	write_interrupt_of(&fixture, 0, 2000, 10);
	write_interrupt_of(&fixture, 1, 2001, 10);
	write_step(&fixture, 2002);
	finish(&fixture);
	read_all(&fixture);
	assert_string_equal(fixture.read->host, "\"};?env {??tracer_name = \"x\\");
	assert_string_equal(fixture.read->kernel, "6\\\"??");
	assert_int_equal(fixture.read->capacity, FAKE_CAPACITY);
	assert_string_equal(fixture.read->vectors[0].device, "\"};\\\n\x01\xff");
	assert_int_equal(strlen(fixture.read->vectors[1].device), IMSTRACE_NAME_LEN - 1);
	assert_int_equal(fixture.seen->interrupt_count, 2);
	if (!system("command -v babeltrace2 >/dev/null")) {
		expect_output("babeltrace2 %s 2>&1 >/dev/null", &fixture, "");
		output = output_of("babeltrace2 %s | grep -c imstrace:interrupt:", fixture.directory);
		assert_string_equal(output, "2\n");
		free(output);
	}
	end(&fixture);
}

/* Makes writing fail as a full disk does: what does not fit into @bytes is not written. */
static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Neither half a packet nor half of the metadata stays. */
static void a_full_disk_leaves_what_was_written_before(void **state)
{
	struct fixture fixture = begin((struct ctf_options) { 0 });
	struct stat status;
	char path[96];
	int ret = 0;

	(void)state;
	start(&fixture);
	fake_vector(fixture.fake, FAKE_DEVICE, 0);
	assert_int_equal(ctf_flush(fixture.writer), 0);
	snprintf(path, sizeof(path), "%s/metadata", fixture.directory);
	assert_int_equal(stat(path, &status), 0);
	limit_files(status.st_size + 10);
	/* Its name would make the metadata larger. */
	fake_vector(fixture.fake, FAKE_DEVICE, 1);
	assert_int_not_equal(ctf_flush(fixture.writer), 0);
	limit_files(RLIM_INFINITY);
	assert_int_not_equal(ctf_flush(fixture.writer), 0);
	ctf_close(fixture.writer);
	fixture.writer = NULL;
	read_all(&fixture);
	if (!system("command -v babeltrace2 >/dev/null"))
		expect_output("babeltrace2 %s 2>&1 >/dev/null", &fixture, "");
	end(&fixture);

	fixture = begin((struct ctf_options) { 0 });
	start(&fixture);
	fake_vector(fixture.fake, FAKE_DEVICE, 0);
	limit_files(CTF_PACKET_BYTES + 10000);
	for (unsigned int i = 0; i < MOST_EVENTS && !ret; i++) {
		struct imstrace_interrupt interrupt = {
			.times = { [HOP_IRQ] = 2000 + i }, .end = END_SIGNALLED,
		};

		ret = ctf_write_interrupt(fixture.writer, &interrupt);
		if (!ret && i == 10)
			ret = ctf_flush(fixture.writer);
	}
	limit_files(RLIM_INFINITY);
	assert_int_not_equal(ret, 0);
	assert_true(ctf_size(fixture.writer).events[CTF_INTERRUPTS] > 11);
	read_all(&fixture);
	assert_int_equal(fixture.seen->interrupt_count,
			 ctf_size(fixture.writer).events[CTF_INTERRUPTS]);
	end(&fixture);
}

static void a_recording_is_not_written_over(void **state)
{
	struct fixture fixture = begin((struct ctf_options) { 0 }), other;
	struct ctf_writer *second;
	struct stat status;
	char path[96];

	(void)state;
	start(&fixture);
	finish(&fixture);
	assert_int_equal(ctf_create(&second, &fixture.options), 2);
	read_all(&fixture);
	end(&fixture);

	/* One that came to nothing leaves nothing. */
	other = begin((struct ctf_options) { 0 });
	snprintf(path, sizeof(path), "%s/below", other.directory);
	other.options.directory = path;
	assert_int_equal(ctf_create(&second, &other.options), 0);
	ctf_abandon(second);
	assert_int_equal(stat(path, &status), -1);
	end(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_survives),
		cmocka_unit_test(the_source_survives),
		cmocka_unit_test(accounts_and_histograms_are_rebuilt),
		cmocka_unit_test(whether_a_line_is_masked_is_told_by_its_interrupts),
		cmocka_unit_test(a_line_is_not_masked_if_unmaskings_are_not_seen),
		cmocka_unit_test(streams_are_merged_in_time_order),
		cmocka_unit_test(a_time_range_is_of_the_end_of_interrupts),
		cmocka_unit_test(what_is_quiet_at_its_end_is_part_of_it),
		cmocka_unit_test(more_than_a_packet),
		cmocka_unit_test(a_vector_is_told_of_before_its_interrupts),
		cmocka_unit_test(only_what_is_over),
		cmocka_unit_test(what_is_recorded_is_counted_once),
		cmocka_unit_test(losses_are_in_the_packets),
		cmocka_unit_test(the_flight_recorder_keeps_the_last),
		cmocka_unit_test(the_flight_recorder_knows_vectors_as_they_were),
		cmocka_unit_test(babeltrace_reads_the_same_events),
		cmocka_unit_test(babeltrace_counts_what_is_lost),
		cmocka_unit_test(hostile_names),
		cmocka_unit_test(a_full_disk_leaves_what_was_written_before),
		cmocka_unit_test(a_recording_is_not_written_over),
	};

	return cmocka_run_group_tests_name("ctf", tests, NULL, NULL);
}
