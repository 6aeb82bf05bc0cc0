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

static const struct {
	const char *name, *what;
	enum imstrace_hop hop;
	enum end_class class;
} ends[] = {
#define X(ENUM, name, hop, class, what) { #name, what, HOP_##hop, END_OF_##class },
	IMSTRACE_ENDS(X)
#undef X
};

const char *end_name(enum imstrace_end end)
{
	return end < END_COUNT ? ends[end].name : "?";
}

const char *end_what(enum imstrace_end end)
{
	return end < END_COUNT ? ends[end].what : "?";
}

enum imstrace_hop end_hop(enum imstrace_end end)
{
	return ends[end].hop;
}

enum end_class end_class(enum imstrace_end end)
{
	return ends[end].class;
}

bool end_counted(enum imstrace_end end)
{
	return end != END_COMPLETE && end != END_IN_FLIGHT;
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
	case CAUSE_EVENTFD:
		return "eventfd";
	case CAUSE_IOCTL:
		return "ioctl";
	case CAUSE_RESENT:
		return "resent";
	case CAUSE_COUNT:
		break;
	}
	return "?";
}
