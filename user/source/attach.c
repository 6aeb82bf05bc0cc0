// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every hop so far is a kernel tracepoint, reached as a raw tracepoint: it
 * needs no BTF of the module that has it, it fails alone and says why, and it
 * was measured to be the cheapest way (docs/architecture.md). So the ladder
 * has one rung; hops without a tracepoint will add more.
 */
#include "attach.h"

#include "../fault.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum need {
	REQUIRED,	/* without it the hop is not seen */
	OPTIONAL,	/* an older kernel may lack it */
};

/* Lifecycle programs belong to no hop. */
#define LIFECYCLE HOP_COUNT

static const struct probe {
	const char *program;
	const char *tracepoint;
	unsigned int hop;
	enum need need;
} probes[] = {
#define X(ENUM, name) { #name, "ims_" #name, LIFECYCLE, REQUIRED },
	IMSTRACE_LIFECYCLE(X)
#undef X
	/* The later hop first, so that nothing is counted that can't go on. */
	{ "pv_eoi",	"kvm_pv_eoi",		HOP_EOI,	OPTIONAL },
	{ "eoi",	"kvm_eoi",		HOP_EOI,	REQUIRED },
	{ "inject",	"kvm_inj_virq",		HOP_INJECT,	REQUIRED },
	{ "accept",	"kvm_apic_accept_irq",	HOP_ACCEPT,	REQUIRED },
	{ "signal",	"ims_signal",		HOP_SIGNAL,	REQUIRED },
	{ "irq_exit",	"irq_handler_exit",	HOP_IRQ,	REQUIRED },
	{ "irq_entry",	"irq_handler_entry",	HOP_IRQ,	REQUIRED },
};

#define PROBES (sizeof(probes) / sizeof(probes[0]))

struct attachments {
	struct bpf_link *links[PROBES];
};

void attach_select(struct bpf_object *object, unsigned int hops)
{
	for (size_t i = 0; i < PROBES; i++) {
		if (probes[i].hop == LIFECYCLE || hops & 1U << probes[i].hop)
			continue;
		bpf_program__set_autoload(
			bpf_object__find_program_by_name(object, probes[i].program), false);
	}
}

static void explain(char *text, size_t size, const char *tracepoint, int error)
{
	if (error == ENOENT)
		snprintf(text, size, "this kernel has no tracepoint %s", tracepoint);
	else
		snprintf(text, size, "attaching to tracepoint %s failed: %s", tracepoint,
			 strerror(error));
}

/* The hops of KVM are found through the signal: without it, nothing of them. */
static void drop_orphans(unsigned int hops, struct hop_status status[HOP_COUNT])
{
	for (unsigned int hop = HOP_ACCEPT; hop < HOP_COUNT; hop++) {
		if (!(hops & 1U << hop) || !*status[hop].attached || *status[hop - 1].attached)
			continue;
		*status[hop].attached = '\0';
		snprintf(status[hop].reason, sizeof(status[hop].reason),
			 "it is matched with the hop before it, which is not seen");
	}
}

int attach_all(struct bpf_object *object, unsigned int hops, struct hop_status status[HOP_COUNT],
	       struct attachments **result)
{
	struct attachments *attachments = calloc(1, sizeof(*attachments));

	if (!attachments)
		return fault(EXIT_RUNTIME, NULL, "out of memory");
	for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
		if (!(hops & 1U << hop) && !*status[hop].reason)
			snprintf(status[hop].reason, sizeof(status[hop].reason),
				 "not asked for (--hops)");

	for (size_t i = 0; i < PROBES; i++) {
		const struct probe *probe = &probes[i];
		char reason[sizeof(status[0].reason)];
		struct bpf_program *program;
		int error;

		if (probe->hop != LIFECYCLE && !(hops & 1U << probe->hop))
			continue;
		program = bpf_object__find_program_by_name(object, probe->program);
		attachments->links[i] = bpf_program__attach(program);
		if (attachments->links[i]) {
			if (probe->hop != LIFECYCLE && probe->need == REQUIRED &&
			    !*status[probe->hop].reason)
				snprintf(status[probe->hop].attached,
					 sizeof(status[probe->hop].attached), "raw_tp %s",
					 probe->tracepoint);
			continue;
		}
		error = errno;
		explain(reason, sizeof(reason), probe->tracepoint, error);
		if (probe->hop == LIFECYCLE) {
			attach_free(attachments);
			return error == ENOENT ?
				fault(EXIT_MISSING,
				      "Load the modules of the IMS library first: modprobe vfio-ims",
				      "%s", reason) :
				fault(EXIT_RUNTIME, NULL, "%s", reason);
		}
		if (probe->need == OPTIONAL)
			continue;
		*status[probe->hop].attached = '\0';
		memcpy(status[probe->hop].reason, reason, sizeof(reason));
		warning("%s is not seen, and the stages that begin or end there are n/a: %s",
			probe->program, reason);
	}
	drop_orphans(hops, status);
	*result = attachments;
	return 0;
}

void attach_free(struct attachments *attachments)
{
	if (!attachments)
		return;
	/* The earlier hop first: what is under way is let through to its end. */
	for (size_t i = PROBES; i-- > 0;)
		bpf_link__destroy(attachments->links[i]);
	free(attachments);
}
