// SPDX-License-Identifier: GPL-2.0-only
#include "files.h"

#include <limits.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

const char *files_root = "";

/* A path that does not fit is one that does not exist: "" is refused by every call. */
static void make_path(char path[PATH_MAX], const char *format, va_list args)
{
	size_t used = snprintf(path, PATH_MAX, "%s", files_root);

	if (used >= PATH_MAX || (size_t)vsnprintf(path + used, PATH_MAX - used, format, args) >=
				PATH_MAX - used)
		*path = '\0';
}

#define PATH_OF(format)				\
	char path[PATH_MAX];			\
	va_list args;				\
						\
	va_start(args, format);			\
	make_path(path, format, args);		\
	va_end(args)

FILE *file_open(const char *format, ...)
{
	PATH_OF(format);
	return fopen(path, "re");
}

DIR *file_directory(const char *format, ...)
{
	PATH_OF(format);
	return opendir(path);
}

bool file_exists(const char *format, ...)
{
	PATH_OF(format);
	return !access(path, F_OK);
}

bool file_line(char *text, size_t size, const char *format, ...)
{
	bool found = false;
	FILE *file;

	PATH_OF(format);
	file = fopen(path, "re");
	if (file) {
		found = fgets(text, size, file);
		fclose(file);
	}
	if (!found)
		*text = '\0';
	text[strcspn(text, "\n")] = '\0';
	return found;
}

bool file_link_base(char *text, size_t size, const char *format, ...)
{
	char target[PATH_MAX];
	const char *base;
	ssize_t length;

	PATH_OF(format);
	length = readlink(path, target, sizeof(target) - 1);
	target[length > 0 ? length : 0] = '\0';
	base = strrchr(target, '/');
	snprintf(text, size, "%s", base ? base + 1 : target);
	return *text;
}

const char *file_next(DIR *directory)
{
	struct dirent *entry;

	do
		entry = readdir(directory);
	while (entry && *entry->d_name == '.');
	return entry ? entry->d_name : NULL;
}
