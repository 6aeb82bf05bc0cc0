// SPDX-License-Identifier: GPL-2.0-only
/*
 * The attach ladder. Most of what is seen has a tracepoint, reached as a raw
 * tracepoint: that needs no BTF of the module that has it, fails alone and says why, and
 * was measured to be the cheapest way (docs/internals/attaching.md). What vfio-pci does
 * has none: there the kernel's functions are seen, by fentry or else by kprobes.
 */
#include "attach.h"

#include "../errors.h"
#include "environment.h"
#include "verify.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum way {
	RAW_TRACEPOINT,
	FENTRY,	      /* fentry and fexit */
	KPROBE,	      /* kprobes and kretprobes */
	KPROBE_MULTI, /* the same, not by way of a perf event; slower to attach and detach */
	NAMES,	      /* no program: the names of irqs, looked at every second */
};

static const char *const way_names[] = {
	[RAW_TRACEPOINT] = "raw_tp", [FENTRY] = "fentry", [KPROBE] = "kprobe",
	[KPROBE_MULTI] = "kprobe.multi", [NAMES] = "names in",
};

#define MAX_RUNGS	4
#define MAX_PROGRAMS	16

struct probe {
	const char *program;
	const char *target;	/* tracepoint or function */
	bool optional;		/* an older or newer kernel may lack it */
};

/* A way to see a feature: all of its programs, or none. */
struct rung {
	enum way way;
	const char *module;	/* that its functions are in, NULL: the kernel itself */
	struct probe probes[MAX_PROGRAMS];
};

enum feature_id {
	FEATURE_IMS_VECTORS, FEATURE_PCI_VECTORS, FEATURE_PCI_BYPASS, FEATURE_POSTING, FEATURE_IRQ,
	FEATURE_IMS_SIGNAL, FEATURE_PCI_SIGNAL, FEATURE_ACCEPT, FEATURE_APICV, FEATURE_INJECT,
	FEATURE_EOI, FEATURE_VCPU_RESETS, FEATURE_VCPU_ENDS,
	FEATURE_COUNT
};

/* By either way of attaching them. */
#define BYPASS_KPROBES	{						\
	{ "bypass_register_kretprobe", "irq_bypass_register_producer" },	\
	{ "bypass_register_kprobe", "irq_bypass_register_producer" },		\
	{ "bypass_unregister_kprobe", "irq_bypass_unregister_producer" },	\
}
#define RESET_KPROBES	{ { "vcpu_reset", "kvm_lapic_reset" }, { "vcpu_reset", "kvm_apic_set_state" } }

/*
 * As an interrupt passes them. They are attached from the last to the first, so that
 * nothing is counted that can't go on.
 */
