// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "reader.h"

#include "../errors.h"
#include "format.h"
#include "../source/live.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define METADATA_BYTES	(64UL * 1024 * 1024)	/* 65,536 vectors' names are in it */
/* Of histograms, at most: 64 MiB, touched as they are used. */
#define MOST_BLOCKS	(1U << 18)

/* Of an offset of the clock: that ns are 64 bits. */
#define MOST_SECONDS	(INT64_MAX / 1000000000 - 1)

static const char *const names[] = {
#define X(ENUM, name) [CTF_##ENUM] = #name,
	CTF_STREAMS(X)
#undef X
};

struct stream {
	const char *name;
	int file;
	__u64 offset;		/* in the file: of the packet after this one */
	union {
		struct ctf_packet packet;
		__u8 bytes[CTF_PACKET_BYTES];
	};
	size_t at, end;		/* in the packet: the next event, and where they end */
	__u64 sequence;		/* of the packet after this one, at least */
	__u64 last;		/* time of the event before */
	__u64 until;		/* when the packet was ended */
	bool done;
	bool told;		/* that it has what is left out */
};

struct recording {
	struct source source;
	const char *directory;
	__u8 uuid[16];
	struct stream streams[CTF_STREAM_COUNT];
	struct imstrace_vector *vectors;
	struct imstrace_account *accounts;
	struct imstrace_histogram *histograms;
	struct imstrace_block *blocks;
	struct imstrace_totals totals;
	__u64 from, to;
	__u64 now;
	/* By its end: of them it is not told when. */
	__u64 lost_vectors, lost_runs;
	char pci_signal[512], posting[512];
};

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

static int foreign(const struct recording *recording, const char *why)
{
	return report_error(EXIT_USAGE, NULL, "%s is not a recording of this imstrace: %s",
		     recording->directory, why);
}

static int read_metadata(struct recording *recording, const char *metadata)
{
	struct source *source = &recording->source;
	long long format, started, vectors, may_post, seconds, rest, lost;
	char key[64], tracer[32];
	const char *clock;

	if (strncmp(metadata, CTF_METADATA_START, strlen(CTF_METADATA_START)))
		return foreign(recording, "its metadata is not CTF 1.8");
	if (!find_env(metadata, "tracer_name", tracer, sizeof(tracer)) ||
	    strcmp(tracer, "imstrace"))
		return foreign(recording, "another tracer made it");
	if (!find_number(metadata, "imstrace_format", &format) || format != CTF_FORMAT)
		return foreign(recording, "it has a format that this version does not know");
	clock = strstr(metadata, "freq = 1000000000; offset_s = ");
	if (!clock || sscanf(clock, "freq = 1000000000; offset_s = %lld; offset = %lld;", &seconds,
			     &rest) != 2 || seconds < -MOST_SECONDS || seconds > MOST_SECONDS ||
	    !find_uuid(metadata, recording->uuid) ||
	    !find_number(metadata, "started", &started) || started < 0 ||
	    !find_number(metadata, "may_post", &may_post) ||
	    !find_number(metadata, "vectors", &vectors) || vectors < 1 || vectors > MOST_VECTORS)
		return foreign(recording, "its metadata is damaged");

	find_env(metadata, "hostname", source->host, sizeof(source->host));
	find_env(metadata, "kernel_release", source->kernel, sizeof(source->kernel));
	if (find_env(metadata, "pci_signal", recording->pci_signal,
		     sizeof(recording->pci_signal)) && *recording->pci_signal)
		source->pci_signal = recording->pci_signal;
	if (find_env(metadata, "posting", recording->posting, sizeof(recording->posting)) &&
	    *recording->posting)
		source->posting = recording->posting;
	if (find_number(metadata, "lost_vectors", &lost) && lost > 0)
		recording->lost_vectors = lost;
	if (find_number(metadata, "lost_runs", &lost) && lost > 0)
		recording->lost_runs = lost;
	for (unsigned int hop = 0; hop < HOP_COUNT; hop++) {
		static const char *const hops[] = {
#define X(ENUM, name, what) #name,
			IMSTRACE_HOPS(X)
#undef X
		};

		snprintf(key, sizeof(key), "hop_%s", hops[hop]);
		find_env(metadata, key, source->hops[hop].attached,
			 sizeof(source->hops[hop].attached));
		snprintf(key, sizeof(key), "hop_%s_missing", hops[hop]);
		find_env(metadata, key, source->hops[hop].reason,
			 sizeof(source->hops[hop].reason));
	}
	source->to_wall_clock = seconds * 1000000000 + rest % 1000000000;
	source->started = started;
	source->may_post = may_post;
	source->capacity = vectors;
	return 0;
}

