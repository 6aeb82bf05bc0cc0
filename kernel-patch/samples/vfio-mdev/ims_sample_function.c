// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sample: the PCI function which a virtual device shows to its guest, as far as it is
 * only memory. Nothing in here is about interrupts of the host.
 */
#include <linux/err.h>
#include <linux/pci_ids.h>
#include <linux/pci_regs.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/vfio.h>

#include "ims_sample_function.h"

#define MSIX_CAP	0x40

static void ims_function_config(struct ims_function *function, unsigned int offset,
				unsigned int bytes, u32 value, u32 writable)
{
	for (; bytes--; offset++, value >>= 8, writable >>= 8) {
		function->config[offset] = value;
		function->writable[offset] = writable;
	}
}

void ims_function_reset(struct ims_function *function, u32 nvec)
{
	const struct {
		u8	offset;
		u8	bytes;
		u32	value;
		u32	writable;
	} config[] = {
		{ PCI_VENDOR_ID, 2, IMS_SAMPLE_VENDOR_ID },
		{ PCI_DEVICE_ID, 2, IMS_SAMPLE_DEVICE_ID },
		{ PCI_COMMAND, 2, 0, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER },
		{ PCI_STATUS, 2, PCI_STATUS_CAP_LIST },
		{ PCI_CLASS_DEVICE, 2, PCI_CLASS_OTHERS << 8 },
		{ PCI_BASE_ADDRESS_0 + 4 * IMS_SAMPLE_REGISTERS_BAR, 4, 0,
		  ~(IMS_SAMPLE_BAR_SIZE - 1) },
		{ PCI_BASE_ADDRESS_0 + 4 * IMS_SAMPLE_MSIX_BAR, 4, 0,
		  ~(IMS_SAMPLE_BAR_SIZE - 1) },
		{ PCI_SUBSYSTEM_VENDOR_ID, 2, IMS_SAMPLE_VENDOR_ID },
		{ PCI_SUBSYSTEM_ID, 2, IMS_SAMPLE_DEVICE_ID },
		{ PCI_CAPABILITY_LIST, 1, MSIX_CAP },
		{ MSIX_CAP + PCI_CAP_LIST_ID, 1, PCI_CAP_ID_MSIX },
		{ MSIX_CAP + PCI_MSIX_FLAGS, 2, nvec - 1,
		  PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL },
		{ MSIX_CAP + PCI_MSIX_TABLE, 4, IMS_SAMPLE_MSIX_BAR },
		{ MSIX_CAP + PCI_MSIX_PBA, 4,
		  IMS_SAMPLE_BAR_SIZE / 2 | IMS_SAMPLE_MSIX_BAR },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(config); i++)
		ims_function_config(function, config[i].offset, config[i].bytes,
				    config[i].value, config[i].writable);

	memset(function->msix_bar, 0, sizeof(function->msix_bar));
	for (i = 0; i < nvec; i++)
		function->msix_bar[i * PCI_MSIX_ENTRY_SIZE +
				   PCI_MSIX_ENTRY_VECTOR_CTRL] =
			PCI_MSIX_ENTRY_CTRL_MASKBIT;
}

size_t ims_function_region_size(unsigned int index)
{
	switch (index) {
	case IMS_SAMPLE_REGISTERS_BAR:
	case IMS_SAMPLE_MSIX_BAR:
		return IMS_SAMPLE_BAR_SIZE;
	case VFIO_PCI_CONFIG_REGION_INDEX:
		return PCI_CFG_SPACE_SIZE;
	default:
		return 0;
	}
}

/* Of memory only the bits in @writable change; NULL: all do. */
static ssize_t ims_function_memory(u8 *memory, const u8 *writable, char __user *buf,
				   size_t count, bool write)
{
	size_t i;
	u8 *data;

	if (!write)
		return copy_to_user(buf, memory, count) ? -EFAULT : count;

	data = memdup_user(buf, count);
	if (IS_ERR(data))
		return PTR_ERR(data);

	for (i = 0; i < count; i++) {
		u8 mask = writable ? writable[i] : 0xff;

		memory[i] = (memory[i] & ~mask) | (data[i] & mask);
	}
	kfree(data);
	return count;
}

/* The caller has checked that @offset and @count are inside of the region. */
ssize_t ims_function_access(struct ims_function *function, unsigned int index,
			    u64 offset, char __user *buf, size_t count, bool write)
{
	if (index == IMS_SAMPLE_MSIX_BAR)
		return ims_function_memory(function->msix_bar + offset, NULL, buf,
					   count, write);

	return ims_function_memory(function->config + offset,
				   function->writable + offset, buf, count, write);
}
