// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interrupt Message Store (IMS): an interrupt chip which owns the slots a
 * device keeps its interrupt messages in.
 *
 * The slot is written from here and from nowhere else, by the callbacks of the
 * device's driver. The cookie of an interrupt, such as its PASID, is checked when
 * it is given; the startup callback, which runs inside request_irq(), stores it
 * together with the unmasking, and the shutdown callback, which runs inside
 * free_irq(), wipes it. So no interrupt can be sent with a stale PASID, and no user
 * of the interrupt has to know that there is one.
 *
 * Where the interrupts are in the hierarchy of domains is up to ims_hierarchy_*().
 */
#include <linux/bitfield.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/io.h>
#include <linux/irq.h>
#include <linux/irqchip/irq-ims.h>
#include <linux/irqdomain.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/msi.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/preempt.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "irq-ims-internal.h"

#define CREATE_TRACE_POINTS
#include <trace/events/ims.h>

/*
 * A slot in MMIO, the array store, is written where the chip's callbacks are called.
 *
 * A slot whose writing may sleep, the queue store, can't be: the callbacks run with
 * the descriptor locked, some of them in hard interrupt context. They only change
 * what the slot is to hold. It becomes effective in irq_bus_sync_unlock(), and so
 * before request_irq(), free_irq(), enable_irq() and disable_irq() go on.
 *
 * What the core does without the bus lock follows as soon as a worker can: to
 * mask in the flow handler, and to move the interrupt to another CPU, which
 * happens in the handler or, when a CPU goes offline, with all CPUs stopped.
 * Meanwhile the device has the old contents:
 *
 * - A mask of the flow handler is advisory: the core has marked the interrupt
 *   disabled or pending already, and takes another one as it is.
 * - After a move, the old vector usually stays valid until the first interrupt at
 *   the new one. That may not come from a retrigger before the device knows the new
 *   message, or the old vector is given away too early: ims_queue_retrigger() waits
 *   for the device, and ims_queue_sync() does not retrigger while the parent is
 *   choosing another vector.
 * - But it does not always: when a CPU goes offline, its vectors are gone and a move
 *   which was under way is over. What the device has sent with the old message since
 *   then is lost. Neither that it was sent nor that it was lost can be known here, so
 *   the interrupt is retriggered after each change of the message which the device
 *   is told of, and after one which came and went before it was.
 *
 * None of this is about a remapping unit: with one, the message never changes.
 */
static bool ims_sleeps(const struct ims_irq *ims)
{
	return ims->domain->ops->write_slot;
}

/* msg or ctrl has changed. */
static void ims_queue_write(struct ims_irq *ims)
{
	lockdep_assert_held(&ims->lock);
	ims->dirty = true;
	/* Finds nothing to do if somebody has the bus lock now. */
	queue_work(system_dfl_wq, &ims->work);
}

static void ims_queue_sync(struct ims_irq *ims)
{
	const struct ims_domain *domain = ims->domain;
	struct msi_msg msg;
	bool moved;
	u32 ctrl;

	lockdep_assert_held(&ims->bus_lock);

	raw_spin_lock_irq(&ims->lock);
	msg = ims->msg;
	ctrl = ims->ctrl;
	moved = ims->moved;
	ims->writing = ims->dirty && !ims->away;
	if (ims->writing) {
		ims->dirty = false;
		ims->moved = false;
	}
	raw_spin_unlock_irq(&ims->lock);

	if (ims->writing)
		domain->ops->write_slot(domain->data, ims->slot, &msg, ctrl);

	raw_spin_lock_irq(&ims->lock);
	if (ims->writing && moved)
		ims->resend = true;
	ims->writing = false;
	if (!ims->started)
		ims->resend = false;
	/* Otherwise the core does it when it unmasks, or the worker will. */
	if (ims->resend && !ims->dirty && !ims->moving &&
	    !(ims->ctrl & domain->ops->masked)) {
		ims->resend = false;
		irq_chip_retrigger_hierarchy(irq_get_irq_data(ims->irq));
	}
	raw_spin_unlock_irq(&ims->lock);
}

static void ims_queue_work(struct work_struct *work)
{
	struct ims_irq *ims = container_of(work, struct ims_irq, work);

	mutex_lock(&ims->bus_lock);
	ims_queue_sync(ims);
	mutex_unlock(&ims->bus_lock);
}

