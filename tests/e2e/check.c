// SPDX-License-Identifier: GPL-2.0-only
#include "check.h"

#include <imstrace/histogram.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { IRQ, SIGNAL, ACCEPT, INJECT, EOI };

const char *const check_hops[] = { "irq", "signal", "accept", "inject", "eoi" };
const size_t check_hop_count = COUNT(check_hops);

static const char *const stages[] = {
	"handler", "irqfd", "deliver", "service", "delivery", "total",
};

static const char *const losses[] = {
	"vectors", "lifecycle", "interrupts", "runs", "values",
};

static bool is_of(json_t *entry, json_t *vector)
{
	return number(entry, "vector") == number(vector, "vector") &&
	       !strcmp(text(entry, "device"), text(vector, "device"));
}

static bool is_emulated(json_t *vector)
{
	const char *mode = json_string_value(json_object_get(vector, "mode"));

	return mode && !strcmp(mode, "emulated");
}

/* What the stream says of a vector. */
struct streamed {
	long long hops[COUNT(check_hops)];
	json_t *ends;	/* how many, by the end's name */
};

static void add_end(json_t *ends, const char *end, int more)
{
	long long count = json_integer_value(json_object_get(ends, end));

	json_object_set_new(ends, end, json_integer(count + more));
}

/* Those that come after this hop and before the next. */
static const char *const ends_of[COUNT(check_hops)][9] = {
	[IRQ] = { "merged", "no_signal" },
	[SIGNAL] = { "nmi", "signalled", "user", "workqueue", "work_merged", "no_route",
		     "not_accepted", "refused", "line_up" },
	[ACCEPT] = { "coalesced", "hardware", "lost", "dropped" },
	[INJECT] = { "no_eoi" },
};

static size_t hop_of(const char *end)
{
	for (size_t hop = 0; hop < COUNT(ends_of); hop++)
		for (size_t i = 0; i < COUNT(ends_of[hop]) && ends_of[hop][i]; i++)
			if (!strcmp(ends_of[hop][i], end))
				return hop;
	fail_msg("no end is called %s", end);
	return IRQ;
}

static struct streamed add_up(const struct trace *trace, json_t *vector)
{
	struct streamed sum = { .ends = json_object() };
	json_t *interrupt;
	size_t i;

	json_array_foreach(trace->interrupts, i, interrupt) {
		/* It has been streamed before, up to the hop at which it seemed to end. */
		const char *before = json_string_value(json_object_get(interrupt, "recounted"));
		size_t first = before ? hop_of(before) + 1 : IRQ;

		if (!is_of(interrupt, vector))
			continue;
		for (size_t hop = 0; hop < COUNT(check_hops); hop++) {
			if (member_is_null(interrupt, "hops", check_hops[hop]))
				continue;
			sum.hops[hop] += hop >= first;
		}
		add_end(sum.ends, text(interrupt, "end"), 1);
		if (before)
			add_end(sum.ends, before, -1);
	}
	return sum;
}

static void expect_balance(json_t *vector, const char *what, long long left, long long right)
{
	if (left != right)
		fail_msg("%s, vector %lld: %s: %lld is not %lld", text(vector, "device"),
			 number(vector, "vector"), what, left, right);
}

/* The sum of a vector's ends of this hop. */
static long long ends_at(json_t *vector, size_t hop)
{
	long long sum = 0;

	for (size_t i = 0; i < COUNT(ends_of[hop]) && ends_of[hop][i]; i++)
		sum += member(vector, "ends", ends_of[hop][i]);
	return sum;
}

/* What is streamed is what is counted, end by end, and each equation holds by itself. */
static void check_each_hop(const struct trace *trace, json_t *vector, const long long hops[])
{
	struct streamed streamed = add_up(trace, vector);
	long long in_flight = number(vector, "in_flight"), pending, in_service;
	const char *end;
	json_t *count;

	json_object_foreach(json_object_get(vector, "ends"), end, count)
		expect_balance(vector, end, json_integer_value(count),
			       json_integer_value(json_object_get(streamed.ends, end)));
	pending = hops[ACCEPT] - hops[INJECT] - ends_at(vector, ACCEPT);
	in_service = hops[INJECT] - hops[EOI] - ends_at(vector, INJECT);
	assert_true(pending >= 0);
	assert_true(in_service >= 0);
	expect_balance(vector, "in flight", in_flight, pending + in_service);
	expect_balance(vector, "signal", hops[SIGNAL], hops[ACCEPT] + ends_at(vector, SIGNAL));
	/* What has not ended is streamed as well. */
	expect_balance(vector, "streamed as in flight", in_flight,
		       json_integer_value(json_object_get(streamed.ends, "in_flight")));
	for (size_t hop = 0; hop < COUNT(check_hops); hop++)
		expect_balance(vector, check_hops[hop], streamed.hops[hop], hops[hop]);
	json_decref(streamed.ends);
}