static int open_file(const struct recording *recording, const char *name, int *file)
{
	char path[4096];

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", recording->directory, name) >=
	    sizeof(path))
		return report_error(EXIT_USAGE, NULL, "the name %s is too long",
				    recording->directory);
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

static int load_metadata(struct recording *recording)
{
	int file, ret = open_file(recording, "metadata", &file);
	char *text;

	if (ret)
		return ret;
	text = read_text(file);
	if (text)
		ret = read_metadata(recording, text);
	else
		ret = report_error(EXIT_RUNTIME, NULL, "reading %s/metadata failed: %s",
			    recording->directory, strerror(errno));
	close(file);
	free(text);
	return ret;
}

/* How much of @size bytes there is at @offset. */
static ssize_t read_at(int file, void *to, size_t size, __u64 offset)
{
	size_t done = 0;

	while (done < size) {
		ssize_t got = pread(file, (char *)to + done, size - done, offset + done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			break;
		done += got;
	}
	return done;
}

/* The rest of the stream can't be read: what could be has been. */
static int damaged(const struct recording *recording, struct stream *stream, __u64 offset,
		   const char *what)
{
	stream->done = true;
	stream->at = stream->end = 0;
	warning("%s/%s: at byte %" PRIu64 ": %s: the rest of the file is ignored", recording->directory,
		stream->name, (uint64_t)offset, what);
	return 0;
}

static int read_failed(const struct recording *recording, const struct stream *stream, int error)
{
	return report_error(EXIT_RUNTIME, NULL, "reading %s/%s failed: %s", recording->directory,
		     stream->name, strerror(error));
}

static int next_packet(struct recording *recording, struct stream *stream)
{
	struct ctf_packet *packet = &stream->packet;
	__u64 start = stream->offset;
	__u64 *lost = stream == &recording->streams[CTF_LIFECYCLE] ?
		      &recording->totals.lost_lifecycle : &recording->totals.lost_interrupts;
	/* What is in the packet once it is known how large it is: most are small. */
	ssize_t got = read_at(stream->file, packet, sizeof(*packet), start);
	size_t size;

	stream->at = stream->end = 0;
	if (got < 0)
		return read_failed(recording, stream, (int)-got);
	if (!got) {
		stream->done = true;
		return 0;
	}
	if ((size_t)got < sizeof(*packet))
		return damaged(recording, stream, start, "a packet is cut off");
	if (packet->magic != CTF_MAGIC ||
	    packet->stream_id != (__u32)(stream - recording->streams) ||
	    memcmp(packet->uuid, recording->uuid, sizeof(packet->uuid)))
		return damaged(recording, stream, start, "this is no packet of this recording");
	if (packet->sequence < stream->sequence)
		return damaged(recording, stream, start, "a packet is out of order");
	if (packet->packet_bits % 8 || packet->packet_bits / 8 > CTF_PACKET_BYTES ||
	    packet->content_bits > packet->packet_bits || packet->content_bits % 8 ||
	    packet->content_bits / 8 < sizeof(*packet))
		return damaged(recording, stream, start, "a packet of an impossible size");
	size = packet->packet_bits / 8 - sizeof(*packet);
	got = read_at(stream->file, packet + 1, size, start + sizeof(*packet));
	if (got < 0)
		return read_failed(recording, stream, (int)-got);
	if ((size_t)got < size)
		return damaged(recording, stream, start, "a packet is cut off");
	stream->offset = start + packet->packet_bits / 8;
	stream->at = sizeof(*packet);
	stream->end = packet->content_bits / 8;
	stream->sequence = packet->sequence + 1;
	stream->until = packet->end;
	/* Before its events are handed on: what they lack may be among what is missing. */
	if (packet->discarded > *lost)
		*lost = packet->discarded;
	return 0;
}

static size_t event_size(enum ctf_stream number, const struct ctf_event *event)
{
	if (number == CTF_INTERRUPTS)
		return event->id == 0 ? sizeof(struct ctf_interrupt) : 0;
	if (event->id == CTF_VECTOR_EVENT)
		return sizeof(struct ctf_vector);
	return event->id < STEP_COUNT ? sizeof(struct ctf_lifecycle) : 0;
}

/* Of the next event, in the file. */
static __u64 event_offset(const struct stream *stream)
{
	return stream->offset - stream->packet.packet_bits / 8 + stream->at;
}

/* The next event of the stream; NULL: there is none, or *ret is set. */
static const struct ctf_event *peek(struct recording *recording, enum ctf_stream number, int *ret)
{
	struct stream *stream = &recording->streams[number];
	const struct ctf_event *event;
	size_t size;

	while (stream->at == stream->end) {
		if (stream->done)
			return NULL;
		*ret = next_packet(recording, stream);
		if (*ret)
			return NULL;
	}
	event = (const struct ctf_event *)(stream->bytes + stream->at);
	size = stream->end - stream->at < sizeof(*event) ? 0 : event_size(number, event);
	if (!size || size > stream->end - stream->at) {
		damaged(recording, stream, event_offset(stream), "this is no event");
		return NULL;
	}
	if (event->time < stream->last) {
		damaged(recording, stream, event_offset(stream), "an event is out of order");
		return NULL;
	}
	return event;
}

/* As count_stage() in bpf/stages.h. */
static void count_value(struct recording *recording, __u32 id, enum imstrace_stage stage,
			__u64 value)
{
	struct imstrace_histogram *histogram = &recording->histograms[id * STAGE_COUNT + stage];
	__u32 bucket = histogram_bucket(value);
	__u32 *number = &histogram->blocks[bucket / HISTOGRAM_BLOCK_BUCKETS];

	recording->accounts[id].sums[stage] += value;
	if (value > histogram->max)
		histogram->max = value;
	if (~value > histogram->inverted_min)
		histogram->inverted_min = ~value;
	if (!*number && recording->totals.blocks < recording->source.block_capacity)
		*number = ++recording->totals.blocks;
	if (*number) {
		recording->blocks[*number - 1].buckets[bucket % HISTOGRAM_BLOCK_BUCKETS]++;
		return;
	}
	histogram->unplaced++;
	recording->totals.lost_values++;
}

/*
 * What the programs counted when it passed its hops. Of one that turned out not to have been
 * coalesced the hops up to the accept have been counted with its first record.
 */
static void count_interrupt(struct recording *recording,
			    const struct imstrace_interrupt *interrupt)
{
	static const enum imstrace_hop ends[STAGE_COUNT][2] = {
#define X(ENUM, name, from, to) { HOP_##from, HOP_##to },
		IMSTRACE_STAGES(X)
#undef X
	};
	struct imstrace_account *account = &recording->accounts[interrupt->id];
	unsigned int first = interrupt->uncoalesced ? HOP_INJECT : HOP_IRQ, last = HOP_IRQ;

	for (unsigned int hop = 0; hop < HOP_COUNT; hop++) {
		if (!interrupt->times[hop])
			continue;
		last = hop;
		if (hop >= first)
			account->hops[hop]++;
	}
	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++) {
		__u64 from = interrupt->times[ends[stage][0]], to = interrupt->times[ends[stage][1]];

		if (from && to && ends[stage][1] >= first)
			count_value(recording, interrupt->id, stage, to > from ? to - from : 0);
	}
	if (interrupt->uncoalesced)
		account->coalesced--;
	switch ((enum imstrace_end)interrupt->end) {
	case END_COALESCED:
		account->coalesced++;
		break;
	case END_UNMATCHED:
		account->unmatched[last]++;
		break;
	case END_HARDWARE:
		account->hardware++;
		break;
	case END_LOST:
		account->lost++;
		break;
	case END_COMPLETE:
	case END_SIGNALLED:
	case END_IN_FLIGHT:
	case END_COUNT:
		break;
	}
}

