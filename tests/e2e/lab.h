/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the end-to-end tests are made of: programs run in the VM, and what they
 * said. Everything here fails the running test when it can't be done.
 */
#ifndef IMSTRACE_E2E_LAB_H
#define IMSTRACE_E2E_LAB_H

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/types.h>

#define IMSTRACE	"build/imstrace"
#define IMS_GUEST	"build/tests/guest/ims-guest"
/*
 * In the VM's own memory; tests/e2e/run saves it. Over 9p a file that is made anew under an old
 * name may still show the old one's content.
 */
#define OUTPUT		"/tmp/imstrace-e2e"

/* The sample device that the group's setup makes; see lab_device(). */
#define DEVICE		"83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
#define DMA_DEVICE	"83b8f4f2-509f-382f-3c1e-e6bfe0fa1002"
/* What the sample makes of it by default. */
#define IMS_VECTORS	4
#define EMULATED_VECTOR	4
#define VECTORS		5
#define PASID		0x100

/* A shell command that must work. */
__attribute__((format(printf, 1, 2)))
void lab_shell(const char *format, ...);

/* Whatever a shell command writes to stdout, to be freed; its exit status. */
__attribute__((format(printf, 2, 3)))
char *lab_output(int *status, const char *format, ...);

/* A program that is running, fed through @in. */
struct program {
	pid_t pid;
	int in;
	int out;
};

/* @arguments is split at blanks. */
struct program program_start(const char *path, const char *arguments);
/* Its next line of output, as JSON. */
json_t *program_line(struct program *program);
void program_tell(struct program *program, const char *line);
/* Waits for its end. Return: its exit status, or 128 + signal. */
int program_end(struct program *program);

/* After each test: ends what a failed one has left running. */
int lab_teardown(void **state);

/* imstrace --json, and what it said, sorted by type. */
struct trace {
	struct program program;
	char path[128];
	json_t *start;
	json_t *lifecycle;	/* array */
	json_t *interrupts;	/* array */
	json_t *intervals;	/* array */
	json_t *findings;	/* array */
	json_t *summary;
	json_t *lint;		/* the verdict */
};

/* imstrace live --lint, started and attached; its output goes to OUTPUT/@name.json. */
struct trace trace_start(const char *name, const char *arguments);
/* The same of imstrace lint, which shows findings only. */
struct trace lint_start(const char *name, const char *arguments);
/* Ends it as Ctrl-C does, and reads what it said. Return: its exit status. */
int trace_stop(struct trace *trace);
/* The same, of an imstrace live that must be content: also with the driver. */
void trace_end(struct trace *trace);
void trace_free(struct trace *trace);

/* The ground truth of one run of the guest. To be freed by json_decref(). */
json_t *guest_run(const char *arguments);

/* The vector in "vectors" of a summary, of an interval or of the ground truth. */
json_t *find_vector(json_t *report, int vector);
/* A number deep in an object, such as "hops.irq"; it must be there. */
long long number(json_t *object, const char *path);
bool is_null(json_t *object, const char *path);

#endif /* IMSTRACE_E2E_LAB_H */
