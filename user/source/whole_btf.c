// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "whole_btf.h"

#include <bpf/btf.h>
#include <errno.h>
#include <linux/btf.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

/* uapi/linux/memfd.h, since 6.3: nobody will execute it. With vm.memfd_noexec=2 it must be said. */
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL	0x0008U
#endif

static int new_file(void)
{
	int file = memfd_create("imstrace-btf", MFD_CLOEXEC | MFD_NOEXEC_SEAL);

	return file < 0 && errno == EINVAL ? memfd_create("imstrace-btf", MFD_CLOEXEC) : file;
}

/*
 * A module's BTF goes on where the kernel's ends, with its type ids as with its offsets of
 * strings (Documentation/bpf/btf.rst, split BTF): one after the other is all there is to do.
 */
static int write_both(const struct btf_header *first, const struct btf_header *second)
{
	struct btf_header header = {
		.magic = BTF_MAGIC, .version = BTF_VERSION, .hdr_len = sizeof(header),
	};
	struct iovec parts[] = {
		{ .iov_base = &header, .iov_len = sizeof(header) },
#define PART(of, section)							\
		{ .iov_base = (char *)(of) + (of)->hdr_len + (of)->section##_off,	\
		  .iov_len = (of)->section##_len }
		PART(first, type), PART(second, type), PART(first, str), PART(second, str),
	};
	ssize_t whole = sizeof(header);
	int file;

	header.type_len = header.str_off = first->type_len + second->type_len;
	header.str_len = first->str_len + second->str_len;
	whole += header.type_len + header.str_len;
	file = new_file();
	if (file < 0)
		return -errno;
	if (writev(file, parts, sizeof(parts) / sizeof(parts[0])) == whole)
		return file;
	close(file);
	return -EIO;
}

int whole_btf_open(const char *module)
{
	struct btf *of_kernel = btf__load_vmlinux_btf();
	struct btf *of_module = of_kernel ? btf__load_module_btf(module, of_kernel) : NULL;
	const void *first = NULL, *second = NULL;
	__u32 size;
	int ret;

	if (of_module) {
		first = btf__raw_data(of_kernel, &size);
		second = btf__raw_data(of_module, &size);
	}
	ret = first && second ? write_both(first, second) : -errno;
	btf__free(of_module);
	btf__free(of_kernel);
	return ret;
}
