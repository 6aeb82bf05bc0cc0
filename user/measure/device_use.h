/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a device's vectors take of the host, and how many of them are of use: each irq takes a vector of one of
 * the host's CPUs, of which there are about 200 per CPU, whether it ever fires or not.
 */
#ifndef IMSTRACE_MEASURE_DEVICE_USE_H
#define IMSTRACE_MEASURE_DEVICE_USE_H

#include "figures.h"

/**
 * struct device_use - of a device
 * @device:	its name; NULL: all devices
 * @vectors:	of it that are followed
 * @never_fired: of those, which nothing has happened to
 * @irqs:	of those vectors, which have an irq
 */
struct device_use {
	const char *device;
	size_t vectors, never_fired, irqs;
};

/**
 * device_use_next - the next device
 * @figures:	of the whole run, sorted
 * @at:		0 at first
 * @use:	filled in
 *
 * Irqfds and ioctls are no vectors of devices: they are known only because they fire.
 *
 * Return: false: there is no other one.
 */
bool device_use_next(const struct figures *figures, size_t *at, struct device_use *use);

#endif /* IMSTRACE_MEASURE_DEVICE_USE_H */
