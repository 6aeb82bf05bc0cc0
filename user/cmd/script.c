// SPDX-License-Identifier: GPL-2.0-only
/*
 * imstrace script: a recording event by event.
 */
#include "../fault.h"
#include "../session.h"
#include "../stop.h"
#include "command.h"
#include "options.h"

#include <string.h>

enum option_key {
	KEY_JSON = 0x100, KEY_ONLY,
};

static const struct argp_option options[] = {
	{ .doc = "What to show:", .group = GROUP_SHOW },
	{ "only", KEY_ONLY, "WHAT", 0, "Only the \"interrupts\", or only the \"lifecycle\" of vectors", 0 },
	{ 0 }
};

static const char doc[] =
	"Shows every interrupt, hop by hop, and every step in the lives of vectors, in the order "
	"in which they ended."
	"\v"
	"EXAMPLES\n"
	"  imstrace script slow                             all of the recording ./slow\n"
	"  imstrace script slow --from 1500ms --to 1600ms   a tenth of a second of it\n"
	"  imstrace script slow --only interrupts --json    for a program\n\n"
	"EXIT STATUS  0 ok, 1 failed while running, 2 wrong usage or no recording.";

struct script_command {
	struct recording_options recording;
	struct session_options session;
};

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct script_command *command = state->input;
	struct session_options *session = &command->session;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &session->sink;
		state->child_inputs[1] = &command->recording;
		state->child_inputs[2] = &session->filter;
		break;
	case KEY_ONLY:
		session->lifecycle = !strcmp(value, "lifecycle");
		session->interrupts = !strcmp(value, "interrupts");
		if (!session->lifecycle && !session->interrupts)
			argp_error(state, "--only wants interrupts or lifecycle, not \"%s\"", value);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp_child children[] = {
	OPTIONS_CHILD(&json_argp),
	RECORDING_CHILD(&recording_argp),
	FILTER_CHILD,
	{ 0 }
};

static const struct argp argp = {
	.options = options,
	.parser = parse_option,
	.args_doc = RECORDING_ARGUMENT,
	.doc = doc,
	.children = children,
};

static int run(int argc, char **argv)
{
	struct script_command command = {
		.session = {
			.sink = &text_sink, .lifecycle = true, .interrupts = true,
			.no_summary = true,
		},
	};
	struct source *source;
	int ret;

	if (argp_parse(&argp, argc, argv, 0, NULL, &command))
		return EXIT_USAGE;
	stop_on_signals();
	ret = recording_open(&source, &command.recording);
	return ret ?: session_run(source, &command.session);
}

const struct command command_script = {
	.name = "script",
	.what = "a recording event by event",
	.argp = &argp,
	.run = run,
};
