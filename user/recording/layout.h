/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Payloads of recordings that another version of imstrace made: where in them our fields are. A
 * field that a recording lacks is 0, one that we do not know is passed over.
 */
#ifndef IMSTRACE_RECORDING_LAYOUT_H
#define IMSTRACE_RECORDING_LAYOUT_H

#include "format.h"

#include <stdbool.h>

#define CTF_MOST_FIELDS	64
#define CTF_NO_FIELD	UINT16_MAX

/**
 * struct ctf_layout - the fields of a payload in a recording, in their order
 * @size:	of the payload, in bytes; 0: it was not read
 * @count:	number of fields
 * @same:	it is as we write it
 * @from:	of each field, its offset there
 * @to:		and here, or CTF_NO_FIELD
 * @bytes:	how much of it to copy
 */
struct ctf_layout {
	size_t size;
	size_t count;
	bool same;
	struct {
		uint16_t from, to, bytes;
	} fields[CTF_MOST_FIELDS];
};

/*
 * Reads the list of fields at the beginning of @text, such as "uint64_t irq; char_t device[64]; }".
 * Return: false: it is none, or has a field that ours has no room for; *@result is as it was.
 */
bool ctf_layout_read(struct ctf_layout *result, const char *text, const struct ctf_payload *ours);

/* Whether the recording has the field @name of @ours. */
bool ctf_layout_has(const struct ctf_layout *layout, const struct ctf_payload *ours, const char *name);

/* Makes @event, one of our structs, of the event at @from. */
void ctf_layout_apply(const struct ctf_layout *layout, const struct ctf_payload *ours,
		      const struct ctf_event *from, struct ctf_event *event);

#endif /* IMSTRACE_RECORDING_LAYOUT_H */