static const struct feature {
	const char *name;
	enum imstrace_hop hop;	/* HOP_COUNT: none */
	bool of_kvm;
	const char *lost;
	struct rung rungs[MAX_RUNGS];
} features[FEATURE_COUNT] = {
	[FEATURE_IMS_VECTORS] = {
		"vectors of vfio-ims", HOP_COUNT, false,
		"vectors of the IMS library (modprobe vfio-ims before imstrace)",
		{ { RAW_TRACEPOINT, NULL, {
#define X(ENUM, name) { #name, "ims_" #name },
			IMSTRACE_LIFECYCLE(X)
#undef X
		} } },
	},
	[FEATURE_PCI_VECTORS] = {
		"vectors of vfio-pci", HOP_COUNT, false,
		"the life of plain vfio-pci devices' vectors, and all that are bound later",
		{
			{ FENTRY, NULL, { { "free_fexit", "free_irq" },
					  { "request_fexit", "request_threaded_irq" },
					  { "request_fentry", "request_threaded_irq" } } },
			{ KPROBE, NULL, { { "free_kretprobe", "free_irq" },
					  { "free_kprobe", "free_irq" },
					  { "request_kretprobe", "request_threaded_irq" },
					  { "request_kprobe", "request_threaded_irq" } } },
			{ NAMES, NULL, { { NULL, "/sys/kernel/irq" } } },
		},
	},
	[FEATURE_PCI_BYPASS] = {
		"bypass of vfio-pci", HOP_COUNT, false, "bypass steps of plain vfio-pci devices",
		{
			{ FENTRY, "irqbypass",
			  { { "bypass_register_fexit", "irq_bypass_register_producer" },
			    { "bypass_unregister_fentry", "irq_bypass_unregister_producer" } } },
			{ KPROBE, "irqbypass", BYPASS_KPROBES },
			{ KPROBE_MULTI, "irqbypass", BYPASS_KPROBES },
		},
	},
	[FEATURE_POSTING] = {
		"posting", HOP_COUNT, true, "a vector that the IOMMU posts looks idle",
		{ { RAW_TRACEPOINT, NULL, { { "posting", "kvm_pi_irte_update" } } } },
	},
	[FEATURE_IRQ] = {
		"irq", HOP_IRQ, false, "stages handler, delivery and total",
		{ { RAW_TRACEPOINT, NULL, { { "irq_exit", "irq_handler_exit" },
					    { "irq_entry", "irq_handler_entry" } } } },
	},
	[FEATURE_IMS_SIGNAL] = {
		"signal of vfio-ims", HOP_SIGNAL, false,
		"all that vectors of the IMS library do after their handler",
		{ { RAW_TRACEPOINT, NULL, { { "signal", "ims_signal" } } } },
	},
	[FEATURE_PCI_SIGNAL] = {
		"signal of vfio-pci", HOP_SIGNAL, false,
		"stages handler and irqfd of plain vfio-pci devices",
		{
			/* The one that vfio-pci calls is inlined since 6.8: then it has no BTF. */
			{ FENTRY, NULL, { { "signal_fentry", "eventfd_signal" } } },
			{ FENTRY, NULL, { { "signal_mask_fentry", "eventfd_signal_mask" } } },
			{ KPROBE, NULL, { { "signal_kprobe", "eventfd_signal" } } },
			{ KPROBE, NULL, { { "signal_mask_kprobe", "eventfd_signal_mask" } } },
		},
	},
	[FEATURE_ACCEPT] = {
		"accept", HOP_ACCEPT, true, "everything in the guest",
		{ { RAW_TRACEPOINT, NULL, { { "accept", "kvm_apic_accept_irq" } } } },
	},
	[FEATURE_APICV] = {
		"APICv and AVIC", HOP_COUNT, true,
		"what the CPU itself delivers is taken to be pending for ever",
		{ { RAW_TRACEPOINT, NULL, { { "apicv_accept", "kvm_apicv_accept_irq" } } } },
	},
	[FEATURE_INJECT] = {
		"inject", HOP_INJECT, true, "stages deliver, service, delivery and total",
		{ { RAW_TRACEPOINT, NULL, { { "inject", "kvm_inj_virq" } } } },
	},
	[FEATURE_EOI] = {
		"eoi", HOP_EOI, true, "stages service and total",
		{ { RAW_TRACEPOINT, NULL, { { "pv_eoi", "kvm_pv_eoi", true },
					    { "eoi", "kvm_eoi" } } } },
	},
	[FEATURE_VCPU_RESETS] = {
		"vCPU resets", HOP_COUNT, true,
		"what is pending in a VM that is reset is timed up to the next of its vector",
		{
			{ KPROBE, "kvm", RESET_KPROBES },
			{ KPROBE_MULTI, "kvm", RESET_KPROBES },
		},
	},
	[FEATURE_VCPU_ENDS] = {
		"vCPU ends", HOP_COUNT, true,
		"what is pending in a VM that is destroyed stays in flight",
		{
			{ KPROBE, "kvm", { { "vcpu_free", "kvm_free_lapic" } } },
			{ KPROBE_MULTI, "kvm", { { "vcpu_free", "kvm_free_lapic" } } },
			/* That of its process. */
			{ RAW_TRACEPOINT, NULL, { { "process_free", "sched_process_free" } } },
		},
	},
};

struct attachments {
	struct bpf_object *object;
	unsigned int hops;
	bool modules;	/* their BTF can be opened */
	bool looked;	/* at what is possible */
	/* Rungs that may hold, as far as is known. Only the highest one of a feature is loaded. */
	bool possible[FEATURE_COUNT][MAX_RUNGS];
	struct bpf_link *links[FEATURE_COUNT][MAX_PROGRAMS];
	struct feature_status status[FEATURE_COUNT];
};

static size_t rung_size(const struct rung *rung)
{
	size_t count = 0;

	while (count < MAX_PROGRAMS && rung->probes[count].target)
		count++;
	return count;
}

