/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The types of the kernel and of kvm.ko in one file. libbpf opens a module's BTF by its id,
 * which takes CAP_SYS_ADMIN; both files in /sys/kernel/btf are anybody's to read.
 */
#ifndef IMSTRACE_SOURCE_WHOLE_BTF_H
#define IMSTRACE_SOURCE_WHOLE_BTF_H

/**
 * whole_btf_open - put the running kernel's BTF and a module's together
 * @module:	such as "kvm"
 *
 * Return: descriptor of a file in memory, to be closed by the caller; -ENOENT: the module has
 * no file of its own (it is built in, or not loaded), or another negative errno.
 */
int whole_btf_open(const char *module);

#endif /* IMSTRACE_SOURCE_WHOLE_BTF_H */
