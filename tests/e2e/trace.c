// SPDX-License-Identifier: GPL-2.0-only
#include "trace.h"

#include "check.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A whole line is in the file: the first one says that all is attached. */
static bool has_line(const char *path)
{
	char line[4096];
	FILE *file = fopen(path, "r");
	bool found = file && fgets(line, sizeof(line), file) && strchr(line, '\n');

	if (file)
		fclose(file);
	return found;
}

static struct trace start(const char *program, const char *what, const char *name, const char *arguments)
{
	struct trace trace = { 0 };
	char all[512];

	trace.events = strstr(arguments, "--interrupts");
	snprintf(trace.path, sizeof(trace.path), OUTPUT "/%s.json", name);
	unlink(trace.path);
	snprintf(all, sizeof(all), "%s --json %s", what, arguments);
	trace.program = program_start_to(trace.path, program, all);
	for (int i = 0; !has_line(trace.path); i++) {
		siginfo_t ended = { 0 };

		waitid(P_PID, trace.program.pid, &ended, WEXITED | WNOHANG | WNOWAIT);
		if (ended.si_pid)
			fail_msg("%s %s: exit status %d", program, all, ended.si_status);
		if (i == 3000)
			fail_msg("%s %s has not started within 30 s", program, all);
		usleep(10000);
	}
	return trace;
}

struct trace trace_start(const char *name, const char *arguments)
{
	return start(IMSTRACE, "live --lint", name, arguments);
}

struct trace service_start(const char *name, const char *arguments)
{
	return start(AS_SERVICE, IMSTRACE " live --lint", name, arguments);
}

struct trace lint_start(const char *name, const char *arguments)
{
	return start(IMSTRACE, "lint", name, arguments);
}

static void sort_in(struct trace *trace, json_t *object)
{
	const char *type = text(object, "type");

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

	kill(trace->program.pid, SIGINT);
	status = program_end(&trace->program);

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
	assert_int_equal(status, number(trace->lint, "exit_code"));
	return status;
}

/*
 * Inconclusive is what says nothing of a driver, for none was seen to do anything, or not all of
 * it was.
 */
void trace_end(struct trace *trace)
{
	int status = trace_stop(trace);
	bool judged;

	assert_non_null(trace->summary);
	if (json_array_size(trace->findings))
		fail_msg("the driver is found guilty: %s",
			 json_dumps(json_array_get(trace->findings, 0), 0));
	judged = number(trace->lint, "steps") && !number(trace->lint, "lost.vectors") &&
		 !number(trace->lint, "lost.lifecycle");
	assert_int_equal(status, judged ? 0 : 5);
	check_accounts(trace);
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

json_t **trace_completed(const struct trace *trace, const char *device, long long vector,
			 size_t *count)
{
	json_t **found = calloc(json_array_size(trace->interrupts) + 1, sizeof(*found)), *interrupt;
	size_t i;

	assert_non_null(found);
	*count = 0;
	json_array_foreach(trace->interrupts, i, interrupt)
		if (number(interrupt, "vector") == vector &&
		    !strcmp(text(interrupt, "device"), device) &&
		    !strcmp(text(interrupt, "end"), "complete"))
			found[(*count)++] = interrupt;
	return found;
}
