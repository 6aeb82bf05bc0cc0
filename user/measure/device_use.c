// SPDX-License-Identifier: GPL-2.0-only
/* See device_use.h. */
#include "device_use.h"

#include <string.h>

/* Whether it could be seen to fire, and has not. */
static bool never_fired(const struct vector_figures *vector)
{
	return !figures_active(vector) &&
	       !(vector->hop_missing[HOP_IRQ] && vector->hop_missing[HOP_SIGNAL]);
}

bool device_use_next(const struct figures *figures, size_t *at, struct device_use *use)
{
	if (*at == figures->count)
		return false;
	*use = (struct device_use) { .device = figures->vectors[*at].vector.device };
	for (; *at < figures->count; (*at)++) {
		const struct vector_figures *vector = &figures->vectors[*at];

		if (strncmp(vector->vector.device, use->device, IMSTRACE_NAME_LEN))
			break;
		if (kind_of_vm(vector->vector.kind) || vector->vector.kind == KIND_INTX)
			continue;
		use->vectors++;
		use->never_fired += never_fired(vector);
		use->irqs += vector->vector.irq && vector->vector.irq != IMSTRACE_NONE;
	}
	return true;
}
