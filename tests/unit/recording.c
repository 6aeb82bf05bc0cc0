// SPDX-License-Identifier: GPL-2.0-only
/*
 * Recordings that are cut off, damaged, foreign, or meant to do harm: an error that names the
 * file, or a warning that names file and offset, and what could be read.
 */
#define _GNU_SOURCE
#include "fake_recording.h"

#include "../../user/errors.h"
#include "../../user/session.h"
#include "../../user/recording/layout.h"
#include "../../user/recording/reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CAPACITY	2

enum { METADATA, LIFECYCLE, INTERRUPTS, FILES };

static const char *const names[FILES] = { "metadata", "lifecycle", "interrupts" };

struct bytes {
	__u8 *at;
	size_t size;
};

/* A recording in memory, and where it is put for the reader. */
struct fixture {
	char directory[64];
	struct bytes files[FILES];
	/* What has become of it. */
	size_t steps, interrupts;
	__u64 lost;
	char reason[512];	/* why there is no hop inject */
	char *said;
};

static char *path_of(const struct fixture *fixture, unsigned int file)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", fixture->directory, names[file]);
	return path;
}

static struct bytes load(const char *path)
{
	struct bytes bytes = { 0 };
	struct stat status;
	int file = open(path, O_RDONLY);

	assert_true(file >= 0);
	assert_int_equal(fstat(file, &status), 0);
	bytes.size = status.st_size;
	bytes.at = malloc(bytes.size + 1);
	assert_int_equal(read(file, bytes.at, bytes.size), bytes.size);
	bytes.at[bytes.size] = '\0';
	close(file);
	return bytes;
}

