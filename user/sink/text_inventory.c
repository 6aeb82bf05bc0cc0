// SPDX-License-Identifier: GPL-2.0-only
/*
 * What imstrace check says of the VMs and devices of this host. Names in it are from outside: of
 * processes, of command lines.
 */
#include "text.h"

#include "../measure/forecast.h"
#include "../measure/stages.h"
#include "../model/hops.h"
#include "sink.h"
#include "wrap.h"

#include <string.h>

static void print_inhibit(FILE *out, const char *name)
{
	const char *what = inhibit_what(name), *remedy = inhibit_remedy(name);
	char text[256];

	snprintf(text, sizeof(text), "APICv, AVIC: inhibited (%s): %s.%s%s", name,
		 what ? what : "a reason that this imstrace does not know",
		 remedy ? " Against it: " : "", remedy ? remedy : "");
	wrap_all(out, 4, text);
}

/* Whether the CPU itself delivers the interrupts of its VMs, and why not. */
static void print_apicv(FILE *out, const struct source *source, __u32 pid)
{
	for (size_t i = 0; source && i < source->vm_count; i++) {
		const struct source_vm *vm = &source->vms[i];

		if (vm->pid != pid)
			continue;
		if (!vm->inhibit_count)
			wrap_all(out, 4, "APICv, AVIC: active, so that the CPU itself delivers interrupts");
		for (size_t j = 0; j < vm->inhibit_count; j++)
			print_inhibit(out, vm->inhibits[j]);
	}
}

static void print_vms(FILE *out, const struct inventory *inventory, const struct source *source)
{
	bool any = false;

	fprintf(out, "\n%-32s %3s %5s  %s\n", "PROCESS", "VMS", "VCPUS", "GUEST");
	for (size_t i = 0; i < inventory->process_count; i++) {
		const struct inventory_process *process = &inventory->processes[i];
		char name[IMSTRACE_VMM_LEN], guest[IMSTRACE_NAME_LEN];

		if (!process->vms)
			continue;
		any = true;
		sink_clean(name, sizeof(name), process->name);
		sink_clean(guest, sizeof(guest), process->guest);
		fprintf(out, "  %-10u %-19s %3u %5u  %s\n", process->pid, name, process->vms,
			process->vcpus, *guest ? guest : "-");
		print_apicv(out, source, process->pid);
	}
	if (!any)
		wrap_all(out, 2, "No process with a VM was found.");
}

/* What hides something: nothing that is not in the tables is to be taken for absent. */
static void print_not_looked_at(FILE *out, const struct inventory *inventory)
{
	char text[160];

	if (inventory->unread) {
		snprintf(text, sizeof(text), "Not looked at: the open files of %u process%s, which takes "
			 "CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE.", inventory->unread, inventory->unread == 1 ? "" : "es");
		wrap_all(out, 2, text);
	}
	if (inventory->hidden)
		wrap_all(out, 2, "Not looked at: the processes of other users, which /proc does not "
				      "list (hidepid).");
	if (inventory->of_namespace)
		wrap_all(out, 2, "Not looked at: processes outside of this PID namespace.");
}

static bool all_looked_at(const struct inventory *inventory)
{
	return !inventory->unread && !inventory->hidden && !inventory->of_namespace;
}

static void print_users(FILE *out, const struct inventory *inventory,
			const struct inventory_device *device)
{
	struct wrapped line;

	if (!device->user_count) {
		wrap_all(out, 4, device->vector_count ? "open in a process that was not found" :
			 all_looked_at(inventory) ? "not open in any process" :
						    "not open in any process that was looked at");
		return;
	}
	wrap_begin(&line, out, "", 4);
	wrap_words(&line, "open in");
	for (size_t i = 0; i < device->user_count; i++) {
		const struct inventory_process *process =
			inventory_user(inventory, device->users[i]);
		char name[IMSTRACE_VMM_LEN], text[64];

		sink_clean(name, sizeof(name), process->name);
		snprintf(text, sizeof(text), "%u (%s)%s", process->pid, name,
			 i + 1 < device->user_count ? "," : "");
		wrap_words(&line, text);
	}
	wrap_end(&line);
}

/* Whether they will be seen alike: of one device all else is the same. */
static bool alike(const struct inventory_vector *left, const struct inventory_vector *right)
{
	return left->kind == right->kind && left->threaded == right->threaded;
}

static __u32 vector_number(const struct inventory_vector *vector)
{
	return vector->vector;
}

