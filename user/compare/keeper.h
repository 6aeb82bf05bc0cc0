/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files that are there whole or not at all, although they are written when privileges have long been given
 * up: with none, a file can't be given its name, and not be removed either. So what is written has
 * another name, and a process that was forked before keeps the privileges that this takes. It does nothing
 * until the end, and removes the files if whoever writes them just goes away.
 */
#ifndef IMSTRACE_KEEPER_H
#define IMSTRACE_KEEPER_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#define KEEPER_FILES	2

/**
 * struct keeper - files that are being written
 * @name:	what each is to be called in the end
 * @temporary:	what it is called until then; NULL: it is written in place, such as a pipe
 * @helper:	the process, 0: there is none
 */
struct keeper {
	size_t count;
	struct {
		char *name;
		char *temporary;
		FILE *file;
	} files[KEEPER_FILES];
	pid_t helper;
	int socket;
};

/*
 * Opens a file to be written, that will be at @path. What is there stays as it is until keeper_keep(). Return: 0 or
 * an exit code, reported.
 */
int keeper_add(struct keeper *keeper, const char *path);

/* After all files, and before privileges are given up. Return: 0 or an exit code, reported. */
int keeper_start(struct keeper *keeper);

/* Closes the files, and gives them their names. Return: 0 or an exit code, reported. */
int keeper_keep(struct keeper *keeper);

/* Removes what has not been kept. */
void keeper_end(struct keeper *keeper);

#endif /* IMSTRACE_KEEPER_H */
