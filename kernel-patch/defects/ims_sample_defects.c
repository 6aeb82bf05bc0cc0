// SPDX-License-Identifier: GPL-2.0-only
/*
 * Defects of the sample device, for tests of what finds them. HOW NOT TO DO IT.
 *
 *	echo NAME > /sys/module/ims_sample/parameters/defect
 *
 * With a defect set, vector 0 of a device which is bound from then on is not the
 * library's any more but driven by hand, in here, with a slot, an interrupt, a
 * handler, an eventfd and an irq bypass producer of its own. All of it is right
 * but for the one defect, which is a real one: the library can't be made to commit
 * it. The other vectors remain the library's.
 *
 * What is leaked is found again when the vector is next bound, or the device is
 * destroyed.
 */
#include <linux/bitfield.h>
#include <linux/eventfd.h>
#include <linux/err.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/irq.h>
#include <linux/irqbypass.h>
#include <linux/irqchip/irq-ims.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/mdev.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/vfio.h>
#include <linux/vfio_ims.h>

#include <trace/events/ims.h>
#include <trace/events/vfio_ims.h>

#include "../samples/vfio-mdev/ims_sample_parent.h"

#define IMS_BROKEN_VECTOR	0

/* X(ENUM, name): the names are those of the findings of imstrace lint. */
#define IMS_DEFECTS(X)						\
	X(NONE, none)						\
	X(SIGNAL_BEFORE_REQUEST, signal_before_request)		\
	X(SIGNAL_AFTER_FREE, signal_after_free)			\
	X(SIGNAL_UNBOUND, signal_unbound)			\
	X(INTERRUPT_BEFORE_PASID, interrupt_before_pasid)	\
	X(PASID_CHANGED, pasid_changed)				\
	X(PASID_WRONG, pasid_wrong)				\
	X(PASID_AFTER_FREE, pasid_after_free)			\
	X(PRODUCER_AT_FREE, producer_at_free)			\
	X(SLOT_LEAKED, slot_leaked)				\
	X(IRQ_LEAKED, irq_leaked)				\
	X(EVENTFD_LEAKED, eventfd_leaked)			\
	X(DOUBLE_BIND, double_bind)				\
	X(BIND_DISABLED, bind_disabled)				\
	X(UNBIND_WITHOUT_BIND, unbind_without_bind)

enum ims_defect {
#define X(ENUM, name) DEFECT_##ENUM,
	IMS_DEFECTS(X)
#undef X
};

static const char * const ims_defect_names[] = {
#define X(ENUM, name) #name,
	IMS_DEFECTS(X)
#undef X
};

static enum ims_defect ims_defect;

static int ims_defect_set(const char *value, const struct kernel_param *param)
{
	int defect = sysfs_match_string(ims_defect_names, value);

	if (defect < 0)
		return defect;
	WRITE_ONCE(ims_defect, defect);
	return 0;
}

static int ims_defect_get(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer, "%s\n", ims_defect_names[READ_ONCE(ims_defect)]);
}

static const struct kernel_param_ops ims_defect_ops = {
	.set = ims_defect_set,
	.get = ims_defect_get,
};

module_param_cb(defect, &ims_defect_ops, NULL, 0644);
MODULE_PARM_DESC(defect, "What to do wrong with vector 0, for tests (none)");

/*
 * Vector 0 of a device. It is bound if it has a @trigger, but for what has been
 * @leaked. The sample calls under a lock of the device; what the handler uses is
 * there before it.
 */
struct ims_broken {
	struct list_head		list;
	struct vfio_ims			*vi;
	struct device			*dev;
	u64				pasid;
	enum ims_defect			defect;
	bool				leaked;
	struct eventfd_ctx		*trigger;
	struct eventfd_ctx		*lost_trigger;
	unsigned int			irq;
	u32				slot;
	char				*name;
	struct irq_chip			chip;
	struct irq_bypass_producer	producer;
	int				bypass;
};

static DEFINE_MUTEX(ims_broken_lock);	/* of the list */
static LIST_HEAD(ims_broken_list);

/* Between init and release: there is one. */
static struct ims_broken *ims_broken_find(struct vfio_ims *vi)
{
	struct ims_broken *f;

	mutex_lock(&ims_broken_lock);
	list_for_each_entry(f, &ims_broken_list, list) {
		if (f->vi == vi)
			break;
	}
	mutex_unlock(&ims_broken_lock);
	return f;
}

