/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the user sees of what was replayed: figures, text and JSON.
 */
#ifndef IMSTRACE_TESTS_REPLAY_VIEW_H
#define IMSTRACE_TESTS_REPLAY_VIEW_H

#include "world.h"

#include "../../user/measure/measurement.h"
#include "../../user/sink/sink.h"

#include <jansson.h>

/* What there is to say of the world's vector since the beginning. */
struct view {
	struct measurement *measurement;
	const struct vector_figures *vector;
	json_t *json;
	char *text;
};

static inline struct view look(struct world *world)
{
	static const struct vector_filter any;
	struct source *source = replay_source(world->replay);
	const struct figures *figures;
	struct view view = { 0 };
	struct sink json = { .ops = &json_sink }, text = { .ops = &text_sink };
	char *line = NULL;
	size_t size;

	view.measurement = measurement_new(source, &any);
	assert_non_null(view.measurement);
	figures = measurement_interval(view.measurement, source->now(source));
	for (size_t i = 0; i < figures->count; i++)
		if (figures->vectors[i].vector.vector == world->vector.index)
			view.vector = &figures->vectors[i];
	assert_non_null(view.vector);

	json.out = open_memstream(&line, &size);
	json_sink.interval(&json, figures);
	fclose(json.out);
	view.json = json_loads(line, 0, NULL);
	assert_non_null(view.json);
	free(line);
	assert_true(sink_open(&text));
	text.out = open_memstream(&view.text, &size);
	text_sink.interval(&text, figures);
	text_sink.summary(&text, figures);
	fclose(text.out);
	sink_close(&text);
	return view;
}

static inline void view_free(struct view *view)
{
	measurement_free(view->measurement);
	json_decref(view->json);
	free(view->text);
}

static inline json_t *vector_of(const struct view *view)
{
	json_t *vectors = json_object_get(view->json, "vectors"), *vector;
	size_t index;

	json_array_foreach(vectors, index, vector)
		if (json_integer_value(json_object_get(vector, "vector")) ==
		    view->vector->vector.vector)
			return vector;
	return NULL;
}

static inline void assert_mode(const struct view *view, const char *mode)
{
	json_t *json = json_object_get(vector_of(view), "mode");

	if (!mode) {
		assert_null(vector_mode(&view->vector->vector, &view->vector->account));
		assert_true(json_is_null(json));
		return;
	}
	assert_string_equal(vector_mode(&view->vector->vector, &view->vector->account), mode);
	assert_string_equal(json_string_value(json), mode);
	assert_non_null(strstr(view->text, mode));
}

/* The hop is n/a for @why in every output; NULL: it is counted, in every output. */
static inline void assert_missing(const struct view *view, enum imstrace_hop hop, const char *why)
{
	json_t *hops = json_object_get(vector_of(view), "hops");
	json_t *json = json_object_get(hops, hop_name(hop));

	if (!why) {
		assert_null(view->vector->hop_missing[hop]);
		assert_true(json_is_integer(json));
		return;
	}
	assert_non_null(view->vector->hop_missing[hop]);
	assert_string_equal(view->vector->hop_missing[hop], why);
	assert_true(json_is_null(json));
	assert_non_null(strstr(view->text, why));
}

/* All hops from @from on, of a vector that is no INTx line. */
static inline void assert_all_missing(const struct view *view, enum imstrace_hop from, const char *why)
{
	for (unsigned int hop = 0; hop <= HOP_EOI; hop++)
		assert_missing(view, hop, hop >= from ? why : NULL);
	/* What only INTx lines have, people are not told of where there is none. */
	assert_string_equal(view->vector->hop_missing[HOP_UNMASK], ONLY_INTX);
	assert_true(json_is_null(json_object_get(json_object_get(vector_of(view), "hops"),
						 "unmask")));
	assert_null(strstr(view->text, "unmask"));
}

#endif /* IMSTRACE_TESTS_REPLAY_VIEW_H */
