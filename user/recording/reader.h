/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A recording as a source: what it shows is what the live source showed, or would have.
 */
#ifndef IMSTRACE_RECORDING_READER_H
#define IMSTRACE_RECORDING_READER_H

#include "../source/source.h"

/**
 * struct recording_options - what of a recording is wanted
 * @directory:	where it is
 * @from:	ns since its beginning: what ended before is left out
 * @until:	likewise, 0: to its end
 */
struct recording_options {
	const char *directory;
	__u64 from;
	__u64 until;
};

/**
 * recording_open - open a recording of imstrace
 * @result:	the source, when 0 is returned
 * @options:	as above; of it only the text of @directory is needed after the call
 *
 * Nothing of what is read is trusted. A recording that was cut off, as by a kill, is read
 * to its last whole packet, with a warning.
 *
 * Return: 0 or an exit code, reported.
 */
int recording_open(struct source **result, const struct recording_options *options);

#endif /* IMSTRACE_RECORDING_READER_H */
