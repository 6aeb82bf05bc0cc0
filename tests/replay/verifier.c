// SPDX-License-Identifier: GPL-2.0-only
/*
 * How soon the verifier is done with the programs, which is most of what imstrace takes to start: counted in
 * instructions, since time is the machine's.
 */
#include "world.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

/* The most are 15,000 of kernel 7.3. When new_vector() was verified in each state, they were 74,000. */
#define MOST_OF_PROGRAM	30000

static void programs_are_soon_verified(void **state)
{
	struct replay_options options = world_options();
	struct bpf_program *program;
	struct world *world;
	unsigned int loaded = 0;

	(void)state;
	options.kprobes = true;
	world = world_new(&options);
	bpf_object__for_each_program(program, replay_object(world->replay)) {
		struct bpf_prog_info info = { 0 };
		__u32 size = sizeof(info);

		if (!bpf_program__autoload(program))
			continue;
		assert_int_equal(bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size), 0);
		if (info.verified_insns > MOST_OF_PROGRAM)
			fail_msg("%s: %u instructions are more than %u", bpf_program__name(program),
				 info.verified_insns, MOST_OF_PROGRAM);
		assert_true(info.verified_insns > 0);
		loaded++;
	}
	assert_true(loaded > 30);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(programs_are_soon_verified),
	};

	return cmocka_run_group_tests_name("replay, verifier", tests, NULL, NULL);
}
