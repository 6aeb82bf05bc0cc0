// SPDX-License-Identifier: GPL-2.0-only
#include "in_flight.h"

#include "imstrace.skel.h"

#include <imstrace/in_flight.h>
#include <stdlib.h>

static void tell_one(const struct source *source, const struct imstrace_interrupt *interrupt,
		     enum imstrace_end end)
{
	struct imstrace_interrupt record = *interrupt;

	record.end = end;
	interrupt_forget_waits(&record);
	source->handlers.interrupt(source->handlers.context, &record);
}

static void tell_one_in_flight(const struct source *source, const struct imstrace_interrupt *interrupt)
{
	tell_one(source, interrupt, END_IN_FLIGHT);
}

/* An irq that lines share is not counted before it is known whose it is. */
static bool is_begun(const struct source *source, const struct open_interrupt *open)
{
	if (open->state == OPEN_IRQ)
		return open->current.id < source->capacity &&
		       source->vectors[open->current.id].kind != KIND_INTX;
	return open->state == OPEN_SIGNALLED;
}

/* In a handler, or between its signal and KVM. */
static void tell_open(const struct source *source, const struct imstrace_bpf *programs)
{
	const struct bpf_map *map = programs->maps.open_interrupts;
	int cpus = libbpf_num_possible_cpus();
	size_t size = bpf_map__value_size(map) * cpus;
	struct open_interrupt *open = malloc(size);
	__u32 zero = 0;

	if (open && !bpf_map__lookup_elem(map, &zero, sizeof(zero), open, size, 0))
		for (int cpu = 0; cpu < cpus; cpu++)
			if (is_begun(source, &open[cpu]))
				tell_one_in_flight(source, &open[cpu].current);
	free(open);
}

/* Between a signal outside of handlers and KVM. */
static bool tell_outside(const struct open_interrupt *open, void *source)
{
	if (open->state == OPEN_SIGNALLED)
		tell_one_in_flight(source, &open->current);
	return false;
}

/* Between its handler and its signal, or waiting for KVM's workqueue or for its line to be unmasked. */
static void tell_deferred(const struct source *source, const struct deferred_interrupts *deferred)
{
	if (deferred->waiting & DEFERRED_VALID)
		tell_one_in_flight(source, &deferred->buffers[deferred->waiting & DEFERRED_BUFFER]);
	if (deferred->queued.state == OPEN_QUEUED)
		tell_one_in_flight(source, &deferred->queued.current);
	if (deferred->at_pin.state == OPEN_AT_PIN)
		tell_one_in_flight(source, &deferred->at_pin.current);
	if (deferred->is_kept)
		tell_one(source, &deferred->kept, deferred->kept_end);
}

void tell_in_flight(const struct source *source, const struct memory *memory,
		    const struct imstrace_bpf *programs)
{
	__u32 count = programs->bss->totals.guests;

	if (!source->handlers.interrupt)
		return;
	tell_open(source, programs);
	visit_contexts(programs, tell_outside, (void *)source);
	for (__u32 id = 0; id < source_vector_count(source); id++)
		tell_deferred(source, &memory->deferred[id]);
	for (__u32 i = 0; i < count; i++) {
		const struct guest_interrupt *guest = &memory->guests[i];

		if (guest->state >= PENDING_VALID)
			tell_one_in_flight(source, &guest->pending);
		if (guest->service_valid && guest->service < GUEST_BUFFERS)
			tell_one_in_flight(source, &guest->buffers[guest->service]);
	}
}
