// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "load.h"

#include "../../errors.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* For one more summary, or one more that is left out. */
static bool make_room(struct summary_list *list)
{
	struct summary **summaries = reallocarray(list->summaries, list->count + 1,
						  sizeof(*summaries));
	char **skipped = reallocarray(list->skipped, list->skipped_count + 1, sizeof(*skipped));

	list->summaries = summaries ?: list->summaries;
	list->skipped = skipped ?: list->skipped;
	return summaries && skipped;
}

static int load_file(struct summary_list *list, const char *path, bool lenient)
{
	char why[SUMMARY_WHY];
	struct summary *summary;

	if (!make_room(list))
		return report_error(EXIT_RUNTIME, NULL, "out of memory");
	summary = summary_try(path, why);
	if (summary) {
		list->summaries[list->count++] = summary;
		return 0;
	}
	if (!lenient)
		return report_error(EXIT_USAGE, NULL, "%s", why);
	warning("%s; it is left out", why);
	list->skipped[list->skipped_count] = strdup(why);
	if (!list->skipped[list->skipped_count])
		return report_error(EXIT_RUNTIME, NULL, "out of memory");
	list->skipped_count++;
	return 0;
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
	size_t before = list->count;
	char *file;

	if (count < 0)
		return report_error(EXIT_USAGE, NULL, "cannot read %.200s: %s", path, strerror(errno));
	if (!count)
		ret = report_error(EXIT_USAGE, NULL, "%.200s has no summary (*.json)", path);
	for (int i = 0; i < count; i++) {
		if (!ret && asprintf(&file, "%s/%s", path, entries[i]->d_name) >= 0) {
			ret = load_file(list, file, list->lenient);
			free(file);
		}
		free(entries[i]);
	}
	free(entries);
	if (!ret && list->count == before)
		ret = report_error(EXIT_USAGE, NULL, "%.200s has no usable summary", path);
	return ret;
}

int summary_load(struct summary_list *list, const char *path)
{
	struct stat status;

	if (!stat(path, &status) && S_ISDIR(status.st_mode))
		return load_directory(list, path);
	return load_file(list, path, false);
}

void summary_list_free(struct summary_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		summary_free(list->summaries[i]);
	free(list->summaries);
	for (size_t i = 0; i < list->skipped_count; i++)
		free(list->skipped[i]);
	free(list->skipped);
}
