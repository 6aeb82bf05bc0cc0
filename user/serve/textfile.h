/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Metrics in a file, for the textfile collector of node_exporter: whole or not at all.
 */
#ifndef IMSTRACE_SERVE_TEXTFILE_H
#define IMSTRACE_SERVE_TEXTFILE_H

#include "exporter.h"

struct textfile;

/*
 * Starts what writes to @path, while there are privileges. Return: 0 or an exit code, reported.
 */
int textfile_open(struct textfile **result, const char *path);
/* Its name without a directory. */
const char *textfile_name(const struct textfile *textfile);
/* Return: 0 or an errno; EPIPE: what writes it has ended, so it will not be written again. */
int textfile_write(struct textfile *textfile, struct exporter *exporter);
void textfile_close(struct textfile *textfile);

#endif /* IMSTRACE_SERVE_TEXTFILE_H */
