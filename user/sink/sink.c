// SPDX-License-Identifier: GPL-2.0-only
#include "sink.h"

#include "../errors.h"

#include <inttypes.h>

void sink_clean(char *to, size_t size, const char *from)
{
	size_t i;

	for (i = 0; i + 1 < size && from[i]; i++)
		to[i] = from[i] >= ' ' && from[i] <= '~' ? from[i] : '?';
	to[i] = '\0';
}

void sink_escape(char *to, size_t size, const char *from)
{
	size_t used = 0;

	for (; *from; from++) {
		bool escape = *from == '"' || *from == '\\';

		if (used + escape + 2 > size)
			break;
		if (escape)
			to[used++] = '\\';
		to[used++] = *from >= ' ' && *from <= '~' ? *from : '?';
	}
	to[used] = '\0';
}

void sink_warn_of_loss(const struct figures *report)
{
	if (report->totals.lost_interrupts)
		warning("%" PRIu64 " interrupts are missing: they were lost while it was recorded",
			(uint64_t)report->totals.lost_interrupts);
}
