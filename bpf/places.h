/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Where an interrupt was delivered: on the host CPU that signalled it, on another one, or on one of another
 * NUMA node.
 */
#ifndef IMSTRACE_BPF_PLACES_H
#define IMSTRACE_BPF_PLACES_H

#include "maps.h"

static __always_inline __u32 node_of(__u32 cpu)
{
	__u32 *node = bpf_map_lookup_elem(&cpu_nodes, &cpu);

	return node ? *node : 0;
}

/* @interrupt is delivered by the vCPU that this CPU runs. */
static __always_inline void note_place(struct imstrace_interrupt *interrupt, struct imstrace_account *account)
{
	__u32 cpu = bpf_get_smp_processor_id();

	interrupt->vcpu_cpu = cpu + 1;
	if (interrupt->cpu == cpu)
		return;
	__sync_fetch_and_add(&account->other_cpu, 1);
	if (node_of(interrupt->cpu) == node_of(cpu))
		return;
	interrupt->other_node = 1;
	__sync_fetch_and_add(&account->other_node, 1);
}

#endif /* IMSTRACE_BPF_PLACES_H */
