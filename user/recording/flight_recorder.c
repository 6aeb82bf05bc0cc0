// SPDX-License-Identifier: GPL-2.0-only
#include "flight_recorder.h"

#include <stdlib.h>
#include <string.h>

/* Of what does not fit the oldest goes. */
#define MOST_BYTES	(512UL * 1024 * 1024)

struct flight_recorder {
	__u64 last;
	size_t bytes;
	struct flight_packet *oldest[CTF_STREAM_COUNT], **newest[CTF_STREAM_COUNT];
	struct imstrace_vector vectors[];	/* by id: as they were dropped */
};

struct flight_recorder *flight_new(__u32 capacity, __u64 last)
{
	struct flight_recorder *flight =
		calloc(1, sizeof(*flight) + capacity * sizeof(*flight->vectors));

	if (!flight)
		return NULL;
	flight->last = last;
	for (unsigned int number = 0; number < CTF_STREAM_COUNT; number++)
		flight->newest[number] = &flight->oldest[number];
	return flight;
}

void flight_free(struct flight_recorder *flight)
{
	for (unsigned int number = 0; flight && number < CTF_STREAM_COUNT; number++)
		while (flight->oldest[number])
			flight_free_oldest(flight, number);
	free(flight);
}

bool flight_has_any(const struct flight_recorder *flight)
{
	return flight->bytes;
}

struct flight_packet *flight_oldest(const struct flight_recorder *flight, enum ctf_stream number)
{
	return flight->oldest[number];
}

void flight_free_oldest(struct flight_recorder *flight, enum ctf_stream number)
{
	struct flight_packet *oldest = flight->oldest[number];

	flight->oldest[number] = oldest->next;
	if (!oldest->next)
		flight->newest[number] = &flight->oldest[number];
	flight->bytes -= oldest->size;
	free(oldest);
}

/* What it says of vectors may hold until today. */
static void remember_vectors(struct flight_recorder *flight, const struct flight_packet *oldest)
{
	const __u8 *at = (const __u8 *)(&oldest->packet + 1);
	const __u8 *end = (const __u8 *)&oldest->packet + oldest->size;

	while (at < end) {
		const struct ctf_vector *event = (const struct ctf_vector *)at;

		if (event->event.id != CTF_VECTOR_EVENT) {
			at += sizeof(struct ctf_lifecycle);
			continue;
		}
		flight->vectors[event->id] = event->vector;
		at += sizeof(*event);
	}
}

bool flight_take_vector(struct flight_recorder *flight, __u32 id, struct imstrace_vector *vector)
{
	*vector = flight->vectors[id];
	*flight->vectors[id].device = '\0';
	return *vector->device;
}

/* The stream whose oldest packet is the older one; one of them has one. */
static enum ctf_stream oldest_stream(const struct flight_recorder *flight)
{
	const struct flight_packet *step = flight->oldest[CTF_LIFECYCLE];
	const struct flight_packet *interrupt = flight->oldest[CTF_INTERRUPTS];

	return step && (!interrupt || step->packet.end <= interrupt->packet.end) ?
	       CTF_LIFECYCLE : CTF_INTERRUPTS;
}

void flight_drop_older(struct flight_recorder *flight, __u64 now)
{
	while (flight->bytes) {
		enum ctf_stream number = oldest_stream(flight);
		const struct flight_packet *oldest = flight->oldest[number];

		if (flight->bytes <= MOST_BYTES && oldest->packet.end + flight->last >= now)
			return;
		if (number == CTF_LIFECYCLE)
			remember_vectors(flight, oldest);
		flight_free_oldest(flight, number);
	}
}

bool flight_add(struct flight_recorder *flight, enum ctf_stream number,
		const struct ctf_packet *packet, size_t size, __u32 events, __u64 now)
{
	struct flight_packet *kept = malloc(offsetof(struct flight_packet, packet) + size);

	if (!kept)
		return false;
	memcpy(&kept->packet, packet, size);
	kept->size = size;
	kept->events = events;
	kept->next = NULL;
	*flight->newest[number] = kept;
	flight->newest[number] = &kept->next;
	flight->bytes += size;
	flight_drop_older(flight, now);
	return true;
}
