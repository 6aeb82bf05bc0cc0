/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the text sink share.
 */
#ifndef IMSTRACE_SINK_TEXT_H
#define IMSTRACE_SINK_TEXT_H

#include "sink.h"

/* @sink tells times of day by the clock of this source, as from its start() on. It must stay. */
void text_use_clock(struct sink *sink, const struct source *source);

/* A line with the device's name, and whose it is. */
void text_device(FILE *out, const struct imstrace_vector *vector);

/* @ns with one digit of a us, after a blank; a percentile: n/a if it is not known. */
void text_microseconds(FILE *out, int width, __u64 ns);
void text_percentile(FILE *out, int width, const struct stage_figures *figures, __u64 ns);

/* How long an interrupt took from step to step; of deliver also its parts, if there are several. */
void text_stage_times(FILE *out, const struct imstrace_interrupt *interrupt);

/* A line for each stage of a vector, and for each part of deliver below that. */
void text_stages(FILE *out, const struct vector_figures *vector);

/* A time of day on the clock of the host that the source is of. */
const char *text_clock(const struct sink *sink, char text[32], __u64 monotonic);

/* What is missing in @figures, and what went wrong meanwhile: each a line. */
void text_warnings(const struct sink *sink, const struct figures *figures);

/* Why interrupts are slow. */
void text_why(struct sink *sink, const struct why_result *why, const struct figures *figures);

/* Whom CPUs ran while a vCPU's thread was to run there, with an interrupt; nothing if there is nobody. */
void text_competitors(FILE *out, const struct figures *figures);

/* The VMs and devices of this host, and what will be seen of each vector; within 80 columns. */
void text_inventory(FILE *out, const struct environment *environment,
		    const struct inventory *inventory, const struct source *source);

/* As of struct sink_ops. */
void text_check(struct sink *sink, const struct environment *environment,
		const struct inventory *inventory, const struct source *source);
void text_histograms(struct sink *sink, const struct figures *figures, enum imstrace_stage stage);

#endif /* IMSTRACE_SINK_TEXT_H */
