// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sample: virtual PCI devices whose MSI-X vectors are backed by an Interrupt
 * Message Store.
 *
 * A virtual device here is a mediated device: a PCI function with an MSI-X
 * capability, see ims_sample_function.c, and a register BAR with doorbells, see
 * ims_sample.h. The slots are its
 * parent's, see ims_sample_parent.c. To create and destroy one:
 *
 *	cd /sys/class/mdev_bus/ims_sample/mdev_supported_types
 *	echo $UUID > ims_sample-software/create
 *	echo 1 > /sys/bus/mdev/devices/$UUID/remove
 *
 * What a driver has to do for its vectors is marked "IMS:" below.
 */
#include <linux/bits.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/idr.h>
#include <linux/interrupt.h>
#include <linux/irqchip/irq-ims.h>
#include <linux/mdev.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/nospec.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>
#include <linux/vfio_ims.h>
#include <linux/vfio_pci_core.h>

#include "ims_sample.h"
#include "ims_sample_function.h"
#include "ims_sample_parent.h"

static unsigned int vectors = 5;
module_param(vectors, uint, 0644);
MODULE_PARM_DESC(vectors, "MSI-X vectors of the next virtual device (1-32)");

static unsigned int emulated = 1;
module_param(emulated, uint, 0644);
MODULE_PARM_DESC(emulated, "How many of them, the last ones, are emulated");

#define IMS_SAMPLE_PASID_NONE	U32_MAX

static unsigned int pasid[IMS_SAMPLE_MAX_PASIDS] = { 0x100 };
static unsigned int nr_pasids = 1;
module_param_array(pasid, uint, &nr_pasids, 0644);
MODULE_PARM_DESC(pasid, "PASIDs granted to virtual device 0, the next has the next of each; 4294967295: none");

static DEFINE_IDA(ims_sample_ida);

/* A virtual device. */
struct ims_sample {
	struct vfio_device	vdev;
	struct vfio_ims		ims;
	struct ims_parent	*parent;
	/* Serializes user space, so that a doorbell finds its vector bound. */
	struct mutex		lock;
	int			number;
	/* What the host has granted: PASIDs, or none. */
	u64			cookies[IMS_SAMPLE_MAX_PASIDS];
	u32			nr_cookies;
	u32			chosen[IMS_SAMPLE_MAX_VECTORS];	/* of @cookies */
	u32			nvec;
	u32			emulated;	/* bit mask of vectors */
	struct ims_function	function;
};

static struct ims_sample *to_ims_sample(struct vfio_device *vdev)
{
	return container_of(vdev, struct ims_sample, vdev);
}

/*
 * Doorbells: what the device does when it has something to say.
 */
static int ims_sample_ring_software(struct ims_sample *s, u32 vector)
{
	int irq;

	if (vector >= s->nvec)
		return -EINVAL;

	/* IMS: an emulated vector is raised like this, in any context. */
	if (s->emulated & BIT(vector))
		return vfio_ims_signal(&s->ims, vector);

	/* An IMS vector is raised by the device. Pretend it was. */
	irq = vfio_ims_irq(&s->ims, vector);
	if (irq < 0)
		return irq;
	return irq_inject_interrupt(irq);
}

static int ims_sample_ring_dma(struct ims_sample *s, u32 vector)
{
	int slot;

	if (vector >= s->nvec)
		return -EINVAL;
	if (!s->parent->send || s->emulated & BIT(vector))
		return -EOPNOTSUPP;

	/* IMS: a descriptor for the device has this where a guest put @vector. */
	slot = vfio_ims_slot(&s->ims, vector);
	if (slot < 0)
		return slot;
	return ims_parent_send(s->parent, slot);
}

/*
 * IMS: one vector may have another PASID than the rest. The guest has numbers of its
 * own for what the host has granted; none of the host's PASIDs is the guest's to say.
 */
static int ims_sample_choose_pasid(struct ims_sample *s, u32 vector, u32 number)
{
	int ret;

	if (number >= s->nr_cookies)
		return -EINVAL;
	number = array_index_nospec(number, s->nr_cookies);

	ret = vfio_ims_set_cookie(&s->ims, vector, s->cookies[number]);
	if (!ret)
		s->chosen[vector] = number;
	return ret;
}

/*
 * Registers.
 */
