/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The running kernel as a source.
 */
#ifndef IMSTRACE_SOURCE_LIVE_H
#define IMSTRACE_SOURCE_LIVE_H

#include "source.h"

/**
 * struct live_options - how to follow the running kernel
 * @hops:	bit mask of the hops to follow, by enum imstrace_hop
 * @interrupts:	stream every interrupt as well
 * @btf:	file with the kernel's BTF, or NULL for the kernel's own
 * @trial:	only to look what can be seen: that there is no hop is no fault
 * @verbose:	show libbpf's messages: 1 warnings and information, 2 all
 */
struct live_options {
	unsigned int hops;
	bool interrupts;
	bool trial;
	const char *btf;
	int verbose;
};

/**
 * live_open - load and attach the programs, find the vectors already bound
 * @result:	the source, when 0 is returned
 * @options:	as above; not needed after the call
 *
 * A vector that was bound before is reported by a STEP_KNOWN in the first poll().
 * Afterwards the process is nobody's, and has no capability left.
 *
 * Return: 0 or an exit code, reported.
 */
int live_open(struct source **result, const struct live_options *options);

#endif /* IMSTRACE_SOURCE_LIVE_H */
