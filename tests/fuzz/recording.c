// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzzes the reader of recordings, and all that shows what it reads: an input is the
 * three files of a recording, see input.h. It is shown as imstrace report --lifecycle
 * --lint --slowest, or script, would, as text and as JSON; a crash, an error
 * that a sanitizer finds, a leak or a hang is a find.
 */
#define _GNU_SOURCE
#include "../../user/session.h"
#include "../../user/recording/format.h"
#include "../../user/recording/reader.h"
#include "input.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned int seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);

/* In memory: a disk would be what is measured. */
static char directory[] = "/dev/shm/imstrace-fuzz-XXXXXX";
static int files[INPUT_FILES];

static void remove_files(void)
{
	int parent = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (size_t i = 0; i < INPUT_FILES; i++)
		unlinkat(parent, input_files[i], 0);
	rmdir(directory);
}

static void must(bool condition, const char *what)
{
	if (condition)
		return;
	perror(what);
	exit(1);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	int parent;

	(void)argc;
	(void)argv;
	must(mkdtemp(directory), "mkdtemp");
	parent = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < INPUT_FILES; i++) {
		files[i] = openat(parent, input_files[i], O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		must(files[i] >= 0, input_files[i]);
	}
	close(parent);
	atexit(remove_files);
	return 0;
}

/* Where the file ends that starts at @at, and in @next where the one after it starts. */
static const uint8_t *end_of_file(const uint8_t *at, const uint8_t *end, const uint8_t **next)
{
	const uint8_t *line = memmem(at, end - at, INPUT_LINE, strlen(INPUT_LINE));

	*next = line ? line + strlen(INPUT_LINE) : end;
	return line ?: end;
}

static void show(const struct session_options *options, uint64_t from, uint64_t to)
{
	const struct recording_options recording = {
		.directory = directory, .from = from, .until = to,
	};
	struct source *source;

	if (!recording_open(&source, &recording))
		session_run(source, options);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sink all = {
		.ops = size % 2 ? &text_sink : &json_sink, .out = stdout,
		.wants = {
			.start = true, .lifecycle = true, .interrupts = true, .summary = true,
			.histograms = 1U << STAGE_TOTAL | 1U << STAGE_HANDLER,
		},
	};
	struct sink figures = {
		.ops = &json_sink, .out = stdout, .wants = { .start = true, .summary = true },
	};
	const struct session_options whole = {
		.sinks = SINKS(&all), .lint = true, .slowest = 3,
	};
	const struct session_options part = {
		.sinks = SINKS(&figures), .slowest = 3, .filter = { .vectors = "1-3", .pid = 178 },
	};
	const uint8_t *at = data, *end = data + size;

	for (size_t i = 0; i < INPUT_FILES; i++) {
		const uint8_t *next = end, *last = i + 1 < INPUT_FILES ?
						   end_of_file(at, end, &next) : end;

		must(!ftruncate(files[i], 0) &&
		     pwrite(files[i], at, last - at, 0) == last - at, input_files[i]);
		at = next;
	}
	show(&whole, 0, 0);
	/* A part of it, for one input in eight: it takes as long again. */
	if (size % 8 == 0)
		show(&part, 500, 2000);
	return 0;
}

/* Makes one packet of what a stream's file holds, so that its events are looked at at all. */
static void mend_packet(uint8_t *start, size_t size, uint32_t stream, const uint8_t uuid[16])
{
	struct ctf_packet *packet = (struct ctf_packet *)start;

	if (size < sizeof(*packet))
		return;
	packet->magic = CTF_MAGIC;
	packet->stream_id = stream;
	packet->content_bits = packet->packet_bits = 8 * size;
	memcpy(packet->uuid, uuid, sizeof(packet->uuid));
}

/* As the metadata has it; what is not there stays zero. */
static void find_uuid(const uint8_t *metadata, size_t size, uint8_t uuid[16])
{
	static const char key[] = "uuid = \"";
	const uint8_t *at = memmem(metadata, size, key, strlen(key));
	char digits[3] = "";

	if (!at || metadata + size - at < (ptrdiff_t)strlen(key) + 36)
		return;
	at += strlen(key);
	for (unsigned int i = 0; i < 16; i++, at += 2) {
		at += *at == '-';
		memcpy(digits, at, 2);
		uuid[i] = strtoul(digits, NULL, 16);
	}
}

/*
 * Mutates one of the files, and seldom the metadata: most of it is for other readers of CTF, and
 * is most of an input. Most of what is inserted or taken out makes packets of an impossible
 * size: in every second input they are made to fit again.
 */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned int seed)
{
	uint8_t *at = data, *end = data + size, uuid[16] = { 0 };
	size_t chosen = seed % 8 ? 1 + seed / 8 % (INPUT_FILES - 1) : 0;
	bool mend = seed / 64 % 2;

	for (size_t i = 0; i < INPUT_FILES && at <= end; i++) {
		uint8_t *line = i + 1 < INPUT_FILES ?
				memmem(at, end - at, INPUT_LINE, strlen(INPUT_LINE)) : NULL;
		uint8_t *last = line ?: end;

		if (i == chosen) {
			size_t others = size - (last - at), after = end - last;
			uint8_t *rest = memcpy(malloc(after + 1), last, after);
			size_t now = most > others ? LLVMFuzzerMutate(at, last - at, most - others) :
						     (size_t)(last - at);

			memcpy(at + now, rest, after);
			free(rest);
			last = at + now;
			size = others + now;
			end = data + size;
		}
		if (!i)
			find_uuid(at, last - at, uuid);
		else if (mend)
			mend_packet(at, last - at, i - 1, uuid);
		if (last == end)
			break;
		at = last + strlen(INPUT_LINE);
	}
	return size;
}
