// SPDX-License-Identifier: GPL-2.0-only
/*
 * The metadata of a recording, in CTF 1.8's own language: what any reader of CTF needs to
 * show our events, and, in env, what imstrace itself wants to know of the run.
 */
#include "writer.h"

#include "../model/hops.h"
#include "../model/lifecycle.h"
#include "../source/wall_clock.h"
#include "format.h"
#include "../version.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Printable ASCII, quoted. */
static void put_text(FILE *out, const char *text, size_t size)
{
	putc('"', out);
	for (size_t i = 0; i < size && text[i]; i++) {
		char c = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';

		if (c == '"' || c == '\\')
			putc('\\', out);
		putc(c, out);
	}
	putc('"', out);
}

static void put_env(FILE *out, const char *key, const char *value)
{
	fprintf(out, "\t%s = ", key);
	put_text(out, value, SIZE_MAX);
	fputs(";\n", out);
}

static void put_types(FILE *out)
{
	static const struct {
		const char *name;
		unsigned int bits;
		const char *more;
	} integers[] = {
		{ "uint8_t", 8, "" }, { "uint16_t", 16, "" }, { "uint32_t", 32, "" },
		{ "uint64_t", 64, "" }, { "int32_t", 32, "signed = true; " },
		{ "hex32_t", 32, "base = 16; " }, { "hex64_t", 64, "base = 16; " },
		{ "char_t", 8, "encoding = UTF8; " },
		{ "time_t", 64, "map = clock.monotonic.value; " },
	};

	for (size_t i = 0; i < sizeof(integers) / sizeof(integers[0]); i++)
		fprintf(out, "typealias integer { size = %u; align = 8; %s} := %s;\n",
			integers[i].bits, integers[i].more, integers[i].name);
	fputs("typealias enum : uint8_t { ", out);
	for (unsigned int cause = 0; cause < CAUSE_COUNT; cause++)
		fprintf(out, "\"%s\" = %u, ", cause_name(cause), cause);
	fputs("} := cause_t;\ntypealias enum : uint8_t { ", out);
	for (unsigned int end = 0; end < END_COUNT; end++)
		fprintf(out, "\"%s\" = %u, ", end_name(end), end);
	fputs("} := end_t;\n", out);
}

/* A name for the number of each vector, so that any viewer can say which it is. */
static void put_vector_type(FILE *out, const struct source *source)
{
	fputs("typealias enum : uint32_t { \"none\" = 4294967295, ", out);
	for (__u32 id = 0; id < source_vector_count(source); id++) {
		const struct imstrace_vector *vector = &source->vectors[id];
		char name[IMSTRACE_NAME_LEN + 16];

		if (!*vector->device)
			continue;
		snprintf(name, sizeof(name), "%.*s vector %u", IMSTRACE_NAME_LEN, vector->device,
			 vector->vector);
		put_text(out, name, sizeof(name));
		fprintf(out, " = %u, ", id);
	}
	fputs("} := vector_id_t;\n", out);
}

static void put_event(FILE *out, const char *name, unsigned int id, enum ctf_stream stream,
		      const struct ctf_payload *payload)
{
	char type[CTF_TYPE_LEN];

	fprintf(out, "event {\n\tname = \"imstrace:%s\"; id = %u; stream_id = %u;\n"
		"\tfields := struct {", name, id, stream);
	for (size_t i = 0; i < payload->count; i++) {
		const struct ctf_field *field = &payload->fields[i];

		fprintf(out, " %s %s", ctf_type(field, type), field->name);
		if (field->form == CTF_TEXT)
			fprintf(out, "[%u]", field->size);
		putc(';', out);
	}
	fputs(" };\n};\n", out);
}

static void put_events(FILE *out)
{
	put_event(out, CTF_INTERRUPT_NAME, 0, CTF_INTERRUPTS, &ctf_interrupt_payload);
	for (unsigned int step = 0; step < STEP_COUNT; step++)
		put_event(out, lifecycle_name(step), step, CTF_LIFECYCLE, &ctf_lifecycle_payload);
	put_event(out, CTF_VECTOR_NAME, CTF_VECTOR_EVENT, CTF_LIFECYCLE, &ctf_vector_payload);
}

