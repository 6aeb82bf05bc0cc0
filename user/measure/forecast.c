// SPDX-License-Identifier: GPL-2.0-only
#include "forecast.h"

#include "stages.h"

#include "../model/vectors.h"

#define BY_CPU	"APICv or AVIC is allowed: the CPU itself delivers interrupts, unless KVM has inhibited " \
		"that for the VM"

#define ONLY_DETOURS	"only of interrupts at whose eventfd KVM has no irqfd, so that the VMM reads it"

#define IS_ACTIVE	"APICv or AVIC is active in the VM: the CPU itself delivers interrupts"
#define IF_OUTSIDE	"APICv or AVIC is active in the VM: only of interrupts that come while the vCPU is not in its guest"

#define ONLY_BY_CPU	"only of interrupts that the CPU itself delivers (APICv, AVIC)"
#define INJECTED	"APICv and AVIC are not active: KVM injects every interrupt, and deliver is measured"

/* Of VMs: whether the CPU itself delivers their interrupts (APICv, AVIC). */
enum vms_apicv { APICV_NOT_KNOWN, APICV_INHIBITED, APICV_ACTIVE, APICV_DIFFERS };

static bool is_user(const struct inventory_device *device, __u32 pid)
{
	for (size_t i = 0; i < device->user_count; i++)
		if (device->users[i] == pid)
			return true;
	return false;
}

/* Of all that the processes have which have the device open. */
static enum vms_apicv apicv_of_users(const struct forecast_of *of)
{
	enum vms_apicv result = APICV_NOT_KNOWN;

	for (size_t i = 0; of->source->vms_known && i < of->source->vm_count; i++) {
		const struct source_vm *vm = &of->source->vms[i];
		enum vms_apicv one = vm->inhibit_count ? APICV_INHIBITED : APICV_ACTIVE;

		if (is_user(of->device, vm->pid))
			result = result == APICV_NOT_KNOWN || result == one ? one : APICV_DIFFERS;
	}
	return result;
}

static bool used_by_vm(const struct forecast_of *of)
{
	for (size_t i = 0; i < of->device->user_count; i++)
		if (inventory_user(of->inventory, of->device->users[i])->vms)
			return true;
	return false;
}

static struct forecast no(const char *why)
{
	return (struct forecast) { FORECAST_NO, why };
}

static struct forecast depends(const char *why)
{
	return (struct forecast) { FORECAST_DEPENDS, why };
}

/* The reasons that hold for sure come first, then the one that leaves least. */
struct forecast forecast_hop(const struct forecast_of *of, enum imstrace_hop hop)
{
	const struct source *source = of->source;

	if (!source)
		return no("nothing can be measured on this system");
	if (!kind_has_hop(of->vector->kind, hop))
		return no(ONLY_INTX);
	if (!*source->hops[hop].attached)
		return no(source->hops[hop].reason);
	if (hop == HOP_SIGNAL && source->pci_signal && vector_of_pci(of->vector->kind))
		return no(source->pci_signal);
	if (hop == HOP_UNMASK)
		return (struct forecast) { FORECAST_YES, NULL };
	if (hop >= HOP_ACCEPT && !of->device->user_count)
		return depends("the process that has the device open was not found");
	if (hop >= HOP_ACCEPT && !used_by_vm(of))
		return depends("the process that has the device open has no VM: it may read the "
			       "eventfd itself");
	if (hop >= HOP_ENTER && of->environment->apicv) {
		enum vms_apicv apicv = apicv_of_users(of);

		if (apicv == APICV_ACTIVE)
			return hop == HOP_ENTER ? depends(IF_OUTSIDE) : no(IS_ACTIVE);
		if (apicv != APICV_INHIBITED)
			return depends(BY_CPU);
	}
	if (of->environment->posting && of->vector->kind != KIND_INTX)
		return depends("the IOMMU may post it to the guest, past the host; KVM says so only "
			       "when that begins");
	return (struct forecast) { FORECAST_YES, NULL };
}

/* Between which bounds deliver is. */
static struct forecast forecast_bound(const struct forecast_of *of)
{
	struct forecast accept = forecast_hop(of, HOP_ACCEPT);
	enum vms_apicv apicv;

	if (accept.answer == FORECAST_NO)
		return accept;
	if (!*of->source->hops[HOP_ENTER].attached)
		return no(of->source->hops[HOP_ENTER].reason);
	apicv = of->environment->apicv ? apicv_of_users(of) : APICV_INHIBITED;
	if (apicv == APICV_INHIBITED)
		return no(INJECTED);
	return apicv == APICV_ACTIVE || accept.answer == FORECAST_DEPENDS ? accept : depends(ONLY_BY_CPU);
}

struct forecast forecast_stage(const struct forecast_of *of, enum imstrace_stage stage)
{
	struct forecast from = forecast_hop(of, stage_from(stage));
	struct forecast to = forecast_hop(of, stage_to(stage));

	if (stage_class(stage) == STAGE_IS_BOUND)
		return forecast_bound(of);
	if (stage == STAGE_DETOUR && from.answer == FORECAST_YES && to.answer == FORECAST_YES)
		return depends(ONLY_DETOURS);
	return from.answer > to.answer ? from : to;
}

struct forecast forecast_limit(const struct environment *environment, enum imstrace_stage stage)
{
	if (stage == STAGE_DETOUR)
		return depends(ONLY_DETOURS);
	if (stage_class(stage) == STAGE_IS_BOUND)
		return environment->apicv ? depends(ONLY_BY_CPU) : no(INJECTED);
	if (stage_to(stage) >= HOP_ENTER && stage_to(stage) <= HOP_EOI && environment->apicv)
		return depends(BY_CPU);
	if (stage == STAGE_HANDLER && environment->threadirqs)
		return (struct forecast) {
			FORECAST_YES, "handlers are threads: it includes the wake-up of the irq's thread",
		};
	return (struct forecast) { FORECAST_YES, NULL };
}

const char *forecast_answer_name(enum forecast_answer answer)
{
	static const char *const names[] = {
		[FORECAST_YES] = "yes", [FORECAST_DEPENDS] = "depends", [FORECAST_NO] = "no",
	};

	return names[answer];
}
