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
#include <linux/irq.h>
#include <linux/irqbypass.h>
#include <linux/irqchip/irq-ims.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/nospec.h>
#include <linux/pci_regs.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/srcu.h>
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
 * @cookie: Of this vector alone, or VFIO_IMS_COOKIE_UNSET: it has the device's
 * @trigger: The eventfd to signal; NULL when the vector is not bound
 * @old: What @trigger was when the call under way began; NULL between calls
 * @next: What @trigger is to be when that call has succeeded; NULL between calls
 * @irq: Linux interrupt; 0 for an emulated or unbound vector, but only @kind
 *	 and @trigger tell which
 * @slot: Slot of @irq, IMS_SLOT_NONE without
 * @name: Name of @irq
 * @producer: Offers @irq for delivery which bypasses the host
 * @bypass: @producer is registered
 *
 * All of it is protected by the lock of struct vfio_ims. @trigger is also read
 * without: by the handler of @irq, which free_irq() and synchronize_irq() wait for,
 * and by vfio_ims_signal() under vfio_ims_srcu.
 */
struct vfio_ims_vector {
	struct device			*dev;
	u32				vector;
	enum vfio_ims_kind		kind;
	u64				cookie;
	struct eventfd_ctx __rcu	*trigger;
	struct eventfd_ctx		*old;
	struct eventfd_ctx		*next;
	unsigned int			irq;
	u32				slot;
	char				*name;
	struct irq_bypass_producer	producer;
	bool				bypass;
};

/* As KVM's of irqfds: a VMM which changes a vector may have stopped its guest. */
DEFINE_STATIC_SRCU(vfio_ims_srcu);

/* Numbers of vectors come from user space, and from guests. */
static struct vfio_ims_vector *vfio_ims_at(struct vfio_ims *vi, u32 vector)
{
	return &vi->vectors[array_index_nospec(vector, vi->nvec)];
}

/*
 * Zeroed memory has no lock: it is for vfio_ims_init() to make, and gone after
 * vfio_ims_release().
 */
static int vfio_ims_lock(struct vfio_ims *vi)
{
	if (READ_ONCE(vi->state) == VFIO_IMS_RELEASED)
		return -ENODEV;

	mutex_lock(&vi->lock);
	return 0;
}

static void vfio_ims_unlock(struct vfio_ims *vi)
{
	mutex_unlock(&vi->lock);
}

/* The one place where eventfds are signalled. */
static void vfio_ims_vector_signal(struct vfio_ims_vector *v,
				   struct eventfd_ctx *trigger,
				   enum vfio_ims_cause cause)
{
	trace_vfio_ims_signal(v->dev, v->vector, v->irq, v->slot, trigger, cause);
	eventfd_signal(trigger);
}

/* There is a trigger as long as there is a handler. */
static irqreturn_t vfio_ims_handler(int irq, void *arg)
{
	struct vfio_ims_vector *v = arg;

	vfio_ims_vector_signal(v, rcu_dereference_raw(v->trigger),
			       VFIO_IMS_CAUSE_IRQ);
	return IRQ_HANDLED;
}

static struct eventfd_ctx *vfio_ims_trigger(const struct vfio_ims *vi,
					    const struct vfio_ims_vector *v)
{
	return rcu_dereference_protected(v->trigger,
					 lockdep_is_held(&vi->lock));
}

/*
 * Not fatal when it fails: the interrupt goes through the handler then. It does
 * fail when the same eventfd is bound to two vectors, or when KVM can't post
 * this interrupt.
 */
static void vfio_ims_bypass_register(struct vfio_ims_vector *v)
{
	int ret;

	ret = irq_bypass_register_producer(&v->producer, v->next, v->irq);
	v->bypass = !ret;
	trace_vfio_ims_bypass_register(v->dev, v->vector, v->irq, v->slot,
				       v->next, ret);
}

static void vfio_ims_bypass_unregister(struct vfio_ims_vector *v)
{
	/* Before 6.17, this would unregister the other vector's with the same eventfd. */
	if (v->bypass)
		irq_bypass_unregister_producer(&v->producer);
	trace_vfio_ims_bypass_unregister(v->dev, v->vector, v->irq, v->slot,
					 v->old, v->bypass ? 0 : -ENOENT);
	v->bypass = false;
}

