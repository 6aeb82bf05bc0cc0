/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VMs of this host, and the devices that can be passed on to them: what /proc and /sys say of both.
 */
#ifndef IMSTRACE_SOURCE_INVENTORY_H
#define IMSTRACE_SOURCE_INVENTORY_H

#include <imstrace/records.h>
#include <stdbool.h>
#include <stddef.h>

/**
 * struct inventory_process - a process that has a VM, or a VFIO device open
 * @pid:	its id
 * @name:	what it is called
 * @guest:	what its command line calls its VM; empty if it doesn't say
 * @vms:	file descriptors of VMs
 * @vcpus:	file descriptors of vCPUs
 */
struct inventory_process {
	__u32 pid;
	char name[IMSTRACE_VMM_LEN];
	char guest[IMSTRACE_NAME_LEN];
	unsigned int vms;
	unsigned int vcpus;
};

/**
 * struct inventory_vector - a vector whose irq has been requested
 * @kind:	of the IMS library or of a PCI device
 * @vector:	index in the device's MSI-X table
 * @irq:	Linux irq
 * @slot:	slot, or IMSTRACE_NONE
 * @threaded:	its handler is a thread
 */
struct inventory_vector {
	enum imstrace_kind kind;
	__u32 vector;
	__u32 irq;
	__u32 slot;
	bool threaded;
};

/**
 * struct inventory_device - a device at a VFIO driver
 * @name:	PCI address or UUID
 * @driver:	the driver
 * @class:	its kind, as device_class() has it
 * @file:	in /dev/vfio/devices
 * @group:	its IOMMU group; empty if it has none
 * @users:	the pids of the processes that have it open, or its group
 * @user_count:	how many
 * @intx:	the irq that its INTx line has a handler for; IMSTRACE_NONE: none
 * @vectors:	in the order of their numbers
 * @vector_count: how many
 */
struct inventory_device {
	char name[IMSTRACE_NAME_LEN];
	char driver[IMSTRACE_NAME_LEN];
	char class[IMSTRACE_NAME_LEN];
	char file[IMSTRACE_NAME_LEN];
	char group[IMSTRACE_NAME_LEN];
	__u32 *users;
	size_t user_count;
	__u32 intx;
	struct inventory_vector *vectors;
	size_t vector_count;
};

/**
 * struct inventory - VMs and devices
 * @processes:	by pid
 * @process_count: how many
 * @devices:	by name
 * @device_count: how many
 * @unread:	processes whose open files may not be looked at
 * @hidden:	/proc does not even list all processes (hidepid)
 * @of_namespace: only those of this PID namespace can be seen
 */
struct inventory {
	struct inventory_process *processes;
	size_t process_count;
	struct inventory_device *devices;
	size_t device_count;
	unsigned int unread;
	bool hidden;
	bool of_namespace;
};

/* To be freed by inventory_free(), also after an error. Return: false: out of memory. */
bool inventory_read(struct inventory *inventory);
void inventory_free(struct inventory *inventory);

/* The process that is one of a device's users. */
const struct inventory_process *inventory_user(const struct inventory *inventory, __u32 pid);

#endif /* IMSTRACE_SOURCE_INVENTORY_H */
