/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each hop is attached by.
 */
#ifndef IMSTRACE_SOURCE_ATTACH_H
#define IMSTRACE_SOURCE_ATTACH_H

#include "source.h"

#include <bpf/libbpf.h>

struct attachments;

/* Before loading: leaves out the programs of the hops that are not in the mask. */
void attach_select(struct bpf_object *object, unsigned int hops);

/**
 * attach_all - attach what has been loaded
 * @object:	the loaded programs
 * @hops:	the hops asked for; a hop that can't be had is said and left out
 * @status:	what became of each, and why
 * @result:	to be freed by attach_free()
 *
 * Return: 0 if there is anything to follow, or an exit code, reported.
 */
int attach_all(struct bpf_object *object, unsigned int hops, struct hop_status status[HOP_COUNT],
	       struct attachments **result);
void attach_free(struct attachments *attachments);

#endif /* IMSTRACE_SOURCE_ATTACH_H */
