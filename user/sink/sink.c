// SPDX-License-Identifier: GPL-2.0-only
#include "sink.h"

#include "../errors.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool sink_open(struct sink *sink)
{
	if (sink->ops->context_size) {
		sink->context = calloc(1, sink->ops->context_size);
		if (!sink->context)
			return false;
	}
	if (!sink->ops->open || sink->ops->open(sink))
		return true;
	if (sink->ops->context_size)
		free(sink->context);
	return false;
}

static int report_failure(struct sink *sink)
{
	sink->failed = true;
	return report_error(EXIT_RUNTIME, NULL, "writing %s failed: %s", sink->path ?: "the output",
			    strerror(errno));
}

/* A full pipe or disk must not pass for a quiet system. */
int sink_flush(struct sink *sink)
{
	if (sink->out && (fflush(sink->out) || ferror(sink->out)))
		return report_failure(sink);
	return sink->ops->flush ? sink->ops->flush(sink) : 0;
}

int sink_close_file(struct sink *sink)
{
	bool failed;

	if (!sink->path)
		return 0;
	failed = ferror(sink->out);
	return (fclose(sink->out) || failed) && !sink->failed ? report_failure(sink) : 0;
}

int sink_close(struct sink *sink)
{
	if (sink->ops->close)
		sink->ops->close(sink);
	if (sink->ops->context_size)
		free(sink->context);
	return sink_close_file(sink);
}

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

void sink_thread(char to[SINK_THREAD_LEN], const char name[IMSTRACE_TASK_LEN], __u32 pid)
{
	char clean[IMSTRACE_TASK_LEN];

	sink_clean(clean, sizeof(clean), name);
	snprintf(to, SINK_THREAD_LEN, pid ? "%s/%u" : "%s", clean, pid);
}
