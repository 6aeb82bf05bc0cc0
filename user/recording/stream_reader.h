/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A stream of a recording, read packet by packet. What is damaged ends it, with a warning.
 */
#ifndef IMSTRACE_RECORDING_STREAM_READER_H
#define IMSTRACE_RECORDING_STREAM_READER_H

#include "metadata_reader.h"

/**
 * struct stream_reader - a stream, and how far it has been read
 * @metadata:	of its recording
 * @number:	which it is
 * @file:	descriptor, -1: it is not open
 * @lost:	events that are missing up to the packet that is being read
 * @until:	until when it has been read: all packets before that one, CLOCK_MONOTONIC ns
 * @cut:	where it ends before its end
 *
 * The others are its own.
 */
struct stream_reader {
	const struct ctf_metadata *metadata;
	enum ctf_stream number;
	int file;
	__u64 lost;
	__u64 until;
	struct source_cut cut;
	__u64 offset;		/* in the file: of the packet after this one */
	union {
		struct ctf_packet packet;
		__u8 bytes[CTF_PACKET_BYTES];
	};
	__u64 ends;		/* when the packet was ended */
	size_t at, end;		/* in the packet: the next event, and where they end */
	__u64 sequence;		/* of the packet after this one, at least */
	__u64 last;		/* time of the event before */
	bool done;
	bool told;		/* that it has what is left out */
};

/*
 * @started: when the recording was. Return: 0 or an exit code, reported. Also of a stream that could
 * not be opened, close it.
 */
int stream_open(struct stream_reader *stream, const struct ctf_metadata *metadata,
		enum ctf_stream number, __u64 started);
void stream_close(struct stream_reader *stream);

/* The next event; NULL: there is none, or *ret is an exit code, reported. */
const struct ctf_event *stream_peek(struct stream_reader *stream, int *ret);
/* Goes on behind the one that stream_peek() has returned. */
void stream_next(struct stream_reader *stream, const struct ctf_event *event);

/* What could be read ends before its end, for a reason that is not in the stream. */
void stream_cut_off(struct stream_reader *stream, const char *why);

/* Warns of @what at the event that was peeked at; once, for there may be many. */
void stream_warn(struct stream_reader *stream, const char *what);

#endif /* IMSTRACE_RECORDING_STREAM_READER_H */
