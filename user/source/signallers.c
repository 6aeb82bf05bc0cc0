// SPDX-License-Identifier: GPL-2.0-only
#include "signallers.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* A program enters the thread first, and its name then. */
static bool has_name(const struct imstrace_signallers *known, unsigned int i)
{
	__u32 thread = *(const volatile __u32 *)&known->threads[i];

	return thread == 1 || (thread && *(const volatile char *)known->names[i]);
}

unsigned int signallers_count(const struct imstrace_signallers *known)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < SIGNALLERS; i++)
		count += has_name(known, i);
	return count + (*(const volatile __u32 *)&known->others != 0);
}

static void append(char text[IMSTRACE_SIGNALLERS_LEN], const char *what)
{
	size_t used = strlen(text);

	if (used + strlen(what) + 3 <= IMSTRACE_SIGNALLERS_LEN)
		snprintf(text + used, IMSTRACE_SIGNALLERS_LEN - used, "%s%s", used ? ", " : "", what);
}

void signallers_write(const struct imstrace_signallers *known, char text[IMSTRACE_SIGNALLERS_LEN])
{
	memset(text, 0, IMSTRACE_SIGNALLERS_LEN);
	for (unsigned int i = 0; i < SIGNALLERS; i++) {
		char thread[IMSTRACE_VMM_LEN + sizeof("/4294967295")];

		if (!has_name(known, i))
			continue;
		if (known->threads[i] == 1)
			snprintf(thread, sizeof(thread), "interrupts");
		else
			snprintf(thread, sizeof(thread), "%.*s/%u", IMSTRACE_VMM_LEN, known->names[i],
				 known->threads[i] - 1);
		/* Anybody names a thread, and a comma ends one in the list. */
		for (char *comma = thread; (comma = strchr(comma, ','));)
			*comma = '?';
		append(text, thread);
	}
	if (known->others)
		append(text, "others");
}
