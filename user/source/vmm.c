// SPDX-License-Identifier: GPL-2.0-only
#include "vmm.h"

#include "files.h"

#include <string.h>

/* The inode of the first PID namespace, PROC_PID_INIT_INO in the kernel. */
#define FIRST_PID_NAMESPACE	"pid:[4026531836]"

/* The start of a file in /proc/PID; its NULs stay. Return: how much. */
static size_t read_process_file(__u32 pid, const char *file, char *text, size_t size)
{
	FILE *stream = file_open("/proc/%u/%s", pid, file);
	size_t length;

	if (!stream)
		return 0;
	length = fread(text, 1, size, stream);
	fclose(stream);
	return length;
}

void vmm_parse_name(const char *value, char guest[IMSTRACE_NAME_LEN])
{
	const char *from = strncmp(value, "guest=", 6) ? value : value + 6;
	size_t length = 0;

	memset(guest, 0, IMSTRACE_NAME_LEN);
	/* A comma in it is doubled. */
	for (; *from && length < IMSTRACE_NAME_LEN - 1; from++) {
		if (*from == ',' && *++from != ',')
			break;
		guest[length++] = *from;
	}
}

bool vmm_in_namespace(void)
{
	char namespace[32];

	return file_link_base(namespace, sizeof(namespace), "/proc/self/ns/pid") &&
	       strcmp(namespace, FIRST_PID_NAMESPACE);
}

void vmm_read_names(__u32 pid, char vmm[IMSTRACE_VMM_LEN], char guest[IMSTRACE_NAME_LEN])
{
	char command[16384];
	size_t length;

	memset(vmm, 0, IMSTRACE_VMM_LEN);
	memset(guest, 0, IMSTRACE_NAME_LEN);
	length = read_process_file(pid, "comm", command, IMSTRACE_VMM_LEN - 1);
	memcpy(vmm, command, length);
	vmm[strcspn(vmm, "\n")] = '\0';

	length = read_process_file(pid, "cmdline", command, sizeof(command) - 1);
	command[length] = '\0';
	for (char *word = command; word < command + length; word += strlen(word) + 1) {
		char *value = word + strlen(word) + 1;

		if (strcmp(word, "-name") || value >= command + length)
			continue;
		vmm_parse_name(value, guest);
		return;
	}
}

__u32 vmm_process(__u32 pid)
{
	char status[1024];
	size_t length = read_process_file(pid, "status", status, sizeof(status) - 1);
	unsigned int process;
	const char *line;

	status[length] = '\0';
	line = strstr(status, "\nTgid:");
	return line && sscanf(line, "\nTgid: %u", &process) == 1 ? process : 0;
}
