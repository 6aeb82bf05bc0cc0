/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A source as metrics, for whoever asks and whenever. One thread polls the source; others may
 * have the metrics written meanwhile. Neither waits for a client: what is written is in memory.
 */
#ifndef IMSTRACE_SERVE_EXPORTER_H
#define IMSTRACE_SERVE_EXPORTER_H

#include "metrics.h"

struct exporter;

/* NULL: out of memory. The source's handlers become its own. Both arguments must stay. */
struct exporter *exporter_new(struct source *source, const struct series_options *options);
void exporter_free(struct exporter *exporter);

/*
 * One turn of the source's poll(), at most up to @until, and what is due now and then whether
 * anybody asks or not. Return: as poll().
 */
int exporter_poll(struct exporter *exporter, __u64 until);

/* Metrics are also written to a file, and @errors more times that failed. */
void exporter_count_textfile_errors(struct exporter *exporter, unsigned int errors);

/*
 * All metrics, as of now or of a fraction of a second ago. Any thread may call it.
 * Return: to be freed; NULL: out of memory.
 */
char *exporter_write(struct exporter *exporter, enum exposition_format format, size_t *size);

#endif /* IMSTRACE_SERVE_EXPORTER_H */