/* Between these two the parent may send a retrigger to a vector that the device has not. */
void ims_move_begin(struct ims_irq *ims)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&ims->lock, flags);
	ims->moving = true;
	raw_spin_unlock_irqrestore(&ims->lock, flags);
}

void ims_move_end(struct ims_irq *ims)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&ims->lock, flags);
	ims->moving = false;
	if (ims->resend)
		queue_work(system_dfl_wq, &ims->work);
	raw_spin_unlock_irqrestore(&ims->lock, flags);
}

static bool ims_msg_is_empty(const struct msi_msg *msg)
{
	const struct msi_msg empty = { };

	return !memcmp(msg, &empty, sizeof(empty));
}

/**
 * ims_write_msg - The interrupt has another message
 * @ims: The interrupt, with its descriptor locked
 * @msg: The message; empty when the parent takes its vector back
 */
void ims_write_msg(struct ims_irq *ims, const struct msi_msg *msg)
{
	const struct ims_domain *domain = ims->domain;
	unsigned long flags;

	/*
	 * Usually nothing to do when the core applies the affinity between
	 * activation and startup.
	 */
	if (!memcmp(msg, &ims->msg, sizeof(*msg)))
		return;

	raw_spin_lock_irqsave(&ims->lock, flags);
	ims->msg = *msg;
	ims->moved |= ims->started;
	if (ims_sleeps(ims))
		ims_queue_write(ims);
	else if (!ims->away)
		domain->ops->write_msg(domain->data, ims->slot, msg);
	raw_spin_unlock_irqrestore(&ims->lock, flags);

	if (!ims_msg_is_empty(msg))
		trace_ims_msg_write(domain->dev, ims->irq, ims->slot,
				    msg->address_lo, msg->address_hi, msg->data);
}

static void ims_write_ctrl_locked(struct ims_irq *ims, u32 ctrl)
{
	const struct ims_domain *domain = ims->domain;

	lockdep_assert_held(&ims->lock);
	ims->ctrl = ctrl;
	if (ims_sleeps(ims))
		ims_queue_write(ims);
	else if (!ims->away)
		domain->ops->write_ctrl(domain->data, ims->slot, ctrl);
}

static void ims_set_masked(struct irq_data *data, bool masked)
{
	struct ims_irq *ims = irq_data_get_irq_chip_data(data);
	u32 mask = ims->domain->ops->masked;
	unsigned long flags;

	raw_spin_lock_irqsave(&ims->lock, flags);
	ims_write_ctrl_locked(ims, masked ? ims->ctrl | mask : ims->ctrl & ~mask);
	raw_spin_unlock_irqrestore(&ims->lock, flags);
}

static void ims_chip_mask(struct irq_data *data)
{
	ims_set_masked(data, true);
}

static void ims_chip_unmask(struct irq_data *data)
{
	ims_set_masked(data, false);
}

/* The cookie comes and goes with the unmasked slot: one write has both. */
static void ims_set_started(struct ims_irq *ims, bool started)
{
	const struct ims_domain *domain = ims->domain;
	unsigned long flags;
	u32 old, new;

	raw_spin_lock_irqsave(&ims->lock, flags);
	old = ims->ctrl;
	new = started ? ims->unmasked : domain->ops->masked;
	ims->started = started;
	ims->moved = false;
	ims_write_ctrl_locked(ims, new);
	raw_spin_unlock_irqrestore(&ims->lock, flags);

	/* Masking alone is no news. */
	if ((old ^ new) & ~domain->ops->masked)
		trace_ims_auxdata_write(domain->dev, ims->irq, ims->slot,
					started ? ims->cookie : IMS_COOKIE_NONE,
					old, new);
}

static unsigned int ims_chip_startup(struct irq_data *data)
{
	/* The message is already there: activation comes before startup. */
	ims_set_started(irq_data_get_irq_chip_data(data), true);
	return 0;
}

static void ims_chip_shutdown(struct irq_data *data)
{
	ims_set_started(irq_data_get_irq_chip_data(data), false);
}

/*
 * The array store can't write the words of a message at once. It need not: without a
 * remapping unit, IRQCHIP_MOVE_DEFERRED has the core change the affinity of a running
 * interrupt only while it is masked, and with one the message never changes.
 */
