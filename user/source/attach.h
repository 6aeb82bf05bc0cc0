/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each hop, and what else there is to see, is attached by: a ladder of ways each.
 */
#ifndef IMSTRACE_SOURCE_ATTACH_H
#define IMSTRACE_SOURCE_ATTACH_H

#include "live.h"

#include <bpf/libbpf.h>

struct attachments;

#define DELIVERY_NOT_NEEDED	"not needed: neither APICv nor AVIC is allowed"

/**
 * attach_new - what is attached: nothing yet
 * @options:	what is asked for; not needed after the call
 * @modules:	the BTF of a module can be opened by its id, which takes CAP_SYS_ADMIN
 * @preemptible: the kernel may preempt programs at tracepoints, see environment.h
 * @no_delivery: why it can't be seen, or needn't, when APICv or AVIC delivers; NULL: it can. Kept
 *
 * Return: to be freed by attach_free(); NULL: out of memory.
 */
struct attachments *attach_new(const struct live_options *options, bool modules, bool preemptible,
			       const char *no_delivery);

/**
 * attach_plan - before loading: what is to be loaded?
 * @object:	opened. Of each feature's rungs that this kernel may have the highest one is
 *		loaded: one that is refused would fail all, and the verifier takes its time
 */
void attach_plan(struct attachments *attachments, struct bpf_object *object);

/**
 * attach_without_fentry - after loading has failed: give up the rungs that may be at fault
 * @error:	the errno of it
 *
 * Return: whether there were any; if so, attach_plan() and loading are worth another try.
 */
bool attach_without_fentry(struct attachments *attachments, int error);

/**
 * attach_all - attach what has been loaded
 * @pci_bypass_seen: the programs' own: set before those that look at it can run
 *
 * Return: false if a rung did not hold, and the next has not been loaded: nothing is attached,
 * and an object opened anew is to be planned, loaded and attached. What can't be had at all is
 * in the status.
 */
bool attach_all(struct attachments *attachments, bool *pci_bypass_seen);

/* Whether any hop is seen. */
bool attach_sees_any(const struct attachments *attachments);

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

/* Whether each vCPU is seen to be destroyed, as it happens. */
bool attach_sees_vcpu_frees(const struct attachments *attachments);

/* Whether VMMs are seen to read eventfds. */
bool attach_sees_reads(const struct attachments *attachments);
/* Whether KVM's workqueue is seen to begin with an irqfd. */
bool attach_sees_queue(const struct attachments *attachments);
/* Interrupts that no device's vector raises. */
bool attach_sees_vms(const struct attachments *attachments);

/* Why it isn't seen when a CPU delivers what APICv or AVIC gave it; NULL: it is. */
const char *attach_delivery_missing(const struct attachments *attachments);

/* Whether it is seen to register them as bypass producers. */
bool attach_sees_pci_bypass(const struct attachments *attachments);

/* Whether anything is attached in a way that kernel.ftrace_enabled = 0 blinds. @attachments may be NULL. */
bool attach_by_ftrace(const struct attachments *attachments);

void attach_free(struct attachments *attachments);

#endif /* IMSTRACE_SOURCE_ATTACH_H */
