/* SPDX-License-Identifier: GPL-2.0-only */
/* A thread that rings the doorbells of a device while something else is tested. */
#ifndef KERNEL_TEST_TRAFFIC_H
#define KERNEL_TEST_TRAFFIC_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "device.h"

struct traffic {
	const struct device *device;
	uint64_t random;
	/* Vectors that it rings: a bit for each, which may be changed while it runs. */
	_Atomic uint32_t vectors;
	/* Rests so long after each burst. */
	unsigned int burst, rest_us;

	pthread_t thread;
	atomic_bool stop, pause;
	sem_t paused, go;

	/* For those who have paused or stopped it. */
	uint64_t accepted[MAX_VECTORS];	/* the device took the doorbell */
	uint64_t busy;			/* an interrupt was still on its way */
	uint64_t unbound;
	int error;			/* what no doorbell may return */
};

/* With @vectors 0 it waits for some. */
void traffic_start(struct traffic *traffic, const struct device *device, uint32_t vectors,
		   uint64_t seed);
void traffic_pause(struct traffic *traffic);
void traffic_resume(struct traffic *traffic);
void traffic_stop(struct traffic *traffic);
uint64_t traffic_accepted(const struct traffic *traffic);

#endif /* KERNEL_TEST_TRAFFIC_H */