#define IMS_CHIP_CALLBACKS						\
	.name			= "IMS",				\
	.irq_startup		= ims_chip_startup,			\
	.irq_shutdown		= ims_chip_shutdown,			\
	.irq_mask		= ims_chip_mask,			\
	.irq_unmask		= ims_chip_unmask,			\
	.irq_ack		= irq_chip_ack_parent,			\
	.irq_set_vcpu_affinity	= irq_chip_set_vcpu_affinity_parent,	\
	/* Set the affinity first: startup unmasks, the message must be final. */ \
	.flags			= IRQCHIP_SKIP_SET_WAKE |		\
				  IRQCHIP_ONESHOT_SAFE |		\
				  IRQCHIP_AFFINITY_PRE_STARTUP

const struct irq_chip ims_array_chip = {
	IMS_CHIP_CALLBACKS,
	.irq_retrigger		= irq_chip_retrigger_hierarchy,
};

static void ims_queue_bus_lock(struct irq_data *data)
{
	struct ims_irq *ims = irq_data_get_irq_chip_data(data);

	/* enable_irq() and irq_inject_interrupt() lead here, from a timer too. */
	WARN_ONCE(in_interrupt() || irqs_disabled(),
		  "irq %u: its slot is written by a driver which sleeps", data->irq);
	mutex_lock(&ims->bus_lock);
}

static void ims_queue_bus_sync_unlock(struct irq_data *data)
{
	struct ims_irq *ims = irq_data_get_irq_chip_data(data);

	ims_queue_sync(ims);
	mutex_unlock(&ims->bus_lock);
}

/* At once, or when the device has the message which leads to the same place. */
static int ims_queue_retrigger(struct irq_data *data)
{
	struct ims_irq *ims = irq_data_get_irq_chip_data(data);
	unsigned long flags;
	int ret = 1;

	raw_spin_lock_irqsave(&ims->lock, flags);
	if (ims->dirty || ims->writing)
		ims->resend = true;
	else
		ret = irq_chip_retrigger_hierarchy(data);
	raw_spin_unlock_irqrestore(&ims->lock, flags);

	return ret;
}

const struct irq_chip ims_queue_chip = {
	IMS_CHIP_CALLBACKS,
	.irq_retrigger		= ims_queue_retrigger,
	.irq_bus_lock		= ims_queue_bus_lock,
	.irq_bus_sync_unlock	= ims_queue_bus_sync_unlock,
};

/* A slot without an interrupt: masked, and no message in it. */
static void ims_reset_slot(const struct ims_domain *domain, unsigned int slot)
{
	const struct ims_slot_ops *ops = domain->ops;
	const struct msi_msg empty = { };

	if (ops->write_slot) {
		ops->write_slot(domain->data, slot, &empty, ops->masked);
	} else {
		ops->write_ctrl(domain->data, slot, ops->masked);
		ops->write_msg(domain->data, slot, &empty);
	}
}

static void ims_domain_release(struct kref *ref)
{
	struct ims_domain *domain = container_of(ref, struct ims_domain, ref);

	ims_hierarchy_destroy(domain);
	pci_dev_put(domain->msi_dev);
	put_device(domain->dev);
	mutex_destroy(&domain->lock);
	kvfree(domain->irqs);
	kfree(domain);
}

static bool ims_ops_are_valid(const struct ims_slot_ops *ops)
{
	if (!ops || !ops->masked || !ops->compose)
		return false;

	/* All of one store, nothing of the other. */
	return ops->write_slot ? !ops->write_msg && !ops->write_ctrl :
				 ops->write_msg && ops->write_ctrl;
}

/**
 * ims_domain_create - Create an interrupt domain over the slots of a device
 * @info: What the domain is made of
 *
 * All slots are reset: masked, without message and cookie. From here on, until
 * ims_domain_destroy(), nobody else may write to them.
 *
 * Context: Process context, may sleep.
 * Return: The domain, or an ERR_PTR(): -EINVAL for incomplete information or not
 *	   exactly one way to write a slot, -ENODEV or -EOPNOTSUPP when the PCI
 *	   device has no MSI domain or one that IMS can't be built on, -ENOMEM.
 */
struct ims_domain *ims_domain_create(const struct ims_domain_info *info)
{
	struct ims_domain *domain;
	unsigned int slot;
	int ret = -ENOMEM;

	if (!info->name || !info->dev || !info->nr_slots ||
	    !ims_ops_are_valid(info->ops))
		return ERR_PTR(-EINVAL);

	domain = kzalloc_obj(*domain);
	if (!domain)
		return ERR_PTR(-ENOMEM);

	domain->irqs = kvcalloc(info->nr_slots, sizeof(*domain->irqs), GFP_KERNEL);
	if (!domain->irqs)
		goto err_free;

