// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "writer.h"

#include "../errors.h"
#include "../model/hops.h"
#include "../measure/stages.h"
#include "../source/wall_clock.h"
#include "flight_recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

struct stream {
	int file;
	/* The packet that is being filled. */
	union {
		struct ctf_packet packet;
		__u8 bytes[CTF_PACKET_BYTES];
	};
	size_t used;
	__u64 sequence;
	__u64 last;		/* time of the latest event: in a stream it never falls */
	__u64 discarded;	/* events, as of the latest packet */
	__u32 events;		/* in the packet: see struct ctf_size */
	__u64 written;		/* likewise, on the disk */
	__u64 on_disk;		/* time of the latest of them */
};

struct ctf_writer {
	struct ctf_options options;
	const struct source *source;
	__u8 uuid[16];
	int directory;
	int metadata;
	/* What the metadata says; the text is kept until there is a longer one on the disk. */
	char *text;
	size_t named;		/* vectors that it has a name for */
	__u64 lost_vectors, lost_runs;
	__u64 clock_set;
	struct imstrace_vector *written;	/* by id: as last written */
	struct stream streams[CTF_STREAM_COUNT];
	struct flight_recorder *flight;		/* NULL: packets are written at once */
	struct ctf_end end;
	__u64 not_over;
	bool failed;		/* nothing more is written: the recording ends where it failed */
};

static int out_of_memory(void)
{
	return report_error(EXIT_RUNTIME, NULL, "out of memory");
}

static int write_failed(struct ctf_writer *writer, const char *file, int error)
{
	writer->failed = true;
	return report_error(EXIT_RUNTIME, "The recording can be read up to this point",
			    "writing %s/%s failed: %s", writer->options.directory, file,
			    strerror(error));
}

static int write_packet(struct ctf_writer *writer, enum ctf_stream stream,
			struct ctf_packet *packet, size_t size, __u32 events);

/*
 * A packet without events, before @first. The count of what is missing is only understood as a
 * difference: of the first packet's babeltrace2 says that something may be, not how much.
 */
static int open_stream(struct ctf_writer *writer, enum ctf_stream stream,
		       const struct ctf_packet *first)
{
	struct ctf_packet packet = *first;

	packet.begin = packet.end = writer->source->started;
	packet.content_bits = packet.packet_bits = 8 * sizeof(packet);
	packet.discarded = 0;
	return write_packet(writer, stream, &packet, sizeof(packet), 0);
}

/* Whole, or not at all: what a full disk has taken of it is given back. */
static int write_packet(struct ctf_writer *writer, enum ctf_stream stream,
			struct ctf_packet *packet, size_t size, __u32 events)
{
	int file = writer->streams[stream].file, error;
	size_t done = 0;
	off_t start;

	if (!writer->streams[stream].sequence && packet->discarded && open_stream(writer, stream, packet))
		return EXIT_RUNTIME;
	start = lseek(file, 0, SEEK_END);
	/* Packets that were never to be written are not missing. */
	packet->sequence = writer->streams[stream].sequence;
	while (start >= 0 && done < size) {
		ssize_t written = write(file, (const char *)packet + done, size - done);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			break;
		done += written;
	}
	if (done == size) {
		writer->end.bytes[stream] += size;
		writer->streams[stream].written += events;
		writer->streams[stream].sequence++;
		writer->streams[stream].on_disk = packet->end;
		return 0;
	}
	error = errno;
	if (start >= 0 && ftruncate(file, start))
		warning("%s/%s ends with half a packet", writer->options.directory, ctf_stream_names[stream]);
	return write_failed(writer, ctf_stream_names[stream], error);
}

/* How much of it is written. */
static size_t write_text(const struct ctf_writer *writer, const char *text)
{
	size_t size = strlen(text), done = 0;

	while (done < size) {
		ssize_t written = pwrite(writer->metadata, text + done, size - done, done);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			break;
		done += written;
	}
	return done;
}

/*
 * It changes with every vector. In place, for nothing can be made in the directory without
 * privileges: where the disk is full, the old one goes where it was before.
 */
static int write_metadata(struct ctf_writer *writer)
{
	char *text = ctf_metadata(writer->source, &writer->options, writer->uuid, &writer->end);
	int error;

	if (!text)
		return out_of_memory();
	if (write_text(writer, text) == strlen(text) &&
	    !ftruncate(writer->metadata, strlen(text))) {
		free(writer->text);
		writer->text = text;
		return 0;
	}
	error = errno;
	free(text);
	if (writer->text && (write_text(writer, writer->text) < strlen(writer->text) ||
			     ftruncate(writer->metadata, strlen(writer->text))))
		warning("%s/metadata is damaged", writer->options.directory);
	return write_failed(writer, "metadata", error);
}

