// SPDX-License-Identifier: GPL-2.0-only
/*
 * What ims_sample_defects.c needs of irq-ims.c that no driver does: to tell of a
 * slot that it has written behind the chip's back.
 */
#include <linux/export.h>
#include <linux/tracepoint.h>

#include <trace/events/ims.h>

EXPORT_TRACEPOINT_SYMBOL_GPL(ims_auxdata_write);
