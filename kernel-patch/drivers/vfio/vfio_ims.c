// SPDX-License-Identifier: GPL-2.0-only
/*
 * MSI-X vectors of a virtual device, backed by an Interrupt Message Store.
 *
 * Each vector is of one kind. An IMS vector has a slot: the interrupt which the
 * slot sends reaches a handler, and the handler signals the eventfd which user
 * space has given for the vector. An emulated vector has none, because the
 * device behind it is software: the driver signals it by vfio_ims_signal().
 *
 * Slots are allocated one by one when a vector is bound and freed when it is
 * unbound, so that binding another vector never disturbs those which run. What
 * is in a slot is the business of the interrupt chip alone.
 *
 * The name of a vector's interrupt, "vfio-ims[VECTOR](DEVICE)", is an interface:
 * tools find the vectors which were bound before they started by it, in
 * /proc/interrupts.
 */
#include <linux/bitops.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/eventfd.h>
#include <linux/export.h>
#include <linux/interrupt.h>
#include <linux/irqbypass.h>
#include <linux/irqchip/irq-ims.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci_regs.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/vfio.h>
#include <linux/vfio_ims.h>

#include <trace/events/vfio_ims.h>

/**
 * enum vfio_ims_kind - What is behind a vector
 * @VFIO_IMS_VECTOR_IMS: A slot in hardware
 * @VFIO_IMS_VECTOR_EMULATED: Software in the host
 */
enum vfio_ims_kind {
	VFIO_IMS_VECTOR_IMS,
	VFIO_IMS_VECTOR_EMULATED,
};

/**
 * struct vfio_ims_vector - One vector of the virtual device
 * @dev: The virtual device
 * @vector: Index in the MSI-X table
 * @kind: What is behind the vector
 * @cookie: What the slot will be allocated with, or IMS_COOKIE_NONE
 * @lock: Protects @trigger against those who signal, in any context
 * @trigger: The eventfd to signal; NULL when the vector is not bound
 * @irq: Linux interrupt; 0 for an emulated or unbound vector, but only @kind
 *	 and @trigger tell which
 * @slot: Slot of @irq, IMS_SLOT_NONE without
 * @name: Name of @irq
 * @producer: Offers @irq for delivery which bypasses the host
 * @bypass: @producer is registered
 *
 * All but @trigger is protected by the lock of struct vfio_ims.
 */
struct vfio_ims_vector {
	struct device			*dev;
	u32				vector;
	enum vfio_ims_kind		kind;
	u64				cookie;
	spinlock_t			lock;		/* of @trigger */
	struct eventfd_ctx		*trigger;
	unsigned int			irq;
	u32				slot;
	char				*name;
	struct irq_bypass_producer	producer;
	bool				bypass;
};

/*
 * The one place where eventfds are signalled. Under the lock the eventfd can't
 * go away; and with interrupts off, the event and all that KVM does about the
 * eventfd follow each other on one CPU, which tracers rely on.
 */
static bool vfio_ims_vector_signal(struct vfio_ims_vector *v,
				   enum vfio_ims_cause cause)
{
	unsigned long flags;
	bool bound;

	spin_lock_irqsave(&v->lock, flags);
	bound = v->trigger;
	if (bound) {
		trace_vfio_ims_signal(v->dev, v->vector, v->irq, v->slot,
				 v->trigger, cause);
		eventfd_signal(v->trigger);
	}
	spin_unlock_irqrestore(&v->lock, flags);

	return bound;
}

static irqreturn_t vfio_ims_handler(int irq, void *arg)
{
	vfio_ims_vector_signal(arg, VFIO_IMS_CAUSE_IRQ);
	return IRQ_HANDLED;
}

static struct eventfd_ctx *vfio_ims_set_trigger(struct vfio_ims_vector *v,
						struct eventfd_ctx *trigger)
{
	struct eventfd_ctx *old;

	spin_lock_irq(&v->lock);
	old = v->trigger;
	v->trigger = trigger;
	spin_unlock_irq(&v->lock);

	return old;
}

/*
 * Not fatal when it fails: the interrupt goes through the handler then. It does
 * fail when the same eventfd is bound to two vectors, or when KVM can't post
 * this interrupt.
 */
static void vfio_ims_bypass_register(struct vfio_ims_vector *v)
{
	int ret;

	ret = irq_bypass_register_producer(&v->producer, v->trigger, v->irq);
	v->bypass = !ret;
	trace_vfio_ims_bypass_register(v->dev, v->vector, v->irq, v->slot,
				  v->trigger, ret);
}