static void store(const struct fixture *fixture, unsigned int number, size_t size)
{
	int file = open(path_of(fixture, number), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(file >= 0);
	assert_int_equal(write(file, fixture->files[number].at, size), size);
	close(file);
}

static void store_all(const struct fixture *fixture, unsigned int number)
{
	store(fixture, number, fixture->files[number].size);
}

/* @packets: in so many packets of both streams. */
static struct fixture begin(unsigned int packets)
{
	struct fixture fixture = { .directory = "/dev/shm/imstrace-unit-XXXXXX" };
	struct ctf_options options = { .directory = fixture.directory, .command_line = "unit" };
	struct fake_source *fake = fake_source_new();
	struct ctf_writer *writer;

	/* Small arrays: it is opened some ten thousand times. */
	fake->source.capacity = CAPACITY;
	assert_non_null(mkdtemp(fixture.directory));
	assert_int_equal(ctf_create(&writer, &options), 0);
	if (packets == 1) {
		assert_int_equal(fake_record_all(writer, fake), 0);
	} else {
		fake_vector(fake, FAKE_DEVICE, 0);
		assert_int_equal(ctf_start(writer, &fake->source), 0);
	}
	for (__u64 i = 1; i <= packets && packets > 1; i++) {
		struct imstrace_lifecycle step = {
			.time = 1000 * (i + 1), .step = STEP_KNOWN, .device = FAKE_DEVICE,
		};
		struct imstrace_interrupt interrupt = {
			.times = { [HOP_IRQ] = step.time }, .end = END_COMPLETE,
		};

		assert_int_equal(ctf_write_lifecycle(writer, &step), 0);
		assert_int_equal(ctf_write_interrupt(writer, &interrupt), 0);
		assert_int_equal(ctf_flush(writer), 0);
	}
	assert_int_equal(ctf_end(writer, 0), 0);
	ctf_close(writer);
	free(fake);
	for (unsigned int file = 0; file < FILES; file++)
		fixture.files[file] = load(path_of(&fixture, file));
	return fixture;
}

static void end(struct fixture *fixture)
{
	for (unsigned int file = 0; file < FILES; file++) {
		if (unlink(path_of(fixture, file)))
			rmdir(path_of(fixture, file));
		free(fixture->files[file].at);
	}
	assert_int_equal(rmdir(fixture->directory), 0);
	free(fixture->said);
}

static void on_step(void *context, const struct imstrace_lifecycle *step)
{
	struct fixture *fixture = context;

	assert_true(step->step < STEP_COUNT);
	fixture->steps++;
}

static void on_interrupt(void *context, const struct imstrace_interrupt *interrupt)
{
	struct fixture *fixture = context;

	assert_true(interrupt->id < CAPACITY);
	fixture->interrupts++;
}

/* To its end. Return: an exit code; what was said on stderr is kept. */
static int show(struct fixture *fixture)
{
	const struct recording_options options = { .directory = fixture->directory };
	char path[] = "/dev/shm/imstrace-unit-said-XXXXXX";
	int saved = dup(STDERR_FILENO), said = mkstemp(path), ret;
	struct source *source;

	fflush(stderr);
	dup2(said, STDERR_FILENO);
	fixture->steps = fixture->interrupts = 0;
	ret = recording_open(&source, &options);
	if (!ret) {
		source->handlers = (struct source_handlers) { on_step, on_interrupt, fixture };
		while (!ret && !source->ended)
			ret = source->poll(source, UINT64_MAX);
		fixture->lost = source->totals->lost_interrupts;
		snprintf(fixture->reason, sizeof(fixture->reason), "%s",
			 source->hops[HOP_INJECT].reason);
		source->close(source);
	}
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(said);
	free(fixture->said);
	fixture->said = (char *)load(path).at;
	unlink(path);
	return ret;
}

static void expect_said(const struct fixture *fixture, const char *what)
{
	if (!strstr(fixture->said, what))
		fail_msg("\"%s\" is not in: %s", what, fixture->said);
}

static void expect_error(struct fixture *fixture, int code, const char *what)
{
	assert_int_equal(show(fixture), code);
	expect_said(fixture, fixture->directory);
	expect_said(fixture, what);
}

/* A stream can't be read from byte @at on. */
static void expect_warning(struct fixture *fixture, unsigned int file, size_t at, const char *what)
{
	char where[64];

	assert_int_equal(show(fixture), 0);
	expect_said(fixture, path_of(fixture, file));
	snprintf(where, sizeof(where), "/%s: at byte %zu: ", names[file], at);
	expect_said(fixture, where);
	expect_said(fixture, what);
}

static struct ctf_packet *packet_of(struct fixture *fixture, unsigned int file, size_t number)
{
	__u8 *at = fixture->files[file].at;

	while (number--)
		at += ((struct ctf_packet *)at)->packet_bits / 8;
	assert_true(at < fixture->files[file].at + fixture->files[file].size);
	return (struct ctf_packet *)at;
}

static size_t offset_of(const struct fixture *fixture, unsigned int file, const void *at)
{
	return (const __u8 *)at - fixture->files[file].at;
}

static void whole_ones_are_read_without_a_word(void **state)
{
	struct fixture fixture = begin(1);

	(void)state;
	assert_int_equal(show(&fixture), 0);
	assert_string_equal(fixture.said, "");
	assert_int_equal(fixture.steps, STEP_COUNT);
	assert_int_equal(fixture.interrupts, END_COUNT);
	assert_int_equal(fixture.lost, 3);
	end(&fixture);
}

static void metadata_cut_off_anywhere(void **state)
{
	struct fixture fixture = begin(1);
	size_t wanted = 0;

	(void)state;
	/* The last kind of event, with its last field. */
	wanted = strstr((char *)fixture.files[METADATA].at, "guest[64]") -
		 (char *)fixture.files[METADATA].at;
	for (size_t size = 0; size < fixture.files[METADATA].size; size += size < wanted ? 1 : 31) {
		int ret;

		store(&fixture, METADATA, size);
		ret = show(&fixture);
		assert_true(ret == 0 || ret == EXIT_USAGE);
		if (ret)
			expect_said(&fixture, fixture.directory);
		else
			assert_int_equal(fixture.interrupts, END_COUNT);
		if (size < wanted)
			assert_int_equal(ret, EXIT_USAGE);
	}
	end(&fixture);
}

/* What is whole of it is read: packet by packet. */
static void streams_cut_off_anywhere(void **state)
{
	struct fixture fixture = begin(4);

	(void)state;
	for (unsigned int file = LIFECYCLE; file < FILES; file++) {
		size_t whole = 0, start = 0;

		for (size_t size = 0; size < fixture.files[file].size; size++) {
			if (size == start + packet_of(&fixture, file, whole)->packet_bits / 8) {
				start = size;
				whole++;
			}
			store(&fixture, file, size);
			/* A packet is whole: but the metadata says how long it was. */
			expect_warning(&fixture, file, start,
				       size == start ? "it was longer" : "cut off");
			assert_int_equal(file == LIFECYCLE ? fixture.steps : fixture.interrupts, whole);
		}
		store_all(&fixture, file);
	}
	end(&fixture);
}

/* Every byte of all files, changed: nothing but an error or a warning comes of it. */
static void any_byte_may_be_another(void **state)
{
	struct fixture fixture = begin(1);

	(void)state;
	for (unsigned int file = 0; file < FILES; file++) {
		for (size_t i = 0; i < fixture.files[file].size; i += file ? 1 : 7) {
			__u8 was = fixture.files[file].at[i];
			int ret;

			fixture.files[file].at[i] = ~was;
			store_all(&fixture, file);
			ret = show(&fixture);
			assert_true(ret == 0 || ret == EXIT_USAGE);
			if (ret)
				expect_said(&fixture, fixture.directory);
			fixture.files[file].at[i] = was;
		}
		store_all(&fixture, file);
	}
	end(&fixture);
}

/* In the metadata; of the same length, so that the rest stays where it is. */
static void replace(struct fixture *fixture, const char *what, const char *with)
{
	char *at = strstr((char *)fixture->files[METADATA].at, what);

	assert_non_null(at);
	assert_int_equal(strlen(what), strlen(with));
	memcpy(at, with, strlen(with));
	store_all(fixture, METADATA);
	expect_error(fixture, EXIT_USAGE, "is not a recording of this imstrace");
	memcpy(at, what, strlen(what));
	store_all(fixture, METADATA);
	assert_int_equal(show(fixture), 0);
}

static void foreign_and_newer_ones_are_refused(void **state)
{
	struct fixture fixture = begin(1);

	(void)state;
	replace(&fixture, "/* CTF 1.8 */", "/* CTF 2.0 */");
	replace(&fixture, "\"imstrace\"", "\"lttng-ust");
	replace(&fixture, "tracer_name = \"imstrace\"", "tracer_name = \"barectf!\"");
	replace(&fixture, "imstrace_format = 1;", "imstrace_format = 2;");
	replace(&fixture, "imstrace_format = 1;", "imstrace_format = x;");
	replace(&fixture, "vectors = 2;", "vectors = 0;");
	replace(&fixture, "vectors = 2;\n\tmay_post = 0;", "vectors = 65537;may_post=0;");
	replace(&fixture, "started = 1000;", "started = -100;");
	replace(&fixture, "freq = 1000000000;", "freq = 1000000001;");
	replace(&fixture, "uuid = \"", "uuid = x");
	end(&fixture);
}

/* What other versions may write into an interrupt. */
static void other_fields_are_no_damage(void **state)
{
	static const struct {
		const char *fields;
		size_t size;	/* 0: it is refused */
		bool same;
	} texts[] = {
		{ "uint64_t irq; uint32_t vcpu; }", 12, false },
		{ " char_t other[7]; uint16_t cpu; uint64_t irq; end_t end; }", 18, false },
		{ "uint8_t vcpu; uint64_t unknown; hex64_t eoi; }", 17, false },
		{ "", 0, false },
		{ "}", 0, false },
		{ "uint64_t irq", 0, false },
		{ "uint64_t irq }", 0, false },
		{ "uint64_t irq; uint32_t vcpu;", 0, false },
		{ "float irq; }", 0, false },
		{ "uint64_t vcpu; }", 0, false },
		{ "char_t other[0]; }", 0, false },
		{ "char_t other[-1]; }", 0, false },
		{ "char_t other[99999]; }", 0, false },
		{ "uint64_t other[8191]; uint64_t more[1]; }", 0, false },
		{ "char_t other[; }", 0, false },
	};
	struct imstrace_interrupt interrupt = {
		.times = { 1, 2, 3, 4, 5, 6 }, .vcpu = 6, .cpu = 7, .end = END_LOST,
	};
	struct ctf_layout layout;
	struct {
		struct ctf_event event;
		__u8 payload[64];
	} __attribute__((packed)) event = { .event = { .id = 0, .time = 9 } };
	struct ctf_interrupt read;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		bool taken = ctf_layout_read(&layout, texts[i].fields, &ctf_interrupt_payload);

		assert_int_equal(taken, texts[i].size != 0);
		if (taken) {
			assert_int_equal(layout.size, texts[i].size);
			assert_int_equal(layout.same, texts[i].same);
		}
	}
	assert_true(ctf_layout_read(&layout, texts[0].fields, &ctf_interrupt_payload));
	memcpy(event.payload, &interrupt.times[HOP_IRQ], 8);
	memcpy(event.payload + 8, &interrupt.vcpu, 4);
	memset(&read, 0xff, sizeof(read));
	ctf_layout_apply(&layout, &ctf_interrupt_payload, &event.event, &read.event);
	interrupt = (struct imstrace_interrupt) { .times = { 1 }, .vcpu = 6 };
	assert_memory_equal(&read.interrupt, &interrupt, sizeof(interrupt));
	assert_int_equal(read.event.time, 9);
	/* A number that was smaller then; and another order. */
	assert_true(ctf_layout_read(&layout, texts[2].fields, &ctf_interrupt_payload));
	memset(event.payload, 0, sizeof(event.payload));
	event.payload[0] = 200;
	event.payload[9] = 77;
	ctf_layout_apply(&layout, &ctf_interrupt_payload, &event.event, &read.event);
	interrupt = (struct imstrace_interrupt) { .times = { [HOP_EOI] = 77 }, .vcpu = 200 };
	assert_memory_equal(&read.interrupt, &interrupt, sizeof(interrupt));
}

