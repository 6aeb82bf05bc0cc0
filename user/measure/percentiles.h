/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The percentiles of IMSTRACE_PERCENTILES, for who looks at one at a time.
 */
#ifndef IMSTRACE_MEASURE_PERCENTILES_H
#define IMSTRACE_MEASURE_PERCENTILES_H

#include "stages.h"

#include <stddef.h>

enum percentile {
#define X(name, heading, percent) PERCENTILE_##name,
	IMSTRACE_PERCENTILES(X)
#undef X
	PERCENTILE_COUNT
};

const char *percentile_name(enum percentile percentile);
double percentile_percent(enum percentile percentile);
/* PERCENTILE_COUNT: there is none of that name, of which @length bytes count. */
enum percentile percentile_find(const char *name, size_t length);

#endif /* IMSTRACE_MEASURE_PERCENTILES_H */
