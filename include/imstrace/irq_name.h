/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a vector is called, and the names that the drivers give to request_irq():
 *
 *	vfio-ims[VECTOR](DEVICE)	drivers/vfio/vfio_ims.c of the IMS library
 *	vfio-msix[VECTOR](DEVICE)	drivers/vfio/pci/vfio_pci_intrs.c
 *	vfio-msi[VECTOR](DEVICE)	the same
 *	vfio-intx(DEVICE)		the same: here called DEVICE:intx, for it may have a vector 0 too
 *
 * BPF programs read them where an irq is requested, user space reads them of irqs
 * that were requested before.
 */
#ifndef IMSTRACE_IRQ_NAME_H
#define IMSTRACE_IRQ_NAME_H

#include "records.h"

#define IRQ_NAME_LEN	(IMSTRACE_NAME_LEN + 32)
/* What tells a device's INTx line from its vectors. */
#define INTX_SUFFIX	":intx"

struct vector_key {
	char device[IMSTRACE_NAME_LEN];
	__u32 vector;
};

/* Whether @character, and @more, are not NUL: 1 or 0. The compiler is not to make a branch of it. */
static inline __attribute__((always_inline)) __u32 irq_name_goes_on(__u32 character, __u32 more)
{
	asm volatile("" : "+r"(character));
	more &= (0 - character) >> 31;
	asm volatile("" : "+r"(more));
	return more;
}

/* @size: of @suffix, with its NUL. A name that leaves no room for it is not changed. */
static inline __attribute__((always_inline)) void
irq_name_append(char name[IMSTRACE_NAME_LEN], const char *suffix, __u32 size)
{
	__u32 length = 0, more = 1;

	for (__u32 i = 0; i < IMSTRACE_NAME_LEN; i++) {
		more = irq_name_goes_on((unsigned char)name[i], more);
		length += more;
	}
	if (length < IMSTRACE_NAME_LEN - size)
		__builtin_memcpy(name + length, suffix, size);
}

/* 2048 vectors are the most that MSI-X has. */
#define IRQ_NAME_DIGITS	5

/**
 * irq_name_parse - which vector is it?
 * @name:	ends with NUL
 * @key:	set to the vector, unless KIND_UNKNOWN is returned
 *
 * Written so that the BPF verifier can follow it: bounded loops, and no index that
 * it can't see to be in range. And soon done with it: each branch that depends on a character
 * of the device's name would be 63 paths through all that comes after.
 */
static inline __attribute__((always_inline)) enum imstrace_kind
irq_name_parse(const char name[IRQ_NAME_LEN], struct vector_key *key)
{
	enum imstrace_kind kind = KIND_PCI;
	__u32 at = 8, digits = 0, length = 0, more = 1;

	if (name[0] != 'v' || name[1] != 'f' || name[2] != 'i' || name[3] != 'o' || name[4] != '-')
		return KIND_UNKNOWN;
	if (name[5] == 'i' && name[6] == 'n' && name[7] == 't' && name[8] == 'x')
		kind = KIND_INTX;
	else if (name[5] == 'i' && name[6] == 'm' && name[7] == 's')
		kind = KIND_IMS;
	else if (name[5] != 'm' || name[6] != 's' || name[7] != 'i')
		return KIND_UNKNOWN;
	if (kind == KIND_INTX || (kind == KIND_PCI && name[8] == 'x'))
		at = 9;

	key->vector = 0;
	if (kind != KIND_INTX) {
		if (name[at] != '[')
			return KIND_UNKNOWN;
		for (__u32 i = 0; i < IRQ_NAME_DIGITS; i++) {
			__u32 digit = (unsigned char)name[at + 1 + i] - '0';

			/* 0 to 9 */
			more = irq_name_goes_on(((digit - 10) & ~digit) >> 31, more);
			digits += more;
			key->vector += (key->vector * 9 + digit) & (0 - more);
		}
		more = 1;
		at += digits + 1;
		if (!digits || name[at] != ']')
			return KIND_UNKNOWN;
		at++;
	}
	if (name[at] != '(')
		return KIND_UNKNOWN;

	at++;
	for (__u32 i = 0; i < IMSTRACE_NAME_LEN - 1; i++) {
		__u32 character = (unsigned char)name[at + i];

		more = irq_name_goes_on(character, more);
		length += more;
		key->device[i] = character & (0 - more);
	}
	key->device[IMSTRACE_NAME_LEN - 1] = '\0';
	/* The name may itself have a ')': only the last one is ours. One too long is cut. */
	if (length < IMSTRACE_NAME_LEN - 1 || !name[at + IMSTRACE_NAME_LEN - 1]) {
		if (length < 2 || key->device[length - 1] != ')')
			return KIND_UNKNOWN;
		key->device[length - 1] = '\0';
	}
	if (kind == KIND_INTX)
		irq_name_append(key->device, INTX_SUFFIX, sizeof(INTX_SUFFIX));
	return kind;
}

#endif /* IMSTRACE_IRQ_NAME_H */
