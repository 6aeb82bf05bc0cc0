// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end-to-end tests. They run as root in the VM, from the checkout's top.
 */
#include "groups.h"
#include "lab.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

#define LADDER_TESTS	"ladder*"

/*
 * An argument is a pattern for the names of the tests to run, such as "*waiting". Those of the
 * ladder have a machine of their own: 6.1's ftrace does not survive that kprobes are
 * disarmed while it is disabled (a WARNING in ftrace_shutdown(), and it is off for good).
 */
int main(int argc, char **argv)
{
	/* In this order: that of the errors is for a machine where nothing has been loaded yet. */
	static int (*const groups[])(void) = {
		run_errors, run_ladder, run_library, run_live, run_forecast, run_options,
		run_processes, run_accounts, run_irqfds, run_vcpus, run_accuracy, run_lint, run_recording, run_runs, run_edu,
	};
	bool failed = false;

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	else
		cmocka_set_skip_filter(LADDER_TESTS);
	/* A program under test that died shows by what it did not say. */
	signal(SIGPIPE, SIG_IGN);
	lab_shell("mkdir -p " OUTPUT);
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		failed |= groups[i]() != 0;
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
