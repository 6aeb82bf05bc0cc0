// SPDX-License-Identifier: GPL-2.0-only
#include "stages.h"

static const struct {
	const char *name, *of;
	enum imstrace_hop from, to;
	enum stage_class class;
} stages[] = {
#define X(ENUM, name, from, to, class, of) \
	[STAGE_##ENUM] = { #name, of, HOP_##from, HOP_##to, STAGE_IS_##class },
	IMSTRACE_STAGES(X)
#undef X
};

const char *stage_name(enum imstrace_stage stage)
{
	return stages[stage].name;
}

enum stage_class stage_class(enum imstrace_stage stage)
{
	return stages[stage].class;
}

const char *stage_of(enum imstrace_stage stage)
{
	return stages[stage].of;
}

bool stage_is_rare(enum imstrace_stage stage)
{
	return stage == STAGE_DETOUR || (stages[stage].class == STAGE_IS_PART && stage != STAGE_ENTER) ||
	       stages[stage].class == STAGE_IS_BOUND;
}

enum imstrace_stage stage_part_of(enum imstrace_stage stage)
{
	switch (stages[stage].class) {
	case STAGE_IS_PART:
	case STAGE_IS_BOUND:
		return stages[stage].from == HOP_INJECT ? STAGE_SERVICE : STAGE_DELIVER;
	default:
		return STAGE_COUNT;
	}
}

enum imstrace_hop stage_from(enum imstrace_stage stage)
{
	return stages[stage].from;
}

enum imstrace_hop stage_to(enum imstrace_stage stage)
{
	return stages[stage].to;
}

struct stage_figures stage_figures(const struct histogram *histogram)
{
	struct stage_figures figures = {
		.count = histogram_count(histogram),
		.unplaced = histogram->unplaced,
	};

	if (!figures.count)
		return figures;
	figures.min = histogram_min(histogram);
	figures.mean = histogram->sum / figures.count;
	/* While it is being filled, the sum may lack values that the buckets have, or have more. */
	if (figures.mean > histogram->max)
		figures.mean = histogram->max;
	if (figures.mean < figures.min)
		figures.mean = figures.min;
#define X(name, heading, percent) \
	figures.name = histogram_percentile(histogram, figures.count, percent);
	IMSTRACE_PERCENTILES(X)
#undef X
	figures.max = histogram->max;
	return figures;
}

/* Whether an interrupt that passes both hops of @stage has it. */
static bool stage_is_of(const struct imstrace_interrupt *interrupt, enum imstrace_stage stage)
{
	switch (stage) {
	case STAGE_IRQFD:
		return !interrupt->read;
	case STAGE_DETOUR:
		return interrupt->read;
	case STAGE_WAKE:
		return interrupt->slept;
	case STAGE_RUN:
		return interrupt->waited + interrupt->window_waited;
	case STAGE_STEAL:
		return interrupt->service_waited;
	case STAGE_AT_LEAST:
	case STAGE_AT_MOST:
		return interrupt->delivered_by;
	case STAGE_WINDOW:
		return interrupt->times[HOP_INJECT] > interrupt->times[HOP_ENTER] + interrupt->window_waited;
	default:
		return true;
	}
}

enum imstrace_stage stage_after(const struct imstrace_interrupt *interrupt, enum imstrace_hop hop)
{
	unsigned int stage = 0;

	while (stage < STAGE_COUNT && !(stages[stage].from == hop && stages[stage].class == STAGE_IS_STEP &&
					stage_is_of(interrupt, stage)))
		stage++;
	return stage;
}

long long stage_time(const struct imstrace_interrupt *interrupt, enum imstrace_stage stage)
{
	__u64 from = interrupt->times[stages[stage].from];
	__u64 to = interrupt->times[stages[stage].to];

	/* It may have been accepted in guest mode, and delivered without an entry. */
	if (stage == STAGE_AT_LEAST)
		to = interrupt->delivered_after;
	if (stage == STAGE_AT_MOST)
		to = interrupt->delivered_by;
	if (!from || !to || !stage_is_of(interrupt, stage) ||
	    (interrupt->eoi_late && stages[stage].to == HOP_EOI))
		return -1;
	if (stage == STAGE_WAKE)
		return interrupt->slept;
	if (stage == STAGE_RUN)
		return interrupt->waited + interrupt->window_waited;
	if (stage == STAGE_STEAL)
		return interrupt->service_waited;
	if (stage == STAGE_ENTER)
		from += interrupt->slept + interrupt->waited;
	if (stage == STAGE_WINDOW)
		from += interrupt->window_waited;
	/* As the programs count it: clocks of two CPUs may differ by some ns. */
	return to > from ? (long long)(to - from) : 0;
}

__u64 interrupt_took(const struct imstrace_interrupt *interrupt)
{
	/* Where the CPU delivered it, it took that long at least. */
	__u64 first = 0, last = interrupt->delivered_after;

	for (unsigned int hop = HOP_COUNT; hop-- > 0;) {
		__u64 time = interrupt->times[hop];

		if (!time || (hop == HOP_EOI && interrupt->eoi_late))
			continue;
		last = last ?: time;
		first = time;
	}
	return last > first ? last - first : 0;
}

__u64 interrupt_ended(const struct imstrace_interrupt *interrupt)
{
	for (unsigned int hop = HOP_COUNT; hop-- > 0;)
		if (interrupt->times[hop])
			return interrupt->times[hop];
	return 0;
}
