/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What a user of the sample device sees: an emulated PCI function with an
 * MSI-X capability, whose BAR 0 holds these registers (32 bits, little endian,
 * read and written whole through the VFIO region).
 */
#ifndef _IMS_SAMPLE_H
#define _IMS_SAMPLE_H

#define IMS_SAMPLE_VENDOR_ID		0x1234
#define IMS_SAMPLE_DEVICE_ID		0x494d	/* "IM" */
#define IMS_SAMPLE_MAX_VECTORS		32
#define IMS_SAMPLE_MAX_PASIDS		4

/* BAR 0: registers. BAR 2: the MSI-X table, and the PBA at half of it. */
#define IMS_SAMPLE_REGISTERS_BAR	0
#define IMS_SAMPLE_MSIX_BAR		2
#define IMS_SAMPLE_BAR_SIZE		4096

/* Read only: number of vectors, and a bit mask of those that are emulated. */
#define IMS_SAMPLE_REG_VECTORS		0x00
#define IMS_SAMPLE_REG_EMULATED		0x04
/* Read only: IMS_SAMPLE_FEATURE_*. */
#define IMS_SAMPLE_REG_FEATURES		0x08
/* Read only: number of PASIDs which the host has granted the device. */
#define IMS_SAMPLE_REG_PASIDS		0x0c
/*
 * Write only doorbells: the number of the vector to raise.
 *
 * SOFTWARE: an IMS vector's interrupt is retriggered, which is a real hard
 * interrupt; an emulated vector's eventfd is signalled. The write fails with
 * EBUSY while an earlier retrigger has not been handled yet (nothing is
 * raised, ring again), EINVAL for a vector that does not exist, ENXIO for one that
 * is not bound.
 *
 * DMA: the device itself sends the message in the vector's slot; once, when the slot
 * is unmasked, if it is masked. Errors as above but for EBUSY, and EOPNOTSUPP for an
 * emulated vector or a parent which can't send.
 */
#define IMS_SAMPLE_REG_DOORBELL_SOFTWARE	0x10
#define IMS_SAMPLE_REG_DOORBELL_DMA		0x14

/*
 * Which of the PASIDs granted vector n sends with, as the MSI-X permission table of a
 * real device says: a number below that in IMS_SAMPLE_REG_PASIDS. To begin with, and
 * after the device is closed, it is 0. The write fails with EINVAL for another number
 * and for a vector which is emulated or does not exist; a vector may be bound.
 */
#define IMS_SAMPLE_REG_PASID(n)			(0x100 + 4 * (n))

#define IMS_SAMPLE_FEATURE_DMA		0x1	/* the parent can send */

#endif /* _IMS_SAMPLE_H */
