// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sample: what has an Interrupt Message Store, and virtual devices on it.
 *
 * There are three sorts of parents:
 *
 * - "software", always there: the slots are an array in ordinary memory, and
 *   nothing ever sends what they hold. Interrupts are retriggered.
 * - "queue", always there: the same, but the slots are written as those in the
 *   memory of a queue, which has to be stopped for it. A PASID is optional.
 * - "dma", one per LSI 53C895A SCSI controller: the slots are in the on-chip RAM,
 *   and the controller's SCRIPTS processor, which can store a register anywhere
 *   in memory, sends the messages. (QEMU: -device lsi53c895a.)
 *
 * Their types in sysfs are
 *
 *	/sys/class/mdev_bus/ims_sample/mdev_supported_types/ims_sample-software
 *	/sys/class/mdev_bus/ims_sample_queue/mdev_supported_types/ims_sample-queue
 *	/sys/class/mdev_bus/PCI-ADDRESS/mdev_supported_types/ims_sample-dma
 *
 * and their slots can be looked at in /sys/kernel/debug/ims_sample/PARENT/slots:
 * a line for each with its number, address_lo, address_hi, data and ctrl, in hex.
 */
#include <linux/bits.h>
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/err.h>
#include <linux/io.h>
#include <linux/iopoll.h>
#include <linux/module.h>
#include <linux/msi.h>
#include <linux/pci.h>
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
 * IMS: how the slots are written. An array of them which looks like this takes no more.
 */
static int ims_parent_compose(void *data, u64 cookie, u32 *ctrl)
{
	return ims_slot_compose_pasid(cookie, IMS_PASID_REQUIRED, ctrl);
}

static void ims_parent_write_msg(void *data, unsigned int slot,
				 const struct msi_msg *msg)
{
	struct ims_parent *parent = data;

	ims_slot_write_msg(&parent->slots[slot], msg);
}

static void ims_parent_write_ctrl(void *data, unsigned int slot, u32 ctrl)
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

static int ims_parent_register(struct ims_parent *parent, struct device *dev,
			       struct pci_dev *msi_dev, const char *type)
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

	parent->domain = ims_domain_create(&info);
	if (IS_ERR(parent->domain))
		return PTR_ERR(parent->domain);

	parent->type.sysfs_name = type;
	parent->type.pretty_name = type;
	parent->types[0] = &parent->type;
	ret = mdev_register_parent(&parent->mdev, dev, ims_sample_mdev_driver,
				   parent->types, ARRAY_SIZE(parent->types));
	if (ret) {
		ims_domain_destroy(parent->domain);
		return ret;
	}

	parent->debugfs = debugfs_create_dir(dev_name(dev), ims_sample_debugfs);
	debugfs_create_file("slots", 0400, parent->debugfs, parent,
			    &ims_sample_slots_fops);
	return 0;
}

