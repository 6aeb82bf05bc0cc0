// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables for people, within 120 columns. Stage times are in µs.
 */
#include "text.h"

#include "sink.h"

#include "../model/hops.h"
#include "../measure/accounts.h"
#include "../measure/device_use.h"
#include "../model/lifecycle.h"
#include "../source/wall_clock.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

struct text_context {
	const struct source *source;	/* whose clock it is; NULL: none */
};

const char *text_clock(const struct sink *sink, char text[32], __u64 monotonic)
{
	const struct text_context *context = sink->context;
	long long ns = context->source ? wall_clock_at(context->source, monotonic) : (long long)monotonic;
	time_t seconds = ns / 1000000000;
	struct tm tm;

	localtime_r(&seconds, &tm);
	snprintf(text, 32, "%02d:%02d:%02d.%06lld", tm.tm_hour, tm.tm_min, tm.tm_sec,
		 ns % 1000000000 / 1000);
	return text;
}

/* A number that may not be known. */
static const char *number_text(char text[16], __u32 number, const char *format)
{
	if (number == IMSTRACE_NONE)
		return "-";
	snprintf(text, 16, format, number);
	return text;
}

#define VECTOR_FORMAT	"%4s %5s %5s %8s"

struct vector_columns {
	char vector[16], irq[16], slot[16], pasid[16];
};

static void print_vector(FILE *out, __u32 vector, __u32 irq, __u32 slot, __u32 pasid)
{
	struct vector_columns text;

	fprintf(out, VECTOR_FORMAT, number_text(text.vector, vector, "%u"),
		number_text(text.irq, irq, "%u"), number_text(text.slot, slot, "%u"),
		number_text(text.pasid, pasid, "%#x"));
}

void text_use_clock(struct sink *sink, const struct source *source)
{
	struct text_context *context = sink->context;

	context->source = source;
}

static void print_following(FILE *out, const struct source *source)
{
	const char *separator = "";

	fputs("Following ", out);
	for (unsigned int hop = 0; hop < HOP_COUNT; hop++) {
		if (!*source->hops[hop].attached)
			continue;
		fprintf(out, "%s%s", separator, hop_name(hop));
		separator = ", ";
	}
}

static void print_columns(FILE *out)
{
	fprintf(out, "%-15s  " VECTOR_FORMAT "  %-17s  %s\n", "TIME", "VEC", "IRQ", "SLOT", "PASID",
		"STEP", "DEVICE AND DETAIL");
}

/* What it follows, and where that is from. */
static void print_start(struct sink *sink, const struct source *source, const char *what,
			const char *ends)
{
	char recording[IMSTRACE_NAME_LEN], host[SOURCE_NAME_LEN], kernel[SOURCE_NAME_LEN];
	FILE *out = sink->out;

	text_use_clock(sink, source);
	print_following(out, source);
	fputs(what, out);
	if (source->recording) {
		sink_clean(recording, sizeof(recording), source->recording);
		sink_clean(host, sizeof(host), source->host);
		sink_clean(kernel, sizeof(kernel), source->kernel);
		fprintf(out, ", as recorded in %s, of %s, kernel %s.\n", recording, host, kernel);
	} else {
		fprintf(out, ". Ctrl-C ends it with a %s.\n\n", ends);
		print_columns(out);
	}
}

static void text_start(struct sink *sink, const struct source *source)
{
	print_start(sink, source, "", "summary");
}

static void text_watch(struct sink *sink, const struct source *source)
{
	print_start(sink, source, " and the lives of vectors", "verdict");
}

static void text_lifecycle(struct sink *sink, const struct imstrace_lifecycle *step)
{
	char when[32], device[IMSTRACE_NAME_LEN], detail[128];
	bool of_index = lifecycle_of_index(step->step);
	FILE *out = sink->out;

	sink_clean(device, sizeof(device), step->device);
	lifecycle_describe(step, detail, sizeof(detail));
	fprintf(out, "%s  ", text_clock(sink, when, step->time));
	print_vector(out, of_index ? IMSTRACE_NONE : step->vector, step->irq, step->slot,
		     step->pasid);
	fprintf(out, "  %-17s  %s%s%s\n", lifecycle_name(step->step), device, *detail ? "  " : "",
		detail);
}

