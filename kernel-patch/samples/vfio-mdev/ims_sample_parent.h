/* SPDX-License-Identifier: GPL-2.0-only */
/* What is between the sample's virtual devices and their parents. */
#ifndef _IMS_SAMPLE_PARENT_H
#define _IMS_SAMPLE_PARENT_H

#include <linux/irqchip/irq-ims.h>
#include <linux/mdev.h>

#define IMS_SAMPLE_NAME		"ims_sample"

struct dentry;

/**
 * struct ims_parent - What virtual devices stand on
 * @mdev: The parent in the eyes of the mdev core
 * @type: The one type of virtual devices here
 * @types: A list of it
 * @domain: Where the interrupts of the virtual devices come from
 * @slots: The slots themselves
 * @nr_slots: Number of them
 * @ops: How they are written
 * @send: Have the device send the message in a slot: 0, -EAGAIN when the slot is
 *	  masked, or an error of the device; NULL when it can't send. May sleep.
 * @debugfs: Directory to look at the slots
 */
struct ims_parent {
	struct mdev_parent	mdev;
	struct mdev_type	type;
	struct mdev_type	*types[1];
	struct ims_domain	*domain;
	struct ims_slot __iomem	*slots;
	unsigned int		nr_slots;
	const struct ims_slot_ops *ops;
	int (*send)(struct ims_parent *parent, unsigned int slot);
	struct dentry		*debugfs;
};

int ims_parents_register(struct mdev_driver *driver);
void ims_parents_unregister(void);

#endif /* _IMS_SAMPLE_PARENT_H */
