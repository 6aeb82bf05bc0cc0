// SPDX-License-Identifier: GPL-2.0-only
/*
 * The attach ladder. Most of what is seen has a tracepoint, reached as a raw
 * tracepoint: that needs no BTF of the module that has it, fails alone and says why, and
 * was measured to be the cheapest way (docs/internals/attaching.md). What vfio-pci does
 * has none: there the kernel's functions are seen, by fentry or else by kprobes.
 */
#include "attach.h"

#include "abilities.h"
#include "environment.h"
#include "verify.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct attachments {
	struct bpf_object *object;
	unsigned int hops;
	bool modules;	/* their BTF can be opened */
	bool preemptible;
	const char *no_delivery;
	bool devices_only;
	bool looked;	/* at what is possible */
	/* Rungs that may hold, as far as is known. Only the highest one of a feature is loaded. */
	bool possible[FEATURE_COUNT][MAX_RUNGS];
	struct bpf_link *links[FEATURE_COUNT][MAX_PROGRAMS];
	struct bpf_link *seconds[FEATURE_COUNT][MAX_PROGRAMS];
	struct feature_status status[FEATURE_COUNT];
};

/* Adds to the list of what has been tried, and why not. */
static void refuse(struct feature_status *status, const struct rung *rung, const char *target,
		   const char *why)
{
	size_t used = strlen(status->tried);

	snprintf(status->tried + used, sizeof(status->tried) - used, "%s%s %s: %s",
		 used ? "; " : "", way_name(rung->way), target, why);
}

/* Interrupts that no device's vector raises. */
static bool of_vms(size_t feature)
{
	return feature == FEATURE_IRQFD_SIGNAL || feature == FEATURE_IOCTLS;
}

static bool asked_for(const struct attachments *attachments, const struct feature *feature)
{
	/* The VMM may send on what it reads of a device's, by an ioctl. */
	if (feature == &features[FEATURE_IRQFD_SIGNAL] && attachments->devices_only)
		return false;
	if (feature->of_kvm && !(attachments->hops & 1U << HOP_ACCEPT))
		return false;
	return feature->hop == HOP_COUNT || attachments->hops & 1U << feature->hop;
}

static void find_possible(struct attachments *attachments)
{
	const char *unasked = attachments->devices_only ? "not asked for (--hops, or which vectors)" :
							  "not asked for (--hops)";
	struct abilities abilities;

	/* Without KVM a check does not ask for it. */
	if (!(attachments->hops & 1U << HOP_ACCEPT) && !module_there(MODULE_KVM))
		unasked = "KVM is not loaded";
	find_abilities(&abilities, attachments->object, attachments->modules);
	for (size_t i = 0; i < FEATURE_COUNT; i++) {
		const struct feature *feature = &features[i];
		struct feature_status *status = &attachments->status[i];

		status->name = feature->name;
		status->lost = feature->lost;
		if (!asked_for(attachments, feature)) {
			snprintf(status->tried, sizeof(status->tried), "%s", unasked);
			continue;
		}
		if (i == FEATURE_DELIVERY && attachments->no_delivery) {
			snprintf(status->tried, sizeof(status->tried), "%s", attachments->no_delivery);
			if (!strcmp(attachments->no_delivery, DELIVERY_NOT_NEEDED))
				status->lost = NULL;
			continue;
		}
		for (size_t j = 0; j < MAX_RUNGS && rung_size(&feature->rungs[j]); j++) {
			const struct rung *rung = &feature->rungs[j];
			char text[128];
			const char *why = rung_impossible(&abilities, rung, text);

			attachments->possible[i][j] = !why;
			if (why)
				refuse(status, rung, rung->probes[rung_size(rung) - 1].target, why);
		}
	}
	attachments->looked = true;
}

/* The highest rung of a feature that may hold; NULL: none does. */
static const struct rung *best_rung(const struct attachments *attachments, size_t feature)
{
	for (size_t j = 0; j < MAX_RUNGS; j++)
		if (attachments->possible[feature][j])
			return &features[feature].rungs[j];
	return NULL;
}

static void step_down(struct attachments *attachments, size_t feature, const struct rung *from)
{
	attachments->possible[feature][from - features[feature].rungs] = false;
}

