/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VFIO client: a mediated ims-sample device, its registers and its MSI-X vectors; or QEMU's edu
 * device at vfio-pci, which raises its one MSI when a register is written; or no device: vectors that are
 * nothing but eventfds.
 */
#ifndef IMS_GUEST_VFIO_H
#define IMS_GUEST_VFIO_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "vector.h"

#define NO_DEVICE		"none"
#define VECTORS_OF_NO_DEVICE	5

struct vfio {
	const char *name;	/* its UUID or PCI address, or NO_DEVICE */
	bool none;
	bool edu;
	int container;
	int group;
	int device;
	off_t registers;	/* of BAR 0, in the device's file */
	unsigned int num_vectors;
	uint32_t emulated;	/* bit mask of the vectors without a slot */
	uint32_t features;	/* IMS_SAMPLE_FEATURE_* */
};

/* Every function but vfio_ring() ends the program on an error. */
void vfio_open(struct vfio *vfio, const char *name);
void vfio_close(struct vfio *vfio);
void vfio_bind(const struct vfio *vfio, const struct vector *vector);
void vfio_unbind_all(const struct vfio *vfio);

/* Raises the vector by its own doorbell. Returns 0 or a negative errno. */
int vfio_ring(const struct vfio *vfio, const struct vector *vector);

#endif /* IMS_GUEST_VFIO_H */