void check_accounts(const struct trace *trace)
{
	json_t *vector;
	size_t i;

	json_array_foreach(json_object_get(trace->summary, "vectors"), i, vector) {
		long long hops[COUNT(check_hops)] = { 0 }, begun, ended;
		bool all = true;

		for (size_t hop = 0; hop < COUNT(check_hops); hop++) {
			if (member_is_null(vector, "hops", check_hops[hop]))
				/* An emulated vector never has an irq. */
				all &= hop == IRQ && is_emulated(vector);
			else
				hops[hop] = member(vector, "hops", check_hops[hop]);
			assert_true(hops[hop] >= 0);
		}
		if (!all)
			continue;
		if (trace->events && !number(trace->summary, "lost.interrupts")) {
			check_each_hop(trace, vector, hops);
			continue;
		}
		/* All by an irq but what is emulated: without --interrupts no test has loopbacks. */
		ended = hops[EOI] + number(vector, "coalesced") + number(vector, "hardware") +
			number(vector, "unmatched") + number(vector, "lost") +
			number(vector, "in_flight");
		begun = is_null(vector, "hops.irq") ? hops[SIGNAL] : hops[IRQ];
		expect_balance(vector, "all", begun, ended);
	}
}

void check_only_end(json_t *vector, const char *end, long long count)
{
	const char *name;
	json_t *counted;

	json_object_foreach(json_object_get(vector, "ends"), name, counted)
		assert_int_equal(json_integer_value(counted),
				 end && !strcmp(name, end) ? count : 0);
}

void check_settled(const struct trace *trace)
{
	json_t *vector;
	size_t i;

	for (i = 0; i < COUNT(losses); i++)
		assert_int_equal(member(trace->summary, "lost", losses[i]), 0);
	json_array_foreach(json_object_get(trace->summary, "vectors"), i, vector) {
		expect_balance(vector, "lost", number(vector, "lost"), 0);
		if (!is_null(vector, "in_flight"))
			expect_balance(vector, "in flight", number(vector, "in_flight"), 0);
	}
}

void check_vector(json_t *truth, json_t *expected, const struct trace *trace)
{
	json_t *seen = find_vector(trace->summary, text(truth, "device"),
				   number(expected, "vector"));
	long long rang = number(expected, "rang");

	assert_true(rang > 0);
	expect_text(seen, "mode", truth_emulated(expected) ? "emulated" : "irqfd");
	if (truth_emulated(expected))
		assert_true(is_null(seen, "hops.irq"));
	else
		assert_int_equal(number(seen, "hops.irq"), rang);
	assert_int_equal(number(seen, "hops.signal"), rang);
	assert_int_equal(number(seen, "hops.accept"), rang);
	assert_int_equal(number(seen, "hops.inject") + number(seen, "coalesced"), rang);
	assert_int_equal(number(seen, "hops.eoi"), number(seen, "hops.inject"));
	assert_int_equal(number(seen, "hops.eoi"), number(expected, "seen"));
	assert_int_equal(number(seen, "unmatched"), 0);
	assert_int_equal(number(seen, "eventfd_id"), number(expected, "eventfd_id"));
	assert_int_equal(number(seen, "pid"), number(expected, "pid"));
}

void check_counts(json_t *truth, const struct trace *trace)
{
	json_t *expected;
	size_t i;

	json_array_foreach(json_object_get(truth, "vectors"), i, expected)
		check_vector(truth, expected, trace);
	check_settled(trace);
}

long long check_clock_error(json_t *truth)
{
	long long error = ceil(json_number_value(json_object_get(json_object_get(truth, "tsc"),
								 "fit_error_ns")));

	assert_in_range(error, 1, 1000);
	return error;
}

