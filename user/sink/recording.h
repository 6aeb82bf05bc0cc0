/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A recording, as an output of a session.
 */
#ifndef IMSTRACE_SINK_RECORDING_H
#define IMSTRACE_SINK_RECORDING_H

#include "sink.h"

#include <signal.h>

struct ctf_writer;

/**
 * struct recorder - what recording_sink remembers
 * @writer:	of ctf_create(); the caller's to close
 * @trigger:	ns: flight recorder: what is in memory is written after an interrupt that took at
 *		least so long; 0: none triggers that
 * @requests:	how often that was asked for by a signal; NULL: never
 *
 * The others are its own.
 */
struct recorder {
	struct ctf_writer *writer;
	__u64 trigger;
	const volatile sig_atomic_t *requests;
	const struct source *source;
	sig_atomic_t served;
	bool triggered;
	__u64 flushed;
	int failed;		/* an exit code */
};

/* The context is a struct recorder. It needs the lifecycle, the interrupts and the summary. */
extern const struct sink_ops recording_sink;

#endif /* IMSTRACE_SINK_RECORDING_H */
