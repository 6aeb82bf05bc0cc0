// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "lab.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
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

struct program program_start(const char *path, const char *arguments)
{
	struct program program;
	int in[2], out[2];

	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	program.pid = fork();
	assert_true(program.pid >= 0);
	if (!program.pid) {
		/* A test that fails leaves nothing running. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		run(path, arguments);
	}
	remember(program.pid);
	close(in[0]);
	close(out[1]);
	program.in = in[1];
	program.out = out[0];
	return program;
}

json_t *program_line(struct program *program)
{
	size_t size = 0, room = 1 << 16;
	char *line = malloc(room);
	json_error_t error;
	json_t *object;

	while (read(program->out, line + size, 1) == 1 && line[size] != '\n') {
		if (++size == room)
			line = realloc(line, room *= 2);
	}
	object = json_loadb(line, size, 0, &error);
	if (!object)
		fail_msg("no JSON: %s: %.*s", error.text, (int)size, line);
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

	close(program->in);
	status = end_of(program->pid);
	close(program->out);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* A whole line is in the file: the first one says that all is attached. */
static bool has_line(const char *path)
{
	char text[4096];
	FILE *file = fopen(path, "r");
	bool found = file && fgets(text, sizeof(text), file) && strchr(text, '\n');

	if (file)
		fclose(file);
	return found;
}

static struct trace start(const char *what, const char *name, const char *arguments)
{
	struct trace trace = { 0 };
	char command[512];

	snprintf(trace.path, sizeof(trace.path), OUTPUT "/%s.json", name);
	unlink(trace.path);
	snprintf(command, sizeof(command), "exec " IMSTRACE " %s --json %s > %s", what, arguments,
		 trace.path);
	trace.program.pid = fork();
	assert_true(trace.program.pid >= 0);
	if (!trace.program.pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(127);
	}
	remember(trace.program.pid);
	trace.program.in = trace.program.out = -1;
	for (int i = 0; !has_line(trace.path); i++) {
		siginfo_t ended = { 0 };

		waitid(P_PID, trace.program.pid, &ended, WEXITED | WNOHANG | WNOWAIT);
		if (ended.si_pid)
			fail_msg("imstrace %s %s: exit status %d", what, arguments, ended.si_status);
		if (i == 3000)
			fail_msg("imstrace %s %s has not started within 30 s", what, arguments);
		usleep(10000);
	}
	return trace;
}

struct trace trace_start(const char *name, const char *arguments)
{
	return start("live --lint", name, arguments);
}

struct trace lint_start(const char *name, const char *arguments)
{
	return start("lint", name, arguments);
}

static void sort_in(struct trace *trace, json_t *object)
{
	const char *type = json_string_value(json_object_get(object, "type"));

	assert_non_null(type);
	if (!strcmp(type, "lifecycle"))
		json_array_append(trace->lifecycle, object);
	else if (!strcmp(type, "interrupt"))
		json_array_append(trace->interrupts, object);
	else if (!strcmp(type, "interval"))
		json_array_append(trace->intervals, object);
	else if (!strcmp(type, "finding"))
		json_array_append(trace->findings, object);
	else if (!strcmp(type, "lint") && !trace->lint)
		trace->lint = json_incref(object);
	else if (!strcmp(type, "summary") && !trace->summary)
		trace->summary = json_incref(object);
	else if (!strcmp(type, "start") && !trace->start)
		trace->start = json_incref(object);
	else
		fail_msg("unexpected line of type %s", type);
	json_decref(object);
}

int trace_stop(struct trace *trace)
{
	json_error_t error;
	FILE *file;
	int status;

	/* What has been written to the streams is read within a moment. */
	usleep(200000);
	kill(trace->program.pid, SIGINT);
	status = end_of(trace->program.pid);
	if (!WIFEXITED(status))
		fail_msg("imstrace ended with status %#x", status);

	trace->lifecycle = json_array();
	trace->interrupts = json_array();
	trace->intervals = json_array();
	trace->findings = json_array();
	file = fopen(trace->path, "r");
	assert_non_null(file);
	for (;;) {
		json_t *object = json_loadf(file, JSON_DISABLE_EOF_CHECK, &error);

		if (!object)
			break;
		sort_in(trace, object);
	}
	assert_true(feof(file));
	fclose(file);
	assert_non_null(trace->start);
	assert_non_null(trace->lint);
	assert_int_equal(WEXITSTATUS(status), number(trace->lint, "exit_code"));
	return WEXITSTATUS(status);
}

/* Inconclusive is what says nothing of a driver, for none was seen to do anything. */
void trace_end(struct trace *trace)
{
	int status = trace_stop(trace);

	assert_non_null(trace->summary);
	if (json_array_size(trace->findings))
		fail_msg("the driver is found guilty: %s",
			 json_dumps(json_array_get(trace->findings, 0), 0));
	assert_int_equal(status, number(trace->lint, "steps") ? 0 : 5);
}

void trace_free(struct trace *trace)
{
	json_decref(trace->start);
	json_decref(trace->lifecycle);
	json_decref(trace->interrupts);
	json_decref(trace->intervals);
	json_decref(trace->findings);
	json_decref(trace->summary);
	json_decref(trace->lint);
}

json_t *guest_run(const char *arguments)
{
	struct program guest = program_start(IMS_GUEST, arguments);
	json_t *truth = program_line(&guest);

	assert_int_equal(program_end(&guest), 0);
	return truth;
}

json_t *find_vector(json_t *report, int vector)
{
	json_t *entry;
	size_t i;

	json_array_foreach(json_object_get(report, "vectors"), i, entry)
		if (json_integer_value(json_object_get(entry, "vector")) == vector)
			return entry;
	fail_msg("vector %d is missing", vector);
	return NULL;
}

static json_t *walk(json_t *object, const char *path)
{
	char name[64];

	while (object && *path) {
		size_t length = strcspn(path, ".");

		snprintf(name, sizeof(name), "%.*s", (int)length, path);
		object = json_object_get(object, name);
		path += length + (path[length] == '.');
	}
	return object;
}

long long number(json_t *object, const char *path)
{
	json_t *value = walk(object, path);

	if (!json_is_integer(value))
		fail_msg("%s is no number", path);
	return json_integer_value(value);
}

bool is_null(json_t *object, const char *path)
{
	json_t *value = walk(object, path);

	if (!value)
		fail_msg("%s is missing", path);
	return json_is_null(value);
}
