/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Draws the screen, with ncurses, which sends to the terminal only what is not there yet.
 */
#ifndef IMSTRACE_SCREEN_DRAW_H
#define IMSTRACE_SCREEN_DRAW_H

#include "table.h"

enum page { PAGE_TABLE, PAGE_DETAIL, PAGE_HELP };

/**
 * struct drawing - what is on the screen
 * @page:	what it shows
 * @table:	of PAGE_TABLE
 * @selected:	the row that is marked
 * @top:	the first row, or line, that is shown: kept by draw()
 * @left:	of PAGE_DETAIL: the first column that is shown
 * @typing:	the filter is being typed
 * @paused:	the figures stand still
 * @text:	of PAGE_DETAIL: lines, of printable characters
 * @totals:	what was lost
 * @lost_guests: interrupts for whose vCPUs there was no room
 * @wall_clock:	of the latest interval, ns since 1970
 * @utf8:	the terminal shows it: set by draw_init()
 */
struct drawing {
	enum page page;
	struct table *table;
	size_t selected;
	size_t top;
	size_t left;
	bool typing;
	bool paused;
	char *text;
	struct imstrace_totals totals;
	__u64 lost_guests;
	long long wall_clock;
	bool utf8;
};

/* Once, when the terminal has been opened. */
void draw_init(struct drawing *drawing);

void draw(struct drawing *drawing);

/* How many rows or lines there is room for. */
size_t draw_room(void);

#endif /* IMSTRACE_SCREEN_DRAW_H */
