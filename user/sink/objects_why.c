// SPDX-License-Identifier: GPL-2.0-only
/*
 * The JSON object of imstrace why.
 */
#include "objects.h"

#include "../measure/figures.h"

static json_t *causes_object(const struct why_sum *sum)
{
	json_t *causes = json_object();

	for (unsigned int cause = 0; cause < SLOW_CAUSE_COUNT; cause++)
		json_object_set_new(causes, slow_cause_name(cause),
				    json_pack("{s:I, s:I, s:I}",
					      "count", (json_int_t)sum->causes[cause].count,
					      "ns", (json_int_t)sum->causes[cause].ns,
					      "max", (json_int_t)sum->causes[cause].max));
	return causes;
}

static json_t *threads(const struct why_result *why)
{
	json_t *list = json_array();

	for (size_t i = 0; i < why->competitor_count; i++)
		json_array_append_new(list, object_thread(&why->competitors[i]));
	return list;
}

static json_t *vectors(const struct why_result *why)
{
	json_t *list = json_array();

	for (size_t i = 0; i < why->vector_count; i++) {
		const struct why_vector *of = &why->vectors[i];

		json_array_append_new(list, json_pack("{s:o, s:i, s:o, s:I, s:I, s:I, s:o}",
						      "device", object_name(of->vector.device),
						      "vector", of->vector.vector,
						      "guest", *of->vector.guest ?
							       object_name(of->vector.guest) : json_null(),
						      "interrupts", (json_int_t)of->sum.seen,
						      "slow", (json_int_t)of->sum.count,
						      "ns", (json_int_t)of->sum.ns,
						      "causes", causes_object(&of->sum)));
	}
	return list;
}

json_t *object_why(const struct why_result *why, const struct figures *figures)
{
	return json_pack("{s:s, s:I, s:I, s:o, s:I, s:b, s:I, s:I, s:I, s:o, s:o, s:o}",
			 "type", "why",
			 "time", (json_int_t)figures->to,
			 "duration", (json_int_t)(figures->to - figures->from),
			 "lost", object_lost(figures),
			 "over", (json_int_t)why->over,
			 "asked", why->asked,
			 "interrupts", (json_int_t)why->sum.seen,
			 "slow", (json_int_t)why->sum.count,
			 "ns", (json_int_t)why->sum.ns,
			 "causes", causes_object(&why->sum),
			 "behind", threads(why),
			 "vectors", vectors(why));
}
