// SPDX-License-Identifier: GPL-2.0-only
#include "bound.h"

#include <unistd.h>

#include "view.h"

int bound_create(struct device *device, int *events, unsigned int number,
		 unsigned int num_vectors, unsigned int num_emulated, const char *pasids)
{
	for (unsigned int i = 0; i < num_vectors; i++)
		events[i] = event_new();
	device_create(device, number, num_vectors, num_emulated, pasids);
	device_open(device);
	return device_bind_all(device, 0, num_vectors, events);
}

void bound_remove(struct device *device, const int *events)
{
	struct view view;

	device_close(device);
	view = view_read(device);
	view_assert_empty(&view);
	device_remove(device);
	for (unsigned int i = 0; i < device->num_vectors; i++)
		close(events[i]);
}
