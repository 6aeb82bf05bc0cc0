/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For drivers/irqchip/irq-ims-msi.c as part of a module, on a kernel without the patch
 * series: unexported.c finds what the MSI core does not export. The domain takes the place
 * of that for MSI-X, with its bus token, which x86 knows.
 */
#ifndef _UNEXPORTED_H
#define _UNEXPORTED_H

#include <linux/device.h>
#include <linux/irqdomain.h>
#include <linux/msi.h>
#include <linux/slab.h>

#define MSI_IMS_DOMAIN		MSI_DEFAULT_DOMAIN
#define DOMAIN_BUS_DEVICE_IMS	DOMAIN_BUS_PCI_DEVICE_MSIX
#define MSI_FLAG_IMS		MSI_FLAG_PCI_MSIX

#define UNEXPORTED(what)			\
	what(msi_setup_device_data)		\
	what(msi_match_device_irq_domain)	\
	what(msi_create_device_irq_domain)	\
	what(msi_remove_device_irq_domain)	\
	what(msi_domain_alloc_irq_at)		\
	what(msi_domain_free_irqs_range)	\
	what(msi_domain_set_affinity)

#define DECLARE_POINTER(name)	extern typeof(name) *unexported_##name;
UNEXPORTED(DECLARE_POINTER)

bool unexported_create(struct device *dev, unsigned int domid,
		       const struct msi_domain_template *template, unsigned int hwsize,
		       void *domain_data, void *chip_data);

#ifndef UNEXPORTED_C
#define msi_setup_device_data		(*unexported_msi_setup_device_data)
#define msi_match_device_irq_domain	(*unexported_msi_match_device_irq_domain)
#define msi_create_device_irq_domain	unexported_create
#define msi_remove_device_irq_domain	(*unexported_msi_remove_device_irq_domain)
#define msi_domain_alloc_irq_at		(*unexported_msi_domain_alloc_irq_at)
#define msi_domain_free_irqs_range	(*unexported_msi_domain_free_irqs_range)
#define msi_domain_set_affinity		(*unexported_msi_domain_set_affinity)
#endif

#endif /* _UNEXPORTED_H */