/* Of the events of @number, how many have been lost until now. */
static __u64 count_discarded(const struct ctf_writer *writer, enum ctf_stream number)
{
	const volatile struct imstrace_totals *totals = writer->source->totals;

	return number == CTF_LIFECYCLE ? totals->lost_lifecycle : totals->lost_interrupts;
}

static __u64 latest(const struct ctf_writer *writer)
{
	__u64 latest = 0;

	for (unsigned int number = 0; number < CTF_STREAM_COUNT; number++)
		if (writer->streams[number].last > latest)
			latest = writer->streams[number].last;
	return latest;
}

/* The time has come to @now, without another event. */
static int end_packet_at(struct ctf_writer *writer, enum ctf_stream number, __u64 now)
{
	struct stream *stream = &writer->streams[number];
	__u64 discarded = count_discarded(writer, number);
	int ret;

	/* One without events says what has been lost after the last, and how long there was none. */
	if (stream->used == sizeof(struct ctf_packet)) {
		if (discarded == stream->discarded && now <= stream->last)
			return 0;
		stream->packet.begin = stream->last;
	}
	if (now > stream->last)
		stream->last = now;
	stream->discarded = discarded;
	stream->packet.content_bits = stream->packet.packet_bits = 8 * stream->used;
	stream->packet.discarded = discarded;
	stream->packet.end = stream->last;
	if (!writer->flight)
		ret = write_packet(writer, number, &stream->packet, stream->used, stream->events);
	else if (flight_add(writer->flight, number, &stream->packet, stream->used, stream->events,
			    latest(writer)))
		ret = 0;
	else
		ret = out_of_memory();
	stream->used = sizeof(struct ctf_packet);
	stream->events = 0;
	return ret;
}

static int end_packet(struct ctf_writer *writer, enum ctf_stream number)
{
	return end_packet_at(writer, number, 0);
}

/* Room for an event of @size bytes; NULL: the packet before it could not be written. */
static void *new_event(struct ctf_writer *writer, enum ctf_stream number, size_t size,
		       unsigned int id, __u64 time)
{
	struct stream *stream = &writer->streams[number];
	struct ctf_event *event;

	if (writer->failed ||
	    (stream->used + size > CTF_PACKET_BYTES && end_packet(writer, number)))
		return NULL;
	event = (struct ctf_event *)(stream->bytes + stream->used);
	if (time > stream->last)
		stream->last = time;
	if (stream->used == sizeof(struct ctf_packet))
		stream->packet.begin = stream->last;
	event->id = id;
	event->time = stream->last;
	stream->used += size;
	return event;
}

/* Whether a line is masked, which changes with each interrupt, is told by its interrupts. */
static struct imstrace_vector recorded(const struct ctf_writer *writer, __u32 id)
{
	struct imstrace_vector vector = writer->source->vectors[id];

	vector.masked_since = 0;
	return vector;
}

static int write_vector(struct ctf_writer *writer, __u32 id, __u64 time)
{
	struct ctf_vector *event = new_event(writer, CTF_LIFECYCLE, sizeof(*event),
					     CTF_VECTOR_EVENT, time);

	if (!event)
		return EXIT_RUNTIME;
	writer->written[id] = recorded(writer, id);
	event->id = id;
	event->vector = writer->written[id];
	return 0;
}

/* What an event refers to comes before it: *@time is raised to when its vector is told of. */
static int write_new_vector(struct ctf_writer *writer, __u32 id, __u64 *time)
{
	int ret;

	if (id >= writer->source->capacity || *writer->written[id].device ||
	    !*writer->source->vectors[id].device)
		return 0;
	ret = write_vector(writer, id, *time);
	if (writer->streams[CTF_LIFECYCLE].last > *time)
		*time = writer->streams[CTF_LIFECYCLE].last;
	return ret;
}

int ctf_write_lifecycle(struct ctf_writer *writer, const struct imstrace_lifecycle *step)
{
	struct ctf_lifecycle *event;
	__u64 time = step->time;

	if (write_new_vector(writer, step->id, &time))
		return EXIT_RUNTIME;
	event = new_event(writer, CTF_LIFECYCLE, sizeof(*event), step->step, time);
	if (!event)
		return EXIT_RUNTIME;
	event->step = *step;
	writer->streams[CTF_LIFECYCLE].events++;
	return 0;
}

/* Whether an interrupt that turned out to go on has a record up to where it had seemed to end. */
static bool has_first_record(const struct ctf_writer *writer,
			     const struct imstrace_interrupt *interrupt)
{
	struct imstrace_interrupt first = *interrupt;

	if (!interrupt->recounted)
		return false;
	for (unsigned int hop = end_hop(interrupt->recounted) + 1; hop < HOP_COUNT; hop++)
		first.times[hop] = 0;
	return interrupt_took(&first) >= writer->options.over;
}

