/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who signals what is no device's vector: the first threads that do.
 */
#ifndef IMSTRACE_BPF_SIGNALLERS_H
#define IMSTRACE_BPF_SIGNALLERS_H

#include "contexts.h"

/* @thread: its pid, 0: an interrupt or a softirq. */
static __noinline void add_signaller(__u32 id, __u32 thread)
{
	struct imstrace_signallers *known = bpf_map_lookup_elem(&signallers, &id);

	if (!known)
		return;
	for (int i = 0; i < SIGNALLERS; i++) {
		if (known->threads[i] == thread + 1)
			return;
		if (__sync_val_compare_and_swap(&known->threads[i], 0, thread + 1))
			continue;
		if (thread)
			bpf_get_current_comm(known->names[i], sizeof(known->names[i]));
		return;
	}
	known->others = 1;
}

static __always_inline void note_signaller(__u32 id, __u32 context)
{
	__u32 thread = context & CONTEXT_OF_CPU ? 0 : context;
	struct imstrace_signallers *known = bpf_map_lookup_elem(&signallers, &id);

	/* Nearly always the first one. */
	if (known && known->threads[0] != thread + 1)
		add_signaller(id, thread);
}

#endif /* IMSTRACE_BPF_SIGNALLERS_H */
