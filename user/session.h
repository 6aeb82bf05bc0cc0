/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ties a source to the model, the measures and a sink. All that commands use.
 */
#ifndef IMSTRACE_SESSION_H
#define IMSTRACE_SESSION_H

#include "sink/sink.h"

/**
 * struct session_options - what to show of a source, how, and when to end
 * @filter:	which vectors are wanted
 * @sink:	how it is shown
 * @lifecycle:	show their lifecycle
 * @interrupts:	show every interrupt; the source must have been opened so
 * @slowest:	show so many of the slowest interrupts; like @interrupts
 * @histograms:	show the distributions of these stages: a mask by enum imstrace_stage
 * @no_summary:	of what was measured; only a warning if something was lost
 * @lint:	show what is wrong with their drivers, and a verdict at the end
 * @lint_only:	and nothing else
 * @interval:	ns of the source's time between tables, 0: none
 * @duration:	ns until the end, 0: until the source's
 * @count:	number of tables until the end, 0: no limit
 */
struct session_options {
	struct vector_filter filter;
	const struct sink *sink;
	bool lifecycle;
	bool interrupts;
	size_t slowest;
	unsigned int histograms;
	bool no_summary;
	bool lint;
	bool lint_only;
	__u64 interval;
	__u64 duration;
	__u64 count;
};

/*
 * Runs until @source or one of the ends in @options or stop_requested(), writes to
 * stdout, and closes @source. Return: an exit code, reported; with @lint also that of
 * the verdict.
 */
int session_run(struct source *source, const struct session_options *options);

#endif /* IMSTRACE_SESSION_H */
