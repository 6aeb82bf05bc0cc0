/* SPDX-License-Identifier: GPL-2.0-only */
/* The PCI function which a virtual device shows to its guest. */
#ifndef _IMS_SAMPLE_FUNCTION_H
#define _IMS_SAMPLE_FUNCTION_H

#include <linux/pci_regs.h>
#include <linux/types.h>

#include "ims_sample.h"

/**
 * struct ims_function - Its memory
 * @config: Configuration space
 * @writable: The bits of it that a guest may write
 * @msix_bar: MSI-X table and PBA; VMMs keep the guest's, and nobody looks into this one
 */
struct ims_function {
	u8	config[PCI_CFG_SPACE_SIZE];
	u8	writable[PCI_CFG_SPACE_SIZE];
	u8	msix_bar[IMS_SAMPLE_BAR_SIZE];
};

void ims_function_reset(struct ims_function *function, u32 nvec);
size_t ims_function_region_size(unsigned int index);
ssize_t ims_function_access(struct ims_function *function, unsigned int index,
			    u64 offset, char __user *buf, size_t count, bool write);

#endif /* _IMS_SAMPLE_FUNCTION_H */
