// SPDX-License-Identifier: GPL-2.0-only
/* Ringing the doorbells. See ring.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <x86intrin.h>

#include "fail.h"
#include "ring.h"

/* The guest is quiet when it took nothing for so long. */
#define QUIET_NS		200000000ULL
#define QUIET_POLL_NS		5000000L
/*
 * An interrupt takes microseconds on real hardware: so long it is waited for without
 * a pause. An emulated machine needs this CPU for better things. It is given away for a
 * while before this thread sleeps: where timers have no high resolution, that is a tick.
 */
#define SPIN_NS			20000ULL
#define YIELD_NS		2000000ULL
#define SLEEP_NS		20000L

void ring_prepare_hold(void)
{
	/* The vCPUs' threads are not to hold anything. */
	const struct sched_param first = { .sched_priority = 1 };
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(sched_getcpu(), &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		fail(EXIT_RUNTIME, "staying on one CPU: %s", strerror(errno));
	if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &first))
		fail(EXIT_UNAVAILABLE, "SCHED_FIFO: %s (run as root)", strerror(errno));
}

/* Return: until when it was held. */
static uint64_t hold_cpu(uint64_t from, uint64_t length)
{
	uint64_t now;

	do
		now = clock_ns();
	while (now - from < length);
	return now;
}

static void relax(const struct ringer *ringer, uint64_t waited_ns)
{
	const struct timespec time = { .tv_nsec = SLEEP_NS };

	if (ringer->yield)
		sched_yield();
	else if (waited_ns < SPIN_NS)
		_mm_pause();
	/* Under SCHED_FIFO the vCPUs would not get it. */
	else if (waited_ns < YIELD_NS && !ringer->hold_ns)
		sched_yield();
	else
		nanosleep(&time, NULL);
}

/* What was rung before a reset and not taken is gone. */
static bool all_taken(const struct ringer *ringer, const struct vector *vector)
{
	return machine_count(ringer->machine, vector) - vector->seen_before_reset >=
	       vector->rang - vector->rang_before_reset;
}

/* Until the guest has taken everything that was rung on the vector so far. */
static bool wait_for_guest(const struct ringer *ringer, struct vector *vector)
{
	uint64_t start = clock_ns(), waited;

	do {
		waited = clock_ns() - start;
		if (all_taken(ringer, vector) && machine_lowered(ringer->machine, vector))
			return true;
		/* The vCPU's thread has said why. */
		if (machine_crashed(ringer->machine))
			return false;
		if (*ringer->interrupted)
			return true;
		relax(ringer, waited);
	} while (waited < ringer->timeout_ns);

	complain("vector %u: rang %u times, but the guest took %u interrupts and no more for %g s",
		 vector->vector, vector->rang, machine_count(ringer->machine, vector),
		 (double)ringer->timeout_ns / 1e9);
	return false;
}

/* Return: 0 or a negative errno. */
static int ring(const struct ringer *ringer, const struct vector *vector)
{
	switch (vector->doorbell) {
	case DOORBELL_WRITE:
		return writer_signal(vector->eventfd);
	case DOORBELL_PROCESS:
		return writer_ask(ringer->writer, vector->eventfd);
	case DOORBELL_IOCTL:
		return machine_signal(ringer->machine, vector);
	default:
		return vfio_ring(ringer->vfio, vector);
	}
}

/* EBUSY: an earlier interrupt is not handled yet. */
static bool ring_once(const struct ringer *ringer, struct vector *vector)
{
	uint64_t start = clock_ns(), now;
	int ret;

	do {
		now = clock_ns();
		vector->ring_ns[vector->rang] = now;
		ret = ring(ringer, vector);
		if (!ret) {
			if (ringer->hold_ns)
				vector->held_ns[vector->rang] = hold_cpu(clock_ns(),
									 ringer->hold_ns);
			vector->rang++;
			clock_sample_sometimes(ringer->clock, now);
			return true;
		}
		if (ret != -EBUSY)
			break;
		vector->busy++;
		if (*ringer->interrupted)
			return true;
		relax(ringer, now - start);
	} while (now - start < ringer->timeout_ns);

	complain("vector %u: doorbell %u: %s", vector->vector, vector->rang + 1, strerror(-ret));
	return false;
}

/* When the doorbell of this number is due, if there is a rate. */
static void pace(const struct ringer *ringer, uint64_t start, uint64_t number)
{
	struct timespec due;
	uint64_t ns;

	if (ringer->rate <= 0)
		return;
	ns = start + (uint64_t)((double)number * 1e9 / ringer->rate);
	due.tv_sec = ns / 1000000000ULL;
	due.tv_nsec = ns % 1000000000ULL;
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
}

/* One turn: each vector that is not finished yet is rung once. */
static bool ring_turn(const struct ringer *ringer, uint32_t turn, uint64_t start,
		      uint64_t *number)
{
	for (unsigned int i = 0; i < ringer->vectors->num; i++) {
		struct vector *vector = &ringer->vectors->v[i];

		if (turn >= vector->count)
			continue;
		if (ringer->wait && !wait_for_guest(ringer, vector))
			return false;
		pace(ringer, start, (*number)++);
		if (*ringer->interrupted)
			return true;
		if (!ring_once(ringer, vector))
			return false;
	}
	return true;
}

static uint64_t total_count(const struct ringer *ringer)
{
	uint64_t total = 0;

	for (unsigned int i = 0; i < ringer->vectors->num; i++)
		total += machine_count(ringer->machine, &ringer->vectors->v[i]);
	return total;
}

static void wait_until_quiet(const struct ringer *ringer)
{
	const struct timespec poll = { .tv_nsec = QUIET_POLL_NS };
	uint64_t count = total_count(ringer), since = clock_ns();

	while (clock_ns() - since < QUIET_NS) {
		nanosleep(&poll, NULL);
		if (total_count(ringer) != count) {
			count = total_count(ringer);
			since = clock_ns();
		}
	}
}

bool ring_wait(const struct ringer *ringer)
{
	bool ok = true;

	for (unsigned int i = 0; ok && i < ringer->vectors->num; i++)
		ok = wait_for_guest(ringer, &ringer->vectors->v[i]);
	return ok;
}

bool ring_all(struct ringer *ringer)
{
	uint64_t start = clock_ns(), number = 0;
	uint32_t turns = 0;
	bool ok = true;

	/* Sleeps end when they should, not 50 us later. */
	prctl(PR_SET_TIMERSLACK, 1);

	for (unsigned int i = 0; i < ringer->vectors->num; i++)
		if (ringer->vectors->v[i].count > turns)
			turns = ringer->vectors->v[i].count;

	for (uint32_t turn = 0; ok && turn < turns && !*ringer->interrupted; turn++)
		ok = ring_turn(ringer, turn, start, &number);

	ok = ok && (!ringer->wait || ring_wait(ringer));
	ringer->elapsed_ns = clock_ns() - start;
	wait_until_quiet(ringer);
	/* Without waiting, nothing else notices. */
	return ok && !machine_crashed(ringer->machine);
}
