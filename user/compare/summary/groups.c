// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "groups.h"

#include <stdlib.h>
#include <string.h>

enum grouping grouping_find(const char *name)
{
	static const char *const names[] = {
#define X(ENUM, name, what) #name,
		IMSTRACE_GROUPINGS(X)
#undef X
	};
	unsigned int by = 0;

	while (by < GROUPING_COUNT && strcmp(names[by], name))
		by++;
	return by;
}

static struct group name_group(enum grouping by, const struct summary_series *series)
{
	const char *name = by == BY_DEVICE || !*series->class ? series->device : series->class;
	struct group group;

	if (by == BY_VECTOR)
		snprintf(group.name, sizeof(group.name), "%s vector %u", name, series->vector);
	else
		snprintf(group.name, sizeof(group.name), "%s", name);
	memcpy(group.mode, series->mode, sizeof(group.mode));
	return group;
}

static int compare(const void *left, const void *right)
{
	const struct group *a = left, *b = right;
	/* 10 after 9. */
	int order = strverscmp(a->name, b->name);

	return order ? order : strcmp(a->mode, b->mode);
}

bool groups_add(struct groups *groups, const struct summary *summary)
{
	for (size_t i = 0; i < summary->run_count; i++) {
		for (size_t j = 0; j < summary->runs[i].count; j++) {
			struct group group = name_group(groups->by, &summary->runs[i].series[j]);
			struct group *all;

			if (groups->count && bsearch(&group, groups->groups, groups->count,
						     sizeof(group), compare))
				continue;
			all = reallocarray(groups->groups, groups->count + 1, sizeof(group));
			if (!all)
				return false;
			all[groups->count++] = group;
			groups->groups = all;
			qsort(all, groups->count, sizeof(group), compare);
		}
	}
	return true;
}

void groups_free(struct groups *groups)
{
	free(groups->groups);
}

static bool is_of(const struct groups *groups, const struct group *group,
		  const struct summary_series *series)
{
	struct group of = name_group(groups->by, series);

	return !compare(&of, group);
}

bool group_histogram(const struct groups *groups, const struct group *group,
		     const struct summary_run *run, enum imstrace_stage stage,
		     struct histogram *histogram)
{
	bool measured = false;

	memset(histogram, 0, sizeof(*histogram));
	for (size_t i = 0; i < run->count; i++) {
		if (!is_of(groups, group, &run->series[i]) || !run->series[i].stages[stage].measured)
			continue;
		summary_add_stage(histogram, &run->series[i].stages[stage]);
		measured = true;
	}
	return measured && histogram_count(histogram);
}

bool group_in_run(const struct groups *groups, const struct group *group,
		  const struct summary_run *run)
{
	for (size_t i = 0; i < run->count; i++)
		if (is_of(groups, group, &run->series[i]))
			return true;
	return false;
}

void group_hops(const struct groups *groups, const struct group *group,
		const struct summary_run *run, long long hops[HOP_COUNT])
{
	memset(hops, 0, HOP_COUNT * sizeof(*hops));
	for (size_t i = 0; i < run->count; i++) {
		const struct summary_series *series = &run->series[i];

		if (!is_of(groups, group, series))
			continue;
		for (unsigned int hop = 0; hop < HOP_COUNT; hop++) {
			if (hops[hop] < 0 || series->hops[hop] < 0)
				hops[hop] = -1;
			else
				hops[hop] += series->hops[hop];
			/* These go no further than accept. */
			if (hops[hop] >= 0 && hop > HOP_ACCEPT)
				hops[hop] += series->coalesced + series->hardware + series->lost;
		}
	}
}
