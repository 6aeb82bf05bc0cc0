// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "lab.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char *format_command(const char *format, va_list args)
{
	char *command;

	if (vasprintf(&command, format, args) < 0)
		fail_msg("out of memory");
	return command;
}

void lab_shell(const char *format, ...)
{
	va_list args;
	char *command;
	int status;

	va_start(args, format);
	command = format_command(format, args);
	va_end(args);
	status = system(command);
	if (status)
		fail_msg("%s: status %#x", command, status);
	free(command);
}

char *lab_output(int *status, const char *format, ...)
{
	char *command, *text = calloc(1, 65536);
	va_list args;
	FILE *pipe;

	va_start(args, format);
	command = format_command(format, args);
	va_end(args);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	text[fread(text, 1, 65535, pipe)] = '\0';
	*status = WEXITSTATUS(pclose(pipe));
	free(command);
	return text;
}

bool lab_has_fprobes(void)
{
	return !system("grep -q ' register_fprobe$' /proc/kallsyms");
}

void lab_create_device(const char *uuid)
{
	lab_shell("tests/vm/lab device %s", uuid);
}

void lab_remove_device(const char *uuid)
{
	lab_shell("echo 1 > /sys/bus/mdev/devices/%s/remove", uuid);
}

/* Programs that run; a slot is free when it is 0. */
static pid_t running[16];

static void remember(pid_t pid)
{
	for (size_t i = 0; i < sizeof(running) / sizeof(running[0]); i++) {
		if (running[i])
			continue;
		running[i] = pid;
		return;
	}
	fail_msg("too many programs at once");
}

/* Return: as waitpid() has it. */
static int end_of(pid_t pid)
{
	int status = 0;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	for (size_t i = 0; i < sizeof(running) / sizeof(running[0]); i++)
		if (running[i] == pid)
			running[i] = 0;
	return status;
}

int lab_teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(running) / sizeof(running[0]); i++) {
		if (!running[i])
			continue;
		kill(running[i], SIGKILL);
		waitpid(running[i], NULL, 0);
		running[i] = 0;
	}
	return 0;
}

static void run(const char *path, const char *arguments)
{
	char *words = strdup(arguments), *vector[32] = { (char *)path }, *rest;
	int count = 1;

	for (char *word = strtok_r(words, " ", &rest); word && count < 31;
	     word = strtok_r(NULL, " ", &rest))
		vector[count++] = word;
	execvp(path, vector);
	perror(path);
	_exit(127);
}

/* With these as its stdin and stdout. */
static pid_t start(const char *path, const char *arguments, int in, int out)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		/* A test that fails leaves nothing running. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(in, STDIN_FILENO);
		dup2(out, STDOUT_FILENO);
		run(path, arguments);
	}
	remember(pid);
	close(in);
	close(out);
	return pid;
}

struct program program_start(const char *path, const char *arguments)
{
	struct program program;
	int in[2], out[2];

	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	program.pid = start(path, arguments, in[0], out[1]);
	program.in = in[1];
	program.out = fdopen(out[0], "r");
	assert_non_null(program.out);
	return program;
}

struct program program_start_to(const char *file, const char *path, const char *arguments)
{
	struct program program = { .in = -1 };
	int in, out;

	in = open("/dev/null", O_RDONLY | O_CLOEXEC);
	out = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(in >= 0 && out >= 0);
	program.pid = start(path, arguments, in, out);
	return program;
}

json_t *program_line(struct program *program)
{
	json_error_t error;
	size_t room = 0;
	char *line = NULL;
	json_t *object;

	if (getline(&line, &room, program->out) < 0)
		fail_msg("a program ended without another line");
	object = json_loads(line, 0, &error);
	if (!object)
		fail_msg("no JSON: %s: %s", error.text, line);
	free(line);
	return object;
}

void program_tell(struct program *program, const char *line)
{
	assert_int_equal(write(program->in, line, strlen(line)), strlen(line));
}

int program_end(struct program *program)
{
	int status;

	if (program->in >= 0)
		close(program->in);
	status = end_of(program->pid);
	if (program->out)
		fclose(program->out);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

long long lab_size(const char *path)
{
	struct stat status;

	return stat(path, &status) ? -1 : (long long)status.st_size;
}
