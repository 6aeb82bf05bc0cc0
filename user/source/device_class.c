// SPDX-License-Identifier: GPL-2.0-only
#include "device_class.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool read_id(const char *device, const char *file, unsigned int *id)
{
	char path[128];
	FILE *stream;
	bool is_id;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%.*s/%s", IMSTRACE_NAME_LEN, device, file);
	stream = fopen(path, "re");
	is_id = stream && fscanf(stream, "%x", id) == 1;
	if (stream)
		fclose(stream);
	return is_id;
}

void device_class(char result[IMSTRACE_NAME_LEN], const char device[IMSTRACE_NAME_LEN])
{
	char path[128], target[PATH_MAX];
	unsigned int vendor, id;
	const char *base;
	ssize_t length;

	*result = '\0';
	/* A name is not a path. */
	if (memchr(device, '/', strnlen(device, IMSTRACE_NAME_LEN)) || *device == '.')
		return;
	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%.*s/mdev_type", IMSTRACE_NAME_LEN,
		 device);
	length = readlink(path, target, sizeof(target) - 1);
	if (length > 0) {
		target[length] = '\0';
		base = strrchr(target, '/');
		snprintf(result, IMSTRACE_NAME_LEN, "%.*s", IMSTRACE_NAME_LEN - 1,
			 base ? base + 1 : target);
	} else if (read_id(device, "vendor", &vendor) && read_id(device, "device", &id)) {
		snprintf(result, IMSTRACE_NAME_LEN, "pci %04x:%04x", vendor & 0xffff, id & 0xffff);
	}
}
