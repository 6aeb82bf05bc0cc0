// SPDX-License-Identifier: GPL-2.0-only
#include "format.h"

#include <math.h>

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
	return gate->verdict == GATE_REGRESSION && cell->state == CELL_REGRESSED && !cell->follows;
}

void gate_headline(FILE *out, const struct gate *gate)
{
	const char *separator = "Regression: ";
	char change[GATE_TEXT];

	switch (gate->verdict) {
	case GATE_PASS:
		fputs("No regression", out);
		break;
	case GATE_REGRESSION:
		for (size_t i = 0; i < gate->cell_count; i++) {
			const struct gate_cell *cell = &gate->cells[i];

			if (!gate_to_blame(gate, cell))
				continue;
			fprintf(out, "%s%s %s %s", separator, stage_name(cell->stage),
				percentile_name(cell->percentile), gate_change(change, cell));
			if (gate->groups.count > 1)
				fprintf(out, " (%s)", cell->group->name);
			separator = ", ";
		}
		break;
	case GATE_INCONCLUSIVE:
		fputs("Inconclusive", out);
		break;
	}
}
