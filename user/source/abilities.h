/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which ways of attaching this kernel takes, so far as that can be known before programs are loaded.
 */
#ifndef IMSTRACE_SOURCE_ABILITIES_H
#define IMSTRACE_SOURCE_ABILITIES_H

#include "features.h"

#include <bpf/libbpf.h>

/**
 * struct abilities - what the kernel takes, found out once by trial
 * @object:	of the programs
 * @modules:	the BTF of a module can be opened by its id, which takes CAP_SYS_ADMIN
 * @fentry:	0, or the errno that such programs are refused with
 * @kprobe:	likewise
 * @perf_event:	likewise, of perf events
 * @kprobe_events: there are kprobes that a program can be attached to
 * @fprobes:	there is what kprobe.multi is made of
 * @sought:	the function that was looked for last in the list of all, which takes its time: the ways to
 *		it are asked for one after the other
 * @found:	whether it is there
 */
struct abilities {
	struct bpf_object *object;
	bool modules;
	int fentry;
	int kprobe;
	int perf_event;
	bool kprobe_events;
	bool fprobes;
	const char *sought;
	bool found;
};

void find_abilities(struct abilities *abilities, struct bpf_object *object, bool modules);

/* Why @rung can't hold, which may be in @text; NULL: it may. */
const char *rung_impossible(struct abilities *abilities, const struct rung *rung, char text[128]);

/* The program of a probe. */
struct bpf_program *find_program(const struct bpf_object *object, const struct probe *probe);
/* Its second one, bpf/preemption.h; NULL: it has none. */
struct bpf_program *find_second(const struct bpf_object *object, const struct probe *probe);
bool is_second(const struct bpf_program *program);

#endif /* IMSTRACE_SOURCE_ABILITIES_H */
