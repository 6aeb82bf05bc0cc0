// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupt Message Store (IMS): interrupts for modules which are built out of the
 * kernel tree.
 *
 * Per-device MSI domains are closed to modules, and x86 accepts none but PCI's there.
 * So this is a plain hierarchy: an IMS domain on top of the CPU vector domain, or of
 * the remapping unit which the device's MSIs go through. In the tree,
 * drivers/irqchip/irq-ims-msi.c takes its place.
 */
#include <linux/bitmap.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/module.h>
#include <linux/msi.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include <asm/hw_irq.h>
#include <asm/irqdomain.h>

#include "../drivers/irqchip/irq-ims-internal.h"

struct ims_hierarchy {
	struct irq_chip		chip;
	struct irq_domain	*irq_domain;
	struct fwnode_handle	*fwnode;
	unsigned long		*map;
};

/*
 * irq_chip_compose_msi_msg() for modules: the message is made by the first
 * domain up the hierarchy which knows how.
 */
static int ims_update_msg(struct irq_data *data)
{
	struct ims_irq *ims = irq_data_get_irq_chip_data(data);
	struct msi_msg msg = { };

	while ((data = data->parent_data)) {
		if (data->chip && data->chip->irq_compose_msi_msg) {
			data->chip->irq_compose_msi_msg(data, &msg);
			ims_write_msg(ims, &msg);
			return 0;
		}
	}
	return -EOPNOTSUPP;
}

static int ims_set_affinity(struct irq_data *data, const struct cpumask *mask,
			    bool force)
{
	struct ims_irq *ims = irq_data_get_irq_chip_data(data);
	int ret, err = 0;

	ims_move_begin(ims);
	ret = irq_chip_set_affinity_parent(data, mask, force);
	if (ret >= 0 && ret != IRQ_SET_MASK_OK_DONE)
		err = ims_update_msg(data);
	ims_move_end(ims);
	return err ?: ret;
}

static int ims_domain_alloc(struct irq_domain *irq_domain, unsigned int irq,
			    unsigned int nr_irqs, void *arg)
{
	struct ims_domain *domain = irq_domain->host_data;
	struct ims_hierarchy *hierarchy = domain->hierarchy;
	struct irq_alloc_info info = { };
	struct msi_desc desc = { };
	struct ims_irq *ims = arg;
	unsigned int slot;
	int ret;

	/* Only ims_hierarchy_alloc() knows what else an interrupt needs. */
	if (!ims || nr_irqs != 1)
		return -EINVAL;

	/* The irqdomain core serializes alloc() and free(). */
	slot = find_first_zero_bit(hierarchy->map, domain->nr_slots);
	if (slot >= domain->nr_slots)
		return -ENOSPC;

	/*
	 * A remapping unit has to know whose messages it lets through. It asks
	 * for the PCI device in terms of MSI-X, during the allocation only.
	 */
	if (domain->msi_dev) {
		desc.dev = &domain->msi_dev->dev;
		info.type = X86_IRQ_ALLOC_TYPE_PCI_MSIX;
		info.desc = &desc;
	}

	ret = irq_domain_alloc_irqs_parent(irq_domain, irq, nr_irqs, &info);
	if (ret)
		return ret;

	__set_bit(slot, hierarchy->map);
	ims->slot = slot;
	irq_domain_set_info(irq_domain, irq, slot, &hierarchy->chip, ims,
			    handle_edge_irq, NULL, "edge");
	return 0;
}

static void ims_domain_free(struct irq_domain *irq_domain, unsigned int irq,
			    unsigned int nr_irqs)
{
	struct ims_domain *domain = irq_domain->host_data;
	struct ims_hierarchy *hierarchy = domain->hierarchy;
	struct irq_data *data = irq_domain_get_irq_data(irq_domain, irq);
	unsigned int slot = data->hwirq;

	irq_domain_free_irqs_common(irq_domain, irq, nr_irqs);
	__clear_bit(slot, hierarchy->map);
}

