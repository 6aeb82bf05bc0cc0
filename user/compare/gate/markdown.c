// SPDX-License-Identifier: GPL-2.0-only
#include "format.h"

#include <string.h>

/* What Markdown and HTML would take for their own. */
static void write_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '<' || *text == '&')
			fputs(*text == '<' ? "&lt;" : "&amp;", out);
		else
			fprintf(out, "%s%c", *text && strchr("\\`*_{}[]|#@", *text) ? "\\" : "",
				*text);
	}
}

static void write_cell(FILE *out, const struct gate *gate, const struct gate_cell *cell)
{
	char base[GATE_TEXT], new[GATE_TEXT], change[GATE_TEXT], interval[GATE_TEXT];
	const char *bold = gate_to_blame(gate, cell) ? "**" : "";

	fputs("| ", out);
	write_text(out, cell->group->name);
	fprintf(out, " | %s%s %s%s | %s | %s | %s%s%s | %s | %.2g | %s%s%s |\n", bold,
		stage_name(cell->stage), percentile_name(cell->percentile), bold,
		gate_time(base, cell->base), gate_time(new, cell->new), bold,
		gate_change(change, cell), bold, gate_interval(interval, cell), cell->p, bold,
		cell_state_name(cell->state), bold);
}

/* That all are there is nothing to say. */
static void write_count(FILE *out, const struct gate_count *count)
{
	char text[COUNT_TEXT];

	if (count->state != COUNT_FEWER)
		return;
	fputs("- **Fewer interrupts** of ", out);
	write_text(out, count->group->name);
	fprintf(out, " %s, p %.2g\n", count_text(text, count), count->p);
}

void gate_write_markdown(FILE *out, const struct gate *gate)
{
	static const char *const signs[] = {
		[GATE_PASS] = "✅", [GATE_REGRESSION] = "❌", [GATE_INCONCLUSIVE] = "❔",
	};

	fprintf(out, "### %s ", signs[gate->verdict]);
	gate_headline(out, gate);
	fputs("\n\nGuest interrupt latency, ", out);
	gate_compared(out, gate);
	fputs(".\n\n", out);
	for (size_t i = 0; i < gate->count_count; i++)
		write_count(out, &gate->counts[i]);
	for (size_t i = 0; i < gate->reason_count; i++) {
		fputs("- Not conclusive: ", out);
		write_text(out, gate->reasons[i]);
		putc('\n', out);
	}
	for (size_t i = 0; i < gate->note_count; i++) {
		fputs("- Note: ", out);
		write_text(out, gate->notes[i]);
		putc('\n', out);
	}
	if (!gate->cell_count)
		return;
	fprintf(out, "\n| devices | stage | base µs | new µs | change | %.4g %% to each side | p | |\n"
		"|---|---|--:|--:|--:|---|--:|---|\n", 100 - 100 * gate->options->alpha);
	for (size_t i = 0; i < gate->cell_count; i++)
		write_cell(out, gate, &gate->cells[i]);
}
