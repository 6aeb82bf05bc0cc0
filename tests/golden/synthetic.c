// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: synthetic DIR
 *
 * Makes the recording tests/golden/recordings/synthetic.tar.xz: what no real run here has.
 * Vectors in every mode, every end of an interrupt, steps in any order (all that lint finds),
 * records that were lost, vectors that change, hostile names.
 */
#define FAKE_CAPACITY	16
#include "../unit/fake_recording.h"

#define INTERRUPTS	600
#define STEPS		400
#define DEVICES		5
/* Those that fake_record_all() makes come last. */
#define VECTORS		10

static const char *const devices[DEVICES] = {
	"0000:17:00.0", "</script><script>alert(1)</script>", "a\tb\"c\\d,e;f\n\x1b[31m",
	"\xff\xfe\x80", "83b8f4f2-509f-382f-3c1e-e6bfe0fa1002",
};

static void must(int failed)
{
	if (!failed)
		return;
	fprintf(stderr, "synthetic: writing failed\n");
	exit(1);
}

static void make_vectors(struct fake_source *fake)
{
	static const struct {
		enum imstrace_kind kind;
		enum imstrace_reader reader;
		__u32 state;
	} modes[] = {
		{ KIND_IMS, READER_IRQFD, STATE_FROM_START | STATE_BOUND },
		{ KIND_EMULATED, READER_IRQFD, STATE_BOUND },
		{ KIND_PCI, READER_USER, STATE_BOUND },
		{ KIND_IMS, READER_IRQFD_WORK, STATE_BOUND },
		{ KIND_PCI, READER_IRQFD, STATE_BOUND | STATE_BYPASS | STATE_POSTED },
		{ KIND_UNKNOWN, READER_UNKNOWN, 0 },
	};

	for (unsigned int i = 0; i < VECTORS; i++) {
		struct imstrace_vector *vector;

		vector = &fake->vectors[fake_vector(fake, devices[i / 2], i % 2)];
		vector->kind = modes[i % 6].kind;
		vector->reader = modes[i % 6].reader;
		vector->state = modes[i % 6].state;
		vector->pid = i < 8 ? 1000 + i / 4 : 0;
		vector->pasid = i % 3 ? 0x100 + i : IMSTRACE_NONE;
		vector->irq = vector->kind == KIND_EMULATED ? IMSTRACE_NONE : 40 + i;
		snprintf(vector->vmm, sizeof(vector->vmm), i % 2 ? "<i>qemu</i>" : "qemu \"x\"");
		snprintf(vector->guest, sizeof(vector->guest), i < 4 ? "vm & <b>%u</b>" : "", i / 4);
	}
}

/* In no order that a driver would have: with every step, of every vector. */
static void write_steps(struct ctf_writer *writer, struct fake_source *fake, __u64 time,
			__u64 *random)
{
	for (unsigned int i = 0; i < STEPS; i++) {
		__u32 id = random_next(random) % VECTORS;
		const struct imstrace_vector *vector = &fake->vectors[id];
		struct imstrace_lifecycle step = {
			.time = time += 1 + random_next(random) % 5000000,
			.step = random_next(random) % STEP_COUNT, .id = id, .vector = vector->vector,
			.irq = vector->irq, .slot = vector->slot,
			.pasid = vector->pasid + (random_next(random) % 4 == 0),
			.ret = random_next(random) % 8 ? 0 : -22, .eventfd_id = id, .pid = vector->pid,
			.old_ctrl = 1, .new_ctrl = 3, .data = 0x4041, .address = 0xfee00000,
			.state = random_next(random) % 256, .hop = random_next(random) % 2,
		};

		memcpy(step.device, vector->device, sizeof(step.device));
		if (step.step == STEP_INDEX_ENABLE || step.step == STEP_INDEX_DISABLE) {
			step.id = IMSTRACE_NONE;
			step.vector = 2;
		}
		must(ctf_write_lifecycle(writer, &step));
	}
}

static __u64 write_interrupts(struct ctf_writer *writer, __u64 time, __u64 *random)
{
	for (unsigned int i = 0; i < INTERRUPTS; i++) {
		enum imstrace_end end = random_next(random) % 4 ? END_COMPLETE :
				random_next(random) % END_COUNT;
		struct imstrace_interrupt interrupt = {
			.id = random_next(random) % VECTORS, .vcpu = i % 3, .guest_vector = 0x30 + i % 9,
			.cpu = i % 4, .end = end, .cause = i % CAUSE_COUNT,
			.recounted = end == END_COMPLETE && i % 50 == 0,
		};
		unsigned int last = HOP_EOI, first = interrupt.cause == CAUSE_IRQ ? HOP_IRQ : HOP_SIGNAL;
		__u64 at = time += random_next(random) % 3000000;

		if (end == END_COALESCED || end == END_HARDWARE || end == END_LOST)
			last = HOP_ACCEPT;
		else if (end == END_SIGNALLED)
			last = HOP_SIGNAL;
		else if (end != END_COMPLETE)
			last = first + random_next(random) % (HOP_EOI - first);
		for (unsigned int hop = first; hop <= last; hop++)
			interrupt.times[hop] = at += 1 + random_magnitude(random, i % 100 ? 16 : 30);
		must(ctf_write_interrupt(writer, &interrupt));
	}
	return time;
}

int main(int argc, char **argv)
{
	struct fake_source *fake = fake_source_new();
	struct ctf_options options = { .command_line = "record \"-o\" <x>" };
	struct ctf_writer *writer;
	__u64 random = 13, time;

	if (argc != 2) {
		fprintf(stderr, "usage: synthetic DIR\n");
		return 2;
	}
	options.directory = argv[1];
	snprintf(fake->source.host, sizeof(fake->source.host), "<b>host</b>");
	snprintf(fake->source.kernel, sizeof(fake->source.kernel), "6.12.0-\"golden\"");
	fake->source.started = 5000000000;
	fake->source.to_wall_clock = 1700000000000000000;
	fake->source.may_post = true;
	make_vectors(fake);
	must(ctf_create(&writer, &options));
	must(fake_record_all(writer, fake));
	time = fake->source.started + 1000000;
	/* The streams are each in order of time. */
	write_steps(writer, fake, time, &random);
	time = write_interrupts(writer, time, &random);
	/* One is bound anew, by another process. */
	fake->vectors[0].pid = 2000;
	fake->vectors[0].eventfd_id = 99;
	fake->totals.lost_interrupts += 7;
	must(ctf_flush(writer));
	time = write_interrupts(writer, time, &random);
	must(ctf_end(writer, time + 1000000000));
	ctf_close(writer);
	free(fake);
	return 0;
}
