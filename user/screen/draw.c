// SPDX-License-Identifier: GPL-2.0-only
#define NCURSES_WIDECHAR 1
#include "draw.h"

#include "../sink/sink.h"

#include <inttypes.h>
#include <langinfo.h>
#include <ncurses.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Lines above and below those of the table. */
#define ABOVE		3
#define BELOW		2
#define HEADING_LINE	2

enum color { COLOR_BARS = 1, COLOR_LOSS, COLOR_KEYS };

void draw_init(struct drawing *drawing)
{
	const char *no_color = getenv("NO_COLOR");

	drawing->utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	if (!has_colors() || (no_color && *no_color))
		return;
	start_color();
	use_default_colors();
	init_pair(COLOR_BARS, COLOR_GREEN, -1);
	init_pair(COLOR_LOSS, COLOR_RED, -1);
	init_pair(COLOR_KEYS, COLOR_CYAN, -1);
}

size_t draw_room(void)
{
	return LINES > ABOVE + BELOW ? LINES - ABOVE - BELOW : 0;
}

/* In full to the right edge, so that a marked line is marked as a whole. */
static void put_line(int line, attr_t attributes, const char *text)
{
	attrset(attributes);
	mvaddnstr(line, 0, text, COLS);
	for (int x = getcurx(stdscr); getcury(stdscr) == line && x < COLS; x++)
		addch(' ');
	attrset(A_NORMAL);
}

static const char *figure_text(char text[16], double ns)
{
	if (ns == FIGURE_NONE)
		return "-";
	if (ns == FIGURE_MISSING)
		return "n/a";
	snprintf(text, 16, "%.1f", ns / 1000);
	return text;
}

/**
 * struct widths - columns: what a narrow terminal has no room for is 0
 * @name:	of the line
 * @vmm:	of a vector or device
 * @mode:	of a vector
 * @bars:	one for each interval
 */
struct widths {
	int name, vmm, mode, bars;
};

static struct widths widths_of(enum view view)
{
	/* Vector, irq, rate, P50, P99, and the blanks between. */
	int left = COLS - 43;
	struct widths widths = { .name = 16 };

	if (COLS >= 100 && view == VIEW_VECTORS)
		widths.mode = 10;
	if (COLS >= 110)
		widths.name = 36;
	if (COLS >= 140 && view != VIEW_VMS)
		widths.vmm = 26;
	left -= widths.name + (widths.mode ? widths.mode + 1 : 0) +
		(widths.vmm ? widths.vmm + 1 : 0);
	widths.bars = left < 0 ? 0 : left > HISTORY ? HISTORY : left;
	return widths;
}

/* "pid command guest" */
static void vmm_text(char *text, size_t size, const struct imstrace_vector *vector)
{
	char vmm[IMSTRACE_VMM_LEN], guest[IMSTRACE_NAME_LEN];

	sink_clean(vmm, sizeof(vmm), vector->vmm);
	sink_clean(guest, sizeof(guest), vector->guest);
	if (vector->pid)
		snprintf(text, size, "%u %s%s%s", vector->pid, vmm, *guest ? " " : "", guest);
	else
		snprintf(text, size, "no VMM known");
}

/* What a line of @view is named by. */
static void line_name(char *text, size_t size, enum view view, const struct imstrace_vector *vector)
{
	if (view == VIEW_VMS)
		vmm_text(text, size, vector);
	else if (view == VIEW_SIGNALLERS && *vector->signallers)
		sink_clean(text, size, vector->signallers);
	else
		sink_clean(text, size < IMSTRACE_NAME_LEN ? size : IMSTRACE_NAME_LEN, vector->device);
}

