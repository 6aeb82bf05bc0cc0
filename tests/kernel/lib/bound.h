/* SPDX-License-Identifier: GPL-2.0-only */
/* A device for one test, all of whose vectors are bound. */
#ifndef KERNEL_TEST_BOUND_H
#define KERNEL_TEST_BOUND_H

#include "device.h"

/*
 * Makes and opens device @number, as device_create() does, and binds each vector to a new
 * event, in @events. Return: 0 or a negative errno of the binding.
 */
int bound_create(struct device *device, int *events, unsigned int number,
		 unsigned int num_vectors, unsigned int num_emulated, const char *pasids);

/* The reverse. Nothing of the device's vectors may be left. */
void bound_remove(struct device *device, const int *events);

#endif /* KERNEL_TEST_BOUND_H */
