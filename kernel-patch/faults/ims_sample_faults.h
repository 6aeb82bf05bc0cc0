/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Puts ims_sample_faults.c between the sample device and the library. The
 * out-of-tree build includes this file in front of ims_sample.c and of no other
 * one; nothing in the sources refers to it, and it is no part of the patch
 * series.
 */
#ifndef _IMS_SAMPLE_FAULTS_H
#define _IMS_SAMPLE_FAULTS_H

#define vfio_ims_init		ims_faulty_init
#define vfio_ims_release	ims_faulty_release
#define vfio_ims_set_irqs	ims_faulty_set_irqs
#define vfio_ims_disable	ims_faulty_disable
#define vfio_ims_irq		ims_faulty_irq
#define vfio_ims_slot		ims_faulty_slot

#endif /* _IMS_SAMPLE_FAULTS_H */
