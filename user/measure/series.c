// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "series.h"

#include "accounts.h"
#include "reading.h"
#include "stages.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ns for which a vector that is no longer posted must be bound: unbinding ends posting as well. */
#define FALLBACK_AFTER	1000000000ULL

/* Blocks of buckets where there are values, as in struct imstrace_histogram. */
struct series_stage {
	__u64 unplaced;
	__u64 max;
	__u64 inverted_min;
	struct imstrace_block *blocks[HISTOGRAM_BLOCKS];
};

/* What is remembered of a vector id. */
struct member {
	__u64 gone_since;			/* 0: it is not gone */
	__u64 unposted_since;			/* 0: it is, or was not, or is judged */
	__u32 waited_for;			/* the process whose name was not known yet */
	bool posted;
	bool dropped;
};

struct series_set {
	struct source *source;
	const struct series_options *options;
	struct member *members;			/* by id */
	struct reading last;
	struct difference difference;		/* of one vector, while it is read */
	void *sets;				/* tsearch() tree of struct series */
	struct series host;
	struct series_state state;
};

static int compare(const void *left, const void *right)
{
	const struct series *a = left, *b = right;

	return strcmp(a->device, b->device) ?: strcmp(a->vm, b->vm) ?: strcmp(a->mode, b->mode) ?:
	       strcmp(a->source, b->source) ?: (a->vector > b->vector) - (a->vector < b->vector);
}

static void free_stages(struct series *series)
{
	for (unsigned int stage = 0; series->stages && stage < STAGE_COUNT; stage++)
		for (unsigned int i = 0; i < HISTOGRAM_BLOCKS; i++)
			free(series->stages[stage].blocks[i]);
	free(series->stages);
}

static void free_series(void *series)
{
	free_stages(series);
	free(series);
}

struct series_set *series_new(struct source *source, const struct series_options *options)
{
	struct series_set *set = calloc(1, sizeof(*set));

	if (!set)
		return NULL;
	set->source = source;
	set->options = options;
	set->host.mode = set->host.source = "";
	set->host.vector = IMSTRACE_NONE;
	set->members = calloc(source->capacity, sizeof(*set->members));
	set->host.stages = calloc(STAGE_COUNT, sizeof(*set->host.stages));
	if (!reading_init(&set->last, source) || !set->members || !set->host.stages) {
		series_free(set);
		return NULL;
	}
	return set;
}

void series_free(struct series_set *set)
{
	if (!set)
		return;
	tdestroy(set->sets, free_series);
	free_stages(&set->host);
	free(set->members);
	reading_free(&set->last);
	free(set);
}

static bool any_signal(const struct imstrace_account *account)
{
	return account->hops[HOP_SIGNAL];
}

/* The mode is that of the latest reading in which it was signalled. */
static void label(struct series *labels, const struct series_set *set, __u32 id,
		  const struct imstrace_vector *vector)
{
	const struct imstrace_account *latest = &set->difference.account;
	const char *mode = vector_mode(vector, any_signal(latest) ? latest : &set->last.accounts[id]);
	const char *source = vector_source(vector);

	memset(labels, 0, sizeof(*labels));
	labels->source = source ? source : "unknown";
	if (!kind_of_vm(vector->kind) || set->options->per_vector)
		memcpy(labels->device, vector->device, sizeof(labels->device) - 1);
	else
		snprintf(labels->device, sizeof(labels->device), "%s", labels->source);
	if (*vector->guest)
		memcpy(labels->vm, vector->guest, sizeof(labels->vm) - 1);
	else
		memcpy(labels->vm, vector->vmm, sizeof(vector->vmm));
	labels->mode = mode ? mode : "unknown";
	labels->vector = set->options->per_vector ? vector->vector : IMSTRACE_NONE;
}

/* The set of these labels, a new one if need be and if there is room; NULL: there is none. */
static struct series *find_or_add(struct series_set *set, const struct series *labels)
{
	struct series **node = tfind(labels, &set->sets, compare), *series;

	if (node)
		return *node;
	if (set->state.sets >= set->options->most)
		return NULL;
	series = malloc(sizeof(*series));
	if (!series)
		return NULL;
	*series = *labels;
	series->stages = calloc(STAGE_COUNT, sizeof(*series->stages));
	if (!series->stages || !tsearch(series, &set->sets, compare)) {
		free_series(series);
		return NULL;
	}
	set->state.sets++;
	return series;
}

/*
 * One count less is that of an interrupt which turned out not to have been coalesced. What has been
 * shown stays: a counter that goes down is taken for one that began anew.
 */
