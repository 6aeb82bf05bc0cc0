// SPDX-License-Identifier: GPL-2.0-only
#include "metadata_reader.h"

#include "../errors.h"
#include "../model/hops.h"
#include "../model/lifecycle.h"
#include "../source/live.h"
#include "../source/wall_clock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define METADATA_BYTES	(64UL * 1024 * 1024)	/* 65,536 vectors' names are in it */

/* Of an offset of the clock: that ns are 64 bits. */
#define MOST_SECONDS	(INT64_MAX / 1000000000 - 1)

/* The value of @key in the metadata's env, unquoted, into @text; false: there is none. */
static bool find_env(const char *metadata, const char *key, char *text, size_t size)
{
	char start[80];
	size_t used = 0;
	const char *at;

	snprintf(start, sizeof(start), "\n\t%s = ", key);
	at = strstr(metadata, start);
	if (!at)
		return false;
	at += strlen(start);
	if (*at != '"') {
		while (used + 1 < size && *at && *at != ';')
			text[used++] = *at++;
		text[used] = '\0';
		return *at == ';';
	}
	for (at++; *at && *at != '"'; at++) {
		if (*at == '\\' && !*++at)
			break;
		if (used + 1 < size)
			text[used++] = *at;
	}
	text[used] = '\0';
	return *at == '"';
}

static bool find_number(const char *metadata, const char *key, long long *number)
{
	char text[32], *end;

	if (!find_env(metadata, key, text, sizeof(text)))
		return false;
	errno = 0;
	*number = strtoll(text, &end, 10);
	return !errno && end != text && !*end;
}

static bool find_uuid(const char *metadata, __u8 uuid[16])
{
	const char *at = strstr(metadata, "\n\tmajor = 1; minor = 8; uuid = \"");
	unsigned int value;

	if (!at)
		return false;
	at = strchr(at, '"') + 1;
	for (unsigned int i = 0; i < 16; i++, at += 2) {
		at += *at == '-';
		if (sscanf(at, "%2x", &value) != 1)
			return false;
		uuid[i] = value;
	}
	return *at == '"';
}

static int foreign(const struct ctf_metadata *metadata, const char *why)
{
	return report_error(EXIT_USAGE, NULL, "%s is not a recording of this imstrace: %s",
			    metadata->directory, why);
}

/* How hops are numbered there: as the interrupt's first fields are. */
static void number_hops(struct ctf_metadata *metadata)
{
	for (size_t i = 0; i < CTF_MOST_FIELDS; i++) {
		size_t hop = i < metadata->interrupt.count ?
			     metadata->interrupt.fields[i].to / sizeof(__u64) : HOP_COUNT;

		metadata->hops[i] = hop < HOP_COUNT ? hop : HOP_COUNT;
	}
}

/* At the beginning of @text: how its kind of event is numbered, and what is in it. */
static void read_event(struct ctf_metadata *metadata, const char *text)
{
	unsigned int id, stream, step = 0;
	char name[32];
	int used = 0;

	if (sscanf(text, "\nevent { name = \"imstrace:%31[a-z_]\"; id = %4u; stream_id = %1u; "
		   "fields := struct {%n", name, &id, &stream, &used) != 3 || !used)
		return;
	text += used;
	if (stream == CTF_INTERRUPTS && !strcmp(name, CTF_INTERRUPT_NAME))
		ctf_layout_read(&metadata->interrupt, text, &ctf_interrupt_payload);
	else if (id == CTF_VECTOR_EVENT && !strcmp(name, CTF_VECTOR_NAME))
		ctf_layout_read(&metadata->vector, text, &ctf_vector_payload);
	/* All steps have the same fields. */
	else if (id < CTF_VECTOR_EVENT &&
		 ctf_layout_read(&metadata->lifecycle, text, &ctf_lifecycle_payload)) {
		while (step < STEP_COUNT && strcmp(lifecycle_name(step), name))
			step++;
		metadata->steps[id] = step;
	}
}

