// SPDX-License-Identifier: GPL-2.0-only
#include "figures.h"

#include "accounts.h"

#include <stdlib.h>
#include <string.h>

bool figures_init(struct figures *figures, size_t capacity)
{
	*figures = (struct figures) { .vectors = calloc(capacity, sizeof(*figures->vectors)) };
	return figures->vectors;
}

void figures_forget_competitors(struct figures *figures)
{
	free(figures->competitors);
	figures->competitors = NULL;
	figures->competitor_count = 0;
}

void figures_free(struct figures *figures)
{
	figures_forget_competitors(figures);
	free(figures->vectors);
	free(figures->buckets);
}

static bool make_room(struct figures *figures, size_t more)
{
	size_t room = figures->bucket_room ?: 64;
	void *bigger;

	while (room < figures->bucket_count + more)
		room *= 2;
	if (room == figures->bucket_room)
		return true;
	bigger = reallocarray(figures->buckets, room, sizeof(*figures->buckets));
	if (!bigger)
		return false;
	figures->buckets = bigger;
	figures->bucket_room = room;
	return true;
}

static void keep_values(struct figures *figures, struct stage_values *to,
			const struct histogram *from, __u64 blocks)
{
	*to = (struct stage_values) {
		.sum = from->sum, .max = from->max, .inverted_min = from->inverted_min,
		.unplaced = from->unplaced, .first = figures->bucket_count,
	};
	/* As where the programs find no block: counted, and in no bucket. */
	if (!make_room(figures, __builtin_popcountll(blocks) * HISTOGRAM_BLOCK_BUCKETS)) {
		to->unplaced = histogram_count(from);
		return;
	}
	for (; blocks; blocks &= blocks - 1) {
		__u32 first = __builtin_ctzll(blocks) * HISTOGRAM_BLOCK_BUCKETS;

		for (__u32 i = first; i < first + HISTOGRAM_BLOCK_BUCKETS; i++)
			if (from->buckets[i])
				figures->buckets[figures->bucket_count++] =
					(struct filled_bucket) { i, from->buckets[i] };
	}
	to->count = figures->bucket_count - to->first;
}

/*
 * What was counted could be seen, whatever holds by now; and so could, maybe before the interval, the
 * hops in KVM that it had passed before. The programs count a hop before its stages: a reading in
 * between has the hop, and the next one the stages.
 */
static bool was_seen(const struct vector_figures *vector, enum imstrace_hop hop)
{
	unsigned int end = hop >= HOP_ACCEPT && hop <= HOP_EOI ? HOP_EOI + 1 : hop + 1;

	for (unsigned int passed = hop; passed < end; passed++)
		if (vector->account.hops[passed])
			return true;
	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++)
		if (vector->stages[stage].count &&
		    (stage_from(stage) == hop || stage_to(stage) == hop))
			return true;
	return false;
}

static const char *hop_missing(const struct source *source, const struct vector_figures *vector,
			       enum imstrace_hop hop)
{
	if (was_seen(vector, hop))
		return NULL;
	if (hop >= HOP_INJECT && hop <= HOP_EOI && vector->account.ends[END_HARDWARE])
		return "APICv or AVIC: the CPU itself delivers and ends it, without KVM";
	return vector_hop_missing(source, &vector->vector, hop);
}

/*
 * What the CPU itself delivers (APICv, AVIC) passes no hop after the accept, but ends when it is
 * seen to have been delivered. Where that isn't seen, it is known of what KVM delivers.
 */
static const char *in_flight_missing(const struct source *source,
				     const struct vector_figures *vector)
{
	for (unsigned int hop = HOP_ACCEPT; hop <= HOP_EOI; hop++) {
		const char *why = vector_hop_missing(source, &vector->vector, hop);

		if (why && !was_seen(vector, hop))
			return why;
	}
	return vector->account.ends[END_HARDWARE] && !vector->account.hops[HOP_INJECT] ?
		       source->delivery : NULL;
}

struct vector_figures *figures_add(struct figures *figures, const struct source *source, __u32 id,
				   const struct imstrace_vector *vector,
				   const struct difference *difference)
{
	struct vector_figures *added = &figures->vectors[figures->count++];

	added->id = id;
	added->vector = *vector;
	added->account = difference->account;
	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++) {
		added->stages[stage] = stage_figures(&difference->stages[stage]);
		keep_values(figures, &added->values[stage], &difference->stages[stage],
			    difference->blocks[stage]);
	}
	for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
		added->hop_missing[hop] = hop_missing(source, added, hop);
	added->in_flight_missing = in_flight_missing(source, added);
	added->places_known = source->places_known &&
			      (!added->hop_missing[HOP_INJECT] || (!source->delivery && added->account.ends[END_HARDWARE]));
	return added;
}

static int compare(const void *left, const void *right)
{
	const struct imstrace_vector *a = &((const struct vector_figures *)left)->vector;
	const struct imstrace_vector *b = &((const struct vector_figures *)right)->vector;
	int order = strncmp(a->device, b->device, sizeof(a->device));

	return order ? order : (a->vector > b->vector) - (a->vector < b->vector);
}

