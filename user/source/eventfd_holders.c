// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "eventfd_holders.h"

#include "files.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What else a process has open that is likely to be the one which reads the eventfd. */
enum claim {
	CLAIM_NONE,
	CLAIM_VM,
	CLAIM_DEVICE,
};

struct holder {
	__u32 eventfd_id;
	__u32 process;
	enum claim claim;
};

struct eventfd_holders {
	struct holder *all;	/* by eventfd, then those with the greatest claim first */
	size_t count, room;
};

static bool add(struct eventfd_holders *holders, const struct holder *holder)
{
	if (holders->count == holders->room) {
		size_t room = holders->room ? 2 * holders->room : 64;
		struct holder *all = reallocarray(holders->all, room, sizeof(*all));

		if (!all)
			return false;
		holders->all = all;
		holders->room = room;
	}
	holders->all[holders->count++] = *holder;
	return true;
}

static enum claim claim_of(const char *link)
{
	if (!strcmp(link, "anon_inode:[vfio-device]") || !strncmp(link, "/dev/vfio/devices/", 18))
		return CLAIM_DEVICE;
	return strcmp(link, "anon_inode:kvm-vm") ? CLAIM_NONE : CLAIM_VM;
}

static bool read_link(DIR *files, const char *name, char *link, size_t size)
{
	ssize_t length = readlinkat(dirfd(files), name, link, size - 1);

	if (length < 0)
		return false;
	link[length] = '\0';
	return true;
}

/* The greatest claim of a process, by its directory of open files. */
static enum claim find_claim(DIR *files)
{
	enum claim claim = CLAIM_NONE;
	const char *name;
	char link[64];

	while (claim != CLAIM_DEVICE && (name = file_next(files)))
		if (read_link(files, name, link, sizeof(link)) && claim_of(link) > claim)
			claim = claim_of(link);
	rewinddir(files);
	return claim;
}

static bool read_eventfd_id(__u32 process, const char *name, __u32 *id)
{
	FILE *file = file_open("/proc/%u/fdinfo/%s", process, name);
	bool found = false;
	char line[128];

	while (file && !found && fgets(line, sizeof(line), file))
		found = sscanf(line, "eventfd-id: %u", id) == 1;
	if (file)
		fclose(file);
	return found;
}

static bool add_eventfds(struct eventfd_holders *holders, DIR *files, struct holder *holder)
{
	const char *name;
	char link[64];

	while ((name = file_next(files)))
		if (read_link(files, name, link, sizeof(link)) &&
		    !strcmp(link, "anon_inode:[eventfd]") &&
		    read_eventfd_id(holder->process, name, &holder->eventfd_id) &&
		    !add(holders, holder))
			return false;
	return true;
}

/* false: it is there and can't be looked at, so that nothing can be said of any. */
static bool add_process(struct eventfd_holders *holders, __u32 process)
{
	DIR *files = file_directory("/proc/%u/fd", process);
	struct holder holder = { .process = process };
	bool ok = true;

	if (!files)
		return errno == ENOENT || errno == ESRCH;
	holder.claim = find_claim(files);
	if (holder.claim != CLAIM_NONE)
		ok = add_eventfds(holders, files, &holder);
	closedir(files);
	return ok;
}

static int compare(const void *a, const void *b)
{
	const struct holder *left = a, *right = b;

	if (left->eventfd_id != right->eventfd_id)
		return left->eventfd_id < right->eventfd_id ? -1 : 1;
	if (left->claim != right->claim)
		return left->claim > right->claim ? -1 : 1;
	return left->process < right->process ? -1 : left->process > right->process;
}

struct eventfd_holders *eventfd_holders_look(void)
{
	struct eventfd_holders *holders = file_exists("/dev/vfio") ? calloc(1, sizeof(*holders)) : NULL;
	DIR *proc = holders ? file_directory("/proc") : NULL;
	bool ok = proc;
	const char *name;

	while (ok && (name = file_next(proc)))
		if (isdigit((unsigned char)*name))
			ok = add_process(holders, strtoul(name, NULL, 10));
	if (proc)
		closedir(proc);
	if (!ok) {
		eventfd_holders_free(holders);
		return NULL;
	}
	if (holders->count)
		qsort(holders->all, holders->count, sizeof(*holders->all), compare);
	return holders;
}

void eventfd_holders_free(struct eventfd_holders *holders)
{
	if (!holders)
		return;
	free(holders->all);
	free(holders);
}

__u32 eventfd_holders_find(const struct eventfd_holders *holders, __u32 eventfd_id)
{
	size_t from = 0, to = holders ? holders->count : 0;
	const struct holder *first;

	/* The first of it, which none has a greater claim than. */
	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (holders->all[middle].eventfd_id < eventfd_id)
			from = middle + 1;
		else
			to = middle;
	}
	if (!holders || from == holders->count || holders->all[from].eventfd_id != eventfd_id)
		return 0;
	first = &holders->all[from];
	/* A process may have it open more than once. */
	for (const struct holder *other = first; other < holders->all + holders->count &&
	     other->eventfd_id == eventfd_id && other->claim == first->claim; other++)
		if (other->process != first->process)
			return 0;
	return first->process;
}
