/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The end of a run, as asked for from outside.
 */
#ifndef IMSTRACE_STOP_H
#define IMSTRACE_STOP_H

#include <stdbool.h>

/*
 * From here on SIGINT, SIGTERM and, unless it was ignored, SIGHUP ask for the end. A second SIGINT
 * or SIGTERM kills.
 */
void stop_on_signals(void);

/* And the end of a child process. */
void stop_on_child(void);

/* Asks for it from inside. */
void stop_request(void);

/* Whether one has. */
bool stop_requested(void);

#endif /* IMSTRACE_STOP_H */
