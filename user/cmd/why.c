// SPDX-License-Identifier: GPL-2.0-only
/*
 * imstrace why: where the time of slow interrupts went, and what to do about it.
 */
#include "../errors.h"
#include "../session.h"
#include "../stop.h"
#include "command.h"
#include "options.h"

#define SLOWEST		5
#define MOST_SLOWEST	1000000

struct why_command {
	struct source_options source;
	struct session_options session;
	struct sink view;
	__u64 over;
};

static const struct option_row options[] = {
	HEADING(PLACE_END, "When to end:"),
	HEADING(PLACE_SHOW, "What is slow, and how to show it:"),
	{ "over", 0, "TIME", "What takes TIME or longer from its first hop to its last is slow, such as 50us "
	  "(default: the slowest hundredth, but 10 to 1000 interrupts)", take_duration, INTO(struct why_command, over),
	  "a time above 0, such as 50us", .least = 1 },
	{ "slowest", 0, "N", "Show the N slowest interrupts, hop by hop (default 5; 0: none)",
	  take_number, INTO(struct why_command, session.slowest),
	  "a number up to " DIGITS(MOST_SLOWEST), .most = MOST_SLOWEST, .or_zero = true },
	{ 0 }
};

static const char doc[] =
	"Says why interrupts are slow: the time of each slow one is divided among causes, which are added up, "
	"with the threads that kept vCPUs from their CPUs and with what to do. Reads the recording DIR or, "
	"without one, follows the running kernel."
	"\v"
	"docs/causes.md explains each cause: how it is concluded, and how to check it by hand.\n\n"
	HELP_SIGNALS
	"EXAMPLES\n"
	"  imstrace why -d 30s                 the slowest hundredth of the next 30 seconds\n"
	"  imstrace why --over 1ms -p 4711     what takes a millisecond, of one VMM, until Ctrl-C\n"
	"  imstrace why slow --vector 1        one vector of the recording ./slow\n\n"
	"EXIT STATUS  0 ok, 1 failed while running, 2 wrong usage or no recording, 3 a privilege or a kernel "
	"feature is missing.";

static void write_causes(FILE *out)
{
	fputs("CAUSES\n", out);
	for (unsigned int cause = 0; cause < SLOW_CAUSE_COUNT; cause++)
		fprintf(out, "  %s\n      %s.\n", slow_cause_name(cause), slow_cause_what(cause));
}

static int run(int argc, char **argv)
{
	struct why_command command = {
		.source = SOURCE_DEFAULTS,
		.session = { .slowest = SLOWEST },
		.view = { .ops = &text_sink, .out = stdout, .wants = { .start = true } },
	};
	struct source *source;
	int ret;

	command.source.live.interrupts = true;
	parse_options(&command_why, argc, argv, &command);
	command.session.sinks = SINKS(&command.view);
	command.session.why = why_new(command.over);
	if (!command.session.why)
		return report_error(EXIT_RUNTIME, NULL, "out of memory");
	stop_on_signals();
	ret = source_open(&source, &command.source, &command.session.filter);
	ret = ret ?: session_run(source, &command.session);
	why_free(command.session.why);
	return ret;
}

const struct command command_why = {
	.name = "why", .what = "say why interrupts are slow: the causes, and what to do",
	.doc = doc, .args_doc = SOURCE_ARGUMENT,
	.own = &(const struct option_group) { .options = options },
	.groups = GROUPS({ &json_group, offsetof(struct why_command, view.ops) },
			 SESSION_GROUPS(struct why_command, session),
			 SOURCE_GROUPS(struct why_command, source)),
	.tables = write_causes, .run = run,
};
