/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the text sink share.
 */
#ifndef IMSTRACE_SINK_TEXT_H
#define IMSTRACE_SINK_TEXT_H

#include "../measure/figures.h"

#include <stdio.h>

/* Times of day are told by the clock of this source, as from text_sink.start() on. */
void text_use_clock(const struct source *source);

/* A line with the device's name, and whose it is. */
void text_device(FILE *out, const struct imstrace_vector *vector);

/* As struct sink's histograms. */
void text_histograms(FILE *out, const struct figures *report, enum imstrace_stage stage);

#endif /* IMSTRACE_SINK_TEXT_H */