static bool wanted(const struct recording *recording, __u64 time)
{
	return time >= recording->from && time <= recording->to;
}

/* Once: there may be many. */
static void tell_unknown(struct recording *recording, enum ctf_stream number, const char *what)
{
	struct stream *stream = &recording->streams[number];

	if (!stream->told)
		warning("%s/%s: at byte %" PRIu64 ": %s", recording->directory, stream->name,
			(uint64_t)event_offset(stream), what);
	stream->told = true;
}

static void take_vector(struct recording *recording, const struct ctf_vector *event)
{
	struct imstrace_vector vector;

	memcpy(&vector, &event->vector, sizeof(vector));
	vector.device[sizeof(vector.device) - 1] = '\0';
	vector.vmm[sizeof(vector.vmm) - 1] = '\0';
	vector.guest[sizeof(vector.guest) - 1] = '\0';
	if (event->id >= recording->source.capacity || !*vector.device) {
		tell_unknown(recording, CTF_LIFECYCLE, "records with invalid vector ids were ignored");
		return;
	}
	recording->vectors[event->id] = vector;
	if (event->id >= recording->totals.vectors)
		recording->totals.vectors = event->id + 1;
}

/* An event is read, and handed on if it is of the time that is asked for. */
static void take_lifecycle(struct recording *recording, const struct ctf_event *event)
{
	struct source *source = &recording->source;
	struct imstrace_lifecycle step;

	if (event->id == CTF_VECTOR_EVENT) {
		take_vector(recording, (const struct ctf_vector *)event);
		return;
	}
	memcpy(&step, &((const struct ctf_lifecycle *)event)->step, sizeof(step));
	step.device[sizeof(step.device) - 1] = '\0';
	/* The event's own number has been checked; what has no vector has no number. */
	if (step.step != event->id || step.hop >= HOP_COUNT ||
	    (step.id >= source->capacity && step.id != IMSTRACE_NONE)) {
		tell_unknown(recording, CTF_LIFECYCLE, "steps with invalid values were ignored");
		return;
	}
	if (wanted(recording, event->time))
		source->handlers.lifecycle(source->handlers.context, &step);
}

