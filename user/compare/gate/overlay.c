// SPDX-License-Identifier: GPL-2.0-only
/*
 * A panel per stage: how often each time was, of the base and of the new, on a logarithmic axis.
 */
#include "format.h"
#include "xml.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS		2
#define PANEL_WIDTH	440
#define PANEL_HEIGHT	190
#define PLOT_LEFT	16
#define PLOT_TOP	40
#define PLOT_WIDTH	(PANEL_WIDTH - 2 * PLOT_LEFT)
#define PLOT_HEIGHT	110
#define LEGEND		34
#define LINE		16
#define HEAD		64

/* Bars per octave: finer, and chance is all that there is to see. */
#define PER_OCTAVE	12
#define MOST_BARS	(HISTOGRAM_VALUE_BITS * PER_OCTAVE)

static const char style[] =
	"<style>\n"
	"svg{background:#fff;font:12px system-ui,sans-serif}\n"
	"text{fill:#1b1f24}.dim{fill:#5b6470}.axis{stroke:#c8cdd3}\n"
	".base{fill:#2a6fb0;fill-opacity:.25;stroke:#2a6fb0}.new{fill:#d9730d;fill-opacity:.25;"
	"stroke:#d9730d}\n"
	".base-line{stroke:#2a6fb0}.new-line{stroke:#d9730d}.p99{stroke-dasharray:3 3}\n"
	".worse{fill:#b3261e;font-weight:600}\n"
	"@media(prefers-color-scheme:dark){svg{background:#14171a}text{fill:#e6e9ec}"
	".dim{fill:#9aa4af}.axis{stroke:#454c54}.worse{fill:#ff8a80}\n"
	".base{fill:#6db3f2;stroke:#6db3f2}.new{fill:#ffa94d;stroke:#ffa94d}"
	".base-line{stroke:#6db3f2}.new-line{stroke:#ffa94d}}\n"
	"</style>\n";

/* What a panel shows of one side: shares of all values, by bar. */
struct curve {
	struct histogram histogram;
	__u64 count;
	double bars[MOST_BARS];
};

struct scale {
	size_t first, last;	/* bars */
	double most;
};

static size_t bar_of(__u64 ns)
{
	size_t bar = ns > 1 ? (size_t)(log2(ns) * PER_OCTAVE) : 0;

	return bar < MOST_BARS ? bar : MOST_BARS - 1;
}

static double x_of(const struct scale *scale, double ns)
{
	double bar = ns > 1 ? log2(ns) * PER_OCTAVE : 0;

	return PLOT_LEFT + PLOT_WIDTH * (bar - scale->first) / (scale->last + 1 - scale->first);
}

static double y_of(const struct scale *scale, double share)
{
	return PLOT_TOP + PLOT_HEIGHT * (1 - share / scale->most);
}

static void fill_curve(struct curve *curve, const struct gate *gate, size_t side,
		       const struct group *group, enum imstrace_stage stage)
{
	memset(curve, 0, sizeof(*curve));
	gate_histogram(gate, side, group, stage, &curve->histogram);
	curve->count = histogram_count(&curve->histogram) - curve->histogram.unplaced;
	for (__u32 i = 0; i < HISTOGRAM_BUCKETS; i++)
		curve->bars[bar_of((histogram_bucket_low(i) + histogram_bucket_high(i)) / 2)] +=
			(double)curve->histogram.buckets[i] / (curve->count ? curve->count : 1);
}

