// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "screen.h"

#include "../errors.h"
#include "../measure/measurement.h"
#include "../sink/text.h"
#include "../source/wall_clock.h"
#include "../stop.h"
#include "draw.h"

#include <locale.h>
#include <ncurses.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Steps that are remembered, of all vectors; and shown, of one. */
#define STEPS		4096
#define STEPS_SHOWN	40
/* That Left and Right move by. */
#define COLUMNS		20

struct screen {
	SCREEN *terminal;
	int stderr_before, stderr_meanwhile;
	struct table table;
	struct drawing drawing;
	struct measurement *measurement;
	const struct source *source;
	struct imstrace_lifecycle *steps;
	size_t step_count;
	enum imstrace_stage histogram;
	__u32 shown;			/* id: by PAGE_DETAIL */
	bool changed;
	struct sink text;		/* for what looks as imstrace live has it */
};

int screen_open(struct sink *sink)
{
	const char *name = getenv("TERM");
	struct screen *screen;
	SCREEN *terminal;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return report_error(EXIT_USAGE, "For a pipe or a file there is imstrace live",
				    "imstrace top needs a terminal");
	setlocale(LC_CTYPE, "");
	terminal = newterm(NULL, stdout, stdin);
	if (!terminal)
		return report_error(EXIT_USAGE, "Set TERM to one that is, or use imstrace live",
				    "the terminal \"%s\" is not known", name ?: "");
	screen = calloc(1, sizeof(*screen));
	if (screen)
		screen->text.ops = &text_sink;
	if (!screen || !sink_open(&screen->text)) {
		endwin();
		free(screen);
		return report_error(EXIT_RUNTIME, NULL, "out of memory");
	}
	screen->terminal = terminal;
	sink->context = screen;
	/* What is said on stderr would be lost with this screen. */
	fflush(stderr);
	screen->stderr_before = dup(STDERR_FILENO);
	screen->stderr_meanwhile = memfd_create("imstrace-stderr", MFD_CLOEXEC);
	if (screen->stderr_meanwhile >= 0)
		dup2(screen->stderr_meanwhile, STDERR_FILENO);
	set_escdelay(50);
	cbreak();
	noecho();
	curs_set(0);
	keypad(stdscr, true);
	nodelay(stdscr, true);
	draw_init(&screen->drawing);
	mvaddstr(0, 0, "imstrace top: attaching to the kernel");
	refresh();
	return 0;
}

static void give_stderr_back(struct screen *screen)
{
	char text[4096];
	ssize_t length;

	fflush(stderr);
	dup2(screen->stderr_before, STDERR_FILENO);
	close(screen->stderr_before);
	if (screen->stderr_meanwhile < 0)
		return;
	lseek(screen->stderr_meanwhile, 0, SEEK_SET);
	while ((length = read(screen->stderr_meanwhile, text, sizeof(text))) > 0)
		fwrite(text, 1, length, stderr);
	close(screen->stderr_meanwhile);
}

static void leave(struct screen *screen)
{
	if (!screen->terminal)
		return;
	endwin();
	delscreen(screen->terminal);
	screen->terminal = NULL;
	give_stderr_back(screen);
}

void screen_close(struct sink *sink)
{
	struct screen *screen = sink->context;

	leave(screen);
	table_free(&screen->table);
	sink_close(&screen->text);
	free(screen->steps);
	free(screen->drawing.text);
	free(screen);
}

static void screen_start(struct sink *sink, const struct source *source)
{
	struct screen *screen = sink->context;

	text_use_clock(&screen->text, source);
	screen->steps = calloc(STEPS, sizeof(*screen->steps));
	screen->drawing.table = &screen->table;
	screen->source = source;
	screen->drawing.wall_clock = wall_clock_at(source, source->started);
	screen->histogram = STAGE_COUNT;
	if (!table_init(&screen->table, source->capacity) || !screen->steps) {
		report_error(EXIT_RUNTIME, NULL, "out of memory");
		stop_request();
		return;
	}
	screen->changed = true;
}

static void screen_measured(struct sink *sink, struct measurement *measurement)
{
	struct screen *screen = sink->context;

	screen->measurement = measurement;
}

static void screen_lifecycle(struct sink *sink, const struct imstrace_lifecycle *step)
{
	struct screen *screen = sink->context;

	if (screen->steps)
		screen->steps[screen->step_count++ % STEPS] = *step;
}

