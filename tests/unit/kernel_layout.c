// SPDX-License-Identifier: GPL-2.0-only
/* Where the members of a structure are, by a BTF that is made here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../user/source/kernel_layout.h"

/* What these would have: struct { int id; struct { struct { long pir[4]; }; int control; } desc; }. */
static struct btf *make(int *outer)
{
	struct btf *btf = btf__new_empty();
	int word, id, array, nameless, desc;

	assert_non_null(btf);
	word = btf__add_int(btf, "long", 8, 0);
	id = btf__add_int(btf, "int", 4, 0);
	array = btf__add_array(btf, id, word, 4);
	nameless = btf__add_struct(btf, "", 32);
	assert_false(btf__add_field(btf, "pir", array, 0, 0));
	desc = btf__add_struct(btf, "desc", 64);
	assert_false(btf__add_field(btf, "", nameless, 64, 0));
	assert_false(btf__add_field(btf, "control", id, 320, 0));
	*outer = btf__add_struct(btf, "outer", 128);
	assert_false(btf__add_field(btf, "id", id, 0, 0));
	assert_false(btf__add_field(btf, "desc", desc, 512, 0));
	return btf;
}

static void members_are_found(void **state)
{
	static const struct {
		const char *path;
		__u32 offset, size;
	} expected[] = {
		{ "id", 0, 4 }, { "desc.control", 104, 4 },
		/* In a nameless structure; what is larger than a pointer is as large as one. */
		{ "desc.pir", 72, 8 }, { "desc", 64, 8 },
	};
	static const char *const absent[] = { "pir", "desc.id", "id.desc", "des", "desc.pirs" };
	const struct btf_type *type;
	struct btf *btf;
	struct place place;
	int outer;

	(void)state;
	btf = make(&outer);
	type = btf__type_by_id(btf, outer);
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		assert_true(layout_find(btf, type, expected[i].path, &place));
		assert_int_equal(place.offset, expected[i].offset);
		assert_int_equal(place.size, expected[i].size);
	}
	for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
		assert_false(layout_find(btf, type, absent[i], &place));
	btf__free(btf);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(members_are_found) };

	return cmocka_run_group_tests_name("kernel-layout", tests, NULL, NULL);
}
