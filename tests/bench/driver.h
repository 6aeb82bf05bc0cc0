/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs BPF programs over and over inside the kernel, and times each run.
 *
 * One BPF_PROG_TEST_RUN per run won't do: each is a system call, after which the
 * programs find caches and TLB as user space has left them, and the time of the call, a
 * multiple of theirs, has to be taken off. So the programs, instruction by instruction as they
 * were loaded (maps and CO-RE resolved), become functions of one larger program, the
 * driver, which calls them in a loop and reads the clock between them.
 */
#ifndef IMSTRACE_TESTS_BENCH_DRIVER_H
#define IMSTRACE_TESTS_BENCH_DRIVER_H

#include <bpf/libbpf.h>
#include <linux/types.h>

#define DRIVER_PROGRAMS		8
#define DRIVER_ARGUMENTS	6

/**
 * struct driver_round - one round of the loop: each program is called once
 * @store:	written to the place that driver_new() was told, before
 * @arguments:	what each program finds as its tracepoint's arguments
 * @times:	set: ns of each call, the clock's reading included
 */
struct driver_round {
	__u64 store;
	__u64 arguments[DRIVER_PROGRAMS][DRIVER_ARGUMENTS];
	__u64 times[DRIVER_PROGRAMS];
};

struct driver;

/**
 * driver_new - make a driver of programs that are loaded
 * @programs:	in the order in which they are called
 * @rounds:	number of rounds in a run
 * @map:	a map of one element,
 * @offset:	in which each round's @store is written here
 *
 * Ends the process if the kernel won't have it.
 */
struct driver *driver_new(struct bpf_program *const programs[DRIVER_PROGRAMS], unsigned int rounds,
			  int map, __u32 offset);
void driver_free(struct driver *driver);

/* The rounds, to be filled in before driver_run() and read after it. */
struct driver_round *driver_rounds(struct driver *driver);

void driver_run(struct driver *driver);

#endif /* IMSTRACE_TESTS_BENCH_DRIVER_H */
