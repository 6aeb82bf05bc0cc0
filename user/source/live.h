/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The running kernel as a source.
 */
#ifndef IMSTRACE_SOURCE_LIVE_H
#define IMSTRACE_SOURCE_LIVE_H

#include "source.h"

/*
 * Room by default, and at most. A vector takes 10 KiB, with what it needs of its guest; for more of
 * them than there is room the loss is counted.
 */
#define DEFAULT_VECTORS	1024
#define MOST_VECTORS	65536

/**
 * struct live_options - how to follow the running kernel
 * @hops:	bit mask of the hops to follow, by enum imstrace_hop
 * @interrupts:	stream every interrupt as well
 * @competitors: add up behind whom vCPUs' threads wait
 * @max_vectors: room for so many vectors, by name
 * @btf:	file with the kernel's BTF, or NULL for the kernel's own
 * @trial:	only to look what can be seen: that there is no hop is no fault
 * @overhead:	have the kernel measure the programs' run time, which takes its own
 * @process:	follow irqfds of this process's VMs alone, 0: of all; see owners.h for namespaces
 * @devices_only: nothing of irqfds and ioctls that no device's vector stands behind
 * @given:	name of an option that was given and is for the running kernel only, NULL: none
 * @verbose:	show libbpf's messages: 1 warnings and information, 2 all
 */
struct live_options {
	unsigned int hops;
	bool interrupts;
	bool competitors;
	unsigned int max_vectors;
	__u32 process;
	bool devices_only;
	bool trial;
	bool overhead;
	const char *btf;
	const char *given;
	int verbose;
};

#define LIVE_DEFAULTS {					\
	.hops = (1U << HOP_COUNT) - 1,			\
	.max_vectors = DEFAULT_VECTORS,			\
}

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
