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

#include <string.h>

enum option_key {
	KEY_SLOWEST = 0x100, KEY_LIFECYCLE, KEY_LINT, KEY_HISTOGRAM, KEY_HTML,
};

/* Enough to see what they have in common, and a screen full. */
#define SLOWEST		10
#define MOST_SLOWEST	1000000
#define MOST_ON_PAGE	1000

static const struct argp_option options[] = {
	{ .doc = "When to end:", .group = GROUP_END },
	{ .doc = "What to show:", .group = GROUP_SHOW },
	{ "slowest", KEY_SLOWEST, "N", 0, "The N slowest interrupts, hop by hop (default 10; 0: none)", 0 },
	{ "histogram", KEY_HISTOGRAM, "STAGES", 0, "How the times of these stages are distributed, such as "
	  "deliver,total or all", 0 },
	{ "lifecycle", KEY_LIFECYCLE, NULL, 0, "The lives of vectors, step by step", 0 },
	{ "lint", KEY_LINT, NULL, 0, "What is wrong with their drivers, as imstrace lint does", 0 },
	{ "interval", 'i', "TIME", 0, "A table every TIME", 0 },
	{ "html", KEY_HTML, "FILE", 0, "All of it, and charts, as a page for browsers, into FILE", 0 },
	{ 0 }
};

static const char doc[] =
	"Shows where interrupts went, what their stages took, and the slowest of them: of the "
	"recording DIR or, without one, of the running kernel."
	"\v"
	"EXAMPLES\n"
	"  imstrace report slow                          all of the recording ./slow\n"
	"  imstrace report slow --from 2s --until 3s     one second of it\n"
	"  imstrace report slow --vector 1 --slowest 50  one vector, more of its slowest\n"
	"  imstrace report slow --histogram total        how its times are distributed\n"
	"  imstrace report -d 10s                        the running kernel's next 10 seconds\n"
	"  imstrace report slow --html slow.html         a page to open, send and print\n\n"
	"EXIT STATUS  0 ok, 1 failed while running, 2 wrong usage or no recording, 3 a privilege, "
	"a kernel feature or, for --html, a part of this program is missing; with --lint also 4 something was found, 5 no verdict.";

struct report_command {
	struct source_options source;
	struct session_options session;
	const char *html;
};

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct report_command *command = state->input;
	struct session_options *session = &command->session;
	__u64 number;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &session->duration;
		state->child_inputs[1] = &session->sink;
		state->child_inputs[2] = &session->filter;
		state->child_inputs[3] = &command->source;
		break;
	case KEY_SLOWEST:
		if (!strcmp(value, "0"))
			number = 0;
		else if (!parse_number(value, MOST_SLOWEST, &number))
			argp_error(state, "--slowest wants a number up to %u, not \"%s\"",
				   MOST_SLOWEST, value);
		session->slowest = number;
		break;
	case KEY_HISTOGRAM:
		if (!parse_stages(value, &session->histograms))
			argp_error(state, "--histogram wants a list of stages such as deliver,total, "
				   "or all, not \"%s\"", value);
		break;
	case KEY_LIFECYCLE:
		session->lifecycle = true;
		break;
	case KEY_LINT:
		session->lint = true;
		break;
	case 'i':
		if (!parse_duration(value, &session->interval) || !session->interval)
			argp_error(state, "--interval wants a time such as 1s, not \"%s\"", value);
		break;
	case KEY_HTML:
		command->html = value;
		break;
	case ARGP_KEY_END:
		/* The tables are in the page. */
		if (command->html && session->sink == &text_sink)
			session->sink = NULL;
		if (command->html && session->slowest > MOST_ON_PAGE)
			argp_error(state, "--slowest wants %u at most with --html", MOST_ON_PAGE);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp_child children[] = {
	OPTIONS_CHILD(&duration_argp),
	OPTIONS_CHILD(&json_argp),
	FILTER_CHILD,
	OPTIONS_CHILD(&source_argp),
	{ 0 }
};

static const struct argp argp = {
	.options = options,
	.parser = parse_option,
	.args_doc = SOURCE_ARGUMENT,
	.doc = doc,
	.children = children,
};

static int run(int argc, char **argv)
{
	struct report_command command = {
		.source = SOURCE_DEFAULTS,
		.session = { .sink = &text_sink, .slowest = SLOWEST, .page_sink = &html_sink },
	};
	struct source *source;
	int ret;

	if (argp_parse(&argp, argc, argv, 0, NULL, &command))
		return EXIT_USAGE;
	stop_on_signals();
	command.source.live.interrupts = command.session.slowest || command.html;
	/* Before there is no privilege left to. */
	ret = command.html ? page_open(&command.session.page, PAGE_report, command.html) : 0;
	if (ret)
		return ret;
	ret = source_open(&source, &command.source);
	ret = ret ?: session_run(source, &command.session);
	return command.html ? page_close(command.session.page, command.html) ?: ret : ret;
}

const struct command command_report = {
	.name = "report",
	.what = "figures, distributions, the slowest interrupts",
	.argp = &argp,
	.run = run,
};
