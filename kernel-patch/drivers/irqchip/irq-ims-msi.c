// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupt Message Store (IMS): the domain of interrupts of a device with slots is
 * the second MSI domain of that device, beside the one for its MSI or MSI-X.
 *
 * The device whose MSI domain it is, is the one which sends the messages: a PCI
 * device, on top of whatever its MSIs are allocated from, or the device which has the
 * slots where software sends what is in them.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/msi.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include <asm/irqdomain.h>

#include "irq-ims-internal.h"

static void ims_chip_write_msi_msg(struct irq_data *data, struct msi_msg *msg)
{
	/* For debugfs. */
	irq_data_get_msi_desc(data)->msg = *msg;
	ims_write_msg(irq_data_get_irq_chip_data(data), msg);
}

static int ims_chip_set_affinity(struct irq_data *data,
				 const struct cpumask *mask, bool force)
{
	struct ims_irq *ims = irq_data_get_irq_chip_data(data);
	int ret;

	ims_move_begin(ims);
	ret = msi_domain_set_affinity(data, mask, force);
	ims_move_end(ims);
	return ret;
}

static void ims_msi_set_desc(msi_alloc_info_t *arg, struct msi_desc *desc)
{
	arg->desc = desc;
	arg->hwirq = desc->msi_index;
}

static int ims_msi_init(struct irq_domain *irq_domain,
			struct msi_domain_info *info, unsigned int irq,
			irq_hw_number_t slot, msi_alloc_info_t *arg)
{
	struct ims_irq *ims = arg->desc->data.icookie.ptr;

	ims->slot = slot;
	irq_domain_set_info(irq_domain, irq, slot, info->chip, ims,
			    info->handler, NULL, info->handler_name);
	return 0;
}

static struct irq_domain *ims_msi_parent(const struct ims_domain *domain,
					 struct device *dev)
{
	struct irq_domain *parent = dev_get_msi_domain(dev);

	/* The CPUs take what software sends. */
	if (!parent && !domain->msi_dev) {
		dev_set_msi_domain(dev, x86_vector_domain);
		parent = x86_vector_domain;
	}
	if (!parent)
		return ERR_PTR(-ENODEV);

	/* Some host bridges collect the MSIs of their bus. IMS messages are none. */
	if (!irq_domain_is_msi_parent(parent) ||
	    !(parent->msi_parent_ops->supported_flags & MSI_FLAG_IMS))
		return ERR_PTR(-EOPNOTSUPP);

	return parent;
}

int ims_hierarchy_create(struct ims_domain *domain, const char *name)
{
	struct device *dev = domain->msi_dev ? &domain->msi_dev->dev : domain->dev;
	struct irq_domain *parent = ims_msi_parent(domain, dev);
	struct msi_domain_template *template;
	int ret;

	if (IS_ERR(parent))
		return PTR_ERR(parent);

	/* Descriptors have 16 bits for it. */
	if (domain->nr_slots > MSI_MAX_INDEX)
		return -EINVAL;

	ret = msi_setup_device_data(dev);
	if (ret)
		return ret;

	if (msi_match_device_irq_domain(dev, MSI_IMS_DOMAIN, DOMAIN_BUS_DEVICE_IMS))
		return -EBUSY;

	template = kzalloc_obj(*template);
	if (!template)
		return -ENOMEM;

	template->chip = *domain->chip;
	template->chip.irq_set_affinity = ims_chip_set_affinity;
	template->chip.irq_write_msi_msg = ims_chip_write_msi_msg;
	template->ops.set_desc = ims_msi_set_desc;
	template->ops.msi_init = ims_msi_init;
	template->info.flags = MSI_FLAG_IMS | MSI_FLAG_FREE_MSI_DESCS;
	template->info.bus_token = DOMAIN_BUS_DEVICE_IMS;

	domain->hierarchy = dev;
	if (!msi_create_device_irq_domain(dev, MSI_IMS_DOMAIN, template,
					  domain->nr_slots, domain, NULL))
		ret = -ENOMEM;
	kfree(template);
	return ret;
}

void ims_hierarchy_destroy(struct ims_domain *domain)
{
	msi_remove_device_irq_domain(domain->hierarchy, MSI_IMS_DOMAIN);
}

int ims_hierarchy_alloc(struct ims_irq *ims)
{
	union msi_instance_cookie cookie = { .ptr = ims };
	struct msi_map map;

	map = msi_domain_alloc_irq_at(ims->domain->hierarchy, MSI_IMS_DOMAIN,
				      MSI_ANY_INDEX, NULL, &cookie);
	/* What the xarray says when all indexes are taken. */
	if (map.index == -EBUSY)
		return -ENOSPC;

	return map.index < 0 ? map.index : map.virq;
}

void ims_hierarchy_free(struct ims_irq *ims)
{
	msi_domain_free_irqs_range(ims->domain->hierarchy, MSI_IMS_DOMAIN,
				   ims->slot, ims->slot);
}

bool ims_hierarchy_has(struct irq_data *data)
{
	return data->chip &&
	       data->chip->irq_write_msi_msg == ims_chip_write_msi_msg;
}