/* What the slot of a vector is told, or VFIO_IMS_COOKIE_UNSET. */
static u64 vfio_ims_cookie(const struct vfio_ims *vi,
			   const struct vfio_ims_vector *v)
{
	return v->cookie == VFIO_IMS_COOKIE_UNSET ? vi->cookie : v->cookie;
}

static void vfio_ims_slot_free(struct vfio_ims_vector *v)
{
	ims_irq_free(v->irq);
	trace_vfio_ims_slot_free(v->dev, v->vector, v->irq, v->slot);
}

/*
 * The interrupt of an IMS vector: slot, message, cookie, handler. Interrupts are
 * signalled as soon as the handler is there, so the trigger is set before.
 */
static int vfio_ims_irq_setup(struct vfio_ims *vi, struct vfio_ims_vector *v)
{
	u64 cookie = vfio_ims_cookie(vi, v);
	int ret;

	if (cookie == VFIO_IMS_COOKIE_UNSET)
		return -ENOTCONN;

	v->name = kasprintf(GFP_KERNEL_ACCOUNT, "vfio-ims[%u](%s)", v->vector,
			    dev_name(v->dev));
	if (!v->name)
		return -ENOMEM;

	ret = ims_irq_alloc(vi->domain, cookie);
	if (ret >= 0) {
		v->irq = ret;
		v->slot = ims_irq_slot(v->irq);
	}
	trace_vfio_ims_slot_alloc(v->dev, v->vector, v->irq, v->slot, cookie,
				  min(ret, 0));
	if (ret < 0)
		return ret;

	/* For vfio_ims_change_cookie(): disable_irq() masks the slot at once. */
	irq_set_status_flags(v->irq, IRQ_DISABLE_UNLAZY);
	rcu_assign_pointer(v->trigger, v->next);
	ret = request_irq(v->irq, vfio_ims_handler, 0, v->name, v);
	trace_vfio_ims_irq_request(v->dev, v->vector, v->irq, v->slot, ret);
	if (ret) {
		RCU_INIT_POINTER(v->trigger, NULL);
		vfio_ims_slot_free(v);
	}
	return ret;
}

static void vfio_ims_irq_teardown(struct vfio_ims_vector *v)
{
	free_irq(v->irq, v);
	trace_vfio_ims_irq_free(v->dev, v->vector, v->irq, v->slot);
	RCU_INIT_POINTER(v->trigger, NULL);
	vfio_ims_slot_free(v);
}

static void vfio_ims_vector_reset(struct vfio_ims_vector *v)
{
	kfree(v->name);
	v->name = NULL;
	v->irq = 0;
	v->slot = IMS_SLOT_NONE;
}

/* What was reached of it has been undone. */
static void vfio_ims_bind_failed(struct vfio_ims_vector *v, int ret)
{
	trace_vfio_ims_vector_bind(v->dev, v->vector, v->irq, v->slot, v->next,
				   ret);
	vfio_ims_vector_reset(v);
}

/*
 * A change of some vectors is done in steps, each for all of them:
 *
 *	vfio_ims_resolve()	file descriptors become eventfds	may fail
 *	vfio_ims_setup()	unbound vectors get their interrupt	may fail
 *	vfio_ims_commit()	the vectors get their eventfds		can't fail
 *	vfio_ims_end()
 *
 * The first two change no vector which is bound, so that they can be undone.
 */
static void vfio_ims_begin(struct vfio_ims *vi, u32 start, u32 count)
{
	struct vfio_ims_vector *v;
	u32 i;

	for (i = start; i < start + count; i++) {
		v = vfio_ims_at(vi, i);
		v->old = vfio_ims_trigger(vi, v);
	}
}

static void vfio_ims_end(struct vfio_ims *vi, u32 start, u32 count)
{
	struct vfio_ims_vector *v;
	u32 i;

	for (i = start; i < start + count; i++) {
		v = vfio_ims_at(vi, i);
		v->old = NULL;
		v->next = NULL;
	}
}

static void vfio_ims_resolve_undo(struct vfio_ims *vi, u32 start, u32 count)
{
	struct vfio_ims_vector *v;
	u32 i;

	for (i = start; i < start + count; i++) {
		v = vfio_ims_at(vi, i);
		if (v->next)
			eventfd_ctx_put(v->next);
	}
}