static void text_interrupt(struct sink *sink, const struct imstrace_vector *vector,
			   const struct imstrace_interrupt *interrupt)
{
	char when[32], device[IMSTRACE_NAME_LEN], vcpu[16];
	__u64 first = interrupt->times[HOP_IRQ] ?: interrupt->times[HOP_SIGNAL];
	FILE *out = sink->out;

	sink_clean(device, sizeof(device), vector->device);
	fprintf(out, "%s  ", text_clock(sink, when, first));
	print_vector(out, vector->vector, vector->irq, vector->slot, vector->pasid);
	fprintf(out, "  %-17s  %s  cpu %u, vcpu %s", end_name(interrupt->end), device,
		interrupt->cpu, number_text(vcpu, interrupt->vcpu, "%u"));
	text_stage_times(out, interrupt);
	putc('\n', out);
}

/* One after the other, each with when it passed its hops since the first. */
static void text_slowest(struct sink *sink, const struct slowest *slowest)
{
	FILE *out = sink->out;

	if (!slowest->count)
		return;
	fprintf(out, "\nThe slowest %zu interrupt%s\n%-15s  " VECTOR_FORMAT "  %9s  %s\n", slowest->count,
		slowest->count == 1 ? "" : "s", "TIME", "VEC", "IRQ", "SLOT", "PASID", "TOOK µs",
		"DEVICE, AND EACH STAGE IN µs");
	for (size_t i = 0; i < slowest->count; i++) {
		const struct slow_interrupt *slow = &slowest->interrupts[i];
		__u64 took = interrupt_took(&slow->interrupt);
		char when[32], device[IMSTRACE_NAME_LEN], vcpu[16];

		sink_clean(device, sizeof(device), slow->vector.device);
		fprintf(out, "%s  ",
			text_clock(sink, when, interrupt_ended(&slow->interrupt) - took));
		print_vector(out, slow->vector.vector, slow->vector.irq, slow->vector.slot,
			     slow->vector.pasid);
		text_microseconds(out, 10, took);
		fprintf(out, "  %s  cpu %u, vcpu %s, %s ", device, slow->interrupt.cpu,
			number_text(vcpu, slow->interrupt.vcpu, "%u"),
			end_name(slow->interrupt.end));
		text_stage_times(out, &slow->interrupt);
		putc('\n', out);
	}
}

/* Vectors are ordered by device: one heading for all of a device's. */
void text_device(FILE *out, const struct imstrace_vector *vector)
{
	char device[IMSTRACE_NAME_LEN];
	char vmm[IMSTRACE_VMM_LEN], guest[IMSTRACE_NAME_LEN];

	sink_clean(device, sizeof(device), vector->device);
	sink_clean(vmm, sizeof(vmm), vector->vmm);
	sink_clean(guest, sizeof(guest), vector->guest);
	fprintf(out, "%s", device);
	if (vector->pid)
		fprintf(out, "  pid %u", vector->pid);
	if (*vmm)
		fprintf(out, " %s", vmm);
	if (*guest)
		fprintf(out, ", guest %s", guest);
	putc('\n', out);
}

static bool same_device(const struct figures *figures, size_t i)
{
	return i && !strncmp(figures->vectors[i].vector.device, figures->vectors[i - 1].vector.device,
			     IMSTRACE_NAME_LEN);
}

/* Of the device whose first vector is @i: one whose process is known, if there is any. */
static const struct imstrace_vector *owned_of_device(const struct figures *figures, size_t i)
{
	size_t first = i;

	do {
		if (figures->vectors[i].vector.pid)
			return &figures->vectors[i].vector;
		i++;
	} while (i < figures->count && same_device(figures, i));
	return &figures->vectors[first].vector;
}

static void print_count(FILE *out, int width, __u64 count, const char *missing)
{
	if (missing)
		fprintf(out, " %*s", width, "n/a");
	else
		fprintf(out, " %*" PRId64, width, (int64_t)count);
}

/* Where injections are seen, entries say no more. */
static bool has_column(const struct figures *figures, enum imstrace_hop hop)
{
	if (hop != HOP_ENTER)
		return figures_have_hop(figures, hop);
	for (size_t i = 0; i < figures->count; i++)
		if (figures->vectors[i].account.hops[HOP_ENTER] && figures->vectors[i].hop_missing[HOP_INJECT])
			return true;
	return false;
}

