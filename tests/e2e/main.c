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
 * disarmed while it is disabled (a WARNING in ftrace_shutdown(), and it is off for good). With $OF_KERNEL in
 * the environment only those are run that may differ between kernels: of the others one is enough.
 */
int main(int argc, char **argv)
{
	/* In this order: that of the errors is for a machine where nothing has been loaded yet. */
	static const struct {
		int (*run)(void);
		bool of_kernel;
	} groups[] = {
		{ run_errors, true }, { run_ladder, true }, { run_library, true }, { run_live, true },
		{ run_forecast, true }, { run_options, false }, { run_processes, true },
		{ run_accounts, true }, { run_irqfds, true }, { run_vcpus, true }, { run_accuracy, true },
		{ run_parts, true }, { run_why, false },
		{ run_lint, false }, { run_recording, false }, { run_runs, false }, { run_edu, true },
	};
	bool failed = false, of_kernel = getenv("OF_KERNEL");

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	else
		cmocka_set_skip_filter(LADDER_TESTS);
	/* A program under test that died shows by what it did not say. */
	signal(SIGPIPE, SIG_IGN);
	lab_shell("mkdir -p " OUTPUT);
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (groups[i].of_kernel || !of_kernel)
			failed |= groups[i].run() != 0;
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
