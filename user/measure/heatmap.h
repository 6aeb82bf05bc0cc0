/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Latency over time: how many values fell into each cell of time and latency, in a fixed amount
 * of memory however long it takes. Exact: no value is left out, only the cells grow.
 */
#ifndef IMSTRACE_MEASURE_HEATMAP_H
#define IMSTRACE_MEASURE_HEATMAP_H

#include "stages.h"

#include <stdbool.h>
#include <stddef.h>

/* Between half of these and all of them are in use, once there is enough time to show. */
#define HEATMAP_COLUMNS		256
/* The buckets of a histogram, by eights: eight to an octave, as a screen can show them. */
#define HEATMAP_ROW_BITS	3
#define HEATMAP_ROWS		(HISTOGRAM_BUCKETS >> HEATMAP_ROW_BITS)

/**
 * struct heatmap - all stages over time
 * @column_bits: a column is 2^this ns wide
 * @first:	number of the first column, in such units of time; those of all times before it, and
 *		of all after the last, are empty
 * @count:	columns up to the last that has a value; 0: there is none
 * @cells:	how many values, by stage, column, and row: histogram_bucket() >> HEATMAP_ROW_BITS
 */
struct heatmap {
	unsigned int column_bits;
	__u64 first;
	unsigned int count;
	__u64 cells[STAGE_COUNT][HEATMAP_COLUMNS][HEATMAP_ROWS];
};

/* NULL: out of memory. To be freed by free(). */
struct heatmap *heatmap_new(void);

/* The stages of @interrupt count at the time of its end. */
void heatmap_add(struct heatmap *heatmap, const struct imstrace_interrupt *interrupt);

#endif /* IMSTRACE_MEASURE_HEATMAP_H */