static void print_counts_heading(FILE *out, const struct figures *figures)
{
	fprintf(out, "  " VECTOR_FORMAT "  %-10s", "VEC", "IRQ", "SLOT", "PASID", "MODE");
	for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
		if (has_column(figures, hop))
			fprintf(out, " %7s", hop_name(hop));
	fprintf(out, " %6s %6s %5s", "coal.", "unm.", "lost");
}

static void print_counts(FILE *out, const struct figures *figures, const struct vector_figures *seen)
{
	const struct imstrace_vector *vector = &seen->vector;
	const char *mode = vector_mode(vector, &seen->account);

	fputs("  ", out);
	print_vector(out, vector->vector, vector->irq, vector->slot, vector->pasid);
	fprintf(out, "  %-10s", mode ? mode : "n/a");
	for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
		if (has_column(figures, hop))
			print_count(out, 7, seen->account.hops[hop], seen->hop_missing[hop]);
	/* The first two may be below 0 in an interval: some are taken back. */
	fprintf(out, " %6" PRId64 " %6" PRId64 " %5" PRIu64, (int64_t)seen->account.ends[END_COALESCED],
		(int64_t)account_unmatched(&seen->account),
		(uint64_t)account_lost(&seen->account));
}

/* Of what is no device's vector: where it goes to, and from whom. */
static void print_way_into_vm(FILE *out, const struct imstrace_vector *vector)
{
	char signallers[IMSTRACE_SIGNALLERS_LEN], vcpu[16];

	if (!kind_of_vm(vector->kind))
		return;
	if (vector->guest_vector)
		fprintf(out, "  0x%02x on vCPU %s", vector->guest_vector,
			number_text(vcpu, vector->vcpu, "%u"));
	sink_clean(signallers, sizeof(signallers), vector->signallers);
	if (*signallers)
		fprintf(out, " from %s", signallers);
}

static void text_interval(struct sink *sink, const struct figures *figures)
{
	const char *device = NULL;
	size_t idle = 0;
	char when[32];
	FILE *out = sink->out;

	fprintf(out, "\n%s  in %.2f s", text_clock(sink, when, figures->to),
		(double)(figures->to - figures->from) / 1e9);
	for (size_t i = 0; i < figures->count; i++)
		idle += !figures_active(&figures->vectors[i]);
	if (!figures->count)
		fputs(", no vector seen yet", out);
	if (idle)
		fprintf(out, ", %zu idle vector%s not shown", idle, idle == 1 ? "" : "s");
	putc('\n', out);
	if (idle < figures->count) {
		print_counts_heading(out, figures);
		fputs("      p50      p99 µs\n", out);
	}
	for (size_t i = 0; i < figures->count; i++) {
		const struct vector_figures *vector = &figures->vectors[i];
		enum imstrace_stage stage = figures_widest_stage(vector);

		if (!figures_active(vector))
			continue;
		/* A device whose vectors are all idle has no heading. */
		if (!device || strncmp(device, vector->vector.device, IMSTRACE_NAME_LEN))
			text_device(out, &vector->vector);
		device = vector->vector.device;
		print_counts(out, figures, vector);
		if (vector->stages[stage].count && !figures_stage_missing(vector, stage)) {
			text_percentile(out, 8, &vector->stages[stage], vector->stages[stage].p50);
			text_percentile(out, 8, &vector->stages[stage], vector->stages[stage].p99);
			fprintf(out, " %s", stage_name(stage));
		}
		putc('\n', out);
	}
	text_warnings(sink, figures);
}

static void print_reason(FILE *out, unsigned int hops, const char *why)
{
	const char *separator = "n/a: ";

	for (unsigned int hop = 0; hop < HOP_COUNT; hop++) {
		if (!(hops & 1U << hop))
			continue;
		fprintf(out, "%s%s", separator, hop_name(hop));
		separator = ", ";
	}
	fprintf(out, ": %s\n", why);
}

