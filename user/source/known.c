// SPDX-License-Identifier: GPL-2.0-only
#include "known.h"

#include "files.h"

#include <imstrace/irq_name.h>
#include <stdlib.h>
#include <string.h>

#define IRQ_DIRECTORY	"/sys/kernel/irq"

static enum imstrace_kind read_name(const char *irq, struct vector_key *key)
{
	char name[IRQ_NAME_LEN] = "";

	if (!file_line(name, sizeof(name), IRQ_DIRECTORY "/%s/actions", irq))
		return KIND_UNKNOWN;
	return irq_name_parse(name, key);
}

void known_vectors(void (*found)(void *context, const struct imstrace_vector *vector),
		   void *context)
{
	DIR *directory = file_directory(IRQ_DIRECTORY);
	const char *irq;

	if (!directory)
		return;
	while ((irq = file_next(directory))) {
		struct imstrace_vector vector = {
			.slot = IMSTRACE_NONE,
			.pasid = IMSTRACE_NONE,
			.eventfd_id = IMSTRACE_NONE,
		};
		struct vector_key key;
		char number[16];

		vector.kind = read_name(irq, &key);
		if (vector.kind == KIND_UNKNOWN)
			continue;
		memcpy(vector.device, key.device, sizeof(vector.device));
		vector.vector = key.vector;
		vector.irq = strtoul(irq, NULL, 10);
		if (vector.kind == KIND_IMS &&
		    file_line(number, sizeof(number), IRQ_DIRECTORY "/%s/hwirq", irq))
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
