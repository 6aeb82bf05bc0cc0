/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How often the kernel has run the programs, and has not.
 */
#ifndef IMSTRACE_SOURCE_MISSES_H
#define IMSTRACE_SOURCE_MISSES_H

#include "source.h"

struct imstrace_bpf;

/**
 * misses_count - how often the kernel has not run a program
 * @programs:	all of them, of which second ones stand in for others
 * @overhead:	gets how often it has run them, and for how long
 * @tell:	names those that it has not always run, on stderr
 *
 * A system call for each program.
 */
__u64 misses_count(const struct imstrace_bpf *programs, struct source_overhead *overhead, bool tell);

#endif /* IMSTRACE_SOURCE_MISSES_H */
