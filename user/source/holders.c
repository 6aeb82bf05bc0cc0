// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "holders.h"

#include "files.h"
#include "vmm.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* PF_KTHREAD of the kernel: in the flags in /proc/PID/stat. */
#define KERNEL_THREAD	0x00200000U

#define FDINFO_DEVICE	"vfio-device-syspath:"

struct walk {
	struct holders *holders;
	struct inventory *inventory;
	struct inventory_process process;	/* the one that is looked at */
	bool has_files;				/* of it, any is known */
	size_t first_hold;			/* of it */
};

/* The flags of a process are the 7th after its name, which may itself have any character. */
static bool is_kernel_thread(__u32 pid)
{
	char line[512];
	unsigned int flags;
	const char *after;

	if (!file_line(line, sizeof(line), "/proc/%u/stat", pid))
		return false;
	after = strrchr(line, ')');
	return after && sscanf(after, ") %*c %*d %*d %*d %*d %*d %u", &flags) == 1 &&
	       flags & KERNEL_THREAD;
}

/* The thread of an irq is called irq/NUMBER-NAME; but so may anybody's. */
static bool note_irq_thread(struct walk *walk, __u32 pid)
{
	struct holders *holders = walk->holders;
	__u32 irq, *threaded;
	char name[64];

	if (!file_line(name, sizeof(name), "/proc/%u/comm", pid) ||
	    sscanf(name, "irq/%u-", &irq) != 1 || !is_kernel_thread(pid))
		return true;
	threaded = reallocarray(holders->threaded, holders->threaded_count + 1, sizeof(*threaded));
	if (!threaded)
		return false;
	holders->threaded = threaded;
	threaded[holders->threaded_count++] = irq;
	return true;
}

static bool add_hold(struct walk *walk, enum hold_kind kind, const char *name)
{
	struct holders *holders = walk->holders;
	struct hold *hold;

	hold = reallocarray(holders->holds, holders->hold_count + 1, sizeof(*hold));
	if (!hold)
		return false;
	holders->holds = hold;
	hold += holders->hold_count++;
	hold->pid = walk->process.pid;
	hold->kind = kind;
	snprintf(hold->name, sizeof(hold->name), "%s", name);
	return true;
}

/* Which device a file of it is of, if the kernel says. */
static bool note_device(struct walk *walk, const char *fd)
{
	FILE *file = file_open("/proc/%u/fdinfo/%s", walk->process.pid, fd);
	char line[PATH_MAX];
	bool noted = true;

	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, FDINFO_DEVICE, strlen(FDINFO_DEVICE)) && strrchr(line, '/'))
			noted = add_hold(walk, HOLD_DEVICE, strrchr(line, '/') + 1);
	}
	if (file)
		fclose(file);
	return noted;
}

/* The last component of @path, if it is in the directory @of, wherever that is mounted. */
static const char *base_in(const char *path, const char *of)
{
	const char *base = strrchr(path, '/');
	size_t length = strlen(of);

	if (!base || (size_t)(base - path) < length || strncmp(base - length, of, length))
		return NULL;
	return base + 1;
}

/* What file descriptor @fd, which leads to @target, says. */
static bool note_file(struct walk *walk, const char *fd, const char *target)
{
	const char *base;

	if (!strncmp(target, "anon_inode:", 11)) {
		walk->process.vms += !strcmp(target + 11, "kvm-vm");
		walk->process.vcpus += !strncmp(target + 11, "kvm-vcpu:", 9);	/* and not its statistics */
		return strcmp(target + 11, "[vfio-device]") || note_device(walk, fd);
	}
	base = base_in(target, "/vfio/devices");
	if (base)
		return add_hold(walk, HOLD_FILE, base) && note_device(walk, fd);
	base = base_in(target, "/dev/vfio");
	if (!base)
		return true;
	if (!strncmp(base, "noiommu-", 8))
		base += 8;
	/* Not "vfio", the container. */
	return !isdigit(*base) || add_hold(walk, HOLD_GROUP, base);
}

/* Return: 0, or an errno. */
static int look_at_files(struct walk *walk)
{
	DIR *directory = file_directory("/proc/%u/fd", walk->process.pid);
	int error = directory ? 0 : errno;
	const char *fd;

	while (!error && (fd = file_next(directory))) {
		char target[PATH_MAX];
		ssize_t length = readlinkat(dirfd(directory), fd, target, sizeof(target) - 1);

		walk->has_files = true;
		if (length < 0) {
			/* One that has been closed since is as good as none. */
			error = errno == EACCES || errno == EPERM ? errno : 0;
			continue;
		}
		target[length] = '\0';
		if (!note_file(walk, fd, target))
			error = ENOMEM;
	}
	if (directory)
		closedir(directory);
	return error;
}

/* One that says exactly which devices it has open is not taken to have all of their groups. */
static void drop_groups(struct walk *walk)
{
	struct holders *holders = walk->holders;
	size_t kept = walk->first_hold;
	bool exact = false;

	for (size_t i = walk->first_hold; i < holders->hold_count; i++)
		exact |= holders->holds[i].kind == HOLD_DEVICE;
	for (size_t i = walk->first_hold; i < holders->hold_count; i++)
		if (!exact || holders->holds[i].kind == HOLD_DEVICE)
			holders->holds[kept++] = holders->holds[i];
	holders->hold_count = kept;
}

/* Return: false: out of memory. */
static bool add_process(struct walk *walk)
{
	struct inventory *inventory = walk->inventory;
	struct inventory_process *process;

	drop_groups(walk);
	if (!walk->process.vms && !walk->process.vcpus &&
	    walk->holders->hold_count == walk->first_hold)
		return true;
	process = reallocarray(inventory->processes, inventory->process_count + 1, sizeof(*process));
	if (!process)
		return false;
	inventory->processes = process;
	process += inventory->process_count++;
	*process = walk->process;
	vmm_read_names(process->pid, process->name, process->guest);
	return true;
}

static bool look_at_process(struct walk *walk, __u32 pid)
{
	int error;

	walk->process = (struct inventory_process) { .pid = pid };
	walk->has_files = false;
	walk->first_hold = walk->holders->hold_count;
	error = look_at_files(walk);
	/* Threads of the kernel have no files. */
	if (error == ENOMEM || (!walk->has_files && !note_irq_thread(walk, pid)))
		return false;
	/* All other errors are of a process that has ended. */
	if ((error == EACCES || error == EPERM) && !is_kernel_thread(pid))
		walk->inventory->unread++;
	return add_process(walk);
}

bool holders_read(struct holders *holders, struct inventory *inventory)
{
	struct walk walk = { .holders = holders, .inventory = inventory };
	DIR *directory = file_directory("/proc");
	bool read = true;
	const char *entry;

	while (directory && read && (entry = file_next(directory)))
		if (isdigit(*entry))
			read = look_at_process(&walk, strtoul(entry, NULL, 10));
	if (directory)
		closedir(directory);
	return read;
}

bool holders_irq_threaded(const struct holders *holders, __u32 irq)
{
	for (size_t i = 0; i < holders->threaded_count; i++)
		if (holders->threaded[i] == irq)
			return true;
	return false;
}

void holders_free(struct holders *holders)
{
	free(holders->holds);
	free(holders->threaded);
}