static void show_account(struct series *series, const struct imstrace_account *more)
{
	const __u64 *exact = (const __u64 *)&series->exact;
	__u64 *shown = (__u64 *)&series->account;

	account_add(&series->exact, more);
	for (size_t i = 0; i < sizeof(series->account) / sizeof(*shown); i++)
		if ((long long)(exact[i] - shown[i]) > 0)
			shown[i] = exact[i];
}

static void add_values(struct series_stage *stage, unsigned int at, const __u64 *more)
{
	struct imstrace_block **block = &stage->blocks[at];

	if (!*block)
		*block = calloc(1, sizeof(**block));
	for (unsigned int i = 0; i < HISTOGRAM_BLOCK_BUCKETS; i++) {
		if (*block)
			(*block)->buckets[i] += more[i];
		else
			stage->unplaced += more[i];
	}
}

static void add_extremes(struct series *series, enum imstrace_stage stage, __u64 max,
			 __u64 inverted_min, __u32 vector, __u64 now)
{
	struct slowest_value *slowest = &series->slowest[stage];
	struct series_stage *to = &series->stages[stage];

	if (to->max < max)
		to->max = max;
	if (to->inverted_min < inverted_min)
		to->inverted_min = inverted_min;
	if (slowest->value < max)
		*slowest = (struct slowest_value) { .value = max, .time = now, .vector = vector };
}

/* What the vector has counted, as @set's difference has it, to @series. */
static void show_stage(const struct series_set *set, struct series *series,
		       enum imstrace_stage stage)
{
	const struct histogram *more = &set->difference.stages[stage];

	series->stages[stage].unplaced += more->unplaced;
	for (__u64 left = set->difference.blocks[stage]; left; left &= left - 1) {
		unsigned int block = __builtin_ctzll(left);

		add_values(&series->stages[stage], block,
			   &more->buckets[block * HISTOGRAM_BLOCK_BUCKETS]);
	}
}

static void note_seen(const struct series_set *set, struct series *series,
		      const struct imstrace_vector *vector, const struct imstrace_account *account)
{
	for (unsigned int hop = 0; hop < HOP_COUNT; hop++) {
		if (!series->account.hops[hop] && vector_hop_missing(set->source, vector, hop))
			continue;
		series->hops_seen |= 1U << hop;
	}
	series->in_flight += account_in_flight(account);
	for (unsigned int hop = HOP_ACCEPT; hop <= HOP_EOI; hop++)
		series->in_flight_seen &= series->hops_seen >> hop & 1;
	series->in_flight_seen &= !account->ends[END_HARDWARE] || account->hops[HOP_INJECT] ||
				  !set->source->delivery;
}

static enum life_state state_of(struct series_set *set, __u32 id)
{
	struct source *source = set->source;

	if (source->gone && source->gone(source, id))
		return LIFE_GONE;
	return life_state(*(const volatile __u32 *)&source->vectors[id].state);
}

/* Unbinding ends posting too: it is a fallback if the vector is still bound after a while. */
static void look_for_fallback(struct series_set *set, struct member *member,
			      const struct imstrace_vector *vector, __u64 now)
{
	const __u32 producing = STATE_BOUND | STATE_BYPASS;

	if (vector->state & STATE_POSTED) {
		member->posted = true;
		member->unposted_since = 0;
	} else if (member->posted) {
		member->posted = false;
		member->unposted_since = now;
	} else if (member->unposted_since && now - member->unposted_since >= FALLBACK_AFTER) {
		set->state.fallbacks += (vector->state & producing) == producing;
		member->unposted_since = 0;
	}
}

static void read_vector(struct series_set *set, __u32 id, __u64 now)
{
	const struct imstrace_vector vector = set->source->vectors[id];
	struct member *member = &set->members[id];
	const struct reading_stage *stages = &set->last.stages[(size_t)id * STAGE_COUNT];
	__u64 longest[STAGE_COUNT];
	enum life_state life = state_of(set, id);
	struct series *to[2] = { NULL, &set->host }, labels;

	/* Its process is known, and by the next reading its name may be: what it counts waits. */
	if (set->source->names_follow && vector.pid && !*vector.vmm &&
	    member->waited_for != vector.pid) {
		member->waited_for = vector.pid;
		return;
	}
	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++)
		longest[stage] = stages[stage].max;
	reading_take(&set->last, id, &set->difference);
	look_for_fallback(set, member, &vector, now);
	if (life != LIFE_GONE)
		member->gone_since = 0;
	else if (!member->gone_since)
		member->gone_since = now;
	set->state.vectors[life]++;
	/* What it has just counted has a place, gone or not. */
	label(&labels, set, id, &vector);
	if (life != LIFE_GONE || now - member->gone_since < set->options->linger)
		to[0] = find_or_add(set, &labels);
	if (!to[0] && !member->gone_since && !member->dropped) {
		member->dropped = true;
		set->state.dropped++;
	}
	for (unsigned int i = 0; i < 2; i++) {
		if (!to[i])
			continue;
		show_account(to[i], &set->difference.account);
		for (unsigned int stage = 0; stage < STAGE_COUNT; stage++) {
			show_stage(set, to[i], stage);
			/* One that has not grown may be of the vector that had the id before. */
			if (stages[stage].max > longest[stage])
				add_extremes(to[i], stage, stages[stage].max,
					     stages[stage].inverted_min, vector.vector, now);
		}
		to[i]->members++;
		if (!member->gone_since || to[i]->alive < member->gone_since)
			to[i]->alive = member->gone_since ?: now;
		note_seen(set, to[i], &vector, &set->last.accounts[id]);
	}
}

