// SPDX-License-Identifier: GPL-2.0-only
#include "tasks.h"

#include <stdio.h>

/* include/linux/sched/prio.h */
#define MAX_RT_PRIO	100
#define DEFAULT_PRIO	120

const char *task_policy(__u32 policy)
{
	/* include/uapi/linux/sched.h */
	static const char *const names[] = {
		[0] = "other", [1] = "fifo", [2] = "rr", [3] = "batch", [5] = "idle", [6] = "deadline", [7] = "ext",
	};

	return policy < sizeof(names) / sizeof(names[0]) ? names[policy] : NULL;
}

bool task_is_realtime(__s32 priority, int *level)
{
	if (priority >= MAX_RT_PRIO) {
		*level = priority - DEFAULT_PRIO;
		return false;
	}
	*level = priority < 0 ? 0 : MAX_RT_PRIO - 1 - priority;
	return true;
}

void task_scheduling(char text[TASK_SCHEDULING_LEN], __u32 policy, __s32 priority)
{
	int level;
	bool realtime = task_is_realtime(priority, &level);

	snprintf(text, TASK_SCHEDULING_LEN, "%s%s %d", task_policy(policy) ?: "?", realtime ? "" : ", nice",
		 level);
}
