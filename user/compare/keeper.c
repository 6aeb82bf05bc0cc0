// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "keeper.h"

#include "../errors.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* In the same directory; the dot hides it from imstrace history. NULL: out of memory. */
static char *temporary_name(const char *name)
{
	const char *slash = strrchr(name, '/'), *file = slash ? slash + 1 : name;
	char *temporary;

	if (asprintf(&temporary, "%.*s.%s.%d", (int)(file - name), name, file, getpid()) < 0)
		return NULL;
	return temporary;
}

/* As the file that it will replace. */
static bool same_owner(int fd, const struct stat *old)
{
	return !fchown(fd, old->st_uid, old->st_gid) && !fchmod(fd, old->st_mode & 07777);
}

/* Return: -1 if the directory does not allow it. */
static int open_temporary(char *temporary, const struct stat *old)
{
	int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	if (fd < 0 || !old || same_owner(fd, old))
		return fd;
	close(fd);
	unlink(temporary);
	errno = EPERM;
	return -1;
}

int keeper_add(struct keeper *keeper, const char *path)
{
	/* Of a symbolic link, what it points to is replaced. */
	char *name = realpath(path, NULL) ?: strdup(path), *temporary = name ? temporary_name(name) : NULL;
	struct stat old;
	bool exists = !stat(path, &old), in_place = exists && !S_ISREG(old.st_mode);
	int fd = -1;

	if (temporary && !in_place) {
		fd = open_temporary(temporary, exists ? &old : NULL);
		/* A file that is there may be written even where none can be made. */
		in_place = fd < 0 && exists && errno != EEXIST;
	}
	if (in_place) {
		free(temporary);
		temporary = NULL;
		fd = open(path, O_WRONLY | O_CLOEXEC);
	}
	keeper->files[keeper->count].name = name;
	keeper->files[keeper->count].temporary = temporary;
	keeper->files[keeper->count].file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!keeper->files[keeper->count++].file)
		return report_error(EXIT_RUNTIME, NULL, "cannot write to %s: %s", path, strerror(errno));
	return 0;
}

static void remove_all(const struct keeper *keeper)
{
	for (size_t i = 0; i < keeper->count; i++)
		if (keeper->files[i].temporary)
			unlink(keeper->files[i].temporary);
}

/* Return: 0 or an errno. */
static int rename_all(const struct keeper *keeper)
{
	for (size_t i = 0; i < keeper->count; i++)
		if (keeper->files[i].temporary &&
		    rename(keeper->files[i].temporary, keeper->files[i].name))
			return errno;
	return 0;
}

/* A byte says that all is written; the answer is an errno. The end of the file is that it isn't. */
static void help(const struct keeper *keeper, int socket)
{
	int error;
	char byte;

	/* Ctrl-C, and what ends a session, are for imstrace: it says what is to become of the files. */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	if (read(socket, &byte, 1) == 1) {
		error = rename_all(keeper);
		send(socket, &error, sizeof(error), MSG_NOSIGNAL);
	}
	remove_all(keeper);
	_exit(0);
}

int keeper_start(struct keeper *keeper)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return report_error(EXIT_RUNTIME, NULL, "socketpair: %s", strerror(errno));
	keeper->helper = fork();
	if (!keeper->helper) {
		close(ends[0]);
		help(keeper, ends[1]);
	}
	close(ends[1]);
	keeper->socket = ends[0];
	if (keeper->helper > 0)
		return 0;
	close(ends[0]);
	keeper->helper = 0;
	return report_error(EXIT_RUNTIME, NULL, "fork: %s", strerror(errno));
}

int keeper_keep(struct keeper *keeper)
{
	int error = 0;

	for (size_t i = 0; i < keeper->count; i++) {
		FILE *file = keeper->files[i].file;

		keeper->files[i].file = NULL;
		if (fclose(file))
			return report_error(EXIT_RUNTIME, NULL, "writing %s failed: %s",
					    keeper->files[i].name, strerror(errno));
	}
	if (send(keeper->socket, "", 1, MSG_NOSIGNAL) != 1 ||
	    recv(keeper->socket, &error, sizeof(error), 0) != sizeof(error))
		return report_error(EXIT_RUNTIME, NULL,
				    "the process that names the files has ended");
	if (error)
		return report_error(EXIT_RUNTIME, NULL, "the summary could not be given its name: %s",
				    strerror(error));
	return 0;
}

void keeper_end(struct keeper *keeper)
{
	if (keeper->helper) {
		close(keeper->socket);
		while (waitpid(keeper->helper, NULL, 0) < 0 && errno == EINTR)
			;
	} else {
		/* Nothing has been given up yet. */
		remove_all(keeper);
	}
	for (size_t i = 0; i < keeper->count; i++) {
		if (keeper->files[i].file)
			fclose(keeper->files[i].file);
		free(keeper->files[i].name);
		free(keeper->files[i].temporary);
	}
}
