// SPDX-License-Identifier: GPL-2.0-only
/*
 * The gate: what it finds in noise that is known, what it says of too little, and what it does not compare.
 */
#include "fake_summary.h"

#include "../../user/errors.h"
#include "../../user/compare/gate/format.h"

static const struct gate_options usual = {
	.limits = { [PERCENTILE_p50] = 0.05, [PERCENTILE_p99] = 0.1 },
	.alpha = 0.01, .min_samples = 10, .max_lost = 0.001,
	.max_fewer = 0.1,
};

static const struct fake_times times = { 5000, 10000, 40000, 50000 };

struct comparison {
	struct summary *summaries[2];
	struct gate gate;
};

/* @pairs of runs that alternated, the new ones with @new. */
static struct comparison runs(unsigned int pairs, const struct fake_times *new, double noise,
			      __u64 seed)
{
	struct comparison comparison = {
		.summaries = { fake_summary(1000), fake_summary(1000) },
	};

	for (unsigned int i = 1; i <= pairs; i++) {
		fake_run(comparison.summaries[0], i, 2 * i, &times, noise, &seed);
		fake_run(comparison.summaries[1], i, 2 * i + 1, new, noise, &seed);
	}
	return comparison;
}

static int compare(struct comparison *comparison, const struct gate_options *options)
{
	const struct gate_side base = { 1, &comparison->summaries[0] };
	const struct gate_side new = { 1, &comparison->summaries[1] };

	return gate_compare(&comparison->gate, options, &base, &new);
}

static void end(struct comparison *comparison)
{
	gate_free(&comparison->gate);
	summary_free(comparison->summaries[0]);
	summary_free(comparison->summaries[1]);
}

static bool says(const struct gate *gate, const char *text)
{
	for (size_t i = 0; i < gate->reason_count; i++)
		if (strstr(gate->reasons[i], text))
			return true;
	return false;
}

static char *shown(void (*write)(FILE *out, const struct gate *gate), const struct gate *gate)
{
	struct output output;

	write(output_open(&output), gate);
	return output_close(&output);
}

/* @format says @text. */
static void expect_text(const struct gate *gate, const char *format, const char *text)
{
	for (size_t i = 0; i < gate_format_count; i++) {
		char *written;

		if (strcmp(gate_formats[i].name, format))
			continue;
		written = shown(gate_formats[i].write, gate);
		if (!strstr(written, text))
			fail_msg("%s is not in %s: %s", text, format, written);
		free(written);
		return;
	}
	fail_msg("there is no format %s", format);
}

static void nothing_is_found_where_there_is_nothing(void **state)
{
	unsigned int wrong = 0;

	(void)state;
	for (__u64 seed = 1; seed <= 100; seed++) {
		struct comparison comparison = runs(15, &times, 0.1, seed);

		assert_int_equal(compare(&comparison, &usual), 0);
		assert_int_equal(comparison.gate.unit, UNIT_PAIR);
		wrong += comparison.gate.verdict != GATE_PASS;
		end(&comparison);
	}
	/* One in a hundred at most, of which the limit leaves fewer. */
	assert_in_range(wrong, 0, 3);
}

/* Each stage in its turn, by a fifth: it is that stage, and no other. */
static void a_slower_stage_is_named(void **state)
{
	static const enum imstrace_stage parts[] = {
		STAGE_HANDLER, STAGE_IRQFD, STAGE_DELIVER, STAGE_SERVICE,
	};

	(void)state;
	for (size_t part = 0; part < 4; part++) {
		struct fake_times slower = times;
		struct comparison comparison;
		unsigned int blamed = 0;

		((double *)&slower)[part] *= 1.2;
		comparison = runs(15, &slower, 0.03, 10 + part);
		assert_int_equal(compare(&comparison, &usual), 0);
		assert_int_equal(comparison.gate.verdict, GATE_REGRESSION);
		assert_int_equal(gate_exit_code(comparison.gate.verdict), EXIT_FOUND);
		for (size_t i = 0; i < comparison.gate.cell_count; i++) {
			const struct gate_cell *cell = &comparison.gate.cells[i];

			if (!gate_to_blame(&comparison.gate, cell))
				continue;
			assert_int_equal(cell->stage, parts[part]);
			assert_true(cell->change > 0.15 && cell->change < 0.25);
			assert_true(cell->low < 0.2 && cell->high > 0.2);
			blamed++;
		}
		assert_in_range(blamed, 1, 2);
		end(&comparison);
	}
}

