/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupt Message Store (IMS): interrupt messages kept in slots of the
 * device's own instead of an MSI-X table.
 *
 * Three numbers, and never one for the other: the *index* is how the owner
 * counts its interrupts, the *slot* is where the message is stored, and the
 * *irq* is the Linux interrupt number.
 */
#ifndef _LINUX_IRQCHIP_IRQ_IMS_H
#define _LINUX_IRQCHIP_IRQ_IMS_H

#include <linux/bits.h>
#include <linux/types.h>

struct device;
struct ims_domain;
struct pci_dev;

/**
 * struct ims_slot - One slot as the device sees it
 * @address_lo:	Lower 32 bits of the message address
 * @address_hi:	Upper 32 bits of the message address
 * @data:	Message data
 * @ctrl:	Control word, IMS_CTRL_*
 */
struct ims_slot {
	u32	address_lo;
	u32	address_hi;
	u32	data;
	u32	ctrl;
};

/* The slot sends nothing while this bit is set. */
#define IMS_CTRL_MASK		BIT(0)
/* The auxiliary data: the PASID which the message is sent with, or none. */
#define IMS_CTRL_PASID_ENABLE	BIT(3)
#define IMS_CTRL_PASID		GENMASK(31, 12)

/* No PASID. The same value as IOMMU_PASID_INVALID. */
#define IMS_PASID_NONE		((u32)-1)

/**
 * enum ims_pasid_policy - Whether the interrupts of a domain need a PASID
 * @IMS_PASID_OPTIONAL: The device also sends messages without a PASID, e.g.
 *			for a queue which only the host submits to
 * @IMS_PASID_REQUIRED:	A message without a PASID is a bug in the driver
 */
enum ims_pasid_policy {
	IMS_PASID_OPTIONAL,
	IMS_PASID_REQUIRED,
};

/**
 * typedef ims_write_slot_t - Put new contents into a slot
 * @data:	@data of struct ims_domain_info
 * @slot:	Number of the slot
 * @contents:	All of what the slot is to hold
 *
 * When it returns, the device must use the new contents: a slot which is masked
 * then sends nothing any more. In between, the device may use the old contents
 * or the new ones, but never send a message which is neither: where a slot can't
 * be written at once, mask it in the device first and write its control word
 * last. There is no way to fail; a device which doesn't answer has to be reset.
 *
 * Called in process context; may sleep. Never called twice at once for a slot,
 * but maybe for different ones. Must not wait for anything which waits for the
 * interrupt itself to be enabled, disabled, requested or freed.
 */
typedef void (*ims_write_slot_t)(void *data, unsigned int slot,
				 const struct ims_slot *contents);

/**
 * struct ims_domain_info - What an IMS domain is made of
 * @name:	Name of the domain; copied
 * @dev:	The device which has the slots
 * @msi_dev:	NULL to parent the domain to the CPU vector domain: right for
 *		messages which software sends. A PCI device which sends the
 *		messages by DMA has to be given here: the parent is then the
 *		one of its MSIs, which may be an interrupt remapping unit.
 * @nr_slots:	Number of slots
 * @slots:	The array store: the slots are this array, in the device's MMIO
 *		space. They are written in any context and read back.
 * @write_slot: The queue store: the slots are where only the driver can write
 *		them, as in the memory of a queue which has to be stopped for it.
 *		Exactly one of @slots and @write_slot is given.
 * @data:	For @write_slot
 * @pasid_policy: Whether an interrupt must have a PASID
 */
struct ims_domain_info {
	const char		*name;
	struct device		*dev;
	struct pci_dev		*msi_dev;
	unsigned int		nr_slots;
	struct ims_slot __iomem	*slots;
	ims_write_slot_t	write_slot;
	void			*data;
	enum ims_pasid_policy	pasid_policy;
};

struct ims_domain *ims_domain_create(const struct ims_domain_info *info);
int ims_domain_destroy(struct ims_domain *domain);

int ims_irq_alloc(struct ims_domain *domain, struct device *dev, u32 index,
		  u32 pasid);
void ims_irq_free(unsigned int irq);
int ims_irq_slot(unsigned int irq);

#endif /* _LINUX_IRQCHIP_IRQ_IMS_H */