static void put_bars(const struct drawing *drawing, const struct row *row, int width)
{
	static const char *const blocks[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
	static const char *const ascii[] = { " ", ".", ".", ":", "-", "=", "+", "*", "#" };
	const float *shown = row->history + HISTORY - width;
	float highest = 0;

	for (int i = 0; i < width; i++)
		if (shown[i] > highest)
			highest = shown[i];
	for (int i = 0; i < width; i++) {
		/* What is not 0 is to be seen. */
		int level = shown[i] > 0 ? 1 + (int)(7 * shown[i] / highest) : 0;

		addstr(drawing->utf8 ? blocks[level] : ascii[level]);
	}
}

static void format_row(char *text, size_t size, const struct table *table, const struct row *row,
		       const struct widths *widths)
{
	const struct imstrace_vector *vector = &row->first->report.vector;
	char name[IMSTRACE_SIGNALLERS_LEN], vmm[128], number[16], irq[16] = "-", p50[16], p99[16];
	const char *mode = vector_mode(vector, &row->first->report.account);
	int used;

	vmm_text(vmm, sizeof(vmm), vector);
	line_name(name, sizeof(name), table->view, vector);
	snprintf(number, sizeof(number), "%u", table->view == VIEW_VECTORS ? vector->vector :
		 row->vectors);
	if (table->view == VIEW_VECTORS && vector->irq != IMSTRACE_NONE)
		snprintf(irq, sizeof(irq), "%u", vector->irq);
	used = snprintf(text, size, "%-*.*s %4s %5s", widths->name, widths->name, name, number, irq);
	if (widths->mode)
		used += snprintf(text + used, size - used, " %-*s", widths->mode, mode ?: "n/a");
	if (widths->vmm)
		used += snprintf(text + used, size - used, " %-*.*s", widths->vmm, widths->vmm, vmm);
	snprintf(text + used, size - used, " %9.1f %9s %9s ", row->rate,
		 figure_text(p50, row->p50), figure_text(p99, row->p99));
}

static void put_heading(const struct table *table, const struct widths *widths)
{
	static const char *const names[] = { "DEVICE", "DEVICE", "VMM", "SIGNALLER" };
	char text[512], rate[8], p50[8], p99[8];
	int used;

	/* The arrow is at what lines are ordered by. */
	snprintf(rate, sizeof(rate), "%sRATE/s", table->order == ORDER_RATE ? ">" : "");
	snprintf(p50, sizeof(p50), "%sP50", table->order == ORDER_P50 ? ">" : "");
	snprintf(p99, sizeof(p99), "%sP99", table->order == ORDER_P99 ? ">" : "");
	used = snprintf(text, sizeof(text), "%s%-*s %4s %5s",
			table->order == ORDER_NAME ? ">" : "",
			widths->name - (table->order == ORDER_NAME), names[table->view],
			table->view == VIEW_VECTORS ? "VEC" : "VECS", "IRQ");
	if (widths->mode)
		used += snprintf(text + used, sizeof(text) - used, " %-*s", widths->mode, "MODE");
	if (widths->vmm)
		used += snprintf(text + used, sizeof(text) - used, " %-*s", widths->vmm, "VMM");
	snprintf(text + used, sizeof(text) - used, " %9s %6s us %6s us %.*s", rate, p50, p99,
		 widths->bars, table->latency ? "P99 SO FAR" : "RATE SO FAR");
	put_line(HEADING_LINE, A_REVERSE, text);
}

/* The marked one, and as much around it as there is room for. */
static void scroll_to_selected(struct drawing *drawing)
{
	size_t room = draw_room();

	if (drawing->selected >= drawing->table->count)
		drawing->selected = drawing->table->count ? drawing->table->count - 1 : 0;
	if (drawing->selected < drawing->top)
		drawing->top = drawing->selected;
	if (room && drawing->selected >= drawing->top + room)
		drawing->top = drawing->selected - room + 1;
}

static void put_table(struct drawing *drawing)
{
	const struct table *table = drawing->table;
	struct widths widths = widths_of(table->view);
	char text[512];

	scroll_to_selected(drawing);
	put_heading(table, &widths);
	for (size_t i = 0; i < draw_room() && drawing->top + i < table->count; i++) {
		const struct row *row = &table->rows[drawing->top + i];
		bool selected = drawing->top + i == drawing->selected;

		format_row(text, sizeof(text), table, row, &widths);
		put_line(ABOVE + i, selected ? A_REVERSE : row->rate > 0 ? A_NORMAL : A_DIM, text);
		if (COLS <= (int)strlen(text))
			continue;
		attrset(COLOR_PAIR(COLOR_BARS));
		move(ABOVE + i, strlen(text));
		put_bars(drawing, row, widths.bars);
		attrset(A_NORMAL);
	}
	if (!table->count)
		mvaddnstr(ABOVE, 0, *table->filter ? "Nothing matches the filter." :
			  "No vector seen yet. Is a device in use, and bound by a VMM?", COLS);
}

/* From column @left on to the right edge; a column may have several bytes. */
static void put_part(int line, const char *text, size_t length, size_t left)
{
	char copy[512];
	wchar_t wide[512];
	size_t columns;

	snprintf(copy, sizeof(copy), "%.*s", (int)length, text);
	columns = mbstowcs(wide, copy, sizeof(wide) / sizeof(wide[0]));
	if (columns == (size_t)-1)
		mvaddnstr(line, 0, length > left ? copy + left : "", COLS);
	else if (columns > left)
		mvaddnwstr(line, 0, wide + left, COLS);
}

static void put_text(struct drawing *drawing, const char *text, int first_line)
{
	size_t lines = 0, room = LINES - BELOW - first_line;

	for (const char *c = text; *c; c++)
		lines += *c == '\n';
	if (drawing->top + room > lines)
		drawing->top = lines > room ? lines - room : 0;
	for (size_t i = 0; *text && i < drawing->top + room; i++) {
		size_t length = strcspn(text, "\n");

		if (i >= drawing->top)
			put_part(first_line + i - drawing->top, text, length, drawing->left);
		text += length + (text[length] == '\n');
	}
}

static void put_status(const struct drawing *drawing)
{
	static const char *const views[] = { "vectors", "devices", "VMs", "signallers" };
	const struct table *table = drawing->table;
	time_t seconds = drawing->wall_clock / 1000000000;
	double rate = 0;
	char text[512], left[32] = "", of[IMSTRACE_SIGNALLERS_LEN] = "";
	struct tm tm;

	for (size_t i = 0; i < table->count; i++)
		rate += table->rows[i].rate;
	localtime_r(&seconds, &tm);
	if (table->left)
		snprintf(left, sizeof(left), " (%u gone)", table->left);
	snprintf(text, sizeof(text), "imstrace top  %02d:%02d:%02d%s  %zu %s%s  %.1f/s  stage: %s",
		 tm.tm_hour, tm.tm_min, tm.tm_sec, drawing->paused ? "  PAUSED" : "", table->count,
		 views[table->view], left, rate, table->stage == STAGE_COUNT ? "the longest" : stage_name(table->stage));
	put_line(0, A_BOLD, text);
	if (table->within != VIEW_VECTORS)
		line_name(of, sizeof(of), table->within, &table->one);
	snprintf(text, sizeof(text), "%s%s%s%s%s", drawing->typing || *table->filter ? "filter: " : "",
		 table->filter, drawing->typing ? "_" : "", *of ? "  of " : "", of);
	if (drawing->page == PAGE_TABLE)
		put_line(1, A_NORMAL, text);
}

static void put_loss(const struct drawing *drawing)
{
	const struct imstrace_totals *totals = &drawing->totals;
	char text[256];

	if (!(totals->lost_vectors | totals->lost_values | totals->lost_runs |
	      totals->lost_lifecycle | drawing->lost_guests))
		return;
	snprintf(text, sizeof(text), "LOST: %" PRIu64 " vectors, %" PRIu64 " hops, %" PRIu64
		 " values, %" PRIu64 " lifecycle steps, %" PRIu64 " without room for their vCPUs",
		 (uint64_t)totals->lost_vectors, (uint64_t)totals->lost_runs,
		 (uint64_t)totals->lost_values, (uint64_t)totals->lost_lifecycle,
		 (uint64_t)drawing->lost_guests);
	put_line(LINES - BELOW, A_BOLD | COLOR_PAIR(COLOR_LOSS), text);
}

static const char *const keys[] = {
	[PAGE_TABLE] = "q quit  ? help  / filter  s order  r reverse  v view  t stage  h history  Enter",
	[PAGE_DETAIL] = "q back  Arrows scroll  t the next stage's histogram  space pause",
	[PAGE_HELP] = "any key: back",
};

static const char help[] =
	"  Up, Down, j, k     the line above, below; also PgUp, PgDn, Home, End\n"
	"  Enter              a vector's stages, histogram and lifecycle; the vectors of a\n"
	"                     device, VM or signaller; Left and Right show what is wide\n"
	"  q, Esc             back; at the table: q quits, Esc shows all again\n"
	"  /                  filter by name, VMM, guest, pid, mode, source, signaller;\n"
	"                     Enter or Esc ends it\n"
	"  v                  lines are vectors, devices, VMs or signallers: the threads that\n"
	"                     signal an irqfd or call an ioctl, or else the device\n"
	"  s, r               order by rate, P50, P99 or name (>); reversed\n"
	"  t                  of which stage times are\n"
	"  h                  the history is that of the rate, or of P99\n"
	"  space              pause: figures stand still, nothing is lost\n"
	"  Ctrl-C             end, with a summary as imstrace live has it\n"
	"\n"
	"What is gone (unbound, or its VM has ended) leaves the table with its history.\n"
	"P50 and P99 are of the latest interval; of other lines, the highest of their\n"
	"vectors. The bars of a line are relative to its highest. - is: there was none;\n"
	"n/a: it can't be measured, and the page of the vector (Enter) says why.\n";

void draw(struct drawing *drawing)
{
	erase();
	put_status(drawing);
	switch (drawing->page) {
	case PAGE_TABLE:
		put_table(drawing);
		break;
	case PAGE_DETAIL:
		put_text(drawing, drawing->text ?: "", 1);
		break;
	case PAGE_HELP:
		put_text(drawing, help, ABOVE);
		break;
	}
	put_loss(drawing);
	put_line(LINES - 1, COLOR_PAIR(COLOR_KEYS), keys[drawing->page]);
	refresh();
}