static void what_is_quicker_passes(void **state)
{
	const struct fake_times quicker = { 5000, 10000, 30000, 50000 };
	struct comparison comparison = runs(15, &quicker, 0.03, 20);
	bool improved = false;

	(void)state;
	assert_int_equal(compare(&comparison, &usual), 0);
	assert_int_equal(comparison.gate.verdict, GATE_PASS);
	for (size_t i = 0; i < comparison.gate.cell_count; i++)
		improved |= comparison.gate.cells[i].stage == STAGE_DELIVER &&
			    comparison.gate.cells[i].state == CELL_IMPROVED;
	assert_true(improved);
	end(&comparison);
}

/* Certain, but small: below the limit it is no regression. */
static void less_than_the_limit_passes(void **state)
{
	const struct fake_times slower = { 5000, 10000, 40000, 51500 };
	struct comparison comparison = runs(20, &slower, 0.005, 30);

	(void)state;
	assert_int_equal(compare(&comparison, &usual), 0);
	assert_int_equal(comparison.gate.verdict, GATE_PASS);
	end(&comparison);
}

static void too_few_runs_are_inconclusive(void **state)
{
	const struct fake_times slower = { 5000, 10000, 40000, 500000 };

	(void)state;
	for (unsigned int pairs = 1; pairs <= 5; pairs++) {
		struct comparison comparison = runs(pairs, &slower, 0, 40);

		assert_int_equal(compare(&comparison, &usual), 0);
		assert_int_equal(comparison.gate.verdict, GATE_INCONCLUSIVE);
		assert_int_equal(gate_exit_code(comparison.gate.verdict), EXIT_INCONCLUSIVE);
		assert_true(says(&comparison.gate, "too few"));
		end(&comparison);
	}
}

static void too_few_interrupts_are_inconclusive(void **state)
{
	struct gate_options many = usual;
	struct comparison comparison = runs(15, &times, 0.01, 50);

	(void)state;
	/* Of 2000, 20 are beyond p99. */
	many.min_samples = 21;
	assert_int_equal(compare(&comparison, &many), 0);
	assert_int_equal(comparison.gate.verdict, GATE_INCONCLUSIVE);
	assert_true(says(&comparison.gate, "fewer than 2100 interrupts"));
	gate_free(&comparison.gate);
	many.min_samples = 20;
	assert_int_equal(compare(&comparison, &many), 0);
	assert_int_equal(comparison.gate.verdict, GATE_PASS);
	end(&comparison);
}

/* What is slower is so, even if another percentile can't be told. */
static void a_regression_is_not_hidden_by_what_is_untested(void **state)
{
	const struct fake_times slower = { 5000, 10000, 40000, 70000 };
	struct comparison comparison = runs(15, &slower, 0.01, 60);
	struct gate_options many = usual;

	(void)state;
	many.min_samples = 21;
	assert_int_equal(compare(&comparison, &many), 0);
	assert_int_equal(comparison.gate.verdict, GATE_REGRESSION);
	end(&comparison);
}

static void change_cpu(struct summary *summary)
{
	strcpy(summary->cpu, "another CPU");
}

static void change_hop(struct summary *summary)
{
	strcpy(summary->hops[HOP_SIGNAL], "kprobe");
}

static void change_unmask(struct summary *summary)
{
	strcpy(summary->hops[HOP_UNMASK], "kprobe");
}

