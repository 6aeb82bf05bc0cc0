// SPDX-License-Identifier: GPL-2.0-only
#include "kernel_layout.h"

#include <string.h>

static const struct btf_type *resolve(const struct btf *btf, __u32 id)
{
	return btf__type_by_id(btf, btf__resolve_type(btf, id));
}

/* Looks in nameless structures and unions as well, as the language does. */
static bool find_member(const struct btf *btf, const struct btf_type *type, const char *name,
			size_t length, struct place *place, const struct btf_type **member_type)
{
	const struct btf_member *member = btf_members(type);

	for (__u32 i = 0; i < btf_vlen(type); i++, member++) {
		const char *is = btf__name_by_offset(btf, member->name_off);
		__u32 offset = btf_member_bit_offset(type, i) / 8;
		const struct btf_type *inner = resolve(btf, member->type);

		if (!*is && btf_is_composite(inner)) {
			if (!find_member(btf, inner, name, length, place, member_type))
				continue;
			place->offset += offset;
			return true;
		}
		if (strlen(is) != length || strncmp(is, name, length))
			continue;
		place->offset = offset;
		place->size = btf__resolve_size(btf, member->type);
		*member_type = inner;
		return true;
	}
	return false;
}

bool layout_find(const struct btf *btf, const struct btf_type *type, const char *path,
		 struct place *place)
{
	struct place step;

	*place = (struct place) { 0 };
	for (size_t length; *path; path += length + (path[length] == '.')) {
		length = strcspn(path, ".");
		if (!btf_is_composite(type) ||
		    !find_member(btf, type, path, length, &step, &type))
			return false;
		place->offset += step.offset;
		place->size = step.size;
	}
	/* Of a list's head or entry it is the pointer to the next, its first member. */
	if (place->size > sizeof(__u64))
		place->size = sizeof(__u64);
	return true;
}