static void begin_reading(struct series *series)
{
	series->members = 0;
	series->in_flight = 0;
	series->in_flight_seen = true;
}

/* For twalk(), which has no argument of ours but this. */
struct walk {
	void (*each)(void *context, const struct series *series);
	void *context;
};

static void visit(const void *node, VISIT order, void *walk)
{
	const struct walk *to = walk;

	if (order == postorder || order == leaf)
		to->each(to->context, *(struct series *const *)node);
}

void series_each(const struct series_set *set,
		 void (*each)(void *context, const struct series *series), void *context)
{
	struct walk walk = { .each = each, .context = context };

	twalk_r(set->sets, visit, &walk);
}

static void begin_one(void *context, const struct series *series)
{
	(void)context;
	begin_reading((struct series *)series);
}

struct expiry {
	struct series_set *set;
	__u64 now;
	struct series *found;
};

static void find_expired(void *context, const struct series *constant)
{
	struct series *series = (struct series *)constant;
	struct expiry *expiry = context;

	if (!series->members && expiry->now - series->alive >= expiry->set->options->linger)
		expiry->found = series;
}

/* A tree must not change while it is walked: one at a time. They are few. */
static void expire(struct series_set *set, __u64 now)
{
	struct expiry expiry = { .set = set, .now = now };

	do {
		expiry.found = NULL;
		series_each(set, find_expired, &expiry);
		if (expiry.found) {
			tdelete(expiry.found, &set->sets, compare);
			free_series(expiry.found);
			set->state.sets--;
		}
	} while (expiry.found);
}

void series_read(struct series_set *set, __u64 now)
{
	__u32 count = source_vector_count(set->source);

	memset(set->state.vectors, 0, sizeof(set->state.vectors));
	begin_reading(&set->host);
	series_each(set, begin_one, NULL);
	for (__u32 id = 0; id < count; id++)
		if (*set->source->vectors[id].device &&
		    vector_wanted(set->options->filter, &set->source->vectors[id]) == WANTED_YES)
			read_vector(set, id, now);
	expire(set, now);
}

void series_retire(struct series_set *set, __u64 now,
		   void (*forget)(void *context, const struct imstrace_vector *vector),
		   void *context)
{
	struct source *source = set->source;
	__u32 count = source_vector_count(source);

	for (__u32 id = 0; source->retire && id < count; id++) {
		struct member *member = &set->members[id];
		const struct imstrace_vector vector = source->vectors[id];
		struct imstrace_account account;

		if (!*vector.device || !member->gone_since ||
		    now - member->gone_since < set->options->linger)
			continue;
		/* A change since it was read: not yet. */
		account = account_read(source, id);
		if (memcmp(&account, &set->last.accounts[id], sizeof(account)) ||
		    account_in_flight(&account) || !source->retire(source, id))
			continue;
		/* The arrays go on from where they are: what was read of them stays. */
		member->gone_since = member->unposted_since = 0;
		member->posted = member->dropped = false;
		set->state.retired++;
		forget(context, &vector);
	}
}

const struct series *series_host(const struct series_set *set)
{
	return &set->host;
}

bool series_stage_seen(const struct series *series, enum imstrace_stage stage)
{
	unsigned int needed = 1U << stage_from(stage) | 1U << stage_to(stage);

	return (series->hops_seen & needed) == needed;
}

void series_histogram(const struct series *series, enum imstrace_stage stage,
		      struct histogram *histogram)
{
	const struct series_stage *from = &series->stages[stage];

	memset(histogram, 0, sizeof(*histogram));
	histogram->sum = series->account.sums[stage];
	histogram->max = from->max;
	histogram->inverted_min = from->inverted_min;
	histogram->unplaced = from->unplaced;
	for (unsigned int i = 0; i < HISTOGRAM_BLOCKS; i++)
		if (from->blocks[i])
			memcpy(&histogram->buckets[i * HISTOGRAM_BLOCK_BUCKETS],
			       from->blocks[i]->buckets, sizeof(from->blocks[i]->buckets));
}

const struct series_state *series_state(const struct series_set *set)
{
	return &set->state;
}