/* A kind of event that can't be read is missed only if the streams have one of it. */
static bool read_events(struct ctf_metadata *metadata, const char *text)
{
	memset(metadata->steps, CTF_NO_STEP, sizeof(metadata->steps));
	for (; (text = strstr(text, "\nevent {")); text++)
		read_event(metadata, text);
	number_hops(metadata);
	return metadata->interrupt.size && metadata->lifecycle.size && metadata->vector.size;
}

/* The enum of ends, which is the last before its name. */
static void read_ends(struct ctf_metadata *metadata, const char *text)
{
	const char *at = strstr(text, "} := end_t;"), *stop = at;
	unsigned int number;
	char name[32];
	int used;

	memset(metadata->ends, END_COUNT, sizeof(metadata->ends));
	metadata->unmatched = -1;
	while (at && at > text && *at != '{')
		at--;
	for (at++; stop && at < stop; at += used) {
		unsigned int end = 0;

		used = 0;
		if (sscanf(at, " \"%31[a-z_]\" = %3u, %n", name, &number, &used) != 2 || !used ||
		    number >= sizeof(metadata->ends))
			return;
		while (end < END_COUNT && strcmp(end_name(end), name))
			end++;
		metadata->ends[number] = end;
		if (!strcmp(name, "unmatched"))
			metadata->unmatched = number;
	}
}

enum imstrace_end ctf_end_of(const struct ctf_metadata *metadata,
			     const struct imstrace_interrupt *interrupt)
{
	static const enum imstrace_end after[HOP_COUNT] = {
		[HOP_IRQ] = END_NO_SIGNAL, [HOP_SIGNAL] = END_NOT_ACCEPTED,
		[HOP_ACCEPT] = END_DROPPED, [HOP_ENTER] = END_DROPPED, [HOP_INJECT] = END_NO_EOI,
		[HOP_EOI] = END_COUNT, [HOP_UNMASK] = END_COUNT,
	};
	unsigned int last = HOP_IRQ;

	if (interrupt->end != metadata->unmatched)
		return metadata->ends[interrupt->end];
	for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
		if (interrupt->times[hop])
			last = hop;
	return after[last];
}

static void read_hops(struct source *source, const char *text)
{
	for (unsigned int hop = 0; hop < HOP_COUNT; hop++) {
		struct hop_status *status = &source->hops[hop];
		char key[64];

		snprintf(key, sizeof(key), "hop_%s", hop_name(hop));
		if (!find_env(text, key, status->attached, sizeof(status->attached)))
			snprintf(status->reason, sizeof(status->reason),
				 "the imstrace that recorded it did not know this hop");
		snprintf(key, sizeof(key), "hop_%s_missing", hop_name(hop));
		find_env(text, key, status->reason, sizeof(status->reason));
	}
}

static void read_end(struct ctf_metadata *metadata, const char *text)
{
	long long number;
	char key[64];

	metadata->not_ended = find_number(text, CTF_ENDED, &number) && !number;
	for (unsigned int stream = 0; stream < CTF_STREAM_COUNT; stream++) {
		snprintf(key, sizeof(key), "%s" CTF_BYTES, ctf_stream_names[stream]);
		if (find_number(text, key, &number) && number > 0)
			metadata->bytes[stream] = number;
	}
}

