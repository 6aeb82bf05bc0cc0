// SPDX-License-Identifier: GPL-2.0-only
/*
 * A row per interrupt, as RFC 4180 has it; what is not known, or did not happen, is empty. All
 * times are ns, those of hops CLOCK_MONOTONIC.
 */
#include "sink.h"

#include <string.h>

/* RFC 4180. */
#define END_OF_ROW "\r\n"

static void csv_start(FILE *out, const struct source *source)
{
	(void)source;
	fputs("time,device,vector,irq,slot,pasid,vcpu,guest_vector,cpu,cause,end", out);
	for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
		fprintf(out, ",%s_time", hop_name(hop));
	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++)
		fprintf(out, ",%s_ns", stage_name(stage));
	fputs(END_OF_ROW, out);
}

static void put_number(FILE *out, __u64 number)
{
	char digits[20];
	size_t at = sizeof(digits);

	/* Ten million rows have 200 million of them: printf() would be most of the time. */
	do {
		digits[--at] = '0' + number % 10;
		number /= 10;
	} while (number);
	fwrite(digits + at, 1, sizeof(digits) - at, out);
}

static void number(FILE *out, __u64 value)
{
	putc(',', out);
	put_number(out, value);
}

static void known(FILE *out, __u32 value)
{
	putc(',', out);
	if (value != IMSTRACE_NONE)
		put_number(out, value);
}

/*
 * Always quoted. A spreadsheet takes what begins like a formula for one, quoted or not: that gets
 * an apostrophe in front.
 */
static void text(FILE *out, const char *name)
{
	fputs(",\"", out);
	if (*name && strchr("=+-@", *name))
		putc('\'', out);
	for (; *name; name++) {
		if (*name == '"')
			putc('"', out);
		putc(*name, out);
	}
	putc('"', out);
}

static void csv_interrupt(FILE *out, const struct imstrace_vector *vector,
			  const struct imstrace_interrupt *interrupt)
{
	char device[IMSTRACE_NAME_LEN];

	sink_clean(device, sizeof(device), vector->device);
	put_number(out, interrupt_ended(interrupt));
	text(out, device);
	number(out, vector->vector);
	known(out, vector->irq);
	known(out, vector->slot);
	known(out, vector->pasid);
	known(out, interrupt->vcpu);
	known(out, interrupt->guest_vector);
	number(out, interrupt->cpu);
	fprintf(out, ",%s,%s", sink_cause_name(interrupt->cause), sink_end_name(interrupt->end));
	for (unsigned int hop = 0; hop < HOP_COUNT; hop++) {
		putc(',', out);
		if (interrupt->times[hop])
			put_number(out, interrupt->times[hop]);
	}
	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++) {
		long long time = stage_time(interrupt, stage);

		putc(',', out);
		if (time >= 0)
			put_number(out, time);
	}
	fputs(END_OF_ROW, out);
}

static void csv_summary(FILE *out, const struct report *report)
{
	(void)out;
	sink_warn_of_loss(report);
}

const struct sink csv_sink = {
	.start = csv_start,
	.interrupt = csv_interrupt,
	.summary = csv_summary,
};