static int vfio_ims_resolve(struct vfio_ims *vi, u32 start, u32 count,
			    const s32 *fds)
{
	struct vfio_ims_vector *v;
	struct eventfd_ctx *next;
	int ret;
	u32 i;

	for (i = start; i < start + count; i++) {
		v = vfio_ims_at(vi, i);
		if (fds[i - start] == -1)
			continue;

		next = eventfd_ctx_fdget(fds[i - start]);
		if (IS_ERR(next)) {
			ret = PTR_ERR(next);
			trace_vfio_ims_vector_bind(v->dev, v->vector, v->irq,
						   v->slot, NULL, ret);
			vfio_ims_resolve_undo(vi, start, i - start);
			return ret;
		}
		v->next = next;
	}
	return 0;
}

/* An emulated vector needs nothing but its eventfd. */
static bool vfio_ims_wants_irq(const struct vfio_ims_vector *v)
{
	return v->kind == VFIO_IMS_VECTOR_IMS && v->next && !v->old;
}

static void vfio_ims_setup_undo(struct vfio_ims *vi, u32 start, u32 count,
				int ret)
{
	struct vfio_ims_vector *v;
	u32 i;

	for (i = start; i < start + count; i++) {
		v = vfio_ims_at(vi, i);
		if (vfio_ims_wants_irq(v)) {
			vfio_ims_irq_teardown(v);
			vfio_ims_bind_failed(v, ret);
		}
	}
}

static int vfio_ims_setup(struct vfio_ims *vi, u32 start, u32 count)
{
	struct vfio_ims_vector *v;
	int ret;
	u32 i;

	for (i = start; i < start + count; i++) {
		v = vfio_ims_at(vi, i);
		if (!vfio_ims_wants_irq(v))
			continue;

		ret = vfio_ims_irq_setup(vi, v);
		if (ret) {
			vfio_ims_bind_failed(v, ret);
			vfio_ims_setup_undo(vi, start, i - start, ret);
			return ret;
		}
	}
	return 0;
}

/* When it returns, nobody signals the old eventfds any more. */
static void vfio_ims_wait(struct vfio_ims *vi, u32 start, u32 count)
{
	struct vfio_ims_vector *v;
	bool emulated = false;
	u32 i;

	for (i = start; i < start + count; i++) {
		v = vfio_ims_at(vi, i);
		if (!v->old)
			continue;
		if (v->kind == VFIO_IMS_VECTOR_EMULATED)
			emulated = true;
		else if (v->next)
			synchronize_irq(v->irq);
	}
	if (emulated)
		synchronize_srcu_expedited(&vfio_ims_srcu);
}

/*
 * A bound vector which gets another eventfd keeps its slot and its interrupt, and
 * loses none: each is signalled to the old eventfd or to the new one. Nobody offers
 * an eventfd for bypass twice, so all are withdrawn before any is offered: eventfds
 * may have changed places.
 */
static void vfio_ims_commit(struct vfio_ims *vi, u32 start, u32 count)
{
	struct vfio_ims_vector *v;
	u32 i;

	for (i = start; i < start + count; i++) {
		v = vfio_ims_at(vi, i);
		if (v->old && v->kind == VFIO_IMS_VECTOR_IMS)
			vfio_ims_bypass_unregister(v);
	}

	for (i = start; i < start + count; i++) {
		v = vfio_ims_at(vi, i);
		if (v->old && !v->next && v->kind == VFIO_IMS_VECTOR_IMS)
			vfio_ims_irq_teardown(v);
		else
			rcu_assign_pointer(v->trigger, v->next);
	}

	vfio_ims_wait(vi, start, count);

	for (i = start; i < start + count; i++) {
		v = vfio_ims_at(vi, i);
		if (!v->old)
			continue;
		trace_vfio_ims_vector_unbind(v->dev, v->vector, v->irq, v->slot,
					     v->old, 0);
		eventfd_ctx_put(v->old);
		if (!v->next)
			vfio_ims_vector_reset(v);
	}

	for (i = start; i < start + count; i++) {
		v = vfio_ims_at(vi, i);
		if (!v->next)
			continue;
		if (v->kind == VFIO_IMS_VECTOR_IMS)
			vfio_ims_bypass_register(v);
		trace_vfio_ims_vector_bind(v->dev, v->vector, v->irq, v->slot,
					   v->next, 0);
	}
}

