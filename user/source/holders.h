/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One walk through all processes: who has VMs and VFIO devices open, and which irqs have threads.
 */
#ifndef IMSTRACE_SOURCE_HOLDERS_H
#define IMSTRACE_SOURCE_HOLDERS_H

#include "inventory.h"

/* What a file descriptor says of the device that is open. */
enum hold_kind {
	HOLD_GROUP,	/* its IOMMU group: /dev/vfio/GROUP */
	HOLD_FILE,	/* /dev/vfio/devices/FILE */
	HOLD_DEVICE,	/* the device's name, which fdinfo has since Linux 6.18 */
};

struct hold {
	__u32 pid;
	enum hold_kind kind;
	char name[IMSTRACE_NAME_LEN];
};

struct holders {
	struct hold *holds;
	size_t hold_count;
	__u32 *threaded;	/* irqs */
	size_t threaded_count;
};

/*
 * Fills the processes of @inventory, and what was not looked at. To be freed by holders_free(), also
 * after an error. Return: false: out of memory.
 */
bool holders_read(struct holders *holders, struct inventory *inventory);
bool holders_irq_threaded(const struct holders *holders, __u32 irq);
void holders_free(struct holders *holders);

#endif /* IMSTRACE_SOURCE_HOLDERS_H */