/* Every place where @what is in the metadata has @with, of the same length. */
static void rename_all(struct fixture *fixture, const char *what, const char *with)
{
	char *at = (char *)fixture->files[METADATA].at;

	assert_non_null(strstr(at, what));
	while ((at = strstr(at, what)))
		memcpy(at, with, strlen(with));
	store_all(fixture, METADATA);
}

static void steps_and_hops_go_by_their_names(void **state)
{
	struct fixture fixture = begin(1);

	(void)state;
	rename_all(&fixture, "imstrace:irq_free", "imstrace:irq_temp");
	assert_int_equal(show(&fixture), 0);
	assert_int_equal(fixture.steps, STEP_COUNT - 1);
	assert_int_equal(fixture.interrupts, END_COUNT);
	expect_said(&fixture, "steps that this version does not know were ignored");
	rename_all(&fixture, "imstrace:irq_temp", "imstrace:irq_free");
	/* The stray step is at the hop signal, which this one does not have. */
	rename_all(&fixture, "uint64_t signal;", "uint64_t sjgnal;");
	assert_int_equal(show(&fixture), 0);
	assert_int_equal(fixture.steps, STEP_COUNT - 1);
	expect_said(&fixture, "steps with invalid values were ignored");
	rename_all(&fixture, "uint64_t sjgnal;", "uint64_t signal;");
	/* The hop inject is unknown to it, and the rest is read. */
	rename_all(&fixture, "hop_inject", "hop_jnject");
	rename_all(&fixture, "uint64_t inject;", "uint64_t jnject;");
	assert_int_equal(show(&fixture), 0);
	assert_int_equal(fixture.steps, STEP_COUNT);
	assert_int_equal(fixture.interrupts, END_COUNT);
	assert_string_equal(fixture.said, "");
	assert_string_equal(fixture.reason,
			    "the imstrace that recorded it did not know this hop");
	end(&fixture);
}

