/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Commands that are run again and again, with the privileges that this process had at
 * workload_start(): it gives up its own when it has attached.
 */
#ifndef IMSTRACE_WORKLOAD_H
#define IMSTRACE_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct workload {
	pid_t helper;
	int socket;
};

/*
 * Before privileges are given up. @commands: argument vectors, ended by NULL, that outlive this.
 * Return: 0 or an exit code, reported.
 */
int workload_start(struct workload *workload, char **const *commands, size_t count);

/* Runs command number @which; its standard output becomes our standard error. */
int workload_run(const struct workload *workload, size_t which);

/*
 * Whether the command has ended: its exit status as a shell has it, in @status. Does not wait.
 * A helper that has gone is a command that was killed.
 */
bool workload_ended(const struct workload *workload, int *status);

/* Ends the helper; a command that still runs is told to end. */
void workload_stop(struct workload *workload);

#endif /* IMSTRACE_WORKLOAD_H */
