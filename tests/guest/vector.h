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
	DOORBELL_WRITE,		/* write() to its eventfd */
	DOORBELL_PROCESS,	/* the same by another process: see writer.h */
	DOORBELL_IOCTL,		/* its message by KVM_SIGNAL_MSI */
	DOORBELL_KINDS,
};

struct vector {
	unsigned int vector;	/* index in the device's MSI-X table, and KVM's gsi */
	bool emulated;
	enum doorbell doorbell;	/* the one that raises this vector */
	uint32_t count;		/* how often to ring; twice as often if the machine is reset */
	uint32_t capacity;	/* how often it is rung at most */

	int eventfd;		/* given to VFIO and to KVM */
	uint64_t eventfd_id;
	int resampled;		/* of a line: KVM signals it when it has lowered it */
	uint64_t lowered;	/* how often that has been */
	uint8_t guest_vector;
	unsigned int vcpu;

	uint32_t rang;		/* doorbells that the device took */
	uint64_t busy;		/* doorbells that it refused: nothing was raised */
	uint64_t *ring_ns;	/* CLOCK_MONOTONIC before each of the doorbells it took */
	uint64_t *held_ns;	/* until when the CPU was held after each; see struct ringer */

	/* In the vCPU's local APIC, when all had been rung: its bit in the IRR and in the ISR. */
	bool pending;
	bool in_service;
	/* Of @rang, and of what the guest took: before the machine was reset. */
	uint32_t rang_before_reset;
	uint32_t seen_before_reset;
};

struct vectors {
	unsigned int num;
	struct vector *v;	/* in ascending order of their index */
};

#endif /* IMS_GUEST_VECTOR_H */