static int ims_domain_activate(struct irq_domain *irq_domain,
			       struct irq_data *data, bool reserve)
{
	return ims_update_msg(data);
}

/* The parent is about to give the CPU's vector to somebody else; the slot is masked. */
static void ims_domain_deactivate(struct irq_domain *irq_domain,
				  struct irq_data *data)
{
	const struct msi_msg empty = { };

	ims_write_msg(irq_data_get_irq_chip_data(data), &empty);
}

static const struct irq_domain_ops ims_domain_ops = {
	.alloc		= ims_domain_alloc,
	.free		= ims_domain_free,
	.activate	= ims_domain_activate,
	.deactivate	= ims_domain_deactivate,
};

/* The domain which the PCI device's MSIs are allocated from. */
static struct irq_domain *ims_msi_parent(struct pci_dev *pdev)
{
	struct irq_domain *parent = dev_get_msi_domain(&pdev->dev);

	if (!parent)
		return ERR_PTR(-ENODEV);

	/*
	 * Some host bridges put a PCI-only MSI domain of their own here. IMS
	 * messages can't go through it.
	 */
	if (!irq_domain_is_msi_parent(parent))
		return ERR_PTR(-EOPNOTSUPP);

	return parent;
}

int ims_hierarchy_create(struct ims_domain *domain, const char *name)
{
	struct irq_domain *parent = x86_vector_domain;
	struct ims_hierarchy *hierarchy;

	if (domain->msi_dev)
		parent = ims_msi_parent(domain->msi_dev);
	if (IS_ERR(parent))
		return PTR_ERR(parent);

	hierarchy = kzalloc(sizeof(*hierarchy), GFP_KERNEL);
	if (!hierarchy)
		return -ENOMEM;

	hierarchy->map = bitmap_zalloc(domain->nr_slots, GFP_KERNEL);
	if (!hierarchy->map)
		goto err_free;

	name = kasprintf(GFP_KERNEL, "IMS-%s", name);
	if (!name)
		goto err_map;
	hierarchy->fwnode = irq_domain_alloc_named_fwnode(name);
	kfree(name);
	if (!hierarchy->fwnode)
		goto err_map;

	hierarchy->chip = *domain->chip;
	hierarchy->chip.irq_set_affinity = ims_set_affinity;
	/* Without a remapping unit a move changes the message. */
	if (parent == x86_vector_domain)
		hierarchy->chip.flags |= IRQCHIP_MOVE_DEFERRED;

	domain->hierarchy = hierarchy;
	hierarchy->irq_domain = irq_domain_create_hierarchy(parent, 0,
							    domain->nr_slots,
							    hierarchy->fwnode,
							    &ims_domain_ops,
							    domain);
	if (!hierarchy->irq_domain)
		goto err_fwnode;
	return 0;

err_fwnode:
	irq_domain_free_fwnode(hierarchy->fwnode);
err_map:
	bitmap_free(hierarchy->map);
err_free:
	kfree(hierarchy);
	return -ENOMEM;
}

void ims_hierarchy_destroy(struct ims_domain *domain)
{
	struct ims_hierarchy *hierarchy = domain->hierarchy;

	irq_domain_remove(hierarchy->irq_domain);
	irq_domain_free_fwnode(hierarchy->fwnode);
	bitmap_free(hierarchy->map);
	kfree(hierarchy);
}

int ims_hierarchy_alloc(struct ims_irq *ims)
{
	struct ims_hierarchy *hierarchy = ims->domain->hierarchy;

	return irq_domain_alloc_irqs(hierarchy->irq_domain, 1,
				     dev_to_node(ims->domain->dev), ims);
}

void ims_hierarchy_free(struct ims_irq *ims)
{
	irq_dispose_mapping(ims->irq);
}

bool ims_hierarchy_has(struct irq_data *data)
{
	return data->domain && data->domain->ops == &ims_domain_ops;
}

MODULE_DESCRIPTION("Interrupt Message Store interrupt chip");
MODULE_LICENSE("GPL");
