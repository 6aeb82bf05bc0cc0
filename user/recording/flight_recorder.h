/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packets that wait in memory for somebody to ask for them. What is older than wanted goes.
 */
#ifndef IMSTRACE_RECORDING_FLIGHT_RECORDER_H
#define IMSTRACE_RECORDING_FLIGHT_RECORDER_H

#include "format.h"

#include <stdbool.h>

/**
 * struct flight_packet - a packet that waits
 * @next:	the next younger one of its stream
 * @size:	of @packet with its events, in bytes
 * @events:	how many
 * @packet:	its header; the events are behind it
 */
struct flight_packet {
	struct flight_packet *next;
	size_t size;
	__u32 events;
	struct ctf_packet packet;
};

struct flight_recorder;

/* Keeps @last ns, of @capacity vectors. NULL: out of memory. */
struct flight_recorder *flight_new(__u32 capacity, __u64 last);
/* @flight may be NULL. */
void flight_free(struct flight_recorder *flight);

/* Copies a packet, and drops what is older than wanted @now. Return: false: out of memory. */
bool flight_add(struct flight_recorder *flight, enum ctf_stream number,
		const struct ctf_packet *packet, size_t size, __u32 events, __u64 now);
void flight_drop_older(struct flight_recorder *flight, __u64 now);

bool flight_has_any(const struct flight_recorder *flight);
/* NULL: there is none. It is there until flight_free_oldest(). */
struct flight_packet *flight_oldest(const struct flight_recorder *flight, enum ctf_stream number);
void flight_free_oldest(struct flight_recorder *flight, enum ctf_stream number);

/* What a packet that was dropped said of a vector; false: none did since the last call. */
bool flight_take_vector(struct flight_recorder *flight, __u32 id, struct imstrace_vector *vector);

#endif /* IMSTRACE_RECORDING_FLIGHT_RECORDER_H */
