// SPDX-License-Identifier: GPL-2.0-only
#include "layout.h"

#include <stdio.h>
#include <string.h>

/* Of a field of this type in a recording, without what is in brackets; 0: it is not known. */
static unsigned int size_of_type(const char *type)
{
	static const struct {
		const char *name;
		unsigned int size;
	} types[] = {
		{ "uint8_t", 1 }, { "uint16_t", 2 }, { "uint32_t", 4 }, { "uint64_t", 8 },
		{ "int32_t", 4 }, { "hex32_t", 4 }, { "hex64_t", 8 }, { "char_t", 1 },
		{ "cause_t", 1 }, { "end_t", 1 }, { "vector_id_t", 4 },
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(types[i].name, type))
			return types[i].size;
	return 0;
}

static const struct ctf_field *find_field(const struct ctf_payload *ours, const char *name)
{
	for (size_t i = 0; i < ours->count; i++)
		if (!strcmp(ours->fields[i].name, name))
			return &ours->fields[i];
	return NULL;
}

static bool add_field(struct ctf_layout *layout, const struct ctf_payload *ours, const char *name,
		      unsigned int size)
{
	const struct ctf_field *field = find_field(ours, name);

	if (!size || layout->count == CTF_MOST_FIELDS || layout->size + size >= CTF_NO_FIELD)
		return false;
	/* A text may be cut; half of a number is none. */
	if (field && size > field->size && field->form != CTF_TEXT)
		return false;
	layout->fields[layout->count].from = layout->size;
	layout->fields[layout->count].to = field ? field->offset : CTF_NO_FIELD;
	layout->fields[layout->count].bytes = !field ? 0 : size < field->size ? size : field->size;
	layout->same &= field && field->offset == layout->size && field->size == size;
	layout->count++;
	layout->size += size;
	return true;
}

bool ctf_layout_read(struct ctf_layout *result, const char *text, const struct ctf_payload *ours)
{
	struct ctf_layout read = { .same = true }, *layout = &read;

	while (text[strspn(text, " ")] != '}') {
		char type[32], name[32];
		unsigned int elements = 1;
		int used = 0;

		if (sscanf(text, " %31[a-z0-9_] %31[a-z0-9_]%n", type, name, &used) != 2)
			return false;
		text += used;
		used = 0;
		if (*text == '[') {
			if (sscanf(text, "[%4u]%n", &elements, &used) != 1 || !used)
				return false;
			text += used;
		}
		if (*text++ != ';' || !add_field(layout, ours, name, elements * size_of_type(type)))
			return false;
	}
	layout->same &= layout->size == ours->size;
	*result = read;
	return layout->count;
}

bool ctf_layout_has(const struct ctf_layout *layout, const struct ctf_payload *ours, const char *name)
{
	const struct ctf_field *field = find_field(ours, name);

	for (size_t i = 0; field && i < layout->count; i++)
		if (layout->fields[i].to == field->offset)
			return true;
	return false;
}

void ctf_layout_apply(const struct ctf_layout *layout, const struct ctf_payload *ours,
		      const struct ctf_event *from, struct ctf_event *event)
{
	const char *payload = (const char *)(from + 1);
	char *to = (char *)(event + 1);

	*event = *from;
	if (layout->same) {
		memcpy(to, payload, ours->size);
		return;
	}
	memset(to, 0, ours->size);
	for (size_t i = 0; i < layout->count; i++)
		if (layout->fields[i].to != CTF_NO_FIELD)
			memcpy(to + layout->fields[i].to, payload + layout->fields[i].from,
			       layout->fields[i].bytes);
}