/* What neither a column, a stage nor a reason for n/a shows. */
static void print_ends(FILE *out, const struct figures *figures)
{
	const char *device = NULL;

	for (size_t i = 0; i < figures->count; i++) {
		const struct vector_figures *vector = &figures->vectors[i];

		for (unsigned int end = 0; end < END_COUNT; end++) {
			if (!vector->account.ends[end] || end == END_COALESCED ||
			    end == END_LOST || end == END_SIGNALLED)
				continue;
			if (!device)
				fprintf(out, "\n  %4s  %-14s %9s  %s\n", "VEC", "ENDED", "COUNT", "HOW");
			if (!device || strncmp(device, vector->vector.device, IMSTRACE_NAME_LEN))
				text_device(out, &vector->vector);
			device = vector->vector.device;
			fprintf(out, "  %4u  %-14s %9" PRIu64 "  %s\n", vector->vector.vector,
				end_name(end), (uint64_t)vector->account.ends[end], end_what(end));
		}
	}
}

static void print_use(FILE *out, const struct device_use *use)
{
	char device[IMSTRACE_NAME_LEN] = "all devices";

	if (use->device)
		sink_clean(device, sizeof(device), use->device);
	fprintf(out, "  %7zu %12zu %9zu  %s\n", use->vectors, use->never_fired, use->irqs, device);
}

/* A driver may ask for far more vectors than it uses. */
static void print_never_fired(FILE *out, const struct figures *figures)
{
	struct device_use use, all = { .device = NULL };
	size_t at = 0, shown = 0;

	while (device_use_next(figures, &at, &use)) {
		all.vectors += use.vectors;
		all.never_fired += use.never_fired;
		all.irqs += use.irqs;
		if (!use.never_fired)
			continue;
		if (!shown)
			fprintf(out, "\n  %7s %12s %9s  %s\n", "VECTORS", "NEVER FIRED", "HOST IRQS",
				"DEVICE");
		print_use(out, &use);
		shown = use.vectors;
	}
	/* There are others. */
	if (shown && all.vectors > shown)
		print_use(out, &all);
}

static void print_missing(FILE *out, const struct figures *figures)
{
	struct missing missing[FIGURES_REASONS];
	size_t count = figures_missing(figures, missing);

	for (size_t i = 0; i < count; i++)
		print_reason(out, missing[i].hops, missing[i].why);
}

static void text_summary(struct sink *sink, const struct figures *figures)
{
	FILE *out = sink->out;

	fprintf(out, "\nSummary of %.2f s, %zu vector%s\n",
		(double)(figures->to - figures->from) / 1e9, figures->count,
		figures->count == 1 ? "" : "s");
	if (figures->count) {
		print_counts_heading(out, figures);
		putc('\n', out);
	}
	for (size_t i = 0; i < figures->count; i++) {
		if (!same_device(figures, i))
			text_device(out, owned_of_device(figures, i));
		print_counts(out, figures, &figures->vectors[i]);
		if (figures->vectors[i].in_flight && !figures->vectors[i].in_flight_missing)
			fprintf(out, " (%" PRIu64 " in flight)",
				(uint64_t)figures->vectors[i].in_flight);
		if (figures->vectors[i].account.deferred)
			fprintf(out, " (%" PRIu64 " signalled after the handler)",
				(uint64_t)figures->vectors[i].account.deferred);
		if (figures->vectors[i].account.detours)
			fprintf(out, " (%" PRIu64 " read and sent on by the VMM)",
				(uint64_t)figures->vectors[i].account.detours);
		if (figures->vectors[i].account.late_eois)
			fprintf(out, " (%" PRIu64 " paravirtual EOIs: in no service or total)",
				(uint64_t)figures->vectors[i].account.late_eois);
		if (figures->vectors[i].account.other_node)
			fprintf(out, " (%" PRIu64 " delivered on another NUMA node)",
				(uint64_t)figures->vectors[i].account.other_node);
		if (figures->vectors[i].vector.copies)
			fprintf(out, " (%u more accepts: messages for several vCPUs)",
				figures->vectors[i].vector.copies);
		if (figures->vectors[i].vector.still_up)
			fprintf(out, " (%" PRIu64 " more accepts: its line was still up)",
				(uint64_t)figures->vectors[i].vector.still_up);
		print_way_into_vm(out, &figures->vectors[i].vector);
		putc('\n', out);
	}
	if (figures->count) {
		fprintf(out, "\n  %4s  %-9s %9s %9s %9s", "VEC", "STAGE", "COUNT", "MIN", "MEAN");
#define X(name, heading, percent) fprintf(out, " %9s", heading);
		IMSTRACE_PERCENTILES(X)
#undef X
		fprintf(out, " %9s µs\n", "MAX");
	}
	for (size_t i = 0; i < figures->count; i++) {
		if (!same_device(figures, i))
			text_device(out, owned_of_device(figures, i));
		text_stages(out, &figures->vectors[i]);
	}
	text_competitors(out, figures);
	print_ends(out, figures);
	print_never_fired(out, figures);
	if (figures->count)
		putc('\n', out);
	print_missing(out, figures);
	text_warnings(sink, figures);
	if (!figures->count)
		fputs("No matching vector was seen. Is a VM running, and does anything interrupt it?\n",
		      out);
}

