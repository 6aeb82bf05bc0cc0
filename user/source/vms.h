/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VMs of this host, and whether KVM does without APICv or AVIC in them: what a BPF program reads of KVM.
 */
#ifndef IMSTRACE_SOURCE_VMS_H
#define IMSTRACE_SOURCE_VMS_H

#include "source.h"

struct imstrace_bpf;

/* Those of which a process has a file descriptor, each once for each process. Return: whether it is known. */
bool vms_read(const struct imstrace_bpf *programs, struct source *source);
void vms_free(struct source *source);

#endif /* IMSTRACE_SOURCE_VMS_H */
