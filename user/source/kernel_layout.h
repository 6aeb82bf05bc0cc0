/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the members of a structure are, by BTF.
 */
#ifndef IMSTRACE_SOURCE_KERNEL_LAYOUT_H
#define IMSTRACE_SOURCE_KERNEL_LAYOUT_H

#include <bpf/btf.h>
#include <stdbool.h>

/* In bytes; a structure is as large as a pointer, which is what a list begins with. */
struct place {
	__u32 offset;
	__u32 size;
};

/* @path such as "irq_entry.msi.data". Return: whether @type has it. */
bool layout_find(const struct btf *btf, const struct btf_type *type, const char *path,
		 struct place *place);

#endif /* IMSTRACE_SOURCE_KERNEL_LAYOUT_H */
