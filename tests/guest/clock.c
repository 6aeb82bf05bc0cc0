// SPDX-License-Identifier: GPL-2.0-only
/* From the TSC to CLOCK_MONOTONIC. See clock.h. */
#include <stdlib.h>
#include <time.h>
#include <x86intrin.h>

#include "clock.h"
#include "fail.h"

/*
 * A pair is the best of so many tries; and of more, up to the second number, while its window is wider by a
 * quarter than the narrowest so far: the machine is busy then, which lasts for some tries, not for all.
 */
#define TRIES		50
#define MOST_TRIES	5000
#define INTERVAL_NS	100000000ULL

uint64_t clock_tsc(void)
{
	uint64_t tsc;

	/* The fences keep it from moving over what is being timed. */
	_mm_lfence();
	tsc = __rdtsc();
	_mm_lfence();
	return tsc;
}

uint64_t clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

void clock_sample(struct clock *clock)
{
	struct clock_pair best = { .window = UINT64_MAX };
	struct clock_pair *pairs;

	for (int i = 0; i < TRIES || (i < MOST_TRIES && best.window * 4 > clock->narrowest * 5); i++) {
		uint64_t before = clock_tsc();
		uint64_t ns = clock_ns();
		uint64_t window = clock_tsc() - before;

		if (window < best.window)
			best = (struct clock_pair){ before + window / 2, ns, window };
	}

	if (!clock->num || best.window < clock->narrowest)
		clock->narrowest = best.window;
	if (clock->num == clock->capacity) {
		clock->capacity = clock->capacity ? 2 * clock->capacity : 64;
		pairs = realloc(clock->pairs, clock->capacity * sizeof(*pairs));
		if (!pairs)
			fail(EXIT_RUNTIME, "no memory for the clock's samples");
		clock->pairs = pairs;
	}
	clock->pairs[clock->num++] = best;
}

void clock_sample_sometimes(struct clock *clock, uint64_t now_ns)
{
	if (now_ns - clock->pairs[clock->num - 1].ns > INTERVAL_NS)
		clock_sample(clock);
}

/* On the line through the pairs a and b. */
static uint64_t interpolate(const struct clock_pair *a, const struct clock_pair *b, uint64_t tsc)
{
	__int128 ns = b->ns - a->ns;

	return a->ns + (int64_t)(ns * (int64_t)(tsc - a->tsc) / (int64_t)(b->tsc - a->tsc));
}

uint64_t clock_convert(const struct clock *clock, uint64_t tsc)
{
	size_t low = 0, high = clock->num - 1;

	/* The pairs low and high enclose tsc, or are the first or the last two. */
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (clock->pairs[middle].tsc <= tsc)
			low = middle;
		else
			high = middle;
	}
	return interpolate(&clock->pairs[low], &clock->pairs[high], tsc);
}

double clock_hz(const struct clock *clock)
{
	const struct clock_pair *first = &clock->pairs[0], *last = &clock->pairs[clock->num - 1];

	return 1e9 * (double)(last->tsc - first->tsc) / (double)(last->ns - first->ns);
}

double clock_error_ns(const struct clock *clock)
{
	uint64_t window = 0;

	for (size_t i = 0; i < clock->num; i++)
		if (clock->pairs[i].window > window)
			window = clock->pairs[i].window;
	return (double)window / 2 * 1e9 / clock_hz(clock);
}

void clock_free(struct clock *clock)
{
	free(clock->pairs);
}
