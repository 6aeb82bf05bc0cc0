// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "load.h"

#include "../../errors.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int load_file(struct summary_list *list, const char *path)
{
	struct summary **all = reallocarray(list->summaries, list->count + 1, sizeof(*all));
	int ret;

	if (!all)
		return report_error(EXIT_RUNTIME, NULL, "out of memory");
	list->summaries = all;
	ret = summary_read(&all[list->count], path);
	list->count += !ret;
	return ret;
}

static int is_summary(const struct dirent *entry)
{
	const char *end = strrchr(entry->d_name, '.');

	return *entry->d_name != '.' && end && !strcmp(end, ".json");
}

static int load_directory(struct summary_list *list, const char *path)
{
	struct dirent **entries;
	int count = scandir(path, &entries, is_summary, versionsort), ret = 0;
	char *file;

	if (count < 0)
		return report_error(EXIT_USAGE, NULL, "cannot read %.200s: %s", path, strerror(errno));
	if (!count)
		ret = report_error(EXIT_USAGE, NULL, "%.200s has no summary (*.json)", path);
	for (int i = 0; i < count; i++) {
		if (!ret && asprintf(&file, "%s/%s", path, entries[i]->d_name) >= 0) {
			ret = load_file(list, file);
			free(file);
		}
		free(entries[i]);
	}
	free(entries);
	return ret;
}

int summary_load(struct summary_list *list, const char *path)
{
	struct stat status;

	if (!stat(path, &status) && S_ISDIR(status.st_mode))
		return load_directory(list, path);
	return load_file(list, path);
}

void summary_list_free(struct summary_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		summary_free(list->summaries[i]);
	free(list->summaries);
}