static void set_autoload(struct attachments *attachments, const struct rung *rung, bool load)
{
	for (size_t i = 0; i < rung_size(rung) && rung->way != NAMES; i++) {
		struct bpf_program *program = find_program(attachments->object, &rung->probes[i]);
		struct bpf_program *second = find_second(attachments->object, &rung->probes[i]);

		bpf_program__set_autoload(program, load);
		if (second)
			bpf_program__set_autoload(second, load && attachments->preemptible);
		if (load && rung->way == KPROBE_MULTI)
			bpf_program__set_expected_attach_type(program, BPF_TRACE_KPROBE_MULTI);
	}
}

struct attachments *attach_new(const struct live_options *options, bool modules, bool preemptible,
			       const char *no_delivery)
{
	struct attachments *attachments = calloc(1, sizeof(*attachments));

	if (!attachments)
		return NULL;
	attachments->hops = options->hops;
	attachments->devices_only = options->devices_only;
	attachments->modules = modules;
	attachments->preemptible = preemptible;
	attachments->no_delivery = no_delivery;
	return attachments;
}

void attach_plan(struct attachments *attachments, struct bpf_object *object)
{
	attachments->object = object;
	if (!attachments->looked)
		find_possible(attachments);
	for (size_t i = 0; i < FEATURE_COUNT; i++) {
		const struct rung *best = best_rung(attachments, i);

		for (size_t j = 0; j < MAX_RUNGS; j++)
			set_autoload(attachments, &features[i].rungs[j], false);
		if (best)
			set_autoload(attachments, best, true);
	}
}

bool attach_without_fentry(struct attachments *attachments, int error)
{
	bool any = false;

	for (size_t i = 0; i < FEATURE_COUNT; i++) {
		const struct rung *rung = best_rung(attachments, i);

		for (; rung && rung->way == FENTRY; rung = best_rung(attachments, i)) {
			refuse(&attachments->status[i], rung,
			       rung->probes[rung_size(rung) - 1].target, strerror(error));
			step_down(attachments, i, rung);
			any = true;
		}
	}
	return any;
}

static struct bpf_link *attach_probe(const struct rung *rung, const struct probe *probe,
				     struct bpf_program *program)
{
	bool at_return = strstr(bpf_program__section_name(program), "kretprobe");
	LIBBPF_OPTS(bpf_kprobe_multi_opts, options, .syms = (const char **)&probe->target, .cnt = 1,
		    .retprobe = at_return);

	switch (rung->way) {
	case RAW_TRACEPOINT:
		return bpf_program__attach_raw_tracepoint(program, probe->target);
	case FENTRY:
		return bpf_program__attach(program);
	case KPROBE_MULTI:
		return bpf_program__attach_kprobe_multi_opts(program, NULL, &options);
	case KPROBE:
	case NAMES:
		break;
	}
	return bpf_program__attach_kprobe(program, at_return, probe->target);
}

static void detach(struct attachments *attachments, size_t feature)
{
	/* The reverse of attaching: what is under way is let through to its end. */
	for (size_t i = MAX_PROGRAMS; i-- > 0;) {
		bpf_link__destroy(attachments->seconds[feature][i]);
		bpf_link__destroy(attachments->links[feature][i]);
		attachments->seconds[feature][i] = attachments->links[feature][i] = NULL;
	}
}

static const char *explain(const struct rung *rung, int error)
{
	if (error != ENOENT)
		return strerror(error);
	return rung->way == RAW_TRACEPOINT ? "this kernel has no such tracepoint" :
					     "this kernel has no such function";
}

/* The earlier hop first: what is under way is let through to its end. */
static void attach_undo(struct attachments *attachments)
{
	for (size_t i = 0; i < FEATURE_COUNT; i++) {
		detach(attachments, i);
		*attachments->status[i].attached = '\0';
	}
}

/* As verify.h has it. */
static const char *verify(const struct attachments *attachments, size_t feature, enum way way,
			  const char *target)
{
	if (way == RAW_TRACEPOINT || way == NAMES)
		return "";
	if (feature == FEATURE_PCI_SIGNAL)
		return verify_signal(attachments->object);
	return way == KPROBE ? verify_kprobe(target) : verify_ftrace(target);
}

