// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "screen.h"

#include "../errors.h"
#include "../measure/measurement.h"
#include "../sink/text.h"
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

/* The one screen of this process. */
static struct {
	SCREEN *terminal;
	int stderr_before, stderr_meanwhile;
	struct table table;
	struct drawing drawing;
	struct measurement *measurement;
	struct imstrace_lifecycle *steps;
	size_t step_count;
	enum imstrace_stage histogram;
	__u32 shown;			/* id: by PAGE_DETAIL */
	bool changed;
} screen;

int screen_open(void)
{
	const char *terminal = getenv("TERM");

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return report_error(EXIT_USAGE, "For a pipe or a file there is imstrace live",
				    "imstrace top needs a terminal");
	setlocale(LC_CTYPE, "");
	screen.terminal = newterm(NULL, stdout, stdin);
	if (!screen.terminal)
		return report_error(EXIT_USAGE, "Set TERM to one that is, or use imstrace live",
				    "the terminal \"%s\" is not known", terminal ?: "");
	/* What is said on stderr would be lost with this screen. */
	fflush(stderr);
	screen.stderr_before = dup(STDERR_FILENO);
	screen.stderr_meanwhile = memfd_create("imstrace-stderr", MFD_CLOEXEC);
	if (screen.stderr_meanwhile >= 0)
		dup2(screen.stderr_meanwhile, STDERR_FILENO);
	set_escdelay(50);
	cbreak();
	noecho();
	curs_set(0);
	keypad(stdscr, true);
	nodelay(stdscr, true);
	draw_init();
	mvaddstr(0, 0, "imstrace top: attaching to the kernel");
	refresh();
	return 0;
}

static void give_stderr_back(void)
{
	char text[4096];
	ssize_t length;

	fflush(stderr);
	dup2(screen.stderr_before, STDERR_FILENO);
	close(screen.stderr_before);
	if (screen.stderr_meanwhile < 0)
		return;
	lseek(screen.stderr_meanwhile, 0, SEEK_SET);
	while ((length = read(screen.stderr_meanwhile, text, sizeof(text))) > 0)
		fwrite(text, 1, length, stderr);
	close(screen.stderr_meanwhile);
}

static void leave(void)
{
	if (!screen.terminal)
		return;
	endwin();
	delscreen(screen.terminal);
	screen.terminal = NULL;
	give_stderr_back();
}

void screen_close(void)
{
	leave();
	table_free(&screen.table);
	free(screen.steps);
	free(screen.drawing.text);
	screen.steps = NULL;
	screen.drawing.text = NULL;
}

static void screen_start(FILE *out, const struct source *source)
{
	(void)out;
	text_use_clock(source);
	screen.steps = calloc(STEPS, sizeof(*screen.steps));
	screen.drawing.table = &screen.table;
	screen.drawing.to_wall_clock = source->to_wall_clock;
	screen.drawing.time = source->started;
	screen.histogram = STAGE_COUNT;
	if (!table_init(&screen.table, source->capacity) || !screen.steps) {
		report_error(EXIT_RUNTIME, NULL, "out of memory");
		stop_request();
		return;
	}
	screen.changed = true;
}

static void screen_measured(struct measurement *measurement)
{
	screen.measurement = measurement;
}

static void screen_lifecycle(FILE *out, const struct imstrace_lifecycle *step)
{
	(void)out;
	if (screen.steps)
		screen.steps[screen.step_count++ % STEPS] = *step;
}

/* The newest of the vector's, and of its device's, oldest first. */
static void write_steps(FILE *out, const struct imstrace_vector *vector, __u32 id)
{
	size_t oldest = screen.step_count > STEPS ? screen.step_count - STEPS : 0;
	size_t at = screen.step_count, count = 0;
	size_t shown[STEPS_SHOWN];

	while (at > oldest && count < STEPS_SHOWN) {
		const struct imstrace_lifecycle *step = &screen.steps[--at % STEPS];

		if (step->id == id || (step->id == IMSTRACE_NONE &&
				       !strncmp(step->device, vector->device, sizeof(step->device))))
			shown[count++] = at;
	}
	fprintf(out, "\nLifecycle, the latest %zu steps\n", count);
	while (count)
		text_sink.lifecycle(out, &screen.steps[shown[--count] % STEPS]);
}

/* As the summary and the histograms of a text, but of one vector, and all of it so far. */
static void write_detail(void)
{
	const struct figures *figures = measurement_vector(screen.measurement, screen.shown);
	enum imstrace_stage stage = screen.histogram;
	size_t size;
	FILE *out;

	free(screen.drawing.text);
	screen.drawing.text = NULL;
	out = open_memstream(&screen.drawing.text, &size);
	if (!out)
		return;
	text_sink.summary(out, figures);
	if (stage == STAGE_COUNT)
		stage = figures_widest_stage(figures->vectors);
	text_sink.histograms(out, figures, stage);
	write_steps(out, &figures->vectors->vector, screen.shown);
	fclose(out);
}

static void refresh_detail(void)
{
	if (screen.drawing.page == PAGE_DETAIL)
		write_detail();
}

