/* SPDX-License-Identifier: GPL-2.0-only */
/* Functions of the kernel that are made to take longer: tests/kernel/fault/ims_delay.c. */
#ifndef IMSTRACE_E2E_DELAYS_H
#define IMSTRACE_E2E_DELAYS_H

#include <stddef.h>

/* When a delay was, ns on the clock of imstrace. */
struct delay {
	long long from, to;
};

/* These can be delayed. The last one is called from the accept on, to wake the vCPU's thread. */
#define DELAY_HANDLER	"vfio_ims:vfio_ims_handler"
#define DELAY_IRQFD	"kvm:irqfd_wakeup"
const char *delay_kick(void);

/* Once, before the first is armed. A group's set-up function. */
int delays_load(void **state);

/* Each call of @function takes so much longer from now on; 0: no longer. What has been told is forgotten. */
void delays_arm(const char *function, int us);

/* There was one for each interrupt, @count of them, and no more. */
void delays_read(const char *function, struct delay *delays, size_t count);

#endif /* IMSTRACE_E2E_DELAYS_H */
