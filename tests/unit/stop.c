// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which signals ask a command to end, and that it lives on to do so. Each in a process of its own.
 */
#define _GNU_SOURCE
#include "fake.h"

#include "../../user/stop.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * Raises @number @times times in a process in which @hangup is what SIGHUP did before. Return: its
 * wait status: 0 as soon as it is asked to end, exit status 1 if it never is.
 */
static int raise_in_child(int number, unsigned int times, void (*hangup)(int))
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (!child) {
		signal(SIGHUP, hangup);
		stop_on_signals();
		while (times--)
			raise(number);
		_exit(!stop_requested());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return status;
}

static void signals_ask_for_the_end(void **state)
{
	(void)state;
	assert_int_equal(raise_in_child(SIGINT, 1, SIG_DFL), 0);
	assert_int_equal(raise_in_child(SIGTERM, 1, SIG_DFL), 0);
	assert_int_equal(raise_in_child(SIGHUP, 1, SIG_DFL), 0);
}

static void a_second_one_kills(void **state)
{
	(void)state;
	assert_int_equal(raise_in_child(SIGINT, 2, SIG_DFL), SIGINT);
	assert_int_equal(raise_in_child(SIGTERM, 2, SIG_DFL), SIGTERM);
}

/* Of a terminal that goes away the shell and the kernel may both tell. */
static void but_not_a_second_hangup(void **state)
{
	(void)state;
	assert_int_equal(raise_in_child(SIGHUP, 2, SIG_DFL), 0);
}

static void nohup_is_respected(void **state)
{
	int status = raise_in_child(SIGHUP, 1, SIG_IGN);

	(void)state;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signals_ask_for_the_end),
		cmocka_unit_test(a_second_one_kills),
		cmocka_unit_test(but_not_a_second_hangup),
		cmocka_unit_test(nohup_is_respected),
	};

	return cmocka_run_group_tests_name("stop", tests, NULL, NULL);
}
