// SPDX-License-Identifier: GPL-2.0-only
/*
 * The object of imstrace check.
 */
#include "objects.h"

#include "../measure/forecast.h"
#include "../model/hops.h"
#include "../measure/stages.h"
#include "../version.h"
#include "sink.h"

static json_t *capabilities(const struct environment *environment)
{
	json_t *object = json_object();

	for (size_t i = 0; i < CAPABILITY_COUNT; i++)
		json_object_set_new(object, capability_name(i),
				    json_boolean(environment->capabilities[i]));
	return object;
}

static json_t *modules(const struct environment *environment)
{
	json_t *object = json_object();

	for (size_t i = 0; i < MODULE_COUNT; i++)
		json_object_set_new(object, module_name(i), json_boolean(environment->modules[i]));
	return object;
}

static json_t *feature_object(const struct feature_status *feature)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o}",
			 "name", object_name(feature->name),
			 "attached", *feature->attached ? object_name(feature->attached) : json_null(),
			 "verified", *feature->attached && *feature->verified ?
				     object_name(feature->verified) : json_null(),
			 "refused", *feature->tried ? object_name(feature->tried) : json_null(),
			 "lost", *feature->attached || !feature->lost ? json_null() :
							       object_name(feature->lost));
}

json_t *object_features(const struct source *source)
{
	json_t *features = json_array();

	for (size_t i = 0; source && i < source->feature_count; i++)
		json_array_append_new(features, feature_object(&source->features[i]));
	return features;
}

/* null: it is empty. */
static json_t *name_or_null(const char *text)
{
	return *text ? object_name(text) : json_null();
}

static json_t *number_or_null(__u32 number)
{
	return number == IMSTRACE_NONE ? json_null() : json_integer(number);
}

static json_t *apicv_object(const struct source_vm *vm)
{
	json_t *inhibits = json_array();

	for (size_t i = 0; i < vm->inhibit_count; i++)
		json_array_append_new(inhibits, json_string(vm->inhibits[i]));
	return json_pack("{s:b, s:o}", "active", !vm->inhibit_count, "inhibits", inhibits);
}

/* Of each VM of the process. */
static json_t *apicv(const struct source *source, __u32 pid)
{
	json_t *array;

	if (!source || !source->vms_known)
		return json_null();
	array = json_array();
	for (size_t i = 0; i < source->vm_count; i++)
		if (source->vms[i].pid == pid)
			json_array_append_new(array, apicv_object(&source->vms[i]));
	return array;
}

static json_t *process_object(const struct inventory_process *process, const struct source *source)
{
	return json_pack("{s:I, s:o, s:o, s:i, s:i, s:o}",
			 "pid", (json_int_t)process->pid,
			 "process", name_or_null(process->name),
			 "guest", name_or_null(process->guest),
			 "vms", (int)process->vms,
			 "vcpus", (int)process->vcpus,
			 "apicv", apicv(source, process->pid));
}

static json_t *vms(const struct inventory *inventory, const struct source *source)
{
	json_t *array = json_array();

	for (size_t i = 0; i < inventory->process_count; i++)
		if (inventory->processes[i].vms)
			json_array_append_new(array, process_object(&inventory->processes[i], source));
	return array;
}

static json_t *forecast_object(struct forecast forecast)
{
	return json_pack("{s:s, s:o}", "seen", forecast_answer_name(forecast.answer),
			 "reason", forecast.why ? object_name(forecast.why) : json_null());
}

static json_t *vector_object(const struct forecast_of *of)
{
	json_t *hops = json_object(), *stages = json_object();

	for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
		json_object_set_new(hops, hop_name(hop), forecast_object(forecast_hop(of, hop)));
	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++)
		json_object_set_new(stages, stage_name(stage),
				    forecast_object(forecast_stage(of, stage)));
	return json_pack("{s:i, s:I, s:o, s:b, s:o, s:o}",
			 "vector", (int)of->vector->vector,
			 "irq", (json_int_t)of->vector->irq,
			 "slot", number_or_null(of->vector->slot),
			 "threaded", (int)of->vector->threaded,
			 "hops", hops,
			 "stages", stages);
}

static json_t *device_object(struct forecast_of *of)
{
	const struct inventory_device *device = of->device;
	json_t *users = json_array(), *vectors = json_array();

	for (size_t i = 0; i < device->user_count; i++)
		json_array_append_new(users, json_integer(device->users[i]));
	for (size_t i = 0; i < device->vector_count; i++) {
		of->vector = &device->vectors[i];
		json_array_append_new(vectors, vector_object(of));
	}
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "device", object_name(device->name),
			 "driver", name_or_null(device->driver),
			 "class", name_or_null(device->class),
			 "iommu_group", name_or_null(device->group),
			 "pids", users,
			 "intx_irq", number_or_null(device->intx),
			 "vectors", vectors);
}

static json_t *devices(struct forecast_of *of)
{
	json_t *array = json_array();

	for (size_t i = 0; i < of->inventory->device_count; i++) {
		of->device = &of->inventory->devices[i];
		json_array_append_new(array, device_object(of));
	}
	return array;
}

static json_t *not_looked_at(const struct inventory *inventory)
{
	return json_pack("{s:i, s:b, s:b}",
			 "processes", (int)inventory->unread,
			 "hidden", (int)inventory->hidden,
			 "other_namespaces", (int)inventory->of_namespace);
}

static json_t *parameters(const struct environment *environment)
{
	json_t *object = json_object();

	for (size_t i = 0; i < PARAMETER_COUNT; i++)
		json_object_set_new(object, parameter_name(i), name_or_null(environment->parameters[i]));
	return object;
}

json_t *object_check(const struct environment *environment, const struct inventory *inventory,
		     const struct source *source)
{
	struct forecast_of of = {
		.environment = environment, .source = source, .inventory = inventory,
	};
	json_t *stages = json_object(), *limits = json_object();

	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++) {
		struct forecast limit = forecast_limit(environment, stage);

		json_object_set_new(stages, stage_name(stage),
				    json_boolean(!stage_missing(source, stage)));
		json_object_set_new(limits, stage_name(stage),
				    limit.why ? json_string(limit.why) : json_null());
	}
	return json_pack("{s:s, s:i, s:s, s:o, s:b, s:b, s:b, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o,"
			 " s:o, s:o}",
			 "type", "check",
			 "schema", IMSTRACE_SCHEMA,
			 "version", IMSTRACE_VERSION,
			 "kernel", object_name(environment->kernel.release),
			 "btf", (int)environment->btf,
			 "apicv", (int)environment->apicv,
			 "posting", (int)environment->posting,
			 "threadirqs", (int)environment->threadirqs,
			 "capabilities", capabilities(environment),
			 "modules", modules(environment),
			 "parameters", parameters(environment),
			 "features", object_features(source),
			 "stages", stages,
			 "stage_limits", limits,
			 "vms", vms(inventory, source),
			 "devices", devices(&of),
			 "not_looked_at", not_looked_at(inventory));
}
