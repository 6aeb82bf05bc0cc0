// SPDX-License-Identifier: GPL-2.0-only
/*
 * rename() wants the right to write to the directory each time, and imstrace has given up all of
 * its rights by then. So a process of its own does it, forked before, which becomes the
 * directory's owner, has no capability, and knows nothing but how to put bytes into this one file.
 */
#define _GNU_SOURCE
#include "textfile.h"

#include "../errors.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Far more than the largest exposition; the writer takes no more from whoever it may be. */
#define MOST_BYTES	(256UL << 20)

struct textfile {
	int directory;
	int socket;		/* to the writer */
	pid_t writer;
	char name[NAME_MAX + 1], new_name[NAME_MAX + 1];
};

static bool read_all(int fd, void *to, size_t size)
{
	while (size) {
		ssize_t got = read(fd, to, size);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		to = (char *)to + got;
		size -= got;
	}
	return true;
}

static bool write_all(int fd, const void *from, size_t size)
{
	while (size) {
		ssize_t put = write(fd, from, size);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return false;
		from = (const char *)from + put;
		size -= put;
	}
	return true;
}

/* Return: 0 or an errno. */
static int replace(const struct textfile *textfile, const char *text, size_t size)
{
	int fd = openat(textfile->directory, textfile->new_name,
			O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	int error = 0;

	if (fd < 0)
		return errno;
	if (!write_all(fd, text, size))
		error = errno;
	if (close(fd) && !error)
		error = errno;
	if (!error && renameat(textfile->directory, textfile->new_name, textfile->directory,
			       textfile->name))
		error = errno;
	if (error)
		unlinkat(textfile->directory, textfile->new_name, 0);
	return error;
}

/* Return: 0 or an errno. */
static int become_owner(int directory)
{
	cap_t none = cap_init();
	struct stat status;
	int failed;

	failed = !none || fstat(directory, &status) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (!failed && !geteuid())
		failed = setgroups(0, NULL) ||
			 setresgid(status.st_gid, status.st_gid, status.st_gid) ||
			 setresuid(status.st_uid, status.st_uid, status.st_uid);
	failed = failed || cap_set_proc(none);
	cap_free(none);
	return failed ? errno : 0;
}

/* Until the other end of the socket is closed. */
static void write_files(const struct textfile *textfile, int from)
{
	const int not_owner = become_owner(textfile->directory);
	__u64 size;
	int error;

	while (read_all(from, &size, sizeof(size)) && size <= MOST_BYTES) {
		char *text = malloc(size + 1);

		if (!text || !read_all(from, text, size))
			break;
		error = not_owner ?: replace(textfile, text, size);
		free(text);
		if (!write_all(from, &error, sizeof(error)))
			break;
	}
	_exit(0);
}

static int open_directory(struct textfile *textfile, const char *path)
{
	char base[PATH_MAX], parent[PATH_MAX];
	size_t length = strlen(path);

	if (length >= PATH_MAX || length < 6 || strcmp(path + length - 5, ".prom"))
		return report_error(EXIT_USAGE, NULL,
				    "--textfile must end with .prom: "
				    "node_exporter reads no other");
	strcpy(base, path);
	strcpy(parent, path);
	if (strlen(basename(base)) + 5 > sizeof(textfile->name))
		return report_error(EXIT_USAGE, NULL, "the file's name is too long");
	strcpy(base, path);
	strcpy(textfile->name, basename(base));
	sprintf(textfile->new_name, "%.*s.new", NAME_MAX - 4, textfile->name);
	textfile->directory = open(dirname(parent), O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (textfile->directory >= 0)
		return 0;
	return report_error(EXIT_RUNTIME, NULL, "cannot write to %.300s: %s", path,
			    strerror(errno));
}

int textfile_open(struct textfile **result, const char *path)
{
	struct textfile *textfile = calloc(1, sizeof(*textfile));
	int ends[2], ret;

	ret = textfile ? open_directory(textfile, path)
		       : (int)report_error(EXIT_RUNTIME, NULL, "out of memory");
	if (ret) {
		free(textfile);
		return ret;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		goto failed;
	textfile->writer = fork();
	if (!textfile->writer) {
		/* What a terminal sends to both is the other's to heed. */
		signal(SIGINT, SIG_IGN);
		signal(SIGTERM, SIG_IGN);
		signal(SIGHUP, SIG_IGN);
		close(ends[0]);
		write_files(textfile, ends[1]);
	}
	close(ends[1]);
	textfile->socket = ends[0];
	if (textfile->writer > 0) {
		*result = textfile;
		return 0;
	}
	close(ends[0]);
failed:
	ret = report_error(EXIT_RUNTIME, NULL, "starting the writer of %.300s failed: %s", path,
			   strerror(errno));
	close(textfile->directory);
	free(textfile);
	return ret;
}

int textfile_write(struct textfile *textfile, struct exporter *exporter)
{
	size_t bytes;
	char *text = exporter_write(exporter, EXPOSITION_TEXT, &bytes);
	__u64 size = bytes;
	bool sent;
	int error;

	if (!text)
		return ENOMEM;
	sent = send(textfile->socket, &size, sizeof(size), MSG_NOSIGNAL) == sizeof(size);
	for (size_t done = 0; sent && done < bytes;) {
		ssize_t put = send(textfile->socket, text + done, bytes - done, MSG_NOSIGNAL);

		if (put < 0 && errno != EINTR)
			sent = false;
		done += put > 0 ? put : 0;
	}
	free(text);
	return sent && read_all(textfile->socket, &error, sizeof(error)) ? error : EPIPE;
}

const char *textfile_name(const struct textfile *textfile)
{
	return textfile->name;
}

void textfile_close(struct textfile *textfile)
{
	if (!textfile)
		return;
	close(textfile->socket);
	waitpid(textfile->writer, NULL, 0);
	close(textfile->directory);
	free(textfile);
}
