/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who signals an irqfd, in words.
 */
#ifndef IMSTRACE_SOURCE_SIGNALLERS_H
#define IMSTRACE_SOURCE_SIGNALLERS_H

#include <imstrace/records.h>

/* How many of @known's threads have their name by now, and one more if there are others. */
unsigned int signallers_count(const struct imstrace_signallers *known);

/*
 * Writes a list such as "vhost-214/220, qemu-system-x86/214, interrupts, others": a thread as
 * name/pid. What does not fit is cut off between two of them.
 */
void signallers_write(const struct imstrace_signallers *known, char text[IMSTRACE_SIGNALLERS_LEN]);

#endif /* IMSTRACE_SOURCE_SIGNALLERS_H */
