// SPDX-License-Identifier: GPL-2.0-only
#include "format.h"

#include <math.h>
#include <stdint.h>

const struct gate_format gate_formats[] = {
	{ "table", "for people", gate_write_table },
	{ "markdown", "for a comment on a pull request, or a step's summary", gate_write_markdown },
	{ "junit", "a test case per stage and percentile, for CI systems", gate_write_junit },
	{ "json", "for scripts (docs/schema/imstrace-1.json)", gate_write_json },
	{ "github-action-benchmark", "its tool: customSmallerIsBetter", gate_write_benchmark },
};

const size_t gate_format_count = sizeof(gate_formats) / sizeof(gate_formats[0]);

const char *gate_change(char text[GATE_TEXT], const struct gate_cell *cell)
{
	if (cell->base_units && cell->new_units)
		snprintf(text, GATE_TEXT, "%+.1f %%", 100 * cell->change);
	else
		snprintf(text, GATE_TEXT, "n/a");
	return text;
}

const char *gate_interval(char text[GATE_TEXT], const struct gate_cell *cell)
{
	if (isinf(cell->high))
		snprintf(text, GATE_TEXT, "any");
	else
		snprintf(text, GATE_TEXT, "%+.1f to %+.1f %%", 100 * cell->low, 100 * cell->high);
	return text;
}

const char *gate_time(char text[GATE_TEXT], double ns)
{
	if (ns > 0)
		snprintf(text, GATE_TEXT, "%.1f", ns / 1e3);
	else
		snprintf(text, GATE_TEXT, "n/a");
	return text;
}

/* A sum has regressed by itself if none of its stages has. */
bool gate_to_blame(const struct gate *gate, const struct gate_cell *cell)
{
	return gate->verdict == GATE_REGRESSION && gate->times_hold &&
	       cell->state == CELL_REGRESSED && !cell->follows;
}

bool gate_count_to_blame(const struct gate *gate, const struct gate_count *count)
{
	return gate->verdict == GATE_REGRESSION && gate->counts_hold &&
	       count->state == COUNT_FEWER;
}

static size_t units_of(const struct gate_cell *cell, size_t side)
{
	if (!cell->base_units || !cell->new_units)
		return 0;
	return side ? cell->new_units : cell->base_units;
}

/* "12", or "12 to 20" if it differs from stage to stage. */
static void write_units(FILE *out, const struct gate *gate, size_t side)
{
	size_t least = SIZE_MAX, most = 0;

	for (size_t i = 0; i < gate->cell_count; i++) {
		size_t units = units_of(&gate->cells[i], side);

		least = units < least ? units : least;
		most = units > most ? units : most;
	}
	if (least < most)
		fprintf(out, "%zu to ", least);
	fprintf(out, "%zu", most);
}

/* Whether each run has been compared as one. */
static bool all_compared(const struct gate *gate)
{
	for (size_t i = 0; i < gate->cell_count; i++)
		for (size_t side = 0; side < 2; side++)
			if (units_of(&gate->cells[i], side) != gate->runs[side])
				return false;
	return gate->cell_count;
}

void gate_compared(FILE *out, const struct gate *gate)
{
	write_units(out, gate, 1);
	fputs(" against ", out);
	write_units(out, gate, 0);
	fprintf(out, " %s", gate_unit_what(gate->unit));
	if (!all_compared(gate))
		fprintf(out, ", of %zu against %zu runs", gate->runs[1], gate->runs[0]);
}

static void write_group(FILE *out, const struct gate *gate, const struct group *group)
{
	if (gate->groups.count > 1)
		fprintf(out, " (%s)", group->name);
}

/* Where it is worse. */
static void write_regressions(FILE *out, const struct gate *gate)
{
	const char *separator = "Regression: ";
	char change[GATE_TEXT];

	for (size_t i = 0; i < gate->count_count; i++) {
		const struct gate_count *count = &gate->counts[i];

		if (!gate_count_to_blame(gate, count))
			continue;
		fprintf(out, "%sfewer interrupts at %s %+.1f %%", separator, hop_name(count->hop),
			100 * count->change);
		write_group(out, gate, count->group);
		separator = ", ";
	}
	for (size_t i = 0; i < gate->cell_count; i++) {
		const struct gate_cell *cell = &gate->cells[i];

		if (!gate_to_blame(gate, cell))
			continue;
		fprintf(out, "%s%s %s %s", separator, stage_name(cell->stage),
			percentile_name(cell->percentile), gate_change(change, cell));
		write_group(out, gate, cell->group);
		separator = ", ";
	}
}

void gate_headline(FILE *out, const struct gate *gate)
{
	switch (gate->verdict) {
	case GATE_PASS:
		fputs("No regression", out);
		break;
	case GATE_REGRESSION:
		write_regressions(out, gate);
		break;
	case GATE_INCONCLUSIVE:
		fputs("Inconclusive", out);
		break;
	}
}
