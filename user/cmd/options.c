// SPDX-License-Identifier: GPL-2.0-only
#include "options.h"

#include "../errors.h"
#include "../model/hops.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

bool parse_duration(const char *text, __u64 *ns)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = {
		{ "", 1e9 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 }, { "m", 60e9 },
		{ "h", 3600e9 }, { "d", 86400e9 },
	};
	char *end;
	double value;

	/* strtod() would also take signs, "inf" and hexadecimal. */
	if (!isdigit(*text) || strpbrk(text, "xX"))
		return false;
	value = strtod(text, &end);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].name))
			continue;
		value *= units[i].ns;
		/* 95 years, and still far from overflowing. */
		if ((value && value < 1) || value > 3e18)
			return false;
		*ns = value;
		return true;
	}
	return false;
}

bool parse_number(const char *text, __u64 max, __u64 *number)
{
	char *end;

	if (!isdigit(*text))
		return false;
	errno = 0;
	*number = strtoull(text, &end, 10);
	return !errno && !*end && *number >= 1 && *number <= max;
}

bool parse_percent(const char *text, double *share)
{
	char *end;

	if (!strchr("0123456789.", *text) || strpbrk(text, "xX"))
		return false;
	*share = strtod(text, &end) / 100;
	return end != text && (!*end || !strcmp(end, "%"));
}

/* A list of some of @count names, into a mask. */
static bool parse_names(const char *text, const char *(*name)(unsigned int), unsigned int count,
			unsigned int *mask)
{
	*mask = 0;
	do {
		size_t length = strcspn(text, ",");
		unsigned int i = 0;

		while (i < count && (strlen(name(i)) != length || strncmp(name(i), text, length)))
			i++;
		if (i == count)
			return false;
		*mask |= 1U << i;
		text += length;
	} while (*text++ == ',');
	return true;
}

static const char *name_of_hop(unsigned int hop)
{
	return hop_name(hop);
}

bool parse_hops(const char *text, unsigned int *mask)
{
	return parse_names(text, name_of_hop, HOP_COUNT, mask);
}

static const char *name_of_stage(unsigned int stage)
{
	return stage_name(stage);
}

bool parse_stages(const char *text, unsigned int *mask)
{
	if (!strcmp(text, "all")) {
		*mask = (1U << STAGE_COUNT) - 1;
		return true;
	}
	return parse_names(text, name_of_stage, STAGE_COUNT, mask);
}

char *help_with(int key, const char *text, void (*write)(FILE *out))
{
	char *result = NULL;
	size_t size;
	FILE *out;

	if (key != ARGP_KEY_HELP_POST_DOC || !(out = open_memstream(&result, &size)))
		return (char *)text;
	write(out);
	fprintf(out, "\n%s", text);
	return fclose(out) ? (char *)text : result;
}

static const struct argp_option duration_options[] = {
	{ "duration", 'd', "TIME", 0, "End after TIME, such as 10s, 5m, 500ms", GROUP_END },
	{ 0 }
};

static error_t parse_duration_option(int key, char *value, struct argp_state *state)
{
	__u64 *duration = state->input;

	if (key != 'd')
		return ARGP_ERR_UNKNOWN;
	if (!parse_duration(value, duration) || !*duration)
		argp_error(state, "--duration wants a time such as 10s or 5m, not \"%s\"", value);
	return 0;
}

const struct argp duration_argp = {
	.options = duration_options, .parser = parse_duration_option,
};

enum json_key {
	KEY_JSON = 0x4000,
};

static const struct argp_option json_options[] = {
	{ "json", KEY_JSON, NULL, 0, "One JSON object a line, times in ns "
	  "(docs/schema/imstrace-1.json)", GROUP_SHOW },
	{ 0 }
};

static error_t parse_json(int key, char *value, struct argp_state *state)
{
	const struct sink **sink = state->input;

	(void)value;
	if (key != KEY_JSON)
		return ARGP_ERR_UNKNOWN;
	*sink = &json_sink;
	errors_use_json();
	return 0;
}

const struct argp json_argp = { .options = json_options, .parser = parse_json };

enum filter_key {
	KEY_DEVICE = 0x1000, KEY_VECTOR, KEY_IRQ,
};

static const struct argp_option filter_options[] = {
	{ "device", KEY_DEVICE, "PATTERN", 0, "Of this device: a name or shell pattern", 0 },
	{ "vector", KEY_VECTOR, "LIST", 0, "These indexes of the MSI-X table: 0,4-7", 0 },
	{ "irq", KEY_IRQ, "N", 0, "The vector with this Linux irq", 0 },
	{ "pid", 'p', "PID", 0, "Of this process: the VMM that bound them", 0 },
	{ 0 }
};

