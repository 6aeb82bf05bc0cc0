// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: recording INTERRUPTS DIR
 *
 * Records so many interrupts in DIR: made by imstrace's own programs, which run in the kernel
 * as side.h has it, streamed through their ring buffer, and written as imstrace record writes
 * them. The ring is filled and emptied in turn, so that either can be timed. Prints what came of
 * it, as JSON.
 */
#include "side.h"

#include "../../user/clock.h"
#include "../../user/recording/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VECTORS		64

struct recorder {
	struct ctf_writer *writer;
	__u64 events;
};

static int on_interrupt(void *context, void *data, size_t size)
{
	struct recorder *recorder = context;

	(void)size;
	recorder->events++;
	return ctf_write_interrupt(recorder->writer, data);
}

static void check(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}

/* What a run leaves in the page cache is not on the disk. */
static void sync_file(const char *directory, const char *name)
{
	char path[4096];
	int file;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = open(path, O_RDONLY | O_CLOEXEC);
	check(file >= 0 && !fsync(file), path);
	close(file);
}

int main(int argc, char **argv)
{
	struct ctf_options options = { .command_line = "tests/bench/recording" };
	struct recorder recorder = { 0 };
	__u64 wanted, began, made = 0, written = 0, synced;
	struct ring_buffer *ring;
	struct driver *driver;
	struct side side;
	int map;

	if (argc != 3 || (wanted = strtoull(argv[1], NULL, 10)) == 0) {
		fprintf(stderr, "usage: recording INTERRUPTS DIR\n");
		return 2;
	}
	options.directory = argv[2];
	side_open(&side, VECTORS, VECTORS, true);
	driver = side_own_driver(&side);
	map = bpf_object__find_map_fd_by_name(replay_object(side.replay), "interrupt_stream");
	ring = ring_buffer__new(map, on_interrupt, &recorder, NULL);
	check(ring, "the ring buffer");
	if (ctf_create(&recorder.writer, &options) ||
	    ctf_start(recorder.writer, replay_source(side.replay)))
		return 1;
	while (recorder.events < wanted) {
		began = clock_now(CLOCK_MONOTONIC);
		/* A good part of the ring. */
		for (unsigned int i = 0; i < 100; i++)
			driver_run(driver);
		made += clock_now(CLOCK_MONOTONIC) - began;
		began = clock_now(CLOCK_MONOTONIC);
		check(ring_buffer__consume(ring) >= 0, "the ring buffer");
		if (ctf_flush(recorder.writer))
			return 1;
		written += clock_now(CLOCK_MONOTONIC) - began;
	}
	began = clock_now(CLOCK_MONOTONIC);
	if (ctf_end(recorder.writer, 0))
		return 1;
	written += clock_now(CLOCK_MONOTONIC) - began;
	sync_file(options.directory, "interrupts");
	synced = clock_now(CLOCK_MONOTONIC) - began + written;
	printf("{\"events\": %llu, \"bytes\": %llu, \"lost\": %llu, \"made_ns\": %llu, "
	       "\"written_ns\": %llu, \"synced_ns\": %llu}\n", recorder.events,
	       ctf_size(recorder.writer).bytes, replay_source(side.replay)->totals->lost_interrupts,
	       made, written, synced);
	ctf_close(recorder.writer);
	ring_buffer__free(ring);
	driver_free(driver);
	side_close(&side);
	return 0;
}
