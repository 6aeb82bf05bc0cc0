/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Puts ims_sample_defects.c between the sample device and the library. The
 * out-of-tree build includes this file in front of ims_sample.c and of no other
 * one; nothing in the sources refers to it, and it is no part of the patch
 * series.
 */
#ifndef _IMS_SAMPLE_DEFECTS_H
#define _IMS_SAMPLE_DEFECTS_H

#define vfio_ims_init		ims_broken_init
#define vfio_ims_release	ims_broken_release
#define vfio_ims_set_irqs	ims_broken_set_irqs
#define vfio_ims_disable	ims_broken_disable
#define vfio_ims_irq		ims_broken_irq
#define vfio_ims_slot		ims_broken_slot

#endif /* _IMS_SAMPLE_DEFECTS_H */
