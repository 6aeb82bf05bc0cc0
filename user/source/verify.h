/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether what has been attached works. The kernel takes some probes and never
 * runs them: fentry of a function of kvm.ko in about half of the boots of 6.12,
 * for the module has lost weak functions and ftrace's addresses are off.
 */
#ifndef IMSTRACE_SOURCE_VERIFY_H
#define IMSTRACE_SOURCE_VERIFY_H

#include <bpf/libbpf.h>

/*
 * Has the kernel signal an eventfd, and looks whether the program was run. Return: in a word
 * how it was verified, "" if it could not be tried, NULL: it does not work.
 */
const char *verify_signal(const struct bpf_object *object);

/*
 * Looks for @function among those that ftrace calls. Return: as above.
 */
const char *verify_listed(const char *function);

#endif /* IMSTRACE_SOURCE_VERIFY_H */
