// SPDX-License-Identifier: GPL-2.0-only
/* The VFIO client. See vfio.h. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "fail.h"
#include "ims_sample.h"
#include "vfio.h"

#define MDEV_BUS	"/sys/bus/mdev/devices"
#define PCI_BUS		"/sys/bus/pci/devices"

/* docs/specs/edu.rst of QEMU */
#define EDU_VENDOR_ID	0x1234
#define EDU_DEVICE_ID	0x11e8
#define EDU_RAISE	0x60	/* any bit that is written raises the interrupt, each time */

/* A missing privilege or module is not the same as a failure. */
static enum exit_code open_error(int error)
{
	return error == EACCES || error == EPERM || error == ENOENT ? EXIT_UNAVAILABLE :
		EXIT_RUNTIME;
}

static void check_exists(const struct vfio *vfio)
{
	char link[PATH_MAX];

	snprintf(link, sizeof(link), "%s/%s", vfio->edu ? PCI_BUS : MDEV_BUS, vfio->name);
	if (!access(link, F_OK))
		return;
	if (vfio->edu)
		fail(EXIT_RUNTIME, "there is no PCI device %s (in QEMU: -device edu)", vfio->name);
	if (access(MDEV_BUS, F_OK))
		fail(EXIT_UNAVAILABLE, "%s is missing: the kernel has no mediated devices loaded "
		     "(modprobe mdev; insmod irq-ims.ko, vfio-ims.ko, ims-sample.ko)", MDEV_BUS);
	fail(EXIT_RUNTIME, "there is no mediated device %s (create one: echo %s > "
	     "/sys/class/mdev_bus/ims_sample/mdev_supported_types/ims_sample-software/create)",
	     vfio->name, vfio->name);
}

/* The device's IOMMU group is a link to .../iommu_groups/NUMBER. */
static void find_group(const struct vfio *vfio, char *path, size_t size)
{
	char link[PATH_MAX], target[PATH_MAX];
	const char *number;
	ssize_t len;

	check_exists(vfio);
	snprintf(link, sizeof(link), "%s/%s/iommu_group", vfio->edu ? PCI_BUS : MDEV_BUS,
		 vfio->name);
	len = readlink(link, target, sizeof(target) - 1);
	if (len < 0)
		fail(EXIT_RUNTIME, "device %s has no IOMMU group: %s (is its vfio driver loaded "
		     "and bound?)", vfio->name, strerror(errno));
	target[len] = '\0';

	number = strrchr(target, '/');
	snprintf(path, size, "/dev/vfio/%d", atoi(number ? number + 1 : target));
}

