// SPDX-License-Identifier: GPL-2.0-only
/*
 * What must be known of figures to read them: what is missing in them, and what went wrong meanwhile.
 */
#include "text.h"

#include "../measure/accounts.h"
#include "../source/wall_clock.h"

#include <inttypes.h>

static void print_loss(FILE *out, const struct imstrace_totals *totals)
{
	const struct {
		__u64 count;
		const char *what;
	} losses[] = {
		{ totals->lost_vectors, "vectors are not followed: the table is full (--max-vectors)" },
		{ totals->lost_values, "values found no histogram bucket: their stages have no "
		  "percentiles (--max-vectors)" },
		{ totals->lost_lifecycle, "lifecycle steps: the stream was full" },
		{ totals->lost_competitors, "waits of vCPUs' threads are missing in RAN INSTEAD: there was no "
		  "room for the threads" },
		{ totals->lost_runs, "hops: the kernel skips a program that recurses on its own CPU" },
		{ totals->lost_interrupts, "streamed interrupts (they are counted in the figures): the "
		  "stream was full" },
	};

	for (size_t i = 0; i < sizeof(losses) / sizeof(losses[0]); i++)
		if (losses[i].count)
			fprintf(out, "!!! LOST: %" PRIu64 " %s\n", (uint64_t)losses[i].count,
				losses[i].what);
}

/* An INTx line that is masked for longer than any guest should need for an interrupt. */
#define LONG_MASKED	1000000000ULL	/* ns */

static void print_masked(FILE *out, const struct figures *figures)
{
	for (size_t i = 0; i < figures->count; i++) {
		__u64 since = figures->vectors[i].vector.masked_since;
		char device[IMSTRACE_NAME_LEN];

		if (!since || figures->to < since + LONG_MASKED)
			continue;
		sink_clean(device, sizeof(device), figures->vectors[i].vector.device);
		fprintf(out, "!!! MASKED: %s for %.1f s: its device can't interrupt until the guest has "
			"ended the interrupt before\n", device, (double)(figures->to - since) / 1e9);
	}
}

/* It is the vectors', not the host's: which of them, the columns tell. */
static void print_lost_guests(FILE *out, const struct figures *figures)
{
	__u64 lost = figures_lost_guests(figures);

	if (lost)
		fprintf(out, "!!! LOST: %" PRIu64 " interrupts are not followed into their guests: the "
			"tables of vCPUs are full (--max-vectors)\n", (uint64_t)lost);
}

static void print_cuts(const struct sink *sink, const struct source *source)
{
	char when[32];

	for (size_t i = 0; i < source->cut_count; i++)
		fprintf(sink->out, "!!! CUT OFF: %s can be read up to %s, byte %" PRIu64 ": %s\n",
			source->cuts[i].file, text_clock(sink, when, source->cuts[i].time),
			(uint64_t)source->cuts[i].byte, source->cuts[i].why);
}

static void print_blindness(const struct sink *sink, const struct source *source)
{
	char when[32];

	if (source->blind_since)
		fprintf(sink->out, "!!! BLIND: at %s kernel.ftrace_enabled was 0: since then, what is seen by "
			"fentry or kprobes\n!!! was not seen, or not always (imstrace check lists it)\n",
			text_clock(sink, when, source->blind_since));
}

static void print_clock_sets(const struct sink *sink, const struct source *source)
{
	char when[32];

	for (unsigned int i = 0; i < source->clock_set_count; i++)
		fprintf(sink->out, "The wall clock moved by %+.3f s, to %s: it was set, or the host slept.\n",
			(double)wall_clock_moved(source, i) / 1e9,
			text_clock(sink, when, source->clock_sets[i].time));
}

void text_warnings(const struct sink *sink, const struct figures *figures)
{
	FILE *out = sink->out;

	print_masked(out, figures);
	print_loss(out, &figures->totals);
	/* Of a summary. */
	if (!figures->source)
		return;
	print_lost_guests(out, figures);
	print_cuts(sink, figures->source);
	print_blindness(sink, figures->source);
	print_clock_sets(sink, figures->source);
}