static void vfio_ims_enable_locked(struct vfio_ims *vi)
{
	if (vi->state == VFIO_IMS_ENABLED)
		return;

	vi->state = VFIO_IMS_ENABLED;
	trace_vfio_ims_index_enable(vi->vdev->dev, vi->nvec);
}

static void vfio_ims_disable_locked(struct vfio_ims *vi)
{
	if (vi->state != VFIO_IMS_ENABLED)
		return;

	vfio_ims_begin(vi, 0, vi->nvec);
	vfio_ims_commit(vi, 0, vi->nvec);
	vfio_ims_end(vi, 0, vi->nvec);
	vi->state = VFIO_IMS_DISABLED;
	trace_vfio_ims_index_disable(vi->vdev->dev, vi->nvec);
}

/* All or nothing. */
static int vfio_ims_set_eventfds(struct vfio_ims *vi, u32 start, u32 count,
				 const s32 *fds)
{
	bool was_enabled = vi->state == VFIO_IMS_ENABLED;
	int ret;

	vfio_ims_begin(vi, start, count);
	ret = vfio_ims_resolve(vi, start, count, fds);
	if (ret)
		goto out;

	vfio_ims_enable_locked(vi);
	ret = vfio_ims_setup(vi, start, count);
	if (ret)
		vfio_ims_resolve_undo(vi, start, count);
	else
		vfio_ims_commit(vi, start, count);
out:
	vfio_ims_end(vi, start, count);
	if (ret && !was_enabled)
		vfio_ims_disable_locked(vi);
	return ret;
}

/* As hardware would do it, and as any other call it signals bound vectors only. */
static int vfio_ims_loopback(struct vfio_ims *vi, u32 start, u32 count,
			     const u8 *bools)
{
	struct eventfd_ctx *trigger;
	struct vfio_ims_vector *v;
	u32 i;

	if (vi->state != VFIO_IMS_ENABLED)
		return -EINVAL;

	for (i = start; i < start + count; i++) {
		v = vfio_ims_at(vi, i);
		trigger = vfio_ims_trigger(vi, v);
		if (trigger && (!bools || bools[i - start]))
			vfio_ims_vector_signal(v, trigger,
					       VFIO_IMS_CAUSE_LOOPBACK);
	}
	return 0;
}

static int vfio_ims_set_irqs_locked(struct vfio_ims *vi, u32 flags, u32 start,
				    u32 count, const void *data)
{
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
 * host. A call may move eventfds from one vector to another: all of them bypass
 * the host before and after.
 *
 * Context: Process context of the task whose file descriptors @data has; may
 *	    sleep.
 * Return: 0, or a negative errno with nothing changed. They are those of
 *	   vfio-pci: -ENOTTY for ACTION_MASK and ACTION_UNMASK; -EINVAL for other
 *	   flags or not exactly one of each sort, another index, vectors outside
 *	   of the table, no data, signalling before enabling, or a file which is
 *	   no eventfd; -EBADF for no file; -ENOSPC, -ENOMEM. And of its own:
 *	   -ENOTCONN for binding an IMS vector which has no cookie yet, see
 *	   vfio_ims_attach(); -ENODEV before init or after release.
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

	ret = vfio_ims_lock(vi);
	if (ret)
		return ret;
	ret = vfio_ims_set_irqs_locked(vi, flags, start, count, data);
	vfio_ims_unlock(vi);
	return ret;
}
EXPORT_SYMBOL_GPL(vfio_ims_set_irqs);

/**
 * vfio_ims_disable - Unbind all vectors and disable the index
 * @vi: The vectors of the device
 *
 * For the driver's close_device(): the next user starts anew, but for the cookies,
 * which are the driver's. Nothing to do when the index is not enabled, before init
 * and after release.
 *
 * Context: Process context, may sleep.
 */
void vfio_ims_disable(struct vfio_ims *vi)
{
	if (vfio_ims_lock(vi))
		return;
	vfio_ims_disable_locked(vi);
	vfio_ims_unlock(vi);
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

	if (vector >= vi->nvec)
		return ERR_PTR(-EINVAL);
	return vfio_ims_at(vi, vector);
}