/* All but what is a thousandth on either side: it has no height, and would take the width. */
static void fit(struct scale *scale, const struct curve curves[2])
{
	*scale = (struct scale) { .first = MOST_BARS, .most = 1e-9 };
	for (size_t side = 0; side < 2; side++) {
		const struct curve *curve = &curves[side];
		size_t low, high;

		if (!curve->count)
			continue;
		low = bar_of(histogram_percentile(&curve->histogram, curve->count, 0.1));
		high = bar_of(histogram_percentile(&curve->histogram, curve->count, 99.9));
		scale->first = low < scale->first ? low : scale->first;
		scale->last = high > scale->last ? high : scale->last;
		for (size_t i = 0; i < MOST_BARS; i++)
			scale->most = fmax(scale->most, curve->bars[i]);
	}
	scale->first = scale->first > 2 ? scale->first - 2 : 0;
	scale->last = scale->last + 2 < MOST_BARS ? scale->last + 2 : MOST_BARS - 1;
}

static void draw_curve(FILE *out, const struct curve *curve, const struct scale *scale,
		       const char *class)
{
	double width = (double)PLOT_WIDTH / (scale->last + 1 - scale->first);

	fprintf(out, "<path class=\"%s\" d=\"M%d %d", class, PLOT_LEFT, PLOT_TOP + PLOT_HEIGHT);
	for (size_t i = scale->first; i <= scale->last; i++)
		fprintf(out, "V%.1fH%.1f", y_of(scale, curve->bars[i]),
			PLOT_LEFT + width * (i + 1 - scale->first));
	fprintf(out, "V%dZ\"/>\n", PLOT_TOP + PLOT_HEIGHT);
}

static void draw_percentile(FILE *out, const struct curve *curve, const struct scale *scale,
			    const char *side, double percent)
{
	double x;

	if (!curve->count)
		return;
	x = x_of(scale, histogram_percentile(&curve->histogram, curve->count, percent));
	fprintf(out, "<line class=\"%s-line%s\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>\n", side,
		percent > 50 ? " p99" : "", x, x, PLOT_TOP, PLOT_TOP + PLOT_HEIGHT);
}

/* 1, 2 and 5 of each decade; where they would be too near, fewer. */
static void draw_axis(FILE *out, const struct scale *scale)
{
	static const double steps[] = { 1, 2, 5 };
	double octaves = (double)(scale->last - scale->first) / PER_OCTAVE;
	size_t stride = octaves > 10 ? 3 : 1;

	fprintf(out, "<line class=\"axis\" x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\"/>\n", PLOT_LEFT,
		PLOT_LEFT + PLOT_WIDTH, PLOT_TOP + PLOT_HEIGHT, PLOT_TOP + PLOT_HEIGHT);
	for (double decade = 1; decade < 1e11; decade *= 10) {
		for (size_t i = 0; i < 3; i += stride) {
			double x = x_of(scale, decade * steps[i]), us = decade * steps[i] / 1e3;

			if (x < PLOT_LEFT || x > PLOT_LEFT + PLOT_WIDTH)
				continue;
			fprintf(out, "<line class=\"axis\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>"
				"<text class=\"dim\" x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%g %s</text>\n",
				x, x, PLOT_TOP + PLOT_HEIGHT, PLOT_TOP + PLOT_HEIGHT + 4, x,
				PLOT_TOP + PLOT_HEIGHT + 18, us < 1000 ? us : us / 1000,
				us < 1000 ? "\302\265s" : "ms");
		}
	}
}

static void draw_title(FILE *out, const struct gate *gate, const struct group *group,
		       enum imstrace_stage stage)
{
	double x = PLOT_LEFT;

	fprintf(out, "<text x=\"%d\" y=\"14\" font-weight=\"600\">%s</text>"
		"<text class=\"dim\" x=\"%d\" y=\"14\">", PLOT_LEFT, stage_name(stage), PLOT_LEFT + 70);
	xml_write(out, group->name);
	fputs("</text>\n", out);
	for (size_t i = 0; i < gate->cell_count; i++) {
		const struct gate_cell *cell = &gate->cells[i];
		char change[GATE_TEXT];

		if (cell->group != group || cell->stage != stage)
			continue;
		fprintf(out, "<text class=\"%s\" x=\"%.0f\" y=\"31\">%s %s, %s</text>\n",
			cell->state == CELL_REGRESSED ? "worse" : "dim", x,
			percentile_name(cell->percentile), gate_change(change, cell),
			cell_state_name(cell->state));
		x += PLOT_WIDTH / 2.0;
	}
}

