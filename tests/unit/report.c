// SPDX-License-Identifier: GPL-2.0-only
#include "fake.h"

#include "../../user/measure/measurement.h"

#define UUID_A	"83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
#define UUID_B	"83b8f4f2-509f-382f-3c1e-e6bfe0fa1002"

static const struct vector_filter no_filter;

struct fixture {
	struct fake_source *fake;
	struct measurement *measurement;
};

static struct fixture measure(const struct vector_filter *filter)
{
	struct fixture fixture = { .fake = fake_source_new() };

	fixture.measurement = measurement_new(&fixture.fake->source, filter);
	assert_non_null(fixture.measurement);
	return fixture;
}

static void end(struct fixture *fixture)
{
	measurement_free(fixture->measurement);
	free(fixture->fake);
}

/* The report's line about the vector, NULL: it has none. */
static const struct vector_figures *find(const struct figures *report, const char *device,
					__u32 vector)
{
	for (size_t i = 0; i < report->count; i++)
		if (!strcmp(report->vectors[i].vector.device, device) &&
		    report->vectors[i].vector.vector == vector)
			return &report->vectors[i];
	return NULL;
}

/* Adds what an interval says to what those before it said. */
static void add_up(struct vector_figures sums[FAKE_CAPACITY], const struct figures *report)
{
	for (size_t i = 0; i < report->count; i++) {
		const struct vector_figures *vector = &report->vectors[i];
		/* In the tests below the vector's index is also its id. */
		struct vector_figures *sum = &sums[vector->vector.vector];

		for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
			sum->account.hops[hop] += vector->account.hops[hop];
		for (unsigned int stage = 0; stage < STAGE_COUNT; stage++)
			sum->account.sums[stage] += vector->account.sums[stage];
		for (unsigned int end = 0; end < END_COUNT; end++)
			sum->account.ends[end] += vector->account.ends[end];
		for (unsigned int stage = 0; stage < STAGE_COUNT; stage++)
			sum->stages[stage].count += vector->stages[stage].count;
	}
}

static void grow(struct fake_source *fake, __u64 *seed)
{
	for (__u32 id = 0; id < fake->totals.vectors; id++) {
		struct imstrace_account *account = &fake->accounts[id];
		unsigned int count, stage;

		if (random_next(seed) % 3 == 0)
			continue;
		count = random_next(seed) % 50;
		fake_interrupts(fake, id, count, random_next(seed) % 100000);
		account->hops[HOP_ACCEPT] += random_next(seed) % 3;
		account->ends[END_COALESCED] += random_next(seed) % 5;
		/* Some turn out not to have been. */
		account->ends[END_COALESCED] -= account->ends[END_COALESCED] ? random_next(seed) % 2 : 0;
		account->ends[END_NMI + random_next(seed) % 8] += random_next(seed) % 3;
		account->ends[END_LOST] += random_next(seed) % 2;
		/* Not all stages are seen of every interrupt. */
		stage = random_next(seed) % STAGE_COUNT;
		fake_value(fake, id * STAGE_COUNT + stage, random_next(seed) >> 20);
	}
}

static void check_figures(const struct stage_figures *figures)
{
	if (!figures->count)
		return;
	assert_in_range(figures->p50, figures->min, figures->p90);
	assert_in_range(figures->p99, figures->p90, figures->p999);
	assert_in_range(figures->p999, figures->p99, figures->max);
}

static void intervals_add_up_to_the_summary(void **state)
{
	struct fixture fixture = measure(&no_filter);
	struct vector_figures sums[FAKE_CAPACITY] = { 0 };
	const struct figures *report;
	__u64 seed = 1, now = 1000, last = 1000;

	(void)state;
	for (int interval = 0; interval < 100; interval++) {
		__u32 count = fixture.fake->totals.vectors;

		/* They show up one after the other. */
		if (interval % 7 == 0 && count < FAKE_CAPACITY)
			fake_vector(fixture.fake, count % 2 ? UUID_A : UUID_B, count);
		grow(fixture.fake, &seed);
		now += 1 + random_next(&seed) % 1000;
		report = measurement_interval(fixture.measurement, now);
		assert_int_equal(report->from, last);
		assert_int_equal(report->to, now);
		assert_int_equal(report->count, fixture.fake->totals.vectors);
		for (size_t i = 0; i < report->count; i++)
			for (unsigned int stage = 0; stage < STAGE_COUNT; stage++)
				check_figures(&report->vectors[i].stages[stage]);
		add_up(sums, report);
		last = now;
	}

	report = measurement_summary(fixture.measurement);
	assert_int_equal(report->from, 1000);
	assert_int_equal(report->to, now);
	assert_int_equal(report->count, FAKE_CAPACITY);
	for (size_t i = 0; i < report->count; i++) {
		const struct vector_figures *vector = &report->vectors[i];
		__u32 id = vector->vector.vector;

		assert_memory_equal(&vector->account, &sums[id].account, sizeof(vector->account));
		assert_memory_equal(&vector->account, &fixture.fake->accounts[id],
				    sizeof(vector->account));
		for (unsigned int stage = 0; stage < STAGE_COUNT; stage++) {
			struct histogram histogram = fake_histogram(fixture.fake,
								    id * STAGE_COUNT + stage);
			struct stage_figures exact = stage_figures(&histogram);

			assert_int_equal(vector->stages[stage].count, sums[id].stages[stage].count);
			assert_memory_equal(&vector->stages[stage], &exact, sizeof(exact));
		}
	}
	end(&fixture);
}

