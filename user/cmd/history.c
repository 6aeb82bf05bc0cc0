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
#include <string.h>

#define MOST_WINDOW	500

struct history_command {
	struct history_options history;
	bool percentile_given;
	bool json;
	const char *html;
	struct summary_list list;
	int error;	/* an exit code */
};

static bool take_percentile(const struct option_row *option, void *to, char *value,
			    struct argp_state *state)
{
	enum percentile percentile = percentile_find(value, strlen(value));
	struct history_command *command = to;

	(void)option;
	(void)state;
	if (percentile == PERCENTILE_COUNT)
		return false;
	if (!command->percentile_given)
		memset(command->history.percentiles, 0, sizeof(command->history.percentiles));
	command->percentile_given = true;
	command->history.percentiles[percentile] = true;
	return true;
}

static bool take_json(const struct option_row *option, void *to, char *value,
		      struct argp_state *state)
{
	errors_use_json();
	return take_flag(option, to, value, state);
}

static bool take_change(const struct option_row *option, void *to, char *value,
			struct argp_state *state)
{
	double percent;

	if (!take_percent(option, &percent, value, state))
		return false;
	*(double *)to = log1p(percent);
	return true;
}

static const struct option_row options[] = {
	HEADING(PLACE_SHOW, "What is shown, and how:"),
	{ "by", 0, "WHAT", GROUPING_HELP, take_grouping, INTO(struct history_command, history.by),
	  GROUPING_MUST },
	{ "percentile", 0, "P", "Show p50, p90, p99 or p999; may be given again (default: "
	  "p50 and p99)", take_percentile, .must = "p50, p90, p99 or p999" },
	{ "html", 0, "FILE", "Write charts of it all to FILE as an HTML page",
	  take_text, INTO(struct history_command, html) },
	{ "json", 0, NULL, "Write one JSON object, times in ns (docs/schema/imstrace-1.json)",
	  take_json, INTO(struct history_command, json) },

	HEADING(PLACE_FILTER, "What is a change:"),
	{ "max-p", 0, "P", "The highest probability that it is chance (default 0.001)",
	  take_share, INTO(struct history_command, history.change.max_p),
	  "a probability such as 0.001", .most = 1 },
	{ "min-change", 0, "N%", "The smallest change (default 2%)",
	  take_change, INTO(struct history_command, history.change.least), "a share such as 2%",
	  .most = 100 },
	{ "window", 0, "N", "Compare N summaries at a time (default 50)",
	  take_number, INTO(struct history_command, history.change.window),
	  "a number from 6 to " DIGITS(MOST_WINDOW),
	  .least = HISTORY_LEAST, .most = MOST_WINDOW },
	{ 0 }
};

static void take_summary(void *target, char *value, struct argp_state *state)
{
	struct history_command *command = target;

	(void)state;
	command->error = command->error ?: summary_load(&command->list, value);
}

static void check_options(void *target, struct argp_state *state)
{
	const struct history_command *command = target;

	if (!command->error && !command->list.count)
		argp_error(state, "no summaries: name a directory of them, or the files");
}

static const char doc[] =
	"Shows how latency has changed over a series of summaries of imstrace run: where, in which "
	"stage, by how much. Reads a directory of summaries and orders them by the time of "
	"measurement; files there that can't be used are named and left out. Finds changes as Apache Otava does: E-divisive, with a t-test."
	"\v"
	"A change is found only with at least three summaries on each side. Each machine (model and number "
	"of CPUs) has series of its own; a host or a kernel that is another one from a change on is "
	"named with it.\n\n"
	"EXAMPLES\n"
	"  imstrace history results/                  what changed, and with which revision\n"
	"  imstrace history --html latency.html results/   one file to open and to send\n"
	"  imstrace history --percentile p90 a.json b.json ...\n\n"
	"EXIT STATUS  0 ok, 1 failed while running, 2 wrong usage or no usable summary, 3 it "
	"was built without its HTML pages, 5 no summary has an interrupt, so there is nothing to judge.";

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
	struct sink page = { 0 };
	int ret = page_open(&page, PAGE_history, path);

	if (ret)
		return ret;
	page_write(page.out, PAGE_history, history_object(history));
	return sink_close_file(&page);
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
	if (!ret && !history_judged(&history))
		ret = EXIT_INCONCLUSIVE;
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
		.list = { .lenient = true },
	};
	int ret;

	parse_options(&command_history, argc, argv, &command);
	ret = command.error ?: show(&command);
	summary_list_free(&command.list);
	return ret;
}

const struct command command_history = {
	.name = "history", .what = "show how latency changed over time, and with which revision",
	.doc = doc, .args_doc = "DIR|FILE...",
	.own = &(const struct option_group) {
		.options = options, .argument = take_summary, .check = check_options
	},
	.run = run,
};
