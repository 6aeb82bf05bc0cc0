/* SPDX-License-Identifier: GPL-2.0-only */
/* One vector of the virtual device, from the doorbell to the guest. */
#ifndef IMS_GUEST_VECTOR_H
#define IMS_GUEST_VECTOR_H

#include <stdbool.h>
#include <stdint.h>

enum doorbell {
	DOORBELL_SOFTWARE,	/* the device's software doorbell register */
	DOORBELL_DMA,		/* its DMA doorbell register */
	DOORBELL_LOOPBACK,	/* VFIO_DEVICE_SET_IRQS with DATA_NONE */
	DOORBELL_KINDS,
};

struct vector {
	unsigned int vector;	/* index in the device's MSI-X table, and KVM's gsi */
	bool emulated;
	enum doorbell doorbell;	/* the one that raises this vector */
	uint32_t count;		/* how often to ring */

	int eventfd;		/* given to VFIO and to KVM */
	uint64_t eventfd_id;
	uint8_t guest_vector;
	unsigned int vcpu;

	uint32_t rang;		/* doorbells that the device took */
	uint64_t busy;		/* doorbells that it refused: nothing was raised */
	uint64_t *ring_ns;	/* CLOCK_MONOTONIC before each of the doorbells it took */
};

struct vectors {
	unsigned int num;
	struct vector *v;	/* in ascending order of their index */
};

#endif /* IMS_GUEST_VECTOR_H */
