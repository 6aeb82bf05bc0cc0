// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupt Message Store (IMS): an interrupt chip which owns the slots a
 * device keeps its interrupt messages in.
 *
 * The slot is written here and nowhere else. Its PASID is handed to the
 * allocation and checked there; the startup callback, which runs inside
 * request_irq(), stores it together with the unmasking, and the shutdown
 * callback, which runs inside free_irq(), wipes it. So no interrupt can be sent
 * with a stale PASID, and no user of the interrupt has to know that there is
 * one.
 *
 * The hierarchy is a plain one: an IMS domain on top of the CPU vector domain,
 * or of the remapping unit which the device's MSIs go through.
 */
#include <linux/bitfield.h>
#include <linux/bitmap.h>
#include <linux/cpumask.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/io.h>
#include <linux/irq.h>
#include <linux/irqchip/irq-ims.h>
#include <linux/irqdomain.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/msi.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include <asm/hw_irq.h>
#include <asm/irqdomain.h>

#define CREATE_TRACE_POINTS
#include <trace/events/ims.h>

/* The VFIO glue fires these: they belong to the life of the same vector. */
EXPORT_TRACEPOINT_SYMBOL_GPL(ims_irq_request);
EXPORT_TRACEPOINT_SYMBOL_GPL(ims_irq_free);
EXPORT_TRACEPOINT_SYMBOL_GPL(ims_bypass_register);
EXPORT_TRACEPOINT_SYMBOL_GPL(ims_bypass_unregister);
EXPORT_TRACEPOINT_SYMBOL_GPL(ims_vector_bind);
EXPORT_TRACEPOINT_SYMBOL_GPL(ims_vector_unbind);
EXPORT_TRACEPOINT_SYMBOL_GPL(ims_signal);
EXPORT_TRACEPOINT_SYMBOL_GPL(ims_index_enable);
EXPORT_TRACEPOINT_SYMBOL_GPL(ims_index_disable);

struct ims_irq;

/*
 * A store: where slots live and how they are written. @write_msg and @write_ctrl
 * run with the interrupt descriptor locked and interrupts off. @reset runs while
 * the slot belongs to no interrupt, and may sleep.
 */
struct ims_store {
	const struct irq_chip	*chip;
	void (*reset)(const struct ims_domain *domain, unsigned int slot);
	void (*write_msg)(struct ims_irq *ims);
	void (*write_ctrl)(struct ims_irq *ims);
};

struct ims_domain {
	const struct ims_store	*store;
	struct irq_domain	*irq_domain;
	struct fwnode_handle	*fwnode;
	struct device		*dev;
	struct pci_dev		*msi_dev;
	enum ims_pasid_policy	pasid_policy;
	unsigned int		nr_slots;
	struct ims_slot __iomem	*slots;
	ims_write_slot_t	write_slot;
	void			*data;
	/* Slots in use. The irqdomain core serializes alloc() and free(). */
	unsigned long		*map;
};

/*
 * What the queue store has still to tell the device. @bus_lock is the outermost
 * of the interrupt's locks and the only one which is held while sleeping;
 * everything else is protected by @lock, which is the innermost.
 */
struct ims_queue_slot {
	struct mutex		bus_lock;	/* of the slot in the device */
	raw_spinlock_t		lock;		/* of what follows */
	struct work_struct	work;
	struct ims_slot		shadow;
	unsigned int		shadow_cpu;
	unsigned int		device_cpu;
	bool			dirty;		/* the shadow has changed */
	bool			writing;	/* the device is being told */
	bool			resend;		/* and then to be retriggered */
};

/* One allocated interrupt; the chip data of its irq_data. */
struct ims_irq {
	struct ims_domain	*domain;
	struct device		*dev;
	u32			index;
	u32			pasid;
	unsigned int		irq;
	unsigned int		slot;
	/* What the slot holds; changed under the descriptor's lock. */
	struct msi_msg		msg;
	u32			ctrl;
	/* The CPU which @msg is for, as long as no remapping unit decides. */
	unsigned int		cpu;
	struct ims_queue_slot	queue;
};

/*
 * The array store: slots in MMIO. The read-backs make sure that a write has
 * arrived before the caller goes on: a masked slot sends nothing any more, and
 * an unmasked one has the whole message.
 */
