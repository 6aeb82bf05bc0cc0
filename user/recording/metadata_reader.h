/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the metadata of a recording says, as far as metadata.c has written it.
 */
#ifndef IMSTRACE_RECORDING_METADATA_READER_H
#define IMSTRACE_RECORDING_METADATA_READER_H

#include "../source/source.h"
#include "layout.h"

/* Of an event's number: the recording has no such event; it is of a step that we do not know. */
#define CTF_NO_STEP		(STEP_COUNT + 1)
#define CTF_UNKNOWN_STEP	STEP_COUNT

/**
 * struct ctf_metadata - what it takes to read the streams
 * @directory:	of the recording
 * @uuid:	of all its packets
 * @interrupt:	where the fields are: likewise @lifecycle, @vector
 * @steps:	by an event's number: enum imstrace_step, or one of the above
 * @hops:	by the number of a hop there: enum imstrace_hop, or HOP_COUNT
 * @ends:	by the number of an end there: enum imstrace_end, or END_COUNT
 * @unmatched:	the number of the end that was named so before its reason was recorded
 * @not_ended:	its writer would have said so if it had ended
 * @bytes:	that each stream had at least, by enum ctf_stream
 * @lost_vectors: by its end
 * @lost_runs:	likewise
 * @pci_signal:	what struct source refers to
 * @posting:	likewise
 * @delivery:	likewise
 */
struct ctf_metadata {
	const char *directory;
	__u8 uuid[16];
	struct ctf_layout interrupt, lifecycle, vector;
	__u8 steps[CTF_VECTOR_EVENT];
	__u8 hops[CTF_MOST_FIELDS];
	__u8 ends[256];
	int unmatched;
	bool not_ended;
	__u64 bytes[CTF_STREAM_COUNT];
	__u64 lost_vectors, lost_runs;
	char pci_signal[512], posting[512], delivery[512];
};

/* How an interrupt of the recording ended; END_COUNT: in a way that we do not know. */
enum imstrace_end ctf_end_of(const struct ctf_metadata *metadata,
			     const struct imstrace_interrupt *interrupt);

/* Opens a file of the recording in @directory. Return: 0 or an exit code, reported. */
int ctf_open_file(const char *directory, const char *name, int *file);

/*
 * Reads it; what @source can know of its recording, such as its hops and clock, is put there. Both
 * must be empty. Return: 0 or an exit code, reported.
 */
int ctf_read_metadata(struct ctf_metadata *metadata, struct source *source, const char *directory);

#endif /* IMSTRACE_RECORDING_METADATA_READER_H */
