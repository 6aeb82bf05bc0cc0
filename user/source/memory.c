// SPDX-License-Identifier: GPL-2.0-only
#include "memory.h"

#include "imstrace.skel.h"

#include <glob.h>
#include <imstrace/in_flight.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/*
 * Blocks of histogram buckets for a vector: its six stages have two octaves each before
 * the vectors with less make up for it, and a few vectors have room for any times.
 */
#define BLOCKS_PER_VECTOR	16
#define LEAST_BLOCKS		2048

/*
 * vCPUs that interrupts go to, and guest vectors of theirs: a host has thousands of the first, and a
 * vector leaves a guest vector behind where its guest moves it. 1 KiB and 344 bytes each.
 */
#define LEAST_VCPUS		8192
#define LEAST_GUESTS		16384
#define GUESTS_PER_VECTOR	4

/* Names of vectors for which there is no room; of more, each step is counted as another. */
#define LOST_NAMES		1024

void memory_size_guests(struct imstrace_bpf *programs, unsigned int vcpus, unsigned int guests)
{
	programs->rodata->max_vcpus = vcpus;
	programs->rodata->max_guests = guests;
	bpf_map__set_max_entries(programs->maps.vcpus, vcpus);
	bpf_map__set_max_entries(programs->maps.free_vcpus, vcpus);
	bpf_map__set_max_entries(programs->maps.vm_processes, vcpus);
	bpf_map__set_max_entries(programs->maps.guest_vectors, vcpus);
	bpf_map__set_max_entries(programs->maps.hardware_vectors, vcpus);
	bpf_map__set_max_entries(programs->maps.vcpu_timelines, vcpus);
	bpf_map__set_max_entries(programs->maps.guest_interrupts, guests);
	bpf_map__set_max_entries(programs->maps.free_guests, guests);
}

void memory_size(struct imstrace_bpf *programs, const struct live_options *options, bool preemptible)
{
	unsigned int vectors = options->max_vectors, blocks = vectors * BLOCKS_PER_VECTOR;
	unsigned int accounts = vectors * libbpf_num_possible_cpus();

	if (blocks < LEAST_BLOCKS)
		blocks = LEAST_BLOCKS;
	programs->rodata->max_vectors = vectors;
	programs->rodata->max_blocks = blocks;
	programs->rodata->preemptible = preemptible;
	programs->rodata->second_accounts = preemptible ? accounts : 0;
	bpf_map__set_max_entries(programs->maps.vectors, vectors);
	bpf_map__set_max_entries(programs->maps.accounts, preemptible ? 2 * accounts : accounts);
	bpf_map__set_max_entries(programs->maps.histograms, vectors * STAGE_COUNT);
	bpf_map__set_max_entries(programs->maps.blocks, blocks);
	bpf_map__set_max_entries(programs->maps.vector_ids, vectors + LOST_NAMES);
	bpf_map__set_max_entries(programs->maps.free_vectors, vectors);
	bpf_map__set_max_entries(programs->maps.deferred_interrupts, vectors);
	bpf_map__set_max_entries(programs->maps.eventfd_vectors, vectors);
	bpf_map__set_max_entries(programs->maps.signallers, vectors);
	bpf_map__set_max_entries(programs->maps.cpu_nodes, libbpf_num_possible_cpus());
	memory_size_guests(programs, LEAST_VCPUS + vectors,
			   LEAST_GUESTS + GUESTS_PER_VECTOR * vectors);
	if (!options->interrupts)
		bpf_map__set_max_entries(programs->maps.interrupt_stream, sysconf(_SC_PAGESIZE));
}

/* The length of an array map in memory: its elements are padded to 8 bytes. */
static size_t map_bytes(const struct bpf_map *map)
{
	size_t bytes = (size_t)((bpf_map__value_size(map) + 7) & ~7U) * bpf_map__max_entries(map);
	size_t page = sysconf(_SC_PAGESIZE);

	return (bytes + page - 1) & ~(page - 1);
}

