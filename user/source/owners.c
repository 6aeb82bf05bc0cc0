// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "owners.h"

#include "../clock.h"
#include "eventfd_holders.h"
#include "retire.h"
#include "signallers.h"
#include "vmm.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* How often to look whether processes have ended. */
#define LOOK_AGAIN	1000000000ULL

/* Of a vector. */
struct owner {
	__u32 process;		/* whose names it has */
	__u32 signallers;	/* signallers_count() of those it has */
};

struct owners {
	bool in_namespace;	/* the programs' pids are not those of /proc */
	struct eventfd_holders *holders;
	__u64 look_again;	/* when */
	struct owner owners[];	/* by id */
};

struct owners *owners_new(unsigned int capacity)
{
	struct owners *owners = calloc(1, sizeof(*owners) + capacity * sizeof(*owners->owners));

	if (!owners)
		return NULL;
	owners->in_namespace = vmm_in_namespace();
	if (!owners->in_namespace)
		owners->holders = eventfd_holders_look();
	return owners;
}

void owners_free(struct owners *owners)
{
	if (!owners)
		return;
	eventfd_holders_free(owners->holders);
	free(owners);
}

/* Unless the programs have been told of another process meanwhile. */
static void set_process(struct imstrace_vector *vector, __u32 was, __u32 process)
{
	__atomic_compare_exchange_n(&vector->pid, &was, process, false, __ATOMIC_SEQ_CST,
				    __ATOMIC_SEQ_CST);
}

void owners_find(const struct owners *owners, const struct imstrace_bpf *programs,
		 struct imstrace_vector *vector)
{
	__u32 eventfd = *(volatile __u32 *)&vector->eventfd_id, process;

	/* Where it is not seen to be bound, it may have got another eventfd, of the same id. */
	if (vector->pid || eventfd == IMSTRACE_NONE || vector_by_names(programs, vector))
		return;
	process = eventfd_holders_find(owners->holders, eventfd);
	if (process)
		set_process(vector, 0, process);
}

/*
 * A vector whose process has ended while it stays bound has been handed over. To whom, KVM's next
 * irqfd tells, which may well be where the last one was: it is looked for anew.
 */
static void find_handed_over(const struct source *source, struct memory *memory,
			     const struct imstrace_bpf *programs)
{
	__u32 ended = 0, alive = 0;

	for (__u32 id = 0; id < source_vector_count(source); id++) {
		struct imstrace_vector *vector = &memory->vectors[id];
		__u32 pid = *(volatile __u32 *)&vector->pid;

		/* What is a VM's goes with it. */
		if (!pid || pid == alive || kind_of_vm(vector->kind))
			continue;
		if (pid != ended && (!kill(pid, 0) || errno != ESRCH)) {
			alive = pid;
			continue;
		}
		ended = pid;
		if (vector_gone(memory, programs, id, vector_by_names(programs, vector)))
			continue;
		*(volatile __u64 *)&vector->irqfd = 0;
		set_process(vector, pid, 0);
	}
}

static void name_signallers(struct owner *owner, struct imstrace_vector *vector,
			    const struct imstrace_signallers *known)
{
	unsigned int count = signallers_count(known);

	if (count == owner->signallers)
		return;
	signallers_write(known, vector->signallers);
	owner->signallers = count;
}

/* Of a process that has ended, or is about to: as another vector of it has them, if one has. */
static void copy_names(const struct source *source, struct memory *memory, struct imstrace_vector *vector)
{
	for (__u32 id = 0; id < source_vector_count(source); id++) {
		const struct imstrace_vector *other = &memory->vectors[id];

		if (other->pid != vector->pid || !*other->vmm || !*other->guest)
			continue;
		memcpy(vector->vmm, other->vmm, sizeof(vector->vmm));
		memcpy(vector->guest, other->guest, sizeof(vector->guest));
		return;
	}
}

/* Of a process that has ended before it was looked at: its first thread may have signalled. */
static void name_by_signaller(struct imstrace_vector *vector, const struct imstrace_signallers *known)
{
	for (unsigned int i = 0; i < SIGNALLERS; i++)
		if (known->threads[i] == vector->pid + 1)
			memcpy(vector->vmm, known->names[i], sizeof(vector->vmm));
}

void owners_update(struct owners *owners, const struct source *source, struct memory *memory,
		   const struct imstrace_bpf *programs)
{
	__u64 now = clock_now(CLOCK_MONOTONIC);

	if (owners->in_namespace)
		return;
	if (now >= owners->look_again) {
		owners->look_again = now + LOOK_AGAIN;
		find_handed_over(source, memory, programs);
	}
	for (__u32 id = 0; id < source_vector_count(source); id++) {
		struct imstrace_vector *vector = &memory->vectors[id];
		struct owner *owner = &owners->owners[id];
		__u32 pid, process;

		name_signallers(owner, vector, &memory->signallers[id]);
		owners_find(owners, programs, vector);
		pid = *(volatile __u32 *)&vector->pid;
		/* A process's names don't change, or not in a way that matters. */
		if (pid == owner->process)
			continue;
		process = pid ? vmm_process(pid) ?: pid : 0;
		set_process(vector, pid, process);
		vmm_read_names(process, vector->vmm, vector->guest);
		/* Of one that is about to end the command line is gone, and its name is there. */
		if (process && !*vector->guest)
			copy_names(source, memory, vector);
		if (process && !*vector->vmm)
			name_by_signaller(vector, &memory->signallers[id]);
		owner->process = process;
	}
}

void owners_forget(struct owners *owners, __u32 id)
{
	owners->owners[id] = (struct owner) { 0 };
}