static void take_interrupt(struct recording *recording, const struct ctf_event *event)
{
	struct source *source = &recording->source;
	struct imstrace_interrupt interrupt;

	memcpy(&interrupt, &((const struct ctf_interrupt *)event)->interrupt, sizeof(interrupt));
	/* The writer has told of its vector before, unless that is in what can't be read. */
	if (interrupt.id >= source->capacity || !*recording->vectors[interrupt.id].device) {
		tell_unknown(recording, CTF_INTERRUPTS, "interrupts of vectors that are not known are left out");
		return;
	}
	if (!wanted(recording, event->time))
		return;
	count_interrupt(recording, &interrupt);
	if (source->handlers.interrupt)
		source->handlers.interrupt(source->handlers.context, &interrupt);
}

/* Events handled before the caller is let look at its signals again. */
#define BATCH	65536

/* When it was ended, or what is wanted of it. To be called when all has been read. */
static __u64 recording_end(const struct recording *recording)
{
	__u64 end = 0;

	for (unsigned int number = 0; number < CTF_STREAM_COUNT; number++)
		if (recording->streams[number].until > end)
			end = recording->streams[number].until;
	return end < recording->to ? end : recording->to;
}

static int recording_poll(struct source *source, __u64 until)
{
	struct recording *recording = (struct recording *)source;
	int ret = 0;

	for (unsigned int i = 0; i < BATCH; i++) {
		const struct ctf_event *lifecycle = peek(recording, CTF_LIFECYCLE, &ret);
		const struct ctf_event *interrupt = ret ? NULL : peek(recording, CTF_INTERRUPTS, &ret);
		enum ctf_stream number;
		bool of_life = lifecycle && (!interrupt || lifecycle->time <= interrupt->time);
		const struct ctf_event *event = of_life ? lifecycle : interrupt;

		if (ret)
			return ret;
		if (!event || event->time > recording->to) {
			/* It goes on behind what is wanted of it. */
			__u64 end = event ? recording->to : recording_end(recording);

			source->ended = end <= until;
			if (end > recording->now)
				recording->now = source->ended ? end : until;
			break;
		}
		if (event->time > until) {
			recording->now = until;
			break;
		}
		if (event->time > recording->now)
			recording->now = event->time;
		number = of_life ? CTF_LIFECYCLE : CTF_INTERRUPTS;
		recording->streams[number].last = event->time;
		if (of_life)
			take_lifecycle(recording, event);
		else
			take_interrupt(recording, event);
		recording->streams[number].at += event_size(number, event);
	}
	recording->totals.lost_vectors = recording->lost_vectors;
	recording->totals.lost_runs = recording->lost_runs;
	return 0;
}