/* accept, enter and inject are in order, and the parts of deliver add up to it. */
static void check_parts(json_t *interrupt)
{
	static const char *const parts[] = { "wake", "run", "enter", "window" };
	long long accept = member(interrupt, "hops", "accept"), sum = 0;
	long long enter = member(interrupt, "hops", "enter");

	for (size_t i = 0; i < COUNT(parts); i++)
		sum += member_is_null(interrupt, "stages", parts[i]) ? 0 :
		       member(interrupt, "stages", parts[i]);
	assert_in_range(enter, accept, member(interrupt, "hops", "inject"));
	assert_int_equal(sum, member(interrupt, "stages", "deliver"));
}

/* Each of the vector's @interrupts was delivered somewhere, and the summary has how many of them elsewhere. */
static void check_places(json_t *seen, json_t **interrupts, size_t count)
{
	long long elsewhere = 0;

	for (size_t i = 0; i < count; i++)
		elsewhere += number(interrupts[i], "vcpu_cpu") != number(interrupts[i], "cpu");
	assert_int_equal(number(seen, "other_cpu"), elsewhere);
	assert_int_equal(number(seen, "other_node"), 0);
}

void check_times(json_t *truth, const struct trace *trace)
{
	long long error = check_clock_error(truth), vcpus = number(truth, "vcpus");
	bool waited = json_is_true(json_object_get(truth, "wait"));
	json_t *vector;
	size_t i, count;

	json_array_foreach(json_object_get(truth, "vectors"), i, vector) {
		json_t *isr = json_object_get(vector, "isr_ns");
		json_t *isr_end = json_object_get(vector, "isr_end_ns");
		json_t *ring = json_object_get(vector, "ring_ns");
		bool emulated = truth_emulated(vector);
		json_t **found = trace_completed(trace, text(truth, "device"),
						 number(vector, "vector"), &count);

		assert_int_equal(count, number(vector, "seen"));
		assert_int_equal(count, json_array_size(isr));
		check_places(find_vector(trace->summary, text(truth, "device"), number(vector, "vector")), found,
			     count);
		for (size_t j = 0; j < count; j++) {
			long long begin = json_integer_value(json_array_get(isr, j));
			long long end = json_integer_value(json_array_get(isr_end, j));
			long long first = number(found[j], emulated ? "hops.signal" : "hops.irq");

			if (begin < number(found[j], "hops.inject") - error || end < begin ||
			    end > number(found[j], "hops.eoi") + error)
				fail_msg("vector %zu, interrupt %zu: handler from %lld to %lld, "
					 "inject %lld, eoi %lld", i, j, begin, end,
					 number(found[j], "hops.inject"),
					 number(found[j], "hops.eoi"));
			if (waited)
				assert_true(first >=
					    json_integer_value(json_array_get(ring, j)) - error);
			check_parts(found[j]);
			assert_int_equal(number(found[j], "guest_vector"),
					 number(vector, "guest_vector"));
			assert_int_equal(number(found[j], "vcpu"),
					 number(vector, "vector") % vcpus);
			assert_int_equal(number(found[j], "stages.irqfd"),
					 number(found[j], "hops.accept") -
					 number(found[j], "hops.signal"));
			if (emulated) {
				assert_true(is_null(found[j], "stages.total"));
				continue;
			}
			assert_int_equal(number(found[j], "stages.handler") +
					 number(found[j], "stages.irqfd") +
					 number(found[j], "stages.deliver") +
					 number(found[j], "stages.service"),
					 number(found[j], "stages.total"));
			assert_int_equal(number(found[j], "stages.total"),
					 number(found[j], "hops.eoi") -
					 number(found[j], "hops.irq"));
		}
		free(found);
	}
}

static int compare_numbers(const void *left, const void *right)
{
	long long a = *(const long long *)left, b = *(const long long *)right;

	return (a > b) - (a < b);
}

/* A percentile from the kernel's histogram against the one from all the values. */
static void check_percentile(json_t *figures, const char *name, double percent,
			     const long long *sorted, size_t count)
{
	/* In thousandths, which are whole: 99.9 / 100 is not. */
	size_t rank = (lround(percent * 10) * count + 999) / 1000;
	long long exact = sorted[rank ? rank - 1 : 0], given = number(figures, name);
	long long bound = exact / (2 << HISTOGRAM_BITS) + 1;

	if (llabs(given - exact) > bound)
		fail_msg("%s is %lld, not %lld +- %lld", name, given, exact, bound);
}

