// SPDX-License-Identifier: GPL-2.0-only
#include "objects.h"

#include "../model/hops.h"
#include "../measure/accounts.h"
#include "../measure/device_use.h"
#include "../model/lifecycle.h"
#include "../model/tasks.h"
#include "../version.h"
#include "sink.h"

#include <string.h>

json_t *object_name(const char *text)
{
	char clean[1024];

	sink_clean(clean, sizeof(clean), text);
	return json_string(clean);
}

/* It may lack its NUL. */
static json_t *device(const char name[IMSTRACE_NAME_LEN])
{
	char clean[IMSTRACE_NAME_LEN];

	sink_clean(clean, sizeof(clean), name);
	return json_string(clean);
}

static json_t *known(__u32 number)
{
	return number == IMSTRACE_NONE ? json_null() : json_integer(number);
}

static json_t *word(const char *text)
{
	return text ? json_string(text) : json_null();
}

json_t *object_start(const struct source *source)
{
	json_t *hops = json_object();

	for (unsigned int hop = 0; hop < HOP_COUNT; hop++) {
		const struct hop_status *status = &source->hops[hop];

		json_object_set_new(hops, hop_name(hop),
				    json_pack("{s:o, s:o}",
					      "attached", *status->attached ?
							  object_name(status->attached) : json_null(),
					      "reason", *status->attached ? json_null() :
							object_name(status->reason)));
	}
	return json_pack("{s:s, s:i, s:s, s:o, s:I, s:I, s:o}",
			 "type", "start",
			 "schema", IMSTRACE_SCHEMA,
			 "version", IMSTRACE_VERSION,
			 "kernel", object_name(source->kernel),
			 "time", (json_int_t)source->started,
			 "to_wall_clock", (json_int_t)source->to_wall_clock,
			 "hops", hops);
}

json_t *object_lifecycle(const struct imstrace_lifecycle *step)
{
	bool of_index = lifecycle_of_index(step->step);
	json_t *object;

	object = json_pack("{s:s, s:I, s:s, s:o, s:o, s:o, s:o, s:o, s:i, s:o, s:o}",
			   "type", "lifecycle",
			   "time", (json_int_t)step->time,
			   "event", lifecycle_name(step->step),
			   "device", device(step->device),
			   "vector", of_index ? json_null() : json_integer(step->vector),
			   "irq", known(step->irq),
			   "slot", known(step->slot),
			   "pasid", known(step->pasid),
			   "ret", step->ret,
			   "eventfd_id", known(step->eventfd_id),
			   "pid", step->pid ? json_integer(step->pid) : json_null());
	if (of_index)
		json_object_set_new(object, "vectors", json_integer(step->vector));
	if (step->step == STEP_AUXDATA_WRITE) {
		json_object_set_new(object, "old_ctrl", json_integer(step->old_ctrl));
		json_object_set_new(object, "new_ctrl", json_integer(step->new_ctrl));
	}
	if (step->step == STEP_POSTED)
		json_object_set_new(object, "guest_vector", json_integer(step->data));
	if (step->step == STEP_STRAY)
		json_object_set_new(object, "hop", json_string(hop_name(step->hop)));
	if (step->step == STEP_MSG_WRITE) {
		json_object_set_new(object, "address", json_integer(step->address));
		json_object_set_new(object, "data", json_integer(step->data));
	}
	return object;
}

static json_t *time_or_null(__u64 time)
{
	return time ? json_integer((json_int_t)time) : json_null();
}

/* Who had the CPU as a vCPU's thread began to wait for it. */
static json_t *competitor(const char *name, __u32 pid, __u32 policy, __s32 priority)
{
	int level;
	bool realtime = task_is_realtime(priority, &level);
	char text[IMSTRACE_TASK_LEN + 1] = "";

	memcpy(text, name, IMSTRACE_TASK_LEN);
	return json_pack("{s:o, s:I, s:o, s:o, s:o}",
			 "name", object_name(text),
			 "pid", (json_int_t)pid,
			 "policy", word(task_policy(policy)),
			 "priority", realtime ? json_integer(level) : json_null(),
			 "nice", realtime ? json_null() : json_integer(level));
}

static json_t *behind(const struct imstrace_interrupt *interrupt)
{
	return *interrupt->behind_name ? competitor(interrupt->behind_name, interrupt->behind,
						    interrupt->behind_policy, interrupt->behind_priority) :
					 json_null();
}

