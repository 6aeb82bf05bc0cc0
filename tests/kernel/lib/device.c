// SPDX-License-Identifier: GPL-2.0-only
#include "device.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cm.h"

#define PARAMETERS	"/sys/module/ims_sample/parameters/"

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0)
		fail_msg("%s: %s", path, strerror(errno));
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		fail_msg("%s: %s", path, strerror(errno));
	close(fd);
}

static void set_parameter(const char *name, unsigned int value)
{
	char path[128], text[16];

	snprintf(path, sizeof(path), PARAMETERS "%s", name);
	snprintf(text, sizeof(text), "%u", value);
	write_file(path, text);
}

void device_grant_pasids(const char *pasids)
{
	write_file(PARAMETERS "pasid", pasids);
}

const char *device_parent(void)
{
	return getenv("IMS_PARENT") ?: "ims_sample";
}

bool handlers_threaded(void)
{
	FILE *file = fopen("/proc/cmdline", "r");
	char line[4096] = "";
	bool found;

	assert_non_null(file);
	found = fgets(line, sizeof(line), file) && strstr(line, "threadirqs");
	fclose(file);
	return found;
}

/* The one type of devices that the parent has: @found is the file of it that is named @name. */
static bool find_type(const char *name, glob_t *found)
{
	char pattern[160];

	snprintf(pattern, sizeof(pattern), "/sys/class/mdev_bus/%s/mdev_supported_types/%s",
		 device_parent(), name);
	return !glob(pattern, 0, NULL, found);
}

bool device_parent_sends(void)
{
	glob_t found;

	for (unsigned int i = 0; i < 2; i++) {
		if (find_type(i ? "*-igb" : "*-dma", &found)) {
			globfree(&found);
			return true;
		}
	}
	return false;
}

int device_try_create(const struct device *device)
{
	glob_t found;
	int fd, ret;

	if (!find_type("*/create", &found))
		return -ENODEV;
	fd = open(found.gl_pathv[0], O_WRONLY | O_CLOEXEC);
	globfree(&found);
	if (fd < 0)
		return -errno;
	ret = write(fd, device->uuid, strlen(device->uuid)) < 0 ? -errno : 0;
	close(fd);
	return ret;
}

void device_create(struct device *device, unsigned int number, unsigned int num_vectors,
		   unsigned int num_emulated, const char *pasids)
{
	int ret;

	memset(device, 0, sizeof(*device));
	snprintf(device->uuid, sizeof(device->uuid), "83b8f4f2-509f-382f-3c1e-%012x", number);
	device->num_vectors = num_vectors;
	device->num_ims = num_vectors - num_emulated;
	device->vfio.device = -1;
	set_parameter("vectors", num_vectors);
	set_parameter("emulated", num_emulated);
	device_grant_pasids(pasids);
	ret = device_try_create(device);
	if (ret)
		fail_msg("%s can't be created on %s: %s", device->uuid, device_parent(),
			 strerror(-ret));
}

void device_remove(struct device *device)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s/remove", device->uuid);
	write_file(path, "1");
}

void device_open(struct device *device)
{
	vfio_open(&device->vfio, device->uuid);
}

void device_close(struct device *device)
{
	vfio_close(&device->vfio);
	device->vfio.device = -1;
}

static unsigned int element_size(unsigned int flags)
{
	if (flags & VFIO_IRQ_SET_DATA_EVENTFD)
		return sizeof(int);
	return flags & VFIO_IRQ_SET_DATA_BOOL ? 1 : 0;
}

struct request request_make(unsigned int flags, unsigned int start, unsigned int count)
{
	struct request request = {
		.set = {
			.argsz = sizeof(request.set) + count * element_size(flags),
			.flags = flags,
			.index = VFIO_PCI_MSIX_IRQ_INDEX,
			.start = start,
			.count = count,
		},
	};

	return request;
}

int device_set_irqs(const struct device *device, const void *request)
{
	return ioctl(device->vfio.device, VFIO_DEVICE_SET_IRQS, request) < 0 ? -errno : 0;
}

int device_bind_all(const struct device *device, unsigned int start, unsigned int count,
		    const int *fds)
{
	struct request request = request_make(VFIO_IRQ_SET_DATA_EVENTFD |
					      VFIO_IRQ_SET_ACTION_TRIGGER, start, count);

	memcpy(request.fds, fds, count * sizeof(*fds));
	return device_set_irqs(device, &request);
}

int device_bind(const struct device *device, unsigned int vector, int fd)
{
	return device_bind_all(device, vector, 1, &fd);
}

int device_loopback(const struct device *device, unsigned int start, unsigned int count)
{
	struct request request = request_make(VFIO_IRQ_SET_DATA_NONE |
					      VFIO_IRQ_SET_ACTION_TRIGGER, start, count);

	return device_set_irqs(device, &request);
}

int device_disable(const struct device *device)
{
	return device_loopback(device, 0, 0);
}

static int write_register(const struct device *device, unsigned int offset, unsigned int value)
{
	ssize_t len = pwrite(device->vfio.device, &value, sizeof(value),
			     device->vfio.registers + offset);

	if (len < 0)
		return -errno;
	return len == sizeof(value) ? 0 : -EIO;
}

int device_ring(const struct device *device, unsigned int vector)
{
	return write_register(device, IMS_SAMPLE_REG_DOORBELL_SOFTWARE, vector);
}

int device_send(const struct device *device, unsigned int vector)
{
	return write_register(device, IMS_SAMPLE_REG_DOORBELL_DMA, vector);
}

int device_choose_pasid(const struct device *device, unsigned int vector, unsigned int number)
{
	return write_register(device, IMS_SAMPLE_REG_PASID(vector), number);
}

static unsigned int read_register(const struct device *device, unsigned int offset)
{
	unsigned int value;

	assert_int_equal(pread(device->vfio.device, &value, sizeof(value),
			       device->vfio.registers + offset), sizeof(value));
	return value;
}

unsigned int device_chosen_pasid(const struct device *device, unsigned int vector)
{
	return read_register(device, IMS_SAMPLE_REG_PASID(vector));
}

unsigned int device_num_pasids(const struct device *device)
{
	return read_register(device, IMS_SAMPLE_REG_PASIDS);
}

int event_new(void)
{
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

uint64_t event_take(int fd)
{
	uint64_t value;

	return read(fd, &value, sizeof(value)) == sizeof(value) ? value : 0;
}

uint64_t event_wait(int fd, uint64_t expected)
{
	uint64_t sum = event_take(fd);

	/* It mostly is there at once. */
	for (int i = 0; i < 10100 && sum < expected; i++) {
		if (i >= 100)
			usleep(100);
		sum += event_take(fd);
	}
	return sum;
}

int event_id(int fd)
{
	char path[64], line[128];
	int id = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file) && sscanf(line, "eventfd-id: %d", &id) != 1)
		;
	fclose(file);
	assert_true(id >= 0);
	return id;
}
