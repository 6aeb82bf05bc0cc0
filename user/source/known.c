// SPDX-License-Identifier: GPL-2.0-only
#include "known.h"

#include <imstrace/irq_name.h>

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

static enum imstrace_kind read_name(const char *irq, struct vector_key *key)
{
	char name[IRQ_NAME_LEN] = "";

	if (!read_irq_file(irq, "actions", name, sizeof(name)))
		return KIND_UNKNOWN;
	return irq_name_parse(name, key);
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
		};
		struct vector_key key;
		char number[16];

		if (*entry->d_name == '.')
			continue;
		vector.kind = read_name(entry->d_name, &key);
		if (vector.kind == KIND_UNKNOWN)
			continue;
		memcpy(vector.device, key.device, sizeof(vector.device));
		vector.vector = key.vector;
		vector.irq = strtoul(entry->d_name, NULL, 10);
		if (vector.kind == KIND_IMS &&
		    read_irq_file(entry->d_name, "hwirq", number, sizeof(number)))
			vector.slot = strtoul(number, NULL, 10);
		found(context, &vector);
	}
	closedir(directory);
}

bool known_still_bound(const struct imstrace_vector *vector)
{
	struct vector_key key;
	char irq[16];

	snprintf(irq, sizeof(irq), "%u", vector->irq);
	return read_name(irq, &key) == vector->kind && key.vector == vector->vector &&
	       !memcmp(key.device, vector->device, sizeof(key.device));
}
