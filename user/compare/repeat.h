/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs of one or two commands, each of them measured: what session.h is to a single look.
 */
#ifndef IMSTRACE_REPEAT_H
#define IMSTRACE_REPEAT_H

#include "../model/vectors.h"
#include "summary/summary.h"
#include "workload.h"

#define MOST_COMMANDS	2

/**
 * struct repeat_options - what to run, and how often
 * @filter:	which vectors are wanted
 * @warmup:	first runs of each command that are not kept
 * @runs:	those that are
 * @commands:	number of commands; two alternate
 * @names:	of each, for messages
 */
struct repeat_options {
	struct vector_filter filter;
	unsigned int warmup;
	unsigned int runs;
	size_t commands;
	const char *names[MOST_COMMANDS];
};

/*
 * Adds the runs to @summaries, one per command, and closes @source. Of two commands, every other
 * pair is the other way round, so that a machine that slowly gets slower favours neither.
 * Ends early, with what there is, when stop_requested().
 *
 * Return: 0 or an exit code, reported; a command that fails is a failure.
 */
int repeat_run(struct source *source, const struct workload *workload,
	       const struct repeat_options *options, struct summary **summaries);

#endif /* IMSTRACE_REPEAT_H */
