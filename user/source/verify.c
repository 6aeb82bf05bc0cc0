// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "verify.h"

#include "environment.h"

#include <imstrace/records.h>

#include "imstrace.skel.h"

#include <fcntl.h>
#include <linux/aio_abi.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The eventfd-id of @event, negative: none can be found. */
static int eventfd_id(int event)
{
	char path[64], line[128];
	FILE *file;
	int id = -1;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", event);
	file = fopen(path, "re");
	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file) && sscanf(line, "eventfd-id: %d", &id) != 1)
		;
	fclose(file);
	return id;
}

/*
 * Reads a byte through the kernel's AIO, which signals @event when it is done: the only
 * way for a process to have the kernel itself signal an eventfd that needs no device.
 */
static bool have_signalled(int event)
{
	int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	aio_context_t context = 0;
	uint64_t count = 0;
	char byte;
	struct iocb read_byte = {
		.aio_lio_opcode = IOCB_CMD_PREAD,
		.aio_fildes = file,
		.aio_buf = (uintptr_t)&byte,
		.aio_nbytes = 1,
		.aio_flags = IOCB_FLAG_RESFD,
		.aio_resfd = event,
	}, *requests[] = { &read_byte };
	struct io_event done;
	bool signalled;

	signalled = file >= 0 && !syscall(SYS_io_setup, 1, &context) &&
		    syscall(SYS_io_submit, context, 1L, requests) == 1 &&
		    syscall(SYS_io_getevents, context, 1L, 1L, &done, NULL) == 1 &&
		    read(event, &count, sizeof(count)) == sizeof(count);
	if (context)
		syscall(SYS_io_destroy, context);
	if (file >= 0)
		close(file);
	return signalled;
}

const char *verify_signal(const struct bpf_object *object)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, ".bss");
	struct imstrace_bpf__bss *bss;
	int event, id;
	bool signalled;
	size_t size;

	bss = map ? (void *)bpf_map__initial_value(map, &size) : NULL;
	event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	id = event >= 0 ? eventfd_id(event) : -1;
	if (!bss || id < 0) {
		if (event >= 0)
			close(event);
		return "";
	}
	/* By the eventfd, for the programs know this process by another pid in a namespace. */
	bss->verifying = (__u64)id + 1;
	signalled = have_signalled(event);
	bss->verifying = 0;
	close(event);
	if (!signalled)
		return "";
	/* Twice: a program and its second one are run in the wrong order. */
	return bss->verified_signals == 1 ? "seen to fire" : NULL;
}

/* A file of the kernel's tracing, wherever that is mounted. */
static FILE *open_tracing(const char *file)
{
	static const char *const directories[] = {
		"/sys/kernel/tracing", "/sys/kernel/debug/tracing",
	};
	FILE *stream = NULL;
	char path[128];

	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]) && !stream; i++) {
		snprintf(path, sizeof(path), "%s/%s", directories[i], file);
		stream = fopen(path, "re");
	}
	return stream;
}

enum finding {
	CANNOT_LOOK, FOUND, NOT_FOUND,
};

/* Whether ftrace has patched a call into @function: "free_irq (1) R   D M ...". */
static enum finding patched(const char *function)
{
	FILE *list = open_tracing("enabled_functions");
	enum finding finding = NOT_FOUND;
	size_t length = strlen(function);
	char line[512];

	if (!list)
		return CANNOT_LOOK;
	while (finding != FOUND && fgets(line, sizeof(line), list))
		if (!strncmp(line, function, length) && (line[length] == ' ' || line[length] == '\t'))
			finding = FOUND;
	fclose(list);
	return finding;
}

bool ftrace_enabled(void)
{
	return kernel_setting("/proc/sys/kernel/ftrace_enabled") != '0';
}

/* What remains to who may not look: this file is anybody's to read. */
static const char *unless_ftrace_is_off(void)
{
	return ftrace_enabled() ? "" : NULL;
}

const char *verify_ftrace(const char *function)
{
	switch (patched(function)) {
	case FOUND:
		return "patched in by ftrace";
	case NOT_FOUND:
		return NULL;
	case CANNOT_LOOK:
		break;
	}
	return unless_ftrace_is_off();
}

const char *verify_kprobe(const char *function)
{
	/* "ffffffff8110a0b0  k  free_irq+0x0    [FTRACE]", and [DISABLED] or [GONE]. */
	FILE *list = fopen("/sys/kernel/debug/kprobes/list", "re");
	size_t length = strlen(function);
	bool armed = false, by_ftrace = false;
	char line[512];

	if (!list)
		return unless_ftrace_is_off();
	while (!armed && fgets(line, sizeof(line), list)) {
		const char *at = strstr(line, function);

		if (!at || at == line || at[-1] != ' ' || strncmp(at + length, "+0x", 3) ||
		    strstr(at, "[DISABLED]") || strstr(at, "[GONE]"))
			continue;
		armed = true;
		by_ftrace = strstr(at, "[FTRACE]");
	}
	fclose(list);
	if (!armed || kernel_setting("/sys/kernel/debug/kprobes/enabled") == '0' ||
	    (by_ftrace && patched(function) == NOT_FOUND))
		return NULL;
	return "armed";
}
