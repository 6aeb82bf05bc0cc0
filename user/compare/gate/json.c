// SPDX-License-Identifier: GPL-2.0-only
#include "format.h"

#include "../../version.h"

#include <jansson.h>
#include <math.h>

static json_t *number(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

static json_t *texts(const char from[][256], size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(array, json_string(from[i]));
	return array;
}

static json_t *cell_object(const struct gate *gate, const struct gate_cell *cell)
{
	bool tested = cell->base_units && cell->new_units, bounded = tested && isfinite(cell->high);

	return json_pack("{s:s, s:s?, s:s, s:s, s:s, s:b, s:f, s:i, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:s?}",
			 "devices", cell->group->name,
			 "mode", *cell->group->mode ? cell->group->mode : NULL,
			 "stage", stage_name(cell->stage),
			 "percentile", percentile_name(cell->percentile),
			 "state", cell_state_name(cell->state),
			 "to_blame", (int)gate_to_blame(gate, cell),
			 "limit", cell->limit,
			 "base_units", (int)cell->base_units,
			 "new_units", (int)cell->new_units,
			 "base", tested ? json_integer(llround(cell->base)) : json_null(),
			 "new", tested ? json_integer(llround(cell->new)) : json_null(),
			 "change", tested ? number(cell->change) : json_null(),
			 "low", bounded ? number(cell->low) : json_null(),
			 "high", bounded ? number(cell->high) : json_null(),
			 "p", tested ? number(cell->p) : json_null(),
			 "reason", *cell->reason ? cell->reason : NULL);
}

static json_t *count_object(const struct gate *gate, const struct gate_count *count)
{
	return json_pack("{s:s, s:s?, s:s, s:s?, s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:f}",
			 "devices", count->group->name,
			 "mode", *count->group->mode ? count->group->mode : NULL,
			 "hop", hop_name(count->hop),
			 "from", count_is_first(count) ? NULL : hop_name(count->from),
			 "state", count_state_name(count->state),
			 "to_blame", (int)gate_count_to_blame(gate, count),
			 "base", (json_int_t)count->counts[0],
			 "new", (json_int_t)count->counts[1],
			 "base_of", (json_int_t)count->of[0],
			 "new_of", (json_int_t)count->of[1],
			 "base_few", (json_int_t)count->few[0],
			 "new_few", (json_int_t)count->few[1],
			 "base_none", (json_int_t)count->none[0],
			 "new_none", (json_int_t)count->none[1],
			 "change", count->change,
			 "p", count->p);
}

/* Takes @value. */
static void write_value(FILE *out, json_t *value, size_t flags)
{
	if (!value || json_dumpf(value, out, flags))
		fputs("out of memory", out);
	putc('\n', out);
	json_decref(value);
}

void gate_write_json(FILE *out, const struct gate *gate)
{
	json_t *cells = json_array(), *counts = json_array();

	for (size_t i = 0; i < gate->cell_count; i++)
		json_array_append_new(cells, cell_object(gate, &gate->cells[i]));
	for (size_t i = 0; i < gate->count_count; i++)
		json_array_append_new(counts, count_object(gate, &gate->counts[i]));
	write_value(out, json_pack("{s:s, s:i, s:s, s:s, s:i, s:s, s:f, s:i, s:i, s:o, s:o, s:o, s:o}",
				   "type", "gate",
				   "schema", IMSTRACE_SCHEMA,
				   "version", IMSTRACE_VERSION,
				   "verdict", gate_verdict_name(gate->verdict),
				   "exit_code", gate_exit_code(gate->verdict),
				   "unit", gate_unit_name(gate->unit),
				   "alpha", gate->options->alpha,
				   "base_runs", (int)gate->runs[0],
				   "new_runs", (int)gate->runs[1],
				   "reasons", texts(gate->reasons, gate->reason_count),
				   "notes", texts(gate->notes, gate->note_count),
				   "stages", cells,
				   "interrupts", counts), JSON_COMPACT);
}

/* How many more are missing than in the base: less is better, as for times. */
static json_t *missing_object(const struct gate_count *count)
{
	char text[COUNT_TEXT], few[64] = "";

	if (count->few[1])
		snprintf(few, sizeof(few), "; %zu runs of the new have few or none", count->few[1]);
	return json_pack("{s:o, s:s, s:f, s:o, s:o}",
			 "name", json_sprintf("%s, interrupts missing at %s", count->group->name,
					      hop_name(count->hop)),
			 "unit", "%",
			 "value", 100 * fmax(0, -count->change),
			 "range", json_sprintf("p %.2g", count->p),
			 "extra", json_sprintf("%s %s%s", count_state_name(count->state),
					       count_text(text, count), few));
}

/* An array of what is smaller when it is better, the new figures only: the action keeps the old ones. */
void gate_write_benchmark(FILE *out, const struct gate *gate)
{
	json_t *all = json_array();

	for (size_t i = 0; i < gate->cell_count; i++) {
		const struct gate_cell *cell = &gate->cells[i];
		char interval[GATE_TEXT], change[GATE_TEXT];

		if (!cell->base_units || !cell->new_units)
			continue;
		json_array_append_new(all, json_pack(
			"{s:o, s:s, s:f, s:o, s:o}",
			"name", json_sprintf("%s, %s %s", cell->group->name, stage_name(cell->stage),
					     percentile_name(cell->percentile)),
			"unit", "us",
			"value", cell->new / 1e3,
			"range", json_sprintf("change %s", gate_interval(interval, cell)),
			"extra", json_sprintf("%s: %s", cell_state_name(cell->state),
					      gate_change(change, cell))));
	}
	for (size_t i = 0; i < gate->count_count; i++)
		json_array_append_new(all, missing_object(&gate->counts[i]));
	write_value(out, all, JSON_INDENT(2));
}