/*
 * By its program and, where the kernel may preempt that, the second one, which is to be run after it.
 * Tracepoints run the first one attached first, trampolines the last one (hlist_add_head() in
 * __bpf_trampoline_link_prog()): verify_signal() would find the wrong order. Return: false, with errno.
 */
static bool attach_twice(struct attachments *attachments, size_t feature, const struct rung *rung,
			 size_t index)
{
	const struct probe *probe = &rung->probes[index];
	struct bpf_program *first = find_program(attachments->object, probe);
	struct bpf_program *second = find_second(attachments->object, probe);
	struct bpf_link **of_first = &attachments->links[feature][index];
	struct bpf_link **of_second = &attachments->seconds[feature][index];
	bool twice = second && bpf_program__autoload(second);

	if (twice && rung->way == FENTRY) {
		*of_second = attach_probe(rung, probe, second);
		if (!*of_second)
			return false;
	}
	*of_first = attach_probe(rung, probe, first);
	if (*of_first && twice && rung->way != FENTRY)
		*of_second = attach_probe(rung, probe, second);
	return *of_first && (*of_second || !twice);
}

static bool attach_rung(struct attachments *attachments, size_t feature, const struct rung *rung)
{
	struct feature_status *status = &attachments->status[feature];
	/* The one that gives the rung its name. */
	const struct probe *last = &rung->probes[rung_size(rung) - 1];

	for (size_t i = 0; i < rung_size(rung) && rung->way != NAMES; i++) {
		const struct probe *probe = &rung->probes[i];

		if (attach_twice(attachments, feature, rung, i) || probe->optional)
			continue;
		refuse(status, rung, probe->target, explain(rung, errno));
		detach(attachments, feature);
		return false;
	}
	/* Some attach, and never fire: docs/internals/attaching.md. */
	for (size_t i = 0; i < rung_size(rung); i++) {
		status->verified = verify(attachments, feature, rung->way, rung->probes[i].target);
		if (status->verified)
			continue;
		refuse(status, rung, rung->probes[i].target, "attached, but does not fire");
		detach(attachments, feature);
		return false;
	}
	snprintf(status->attached, sizeof(status->attached), "%s %s", way_name(rung->way),
		 last->target);
	return true;
}

static bool drop_unless(struct attachments *attachments, size_t feature, bool seen)
{
	struct feature_status *hop = &attachments->status[feature];

	if (!seen && *hop->attached) {
		detach(attachments, feature);
		*hop->attached = '\0';
		snprintf(hop->tried, sizeof(hop->tried),
			 "it is matched with the hop before it, which is not seen");
	}
	return *hop->attached;
}

/* The hops of KVM are found through the signal, or the irq: without it, nothing of them. */
static void drop_orphans(struct attachments *attachments)
{
	struct feature_status *status = attachments->status;
	bool seen = *status[FEATURE_IRQ].attached || *status[FEATURE_IMS_SIGNAL].attached ||
		    *status[FEATURE_PCI_SIGNAL].attached || *status[FEATURE_IRQFD_SIGNAL].attached;

	seen = drop_unless(attachments, FEATURE_ACCEPT, seen);
	drop_unless(attachments, FEATURE_ENTER, seen);
	seen = drop_unless(attachments, FEATURE_INJECT, seen);
	drop_unless(attachments, FEATURE_EOI, seen);
}

/*
 * By the highest rung that holds. Return: false: there is one to try yet, and its programs have
 * not been loaded.
 */
static bool attach_feature(struct attachments *attachments, size_t feature)
{
	const struct rung *loaded = best_rung(attachments, feature), *rung = loaded;

	while (rung && (rung == loaded || rung->way == NAMES)) {
		if (attach_rung(attachments, feature, rung))
			return true;
		step_down(attachments, feature, rung);
		rung = best_rung(attachments, feature);
	}
	return !rung;
}

bool attach_all(struct attachments *attachments, bool *pci_bypass_seen)
{
	bool all = true;

	for (size_t i = FEATURE_COUNT; i-- > 0;) {
		all = attach_feature(attachments, i) && all;
		/* The next one's programs need to know. */
		if (i == FEATURE_PCI_BYPASS)
			*pci_bypass_seen = *attachments->status[i].attached;
	}
	if (all)
		drop_orphans(attachments);
	else
		attach_undo(attachments);
	return all;
}

