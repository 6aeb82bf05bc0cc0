/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IMSTRACE_MANUAL_MAN_H
#define IMSTRACE_MANUAL_MAN_H

#include "options.h"

/* The manual page imstrace(1). */
void write_overview(FILE *out);

/* imstrace-COMMAND(1). */
void write_page(FILE *out, const struct command *command);

#endif /* IMSTRACE_MANUAL_MAN_H */
