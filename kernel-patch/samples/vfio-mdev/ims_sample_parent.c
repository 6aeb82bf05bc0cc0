// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sample: devices with an Interrupt Message Store, which virtual devices are based on.
 *
 * There are four sorts of these parents:
 *
 * - "software", always there: the slots are an array in ordinary memory, and
 *   nothing ever sends what they hold. Interrupts are retriggered.
 * - "queue", always there: the same, but the slots are written as those in the
 *   memory of a queue, which has to be stopped for it. A PASID is optional.
 * - "dma", one per LSI 53C895A SCSI controller, see ims_sample_lsi.c.
 * - "igb", one per Intel 82576 network controller, see ims_sample_igb.c.
 *
 * Their types in sysfs are
 *
 *	/sys/class/mdev_bus/ims_sample/mdev_supported_types/ims_sample-software
 *	/sys/class/mdev_bus/ims_sample_queue/mdev_supported_types/ims_sample-queue
 *	/sys/class/mdev_bus/PCI-ADDRESS/mdev_supported_types/ims_sample-{dma,igb}
 *
 * and their slots can be looked at in /sys/kernel/debug/ims_sample/PARENT/slots:
 * a line for each with its number, address_lo, address_hi, data and ctrl, in hex.
 */
#include <linux/bitmap.h>
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/msi.h>
#include <linux/pci.h>
#include <linux/pm.h>
#include <linux/seq_file.h>
#include <linux/spinlock.h>

#include "ims_sample_parent.h"

#define IMS_SOFTWARE_SLOTS	256

static struct mdev_driver *ims_sample_mdev_driver;
static struct dentry *ims_sample_debugfs;

