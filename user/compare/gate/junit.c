// SPDX-License-Identifier: GPL-2.0-only
#include "format.h"
#include "xml.h"

static void write_case(FILE *out, const struct gate_cell *cell)
{
	char base[GATE_TEXT], new[GATE_TEXT], change[GATE_TEXT], interval[GATE_TEXT];

	fputs("    <testcase classname=\"", out);
	xml_write(out, cell->group->name);
	fprintf(out, "\" name=\"%s %s\"", stage_name(cell->stage), percentile_name(cell->percentile));
	if (cell->state == CELL_REGRESSED) {
		fprintf(out, "><failure type=\"regression\" message=\"%s\">%s to %s us, %s; interval %s, p %.2g, limit "
			"%+.1f %%</failure></testcase>\n", gate_change(change, cell),
			gate_time(base, cell->base), gate_time(new, cell->new), change,
			gate_interval(interval, cell), cell->p, 100 * cell->limit);
	} else if (cell->state == CELL_UNTESTED || cell->state == CELL_UNCLEAR) {
		fprintf(out, "><skipped message=\"%s", cell_state_name(cell->state));
		if (*cell->reason)
			fputs(": ", out);
		xml_write(out, cell->reason);
		fputs("\"/></testcase>\n", out);
	} else {
		fputs("/>\n", out);
	}
}

static void write_count(FILE *out, const struct gate_count *count)
{
	char text[COUNT_TEXT];

	fputs("    <testcase classname=\"", out);
	xml_write(out, count->group->name);
	fprintf(out, "\" name=\"%s interrupts\"", hop_name(count->hop));
	if (count->state == COUNT_FEWER)
		fprintf(out, "><failure type=\"lost interrupts\" message=\"%+.1f %%\">fewer interrupts %s, p "
			"%.2g</failure></testcase>\n", 100 * count->change, count_text(text, count),
			count->p);
	else if (count->state == COUNT_UNCLEAR)
		fprintf(out, "><skipped message=\"%s: fewer interrupts %s\"/></testcase>\n",
			count_state_name(count->state), count_text(text, count));
	else
		fputs("/>\n", out);
}

static void write_reasons(FILE *out, const struct gate *gate)
{
	fputs("    <testcase classname=\"imstrace\" name=\"conclusive\"><error message=\"", out);
	for (size_t i = 0; i < gate->reason_count; i++) {
		fputs(i ? "; " : "", out);
		xml_write(out, gate->reasons[i]);
	}
	fputs("\"/></testcase>\n", out);
}

/* Names and texts may be of other programs. */
static void write_notes(FILE *out, const struct gate *gate)
{
	fputs("    <system-out>", out);
	gate_compared(out, gate);
	putc('\n', out);
	for (size_t i = 0; i < gate->note_count; i++) {
		xml_write(out, gate->notes[i]);
		putc('\n', out);
	}
	fputs("</system-out>\n", out);
}

void gate_write_junit(FILE *out, const struct gate *gate)
{
	size_t failed = 0, skipped = 0;

	for (size_t i = 0; i < gate->cell_count; i++) {
		failed += gate->cells[i].state == CELL_REGRESSED;
		skipped += gate->cells[i].state == CELL_UNTESTED ||
			   gate->cells[i].state == CELL_UNCLEAR;
	}
	for (size_t i = 0; i < gate->count_count; i++) {
		failed += gate->counts[i].state == COUNT_FEWER;
		skipped += gate->counts[i].state == COUNT_UNCLEAR;
	}
	fprintf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
		"  <testsuite name=\"imstrace gate\" tests=\"%zu\" failures=\"%zu\" errors=\"%d\" "
		"skipped=\"%zu\">\n",
		gate->cell_count + gate->count_count + (gate->verdict == GATE_INCONCLUSIVE), failed,
		gate->verdict == GATE_INCONCLUSIVE, skipped);
	for (size_t i = 0; i < gate->cell_count; i++)
		write_case(out, &gate->cells[i]);
	for (size_t i = 0; i < gate->count_count; i++)
		write_count(out, &gate->counts[i]);
	if (gate->verdict == GATE_INCONCLUSIVE)
		write_reasons(out, gate);
	write_notes(out, gate);
	fputs("  </testsuite>\n</testsuites>\n", out);
}