/* ns of them would not fit. */
static void a_clock_may_have_any_offset(void **state)
{
	static const char *const offsets[] = {
		"9223372036854775807", "-9223372036854775808", "9223372037", "-9999999999",
		"99999999999999999999", "-99999999999999999999",
	};
	struct fixture fixture = begin(1);
	struct bytes was = fixture.files[METADATA];

	(void)state;
	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		char *at = strstr((char *)was.at, "offset_s = 0;"), *text;

		assert_non_null(at);
		assert_true(asprintf(&text, "%.*soffset_s = %s;%s", (int)(at - (char *)was.at), was.at,
				     offsets[i], at + strlen("offset_s = 0;")) > 0);
		fixture.files[METADATA] = (struct bytes) { (__u8 *)text, strlen(text) };
		store_all(&fixture, METADATA);
		expect_error(&fixture, EXIT_USAGE, "its metadata is damaged");
		free(text);
	}
	fixture.files[METADATA] = was;
	end(&fixture);
}

/* @damage is done to the third of four packets: two are read. */
static void damage_packet(unsigned int file, void (*damage)(struct ctf_packet *), const char *what)
{
	struct fixture fixture = begin(4);
	struct ctf_packet *packet = packet_of(&fixture, file, 2);

	damage(packet);
	store_all(&fixture, file);
	expect_warning(&fixture, file, offset_of(&fixture, file, packet), what);
	assert_int_equal(file == LIFECYCLE ? fixture.steps : fixture.interrupts, 2);
	assert_int_equal(file == LIFECYCLE ? fixture.interrupts : fixture.steps, 4);
	end(&fixture);
}

