// SPDX-License-Identifier: GPL-2.0-only
/*
 * CLOCK_REALTIME moves against CLOCK_MONOTONIC only when it is set and, because CLOCK_MONOTONIC
 * then stands still, when the system sleeps: NTP slows down or speeds up both.
 */
#include "wall_clock.h"

#include "../clock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* ns: by how much at least. The two clocks can't be read at the same moment. */
#define LEAST		1000000
/* ns that a reading of both may take, and how often to try. */
#define MOST_APART	100000
#define TRIES		10

static long long offset_at(const struct source *source, __u64 time)
{
	for (unsigned int i = __atomic_load_n(&source->clock_set_count, __ATOMIC_ACQUIRE); i-- > 0;)
		if (time >= source->clock_sets[i].time)
			return source->clock_sets[i].to_wall_clock;
	return source->to_wall_clock;
}

/* Of a recording both may be anything: their sum is not to overflow. */
long long wall_clock_at(const struct source *source, __u64 time)
{
	return time + (__u64)offset_at(source, time);
}

__u64 wall_clock_last_set(const struct source *source)
{
	return source->clock_set_count ? source->clock_sets[source->clock_set_count - 1].time : 0;
}

long long wall_clock_moved(const struct source *source, unsigned int number)
{
	long long before = number ? source->clock_sets[number - 1].to_wall_clock : source->to_wall_clock;

	return (__u64)source->clock_sets[number].to_wall_clock - (__u64)before;
}

void wall_clock_add(struct source *source, __u64 time, long long to_wall_clock)
{
	unsigned int count = source->clock_set_count;

	/* What was set too often to be kept is one of them, so that the times from now on are right. */
	if (count == CLOCK_SETS)
		count--;
	source->clock_sets[count] = (struct clock_set) { time, to_wall_clock };
	/* The exporter's other thread reads it meanwhile. */
	__atomic_store_n(&source->clock_set_count, count + 1, __ATOMIC_RELEASE);
}

void wall_clock_note(struct source *source, __u64 monotonic, __u64 realtime)
{
	long long moved = realtime - wall_clock_at(source, monotonic);

	if (moved >= LEAST || moved <= -LEAST)
		wall_clock_add(source, monotonic, realtime - monotonic);
}

/* false: something came in between, so they are not of the same moment. */
static bool read_clocks(__u64 *monotonic, __u64 *realtime)
{
	*monotonic = clock_now(CLOCK_MONOTONIC);
	*realtime = clock_now(CLOCK_REALTIME);
	return clock_now(CLOCK_MONOTONIC) - *monotonic <= MOST_APART;
}

void wall_clock_look(struct source *source)
{
	__u64 monotonic, realtime;

	if (read_clocks(&monotonic, &realtime))
		wall_clock_note(source, monotonic, realtime);
}

long long wall_clock_offset(void)
{
	__u64 monotonic, realtime;

	for (unsigned int i = 0; i < TRIES && !read_clocks(&monotonic, &realtime); i++)
		;
	return realtime - monotonic;
}

char *wall_clock_text(const struct source *source)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	for (unsigned int i = 0; out && i < source->clock_set_count; i++)
		fprintf(out, "%s%" PRIu64 " %lld", i ? " " : "", (uint64_t)source->clock_sets[i].time,
			source->clock_sets[i].to_wall_clock);
	return !out || fclose(out) ? NULL : text;
}

/* It may be anybody's: what is no pair of numbers ends it. */
void wall_clock_parse(struct source *source, const char *text)
{
	char *end;

	while (source->clock_set_count < CLOCK_SETS) {
		__u64 time;
		long long to_wall_clock;

		errno = 0;
		time = strtoull(text, &end, 10);
		if (end == text || *end != ' ' || errno || *text == '-')
			return;
		text = end + 1;
		to_wall_clock = strtoll(text, &end, 10);
		if (end == text || errno)
			return;
		wall_clock_add(source, time, to_wall_clock);
		text = end + (*end == ' ');
	}
}