static bool draw_panel(FILE *out, const struct gate *gate, const struct group *group,
		       enum imstrace_stage stage, size_t number, size_t top)
{
	static struct curve curves[2];	/* large */
	struct scale scale;

	for (size_t side = 0; side < 2; side++)
		fill_curve(&curves[side], gate, side, group, stage);
	if (!curves[0].count && !curves[1].count)
		return false;
	fit(&scale, curves);
	fprintf(out, "<g transform=\"translate(%zu %zu)\">\n", number % COLUMNS * PANEL_WIDTH,
		top + number / COLUMNS * PANEL_HEIGHT);
	draw_title(out, gate, group, stage);
	draw_axis(out, &scale);
	draw_curve(out, &curves[0], &scale, "base");
	draw_curve(out, &curves[1], &scale, "new");
	for (size_t side = 0; side < 2; side++) {
		draw_percentile(out, &curves[side], &scale, side ? "new" : "base", 50);
		draw_percentile(out, &curves[side], &scale, side ? "new" : "base", 99);
	}
	fputs("</g>\n", out);
	return true;
}

/* Why there is no verdict; below the headline. */
static void write_reasons(FILE *out, const struct gate *gate)
{
	for (size_t i = 0; i < gate->reason_count; i++) {
		fprintf(out, "<text class=\"dim\" x=\"%d\" y=\"%zu\">", PLOT_LEFT, LEGEND + 10 + LINE * i);
		xml_write(out, gate->reasons[i]);
		fputs("</text>\n", out);
	}
}

/* What the curves have is all that was measured. */
static void write_legend(FILE *out, const struct gate *gate)
{
	size_t y = LEGEND + LINE * gate->reason_count;

	fprintf(out, "<rect class=\"base\" x=\"%d\" y=\"%zu\" width=\"12\" height=\"12\"/>"
		"<text x=\"%d\" y=\"%zu\">base, %zu runs</text>"
		"<rect class=\"new\" x=\"%d\" y=\"%zu\" width=\"12\" height=\"12\"/>"
		"<text x=\"%d\" y=\"%zu\">new, %zu runs</text>"
		"<text class=\"dim\" x=\"%d\" y=\"%zu\">lines: p50, and p99 dashed</text>\n",
		PLOT_LEFT, y, PLOT_LEFT + 18, y + 10, gate->runs[0], PLOT_LEFT + 130, y,
		PLOT_LEFT + 148, y + 10, gate->runs[1], PLOT_LEFT + 270, y + 10);
}

void gate_write_overlay(FILE *out, const struct gate *gate)
{
	size_t size, number = 0, height, head = HEAD + LINE * gate->reason_count;
	char *panels = NULL;
	FILE *body = open_memstream(&panels, &size);

	if (!body)
		return;
	for (size_t i = 0; i < gate->groups.count; i++)
		for (unsigned int stage = 0; stage < STAGE_COUNT; stage++)
			number += draw_panel(body, gate, &gate->groups.groups[i], stage, number, head);
	fclose(body);
	height = head + (number + COLUMNS - 1) / COLUMNS * PANEL_HEIGHT;
	fprintf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %zu\" width=\"%d\" "
		"height=\"%zu\" role=\"img\">\n%s<title>imstrace gate</title>\n",
		COLUMNS * PANEL_WIDTH, height, COLUMNS * PANEL_WIDTH, height, style);
	fprintf(out, "<text x=\"%d\" y=\"22\" font-size=\"15\" font-weight=\"600\">", PLOT_LEFT);
	gate_headline(out, gate);
	fputs("</text>\n", out);
	write_reasons(out, gate);
	write_legend(out, gate);
	fputs(panels, out);
	fputs("</svg>\n", out);
	free(panels);
}
