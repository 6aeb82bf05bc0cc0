// SPDX-License-Identifier: GPL-2.0-only
#include "hops.h"

const char *hop_name(enum imstrace_hop hop)
{
	static const char *const names[] = {
#define X(ENUM, name, what) [HOP_##ENUM] = #name,
		IMSTRACE_HOPS(X)
#undef X
	};

	return hop < HOP_COUNT ? names[hop] : "?";
}

const char *hop_what(enum imstrace_hop hop)
{
	static const char *const texts[] = {
#define X(ENUM, name, what) [HOP_##ENUM] = what,
		IMSTRACE_HOPS(X)
#undef X
	};

	return hop < HOP_COUNT ? texts[hop] : "?";
}

const char *end_name(enum imstrace_end end)
{
	switch (end) {
	case END_COMPLETE:
		return "complete";
	case END_COALESCED:
		return "coalesced";
	case END_SIGNALLED:
		return "signalled";
	case END_UNMATCHED:
		return "unmatched";
	case END_HARDWARE:
		return "hardware";
	case END_LOST:
		return "lost";
	case END_IN_FLIGHT:
		return "in_flight";
	case END_COUNT:
		break;
	}
	return "?";
}

const char *cause_name(enum imstrace_cause cause)
{
	switch (cause) {
	case CAUSE_IRQ:
		return "irq";
	case CAUSE_EMULATED:
		return "emulated";
	case CAUSE_LOOPBACK:
		return "loopback";
	case CAUSE_COUNT:
		break;
	}
	return "?";
}