static void ims_array_write_msg(struct ims_irq *ims)
{
	struct ims_slot __iomem *slot = ims->domain->slots + ims->slot;

	writel(ims->msg.address_lo, &slot->address_lo);
	writel(ims->msg.address_hi, &slot->address_hi);
	writel(ims->msg.data, &slot->data);
	readl(&slot->data);
}

static void ims_array_write_ctrl(struct ims_irq *ims)
{
	struct ims_slot __iomem *slot = ims->domain->slots + ims->slot;

	writel(ims->ctrl, &slot->ctrl);
	readl(&slot->ctrl);
}

static void ims_array_reset(const struct ims_domain *domain, unsigned int index)
{
	struct ims_slot __iomem *slot = domain->slots + index;

	writel(IMS_CTRL_MASK, &slot->ctrl);
	readl(&slot->ctrl);
	writel(0, &slot->address_lo);
	writel(0, &slot->address_hi);
	writel(0, &slot->data);
	readl(&slot->data);
}

/*
 * The queue store: the driver writes the slots, and may sleep over it.
 *
 * The chip callbacks run with the descriptor locked, some of them in hard
 * interrupt context, so they only change a shadow. It becomes effective in
 * irq_bus_sync_unlock(), and so before request_irq(), free_irq(), enable_irq()
 * and disable_irq() go on.
 *
 * What the core does without the bus lock follows as soon as a worker can: to
 * mask in the flow handler, and to move the interrupt to another CPU, which
 * happens in the handler or, when a CPU goes offline, with all CPUs stopped.
 * Nothing has to be refused, for meanwhile the old state is a good one:
 *
 * - A mask of the flow handler is advisory: the core has marked the interrupt
 *   disabled or pending already, and takes another one as it is.
 * - After a move, the old vector stays valid until the first interrupt at the
 *   new one. That may not come from a retrigger before the device knows the new
 *   message, or the old vector is given away too early: so ims_queue_retrigger()
 *   waits for the device.
 * - When the old CPU has gone offline, what the device has sent it is lost. As
 *   it can't be known whether it has sent anything, the interrupt is retriggered.
 *
 * None of this is about a remapping unit: with one, the message never changes.
 */
static void ims_queue_write(struct ims_irq *ims)
{
	struct ims_queue_slot *q = &ims->queue;
	unsigned long flags;

	raw_spin_lock_irqsave(&q->lock, flags);
	q->shadow.address_lo = ims->msg.address_lo;
	q->shadow.address_hi = ims->msg.address_hi;
	q->shadow.data = ims->msg.data;
	q->shadow.ctrl = ims->ctrl;
	q->shadow_cpu = ims->cpu;
	q->dirty = true;
	raw_spin_unlock_irqrestore(&q->lock, flags);

	/* Finds nothing to do if somebody has the bus lock now. */
	queue_work(system_unbound_wq, &q->work);
}

static void ims_queue_sync(struct ims_irq *ims)
{
	const struct ims_domain *domain = ims->domain;
	struct ims_queue_slot *q = &ims->queue;
	struct ims_slot slot;
	unsigned int cpu;
	bool resend;

	lockdep_assert_held(&q->bus_lock);

	raw_spin_lock_irq(&q->lock);
	slot = q->shadow;
	cpu = q->shadow_cpu;
	q->writing = q->dirty;
	q->dirty = false;
	raw_spin_unlock_irq(&q->lock);

	if (q->writing)
		domain->write_slot(domain->data, ims->slot, &slot);

	raw_spin_lock_irq(&q->lock);
	if (q->writing && cpu != q->device_cpu) {
		if (q->device_cpu < nr_cpu_ids && !cpu_online(q->device_cpu))
			q->resend = true;
		q->device_cpu = cpu;
	}
	q->writing = false;
	/* Otherwise the core does it when it unmasks, or the worker will. */
	resend = q->resend && !q->dirty && !(slot.ctrl & IMS_CTRL_MASK);
	if (resend || cpu >= nr_cpu_ids)
		q->resend = false;
	raw_spin_unlock_irq(&q->lock);

	if (resend)
		irq_chip_retrigger_hierarchy(irq_get_irq_data(ims->irq));
}