json_t *object_interrupt(const struct imstrace_vector *vector,
			 const struct imstrace_interrupt *interrupt)
{
	json_t *hops = json_object(), *stages = json_object();

	for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
		json_object_set_new(hops, hop_name(hop),
				    time_or_null(interrupt->times[hop]));
	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++) {
		long long time = stage_time(interrupt, stage);

		json_object_set_new(stages, stage_name(stage),
				    time >= 0 ? json_integer(time) : json_null());
	}
	return json_pack("{s:s, s:o, s:i, s:o, s:o, s:o, s:i, s:o, s:o, s:o, s:s, s:s, s:b, s:o, s:b, s:o, s:o,"
			 " s:o}",
			 "type", "interrupt",
			 "device", device(vector->device),
			 "vector", vector->vector,
			 "irq", known(vector->irq),
			 "vcpu", known(interrupt->vcpu),
			 "guest_vector", known(interrupt->guest_vector),
			 "cpu", interrupt->cpu,
			 "vcpu_cpu", interrupt->vcpu_cpu ? json_integer(interrupt->vcpu_cpu - 1) : json_null(),
			 "other_node", interrupt->vcpu_cpu ? json_boolean(interrupt->other_node) : json_null(),
			 "behind", behind(interrupt),
			 "cause", cause_name(interrupt->cause),
			 "end", end_name(interrupt->end),
			 "uncoalesced", interrupt->recounted == END_COALESCED,
			 "recounted", interrupt->recounted ?
				      json_string(end_name(interrupt->recounted)) : json_null(),
			 "eoi_late", interrupt->eoi_late != 0,
			 "read", time_or_null(interrupt->read),
			 "hops", hops,
			 "stages", stages);
}

json_t *object_slowest(const struct slowest *slowest)
{
	json_t *interrupts = json_array();

	for (size_t i = 0; i < slowest->count; i++)
		json_array_append_new(interrupts,
				      object_interrupt(&slowest->interrupts[i].vector,
						       &slowest->interrupts[i].interrupt));
	return json_pack("{s:s, s:o}", "type", "slowest", "interrupts", interrupts);
}

