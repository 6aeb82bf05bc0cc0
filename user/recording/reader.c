// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "reader.h"

#include "../errors.h"
#include "../measure/competitors.h"
#include "../measure/stages.h"
#include "stream_reader.h"

#include <stdlib.h>
#include <string.h>

/* Of histograms, at most: 64 MiB, touched as they are used. */
#define MOST_BLOCKS	(1U << 18)

struct recording {
	struct source source;
	struct ctf_metadata metadata;
	struct stream_reader streams[CTF_STREAM_COUNT];
	struct imstrace_vector *vectors;
	struct imstrace_account *accounts;
	struct imstrace_histogram *histograms;
	struct imstrace_block *blocks;
	struct imstrace_totals totals;
	struct source_cut cuts[CTF_STREAM_COUNT];
	struct competitors *competitors;
	__u64 from, to;
	__u64 now;
};

/* As count_stage() in bpf/stages.h. */
static void count_value(struct recording *recording, __u32 id, enum imstrace_stage stage,
			__u64 value)
{
	struct imstrace_histogram *histogram = &recording->histograms[id * STAGE_COUNT + stage];
	__u32 bucket = histogram_bucket(value);
	__u32 *number = &histogram->blocks[bucket / HISTOGRAM_BLOCK_BUCKETS];

	recording->accounts[id].sums[stage] += value;
	if (value > histogram->max)
		histogram->max = value;
	if (~value > histogram->inverted_min)
		histogram->inverted_min = ~value;
	if (!*number && recording->totals.blocks < recording->source.block_capacity)
		*number = ++recording->totals.blocks;
	if (*number) {
		recording->blocks[*number - 1].buckets[bucket % HISTOGRAM_BLOCK_BUCKETS]++;
		return;
	}
	histogram->unplaced++;
	recording->totals.lost_values++;
}

/*
 * What the programs counted when it passed its hops. Of one that turned out not to have been
 * coalesced the hops up to the accept have been counted with its first record.
 */
static void count_interrupt(struct recording *recording,
			    const struct imstrace_interrupt *interrupt)
{
	struct imstrace_account *account = &recording->accounts[interrupt->id];
	unsigned int first = interrupt->recounted ? end_hop(interrupt->recounted) + 1 : HOP_IRQ;

	for (unsigned int hop = 0; hop < HOP_COUNT; hop++) {
		if (interrupt->times[hop] && hop >= first)
			account->hops[hop]++;
	}
	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++) {
		long long time = stage_time(interrupt, stage);

		if (time >= 0 && stage_to(stage) >= first)
			count_value(recording, interrupt->id, stage, time);
	}
	account->late_eois += interrupt->eoi_late;
	if (interrupt->vcpu_cpu && interrupt->vcpu_cpu != interrupt->cpu + 1)
		account->other_cpu++;
	account->other_node += interrupt->other_node != 0;
	account->detours += interrupt->read && interrupt->times[HOP_ACCEPT] && first <= HOP_ACCEPT;
	if (interrupt->recounted)
		account->ends[interrupt->recounted]--;
	/* As the programs: these are known by their hops. */
	if (end_counted(interrupt->end))
		account->ends[interrupt->end]++;
}

/*
 * Whether a line is masked, which the writer leaves to its interrupts. What was signalled again has
 * no irq: since when it was is known. Where unmaskings are not seen, all would look masked.
 */
static void note_masked(struct recording *recording, const struct imstrace_interrupt *interrupt)
{
	struct imstrace_vector *vector = &recording->vectors[interrupt->id];

	if (vector->kind != KIND_INTX || !*recording->source.hops[HOP_UNMASK].attached ||
	    (interrupt->cause != CAUSE_IRQ && interrupt->cause != CAUSE_RESENT))
		return;
	vector->masked_since = interrupt->times[HOP_UNMASK] ? 0 :
			       interrupt->times[HOP_IRQ] ?: interrupt->times[HOP_SIGNAL];
}

static bool wanted(const struct recording *recording, __u64 time)
{
	return time >= recording->from && time <= recording->to;
}

static void take_vector(struct recording *recording, const struct ctf_event *from)
{
	struct ctf_vector event;
	struct imstrace_vector vector;

	ctf_layout_apply(&recording->metadata.vector, &ctf_vector_payload, from, &event.event);
	vector = event.vector;
	vector.device[sizeof(vector.device) - 1] = '\0';
	vector.vmm[sizeof(vector.vmm) - 1] = '\0';
	vector.guest[sizeof(vector.guest) - 1] = '\0';
	vector.signallers[sizeof(vector.signallers) - 1] = '\0';
	if (event.id >= recording->source.capacity || !*vector.device) {
		stream_warn(&recording->streams[CTF_LIFECYCLE],
			    "records with invalid vector ids were ignored");
		return;
	}
	/* What else changes does not unmask it, unless it is gone. */
	vector.masked_since = 0;
	if (vector.kind == KIND_INTX && vector.state & STATE_BOUND &&
	    !strcmp(vector.device, recording->vectors[event.id].device))
		vector.masked_since = recording->vectors[event.id].masked_since;
	recording->vectors[event.id] = vector;
	if (event.id >= recording->totals.vectors)
		recording->totals.vectors = event.id + 1;
}

