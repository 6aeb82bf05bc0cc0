// SPDX-License-Identifier: GPL-2.0-only
/*
 * imstrace report: what a recording says.
 */
#include "../errors.h"
#include "../session.h"
#include "../sink/page.h"
#include "../stop.h"
#include "command.h"
#include "options.h"

/* Enough to see what they have in common, and a screen full. */
#define SLOWEST		10
#define MOST_SLOWEST	1000000
#define MOST_ON_PAGE	1000

struct report_command {
	struct source_options source;
	struct session_options session;
	struct sink view, page;
	const char *html;
};

static bool take_stages(const struct option_row *option, void *to, char *value,
			struct argp_state *state)
{
	(void)option;
	(void)state;
	return parse_stages(value, to);
}

static const struct option_row options[] = {
	HEADING(PLACE_END, "When to end:"),
	HEADING(PLACE_SHOW, "What to show:"),
	{ "slowest", 0, "N", "Show the N slowest interrupts, hop by hop (default 10; 0: none)",
	  take_number, INTO(struct report_command, session.slowest),
	  "a number up to " DIGITS(MOST_SLOWEST), .most = MOST_SLOWEST, .or_zero = true },
	{ "histogram", 0, "STAGES", "Show the histograms of these stages, such as deliver,total or "
	  "all", take_stages, INTO(struct report_command, view.wants.histograms),
	  "a list of stages such as deliver,total, or all" },
	{ "lifecycle", 0, NULL, "Show the lifecycle of vectors, step by step",
	  take_flag, INTO(struct report_command, view.wants.lifecycle) },
	{ "lint", 0, NULL, "Report drivers' defects, as imstrace lint does",
	  take_flag, INTO(struct report_command, session.lint) },
	{ "interval", 'i', "TIME", "Show a table every TIME",
	  take_duration, INTO(struct report_command, session.interval), "a time such as 1s",
	  .least = 1 },
	{ "html", 0, "FILE", "Write all of it, with charts, to FILE as an HTML page",
	  take_text, INTO(struct report_command, html) },
	{ 0 }
};

static void check_options(void *target, struct argp_state *state)
{
	struct report_command *command = target;

	if (command->html && command->session.slowest > MOST_ON_PAGE)
		argp_error(state, "--slowest must be at most %u with --html", MOST_ON_PAGE);
}

static const char doc[] =
	"Shows where interrupts went, how long their stages took, and the slowest of them. Reads "
	"the recording DIR or, without one, follows the running kernel."
	"\v"
	"EXAMPLES\n"
	"  imstrace report slow                          all of the recording ./slow\n"
	"  imstrace report slow --from 2s --until 3s     one second of it\n"
	"  imstrace report slow --vector 1 --slowest 50  one vector, more of its slowest\n"
	"  imstrace report slow --histogram total        the distribution of its times\n"
	"  imstrace report -d 10s                        the next 10 seconds of the running kernel\n"
	"  imstrace report slow --html slow.html         a page to open, send and print\n\n"
	"EXIT STATUS  0 ok, 1 failed while running, 2 wrong usage or no recording, 3 a privilege, "
	"a kernel feature or, for --html, the page template is missing; with --lint also 4 a "
	"defect was found, 5 inconclusive.";

static int run(int argc, char **argv)
{
	struct report_command command = {
		.source = SOURCE_DEFAULTS,
		.session = { .slowest = SLOWEST },
		.view = {
			.ops = &text_sink, .out = stdout,
			.wants = { .start = true, .summary = true },
		},
		.page = {
			.ops = &html_sink,
			.wants = {
				.start = true, .lifecycle = true, .interrupts = true,
				.findings = true, .summary = true,
			},
		},
	};
	struct sink *sinks[3] = { &command.view };
	struct session_options *session = &command.session;
	struct source *source;
	int ret;

	parse_options(&command_report, argc, argv, &command);
	session->sinks = sinks;
	if (command.html) {
		/* The tables are in the page, but JSON may be wanted as well. */
		session->sinks = command.view.ops == &text_sink ? sinks + 1 : sinks;
		sinks[1] = &command.page;
	}
	stop_on_signals();
	command.source.live.interrupts = session->slowest || command.html;
	command.source.live.competitors = true;
	/* While there is a privilege to do so. */
	ret = command.html ? page_open(&command.page, PAGE_report, command.html) : 0;
	if (ret)
		return ret;
	session->why = command.html ? why_new(0) : NULL;
	if (command.html && !session->why)
		ret = report_error(EXIT_RUNTIME, NULL, "out of memory");
	ret = ret ?: source_open(&source, &command.source, &command.session.filter);
	if (ret)
		sink_close_file(&command.page);
	else
		ret = session_run(source, session);
	why_free(session->why);
	return ret;
}

const struct command command_report = {
	.name = "report", .what = "show figures, distributions and the slowest interrupts of a recording",
	.doc = doc, .args_doc = SOURCE_ARGUMENT,
	.own = &(const struct option_group) { .options = options, .check = check_options },
	.groups = GROUPS({ &json_group, offsetof(struct report_command, view.ops) },
			 SESSION_GROUPS(struct report_command, session),
			 SOURCE_GROUPS(struct report_command, source)),
	.run = run,
};