static void ims_queue_work(struct work_struct *work)
{
	struct ims_irq *ims = container_of(work, struct ims_irq, queue.work);

	mutex_lock(&ims->queue.bus_lock);
	ims_queue_sync(ims);
	mutex_unlock(&ims->queue.bus_lock);
}

static void ims_queue_reset(const struct ims_domain *domain, unsigned int slot)
{
	const struct ims_slot unused = { .ctrl = IMS_CTRL_MASK };

	domain->write_slot(domain->data, slot, &unused);
}

static void ims_write_ctrl(struct ims_irq *ims, u32 ctrl)
{
	u32 old = ims->ctrl;

	ims->ctrl = ctrl;
	ims->domain->store->write_ctrl(ims);

	/* Masking alone is no news, a change of the auxiliary data is. */
	if ((old ^ ctrl) & ~IMS_CTRL_MASK)
		trace_ims_auxdata_write(ims->dev, ims->index, ims->irq,
					ims->slot, old, ctrl);
}

/*
 * irq_chip_compose_msi_msg() for modules: the message is made by the first
 * domain up the hierarchy which knows how.
 */
static int ims_compose_msg(struct irq_data *data, struct msi_msg *msg)
{
	while ((data = data->parent_data)) {
		if (data->chip && data->chip->irq_compose_msi_msg) {
			data->chip->irq_compose_msi_msg(data, msg);
			return 0;
		}
	}
	return -EOPNOTSUPP;
}

static int ims_update_msg(struct irq_data *data)
{
	struct ims_irq *ims = irq_data_get_irq_chip_data(data);
	struct msi_msg msg = { };
	int ret;

	ret = ims_compose_msg(data, &msg);
	if (ret)
		return ret;

	/*
	 * Usually nothing to do when the core applies the affinity between
	 * activation and startup.
	 */
	if (!memcmp(&msg, &ims->msg, sizeof(msg)))
		return 0;

	ims->msg = msg;
	ims->cpu = cpumask_first(irq_data_get_effective_affinity_mask(data));
	ims->domain->store->write_msg(ims);
	trace_ims_msg_write(ims->dev, ims->index, ims->irq, ims->slot,
			    msg.address_lo, msg.address_hi, msg.data);
	return 0;
}

static unsigned int ims_chip_startup(struct irq_data *data)
{
	struct ims_irq *ims = irq_data_get_irq_chip_data(data);
	u32 ctrl = 0;

	/* The message is already there: activation comes before startup. */
	if (ims->pasid != IMS_PASID_NONE)
		ctrl = IMS_CTRL_PASID_ENABLE |
		       FIELD_PREP(IMS_CTRL_PASID, ims->pasid);
	ims_write_ctrl(ims, ctrl);
	return 0;
}

static void ims_chip_shutdown(struct irq_data *data)
{
	ims_write_ctrl(irq_data_get_irq_chip_data(data), IMS_CTRL_MASK);
}

static void ims_chip_mask(struct irq_data *data)
{
	struct ims_irq *ims = irq_data_get_irq_chip_data(data);

	ims_write_ctrl(ims, ims->ctrl | IMS_CTRL_MASK);
}

static void ims_chip_unmask(struct irq_data *data)
{
	struct ims_irq *ims = irq_data_get_irq_chip_data(data);

	ims_write_ctrl(ims, ims->ctrl & ~IMS_CTRL_MASK);
}

/*
 * The array store can't write the three words of a message at once. It need not:
 * without a remapping unit the core changes the affinity of a running interrupt
 * only while it is masked, and with one the message never changes.
 */
static int ims_chip_set_affinity(struct irq_data *data,
				 const struct cpumask *mask, bool force)
{
	int ret, err;

	ret = irq_chip_set_affinity_parent(data, mask, force);
	if (ret < 0 || ret == IRQ_SET_MASK_OK_DONE)
		return ret;

	err = ims_update_msg(data);
	return err ?: ret;
}

static const struct irq_chip ims_array_chip = {
	.name			= "IMS",
	.irq_startup		= ims_chip_startup,
	.irq_shutdown		= ims_chip_shutdown,
	.irq_mask		= ims_chip_mask,
	.irq_unmask		= ims_chip_unmask,
	.irq_ack		= irq_chip_ack_parent,
	.irq_set_affinity	= ims_chip_set_affinity,
	.irq_retrigger		= irq_chip_retrigger_hierarchy,
	.irq_set_vcpu_affinity	= irq_chip_set_vcpu_affinity_parent,
	/* Set the affinity first: startup unmasks, the message must be final. */
	.flags			= IRQCHIP_SKIP_SET_WAKE |
				  IRQCHIP_AFFINITY_PRE_STARTUP,
};

