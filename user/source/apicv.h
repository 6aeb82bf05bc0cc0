/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IMSTRACE_SOURCE_APICV_H
#define IMSTRACE_SOURCE_APICV_H

#include <linux/types.h>

/**
 * apicv_find_requests - where KVM keeps what the CPU itself is to deliver
 * @offset:	of the posted-interrupt requests, in bytes from a struct kvm_vcpu on; 0: there are
 *		none, and the virtual IRR has all (AVIC)
 *
 * Reads /sys/kernel/btf, which takes no privilege.
 *
 * Return: NULL, or why it is not known.
 */
const char *apicv_find_requests(__u32 *offset);

#endif /* IMSTRACE_SOURCE_APICV_H */