	kref_init(&domain->ref);
	mutex_init(&domain->lock);
	domain->dev = get_device(info->dev);
	domain->msi_dev = pci_dev_get(info->msi_dev);
	domain->ops = info->ops;
	domain->data = info->data;
	domain->nr_slots = info->nr_slots;
	domain->chip = info->ops->write_slot ? &ims_queue_chip : &ims_array_chip;

	for (slot = 0; slot < domain->nr_slots; slot++)
		ims_reset_slot(domain, slot);

	ret = ims_hierarchy_create(domain, info->name);
	if (ret)
		goto err_put;

	return domain;

err_put:
	pci_dev_put(domain->msi_dev);
	put_device(domain->dev);
	mutex_destroy(&domain->lock);
	kvfree(domain->irqs);
err_free:
	kfree(domain);
	return ERR_PTR(ret);
}
EXPORT_SYMBOL_GPL(ims_domain_create);

static void ims_irq_set_away(struct ims_irq *ims)
{
	/* Whoever is writing is waited for. */
	mutex_lock(&ims->bus_lock);
	raw_spin_lock_irq(&ims->lock);
	ims->away = true;
	raw_spin_unlock_irq(&ims->lock);
	mutex_unlock(&ims->bus_lock);
}

static void ims_irq_restore(struct ims_irq *ims)
{
	const struct ims_domain *domain = ims->domain;
	const struct ims_slot_ops *ops = domain->ops;

	mutex_lock(&ims->bus_lock);
	raw_spin_lock_irq(&ims->lock);
	ims->away = false;
	if (ims_sleeps(ims)) {
		ims->dirty = true;
	} else {
		ops->write_ctrl(domain->data, ims->slot, ops->masked);
		ops->write_msg(domain->data, ims->slot, &ims->msg);
		ops->write_ctrl(domain->data, ims->slot, ims->ctrl);
	}
	raw_spin_unlock_irq(&ims->lock);
	if (ims_sleeps(ims))
		ims_queue_sync(ims);
	mutex_unlock(&ims->bus_lock);
}

/**
 * ims_domain_suspend - Leave the slots alone until ims_domain_restore()
 * @domain: The domain
 *
 * For what takes the device away or makes it forget its slots: a reset, a low power
 * state, a surprise removal. Until ims_domain_restore() no slot is written, while
 * interrupts may still be allocated, requested, masked, moved and freed. Nothing
 * happens when it is called twice.
 *
 * Context: Process context, may sleep. The caller serializes it with
 *	    ims_domain_restore() and ims_domain_destroy().
 */
void ims_domain_suspend(struct ims_domain *domain)
{
	unsigned int slot;

	mutex_lock(&domain->lock);
	domain->away = true;
	for (slot = 0; slot < domain->nr_slots; slot++) {
		if (domain->irqs[slot])
			ims_irq_set_away(domain->irqs[slot]);
	}
	mutex_unlock(&domain->lock);
}
EXPORT_SYMBOL_GPL(ims_domain_suspend);

/**
 * ims_domain_restore - Write all slots anew
 * @domain: The domain
 *
 * The device is back, maybe reset: each slot gets what it is to hold by now. To be
 * called before the device has anything to send; what it should have sent meanwhile is
 * its driver's business. Without an ims_domain_suspend() before, it is for a device
 * which has been reset without a word.
 *
 * Context: Process context, may sleep. The caller serializes it with
 *	    ims_domain_suspend() and ims_domain_destroy().
 */
void ims_domain_restore(struct ims_domain *domain)
{
	unsigned int slot;

	mutex_lock(&domain->lock);
	domain->away = false;
	for (slot = 0; slot < domain->nr_slots; slot++) {
		if (domain->irqs[slot])
			ims_irq_restore(domain->irqs[slot]);
		else
			ims_reset_slot(domain, slot);
	}
	mutex_unlock(&domain->lock);
}
EXPORT_SYMBOL_GPL(ims_domain_restore);

/**
 * ims_domain_destroy - Destroy an IMS domain
 * @domain: The domain; not to be used any more
 *
 * All of its interrupts should have been freed. A driver which is removed can't wait
 * for one that has not: this is reported, what the interrupt needs lives until it is
 * freed, and none of the driver's callbacks is called again.
 *
 * Context: Process context, may sleep.
 */