static void ims_broken_signal(struct ims_broken *f, enum vfio_ims_cause cause)
{
	unsigned long flags;

	local_irq_save(flags);
	trace_vfio_ims_signal(f->dev, IMS_BROKEN_VECTOR, f->irq, f->slot, f->trigger,
			 cause);
	eventfd_signal(f->trigger);
	local_irq_restore(flags);
}

static irqreturn_t ims_broken_handler(int irq, void *arg)
{
	ims_broken_signal(arg, VFIO_IMS_CAUSE_IRQ);
	return IRQ_HANDLED;
}

/* Past the chip, which does not know. */
static void ims_broken_write_pasid(struct ims_broken *f, u64 pasid)
{
	struct ims_parent *parent = container_of(to_mdev_device(f->dev)->type,
						 struct ims_parent, type);
	struct ims_slot __iomem *slot = &parent->slots[f->slot];
	u32 old = readl(&slot->ctrl);
	u32 new = (old & IMS_CTRL_MASK) | IMS_CTRL_PASID_ENABLE |
		  FIELD_PREP(IMS_CTRL_PASID, (u32)pasid);

	writel(new, &slot->ctrl);
	trace_ims_auxdata_write(parent->mdev.dev, f->irq, f->slot, pasid, old, new);
}

/* Neither the PASID nor the mask: a retrigger doesn't ask for either. */
static unsigned int ims_broken_startup(struct irq_data *data)
{
	return 0;
}

static void ims_broken_forget_pasid(struct ims_broken *f)
{
	f->chip = *irq_get_chip(f->irq);
	f->chip.irq_startup = ims_broken_startup;
	irq_set_chip(f->irq, &f->chip);
}

static void ims_broken_register(struct ims_broken *f)
{
	f->bypass = irq_bypass_register_producer(&f->producer, f->trigger,
						 f->irq);
	trace_vfio_ims_bypass_register(f->dev, IMS_BROKEN_VECTOR, f->irq, f->slot,
				  f->trigger, f->bypass);
}

static void ims_broken_unregister(struct ims_broken *f)
{
	if (!f->bypass)
		irq_bypass_unregister_producer(&f->producer);
	trace_vfio_ims_bypass_unregister(f->dev, IMS_BROKEN_VECTOR, f->irq, f->slot,
				    f->trigger, f->bypass ? -ENOENT : 0);
}

static void ims_broken_free_slot(struct ims_broken *f)
{
	ims_irq_free(f->irq);
	trace_vfio_ims_slot_free(f->dev, IMS_BROKEN_VECTOR, f->irq, f->slot);
}

static int ims_broken_irq_setup(struct ims_broken *f)
{
	int ret;

	ret = ims_irq_alloc(f->vi->domain, f->pasid);
	if (ret >= 0) {
		f->irq = ret;
		f->slot = ims_irq_slot(f->irq);
	}
	trace_vfio_ims_slot_alloc(f->dev, IMS_BROKEN_VECTOR, f->irq, f->slot,
				  f->pasid, min(ret, 0));
	if (ret < 0)
		return ret;

	if (f->defect == DEFECT_SIGNAL_BEFORE_REQUEST)
		ims_broken_signal(f, VFIO_IMS_CAUSE_EMULATED);
	if (f->defect == DEFECT_PASID_WRONG)
		ims_broken_write_pasid(f, f->pasid ^ 1);
	if (f->defect == DEFECT_INTERRUPT_BEFORE_PASID)
		ims_broken_forget_pasid(f);

	ret = request_irq(f->irq, ims_broken_handler, 0, f->name, f);
	trace_vfio_ims_irq_request(f->dev, IMS_BROKEN_VECTOR, f->irq, f->slot, ret);
	if (ret)
		ims_broken_free_slot(f);
	return ret;
}

static void ims_broken_reset(struct ims_broken *f)
{
	if (f->trigger)
		eventfd_ctx_put(f->trigger);
	if (f->lost_trigger)
		eventfd_ctx_put(f->lost_trigger);
	kfree(f->name);
	f->trigger = NULL;
	f->lost_trigger = NULL;
	f->name = NULL;
	f->irq = 0;
	f->slot = IMS_SLOT_NONE;
	f->leaked = false;
}