bool attach_sees_any(const struct attachments *attachments)
{
	bool any = false;

	for (size_t i = 0; i < FEATURE_COUNT; i++)
		any |= features[i].hop < HOP_COUNT && *attachments->status[i].attached;
	return any;
}

const struct feature_status *attach_status(const struct attachments *attachments, size_t *count)
{
	*count = FEATURE_COUNT;
	return attachments->status;
}

void attach_hops(const struct attachments *attachments, struct hop_status hops[HOP_COUNT])
{
	for (size_t i = 0; i < FEATURE_COUNT; i++) {
		const struct feature_status *status = &attachments->status[i];
		struct hop_status *hop = &hops[features[i].hop];
		size_t used;

		if (features[i].hop == HOP_COUNT)
			continue;
		used = strlen(hop->attached);
		/*
		 * The signal has several features, one for each kind of source. What is a VM's shows by its
		 * counts: without the devices' signals there is no stage handler, and runs are compared only if
		 * devices have been seen by the same ways.
		 */
		if (of_vms(i))
			continue;
		if (*status->attached)
			snprintf(hop->attached + used, sizeof(hop->attached) - used, "%s%s",
				 used ? ", " : "", status->attached);
		else
			snprintf(hop->reason, sizeof(hop->reason), "%.*s",
				 (int)sizeof(hop->reason) - 1, status->tried);
	}
	for (unsigned int i = 0; i < HOP_COUNT; i++)
		if (*hops[i].attached)
			*hops[i].reason = '\0';
}

bool attach_sees_pci_signal(const struct attachments *attachments, const char **why)
{
	const struct feature_status *status = &attachments->status[FEATURE_PCI_SIGNAL];
	bool seen = *status->attached;

	*why = seen ? NULL : status->tried;
	return seen;
}

const char *attach_posting_missing(const struct attachments *attachments)
{
	const struct feature_status *status = &attachments->status[FEATURE_POSTING];

	return *status->attached ? NULL : status->tried;
}

/* What a feature is attached by, as a bit; 0: it isn't. */
static unsigned int attached_by(const struct attachments *attachments, size_t feature)
{
	const struct rung *rung = best_rung(attachments, feature);

	return *attachments->status[feature].attached && rung ? 1U << rung->way : 0;
}

bool attach_sees_pci_requests(const struct attachments *attachments)
{
	return attached_by(attachments, FEATURE_PCI_VECTORS) & (1U << FENTRY | 1U << KPROBE);
}

bool attach_sees_vcpu_frees(const struct attachments *attachments)
{
	return attached_by(attachments, FEATURE_VCPU_ENDS) & (1U << KPROBE | 1U << KPROBE_MULTI);
}

bool attach_sees_vms(const struct attachments *attachments)
{
	return *attachments->status[FEATURE_IRQFD_SIGNAL].attached ||
	       (*attachments->status[FEATURE_IOCTLS].attached && !attachments->devices_only);
}

bool attach_sees_reads(const struct attachments *attachments)
{
	return *attachments->status[FEATURE_READS].attached;
}

bool attach_sees_queue(const struct attachments *attachments)
{
	return *attachments->status[FEATURE_QUEUE].attached;
}

const char *attach_delivery_missing(const struct attachments *attachments)
{
	const struct feature_status *status = &attachments->status[FEATURE_DELIVERY];

	return *status->attached ? NULL : status->tried;
}

bool attach_sees_pci_bypass(const struct attachments *attachments)
{
	return *attachments->status[FEATURE_PCI_BYPASS].attached;
}

bool attach_by_ftrace(const struct attachments *attachments)
{
	const unsigned int ways = 1U << FENTRY | 1U << KPROBE | 1U << KPROBE_MULTI;
	bool any = false;

	for (size_t i = 0; attachments && i < FEATURE_COUNT; i++)
		any |= attached_by(attachments, i) & ways;
	return any;
}

void attach_free(struct attachments *attachments)
{
	if (!attachments)
		return;
	attach_undo(attachments);
	free(attachments);
}