/* The newest of the vector's, and of its device's, oldest first. */
static void write_steps(struct screen *screen, const struct imstrace_vector *vector, __u32 id)
{
	size_t oldest = screen->step_count > STEPS ? screen->step_count - STEPS : 0;
	size_t at = screen->step_count, count = 0;
	size_t shown[STEPS_SHOWN];

	while (at > oldest && count < STEPS_SHOWN) {
		const struct imstrace_lifecycle *step = &screen->steps[--at % STEPS];

		if (step->id == id || (step->id == IMSTRACE_NONE &&
				       !strncmp(step->device, vector->device, sizeof(step->device))))
			shown[count++] = at;
	}
	fprintf(screen->text.out, "\nLifecycle, the latest %zu steps\n", count);
	while (count)
		text_sink.lifecycle(&screen->text, &screen->steps[shown[--count] % STEPS]);
}

/* As the summary and the histograms of a text, but of one vector, and all of it so far. */
static void write_detail(struct screen *screen)
{
	const struct figures *figures = measurement_vector(screen->measurement, screen->shown);
	enum imstrace_stage stage = screen->histogram;
	struct sink *text = &screen->text;
	size_t size;

	free(screen->drawing.text);
	screen->drawing.text = NULL;
	text->out = open_memstream(&screen->drawing.text, &size);
	if (!text->out)
		return;
	text_sink.summary(text, figures);
	if (stage == STAGE_COUNT)
		stage = figures_widest_stage(figures->vectors);
	text_sink.histograms(text, figures, stage);
	write_steps(screen, &figures->vectors->vector, screen->shown);
	fclose(text->out);
}

static void refresh_detail(struct screen *screen)
{
	if (screen->drawing.page == PAGE_DETAIL)
		write_detail(screen);
}

static void rebuild(struct screen *screen)
{
	struct drawing *drawing = &screen->drawing;
	const struct table *table = &screen->table;
	const struct followed *selected = table->count ?
		table->rows[drawing->selected].first : NULL;

	table_build(&screen->table);
	/* The mark stays with its line where lines change places. */
	for (size_t i = 0; i < table->count; i++)
		if (table->rows[i].first == selected)
			drawing->selected = i;
	if (drawing->selected >= table->count)
		drawing->selected = table->count ? table->count - 1 : 0;
	screen->changed = true;
}

static void add_loss(struct screen *screen, const struct figures *figures)
{
	const struct imstrace_totals *totals = &figures->totals;
	struct imstrace_totals *all = &screen->drawing.totals;

	all->lost_vectors += totals->lost_vectors;
	all->lost_values += totals->lost_values;
	all->lost_runs += totals->lost_runs;
	all->lost_lifecycle += totals->lost_lifecycle;
	screen->drawing.lost_guests += figures_lost_guests(figures);
}

static void screen_interval(struct sink *sink, const struct figures *figures)
{
	struct screen *screen = sink->context;

	if (!screen->table.rows)
		return;
	table_update(&screen->table, screen->source, figures);
	add_loss(screen, figures);
	if (screen->drawing.paused || !screen->terminal)
		return;
	screen->drawing.wall_clock = wall_clock_at(screen->source, figures->to);
	rebuild(screen);
	refresh_detail(screen);
}

static void show(struct screen *screen, enum page page)
{
	screen->drawing.page = page;
	screen->drawing.top = 0;
	screen->drawing.left = 0;
}

/* Enter: what is marked, in more detail. */
static void open_selected(struct screen *screen)
{
	struct table *table = &screen->table;
	const struct followed *first;

	if (!table->count)
		return;
	first = table->rows[screen->drawing.selected].first;
	if (table->view != VIEW_VECTORS) {
		table->within = table->view;
		table->one = first->report.vector;
		table->view = VIEW_VECTORS;
		return;
	}
	screen->shown = first->report.id;
	show(screen, PAGE_DETAIL);
	write_detail(screen);
}

