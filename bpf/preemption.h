/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Programs that the kernel may preempt. It does not run a program that is under way on a CPU once
 * more there: up to 6.19, where preemption is off in programs at tracepoints, that concerns interrupts
 * which come in just then. From 7.0 on, a thread that is preempted in a program keeps it from all that
 * the CPU runs until the thread goes on, which may be a time slice and thousands of events.
 *
 * There, each program at KVM's hops, and at the signal, has a second one, which is attached after it and
 * does the same if the first one was not run. What runs is known by where its stack is: the first
 * program leaves a mark of it that the second one takes away. So the two may be under way on a CPU at the
 * same time, by different threads or by a thread and an interrupt: each has accounts of its own, and what
 * a CPU remembers of vCPUs is guarded by a sequence number.
 */
#ifndef IMSTRACE_BPF_PREEMPTION_H
#define IMSTRACE_BPF_PREEMPTION_H

#include "contexts.h"
#include <bpf/bpf_tracing.h>

/* A prime number near 2^32 divided by the golden ratio (Knuth, The Art of Computer Programming, 6.4). */
#define HASH_FACTOR	2654435761U

/* Who has passed a first program and not yet the second: few at any time, and not those of one line. */
#define MARK_LINES	1024
#define MARKS_PER_LINE	4

/* A cache line. */
struct mark_line {
	__u32 marks[MARKS_PER_LINE];
	__u32 unused[16 - MARKS_PER_LINE];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MARK_LINES);
	__uint(map_flags, BPF_F_MMAPABLE);	/* which aligns it */
	__type(key, __u32);
	__type(value, struct mark_line);
} mark_lines SEC(".maps");

/* Never 0. @arguments are a program's: the same for both programs, on the stack of who runs them. */
static __always_inline __u32 own_mark(const void *arguments)
{
	return (replaying ? replayed_context << 1 : low_half(arguments)) | 1;
}

/* NULL can't be, but the verifier does not know. */
static __always_inline struct mark_line *line_of(__u32 mark)
{
	__u32 index = mark * HASH_FACTOR / (-1U / MARK_LINES + 1);

	return bpf_map_lookup_elem(&mark_lines, &index);
}

/* The first program was run. */
static __always_inline void leave_mark(const void *arguments)
{
	__u32 mark = own_mark(arguments), other;
	struct mark_line *line = line_of(mark);

	for (int i = 0; line && i < MARKS_PER_LINE; i++) {
		other = __sync_val_compare_and_swap(&line->marks[i], 0, mark);
		/* It is there already if the second program was not run for the one before. */
		if (!other || other == mark)
			return;
	}
	if (line)
		line->marks[0] = mark;
}

/* Whether the first program was run. */
static __always_inline bool take_mark(const void *arguments)
{
	__u32 mark = own_mark(arguments);
	struct mark_line *line = line_of(mark);

	for (int i = 0; line && i < MARKS_PER_LINE; i++) {
		if (*(volatile __u32 *)&line->marks[i] != mark)
			continue;
		*(volatile __u32 *)&line->marks[i] = 0;
		return true;
	}
	return false;
}

/*
 * PROGRAM_TWICE - a program and its second one, which is loaded and attached if preemptible is set
 * @section:	of either
 * @name:	the second one is name_second
 * @call:	what they do. It may use ctx, @args, and the constant second
 * @args:	as BPF_PROG() has them
 */
#define PROGRAM_TWICE(section, name, call, args...)			\
SEC(section)								\
int BPF_PROG(name, ##args)						\
{									\
	const bool second = false;					\
									\
	(void)second;							\
	call;								\
	if (preemptible)						\
		leave_mark(ctx);					\
	return 0;							\
}									\
									\
SEC(section)								\
int BPF_PROG(name##_second, ##args)					\
{									\
	const bool second = true;					\
									\
	(void)second;							\
	if (!preemptible || take_mark(ctx))				\
		return 0;						\
	/* As one is attached before the other, it is run alone. */	\
	if (following)							\
		__sync_fetch_and_add(&totals.second_runs, 1);		\
	call;								\
	return 0;							\
}

#endif /* IMSTRACE_BPF_PREEMPTION_H */
