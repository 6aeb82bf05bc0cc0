// SPDX-License-Identifier: GPL-2.0-only
#include "vcpus.h"

#include <imstrace/in_flight.h>

#include "imstrace.skel.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <signal.h>
#include <sys/stat.h>

/* The inode of the first pid namespace: PROC_PID_INIT_INO of linux/proc_ns.h, the same everywhere. */
#define FIRST_PID_NAMESPACE	0xeffffffcU

bool vcpus_tell_the_dead(void)
{
	struct stat own;

	return !stat("/proc/self/ns/pid", &own) && own.st_ino == FIRST_PID_NAMESPACE;
}

static void forget(const struct imstrace_bpf *programs, const struct vcpu_key *key)
{
	__u64 arguments[] = { key->kvm, key->pid, key->vcpu_id };
	LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = arguments,
		    .ctx_size_in = sizeof(arguments));

	bpf_prog_test_run_opts(bpf_program__fd(programs->progs.vcpu_gone), &options);
}

void vcpus_forget_the_dead(const struct imstrace_bpf *programs)
{
	const struct bpf_map *map = programs->maps.vcpus;
	struct vcpu_key key, next;
	bool more = !bpf_map__get_next_key(map, NULL, &key, sizeof(key));

	/* From one that is gone a walk would begin anew: the next is asked for before. */
	while (more) {
		more = !bpf_map__get_next_key(map, &key, &next, sizeof(next));
		if (kill(key.pid, 0) && errno == ESRCH)
			forget(programs, &key);
		key = next;
	}
}
