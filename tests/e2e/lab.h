/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the end-to-end tests are made of: devices, and programs run in the VM. Everything
 * here fails the running test when it can't be done.
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
#include <stdio.h>
#include <sys/types.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define IMSTRACE	"build/imstrace"
/* Becomes a command, as the systemd unit has it: a user with two capabilities. */
#define AS_SERVICE	"tests/vm/as-service"
/*
 * In the VM's own memory; tests/e2e/run saves it. Over 9p a file that is made anew under an old
 * name may still show the old one's content.
 */
#define OUTPUT		"/tmp/imstrace-e2e"

/* The sample device that the library's tests make, and one whose messages are sent by DMA. */
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

/* How large a file is, in bytes; -1: there is none. */
long long lab_size(const char *path);

/* Whether the kernel has what kprobe.multi is made of. */
bool lab_has_fprobes(void);

/* Another device, on the software parent. */
void lab_create_device(const char *uuid);
void lab_remove_device(const char *uuid);

/* A program that is running, fed through @in if that is not -1; @out NULL: it writes to a file. */
struct program {
	pid_t pid;
	int in;
	FILE *out;
};

/* @arguments is split at blanks. */
struct program program_start(const char *path, const char *arguments);
/* The same, without input and with its output in a file. */
struct program program_start_to(const char *file, const char *path, const char *arguments);
/* Its next line of output, as JSON. */
json_t *program_line(struct program *program);
void program_tell(struct program *program, const char *line);
/* Waits for its end. Return: its exit status, or 128 + signal. */
int program_end(struct program *program);

/* After each test: ends what a failed one has left running. */
int lab_teardown(void **state);

#endif /* IMSTRACE_E2E_LAB_H */