static __u32 irq_number(const struct inventory_vector *vector)
{
	return vector->irq;
}

/* The numbers of those like @like, after @what, as "vectors 0-4, 7". */
static void add_numbers(struct wrapped *line, const struct inventory_device *device,
			const struct inventory_vector *like, const char *what,
			__u32 (*number)(const struct inventory_vector *))
{
	__u32 first = IMSTRACE_NONE, last = IMSTRACE_NONE;
	size_t alike_count = 0;
	char text[64];

	for (size_t i = 0; i < device->vector_count; i++)
		alike_count += alike(&device->vectors[i], like);
	snprintf(text, sizeof(text), "%s%s", what, alike_count == 1 ? "" : "s");
	wrap_words(line, text);
	for (size_t i = 0; i <= device->vector_count; i++) {
		const struct inventory_vector *vector = &device->vectors[i];
		bool end = i == device->vector_count;

		if (!end && !alike(vector, like))
			continue;
		if (!end && first != IMSTRACE_NONE && number(vector) == last + 1) {
			last++;
			continue;
		}
		if (first != IMSTRACE_NONE) {
			int length = snprintf(text, sizeof(text), "%u", first);

			if (first != last)
				snprintf(text + length, sizeof(text) - length, "-%u", last);
			wrap_words(line, text);
			wrap_close(line, end ? "" : ",");
		}
		if (!end)
			first = last = number(vector);
	}
}

/* The reasons why a hop isn't attached stand in the table above. */
static const char *short_reason(const struct forecast *forecast, bool unseen)
{
	return unseen ? "not attached" : forecast->why;
}

#define MOST	(HOP_COUNT + STAGE_COUNT)

/* The hops, and after them the stages, of which the same is to be said. */
struct said {
	struct forecast forecasts[MOST];
	bool unattached[MOST];
	bool impossible[MOST];	/* for its kind, or left out: nothing is said of it */
};

/* A detour is an exception; the parts of deliver can be seen where that can, and its bounds where it can not. */
static bool is_left_out(enum imstrace_stage stage, const struct forecast *forecast)
{
	return stage == STAGE_DETOUR || stage_class(stage) == STAGE_IS_PART ||
	       (stage_class(stage) == STAGE_IS_BOUND && forecast->answer == FORECAST_NO);
}

static void forecast_all(struct said *said, const struct forecast_of *of)
{
	for (unsigned int i = 0; i < MOST; i++) {
		bool stage = i >= HOP_COUNT;

		said->forecasts[i] = stage ? forecast_stage(of, i - HOP_COUNT) : forecast_hop(of, i);
		said->unattached[i] = said->forecasts[i].answer == FORECAST_NO && of->source;
		said->impossible[i] = (stage && is_left_out(i - HOP_COUNT, &said->forecasts[i])) ||
				      !kind_has_hop(of->vector->kind,
						    stage ? stage_to(i - HOP_COUNT) : i);
	}
}

static bool same(const struct said *said, unsigned int left, unsigned int right)
{
	const struct forecast *a = &said->forecasts[left], *b = &said->forecasts[right];
	const char *why = short_reason(a, said->unattached[left]);
	const char *other = short_reason(b, said->unattached[right]);

	return a->answer == b->answer && (why == other || (why && other && !strcmp(why, other)));
}

static bool all_same(const struct said *said)
{
	for (unsigned int i = 1; i < MOST; i++)
		if (!said->impossible[i] && !same(said, 0, i))
			return false;
	return true;
}

/* "irq, signal; stages handler": all of which is said what is said of @of. */
static void add_names(struct wrapped *line, const struct said *said, unsigned int of)
{
	const char *comma = "";
	bool stages = false;
	char text[32];

	for (unsigned int i = 0; i < MOST; i++) {
		bool stage = i >= HOP_COUNT;

		if (said->impossible[i] || !same(said, i, of))
			continue;
		if (*comma)
			wrap_close(line, stage && !stages ? ";" : ",");
		if (stage && !stages)
			wrap_words(line, "stages");
		stages |= stage;
		snprintf(text, sizeof(text), "%s", stage ? stage_name(i - HOP_COUNT) : hop_name(i));
		wrap_words(line, text);
		comma = ",";
	}
}

