// SPDX-License-Identifier: GPL-2.0-only
#include "traffic.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cm.h"
#include "random.h"

static void ring(struct traffic *traffic)
{
	uint32_t vector = random_below(&traffic->random, traffic->device->num_vectors);
	int ret;

	if (!(traffic->vectors & 1U << vector))
		return;
	ret = device_ring(traffic->device, vector);
	if (!ret)
		traffic->accepted[vector]++;
	else if (ret == -EBUSY)
		traffic->busy++;
	else if (ret == -ENXIO)
		traffic->unbound++;
	else
		traffic->error = ret;
}

static void *run(void *arg)
{
	struct traffic *traffic = arg;

	while (!traffic->stop) {
		if (traffic->pause) {
			sem_post(&traffic->paused);
			sem_wait(&traffic->go);
		}
		for (unsigned int i = 0; i < traffic->burst; i++)
			ring(traffic);
		if (traffic->rest_us)
			usleep(traffic->rest_us);
	}
	return NULL;
}

void traffic_start(struct traffic *traffic, const struct device *device, uint32_t vectors,
		   uint64_t seed)
{
	memset(traffic, 0, sizeof(*traffic));
	traffic->device = device;
	traffic->vectors = vectors;
	traffic->random = random_seed(seed);
	traffic->burst = 16;
	traffic->rest_us = 100;
	sem_init(&traffic->paused, 0, 0);
	sem_init(&traffic->go, 0, 0);
	assert_int_equal(pthread_create(&traffic->thread, NULL, run, traffic), 0);
}

void traffic_pause(struct traffic *traffic)
{
	traffic->pause = true;
	while (sem_wait(&traffic->paused))
		;
}

void traffic_resume(struct traffic *traffic)
{
	traffic->pause = false;
	sem_post(&traffic->go);
}

void traffic_stop(struct traffic *traffic)
{
	traffic->stop = true;
	pthread_join(traffic->thread, NULL);
	sem_destroy(&traffic->paused);
	sem_destroy(&traffic->go);
	assert_int_equal(traffic->error, 0);
}

uint64_t traffic_accepted(const struct traffic *traffic)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < MAX_VECTORS; i++)
		sum += traffic->accepted[i];
	return sum;
}
