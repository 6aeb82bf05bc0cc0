// SPDX-License-Identifier: GPL-2.0-only
/*
 * What ims_sample_defects.c and the KUnit suite need of vfio_ims_trace.c that no driver
 * does: to fire its events.
 */
#include <linux/export.h>
#include <linux/tracepoint.h>

#include <trace/events/vfio_ims.h>

EXPORT_TRACEPOINT_SYMBOL_GPL(vfio_ims_slot_alloc);
EXPORT_TRACEPOINT_SYMBOL_GPL(vfio_ims_slot_free);
EXPORT_TRACEPOINT_SYMBOL_GPL(vfio_ims_irq_request);
EXPORT_TRACEPOINT_SYMBOL_GPL(vfio_ims_irq_free);
EXPORT_TRACEPOINT_SYMBOL_GPL(vfio_ims_bypass_register);
EXPORT_TRACEPOINT_SYMBOL_GPL(vfio_ims_bypass_unregister);
EXPORT_TRACEPOINT_SYMBOL_GPL(vfio_ims_vector_bind);
EXPORT_TRACEPOINT_SYMBOL_GPL(vfio_ims_vector_unbind);
EXPORT_TRACEPOINT_SYMBOL_GPL(vfio_ims_signal);
EXPORT_TRACEPOINT_SYMBOL_GPL(vfio_ims_index_enable);
EXPORT_TRACEPOINT_SYMBOL_GPL(vfio_ims_index_disable);