static void rebuild(void)
{
	struct drawing *drawing = &screen.drawing;
	const struct table *table = &screen.table;
	const struct followed *selected = table->count ?
		table->rows[drawing->selected].first : NULL;

	table_build(&screen.table);
	/* The mark stays with its line where lines change places. */
	for (size_t i = 0; i < table->count; i++)
		if (table->rows[i].first == selected)
			drawing->selected = i;
	if (drawing->selected >= table->count)
		drawing->selected = table->count ? table->count - 1 : 0;
	screen.changed = true;
}

static void add_loss(const struct imstrace_totals *totals)
{
	struct imstrace_totals *all = &screen.drawing.totals;

	all->lost_vectors += totals->lost_vectors;
	all->lost_values += totals->lost_values;
	all->lost_runs += totals->lost_runs;
	all->lost_lifecycle += totals->lost_lifecycle;
}

static void screen_interval(FILE *out, const struct figures *report)
{
	(void)out;
	if (!screen.table.rows)
		return;
	table_update(&screen.table, report);
	add_loss(&report->totals);
	if (screen.drawing.paused || !screen.terminal)
		return;
	screen.drawing.time = report->to;
	rebuild();
	refresh_detail();
}

static void show(enum page page)
{
	screen.drawing.page = page;
	screen.drawing.top = 0;
	screen.drawing.left = 0;
}

/* Enter: what is marked, in more detail. */
static void open_selected(void)
{
	struct table *table = &screen.table;
	const struct followed *first;

	if (!table->count)
		return;
	first = table->rows[screen.drawing.selected].first;
	switch (table->view) {
	case VIEW_DEVICES:
		memcpy(table->device, first->report.vector.device, sizeof(table->device));
		table->view = VIEW_VECTORS;
		break;
	case VIEW_VMS:
		table->pid = first->report.vector.pid;
		table->view = VIEW_VECTORS;
		break;
	default:
		screen.shown = first->report.id;
		show(PAGE_DETAIL);
		write_detail();
	}
}

/* Return: whether it was a key that moves. */
static bool move_by_key(int key)
{
	struct drawing *drawing = &screen.drawing;
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

static void type_filter(int key)
{
	char *filter = screen.table.filter;
	size_t length = strlen(filter);

	if (key == '\n' || key == KEY_ENTER || key == ESCAPE) {
		screen.drawing.typing = false;
		if (key == ESCAPE)
			*filter = '\0';
	} else if ((key == KEY_BACKSPACE || key == 127 || key == '\b') && length) {
		filter[length - 1] = '\0';
	} else if (key >= ' ' && key <= '~' && length + 1 < FILTER_LEN) {
		filter[length] = key;
		filter[length + 1] = '\0';
	}
	rebuild();
}

static void pause_or_go_on(void)
{
	screen.drawing.paused = !screen.drawing.paused;
	if (!screen.drawing.paused)
		refresh_detail();
}

static void on_detail_key(int key)
{
	switch (key) {
	case 'q':
	case ESCAPE:
		show(PAGE_TABLE);
		break;
	case KEY_LEFT:
		screen.drawing.left -= screen.drawing.left ? COLUMNS : 0;
		break;
	case KEY_RIGHT:
		screen.drawing.left += COLUMNS;
		break;
	case 't':
		screen.histogram = screen.histogram >= STAGE_COUNT - 1 ? 0 : screen.histogram + 1;
		write_detail();
		break;
	case ' ':
		pause_or_go_on();
		break;
	}
}

static void on_table_key(int key)
{
	struct table *table = &screen.table;

	switch (key) {
	case 'q':
		stop_request();
		return;
	case '?':
		show(PAGE_HELP);
		break;
	case '/':
		screen.drawing.typing = true;
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
		pause_or_go_on();
		break;
	case ESCAPE:
		*table->filter = '\0';
		*table->device = '\0';
		table->pid = 0;
		break;
	case '\n':
	case KEY_ENTER:
		open_selected();
		break;
	}
	rebuild();
}

static void on_key(int key)
{
	screen.changed = true;
	if (key == KEY_RESIZE)
		return;
	if (screen.drawing.typing) {
		type_filter(key);
	} else if (screen.drawing.page == PAGE_HELP) {
		show(PAGE_TABLE);
	} else if (!move_by_key(key)) {
		if (screen.drawing.page == PAGE_DETAIL)
			on_detail_key(key);
		else
			on_table_key(key);
	}
}

/* Often: keys, and what they have changed. */
static int screen_flush(void)
{
	int key;

	if (!screen.terminal)
		return 0;
	if (!screen.table.rows)
		return EXIT_RUNTIME;
	while (!stop_requested() && (key = getch()) != ERR)
		on_key(key);
	if (stop_requested())
		leave();
	else if (screen.changed)
		draw(&screen.drawing);
	screen.changed = false;
	return 0;
}

static void screen_summary(FILE *out, const struct figures *report)
{
	leave();
	text_sink.summary(out, report);
}

const struct sink screen_sink = {
	.start = screen_start,
	.measured = screen_measured,
	.lifecycle = screen_lifecycle,
	.interval = screen_interval,
	.flush = screen_flush,
	.summary = screen_summary,
};
