/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What older kernels do differently. The out-of-tree build includes this file in
 * front of every source file; nothing in the sources refers to it, and it is no
 * part of the patch series.
 */
#ifndef _IMS_COMPAT_H
#define _IMS_COMPAT_H

#include <linux/kref.h>
#include <linux/version.h>
#include <linux/wait.h>

#include <linux/eventfd.h>

/*
 * struct eventfd_ctx is fs/eventfd.c's own. Its beginning is the same from 5.2 to 7.3,
 * and has the id since 5.2.
 */
static inline int eventfd_ctx_id(const struct eventfd_ctx *ctx)
{
	const struct {
		struct kref		kref;
		wait_queue_head_t	wqh;
		__u64			count;
		unsigned int		flags;
		int			id;
	} *layout = (const void *)ctx;

	return layout->id;
}

/* Newer than all of the kernels below. */
#include <linux/slab.h>

#ifndef kzalloc_obj
#define kzalloc_obj(object)	kzalloc(sizeof(object), GFP_KERNEL)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
#include <linux/irqbypass.h>

/* What the producer offers had to be in it already. */
static inline int
ims_compat_register_producer(struct irq_bypass_producer *producer,
			     struct eventfd_ctx *eventfd, int irq)
{
	producer->token = eventfd;
	producer->irq = irq;
	return irq_bypass_register_producer(producer);
}

#define irq_bypass_register_producer	ims_compat_register_producer

/* The same, by the name that it had. Queueing on it by that one is deprecated. */
#define system_dfl_wq		system_unbound_wq
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 14, 0)
/* Moves were deferred to the interrupt unless somebody said IRQ_MOVE_PCNTXT. */
#define IRQCHIP_MOVE_DEFERRED	0
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
/* The counter's increment was an argument, and always 1. */
#define eventfd_signal(ctx)	((void)eventfd_signal(ctx, 1))
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#include <linux/device.h>
#include <linux/irqdomain.h>

/*
 * A PCI device had a domain which knew nothing but PCI, and the one to build on
 * was below it.
 */
static inline struct irq_domain *ims_compat_msi_parent(struct device *dev)
{
	struct irq_domain *domain = dev_get_msi_domain(dev);

	return domain ? domain->parent : NULL;
}

#define dev_get_msi_domain(dev)			ims_compat_msi_parent(dev)
#define irq_domain_is_msi_parent(domain)	true
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 19, 0)
#include <linux/uaccess.h>
#include <linux/vfio.h>

/* The operations of a VFIO device as they are today, as far as the sample has them. */
struct ims_compat_vfio_ops {
	char	*name;
	int	(*init)(struct vfio_device *vdev);
	void	(*release)(struct vfio_device *vdev);
	void	*bind_iommufd;
	void	*unbind_iommufd;
	void	*attach_ioas;
	void	*detach_ioas;
	void	(*close_device)(struct vfio_device *vdev);
	ssize_t	(*read)(struct vfio_device *vdev, char __user *buf, size_t count,
			loff_t *ppos);
	ssize_t	(*write)(struct vfio_device *vdev, const char __user *buf,
			 size_t count, loff_t *ppos);
	long	(*ioctl)(struct vfio_device *vdev, unsigned int cmd, unsigned long arg);
	int	(*get_region_info_caps)(struct vfio_device *vdev,
					struct vfio_region_info *info,
					struct vfio_info_cap *caps);
};

/* The one driver of a source file. */
static const struct ims_compat_vfio_ops *ims_compat_vfio_ops __maybe_unused;

/* The driver had to answer VFIO_DEVICE_GET_REGION_INFO by itself. */
static __maybe_unused long
ims_compat_vfio_ioctl(struct vfio_device *vdev, unsigned int cmd, unsigned long arg)
{
	unsigned long minsz = offsetofend(struct vfio_region_info, offset);
	struct vfio_region_info info = { };
	struct vfio_info_cap caps = { };
	int ret;

	if (cmd != VFIO_DEVICE_GET_REGION_INFO)
		return ims_compat_vfio_ops->ioctl(vdev, cmd, arg);

	if (copy_from_user(&info, (void __user *)arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;
	ret = ims_compat_vfio_ops->get_region_info_caps(vdev, &info, &caps);
	if (ret)
		return ret;
	/* The sample's regions have no capabilities. */
	return copy_to_user((void __user *)arg, &info, minsz) ? -EFAULT : 0;
}

static __maybe_unused void ims_compat_vfio_release(struct vfio_device *vdev)
{
	ims_compat_vfio_ops->release(vdev);
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
	/* It had to free the device, too. */
	vfio_free_device(vdev);
#endif
}

static __maybe_unused struct vfio_device *
ims_compat_vfio_alloc(size_t size, struct device *dev,
		      const struct ims_compat_vfio_ops *ops)
{
	static struct vfio_device_ops older;

	ims_compat_vfio_ops = ops;
	older = (struct vfio_device_ops) {
		.name		= ops->name,
		.init		= ops->init,
		.release	= ims_compat_vfio_release,
		.close_device	= ops->close_device,
		.read		= ops->read,
		.write		= ops->write,
		.ioctl		= ims_compat_vfio_ioctl,
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
		.bind_iommufd	= ops->bind_iommufd,
		.unbind_iommufd	= ops->unbind_iommufd,
		.attach_ioas	= ops->attach_ioas,
		.detach_ioas	= ops->detach_ioas,
#endif
	};
	return _vfio_alloc_device(size, dev, &older);
}

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
/* No iommufd. */
#define vfio_iommufd_emulated_bind		NULL
#define vfio_iommufd_emulated_unbind		NULL
#define vfio_iommufd_emulated_attach_ioas	NULL
#define vfio_iommufd_emulated_detach_ioas	NULL
#endif

#define vfio_device_ops				ims_compat_vfio_ops
#define _vfio_alloc_device(size, dev, ops)	ims_compat_vfio_alloc(size, dev, ops)
#endif

#endif /* _IMS_COMPAT_H */
