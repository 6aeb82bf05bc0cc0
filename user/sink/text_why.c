// SPDX-License-Identifier: GPL-2.0-only
/*
 * What imstrace why says to people; within 80 columns.
 */
#include "text.h"

#include "../model/tasks.h"
#include "wrap.h"

#include <inttypes.h>
#include <string.h>

/* What less than this share of the time has is not explained. */
#define EXPLAINED	5.	/* % */
/* So many of the threads, and of a vector's causes, are named. */
#define SHOWN_THREADS	4
#define SHOWN_CAUSES	2

static double share_of(__u64 part, __u64 all)
{
	return all ? 100. * part / all : 0;
}

/* "backup/213 (fifo 10) 94 %": those behind which vCPUs waited longest. */
static void print_threads(struct wrapped *line, const struct why_result *why, enum slow_cause cause)
{
	size_t shown = 0, others = 0;

	for (size_t i = 0; i < why->competitor_count; i++) {
		const struct source_competitor *thread = &why->competitors[i];
		char name[SINK_THREAD_LEN], scheduling[TASK_SCHEDULING_LEN], text[96];

		/* Of idle CPUs. */
		if (!thread->key.pid)
			continue;
		if (shown == SHOWN_THREADS) {
			others++;
			continue;
		}
		wrap_close(line, shown++ ? ";" : ":");
		sink_thread(name, thread->total.name, thread->key.pid);
		task_scheduling(scheduling, thread->total.policy, thread->total.priority);
		snprintf(text, sizeof(text), "%s (%s) %.0f %%", name, scheduling,
			 share_of(thread->total.ns, why->sum.causes[cause].ns));
		wrap_words(line, text);
	}
	if (others)
		wrap_words(line, "and others");
}

static void print_cause(FILE *out, const struct why_result *why, enum slow_cause cause)
{
	const struct why_share *share = &why->sum.causes[cause];
	struct wrapped line;

	fprintf(out, "  %-10s %5.1f%%", slow_cause_name(cause), share_of(share->ns, why->sum.ns));
	text_microseconds(out, 12, share->ns);
	text_microseconds(out, 12, share->max);
	fprintf(out, " %9" PRIu64 "\n", (uint64_t)share->count);
	if (share_of(share->ns, why->sum.ns) < EXPLAINED)
		return;
	wrap_begin(&line, out, "     ", 5);
	wrap_words(&line, slow_cause_what(cause));
	if (cause == SLOW_PREEMPTED)
		print_threads(&line, why, cause);
	wrap_close(&line, ".");
	wrap_end(&line);
	wrap_begin(&line, out, "     Remedy:", 5);
	wrap_words(&line, slow_cause_remedy(cause));
	wrap_close(&line, ".");
	wrap_end(&line);
}

/* The causes that have any time, that with the most first. Return: how many. */
static size_t order_causes(const struct why_sum *sum, enum slow_cause order[SLOW_CAUSE_COUNT])
{
	size_t count = 0;

	for (unsigned int cause = 0; cause < SLOW_CAUSE_COUNT; cause++) {
		size_t at = count;

		if (!sum->causes[cause].ns)
			continue;
		for (; at && sum->causes[order[at - 1]].ns < sum->causes[cause].ns; at--)
			order[at] = order[at - 1];
		order[at] = cause;
		count++;
	}
	return count;
}

static void print_vector(FILE *out, const struct why_vector *vector)
{
	enum slow_cause order[SLOW_CAUSE_COUNT];
	size_t count = order_causes(&vector->sum, order);
	char device[IMSTRACE_NAME_LEN], causes[64] = "";

	for (size_t i = 0; i < count && i < SHOWN_CAUSES; i++)
		snprintf(causes + strlen(causes), sizeof(causes) - strlen(causes), "%s%s %.0f %%", i ? ", " : "",
			 slow_cause_name(order[i]), share_of(vector->sum.causes[order[i]].ns, vector->sum.ns));
	sink_clean(device, sizeof(device), vector->vector.device);
	fprintf(out, "  %4u %6" PRIu64 " %8" PRIu64, vector->vector.vector, (uint64_t)vector->sum.count,
		(uint64_t)vector->sum.seen);
	text_microseconds(out, 11, vector->sum.ns);
	fprintf(out, "  %-29s  %s\n", causes, device);
}

void text_why(struct sink *sink, const struct why_result *why, const struct figures *figures)
{
	enum slow_cause order[SLOW_CAUSE_COUNT];
	const struct why_sum *sum = &why->sum;
	size_t count = order_causes(sum, order);
	FILE *out = sink->out;

	if (!sum->seen) {
		fputs("\nNo interrupt was seen.\n", out);
		text_warnings(sink, figures);
		return;
	}
	if (!sum->count) {
		fprintf(out, "\nNone of %" PRIu64 " interrupts took", (uint64_t)sum->seen);
		text_microseconds(out, 0, why->over);
		fputs(" µs or longer.\n", out);
		text_warnings(sink, figures);
		return;
	}
	fprintf(out, why->asked ? "\n%" PRIu64 " of %" PRIu64 " interrupts took" :
		"\nThe slowest %" PRIu64 " of %" PRIu64 " interrupts took", (uint64_t)sum->count,
		(uint64_t)sum->seen);
	text_microseconds(out, 0, why->over);
	fputs(" µs or longer, together", out);
	text_microseconds(out, 0, sum->ns);
	fprintf(out, " µs. Of that:\n\n  %-10s %6s %13s %13s %9s\n", "CAUSE", "SHARE", "TIME µs", "MOST µs",
		"COUNT");
	for (size_t i = 0; i < count; i++)
		print_cause(out, why, order[i]);
	fprintf(out, "\n  %4s %6s %8s %12s  %-29s  %s\n", "VEC", "SLOW", "OF", "TIME µs", "MAINLY", "DEVICE");
	for (size_t i = 0; i < why->vector_count; i++)
		print_vector(out, &why->vectors[i]);
	text_warnings(sink, figures);
}