static const struct ims_store ims_array_store = {
	.chip		= &ims_array_chip,
	.reset		= ims_array_reset,
	.write_msg	= ims_array_write_msg,
	.write_ctrl	= ims_array_write_ctrl,
};

static void ims_queue_bus_lock(struct irq_data *data)
{
	struct ims_irq *ims = irq_data_get_irq_chip_data(data);

	mutex_lock(&ims->queue.bus_lock);
}

static void ims_queue_bus_sync_unlock(struct irq_data *data)
{
	struct ims_irq *ims = irq_data_get_irq_chip_data(data);

	ims_queue_sync(ims);
	mutex_unlock(&ims->queue.bus_lock);
}

/* At once, or when the device has the message which leads to the same place. */
static int ims_queue_retrigger(struct irq_data *data)
{
	struct ims_irq *ims = irq_data_get_irq_chip_data(data);
	struct ims_queue_slot *q = &ims->queue;
	unsigned long flags;
	bool later;

	raw_spin_lock_irqsave(&q->lock, flags);
	later = q->dirty || q->writing;
	if (later)
		q->resend = true;
	raw_spin_unlock_irqrestore(&q->lock, flags);

	return later ? 1 : irq_chip_retrigger_hierarchy(data);
}

/* The array's, and the bus lock with what follows from it. */
static const struct irq_chip ims_queue_chip = {
	.name			= "IMS",
	.irq_startup		= ims_chip_startup,
	.irq_shutdown		= ims_chip_shutdown,
	.irq_mask		= ims_chip_mask,
	.irq_unmask		= ims_chip_unmask,
	.irq_ack		= irq_chip_ack_parent,
	.irq_set_affinity	= ims_chip_set_affinity,
	.irq_retrigger		= ims_queue_retrigger,
	.irq_set_vcpu_affinity	= irq_chip_set_vcpu_affinity_parent,
	.irq_bus_lock		= ims_queue_bus_lock,
	.irq_bus_sync_unlock	= ims_queue_bus_sync_unlock,
	.flags			= IRQCHIP_SKIP_SET_WAKE |
				  IRQCHIP_AFFINITY_PRE_STARTUP,
};

static const struct ims_store ims_queue_store = {
	.chip		= &ims_queue_chip,
	.reset		= ims_queue_reset,
	.write_msg	= ims_queue_write,
	.write_ctrl	= ims_queue_write,
};

static int ims_domain_alloc(struct irq_domain *irq_domain, unsigned int irq,
			    unsigned int nr_irqs, void *arg)
{
	struct ims_domain *domain = irq_domain->host_data;
	struct irq_alloc_info info = { };
	struct msi_desc desc = { };
	struct ims_irq *ims = arg;
	unsigned int slot;
	int ret;

	/* Only ims_irq_alloc() knows what else an interrupt needs. */
	if (!ims || nr_irqs != 1)
		return -EINVAL;

	slot = find_first_zero_bit(domain->map, domain->nr_slots);
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

	__set_bit(slot, domain->map);
	ims->irq = irq;
	ims->slot = slot;
	irq_domain_set_info(irq_domain, irq, slot, domain->store->chip, ims,
			    handle_edge_irq, NULL, "edge");
	return 0;
}

static void ims_domain_free(struct irq_domain *irq_domain, unsigned int irq,
			    unsigned int nr_irqs)
{
	struct ims_domain *domain = irq_domain->host_data;
	struct irq_data *data = irq_domain_get_irq_data(irq_domain, irq);
	unsigned int slot = data->hwirq;

	irq_domain_free_irqs_common(irq_domain, irq, nr_irqs);
	__clear_bit(slot, domain->map);
}

static int ims_domain_activate(struct irq_domain *irq_domain,
			       struct irq_data *data, bool reserve)
{
	return ims_update_msg(data);
}

/*
 * The parent is about to give the CPU's vector to somebody else. The slot is
 * masked; now it is as any unused one, without a message and a PASID.
 */