/* An event is read, and handed on if it is of the time that is asked for. */
static void take_lifecycle(struct recording *recording, const struct ctf_event *from)
{
	const struct ctf_metadata *metadata = &recording->metadata;
	struct stream_reader *stream = &recording->streams[CTF_LIFECYCLE];
	struct source *source = &recording->source;
	struct imstrace_lifecycle step;
	struct ctf_lifecycle event;

	if (from->id == CTF_VECTOR_EVENT) {
		take_vector(recording, from);
		return;
	}
	if (metadata->steps[from->id] == CTF_UNKNOWN_STEP) {
		stream_warn(stream, "steps that this version does not know were ignored");
		return;
	}
	ctf_layout_apply(&metadata->lifecycle, &ctf_lifecycle_payload, from, &event.event);
	step = event.step;
	step.device[sizeof(step.device) - 1] = '\0';
	if (step.hop < CTF_MOST_FIELDS)
		step.hop = metadata->hops[step.hop];
	/* The event's own number has been checked; what has no vector has no number. */
	if (step.step != from->id || step.hop >= HOP_COUNT ||
	    (step.id >= source->capacity && step.id != IMSTRACE_NONE)) {
		stream_warn(stream, "steps with invalid values were ignored");
		return;
	}
	step.step = metadata->steps[from->id];
	if (wanted(recording, from->time))
		source->handlers.lifecycle(source->handlers.context, &step);
}

static void take_interrupt(struct recording *recording, const struct ctf_event *from)
{
	struct stream_reader *stream = &recording->streams[CTF_INTERRUPTS];
	struct source *source = &recording->source;
	struct imstrace_interrupt interrupt;
	struct ctf_interrupt event;

	ctf_layout_apply(&recording->metadata.interrupt, &ctf_interrupt_payload, from,
			 &event.event);
	interrupt = event.interrupt;
	interrupt.behind_name[sizeof(interrupt.behind_name) - 1] = '\0';
	interrupt.end = ctf_end_of(&recording->metadata, &interrupt);
	interrupt.recounted = interrupt.recounted < 256 ?
			      recording->metadata.ends[interrupt.recounted] : END_COUNT;
	/* The writer has told of its vector before, unless that is in what can't be read. */
	if (interrupt.id >= source->capacity || !*recording->vectors[interrupt.id].device) {
		stream_warn(stream, "interrupts of vectors that are not known are left out");
		return;
	}
	if (interrupt.end == END_COUNT || interrupt.recounted == END_COUNT) {
		stream_warn(stream, "interrupts that ended in a way that is not known are left out");
		return;
	}
	/* Also by one from before the time that is asked for. */
	note_masked(recording, &interrupt);
	if (!wanted(recording, from->time))
		return;
	count_interrupt(recording, &interrupt);
	if (!competitors_add(recording->competitors, &interrupt))
		recording->totals.lost_competitors++;
	if (source->handlers.interrupt)
		source->handlers.interrupt(source->handlers.context, &interrupt);
}

/* Events handled before the caller is let look at its signals again. */
#define BATCH	65536

/* When it was ended, or what is wanted of it. To be called when all has been read. */
static __u64 recording_end(const struct recording *recording)
{
	__u64 end = 0;

	for (unsigned int number = 0; number < CTF_STREAM_COUNT; number++)
		if (recording->streams[number].until > end)
			end = recording->streams[number].until;
	return end < recording->to ? end : recording->to;
}

/*
 * All has been read, and its writer has not said that this is the end: it is where the stream ends
 * that goes furthest, unless that could not be read to its own.
 */
static void find_end(struct recording *recording)
{
	struct stream_reader *furthest = &recording->streams[CTF_INTERRUPTS];

	for (unsigned int number = 0; number < CTF_STREAM_COUNT; number++)
		if (recording->streams[number].until > furthest->until)
			furthest = &recording->streams[number];
	if (recording->metadata.not_ended && !furthest->cut.why)
		stream_cut_off(furthest, "its recorder was killed, failed or still runs");
}

static void list_cuts(struct recording *recording)
{
	struct source *source = &recording->source;

	source->cut_count = 0;
	for (unsigned int number = 0; number < CTF_STREAM_COUNT; number++)
		if (recording->streams[number].cut.why)
			recording->cuts[source->cut_count++] = recording->streams[number].cut;
}