static int parse(struct ctf_metadata *metadata, struct source *source, const char *text)
{
	long long format, started, vectors, may_post, seconds, rest, lost;
	char tracer[32], clock_sets[1024];
	const char *clock;

	if (strncmp(text, CTF_METADATA_START, strlen(CTF_METADATA_START)))
		return foreign(metadata, "its metadata is not CTF 1.8");
	if (!find_env(text, "tracer_name", tracer, sizeof(tracer)) || strcmp(tracer, "imstrace"))
		return foreign(metadata, "another tracer made it");
	if (!find_number(text, "imstrace_format", &format) || format != CTF_FORMAT)
		return foreign(metadata, "it has a format that this version does not know");
	clock = strstr(text, "freq = 1000000000; offset_s = ");
	if (!clock || sscanf(clock, "freq = 1000000000; offset_s = %lld; offset = %lld;", &seconds,
			     &rest) != 2 || seconds < -MOST_SECONDS || seconds > MOST_SECONDS ||
	    !find_uuid(text, metadata->uuid) ||
	    !find_number(text, "started", &started) || started < 0 ||
	    !find_number(text, "may_post", &may_post) ||
	    !find_number(text, "vectors", &vectors) || vectors < 1 || vectors > MOST_VECTORS ||
	    !read_events(metadata, text))
		return foreign(metadata, "its metadata is damaged");

	find_env(text, "hostname", source->host, sizeof(source->host));
	find_env(text, "kernel_release", source->kernel, sizeof(source->kernel));
	if (find_env(text, "pci_signal", metadata->pci_signal, sizeof(metadata->pci_signal)) &&
	    *metadata->pci_signal)
		source->pci_signal = metadata->pci_signal;
	if (find_env(text, "posting", metadata->posting, sizeof(metadata->posting)) &&
	    *metadata->posting)
		source->posting = metadata->posting;
	source->delivery = metadata->delivery;
	if (!find_env(text, "delivery", metadata->delivery, sizeof(metadata->delivery)))
		source->delivery = "the imstrace that recorded it did not look";
	else if (!*metadata->delivery)
		source->delivery = NULL;
	if (find_number(text, "lost_vectors", &lost) && lost > 0)
		metadata->lost_vectors = lost;
	if (find_number(text, "lost_runs", &lost) && lost > 0)
		metadata->lost_runs = lost;
	if (find_env(text, CTF_CLOCK_SET, clock_sets, sizeof(clock_sets)))
		wall_clock_parse(source, clock_sets);
	read_end(metadata, text);
	read_hops(source, text);
	read_ends(metadata, text);
	source->to_wall_clock = seconds * 1000000000 + rest % 1000000000;
	source->started = started;
	source->may_post = may_post;
	source->capacity = vectors;
	return 0;
}

int ctf_open_file(const char *directory, const char *name, int *file)
{
	char path[4096];

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", directory, name) >= sizeof(path))
		return report_error(EXIT_USAGE, NULL, "the name %s is too long", directory);
	/* A FIFO or a terminal must not make us wait. */
	*file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (*file < 0)
		return report_error(EXIT_USAGE,
				    errno == EACCES   ? "Only its owner can read a recording: try as root"
				    : errno == ENOENT ? "Make one with imstrace record"
						      : NULL,
				    "cannot read the recording: %s: %s", path, strerror(errno));
	return 0;
}

/* Return: the text of @file, to be freed; NULL: errno says why there is none. */
static char *read_text(int file)
{
	size_t used = 0, room = 0;
	char *text = NULL;
	ssize_t got;

	do {
		if (room - used < 2) {
			char *larger = room > METADATA_BYTES ? NULL :
				       realloc(text, room = room ? 2 * room : 64 * 1024);

			if (!larger) {
				errno = room > METADATA_BYTES ? EFBIG : ENOMEM;
				break;
			}
			text = larger;
		}
		got = read(file, text + used, room - used - 1);
		if (got > 0)
			used += got;
		if (!got) {
			/* Text: what is behind a NUL is not looked at. */
			text[used] = '\0';
			return text;
		}
	} while (got > 0 || errno == EINTR);
	free(text);
	return NULL;
}

int ctf_read_metadata(struct ctf_metadata *metadata, struct source *source, const char *directory)
{
	int file, ret = ctf_open_file(directory, "metadata", &file);
	char *text;

	metadata->directory = directory;
	if (ret)
		return ret;
	text = read_text(file);
	if (text)
		ret = parse(metadata, source, text);
	else
		ret = report_error(EXIT_RUNTIME, NULL, "reading %s/metadata failed: %s", directory,
				   strerror(errno));
	close(file);
	free(text);
	return ret;
}