static int compare_busy(const void *left, const void *right)
{
	const struct vector_figures *a = left, *b = right;
	__u64 busy = a->account.hops[HOP_SIGNAL], other = b->account.hops[HOP_SIGNAL];

	if (!kind_of_vm(a->vector.kind) || busy == other ||
	    strncmp(a->vector.device, b->vector.device, sizeof(a->vector.device)))
		return compare(left, right);
	return busy < other ? 1 : -1;
}

void figures_sort(struct figures *figures)
{
	qsort(figures->vectors, figures->count, sizeof(*figures->vectors), compare);
}

void figures_sort_busy(struct figures *figures)
{
	qsort(figures->vectors, figures->count, sizeof(*figures->vectors), compare_busy);
}

void figures_histogram(const struct figures *figures, const struct vector_figures *vector,
		       enum imstrace_stage stage, struct histogram *histogram)
{
	const struct stage_values *values = &vector->values[stage];
	const struct filled_bucket *filled = &figures->buckets[values->first];

	*histogram = (struct histogram) {
		.sum = values->sum, .max = values->max, .inverted_min = values->inverted_min,
		.unplaced = values->unplaced,
	};
	for (size_t i = 0; i < values->count; i++)
		histogram->buckets[filled[i].bucket] = filled[i].count;
}

const char *stage_missing(const struct source *source, enum imstrace_stage stage)
{
	const struct hop_status *from, *to;

	if (!source)
		return "nothing can be seen";
	from = &source->hops[stage_from(stage)];
	to = &source->hops[stage_to(stage)];
	return *from->attached ? *to->attached ? NULL : to->reason : from->reason;
}

const char *figures_stage_missing(const struct vector_figures *vector, enum imstrace_stage stage)
{
	const char *from = vector->hop_missing[stage_from(stage)];

	if (stage == STAGE_DETOUR && !figures_can_have(vector, stage))
		return "no thread of the VMM has read its eventfd and sent it on by an ioctl";
	if (stage_class(stage) == STAGE_IS_BOUND && !figures_can_have(vector, stage))
		return "the CPU itself (APICv, AVIC) has delivered none of its interrupts";
	if (stage_to(stage) == HOP_EOI && !vector->stages[stage].count && vector->account.late_eois)
		return "paravirtual EOI: the guest writes it to memory, and KVM notices later";
	return from ? from : vector->hop_missing[stage_to(stage)];
}

bool figures_can_have(const struct vector_figures *vector, enum imstrace_stage stage)
{
	if (stage == STAGE_DETOUR)
		return vector->account.detours || vector->stages[stage].count;
	if (stage_is_rare(stage))
		return vector->stages[stage].count;
	return kind_has_hop(vector->vector.kind, stage_to(stage));
}

const struct source_competitor *figures_competitors(const struct figures *figures,
						    const struct vector_figures *vector, size_t *count)
{
	size_t first = 0, end = figures->competitor_count;

	/* They are in the order of their vectors. */
	while (first < end) {
		size_t middle = first + (end - first) / 2;

		if (figures->competitors[middle].key.id < vector->id)
			first = middle + 1;
		else
			end = middle;
	}
	for (*count = 0; first + *count < figures->competitor_count; ++*count)
		if (figures->competitors[first + *count].key.id != vector->id)
			break;
	return *count ? &figures->competitors[first] : NULL;
}

bool figures_have_hop(const struct figures *figures, enum imstrace_hop hop)
{
	for (size_t i = 0; i < figures->count; i++)
		if (kind_has_hop(figures->vectors[i].vector.kind, hop))
			return true;
	return !figures->count && kind_has_hop(KIND_UNKNOWN, hop);
}

size_t figures_missing(const struct figures *figures, struct missing missing[FIGURES_REASONS])
{
	size_t count = 0;

	for (size_t i = 0; i < figures->count; i++) {
		for (unsigned int hop = 0; hop < HOP_COUNT; hop++) {
			const char *why = figures->vectors[i].hop_missing[hop];
			size_t j = 0;

			if (!kind_has_hop(figures->vectors[i].vector.kind, hop))
				continue;
			while (why && j < count && strcmp(missing[j].why, why))
				j++;
			if (!why || j == FIGURES_REASONS)
				continue;
			if (j == count)
				missing[count++] = (struct missing) { .why = why };
			missing[j].hops |= 1U << hop;
		}
	}
	return count;
}

enum imstrace_stage figures_widest_stage(const struct vector_figures *vector)
{
	static const enum imstrace_stage by_width[] = {
		STAGE_TOTAL, STAGE_DELIVERY, STAGE_DELIVER, STAGE_AT_MOST, STAGE_SERVICE, STAGE_IRQFD,
		STAGE_DETOUR, STAGE_HANDLER,
	};

	for (size_t i = 0; i < sizeof(by_width) / sizeof(by_width[0]); i++)
		if (!figures_stage_missing(vector, by_width[i]))
			return by_width[i];
	return STAGE_HANDLER;
}

__u64 figures_lost_guests(const struct figures *figures)
{
	__u64 lost = 0;

	for (size_t i = 0; i < figures->count; i++)
		lost += figures->vectors[i].account.ends[END_LOST];
	return lost;
}

bool figures_active(const struct vector_figures *vector)
{
	for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
		if (vector->account.hops[hop])
			return true;
	return vector->account.ends[END_COALESCED] || account_unmatched(&vector->account) ||
	       account_lost(&vector->account);
}