void ims_domain_destroy(struct ims_domain *domain)
{
	unsigned int slot, used = 0;

	ims_domain_suspend(domain);

	mutex_lock(&domain->lock);
	for (slot = 0; slot < domain->nr_slots; slot++)
		used += !!domain->irqs[slot];
	mutex_unlock(&domain->lock);
	if (used)
		dev_err(domain->dev, "%u IMS interrupts are not freed yet\n", used);

	kref_put(&domain->ref, ims_domain_release);
}
EXPORT_SYMBOL_GPL(ims_domain_destroy);

/**
 * ims_domain_check_cookie - Whether an interrupt may be allocated with a cookie
 * @domain: The domain
 * @cookie: The cookie, or IMS_COOKIE_NONE
 *
 * For those who get a cookie before they allocate: this tells where it comes from.
 *
 * Context: Any context.
 * Return: 0, or -EINVAL.
 */
int ims_domain_check_cookie(const struct ims_domain *domain, u64 cookie)
{
	u32 ctrl;

	return domain->ops->compose(domain->data, cookie, &ctrl);
}
EXPORT_SYMBOL_GPL(ims_domain_check_cookie);

/**
 * ims_irq_alloc - Allocate a slot and the interrupt it sends
 * @domain: The domain
 * @cookie: What the slot is told besides the message, such as the PASID which it
 *	    sends with, or IMS_COOKIE_NONE
 *
 * The slot stays masked and without a cookie until request_irq(), and is so again
 * after free_irq().
 *
 * Of the interrupt of a domain with &ims_slot_ops.write_slot, the rules for chips on
 * slow busses hold: enable_irq(), disable_irq(), disable_irq_nosync() and
 * irq_inject_interrupt() may sleep, so they are not for interrupt context. Its
 * affinity may be changed from wherever this is allowed for others. Whenever that has
 * changed the message, the handler is called once more than the device has sent: the
 * interrupt may have been lost on the way, or not.
 *
 * Context: Process context, may sleep.
 * Return: The Linux interrupt number, or -EINVAL for a cookie which the device can't
 *	   send with, -ENOSPC when no slot is free, -ENOMEM, or the error of the parent
 *	   domain.
 */
int ims_irq_alloc(struct ims_domain *domain, u64 cookie)
{
	u32 slot = IMS_SLOT_NONE, unmasked;
	struct ims_irq *ims;
	int ret;

	ret = domain->ops->compose(domain->data, cookie, &unmasked);
	if (ret)
		goto out;

	ret = -ENOMEM;
	ims = kzalloc_obj(*ims);
	if (!ims)
		goto out;

	ims->domain = domain;
	ims->cookie = cookie;
	ims->unmasked = unmasked;
	ims->ctrl = domain->ops->masked;
	raw_spin_lock_init(&ims->lock);
	mutex_init(&ims->bus_lock);
	INIT_WORK(&ims->work, ims_queue_work);

	ret = ims_hierarchy_alloc(ims);
	if (ret < 0) {
		kfree(ims);
		goto out;
	}

	ims->irq = ret;
	slot = ims->slot;
	kref_get(&domain->ref);
	mutex_lock(&domain->lock);
	ims->away = domain->away;
	domain->irqs[slot] = ims;
	mutex_unlock(&domain->lock);
out:
	trace_ims_slot_alloc(domain->dev, max(ret, 0), slot, cookie, min(ret, 0));
	return ret;
}
EXPORT_SYMBOL_GPL(ims_irq_alloc);

static struct ims_irq *ims_irq_find(unsigned int irq)
{
	struct irq_data *data = irq_get_irq_data(irq);

	return data && ims_hierarchy_has(data) ? irq_data_get_irq_chip_data(data) : NULL;
}

/**
 * ims_irq_set_cookie - Give an interrupt another cookie
 * @irq: The interrupt which ims_irq_alloc() returned
 * @cookie: As for ims_irq_alloc()
 *
 * The slot of a requested interrupt is masked, told, and unmasked: what the device
 * sends meanwhile waits in the slot, and what it has sent with the cookie of before
 * has been sent when this returns.
 *
 * Context: Process context, may sleep. Must not race with ims_irq_free().
 * Return: 0, or -EINVAL for a cookie which the device can't send with or an @irq
 *	   which is not an IMS interrupt: then nothing has changed.
 */