static void ims_domain_deactivate(struct irq_domain *irq_domain,
				  struct irq_data *data)
{
	struct ims_irq *ims = irq_data_get_irq_chip_data(data);

	ims_write_ctrl(ims, IMS_CTRL_MASK);
	ims->msg = (struct msi_msg) { };
	ims->cpu = nr_cpu_ids;
	ims->domain->store->write_msg(ims);
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

/**
 * ims_domain_create - Create an interrupt domain over the slots of a device
 * @info: What the domain is made of
 *
 * All slots are reset: masked, without message and PASID. From here on, until
 * ims_domain_destroy(), nobody else may write to them.
 *
 * Context: Process context, may sleep.
 * Return: The domain, or an ERR_PTR(): -EINVAL for incomplete information or not
 *	   exactly one store, -ENODEV or -EOPNOTSUPP when the PCI device has no MSI domain or one
 *	   that IMS can't be built on, -ENOMEM.
 */
struct ims_domain *ims_domain_create(const struct ims_domain_info *info)
{
	struct irq_domain *parent = x86_vector_domain;
	struct ims_domain *domain;
	unsigned int slot;
	char *name;
	int ret;

	if (!info->name || !info->dev || !info->nr_slots ||
	    !info->slots == !info->write_slot)
		return ERR_PTR(-EINVAL);

	if (info->msi_dev) {
		parent = ims_msi_parent(info->msi_dev);
		if (IS_ERR(parent))
			return ERR_CAST(parent);
	}

	domain = kzalloc(sizeof(*domain), GFP_KERNEL);
	if (!domain)
		return ERR_PTR(-ENOMEM);

	ret = -ENOMEM;
	domain->map = bitmap_zalloc(info->nr_slots, GFP_KERNEL);
	if (!domain->map)
		goto err_free;

	name = kasprintf(GFP_KERNEL, "IMS-%s", info->name);
	if (!name)
		goto err_map;
	domain->fwnode = irq_domain_alloc_named_fwnode(name);
	kfree(name);
	if (!domain->fwnode)
		goto err_map;

	domain->store = info->slots ? &ims_array_store : &ims_queue_store;
	domain->dev = get_device(info->dev);
	domain->msi_dev = pci_dev_get(info->msi_dev);
	domain->pasid_policy = info->pasid_policy;
	domain->nr_slots = info->nr_slots;
	domain->slots = info->slots;
	domain->write_slot = info->write_slot;
	domain->data = info->data;

	for (slot = 0; slot < domain->nr_slots; slot++)
		domain->store->reset(domain, slot);

	domain->irq_domain = irq_domain_create_hierarchy(parent, 0,
							 domain->nr_slots,
							 domain->fwnode,
							 &ims_domain_ops,
							 domain);
	if (!domain->irq_domain)
		goto err_fwnode;