static int recording_poll(struct source *source, __u64 until)
{
	struct recording *recording = (struct recording *)source;
	int ret = 0;

	for (unsigned int i = 0; i < BATCH; i++) {
		struct stream_reader *steps = &recording->streams[CTF_LIFECYCLE];
		struct stream_reader *interrupts = &recording->streams[CTF_INTERRUPTS];
		const struct ctf_event *lifecycle = stream_peek(steps, &ret);
		const struct ctf_event *interrupt = ret ? NULL : stream_peek(interrupts, &ret);
		bool of_life = lifecycle && (!interrupt || lifecycle->time <= interrupt->time);
		const struct ctf_event *event = of_life ? lifecycle : interrupt;

		if (ret)
			return ret;
		/* Before events are handed on: what they lack may be among what is missing. */
		recording->totals.lost_lifecycle = steps->lost;
		recording->totals.lost_interrupts = interrupts->lost;
		if (!event || event->time > recording->to) {
			/* It goes on behind what is wanted of it. */
			__u64 end = event ? recording->to : recording_end(recording);

			source->ended = end <= until;
			if (!event && source->ended)
				find_end(recording);
			if (end > recording->now)
				recording->now = source->ended ? end : until;
			break;
		}
		if (event->time > until) {
			recording->now = until;
			break;
		}
		if (event->time > recording->now)
			recording->now = event->time;
		if (of_life)
			take_lifecycle(recording, event);
		else
			take_interrupt(recording, event);
		stream_next(of_life ? steps : interrupts, event);
	}
	recording->totals.lost_vectors = recording->metadata.lost_vectors;
	recording->totals.lost_runs = recording->metadata.lost_runs;
	list_cuts(recording);
	return 0;
}

static __u64 recording_now(const struct source *source)
{
	return ((const struct recording *)source)->now;
}

static bool recording_competitors(const struct source *source, struct source_competitor **list, size_t *count)
{
	return competitors_list(((const struct recording *)source)->competitors, list, count);
}

static void recording_stop(struct source *source)
{
	source->ended = true;
}

static void recording_ignore(struct source *source, __u32 id)
{
	((struct recording *)source)->vectors[id].ignored = 1;
}

static void recording_close(struct source *source)
{
	struct recording *recording = (struct recording *)source;

	for (unsigned int i = 0; i < CTF_STREAM_COUNT; i++)
		stream_close(&recording->streams[i]);
	competitors_free(recording->competitors);
	free(recording->vectors);
	free(recording->accounts);
	free(recording->histograms);
	free(recording->blocks);
	free(recording);
}

static int make_arrays(struct recording *recording)
{
	struct source *source = &recording->source;
	size_t blocks = (size_t)source->capacity * STAGE_COUNT * HISTOGRAM_BLOCKS;

	if (blocks > MOST_BLOCKS)
		blocks = MOST_BLOCKS;
	recording->vectors = calloc(source->capacity, sizeof(*recording->vectors));
	recording->accounts = calloc(source->capacity, sizeof(*recording->accounts));
	recording->histograms = calloc((size_t)source->capacity * STAGE_COUNT,
				       sizeof(*recording->histograms));
	recording->blocks = calloc(blocks, sizeof(*recording->blocks));
	recording->competitors = competitors_new();
	if (!recording->vectors || !recording->accounts || !recording->histograms ||
	    !recording->blocks || !recording->competitors)
		return report_error(EXIT_RUNTIME, NULL, "out of memory");
	source->vectors = recording->vectors;
	source->accounts = recording->accounts;
	source->histograms = recording->histograms;
	source->blocks = recording->blocks;
	source->block_capacity = blocks;
	source->totals = &recording->totals;
	source->parts = 1;
	return 0;
}

int recording_open(struct source **result, const struct recording_options *options)
{
	struct recording *recording = calloc(1, sizeof(*recording));
	struct source *source = &recording->source;
	int ret;

	if (!recording)
		return report_error(EXIT_RUNTIME, NULL, "out of memory");
	source->recording = options->directory;
	source->cuts = recording->cuts;
	for (unsigned int i = 0; i < CTF_STREAM_COUNT; i++)
		recording->streams[i].file = -1;
	source->now = recording_now;
	source->poll = recording_poll;
	source->stop = recording_stop;
	source->competitors = recording_competitors;
	source->ignore = recording_ignore;
	source->close = recording_close;
	ret = ctf_read_metadata(&recording->metadata, source, options->directory) ?:
	      make_arrays(recording);
	for (unsigned int i = 0; i < CTF_STREAM_COUNT && !ret; i++)
		ret = stream_open(&recording->streams[i], &recording->metadata, i, source->started);
	if (ret) {
		recording_close(source);
		return ret;
	}
	source->places_known = ctf_layout_has(&recording->metadata.interrupt, &ctf_interrupt_payload, "vcpu_cpu");
	recording->from = source->started + options->from;
	recording->to = options->until ? source->started + options->until : UINT64_MAX;
	recording->now = recording->from;
	source->started = recording->from;
	*result = source;
	return 0;
}
