// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "inventory.h"

#include "device_class.h"
#include "files.h"
#include "holders.h"
#include "known.h"
#include "vmm.h"

#include <stdlib.h>
#include <string.h>

#define VFIO_DEVICES		"/sys/class/vfio-dev"

struct reader {
	struct inventory *inventory;
	struct holders holders;
	bool failed;	/* out of memory */
};

static struct inventory_device *add_device(struct inventory *inventory)
{
	struct inventory_device *device;

	device = reallocarray(inventory->devices, inventory->device_count + 1, sizeof(*device));
	if (!device)
		return NULL;
	inventory->devices = device;
	device += inventory->device_count++;
	*device = (struct inventory_device) { .intx = IMSTRACE_NONE };
	return device;
}

/* Each device at a VFIO driver, of whatever bus, is in this class since Linux 6.1. */
static bool read_devices(struct inventory *inventory)
{
	DIR *directory = file_directory(VFIO_DEVICES);
	struct inventory_device *device;
	const char *file;
	bool added = true;

	while (directory && added && (file = file_next(directory))) {
		char name[IMSTRACE_NAME_LEN];

		/* It may have gone since. */
		if (!file_link_base(name, sizeof(name), VFIO_DEVICES "/%s/device", file))
			continue;
		device = add_device(inventory);
		added = device;
		if (!added)
			break;
		memcpy(device->name, name, sizeof(name));
		snprintf(device->file, sizeof(device->file), "%s", file);
		file_link_base(device->driver, sizeof(device->driver),
			       VFIO_DEVICES "/%s/device/driver", file);
		file_link_base(device->group, sizeof(device->group),
			       VFIO_DEVICES "/%s/device/iommu_group", file);
		device_class(device->class, device->name);
	}
	if (directory)
		closedir(directory);
	return added;
}

/* A device that only its irqs tell of is a device too: its name is cut, or the kernel is older. */
static struct inventory_device *find_device(struct inventory *inventory, const char *name)
{
	struct inventory_device *device;

	for (size_t i = 0; i < inventory->device_count; i++)
		if (!strncmp(inventory->devices[i].name, name, IMSTRACE_NAME_LEN))
			return &inventory->devices[i];
	device = add_device(inventory);
	if (device)
		snprintf(device->name, sizeof(device->name), "%.*s", IMSTRACE_NAME_LEN - 1, name);
	return device;
}

static void add_vector(void *context, const struct imstrace_vector *found)
{
	struct reader *reader = context;
	struct inventory_device *device;
	struct inventory_vector *vector;
	char name[IMSTRACE_NAME_LEN];

	device_of_vector(name, found->device);
	device = find_device(reader->inventory, name);
	if (device && found->kind == KIND_INTX) {
		device->intx = found->irq;
		return;
	}
	if (!device) {
		reader->failed = true;
		return;
	}
	vector = reallocarray(device->vectors, device->vector_count + 1, sizeof(*vector));
	if (!vector) {
		reader->failed = true;
		return;
	}
	device->vectors = vector;
	vector += device->vector_count++;
	*vector = (struct inventory_vector) {
		.kind = found->kind, .vector = found->vector, .irq = found->irq,
		.slot = found->slot, .threaded = holders_irq_threaded(&reader->holders, found->irq),
	};
}

static int compare_vectors(const void *left, const void *right)
{
	const struct inventory_vector *a = left, *b = right;

	return (a->vector > b->vector) - (a->vector < b->vector);
}

static int compare_devices(const void *left, const void *right)
{
	const struct inventory_device *a = left, *b = right;

	return strcmp(a->name, b->name);
}

static bool add_user(struct inventory_device *device, __u32 pid)
{
	__u32 *users;

	/* They come process by process. */
	if (device->user_count && device->users[device->user_count - 1] == pid)
		return true;
	users = reallocarray(device->users, device->user_count + 1, sizeof(*users));
	if (!users)
		return false;
	device->users = users;
	users[device->user_count++] = pid;
	return true;
}

static bool is_held(const struct inventory_device *device, const struct hold *hold)
{
	switch (hold->kind) {
	case HOLD_GROUP:
		return *device->group && !strcmp(device->group, hold->name);
	case HOLD_FILE:
		return *device->file && !strcmp(device->file, hold->name);
	case HOLD_DEVICE:
		break;
	}
	return !strcmp(device->name, hold->name);
}

static int compare_processes(const void *left, const void *right)
{
	const struct inventory_process *a = left, *b = right;

	return (a->pid > b->pid) - (a->pid < b->pid);
}

/* Of what may be none, which qsort() takes no pointer for. */
static void sort(void *array, size_t count, size_t size, int (*compare)(const void *, const void *))
{
	if (count)
		qsort(array, count, size, compare);
}

static bool find_users(struct reader *reader)
{
	struct inventory *inventory = reader->inventory;

	for (size_t i = 0; i < inventory->device_count; i++) {
		struct inventory_device *device = &inventory->devices[i];

		for (size_t j = 0; j < reader->holders.hold_count; j++)
			if (is_held(device, &reader->holders.holds[j]) &&
			    !add_user(device, reader->holders.holds[j].pid))
				return false;
		sort(device->vectors, device->vector_count, sizeof(*device->vectors),
		     compare_vectors);
	}
	sort(inventory->devices, inventory->device_count, sizeof(*inventory->devices),
	     compare_devices);
	sort(inventory->processes, inventory->process_count, sizeof(*inventory->processes),
	     compare_processes);
	return true;
}

bool inventory_read(struct inventory *inventory)
{
	struct reader reader = { .inventory = inventory };
	memset(inventory, 0, sizeof(*inventory));
	inventory->of_namespace = vmm_in_namespace();
	inventory->hidden = !file_exists("/proc/1");
	reader.failed = !read_devices(inventory) || !holders_read(&reader.holders, inventory);
	if (!reader.failed)
		known_vectors(add_vector, &reader);
	reader.failed = reader.failed || !find_users(&reader);
	holders_free(&reader.holders);
	return !reader.failed;
}

const struct inventory_process *inventory_user(const struct inventory *inventory, __u32 pid)
{
	const struct inventory_process wanted = { .pid = pid };

	return bsearch(&wanted, inventory->processes, inventory->process_count, sizeof(wanted),
		       compare_processes);
}

void inventory_free(struct inventory *inventory)
{
	for (size_t i = 0; i < inventory->device_count; i++) {
		free(inventory->devices[i].users);
		free(inventory->devices[i].vectors);
	}
	free(inventory->devices);
	free(inventory->processes);
	memset(inventory, 0, sizeof(*inventory));
}
