// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sample: an Interrupt Message Store in an Intel 82576 network controller.
 *
 * The slots are the entries of its MSI-X table, which the PCI core knows nothing of
 * here: this driver enables MSI-X by itself. A slot has the mask and the pending bit of
 * MSI-X, and no PASID. Writing a bit of EICS sends the message of the slot with that
 * number. (QEMU 8.0 or later: -device igb.)
 */
#include <linux/bits.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/pci.h>

#include "ims_sample_parent.h"

#define IGB_MMIO_BAR		0
#define IGB_MSIX_BAR		3

#define IGB_GPIE		0x1514
#define  IGB_GPIE_MULTIPLE_MSIX	BIT(4)	/* bit n of EICR is for vector n */
#define IGB_EICS		0x1520	/* causes to set */
#define IGB_EIMS		0x1524	/* causes to enable */
#define IGB_EIMC		0x1528	/* causes to disable */
#define IGB_EIAC		0x152c	/* causes which sending the message clears */

struct ims_igb {
	struct ims_parent	parent;
	struct pci_dev		*pdev;
	void __iomem		*regs;
};

static int ims_igb_send(struct ims_parent *parent, unsigned int slot)
{
	struct ims_igb *igb = container_of(parent, struct ims_igb, parent);

	writel(BIT(slot), igb->regs + IGB_EICS);
	return 0;
}

/* IMS: there is nothing that a message could be sent with. */
static int ims_igb_compose(void *data, u64 cookie, u32 *ctrl)
{
	*ctrl = 0;
	return cookie == IMS_COOKIE_NONE ? 0 : -EINVAL;
}

static const struct ims_slot_ops ims_igb_ops = {
	.masked		= PCI_MSIX_ENTRY_CTRL_MASKBIT,
	.compose	= ims_igb_compose,
	.write_msg	= ims_parent_write_msg,
	.write_ctrl	= ims_parent_write_ctrl,
};

static int ims_igb_set_msix(struct ims_igb *igb, u16 enable)
{
	u16 flags;
	int ret;

	ret = pci_read_config_word(igb->pdev, igb->pdev->msix_cap + PCI_MSIX_FLAGS,
				   &flags);
	if (ret)
		return pcibios_err_to_errno(ret);

	flags &= ~(PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
	ret = pci_write_config_word(igb->pdev, igb->pdev->msix_cap + PCI_MSIX_FLAGS,
				    flags | enable);
	return pcibios_err_to_errno(ret);
}

static int ims_igb_start(struct ims_parent *parent)
{
	struct ims_igb *igb = container_of(parent, struct ims_igb, parent);
	u32 causes = GENMASK(parent->nr_slots - 1, 0);

	writel(U32_MAX, igb->regs + IGB_EIMC);
	writel(IGB_GPIE_MULTIPLE_MSIX, igb->regs + IGB_GPIE);
	writel(causes, igb->regs + IGB_EIAC);
	writel(causes, igb->regs + IGB_EIMS);
	return ims_igb_set_msix(igb, PCI_MSIX_FLAGS_ENABLE);
}

static void ims_igb_stop(struct ims_igb *igb)
{
	writel(U32_MAX, igb->regs + IGB_EIMC);
	ims_igb_set_msix(igb, 0);
}

static int ims_igb_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct ims_igb *igb;
	int ret, count;

	igb = devm_kzalloc(&pdev->dev, sizeof(*igb), GFP_KERNEL);
	if (!igb)
		return -ENOMEM;

	count = pci_msix_vec_count(pdev);
	if (count < 0)
		return count;
	ret = pcim_enable_device(pdev);
	if (ret)
		return ret;
	ret = pcim_iomap_regions(pdev, BIT(IGB_MMIO_BAR) | BIT(IGB_MSIX_BAR),
				 IMS_SAMPLE_NAME);
	if (ret)
		return ret;

	igb->pdev = pdev;
	igb->regs = pcim_iomap_table(pdev)[IGB_MMIO_BAR];
	igb->parent.type.sysfs_name = "igb";
	igb->parent.slots = pcim_iomap_table(pdev)[IGB_MSIX_BAR];
	igb->parent.nr_slots = count;
	igb->parent.ops = &ims_igb_ops;
	igb->parent.start = ims_igb_start;
	igb->parent.send = ims_igb_send;
	ret = ims_parent_register_pci(&igb->parent, pdev);
	if (ret)
		ims_igb_stop(igb);
	return ret;
}

static void ims_igb_remove(struct pci_dev *pdev)
{
	struct ims_parent *parent = pci_get_drvdata(pdev);

	ims_parent_unregister(parent);
	ims_igb_stop(container_of(parent, struct ims_igb, parent));
}

static const struct pci_device_id ims_igb_ids[] = {
	{ PCI_VDEVICE(INTEL, 0x10c9) },
	{ }
};

/* No MODULE_DEVICE_TABLE(), see ims_sample_lsi.c. */
struct pci_driver ims_igb_driver = {
	.name		= IMS_SAMPLE_NAME "_igb",
	.id_table	= ims_igb_ids,
	.probe		= ims_igb_probe,
	.remove		= ims_igb_remove,
	.err_handler	= &ims_parent_err_handler,
	.driver.pm	= pm_sleep_ptr(&ims_parent_pm_ops),
};
