/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vCPUs whose end no program is told of.
 */
#ifndef IMSTRACE_SOURCE_VCPUS_H
#define IMSTRACE_SOURCE_VCPUS_H

#include <stdbool.h>

struct imstrace_bpf;

/*
 * Whether a process number here is the one that KVM notes: not in a pid namespace, where
 * all of its processes would look dead.
 */
bool vcpus_tell_the_dead(void);

/*
 * Forgets the vCPUs whose process has ended, and ends what is pending in them. Takes no
 * privilege. To be called now and then, where the programs don't see it.
 */
void vcpus_forget_the_dead(const struct imstrace_bpf *programs);

#endif /* IMSTRACE_SOURCE_VCPUS_H */
