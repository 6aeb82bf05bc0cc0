/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IMSTRACE_SUMMARY_SHOW_H
#define IMSTRACE_SUMMARY_SHOW_H

#include "summary.h"

#include <stdio.h>

/* For people: each stage's percentiles, as the runs had them. */
void summary_show(FILE *out, const struct summary *summary);

#endif /* IMSTRACE_SUMMARY_SHOW_H */
