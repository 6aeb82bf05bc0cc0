// SPDX-License-Identifier: GPL-2.0-only
#include "lifecycle.h"

#include "hops.h"

#include <stdio.h>
#include <string.h>

const char *lifecycle_name(enum imstrace_step step)
{
	static const char *const names[STEP_COUNT] = {
#define X(ENUM, name, ...) [STEP_##ENUM] = #name,
		IMSTRACE_LIFECYCLE(X)
		IMSTRACE_OBSERVATIONS(X)
#undef X
	};

	return step < STEP_COUNT ? names[step] : "?";
}

bool lifecycle_of_index(enum imstrace_step step)
{
	return step == STEP_INDEX_ENABLE || step == STEP_INDEX_DISABLE;
}

bool lifecycle_observed(enum imstrace_step step)
{
	switch (step) {
#define X(ENUM, name) case STEP_##ENUM:
	IMSTRACE_OBSERVATIONS(X)
#undef X
		return true;
	default:
		return false;
	}
}

void lifecycle_describe(const struct imstrace_lifecycle *step, char *text, size_t size)
{
	size_t used = 0;

	*text = '\0';
	switch ((enum imstrace_step)step->step) {
	case STEP_INDEX_ENABLE:
	case STEP_INDEX_DISABLE:
		used = snprintf(text, size, "%u vectors", step->vector);
		break;
	case STEP_MSG_WRITE:
		used = snprintf(text, size, "address %#llx data %#x",
				(unsigned long long)step->address, step->data);
		break;
	case STEP_AUXDATA_WRITE:
		used = snprintf(text, size, "control %#x -> %#x", step->old_ctrl, step->new_ctrl);
		break;
	case STEP_BYPASS_REGISTER:
	case STEP_BYPASS_UNREGISTER:
	case STEP_VECTOR_BIND:
	case STEP_VECTOR_UNBIND:
		if (step->eventfd_id != IMSTRACE_NONE)
			used = snprintf(text, size, "eventfd-id %u", step->eventfd_id);
		break;
	case STEP_KNOWN:
		used = snprintf(text, size, "bound before imstrace looked");
		break;
	case STEP_POSTED:
		used = snprintf(text, size, "by the IOMMU, as guest vector %#x", step->data);
		break;
	case STEP_STRAY:
		used = snprintf(text, size, "an interrupt out of order, at %s",
				hop_name(step->hop));
		break;
	default:
		break;
	}
	if (step->ret < 0 && used < size)
		snprintf(text + used, size - used, "%sfailed: %s", used ? ", " : "",
			 strerror((int)-(unsigned int)step->ret));
}
