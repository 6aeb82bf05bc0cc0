/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ties a source to the model, the measures and sinks. All that commands use.
 */
#ifndef IMSTRACE_SESSION_H
#define IMSTRACE_SESSION_H

#include "measure/why.h"
#include "sink/sink.h"

/**
 * struct session_options - what to show of a source, where, and when to end
 * @filter:	which vectors are wanted
 * @sinks:	what shows it, ended by NULL; see struct sink_wants
 * @slowest:	show so many of the slowest interrupts; the source must have been opened with
 *		interrupts
 * @why:	takes in all interrupts, and shows why some are slow; likewise. NULL: not wanted
 * @lint:	show what is wrong with their drivers, and a verdict at the end
 * @lint_only:	and nothing else
 * @interval:	ns of the source's time between tables, 0: none
 * @duration:	ns until the end, 0: until the source's
 * @count:	number of tables until the end, 0: no limit
 */
struct session_options {
	struct vector_filter filter;
	struct sink *const *sinks;
	size_t slowest;
	struct why *why;
	bool lint;
	bool lint_only;
	__u64 interval;
	__u64 duration;
	__u64 count;
};

/* For @sinks. */
#define SINKS(...)	((struct sink *const []) { __VA_ARGS__, NULL })

/*
 * Runs until @source or one of the ends in @options or stop_requested(), and closes @source and the
 * sinks. Return: an exit code, reported; with @lint also that of the verdict.
 */
int session_run(struct source *source, const struct session_options *options);

#endif /* IMSTRACE_SESSION_H */