static error_t parse_filter(int key, char *value, struct argp_state *state)
{
	struct vector_filter *filter = state->input;
	__u64 number;

	switch (key) {
	case KEY_DEVICE:
		filter->device = value;
		break;
	case KEY_VECTOR:
		if (!vector_list_valid(value))
			argp_error(state, "--vector wants a list such as 0,4-7, not \"%s\"", value);
		filter->vectors = value;
		break;
	case KEY_IRQ:
		if (!parse_number(value, UINT32_MAX - 1, &number))
			argp_error(state, "--irq wants a Linux irq number, not \"%s\"", value);
		filter->irq = number;
		break;
	case 'p':
		if (!parse_number(value, INT32_MAX, &number))
			argp_error(state, "--pid wants a process id, not \"%s\"", value);
		filter->pid = number;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

const struct argp filter_argp = { .options = filter_options, .parser = parse_filter };

enum kernel_key {
	KEY_BTF = 0x5000,
};

static const struct argp_option kernel_options[] = {
	{ "btf", KEY_BTF, "FILE", 0, "Take the kernel's BTF from FILE", 0 },
	{ "verbose", 'v', NULL, 0, "Show libbpf's messages; twice: all of them", 0 },
	{ 0 }
};

static error_t parse_kernel(int key, char *value, struct argp_state *state)
{
	struct live_options *live = state->input;

	switch (key) {
	case KEY_BTF:
		live->btf = value;
		live->given = "btf";
		break;
	case 'v':
		live->verbose++;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

const struct argp kernel_argp = { .options = kernel_options, .parser = parse_kernel };

enum live_key {
	KEY_HOPS = 0x2000, KEY_MAX_VECTORS, KEY_MAX_VCPUS,
};

#define DIGITS(number)	DIGITS_OF(number)
#define DIGITS_OF(number) #number

static const struct argp_option live_options[] = {
	{ "hops", KEY_HOPS, "HOPS", 0, "Follow only these hops, such as irq,signal", 0 },
	{ "max-vectors", KEY_MAX_VECTORS, "N", 0, "Room for N vectors, 7 KiB each (default "
	  DIGITS(DEFAULT_VECTORS) ")", 0 },
	{ "max-vcpus", KEY_MAX_VCPUS, "N", 0, "Room for N vCPUs, 52 KiB each (default "
	  DIGITS(DEFAULT_VCPUS) ")", 0 },
	{ 0 }
};

static const char *hop_choice(unsigned int index)
{
	return index < HOP_COUNT ? hop_name(index) : NULL;
}

static const char *stage_choice(unsigned int index)
{
	return index < STAGE_COUNT ? stage_name(index) : NULL;
}

const struct choice shared_choices[] = {
	{ "HOPS", true, hop_choice },
	{ "STAGE", false, stage_choice },
	{ "STAGES", true, stage_choice },
	{ 0 }
};

static unsigned int parse_room(const char *option, const char *value, unsigned int most,
			       struct argp_state *state)
{
	__u64 number = 1;

	if (!parse_number(value, most, &number))
		argp_error(state, "--%s wants a number from 1 to %u, not \"%s\"", option, most, value);
	return number;
}

static error_t parse_live(int key, char *value, struct argp_state *state)
{
	struct live_options *live = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = live;
		break;
	case KEY_HOPS:
		if (!parse_hops(value, &live->hops))
			argp_error(state, "--hops wants a list of irq, signal, accept, inject and "
				   "eoi, not \"%s\"", value);
		live->given = "hops";
		/* Each is found by the one before, but that an interrupt begins by either. */
		for (unsigned int hop = HOP_ACCEPT; hop < HOP_COUNT; hop++)
			if (live->hops & 1U << hop && !(live->hops & 1U << (hop - 1)))
				argp_error(state, "--hops: a hop after signal needs the one before");
		break;
	case KEY_MAX_VECTORS:
		live->given = "max-vectors";
		live->max_vectors = parse_room("max-vectors", value, MOST_VECTORS, state);
		break;
	case KEY_MAX_VCPUS:
		live->given = "max-vcpus";
		live->max_vcpus = parse_room("max-vcpus", value, MOST_VCPUS, state);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp_child live_children[] = { OPTIONS_CHILD(&kernel_argp), { 0 } };

const struct argp live_argp = {
	.options = live_options, .parser = parse_live, .children = live_children,
};

enum recording_key {
	KEY_FROM = 0x3000, KEY_UNTIL,
};

static const struct argp_option recording_options[] = {
	{ "from", KEY_FROM, "TIME", 0, "Leave out what ended earlier than TIME after its beginning", 0 },
	{ "until", KEY_UNTIL, "TIME", 0, "Leave out what ended later than TIME after its beginning", 0 },
	{ 0 }
};

static error_t parse_recording(int key, char *value, struct argp_state *state)
{
	struct recording_options *recording = state->input;

	switch (key) {
	case KEY_FROM:
		if (!parse_duration(value, &recording->from))
			argp_error(state, "--from wants a time such as 2s or 1500ms, not \"%s\"", value);
		break;
	case KEY_UNTIL:
		if (!parse_duration(value, &recording->until) || !recording->until)
			argp_error(state, "--until wants a time such as 3s or 1500ms, not \"%s\"",
				   value);
		break;
	case ARGP_KEY_ARG:
		if (recording->directory)
			argp_error(state, "there is one recording too many: %s", value);
		recording->directory = value;
		break;
	case ARGP_KEY_END:
		if (!recording->directory && (recording->from || recording->until))
			argp_error(state, "--from and --until are for a recording: name its directory");
		if (recording->until && recording->until <= recording->from)
			argp_error(state, "--until is not after --from");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp recording_argp = {
	.options = recording_options, .parser = parse_recording,
};

static error_t parse_source(int key, char *value, struct argp_state *state)
{
	struct source_options *source = state->input;

	(void)value;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &source->recording;
		state->child_inputs[1] = &source->live;
		break;
	case ARGP_KEY_END:
		if (source->recording.directory && source->live.given)
			argp_error(state, "--%s is for the running kernel, and %s is a recording",
				   source->live.given, source->recording.directory);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp_child source_children[] = {
	{ &recording_argp, 0, "Of a recording:", GROUP_RECORDING },
	LIVE_CHILD(&live_argp),
	{ 0 }
};

const struct argp source_argp = { .parser = parse_source, .children = source_children };

int source_open(struct source **source, const struct source_options *options)
{
	return options->recording.directory ? recording_open(source, &options->recording) :
					      live_open(source, &options->live);
}