static void ims_parent_unregister(struct ims_parent *parent)
{
	debugfs_remove(parent->debugfs);
	/* Waits until every virtual device is closed, and so every slot free. */
	mdev_unregister_parent(&parent->mdev);
	ims_domain_destroy(parent->domain);
}

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
	const char		*type;
	struct device		*dev;
} ims_software[] = {
	{
		.name			= IMS_SAMPLE_NAME,
		.type			= "software",
		/* On x86, memory takes readl() and writel() as MMIO does. */
		.parent.slots		= (void __iomem __force *)ims_software_slots,
		.parent.nr_slots	= IMS_SOFTWARE_SLOTS,
		.parent.ops		= &ims_array_ops,
	}, {
		.name			= IMS_SAMPLE_NAME "_queue",
		.type			= "queue",
		.parent.slots		= (void __iomem __force *)ims_queue_slots,
		.parent.nr_slots	= IMS_SOFTWARE_SLOTS,
		.parent.ops		= &ims_queue_ops,
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

	ret = ims_parent_register(&software->parent, software->dev, NULL,
				  software->type);
	if (ret)
		device_unregister(software->dev);
	return ret;
}

static void ims_software_unregister_one(struct ims_software *software)
{
	ims_parent_unregister(&software->parent);
	device_unregister(software->dev);
}

static int ims_software_register(void)
{
	int i, ret;

	ret = class_register(&ims_software_class);
	if (ret)
		return ret;

	for (i = 0; i < ARRAY_SIZE(ims_software); i++) {
		ret = ims_software_register_one(&ims_software[i]);
		if (ret)
			goto err;
	}
	return 0;

err:
	while (i--)
		ims_software_unregister_one(&ims_software[i]);
	class_unregister(&ims_software_class);
	return ret;
}

static void ims_software_unregister(void)
{
	int i = ARRAY_SIZE(ims_software);

	while (i--)
		ims_software_unregister_one(&ims_software[i]);
	class_unregister(&ims_software_class);
}

/*
 * The LSI 53C895A.
 */
#define LSI_MMIO_BAR		1
#define LSI_RAM_BAR		2

#define LSI_DSTAT		0x0c	/* why the script has stopped */
#define  LSI_DSTAT_STOPPED	GENMASK(6, 0)
#define  LSI_DSTAT_SIR		BIT(2)	/* at an INT instruction */
#define LSI_DSP			0x2c	/* script pointer: writing it is "run" */
#define LSI_DIEN		0x39	/* interrupts of the SCRIPTS processor */
#define LSI_SCRATCHB		0x5c

#define LSI_STORE(reg, bytes)	(0xe0000000 | (reg) << 16 | (bytes))
#define LSI_INT			0x98080000
#define LSI_SCRIPT_WORDS	4
#define LSI_TIMEOUT_US		1000

struct ims_lsi {
	struct ims_parent	parent;
	void __iomem		*regs;
	spinlock_t		lock;		/* one script at a time */
	__le32			*script;
	dma_addr_t		script_addr;
};

static int ims_lsi_run(struct ims_lsi *lsi)
{
	u8 dstat;
	int ret;

	readb(lsi->regs + LSI_DSTAT);	/* clears it */
	writel(lower_32_bits(lsi->script_addr), lsi->regs + LSI_DSP);

	ret = readb_poll_timeout_atomic(lsi->regs + LSI_DSTAT, dstat,
					dstat & LSI_DSTAT_STOPPED, 1,
					LSI_TIMEOUT_US);
	if (ret)
		return ret;
	return dstat & LSI_DSTAT_SIR ? 0 : -EIO;
}

/*
 * The message never passes through the CPU's interrupt code: it is taken from
 * the device's memory, and as the device would, only if the slot says so.
 */
static int ims_lsi_send(struct ims_parent *parent, unsigned int index)
{
	struct ims_lsi *lsi = container_of(parent, struct ims_lsi, parent);
	struct ims_slot __iomem *slot = &parent->slots[index];
	int ret;

	spin_lock(&lsi->lock);
	if (readl(&slot->ctrl) & IMS_CTRL_MASK) {
		ret = -EAGAIN;
	} else if (readl(&slot->address_hi)) {
		/* Scripts store below 4 GiB, which is where x86 wants them. */
		ret = -ERANGE;
	} else {
		writel(readl(&slot->data), lsi->regs + LSI_SCRATCHB);
		lsi->script[0] = cpu_to_le32(LSI_STORE(LSI_SCRATCHB, 4));
		lsi->script[1] = cpu_to_le32(readl(&slot->address_lo));
		lsi->script[2] = cpu_to_le32(LSI_INT);
		lsi->script[3] = 0;
		ret = ims_lsi_run(lsi);
	}
	spin_unlock(&lsi->lock);
	return ret;
}

static int ims_lsi_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct ims_lsi *lsi;
	int ret;

	lsi = devm_kzalloc(&pdev->dev, sizeof(*lsi), GFP_KERNEL);
	if (!lsi)
		return -ENOMEM;

	ret = pcim_enable_device(pdev);
	if (ret)
		return ret;
	ret = pcim_iomap_regions(pdev, BIT(LSI_MMIO_BAR) | BIT(LSI_RAM_BAR),
				 IMS_SAMPLE_NAME);
	if (ret)
		return ret;
	ret = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(32));
	if (ret)
		return ret;
	lsi->script = dmam_alloc_coherent(&pdev->dev,
					  LSI_SCRIPT_WORDS * sizeof(__le32),
					  &lsi->script_addr, GFP_KERNEL);
	if (!lsi->script)
		return -ENOMEM;

	spin_lock_init(&lsi->lock);
	lsi->regs = pcim_iomap_table(pdev)[LSI_MMIO_BAR];
	writeb(0, lsi->regs + LSI_DIEN);
	pci_set_master(pdev);

	lsi->parent.slots = pcim_iomap_table(pdev)[LSI_RAM_BAR];
	lsi->parent.nr_slots = pci_resource_len(pdev, LSI_RAM_BAR) /
			       sizeof(struct ims_slot);
	lsi->parent.send = ims_lsi_send;
	lsi->parent.ops = &ims_array_ops;
	pci_set_drvdata(pdev, lsi);
	return ims_parent_register(&lsi->parent, &pdev->dev, pdev, "dma");
}

static void ims_lsi_remove(struct pci_dev *pdev)
{
	struct ims_lsi *lsi = pci_get_drvdata(pdev);

	ims_parent_unregister(&lsi->parent);
}

static const struct pci_device_id ims_lsi_ids[] = {
	{ PCI_DEVICE(PCI_VENDOR_ID_LSI_LOGIC, PCI_DEVICE_ID_LSI_53C895A) },
	{ }
};

/*
 * No MODULE_DEVICE_TABLE(): who has such a controller wants the driver of its
 * disks, unless this module is loaded by hand.
 */
static struct pci_driver ims_lsi_driver = {
	.name		= IMS_SAMPLE_NAME,
	.id_table	= ims_lsi_ids,
	.probe		= ims_lsi_probe,
	.remove		= ims_lsi_remove,
};

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
	return 0;

err_software:
	ims_software_unregister();
err_debugfs:
	debugfs_remove(ims_sample_debugfs);
	return ret;
}

void ims_parents_unregister(void)
{
	pci_unregister_driver(&ims_lsi_driver);
	ims_software_unregister();
	debugfs_remove(ims_sample_debugfs);
}
