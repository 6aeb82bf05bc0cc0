/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IMSTRACE_MANUAL_COMPLETION_H
#define IMSTRACE_MANUAL_COMPLETION_H

#include "options.h"

/* A script for the shell, of all commands. */
void write_bash(FILE *out);
void write_zsh(FILE *out);
void write_fish(FILE *out);

#endif /* IMSTRACE_MANUAL_COMPLETION_H */
