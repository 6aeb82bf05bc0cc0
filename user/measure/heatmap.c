// SPDX-License-Identifier: GPL-2.0-only
#include "heatmap.h"

#include <stdlib.h>
#include <string.h>

/* 65 us: narrower than anybody can see of a run that is worth a page. */
#define NARROWEST	16

struct heatmap *heatmap_new(void)
{
	struct heatmap *heatmap = calloc(1, sizeof(*heatmap));

	if (heatmap)
		heatmap->column_bits = NARROWEST;
	return heatmap;
}

/* Columns become twice as wide: each takes in the one beside it. */
static void widen(struct heatmap *heatmap)
{
	__u64 first = heatmap->first >> 1;

	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++) {
		__u64 (*cells)[HEATMAP_ROWS] = heatmap->cells[stage];

		for (unsigned int from = 0; from < heatmap->count; from++) {
			unsigned int to = ((heatmap->first + from) >> 1) - first;

			if (to == from)
				continue;
			for (unsigned int row = 0; row < HEATMAP_ROWS; row++)
				cells[to][row] += cells[from][row];
			memset(cells[from], 0, sizeof(cells[from]));
		}
	}
	if (heatmap->count)
		heatmap->count = ((heatmap->first + heatmap->count - 1) >> 1) - first + 1;
	heatmap->first = first;
	heatmap->column_bits++;
}

/* Makes @more columns before the first. */
static void extend_back(struct heatmap *heatmap, unsigned int more)
{
	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++) {
		__u64 (*cells)[HEATMAP_ROWS] = heatmap->cells[stage];

		memmove(cells[more], cells[0], heatmap->count * sizeof(cells[0]));
		memset(cells[0], 0, more * sizeof(cells[0]));
	}
	heatmap->first -= more;
	heatmap->count += more;
}

/* The column of @time, which is made if it isn't there. */
static unsigned int column_of(struct heatmap *heatmap, __u64 time)
{
	for (;; widen(heatmap)) {
		__u64 number = time >> heatmap->column_bits;

		if (!heatmap->count)
			heatmap->first = number;
		if (number < heatmap->first) {
			/* Those of several CPUs do not come in the order of their times. */
			if (heatmap->first - number > HEATMAP_COLUMNS - heatmap->count)
				continue;
			extend_back(heatmap, heatmap->first - number);
		}
		if (number - heatmap->first >= HEATMAP_COLUMNS)
			continue;
		if (number - heatmap->first >= heatmap->count)
			heatmap->count = number - heatmap->first + 1;
		return number - heatmap->first;
	}
}

void heatmap_add(struct heatmap *heatmap, const struct imstrace_interrupt *interrupt)
{
	unsigned int column = HEATMAP_COLUMNS;

	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++) {
		long long time = stage_time(interrupt, stage);

		if (time < 0)
			continue;
		if (column == HEATMAP_COLUMNS)
			column = column_of(heatmap, interrupt_ended(interrupt));
		heatmap->cells[stage][column][histogram_bucket(time) >> HEATMAP_ROW_BITS]++;
	}
}
