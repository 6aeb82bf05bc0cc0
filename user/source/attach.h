/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each hop, and what else there is to see, is attached by: a ladder of ways each.
 */
#ifndef IMSTRACE_SOURCE_ATTACH_H
#define IMSTRACE_SOURCE_ATTACH_H

#include "source.h"

#include <bpf/libbpf.h>

struct attachments;

/**
 * attach_plan - before loading: which rungs does this kernel have?
 * @object:	opened; the programs that have no chance are left out of loading, for one
 *		that is refused would fail them all
 * @hops:	mask of the hops asked for
 * @result:	to be freed by attach_free()
 *
 * Return: 0 or an exit code, reported.
 */
int attach_plan(struct bpf_object *object, unsigned int hops, struct attachments **result);

/**
 * attach_all - attach what has been loaded, each by the highest rung that holds
 * @pci_bypass_seen: the programs' own: set before those that look at it can run
 *
 * Return: whether any hop can be seen. What can't be had is in the status.
 */
bool attach_all(struct attachments *attachments, bool *pci_bypass_seen);

/* What became of each feature; valid until attach_free(). */
const struct feature_status *attach_status(const struct attachments *attachments, size_t *count);

/* The status of each hop, as it follows. */
void attach_hops(const struct attachments *attachments, struct hop_status hops[HOP_COUNT]);

/*
 * Whether the signals of plain vfio-pci devices are seen; if not, @why says why.
 */
bool attach_sees_pci_signal(const struct attachments *attachments, const char **why);

/* Why it isn't told which vectors are posted; NULL: it is. */
const char *attach_posting_missing(const struct attachments *attachments);

/*
 * Whether vfio-pci is seen to request and free irqs. If not, its vectors are to be found by
 * their irqs' names, again and again.
 */
bool attach_sees_pci_requests(const struct attachments *attachments);

/* Whether vCPUs are seen to be destroyed. */
bool attach_sees_vcpu_frees(const struct attachments *attachments);

/* Whether it is seen to register them as bypass producers. */
bool attach_sees_pci_bypass(const struct attachments *attachments);

void attach_free(struct attachments *attachments);

#endif /* IMSTRACE_SOURCE_ATTACH_H */