static void vfio_ims_bypass_unregister(struct vfio_ims_vector *v)
{
	/* Would unregister the other vector's with the same eventfd. */
	if (v->bypass)
		irq_bypass_unregister_producer(&v->producer);
	trace_vfio_ims_bypass_unregister(v->dev, v->vector, v->irq, v->slot,
				    v->trigger, v->bypass ? 0 : -ENOENT);
	v->bypass = false;
}

static void vfio_ims_slot_free(struct vfio_ims_vector *v)
{
	ims_irq_free(v->irq);
	trace_vfio_ims_slot_free(v->dev, v->vector, v->irq, v->slot);
}

/* The interrupt of an IMS vector: slot, message, PASID, handler. */
static int vfio_ims_irq_setup(struct vfio_ims *vi, struct vfio_ims_vector *v)
{
	int ret;

	ret = ims_irq_alloc(vi->domain, v->cookie);
	if (ret >= 0) {
		v->irq = ret;
		v->slot = ims_irq_slot(v->irq);
	}
	trace_vfio_ims_slot_alloc(v->dev, v->vector, v->irq, v->slot, v->cookie,
				  min(ret, 0));
	if (ret < 0)
		return ret;

	ret = request_irq(v->irq, vfio_ims_handler, 0, v->name, v);
	trace_vfio_ims_irq_request(v->dev, v->vector, v->irq, v->slot, ret);
	if (ret)
		vfio_ims_slot_free(v);

	return ret;
}

static void vfio_ims_irq_teardown(struct vfio_ims_vector *v)
{
	free_irq(v->irq, v);
	trace_vfio_ims_irq_free(v->dev, v->vector, v->irq, v->slot);
	vfio_ims_slot_free(v);
}

static void vfio_ims_vector_reset(struct vfio_ims_vector *v)
{
	kfree(v->name);
	v->name = NULL;
	v->irq = 0;
	v->slot = IMS_SLOT_NONE;
}

/*
 * Bind an unbound vector. On success it keeps the caller's reference of
 * @trigger. Interrupts are signalled as soon as the handler is there, so the
 * trigger is set before.
 */
static int vfio_ims_bind(struct vfio_ims *vi, struct vfio_ims_vector *v,
			 struct eventfd_ctx *trigger)
{
	int ret = -ENOMEM;

	v->name = kasprintf(GFP_KERNEL_ACCOUNT, "vfio-ims[%u](%s)", v->vector,
			    dev_name(v->dev));
	if (!v->name)
		goto out;

	vfio_ims_set_trigger(v, trigger);
	ret = 0;
	if (v->kind == VFIO_IMS_VECTOR_IMS) {
		ret = vfio_ims_irq_setup(vi, v);
		if (ret)
			vfio_ims_set_trigger(v, NULL);
		else
			vfio_ims_bypass_register(v);
	}
out:
	trace_vfio_ims_vector_bind(v->dev, v->vector, v->irq, v->slot, trigger, ret);
	if (ret)
		vfio_ims_vector_reset(v);
	return ret;
}

/* The reverse of vfio_ims_bind(), in reverse order. */
static void vfio_ims_unbind(struct vfio_ims_vector *v)
{
	struct eventfd_ctx *trigger;

	if (v->kind == VFIO_IMS_VECTOR_IMS) {
		vfio_ims_bypass_unregister(v);
		vfio_ims_irq_teardown(v);
	}
	trigger = vfio_ims_set_trigger(v, NULL);
	trace_vfio_ims_vector_unbind(v->dev, v->vector, v->irq, v->slot, trigger, 0);
	eventfd_ctx_put(trigger);
	vfio_ims_vector_reset(v);
}

/*
 * Give a bound vector another eventfd. Slot and interrupt stay, nothing of it
 * can fail, and no interrupt is lost: each is signalled to the old eventfd or to
 * the new one.
 */
static void vfio_ims_rebind(struct vfio_ims_vector *v,
			    struct eventfd_ctx *trigger)
{
	struct eventfd_ctx *old;

	if (v->kind == VFIO_IMS_VECTOR_IMS)
		vfio_ims_bypass_unregister(v);

	old = vfio_ims_set_trigger(v, trigger);
	trace_vfio_ims_vector_unbind(v->dev, v->vector, v->irq, v->slot, old, 0);
	eventfd_ctx_put(old);

