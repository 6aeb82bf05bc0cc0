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