static void what_comes_after_the_last_reading_is_not_in_the_summary(void **state)
{
	struct fixture fixture = measure(&no_filter);
	const struct figures *report;

	(void)state;
	fake_vector(fixture.fake, UUID_A, 0);
	fake_interrupts(fixture.fake, 0, 10, 100);
	measurement_interval(fixture.measurement, 2000);
	fake_interrupts(fixture.fake, 0, 5, 100);
	report = measurement_summary(fixture.measurement);
	assert_int_equal(report->to, 2000);
	assert_int_equal(report->vectors[0].account.hops[HOP_EOI], 10);
	assert_int_equal(report->vectors[0].stages[STAGE_TOTAL].count, 10);
	end(&fixture);
}

static void an_interval_has_its_own_times(void **state)
{
	struct fixture fixture = measure(&no_filter);
	const struct figures *report;

	(void)state;
	fake_vector(fixture.fake, UUID_A, 0);
	fake_interrupts(fixture.fake, 0, 1000, 20);
	measurement_interval(fixture.measurement, 2000);
	fake_interrupts(fixture.fake, 0, 1, 10);
	report = measurement_interval(fixture.measurement, 3000);
	assert_int_equal(report->vectors[0].stages[STAGE_HANDLER].count, 1);
	assert_int_equal(report->vectors[0].stages[STAGE_HANDLER].min, 10);
	assert_int_equal(report->vectors[0].stages[STAGE_HANDLER].mean, 10);
	assert_int_equal(report->vectors[0].stages[STAGE_HANDLER].p50, 10);
	assert_int_equal(report->vectors[0].stages[STAGE_HANDLER].max, 10);
	assert_int_equal(report->vectors[0].stages[STAGE_TOTAL].p999, 40);
	report = measurement_interval(fixture.measurement, 4000);
	assert_int_equal(report->count, 1);
	assert_false(figures_active(&report->vectors[0]));
	assert_int_equal(report->vectors[0].stages[STAGE_HANDLER].count, 0);
	end(&fixture);
}

static void in_flight_is_of_the_moment_not_of_the_interval(void **state)
{
	struct fixture fixture = measure(&no_filter);
	const struct figures *report;

	(void)state;
	fake_vector(fixture.fake, UUID_A, 0);
	fake_interrupts(fixture.fake, 0, 10, 100);
	fixture.fake->accounts[0].hops[HOP_ACCEPT] += 3;
	report = measurement_interval(fixture.measurement, 2000);
	assert_int_equal(report->vectors[0].in_flight, 3);
	/* They end, and no more begin. */
	fixture.fake->accounts[0].hops[HOP_EOI] += 2;
	report = measurement_interval(fixture.measurement, 3000);
	assert_int_equal(report->vectors[0].in_flight, 1);
	report = measurement_summary(fixture.measurement);
	assert_int_equal(report->vectors[0].in_flight, 1);
	end(&fixture);
}

static void a_coalesced_count_may_decrease(void **state)
{
	struct fixture fixture = measure(&no_filter);
	const struct figures *report;

	(void)state;
	fake_vector(fixture.fake, UUID_A, 0);
	fixture.fake->accounts[0].hops[HOP_ACCEPT] = 5;
	fixture.fake->accounts[0].ends[END_COALESCED] = 3;
	report = measurement_interval(fixture.measurement, 2000);
	assert_int_equal(report->vectors[0].account.ends[END_COALESCED], 3);
	assert_int_equal(report->vectors[0].in_flight, 2);
	fixture.fake->accounts[0].ends[END_COALESCED] = 1;
	report = measurement_interval(fixture.measurement, 3000);
	assert_true((__s64)report->vectors[0].account.ends[END_COALESCED] == -2);
	assert_int_equal(report->vectors[0].in_flight, 4);
	report = measurement_summary(fixture.measurement);
	assert_int_equal(report->vectors[0].account.ends[END_COALESCED], 1);
	end(&fixture);
}

