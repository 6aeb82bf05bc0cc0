// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kernel memory that user space can write: the .bss of this object is an array map, and
 * mapped into the process that loads it. The program tells its kernel address.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

/* Aligned, so that what is laid out in it is as well. */
char memory[3 << 20] __attribute__((aligned(64)));
__u64 memory_address;

SEC("raw_tp")
int tell_address(void *context)
{
	memory_address = (__u64)memory;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
