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

void gate_write_junit(FILE *out, const struct gate *gate)
{
	size_t failed = 0, skipped = 0;

	for (size_t i = 0; i < gate->cell_count; i++) {
		failed += gate->cells[i].state == CELL_REGRESSED;
		skipped += gate->cells[i].state == CELL_UNTESTED ||
			   gate->cells[i].state == CELL_UNCLEAR;
	}
	fprintf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
		"  <testsuite name=\"imstrace gate\" tests=\"%zu\" failures=\"%zu\" errors=\"%d\" "
		"skipped=\"%zu\">\n", gate->cell_count + (gate->verdict == GATE_INCONCLUSIVE),
		failed, gate->verdict == GATE_INCONCLUSIVE, skipped);
	for (size_t i = 0; i < gate->cell_count; i++)
		write_case(out, &gate->cells[i]);
	if (gate->verdict == GATE_INCONCLUSIVE) {
		fputs("    <testcase classname=\"imstrace\" name=\"conclusive\"><error message=\"", out);
		for (size_t i = 0; i < gate->reason_count; i++) {
			fputs(i ? "; " : "", out);
			xml_write(out, gate->reasons[i]);
		}
		fputs("\"/></testcase>\n", out);
	}
	fputs("  </testsuite>\n</testsuites>\n", out);
}