/**
 * vfio_ims_set_emulated - Declare that a vector is signalled by software
 * @vi: The vectors of the device
 * @vector: Index in the MSI-X table
 *
 * Such a vector needs no slot, no Linux interrupt and no cookie. User space can't
 * tell the difference.
 *
 * Context: Process context, may sleep.
 * Return: 0, -EINVAL for a vector outside of the table, -EBUSY once user space
 *	   has enabled the index, -ENODEV before init or after release.
 */
int vfio_ims_set_emulated(struct vfio_ims *vi, u32 vector)
{
	struct vfio_ims_vector *v;
	int ret;

	ret = vfio_ims_lock(vi);
	if (ret)
		return ret;
	v = vfio_ims_vector(vi, vector);
	if (IS_ERR(v))
		ret = PTR_ERR(v);
	else if (vi->state == VFIO_IMS_ENABLED)
		ret = -EBUSY;
	else
		v->kind = VFIO_IMS_VECTOR_EMULATED;
	vfio_ims_unlock(vi);
	return ret;
}
EXPORT_SYMBOL_GPL(vfio_ims_set_emulated);

/* VFIO_IMS_COOKIE_UNSET is the one which a slot is never told. */
static int vfio_ims_check_cookie(const struct ims_domain *domain, u64 cookie)
{
	return cookie == VFIO_IMS_COOKIE_UNSET ? 0 :
	       ims_domain_check_cookie(domain, cookie);
}

/*
 * A bound vector whose cookie is taken away stays bound, with its slot masked: that
 * can't fail.
 */
static int vfio_ims_change_cookie(struct vfio_ims_vector *v, u64 from, u64 to)
{
	int ret;

	if (from == to || !rcu_access_pointer(v->trigger) ||
	    v->kind != VFIO_IMS_VECTOR_IMS)
		return 0;

	if (to == VFIO_IMS_COOKIE_UNSET) {
		disable_irq(v->irq);
		return 0;
	}

	ret = ims_irq_set_cookie(v->irq, to);
	if (!ret && from == VFIO_IMS_COOKIE_UNSET)
		enable_irq(v->irq);
	return ret;
}

static int vfio_ims_set_device_cookie(struct vfio_ims *vi, u64 cookie)
{
	struct vfio_ims_vector *v;
	u32 i, end;
	int ret = 0;

	for (i = 0; i < vi->nvec; i++) {
		v = vfio_ims_at(vi, i);
		if (v->cookie != VFIO_IMS_COOKIE_UNSET)
			continue;
		ret = vfio_ims_change_cookie(v, vi->cookie, cookie);
		if (ret)
			break;
	}
	if (!ret) {
		vi->cookie = cookie;
		return 0;
	}

	/* The slots have taken this one before. */
	end = i;
	for (i = 0; i < end; i++) {
		v = vfio_ims_at(vi, i);
		if (v->cookie == VFIO_IMS_COOKIE_UNSET)
			WARN_ON_ONCE(vfio_ims_change_cookie(v, cookie, vi->cookie));
	}
	return ret;
}

/**
 * vfio_ims_attach - Give the device a cookie, the first or another one
 * @vi: The vectors of the device
 * @cookie: The cookie, such as a PASID, or IMS_COOKIE_NONE
 *
 * It applies to all vectors which have none of their own, those which are bound
 * included: they keep their interrupt and lose none, and when this returns, nothing
 * is sent with the cookie of before any more. All or nothing.
 *
 * For the driver's attach_ioas(), when it has attached the I/O page table to a PASID of
 * the parent device, and before it detaches the one of before.
 *
 * Context: Process context, may sleep.
 * Return: 0, -EINVAL for a cookie which the device can't send with, -ENODEV before
 *	   init or after release.
 */
int vfio_ims_attach(struct vfio_ims *vi, u64 cookie)
{
	int ret;

	ret = vfio_ims_lock(vi);
	if (ret)
		return ret;
	if (cookie == VFIO_IMS_COOKIE_UNSET)
		ret = -EINVAL;
	else
		ret = ims_domain_check_cookie(vi->domain, cookie);
	if (!ret)
		ret = vfio_ims_set_device_cookie(vi, cookie);
	vfio_ims_unlock(vi);
	return ret;
}
EXPORT_SYMBOL_GPL(vfio_ims_attach);

