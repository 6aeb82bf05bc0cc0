/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupt Message Store (IMS): interrupt messages kept in slots of the
 * device's own instead of an MSI-X table.
 *
 * Three things, and never one for the other: the *slot* is where the message is
 * stored, the *irq* is the Linux interrupt number, and the *cookie* is what the
 * device needs to know of the interrupt besides the message, such as the PASID
 * which it is sent with. What a cookie means and how a slot is laid out is the
 * device's driver's business.
 */
#ifndef _LINUX_IRQCHIP_IRQ_IMS_H
#define _LINUX_IRQCHIP_IRQ_IMS_H

#include <linux/bits.h>
#include <linux/io.h>
#include <linux/types.h>

struct device;
struct ims_domain;
struct msi_msg;
struct pci_dev;

/* No cookie. */
#define IMS_COOKIE_NONE		U64_MAX
/* No slot. Slots are smaller. */
#define IMS_SLOT_NONE		U32_MAX

/**
 * struct ims_slot_ops - How the slots of a device are written
 * @masked: The bits of the control word which mask a slot. The control word of a
 *	    slot without an interrupt is this.
 * @compose: Check a cookie, and make the control word of a slot which sends with
 *	     it, unmasked. Returns 0, or -EINVAL for a cookie which this device can't
 *	     send with. Called in any context, with locks held.
 * @write_msg: Put a message into a slot. Only called while the slot is masked,
 *	       or when a remapping unit is responsible for where the message goes.
 * @write_ctrl: Put the control word into a slot.
 * @write_slot: Put both into a slot whose writing may sleep, as one in the memory
 *		of a queue which has to be stopped for it.
 *
 * A device has either @write_msg and @write_ctrl, or @write_slot. There is no way
 * for them to fail: a device which does not answer has to be reset.
 *
 * @write_msg and @write_ctrl are called in any context, with a raw spinlock held
 * and interrupts off, never twice at once for a slot. When they return, the device
 * must use the new contents: a write to MMIO has to be read back.
 *
 * @write_slot is called in process context and may sleep, never twice at once for
 * a slot, but maybe for different ones. When it returns, the device must use the
 * new contents. In between, it may use the old contents or the new ones, but never
 * send a message which is neither: where a slot can't be written at once, mask it
 * in the device first and write its control word last. It must not wait for
 * anything which waits for the interrupt itself to be enabled, disabled, requested
 * or freed.
 *
 * What a slot must do while it is masked: send nothing, remember that it had to
 * send, and send once when it is unmasked. MSI-X calls this the pending bit. The
 * interrupt core masks an interrupt to move it to another CPU, so a device which
 * forgets instead loses interrupts.
 */
struct ims_slot_ops {
	u32 masked;
	int (*compose)(void *data, u64 cookie, u32 *ctrl);
	void (*write_msg)(void *data, unsigned int slot,
			  const struct msi_msg *msg);
	void (*write_ctrl)(void *data, unsigned int slot, u32 ctrl);
	void (*write_slot)(void *data, unsigned int slot,
			   const struct msi_msg *msg, u32 ctrl);
};

/**
 * struct ims_domain_info - What an IMS domain is made of
 * @name:	Name of the domain; copied
 * @dev:	The device which has the slots
 * @msi_dev:	NULL to parent the domain to the CPU vector domain: right for
 *		messages which software sends. A PCI device which sends the
 *		messages by DMA has to be given here: the parent is then the
 *		one of its MSIs, which may be an interrupt remapping unit.
 * @nr_slots:	Number of slots
 * @ops:	How they are written
 * @data:	For @ops
 */
struct ims_domain_info {
	const char			*name;
	struct device			*dev;
	struct pci_dev			*msi_dev;
	unsigned int			nr_slots;
	const struct ims_slot_ops	*ops;
	void				*data;
};

struct ims_domain *ims_domain_create(const struct ims_domain_info *info);
void ims_domain_destroy(struct ims_domain *domain);
int ims_domain_check_cookie(const struct ims_domain *domain, u64 cookie);
void ims_domain_suspend(struct ims_domain *domain);
void ims_domain_restore(struct ims_domain *domain);

int ims_irq_alloc(struct ims_domain *domain, u64 cookie);
int ims_irq_set_cookie(unsigned int irq, u64 cookie);
void ims_irq_free(unsigned int irq);
int ims_irq_slot(unsigned int irq);

/**
 * struct ims_slot - The layout of a slot in an array
 * @address_lo:	Lower 32 bits of the message address
 * @address_hi:	Upper 32 bits of the message address
 * @data:	Message data
 * @ctrl:	Control word, IMS_CTRL_*
 *
 * This is the layout of Intel's Data Streaming Accelerator, and without the PASID
 * that of an MSI-X table. A driver whose slots look like this can use the helpers
 * below in its &struct ims_slot_ops.
 */
struct ims_slot {
	u32	address_lo;
	u32	address_hi;
	u32	data;
	u32	ctrl;
};

/* The slot sends nothing while this bit is set. */
#define IMS_CTRL_MASK		BIT(0)
/* The PASID which the message is sent with, or none. */
#define IMS_CTRL_PASID_ENABLE	BIT(3)
#define IMS_CTRL_PASID		GENMASK(31, 12)

/**
 * enum ims_pasid_policy - Whether the interrupts of a device need a PASID
 * @IMS_PASID_OPTIONAL: The device also sends messages without a PASID, e.g.
 *			for a queue which only the host submits to
 * @IMS_PASID_REQUIRED:	A message without a PASID is a bug in the driver. PASID 0
 *			is the one of the host's own DMA (IOMMU_NO_PASID), and
 *			none either.
 */
enum ims_pasid_policy {
	IMS_PASID_OPTIONAL,
	IMS_PASID_REQUIRED,
};

int ims_slot_compose_pasid(u64 cookie, enum ims_pasid_policy policy, u32 *ctrl);
void ims_slot_write_msg(struct ims_slot __iomem *slot,
			const struct msi_msg *msg);
void ims_slot_write_ctrl(struct ims_slot __iomem *slot, u32 ctrl);

#endif /* _LINUX_IRQCHIP_IRQ_IMS_H */
