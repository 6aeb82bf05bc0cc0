// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tracepoints of vfio_ims.c, in a file of their own because the KUnit suite has
 * another copy of that one inside.
 */
#include <linux/export.h>

#define CREATE_TRACE_POINTS
#include <trace/events/vfio_ims.h>