static bool ims_sample_is_pasid_register(u64 offset)
{
	return offset >= IMS_SAMPLE_REG_PASID(0) &&
	       offset < IMS_SAMPLE_REG_PASID(IMS_SAMPLE_MAX_VECTORS);
}

static u32 ims_sample_pasid_vector(u64 offset)
{
	return array_index_nospec((offset - IMS_SAMPLE_REG_PASID(0)) / sizeof(__le32),
				  IMS_SAMPLE_MAX_VECTORS);
}

static u32 ims_sample_read_register(struct ims_sample *s, u64 offset)
{
	if (ims_sample_is_pasid_register(offset))
		return s->chosen[ims_sample_pasid_vector(offset)];

	switch (offset) {
	case IMS_SAMPLE_REG_VECTORS:
		return s->nvec;
	case IMS_SAMPLE_REG_EMULATED:
		return s->emulated;
	case IMS_SAMPLE_REG_FEATURES:
		return s->parent->send ? IMS_SAMPLE_FEATURE_DMA : 0;
	case IMS_SAMPLE_REG_PASIDS:
		return s->nr_cookies;
	default:
		return 0;
	}
}

static int ims_sample_write_register(struct ims_sample *s, u64 offset, u32 value)
{
	if (ims_sample_is_pasid_register(offset))
		return ims_sample_choose_pasid(s, ims_sample_pasid_vector(offset),
					       value);

	switch (offset) {
	case IMS_SAMPLE_REG_DOORBELL_SOFTWARE:
		return ims_sample_ring_software(s, value);
	case IMS_SAMPLE_REG_DOORBELL_DMA:
		return ims_sample_ring_dma(s, value);
	default:
		return 0;
	}
}

static ssize_t ims_sample_register_access(struct ims_sample *s, char __user *buf,
					  size_t count, u64 offset, bool write)
{
	__le32 value;
	int ret;

	if (count != sizeof(value) || offset % sizeof(value))
		return -EINVAL;

	if (!write) {
		value = cpu_to_le32(ims_sample_read_register(s, offset));
		return copy_to_user(buf, &value, count) ? -EFAULT : count;
	}

	if (copy_from_user(&value, buf, count))
		return -EFAULT;
	ret = ims_sample_write_register(s, offset, le32_to_cpu(value));
	return ret ?: count;
}

static ssize_t ims_sample_access(struct vfio_device *vdev, char __user *buf,
				 size_t count, loff_t *ppos, bool write)
{
	unsigned int index = VFIO_PCI_OFFSET_TO_INDEX(*ppos);
	u64 offset = *ppos & VFIO_PCI_OFFSET_MASK;
	struct ims_sample *s = to_ims_sample(vdev);
	size_t size = ims_function_region_size(index);
	ssize_t ret;

	if (offset >= size || count > size - offset)
		return -EINVAL;
	offset = array_index_nospec(offset, size);

	mutex_lock(&s->lock);
	if (index == IMS_SAMPLE_REGISTERS_BAR)
		ret = ims_sample_register_access(s, buf, count, offset, write);
	else
		ret = ims_function_access(&s->function, index, offset, buf, count,
					  write);
	mutex_unlock(&s->lock);

	if (ret > 0)
		*ppos += ret;
	return ret;
}

static ssize_t ims_sample_read(struct vfio_device *vdev, char __user *buf,
			       size_t count, loff_t *ppos)
{
	return ims_sample_access(vdev, buf, count, ppos, false);
}

static ssize_t ims_sample_write(struct vfio_device *vdev,
				const char __user *buf, size_t count,
				loff_t *ppos)
{
	return ims_sample_access(vdev, (char __user *)buf, count, ppos, true);
}

/*
 * VFIO_DEVICE_*.
 */
static int ims_sample_get_info(void __user *arg)
{
	struct vfio_device_info info;
	unsigned long minsz = offsetofend(struct vfio_device_info, num_irqs);

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;

	info.flags = VFIO_DEVICE_FLAGS_PCI | VFIO_DEVICE_FLAGS_RESET;
	info.num_regions = VFIO_PCI_NUM_REGIONS;
	info.num_irqs = VFIO_PCI_NUM_IRQS;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}

static int ims_sample_get_region_info(struct vfio_device *vdev,
				      struct vfio_region_info *info,
				      struct vfio_info_cap *caps)
{
	if (info->index >= VFIO_PCI_NUM_REGIONS)
		return -EINVAL;

