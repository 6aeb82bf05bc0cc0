// SPDX-License-Identifier: GPL-2.0-only
/*
 * The groups of options that more than one command has.
 */
#include "../compare/summary/groups.h"
#include "../errors.h"
#include "../model/hops.h"
#include "../sink/sink.h"
#include "../source/vmm.h"
#include "options.h"

#include <stdint.h>
#include <string.h>

static const struct option_row duration_options[] = {
	{ "duration", 'd', "TIME", "End after TIME, such as 10s, 5m, 500ms", take_duration, 0,
	  sizeof(__u64), .must = "a time above 0, such as 10s or 5m", .least = 1, .place = PLACE_END },
	{ 0 }
};

const struct option_group duration_group = { .options = duration_options };

static bool take_json_sink(const struct option_row *option, void *to, char *value,
			   struct argp_state *state)
{
	(void)option;
	(void)value;
	(void)state;
	*(const struct sink_ops **)to = &json_sink;
	errors_use_json();
	return true;
}

static const struct option_row json_options[] = {
	{ "json", 0, NULL, "Write one JSON object per line, times in ns "
	  "(docs/schema/imstrace-1.json)", take_json_sink, .place = PLACE_SHOW },
	{ 0 }
};

const struct option_group json_group = { .options = json_options };

static bool take_vectors(const struct option_row *option, void *to, char *value,
			 struct argp_state *state)
{
	return vector_list_valid(value) && take_text(option, to, value, state);
}

static bool take_source(const struct option_row *option, void *to, char *value,
			struct argp_state *state)
{
	return vector_source_find(value) != KIND_UNKNOWN && take_text(option, to, value, state);
}

static const struct option_row filter_options[] = {
	HEADING(PLACE_FILTER, "Which vectors; all that are given must match:"),
	{ "device", 0, "PATTERN", "Only vectors of this device: a name or shell pattern",
	  take_text, INTO(struct vector_filter, device) },
	{ "vector", 0, "LIST", "Only these indexes of the MSI-X table, or gsis of irqfds, such as 0,4-7",
	  take_vectors, INTO(struct vector_filter, vectors), "a list such as 0,4-7" },
	{ "irq", 0, "N", "Only the vector with this Linux irq",
	  take_number, INTO(struct vector_filter, irq), "a Linux irq number",
	  .most = UINT32_MAX - 1 },
	{ "pid", 'p', "PID", "Only vectors of this process, a VMM",
	  take_number, INTO(struct vector_filter, pid), "a process id", .most = INT32_MAX },
	{ "guest", 0, "PATTERN", "Only vectors of this VM: the name it has from its VMM (QEMU's -name), or "
	  "a shell pattern", take_text, INTO(struct vector_filter, guest) },
	{ "source", 0, "SOURCE", "Only interrupts from this source: vfio-pci, ims, emulated, irqfd (vhost, "
	  "virtio and all else that signals one), ioctl-msi (KVM_SIGNAL_MSI), ioctl-line (KVM_IRQ_LINE) "
	  "or intx (lines of vfio-pci devices)",
	  take_source, INTO(struct vector_filter, source),
	  "vfio-pci, ims, emulated, irqfd, ioctl-msi, ioctl-line or intx" },
	{ 0 }
};

const struct option_group filter_group = { .options = filter_options };

static bool count_flag(const struct option_row *option, void *to, char *value,
		       struct argp_state *state)
{
	(void)option;
	(void)value;
	(void)state;
	++*(int *)to;
	return true;
}

static const struct option_row kernel_options[] = {
	HEADING(PLACE_LIVE, "How the kernel is followed:"),
	{ "btf", 0, "FILE", "Read the kernel's BTF from FILE",
	  take_text, INTO(struct live_options, btf), .given = offsetof(struct live_options, given) },
	{ "verbose", 'v', NULL, "Show libbpf's messages and, at the end, which programs the kernel has not run, and how "
	  "often; given twice, libbpf's debugging messages too",
	  count_flag, INTO(struct live_options, verbose) },
	{ 0 }
};

const struct option_group kernel_group = { .options = kernel_options };

static bool take_hops(const struct option_row *option, void *to, char *value,
		      struct argp_state *state)
{
	unsigned int *hops = to;

