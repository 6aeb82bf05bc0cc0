// SPDX-License-Identifier: GPL-2.0-only
#include "vectors.h"

#include "../source/device_class.h"

#include <ctype.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

/* Takes "A" or "A-B" off the front of a list; NULL: it isn't one. */
static const char *next_range(const char *list, unsigned long *first, unsigned long *last)
{
	char *end;

	if (!isdigit(*list))
		return NULL;
	*first = *last = strtoul(list, &end, 10);
	if (*end == '-') {
		if (!isdigit(end[1]))
			return NULL;
		*last = strtoul(end + 1, &end, 10);
	}
	if (*end == ',')
		return isdigit(end[1]) ? end + 1 : NULL;
	return *end ? NULL : end;
}

bool vector_list_valid(const char *list)
{
	unsigned long first, last;

	do {
		list = next_range(list, &first, &last);
		if (!list || first > last)
			return false;
	} while (*list);
	return true;
}

static bool in_list(const char *list, unsigned long vector)
{
	unsigned long first, last;

	while (list && *list) {
		list = next_range(list, &first, &last);
		if (list && vector >= first && vector <= last)
			return true;
	}
	return false;
}

/* By enum imstrace_kind. */
static const char *const sources[] = {
	[KIND_PCI] = "vfio-pci", [KIND_IMS] = "ims", [KIND_EMULATED] = "emulated",
	[KIND_IRQFD] = "irqfd", [KIND_MSI] = "ioctl-msi", [KIND_LINE] = "ioctl-line",
	[KIND_INTX] = "intx",
};

#define SOURCES	(sizeof(sources) / sizeof(sources[0]))

const char *vector_source(const struct imstrace_vector *vector)
{
	return vector->kind < SOURCES ? sources[vector->kind] : NULL;
}

const char *vector_source_name(unsigned int index)
{
	return index + 1 < SOURCES ? sources[index + 1] : NULL;
}

enum imstrace_kind vector_source_find(const char *name)
{
	unsigned int kind = SOURCES;

	while (--kind > KIND_UNKNOWN)
		if (!strcmp(sources[kind], name))
			break;
	return kind;
}

/* Its names follow its process. */
static enum wanted guest_wanted(const struct vector_filter *filter,
				const struct imstrace_vector *vector)
{
	if (!*vector->vmm)
		return WANTED_LATER;
	return fnmatch(filter->guest, vector->guest, 0) ? WANTED_NO : WANTED_YES;
}

/* By the name that it has here, or by its device's. */
static bool device_wanted(const char *pattern, const struct imstrace_vector *vector)
{
	char device[IMSTRACE_NAME_LEN];

	if (!fnmatch(pattern, vector->device, 0))
		return true;
	if (vector->kind != KIND_INTX)
		return false;
	device_of_vector(device, vector->device);
	return !fnmatch(pattern, device, 0);
}

enum wanted vector_wanted(const struct vector_filter *filter, const struct imstrace_vector *vector)
{
	if (filter->device && !device_wanted(filter->device, vector))
		return WANTED_NO;
	if (filter->vectors && !in_list(filter->vectors, vector->vector))
		return WANTED_NO;
	if (filter->irq && vector->irq != filter->irq)
		return vector->irq == IMSTRACE_NONE ? WANTED_LATER : WANTED_NO;
	if (filter->pid && vector->pid != filter->pid)
		return vector->pid ? WANTED_NO : WANTED_LATER;
	if (filter->source && !vector_source(vector))
		return WANTED_LATER;
	if (filter->source && strcmp(filter->source, vector_source(vector)))
		return WANTED_NO;
	return filter->guest ? guest_wanted(filter, vector) : WANTED_YES;
}

/* Who has read most of what @account has signals of; if there are none, of the latest signal. */
static enum imstrace_reader main_reader(const struct imstrace_vector *vector,
					const struct imstrace_account *account)
{
	__u64 user = account->ends[END_USER] + account->detours, work = account->ends[END_WORKQUEUE];
	__u64 irqfd = account->hops[HOP_ACCEPT] + account->ends[END_NMI] +
		      account->ends[END_NO_ROUTE] + account->ends[END_NOT_ACCEPTED] +
		      account->ends[END_REFUSED] + account->ends[END_WORK_MERGED] - account->detours;

	if (!(irqfd | work | user))
		return vector->reader;
	if (irqfd >= work && irqfd >= user)
		return READER_IRQFD;
	return work >= user ? READER_IRQFD_WORK : READER_USER;
}

const char *vector_mode(const struct imstrace_vector *vector,
			const struct imstrace_account *account)
{
	if (vector->state & STATE_POSTED)
		return "posted";
	if (vector->kind == KIND_EMULATED)
		return "emulated";
	if (vector->kind == KIND_MSI || vector->kind == KIND_LINE)
		return "ioctl";
	switch (main_reader(vector, account)) {
	case READER_IRQFD:
		return "irqfd";
	case READER_IRQFD_WORK:
		return "irqfd-work";
	case READER_USER:
		return "user";
	case READER_UNKNOWN:
		break;
	}
	return NULL;
}

/*
 * Whether it may be posted without our knowing. That a vector is idle, and that the IOMMU
 * posts it, looks the same from the host, which is told only when posting begins.
 */
static const char *may_be_posted(const struct source *source, const struct imstrace_vector *vector)
{
	if (!source->may_post || vector->reader != READER_UNKNOWN ||
	    vector->kind == KIND_EMULATED || vector->kind == KIND_INTX || kind_of_vm(vector->kind))
		return NULL;
	if (!(vector->state & STATE_FROM_START))
		return "no interrupt seen: idle, or posted past the host since before imstrace looked";
	/* Without a bypass producer there is nothing that KVM could have posted. */
	if (source->posting && vector->state & STATE_BYPASS)
		return "no interrupt seen: idle, or posted past the host, of which nothing tells here";
	return NULL;
}

const char *vector_hop_missing(const struct source *source, const struct imstrace_vector *vector,
			       enum imstrace_hop hop)
{
	if (!kind_has_hop(vector->kind, hop))
		return ONLY_INTX;
	if (!*source->hops[hop].attached)
		return source->hops[hop].reason;
	if (hop == HOP_SIGNAL && source->pci_signal && vector_of_pci(vector->kind))
		return source->pci_signal;
	if (vector->state & STATE_POSTED)
		return "posted: the IOMMU delivers it to the guest, past the host";
	if (may_be_posted(source, vector))
		return may_be_posted(source, vector);
	if (hop == HOP_IRQ && vector->kind == KIND_EMULATED)
		return "an emulated vector has no irq";
	if (hop == HOP_IRQ && vector->kind == KIND_IRQFD)
		return "an irqfd has no irq: a thread or another interrupt's handler signals it";
	if (hop == HOP_IRQ && kind_of_vm(vector->kind))
		return "what a VMM raises by an ioctl has no irq";
	if (hop == HOP_UNMASK)
		return NULL;
	if (hop >= HOP_ACCEPT && vector->reader == READER_USER)
		return "KVM has no irqfd at its eventfd: the VMM reads it, in user space";
	if (hop >= HOP_ACCEPT && vector->reader == READER_IRQFD_WORK)
		return "its route is not an MSI: KVM delivers it through a workqueue";
	return NULL;
}
