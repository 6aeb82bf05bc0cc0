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
 */
struct vector_filter {
	const char *device;
	const char *vectors;
	__u32 irq;
	__u32 pid;
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
 * How it reaches its guest, of its kinds of ways the one that most of @account's interrupts have
 * taken; NULL: not known.
 */
const char *vector_mode(const struct imstrace_vector *vector,
			const struct imstrace_account *account);

/* Why @hop can't be seen of @vector; NULL: it can. */
const char *vector_hop_missing(const struct source *source, const struct imstrace_vector *vector,
			       enum imstrace_hop hop);

#endif /* IMSTRACE_MODEL_VECTORS_H */