	info->size = ims_function_region_size(info->index);
	info->offset = VFIO_PCI_INDEX_TO_OFFSET(info->index);
	info->flags = info->size ? VFIO_REGION_INFO_FLAG_READ |
				   VFIO_REGION_INFO_FLAG_WRITE : 0;
	return 0;
}

static int ims_sample_get_irq_info(struct ims_sample *s, void __user *arg)
{
	struct vfio_irq_info info;
	unsigned long minsz = offsetofend(struct vfio_irq_info, count);
	int ret;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz)
		return -EINVAL;

	/* IMS: the MSI-X index as the library has it. */
	ret = vfio_ims_get_irq_info(&s->ims, &info);
	if (ret)
		return ret;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}

static int ims_sample_set_irqs(struct ims_sample *s, void __user *arg)
{
	unsigned long minsz = offsetofend(struct vfio_irq_set, count);
	struct vfio_irq_info info = { };
	struct vfio_irq_set hdr;
	void *data = NULL;
	size_t size;
	int ret;

	if (copy_from_user(&hdr, arg, minsz))
		return -EFAULT;

	info.index = hdr.index;
	ret = vfio_ims_get_irq_info(&s->ims, &info);
	if (ret)
		return ret;
	ret = vfio_set_irqs_validate_and_prepare(&hdr, info.count,
						 VFIO_PCI_NUM_IRQS, &size);
	if (ret)
		return ret;
	if (size) {
		data = memdup_user(arg + minsz, size);
		if (IS_ERR(data))
			return PTR_ERR(data);
	}

	/* IMS: binding, unbinding, everything. */
	mutex_lock(&s->lock);
	ret = vfio_ims_set_irqs(&s->ims, hdr.flags, hdr.index, hdr.start,
				hdr.count, data);
	mutex_unlock(&s->lock);
	kfree(data);
	return ret;
}

static long ims_sample_ioctl(struct vfio_device *vdev, unsigned int cmd,
			     unsigned long arg)
{
	struct ims_sample *s = to_ims_sample(vdev);
	void __user *uarg = (void __user *)arg;

	switch (cmd) {
	case VFIO_DEVICE_GET_INFO:
		return ims_sample_get_info(uarg);
	case VFIO_DEVICE_GET_IRQ_INFO:
		return ims_sample_get_irq_info(s, uarg);
	case VFIO_DEVICE_SET_IRQS:
		return ims_sample_set_irqs(s, uarg);
	case VFIO_DEVICE_RESET:
		mutex_lock(&s->lock);
		ims_function_reset(&s->function, s->nvec);
		mutex_unlock(&s->lock);
		return 0;
	default:
		return -ENOTTY;
	}
}

static void ims_sample_close(struct vfio_device *vdev)
{
	struct ims_sample *s = to_ims_sample(vdev);
	u32 i;

	mutex_lock(&s->lock);
	/* IMS: the next one who opens the device starts anew. */
	vfio_ims_disable(&s->ims);
	for (i = 0; i < s->nvec; i++)
		ims_sample_choose_pasid(s, i, 0);
	ims_function_reset(&s->function, s->nvec);
	mutex_unlock(&s->lock);
}

/*
 * Life of a virtual device.
 */

/*
 * IMS: what the vectors' messages may be sent with. A real driver has its PASIDs from
 * iommu_alloc_global_pasid() or from the IOMMU domain of the device.
 */
static int ims_sample_grant(struct ims_sample *s)
{
	int ret = 0;
	u32 i;

	kernel_param_lock(THIS_MODULE);
	s->nr_cookies = s->parent->has_pasids ? nr_pasids : 1;
	for (i = 0; i < s->nr_cookies && !ret; i++) {
		s->cookies[i] = IMS_COOKIE_NONE;
		if (s->parent->has_pasids && pasid[i] != IMS_SAMPLE_PASID_NONE)
			s->cookies[i] = (u64)pasid[i] + s->number;
		ret = ims_domain_check_cookie(s->parent->domain, s->cookies[i]);
	}
	kernel_param_unlock(THIS_MODULE);
	return ret;
}