int ctf_write_interrupt(struct ctf_writer *writer, const struct imstrace_interrupt *interrupt)
{
	struct ctf_interrupt *event;
	__u64 time = interrupt_ended(interrupt);

	if (interrupt_took(interrupt) < writer->options.over) {
		writer->not_over += !interrupt->recounted;
		return 0;
	}
	/* Of its vector the reader of the other stream hears at the same time or earlier. */
	if (write_new_vector(writer, interrupt->id, &time))
		return EXIT_RUNTIME;
	event = new_event(writer, CTF_INTERRUPTS, sizeof(*event), 0, time);
	if (!event)
		return EXIT_RUNTIME;
	event->interrupt = *interrupt;
	if (has_first_record(writer, interrupt))
		return 0;
	writer->streams[CTF_INTERRUPTS].events++;
	/* Unless the first record was lost. */
	writer->not_over -= interrupt->recounted && writer->not_over;
	return 0;
}

static int write_changed_vectors(struct ctf_writer *writer)
{
	const volatile struct imstrace_totals *totals = writer->source->totals;
	__u64 lost_vectors = totals->lost_vectors, lost_runs = totals->lost_runs;
	__u64 clock_set = wall_clock_last_set(writer->source);
	__u32 count = source_vector_count(writer->source);
	size_t named = 0;
	int ret = 0;

	for (__u32 id = 0; id < count && !ret; id++) {
		const struct imstrace_vector vector = recorded(writer, id);

		named += *vector.device != '\0';
		if (*vector.device && memcmp(&vector, &writer->written[id], sizeof(vector)))
			ret = write_vector(writer, id, writer->streams[CTF_LIFECYCLE].last);
	}
	if (ret || (named == writer->named && lost_vectors == writer->lost_vectors &&
		    lost_runs == writer->lost_runs && clock_set == writer->clock_set))
		return ret;
	writer->named = named;
	writer->lost_vectors = lost_vectors;
	writer->lost_runs = lost_runs;
	writer->clock_set = clock_set;
	return write_metadata(writer);
}

int ctf_flush(struct ctf_writer *writer)
{
	int ret;

	if (writer->failed)
		return EXIT_RUNTIME;
	ret = write_changed_vectors(writer);
	for (unsigned int stream = 0; stream < CTF_STREAM_COUNT && !ret; stream++)
		ret = end_packet(writer, stream);
	return ret;
}

/* What is known of vectors from before the packets that are kept: as if told at their beginning. */
static int write_dropped_vectors(struct ctf_writer *writer)
{
	struct stream *stream = &writer->streams[CTF_LIFECYCLE];
	struct ctf_packet *packet = &stream->packet;	/* it has just been ended */
	const struct flight_packet *oldest = flight_oldest(writer->flight, CTF_LIFECYCLE);
	__u64 begin = UINT64_MAX;
	int ret = 0;

	for (unsigned int number = 0; number < CTF_STREAM_COUNT; number++) {
		const struct flight_packet *oldest = flight_oldest(writer->flight, number);

		if (oldest && oldest->packet.begin < begin)
			begin = oldest->packet.begin;
	}
	if (begin < stream->on_disk)
		begin = stream->on_disk;
	for (__u32 id = 0; id < writer->source->capacity && !ret;) {
		for (; id < writer->source->capacity &&
		       stream->used + sizeof(struct ctf_vector) <= CTF_PACKET_BYTES; id++) {
			struct ctf_vector *event = (void *)(stream->bytes + stream->used);
			struct imstrace_vector vector;

			if (!flight_take_vector(writer->flight, id, &vector))
				continue;
			*event = (struct ctf_vector) {
				.event = { .id = CTF_VECTOR_EVENT, .time = begin },
				.id = id, .vector = vector,
			};
			stream->used += sizeof(*event);
		}
		if (stream->used == sizeof(struct ctf_packet))
			break;
		packet->begin = packet->end = begin;
		packet->content_bits = packet->packet_bits = 8 * stream->used;
		packet->discarded = oldest ? oldest->packet.discarded : stream->discarded;
		ret = write_packet(writer, CTF_LIFECYCLE, packet, stream->used, 0);
		stream->used = sizeof(struct ctf_packet);
	}
	return ret;
}