/* Adds to the list of what has been tried, and why not. */
static void refuse(struct feature_status *status, const struct rung *rung, const char *target,
		   const char *why)
{
	size_t used = strlen(status->tried);

	snprintf(status->tried + used, sizeof(status->tried) - used, "%s%s %s: %s",
		 used ? "; " : "", way_names[rung->way], target, why);
}

/* What the kernel takes, found out once by trial. */
struct abilities {
	int fentry;		/* 0, or the errno that such programs are refused with */
	int kprobe;
	bool kprobe_events;	/* that a program can be attached to */
	int perf_event;
	bool fprobes;		/* that kprobe.multi is made of */
};

/* Return: 0, or the errno with which a program that does nothing is refused. */
static int try_load(enum bpf_prog_type type, struct bpf_prog_load_opts *options)
{
	struct bpf_insn return_0[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int program = bpf_prog_load(type, "imstrace_try", "GPL", return_0, 2, options);

	if (program < 0)
		return errno;
	close(program);
	return 0;
}

/* Likewise, for a perf event that counts nothing. */
static int try_perf_event(void)
{
	struct perf_event_attr nothing = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof(nothing), .config = PERF_COUNT_SW_DUMMY,
	};
	int event = syscall(SYS_perf_event_open, &nothing, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);

	if (event < 0)
		return errno;
	close(event);
	return 0;
}

static void find_abilities(struct abilities *abilities)
{
	/* No type 1 is a function, which is said of it where such programs are taken. */
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_TRACE_FENTRY,
		    .attach_btf_id = 1);

	abilities->fentry = try_load(BPF_PROG_TYPE_TRACING, &options);
	if (abilities->fentry == EINVAL)
		abilities->fentry = 0;
	abilities->kprobe = try_load(BPF_PROG_TYPE_KPROBE, NULL);
	abilities->kprobe_events = !access("/sys/bus/event_source/devices/kprobe", F_OK);
	abilities->perf_event = try_perf_event();
	/* Looked for where it is needed: that takes its time. */
	abilities->fprobes = !abilities->perf_event || kernel_has_function("register_fprobe");
}

static bool exists(const char *directory, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return !access(path, F_OK);
}

static struct bpf_program *find_program(const struct attachments *attachments,
					const struct probe *probe)
{
	return bpf_object__find_program_by_name(attachments->object, probe->program);
}

/*
 * Whether all of a rung's functions are in the BTF of the kernel or a module: of its own, whatever
 * --btf says. libbpf reads that once for an object.
 */
static bool in_kernel_btf(const struct attachments *attachments, const struct rung *rung)
{
	for (size_t i = 0; i < rung_size(rung); i++)
		if (bpf_program__set_attach_target(find_program(attachments, &rung->probes[i]), 0,
						   rung->probes[i].target))
			return false;
	return true;
}

static const char *refused_by_kernel(int error, char text[128])
{
	snprintf(text, 128, "refused by the kernel: %s", strerror(error));
	return text;
}

static const char *fentry_impossible(const struct attachments *attachments, const struct rung *rung,
				     const struct abilities *abilities, char text[128])
{
	if (access("/sys/kernel/btf/vmlinux", R_OK))
		return "this kernel shows no BTF of its own";
	if (abilities->fentry)
		return refused_by_kernel(abilities->fentry, text);
	if (rung->module && !attachments->modules)
		return "a module's BTF is opened by its id, which takes CAP_SYS_ADMIN";
	return in_kernel_btf(attachments, rung) ? NULL : "no such function in the kernel's BTF";
}

static const char *kprobe_impossible(const struct abilities *abilities, char text[128])
{
	if (!abilities->kprobe_events)
		return "this kernel has no kprobes";
	if (abilities->kprobe)
		return refused_by_kernel(abilities->kprobe, text);
	if (abilities->perf_event == EACCES)
		return "perf events are refused, as where Debian's kernel.perf_event_paranoid is above 2";
	return NULL;
}

static const char *multi_impossible(const struct abilities *abilities, char text[128])
{
	if (abilities->kprobe)
		return refused_by_kernel(abilities->kprobe, text);
	return abilities->fprobes ? NULL : "this kernel has no fprobes";
}

