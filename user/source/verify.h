/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether what has been attached works. The kernel takes some probes and never
 * runs them: fentry of a function of kvm.ko in about half of the boots of 6.12,
 * for the module has lost weak functions and ftrace's addresses are off; fentry and
 * most kprobes with kernel.ftrace_enabled = 0; all kprobes with 0 in kprobes/enabled.
 */
#ifndef IMSTRACE_SOURCE_VERIFY_H
#define IMSTRACE_SOURCE_VERIFY_H

#include <stdbool.h>
#include <bpf/libbpf.h>

/*
 * Has the kernel signal an eventfd, and looks whether the program was run. Return: in a word
 * how it was verified, "" if it could not be tried, NULL: it does not work.
 */
const char *verify_signal(const struct bpf_object *object);

/*
 * The same of what can't be called for a trial: whether ftrace has patched a call of ours
 * into @function (for fentry and kprobe.multi), or its kprobe is armed. Return: as above.
 */
const char *verify_ftrace(const char *function);
const char *verify_kprobe(const char *function);

/* Whether the kernel calls what is attached by fentry or, for the most part, by kprobes. */
bool ftrace_enabled(void);

#endif /* IMSTRACE_SOURCE_VERIFY_H */