/*
 * The flight recorder is never at its end: what it was not asked to keep goes. Recordings from
 * before this say nothing.
 */
static void put_end(FILE *out, const struct ctf_options *options, const struct ctf_end *end)
{
	if (options->last)
		return;
	fprintf(out, "\t" CTF_ENDED " = %" PRIu64 ";\n", (uint64_t)end->time);
	for (unsigned int stream = 0; stream < CTF_STREAM_COUNT; stream++)
		fprintf(out, "\t%s" CTF_BYTES " = %" PRIu64 ";\n", ctf_stream_names[stream],
			(uint64_t)end->bytes[stream]);
}

/* The clock {} of CTF has a single offset, that of the start: others see times by that. */
static void put_clock_sets(FILE *out, const struct source *source)
{
	char *text = wall_clock_text(source);

	if (text && *text)
		put_env(out, CTF_CLOCK_SET, text);
	free(text);
}

static void put_source(FILE *out, const struct source *source, const struct ctf_options *options,
		       const struct ctf_end *end)
{
	char key[64];

	fputs("env {\n", out);
	put_env(out, "tracer_name", "imstrace");
	put_env(out, "tracer_version", IMSTRACE_VERSION);
	fprintf(out, "\timstrace_format = %u;\n", CTF_FORMAT);
	put_env(out, "hostname", source->host);
	put_env(out, "kernel_release", source->kernel);
	put_env(out, "command_line", options->command_line);
	fprintf(out, "\tstarted = %" PRIu64 ";\n\tvectors = %u;\n\tmay_post = %u;\n"
		"\tover = %" PRIu64 ";\n\tlast = %" PRIu64 ";\n", (uint64_t)source->started,
		source->capacity, source->may_post, (uint64_t)options->over,
		(uint64_t)options->last);
	fprintf(out, "\tlost_vectors = %" PRIu64 ";\n\tlost_runs = %" PRIu64 ";\n",
		(uint64_t)source->totals->lost_vectors, (uint64_t)source->totals->lost_runs);
	put_clock_sets(out, source);
	put_end(out, options, end);
	put_env(out, "pci_signal", source->pci_signal ?: "");
	put_env(out, "posting", source->posting ?: "");
	put_env(out, "delivery", source->delivery ?: "");
	for (unsigned int hop = 0; hop < HOP_COUNT; hop++) {
		snprintf(key, sizeof(key), "hop_%s", hop_name(hop));
		put_env(out, key, source->hops[hop].attached);
		snprintf(key, sizeof(key), "hop_%s_missing", hop_name(hop));
		put_env(out, key, source->hops[hop].reason);
	}
	fputs("};\n", out);
}

char *ctf_metadata(const struct source *source, const struct ctf_options *options,
		   const __u8 uuid[16], const struct ctf_end *end)
{
	long long seconds = source->to_wall_clock / 1000000000;
	long long rest = source->to_wall_clock % 1000000000;
	char *text = NULL, id[37];
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	if (rest < 0) {
		rest += 1000000000;
		seconds--;
	}
	for (unsigned int i = 0, at = 0; i < 16; i++)
		at += sprintf(id + at, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
			      uuid[i]);
	fputs(CTF_METADATA_START, out);
	put_source(out, source, options, end);
	fprintf(out, "clock {\n\tname = monotonic; description = \"CLOCK_MONOTONIC of the host\";\n"
		"\tfreq = 1000000000; offset_s = %lld; offset = %lld;\n};\n", seconds, rest);
	put_types(out);
	fprintf(out, "trace {\n\tmajor = 1; minor = 8; uuid = \"%s\"; byte_order = le;\n"
		"\tpacket.header := struct { uint32_t magic; uint8_t uuid[16]; uint32_t stream_id; };\n"
		"};\n", id);
	put_vector_type(out, source);
	for (unsigned int stream = 0; stream < CTF_STREAM_COUNT; stream++)
		fprintf(out, "stream {\n\tid = %u;\n"
			"\tevent.header := struct { uint16_t id; time_t timestamp; };\n"
			"\tpacket.context := struct { time_t timestamp_begin; time_t timestamp_end; "
			"uint64_t content_size; uint64_t packet_size; uint64_t events_discarded; "
			"uint64_t packet_seq_num; };\n};\n", stream);
	put_events(out);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}
