/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The scheduling of a thread of the host, in words.
 */
#ifndef IMSTRACE_MODEL_TASKS_H
#define IMSTRACE_MODEL_TASKS_H

#include <linux/types.h>
#include <stdbool.h>

/* SCHED_FIFO: "fifo", and so on; NULL: a policy that this imstrace does not know. */
const char *task_policy(__u32 policy);

/*
 * By the kernel's @priority: whether it is real-time. If so, *@level is its sched_priority, 1 to 99 (0: deadline),
 * else its nice value.
 */
bool task_is_realtime(__s32 priority, int *level);

/* "fifo 10", or "other, nice 0". */
#define TASK_SCHEDULING_LEN	32
void task_scheduling(char text[TASK_SCHEDULING_LEN], __u32 policy, __s32 priority);

#endif /* IMSTRACE_MODEL_TASKS_H */