	if (v->kind == VFIO_IMS_VECTOR_IMS)
		vfio_ims_bypass_register(v);
	trace_vfio_ims_vector_bind(v->dev, v->vector, v->irq, v->slot, trigger, 0);
}

static void vfio_ims_enable_locked(struct vfio_ims *vi)
{
	vi->state = VFIO_IMS_ENABLED;
	trace_vfio_ims_index_enable(vi->vdev->dev, vi->nvec);
}

static void vfio_ims_disable_locked(struct vfio_ims *vi)
{
	u32 i;

	if (vi->state != VFIO_IMS_ENABLED)
		return;

	for (i = 0; i < vi->nvec; i++) {
		if (vi->vectors[i].trigger)
			vfio_ims_unbind(&vi->vectors[i]);
	}
	vi->state = VFIO_IMS_DISABLED;
	trace_vfio_ims_index_disable(vi->vdev->dev, vi->nvec);
}

/*
 * All or nothing. What can fail comes first and touches only vectors which are
 * not bound, so that it can be undone: finding the eventfds, and binding. What
 * changes bound vectors comes last and can't fail.
 */
static int vfio_ims_set_eventfds(struct vfio_ims *vi, u32 start, u32 count,
				 const s32 *fds)
{
	struct vfio_ims_vector *vectors = vi->vectors + start;
	bool enable = vi->state == VFIO_IMS_DISABLED;
	struct eventfd_ctx **triggers;
	u32 i, bound = 0;
	int ret = 0;

	/* Entries become NULL when a vector takes over the reference. */
	triggers = kcalloc(count, sizeof(*triggers), GFP_KERNEL_ACCOUNT);
	if (!triggers)
		return -ENOMEM;

	for (i = 0; i < count; i++) {
		struct vfio_ims_vector *v = &vectors[i];
		struct eventfd_ctx *trigger;

		if (fds[i] == -1)
			continue;

		trigger = eventfd_ctx_fdget(fds[i]);
		if (IS_ERR(trigger)) {
			ret = PTR_ERR(trigger);
			trace_vfio_ims_vector_bind(v->dev, v->vector, v->irq,
					      v->slot, NULL, ret);
			goto out_put;
		}
		triggers[i] = trigger;
	}

	if (enable)
		vfio_ims_enable_locked(vi);

	for (bound = 0; bound < count; bound++) {
		if (vectors[bound].trigger || !triggers[bound])
			continue;
		ret = vfio_ims_bind(vi, &vectors[bound], triggers[bound]);
		if (ret)
			goto out_undo;
		triggers[bound] = NULL;
	}

	for (i = 0; i < count; i++) {
		if (!vectors[i].trigger)
			continue;
		if (fds[i] == -1)
			vfio_ims_unbind(&vectors[i]);
		else if (triggers[i])
			vfio_ims_rebind(&vectors[i], triggers[i]);
		triggers[i] = NULL;
	}
	goto out_put;

out_undo:
	while (bound--) {
		if (fds[bound] != -1 && !triggers[bound])
			vfio_ims_unbind(&vectors[bound]);
	}
	if (enable)
		vfio_ims_disable_locked(vi);
out_put:
	for (i = 0; i < count; i++) {
		if (triggers[i])
			eventfd_ctx_put(triggers[i]);
	}
	kfree(triggers);
	return ret;
}

/* As hardware would do it, and as any other call it signals bound vectors only. */
static int vfio_ims_loopback(struct vfio_ims *vi, u32 start, u32 count,
			     const u8 *bools)
{
	u32 i;

	if (vi->state != VFIO_IMS_ENABLED)
		return -EINVAL;

	for (i = 0; i < count; i++) {
		if (!bools || bools[i])
			vfio_ims_vector_signal(&vi->vectors[start + i],
					       VFIO_IMS_CAUSE_LOOPBACK);
	}
	return 0;
}

static int vfio_ims_set_irqs_locked(struct vfio_ims *vi, u32 flags, u32 start,
				    u32 count, const void *data)
{
	if (vi->state == VFIO_IMS_RELEASED)
		return -ENODEV;

	/* Written so that start + count can't wrap. */
	if (start >= vi->nvec || count > vi->nvec - start)
		return -EINVAL;

	if (flags & VFIO_IRQ_SET_DATA_NONE) {
		if (count)
			return vfio_ims_loopback(vi, start, count, NULL);
		vfio_ims_disable_locked(vi);
		return 0;
	}

	if (!count || !data)
		return -EINVAL;

	if (flags & VFIO_IRQ_SET_DATA_BOOL)
		return vfio_ims_loopback(vi, start, count, data);

	return vfio_ims_set_eventfds(vi, start, count, data);
}

