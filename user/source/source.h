/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where vectors and interrupts come from. To everything above, a live kernel
 * and a recorded file look the same.
 */
#ifndef IMSTRACE_SOURCE_H
#define IMSTRACE_SOURCE_H

#include "../model/inhibits.h"

#include <imstrace/histogram.h>
#include <imstrace/records.h>
#include <stdbool.h>
#include <stddef.h>

/* Whether and how a hop is seen. */
struct hop_status {
	/* What it is attached by, such as "raw_tp kvm_eoi"; "": not at all. */
	char attached[64];
	/* Why it is not. */
	char reason[512];
};

/**
 * struct feature_status - whether something that there is to see is seen, and how
 * @name:	what: a hop, or part of a vector's life
 * @attached:	what it is attached by, "": not at all
 * @verified:	how that was seen to work, "": it was not tried
 * @tried:	what was tried before, or in vain, and why not
 * @lost:	what can't be seen without it; NULL: nothing
 */
struct feature_status {
	const char *name;
	char attached[64];
	const char *verified;
	char tried[512];
	const char *lost;
};

/* What is told as it happens. */
struct source_handlers {
	void (*lifecycle)(void *context, const struct imstrace_lifecycle *step);
	/* NULL: not wanted. Only if the source has been opened so as to have them. */
	void (*interrupt)(void *context, const struct imstrace_interrupt *interrupt);
	void *context;
};

/* What the programs have cost; all 0 while the kernel does not measure it (kernel.bpf_stats_enabled). */
struct source_overhead {
	__u64 runs;
	__u64 ns;
};

/**
 * struct source_cut - a file of a recording that could not be read to its end
 * @file:	its name within the recording
 * @byte:	where what could be read of it ends
 * @time:	until when that was
 * @why:	such as "a packet is cut off"; NULL: it was read to its end
 */
struct source_cut {
	const char *file;
	__u64 byte;
	__u64 time;
	const char *why;
};

/**
 * struct clock_set - the wall clock was set, or the system slept
 * @time:	when that was noticed
 * @to_wall_clock: what to add to times from then on for ns since 1970
 */
struct clock_set {
	__u64 time;
	long long to_wall_clock;
};

/* How many of them are kept. */
#define CLOCK_SETS	16

/**
 * struct source_vm - whether the CPU itself delivers a VM's interrupts (APICv, AVIC)
 * @pid:	the process that has a file descriptor of it
 * @inhibits:	names of the reasons for which KVM does without, see inhibits.h; none: it does not
 * @inhibit_count: how many
 */
struct source_vm {
	__u32 pid;
	char (*inhibits)[INHIBIT_NAME_LEN];
	size_t inhibit_count;
};

/* A thread behind which the threads of vCPUs waited, with interrupts of one vector. */
struct source_competitor {
	struct imstrace_competitor_key key;
	struct imstrace_competitor total;
};

/* As in struct utsname. */
#define SOURCE_NAME_LEN	65

