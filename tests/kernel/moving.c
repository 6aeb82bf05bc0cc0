// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupts move from CPU to CPU while they flow: their affinity changes, a CPU goes
 * offline and comes back. The message in the slot changes under their feet; with the
 * queue store the device learns of it later, from a worker. None is lost.
 *
 * Runs as root in a VM with two CPUs, with the modules loaded, on the parent that
 * $IMS_PARENT names.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/bound.h"
#include "lib/cm.h"
#include "lib/device.h"
#include "lib/irq.h"
#include "lib/journal.h"
#include "lib/traffic.h"
#include "lib/view.h"

#define VECTORS		8
#define EMULATED	2
#define CPUS		2

static struct journal journal;
static unsigned int seconds = 2;

static struct {
	struct device device;
	int events[VECTORS];
	bool sends;
} t;

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static int set_online(unsigned int cpu, bool online)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%u/online", cpu);
	return write_text(path, online ? "1" : "0");
}

/*
 * The message in each slot is for the CPU that the kernel says, unless it is for a
 * remapping unit. With the queue store that takes a worker, hence the patience, which
 * ends in a failure.
 */
static void expect_messages_follow(const struct view *view)
{
	for (unsigned int i = 0; i < t.device.num_ims; i++) {
		unsigned int cpu = irq_effective_cpu(view->vectors[i].irq), in_slot = cpu + 1;

		for (int tries = 0; tries < 1000 && in_slot != cpu && in_slot != ANY_CPU; tries++) {
			if (tries)
				usleep(1000);
			in_slot = view_slot_cpu(view->vectors[i].slot);
		}
		if (in_slot != cpu && in_slot != ANY_CPU)
			fail_msg("irq %u goes to CPU %u, its slot's message to CPU %u",
				 view->vectors[i].irq, cpu, in_slot);
	}
}

/* By the device itself, if it can send. */
static int ring(unsigned int vector)
{
	return t.sends ? device_send(&t.device, vector) : device_ring(&t.device, vector);
}

/*
 * An interrupt is waited for: two of one irq at a time may become one, which is what
 * edges are like. Return: how often it was signalled, which may be twice only with @more.
 */
static uint64_t ring_once(unsigned int vector, bool more)
{
	int ret = ring(vector);
	uint64_t seen;

	/* One that the kernel retriggers by itself may still be on its way. */
	for (int tries = 0; more && ret == -EBUSY && tries < 1000; tries++) {
		usleep(1000);
		ret = ring(vector);
	}
	assert_int_equal(ret, 0);
	seen = event_wait(t.events[vector], 1);
	if (!seen || (seen > 1 && !more))
		fail_msg("an interrupt of vector %u was signalled %llu times", vector,
			 (unsigned long long)seen);
	return seen;
}

/* Rings the vectors in turn until @end. */
static unsigned long ring_until(double end, bool more, uint64_t *extra)
{
	unsigned long rung = 0;

	*extra = 0;
	for (; now() < end; rung++)
		*extra += ring_once(rung % t.device.num_ims, more) - 1;
	return rung;
}

struct mover {
	const struct view *view;
	pthread_t thread;
	atomic_bool stop;
	unsigned long moves, busy;
	int error;
};

static void *move_irqs(void *arg)
{
	struct mover *mover = arg;

	for (; !mover->stop; mover->moves++) {
		unsigned int irq = mover->view->vectors[mover->moves % t.device.num_ims].irq;
		int error = irq_set_affinity(irq, mover->moves / t.device.num_ims % CPUS);

		/* The move before it is not over. */
		if (error == EBUSY)
			mover->busy++;
		else if (error)
			mover->error = error;
		usleep(200);
	}
	return NULL;
}

/*
 * The queue store does not know whether a message was lost on its way to the old CPU: after
 * each change the irq fires once by itself.
 */
static bool fires_by_itself(void)
{
	return !strcmp(device_parent(), "ims_sample_queue");
}

static void affinity_against_doorbells(void **state)
{
	struct view view = view_read(&t.device), after;
	struct mover mover = { .view = &view };
	unsigned long rung;
	uint64_t extra;

	(void)state;
	assert_int_equal(pthread_create(&mover.thread, NULL, move_irqs, &mover), 0);
	rung = ring_until(now() + seconds, fires_by_itself(), &extra);
	mover.stop = true;
	pthread_join(mover.thread, NULL);
	printf("affinity on %s: %lu moves, %lu more refused, %lu interrupts, %llu signalled twice\n",
	       device_parent(), mover.moves - mover.busy, mover.busy, rung,
	       (unsigned long long)extra);
	assert_int_equal(mover.error, 0);
	assert_true(mover.moves > mover.busy);
	/* What was asked for last is done by the next interrupt, or has been. */
	for (unsigned int i = 0; i < t.device.num_ims; i++)
		ring_once(i, fires_by_itself());
	expect_messages_follow(&view);
	after = view_read(&t.device);
	view_assert_same(&view, &after);
}

