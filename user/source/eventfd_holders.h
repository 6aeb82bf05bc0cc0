/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whose an eventfd is, by /proc/PID/fdinfo: of a vector that was bound before imstrace looked, and whose
 * eventfd KVM has not taken, nothing else tells.
 */
#ifndef IMSTRACE_SOURCE_EVENTFD_HOLDERS_H
#define IMSTRACE_SOURCE_EVENTFD_HOLDERS_H

#include <linux/types.h>

struct eventfd_holders;

/**
 * eventfd_holders_look - look who holds which eventfd
 *
 * One reading of the links of all open files, and of what the eventfds of those processes are that
 * have a device of VFIO or a VM open as well.
 *
 * Return: NULL if nothing can be said: there is no VFIO, or a process may not be looked at.
 */
struct eventfd_holders *eventfd_holders_look(void);
void eventfd_holders_free(struct eventfd_holders *holders);

/*
 * The one process that held the eventfd and a device of VFIO or, if none did, a VM; 0: there was none,
 * or several. @holders may be NULL.
 */
__u32 eventfd_holders_find(const struct eventfd_holders *holders, __u32 eventfd_id);

#endif /* IMSTRACE_SOURCE_EVENTFD_HOLDERS_H */
