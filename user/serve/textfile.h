/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Metrics in a file, for the textfile collector of node_exporter: whole or not at all.
 */
#ifndef IMSTRACE_SERVE_TEXTFILE_H
#define IMSTRACE_SERVE_TEXTFILE_H

#include "exporter.h"

struct textfile;

/*
 * Opens what is needed while there are privileges: the directory of @path, and the file beside it that
 * is written before it takes the place of the other. NULL: reported.
 */
struct textfile *textfile_open(const char *path);
/* Return: 0 or an exit code, reported. */
int textfile_write(struct textfile *textfile, struct exporter *exporter);
void textfile_close(struct textfile *textfile);

#endif /* IMSTRACE_SERVE_TEXTFILE_H */
