/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is known of a vector, in words; and which vectors are wanted.
 */
#ifndef IMSTRACE_MODEL_VECTORS_H
#define IMSTRACE_MODEL_VECTORS_H

#include "../source/source.h"

/**
 * struct vector_filter - which vectors are wanted; all members must agree
 * @device:	shell pattern for the device's name, NULL: any
 * @vectors:	list such as "0,4-7", NULL: any; see vector_list_valid()
 * @irq:	Linux irq, 0: any
 * @pid:	process that bound it, 0: any
 * @guest:	shell pattern for what the VMM calls its VM, NULL: any
 * @source:	one of vector_source()'s, NULL: any
 */
struct vector_filter {
	const char *device;
	const char *vectors;
	__u32 irq;
	__u32 pid;
	const char *guest;
	const char *source;
};

enum wanted {
	WANTED_NO,
	WANTED_YES,
	WANTED_LATER,	/* what the filter asks for isn't known of it yet */
};

bool vector_list_valid(const char *list);
enum wanted vector_wanted(const struct vector_filter *filter,
			  const struct imstrace_vector *vector);

/*
 * Where its interrupts come from: "vfio-pci", "ims", "emulated", "irqfd", "ioctl-msi", "ioctl-line" or "intx";
 * NULL: not known yet.
 */
const char *vector_source(const struct imstrace_vector *vector);
/* The names of all sources; NULL: there are no more. */
const char *vector_source_name(unsigned int index);
/* The name's enum imstrace_kind; KIND_UNKNOWN: it is none. */
enum imstrace_kind vector_source_find(const char *name);

/*
 * How it reaches its guest, of its kinds of ways the one that most of @account's interrupts have
 * taken; NULL: not known.
 */
const char *vector_mode(const struct imstrace_vector *vector,
			const struct imstrace_account *account);

/* Why what none but an INTx line has is not seen. */
#define ONLY_INTX	"only INTx lines are unmasked"

/* Why @hop can't be seen of @vector; NULL: it can. */
const char *vector_hop_missing(const struct source *source, const struct imstrace_vector *vector,
			       enum imstrace_hop hop);

#endif /* IMSTRACE_MODEL_VECTORS_H */