/* Return: whether it was a key that moves. */
static bool move_by_key(struct screen *screen, int key)
{
	struct drawing *drawing = &screen->drawing;
	size_t *at = drawing->page == PAGE_TABLE ? &drawing->selected : &drawing->top;
	size_t last = drawing->page == PAGE_TABLE ?
		(drawing->table->count ? drawing->table->count - 1 : 0) : 10000;
	size_t room = draw_room(), by = 1;

	switch (key) {
	case KEY_PPAGE:
		by = room;
		/* fallthrough */
	case KEY_UP:
	case 'k':
		*at = *at > by ? *at - by : 0;
		return true;
	case KEY_NPAGE:
		by = room;
		/* fallthrough */
	case KEY_DOWN:
	case 'j':
		*at = *at + by < last ? *at + by : last;
		return true;
	case KEY_HOME:
		*at = 0;
		return true;
	case KEY_END:
		*at = last;
		return true;
	}
	return false;
}

#define ESCAPE	27

static void type_filter(struct screen *screen, int key)
{
	char *filter = screen->table.filter;
	size_t length = strlen(filter);

	if (key == '\n' || key == KEY_ENTER || key == ESCAPE) {
		screen->drawing.typing = false;
		if (key == ESCAPE)
			*filter = '\0';
	} else if ((key == KEY_BACKSPACE || key == 127 || key == '\b') && length) {
		filter[length - 1] = '\0';
	} else if (key >= ' ' && key <= '~' && length + 1 < FILTER_LEN) {
		filter[length] = key;
		filter[length + 1] = '\0';
	}
	rebuild(screen);
}

static void pause_or_go_on(struct screen *screen)
{
	screen->drawing.paused = !screen->drawing.paused;
	if (!screen->drawing.paused)
		refresh_detail(screen);
}

static void on_detail_key(struct screen *screen, int key)
{
	switch (key) {
	case 'q':
	case ESCAPE:
		show(screen, PAGE_TABLE);
		break;
	case KEY_LEFT:
		screen->drawing.left -= screen->drawing.left ? COLUMNS : 0;
		break;
	case KEY_RIGHT:
		screen->drawing.left += COLUMNS;
		break;
	case 't':
		screen->histogram = screen->histogram >= STAGE_COUNT - 1 ? 0 :
				    screen->histogram + 1;
		write_detail(screen);
		break;
	case ' ':
		pause_or_go_on(screen);
		break;
	}
}

static void on_table_key(struct screen *screen, int key)
{
	struct table *table = &screen->table;

	switch (key) {
	case 'q':
		stop_request();
		return;
	case '?':
		show(screen, PAGE_HELP);
		break;
	case '/':
		screen->drawing.typing = true;
		break;
	case 's':
		table->order = (table->order + 1) % ORDER_COUNT;
		break;
	case 'r':
		table->reverse = !table->reverse;
		break;
	case 'v':
		table->view = (table->view + 1) % VIEW_COUNT;
		break;
	case 't':
		table->stage = (table->stage + 1) % (STAGE_COUNT + 1);
		break;
	case 'h':
		table->latency = !table->latency;
		break;
	case ' ':
		pause_or_go_on(screen);
		break;
	case ESCAPE:
		*table->filter = '\0';
		table->within = VIEW_VECTORS;
		break;
	case '\n':
	case KEY_ENTER:
		open_selected(screen);
		break;
	}
	rebuild(screen);
}

static void on_key(struct screen *screen, int key)
{
	screen->changed = true;
	if (key == KEY_RESIZE)
		return;
	if (screen->drawing.typing) {
		type_filter(screen, key);
	} else if (screen->drawing.page == PAGE_HELP) {
		show(screen, PAGE_TABLE);
	} else if (!move_by_key(screen, key)) {
		if (screen->drawing.page == PAGE_DETAIL)
			on_detail_key(screen, key);
		else
			on_table_key(screen, key);
	}
}

/* Often: keys, and what they have changed. */
static int screen_flush(struct sink *sink)
{
	struct screen *screen = sink->context;
	int key;

	if (!screen->terminal)
		return 0;
	if (!screen->table.rows)
		return EXIT_RUNTIME;
	while (!stop_requested() && (key = getch()) != ERR)
		on_key(screen, key);
	if (stop_requested())
		leave(screen);
	else if (screen->changed)
		draw(&screen->drawing);
	screen->changed = false;
	return 0;
}

static void screen_summary(struct sink *sink, const struct figures *figures)
{
	struct screen *screen = sink->context;

	leave(screen);
	screen->text.out = sink->out;
	text_sink.summary(&screen->text, figures);
}

const struct sink_ops screen_sink = {
	.start = screen_start,
	.measured = screen_measured,
	.lifecycle = screen_lifecycle,
	.interval = screen_interval,
	.flush = screen_flush,
	.summary = screen_summary,
};
