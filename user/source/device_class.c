// SPDX-License-Identifier: GPL-2.0-only
#include "device_class.h"

#include "files.h"

#include <imstrace/irq_name.h>
#include <string.h>

static bool read_id(const char *device, const char *file, unsigned int *id)
{
	char line[16];

	return file_line(line, sizeof(line), "/sys/bus/pci/devices/%.*s/%s", IMSTRACE_NAME_LEN,
			 device, file) &&
	       sscanf(line, "%x", id) == 1;
}

bool device_of_vector(char device[IMSTRACE_NAME_LEN], const char name[IMSTRACE_NAME_LEN])
{
	size_t length = strnlen(name, IMSTRACE_NAME_LEN), suffix = strlen(INTX_SUFFIX);
	bool line = length > suffix && !memcmp(name + length - suffix, INTX_SUFFIX, suffix);

	if (line)
		length -= suffix;
	memset(device, 0, IMSTRACE_NAME_LEN);
	memcpy(device, name, length);
	return line;
}

static void class_of_device(char result[IMSTRACE_NAME_LEN], const char device[IMSTRACE_NAME_LEN])
{
	unsigned int vendor, id;

	*result = '\0';
	/* A name is not a path. */
	if (memchr(device, '/', strnlen(device, IMSTRACE_NAME_LEN)) || *device == '.')
		return;
	if (file_link_base(result, IMSTRACE_NAME_LEN, "/sys/bus/mdev/devices/%.*s/mdev_type",
			   IMSTRACE_NAME_LEN, device))
		return;
	if (read_id(device, "vendor", &vendor) && read_id(device, "device", &id))
		snprintf(result, IMSTRACE_NAME_LEN, "pci %04x:%04x", vendor & 0xffff, id & 0xffff);
}

void device_class(char result[IMSTRACE_NAME_LEN], const char name[IMSTRACE_NAME_LEN])
{
	char device[IMSTRACE_NAME_LEN];
	bool line = device_of_vector(device, name);

	class_of_device(result, device);
	if (line && *result)
		irq_name_append(result, INTX_SUFFIX, sizeof(INTX_SUFFIX));
}
