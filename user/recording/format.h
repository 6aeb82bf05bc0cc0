/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A recording as it lies on disk: a CTF 1.8 trace (https://diamon.org/ctf/v1.8.3/), a
 * directory with a text file, metadata, and a file per stream. The writer is
 * writer.c, the reader reader.c.
 *
 * The payload of an event is the record of include/imstrace/records.h as it is in
 * memory. Its fields are listed here, for the metadata; that the lists are complete and in
 * order is checked at compile time.
 */
#ifndef IMSTRACE_RECORDING_FORMAT_H
#define IMSTRACE_RECORDING_FORMAT_H

#include <imstrace/records.h>
#include <stdint.h>

#define CTF_MAGIC	0xc1fc1fc1U
/* Of our metadata and payloads; the reader takes no other. */
#define CTF_FORMAT	1
/* The first line of any CTF 1.8 metadata. */
#define CTF_METADATA_START	"/* CTF 1.8 */\n"
/* The event that says what is known of a vector; the others have their step's number. */
#define CTF_VECTOR_EVENT	256

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

/* X(type in the metadata, size in bytes, member); a name is text of a fixed length. */
#define CTF_INTERRUPT_FIELDS(X)					\
	X("uint64_t", 8, times[HOP_IRQ], "irq")			\
	X("uint64_t", 8, times[HOP_SIGNAL], "signal")		\
	X("uint64_t", 8, times[HOP_ACCEPT], "accept")		\
	X("uint64_t", 8, times[HOP_INJECT], "inject")		\
	X("uint64_t", 8, times[HOP_EOI], "eoi")			\
	X("uint32_t", 4, id, "vector_id")			\
	X("uint32_t", 4, vcpu, "vcpu")				\
	X("hex32_t", 4, guest_vector, "guest_vector")		\
	X("uint16_t", 2, cpu, "cpu")				\
	X("cause_t", 1, cause, "cause")				\
	X("end_t", 1, end, "end")				\
	X("uint32_t", 4, uncoalesced, "uncoalesced")		\
	X("uint32_t", 4, reserved, "reserved")

#define CTF_LIFECYCLE_FIELDS(X)					\
	X("uint64_t", 8, time, "time")				\
	X("uint32_t", 4, step, "step")				\
	X("uint32_t", 4, id, "vector_id")			\
	X("text_t", 64, device, "device")			\
	X("uint32_t", 4, vector, "vector")			\
	X("uint32_t", 4, irq, "irq")				\
	X("uint32_t", 4, slot, "slot")				\
	X("hex32_t", 4, pasid, "pasid")				\
	X("int32_t", 4, ret, "ret")				\
	X("uint32_t", 4, eventfd_id, "eventfd_id")		\
	X("uint32_t", 4, pid, "pid")				\
	X("hex32_t", 4, old_ctrl, "old_ctrl")			\
	X("hex32_t", 4, new_ctrl, "new_ctrl")			\
	X("hex32_t", 4, data, "data")				\
	X("hex64_t", 8, address, "address")			\
	X("hex32_t", 4, state, "state")				\
	X("uint32_t", 4, hop, "hop")

#define CTF_VECTOR_FIELDS(X)					\
	X("text_t", 64, device, "device")			\
	X("uint32_t", 4, vector, "vector")			\
	X("uint32_t", 4, irq, "irq")				\
	X("uint32_t", 4, slot, "slot")				\
	X("hex32_t", 4, pasid, "pasid")				\
	X("uint32_t", 4, kind, "kind")				\
	X("uint32_t", 4, reader, "reader")			\
	X("uint32_t", 4, pid, "pid")				\
	X("uint32_t", 4, eventfd_id, "eventfd_id")		\
	X("hex64_t", 8, eventfd, "eventfd")			\
	X("hex32_t", 4, state, "state")				\
	X("hex32_t", 4, stray, "stray")				\
	X("uint32_t", 4, ignored, "ignored")			\
	X("uint32_t", 4, reserved, "reserved")			\
	X("text_t", 16, vmm, "vmm")				\
	X("text_t", 64, guest, "guest")

#endif /* IMSTRACE_RECORDING_FORMAT_H */
