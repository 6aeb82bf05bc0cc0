// SPDX-License-Identifier: GPL-2.0-only
/* Signalling by write(). See writer.h. */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fail.h"
#include "writer.h"

int writer_signal(int eventfd)
{
	uint64_t one = 1;

	if (write(eventfd, &one, sizeof(one)) < 0)
		return -errno;
	return 0;
}

/* Until the other end is closed. */
static void serve(int socket)
{
	int eventfd, ret;

	prctl(PR_SET_NAME, WRITER_NAME);
	while (read(socket, &eventfd, sizeof(eventfd)) == sizeof(eventfd)) {
		ret = writer_signal(eventfd);
		if (write(socket, &ret, sizeof(ret)) != sizeof(ret))
			break;
	}
	_exit(0);
}

void writer_start(struct writer *writer)
{
	int sockets[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets))
		fail(EXIT_RUNTIME, "socketpair: %s", strerror(errno));
	writer->pid = fork();
	if (writer->pid < 0)
		fail(EXIT_RUNTIME, "fork: %s", strerror(errno));
	if (!writer->pid) {
		close(sockets[0]);
		serve(sockets[1]);
	}
	close(sockets[1]);
	writer->socket = sockets[0];
}

void writer_end(struct writer *writer)
{
	if (!writer->pid)
		return;
	close(writer->socket);
	waitpid(writer->pid, NULL, 0);
	writer->pid = 0;
}

int writer_ask(const struct writer *writer, int eventfd)
{
	int ret;

	if (write(writer->socket, &eventfd, sizeof(eventfd)) != sizeof(eventfd) ||
	    read(writer->socket, &ret, sizeof(ret)) != sizeof(ret))
		return -EIO;
	return ret;
}