json_t *object_figures(const struct stage_figures *figures)
{
	json_t *object = json_pack("{s:I}", "count", (json_int_t)figures->count);

#define FIGURE(name, is_known) \
	json_object_set_new(object, #name, is_known ? json_integer(figures->name) : json_null())
	FIGURE(min, figures->count);
	FIGURE(mean, figures->count);
#define X(name, heading, percent) FIGURE(name, figures->count && !figures->unplaced);
	IMSTRACE_PERCENTILES(X)
#undef X
	FIGURE(max, figures->count);
#undef FIGURE
	return object;
}

static json_t *ends_object(const struct imstrace_account *account)
{
	json_t *ends = json_object();

	for (unsigned int end = 0; end < END_COUNT; end++)
		if (end_counted(end))
			json_object_set_new(ends, end_name(end), json_integer(account->ends[end]));
	return ends;
}

/* The threads that signal what is no device's vector; null: it is a device's. */
static json_t *signallers(const struct imstrace_vector *vector)
{
	char text[IMSTRACE_SIGNALLERS_LEN], *at = text, *name;
	json_t *names;

	if (!kind_of_vm(vector->kind))
		return json_null();
	names = json_array();
	memcpy(text, vector->signallers, sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	while ((name = strsep(&at, ",")))
		if (*name)
			json_array_append_new(names, object_name(name + (*name == ' ')));
	return names;
}

json_t *object_thread(const struct source_competitor *of)
{
	json_t *object = competitor(of->total.name, of->key.pid, of->total.policy, of->total.priority);

	json_object_set_new(object, "count", json_integer((json_int_t)of->total.count));
	json_object_set_new(object, "ns", json_integer((json_int_t)of->total.ns));
	return object;
}

/* The threads behind which those of vCPUs have waited; null: of an interval, or not asked for. */
static json_t *vector_competitors(const struct figures *figures, const struct vector_figures *vector)
{
	size_t count;
	const struct source_competitor *all = figures_competitors(figures, vector, &count);
	json_t *list;

	if (!figures->source || !figures->source->competitors)
		return json_null();
	list = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, object_thread(&all[i]));
	return list;
}

static json_t *vector_object(const struct figures *figures, const struct vector_figures *seen)
{
	const struct imstrace_vector *vector = &seen->vector;
	json_t *hops = json_object(), *stages = json_object();

	for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
		json_object_set_new(hops, hop_name(hop), seen->hop_missing[hop] ? json_null() :
				    json_integer(seen->account.hops[hop]));
	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++)
		json_object_set_new(stages, stage_name(stage),
				    figures_stage_missing(seen, stage) ? json_null() :
				    object_figures(&seen->stages[stage]));
	return json_pack("{s:o, s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o,"
			 " s:I, s:I, s:I, s:I, s:o, s:I, s:I, s:I, s:o, s:o, s:I, s:I, s:o, s:o, s:o}",
			 "source", word(vector_source(vector)),
			 "device", device(vector->device),
			 "vector", vector->vector,
			 "irq", known(vector->irq),
			 "slot", known(vector->slot),
			 "pasid", known(vector->pasid),
			 "mode", word(vector_mode(vector, &seen->account)),
			 "eventfd_id", known(vector->eventfd_id),
			 "pid", vector->pid ? json_integer(vector->pid) : json_null(),
			 "vmm", *vector->vmm ? object_name(vector->vmm) : json_null(),
			 "guest", *vector->guest ? object_name(vector->guest) : json_null(),
			 "guest_vector", vector->guest_vector ? json_integer(vector->guest_vector) :
						 json_null(),
			 "vcpu", kind_of_vm(vector->kind) ? known(vector->vcpu) : json_null(),
			 "signallers", signallers(vector),
			 "masked_since", vector->masked_since ?
						 json_integer((json_int_t)vector->masked_since) :
						 json_null(),
			 "hops", hops,
			 "coalesced", (json_int_t)seen->account.ends[END_COALESCED],
			 "unmatched", (json_int_t)account_unmatched(&seen->account),
			 "hardware", (json_int_t)seen->account.ends[END_HARDWARE],
			 "lost", (json_int_t)account_lost(&seen->account),
			 "ends", ends_object(&seen->account),
			 "deferred", (json_int_t)seen->account.deferred,
			 "detours", (json_int_t)seen->account.detours,
			 "late_eois", (json_int_t)seen->account.late_eois,
			 "other_cpu", seen->places_known ?
				      json_integer((json_int_t)seen->account.other_cpu) : json_null(),
			 "other_node", seen->places_known ?
				       json_integer((json_int_t)seen->account.other_node) : json_null(),
			 "copies", (json_int_t)vector->copies,
			 "still_up", (json_int_t)vector->still_up,
			 "in_flight", seen->in_flight_missing ? json_null() :
				      json_integer(seen->in_flight),
			 "stages", stages,
			 "behind", vector_competitors(figures, seen));
}

static json_t *cut_off(const struct source *source)
{
	json_t *cuts = json_array();

	for (size_t i = 0; i < source->cut_count; i++)
		json_array_append_new(cuts, json_pack("{s:s, s:I, s:I, s:s}",
						      "file", source->cuts[i].file,
						      "byte", (json_int_t)source->cuts[i].byte,
						      "time", (json_int_t)source->cuts[i].time,
						      "why", source->cuts[i].why));
	return cuts;
}

static json_t *clock_set(const struct source *source)
{
	json_t *sets = json_array();

	for (unsigned int i = 0; i < source->clock_set_count; i++)
		json_array_append_new(sets, json_pack("{s:I, s:I}",
			"time", (json_int_t)source->clock_sets[i].time,
			"to_wall_clock", (json_int_t)source->clock_sets[i].to_wall_clock));
	return sets;
}

/* NULL: all have fired. */
static json_t *never_fired(const struct figures *figures)
{
	struct device_use use;
	json_t *devices = NULL;
	size_t at = 0;

	while (device_use_next(figures, &at, &use)) {
		if (!use.never_fired)
			continue;
		if (!devices)
			devices = json_array();
		json_array_append_new(devices, json_pack("{s:o, s:I, s:I, s:I}",
							 "device", device(use.device),
							 "vectors", (json_int_t)use.vectors,
							 "never_fired", (json_int_t)use.never_fired,
							 "host_irqs", (json_int_t)use.irqs));
	}
	return devices;
}

json_t *object_lost(const struct figures *figures)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
			 "vectors", (json_int_t)figures->totals.lost_vectors,
			 "lifecycle", (json_int_t)figures->totals.lost_lifecycle,
			 "interrupts", (json_int_t)figures->totals.lost_interrupts,
			 "runs", (json_int_t)figures->totals.lost_runs,
			 "values", (json_int_t)figures->totals.lost_values,
			 "guests", (json_int_t)figures_lost_guests(figures),
			 "competitors", (json_int_t)figures->totals.lost_competitors);
}