static void other_magic(struct ctf_packet *packet)	{ packet->magic++; }
static void other_uuid(struct ctf_packet *packet)	{ packet->uuid[15]++; }
static void other_stream(struct ctf_packet *packet)	{ packet->stream_id ^= 1; }
static void no_bits(struct ctf_packet *packet)		{ packet->packet_bits = 0; }
static void no_content(struct ctf_packet *packet)	{ packet->content_bits = 0; }
static void half_a_byte(struct ctf_packet *packet)	{ packet->packet_bits += 4; }
static void odd_content(struct ctf_packet *packet)	{ packet->content_bits -= 4; }
static void all_bits(struct ctf_packet *packet)		{ packet->packet_bits = UINT64_MAX - 7; }
static void too_large(struct ctf_packet *packet)
{
	packet->packet_bits = 8 * (CTF_PACKET_BYTES + 1ULL);
}

static void more_content_than_packet(struct ctf_packet *packet)
{
	packet->content_bits = packet->packet_bits + 8;
}

static void larger_than_the_file(struct ctf_packet *packet)
{
	packet->packet_bits = 8 * CTF_PACKET_BYTES;
}

static void sequence_of_the_first(struct ctf_packet *packet)	{ packet->sequence = 0; }

static void impossible_packets(void **state)
{
	(void)state;
	for (unsigned int file = LIFECYCLE; file < FILES; file++) {
		damage_packet(file, other_magic, "no packet of this recording");
		damage_packet(file, other_uuid, "no packet of this recording");
		damage_packet(file, other_stream, "no packet of this recording");
		damage_packet(file, no_bits, "impossible size");
		damage_packet(file, no_content, "impossible size");
		damage_packet(file, half_a_byte, "impossible size");
		damage_packet(file, odd_content, "impossible size");
		damage_packet(file, all_bits, "impossible size");
		damage_packet(file, too_large, "impossible size");
		damage_packet(file, more_content_than_packet, "impossible size");
		damage_packet(file, larger_than_the_file, "cut off");
		damage_packet(file, sequence_of_the_first, "out of order");
	}
}

