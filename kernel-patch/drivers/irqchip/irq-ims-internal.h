/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupt Message Store (IMS): what the interrupt chip and its place in the
 * hierarchy of interrupt domains share. The former is irq-ims.c; the latter is the
 * four functions ims_hierarchy_*().
 */
#ifndef _IRQ_IMS_INTERNAL_H
#define _IRQ_IMS_INTERNAL_H

#include <linux/irq.h>
#include <linux/irqchip/irq-ims.h>
#include <linux/kref.h>
#include <linux/msi.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

/*
 * @irqs is the table of slots, of which NULL are free; @lock protects it and @away.
 * The domain lives as long as one of its interrupts: @ref.
 */
struct ims_domain {
	struct kref			ref;
	struct device			*dev;
	struct pci_dev			*msi_dev;
	const struct ims_slot_ops	*ops;
	void				*data;
	struct mutex			lock;		/* of @irqs and @away */
	bool				away;
	unsigned int			nr_slots;
	struct ims_irq			**irqs;
	const struct irq_chip		*chip;
	void				*hierarchy;	/* of ims_hierarchy_*() */
};

/*
 * One allocated interrupt; the chip data of its irq_data. @bus_lock is the outermost
 * of the interrupt's locks and the only one which is held while sleeping; @lock is
 * the innermost.
 */
struct ims_irq {
	struct ims_domain	*domain;
	unsigned int		irq;
	unsigned int		slot;
	raw_spinlock_t		lock;		/* of what follows */
	u64			cookie;
	/* The control word which the driver has made of @cookie. */
	u32			unmasked;
	/* What the slot is to hold, and does unless the device is away. */
	struct msi_msg		msg;
	u32			ctrl;
	bool			started;	/* from startup to shutdown */
	bool			away;		/* nothing may be written */

	/* What a store whose writing sleeps has still to tell the device. */
	struct mutex		bus_lock;	/* of the slot in the device */
	struct work_struct	work;
	bool			dirty;		/* msg or ctrl has changed */
	bool			moved;		/* msg has, while started */
	bool			writing;	/* the device is being told */
	bool			moving;		/* the parent is choosing a CPU */
	bool			resend;		/* to be retriggered after that */
};

void ims_write_msg(struct ims_irq *ims, const struct msi_msg *msg);
void ims_move_begin(struct ims_irq *ims);
void ims_move_end(struct ims_irq *ims);

extern const struct irq_chip ims_array_chip;
extern const struct irq_chip ims_queue_chip;

/**
 * ims_hierarchy_create - Make a domain of interrupts for a domain of slots
 * @domain: The slots, complete but for what is made here
 * @name: Of the domain
 *
 * The chip of its interrupts is made from &ims_domain.chip, which knows nothing of a
 * parent's choice of a CPU.
 *
 * Return: 0 or a negative errno
 */
int ims_hierarchy_create(struct ims_domain *domain, const char *name);

/* After all interrupts have been freed. */
void ims_hierarchy_destroy(struct ims_domain *domain);

/**
 * ims_hierarchy_alloc - Allocate a slot and an interrupt
 * @ims: Is told its slot, and is the chip data
 *
 * Return: The Linux interrupt number, or a negative errno
 */
int ims_hierarchy_alloc(struct ims_irq *ims);
void ims_hierarchy_free(struct ims_irq *ims);

/* Whether the interrupt which @data is about is from such a domain. */
bool ims_hierarchy_has(struct irq_data *data);

#endif /* _IRQ_IMS_INTERNAL_H */
