/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the text sink share.
 */
#ifndef IMSTRACE_SINK_TEXT_H
#define IMSTRACE_SINK_TEXT_H

#include "../measure/report.h"

#include <stdio.h>

/* A line with the device's name, and whose it is. */
void text_device(FILE *out, const struct imstrace_vector *vector);

/* As struct sink's histograms. */
void text_histograms(FILE *out, const struct report *report, enum imstrace_stage stage);

#endif /* IMSTRACE_SINK_TEXT_H */