static void *map_array(const struct bpf_map *map, int protection)
{
	void *memory = mmap(NULL, map_bytes(map), protection, MAP_SHARED, bpf_map__fd(map), 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static void unmap_array(const void *memory, const struct bpf_map *map)
{
	if (memory)
		munmap((void *)memory, map_bytes(map));
}

bool memory_map(struct memory *memory, struct imstrace_bpf *programs, struct source *source)
{
	memory->vectors = map_array(programs->maps.vectors, PROT_READ | PROT_WRITE);
	memory->irq_vectors = map_array(programs->maps.irq_vectors, PROT_READ | PROT_WRITE);
	memory->accounts = map_array(programs->maps.accounts, PROT_READ);
	memory->histograms = map_array(programs->maps.histograms, PROT_READ);
	memory->blocks = map_array(programs->maps.blocks, PROT_READ);
	memory->guests = map_array(programs->maps.guest_interrupts, PROT_READ);
	memory->deferred = map_array(programs->maps.deferred_interrupts, PROT_READ | PROT_WRITE);
	memory->signallers = map_array(programs->maps.signallers, PROT_READ | PROT_WRITE);
	source->vectors = memory->vectors;
	source->accounts = memory->accounts;
	source->histograms = memory->histograms;
	source->blocks = memory->blocks;
	source->block_capacity = bpf_map__max_entries(programs->maps.blocks);
	source->totals = &programs->bss->totals;
	source->capacity = bpf_map__max_entries(programs->maps.vectors);
	source->parts = bpf_map__max_entries(programs->maps.accounts) / source->capacity;
	return memory->vectors && memory->irq_vectors && memory->accounts &&
	       memory->histograms && memory->blocks && memory->guests &&
	       memory->deferred && memory->signallers;
}

/* A CPU without a node, as of kernels without NUMA, is of node 0, as the map has it. */
void memory_write_nodes(struct imstrace_bpf *programs)
{
	__u32 cpus = bpf_map__max_entries(programs->maps.cpu_nodes);

	for (__u32 cpu = 0; cpu < cpus; cpu++) {
		char pattern[64];
		glob_t found;
		__u32 node;

		snprintf(pattern, sizeof(pattern), "/sys/devices/system/cpu/cpu%u/node[0-9]*", cpu);
		if (glob(pattern, GLOB_NOSORT, NULL, &found))
			continue;
		node = strtoul(strrchr(found.gl_pathv[0], '/') + strlen("/node"), NULL, 10);
		bpf_map__update_elem(programs->maps.cpu_nodes, &cpu, sizeof(cpu), &node, sizeof(node), 0);
		globfree(&found);
	}
}

bool memory_competitors(const struct imstrace_bpf *programs, struct source_competitor **list, size_t *count)
{
	const struct bpf_map *map = programs->maps.competitors;
	struct imstrace_competitor_key *last = NULL;
	struct source_competitor *all = NULL, next;
	size_t known = 0, room = 0;

	while (!bpf_map__get_next_key(map, last, &next.key, sizeof(next.key))) {
		if (known == room) {
			struct source_competitor *more = reallocarray(all, room += 64, sizeof(*all));

			if (!more) {
				free(all);
				return false;
			}
			all = more;
		}
		all[known] = next;
		last = &all[known].key;
		/* A key that is removed meanwhile: the kernel begins anew, so this ends with what there is room for. */
		if (bpf_map__lookup_elem(map, last, sizeof(*last), &all[known].total, sizeof(next.total), 0) ||
		    known == bpf_map__max_entries(map))
			break;
		known++;
	}
	*list = all;
	*count = known;
	return true;
}

bool visit_contexts(const struct imstrace_bpf *programs,
		    bool (*visit)(const struct open_interrupt *open, void *data), void *data)
{
	const struct bpf_map *map = programs->maps.contexts;
	struct open_interrupt open;
	const __u32 *last = NULL;
	__u32 context;

	while (!bpf_map__get_next_key(map, last, &context, sizeof(context))) {
		if (!bpf_map__lookup_elem(map, &context, sizeof(context), &open, sizeof(open), 0) &&
		    visit(&open, data))
			return true;
		last = &context;
	}
	return false;
}

void memory_unmap(struct memory *memory, struct imstrace_bpf *programs)
{
	if (!programs)
		return;
	unmap_array(memory->vectors, programs->maps.vectors);
	unmap_array(memory->irq_vectors, programs->maps.irq_vectors);
	unmap_array(memory->accounts, programs->maps.accounts);
	unmap_array(memory->histograms, programs->maps.histograms);
	unmap_array(memory->blocks, programs->maps.blocks);
	unmap_array(memory->guests, programs->maps.guest_interrupts);
	unmap_array(memory->deferred, programs->maps.deferred_interrupts);
	unmap_array(memory->signallers, programs->maps.signallers);
	*memory = (struct memory) { 0 };
}