	(void)option;
	if (!parse_hops(value, hops))
		return false;
	/* Each is found by the one before, except that an interrupt begins with irq or signal. */
	if ((*hops & 1U << HOP_ACCEPT && !(*hops & 1U << HOP_SIGNAL)) ||
	    (*hops & (1U << HOP_ENTER | 1U << HOP_INJECT) && !(*hops & 1U << HOP_ACCEPT)) ||
	    (*hops & 1U << HOP_EOI && !(*hops & 1U << HOP_INJECT)))
		argp_error(state, "--hops: eoi needs inject; inject and enter need accept; and that needs "
			   "signal");
	return true;
}

static const struct option_row live_options[] = {
	{ "hops", 0, "HOPS", "Follow only these hops, such as irq,signal",
	  take_hops, INTO(struct live_options, hops),
	  "some of these hops, with commas between them:"
#define X(ENUM, name, what) " " #name
	  IMSTRACE_HOPS(X),
#undef X
	  .given = offsetof(struct live_options, given), .place = PLACE_LIVE },
	{ "max-vectors", 0, "N", "Reserve memory for N vectors, 10 KiB each (default "
	  DIGITS(DEFAULT_VECTORS) ")", take_number, INTO(struct live_options, max_vectors),
	  "a number from 1 to " DIGITS(MOST_VECTORS), .most = MOST_VECTORS,
	  .given = offsetof(struct live_options, given) },
	{ 0 }
};

const struct option_group live_group = { .options = live_options };

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
	{ "SOURCE", false, vector_source_name },
	{ 0 }
};

bool take_grouping(const struct option_row *option, void *to, char *value, struct argp_state *state)
{
	enum grouping *by = to;

	(void)option;
	(void)state;
	*by = grouping_find(value);
	return *by != GROUPING_COUNT;
}

static const struct option_row recording_options[] = {
	HEADING(PLACE_RECORDING, "Which part of a recording:"),
	{ "from", 0, "TIME", "Skip the first TIME of the recording",
	  take_duration, INTO(struct recording_options, from), "a time such as 2s or 1500ms" },
	{ "until", 0, "TIME", "Stop TIME after the recording's beginning",
	  take_duration, INTO(struct recording_options, until), "a time such as 3s or 1500ms",
	  .least = 1 },
	{ 0 }
};

static void take_directory(void *target, char *value, struct argp_state *state)
{
	struct recording_options *recording = target;

	if (recording->directory)
		argp_error(state, "only one recording can be read: remove %s", value);
	recording->directory = value;
}

static void check_recording(void *target, struct argp_state *state)
{
	const struct recording_options *recording = target;

	if (!recording->directory && (recording->from || recording->until))
		argp_error(state, "--from and --until need a recording: name its directory");
	if (recording->until && recording->until <= recording->from)
		argp_error(state, "--until must be later than --from");
}

const struct option_group recording_group = {
	.options = recording_options, .argument = take_directory, .check = check_recording,
};

static void check_source(void *target, struct argp_state *state)
{
	const struct source_options *source = target;

	if (source->recording.directory && source->live.given)
		argp_error(state, "--%s applies only to the running kernel, and %s is a recording",
			   source->live.given, source->recording.directory);
}

const struct option_group source_group = { .check = check_source };

/* Whether it can match nothing but devices' vectors: the names of VMs are "kvm-...". */
static bool devices_only(const struct vector_filter *filter)
{
	if (filter->irq)
		return true;
	if (filter->device && !strchr("k*?[\\", *filter->device))
		return true;
	return filter->source && !kind_of_vm(vector_source_find(filter->source));
}

int live_open_for(struct source **source, const struct live_options *options,
		  const struct vector_filter *filter)
{
	__u32 process = filter->pid ? vmm_process(filter->pid) : 0;
	struct live_options following = *options;

	if (filter->pid && !process)
		return report_error(EXIT_USAGE, NULL, "there is no process %u", filter->pid);
	if (process != filter->pid)
		return report_error(EXIT_USAGE, "Vectors are a process's: name that with -p",
				    "%u is a thread of the process %u", filter->pid, process);
	following.process = process;
	following.devices_only = devices_only(filter);
	return live_open(source, &following);
}

int source_open(struct source **source, const struct source_options *options,
		const struct vector_filter *filter)
{
	return options->recording.directory ? recording_open(source, &options->recording) :
					      live_open_for(source, &options->live, filter);
}
