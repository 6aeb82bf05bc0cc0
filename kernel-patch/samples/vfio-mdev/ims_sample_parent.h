/* SPDX-License-Identifier: GPL-2.0-only */
/* What is between the sample's virtual devices and their parents. */
#ifndef _IMS_SAMPLE_PARENT_H
#define _IMS_SAMPLE_PARENT_H

#include <linux/irqchip/irq-ims.h>
#include <linux/mdev.h>
#include <linux/spinlock.h>

#define IMS_SAMPLE_NAME		"ims_sample"

struct dentry;
struct msi_msg;
struct pci_dev;

/**
 * struct ims_parent - A device with slots, which virtual devices are based on
 * @mdev: The parent as the mdev core knows it
 * @type: The one type of virtual devices here; its sysfs_name is the driver's
 * @types: A list of it
 * @domain: Where the interrupts of the virtual devices come from
 * @slots: The slots themselves
 * @nr_slots: Number of them
 * @ops: How they are written; their data is the parent
 * @has_pasids: A message is sent with a PASID. Otherwise, there is no cookie.
 * @start: Set up all of the device but its slots; NULL for one which is no PCI device
 * @send: Have the device send the message in a slot which has one: 0 or an error of
 *	  the device. A device with a pending bit for each masked slot sets it instead;
 *	  for one without, there is @pending. NULL when the device can't send.
 * @lock: Held when @send is called, with interrupts off; protects what follows
 * @away: The device is being reset or has no power
 * @pending: A bit for each slot which has something to send, and could not yet
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
	bool			has_pasids;
	int (*start)(struct ims_parent *parent);
	int (*send)(struct ims_parent *parent, unsigned int slot);
	raw_spinlock_t		lock;
	bool			away;
	unsigned long		*pending;
	struct dentry		*debugfs;
};

int ims_parent_register_pci(struct ims_parent *parent, struct pci_dev *pdev);
void ims_parent_unregister(struct ims_parent *parent);
int ims_parent_send(struct ims_parent *parent, unsigned int slot);

/* For &struct ims_slot_ops of slots which are an array of &struct ims_slot. */
int ims_parent_compose(void *data, u64 cookie, u32 *ctrl);
void ims_parent_write_msg(void *data, unsigned int slot, const struct msi_msg *msg);
void ims_parent_write_ctrl(void *data, unsigned int slot, u32 ctrl);

/* For a PCI device whose driver data is the parent. */
extern const struct pci_error_handlers ims_parent_err_handler;
extern const struct dev_pm_ops ims_parent_pm_ops;

extern struct pci_driver ims_lsi_driver;
extern struct pci_driver ims_igb_driver;

int ims_parents_register(struct mdev_driver *driver);
void ims_parents_unregister(void);

#endif /* _IMS_SAMPLE_PARENT_H */
