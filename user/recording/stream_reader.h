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
 * @until:	when that packet was ended, CLOCK_MONOTONIC ns
 *
 * The others are its own.
 */
struct stream_reader {
	const struct ctf_metadata *metadata;
	enum ctf_stream number;
	int file;
	__u64 lost;
	__u64 until;
	__u64 offset;		/* in the file: of the packet after this one */
	union {
		struct ctf_packet packet;
		__u8 bytes[CTF_PACKET_BYTES];
	};
	size_t at, end;		/* in the packet: the next event, and where they end */
	__u64 sequence;		/* of the packet after this one, at least */
	__u64 last;		/* time of the event before */
	bool done;
	bool told;		/* that it has what is left out */
};

/* Return: 0 or an exit code, reported. Also of a stream that could not be opened, close it. */
int stream_open(struct stream_reader *stream, const struct ctf_metadata *metadata,
		enum ctf_stream number);
void stream_close(struct stream_reader *stream);

/* The next event; NULL: there is none, or *ret is an exit code, reported. */
const struct ctf_event *stream_peek(struct stream_reader *stream, int *ret);
/* Goes on behind the one that stream_peek() has returned. */
void stream_next(struct stream_reader *stream, const struct ctf_event *event);

/* Warns of @what at the event that was peeked at; once, for there may be many. */
void stream_warn(struct stream_reader *stream, const char *what);

#endif /* IMSTRACE_RECORDING_STREAM_READER_H */
