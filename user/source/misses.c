// SPDX-License-Identifier: GPL-2.0-only
#include "misses.h"

#include "abilities.h"
#include "imstrace.skel.h"

#include <bpf/bpf.h>
#include <stdio.h>

/*
 * A program that is interrupted by itself is not run: kvm_apic_accept_irq fires in
 * handlers and, for what guests send each other, in processes. What a second program was not run for is
 * either none of its business, or is missing in second_runs.
 */
__u64 misses_count(const struct imstrace_bpf *programs, struct source_overhead *overhead, bool tell)
{
	struct bpf_program *program;
	__u64 misses = 0;

	*overhead = (struct source_overhead) { 0 };
	bpf_object__for_each_program(program, programs->obj) {
		struct bpf_prog_info info = { 0 };
		__u32 length = sizeof(info);

		if (bpf_program__fd(program) < 0 ||
		    bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &length))
			continue;
		if (!is_second(program))
			misses += info.recursion_misses;
		if (tell && info.recursion_misses)
			fprintf(stderr, "imstrace: the kernel has not run %s %llu times\n",
				bpf_program__name(program), info.recursion_misses);
		overhead->runs += info.run_cnt;
		overhead->ns += info.run_time_ns;
	}
	return misses;
}
