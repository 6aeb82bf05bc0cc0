// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sample: an Interrupt Message Store in an LSI 53C895A SCSI controller.
 *
 * The slots are in its on-chip RAM, and its SCRIPTS processor, which can store a
 * register anywhere in memory, sends the messages. (QEMU: -device lsi53c895a.)
 */
#include <linux/bitmap.h>
#include <linux/bits.h>
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/iopoll.h>
#include <linux/lockdep.h>
#include <linux/module.h>
#include <linux/msi.h>
#include <linux/pci.h>
#include <linux/spinlock.h>

#include "ims_sample_parent.h"

#define LSI_MMIO_BAR		1
#define LSI_RAM_BAR		2
#define LSI_SLOTS		64	/* There is room for 512, which nobody needs. */

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

	lockdep_assert_held(&parent->lock);
	if (readl(&slot->ctrl) & IMS_CTRL_MASK) {
		__set_bit(index, parent->pending);
		return 0;
	}

	/* Scripts store below 4 GiB, which is where x86 wants them. */
	if (readl(&slot->address_hi))
		return -ERANGE;

	writel(readl(&slot->data), lsi->regs + LSI_SCRATCHB);
	lsi->script[0] = cpu_to_le32(LSI_STORE(LSI_SCRATCHB, 4));
	lsi->script[1] = cpu_to_le32(readl(&slot->address_lo));
	lsi->script[2] = cpu_to_le32(LSI_INT);
	lsi->script[3] = 0;
	return ims_lsi_run(lsi);
}

/*
 * IMS: a masked slot keeps what it has to send until it is unmasked. The lock is
 * shared with the scripts, so none of them sends any more when this has masked the
 * slot.
 */
static void ims_lsi_write_ctrl(void *data, unsigned int slot, u32 ctrl)
{
	struct ims_parent *parent = data;
	unsigned long flags;

	raw_spin_lock_irqsave(&parent->lock, flags);
	ims_parent_write_ctrl(parent, slot, ctrl);
	if (!(ctrl & IMS_CTRL_MASK) && !parent->away &&
	    __test_and_clear_bit(slot, parent->pending))
		ims_lsi_send(parent, slot);
	raw_spin_unlock_irqrestore(&parent->lock, flags);
}

/* IMS: with its message, an interrupt which is freed loses what was still to be sent. */
static void ims_lsi_write_msg(void *data, unsigned int slot, const struct msi_msg *msg)
{
	struct ims_parent *parent = data;
	unsigned long flags;

	raw_spin_lock_irqsave(&parent->lock, flags);
	ims_parent_write_msg(parent, slot, msg);
	if (!msg->address_lo)
		__clear_bit(slot, parent->pending);
	raw_spin_unlock_irqrestore(&parent->lock, flags);
}

static const struct ims_slot_ops ims_lsi_ops = {
	.masked		= IMS_CTRL_MASK,
	.compose	= ims_parent_compose,
	.write_msg	= ims_lsi_write_msg,
	.write_ctrl	= ims_lsi_write_ctrl,
};

static int ims_lsi_start(struct ims_parent *parent)
{
	struct ims_lsi *lsi = container_of(parent, struct ims_lsi, parent);

	writeb(0, lsi->regs + LSI_DIEN);
	return 0;
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

	lsi->regs = pcim_iomap_table(pdev)[LSI_MMIO_BAR];
	lsi->parent.type.sysfs_name = "dma";
	lsi->parent.slots = pcim_iomap_table(pdev)[LSI_RAM_BAR];
	lsi->parent.nr_slots = LSI_SLOTS;
	lsi->parent.ops = &ims_lsi_ops;
	lsi->parent.has_pasids = true;
	lsi->parent.start = ims_lsi_start;
	lsi->parent.send = ims_lsi_send;
	return ims_parent_register_pci(&lsi->parent, pdev);
}

static void ims_lsi_remove(struct pci_dev *pdev)
{
	ims_parent_unregister(pci_get_drvdata(pdev));
}

static const struct pci_device_id ims_lsi_ids[] = {
	{ PCI_DEVICE(PCI_VENDOR_ID_LSI_LOGIC, PCI_DEVICE_ID_LSI_53C895A) },
	{ }
};

/*
 * No MODULE_DEVICE_TABLE(): who has such a controller wants the driver of its
 * disks, unless this module is loaded by hand.
 */
struct pci_driver ims_lsi_driver = {
	.name		= IMS_SAMPLE_NAME "_lsi",
	.id_table	= ims_lsi_ids,
	.probe		= ims_lsi_probe,
	.remove		= ims_lsi_remove,
	.err_handler	= &ims_parent_err_handler,
	.driver.pm	= pm_sleep_ptr(&ims_parent_pm_ops),
};
