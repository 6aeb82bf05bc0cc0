// SPDX-License-Identifier: GPL-2.0-only
#include "percentiles.h"

#include <string.h>

static const struct {
	const char *name;
	double percent;
} percentiles[] = {
#define X(name, heading, percent) [PERCENTILE_##name] = { #name, percent },
	IMSTRACE_PERCENTILES(X)
#undef X
};

const char *percentile_name(enum percentile percentile)
{
	return percentiles[percentile].name;
}

double percentile_percent(enum percentile percentile)
{
	return percentiles[percentile].percent;
}

enum percentile percentile_find(const char *name, size_t length)
{
	unsigned int i = 0;

	while (i < PERCENTILE_COUNT && (strlen(percentiles[i].name) != length ||
					strncmp(percentiles[i].name, name, length)))
		i++;
	return i;
}