static void check_stage(json_t *figures, const char *stage, json_t **interrupts, size_t count)
{
	long long *times = calloc(count + 1, sizeof(*times)), sum = 0;

	assert_non_null(times);
	for (size_t i = 0; i < count; i++) {
		times[i] = member(interrupts[i], "stages", stage);
		sum += times[i];
	}
	assert_int_equal(number(figures, "count"), count);
	if (count) {
		qsort(times, count, sizeof(*times), compare_numbers);
		assert_int_equal(number(figures, "min"), times[0]);
		assert_int_equal(number(figures, "max"), times[count - 1]);
		assert_int_equal(number(figures, "mean"), sum / (long long)count);
		check_percentile(figures, "p50", 50, times, count);
		check_percentile(figures, "p90", 90, times, count);
		check_percentile(figures, "p99", 99, times, count);
		check_percentile(figures, "p999", 99.9, times, count);
	}
	free(times);
}

void check_figures(const struct trace *trace)
{
	json_t *vector;
	size_t i, count;

	json_array_foreach(json_object_get(trace->summary, "vectors"), i, vector) {
		bool emulated = is_emulated(vector);
		json_t **found = trace_completed(trace, text(vector, "device"),
						 number(vector, "vector"), &count);

		for (size_t stage = 0; stage < COUNT(stages); stage++) {
			json_t *figures = json_object_get(json_object_get(vector, "stages"),
							  stages[stage]);

			/* An emulated vector has no irq hop, and all else is there. */
			assert_int_equal(json_is_null(figures),
					 emulated && (!strcmp(stages[stage], "handler") ||
						      !strcmp(stages[stage], "delivery") ||
						      !strcmp(stages[stage], "total")));
			if (!json_is_null(figures))
				check_stage(figures, stages[stage], found, count);
		}
		free(found);
	}
}

static const char *const other_counts[] = { "coalesced", "unmatched", "hardware", "lost" };

/* All that is counted of a vector. What is n/a is 0: so is what was counted of it. */
struct counts {
	long long hops[COUNT(check_hops)];
	long long others[COUNT(other_counts)];
	long long stages[COUNT(stages)];
};

static void add_counts(struct counts *sum, json_t *vector)
{
	json_t *all = json_object_get(vector, "stages");

	for (size_t hop = 0; hop < COUNT(check_hops); hop++)
		if (!member_is_null(vector, "hops", check_hops[hop]))
			sum->hops[hop] += member(vector, "hops", check_hops[hop]);
	for (size_t i = 0; i < COUNT(other_counts); i++)
		sum->others[i] += number(vector, other_counts[i]);
	for (size_t stage = 0; stage < COUNT(stages); stage++)
		if (!member_is_null(vector, "stages", stages[stage]))
			sum->stages[stage] += number(json_object_get(all, stages[stage]), "count");
}

void check_intervals(const struct trace *trace)
{
	json_t *vector, *interval, *part;
	size_t i, j;

	assert_true(json_array_size(trace->intervals) > 0);
	json_array_foreach(json_object_get(trace->summary, "vectors"), i, vector) {
		struct counts sum = { 0 }, whole = { 0 };
		bool was_there = false;

		add_counts(&whole, vector);
		json_array_foreach(trace->intervals, j, interval) {
			part = look_for_vector(interval, text(vector, "device"),
					       number(vector, "vector"));
			/* A vector that has been seen is told of to the end, also unbound. */
			assert_true(part || !was_there);
			was_there = part;
			if (part)
				add_counts(&sum, part);
		}
		for (j = 0; j < COUNT(check_hops); j++)
			expect_balance(vector, check_hops[j], sum.hops[j], whole.hops[j]);
		for (j = 0; j < COUNT(other_counts); j++)
			expect_balance(vector, other_counts[j], sum.others[j], whole.others[j]);
		for (j = 0; j < COUNT(stages); j++)
			expect_balance(vector, stages[j], sum.stages[j], whole.stages[j]);
	}
	/* None is in an interval only. */
	json_array_foreach(trace->intervals, j, interval)
		json_array_foreach(json_object_get(interval, "vectors"), i, part)
			find_vector(trace->summary, text(part, "device"), number(part, "vector"));
	for (i = 0; i < COUNT(losses); i++) {
		long long sum = 0;

		json_array_foreach(trace->intervals, j, interval)
			sum += member(interval, "lost", losses[i]);
		assert_int_equal(sum, member(trace->summary, "lost", losses[i]));
	}
}