static int ims_broken_bind(struct ims_broken *f, int fd)
{
	struct eventfd_ctx *trigger = eventfd_ctx_fdget(fd);
	int ret;

	if (IS_ERR(trigger))
		return PTR_ERR(trigger);

	f->trigger = trigger;
	f->defect = READ_ONCE(ims_defect);
	f->name = kasprintf(GFP_KERNEL, "vfio-ims[%u](%s)", IMS_BROKEN_VECTOR,
			    dev_name(f->dev));
	ret = f->name ? ims_broken_irq_setup(f) : -ENOMEM;
	if (!ret)
		ims_broken_register(f);
	trace_vfio_ims_vector_bind(f->dev, IMS_BROKEN_VECTOR, f->irq, f->slot,
			      trigger, ret);
	if (ret) {
		ims_broken_reset(f);
		return ret;
	}

	if (f->defect == DEFECT_DOUBLE_BIND) {
		/* The reference of before is forgotten. */
		f->lost_trigger = eventfd_ctx_fdget(fd);
		if (IS_ERR(f->lost_trigger))
			f->lost_trigger = NULL;
		trace_vfio_ims_vector_bind(f->dev, IMS_BROKEN_VECTOR, f->irq,
				      f->slot, trigger, 0);
	}
	if (f->defect == DEFECT_PASID_CHANGED)
		ims_broken_write_pasid(f, f->pasid ^ 1);
	return 0;
}

static void ims_broken_irq_teardown(struct ims_broken *f)
{
	if (f->defect != DEFECT_PRODUCER_AT_FREE)
		ims_broken_unregister(f);

	free_irq(f->irq, f);
	trace_vfio_ims_irq_free(f->dev, IMS_BROKEN_VECTOR, f->irq, f->slot);

	if (f->defect == DEFECT_PRODUCER_AT_FREE)
		ims_broken_unregister(f);
	if (f->defect == DEFECT_PASID_AFTER_FREE)
		ims_broken_write_pasid(f, f->pasid);
	if (f->defect == DEFECT_SIGNAL_AFTER_FREE)
		ims_broken_signal(f, VFIO_IMS_CAUSE_IRQ);
}

static void ims_broken_trace_unbind(struct ims_broken *f)
{
	trace_vfio_ims_vector_unbind(f->dev, IMS_BROKEN_VECTOR, f->irq, f->slot,
				f->trigger, 0);
}

static void ims_broken_unbind(struct ims_broken *f)
{
	if (!f->trigger || f->leaked)
		return;

	if (f->defect == DEFECT_SIGNAL_UNBOUND) {
		ims_broken_trace_unbind(f);
		ims_broken_signal(f, VFIO_IMS_CAUSE_EMULATED);
	}

	f->leaked = f->defect == DEFECT_IRQ_LEAKED || f->defect == DEFECT_SLOT_LEAKED ||
		    f->defect == DEFECT_EVENTFD_LEAKED;
	if (f->defect != DEFECT_IRQ_LEAKED)
		ims_broken_irq_teardown(f);
	else
		ims_broken_unregister(f);
	if (f->defect != DEFECT_IRQ_LEAKED && f->defect != DEFECT_SLOT_LEAKED)
		ims_broken_free_slot(f);
	if (f->defect != DEFECT_EVENTFD_LEAKED && f->defect != DEFECT_SIGNAL_UNBOUND)
		ims_broken_trace_unbind(f);
	if (f->defect == DEFECT_UNBIND_WITHOUT_BIND)
		ims_broken_trace_unbind(f);
	if (!f->leaked)
		ims_broken_reset(f);
}

/* What has been leaked, late. */
static void ims_broken_clean_up(struct ims_broken *f)
{
	if (!f->leaked)
		return;

	if (f->defect == DEFECT_IRQ_LEAKED) {
		free_irq(f->irq, f);
		trace_vfio_ims_irq_free(f->dev, IMS_BROKEN_VECTOR, f->irq, f->slot);
	}
	if (f->defect == DEFECT_EVENTFD_LEAKED)
		ims_broken_trace_unbind(f);
	else
		ims_broken_free_slot(f);
	ims_broken_reset(f);
}