int ctf_keep(struct ctf_writer *writer)
{
	struct flight_recorder *flight = writer->flight;
	struct flight_packet *oldest;
	int ret = ctf_flush(writer);

	if (!flight)
		return ret;
	flight_drop_older(flight, latest(writer));
	if (!ret && flight_has_any(flight))
		ret = write_dropped_vectors(writer);
	for (unsigned int number = 0; number < CTF_STREAM_COUNT; number++) {
		while ((oldest = flight_oldest(flight, number))) {
			ret = ret ?: write_packet(writer, number, &oldest->packet, oldest->size,
						  oldest->events);
			flight_free_oldest(flight, number);
		}
	}
	return ret;
}

struct ctf_size ctf_size(const struct ctf_writer *writer)
{
	struct ctf_size size = { .not_over = writer->not_over };

	for (unsigned int stream = 0; stream < CTF_STREAM_COUNT; stream++) {
		size.events[stream] = writer->streams[stream].written;
		size.discarded[stream] = writer->streams[stream].discarded;
		size.bytes += writer->end.bytes[stream];
	}
	return size;
}

static int open_file(int directory, const char *name)
{
	return openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
}

int ctf_create(struct ctf_writer **result, const struct ctf_options *options)
{
	struct ctf_writer *writer;
	const char *file = "metadata";
	int directory, error;

	if (mkdir(options->directory, 0700) && errno != EEXIST)
		return report_error(EXIT_USAGE, NULL, "cannot make the directory %s: %s",
			     options->directory, strerror(errno));
	directory = open(options->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return report_error(EXIT_USAGE, NULL, "cannot open the directory %s: %s",
			     options->directory, strerror(errno));
	writer = calloc(1, sizeof(*writer));
	if (!writer) {
		close(directory);
		return out_of_memory();
	}
	writer->options = *options;
	writer->directory = directory;
	if (getrandom(writer->uuid, sizeof(writer->uuid), 0) < 0)
		memset(writer->uuid, 0x17, sizeof(writer->uuid));
	writer->metadata = open_file(directory, file);
	for (unsigned int i = 0; i < CTF_STREAM_COUNT; i++)
		writer->streams[i].file = -1;
	for (unsigned int i = 0; i < CTF_STREAM_COUNT && writer->metadata >= 0; i++) {
		struct stream *stream = &writer->streams[i];

		file = ctf_stream_names[i];
		stream->file = open_file(directory, file);
		if (stream->file < 0)
			break;
		stream->used = sizeof(struct ctf_packet);
		stream->packet.magic = CTF_MAGIC;
		stream->packet.stream_id = i;
		memcpy(stream->packet.uuid, writer->uuid, sizeof(writer->uuid));
	}
	error = errno;
	if (writer->metadata >= 0 && writer->streams[CTF_STREAM_COUNT - 1].file >= 0) {
		*result = writer;
		return 0;
	}
	ctf_abandon(writer);
	return report_error(EXIT_USAGE, error == EEXIST ? "Name another directory with -o" : NULL,
		     "cannot make the file %s/%s: %s", options->directory, file, strerror(error));
}

int ctf_start(struct ctf_writer *writer, const struct source *source)
{
	writer->source = source;
	writer->written = calloc(source->capacity, sizeof(*writer->written));
	if (writer->options.last)
		writer->flight = flight_new(source->capacity, writer->options.last);
	if (!writer->written || (writer->options.last && !writer->flight))
		return out_of_memory();
	for (unsigned int i = 0; i < CTF_STREAM_COUNT; i++)
		writer->streams[i].last = source->started;
	return write_metadata(writer);
}

int ctf_end(struct ctf_writer *writer, __u64 now)
{
	int ret;

	/* What the flight recorder was not asked to keep goes. */
	if (writer->options.last)
		return 0;
	ret = ctf_flush(writer) ?: end_packet_at(writer, CTF_INTERRUPTS, now);
	if (ret)
		return ret;
	writer->end.time = latest(writer);
	return write_metadata(writer);
}

static void free_writer(struct ctf_writer *writer)
{
	for (unsigned int i = 0; i < CTF_STREAM_COUNT; i++) {
		struct stream *stream = &writer->streams[i];

		if (stream->file >= 0)
			close(stream->file);
	}
	if (writer->metadata >= 0)
		close(writer->metadata);
	close(writer->directory);
	free(writer->written);
	flight_free(writer->flight);
	free(writer->text);
	free(writer);
}

void ctf_close(struct ctf_writer *writer)
{
	free_writer(writer);
}

void ctf_abandon(struct ctf_writer *writer)
{
	if (!writer)
		return;
	if (writer->metadata >= 0)
		unlinkat(writer->directory, "metadata", 0);
	for (unsigned int i = 0; i < CTF_STREAM_COUNT; i++)
		if (writer->streams[i].file >= 0)
			unlinkat(writer->directory, ctf_stream_names[i], 0);
	/* If it was there before and is somebody's current directory, it stays. */
	rmdir(writer->options.directory);
	free_writer(writer);
}
