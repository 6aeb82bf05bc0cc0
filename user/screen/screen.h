/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The full screen of imstrace top: a sink that is looked at, and typed at.
 */
#ifndef IMSTRACE_SCREEN_H
#define IMSTRACE_SCREEN_H

#include "../sink/sink.h"

/*
 * Takes the terminal, while we may still open what describes it. Return: 0 or an exit code,
 * reported.
 */
int screen_open(void);

/* Gives it back, and prints what was said on stderr meanwhile. May be called again. */
void screen_close(void);

/* After screen_open(); its summary is that of text_sink, on the terminal as it was before. */
extern const struct sink screen_sink;

#endif /* IMSTRACE_SCREEN_H */