/**
 * vfio_ims_set_irqs - Do what VFIO_DEVICE_SET_IRQS asks for
 * @vi: The vectors of the device
 * @flags: VFIO_IRQ_SET_*: one data type and one action
 * @index: VFIO_PCI_MSIX_IRQ_INDEX
 * @start: First vector
 * @count: Number of vectors
 * @data: @count elements of the data type, in kernel memory; NULL for DATA_NONE
 *
 * With ACTION_TRIGGER:
 *
 * - DATA_NONE, @count 0: unbind all vectors and disable the index; nothing to do
 *   when it is not enabled.
 * - DATA_EVENTFD: enable the index if it is not, and bind the vectors to the
 *   eventfds; -1 unbinds. All or nothing: when it fails, no vector is other than
 *   it was, and none has missed an interrupt. A bound vector keeps its slot and
 *   its interrupt and gets another eventfd, losing none.
 * - DATA_NONE or DATA_BOOL, @count > 0: signal the bound ones of the vectors, or
 *   of those whose byte is not 0.
 *
 * One eventfd on two vectors works, but only the first vector can bypass the
 * host. The same is true within a call, so moving an eventfd between vectors
 * takes two.
 *
 * Context: Process context of the task whose file descriptors @data has; may
 *	    sleep.
 * Return: 0, or a negative errno with nothing changed. They are those of
 *	   vfio-pci: -ENOTTY for ACTION_MASK and ACTION_UNMASK; -EINVAL for other
 *	   flags or not exactly one of each sort, another index, vectors outside
 *	   of the table, no data, signalling before enabling, or a file which is
 *	   no eventfd; -EBADF for no file; -ENOSPC, -ENOMEM; -EINVAL also
 *	   from ims_irq_alloc() for the PASID; -ENODEV after release.
 */
int vfio_ims_set_irqs(struct vfio_ims *vi, u32 flags, u32 index, u32 start,
		      u32 count, const void *data)
{
	u32 action = flags & VFIO_IRQ_SET_ACTION_TYPE_MASK;
	u32 type = flags & VFIO_IRQ_SET_DATA_TYPE_MASK;
	int ret;

	if (flags != (action | type) || hweight32(action) != 1 ||
	    hweight32(type) != 1 || index != VFIO_PCI_MSIX_IRQ_INDEX)
		return -EINVAL;

	/* The mask bits of an MSI-X table are the VMM's, as with vfio-pci. */
	if (action != VFIO_IRQ_SET_ACTION_TRIGGER)
		return -ENOTTY;

	mutex_lock(&vi->lock);
	ret = vfio_ims_set_irqs_locked(vi, flags, start, count, data);
	mutex_unlock(&vi->lock);
	return ret;
}
EXPORT_SYMBOL_GPL(vfio_ims_set_irqs);

/**
 * vfio_ims_disable - Unbind all vectors and disable the index
 * @vi: The vectors of the device
 *
 * For the driver's close_device(): the next user starts anew. Nothing to do when
 * the index is not enabled.
 *
 * Context: Process context, may sleep.
 */
void vfio_ims_disable(struct vfio_ims *vi)
{
	mutex_lock(&vi->lock);
	vfio_ims_disable_locked(vi);
	mutex_unlock(&vi->lock);
}
EXPORT_SYMBOL_GPL(vfio_ims_disable);

/**
 * vfio_ims_get_irq_info - Answer VFIO_DEVICE_GET_IRQ_INFO
 * @vi: The vectors of the device
 * @info: @info->index says which index is meant; flags and count are filled in
 *
 * An index other than MSI-X has no interrupts. Vectors can be added while others
 * are in use, so NORESIZE is not among the flags.
 *
 * Context: Any context.
 * Return: 0, or -EINVAL for an index which no PCI device has, and for that of
 *	   errors, which vfio-pci has for PCI Express devices only: VMMs take a
 *	   count of 0 there for a fault.
 */
