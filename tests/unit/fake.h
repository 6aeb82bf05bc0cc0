/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the unit tests stand on: cmocka, repeatable random numbers, histograms
 * filled as the BPF programs do, and a source in memory.
 */
#ifndef IMSTRACE_TESTS_UNIT_FAKE_H
#define IMSTRACE_TESTS_UNIT_FAKE_H

/* cmocka.h wants these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <imstrace/irq_name.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/measure/stages.h"
#include "../../user/sink/sink.h"
#include "../../user/source/source.h"

/* splitmix64: the same numbers on every machine. */
static inline __u64 random_next(__u64 *state)
{
	__u64 z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* Of 1 to @bits bits, each as often as another. */
static inline __u64 random_magnitude(__u64 *state, unsigned int bits)
{
	unsigned int unused = 64 - bits + random_next(state) % bits;

	return random_next(state) >> unused;
}

/* As count_stage() in bpf/stages.h. */
static inline void histogram_fill(struct histogram *histogram, __u64 value)
{
	histogram->buckets[histogram_bucket(value)]++;
	histogram->sum += value;
	if (histogram->max < value)
		histogram->max = value;
	if (histogram->inverted_min < ~value)
		histogram->inverted_min = ~value;
}

#ifndef FAKE_CAPACITY
#define FAKE_CAPACITY	8
#endif
#ifndef FAKE_BLOCKS
#define FAKE_BLOCKS	(FAKE_CAPACITY * 256)
#endif

/* The arrays that a struct source shows, for a test to write to. */
struct fake_source {
	struct source source;
	struct imstrace_vector vectors[FAKE_CAPACITY];
	struct imstrace_account accounts[FAKE_CAPACITY];
	struct imstrace_histogram histograms[FAKE_CAPACITY * STAGE_COUNT];
	struct imstrace_block blocks[FAKE_BLOCKS];
	struct imstrace_totals totals;
};

/* All hops are attached, and there is no vector yet. */
static inline struct fake_source *fake_source_new(void)
{
	struct fake_source *fake = calloc(1, sizeof(*fake));

	assert_non_null(fake);
	fake->source.vectors = fake->vectors;
	fake->source.accounts = fake->accounts;
	fake->source.histograms = fake->histograms;
	fake->source.blocks = fake->blocks;
	fake->source.block_capacity = FAKE_BLOCKS;
	fake->source.totals = &fake->totals;
	fake->source.parts = 1;
	fake->source.capacity = FAKE_CAPACITY;
	fake->source.started = 1000;
	for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
		snprintf(fake->source.hops[hop].attached, sizeof(fake->source.hops[hop].attached),
			 "raw_tp hop_%u", hop);
	return fake;
}

/* As count_stage() in bpf/stages.h: @index is vector id * STAGE_COUNT + stage. */
static inline void fake_value(struct fake_source *fake, size_t index, __u64 value)
{
	struct imstrace_histogram *histogram = &fake->histograms[index];
	__u32 bucket = histogram_bucket(value);
	__u32 *number = &histogram->blocks[bucket / HISTOGRAM_BLOCK_BUCKETS];

	fake->accounts[index / STAGE_COUNT].sums[index % STAGE_COUNT] += value;
	if (histogram->max < value)
		histogram->max = value;
	if (histogram->inverted_min < ~value)
		histogram->inverted_min = ~value;
	if (!*number && fake->totals.blocks < fake->source.block_capacity)
		*number = ++fake->totals.blocks;
	if (*number) {
		fake->blocks[*number - 1].buckets[bucket % HISTOGRAM_BLOCK_BUCKETS]++;
	} else {
		histogram->unplaced++;
		fake->totals.lost_values++;
	}
}

/* With every bucket in its place. */
static inline struct histogram fake_histogram(const struct fake_source *fake, size_t index)
{
	const struct imstrace_histogram *from = &fake->histograms[index];
	struct histogram histogram = {
		.sum = fake->accounts[index / STAGE_COUNT].sums[index % STAGE_COUNT],
		.max = from->max, .inverted_min = from->inverted_min, .unplaced = from->unplaced,
	};

	for (__u32 i = 0; i < HISTOGRAM_BLOCKS; i++)
		if (from->blocks[i])
			memcpy(&histogram.buckets[i * HISTOGRAM_BLOCK_BUCKETS],
			       fake->blocks[from->blocks[i] - 1].buckets,
			       sizeof(fake->blocks->buckets));
	return histogram;
}

/* A vector behind KVM's irqfd. Return: its id. */
static inline __u32 fake_vector(struct fake_source *fake, const char *device, __u32 vector)
{
	__u32 id = fake->totals.vectors++;

	assert_true(id < FAKE_CAPACITY);
	fake->vectors[id] = (struct imstrace_vector) {
		.vector = vector, .irq = 30 + vector, .slot = vector, .pasid = 0x100,
		.kind = KIND_IMS, .reader = READER_IRQFD, .pid = 178, .eventfd_id = vector,
	};
	snprintf(fake->vectors[id].device, sizeof(fake->vectors[id].device), "%s", device);
	return id;
}

/* How many of these are from one hop to the other: it enters its guest as it is injected. */
static inline unsigned int fake_steps(enum imstrace_stage stage)
{
	unsigned int from = stage_from(stage), to = stage_to(stage);

	return to - (to >= HOP_INJECT) - (from - (from >= HOP_INJECT));
}

/* As the programs: of what is no INTx line nothing gets there. */
static inline bool fake_passes(const struct fake_source *fake, __u32 id, enum imstrace_hop hop)
{
	return hop != HOP_UNMASK || fake->vectors[id].kind == KIND_INTX;
}

/* As if vector @id took interrupts to the last hop that it has, @ns from one hop to the next. */
static inline void fake_interrupts(struct fake_source *fake, __u32 id, unsigned int count,
				   __u64 ns)
{
	for (unsigned int i = 0; i < count; i++) {
		for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
			fake->accounts[id].hops[hop] += fake_passes(fake, id, hop);
		for (unsigned int stage = 0; stage < STAGE_COUNT; stage++)
			if (!stage_is_rare(stage) && fake_passes(fake, id, stage_to(stage)))
				fake_value(fake, id * STAGE_COUNT + stage, fake_steps(stage) * ns);
	}
}

/* The INTx line of @device, behind KVM's irqfd. Return: its id. */
static inline __u32 fake_line(struct fake_source *fake, const char *device)
{
	__u32 id = fake_vector(fake, device, 0);

	irq_name_append(fake->vectors[id].device, INTX_SUFFIX, sizeof(INTX_SUFFIX));
	fake->vectors[id].kind = KIND_INTX;
	fake->vectors[id].irq = 16;
	fake->vectors[id].slot = fake->vectors[id].pasid = IMSTRACE_NONE;
	return id;
}

/* What a sink writes. */
struct output {
	char *text;
	size_t size;
	FILE *stream;
};

static inline FILE *output_open(struct output *output)
{
	output->stream = open_memstream(&output->text, &output->size);
	assert_non_null(output->stream);
	return output->stream;
}

/* Return: what was written, to be freed. */
static inline char *output_close(struct output *output)
{
	assert_int_equal(fclose(output->stream), 0);
	return output->text;
}

/* @sink, which from now on writes to @output. */
static inline struct sink *sink_into(struct sink *sink, struct output *output)
{
	sink->out = output_open(output);
	return sink;
}

#endif /* IMSTRACE_TESTS_UNIT_FAKE_H */
