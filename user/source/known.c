// SPDX-License-Identifier: GPL-2.0-only
#include "known.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IRQ_DIRECTORY	"/sys/kernel/irq"

/* Reads a short file of @irq in sysfs, without its newline; false: none. */
static bool read_irq_file(const char *irq, const char *file, char *text, size_t size)
{
	char path[sizeof(IRQ_DIRECTORY) + 64];
	FILE *stream;
	bool found;

	snprintf(path, sizeof(path), IRQ_DIRECTORY "/%.20s/%s", irq, file);
	stream = fopen(path, "re");
	if (!stream)
		return false;
	found = fgets(text, size, stream);
	fclose(stream);
	if (found)
		text[strcspn(text, "\n")] = '\0';
	return found;
}

/* The name that drivers/vfio/vfio_ims.c gives to request_irq(). */
static bool read_name(const char *irq, char device[IMSTRACE_NAME_LEN], __u32 *vector)
{
	char actions[128];
	int end = 0;

	return read_irq_file(irq, "actions", actions, sizeof(actions)) &&
	       sscanf(actions, "vfio-ims[%u](%63[^)])%n", vector, device, &end) == 2 && end;
}

void known_vectors(void (*found)(void *context, const struct imstrace_vector *vector),
		   void *context)
{
	DIR *directory = opendir(IRQ_DIRECTORY);
	struct dirent *entry;

	if (!directory)
		return;
	while ((entry = readdir(directory))) {
		struct imstrace_vector vector = {
			.slot = IMSTRACE_NONE,
			.pasid = IMSTRACE_NONE,
			.eventfd_id = IMSTRACE_NONE,
			.kind = KIND_IMS,
		};
		char number[16];

		if (*entry->d_name == '.' ||
		    !read_name(entry->d_name, vector.device, &vector.vector))
			continue;
		vector.irq = strtoul(entry->d_name, NULL, 10);
		if (read_irq_file(entry->d_name, "hwirq", number, sizeof(number)))
			vector.slot = strtoul(number, NULL, 10);
		found(context, &vector);
	}
	closedir(directory);
}

bool known_still_bound(const struct imstrace_vector *vector)
{
	char irq[16], device[IMSTRACE_NAME_LEN];
	__u32 index;

	snprintf(irq, sizeof(irq), "%u", vector->irq);
	return read_name(irq, device, &index) && index == vector->vector &&
	       !strcmp(device, vector->device);
}
