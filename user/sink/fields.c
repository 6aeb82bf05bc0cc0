// SPDX-License-Identifier: GPL-2.0-only
#include "fields.h"

#include <inttypes.h>
#include <string.h>

enum {
	TIME, DEVICE, VECTOR, IRQ, SLOT, PASID, VCPU, GUEST_VECTOR, CPU, CAUSE, END,
	VCPU_CPU, BEHIND,
	FIRST_HOP = FIELDS_OF_VECTOR_AND_END, FIRST_STAGE = FIRST_HOP + HOP_COUNT,
};

static const struct {
	const char *name, *what;
} fields[] = {
	[TIME] = { "time", "when it ended, CLOCK_MONOTONIC ns" },
	[DEVICE] = { "device", "the device's name" },
	[VECTOR] = { "vector", "index in the device's MSI-X table" },
	[IRQ] = { "irq", "Linux irq" },
	[SLOT] = { "slot", "slot of the Interrupt Message Store" },
	[PASID] = { "pasid", "PASID in that slot" },
	[VCPU] = { "vcpu", "vCPU that received it" },
	[GUEST_VECTOR] = { "guest_vector", "vector of the vCPU's local APIC" },
	[CPU] = { "cpu", "host CPU that handled it" },
	[CAUSE] = { "cause", "irq, or what else raised it" },
	[END] = { "end", "how it ended" },
	[VCPU_CPU] = { "vcpu_cpu", "host CPU that its vCPU ran on as it was delivered" },
	[BEHIND] = { "behind", "the thread behind which its vCPU's waited for a CPU, as name/pid; of an idle CPU: swapper/N" },
};

_Static_assert(sizeof(fields) / sizeof(fields[0]) == FIELDS_OF_VECTOR_AND_END,
	       "FIELDS_OF_VECTOR_AND_END counts them");

const char *field_name(unsigned int field, char text[FIELD_NAME_LEN])
{
	if (field < FIRST_HOP)
		return fields[field].name;
	if (field < FIRST_STAGE)
		snprintf(text, FIELD_NAME_LEN, "%s_time", hop_name(field - FIRST_HOP));
	else
		snprintf(text, FIELD_NAME_LEN, "%s_ns", stage_name(field - FIRST_STAGE));
	return text;
}

const char *field_what(unsigned int field)
{
	if (field < FIRST_HOP)
		return fields[field].what;
	return field < FIRST_STAGE ? "when it passed this hop, CLOCK_MONOTONIC ns" :
				     "how long this stage took";
}

static bool known(__u32 number, struct field_value *value)
{
	value->number = number;
	return number != IMSTRACE_NONE;
}

bool field_read(unsigned int field, const struct imstrace_vector *vector,
		const struct imstrace_interrupt *interrupt, struct field_value *value)
{
	long long ns;

	value->text = NULL;
	value->number = 0;
	switch (field) {
	case TIME:
		value->number = interrupt_ended(interrupt);
		return true;
	case DEVICE:
		sink_clean(value->device, sizeof(value->device), vector->device);
		value->text = value->device;
		return true;
	case VECTOR:
		return known(vector->vector, value);
	case IRQ:
		return known(vector->irq, value);
	case SLOT:
		return known(vector->slot, value);
	case PASID:
		return known(vector->pasid, value);
	case VCPU:
		return known(interrupt->vcpu, value);
	case GUEST_VECTOR:
		return known(interrupt->guest_vector, value);
	case CPU:
		return known(interrupt->cpu, value);
	case VCPU_CPU:
		value->number = interrupt->vcpu_cpu - 1LL;
		return interrupt->vcpu_cpu;
	case BEHIND:
		sink_thread(value->device, interrupt->behind_name, interrupt->behind);
		value->text = value->device;
		return *interrupt->behind_name;
	case CAUSE:
		value->text = cause_name(interrupt->cause);
		return true;
	case END:
		value->text = end_name(interrupt->end);
		return true;
	default:
		break;
	}
	if (field < FIRST_STAGE) {
		value->number = interrupt->times[field - FIRST_HOP];
		return value->number;
	}
	ns = stage_time(interrupt, field - FIRST_STAGE);
	value->number = ns;
	return ns >= 0;
}

static unsigned int find_field(const char *name, size_t length)
{
	char text[FIELD_NAME_LEN];
	unsigned int field = 0;

	for (; field < FIELD_COUNT; field++) {
		const char *candidate = field_name(field, text);

		if (strlen(candidate) == length && !strncmp(candidate, name, length))
			break;
	}
	return field;
}

bool fields_choose(struct field_choice *choice, const char *list)
{
	choice->count = 0;
	do {
		size_t length = strcspn(list, ",");
		unsigned int field = find_field(list, length);

		if (field == FIELD_COUNT ||
		    choice->count == sizeof(choice->fields) / sizeof(choice->fields[0]))
			return false;
		choice->fields[choice->count++] = field;
		list += length;
	} while (*list++ == ',');
	return true;
}

static void fields_start(struct sink *sink, const struct source *source)
{
	(void)sink;
	(void)source;
}

static void fields_interrupt(struct sink *sink, const struct imstrace_vector *vector,
			     const struct imstrace_interrupt *interrupt)
{
	const struct field_choice *choice = sink->context;
	struct field_value value;
	FILE *out = sink->out;

	for (size_t i = 0; i < choice->count; i++) {
		if (i)
			putc('\t', out);
		if (!field_read(choice->fields[i], vector, interrupt, &value))
			putc('-', out);
		else if (value.text)
			fputs(value.text, out);
		else
			fprintf(out, "%" PRIu64, (uint64_t)value.number);
	}
	putc('\n', out);
}

const struct sink_ops fields_sink = {
	.start = fields_start,
	.interrupt = fields_interrupt,
};
