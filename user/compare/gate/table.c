// SPDX-License-Identifier: GPL-2.0-only
#include "format.h"

static void print_cell(FILE *out, const struct gate_cell *cell)
{
	char base[GATE_TEXT], new[GATE_TEXT], change[GATE_TEXT], interval[GATE_TEXT];

	fprintf(out, "  %-9s %-5s %10s %10s %9s  %-20s %7.2g  %s%s\n", stage_name(cell->stage),
		percentile_name(cell->percentile), gate_time(base, cell->base),
		gate_time(new, cell->new), gate_change(change, cell), gate_interval(interval, cell),
		cell->p, cell_state_name(cell->state),
		cell->state == CELL_REGRESSED && cell->follows ? ", as a stage of it" : "");
}

/* That all are there is nothing to say. */
static void print_count(FILE *out, const struct gate_count *count)
{
	char text[COUNT_TEXT];

	if (count->state == COUNT_FEWER)
		fprintf(out, "Fewer interrupts of %s %s, p %.2g\n", count->group->name,
			count_text(text, count), count->p);
}

static bool any_in_state(const struct gate *gate, enum cell_state state)
{
	for (size_t i = 0; i < gate->cell_count; i++)
		if (gate->cells[i].state == state)
			return true;
	return false;
}

void gate_write_table(FILE *out, const struct gate *gate)
{
	static const char *const meanings[] = {
#define X(ENUM, name, what) [CELL_##ENUM] = what,
		IMSTRACE_CELL_STATES(X)
#undef X
	};
	const struct group *group = NULL;

	gate_compared(out, gate);
	fprintf(out, "; intervals have a confidence of %.4g %% to each side\n",
		100 - 100 * gate->options->alpha);
	if (gate->cell_count)
		fprintf(out, "  %-9s %-5s %10s %10s %9s  %-20s %7s\n", "STAGE", "", "BASE", "NEW µs",
			"CHANGE", "INTERVAL", "P");
	for (size_t i = 0; i < gate->cell_count; i++) {
		const struct gate_cell *cell = &gate->cells[i];

		if (cell->group != group)
			fprintf(out, "%s, %s\n", cell->group->name,
				*cell->group->mode ? cell->group->mode : "mode not known");
		group = cell->group;
		print_cell(out, cell);
	}
	putc('\n', out);
	for (size_t i = 0; i < gate->count_count; i++)
		print_count(out, &gate->counts[i]);
	for (unsigned int state = 0; state < CELL_STATE_COUNT; state++)
		if (any_in_state(gate, state))
			fprintf(out, "%s: %s\n", cell_state_name(state), meanings[state]);
	for (size_t i = 0; i < gate->note_count; i++)
		fprintf(out, "Note: %s\n", gate->notes[i]);
	for (size_t i = 0; i < gate->reason_count; i++)
		fprintf(out, "Not conclusive: %s\n", gate->reasons[i]);
	gate_headline(out, gate);
	putc('\n', out);
}
