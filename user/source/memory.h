/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The maps of the programs: how large they are, and where a source finds them in memory.
 */
#ifndef IMSTRACE_SOURCE_MEMORY_H
#define IMSTRACE_SOURCE_MEMORY_H

#include "live.h"

struct imstrace_bpf;
struct guest_interrupt;
struct deferred_interrupts;
struct open_interrupt;

/* What is written by user space as well, or read by it alone; NULL before memory_map(). */
struct memory {
	struct imstrace_vector *vectors;
	__u64 *irq_vectors;
	const struct imstrace_account *accounts;
	const struct imstrace_histogram *histograms;
	const struct imstrace_block *blocks;
	const struct guest_interrupt *guests;
	struct deferred_interrupts *deferred;
	struct imstrace_signallers *signallers;
	/* lost_vectors when the names that found no room were last given another try. */
	__u64 lost_forgotten;
};

/* Before loading: room for what @options say, and for second programs if the first may be preempted. */
void memory_size(struct imstrace_bpf *programs, const struct live_options *options, bool preemptible);

/* Another room for vCPUs, and for the guest vectors of all of them: tests fill it. */
void memory_size_guests(struct imstrace_bpf *programs, unsigned int vcpus, unsigned int guests);

/* After loading: maps them, and has @source show them. false: see errno. */
bool memory_map(struct memory *memory, struct imstrace_bpf *programs, struct source *source);

/* After loading: which NUMA node each CPU is of. */
void memory_write_nodes(struct imstrace_bpf *programs);

/* See @competitors of struct source. */
bool memory_competitors(const struct imstrace_bpf *programs, struct source_competitor **list, size_t *count);

/*
 * Shows @visit what was signalled last in each context, outside of handlers, until it returns true.
 * Return: whether it has.
 */
bool visit_contexts(const struct imstrace_bpf *programs,
		    bool (*visit)(const struct open_interrupt *open, void *data), void *data);

void memory_unmap(struct memory *memory, struct imstrace_bpf *programs);

#endif /* IMSTRACE_SOURCE_MEMORY_H */