int vfio_ims_get_irq_info(struct vfio_ims *vi, struct vfio_irq_info *info)
{
	if (info->index >= VFIO_PCI_NUM_IRQS ||
	    info->index == VFIO_PCI_ERR_IRQ_INDEX)
		return -EINVAL;

	info->flags = 0;
	info->count = 0;
	if (info->index == VFIO_PCI_MSIX_IRQ_INDEX) {
		info->flags = VFIO_IRQ_INFO_EVENTFD;
		info->count = vi->nvec;
	}
	return 0;
}
EXPORT_SYMBOL_GPL(vfio_ims_get_irq_info);

static struct vfio_ims_vector *vfio_ims_vector(struct vfio_ims *vi, u32 vector)
{
	lockdep_assert_held(&vi->lock);

	if (vi->state == VFIO_IMS_RELEASED)
		return ERR_PTR(-ENODEV);
	if (vector >= vi->nvec)
		return ERR_PTR(-EINVAL);
	return &vi->vectors[vector];
}

/**
 * vfio_ims_set_emulated - Declare that a vector is signalled by software
 * @vi: The vectors of the device
 * @vector: Index in the MSI-X table
 *
 * Such a vector needs no slot, no Linux interrupt and no PASID. User space can't
 * tell the difference.
 *
 * Context: Process context, may sleep.
 * Return: 0, -EINVAL for a vector outside of the table, -EBUSY once user space
 *	   has enabled the index, -ENODEV before init or after release.
 */
int vfio_ims_set_emulated(struct vfio_ims *vi, u32 vector)
{
	struct vfio_ims_vector *v;
	int ret = 0;

	mutex_lock(&vi->lock);
	v = vfio_ims_vector(vi, vector);
	if (IS_ERR(v))
		ret = PTR_ERR(v);
	else if (vi->state == VFIO_IMS_ENABLED)
		ret = -EBUSY;
	else
		v->kind = VFIO_IMS_VECTOR_EMULATED;
	mutex_unlock(&vi->lock);
	return ret;
}
EXPORT_SYMBOL_GPL(vfio_ims_set_emulated);

/**
 * vfio_ims_set_cookie - Give one vector another cookie than the device's default
 * @vi: The vectors of the device
 * @vector: Index in the MSI-X table
 * @cookie: The cookie, such as a PASID, or IMS_COOKIE_NONE
 *
 * It is checked when the vector is bound, by ims_irq_alloc(), and applies from
 * then on. To change it, unbind the vector: an interrupt which is sent with the
 * PASID of before would be a hole.
 *
 * Context: Process context, may sleep.
 * Return: 0, -EINVAL for a vector which is emulated or outside of the table,
 *	   -EBUSY for one which is bound, -ENODEV after release.
 */
int vfio_ims_set_cookie(struct vfio_ims *vi, u32 vector, u64 cookie)
{
	struct vfio_ims_vector *v;
	int ret = 0;

	mutex_lock(&vi->lock);
	v = vfio_ims_vector(vi, vector);
	if (IS_ERR(v))
		ret = PTR_ERR(v);
	else if (v->kind != VFIO_IMS_VECTOR_IMS)
		ret = -EINVAL;
	else if (v->trigger)
		ret = -EBUSY;
	else
		v->cookie = cookie;
	mutex_unlock(&vi->lock);
	return ret;
}
EXPORT_SYMBOL_GPL(vfio_ims_set_cookie);

/**
 * vfio_ims_signal - Raise an emulated vector
 * @vi: The vectors of the device
 * @vector: Index in the MSI-X table
 *
 * Context: Any context but NMI; on PREEMPT_RT, where eventfds are signalled under
 *	    a sleeping lock, neither hard interrupt nor a raw spinlock. Must not
 *	    race with vfio_ims_release().
 * Return: 0, -EINVAL for a vector which is not emulated or outside of the table,
 *	   -ENXIO for one which is not bound: nobody wants to know, which is
 *	   no error for most devices.
 */
int vfio_ims_signal(struct vfio_ims *vi, u32 vector)
{
	struct vfio_ims_vector *v;

	if (vector >= vi->nvec)
		return -EINVAL;

	v = &vi->vectors[vector];
	if (v->kind != VFIO_IMS_VECTOR_EMULATED)
		return -EINVAL;

	return vfio_ims_vector_signal(v, VFIO_IMS_CAUSE_EMULATED) ? 0 : -ENXIO;
}
EXPORT_SYMBOL_GPL(vfio_ims_signal);