static void change_mode(struct summary *summary)
{
	for (size_t i = 0; i < summary->run_count; i++)
		strcpy(summary->runs[i].series[0].mode, "posted");
}

static void lose_some(struct summary *summary)
{
	for (size_t i = 0; i < summary->run_count; i++)
		summary->runs[i].series[0].unmatched = 3;
}

static void lose_vectors(struct summary *summary)
{
	summary->runs[0].lost.vectors = 1;
}

static void lose_values(struct summary *summary)
{
	struct summary_stage *stage = &summary->runs[0].series[0].stages[STAGE_SERVICE];

	stage->unplaced++;
	stage->total++;
}

static void lose_stage(struct summary *summary)
{
	for (size_t i = 0; i < summary->run_count; i++)
		summary->runs[i].series[0].stages[STAGE_HANDLER].measured = false;
}

static void lose_all(struct summary *summary)
{
	for (size_t i = 0; i < summary->run_count; i++)
		for (unsigned int stage = 0; stage < STAGE_COUNT; stage++)
			summary->runs[i].series[0].stages[stage].measured = false;
}

/* An imstrace that did not know it has written one of the two. */
static void the_hop_unmask_may_be_unknown(void **state)
{
	(void)state;
	for (size_t side = 0; side < 2; side++) {
		struct comparison comparison = runs(15, &times, 0.01, 70);

		*comparison.summaries[side]->hops[HOP_UNMASK] = '\0';
		assert_int_equal(compare(&comparison, &usual), 0);
		assert_int_equal(comparison.gate.verdict, GATE_PASS);
		end(&comparison);
	}
}

/* As if all of a summary's vectors were INTx lines, which are unmasked at the EOI. */
static void make_lines(struct summary *summary)
{
	for (size_t i = 0; i < summary->run_count; i++) {
		struct summary_series *series = &summary->runs[i].series[0];
		struct histogram total = { 0 };

		strcpy(series->class, "pci 8086:10c9:intx");
		series->hops[HOP_UNMASK] = series->hops[HOP_EOI];
		summary_add_stage(&total, &series->stages[STAGE_TOTAL]);
		assert_true(summary_keep_stage(&series->stages[STAGE_MASKED], &total));
	}
}

/* A line is masked for longer because a part of its way takes longer, or has less of an end. */
static void lines_are_compared(void **state)
{
	const struct fake_times slower = { 5000, 10000, 40000, 70000 };
	struct comparison comparison = runs(15, &slower, 0.01, 71);
	bool masked = false;

	(void)state;
	make_lines(comparison.summaries[0]);
	make_lines(comparison.summaries[1]);
	assert_int_equal(compare(&comparison, &usual), 0);
	assert_int_equal(comparison.gate.verdict, GATE_REGRESSION);
	for (size_t i = 0; i < comparison.gate.cell_count; i++) {
		const struct gate_cell *cell = &comparison.gate.cells[i];

		masked |= cell->stage == STAGE_MASKED && cell->state == CELL_REGRESSED;
		if (gate_to_blame(&comparison.gate, cell))
			assert_int_equal(cell->stage, STAGE_SERVICE);
	}
	assert_true(masked);
	end(&comparison);

	comparison = runs(15, &times, 0.01, 72);
	make_lines(comparison.summaries[0]);
	make_lines(comparison.summaries[1]);
	for (size_t i = 0; i < 15; i++)
		comparison.summaries[1]->runs[i].series[0].hops[HOP_UNMASK] = 1000;
	assert_int_equal(compare(&comparison, &usual), 0);
	assert_int_equal(comparison.gate.verdict, GATE_REGRESSION);
	expect_text(&comparison.gate, "table", "fewer interrupts at unmask -50.0 %\n");
	expect_text(&comparison.gate, "json",
		    "\"hop\":\"unmask\",\"from\":\"eoi\",\"state\":\"fewer\"");
	end(&comparison);
}

