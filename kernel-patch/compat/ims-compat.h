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
#include <linux/vfio.h>

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

/* The driver's release() had to free the device. */
static void (*ims_compat_vfio_release)(struct vfio_device *vdev) __maybe_unused;

static __maybe_unused void ims_compat_vfio_free(struct vfio_device *vdev)
{
	ims_compat_vfio_release(vdev);
	vfio_free_device(vdev);
}

static __maybe_unused struct vfio_device *
ims_compat_vfio_alloc(size_t size, struct device *dev,
		      const struct vfio_device_ops *ops)
{
	static struct vfio_device_ops compat_ops;

	compat_ops = *ops;
	compat_ops.release = ims_compat_vfio_free;
	ims_compat_vfio_release = ops->release;
	return _vfio_alloc_device(size, dev, &compat_ops);
}

/* No iommufd: callbacks which the sample has no use for are NULL twice. */
#define bind_iommufd				request
#define unbind_iommufd				match
#define attach_ioas				dma_unmap
#define detach_ioas				device_feature
#define vfio_iommufd_emulated_bind		NULL
#define vfio_iommufd_emulated_unbind		NULL
#define vfio_iommufd_emulated_attach_ioas	NULL
#define vfio_iommufd_emulated_detach_ioas	NULL

#define _vfio_alloc_device(size, dev, ops)	ims_compat_vfio_alloc(size, dev, ops)
#endif

#endif /* _IMS_COMPAT_H */