static void text_finding(struct sink *sink, const struct lint_finding *finding)
{
	char when[32], device[IMSTRACE_NAME_LEN];
	FILE *out = sink->out;

	sink_clean(device, sizeof(device), finding->device);
	fprintf(out, "%s  ", text_clock(sink, when, finding->time));
	print_vector(out, finding->vector, finding->irq, finding->slot, finding->pasid);
	fprintf(out, "  %-17s  %s  !!! %s\n", lint_name(finding->rule), device,
		lint_what(finding->rule));
}

static void print_tally(FILE *out, const struct lint_tally *tally)
{
	char device[IMSTRACE_NAME_LEN];

	sink_clean(device, sizeof(device), tally->first.device);
	fprintf(out, "  %6" PRIu64 "  %4u  %-27s  %s\n", (uint64_t)tally->count, tally->first.vector,
		lint_name(tally->first.rule), device);
}

/* What a finding means is said once, below the vectors that it is of. */
static void print_findings(FILE *out, const struct lint_verdict *verdict)
{
	fprintf(out, "  %6s  %4s  %-27s  %s\n", "COUNT", "VEC", "FINDING", "DEVICE");
	for (unsigned int rule = 0; rule < LINT_COUNT; rule++) {
		bool found = false;

		for (size_t i = 0; i < verdict->count; i++) {
			if (verdict->tallies[i].first.rule != rule)
				continue;
			print_tally(out, &verdict->tallies[i]);
			found = true;
		}
		if (found)
			fprintf(out, "%16s%s. %s.\n", "", lint_what(rule), lint_remedy(rule));
	}
}

static void text_verdict(struct sink *sink, const struct lint_verdict *verdict, int exit_code)
{
	__u64 count = 0;
	FILE *out = sink->out;

	(void)exit_code;
	for (size_t i = 0; i < verdict->count; i++)
		count += verdict->tallies[i].count;
	fprintf(out, "\nLint: %s, %" PRIu64 " finding%s in %" PRIu64 " steps\n",
		lint_result_name(verdict->result), (uint64_t)count, count == 1 ? "" : "s",
		(uint64_t)verdict->steps);
	if (verdict->count)
		print_findings(out, verdict);
	if (verdict->lost_lifecycle)
		fprintf(out, "!!! LOST: %" PRIu64 " lifecycle steps: vectors are not judged for "
			"that time\n", (uint64_t)verdict->lost_lifecycle);
	if (verdict->lost_vectors)
		fprintf(out, "!!! LOST: %" PRIu64 " vectors: their interrupts are not judged\n",
			(uint64_t)verdict->lost_vectors);
	if (!verdict->steps)
		fputs("No matching vector was set up or torn down, so there was nothing to judge.\n",
		      out);
}

const struct sink_ops text_sink = {
	.context_size = sizeof(struct text_context),
	.check = text_check,
	.start = text_start,
	.watch = text_watch,
	.lifecycle = text_lifecycle,
	.interrupt = text_interrupt,
	.interval = text_interval,
	.summary = text_summary,
	.slowest = text_slowest,
	.why = text_why,
	.histograms = text_histograms,
	.finding = text_finding,
	.verdict = text_verdict,
};
