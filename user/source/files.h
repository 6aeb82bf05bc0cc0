/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Short looks into /proc and /sys. What is read there may have gone since its name was: then it is
 * as if it had never been.
 */
#ifndef IMSTRACE_SOURCE_FILES_H
#define IMSTRACE_SOURCE_FILES_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* What is put before every path: "", but for a unit test, which has a tree of its own. */
extern const char *files_root;

/* All take the format of a path. NULL: it can't be opened, and errno says why. */
__attribute__((format(printf, 1, 2)))
FILE *file_open(const char *format, ...);
__attribute__((format(printf, 1, 2)))
DIR *file_directory(const char *format, ...);

__attribute__((format(printf, 1, 2)))
bool file_exists(const char *format, ...);

/* The first line, without its newline, as far as there is room; "": there is none. Return: is there? */
__attribute__((format(printf, 3, 4)))
bool file_line(char *text, size_t size, const char *format, ...);

/* The last component of what a symbolic link leads to; "": it is none. Return: is it? */
__attribute__((format(printf, 3, 4)))
bool file_link_base(char *text, size_t size, const char *format, ...);

/* The next entry of a directory that does not begin with a dot; NULL: there is no more. */
const char *file_next(DIR *directory);

#endif /* IMSTRACE_SOURCE_FILES_H */