static void reordered_packets(void **state)
{
	struct fixture fixture = begin(4);
	struct ctf_packet *second = packet_of(&fixture, INTERRUPTS, 1);
	struct ctf_packet *third = packet_of(&fixture, INTERRUPTS, 2);
	size_t size = second->packet_bits / 8;
	__u8 kept[512];

	(void)state;
	assert_true(size <= sizeof(kept));
	assert_int_equal(third->packet_bits, second->packet_bits);
	memcpy(kept, second, size);
	memcpy(second, third, size);
	memcpy(third, kept, size);
	store_all(&fixture, INTERRUPTS);
	expect_warning(&fixture, INTERRUPTS, offset_of(&fixture, INTERRUPTS, third), "out of order");
	assert_int_equal(fixture.interrupts, 2);
	/* Told apart by their times as well. */
	second->sequence = 1;
	third->sequence = 2;
	store_all(&fixture, INTERRUPTS);
	expect_warning(&fixture, INTERRUPTS, offset_of(&fixture, INTERRUPTS, third + 1), "out of order");
	assert_int_equal(fixture.interrupts, 2);
	end(&fixture);
}

static void events_that_there_can_t_be(void **state)
{
	struct fixture fixture = begin(4);
	struct ctf_packet *packet = packet_of(&fixture, INTERRUPTS, 2);
	struct ctf_interrupt *interrupt = (struct ctf_interrupt *)(packet + 1);
	struct ctf_lifecycle *step;

	(void)state;
	interrupt->event.id = 1;
	store_all(&fixture, INTERRUPTS);
	expect_warning(&fixture, INTERRUPTS, offset_of(&fixture, INTERRUPTS, interrupt), "no event");
	assert_int_equal(fixture.interrupts, 2);
	interrupt->event.id = 0;

	/* The packet ends within its event. */
	packet->content_bits -= 8;
	store_all(&fixture, INTERRUPTS);
	expect_warning(&fixture, INTERRUPTS, offset_of(&fixture, INTERRUPTS, interrupt), "no event");
	packet->content_bits = 8 * (sizeof(*packet) + sizeof(struct ctf_event) - 1);
	store_all(&fixture, INTERRUPTS);
	expect_warning(&fixture, INTERRUPTS, offset_of(&fixture, INTERRUPTS, interrupt), "no event");
	packet->content_bits = packet->packet_bits;

	/* Only it is left out. */
	for (__u64 id = 1; id <= UINT32_MAX; id = 2 * id + 1) {
		interrupt->interrupt.id = id;
		store_all(&fixture, INTERRUPTS);
		expect_warning(&fixture, INTERRUPTS, offset_of(&fixture, INTERRUPTS, interrupt),
			       "vectors that are not known");
		assert_int_equal(fixture.interrupts, 3);
	}
	interrupt->interrupt.id = 0;
	store_all(&fixture, INTERRUPTS);

	step = (struct ctf_lifecycle *)(packet_of(&fixture, LIFECYCLE, 2) + 1);
	step->event.id = STEP_COUNT;
	store_all(&fixture, LIFECYCLE);
	expect_warning(&fixture, LIFECYCLE, offset_of(&fixture, LIFECYCLE, step), "no event");
	assert_int_equal(fixture.steps, 2);
	step->event.id = STEP_KNOWN;
	step->step.id = CAPACITY;
	store_all(&fixture, LIFECYCLE);
	expect_warning(&fixture, LIFECYCLE, offset_of(&fixture, LIFECYCLE, step), "invalid values");
	assert_int_equal(fixture.steps, 3);
	step->step.id = 0;
	step->step.hop = HOP_COUNT;
	store_all(&fixture, LIFECYCLE);
	expect_warning(&fixture, LIFECYCLE, offset_of(&fixture, LIFECYCLE, step), "invalid values");
	assert_int_equal(fixture.steps, 3);
	end(&fixture);
}

