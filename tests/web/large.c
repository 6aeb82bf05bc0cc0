// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes the recording that is to be opened in a browser: as many interrupts and vectors as are named,
 * with names that would be markup and times like those of a busy machine: a service that gets slower for a
 * while, an outlier now and then, vectors that are bound anew.
 */
#define _GNU_SOURCE
#include "../unit/fake.h"

#include "../../user/model/hops.h"
#include "../../user/recording/writer.h"

/* Of one device. */
#define VECTORS_EACH	8

static const char *const devices[] = {
	"</script><script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "\xff\xfe\x80 \x1b[31m",
	"<!--<script>", "0000:17:00.0", "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001", "{\"a\\\"b\":1}", "&lt;b&gt;'`${x}",
};

static void *must_alloc(size_t count, size_t size)
{
	void *memory = calloc(count, size);

	if (!memory)
		abort();
	return memory;
}

static void must(int failed, const char *what)
{
	if (!failed)
		return;
	fprintf(stderr, "large: %s failed\n", what);
	exit(1);
}

static void make_source(struct source *source, struct imstrace_vector *vectors,
			struct imstrace_totals *totals)
{
	snprintf(source->host, sizeof(source->host), "<b>host</b>");
	snprintf(source->kernel, sizeof(source->kernel), "6.12.0-</title>");
	source->started = 1000000000;
	source->to_wall_clock = 1700000000000000000;
	for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
		snprintf(source->hops[hop].attached, sizeof(source->hops[hop].attached),
			 "raw_tp %s", hop_name(hop));
	for (__u32 id = 0; id < totals->vectors; id++) {
		struct imstrace_vector *vector = &vectors[id];
		unsigned int device = id / VECTORS_EACH;

		*vector = (struct imstrace_vector) {
			.vector = id % VECTORS_EACH, .irq = 30 + id, .slot = id, .pasid = 0x100 + device,
			.kind = id % VECTORS_EACH ? KIND_IMS : KIND_EMULATED, .reader = READER_IRQFD,
			.pid = 1000 + device, .eventfd_id = id,
		};
		/* The first of each kind as it is, the others told apart. */
		snprintf(vector->device, sizeof(vector->device), device < 8 ? "%s" : "%s %u",
			 devices[device % 8], device);
		snprintf(vector->vmm, sizeof(vector->vmm), "<i>qemu</i>");
		snprintf(vector->guest, sizeof(vector->guest), "vm <u>%u</u>\n", device);
	}
}

static void write_lives(struct ctf_writer *writer, const struct imstrace_vector *vectors, __u32 count)
{
	static const enum imstrace_step steps[] = {
		STEP_SLOT_ALLOC, STEP_MSG_WRITE, STEP_AUXDATA_WRITE, STEP_IRQ_REQUEST,
		STEP_BYPASS_REGISTER, STEP_VECTOR_BIND,
	};
	__u64 time = 1000000000;

	for (__u32 id = 0; id < count; id++) {
		for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
			struct imstrace_lifecycle step = {
				.time = time += 1500, .step = steps[i], .id = id, .vector = vectors[id].vector,
				.irq = vectors[id].irq, .slot = vectors[id].slot, .pasid = vectors[id].pasid,
				.eventfd_id = id, .pid = vectors[id].pid,
			};

			memcpy(step.device, vectors[id].device, sizeof(step.device));
			must(ctf_write_lifecycle(writer, &step), "writing a step");
		}
	}
}

static void write_interrupts(struct ctf_writer *writer, const struct imstrace_vector *vectors,
			     __u32 vector_count, __u64 count)
{
	static const __u64 least[HOP_COUNT] = { 0, 300, 1200, 20000, 25000 };
	__u64 random = 1, time = 1100000000;

	for (__u64 i = 0; i < count; i++) {
		struct imstrace_interrupt interrupt = {
			.id = random_next(&random) % vector_count, .guest_vector = 0x30, .cpu = i % 4,
		};
		bool emulated = vectors[interrupt.id].kind == KIND_EMULATED;
		/* Slow for a tenth of the time. */
		unsigned int slow = i % (count / 2 + 1) > count / 2 / 10 * 9 ? 4 : 1;
		__u64 at = time += 1 + random_next(&random) % 20000;

		for (unsigned int hop = emulated; hop <= HOP_EOI; hop++) {
			at += least[hop] * slow + random_magnitude(&random, 10 + 2 * hop) * slow;
			if (!(random_next(&random) % 100000))
				at += 50000000;
			interrupt.times[hop] = at;
		}
		interrupt.cause = emulated ? CAUSE_EMULATED : CAUSE_IRQ;
		must(ctf_write_interrupt(writer, &interrupt), "writing an interrupt");
	}
}

int main(int argc, char **argv)
{
	struct imstrace_totals totals = { 0 };
	struct source source = { .totals = &totals, .parts = 1 };
	struct imstrace_vector *vectors;
	struct ctf_writer *writer;
	__u64 interrupts;

	if (argc != 4) {
		fprintf(stderr, "usage: large DIRECTORY INTERRUPTS VECTORS\n");
		return 2;
	}
	interrupts = strtoull(argv[2], NULL, 10);
	totals.vectors = strtoul(argv[3], NULL, 10);
	must(!totals.vectors, "a number of vectors");
	source.capacity = totals.vectors;
	source.vectors = vectors = must_alloc(totals.vectors, sizeof(*vectors));
	source.accounts = must_alloc(totals.vectors, sizeof(*source.accounts));
	make_source(&source, vectors, &totals);
	must(ctf_create(&writer, &(struct ctf_options) {
		.directory = argv[1], .command_line = "<script>alert(1)</script>",
	}), "making the recording");
	must(ctf_start(writer, &source), "beginning");
	write_lives(writer, vectors, totals.vectors);
	write_interrupts(writer, vectors, totals.vectors, interrupts);
	must(ctf_end(writer, 0), "ending");
	ctf_close(writer);
	free((void *)source.accounts);
	free(vectors);
	return 0;
}
