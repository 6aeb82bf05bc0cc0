// SPDX-License-Identifier: GPL-2.0-only
#include "stop.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t requested;

static void on_signal(int number)
{
	(void)number;
	requested = 1;
}

void stop_on_signals(void)
{
	struct sigaction action = {
		.sa_handler = on_signal,
		/* A poll returns all the same; a write must not fail half-way. */
		.sa_flags = SA_RESETHAND | SA_RESTART,
	};

	struct sigaction hangup;

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	/* nohup has it ignored. Of a lost terminal the shell and the kernel may both tell. */
	sigaction(SIGHUP, NULL, &hangup);
	action.sa_flags = SA_RESTART;
	if (hangup.sa_handler != SIG_IGN)
		sigaction(SIGHUP, &action, NULL);
}

void stop_on_child(void)
{
	struct sigaction action = {
		.sa_handler = on_signal,
		.sa_flags = SA_RESTART | SA_NOCLDSTOP,
	};

	sigaction(SIGCHLD, &action, NULL);
}

void stop_request(void)
{
	requested = 1;
}

bool stop_requested(void)
{
	return requested;
}
