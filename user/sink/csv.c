// SPDX-License-Identifier: GPL-2.0-only
/*
 * A row per interrupt, as RFC 4180 has it; what is not known, or did not happen, is empty. All
 * times are ns, those of hops CLOCK_MONOTONIC.
 */
#include "fields.h"
#include "sink.h"

#include <string.h>

/* RFC 4180. */
#define END_OF_ROW "\r\n"

static void csv_start(struct sink *sink, const struct source *source)
{
	char name[FIELD_NAME_LEN];
	FILE *out = sink->out;

	(void)source;
	for (unsigned int field = 0; field < FIELD_COUNT; field++)
		fprintf(out, "%s%s", field ? "," : "", field_name(field, name));
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

/*
 * Always quoted. A spreadsheet takes what begins like a formula for one, quoted or not: that gets
 * an apostrophe in front.
 */
static void text(FILE *out, const char *name)
{
	putc('"', out);
	if (*name && strchr("=+-@", *name))
		putc('\'', out);
	for (; *name; name++) {
		if (*name == '"')
			putc('"', out);
		putc(*name, out);
	}
	putc('"', out);
}

static void csv_interrupt(struct sink *sink, const struct imstrace_vector *vector,
			  const struct imstrace_interrupt *interrupt)
{
	struct field_value value;
	FILE *out = sink->out;

	for (unsigned int field = 0; field < FIELD_COUNT; field++) {
		if (field)
			putc(',', out);
		if (!field_read(field, vector, interrupt, &value))
			continue;
		if (value.text)
			text(out, value.text);
		else
			put_number(out, value.number);
	}
	fputs(END_OF_ROW, out);
}

const struct sink_ops csv_sink = {
	.losses_unseen = true,
	.start = csv_start,
	.interrupt = csv_interrupt,
};