static void vectors_are_ordered_by_device_and_vector(void **state)
{
	static const struct {
		const char *device;
		__u32 vector;
	} order[] = {
		{ "0000:01:00.0", 11 }, { UUID_A, 0 }, { UUID_A, 2 }, { UUID_A, 10 }, { UUID_B, 0 },
		{ UUID_B, 1 },
	};
	struct fixture fixture = measure(&no_filter);
	const struct figures *report;

	(void)state;
	/* 5 is coprime to 6: all of them, in no order. */
	for (size_t i = 0; i < 6; i++)
		fake_vector(fixture.fake, order[(i * 5 + 2) % 6].device,
			    order[(i * 5 + 2) % 6].vector);
	for (int summary = 0; summary <= 1; summary++) {
		report = summary ? measurement_summary(fixture.measurement) :
				   measurement_interval(fixture.measurement, 2000);
		assert_int_equal(report->count, 6);
		for (size_t i = 0; i < 6; i++) {
			assert_string_equal(report->vectors[i].vector.device, order[i].device);
			assert_int_equal(report->vectors[i].vector.vector, order[i].vector);
		}
	}
	end(&fixture);
}

static void a_vector_without_a_name_is_not_there(void **state)
{
	struct fixture fixture = measure(&no_filter);
	const struct figures *report;

	(void)state;
	fake_vector(fixture.fake, UUID_A, 0);
	fake_vector(fixture.fake, "", 1);
	fake_vector(fixture.fake, UUID_A, 2);
	report = measurement_interval(fixture.measurement, 2000);
	assert_int_equal(report->count, 2);
	assert_non_null(find(report, UUID_A, 0));
	assert_non_null(find(report, UUID_A, 2));
	end(&fixture);
}

static void more_vectors_than_there_is_room_for_do_no_harm(void **state)
{
	struct fixture fixture = measure(&no_filter);

	(void)state;
	for (__u32 i = 0; i < FAKE_CAPACITY; i++)
		fake_vector(fixture.fake, UUID_A, i);
	/* The programs count up before they look. */
	fixture.fake->totals.vectors++;
	fixture.fake->totals.lost_vectors++;
	assert_int_equal(measurement_interval(fixture.measurement, 2000)->count, FAKE_CAPACITY);
	assert_int_equal(measurement_summary(fixture.measurement)->totals.lost_vectors, 1);
	end(&fixture);
}

static void losses_are_those_of_the_interval(void **state)
{
	struct fixture fixture = measure(&no_filter);
	const struct figures *report;

	(void)state;
	fixture.fake->totals = (struct imstrace_totals) {
		.lost_vectors = 1, .lost_lifecycle = 2, .lost_interrupts = 3,
	};
	report = measurement_interval(fixture.measurement, 2000);
	assert_int_equal(report->totals.lost_vectors, 1);
	assert_int_equal(report->totals.lost_lifecycle, 2);
	assert_int_equal(report->totals.lost_interrupts, 3);
	fixture.fake->totals.lost_interrupts = 10;
	report = measurement_interval(fixture.measurement, 3000);
	assert_int_equal(report->totals.lost_vectors, 0);
	assert_int_equal(report->totals.lost_lifecycle, 0);
	assert_int_equal(report->totals.lost_interrupts, 7);
	report = measurement_summary(fixture.measurement);
	assert_int_equal(report->totals.lost_vectors, 1);
	assert_int_equal(report->totals.lost_lifecycle, 2);
	assert_int_equal(report->totals.lost_interrupts, 10);
	end(&fixture);
}

