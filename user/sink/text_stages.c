// SPDX-License-Identifier: GPL-2.0-only
#include "text.h"

#include <inttypes.h>

void text_microseconds(FILE *out, int width, __u64 ns)
{
	fprintf(out, " %*.1f", width, (double)ns / 1000);
}

void text_percentile(FILE *out, int width, const struct stage_figures *figures, __u64 ns)
{
	if (figures->unplaced)
		fprintf(out, " %*s", width, "n/a");
	else
		text_microseconds(out, width, ns);
}

static void print_behind(FILE *out, const struct imstrace_interrupt *interrupt)
{
	char thread[SINK_THREAD_LEN];

	if (!*interrupt->behind_name)
		return;
	sink_thread(thread, interrupt->behind_name, interrupt->behind);
	fprintf(out, " behind %s", thread);
}

/* Whether the longest of its waits is in @stage: the thread behind which it was is known of that one. */
static bool has_longest_wait(const struct imstrace_interrupt *interrupt, enum imstrace_stage stage)
{
	__u64 before = interrupt->waited > interrupt->window_waited ? interrupt->waited : interrupt->window_waited;

	return stage == (interrupt->service_waited > before ? STAGE_STEAL : STAGE_RUN);
}

static bool is_part(const struct imstrace_interrupt *interrupt, enum imstrace_stage step,
		    enum imstrace_stage stage)
{
	return stage_part_of(stage) == step && stage_class(stage) == STAGE_IS_PART &&
	       stage_time(interrupt, stage) >= 0;
}

/* Of a step. Those of deliver add up to it: one alone is all of it. */
static void print_parts(FILE *out, const struct imstrace_interrupt *interrupt, enum imstrace_stage step)
{
	unsigned int count = 0, printed = 0;

	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++)
		count += is_part(interrupt, step, stage);
	if (step == STAGE_DELIVER && count == 1 && stage_time(interrupt, step) >= 0)
		return;
	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++) {
		if (!is_part(interrupt, step, stage))
			continue;
		fprintf(out, "%s%s", printed++ ? " + " : " (", stage_name(stage));
		text_microseconds(out, 0, stage_time(interrupt, stage));
		if (has_longest_wait(interrupt, stage))
			print_behind(out, interrupt);
	}
	if (printed)
		putc(')', out);
}

void text_stage_times(FILE *out, const struct imstrace_interrupt *interrupt)
{
	for (unsigned int hop = 0; hop < HOP_COUNT; hop++) {
		enum imstrace_stage stage = stage_after(interrupt, hop);
		long long time = stage == STAGE_COUNT ? -1 : stage_time(interrupt, stage);

		/* Where the CPU delivers it, it has bounds. */
		if (time < 0 && (stage != STAGE_DELIVER || !interrupt->delivered_by))
			continue;
		fprintf(out, "  %s", stage_name(stage));
		text_microseconds(out, 0, time < 0 ? stage_time(interrupt, STAGE_AT_LEAST) : time);
		if (time < 0) {
			fputs(" to", out);
			text_microseconds(out, 0, stage_time(interrupt, STAGE_AT_MOST));
		}
		print_parts(out, interrupt, stage);
	}
}

static void print_stage(FILE *out, const struct vector_figures *vector, enum imstrace_stage stage)
{
	const struct stage_figures *figures = &vector->stages[stage];
	bool part = stage_part_of(stage) != STAGE_COUNT;

	if (figures_stage_missing(vector, stage) || !figures->count)
		return;
	fprintf(out, "  %4u  %s%-*s %9" PRIu64, vector->vector.vector, part ? "  " : "", part ? 7 : 9,
		stage_name(stage), (uint64_t)figures->count);
	text_microseconds(out, 9, figures->min);
	text_microseconds(out, 9, figures->mean);
#define X(name, heading, percent) text_percentile(out, 9, figures, figures->name);
	IMSTRACE_PERCENTILES(X)
#undef X
	text_microseconds(out, 9, figures->max);
	putc('\n', out);
}

/* Of deliver, if there is nothing but the part that every interrupt has, that is all of it. */
static bool has_parts(const struct vector_figures *vector, enum imstrace_stage step)
{
	return step != STAGE_DELIVER || vector->stages[STAGE_WAKE].count || vector->stages[STAGE_RUN].count ||
	       vector->stages[STAGE_WINDOW].count || !vector->stages[STAGE_DELIVER].count;
}

void text_stages(FILE *out, const struct vector_figures *vector)
{
	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++) {
		if (stage_part_of(stage) == STAGE_COUNT)
			print_stage(out, vector, stage);
		for (unsigned int part = 0; part < STAGE_COUNT; part++)
			if (stage_part_of(part) == stage &&
			    (stage_class(part) == STAGE_IS_BOUND || has_parts(vector, stage)))
				print_stage(out, vector, part);
	}
}
