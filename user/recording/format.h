/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A recording as it lies on disk: a CTF 1.8 trace (https://diamon.org/ctf/v1.8.3/), a
 * directory with a text file, metadata, and a file per stream. The writer is
 * writer.c, the reader reader.c.
 *
 * The payload of an event is the record of include/imstrace/records.h as it is in
 * memory, and the metadata has a list of its fields. A reader goes by that list, see layout.h:
 * fields and hops may come and go without a new format.
 */
#ifndef IMSTRACE_RECORDING_FORMAT_H
#define IMSTRACE_RECORDING_FORMAT_H

#include <imstrace/records.h>
#include <stddef.h>
#include <stdint.h>

#define CTF_MAGIC	0xc1fc1fc1U
/* Of packets, events and the metadata; the reader takes no other. */
#define CTF_FORMAT	1
/* The first line of any CTF 1.8 metadata. */
#define CTF_METADATA_START	"/* CTF 1.8 */\n"
/* The event that says what is known of a vector; the others have their step's number. */
#define CTF_VECTOR_EVENT	256
#define CTF_VECTOR_NAME		"vector"
#define CTF_INTERRUPT_NAME	"interrupt"

/* Keys of env: when it ended, 0: not yet; and, behind the name of a stream, its bytes by then. */
#define CTF_ENDED		"ended"
#define CTF_BYTES		"_bytes"

/* And how the wall clock was set, as wall_clock_text() has it. */
#define CTF_CLOCK_SET		"clock_set"

/* X(ENUM, name of the file) */
#define CTF_STREAMS(X)		\
	X(LIFECYCLE,	lifecycle)	\
	X(INTERRUPTS,	interrupts)

enum ctf_stream {
#define X(ENUM, name) CTF_##ENUM,
	CTF_STREAMS(X)
#undef X
	CTF_STREAM_COUNT
};

/* The largest packet that the writer makes and the reader takes, in bytes. */
#define CTF_PACKET_BYTES	(256 * 1024)

struct ctf_packet {
	uint32_t magic;
	uint8_t uuid[16];
	uint32_t stream_id;
	uint64_t begin;			/* time of the first event */
	uint64_t end;			/* and of the last */
	uint64_t content_bits;
	uint64_t packet_bits;
	uint64_t discarded;		/* events that are missing, since the beginning */
	uint64_t sequence;
} __attribute__((packed));

struct ctf_event {
	uint16_t id;
	/* In a stream it never falls; the payload has when it really was. */
	uint64_t time;
} __attribute__((packed));

struct ctf_interrupt {
	struct ctf_event event;
	struct imstrace_interrupt interrupt;
} __attribute__((packed));

struct ctf_lifecycle {
	struct ctf_event event;
	struct imstrace_lifecycle step;
} __attribute__((packed));

struct ctf_vector {
	struct ctf_event event;
	uint32_t id;
	struct imstrace_vector vector;
} __attribute__((packed));

extern const char *const ctf_stream_names[CTF_STREAM_COUNT];

/* How a field is shown: the forms of include/imstrace/records.h. */
enum ctf_form { CTF_UINT, CTF_INT, CTF_HEX, CTF_VECTOR_ID, CTF_CAUSE, CTF_END, CTF_TEXT };

/**
 * struct ctf_field - a field of a payload
 * @name:	in the metadata
 * @form:	how it is shown
 * @offset:	in our payload, in bytes
 * @size:	in bytes
 */
struct ctf_field {
	const char *name;
	enum ctf_form form;
	unsigned int offset, size;
};

/* The payload of a kind of event, as we write it: there is nothing between its fields. */
struct ctf_payload {
	const struct ctf_field *fields;
	size_t count;
	size_t size;
};

extern const struct ctf_payload ctf_interrupt_payload, ctf_lifecycle_payload, ctf_vector_payload;

/* What comes behind a text is its size in bytes, in brackets. */
#define CTF_TYPE_LEN	16
const char *ctf_type(const struct ctf_field *field, char text[CTF_TYPE_LEN]);

#endif /* IMSTRACE_RECORDING_FORMAT_H */
