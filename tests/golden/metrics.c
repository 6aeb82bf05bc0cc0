// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: metrics text|openmetrics|protobuf [per-vector] RECORDING
 *
 * What imstrace serve would say at /metrics if it had followed what was recorded: half way, and at the
 * end. The clocks and the memory of this process, which are in it, stand still here.
 */
#include "../../user/recording/reader.h"
#include "../../user/serve/exporter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The linker has all calls of clock_gettime() and fopen() come here. */
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
FILE *__wrap_fopen(const char *path, const char *mode);
FILE *__real_fopen(const char *path, const char *mode);

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
	*now = (struct timespec) { .tv_sec = clock == CLOCK_REALTIME ? 1700000000 : 100 };
	return 0;
}

FILE *__wrap_fopen(const char *path, const char *mode)
{
	static char statm[] = "2000 1000 0 0 0 0 0\n";

	return strcmp(path, "/proc/self/statm") ? __real_fopen(path, mode) :
						  fmemopen(statm, strlen(statm), "r");
}

static int write_metrics(struct exporter *exporter, enum exposition_format format)
{
	size_t size;
	char *text = exporter_write(exporter, format, &size);

	if (!text || fwrite(text, 1, size, stdout) != size)
		return 1;
	free(text);
	return 0;
}

int main(int argc, char **argv)
{
	static const char *const names[EXPOSITION_COUNT] = { "text", "openmetrics", "protobuf" };
	static struct vector_filter filter;
	struct series_options options = { .filter = &filter, .most = 9, .linger = 300000000000ULL };
	struct recording_options recording = { 0 };
	struct exporter *exporter;
	unsigned int format = 0;
	struct source *source;
	__u64 half;
	int ret;

	if (argc < 3)
		return 2;
	while (format < EXPOSITION_COUNT && strcmp(argv[1], names[format]))
		format++;
	options.per_vector = argc > 3;
	recording.directory = argv[argc - 1];
	if (format == EXPOSITION_COUNT || recording_open(&source, &recording))
		return 2;
	exporter = exporter_new(source, &options);
	if (!exporter)
		return 1;
	half = source->started + 1000000000;
	do {
		ret = exporter_poll(exporter, half);
	} while (!ret && !source->ended && source->now(source) < half);
	ret = ret || write_metrics(exporter, format);
	while (!ret && !source->ended)
		ret = exporter_poll(exporter, ~0ULL);
	ret = ret || write_metrics(exporter, format);
	exporter_free(exporter);
	source->close(source);
	return ret;
}
