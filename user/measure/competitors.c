// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "competitors.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

struct competitors {
	void *tree;	/* of struct source_competitor, see tsearch(3) */
	size_t count;
};

static int by_key(const void *left, const void *right)
{
	const struct imstrace_competitor_key *a = &((const struct source_competitor *)left)->key;
	const struct imstrace_competitor_key *b = &((const struct source_competitor *)right)->key;

	return a->id != b->id ? (a->id > b->id) - (a->id < b->id) : (a->pid > b->pid) - (a->pid < b->pid);
}

static int by_time(const void *left, const void *right)
{
	const struct source_competitor *a = left, *b = right;

	if (a->key.id == b->key.id && a->total.ns != b->total.ns)
		return a->total.ns > b->total.ns ? -1 : 1;
	return by_key(left, right);
}

struct competitors *competitors_new(void)
{
	return calloc(1, sizeof(struct competitors));
}

void competitors_free(struct competitors *competitors)
{
	if (competitors)
		tdestroy(competitors->tree, free);
	free(competitors);
}

static struct source_competitor *find_or_add(struct competitors *competitors,
					     const struct source_competitor *wanted)
{
	struct source_competitor **found = tfind(wanted, &competitors->tree, by_key), *added;

	if (found)
		return *found;
	added = malloc(sizeof(*added));
	if (!added)
		return NULL;
	*added = *wanted;
	found = tsearch(added, &competitors->tree, by_key);
	if (!found) {
		free(added);
		return NULL;
	}
	competitors->count++;
	return *found;
}

bool competitors_add(struct competitors *competitors, const struct imstrace_interrupt *interrupt)
{
	struct source_competitor first = {
		.key = { .id = interrupt->id, .pid = interrupt->behind },
		.total = { .priority = interrupt->behind_priority, .policy = interrupt->behind_policy },
	}, *known;
	__u64 waited = interrupt->waited + interrupt->window_waited + interrupt->service_waited;

	/* As count_competitor() in bpf/timelines.h: of those that have come to their end. */
	if (!*interrupt->behind_name || !waited ||
	    (interrupt->end != END_COMPLETE && interrupt->end != END_HARDWARE))
		return true;
	if (first.key.pid)
		memcpy(first.total.name, interrupt->behind_name, sizeof(first.total.name));
	else
		strcpy(first.total.name, IDLE_COMPETITOR);
	known = find_or_add(competitors, &first);
	if (!known)
		return false;
	known->total.count++;
	known->total.ns += waited;
	return true;
}

struct listing {
	struct source_competitor *list;
	size_t count;
};

static void take(const void *node, VISIT visit, void *closure)
{
	struct listing *listing = closure;

	if (visit == postorder || visit == leaf)
		listing->list[listing->count++] = **(struct source_competitor *const *)node;
}

bool competitors_list(const struct competitors *competitors, struct source_competitor **list, size_t *count)
{
	struct listing listing = { .list = calloc(competitors->count + 1, sizeof(*listing.list)) };

	if (!listing.list)
		return false;
	twalk_r(competitors->tree, take, &listing);
	*list = listing.list;
	*count = listing.count;
	return true;
}

void competitors_sort(struct source_competitor *list, size_t count)
{
	if (count)
		qsort(list, count, sizeof(*list), by_time);
}
