// SPDX-License-Identifier: GPL-2.0-only
/*
 * imstrace history: how latency has changed over time.
 */
#include "../errors.h"
#include "../compare/history/show.h"
#include "../sink/page.h"
#include "command.h"
#include "options.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum option_key {
	KEY_BY = 0x100, KEY_PERCENTILE, KEY_MAX_P, KEY_MIN_CHANGE, KEY_WINDOW, KEY_JSON, KEY_HTML,
};

#define MOST_WINDOW	500

static const struct argp_option options[] = {
	{ .doc = "What is shown, and how:", .group = GROUP_SHOW },
	{ "by", KEY_BY, "WHAT", 0, "class: vectors of a class of devices together (default); device: "
	  "those of a device, by its name; vector: each vector of a class", 0 },
	{ "percentile", KEY_PERCENTILE, "P", 0, "p50, p90, p99 or p999; may be given again (default: "
	  "p50 and p99)", 0 },
	{ "html", KEY_HTML, "FILE", 0, "Charts of it all as a page for browsers, into FILE", 0 },
	{ "json", KEY_JSON, NULL, 0, "One JSON object, times in ns (docs/schema/imstrace-1.json)", 0 },

	{ .doc = "What is a change:", .group = GROUP_FILTER },
	{ "max-p", KEY_MAX_P, "P", 0, "The chance of it if nothing had changed (default 0.001)", 0 },
	{ "min-change", KEY_MIN_CHANGE, "N%", 0, "The least change (default 2%)", 0 },
	{ "window", KEY_WINDOW, "N", 0, "So many summaries are looked at together (default 50)", 0 },
	{ 0 }
};

static const char doc[] =
	"Shows how latency has changed over a series of summaries of imstrace run: where, in which "
	"stage, by how much. The directory that they are in is the database; they are ordered by when "
	"they were measured. Changes are found as Apache Otava does: E-divisive, with a t-test."
	"\v"
	"A change takes three summaries before it and three from it on to be seen.\n\n"
	"EXAMPLES\n"
	"  imstrace history results/                  what has changed, and with which revision\n"
	"  imstrace history --html latency.html results/   one file to open and to send\n"
	"  imstrace history --percentile p90 a.json b.json ...\n\n"
	"EXIT STATUS  0 ok, 1 failed while running, 2 wrong usage or no summary that can be used, 3 it was "
	"built without its HTML pages.";

struct history_command {
	struct history_options history;
	bool percentile_given;
	bool json;
	const char *html;
	struct summary_list list;
	int fault;	/* an exit code */
};

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct history_command *command = state->input;
	struct change_point_options *change = &command->history.change;
	enum percentile percentile;
	double percent;
	char *end;
	__u64 number;

	switch (key) {
	case ARGP_KEY_ARG:
		command->fault = command->fault ?: summary_load(&command->list, value);
		break;
	case KEY_BY:
		command->history.by = grouping_find(value);
		if (command->history.by == GROUPING_COUNT)
			argp_error(state, "--by wants class, device or vector, not \"%s\"", value);
		break;
	case KEY_PERCENTILE:
		percentile = percentile_find(value, strlen(value));
		if (percentile == PERCENTILE_COUNT) {
			argp_error(state, "--percentile wants p50, p90, p99 or p999, not \"%s\"", value);
			break;
		}
		if (!command->percentile_given)
			memset(command->history.percentiles, 0, sizeof(command->history.percentiles));
		command->percentile_given = true;
		command->history.percentiles[percentile] = true;
		break;
	case KEY_JSON:
		command->json = true;
		errors_use_json();
		break;
	case KEY_HTML:
		command->html = value;
		break;
	case KEY_MAX_P:
		change->max_p = strtod(value, &end);
		if (*end || !(change->max_p > 0 && change->max_p < 1))
			argp_error(state, "--max-p wants a chance such as 0.001, not \"%s\"", value);
		break;
	case KEY_MIN_CHANGE:
		if (!parse_percent(value, &percent) || percent > 100)
			argp_error(state, "--min-change wants a share such as 2%%, not \"%s\"", value);
		change->least = log1p(percent);
		break;
	case KEY_WINDOW:
		if (!parse_number(value, MOST_WINDOW, &number) || number < 2 * CHANGE_POINT_LEAST)
			argp_error(state, "--window wants a number from %d to %d, not \"%s\"",
				   2 * CHANGE_POINT_LEAST, MOST_WINDOW, value);
		change->window = number;
		break;
	case ARGP_KEY_END:
		if (!command->fault && !command->list.count)
			argp_error(state, "which summaries? Name a directory of them, or the files");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	.options = options,
	.parser = parse_option,
	.args_doc = "DIR|FILE...",
	.doc = doc,
};

static int write_json(const struct history *history)
{
	json_t *object = history_object(history);
	int ret = 0;

	if (!object || json_dumpf(object, stdout, JSON_COMPACT))
		ret = report_error(EXIT_RUNTIME, NULL, "out of memory");
	putchar('\n');
	json_decref(object);
	return ret;
}

static int write_page(const struct history *history, const char *path)
{
	FILE *out;
	int ret = page_open(&out, PAGE_history, path);

	if (ret)
		return ret;
	page_write(out, PAGE_history, history_object(history));
	return page_close(out, path);
}

static int show(struct history_command *command)
{
	struct history history;
	int ret = history_make(&history, &command->history, &command->list);

	if (!ret && command->json)
		ret = write_json(&history);
	else if (!ret)
		history_show(stdout, &history);
	if (!ret && command->html)
		ret = write_page(&history, command->html);
	if (!ret && (fflush(stdout) || ferror(stdout)))
		ret = report_error(EXIT_RUNTIME, NULL, "writing the output failed: %s",
				   strerror(errno));
	history_free(&history);
	return ret;
}

static int run(int argc, char **argv)
{
	struct history_command command = {
		.history = {
			.percentiles = { [PERCENTILE_p50] = true, [PERCENTILE_p99] = true },
			.change = CHANGE_POINT_DEFAULTS,
		},
	};
	int ret;

	if (argp_parse(&argp, argc, argv, 0, NULL, &command))
		return EXIT_USAGE;
	ret = command.fault ?: show(&command);
	summary_list_free(&command.list);
	return ret;
}

const struct command command_history = {
	.name = "history",
	.what = "how latency has changed over time, and with which revision",
	.argp = &argp,
	.run = run,
};
