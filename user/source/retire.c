// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "retire.h"

#include "imstrace.skel.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <imstrace/in_flight.h>
#include <imstrace/irq_name.h>
#include <linux/membarrier.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HELD	(STATE_SLOT | STATE_REQUESTED | STATE_BYPASS | STATE_BOUND | STATE_POSTED)

static bool has_irq(const struct memory *memory, const struct imstrace_bpf *programs, __u32 id)
{
	__u32 irq = *(const volatile __u32 *)&memory->vectors[id].irq;

	return irq < bpf_map__max_entries(programs->maps.irq_vectors) &&
	       *(const volatile __u64 *)&memory->irq_vectors[irq] == id + 1ULL;
}

static bool has_eventfd(const struct memory *memory, const struct imstrace_bpf *programs, __u32 id)
{
	__u64 eventfd = *(const volatile __u64 *)&memory->vectors[id].eventfd;
	__u32 of;

	return eventfd && !bpf_map__lookup_elem(programs->maps.eventfd_vectors, &eventfd,
						sizeof(eventfd), &of, sizeof(of), 0) && of == id;
}

/* Bytes; vectors' names are the longest. */
#define MOST_KEY	sizeof(struct vector_key)

/* In a map from whatever keys to ids. */
static void forget_keys_of(const struct bpf_map *map, __u32 id)
{
	size_t size = bpf_map__key_size(map);
	char keys[2][MOST_KEY];
	__u32 of;
	bool more = size <= MOST_KEY && !bpf_map__get_next_key(map, NULL, keys[0], size);

	/* From one that is gone a walk would begin anew: the next is asked for before. */
	while (more) {
		more = !bpf_map__get_next_key(map, keys[0], keys[1], size);
		if (!bpf_map__lookup_elem(map, keys[0], size, &of, sizeof(of), 0) && of == id)
			bpf_map__delete_elem(map, keys[0], size, 0);
		if (more)
			memcpy(keys[0], keys[1], size);
	}
}

bool vector_by_names(const struct imstrace_bpf *programs, const struct imstrace_vector *vector)
{
	return vector->kind == KIND_PCI && !programs->bss->pci_requests_seen;
}

/* Nothing tells of the end of what ioctls raise but that of the process. */
static bool process_ended(const struct imstrace_vector *vector)
{
	return kill(vector->pid, 0) && errno == ESRCH;
}

bool vector_gone(const struct memory *memory, const struct imstrace_bpf *programs, __u32 id,
		 bool by_names)
{
	const struct imstrace_vector *vector = &memory->vectors[id];
	__u32 state = *(const volatile __u32 *)&memory->vectors[id].state;

	if (vector->kind == KIND_MSI || vector->kind == KIND_LINE)
		return process_ended(vector);
	return !(state & HELD) && !has_irq(memory, programs, id) &&
	       (by_names || !has_eventfd(memory, programs, id));
}

static bool between(const struct open_interrupt *open, __u32 id)
{
	return (open->state == OPEN_IRQ || open->state == OPEN_SIGNALLED ||
		open->state == OPEN_LEAVING) && open->current.id == id;
}

static bool is_open_outside(const struct open_interrupt *open, void *id)
{
	return between(open, *(const __u32 *)id);
}

/* Whether an interrupt of it is between its beginning and KVM; true also if it can't be told. */
static bool is_open(const struct imstrace_bpf *programs, __u32 id)
{
	const struct bpf_map *map = programs->maps.open_interrupts;
	int cpus = libbpf_num_possible_cpus();
	size_t size = bpf_map__value_size(map) * cpus;
	struct open_interrupt *open = malloc(size);
	bool found = !open;
	__u32 zero = 0;

	if (open && bpf_map__lookup_elem(map, &zero, sizeof(zero), open, size, 0))
		found = true;
	for (int cpu = 0; !found && cpu < cpus; cpu++)
		found = between(&open[cpu], id);
	free(open);
	return found || visit_contexts(programs, is_open_outside, &id);
}

static void forget_competitors_of(const struct bpf_map *map, __u32 id)
{
	struct imstrace_competitor_key key, next;
	bool more = !bpf_map__get_next_key(map, NULL, &next, sizeof(next));

	/* As forget_keys_of(). */
	while (more) {
		key = next;
		more = !bpf_map__get_next_key(map, &key, &next, sizeof(next));
		if (key.id == id)
			bpf_map__delete_elem(map, &key, sizeof(key), 0);
	}
}

bool vector_retire(struct memory *memory, struct imstrace_bpf *programs, __u32 id, bool by_names)
{
	struct imstrace_vector *vector = &memory->vectors[id];
	const struct bpf_map *ids = programs->maps.vector_ids;
	struct vector_key key = { .vector = vector->vector };
	__u64 eventfd = vector->eventfd;
	__u32 known;

	memcpy(key.device, vector->device, sizeof(key.device));
	if (!vector_gone(memory, programs, id, by_names) || is_open(programs, id))
		return false;
	/* From here on nobody who looks for the name finds the id. */
	if (!bpf_map__lookup_elem(ids, &key, sizeof(key), &known, sizeof(known), 0) && known == id)
		bpf_map__delete_elem(ids, &key, sizeof(key), 0);
	forget_keys_of(programs->maps.irqfd_vectors, id);
	forget_keys_of(programs->maps.pin_vectors, id);
	if (has_eventfd(memory, programs, id))
		bpf_map__delete_elem(programs->maps.eventfd_vectors, &eventfd, sizeof(eventfd), 0);
	/* Who had found it before has ended after this. */
	syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
	if (!vector_gone(memory, programs, id, by_names) || is_open(programs, id)) {
		/* It has come back. If its name has been given another id since, it has two for now. */
		bpf_map__update_elem(ids, &key, sizeof(key), &id, sizeof(id), BPF_NOEXIST);
		return false;
	}
	forget_competitors_of(programs->maps.competitors, id);
	memset(&memory->deferred[id], 0, sizeof(memory->deferred[id]));
	memset(&memory->signallers[id], 0, sizeof(memory->signallers[id]));
	memset(vector, 0, sizeof(*vector));
	__atomic_thread_fence(__ATOMIC_RELEASE);
	bpf_map_update_elem(bpf_map__fd(programs->maps.free_vectors), NULL, &id, BPF_ANY);
	if (programs->bss->totals.lost_vectors != memory->lost_forgotten) {
		memory->lost_forgotten = programs->bss->totals.lost_vectors;
		/* Names for which there was no room are noted, so that each is counted once: now they may try again. */
		forget_keys_of(programs->maps.vector_ids, IMSTRACE_NONE);
		forget_keys_of(programs->maps.irqfd_vectors, IMSTRACE_NONE);
	}
	return true;
}
