/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The full screen of imstrace top: a sink that is looked at, and typed at.
 */
#ifndef IMSTRACE_SCREEN_H
#define IMSTRACE_SCREEN_H

#include "../sink/sink.h"

/*
 * Takes the terminal for @sink, while we may still open what describes it. A process has one.
 * Return: 0 or an exit code, reported.
 */
int screen_open(struct sink *sink);

/* After the session: gives it back, and prints what was said on stderr meanwhile. */
void screen_close(struct sink *sink);

/*
 * The context is what screen_open() has made. The summary is that of text_sink, on the terminal
 * as it was before.
 */
extern const struct sink_ops screen_sink;

#endif /* IMSTRACE_SCREEN_H */
