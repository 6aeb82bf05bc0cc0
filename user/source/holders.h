/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whose an eventfd is, by /proc/PID/fdinfo: of a vector that was bound before imstrace looked, and whose
 * eventfd KVM has not taken, nothing else tells.
 */
#ifndef IMSTRACE_SOURCE_HOLDERS_H
#define IMSTRACE_SOURCE_HOLDERS_H

#include <linux/types.h>

struct holders;

/**
 * holders_look - look who holds which eventfd
 *
 * One reading of the links of all open files, and of what the eventfds of those processes are that
 * have a device of VFIO or a VM open as well.
 *
 * Return: NULL if nothing can be said: there is no VFIO, or a process may not be looked at.
 */
struct holders *holders_look(void);
void holders_free(struct holders *holders);

/*
 * The one process that held the eventfd and a device of VFIO or, if none did, a VM; 0: there was none,
 * or several. @holders may be NULL.
 */
__u32 holders_find(const struct holders *holders, __u32 eventfd_id);

#endif /* IMSTRACE_SOURCE_HOLDERS_H */