static void print_forecasts(FILE *out, const struct forecast_of *of)
{
	static const char *const headings[] = {
		[FORECAST_YES] = "      seen", [FORECAST_DEPENDS] = "      depends",
		[FORECAST_NO] = "      n/a",
	};
	struct said said;
	struct wrapped line;

	forecast_all(&said, of);
	for (unsigned int i = 0; i < MOST; i++) {
		const char *why = short_reason(&said.forecasts[i], said.unattached[i]);
		unsigned int before = 0;

		while (before < i && (said.impossible[before] || !same(&said, before, i)))
			before++;
		if (before < i || said.impossible[i])
			continue;
		wrap_begin(&line, out, headings[said.forecasts[i].answer], 14);
		if (all_same(&said))
			wrap_words(&line, "all hops and stages");
		else
			add_names(&line, &said, i);
		if (why) {
			wrap_close(&line, ":");
			wrap_words(&line, why);
		}
		wrap_end(&line);
	}
	if (of->vector->threaded && said.forecasts[HOP_COUNT + STAGE_HANDLER].answer != FORECAST_NO) {
		wrap_begin(&line, out, "      note", 14);
		wrap_words(&line, "the stage handler includes the wake-up of the irq's thread");
		wrap_end(&line);
	}
}

static void print_line(FILE *out, struct forecast_of *of)
{
	const struct inventory_vector line = { .kind = KIND_INTX, .irq = of->device->intx };
	char text[64];

	snprintf(text, sizeof(text), "INTx line, irq %u", line.irq);
	wrap_all(out, 4, text);
	of->vector = &line;
	if (of->source)
		print_forecasts(out, of);
	of->vector = NULL;
}

static void print_vectors(FILE *out, struct forecast_of *of)
{
	const struct inventory_device *device = of->device;
	struct wrapped line;

	for (size_t i = 0; i < device->vector_count; i++) {
		size_t before = 0;

		while (before < i && !alike(&device->vectors[before], &device->vectors[i]))
			before++;
		if (before < i)
			continue;
		of->vector = &device->vectors[i];
		wrap_begin(&line, out, "", 4);
		add_numbers(&line, device, of->vector, "vector", vector_number);
		wrap_close(&line, ",");
		add_numbers(&line, device, of->vector, "irq", irq_number);
		if (of->vector->threaded)
			wrap_close(&line, ",");
		wrap_words(&line, of->vector->threaded ? "handled in threads" : "");
		wrap_end(&line);
		if (of->source)
			print_forecasts(out, of);
	}
	if (device->vector_count && device->vectors[0].kind == KIND_IMS)
		wrap_all(out, 4, "emulated vectors have no irq, and show by their first signal");
	if (!device->vector_count && device->user_count)
		wrap_all(out, 4, "no vector is bound: the guest's driver does that when it enables "
				      "MSI or MSI-X");
	if (device->intx != IMSTRACE_NONE)
		print_line(out, of);
}

static void print_device(FILE *out, struct forecast_of *of)
{
	const struct inventory_device *device = of->device;
	const char *const parts[][2] = {
		{ "", device->class }, { "driver ", device->driver }, { "IOMMU group ", device->group },
	};
	char name[IMSTRACE_NAME_LEN], clean[IMSTRACE_NAME_LEN], text[96];
	const char *comma = "";
	struct wrapped line;

	sink_clean(name, sizeof(name), device->name);
	wrap_begin(&line, out, "", 2);
	wrap_words(&line, name);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (!*parts[i][1])
			continue;
		sink_clean(clean, sizeof(clean), parts[i][1]);
		snprintf(text, sizeof(text), "%s%s", parts[i][0], clean);
		wrap_close(&line, comma);
		wrap_words(&line, text);
		comma = ",";
	}
	wrap_end(&line);
	print_users(out, of->inventory, device);
	print_vectors(out, of);
}

void text_inventory(FILE *out, const struct environment *environment,
		    const struct inventory *inventory, const struct source *source)
{
	struct forecast_of of = {
		.environment = environment, .source = source, .inventory = inventory,
	};

	print_vms(out, inventory, source);
	print_not_looked_at(out, inventory);
	fputs("\nDEVICE AND WHAT WILL BE SEEN OF ITS VECTORS\n", out);
	for (size_t i = 0; i < inventory->device_count; i++) {
		of.device = &inventory->devices[i];
		print_device(out, &of);
	}
	if (!inventory->device_count)
		wrap_all(out, 2, "No device is bound to vfio-pci or another VFIO driver. What the VMs have of "
				      "irqfds (virtio, vhost) is followed all the same, from its first signal on. To "
				      "pass on a PCI device: modprobe vfio-pci; driverctl set-override "
				      "0000:03:00.0 vfio-pci");
}