static int ims_sample_slots_show(struct seq_file *m, void *unused)
{
	struct ims_parent *parent = m->private;
	unsigned int i;

	for (i = 0; i < parent->nr_slots; i++) {
		struct ims_slot __iomem *slot = &parent->slots[i];

		seq_printf(m, "%x %08x %08x %08x %08x\n", i,
			   readl(&slot->address_lo), readl(&slot->address_hi),
			   readl(&slot->data), readl(&slot->ctrl));
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(ims_sample_slots);

/*
 * IMS: how the slots are written. An array of them which looks like this takes no
 * more.
 */
int ims_parent_compose(void *data, u64 cookie, u32 *ctrl)
{
	return ims_slot_compose_pasid(cookie, IMS_PASID_REQUIRED, ctrl);
}

void ims_parent_write_msg(void *data, unsigned int slot, const struct msi_msg *msg)
{
	struct ims_parent *parent = data;

	ims_slot_write_msg(&parent->slots[slot], msg);
}

void ims_parent_write_ctrl(void *data, unsigned int slot, u32 ctrl)
{
	struct ims_parent *parent = data;

	ims_slot_write_ctrl(&parent->slots[slot], ctrl);
}

static const struct ims_slot_ops ims_array_ops = {
	.masked		= IMS_CTRL_MASK,
	.compose	= ims_parent_compose,
	.write_msg	= ims_parent_write_msg,
	.write_ctrl	= ims_parent_write_ctrl,
};

/* @dev has the slots; a PCI device whose messages are sent by itself is @msi_dev as well. */
static int ims_parent_register(struct ims_parent *parent, struct device *dev,
			       struct pci_dev *msi_dev)
{
	/* IMS: the slots, and whose MSIs their messages are like, if any's. */
	const struct ims_domain_info info = {
		.name		= dev_name(dev),
		.dev		= dev,
		.msi_dev	= msi_dev,
		.nr_slots	= parent->nr_slots,
		.ops		= parent->ops,
		.data		= parent,
	};
	int ret;

	raw_spin_lock_init(&parent->lock);
	parent->pending = bitmap_zalloc(parent->nr_slots, GFP_KERNEL);
	if (!parent->pending)
		return -ENOMEM;

	parent->domain = ims_domain_create(&info);
	if (IS_ERR(parent->domain)) {
		ret = PTR_ERR(parent->domain);
		goto err_pending;
	}

	parent->type.pretty_name = parent->type.sysfs_name;
	parent->types[0] = &parent->type;
	ret = mdev_register_parent(&parent->mdev, dev, ims_sample_mdev_driver,
				   parent->types, ARRAY_SIZE(parent->types));
	if (ret)
		goto err_domain;

	parent->debugfs = debugfs_create_dir(dev_name(dev), ims_sample_debugfs);
	debugfs_create_file("slots", 0400, parent->debugfs, parent,
			    &ims_sample_slots_fops);
	return 0;

err_domain:
	ims_domain_destroy(parent->domain);
err_pending:
	bitmap_free(parent->pending);
	return ret;
}

/* Of a PCI device which sends the messages by itself: complete, but not started. */
int ims_parent_register_pci(struct ims_parent *parent, struct pci_dev *pdev)
{
	int ret;

	pci_set_drvdata(pdev, parent);
	pci_set_master(pdev);
	ret = parent->start(parent);
	return ret ?: ims_parent_register(parent, &pdev->dev, pdev);
}

void ims_parent_unregister(struct ims_parent *parent)
{
	debugfs_remove(parent->debugfs);
	/* Waits until every virtual device is closed, and so every slot free. */
	mdev_unregister_parent(&parent->mdev);
	ims_domain_destroy(parent->domain);
	bitmap_free(parent->pending);
}

static int ims_parent_send_locked(struct ims_parent *parent, unsigned int slot)
{
	if (!parent->away)
		return parent->send(parent, slot);

	__set_bit(slot, parent->pending);
	return 0;
}

/* What can't be sent while the device is away is sent when it is back. */
int ims_parent_send(struct ims_parent *parent, unsigned int slot)
{
	unsigned long flags;
	int ret;

	raw_spin_lock_irqsave(&parent->lock, flags);
	ret = ims_parent_send_locked(parent, slot);
	raw_spin_unlock_irqrestore(&parent->lock, flags);
	return ret;
}

/*
 * PCI devices: they forget their slots when they are reset or have no power. Both
 * callbacks are called with the device locked, as probe and remove.
 */
static int ims_parent_suspend(struct device *dev)
{
	struct ims_parent *parent = dev_get_drvdata(dev);

	raw_spin_lock_irq(&parent->lock);
	parent->away = true;
	raw_spin_unlock_irq(&parent->lock);

	/* IMS: from here on, no slot is written, */
	ims_domain_suspend(parent->domain);
	return 0;
}

static int ims_parent_resume(struct device *dev)
{
	struct ims_parent *parent = dev_get_drvdata(dev);
	unsigned int slot;
	int ret;

	ret = parent->start(parent);
	if (ret)
		return ret;

	/* IMS: until all of them get what they have to hold by now. */
	ims_domain_restore(parent->domain);

	raw_spin_lock_irq(&parent->lock);
	parent->away = false;
	for_each_set_bit(slot, parent->pending, parent->nr_slots) {
		__clear_bit(slot, parent->pending);
		parent->send(parent, slot);
	}
	raw_spin_unlock_irq(&parent->lock);
	return 0;
}

static void ims_parent_reset_prepare(struct pci_dev *pdev)
{
	ims_parent_suspend(&pdev->dev);
}

static void ims_parent_reset_done(struct pci_dev *pdev)
{
	if (ims_parent_resume(&pdev->dev))
		pci_err(pdev, "does not start after its reset\n");
}

const struct pci_error_handlers ims_parent_err_handler = {
	.reset_prepare	= ims_parent_reset_prepare,
	.reset_done	= ims_parent_reset_done,
};

DEFINE_SIMPLE_DEV_PM_OPS(ims_parent_pm_ops, ims_parent_suspend, ims_parent_resume);

/*
 * The software parents.
 */
static struct ims_slot ims_software_slots[IMS_SOFTWARE_SLOTS];
static struct ims_slot ims_queue_slots[IMS_SOFTWARE_SLOTS];

/*
 * IMS: this may sleep. It is over when the device uses the new contents; until
 * then it may use the old ones, but never half of each.
 */
static void ims_queue_write_slot(void *data, unsigned int index,
				 const struct msi_msg *msg, u32 ctrl)
{
	struct ims_parent *parent = data;
	struct ims_slot __iomem *slot = &parent->slots[index];

	writel(readl(&slot->ctrl) | IMS_CTRL_MASK, &slot->ctrl);
	/* A device would be told to stop the queue, and waited for. */
	usleep_range(20, 50);
	ims_slot_write_msg(slot, msg);
	ims_slot_write_ctrl(slot, ctrl);
}

static int ims_queue_compose(void *data, u64 cookie, u32 *ctrl)
{
	return ims_slot_compose_pasid(cookie, IMS_PASID_OPTIONAL, ctrl);
}

static const struct ims_slot_ops ims_queue_ops = {
	.masked		= IMS_CTRL_MASK,
	.compose	= ims_queue_compose,
	.write_slot	= ims_queue_write_slot,
};

static struct ims_software {
	struct ims_parent	parent;
	const char		*name;
	struct device		*dev;
} ims_software[] = {
	{
		.name			= IMS_SAMPLE_NAME,
		.parent.type.sysfs_name	= "software",
		/* On x86, memory takes readl() and writel() as MMIO does. */
		.parent.slots		= (void __iomem __force *)ims_software_slots,
		.parent.nr_slots	= IMS_SOFTWARE_SLOTS,
		.parent.ops		= &ims_array_ops,
		.parent.has_pasids	= true,
	}, {
		.name			= IMS_SAMPLE_NAME "_queue",
		.parent.type.sysfs_name	= "queue",
		.parent.slots		= (void __iomem __force *)ims_queue_slots,
		.parent.nr_slots	= IMS_SOFTWARE_SLOTS,
		.parent.ops		= &ims_queue_ops,
		.parent.has_pasids	= true,
	},
};

static struct class ims_software_class = {
	.name		= IMS_SAMPLE_NAME,
};

static int ims_software_register_one(struct ims_software *software)
{
	int ret;

	software->dev = device_create(&ims_software_class, NULL, MKDEV(0, 0),
				      NULL, "%s", software->name);
	if (IS_ERR(software->dev))
		return PTR_ERR(software->dev);

	ret = ims_parent_register(&software->parent, software->dev, NULL);
	if (ret)
		device_unregister(software->dev);
	return ret;
}

static void ims_software_unregister(unsigned int count)
{
	while (count--) {
		ims_parent_unregister(&ims_software[count].parent);
		device_unregister(ims_software[count].dev);
	}
	class_unregister(&ims_software_class);
}

static int ims_software_register(void)
{
	unsigned int i;
	int ret;

	ret = class_register(&ims_software_class);
	if (ret)
		return ret;

	for (i = 0; i < ARRAY_SIZE(ims_software); i++) {
		ret = ims_software_register_one(&ims_software[i]);
		if (ret) {
			ims_software_unregister(i);
			return ret;
		}
	}
	return 0;
}

int ims_parents_register(struct mdev_driver *driver)
{
	int ret;

	ims_sample_mdev_driver = driver;
	ims_sample_debugfs = debugfs_create_dir(IMS_SAMPLE_NAME, NULL);

	ret = ims_software_register();
	if (ret)
		goto err_debugfs;
	ret = pci_register_driver(&ims_lsi_driver);
	if (ret)
		goto err_software;
	ret = pci_register_driver(&ims_igb_driver);
	if (ret)
		goto err_lsi;
	return 0;

err_lsi:
	pci_unregister_driver(&ims_lsi_driver);
err_software:
	ims_software_unregister(ARRAY_SIZE(ims_software));
err_debugfs:
	debugfs_remove(ims_sample_debugfs);
	return ret;
}

void ims_parents_unregister(void)
{
	pci_unregister_driver(&ims_igb_driver);
	pci_unregister_driver(&ims_lsi_driver);
	ims_software_unregister(ARRAY_SIZE(ims_software));
	debugfs_remove(ims_sample_debugfs);
}