	return domain;

err_fwnode:
	pci_dev_put(domain->msi_dev);
	put_device(domain->dev);
	irq_domain_free_fwnode(domain->fwnode);
err_map:
	bitmap_free(domain->map);
err_free:
	kfree(domain);
	return ERR_PTR(ret);
}
EXPORT_SYMBOL_GPL(ims_domain_create);

/**
 * ims_domain_destroy - Destroy an IMS domain
 * @domain: The domain
 *
 * A domain with an allocated slot is left as it is: an interrupt in use needs
 * all of it. The caller must not allocate from the domain at the same time.
 *
 * Context: Process context, may sleep.
 * Return: 0, or -EBUSY when a slot is still allocated.
 */
int ims_domain_destroy(struct ims_domain *domain)
{
	if (!bitmap_empty(domain->map, domain->nr_slots))
		return -EBUSY;

	irq_domain_remove(domain->irq_domain);
	irq_domain_free_fwnode(domain->fwnode);
	pci_dev_put(domain->msi_dev);
	put_device(domain->dev);
	bitmap_free(domain->map);
	kfree(domain);
	return 0;
}
EXPORT_SYMBOL_GPL(ims_domain_destroy);

static bool ims_pasid_valid(const struct ims_domain *domain, u32 pasid)
{
	if (pasid == IMS_PASID_NONE)
		return domain->pasid_policy == IMS_PASID_OPTIONAL;

	return pasid <= FIELD_MAX(IMS_CTRL_PASID);
}

/**
 * ims_irq_alloc - Allocate a slot and the interrupt it sends
 * @domain: The domain
 * @dev: The owner of the interrupt, which may be a part of the device only
 * @index: The owner's own number of the interrupt, as the index of an MSI-X
 *	   table entry; for humans and tracers, the domain does not look at it
 * @pasid: The PASID which the slot sends the message with, or IMS_PASID_NONE
 *
 * The slot stays masked and without a PASID until request_irq(), and is so
 * again after free_irq(). This is the only place where the PASID is checked, and
 * it can't be changed afterwards: free the interrupt and allocate another.
 *
 * Of the interrupt of a domain with &ims_domain_info.write_slot, the rules for
 * chips on slow busses hold: enable_irq(), disable_irq() and disable_irq_nosync()
 * may sleep, so they are not for interrupt context. Its affinity may be changed,
 * and irq_inject_interrupt() be called from wherever this is allowed for others.
 *
 * Context: Process context, may sleep.
 * Return: The Linux interrupt number, or -EINVAL when @pasid does not fit into
 *	   20 bits or is missing and the domain requires one, -ENOSPC when no
 *	   slot is free, -ENOMEM, or the error of the parent domain.
 */
int ims_irq_alloc(struct ims_domain *domain, struct device *dev, u32 index,
		  u32 pasid)
{
	u32 slot = IMS_TRACE_NONE;
	struct ims_irq *ims;
	int ret = -EINVAL;

	if (!ims_pasid_valid(domain, pasid))
		goto out;

	ret = -ENOMEM;
	ims = kzalloc(sizeof(*ims), GFP_KERNEL);
	if (!ims)
		goto out;

	ims->domain = domain;
	ims->dev = get_device(dev);
	ims->index = index;
	ims->pasid = pasid;
	ims->ctrl = IMS_CTRL_MASK;
	ims->cpu = nr_cpu_ids;
	ims->queue.device_cpu = nr_cpu_ids;
	mutex_init(&ims->queue.bus_lock);
	raw_spin_lock_init(&ims->queue.lock);
	INIT_WORK(&ims->queue.work, ims_queue_work);

	ret = irq_domain_alloc_irqs(domain->irq_domain, 1,
				    dev_to_node(domain->dev), ims);
	if (ret < 0) {
		put_device(ims->dev);
		kfree(ims);
	} else {
		slot = ims->slot;
	}
out:
	trace_ims_slot_alloc(dev, index, max(ret, 0), slot, pasid, min(ret, 0));
	return ret;
}
EXPORT_SYMBOL_GPL(ims_irq_alloc);

static struct ims_irq *ims_irq_find(unsigned int irq)
{
	struct irq_data *data = irq_get_irq_data(irq);

	if (!data || !data->domain || data->domain->ops != &ims_domain_ops)
		return NULL;

	return irq_data_get_irq_chip_data(data);
}

/**
 * ims_irq_free - Free an interrupt and its slot
 * @irq: The interrupt which ims_irq_alloc() returned, after free_irq()
 *
 * Context: Process context, may sleep.
 */
void ims_irq_free(unsigned int irq)
{
	struct ims_irq *ims = ims_irq_find(irq);

	if (WARN_ON_ONCE(!ims))
		return;

	/* After free_irq() nothing queues it again, and all is written. */
	cancel_work_sync(&ims->queue.work);
	irq_dispose_mapping(irq);
	trace_ims_slot_free(ims->dev, ims->index, irq, ims->slot);
	put_device(ims->dev);
	kfree(ims);
}
EXPORT_SYMBOL_GPL(ims_irq_free);

/**
 * ims_irq_slot - The slot of an interrupt
 * @irq: The interrupt which ims_irq_alloc() returned
 *
 * This is what a device wants to see in a descriptor which asks for an
 * interrupt. It stays the same until ims_irq_free().
 *
 * Context: Any context.
 * Return: The slot, or -EINVAL when @irq is not an IMS interrupt.
 */
int ims_irq_slot(unsigned int irq)
{
	struct ims_irq *ims = ims_irq_find(irq);

	return ims ? ims->slot : -EINVAL;
}
EXPORT_SYMBOL_GPL(ims_irq_slot);

MODULE_DESCRIPTION("Interrupt Message Store interrupt chip");
MODULE_LICENSE("GPL");
