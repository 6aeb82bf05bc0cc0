// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "why.h"

#include "../model/hops.h"
#include "competitors.h"
#include "stages.h"

#include <search.h>
#include <stdlib.h>

/* Of the slowest hundredth. */
#define LEAST_SLOW	10
#define MOST_SLOW	1000
#define SLOW_SHARE	100

struct why {
	__u64 over;
	struct slowest slowest;		/* which is looked at in the end, unless @over is asked for */
	struct why_sum sum;
	void *vectors;			/* of struct why_vector, see tsearch(3) */
	size_t vector_count;
	struct competitors *competitors;
	struct why_vector *list;
	struct source_competitor *threads;
};

static int by_id(const void *left, const void *right)
{
	const struct why_vector *a = left, *b = right;

	return (a->id > b->id) - (a->id < b->id);
}

static int by_time(const void *left, const void *right)
{
	const struct why_vector *a = left, *b = right;

	if (a->sum.ns != b->sum.ns)
		return a->sum.ns > b->sum.ns ? -1 : 1;
	return by_id(left, right);
}

struct why *why_new(__u64 over)
{
	struct why *why = calloc(1, sizeof(*why));

	if (!why)
		return NULL;
	why->over = over;
	why->competitors = competitors_new();
	if (why->competitors && slowest_init(&why->slowest, over ? 0 : MOST_SLOW))
		return why;
	why_free(why);
	return NULL;
}

void why_free(struct why *why)
{
	if (!why)
		return;
	tdestroy(why->vectors, free);
	competitors_free(why->competitors);
	slowest_free(&why->slowest);
	free(why->list);
	free(why->threads);
	free(why);
}

/* NULL: out of memory. */
static struct why_sum *sum_of(struct why *why, __u32 id, const struct imstrace_vector *vector)
{
	struct why_vector wanted = { .id = id }, **found = tfind(&wanted, &why->vectors, by_id), *added;

	if (found)
		return &(*found)->sum;
	added = calloc(1, sizeof(*added));
	if (!added)
		return NULL;
	added->id = id;
	added->vector = *vector;
	if (!tsearch(added, &why->vectors, by_id)) {
		free(added);
		return NULL;
	}
	why->vector_count++;
	return &added->sum;
}

/* @again: it counts already, and this is the rest of it. */
static void add_to(struct why_sum *sum, __u64 took, const __u64 ns[SLOW_CAUSE_COUNT], bool again)
{
	sum->count += !again;
	sum->ns += took;
	for (unsigned int cause = 0; cause < SLOW_CAUSE_COUNT; cause++) {
		struct why_share *share = &sum->causes[cause];

		share->count += ns[cause] != 0;
		share->ns += ns[cause];
		if (ns[cause] > share->max)
			share->max = ns[cause];
	}
}

/* What has been told of it before, when it seemed to have ended: see @recounted of IMSTRACE_INTERRUPT_FIELDS. */
static struct imstrace_interrupt told_before(const struct imstrace_interrupt *interrupt)
{
	struct imstrace_interrupt before = *interrupt;

	for (unsigned int hop = end_hop(interrupt->recounted) + 1; hop < HOP_COUNT; hop++)
		before.times[hop] = 0;
	before.delivered_after = before.delivered_by = 0;
	interrupt_forget_waits(&before);
	return before;
}

static bool add_slow(struct why *why, struct why_sum *of_vector, const struct imstrace_interrupt *interrupt)
{
	__u64 ns[SLOW_CAUSE_COUNT], before[SLOW_CAUSE_COUNT], took = interrupt_took(interrupt);
	struct imstrace_interrupt of_all = *interrupt;
	bool again = false;

	slow_causes(interrupt, ns);
	if (interrupt->recounted) {
		struct imstrace_interrupt first = told_before(interrupt);

		again = interrupt_took(&first) >= why->over;
		slow_causes(&first, before);
		took -= again ? interrupt_took(&first) : 0;
		for (unsigned int cause = 0; again && cause < SLOW_CAUSE_COUNT; cause++)
			ns[cause] -= before[cause] < ns[cause] ? before[cause] : ns[cause];
	}
	add_to(&why->sum, took, ns, again);
	add_to(of_vector, took, ns, again);
	of_all.id = 0;
	return competitors_add(why->competitors, &of_all);
}

bool why_add(struct why *why, const struct imstrace_vector *vector, const struct imstrace_interrupt *interrupt)
{
	struct why_sum *of_vector = sum_of(why, interrupt->id, vector);

	if (!of_vector)
		return false;
	why->sum.seen += !interrupt->recounted;
	of_vector->seen += !interrupt->recounted;
	if (!why->over)
		slowest_add(&why->slowest, vector, interrupt);
	else if (interrupt_took(interrupt) >= why->over)
		return add_slow(why, of_vector, interrupt);
	return true;
}

/* The slowest hundredth. false: out of memory. */
static bool choose(struct why *why)
{
	size_t count = why->sum.seen / SLOW_SHARE;

	if (count < LEAST_SLOW)
		count = LEAST_SLOW;
	if (count > why->slowest.count)
		count = why->slowest.count;
	slowest_sort(&why->slowest);
	why->over = count ? interrupt_took(&why->slowest.interrupts[count - 1].interrupt) : 0;
	for (size_t i = 0; i < count; i++) {
		const struct slow_interrupt *slow = &why->slowest.interrupts[i];
		struct why_sum *of_vector = sum_of(why, slow->interrupt.id, &slow->vector);

		if (!of_vector || !add_slow(why, of_vector, &slow->interrupt))
			return false;
	}
	return true;
}

struct listing {
	struct why_vector *list;
	size_t count;
};

static void take(const void *node, VISIT visit, void *closure)
{
	const struct why_vector *vector = *(struct why_vector *const *)node;
	struct listing *listing = closure;

	if ((visit == postorder || visit == leaf) && vector->sum.count)
		listing->list[listing->count++] = *vector;
}

bool why_end(struct why *why, struct why_result *result)
{
	struct listing listing = { 0 };
	bool asked = why->over;
	size_t count;

	if (!asked && !choose(why))
		return false;
	why->list = listing.list = calloc(why->vector_count + 1, sizeof(*why->list));
	if (!why->list || !competitors_list(why->competitors, &why->threads, &count))
		return false;
	twalk_r(why->vectors, take, &listing);
	qsort(listing.list, listing.count, sizeof(*listing.list), by_time);
	competitors_sort(why->threads, count);
	*result = (struct why_result) {
		.over = why->over, .asked = asked, .sum = why->sum,
		.vectors = listing.list, .vector_count = listing.count,
		.competitors = why->threads, .competitor_count = count,
	};
	return true;
}