static void open_group(struct vfio *vfio)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	char path[64];

	find_group(vfio, path, sizeof(path));

	vfio->container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
	if (vfio->container < 0)
		fail(open_error(errno), "/dev/vfio/vfio: %s (modprobe vfio_iommu_type1, and run "
		     "as root)", strerror(errno));
	if (ioctl(vfio->container, VFIO_GET_API_VERSION) != VFIO_API_VERSION)
		fail(EXIT_UNAVAILABLE, "/dev/vfio/vfio speaks another version of VFIO");
	if (ioctl(vfio->container, VFIO_CHECK_EXTENSION, VFIO_TYPE1v2_IOMMU) != 1)
		fail(EXIT_UNAVAILABLE, "VFIO has no type 1 IOMMU (modprobe vfio_iommu_type1)");

	vfio->group = open(path, O_RDWR | O_CLOEXEC);
	if (vfio->group < 0)
		fail(open_error(errno), "%s: %s%s", path, strerror(errno), errno == EBUSY ?
		     " (another program holds the device)" : " (run as root)");
	if (ioctl(vfio->group, VFIO_GROUP_GET_STATUS, &status))
		fail(EXIT_RUNTIME, "%s: VFIO_GROUP_GET_STATUS: %s", path, strerror(errno));
	if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE))
		fail(EXIT_RUNTIME, "%s is not viable: bind every device of the group to a vfio "
		     "driver", path);
	if (ioctl(vfio->group, VFIO_GROUP_SET_CONTAINER, &vfio->container))
		fail(EXIT_RUNTIME, "%s: VFIO_GROUP_SET_CONTAINER: %s", path, strerror(errno));
	if (ioctl(vfio->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		fail(EXIT_RUNTIME, "%s: VFIO_SET_IOMMU: %s", path, strerror(errno));

	vfio->device = ioctl(vfio->group, VFIO_GROUP_GET_DEVICE_FD, vfio->name);
	if (vfio->device < 0)
		fail(EXIT_RUNTIME, "device %s: VFIO_GROUP_GET_DEVICE_FD: %s", vfio->name,
		     strerror(errno));
}

static off_t region_offset(const struct vfio *vfio, unsigned int index)
{
	struct vfio_region_info info = { .argsz = sizeof(info), .index = index };

	if (ioctl(vfio->device, VFIO_DEVICE_GET_REGION_INFO, &info))
		fail(EXIT_RUNTIME, "device %s: region %u: %s", vfio->name, index, strerror(errno));
	return info.offset;
}

static void read_exactly(const struct vfio *vfio, off_t offset, void *value, size_t size)
{
	ssize_t len = pread(vfio->device, value, size, offset);

	if (len != (ssize_t)size)
		fail(EXIT_RUNTIME, "device %s: reading %zu bytes at %#llx: %s", vfio->name, size,
		     (unsigned long long)offset, len < 0 ? strerror(errno) : "too short");
}

/* Ringing registers of another kind of device could do anything. */
static void check_identity(const struct vfio *vfio)
{
	uint16_t wanted_vendor = vfio->edu ? EDU_VENDOR_ID : IMS_SAMPLE_VENDOR_ID;
	uint16_t wanted_device = vfio->edu ? EDU_DEVICE_ID : IMS_SAMPLE_DEVICE_ID;
	off_t config = region_offset(vfio, VFIO_PCI_CONFIG_REGION_INDEX);
	uint16_t vendor, device;

	read_exactly(vfio, config + PCI_VENDOR_ID, &vendor, sizeof(vendor));
	read_exactly(vfio, config + PCI_DEVICE_ID, &device, sizeof(device));
	if (vendor != wanted_vendor || device != wanted_device)
		fail(EXIT_RUNTIME, "device %s is %04x:%04x, not %04x:%04x", vfio->name, vendor, device,
		     wanted_vendor, wanted_device);
}

/* Its registers answer, and it may send its message. */
static void enable_edu(const struct vfio *vfio)
{
	const uint16_t command = PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
	off_t config = region_offset(vfio, VFIO_PCI_CONFIG_REGION_INDEX);

	if (pwrite(vfio->device, &command, sizeof(command), config + PCI_COMMAND) !=
	    sizeof(command))
		fail(EXIT_RUNTIME, "device %s: writing its command register: %s", vfio->name,
		     strerror(errno));
}

static unsigned int irq_index(const struct vfio *vfio)
{
	return vfio->edu ? VFIO_PCI_MSI_IRQ_INDEX : VFIO_PCI_MSIX_IRQ_INDEX;
}

static void check_vectors(const struct vfio *vfio)
{
	struct vfio_irq_info info = { .argsz = sizeof(info), .index = irq_index(vfio) };

	if (ioctl(vfio->device, VFIO_DEVICE_GET_IRQ_INFO, &info))
		fail(EXIT_RUNTIME, "device %s: VFIO_DEVICE_GET_IRQ_INFO: %s", vfio->name,
		     strerror(errno));
	if (info.count != vfio->num_vectors || !info.count || info.count > IMS_SAMPLE_MAX_VECTORS)
		fail(EXIT_RUNTIME, "device %s has %u vectors in its register and %u in VFIO",
		     vfio->name, vfio->num_vectors, info.count);
	if (!(info.flags & VFIO_IRQ_INFO_EVENTFD))
		fail(EXIT_RUNTIME, "device %s takes no eventfds for its vectors", vfio->name);
}

static void read_sample(struct vfio *vfio)
{
	uint32_t value;

	vfio->registers = region_offset(vfio, IMS_SAMPLE_REGISTERS_BAR);
	read_exactly(vfio, vfio->registers + IMS_SAMPLE_REG_VECTORS, &value, sizeof(value));
	vfio->num_vectors = value;
	read_exactly(vfio, vfio->registers + IMS_SAMPLE_REG_EMULATED, &value, sizeof(value));
	vfio->emulated = value;
	read_exactly(vfio, vfio->registers + IMS_SAMPLE_REG_FEATURES, &value, sizeof(value));
	vfio->features = value;
}

void vfio_open(struct vfio *vfio, const char *name)
{
	vfio->name = name;
	vfio->none = !strcmp(name, NO_DEVICE);
	if (vfio->none) {
		vfio->num_vectors = VECTORS_OF_NO_DEVICE;
		vfio->emulated = (1U << VECTORS_OF_NO_DEVICE) - 1;
		return;
	}
	/* No UUID has one. */
	vfio->edu = strchr(name, ':');
	open_group(vfio);
	check_identity(vfio);
	if (vfio->edu) {
		vfio->registers = region_offset(vfio, VFIO_PCI_BAR0_REGION_INDEX);
		vfio->num_vectors = 1;
		enable_edu(vfio);
	} else {
		read_sample(vfio);
	}
	check_vectors(vfio);
}

void vfio_close(struct vfio *vfio)
{
	if (vfio->none)
		return;
	close(vfio->device);
	close(vfio->group);
	close(vfio->container);
}

/* VFIO_DEVICE_SET_IRQS on the index of its MSI or MSI-X, for one vector with an eventfd or for none. */
static int set_irqs(const struct vfio *vfio, uint32_t data, uint32_t start, uint32_t count,
		    const int *eventfd)
{
	union {
		struct vfio_irq_set set;
		uint8_t bytes[sizeof(struct vfio_irq_set) + sizeof(int)];
	} request = {
		.set = {
			.argsz = sizeof(struct vfio_irq_set) + (eventfd ? sizeof(*eventfd) : 0),
			.flags = VFIO_IRQ_SET_ACTION_TRIGGER | data,
			.index = irq_index(vfio),
			.start = start,
			.count = count,
		},
	};

	if (eventfd)
		memcpy(request.set.data, eventfd, sizeof(*eventfd));
	return ioctl(vfio->device, VFIO_DEVICE_SET_IRQS, &request) < 0 ? -errno : 0;
}

void vfio_bind(const struct vfio *vfio, const struct vector *vector)
{
	int ret = vfio->none ? 0 : set_irqs(vfio, VFIO_IRQ_SET_DATA_EVENTFD, vector->vector, 1,
					    &vector->eventfd);

	if (ret)
		fail(EXIT_RUNTIME, "device %s: binding vector %u: %s%s", vfio->name,
		     vector->vector, strerror(-ret), ret == -ENOSPC ?
		     " (no interrupt vector of a CPU, or no slot, is free)" : "");
}

void vfio_unbind_all(const struct vfio *vfio)
{
	int ret = vfio->none ? 0 : set_irqs(vfio, VFIO_IRQ_SET_DATA_NONE, 0, 0, NULL);

	if (ret)
		fail(EXIT_RUNTIME, "device %s: unbinding its vectors: %s", vfio->name,
		     strerror(-ret));
}

int vfio_ring(const struct vfio *vfio, const struct vector *vector)
{
	uint32_t value = vector->vector;
	off_t doorbell = vfio->registers;
	ssize_t len;

	switch (vector->doorbell) {
	case DOORBELL_LOOPBACK:
		return set_irqs(vfio, VFIO_IRQ_SET_DATA_NONE, vector->vector, 1, NULL);
	case DOORBELL_DMA:
		doorbell += IMS_SAMPLE_REG_DOORBELL_DMA;
		break;
	default:
		doorbell += vfio->edu ? EDU_RAISE : IMS_SAMPLE_REG_DOORBELL_SOFTWARE;
	}
	if (vfio->edu)
		value = 1;

	len = pwrite(vfio->device, &value, sizeof(value), doorbell);
	if (len < 0)
		return -errno;
	return len == sizeof(value) ? 0 : -EIO;
}