static int ims_sample_init_dev(struct vfio_device *vdev)
{
	u32 nvec = READ_ONCE(vectors), nemulated = READ_ONCE(emulated);
	struct mdev_device *mdev = to_mdev_device(vdev->dev);
	struct ims_sample *s = to_ims_sample(vdev);
	u32 i;
	int ret;

	if (!nvec || nvec > IMS_SAMPLE_MAX_VECTORS || nemulated > nvec)
		return -EINVAL;

	s->parent = container_of(mdev->type, struct ims_parent, type);
	s->nvec = nvec;
	mutex_init(&s->lock);
	s->number = ida_alloc(&ims_sample_ida, GFP_KERNEL);
	if (s->number < 0)
		return s->number;

	ret = ims_sample_grant(s);
	if (ret)
		goto err_ida;

	/* IMS: so many vectors, and this PASID, or none, for all of them. */
	ret = vfio_ims_init(&s->ims, vdev, s->parent->domain, nvec, s->cookies[0]);
	if (ret)
		goto err_ida;

	/* IMS: these have no slot, the driver itself signals them. */
	for (i = nvec - nemulated; i < nvec; i++) {
		vfio_ims_set_emulated(&s->ims, i);
		s->emulated |= BIT(i);
	}

	ims_function_reset(&s->function, s->nvec);
	return 0;

err_ida:
	ida_free(&ims_sample_ida, s->number);
	return ret;
}

static void ims_sample_release_dev(struct vfio_device *vdev)
{
	struct ims_sample *s = to_ims_sample(vdev);

	vfio_ims_release(&s->ims);
	ida_free(&ims_sample_ida, s->number);
}

static const struct vfio_device_ops ims_sample_vfio_ops = {
	.name		= IMS_SAMPLE_NAME,
	.init		= ims_sample_init_dev,
	.release	= ims_sample_release_dev,
	.close_device	= ims_sample_close,
	.read		= ims_sample_read,
	.write		= ims_sample_write,
	.ioctl		= ims_sample_ioctl,
	.get_region_info_caps = ims_sample_get_region_info,
	.bind_iommufd	= vfio_iommufd_emulated_bind,
	.unbind_iommufd	= vfio_iommufd_emulated_unbind,
	.attach_ioas	= vfio_iommufd_emulated_attach_ioas,
	.detach_ioas	= vfio_iommufd_emulated_detach_ioas,
};

static int ims_sample_probe(struct mdev_device *mdev)
{
	struct ims_sample *s;
	int ret;

	s = vfio_alloc_device(ims_sample, vdev, &mdev->dev, &ims_sample_vfio_ops);
	if (IS_ERR(s))
		return PTR_ERR(s);

	ret = vfio_register_emulated_iommu_dev(&s->vdev);
	if (ret) {
		vfio_put_device(&s->vdev);
		return ret;
	}
	dev_set_drvdata(&mdev->dev, s);
	return 0;
}

static void ims_sample_remove(struct mdev_device *mdev)
{
	struct ims_sample *s = dev_get_drvdata(&mdev->dev);

	vfio_unregister_group_dev(&s->vdev);
	vfio_put_device(&s->vdev);
}

static ssize_t ims_sample_show_description(struct mdev_type *type, char *buf)
{
	return sysfs_emit(buf, "PCI function with MSI-X vectors on an IMS\n");
}

static struct mdev_driver ims_sample_driver = {
	.device_api		= VFIO_DEVICE_API_PCI_STRING,
	.max_instances		= 256,
	.probe			= ims_sample_probe,
	.remove			= ims_sample_remove,
	.show_description	= ims_sample_show_description,
	.driver = {
		.name		= IMS_SAMPLE_NAME,
		.owner		= THIS_MODULE,
		.mod_name	= KBUILD_MODNAME,
	},
};

static int __init ims_sample_init(void)
{
	int ret;

	ret = mdev_register_driver(&ims_sample_driver);
	if (ret)
		return ret;

	ret = ims_parents_register(&ims_sample_driver);
	if (ret)
		mdev_unregister_driver(&ims_sample_driver);
	return ret;
}

static void __exit ims_sample_exit(void)
{
	ims_parents_unregister();
	mdev_unregister_driver(&ims_sample_driver);
}

module_init(ims_sample_init);
module_exit(ims_sample_exit);

MODULE_DESCRIPTION("Virtual PCI devices with MSI-X vectors on an IMS");
MODULE_LICENSE("GPL");
