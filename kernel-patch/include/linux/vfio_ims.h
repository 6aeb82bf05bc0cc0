/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * MSI-X vectors of a virtual device, backed by an Interrupt Message Store.
 *
 * A VFIO driver which has no MSI-X table of its own in hardware gives its
 * virtual device one with this: each vector has either a slot of an IMS domain
 * behind it, or software in the host. It serves any struct vfio_device.
 *
 * The order of things, which is enforced:
 *
 *	vfio_ims_init()
 *	  vfio_ims_set_emulated()
 *	  vfio_ims_attach(), vfio_ims_set_cookie()	at any time, too
 *	  VFIO_DEVICE_SET_IRQS	-> vfio_ims_set_irqs(): enabled, vectors bound
 *	    vfio_ims_signal(), vfio_ims_irq(), vfio_ims_slot()
 *	  last close		-> vfio_ims_disable()
 *	  vfio_ims_detach()				at any time, too
 *	vfio_ims_release()
 */
#ifndef _LINUX_VFIO_IMS_H
#define _LINUX_VFIO_IMS_H

#include <linux/limits.h>
#include <linux/mutex.h>
#include <linux/types.h>

/*
 * A cookie which is not known yet. No slot is ever told this one: a vector without a
 * cookie of its own has the device's, and can't be bound while the device has none.
 */
#define VFIO_IMS_COOKIE_UNSET	(U64_MAX - 1)

struct ims_domain;
struct vfio_device;
struct vfio_ims_vector;
struct vfio_irq_info;

/**
 * enum vfio_ims_state - How far the vectors of a device have got
 * @VFIO_IMS_RELEASED: Zeroed memory: before init and after release
 * @VFIO_IMS_DISABLED: Set up; user space has not enabled the index
 * @VFIO_IMS_ENABLED: User space has enabled the index; vectors may be bound
 */
enum vfio_ims_state {
	VFIO_IMS_RELEASED,
	VFIO_IMS_DISABLED,
	VFIO_IMS_ENABLED,
};

/**
 * struct vfio_ims - The MSI-X vectors of one virtual device
 *
 * To be embedded, zeroed, into the driver's own structure. Drivers don't look
 * into it.
 */
struct vfio_ims {
	/* private: serializes everything but the signalling */
	struct mutex		lock;
	enum vfio_ims_state	state;
	struct vfio_device	*vdev;
	struct ims_domain	*domain;
	u64			cookie;
	u32			nvec;
	struct vfio_ims_vector	*vectors;
};

int vfio_ims_init(struct vfio_ims *vi, struct vfio_device *vdev,
		  struct ims_domain *domain, u32 nvec, u64 cookie);
void vfio_ims_release(struct vfio_ims *vi);

int vfio_ims_set_emulated(struct vfio_ims *vi, u32 vector);
int vfio_ims_attach(struct vfio_ims *vi, u64 cookie);
void vfio_ims_detach(struct vfio_ims *vi);
int vfio_ims_set_cookie(struct vfio_ims *vi, u32 vector, u64 cookie);

int vfio_ims_get_irq_info(struct vfio_ims *vi, struct vfio_irq_info *info);
int vfio_ims_set_irqs(struct vfio_ims *vi, u32 flags, u32 index, u32 start,
		      u32 count, const void *data);
void vfio_ims_disable(struct vfio_ims *vi);

int vfio_ims_signal(struct vfio_ims *vi, u32 vector);
int vfio_ims_irq(struct vfio_ims *vi, u32 vector);
int vfio_ims_slot(struct vfio_ims *vi, u32 vector);

#endif /* _LINUX_VFIO_IMS_H */