static __u64 recording_now(const struct source *source)
{
	return ((const struct recording *)source)->now;
}

static void recording_stop(struct source *source)
{
	source->ended = true;
}

static void recording_ignore(struct source *source, __u32 id)
{
	((struct recording *)source)->vectors[id].ignored = 1;
}

static void recording_close(struct source *source)
{
	struct recording *recording = (struct recording *)source;

	for (unsigned int i = 0; i < CTF_STREAM_COUNT; i++)
		if (recording->streams[i].file >= 0)
			close(recording->streams[i].file);
	free(recording->vectors);
	free(recording->accounts);
	free(recording->histograms);
	free(recording->blocks);
	free(recording);
}

static int make_arrays(struct recording *recording)
{
	struct source *source = &recording->source;
	size_t blocks = (size_t)source->capacity * STAGE_COUNT * HISTOGRAM_BLOCKS;

	if (blocks > MOST_BLOCKS)
		blocks = MOST_BLOCKS;
	recording->vectors = calloc(source->capacity, sizeof(*recording->vectors));
	recording->accounts = calloc(source->capacity, sizeof(*recording->accounts));
	recording->histograms = calloc((size_t)source->capacity * STAGE_COUNT,
				       sizeof(*recording->histograms));
	recording->blocks = calloc(blocks, sizeof(*recording->blocks));
	if (!recording->vectors || !recording->accounts || !recording->histograms ||
	    !recording->blocks)
		return report_error(EXIT_RUNTIME, NULL, "out of memory");
	source->vectors = recording->vectors;
	source->accounts = recording->accounts;
	source->histograms = recording->histograms;
	source->blocks = recording->blocks;
	source->block_capacity = blocks;
	source->totals = &recording->totals;
	source->cpus = 1;
	return 0;
}

int recording_open(struct source **result, const struct recording_options *options)
{
	struct recording *recording = calloc(1, sizeof(*recording));
	struct source *source = &recording->source;
	int ret;

	if (!recording)
		return report_error(EXIT_RUNTIME, NULL, "out of memory");
	recording->directory = options->directory;
	source->recording = options->directory;
	for (unsigned int i = 0; i < CTF_STREAM_COUNT; i++) {
		recording->streams[i].name = names[i];
		recording->streams[i].file = -1;
	}
	source->now = recording_now;
	source->poll = recording_poll;
	source->stop = recording_stop;
	source->ignore = recording_ignore;
	source->close = recording_close;
	ret = load_metadata(recording) ?: make_arrays(recording);
	for (unsigned int i = 0; i < CTF_STREAM_COUNT && !ret; i++)
		ret = open_file(recording, names[i], &recording->streams[i].file);
	if (ret) {
		recording_close(source);
		return ret;
	}
	recording->from = source->started + options->from;
	recording->to = options->until ? source->started + options->until : UINT64_MAX;
	recording->now = recording->from;
	source->started = recording->from;
	*result = source;
	return 0;
}