struct plugger {
	pthread_t thread;
	atomic_bool stop;
	unsigned long times;
	int error;
};

/* CPU 1, which the irqs are for while it is there. */
static void *plug(void *arg)
{
	struct plugger *plugger = arg;

	while (!plugger->stop && !plugger->error) {
		plugger->error = set_online(1, false);
		if (plugger->error)
			break;
		usleep(20000);
		plugger->error = set_online(1, true);
		plugger->times++;
		usleep(20000);
	}
	return NULL;
}

static void *keep_on_cpu_1(void *arg)
{
	struct mover *mover = arg;

	for (; !mover->stop; mover->moves++) {
		/* Refused while there is no such CPU. */
		irq_set_affinity(mover->view->vectors[mover->moves % t.device.num_ims].irq, 1);
		usleep(500);
	}
	return NULL;
}

static void hotplug_against_doorbells(void **state)
{
	struct view view = view_read(&t.device), after;
	struct mover mover = { .view = &view };
	struct plugger plugger = { 0 };
	uint64_t extra = 0;
	unsigned long rung = 0;
	double end;

	(void)state;
	assert_int_equal(pthread_create(&mover.thread, NULL, keep_on_cpu_1, &mover), 0);
	assert_int_equal(pthread_create(&plugger.thread, NULL, plug, &plugger), 0);
	/* Three times at least, however slow the machine. */
	for (end = now() + 60; now() < end && (plugger.times < 3 || !rung);) {
		uint64_t more;

		rung += ring_until(now() + seconds, true, &more);
		extra += more;
	}
	plugger.stop = true;
	mover.stop = true;
	pthread_join(plugger.thread, NULL);
	pthread_join(mover.thread, NULL);
	printf("hotplug on %s: CPU 1 was gone %lu times, %lu interrupts, %llu signalled twice\n",
	       device_parent(), plugger.times, rung, (unsigned long long)extra);
	assert_int_equal(plugger.error, 0);
	assert_true(plugger.times >= 3);
	expect_messages_follow(&view);
	after = view_read(&t.device);
	view_assert_same(&view, &after);
}

/*
 * When the CPU is gone, nothing is for it any more, and all goes on. What a device has
 * sent it before it was told is lost, and nobody knows whether it has sent anything: so
 * with the queue store each irq fires once by itself. The array store has told it before
 * the CPU was gone.
 */
static void messages_leave_an_offline_cpu(void **state)
{
	bool queue = fires_by_itself();
	struct view view = view_read(&t.device);
	uint64_t extra;

	(void)state;
	for (unsigned int i = 0; i < t.device.num_ims; i++) {
		unsigned int irq = view.vectors[i].irq;

		assert_int_equal(irq_set_affinity(irq, 1), 0);
		/* The next interrupt does it, and the one after that is the first on CPU 1. */
		for (int tries = 0; tries < 1000 && irq_effective_cpu(irq) != 1; tries++)
			ring_once(i, true);
		assert_int_equal(irq_effective_cpu(irq), 1);
		ring_once(i, true);
	}
	expect_messages_follow(&view);

	assert_int_equal(set_online(1, false), 0);
	for (unsigned int i = 0; i < t.device.num_ims; i++)
		assert_int_equal(irq_effective_cpu(view.vectors[i].irq), 0);
	expect_messages_follow(&view);
	for (unsigned int i = 0; i < t.device.num_ims; i++) {
		uint64_t seen = event_wait(t.events[i], queue);

		/* With the queue store, what the move before has caused may be among it. */
		assert_true(queue ? seen > 0 : !seen);
	}
	assert_true(ring_until(now() + 0.2, true, &extra) > 0);
	assert_int_equal(set_online(1, true), 0);
}

static int setup(void **state)
{
	int ret;

	(void)state;
	ret = bound_create(&t.device, t.events, 0x34, VECTORS, EMULATED, DEFAULT_PASID);
	t.sends = device_parent_sends();
	return ret;
}

static int teardown(void **state)
{
	(void)state;
	bound_remove(&t.device, t.events);
	return 0;
}

static void nothing_in_the_log(void **state)
{
	(void)state;
	assert_int_equal(journal_end(&journal, NULL), 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(affinity_against_doorbells, setup, teardown),
		cmocka_unit_test_setup_teardown(messages_leave_an_offline_cpu, setup, teardown),
		cmocka_unit_test_setup_teardown(hotplug_against_doorbells, setup, teardown),
		cmocka_unit_test(nothing_in_the_log),
	};

	if (argc > 2) {
		fprintf(stderr, "usage: moving [SECONDS]\nTwo tests last SECONDS (2) each.\n");
		return 2;
	}
	if (argc > 1)
		seconds = atoi(argv[1]);
	setvbuf(stdout, NULL, _IOLBF, 0);
	journal_start(&journal);
	return cmocka_run_group_tests_name("moving", tests, NULL, NULL) ? EXIT_FAILURE :
		EXIT_SUCCESS;
}