/**
 * struct source - something that can be followed
 * @recording:	the directory it is read from, NULL: the running kernel
 * @host:	where it runs, or ran: the name of the host
 * @kernel:	likewise: the release of the kernel
 * @to_wall_clock: what to add to its times for ns since 1970, as of the start: see wall_clock.h
 * @clock_sets:	what to add since then, in the order of their times
 * @clock_set_count: how many
 * @hops:	which hops it sees
 * @features:	all that there is to see, and how it is seen
 * @feature_count: how many
 * @vms_known:	the VMs of the host are: as of the start, and only if it has been opened for a trial
 * @vms:	these
 * @vm_count:	how many
 * @pci_signal:	why the signals of plain vfio-pci devices aren't seen; NULL: they are
 * @may_post:	interrupts may be posted to guests, past all hops
 * @posting:	why it isn't told which vectors are; NULL: it is, of those that are bound later
 * @delivery:	why it isn't seen when the CPU itself delivers an interrupt (APICv, AVIC), so that such
 *		count as delivered when they are accepted; NULL: it is
 * @places_known: it is told on which CPU an interrupt is delivered
 * @vectors:	all vectors seen so far, by id; one without a device name is unused
 * @accounts:	by part * @capacity + vector id: to be added up over all @parts, which are of CPUs and,
 *		once more, of the programs that stand in for others on a CPU
 * @histograms:	by vector id * STAGE_COUNT + stage
 * @blocks:	the pool of their blocks
 * @block_capacity: how many it has
 * @totals:	how many there are, and what was lost
 * @capacity:	size of the arrays in vectors
 * @started:	when it began to see anything
 * @ended:	nothing more will come of it
 * @cuts:	of a recording, which of its files could not be read to their ends, as of the last
 *		@poll
 * @cut_count:	how many
 * @keys:	set by its user: what is typed on stdin ends a @poll
 * @names_follow: a vector has the name of its process only with the poll after it has its pid
 * @blind_since: 0, or when kernel.ftrace_enabled was found to be 0: what is seen by fentry or kprobes
 *		is not seen since, or for some time
 * @overhead:	what the programs have cost, as of the last @poll
 * @handlers:	set by its user before the first @poll, and called from within that only
 * @now:	its clock: of a recording, how far it has been read
 * @poll:	calls the handlers for what has arrived. Waits for it, though not
 *		always up to @until: the caller looks at @now. Return: 0, also when
 *		interrupted by a signal, or an exit code, reported
 * @stop:	nothing new is to begin: the next @poll up to @ended gets what is left
 * @ignore:	nothing more need be counted for vector @id
 * @gone:	whether vector @id has neither an irq nor an eventfd any more; NULL: it can't be
 *		told. It may come back under its id
 * @retire:	has the id of a vector that is gone, and of which nothing is in flight, given to
 *		another one, later: from then on it has no device name, and its counts go on from
 *		where they are. NULL: it can't. Return: false: not now
 * @competitors:	sets *@list to the threads behind which those of vCPUs have waited up to now, and *@count to how
 *		many these are; the caller frees it. Return: false: out of memory. NULL: they are not added up
 * @close:	ends it and frees it
 *
 * All times are CLOCK_MONOTONIC ns of @host. The arrays change while they are read:
 * they grow, and are only ever written by one side. They stay valid until @close.
 */
struct source {
	const char *recording;
	char host[SOURCE_NAME_LEN];
	char kernel[SOURCE_NAME_LEN];
	long long to_wall_clock;
	struct clock_set clock_sets[CLOCK_SETS];
	unsigned int clock_set_count;
	struct hop_status hops[HOP_COUNT];
	const struct feature_status *features;
	size_t feature_count;
	bool vms_known;
	struct source_vm *vms;
	size_t vm_count;
	const char *pci_signal;
	bool may_post;
	const char *posting;
	const char *delivery;
	bool places_known;
	const struct imstrace_vector *vectors;
	const struct imstrace_account *accounts;
	const struct imstrace_histogram *histograms;
	const struct imstrace_block *blocks;
	size_t block_capacity;
	const struct imstrace_totals *totals;
	unsigned int parts;
	unsigned int capacity;
	__u64 started;
	bool ended;
	const struct source_cut *cuts;
	size_t cut_count;
	bool keys;
	bool names_follow;
	__u64 blind_since;
	struct source_overhead overhead;
	struct source_handlers handlers;

	__u64 (*now)(const struct source *source);
	int (*poll)(struct source *source, __u64 until);
	void (*stop)(struct source *source);
	void (*ignore)(struct source *source, __u32 id);
	bool (*gone)(const struct source *source, __u32 id);
	bool (*retire)(struct source *source, __u32 id);
	bool (*competitors)(const struct source *source, struct source_competitor **list, size_t *count);
	void (*close)(struct source *source);
};

/* How many of the arrays' elements are in use. */
static inline __u32 source_vector_count(const struct source *source)
{
	__u32 count = *(volatile __u32 *)&source->totals->vectors;

	/* The programs count up before they look whether there is room. */
	return count < source->capacity ? count : source->capacity;
}

#endif /* IMSTRACE_SOURCE_H */
