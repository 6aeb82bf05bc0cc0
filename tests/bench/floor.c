// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: floor
 *
 * Attaches the programs of floor.bpf.c that have an attach point until SIGINT: what a tracer of
 * the same hops costs at least. Says "ready"; at the end how often each has run, as JSON.
 */
#include <bpf/bpf.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "floor.skel.h"

/* In the order of enum point. */
static const char *const points[] = { "irq", "signal", "accept", "inject", "eoi", "exit" };

static int print_counts(const struct floor_bpf *floor)
{
	int cpus = libbpf_num_possible_cpus();
	/* As struct seen in floor.bpf.c: the count, and the last time. */
	__u64 *seen = calloc(cpus, 2 * sizeof(*seen));

	if (!seen)
		return 1;
	for (__u32 i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		__u64 count = 0;

		if (bpf_map__lookup_elem(floor->maps.points, &i, sizeof(i), seen,
					 cpus * 2 * sizeof(*seen), 0))
			return 1;
		for (int cpu = 0; cpu < cpus; cpu++)
			count += seen[2 * cpu];
		printf("%s\"%s\": %llu", i ? ", " : "{", points[i], count);
	}
	puts("}");
	free(seen);
	return 0;
}

int main(void)
{
	struct floor_bpf *floor = floor_bpf__open();
	sigset_t end;
	int signal, ret;

	if (!floor)
		return 1;
	sigemptyset(&end);
	sigaddset(&end, SIGINT);
	sigprocmask(SIG_BLOCK, &end, NULL);
	/* What measures what is around a program has no attach point. */
	bpf_program__set_autoload(floor->progs.empty, false);
	bpf_program__set_autoload(floor->progs.trigger, false);
	if (floor_bpf__load(floor) || floor_bpf__attach(floor))
		return 1;
	puts("ready");
	fflush(stdout);
	sigwait(&end, &signal);
	ret = print_counts(floor);
	floor_bpf__destroy(floor);
	return ret;
}
