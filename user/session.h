/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ties a source to the model, the measures and a sink. All that commands use.
 */
#ifndef IMSTRACE_SESSION_H
#define IMSTRACE_SESSION_H

#include "sink/sink.h"
#include "source/live.h"

/**
 * struct session_options - what to follow, how to show it, and when to end
 * @live:	how to follow the kernel
 * @filter:	which vectors are wanted
 * @sink:	how it is shown
 * @interval:	ns between tables, 0: none
 * @duration:	ns until the end, 0: until interrupted
 * @count:	number of tables until the end, 0: no limit
 */
struct session_options {
	struct live_options live;
	struct vector_filter filter;
	const struct sink *sink;
	__u64 interval;
	__u64 duration;
	__u64 count;
};

/*
 * Runs until one of the ends in @options, SIGINT or SIGTERM, and writes to
 * stdout. A second signal kills. Return: an exit code, reported.
 */
int session_run(const struct session_options *options);

#endif /* IMSTRACE_SESSION_H */
