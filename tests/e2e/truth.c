// SPDX-License-Identifier: GPL-2.0-only
#include "truth.h"

#include <string.h>

json_t *guest_truth(struct program *guest)
{
	json_t *truth = program_line(guest), *vector;
	size_t i;

	/* Runs that are added up have different ones. */
	json_array_foreach(json_object_get(truth, "vectors"), i, vector)
		json_object_set(vector, "pid", json_object_get(truth, "pid"));
	return truth;
}

json_t *guest_run(const char *arguments)
{
	struct program guest = program_start(IMS_GUEST, arguments);
	json_t *truth = guest_truth(&guest);

	assert_int_equal(program_end(&guest), 0);
	return truth;
}

struct program guest_start(const char *arguments)
{
	struct program guest;
	char all[256];

	snprintf(all, sizeof(all), "--step %s", arguments);
	guest = program_start(IMS_GUEST, all);
	json_decref(program_line(&guest));
	return guest;
}

json_t *guest_ring(struct program *guest)
{
	program_tell(guest, "\n");
	return guest_truth(guest);
}

static json_t *vector_of(json_t *truth, long long vector)
{
	json_t *entry;
	size_t i;

	json_array_foreach(json_object_get(truth, "vectors"), i, entry)
		if (number(entry, "vector") == vector)
			return entry;
	return NULL;
}

static void add_vector(json_t *vector, json_t *later)
{
	static const char *const counts[] = { "rang", "seen" };
	static const char *const times[] = { "ring_ns", "held_ns", "isr_ns", "isr_end_ns" };

	for (size_t i = 0; i < COUNT(counts); i++)
		json_object_set_new(later, counts[i], json_integer(number(later, counts[i]) +
								   number(vector, counts[i])));
	for (size_t i = 0; i < COUNT(times); i++) {
		json_t *all = json_object_get(vector, times[i]);

		if (!all)
			continue;
		json_array_extend(all, json_object_get(later, times[i]));
		json_object_set(later, times[i], all);
	}
	json_object_update(vector, later);
}

void truth_add(json_t *truth, json_t *later)
{
	json_t *vectors = json_incref(json_object_get(truth, "vectors")), *vector;
	size_t i;

	assert_string_equal(text(truth, "device"), text(later, "device"));
	json_array_foreach(json_object_get(later, "vectors"), i, vector) {
		json_t *earlier = vector_of(truth, number(vector, "vector"));

		if (earlier)
			add_vector(earlier, vector);
		else
			json_array_append(vectors, vector);
	}
	json_object_update(truth, later);
	json_object_set_new(truth, "vectors", vectors);
}

bool truth_emulated(json_t *vector)
{
	return !strcmp(text(vector, "kind"), "emulated");
}
