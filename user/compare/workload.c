// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "workload.h"

#include "../errors.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* As a shell has it. */
#define NOT_FOUND	127
#define BY_SIGNAL	128

/* @hangup: what SIGHUP is to do, which is nothing below nohup. */
static void run_command(char *const *command, int socket, sighandler_t hangup)
{
	close(socket);
	signal(SIGINT, SIG_DFL);
	signal(SIGHUP, hangup);
	/* Standard output is for what imstrace itself has to say. */
	dup2(STDERR_FILENO, STDOUT_FILENO);
	execvp(*command, command);
	fprintf(stderr, "imstrace: cannot run %s: %s\n", *command, strerror(errno));
	_exit(NOT_FOUND);
}

/* Until it has ended; if whoever asked for it goes away, it is told to. */
static int wait_for(pid_t child, int socket)
{
	struct pollfd ends[] = {
		{ .fd = pidfd_open(child, 0), .events = POLLIN },
		{ .fd = socket, .events = POLLIN },
	};
	int status;

	while (ends[0].fd >= 0 && poll(ends, 2, -1) >= 0 && !ends[0].revents) {
		if (!ends[1].revents)
			continue;
		kill(child, SIGTERM);
		break;
	}
	if (ends[0].fd >= 0)
		close(ends[0].fd);
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return BY_SIGNAL;
	return WIFEXITED(status) ? WEXITSTATUS(status) : BY_SIGNAL + WTERMSIG(status);
}

/* A number is the command to run; the answer is its status. */
static void help(int socket, char **const *commands, size_t count)
{
	sighandler_t hangup;
	unsigned char which;
	int status;

	/* They are for the command, and for imstrace, which then lets go of this process. */
	signal(SIGINT, SIG_IGN);
	hangup = signal(SIGHUP, SIG_IGN);
	while (read(socket, &which, 1) == 1 && which < count) {
		pid_t child = fork();

		if (!child)
			run_command(commands[which], socket, hangup);
		status = child < 0 ? BY_SIGNAL : wait_for(child, socket);
		if (send(socket, &status, sizeof(status), MSG_NOSIGNAL) != sizeof(status))
			break;
	}
	_exit(0);
}

int workload_start(struct workload *workload, char **const *commands, size_t count)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return report_error(EXIT_RUNTIME, NULL, "socketpair: %s", strerror(errno));
	workload->helper = fork();
	if (workload->helper < 0)
		return report_error(EXIT_RUNTIME, NULL, "fork: %s", strerror(errno));
	if (!workload->helper) {
		close(ends[0]);
		help(ends[1], commands, count);
	}
	close(ends[1]);
	workload->socket = ends[0];
	return 0;
}

int workload_run(const struct workload *workload, size_t which)
{
	const unsigned char number = which;

	if (send(workload->socket, &number, 1, MSG_NOSIGNAL) != 1)
		return report_error(EXIT_RUNTIME, NULL,
				    "the process that runs the commands has ended: %s",
				    strerror(errno));
	return 0;
}

bool workload_ended(const struct workload *workload, int *status)
{
	ssize_t size = recv(workload->socket, status, sizeof(*status), MSG_DONTWAIT);

	if (size == sizeof(*status))
		return true;
	if (size < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	*status = BY_SIGNAL + SIGKILL;
	return true;
}

void workload_stop(struct workload *workload)
{
	close(workload->socket);
	while (waitpid(workload->helper, NULL, 0) < 0 && errno == EINTR)
		;
}
