// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end-to-end tests. They run as root in the VM, from the checkout's top.
 */
#include "groups.h"
#include "lab.h"

#include <signal.h>
#include <stdlib.h>

int main(void)
{
	/* A program under test that died shows by what it did not say. */
	signal(SIGPIPE, SIG_IGN);
	lab_shell("mkdir -p " OUTPUT);
	return run_faults() + run_library() + run_live() ? EXIT_FAILURE : EXIT_SUCCESS;
}