/**
 * vfio_ims_detach - Take the device's cookie away
 * @vi: The vectors of the device
 *
 * When this returns, nothing is sent with it any more. Vectors which have no cookie of
 * their own can't be bound until vfio_ims_attach(). Those which are bound stay so, with
 * their eventfd, slot and interrupt: the slot is masked, and what the device would
 * have sent meanwhile is sent once then, with the new cookie.
 *
 * For the driver's detach_ioas() and, as VFIO does not call that one at the last
 * close, unbind_iommufd(), before the PASID is given back. Nothing to do when there is
 * no cookie, before init and after release.
 *
 * Context: Process context, may sleep.
 */
void vfio_ims_detach(struct vfio_ims *vi)
{
	if (vfio_ims_lock(vi))
		return;
	vfio_ims_set_device_cookie(vi, VFIO_IMS_COOKIE_UNSET);
	vfio_ims_unlock(vi);
}
EXPORT_SYMBOL_GPL(vfio_ims_detach);

/**
 * vfio_ims_set_cookie - Give one vector another cookie than the device's
 * @vi: The vectors of the device
 * @vector: Index in the MSI-X table
 * @cookie: The cookie, such as a PASID; IMS_COOKIE_NONE; or VFIO_IMS_COOKIE_UNSET for
 *	    the device's, from now on
 *
 * A bound vector keeps its interrupt and loses none, and when this returns, nothing is
 * sent with the cookie of before any more. See vfio_ims_detach() for what it means when
 * the device's is asked for and there is none.
 *
 * Context: Process context, may sleep.
 * Return: 0, -EINVAL for a vector which is emulated or outside of the table and for a
 *	   cookie which the device can't send with, -ENODEV before init or after
 *	   release.
 */