/**
 * vfio_ims_irq - The Linux interrupt of a bound IMS vector
 * @vi: The vectors of the device
 * @vector: Index in the MSI-X table
 *
 * Valid until the vector is unbound, which the caller has to exclude as long as
 * it uses the number.
 *
 * Context: Process context, may sleep.
 * Return: The interrupt, -EINVAL for a vector which is emulated or outside of the
 *	   table, -ENXIO for one which is not bound, -ENODEV after release.
 */
int vfio_ims_irq(struct vfio_ims *vi, u32 vector)
{
	struct vfio_ims_vector *v;
	int ret;

	mutex_lock(&vi->lock);
	v = vfio_ims_vector(vi, vector);
	if (IS_ERR(v))
		ret = PTR_ERR(v);
	else if (v->kind != VFIO_IMS_VECTOR_IMS)
		ret = -EINVAL;
	else if (!v->trigger)
		ret = -ENXIO;
	else
		ret = v->irq;
	mutex_unlock(&vi->lock);
	return ret;
}
EXPORT_SYMBOL_GPL(vfio_ims_irq);

/**
 * vfio_ims_slot - The slot of a bound IMS vector
 * @vi: The vectors of the device
 * @vector: Index in the MSI-X table
 *
 * What to put into the device's descriptors where the guest puts the number of
 * its vector. Valid as long as vfio_ims_irq() is.
 *
 * Context: Process context, may sleep.
 * Return: The slot, or an errno as vfio_ims_irq().
 */
int vfio_ims_slot(struct vfio_ims *vi, u32 vector)
{
	int irq = vfio_ims_irq(vi, vector);

	return irq < 0 ? irq : ims_irq_slot(irq);
}
EXPORT_SYMBOL_GPL(vfio_ims_slot);

/**
 * vfio_ims_init - Set up the MSI-X vectors of a virtual device
 * @vi: Zeroed memory, in the driver's structure
 * @vdev: The device
 * @domain: Where the slots come from; must outlive @vi
 * @nvec: Size of the MSI-X table
 * @default_cookie: The cookie, such as the PASID, of all vectors which
 *		    vfio_ims_set_cookie() is not called for, or IMS_COOKIE_NONE
 *
 * All vectors are IMS vectors until vfio_ims_set_emulated(). No slot is taken
 * before user space binds one.
 *
 * Context: Process context, may sleep; before the device is registered.
 * Return: 0, -EINVAL when @nvec is not a possible size of an MSI-X table, -EBUSY
 *	   when @vi is in use, -ENOMEM.
 */
int vfio_ims_init(struct vfio_ims *vi, struct vfio_device *vdev,
		  struct ims_domain *domain, u32 nvec, u64 default_cookie)
{
	u32 i;

	if (!nvec || nvec > PCI_MSIX_FLAGS_QSIZE + 1)
		return -EINVAL;
	if (vi->state != VFIO_IMS_RELEASED)
		return -EBUSY;

	vi->vectors = kcalloc(nvec, sizeof(*vi->vectors), GFP_KERNEL);
	if (!vi->vectors)
		return -ENOMEM;

	for (i = 0; i < nvec; i++) {
		struct vfio_ims_vector *v = &vi->vectors[i];

		v->dev = vdev->dev;
		v->vector = i;
		v->kind = VFIO_IMS_VECTOR_IMS;
		v->cookie = default_cookie;
		v->slot = IMS_SLOT_NONE;
		spin_lock_init(&v->lock);
	}

	mutex_init(&vi->lock);
	vi->vdev = vdev;
	vi->domain = domain;
	vi->nvec = nvec;
	vi->state = VFIO_IMS_DISABLED;
	return 0;
}
EXPORT_SYMBOL_GPL(vfio_ims_init);

/**
 * vfio_ims_release - The reverse of vfio_ims_init()
 * @vi: The vectors of the device
 *
 * Disables the index if it is enabled. For the driver's release().
 *
 * Context: Process context, may sleep; nobody else may use @vi any more.
 */
void vfio_ims_release(struct vfio_ims *vi)
{
	mutex_lock(&vi->lock);
	vfio_ims_disable_locked(vi);
	kfree(vi->vectors);
	vi->vectors = NULL;
	vi->nvec = 0;
	vi->state = VFIO_IMS_RELEASED;
	mutex_unlock(&vi->lock);
}
EXPORT_SYMBOL_GPL(vfio_ims_release);

MODULE_DESCRIPTION("MSI-X vectors of VFIO devices on an Interrupt Message Store");
MODULE_LICENSE("GPL");
