/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes a recording: see format.h. sink/recording.h makes it an output of a session.
 */
#ifndef IMSTRACE_RECORDING_WRITER_H
#define IMSTRACE_RECORDING_WRITER_H

#include "../source/source.h"

struct ctf_writer;

/**
 * struct ctf_options - what to record, and where
 * @directory:	made anew, or empty
 * @command_line: kept in the recording
 * @over:	ns: interrupts whose longest measured time is below are not recorded
 * @last:	ns: flight recorder: nothing is written but what is younger than this when
 *		ctf_keep() is called; 0: everything is
 */
struct ctf_options {
	const char *directory;
	const char *command_line;
	__u64 over;
	__u64 last;
};

/*
 * Makes the directory and opens the files: what follows needs no privilege. Return: 0
 * or an exit code, reported; so do all below.
 */
int ctf_create(struct ctf_writer **result, const struct ctf_options *options);

/* When the source is open, and before anything of it is written. */
int ctf_start(struct ctf_writer *writer, const struct source *source);

int ctf_write_lifecycle(struct ctf_writer *writer, const struct imstrace_lifecycle *step);
int ctf_write_interrupt(struct ctf_writer *writer, const struct imstrace_interrupt *interrupt);

/* Now and then: vectors that have changed, and packets: what a kill would not lose. */
int ctf_flush(struct ctf_writer *writer);

/* Flight recorder: what is in memory goes to the disk. */
int ctf_keep(struct ctf_writer *writer);

/**
 * struct ctf_size - how much has been written, for the user
 * @events:	steps and interrupts, by enum ctf_stream. An interrupt that turned out not to have
 *		been coalesced has two records and counts once, as in reports
 * @discarded:	likewise, how many were lost
 * @bytes:	of all streams
 * @not_over:	interrupts that were too quick for --over
 */
struct ctf_size {
	__u64 events[2];
	__u64 discarded[2];
	__u64 bytes;
	__u64 not_over;
};
struct ctf_size ctf_size(const struct ctf_writer *writer);

/* The last flush: while the source is still there. The recording is of all the time up to @now. */
int ctf_end(struct ctf_writer *writer, __u64 now);

/* Closes the files and frees. */
void ctf_close(struct ctf_writer *writer);

/* It has come to nothing: removes the files that ctf_create() has made. @writer may be NULL. */
void ctf_abandon(struct ctf_writer *writer);

/**
 * struct ctf_end - the end of a recording, as far as it has come
 * @time:	when it was; 0: it is still being written, or was cut off
 * @bytes:	of each stream, by enum ctf_stream
 */
struct ctf_end {
	__u64 time;
	__u64 bytes[2];
};

/*
 * The text of the file metadata, to be freed, NULL: out of memory. @vectors are those
 * that have a name by now. In metadata.c.
 */
char *ctf_metadata(const struct source *source, const struct ctf_options *options,
		   const __u8 uuid[16], const struct ctf_end *end);

#endif /* IMSTRACE_RECORDING_WRITER_H */