static void a_vector_out_of_range(void **state)
{
	struct fixture fixture = begin(4);
	struct ctf_vector *vector = (struct ctf_vector *)(packet_of(&fixture, LIFECYCLE, 0) + 1);

	(void)state;
	assert_int_equal(vector->event.id, CTF_VECTOR_EVENT);
	vector->id = CAPACITY;
	store_all(&fixture, LIFECYCLE);
	expect_warning(&fixture, LIFECYCLE, offset_of(&fixture, LIFECYCLE, vector), "invalid vector ids");
	expect_said(&fixture, "vectors that are not known");
	assert_int_equal(fixture.steps, 4);
	assert_int_equal(fixture.interrupts, 0);
	end(&fixture);
}

static void what_is_no_file(void **state)
{
	struct fixture fixture = begin(1);

	(void)state;
	for (unsigned int file = 0; file < FILES; file++) {
		int code = file ? EXIT_RUNTIME : EXIT_USAGE;

		assert_int_equal(unlink(path_of(&fixture, file)), 0);
		expect_error(&fixture, EXIT_USAGE, names[file]);
		assert_int_equal(mkfifo(path_of(&fixture, file), 0600), 0);
		/* It does not wait for a writer. */
		expect_error(&fixture, code, file ? names[file] : "is not CTF 1.8");
		unlink(path_of(&fixture, file));
		assert_int_equal(mkdir(path_of(&fixture, file), 0700), 0);
		expect_error(&fixture, EXIT_RUNTIME, names[file]);
		rmdir(path_of(&fixture, file));
		store_all(&fixture, file);
	}
	assert_int_equal(show(&fixture), 0);
	end(&fixture);
}

/* A file of packets without events is read at the pace of its size. */
static void many_empty_packets(void **state)
{
	struct fixture fixture = begin(1);
	struct ctf_packet packet = *packet_of(&fixture, INTERRUPTS, 0);
	const size_t count = 200000;
	struct ctf_packet *packets = calloc(count, sizeof(*packets));

	(void)state;
	packet.content_bits = packet.packet_bits = 8 * sizeof(packet);
	for (size_t i = 0; i < count; i++) {
		packets[i] = packet;
		packets[i].sequence = i;
	}
	free(fixture.files[INTERRUPTS].at);
	fixture.files[INTERRUPTS] = (struct bytes) { (__u8 *)packets, count * sizeof(*packets) };
	store_all(&fixture, INTERRUPTS);
	assert_int_equal(show(&fixture), 0);
	assert_int_equal(fixture.interrupts, 0);
	assert_string_equal(fixture.said, "");
	end(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_ones_are_read_without_a_word),
		cmocka_unit_test(metadata_cut_off_anywhere),
		cmocka_unit_test(streams_cut_off_anywhere),
		cmocka_unit_test(any_byte_may_be_another),
		cmocka_unit_test(foreign_and_newer_ones_are_refused),
		cmocka_unit_test(a_clock_may_have_any_offset),
		cmocka_unit_test(other_fields_are_no_damage),
		cmocka_unit_test(steps_and_hops_go_by_their_names),
		cmocka_unit_test(impossible_packets),
		cmocka_unit_test(reordered_packets),
		cmocka_unit_test(events_that_there_can_t_be),
		cmocka_unit_test(a_vector_out_of_range),
		cmocka_unit_test(what_is_no_file),
		cmocka_unit_test(many_empty_packets),
	};

	return cmocka_run_group_tests_name("recording", tests, NULL, NULL);
}