/* Why @rung can't hold; NULL: it may. */
static const char *rung_impossible(const struct attachments *attachments, const struct rung *rung,
				   const struct abilities *abilities, char text[128])
{
	const char *function = rung->probes[0].target;

	if (rung->way == RAW_TRACEPOINT)
		return NULL;
	if (rung->way == NAMES)
		return access(function, F_OK) ? strerror(errno) : NULL;
	/* A module that is built in need not be in sysfs. */
	if (rung->module && !exists("/sys/module", rung->module) &&
	    !kernel_has_function(function)) {
		snprintf(text, 128, "%s is neither loaded nor built in", rung->module);
		return text;
	}
	switch (rung->way) {
	case FENTRY:
		return fentry_impossible(attachments, rung, abilities, text);
	case KPROBE_MULTI:
		return multi_impossible(abilities, text);
	default:
		return kprobe_impossible(abilities, text);
	}
}

static bool asked_for(const struct attachments *attachments, const struct feature *feature)
{
	if (feature->hop < HOP_COUNT)
		return attachments->hops & 1U << feature->hop;
	return !feature->of_kvm || attachments->hops & 1U << HOP_ACCEPT;
}

static void find_possible(struct attachments *attachments)
{
	struct abilities abilities;

	find_abilities(&abilities);
	for (size_t i = 0; i < FEATURE_COUNT; i++) {
		const struct feature *feature = &features[i];
		struct feature_status *status = &attachments->status[i];

		status->name = feature->name;
		status->lost = feature->lost;
		if (!asked_for(attachments, feature)) {
			snprintf(status->tried, sizeof(status->tried), "not asked for (--hops)");
			continue;
		}
		for (size_t j = 0; j < MAX_RUNGS && rung_size(&feature->rungs[j]); j++) {
			const struct rung *rung = &feature->rungs[j];
			char text[128];
			const char *why = rung_impossible(attachments, rung, &abilities, text);

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
		struct bpf_program *program = find_program(attachments, &rung->probes[i]);

		bpf_program__set_autoload(program, load);
		if (load && rung->way == KPROBE_MULTI)
			bpf_program__set_expected_attach_type(program, BPF_TRACE_KPROBE_MULTI);
	}
}

struct attachments *attach_new(unsigned int hops, bool modules)
{
	struct attachments *attachments = calloc(1, sizeof(*attachments));

	if (!attachments)
		return NULL;
	attachments->hops = hops;
	attachments->modules = modules;
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
		bpf_link__destroy(attachments->links[feature][i]);
		attachments->links[feature][i] = NULL;
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

static bool attach_rung(struct attachments *attachments, size_t feature, const struct rung *rung)
{
	struct feature_status *status = &attachments->status[feature];
	/* The one that gives the rung its name. */
	const struct probe *last = &rung->probes[rung_size(rung) - 1];

	for (size_t i = 0; i < rung_size(rung) && rung->way != NAMES; i++) {
		const struct probe *probe = &rung->probes[i];

		attachments->links[feature][i] =
			attach_probe(rung, probe, find_program(attachments, probe));
		if (attachments->links[feature][i] || probe->optional)
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
	snprintf(status->attached, sizeof(status->attached), "%s %s", way_names[rung->way],
		 last->target);
	return true;
}

/* The hops of KVM are found through the signal, or the irq: without it, nothing of them. */
static void drop_orphans(struct attachments *attachments)
{
	struct feature_status *status = attachments->status;
	static const size_t kvm[] = { FEATURE_ACCEPT, FEATURE_INJECT, FEATURE_EOI };
	bool seen = *status[FEATURE_IRQ].attached || *status[FEATURE_IMS_SIGNAL].attached ||
		    *status[FEATURE_PCI_SIGNAL].attached;

	for (size_t i = 0; i < sizeof(kvm) / sizeof(kvm[0]); i++) {
		struct feature_status *hop = &status[kvm[i]];

		if (!seen && *hop->attached) {
			detach(attachments, kvm[i]);
			*hop->attached = '\0';
			snprintf(hop->tried, sizeof(hop->tried),
				 "it is matched with the hop before it, which is not seen");
		}
		seen = *hop->attached;
	}
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
		/* The signal has two features, for either kind of device. */
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

bool attach_sees_pci_bypass(const struct attachments *attachments)
{
	return *attachments->status[FEATURE_PCI_BYPASS].attached;
}

void attach_free(struct attachments *attachments)
{
	if (!attachments)
		return;
	attach_undo(attachments);
	free(attachments);
}