/* Even where all is much slower. */
static void what_can_not_be_compared_has_no_verdict(void **state)
{
	static const struct {
		void (*change)(struct summary *summary);
		const char *reason;
	} cases[] = {
		{ change_cpu, "machines differ" },
		{ change_hop, "the hop signal is seen by" },
		{ change_unmask, "the hop unmask is seen by" },
		{ change_mode, "is in the base only" },
		{ lose_some, "lost or unmatched" },
		{ lose_vectors, "not followed" },
	};
	const struct fake_times slower = { 10000, 20000, 80000, 100000 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct comparison comparison = runs(15, &slower, 0.01, 70);

		cases[i].change(comparison.summaries[1]);
		assert_int_equal(compare(&comparison, &usual), 0);
		assert_int_equal(comparison.gate.verdict, GATE_INCONCLUSIVE);
		if (!says(&comparison.gate, cases[i].reason))
			fail_msg("%s is not why: %s", cases[i].reason, comparison.gate.reasons[0]);
		end(&comparison);
	}
}

static void what_can_not_be_told_of_a_stage_is_said(void **state)
{
	static const struct {
		void (*change)(struct summary *summary);
		const char *reason;
	} cases[] = {
		{ lose_values, "no room for all values" },
		{ lose_stage, "in the base only" },
		{ lose_all, "in the base only" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct comparison comparison = runs(15, &times, 0.01, 80);

		cases[i].change(comparison.summaries[1]);
		assert_int_equal(compare(&comparison, &usual), 0);
		assert_int_equal(comparison.gate.verdict, GATE_INCONCLUSIVE);
		if (!says(&comparison.gate, cases[i].reason))
			fail_msg("%s is not why: %s", cases[i].reason, comparison.gate.reasons[0]);
		end(&comparison);
	}
}

static void machines_may_differ_if_asked(void **state)
{
	struct gate_options across = usual;
	struct comparison comparison = runs(15, &times, 0.01, 90);

	(void)state;
	across.cross_machine = true;
	change_cpu(comparison.summaries[1]);
	assert_int_equal(compare(&comparison, &across), 0);
	assert_int_equal(comparison.gate.verdict, GATE_PASS);
	end(&comparison);
}

static void strict_wants_to_be_sure(void **state)
{
	struct gate_options strict = usual;
	struct comparison comparison = runs(12, &times, 0.3, 91);

	(void)state;
	assert_int_equal(compare(&comparison, &usual), 0);
	assert_int_equal(comparison.gate.verdict, GATE_PASS);
	gate_free(&comparison.gate);
	strict.strict = true;
	assert_int_equal(compare(&comparison, &strict), 0);
	assert_int_equal(comparison.gate.verdict, GATE_INCONCLUSIVE);
	end(&comparison);
}

/* The weather of two days differs by more than the code: one session of each tells nothing. */
static void runs_that_did_not_alternate_are_of_their_session(void **state)
{
	const struct fake_times slower = { 6000, 12000, 48000, 60000 };
	struct comparison comparison = runs(15, &slower, 0.02, 92);
	struct gate_options unpaired = usual;

	(void)state;
	comparison.summaries[1]->session = 2000;
	assert_int_equal(compare(&comparison, &usual), 0);
	assert_int_equal(comparison.gate.unit, UNIT_SESSION);
	assert_int_equal(comparison.gate.verdict, GATE_INCONCLUSIVE);
	assert_true(says(&comparison.gate, "1 and 1 sessions are too few"));
	gate_free(&comparison.gate);
	unpaired.unpaired = true;
	assert_int_equal(compare(&comparison, &unpaired), 0);
	assert_int_equal(comparison.gate.unit, UNIT_RUN);
	assert_int_equal(comparison.gate.verdict, GATE_REGRESSION);
	end(&comparison);
}

#define SESSIONS	12

/* Sessions that differ by a tenth, of runs that hardly do; and a change of a half. */
static void many_sessions_are_compared(void **state)
{
	(void)state;
	for (unsigned int slow = 0; slow < 2; slow++) {
		struct summary *summaries[2][SESSIONS];
		struct gate_side sides[2];
		struct gate gate;
		__u64 seed = 95;

		for (unsigned int i = 0; i < 2 * SESSIONS; i++) {
			double luck = exp(0.1 * random_normal(&seed)) * (slow && i % 2 ? 1.5 : 1);
			const struct fake_times had = {
				times.handler * luck, times.irqfd * luck, times.deliver * luck,
				times.service * luck,
			};

			summaries[i % 2][i / 2] = fake_summary(1000 + i);
			for (unsigned int run = 1; run <= 5; run++)
				fake_run(summaries[i % 2][i / 2], run, 10 * i + run, &had, 0.001,
					 &seed);
		}
		for (size_t side = 0; side < 2; side++)
			sides[side] = (struct gate_side) { SESSIONS, summaries[side] };
		assert_int_equal(gate_compare(&gate, &usual, &sides[0], &sides[1]), 0);
		assert_int_equal(gate.unit, UNIT_SESSION);
		assert_int_equal(gate.cells[0].base_units, SESSIONS);
		assert_int_equal(gate.verdict, slow ? GATE_REGRESSION : GATE_PASS);
		expect_text(&gate, "table", "12 against 12 sessions of runs");
		gate_free(&gate);
		for (unsigned int i = 0; i < 2 * SESSIONS; i++)
			summary_free(summaries[i % 2][i / 2]);
	}
}

static void the_same_run_twice_is_refused(void **state)
{
	struct comparison comparison = runs(15, &times, 0.02, 93);
	struct summary *twice[] = { comparison.summaries[0], comparison.summaries[0] };
	const struct gate_side both = { 2, twice }, base = { 1, &comparison.summaries[0] };
	const struct gate_side new = { 1, &comparison.summaries[1] };
	struct gate gate;

	(void)state;
	assert_int_equal(gate_compare(&gate, &usual, &both, &new), EXIT_USAGE);
	gate_free(&gate);
	assert_int_equal(gate_compare(&gate, &usual, &new, &both), EXIT_USAGE);
	gate_free(&gate);
	assert_int_equal(gate_compare(&gate, &usual, &base, &base), EXIT_USAGE);
	comparison.gate = gate;
	end(&comparison);
}

static void no_interrupts_are_inconclusive(void **state)
{
	struct comparison comparison = { .summaries = { fake_summary(1), fake_summary(1) } };

	(void)state;
	for (unsigned int i = 1; i <= 15; i++) {
		summary_add_run(comparison.summaries[0])->started = 2 * i;
		summary_add_run(comparison.summaries[1])->started = 2 * i + 1;
	}
	assert_int_equal(compare(&comparison, &usual), 0);
	assert_int_equal(comparison.gate.verdict, GATE_INCONCLUSIVE);
	end(&comparison);
}

/* A name can't get out of its place, and every format says which stage it is. */
static void every_format_names_the_stage(void **state)
{
	const struct fake_times slower = { 5000, 10000, 40000, 70000 };
	struct comparison comparison = runs(15, &slower, 0.01, 94);
	char *text;

	(void)state;
	for (size_t side = 0; side < 2; side++)
		for (size_t i = 0; i < 15; i++)
			strcpy(comparison.summaries[side]->runs[i].series[0].class,
			       "<b>\"&|*]]>");
	assert_int_equal(compare(&comparison, &usual), 0);
	for (size_t i = 0; i < gate_format_count; i++) {
		text = shown(gate_formats[i].write, &comparison.gate);
		assert_non_null(strstr(text, "service p50") ?: strstr(text, "\"service\"") ?:
				strstr(text, "service   p50"));
		assert_non_null(strstr(text, "regress"));
		/* JSON and a terminal take it as it is. */
		if (!strcmp(gate_formats[i].name, "markdown") ||
		    !strcmp(gate_formats[i].name, "junit"))
			assert_null(strstr(text, "<b>"));
		if (strstr(gate_formats[i].name, "json") || strstr(gate_formats[i].name, "bench")) {
			json_t *object = json_loads(text, 0, NULL);

			assert_non_null(object);
			json_decref(object);
		}
		free(text);
	}
	text = shown(gate_write_overlay, &comparison.gate);
	assert_null(strstr(text, "<b>"));
	assert_null(strstr(text, "nan"));
	assert_null(strstr(text, "inf"));
	assert_non_null(strstr(text, "</svg>"));
	free(text);
	end(&comparison);
}

/* A run in which nothing came: it hung. */
static void silence(struct summary *summary, size_t first, size_t count)
{
	for (size_t i = first; i < first + count; i++) {
		struct summary_run *run = &summary->runs[i];

		for (unsigned int stage = 0; stage < STAGE_COUNT; stage++)
			free(run->series[0].stages[stage].buckets);
		run->count = 0;
	}
}

/* All the others are as quick as ever. */
static void runs_that_hang_are_a_regression(void **state)
{
	struct comparison comparison = runs(20, &times, 0.01, 100);
	char *overlay;

	(void)state;
	silence(comparison.summaries[1], 5, 8);
	assert_int_equal(compare(&comparison, &usual), 0);
	assert_int_equal(comparison.gate.verdict, GATE_REGRESSION);
	expect_text(&comparison.gate, "table", "Regression: fewer interrupts at irq -40.0 %\n");
	expect_text(&comparison.gate, "table", "12 against 12 runs in pairs that alternated, of 20 against 20 runs");
	expect_text(&comparison.gate, "table", "8 of 20 runs of the new have at most 50 % of the base's "
		    "interrupts, 8 of them none");
	expect_text(&comparison.gate, "markdown", "fewer interrupts at irq -40.0 %");
	expect_text(&comparison.gate, "markdown", "12 against 12 runs in pairs");
	expect_text(&comparison.gate, "junit", "name=\"irq interrupts\"><failure");
	expect_text(&comparison.gate, "junit", "failures=\"1\"");
	expect_text(&comparison.gate, "json", "\"hop\":\"irq\",\"from\":null,\"state\":\"fewer\",\"to_blame\":true");
	expect_text(&comparison.gate, "github-action-benchmark", "interrupts missing at irq");
	overlay = shown(gate_write_overlay, &comparison.gate);
	assert_non_null(strstr(overlay, "fewer interrupts at irq"));
	free(overlay);
	end(&comparison);
}

/* One of twenty may be chance, but it is no pass. The other way round it is. */
static void a_single_run_that_hangs_is_inconclusive(void **state)
{
	static const char reason[] = "1 of 20 runs of the new have at most 50 %";

	(void)state;
	for (size_t side = 0; side < 2; side++) {
		struct comparison comparison = runs(20, &times, 0.01, 101);
		char *overlay;

		silence(comparison.summaries[side], 3, 1);
		assert_int_equal(compare(&comparison, &usual), 0);
		assert_int_equal(comparison.gate.verdict, side ? GATE_INCONCLUSIVE : GATE_PASS);
		if (side) {
			assert_true(says(&comparison.gate, reason));
			expect_text(&comparison.gate, "table", reason);
			expect_text(&comparison.gate, "markdown", reason);
			expect_text(&comparison.gate, "json", reason);
			expect_text(&comparison.gate, "junit", reason);
			expect_text(&comparison.gate, "github-action-benchmark",
				    "1 runs of the new have few or none");
			overlay = shown(gate_write_overlay, &comparison.gate);
			assert_non_null(strstr(overlay, reason));
			free(overlay);
		}
		expect_text(&comparison.gate, "table", "19 against 19 runs");
		end(&comparison);
	}
}

/* Enough of them are left for every percentile. */
static void far_fewer_interrupts_are_a_regression(void **state)
{
	struct gate_options few = usual;
	struct comparison comparison = runs(20, &times, 0.01, 102);
	__u64 seed = 102;

	(void)state;
	for (size_t i = 0; i < 20; i++) {
		struct summary_run *run = &comparison.summaries[1]->runs[i];

		silence(comparison.summaries[1], i, 1);
		fake_fill(fake_series(run, "0000:00:04.0"), &times, 1000, &seed);
	}
	assert_int_equal(compare(&comparison, &usual), 0);
	assert_int_equal(comparison.gate.verdict, GATE_REGRESSION);
	expect_text(&comparison.gate, "table", "at irq: 20000 in 20 runs, in the base 40000 in 20 (-50.0 %)");
	gate_free(&comparison.gate);
	/* Wanted: it moderates its interrupts now. */
	few.max_fewer = 1;
	assert_int_equal(compare(&comparison, &few), 0);
	assert_int_equal(comparison.gate.verdict, GATE_PASS);
	end(&comparison);
}

/* What is left of them takes as long as before. */
static void interrupts_that_do_not_get_to_kvm_are_a_regression(void **state)
{
	struct comparison comparison = runs(20, &times, 0.01, 103);

	(void)state;
	for (size_t i = 0; i < 20; i++)
		for (unsigned int hop = HOP_ACCEPT; hop <= HOP_EOI; hop++)
			comparison.summaries[1]->runs[i].series[0].hops[hop] = 1000;
	assert_int_equal(compare(&comparison, &usual), 0);
	assert_int_equal(comparison.gate.verdict, GATE_REGRESSION);
	assert_true(says(&comparison.gate, "20000 of 40000 interrupts were lost"));
	expect_text(&comparison.gate, "table", "Regression: fewer interrupts at accept -50.0 %\n");
	expect_text(&comparison.gate, "table", "from signal to accept: 20000 of 40000, in the base 40000 of 40000");
	expect_text(&comparison.gate, "markdown", "fewer interrupts at accept -50.0 %");
	expect_text(&comparison.gate, "junit", "name=\"accept interrupts\"><failure");
	expect_text(&comparison.gate, "json", "\"hop\":\"accept\",\"from\":\"signal\",\"state\":\"fewer\"");
	end(&comparison);
}

/* One run whose vectors could not be seen there yet hides no other. */
static void a_hop_that_one_run_can_not_see_is_compared_in_the_others(void **state)
{
	struct comparison comparison = runs(20, &times, 0.01, 107);

	(void)state;
	for (size_t i = 0; i < 20; i++)
		comparison.summaries[1]->runs[i].series[0].hops[HOP_ACCEPT] = i ? 1000 : -1;
	comparison.summaries[0]->runs[7].series[0].hops[HOP_IRQ] = -1;
	assert_int_equal(compare(&comparison, &usual), 0);
	assert_int_equal(comparison.gate.verdict, GATE_REGRESSION);
	expect_text(&comparison.gate, "table", "from signal to accept: 19000 of 38000, in the base 40000 of 40000");
	end(&comparison);
}

/* Of either: what does not arrive has no time, and half of the times are no measurement. */
static void interrupts_lost_by_both_are_inconclusive(void **state)
{
	struct comparison comparison = runs(20, &times, 0.01, 104);

	(void)state;
	for (size_t side = 0; side < 2; side++)
		for (size_t i = 0; i < 20; i++)
			for (unsigned int hop = HOP_ACCEPT; hop <= HOP_EOI; hop++)
				comparison.summaries[side]->runs[i].series[0].hops[hop] = 1000;
	assert_int_equal(compare(&comparison, &usual), 0);
	assert_int_equal(comparison.gate.verdict, GATE_INCONCLUSIVE);
	assert_true(says(&comparison.gate, "of the base, 20000 of 40000 interrupts were lost"));
	end(&comparison);
}

/* The guest sees one for two, and the CPU delivers without KVM: nothing is lost. */
static void merged_interrupts_are_not_lost(void **state)
{
	struct comparison comparison = runs(20, &times, 0.01, 105);

	(void)state;
	for (size_t i = 0; i < 20; i++) {
		struct summary_series *series = &comparison.summaries[1]->runs[i].series[0];

		series->coalesced = 400;
		series->hardware = 200;
		series->hops[HOP_INJECT] = series->hops[HOP_EOI] = 1400;
	}
	assert_int_equal(compare(&comparison, &usual), 0);
	assert_int_equal(comparison.gate.verdict, GATE_PASS);
	end(&comparison);
}

/* A device that is not there any more, and nothing in its place. */
static void no_interrupt_at_all_is_a_regression(void **state)
{
	struct comparison comparison = runs(20, &times, 0.01, 106);

	(void)state;
	silence(comparison.summaries[1], 0, 20);
	assert_int_equal(compare(&comparison, &usual), 0);
	assert_int_equal(comparison.gate.verdict, GATE_REGRESSION);
	expect_text(&comparison.gate, "table", "fewer interrupts at irq -100.0 %\n");
	expect_text(&comparison.gate, "table", "0 against 0 runs in pairs");
	end(&comparison);
}

/* Numbers of interrupts differ from run to run, as times do. */
static void nothing_is_found_where_counts_only_differ_by_chance(void **state)
{
	unsigned int wrong = 0;

	(void)state;
	for (__u64 seed = 1; seed <= 50; seed++) {
		struct comparison comparison = runs(15, &times, 0.1, seed);
		__u64 dice = seed;

		for (size_t side = 0; side < 2; side++)
			for (size_t i = 0; i < 15; i++) {
				struct summary_series *series =
					&comparison.summaries[side]->runs[i].series[0];
				long long had = 2000 * exp(0.05 * random_normal(&dice));

				for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
					series->hops[hop] = had;
			}
		assert_int_equal(compare(&comparison, &usual), 0);
		wrong += comparison.gate.verdict != GATE_PASS;
		end(&comparison);
	}
	assert_in_range(wrong, 0, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_found_where_there_is_nothing),
		cmocka_unit_test(a_slower_stage_is_named),
		cmocka_unit_test(what_is_quicker_passes),
		cmocka_unit_test(less_than_the_limit_passes),
		cmocka_unit_test(too_few_runs_are_inconclusive),
		cmocka_unit_test(too_few_interrupts_are_inconclusive),
		cmocka_unit_test(a_regression_is_not_hidden_by_what_is_untested),
		cmocka_unit_test(the_hop_unmask_may_be_unknown),
		cmocka_unit_test(lines_are_compared),
		cmocka_unit_test(what_can_not_be_compared_has_no_verdict),
		cmocka_unit_test(what_can_not_be_told_of_a_stage_is_said),
		cmocka_unit_test(machines_may_differ_if_asked),
		cmocka_unit_test(strict_wants_to_be_sure),
		cmocka_unit_test(runs_that_did_not_alternate_are_of_their_session),
		cmocka_unit_test(many_sessions_are_compared),
		cmocka_unit_test(the_same_run_twice_is_refused),
		cmocka_unit_test(no_interrupts_are_inconclusive),
		cmocka_unit_test(every_format_names_the_stage),
		cmocka_unit_test(runs_that_hang_are_a_regression),
		cmocka_unit_test(a_single_run_that_hangs_is_inconclusive),
		cmocka_unit_test(far_fewer_interrupts_are_a_regression),
		cmocka_unit_test(interrupts_that_do_not_get_to_kvm_are_a_regression),
		cmocka_unit_test(a_hop_that_one_run_can_not_see_is_compared_in_the_others),
		cmocka_unit_test(interrupts_lost_by_both_are_inconclusive),
		cmocka_unit_test(merged_interrupts_are_not_lost),
		cmocka_unit_test(no_interrupt_at_all_is_a_regression),
		cmocka_unit_test(nothing_is_found_where_counts_only_differ_by_chance),
	};

	return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
