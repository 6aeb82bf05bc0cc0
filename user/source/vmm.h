/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a VMM and its virtual machine are called.
 */
#ifndef IMSTRACE_SOURCE_VMM_H
#define IMSTRACE_SOURCE_VMM_H

#include <imstrace/records.h>
#include <stdbool.h>

/* Whether /proc has processes by other numbers than the BPF programs do, and only some of them. */
bool vmm_in_namespace(void);

/**
 * vmm_read_names - look at a process for the names
 * @pid:	the VMM
 * @vmm:	what the process is called
 * @guest:	what its command line calls the virtual machine, as QEMU's -name does
 *
 * Empty is what can't be read, or isn't there.
 */
void vmm_read_names(__u32 pid, char vmm[IMSTRACE_VMM_LEN], char guest[IMSTRACE_NAME_LEN]);

/* The name in the value of QEMU's -name: "web1", "guest=web1,debug-threads=on". */
void vmm_parse_name(const char *value, char guest[IMSTRACE_NAME_LEN]);

/* The process of the thread @pid, which may be its first; 0: there is none, or it can't be read. */
__u32 vmm_process(__u32 pid);

#endif /* IMSTRACE_SOURCE_VMM_H */