static void a_filter_must_agree_in_all_its_members(void **state)
{
	static const struct imstrace_vector vector = {
		.device = UUID_A, .vector = 5, .irq = 30, .pid = 178, .kind = KIND_IMS,
		.vmm = "qemu", .guest = "db1",
	};
	static const struct {
		struct vector_filter filter;
		enum wanted wanted;
	} cases[] = {
		{ { 0 }, WANTED_YES },
		{ { .device = UUID_A }, WANTED_YES },
		{ { .device = UUID_B }, WANTED_NO },
		{ { .device = "83b8f4f2-*" }, WANTED_YES },
		{ { .device = "83b8f4f2" }, WANTED_NO },
		{ { .device = "*1002" }, WANTED_NO },
		{ { .vectors = "5" }, WANTED_YES },
		{ { .vectors = "0-4" }, WANTED_NO },
		{ { .vectors = "6-7,0,3-5" }, WANTED_YES },
		{ { .vectors = "50,15" }, WANTED_NO },
		{ { .irq = 30 }, WANTED_YES },
		{ { .irq = 31 }, WANTED_NO },
		{ { .pid = 178 }, WANTED_YES },
		{ { .pid = 179 }, WANTED_NO },
		{ { .guest = "db*" }, WANTED_YES },
		{ { .guest = "web*" }, WANTED_NO },
		{ { .source = "ims" }, WANTED_YES },
		{ { .source = "irqfd" }, WANTED_NO },
		{ { .device = UUID_A, .vectors = "5", .irq = 30, .pid = 178 }, WANTED_YES },
		{ { .device = UUID_B, .vectors = "5", .irq = 30, .pid = 178 }, WANTED_NO },
		{ { .device = UUID_A, .vectors = "4", .irq = 30, .pid = 178 }, WANTED_NO },
		{ { .device = UUID_A, .vectors = "5", .irq = 31, .pid = 178 }, WANTED_NO },
		{ { .device = UUID_A, .vectors = "5", .irq = 30, .pid = 179 }, WANTED_NO },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(vector_wanted(&cases[i].filter, &vector), cases[i].wanted);
}

/* Who asks for a device means its line, too. A name that only ends as a line's does is a name. */
static void a_line_is_of_its_device(void **state)
{
	static const struct {
		const char *pattern;
		enum wanted line, other;
	} cases[] = {
		{ "0000:03:00.0", WANTED_YES, WANTED_NO },
		{ "0000:03:00.0:intx", WANTED_YES, WANTED_YES },
		{ "0000:03:*", WANTED_YES, WANTED_YES },
		{ "*:intx", WANTED_YES, WANTED_YES },
		{ "*.0", WANTED_YES, WANTED_NO },
		{ "0000:03:00", WANTED_NO, WANTED_NO },
		{ "0000:03:00.1", WANTED_NO, WANTED_NO },
		{ "0000:03:00.0:", WANTED_NO, WANTED_NO },
	};
	struct imstrace_vector vector = { .device = "0000:03:00.0:intx", .irq = 16 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct vector_filter filter = { .device = cases[i].pattern };

		vector.kind = KIND_INTX;
		assert_int_equal(vector_wanted(&filter, &vector), cases[i].line);
		vector.kind = KIND_EMULATED;
		assert_int_equal(vector_wanted(&filter, &vector), cases[i].other);
	}
}

/* Nothing that merely lacks what it can't have counts as lacking. */
static void unmask_is_missing_of_lines_only(void **state)
{
	struct fixture fixture = measure(&no_filter);
	struct hop_status *status = &fixture.fake->source.hops[HOP_UNMASK];
	struct missing missing[FIGURES_REASONS];
	const struct figures *report;

	(void)state;
	*status->attached = '\0';
	strcpy(status->reason, "not asked for (--hops)");
	fake_vector(fixture.fake, UUID_A, 0);
	report = measurement_interval(fixture.measurement, 2000);
	assert_false(figures_have_hop(report, HOP_UNMASK));
	assert_true(figures_have_hop(report, HOP_EOI));
	assert_int_equal(figures_missing(report, missing), 0);
	fake_line(fixture.fake, "0000:03:00.0");
	report = measurement_interval(fixture.measurement, 3000);
	assert_true(figures_have_hop(report, HOP_UNMASK));
	assert_int_equal(figures_missing(report, missing), 1);
	assert_int_equal(missing[0].hops, 1U << HOP_UNMASK);
	assert_string_equal(missing[0].why, status->reason);
	end(&fixture);
}

static void what_is_not_known_yet_may_be_wanted_later(void **state)
{
	const struct vector_filter by_irq = { .irq = 30 }, by_pid = { .pid = 178 };
	const struct vector_filter elsewhere = { .device = UUID_B, .irq = 30, .pid = 178 };
	const struct vector_filter by_guest = { .guest = "db*" }, by_source = { .source = "irqfd" };
	struct imstrace_vector vector = { .device = UUID_A, .irq = IMSTRACE_NONE };

	(void)state;
	assert_int_equal(vector_wanted(&no_filter, &vector), WANTED_YES);
	assert_int_equal(vector_wanted(&by_irq, &vector), WANTED_LATER);
	assert_int_equal(vector_wanted(&by_pid, &vector), WANTED_LATER);
	assert_int_equal(vector_wanted(&by_guest, &vector), WANTED_LATER);
	assert_int_equal(vector_wanted(&by_source, &vector), WANTED_LATER);
	/* That can't come right any more. */
	assert_int_equal(vector_wanted(&elsewhere, &vector), WANTED_NO);
	vector.irq = 30;
	vector.pid = 178;
	vector.kind = KIND_IRQFD;
	strcpy(vector.vmm, "qemu");
	strcpy(vector.guest, "db1");
	assert_int_equal(vector_wanted(&by_guest, &vector), WANTED_YES);
	assert_int_equal(vector_wanted(&by_source, &vector), WANTED_YES);
	assert_int_equal(vector_wanted(&by_irq, &vector), WANTED_YES);
	assert_int_equal(vector_wanted(&by_pid, &vector), WANTED_YES);
}

static void only_wanted_vectors_are_reported(void **state)
{
	const struct vector_filter filter = { .device = UUID_A, .vectors = "1-2" };
	struct fixture fixture = measure(&filter);
	const struct figures *report;

	(void)state;
	for (__u32 vector = 0; vector < 4; vector++) {
		fake_vector(fixture.fake, UUID_A, vector);
		fake_vector(fixture.fake, UUID_B, vector);
	}
	report = measurement_interval(fixture.measurement, 2000);
	assert_int_equal(report->count, 2);
	assert_non_null(find(report, UUID_A, 1));
	assert_non_null(find(report, UUID_A, 2));
	end(&fixture);
}

/* A vector bound before imstrace looked: its VMM shows by its first signal. */
static void the_first_interval_of_a_late_vector_has_all_since_the_beginning(void **state)
{
	const struct vector_filter filter = { .pid = 178 };
	struct fixture fixture = measure(&filter);
	const struct figures *report;

	(void)state;
	fake_vector(fixture.fake, UUID_A, 0);
	fixture.fake->vectors[0].pid = 0;
	fake_interrupts(fixture.fake, 0, 10, 100);
	assert_int_equal(measurement_interval(fixture.measurement, 2000)->count, 0);
	assert_int_equal(measurement_summary(fixture.measurement)->count, 0);
	fake_interrupts(fixture.fake, 0, 5, 100);
	fixture.fake->vectors[0].pid = 178;
	report = measurement_interval(fixture.measurement, 3000);
	assert_int_equal(report->count, 1);
	assert_int_equal(report->vectors[0].account.hops[HOP_EOI], 15);
	assert_int_equal(report->vectors[0].stages[STAGE_TOTAL].count, 15);
	report = measurement_summary(fixture.measurement);
	assert_int_equal(report->vectors[0].account.hops[HOP_EOI], 15);
	end(&fixture);
}

/* The device is handed from one VMM to another: who asked for one gets its share. */
static void a_vector_is_not_charged_with_its_earlier_vmm(void **state)
{
	const struct vector_filter filter = { .pid = 200 };
	struct fixture fixture = measure(&filter);
	const struct figures *report;

	(void)state;
	fake_vector(fixture.fake, UUID_A, 0);
	fake_interrupts(fixture.fake, 0, 1000, 100);
	assert_int_equal(measurement_interval(fixture.measurement, 2000)->count, 0);
	fixture.fake->vectors[0].pid = 200;
	fake_interrupts(fixture.fake, 0, 5, 100);
	report = measurement_interval(fixture.measurement, 3000);
	assert_int_equal(report->count, 1);
	assert_int_equal(report->vectors[0].account.hops[HOP_EOI], 5);
	assert_int_equal(report->vectors[0].stages[STAGE_TOTAL].count, 5);
	report = measurement_summary(fixture.measurement);
	assert_int_equal(report->vectors[0].account.hops[HOP_EOI], 5);
	assert_int_equal(report->vectors[0].stages[STAGE_TOTAL].count, 5);
	end(&fixture);
}

static void the_summary_keeps_what_has_passed_to_another_vmm(void **state)
{
	const struct vector_filter filter = { .pid = 178 };
	struct fixture fixture = measure(&filter);
	const struct figures *report;

	(void)state;
	fake_vector(fixture.fake, UUID_A, 0);
	fake_interrupts(fixture.fake, 0, 10, 100);
	report = measurement_interval(fixture.measurement, 2000);
	assert_int_equal(report->vectors[0].account.hops[HOP_EOI], 10);
	fixture.fake->vectors[0].pid = 200;
	fake_interrupts(fixture.fake, 0, 1000, 100);
	assert_int_equal(measurement_interval(fixture.measurement, 3000)->count, 0);
	report = measurement_summary(fixture.measurement);
	assert_int_equal(report->count, 1);
	assert_int_equal(report->vectors[0].account.hops[HOP_EOI], 10);
	end(&fixture);
}

struct mode {
	enum imstrace_kind kind;
	enum imstrace_reader reader;
	const char *name;
	/* Hops that can't be seen. */
	unsigned int missing;
};

#define BIT(hop)	(1U << (hop))
#define OF_KVM		(BIT(HOP_ACCEPT) | BIT(HOP_ENTER) | BIT(HOP_INJECT) | BIT(HOP_EOI))
#define OF_LINES	BIT(HOP_UNMASK)

static const struct mode modes[] = {
	{ KIND_IMS, READER_IRQFD, "irqfd", OF_LINES },
	{ KIND_IMS, READER_IRQFD_WORK, "irqfd-work", OF_LINES | OF_KVM },
	{ KIND_IMS, READER_USER, "user", OF_LINES | OF_KVM },
	{ KIND_IMS, READER_UNKNOWN, NULL, OF_LINES },
	{ KIND_PCI, READER_IRQFD, "irqfd", OF_LINES },
	{ KIND_UNKNOWN, READER_UNKNOWN, NULL, OF_LINES },
	{ KIND_EMULATED, READER_IRQFD, "emulated", OF_LINES | BIT(HOP_IRQ) },
	{ KIND_EMULATED, READER_UNKNOWN, "emulated", OF_LINES | BIT(HOP_IRQ) },
	{ KIND_EMULATED, READER_USER, "emulated", OF_LINES | BIT(HOP_IRQ) | OF_KVM },
	{ KIND_IRQFD, READER_IRQFD, "irqfd", OF_LINES | BIT(HOP_IRQ) },
	{ KIND_LINE, READER_IRQFD, "ioctl", OF_LINES | BIT(HOP_IRQ) },
	{ KIND_INTX, READER_IRQFD, "irqfd", 0 },
	{ KIND_INTX, READER_IRQFD_WORK, "irqfd-work", OF_KVM },
	{ KIND_INTX, READER_USER, "user", OF_KVM },
	{ KIND_INTX, READER_UNKNOWN, NULL, 0 },
};

#define MODES	(sizeof(modes) / sizeof(modes[0]))

static const struct vector_figures *report_mode(struct fixture *fixture, const struct mode *mode)
{
	__u32 id = fake_vector(fixture->fake, UUID_A, 0);

	fixture->fake->vectors[id].kind = mode->kind;
	fixture->fake->vectors[id].reader = mode->reader;
	return measurement_interval(fixture->measurement, 2000)->vectors;
}

static void each_mode_lacks_its_hops(void **state)
{
	(void)state;
	for (size_t i = 0; i < MODES; i++) {
		struct fixture fixture = measure(&no_filter);
		const struct vector_figures *report = report_mode(&fixture, &modes[i]);

		if (modes[i].name)
			assert_string_equal(vector_mode(&report->vector, &report->account), modes[i].name);
		else
			assert_null(vector_mode(&report->vector, &report->account));
		for (unsigned int hop = 0; hop < HOP_COUNT; hop++) {
			if (modes[i].missing & BIT(hop))
				assert_non_null(report->hop_missing[hop]);
			else
				assert_null(report->hop_missing[hop]);
		}
		end(&fixture);
	}
}

static void a_stage_is_missing_with_either_of_its_hops(void **state)
{
	(void)state;
	for (size_t i = 0; i < MODES; i++) {
		struct fixture fixture = measure(&no_filter);
		const struct vector_figures *report = report_mode(&fixture, &modes[i]);

		for (unsigned int stage = 0; stage < STAGE_COUNT; stage++) {
			const char *from = report->hop_missing[stage_from(stage)];
			const char *to = report->hop_missing[stage_to(stage)];
			const char *why = figures_stage_missing(report, stage);

			if (stage == STAGE_DETOUR || stage_class(stage) == STAGE_IS_BOUND)
				assert_non_null(why);
			else if (!from && !to)
				assert_null(why);
			else
				assert_string_equal(why, from ? from : to);
		}
		end(&fixture);
	}
}

static void reasons_say_why(void **state)
{
	static const char *const words[] = { "emulated", "VMM", "workqueue" };
	struct fixture fixture = measure(&no_filter);
	const struct figures *report;

	(void)state;
	fake_vector(fixture.fake, UUID_A, 0);
	fixture.fake->vectors[0].kind = KIND_EMULATED;
	fake_vector(fixture.fake, UUID_A, 1);
	fixture.fake->vectors[1].reader = READER_USER;
	fake_vector(fixture.fake, UUID_A, 2);
	fixture.fake->vectors[2].reader = READER_IRQFD_WORK;
	report = measurement_interval(fixture.measurement, 2000);
	for (size_t i = 0; i < 3; i++) {
		const char *why = figures_stage_missing(&report->vectors[i], STAGE_TOTAL);

		assert_non_null(why);
		assert_non_null(strstr(why, words[i]));
	}
	end(&fixture);
}

/* What holds for all vectors is a better reason than what holds for one; but not of lines' own hop. */
static void a_hop_that_is_not_attached_is_missing_in_every_mode(void **state)
{
	(void)state;
	for (unsigned int lacking = 0; lacking < HOP_COUNT; lacking++) {
		for (size_t i = 0; i < MODES; i++) {
			struct fixture fixture = measure(&no_filter);
			struct hop_status *status = &fixture.fake->source.hops[lacking];
			const struct vector_figures *report;

			*status->attached = '\0';
			strcpy(status->reason, "this kernel has no such tracepoint");
			report = report_mode(&fixture, &modes[i]);
			assert_string_equal(report->hop_missing[lacking],
					    lacking == HOP_UNMASK && modes[i].kind != KIND_INTX ?
					    ONLY_INTX : status->reason);
			for (unsigned int stage = 0; stage < STAGE_COUNT; stage++)
				if (stage_from(stage) == lacking || stage_to(stage) == lacking)
					assert_non_null(figures_stage_missing(report, stage));
			end(&fixture);
		}
	}
}

/*
 * The last signals of a VM that ends find nobody who reads the eventfd. That
 * must not take away what was counted before.
 */
static void a_hop_that_was_seen_is_not_missing(void **state)
{
	struct fixture fixture = measure(&no_filter);
	const struct figures *report;

	(void)state;
	fake_vector(fixture.fake, UUID_A, 0);
	fake_interrupts(fixture.fake, 0, 1000, 100);
	measurement_interval(fixture.measurement, 2000);
	fixture.fake->vectors[0].reader = READER_USER;
	fixture.fake->accounts[0].hops[HOP_IRQ]++;
	fixture.fake->accounts[0].hops[HOP_SIGNAL]++;
	report = measurement_interval(fixture.measurement, 3000);
	assert_non_null(report->vectors[0].hop_missing[HOP_EOI]);
	report = measurement_summary(fixture.measurement);
	assert_int_equal(report->vectors[0].account.hops[HOP_EOI], 1000);
	assert_null(report->vectors[0].hop_missing[HOP_EOI]);
	assert_null(figures_stage_missing(&report->vectors[0], STAGE_TOTAL));
	end(&fixture);
}

/* The programs count a hop before its stages: a reading may come in between. */
static void a_stage_that_was_counted_is_not_missing(void **state)
{
	struct fixture fixture = measure(&no_filter);
	const struct figures *report;

	(void)state;
	fake_vector(fixture.fake, UUID_A, 0);
	fixture.fake->vectors[0].reader = READER_USER;
	for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
		fixture.fake->accounts[0].hops[hop]++;
	measurement_interval(fixture.measurement, 2000);
	fake_value(fixture.fake, STAGE_TOTAL, 100);
	report = measurement_interval(fixture.measurement, 3000);
	assert_int_equal(report->vectors[0].stages[STAGE_TOTAL].count, 1);
	assert_null(report->vectors[0].hop_missing[HOP_EOI]);
	assert_null(figures_stage_missing(&report->vectors[0], STAGE_TOTAL));
	end(&fixture);
}

static void a_vector_with_any_count_is_active(void **state)
{
	struct vector_figures report = { 0 };

	(void)state;
	report.in_flight = 1;
	assert_false(figures_active(&report));
	for (unsigned int hop = 0; hop < HOP_COUNT; hop++) {
		report = (struct vector_figures) { 0 };
		report.account.hops[hop] = 1;
		assert_true(figures_active(&report));
	}
	report = (struct vector_figures) { .account.ends[END_LOST] = 1 };
	assert_true(figures_active(&report));
	/* The hop was in the interval before, and its end is in this one. */
	report = (struct vector_figures) { .account.ends[END_NOT_ACCEPTED] = 1 };
	assert_true(figures_active(&report));
	report = (struct vector_figures) { .account.ends[END_COALESCED] = 1 };
	assert_true(figures_active(&report));
}

/* No block left: counts, sums and extremes stay exact, percentiles are not made up. */
static void values_without_a_block_are_counted(void **state)
{
	struct fixture fixture = measure(&no_filter);
	const struct vector_figures *vector;
	const struct figures *report;
	__u32 id;

	(void)state;
	fixture.fake->source.block_capacity = 2;
	id = fake_vector(fixture.fake, UUID_A, 0);
	for (unsigned int i = 0; i < 10; i++) {
		fake_value(fixture.fake, id * STAGE_COUNT + STAGE_HANDLER, 1000);
		fake_value(fixture.fake, id * STAGE_COUNT + STAGE_HANDLER, 5000);
		fake_value(fixture.fake, id * STAGE_COUNT + STAGE_HANDLER, i ? 3000 : 100000);
		fake_value(fixture.fake, id * STAGE_COUNT + STAGE_IRQFD, 1000);
	}
	fixture.fake->accounts[id].hops[HOP_IRQ] = 30;
	report = measurement_interval(fixture.measurement, 2000);
	assert_int_equal(report->totals.lost_values, 20);
	vector = &measurement_summary(fixture.measurement)->vectors[0];
	assert_int_equal(vector->stages[STAGE_HANDLER].count, 30);
	assert_int_equal(vector->stages[STAGE_HANDLER].unplaced, 10);
	assert_int_equal(vector->stages[STAGE_HANDLER].min, 1000);
	assert_int_equal(vector->stages[STAGE_HANDLER].max, 100000);
	assert_int_equal(vector->stages[STAGE_HANDLER].mean, (1000 * 10 + 5000 * 10 + 3000 * 9 + 100000) / 30);
	assert_int_equal(vector->stages[STAGE_IRQFD].count, 10);
	assert_int_equal(vector->stages[STAGE_IRQFD].unplaced, 10);

	/* The next interval has none of it again. */
	report = measurement_interval(fixture.measurement, 3000);
	assert_int_equal(report->totals.lost_values, 0);
	assert_int_equal(report->vectors[0].stages[STAGE_HANDLER].count, 0);
	end(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_without_a_block_are_counted),
		cmocka_unit_test(intervals_add_up_to_the_summary),
		cmocka_unit_test(what_comes_after_the_last_reading_is_not_in_the_summary),
		cmocka_unit_test(an_interval_has_its_own_times),
		cmocka_unit_test(in_flight_is_of_the_moment_not_of_the_interval),
		cmocka_unit_test(a_coalesced_count_may_decrease),
		cmocka_unit_test(vectors_are_ordered_by_device_and_vector),
		cmocka_unit_test(a_vector_without_a_name_is_not_there),
		cmocka_unit_test(more_vectors_than_there_is_room_for_do_no_harm),
		cmocka_unit_test(losses_are_those_of_the_interval),
		cmocka_unit_test(a_filter_must_agree_in_all_its_members),
		cmocka_unit_test(a_line_is_of_its_device),
		cmocka_unit_test(unmask_is_missing_of_lines_only),
		cmocka_unit_test(what_is_not_known_yet_may_be_wanted_later),
		cmocka_unit_test(only_wanted_vectors_are_reported),
		cmocka_unit_test(the_first_interval_of_a_late_vector_has_all_since_the_beginning),
		cmocka_unit_test(a_vector_is_not_charged_with_its_earlier_vmm),
		cmocka_unit_test(the_summary_keeps_what_has_passed_to_another_vmm),
		cmocka_unit_test(each_mode_lacks_its_hops),
		cmocka_unit_test(a_stage_is_missing_with_either_of_its_hops),
		cmocka_unit_test(reasons_say_why),
		cmocka_unit_test(a_hop_that_is_not_attached_is_missing_in_every_mode),
		cmocka_unit_test(a_hop_that_was_seen_is_not_missing),
		cmocka_unit_test(a_stage_that_was_counted_is_not_missing),
		cmocka_unit_test(a_vector_with_any_count_is_active),
	};

	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
