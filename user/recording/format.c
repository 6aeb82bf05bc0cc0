// SPDX-License-Identifier: GPL-2.0-only
#include "format.h"

#include <stdio.h>

const char *const ctf_stream_names[CTF_STREAM_COUNT] = {
#define X(ENUM, name) [CTF_##ENUM] = #name,
	CTF_STREAMS(X)
#undef X
};

#define SIZE(type, member)	sizeof(((type *)0)->member)
/* Behind the event's header. */
#define OFFSET(type, member)	(offsetof(type, member) - sizeof(struct ctf_event))
#define FIELD(type, member, name, form)	\
	{ name, CTF_##form, OFFSET(type, member), SIZE(type, member) },

static const struct ctf_field interrupt_fields[] = {
#define X(ENUM, name, what)	FIELD(struct ctf_interrupt, interrupt.times[HOP_##ENUM], #name, UINT)
	IMSTRACE_HOPS(X)
#undef X
#define X(type, member, name, form, what)	\
	FIELD(struct ctf_interrupt, interrupt.member, #name, form)
#define TEXT(member, size, what)	FIELD(struct ctf_interrupt, interrupt.member, #member, TEXT)
	IMSTRACE_INTERRUPT_FIELDS(X, TEXT)
#undef X
#undef TEXT
};

static const struct ctf_field lifecycle_fields[] = {
#define X(type, member, name, form, what)	FIELD(struct ctf_lifecycle, step.member, #name, form)
#define TEXT(member, size, what)	FIELD(struct ctf_lifecycle, step.member, #member, TEXT)
	IMSTRACE_LIFECYCLE_FIELDS(X, TEXT)
#undef X
#undef TEXT
};

static const struct ctf_field vector_fields[] = {
	FIELD(struct ctf_vector, id, "vector_id", VECTOR_ID)
#define X(type, member, name, form, what)	FIELD(struct ctf_vector, vector.member, #name, form)
#define TEXT(member, size, what)	FIELD(struct ctf_vector, vector.member, #member, TEXT)
	IMSTRACE_VECTOR_FIELDS(X, TEXT)
#undef X
#undef TEXT
};

/* What is written in memory order must have no holes that the metadata does not know of. */
#define SUM(type, member, name, form, what)	+ sizeof(type)
#define SUM_TEXT(member, size, what)		+ (size)
#define CHECK(record, FIELDS, more)							\
	_Static_assert(sizeof(struct record) == (more) FIELDS(SUM, SUM_TEXT), "there is a hole")
CHECK(imstrace_interrupt, IMSTRACE_INTERRUPT_FIELDS, 8 * HOP_COUNT);
CHECK(imstrace_lifecycle, IMSTRACE_LIFECYCLE_FIELDS, 0);
CHECK(imstrace_vector, IMSTRACE_VECTOR_FIELDS, 0);
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "payloads are as in memory");

#define PAYLOAD(fields, event)	\
	{ fields, sizeof(fields) / sizeof(fields[0]), sizeof(event) - sizeof(struct ctf_event) }

const struct ctf_payload ctf_interrupt_payload = PAYLOAD(interrupt_fields, struct ctf_interrupt);
const struct ctf_payload ctf_lifecycle_payload = PAYLOAD(lifecycle_fields, struct ctf_lifecycle);
const struct ctf_payload ctf_vector_payload = PAYLOAD(vector_fields, struct ctf_vector);

const char *ctf_type(const struct ctf_field *field, char text[CTF_TYPE_LEN])
{
	static const char *const names[] = {
		[CTF_UINT] = "uint", [CTF_INT] = "int", [CTF_HEX] = "hex", [CTF_TEXT] = "char_t",
		[CTF_VECTOR_ID] = "vector_id_t", [CTF_CAUSE] = "cause_t", [CTF_END] = "end_t",
	};

	if (field->form > CTF_HEX)
		return names[field->form];
	snprintf(text, CTF_TYPE_LEN, "%s%u_t", names[field->form], 8 * field->size);
	return text;
}
