/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A virtual device of the sample: made, opened, and asked for anything that
 * VFIO_DEVICE_SET_IRQS can say, sense or nonsense.
 */
#ifndef KERNEL_TEST_DEVICE_H
#define KERNEL_TEST_DEVICE_H

#include <linux/vfio.h>
#include <stdbool.h>

#include "ims_sample.h"
#include "vfio.h"

#define MAX_VECTORS	IMS_SAMPLE_MAX_VECTORS
/* The PASIDs which the host grants a device if nothing else is asked for: a list. */
#define DEFAULT_PASID	"0x100"
#define NO_PASID	0xffffffffU

struct device {
	char uuid[40];
	unsigned int num_vectors;
	unsigned int num_ims;	/* the first of them; the others are emulated */
	struct vfio vfio;	/* while it is open */
};

/* A whole request; @fds and @bools are the same bytes. */
struct request {
	struct vfio_irq_set set;
	union {
		int fds[2 * MAX_VECTORS];
		unsigned char bools[2 * MAX_VECTORS];
	};
};

/* The parent of all devices: $IMS_PARENT, or the one with slots in memory. */
const char *device_parent(void);
/* Whether the parent's device can send messages by itself: device_send() works. */
bool device_parent_sends(void);
/* Device @number. Fails the running test if it can't be made. */
void device_create(struct device *device, unsigned int number, unsigned int num_vectors,
		   unsigned int num_emulated, const char *pasids);
/*
 * The same device again, if it does not exist and its parent does. Return: 0 or a negative
 * errno.
 */
int device_try_create(const struct device *device);
/* Of the devices which are created from now on. */
void device_grant_pasids(const char *pasids);
/*
 * Whether handlers run in threads, by "threadirqs" on the kernel's command line: an
 * interrupt which comes before its thread has run merges with the one before.
 */
bool handlers_threaded(void);
void device_remove(struct device *device);
/* Ends the program if it can't be opened. */
void device_open(struct device *device);
void device_close(struct device *device);

/* A request with everything right, for @count vectors from @start on. */
struct request request_make(unsigned int flags, unsigned int start, unsigned int count);

/* Return: 0 or a negative errno. */
int device_set_irqs(const struct device *device, const void *request);
/* Bind one vector; -1 unbinds it. */
int device_bind(const struct device *device, unsigned int vector, int fd);
/* Bind vectors from @start on. */
int device_bind_all(const struct device *device, unsigned int start, unsigned int count,
		    const int *fds);
int device_loopback(const struct device *device, unsigned int start, unsigned int count);
/* DATA_NONE, count 0. */
int device_disable(const struct device *device);
/* The software doorbell, which takes any number. */
int device_ring(const struct device *device, unsigned int vector);

/* Has the device send the message in the vector's slot. Return: 0 or a negative errno. */
int device_send(const struct device *device, unsigned int vector);

/*
 * Which of the PASIDs granted a vector will be bound with, by number. Return: 0 or a
 * negative errno.
 */
int device_choose_pasid(const struct device *device, unsigned int vector, unsigned int number);
unsigned int device_chosen_pasid(const struct device *device, unsigned int vector);
/* How many have been granted. */
unsigned int device_num_pasids(const struct device *device);

/* A new non-blocking eventfd. */
int event_new(void);
/* What it has counted since it was last asked. */
uint64_t event_take(int fd);
/* The same, for @expected events which may still be on their way from another CPU. */
uint64_t event_wait(int fd, uint64_t expected);
/* The kernel's number of the eventfd: the lowest that no other eventfd has. */
int event_id(int fd);

#endif /* KERNEL_TEST_DEVICE_H */
