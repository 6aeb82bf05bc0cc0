// SPDX-License-Identifier: GPL-2.0-only
#include "stream_reader.h"

#include "../errors.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

int stream_open(struct stream_reader *stream, const struct ctf_metadata *metadata,
		enum ctf_stream number, __u64 started)
{
	stream->metadata = metadata;
	stream->until = started;
	stream->number = number;
	return ctf_open_file(metadata->directory, ctf_stream_names[number], &stream->file);
}

void stream_close(struct stream_reader *stream)
{
	if (stream->file >= 0)
		close(stream->file);
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

static void warn_at(const struct stream_reader *stream, __u64 offset, const char *what,
		    const char *then)
{
	warning("%s/%s: at byte %" PRIu64 ": %s%s", stream->metadata->directory,
		ctf_stream_names[stream->number], (uint64_t)offset, what, then);
}

static void cut_off(struct stream_reader *stream, __u64 offset, const char *why)
{
	stream->done = true;
	stream->at = stream->end = 0;
	if (stream->last > stream->until)
		stream->until = stream->last;
	stream->cut = (struct source_cut) {
		.file = ctf_stream_names[stream->number], .byte = offset, .time = stream->until,
		.why = why,
	};
}

void stream_cut_off(struct stream_reader *stream, const char *why)
{
	cut_off(stream, stream->offset, why);
	warn_at(stream, stream->offset, why, "");
}

/* The rest of the stream can't be read: what could be has been. */
static int damaged(struct stream_reader *stream, __u64 offset, const char *what)
{
	cut_off(stream, offset, what);
	warn_at(stream, offset, what, ": the rest of the file is ignored");
	return 0;
}

static int read_failed(const struct stream_reader *stream, int error)
{
	return report_error(EXIT_RUNTIME, NULL, "reading %s/%s failed: %s",
			    stream->metadata->directory, ctf_stream_names[stream->number],
			    strerror(error));
}

static int next_packet(struct stream_reader *stream)
{
	struct ctf_packet *packet = &stream->packet;
	__u64 start = stream->offset;
	/* What is in the packet once it is known how large it is: most are small. */
	ssize_t got = read_at(stream->file, packet, sizeof(*packet), start);
	size_t size;

	stream->at = stream->end = 0;
	if (stream->ends > stream->until)
		stream->until = stream->ends;
	if (got < 0)
		return read_failed(stream, (int)-got);
	if (!got && start < stream->metadata->bytes[stream->number]) {
		stream_cut_off(stream, "it was longer when it was written");
		return 0;
	}
	if (!got) {
		stream->done = true;
		return 0;
	}
	if ((size_t)got < sizeof(*packet))
		return damaged(stream, start, "a packet is cut off");
	if (packet->magic != CTF_MAGIC ||
	    packet->stream_id != stream->number ||
	    memcmp(packet->uuid, stream->metadata->uuid, sizeof(packet->uuid)))
		return damaged(stream, start, "this is no packet of this recording");
	if (packet->sequence < stream->sequence)
		return damaged(stream, start, "a packet is out of order");
	if (packet->packet_bits % 8 || packet->packet_bits / 8 > CTF_PACKET_BYTES ||
	    packet->content_bits > packet->packet_bits || packet->content_bits % 8 ||
	    packet->content_bits / 8 < sizeof(*packet))
		return damaged(stream, start, "a packet of an impossible size");
	size = packet->packet_bits / 8 - sizeof(*packet);
	got = read_at(stream->file, packet + 1, size, start + sizeof(*packet));
	if (got < 0)
		return read_failed(stream, (int)-got);
	if ((size_t)got < size)
		return damaged(stream, start, "a packet is cut off");
	stream->offset = start + packet->packet_bits / 8;
	stream->at = sizeof(*packet);
	stream->end = packet->content_bits / 8;
	stream->sequence = packet->sequence + 1;
	stream->ends = packet->end;
	/* Before its events are handed on: what they lack may be among what is missing. */
	if (packet->discarded > stream->lost)
		stream->lost = packet->discarded;
	return 0;
}

/* 0: there is no such event. */
static size_t event_size(const struct stream_reader *stream, const struct ctf_event *event)
{
	const struct ctf_metadata *metadata = stream->metadata;

	if (stream->number == CTF_INTERRUPTS)
		return event->id == 0 ? sizeof(*event) + metadata->interrupt.size : 0;
	if (event->id == CTF_VECTOR_EVENT)
		return sizeof(*event) + metadata->vector.size;
	return event->id < CTF_VECTOR_EVENT && metadata->steps[event->id] != CTF_NO_STEP ?
	       sizeof(*event) + metadata->lifecycle.size : 0;
}

/* Of the next event, in the file. */
static __u64 event_offset(const struct stream_reader *stream)
{
	return stream->offset - stream->packet.packet_bits / 8 + stream->at;
}

const struct ctf_event *stream_peek(struct stream_reader *stream, int *ret)
{
	const struct ctf_event *event;
	size_t size;

	while (stream->at == stream->end) {
		if (stream->done)
			return NULL;
		*ret = next_packet(stream);
		if (*ret)
			return NULL;
	}
	event = (const struct ctf_event *)(stream->bytes + stream->at);
	size = stream->end - stream->at < sizeof(*event) ? 0 : event_size(stream, event);
	if (!size || size > stream->end - stream->at) {
		damaged(stream, event_offset(stream), "this is no event");
		return NULL;
	}
	if (event->time < stream->last) {
		damaged(stream, event_offset(stream), "an event is out of order");
		return NULL;
	}
	return event;
}

void stream_next(struct stream_reader *stream, const struct ctf_event *event)
{
	stream->last = event->time;
	stream->at += event_size(stream, event);
}

void stream_warn(struct stream_reader *stream, const char *what)
{
	if (!stream->told)
		warn_at(stream, event_offset(stream), what, "");
	stream->told = true;
}
