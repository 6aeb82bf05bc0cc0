// SPDX-License-Identifier: GPL-2.0-only
#include "observer.h"

#include "lifecycle.h"

#include <string.h>

static void read_lost(const struct source *source, __u64 *lost_lifecycle, __u64 *lost_vectors)
{
	const volatile struct imstrace_totals *now = source->totals;

	*lost_lifecycle = now->lost_lifecycle;
	*lost_vectors = now->lost_vectors;
}

/*
 * Steps of all vectors, for what is not wanted of one now may be later. Those that are
 * lost were lost before now; which of those that are still to be read were
 * written before them, nobody knows.
 */
static void feed_lint(struct observer *observer, const struct imstrace_lifecycle *step)
{
	__u64 lost_before = observer->lost_lifecycle, lost_vectors;
	struct source *source = observer->source;

	read_lost(source, &observer->lost_lifecycle, &lost_vectors);
	if (observer->lost_lifecycle != lost_before)
		lint_doubt(observer->lint, source->now(source));
	lint_step(observer->lint, step);
}

/* An id may have been given to another vector since. */
static bool same_device(const struct imstrace_vector *vector, const char *device)
{
	return !strncmp(vector->device, device, sizeof(vector->device));
}

/* Of one that is not in the table, by what a step or a finding has. */
static enum imstrace_kind kind_by_numbers(__u32 irq, __u32 slot)
{
	if (slot != IMSTRACE_NONE)
		return KIND_IMS;
	return irq != IMSTRACE_NONE ? KIND_PCI : KIND_EMULATED;
}

static bool on_finding(void *context, const struct lint_finding *finding)
{
	const struct observer *observer = context;
	const struct source *source = observer->source;
	const struct imstrace_vector *owned;
	struct imstrace_vector vector = {
		.vector = finding->vector, .irq = finding->irq, .pid = finding->pid,
		.kind = kind_by_numbers(finding->irq, finding->slot),
	};

	memcpy(vector.device, finding->device, sizeof(vector.device));
	/* The process that bound it, if any has. */
	owned = finding->id < source->capacity ? &source->vectors[finding->id] : NULL;
	if (owned && same_device(owned, finding->device)) {
		vector.pid = owned->pid ?: vector.pid;
		vector.kind = owned->kind ?: vector.kind;
		memcpy(vector.vmm, owned->vmm, sizeof(vector.vmm));
		memcpy(vector.guest, owned->guest, sizeof(vector.guest));
	}
	if (vector_wanted(observer->options.filter, &vector) != WANTED_YES)
		return false;
	observer->options.finding(observer->options.context, finding);
	return true;
}

/* A step of the whole device, or of a vector that is not in the table. */
static bool unknown_wanted(const struct vector_filter *filter, const struct imstrace_lifecycle *step)
{
	struct vector_filter of_device = { .device = filter->device, .pid = filter->pid };
	struct imstrace_vector vector = {
		.vector = step->vector, .irq = step->irq, .pid = step->pid,
		.kind = kind_by_numbers(step->irq, step->slot),
	};

	memcpy(vector.device, step->device, sizeof(vector.device));
	return vector_wanted(lifecycle_of_index(step->step) ? &of_device : filter, &vector) ==
	       WANTED_YES;
}

static bool step_wanted(struct observer *observer, const struct imstrace_lifecycle *step)
{
	const struct vector_filter *filter = observer->options.filter;
	struct source *source = observer->source;
	struct imstrace_vector vector;

	if (step->id >= source->capacity)
		return unknown_wanted(filter, step);
	vector = source->vectors[step->id];
	/* The id has been given back since, or has no name yet: it says nothing of this vector. */
	if (!*vector.device)
		return unknown_wanted(filter, step);
	/* The record's is as of then: the vector may have moved on since. */
	if (step->irq != IMSTRACE_NONE)
		vector.irq = step->irq;
	switch (vector_wanted(filter, &vector)) {
	case WANTED_NO:
		/* Its irq, its VMM and its kind change with the next binding; its name does not. */
		if (!filter->irq && !filter->pid && !filter->guest && !filter->source &&
		    same_device(&vector, step->device))
			source->ignore(source, step->id);
		return false;
	case WANTED_YES:
		return true;
	case WANTED_LATER:
		break;
	}
	/* What it comes from, or whose it is, is not known yet: the step is told of. */
	return !filter->pid || step->pid == filter->pid;
}

static void on_lifecycle(void *context, const struct imstrace_lifecycle *step)
{
	struct observer *observer = context;
	bool wanted;

	if (observer->lint)
		feed_lint(observer, step);
	wanted = step_wanted(observer, step);
	observer->steps += wanted && !lifecycle_observed(step->step);
	if (observer->options.step)
		observer->options.step(observer->options.context, step, wanted);
}

static void on_interrupt(void *context, const struct imstrace_interrupt *interrupt)
{
	const struct observer *observer = context;
	const struct imstrace_vector *vector;

	if (interrupt->id >= observer->source->capacity)
		return;
	vector = &observer->source->vectors[interrupt->id];
	if (vector_wanted(observer->options.filter, vector) == WANTED_YES)
		observer->options.interrupt(observer->options.context, vector, interrupt);
}

bool observer_begin(struct observer *observer, struct source *source,
		    const struct observer_options *options)
{
	*observer = (struct observer) { .source = source, .options = *options };
	source->handlers = (struct source_handlers) {
		.lifecycle = on_lifecycle,
		.interrupt = options->interrupt ? on_interrupt : NULL,
		.context = observer,
	};
	if (!options->lint)
		return true;
	observer->lint = lint_new(on_finding, observer);
	if (!observer->lint)
		return false;
	/* The programs have been attached one by one: what they saw until now has gaps. */
	lint_doubt(observer->lint, source->now(source));
	read_lost(source, &observer->before.lost_lifecycle, &observer->before.lost_vectors);
	observer->lost_lifecycle = observer->before.lost_lifecycle;
	return true;
}

void observer_free(struct observer *observer)
{
	lint_free(observer->lint);
}

void observer_stop(struct observer *observer)
{
	if (observer->lint)
		lint_stop(observer->lint, observer->source->now(observer->source));
}

void observer_judge(struct observer *observer, struct lint_verdict *verdict)
{
	lint_end(observer->lint);
	read_lost(observer->source, &verdict->lost_lifecycle, &verdict->lost_vectors);
	verdict->lost_lifecycle -= observer->before.lost_lifecycle;
	verdict->lost_vectors -= observer->before.lost_vectors;
	verdict->steps = observer->steps;
	lint_judge(observer->lint, verdict);
}
