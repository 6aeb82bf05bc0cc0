// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "whole_btf.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/btf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* A kernel's is some 6 MiB, kvm.ko's 200 KiB. */
#define LARGEST	(256L << 20)

struct btf_file {
	struct btf_header *header;	/* the whole file; free() it */
	char *types, *strings;
};

static bool read_all(int file, char *to, size_t size)
{
	while (size) {
		ssize_t got = read(file, to, size);

		if (got <= 0)
			return false;
		to += got;
		size -= got;
	}
	return true;
}

static bool sections_fit(const struct btf_header *header, size_t size)
{
	return size >= sizeof(*header) && header->magic == BTF_MAGIC && header->hdr_len <= size &&
	       header->type_off <= size && header->type_len <= size &&
	       header->str_off <= size && header->str_len <= size &&
	       (size_t)header->hdr_len + header->type_off + header->type_len <= size &&
	       (size_t)header->hdr_len + header->str_off + header->str_len <= size;
}

/* Return: 0 or a negative errno. */
static int btf_read(const char *name, struct btf_file *btf)
{
	char path[96];
	struct stat status;
	int file, ret = 0;

	snprintf(path, sizeof(path), "/sys/kernel/btf/%s", name);
	file = open(path, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return -errno;
	if (fstat(file, &status) || status.st_size > LARGEST)
		ret = -EIO;
	btf->header = ret ? NULL : malloc(status.st_size + 1);
	if (!btf->header)
		ret = ret ?: -ENOMEM;
	else if (!read_all(file, (char *)btf->header, status.st_size) ||
		 !sections_fit(btf->header, status.st_size))
		ret = -EIO;
	close(file);
	if (ret)
		return ret;
	btf->types = (char *)btf->header + btf->header->hdr_len + btf->header->type_off;
	btf->strings = (char *)btf->header + btf->header->hdr_len + btf->header->str_off;
	return 0;
}

/*
 * A module's BTF goes on where the kernel's ends, with its type ids as with its offsets of
 * strings (Documentation/bpf/btf.rst, split BTF): one after the other is all there is to do.
 */
static int write_both(const struct btf_file *kernel, const struct btf_file *module)
{
	struct btf_header header = {
		.magic = BTF_MAGIC, .version = BTF_VERSION, .hdr_len = sizeof(header),
		.type_len = kernel->header->type_len + module->header->type_len,
		.str_off = kernel->header->type_len + module->header->type_len,
		.str_len = kernel->header->str_len + module->header->str_len,
	};
	const struct iovec parts[] = {
		{ &header, sizeof(header) },
		{ kernel->types, kernel->header->type_len },
		{ module->types, module->header->type_len },
		{ kernel->strings, kernel->header->str_len },
		{ module->strings, module->header->str_len },
	};
	ssize_t size = sizeof(header) + header.type_len + header.str_len;
	int whole = memfd_create("imstrace-btf", MFD_CLOEXEC);

	if (whole < 0)
		return -errno;
	if (writev(whole, parts, sizeof(parts) / sizeof(parts[0])) == size)
		return whole;
	close(whole);
	return -EIO;
}

int whole_btf_open(const char *module)
{
	struct btf_file of_kernel = { 0 }, of_module = { 0 };
	int ret = btf_read(module, &of_module) ?: btf_read("vmlinux", &of_kernel) ?:
		  write_both(&of_kernel, &of_module);

	free(of_module.header);
	free(of_kernel.header);
	return ret;
}