int vfio_ims_set_cookie(struct vfio_ims *vi, u32 vector, u64 cookie)
{
	struct vfio_ims_vector *v;
	u64 before, from;
	int ret;

	ret = vfio_ims_lock(vi);
	if (ret)
		return ret;

	v = vfio_ims_vector(vi, vector);
	if (IS_ERR(v))
		ret = PTR_ERR(v);
	else if (v->kind != VFIO_IMS_VECTOR_IMS)
		ret = -EINVAL;
	else
		ret = vfio_ims_check_cookie(vi->domain, cookie);
	if (ret)
		goto out;

	before = v->cookie;
	from = vfio_ims_cookie(vi, v);
	v->cookie = cookie;
	ret = vfio_ims_change_cookie(v, from, vfio_ims_cookie(vi, v));
	if (ret)
		v->cookie = before;
out:
	vfio_ims_unlock(vi);
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
 *	    race with vfio_ims_init() or vfio_ims_release().
 * Return: 0, -EINVAL for a vector which is not emulated or outside of the table,
 *	   as all are before init and after release, -ENXIO for one which is not
 *	   bound: nobody wants to know, which is no error for most devices.
 */
int vfio_ims_signal(struct vfio_ims *vi, u32 vector)
{
	struct eventfd_ctx *trigger;
	struct vfio_ims_vector *v;
	int idx;

	if (vector >= vi->nvec)
		return -EINVAL;

	v = vfio_ims_at(vi, vector);
	if (v->kind != VFIO_IMS_VECTOR_EMULATED)
		return -EINVAL;

	idx = srcu_read_lock(&vfio_ims_srcu);
	trigger = srcu_dereference(v->trigger, &vfio_ims_srcu);
	if (trigger)
		vfio_ims_vector_signal(v, trigger, VFIO_IMS_CAUSE_EMULATED);
	srcu_read_unlock(&vfio_ims_srcu, idx);

	return trigger ? 0 : -ENXIO;
}
EXPORT_SYMBOL_GPL(vfio_ims_signal);

/* A bound IMS vector, or why it is none. */
static struct vfio_ims_vector *vfio_ims_bound(struct vfio_ims *vi, u32 vector)
{
	struct vfio_ims_vector *v = vfio_ims_vector(vi, vector);

	if (IS_ERR(v))
		return v;
	if (v->kind != VFIO_IMS_VECTOR_IMS)
		return ERR_PTR(-EINVAL);
	return rcu_access_pointer(v->trigger) ? v : ERR_PTR(-ENXIO);
}

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
 *	   table, -ENXIO for one which is not bound, -ENODEV before init or after
 *	   release.
 */
int vfio_ims_irq(struct vfio_ims *vi, u32 vector)
{
	struct vfio_ims_vector *v;
	int ret;

	ret = vfio_ims_lock(vi);
	if (ret)
		return ret;
	v = vfio_ims_bound(vi, vector);
	ret = IS_ERR(v) ? PTR_ERR(v) : v->irq;
	vfio_ims_unlock(vi);
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
	struct vfio_ims_vector *v;
	int ret;

	ret = vfio_ims_lock(vi);
	if (ret)
		return ret;
	v = vfio_ims_bound(vi, vector);
	ret = IS_ERR(v) ? PTR_ERR(v) : v->slot;
	vfio_ims_unlock(vi);
	return ret;
}
EXPORT_SYMBOL_GPL(vfio_ims_slot);

/**
 * vfio_ims_init - Set up the MSI-X vectors of a virtual device
 * @vi: Zeroed memory, in the driver's structure
 * @vdev: The device
 * @domain: Where the slots come from; must outlive @vi
 * @nvec: Size of the MSI-X table
 * @cookie: The cookie, such as the PASID, of all vectors which have none of their own
 *	    by vfio_ims_set_cookie(); IMS_COOKIE_NONE; or VFIO_IMS_COOKIE_UNSET when
 *	    vfio_ims_attach() will tell
 *
 * All vectors are IMS vectors until vfio_ims_set_emulated(). No slot is taken
 * before user space binds one.
 *
 * Context: Process context, may sleep; before the device is registered.
 * Return: 0, -EINVAL when @nvec is not a possible size of an MSI-X table or the device
 *	   can't send with @cookie, -EBUSY when @vi is in use, -ENOMEM.
 */
int vfio_ims_init(struct vfio_ims *vi, struct vfio_device *vdev,
		  struct ims_domain *domain, u32 nvec, u64 cookie)
{
	int ret;
	u32 i;

	if (!nvec || nvec > PCI_MSIX_FLAGS_QSIZE + 1)
		return -EINVAL;
	if (vi->state != VFIO_IMS_RELEASED)
		return -EBUSY;

	ret = vfio_ims_check_cookie(domain, cookie);
	if (ret)
		return ret;

	/*
	 * Once for all: the handler needs no look-up, and binding has one thing less
	 * that can fail. 2048 vectors are 220 KB, which need not be contiguous.
	 */
	vi->vectors = kvcalloc(nvec, sizeof(*vi->vectors), GFP_KERNEL);
	if (!vi->vectors)
		return -ENOMEM;

	for (i = 0; i < nvec; i++) {
		struct vfio_ims_vector *v = &vi->vectors[i];

		v->dev = vdev->dev;
		v->vector = i;
		v->kind = VFIO_IMS_VECTOR_IMS;
		v->cookie = VFIO_IMS_COOKIE_UNSET;
		v->slot = IMS_SLOT_NONE;
	}

	mutex_init(&vi->lock);
	vi->vdev = vdev;
	vi->domain = domain;
	vi->nvec = nvec;
	vi->cookie = cookie;
	vi->state = VFIO_IMS_DISABLED;
	return 0;
}
EXPORT_SYMBOL_GPL(vfio_ims_init);

/**
 * vfio_ims_release - The reverse of vfio_ims_init()
 * @vi: The vectors of the device
 *
 * Disables the index if it is enabled. For the driver's release(). Nothing to do
 * before init.
 *
 * Context: Process context, may sleep; nobody else may use @vi any more.
 */
void vfio_ims_release(struct vfio_ims *vi)
{
	if (vfio_ims_lock(vi))
		return;
	vfio_ims_disable_locked(vi);
	vi->state = VFIO_IMS_RELEASED;
	vfio_ims_unlock(vi);

	mutex_destroy(&vi->lock);
	kvfree(vi->vectors);
	vi->vectors = NULL;
	vi->nvec = 0;
}
EXPORT_SYMBOL_GPL(vfio_ims_release);

MODULE_DESCRIPTION("MSI-X vectors of VFIO devices on an Interrupt Message Store");
MODULE_LICENSE("GPL");