/* Vector 0 is bound anew: with fds[0] set to -1 for the library. */
static int ims_broken_set_eventfds(struct ims_broken *f, u32 flags, u32 index,
				   u32 count, s32 *fds)
{
	s32 fd = fds[IMS_BROKEN_VECTOR];
	int ret = 0;

	fds[IMS_BROKEN_VECTOR] = -1;
	ims_broken_unbind(f);
	ims_broken_clean_up(f);

	if (fd != -1 && READ_ONCE(ims_defect) == DEFECT_BIND_DISABLED)
		ret = ims_broken_bind(f, fd);
	if (!ret)
		ret = vfio_ims_set_irqs(f->vi, flags, index, IMS_BROKEN_VECTOR,
					count, fds);
	if (!ret && fd != -1 && !f->trigger)
		ret = ims_broken_bind(f, fd);
	return ret;
}

/* For the prototypes: the sample knows these by the library's names. */
int ims_broken_init(struct vfio_ims *vi, struct vfio_device *vdev,
		    struct ims_domain *domain, u32 nvec, u64 default_pasid);
void ims_broken_release(struct vfio_ims *vi);
int ims_broken_set_irqs(struct vfio_ims *vi, u32 flags, u32 index, u32 start,
			u32 count, const void *data);
void ims_broken_disable(struct vfio_ims *vi);
int ims_broken_irq(struct vfio_ims *vi, u32 vector);
int ims_broken_slot(struct vfio_ims *vi, u32 vector);

int ims_broken_set_irqs(struct vfio_ims *vi, u32 flags, u32 index, u32 start,
			u32 count, const void *data)
{
	bool binds = flags == (VFIO_IRQ_SET_DATA_EVENTFD |
			       VFIO_IRQ_SET_ACTION_TRIGGER) &&
		     index == VFIO_PCI_MSIX_IRQ_INDEX &&
		     start == IMS_BROKEN_VECTOR && count && data;
	struct ims_broken *f = ims_broken_find(vi);
	s32 *fds;
	int ret;

	/* What the library has bound stays the library's. */
	binds = binds && (f->trigger || READ_ONCE(ims_defect) != DEFECT_NONE) &&
		vfio_ims_irq(vi, IMS_BROKEN_VECTOR) < 0;
	if (!binds) {
		if (flags == (VFIO_IRQ_SET_DATA_NONE |
			      VFIO_IRQ_SET_ACTION_TRIGGER) &&
		    index == VFIO_PCI_MSIX_IRQ_INDEX && !count)
			ims_broken_unbind(f);
		return vfio_ims_set_irqs(vi, flags, index, start, count, data);
	}

	fds = kmemdup(data, count * sizeof(*fds), GFP_KERNEL);
	ret = fds ? ims_broken_set_eventfds(f, flags, index, count, fds) :
		    -ENOMEM;
	kfree(fds);
	return ret;
}

void ims_broken_disable(struct vfio_ims *vi)
{
	ims_broken_unbind(ims_broken_find(vi));
	vfio_ims_disable(vi);
}

int ims_broken_irq(struct vfio_ims *vi, u32 vector)
{
	struct ims_broken *f = ims_broken_find(vi);

	if (vector == IMS_BROKEN_VECTOR && f->trigger && !f->leaked)
		return f->irq;
	return vfio_ims_irq(vi, vector);
}

int ims_broken_slot(struct vfio_ims *vi, u32 vector)
{
	int irq = ims_broken_irq(vi, vector);

	return irq < 0 ? irq : ims_irq_slot(irq);
}

int ims_broken_init(struct vfio_ims *vi, struct vfio_device *vdev,
		    struct ims_domain *domain, u32 nvec, u64 default_pasid)
{
	struct ims_broken *f;
	int ret;

	f = kzalloc(sizeof(*f), GFP_KERNEL);
	if (!f)
		return -ENOMEM;

	ret = vfio_ims_init(vi, vdev, domain, nvec, default_pasid);
	if (ret) {
		kfree(f);
		return ret;
	}

	f->vi = vi;
	f->dev = vdev->dev;
	f->pasid = default_pasid;
	f->slot = IMS_SLOT_NONE;
	mutex_lock(&ims_broken_lock);
	list_add(&f->list, &ims_broken_list);
	mutex_unlock(&ims_broken_lock);
	return 0;
}

void ims_broken_release(struct vfio_ims *vi)
{
	struct ims_broken *f = ims_broken_find(vi);

	ims_broken_unbind(f);
	ims_broken_clean_up(f);
	mutex_lock(&ims_broken_lock);
	list_del(&f->list);
	mutex_unlock(&ims_broken_lock);

	vfio_ims_release(vi);
	kfree(f);
}
