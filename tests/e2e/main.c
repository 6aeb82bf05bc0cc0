// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end-to-end tests. They run as root in the VM, from the checkout's top.
 */
#include "groups.h"
#include "lab.h"

#include <signal.h>
#include <stdlib.h>

/* An argument is a pattern for the names of the tests to run, such as "*waiting". */
int main(int argc, char **argv)
{
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	/* A program under test that died shows by what it did not say. */
	signal(SIGPIPE, SIG_IGN);
	lab_shell("mkdir -p " OUTPUT);
	return run_faults() + run_ladder() + run_library() + run_live() + run_options() +
	       run_accounts() + run_accuracy() + run_lint() + run_recording() ? EXIT_FAILURE : EXIT_SUCCESS;
}
