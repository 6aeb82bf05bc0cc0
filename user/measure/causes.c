// SPDX-License-Identifier: GPL-2.0-only
#include "causes.h"

#include "stages.h"

#include <string.h>

static const struct {
	const char *name, *what, *remedy;
} causes[] = {
#define X(ENUM, name, what, remedy) [SLOW_##ENUM] = { #name, what, remedy },
	IMSTRACE_SLOW_CAUSES(X)
#undef X
};

const char *slow_cause_name(enum slow_cause cause)
{
	return causes[cause].name;
}

const char *slow_cause_what(enum slow_cause cause)
{
	return causes[cause].what;
}

const char *slow_cause_remedy(enum slow_cause cause)
{
	return causes[cause].remedy;
}

/* Takes what is there of @wanted off @left. */
static __u64 take(__u64 *left, __u64 wanted)
{
	__u64 taken = wanted < *left ? wanted : *left;

	*left -= taken;
	return taken;
}

/* The thread of an idle CPU has pid 0, and is no competitor. */
static enum slow_cause cause_of_waiting(const struct imstrace_interrupt *interrupt)
{
	if (!*interrupt->behind_name)
		return SLOW_WAITED;
	return interrupt->behind ? SLOW_PREEMPTED : SLOW_IDLE;
}

/* @left: from the accept to the injection or, where the CPU delivers, to when it did at the earliest. */
static void divide_deliver(const struct imstrace_interrupt *interrupt, __u64 left, __u64 ns[SLOW_CAUSE_COUNT])
{
	__u64 accept = interrupt->times[HOP_ACCEPT], enter = interrupt->times[HOP_ENTER];
	__u64 before = enter > accept ? enter - accept : 0;

	if (!enter) {
		ns[SLOW_UNKNOWN] += left;
		return;
	}
	before = take(&left, before);
	ns[SLOW_WAKE] += take(&before, interrupt->slept);
	ns[cause_of_waiting(interrupt)] += take(&before, interrupt->waited);
	ns[SLOW_EXIT] += before;
	ns[cause_of_waiting(interrupt)] += take(&left, interrupt->window_waited);
	ns[SLOW_GUEST] += left;
}

static void divide_service(const struct imstrace_interrupt *interrupt, __u64 left, __u64 ns[SLOW_CAUSE_COUNT])
{
	ns[cause_of_waiting(interrupt)] += take(&left, interrupt->service_waited);
	ns[SLOW_SERVICE] += left;
}

/* From one hop that was seen to the next. */
static void divide(const struct imstrace_interrupt *interrupt, enum imstrace_hop from, enum imstrace_hop to,
		   __u64 passed, __u64 ns[SLOW_CAUSE_COUNT])
{
	if (from == HOP_IRQ && to == HOP_SIGNAL)
		ns[SLOW_HANDLER] += passed;
	else if (from == HOP_SIGNAL && to == HOP_ACCEPT)
		ns[interrupt->read ? SLOW_DETOUR : SLOW_SIGNAL] += passed;
	else if (from == HOP_ACCEPT && to == HOP_INJECT)
		divide_deliver(interrupt, passed, ns);
	else if (from == HOP_INJECT && to == HOP_EOI)
		divide_service(interrupt, passed, ns);
	else if (from == HOP_EOI && to == HOP_UNMASK)
		ns[SLOW_UNMASK] += passed;
	else
		ns[SLOW_UNKNOWN] += passed;
}

void slow_causes(const struct imstrace_interrupt *interrupt, __u64 ns[SLOW_CAUSE_COUNT])
{
	__u64 left = interrupt_took(interrupt), last = 0;
	enum imstrace_hop from = HOP_COUNT;

	memset(ns, 0, SLOW_CAUSE_COUNT * sizeof(*ns));
	for (unsigned int hop = 0; hop < HOP_COUNT; hop++) {
		__u64 time = interrupt->times[hop];

		/* It divides deliver, see divide_deliver(). */
		if (hop == HOP_ENTER)
			continue;
		if (hop == HOP_INJECT && !time)
			time = interrupt->delivered_after ?: interrupt->times[HOP_ENTER];
		if (!time || (hop == HOP_EOI && interrupt->eoi_late))
			continue;
		if (from != HOP_COUNT)
			divide(interrupt, from, hop, take(&left, time > last ? time - last : 0), ns);
		from = hop;
		last = time;
	}
	/* Clocks of two CPUs may differ by some ns. */
	ns[SLOW_UNKNOWN] += left;
}