int ims_irq_set_cookie(unsigned int irq, u64 cookie)
{
	struct ims_irq *ims = ims_irq_find(irq);
	const struct ims_domain *domain;
	u32 unmasked, masked, old, new;
	bool started;
	int ret;

	if (!ims)
		return -EINVAL;

	domain = ims->domain;
	ret = domain->ops->compose(domain->data, cookie, &unmasked);
	if (ret)
		return ret;

	mutex_lock(&ims->bus_lock);
	raw_spin_lock_irq(&ims->lock);
	ims->cookie = cookie;
	ims->unmasked = unmasked;
	started = ims->started;
	old = ims->ctrl;
	new = old;
	if (started) {
		masked = old & domain->ops->masked;
		new = unmasked | masked;
		/* One write tells the store whose writing sleeps. */
		if (!ims_sleeps(ims))
			ims_write_ctrl_locked(ims, old | domain->ops->masked);
		ims_write_ctrl_locked(ims, new);
	}
	raw_spin_unlock_irq(&ims->lock);
	if (ims_sleeps(ims))
		ims_queue_sync(ims);
	mutex_unlock(&ims->bus_lock);

	if (started)
		trace_ims_auxdata_write(domain->dev, irq, ims->slot, cookie, old,
					new);
	return 0;
}
EXPORT_SYMBOL_GPL(ims_irq_set_cookie);

/**
 * ims_irq_free - Free an interrupt and its slot
 * @irq: The interrupt which ims_irq_alloc() returned, after free_irq()
 *
 * Context: Process context, may sleep.
 */
void ims_irq_free(unsigned int irq)
{
	struct ims_irq *ims = ims_irq_find(irq);
	struct ims_domain *domain;

	if (WARN_ON_ONCE(!ims))
		return;

	domain = ims->domain;
	/* After free_irq() nothing queues it again, and all is written. */
	cancel_work_sync(&ims->work);
	mutex_lock(&domain->lock);
	domain->irqs[ims->slot] = NULL;
	mutex_unlock(&domain->lock);
	ims_hierarchy_free(ims);
	trace_ims_slot_free(domain->dev, irq, ims->slot);
	kref_put(&domain->ref, ims_domain_release);
	mutex_destroy(&ims->bus_lock);
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

/**
 * ims_slot_compose_pasid - The control word of a slot which sends with a PASID
 * @cookie: The PASID, or IMS_COOKIE_NONE
 * @policy: Whether there must be one
 * @ctrl: Is told the control word, of &struct ims_slot
 *
 * For &ims_slot_ops.compose of a device with such slots.
 *
 * Context: Any context.
 * Return: 0, or -EINVAL when the PASID does not fit into 20 bits, or there has to be
 *	   one and it is none or 0, the one of the host's own DMA.
 */
int ims_slot_compose_pasid(u64 cookie, enum ims_pasid_policy policy, u32 *ctrl)
{
	if (cookie == IMS_COOKIE_NONE) {
		*ctrl = 0;
		return policy == IMS_PASID_REQUIRED ? -EINVAL : 0;
	}

	if (cookie > FIELD_MAX(IMS_CTRL_PASID) ||
	    (!cookie && policy == IMS_PASID_REQUIRED))
		return -EINVAL;

	*ctrl = IMS_CTRL_PASID_ENABLE | FIELD_PREP(IMS_CTRL_PASID, (u32)cookie);
	return 0;
}
EXPORT_SYMBOL_GPL(ims_slot_compose_pasid);

/**
 * ims_slot_write_msg - Write the message of a slot in MMIO
 * @slot: The slot
 * @msg: The message
 *
 * For &ims_slot_ops.write_msg. The message has arrived when this returns.
 */
void ims_slot_write_msg(struct ims_slot __iomem *slot, const struct msi_msg *msg)
{
	writel(msg->address_lo, &slot->address_lo);
	writel(msg->address_hi, &slot->address_hi);
	writel(msg->data, &slot->data);
	readl(&slot->data);
}
EXPORT_SYMBOL_GPL(ims_slot_write_msg);

/**
 * ims_slot_write_ctrl - Write the control word of a slot in MMIO
 * @slot: The slot
 * @ctrl: The control word
 *
 * For &ims_slot_ops.write_ctrl. A slot which this has masked sends nothing any more
 * when it returns.
 */
void ims_slot_write_ctrl(struct ims_slot __iomem *slot, u32 ctrl)
{
	writel(ctrl, &slot->ctrl);
	readl(&slot->ctrl);
}
EXPORT_SYMBOL_GPL(ims_slot_write_ctrl);