json_t *object_report(const char *type, const struct figures *figures)
{
	json_t *vectors = json_array(), *object, *unused;

	for (size_t i = 0; i < figures->count; i++)
		json_array_append_new(vectors, vector_object(figures, &figures->vectors[i]));
	object = json_pack("{s:s, s:I, s:I, s:o, s:o}",
			   "type", type,
			   "time", (json_int_t)figures->to,
			   "duration", (json_int_t)(figures->to - figures->from),
			   "lost", object_lost(figures),
			   "vectors", vectors);
	/* Of an interval it would say little. */
	if (figures->source && (unused = never_fired(figures)))
		json_object_set_new(object, "never_fired", unused);
	if (figures->source && figures->source->cut_count)
		json_object_set_new(object, "cut_off", cut_off(figures->source));
	if (figures->source && figures->source->blind_since)
		json_object_set_new(object, "blind_since",
				    json_integer(figures->source->blind_since));
	if (figures->source && figures->source->clock_set_count)
		json_object_set_new(object, "clock_set", clock_set(figures->source));
	return object;
}

/* Buckets with nothing in them are left out. */
static json_t *buckets_array(const struct histogram *histogram)
{
	json_t *buckets = json_array();

	for (__u32 bucket = 0; bucket < HISTOGRAM_BUCKETS; bucket++)
		if (histogram->buckets[bucket])
			json_array_append_new(buckets, json_pack("[I, I, I]",
				(json_int_t)histogram_bucket_low(bucket),
				(json_int_t)histogram_bucket_high(bucket),
				(json_int_t)histogram->buckets[bucket]));
	return buckets;
}

json_t *object_histogram(const struct figures *figures, const struct vector_figures *vector,
			 enum imstrace_stage stage)
{
	bool missing = figures_stage_missing(vector, stage);
	struct histogram histogram;

	if (!missing)
		figures_histogram(figures, vector, stage, &histogram);
	return json_pack("{s:s, s:I, s:o, s:i, s:s, s:o, s:o}",
			 "type", "histogram",
			 "time", (json_int_t)figures->to,
			 "device", device(vector->vector.device),
			 "vector", vector->vector.vector,
			 "stage", stage_name(stage),
			 "buckets", missing ? json_null() : buckets_array(&histogram),
			 "unplaced", missing ? json_null() : json_integer(histogram.unplaced));
}

/* What identifies a finding. */
static json_t *what_and_where(const struct lint_finding *finding)
{
	return json_pack("{s:s, s:o, s:i, s:o, s:o, s:o, s:o, s:o}",
			 "finding", lint_name(finding->rule),
			 "device", device(finding->device),
			 "vector", finding->vector,
			 "irq", known(finding->irq),
			 "slot", known(finding->slot),
			 "pasid", known(finding->pasid),
			 "eventfd_id", known(finding->eventfd_id),
			 "pid", finding->pid ? json_integer(finding->pid) : json_null());
}

json_t *object_finding(const struct lint_finding *finding)
{
	json_t *object = what_and_where(finding);

	json_object_set_new(object, "type", json_string("finding"));
	json_object_set_new(object, "time", json_integer(finding->time));
	return object;
}

json_t *object_verdict(const struct lint_verdict *verdict, int exit_code)
{
	json_t *findings = json_array();

	for (size_t i = 0; i < verdict->count; i++) {
		const struct lint_tally *tally = &verdict->tallies[i];
		json_t *object = what_and_where(&tally->first);

		json_object_set_new(object, "first", json_integer(tally->first.time));
		json_object_set_new(object, "count", json_integer(tally->count));
		json_object_set_new(object, "what", json_string(lint_what(tally->first.rule)));
		json_object_set_new(object, "remedy", json_string(lint_remedy(tally->first.rule)));
		json_array_append_new(findings, object);
	}
	return json_pack("{s:s, s:I, s:s, s:i, s:I, s:{s:I, s:I}, s:o}",
			 "type", "lint",
			 "time", (json_int_t)verdict->time,
			 "verdict", lint_result_name(verdict->result),
			 "exit_code", exit_code,
			 "steps", (json_int_t)verdict->steps,
			 "lost",
			 "vectors", (json_int_t)verdict->lost_vectors,
			 "lifecycle", (json_int_t)verdict->lost_lifecycle,
			 "findings", findings);
}
