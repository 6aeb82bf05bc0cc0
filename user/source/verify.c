// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "verify.h"

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

/*
 * Reads a byte through the kernel's AIO, which signals an eventfd when it is done: the only
 * way for a process to have the kernel itself signal one that needs no device.
 */
static bool have_eventfd_signalled(void)
{
	int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
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

	signalled = event >= 0 && file >= 0 && !syscall(SYS_io_setup, 1, &context) &&
		    syscall(SYS_io_submit, context, 1L, requests) == 1 &&
		    syscall(SYS_io_getevents, context, 1L, 1L, &done, NULL) == 1 &&
		    read(event, &count, sizeof(count)) == sizeof(count);
	if (context)
		syscall(SYS_io_destroy, context);
	if (file >= 0)
		close(file);
	if (event >= 0)
		close(event);
	return signalled;
}

const char *verify_signal(const struct bpf_object *object)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, ".bss");
	struct imstrace_bpf__bss *bss;
	bool signalled;
	size_t size;

	bss = map ? (void *)bpf_map__initial_value(map, &size) : NULL;
	if (!bss)
		return "";
	bss->verifying = getpid();
	signalled = have_eventfd_signalled();
	bss->verifying = 0;
	if (!signalled)
		return "";
	return bss->verified_signals ? "seen to fire" : NULL;
}

const char *verify_listed(const char *function)
{
	/* "free_irq (1) R   D M ..."; functions reached by kprobes are in it as well. */
	FILE *list = fopen("/sys/kernel/tracing/enabled_functions", "re");
	size_t length = strlen(function);
	const char *verdict = NULL;
	char line[512];

	if (!list)
		list = fopen("/sys/kernel/debug/tracing/enabled_functions", "re");
	if (!list)
		return "";
	while (!verdict && fgets(line, sizeof(line), list))
		if (!strncmp(line, function, length) && (line[length] == ' ' || line[length] == '\t'))
			verdict = "listed by ftrace";
	fclose(list);
	return verdict;
}
