/* SPDX-License-Identifier: GPL-2.0-only */
/* The state of a device's vectors, as the kernel shows it to everybody. */
#ifndef KERNEL_TEST_VIEW_H
#define KERNEL_TEST_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "device.h"

struct vector_view {
	unsigned int irq;		/* 0: the vector has none */
	unsigned int slot;
	unsigned int pasid;		/* in the slot; NO_PASID */
	uint32_t address, data;		/* in the slot */
	unsigned long long count;	/* interrupts so far */
};

struct view {
	struct vector_view vectors[MAX_VECTORS];
	unsigned int bound;	/* vectors of the device with an irq action */
	unsigned int actions;	/* the same, of all devices */
	unsigned int irqs;	/* irqs which the IMS chip has allocated, of all devices */
	unsigned int all_irqs;	/* irqs of the machine */
	unsigned int slots;	/* slots in use in the parent's memory, of all devices */
};

/*
 * Reads /proc/interrupts, /sys/kernel/irq and the parent's slots. Fails the
 * running test when they contradict each other: each irq of the device has a
 * slot with a message, unmasked; an unused slot is masked and
 * empty; no slot or irq is allocated that is not in use.
 */
struct view view_read(const struct device *device);

/* The same without the last: when a fault kept the kernel from showing an irq in sysfs. */
struct view view_look(const struct device *device);

/* Vectors of the device with an irq action, more or less, while they change. */
unsigned int view_count_actions(const struct device *device);

/* Whether the slot is masked right now. */
bool view_slot_masked(unsigned int slot);

#define ANY_CPU		(~0U)
/* The CPU which the message in a slot is for, or ANY_CPU if a remapping unit decides. */
unsigned int view_slot_cpu(unsigned int slot);

/* Nothing has happened in between but interrupts: same irqs, same slots, same PASIDs. */
void view_assert_same(const struct view *before, const struct view *after);
/* The messages have not changed either. */
void view_assert_same_messages(const struct view *before, const struct view *after);
/* Not one slot, irq or action of any device is left. */
void view_assert_empty(const struct view *view);

#endif /* KERNEL_TEST_VIEW_H */
