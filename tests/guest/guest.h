/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the micro-guest and its host agree on: where things are in guest memory.
 * Read by guest.S too.
 *
 *	GUEST_GDT	segment descriptors: null, flat code, flat data
 *	GUEST_IDT	one interrupt gate per vector that the guest serves
 *	GUEST_CODE	a copy of guest.S; every vCPU starts at its first byte
 *	GUEST_COUNTERS	one struct guest_counter per vector
 *	GUEST_READY	a 32-bit word per vCPU: not 0 once it runs
 *	GUEST_STACKS	one page per vCPU
 *	GUEST_RINGS	the time stamps, vector after vector
 */
#ifndef IMS_GUEST_GUEST_H
#define IMS_GUEST_GUEST_H

#define GUEST_PAGE_SIZE		0x1000
#define GUEST_GDT		0x1000
#define GUEST_IDT		0x2000
#define GUEST_CODE		0x3000
#define GUEST_COUNTERS		0x4000
#define GUEST_READY		0x5000
#define GUEST_STACKS		0x10000
#define GUEST_RINGS		0x100000

#define GUEST_CODE_SEGMENT	0x08
#define GUEST_DATA_SEGMENT	0x10

/* MSI-X vector v reaches the guest as guest vector GUEST_FIRST_VECTOR + v. */
#define GUEST_FIRST_VECTOR	0x30
#define GUEST_MAX_VECTORS	32
#define GUEST_MAX_VCPUS		32

/* Bytes between two entries of guest_isrs. */
#define GUEST_ISR_SIZE		16

/* struct guest_counter for guest.S: offsets, and log2 of the size. */
#define GUEST_COUNTER_COUNT	0
#define GUEST_COUNTER_CAPACITY	4
#define GUEST_COUNTER_RING	8
#define GUEST_COUNTER_DELAY	12
#define GUEST_COUNTER_SPARE	48
#define GUEST_COUNTER_SHIFT	6

/* log2 of the size of struct guest_stamp. */
#define GUEST_STAMP_SHIFT	4

/* A delay that never ends. */
#define GUEST_DELAY_FOREVER	0xffffffff

#ifndef __ASSEMBLER__

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

/* A cache line each: different vCPUs write different vectors. */
struct guest_counter {
	uint32_t count;		/* interrupts taken; written by the guest only */
	uint32_t capacity;	/* stamps that fit into the ring; later ones are only counted */
	uint32_t ring;		/* guest address of the ring of struct guest_stamp */
	uint32_t delay;		/* TSC cycles that the service routine takes its time for */
	uint32_t reserved[8];
	uint32_t spare[4];	/* takes the stamps that don't fit */
};

/* When the service routine began, and when it was about to write its EOI. */
struct guest_stamp {
	uint64_t begin;
	uint64_t end;
};

static_assert(sizeof(struct guest_counter) == 1 << GUEST_COUNTER_SHIFT, "guest.S's shift");
static_assert(offsetof(struct guest_counter, spare) == GUEST_COUNTER_SPARE, "guest.S's offset");
static_assert(sizeof(struct guest_stamp) == 1 << GUEST_STAMP_SHIFT, "guest.S's shift");

/* The guest's code, and the first interrupt service routine in it. */
extern const uint8_t guest_code[], guest_isrs[], guest_code_end[];

#endif /* __ASSEMBLER__ */

#endif /* IMS_GUEST_GUEST_H */
