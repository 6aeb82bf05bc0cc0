// SPDX-License-Identifier: GPL-2.0-only
/*
 * imstrace run: measure a workload again and again, for imstrace gate and history.
 */
#define _GNU_SOURCE
#include "../errors.h"
#include "../compare/repeat.h"
#include "../stop.h"
#include "../compare/summary/show.h"
#include "command.h"
#include "options.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum option_key {
	KEY_WARMUP = 0x100, KEY_LABEL, KEY_REVISION,
};

/* docs/performance/gate.md has what the gate finds with so many. */
#define RUNS		20
#define MOST_RUNS	10000
/* What stands between the two commands. */
#define AGAINST		"--against"

static const struct argp_option options[] = {
	{ .doc = "What to measure, and where to keep it:", .group = GROUP_END },
	{ "runs", 'n', "N", 0, "Runs of each command (default 20)", 0 },
	{ "warmup", KEY_WARMUP, "N", 0, "First runs that are not kept (default 1)", 0 },
	{ "output", 'o', "FILE", 0, "The summary; with two commands, given twice: that of the first, "
	  "that of the second (default: imstrace-DATE-TIME.json, and -2.json)", 0 },
	{ "revision", KEY_REVISION, "TEXT", 0, "What is measured (default: the git revision of this "
	  "directory, if it is one's); with two commands, given twice", 0 },
	{ "label", KEY_LABEL, "KEY=VALUE", 0, "Keep this with it; may be given again", 0 },
	{ 0 }
};

static const char doc[] =
	"Runs COMMAND N times and measures each run: a summary has every histogram of every run, for "
	"imstrace gate to compare and imstrace history to draw. With two commands the runs "
	"alternate (first second, second first, ...), so that both get the same weather."
	"\v"
	"COMMAND is run as it is, without a shell, with the privileges that imstrace was "
	"started with; its output goes to standard error. It should take the same "
	"load each time, and make a thousand interrupts or more.\n\n"
	"EXAMPLES\n"
	"  imstrace run -o base.json -- ./workload           twenty runs\n"
	"  imstrace run -o base.json -o new.json -- \\\n"
	"      ./workload --old --against ./workload --new    twenty of each, alternating\n"
	"  imstrace gate base.json --against new.json        is it slower?\n\n"
	"EXIT STATUS  0 ok, 1 failed while running, as when COMMAND fails, 2 wrong usage, 3 a "
	"privilege or a kernel feature is missing.";

struct run_command {
	struct live_options live;
	struct repeat_options repeat;
	char **commands[MOST_COMMANDS];
	const char *outputs[MOST_COMMANDS];
	size_t output_count;
	const char *revisions[MOST_COMMANDS];
	size_t revision_count;
	json_t *labels;
	char names[MOST_COMMANDS][64];
	FILE *files[MOST_COMMANDS];
	struct summary *summaries[MOST_COMMANDS];
};

static void add_label(struct run_command *command, char *text, struct argp_state *state)
{
	char *equals = strchr(text, '=');

	if (!equals || equals == text) {
		argp_error(state, "--label wants KEY=VALUE, not \"%s\"", text);
		return;
	}
	*equals = '\0';
	if (json_object_set_new(command->labels, text, json_string(equals + 1)))
		argp_error(state, "--label %s: it is not UTF-8", text);
}

/* Splits "A ... --against B ...". */
static void find_commands(struct run_command *command, char **words, struct argp_state *state)
{
	command->commands[0] = words;
	command->repeat.commands = 1;
	for (char **word = words; *word; word++) {
		if (strcmp(*word, AGAINST))
			continue;
		if (command->repeat.commands == MOST_COMMANDS)
			argp_error(state, "there is one " AGAINST " too many");
		*word = NULL;
		command->commands[command->repeat.commands++ % MOST_COMMANDS] = word + 1;
	}
	for (size_t i = 0; i < command->repeat.commands; i++) {
		if (!*command->commands[i])
			argp_error(state, "there is no command on one side of " AGAINST);
		command->repeat.names[i] = *command->commands[i];
	}
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct run_command *command = state->input;
	__u64 number;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &command->repeat.filter;
		state->child_inputs[1] = &command->live;
		break;
	case 'n':
		if (!parse_number(value, MOST_RUNS, &number))
			argp_error(state, "--runs wants a number up to %d, not \"%s\"", MOST_RUNS,
				   value);
		command->repeat.runs = number;
		break;
	case KEY_WARMUP:
		number = 0;
		if (strcmp(value, "0") && !parse_number(value, MOST_RUNS, &number))
			argp_error(state, "--warmup wants a number up to %d, not \"%s\"", MOST_RUNS,
				   value);
		command->repeat.warmup = number;
		break;
	case 'o':
		if (command->output_count == MOST_COMMANDS)
			argp_error(state, "there is one -o too many");
		command->outputs[command->output_count++] = value;
		break;
	case KEY_REVISION:
		if (command->revision_count == MOST_COMMANDS)
			argp_error(state, "there is one --revision too many");
		command->revisions[command->revision_count++] = value;
		break;
	case KEY_LABEL:
		add_label(command, value, state);
		break;
	case ARGP_KEY_ARGS:
		find_commands(command, state->argv + state->next, state);
		break;
	case ARGP_KEY_END:
		if (!command->repeat.commands)
			argp_error(state, "which command? Give it after --");
		if (command->output_count && command->output_count != command->repeat.commands)
			argp_error(state, "there must be an -o for each command, or none");
		if (command->revision_count && command->revision_count != command->repeat.commands)
			argp_error(state, "there must be a --revision for each command, or none");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static void name_outputs(struct run_command *command)
{
	time_t now = time(NULL);
	char stamp[32];
	struct tm tm;

	if (command->output_count)
		return;
	localtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "imstrace-%Y%m%d-%H%M%S", &tm);
	for (size_t i = 0; i < command->repeat.commands; i++) {
		snprintf(command->names[i], sizeof(command->names[i]), "%s%s.json", stamp,
			 i ? "-2" : "");
		command->outputs[i] = command->names[i];
	}
}

/* Of the directory that it is started in. */
static void read_revision(char revision[SOURCE_NAME_LEN])
{
	FILE *git = popen("git rev-parse HEAD 2>/dev/null", "re");

	if (git && fgets(revision, SOURCE_NAME_LEN, git))
		revision[strcspn(revision, "\n")] = '\0';
	/* What a git that fails has printed is no revision. */
	if (git && pclose(git))
		*revision = '\0';
}

static int prepare(struct run_command *command, size_t i)
{
	struct summary *summary = summary_new(command->outputs[i]);
	/* What is in it stays until there is something to put in its place. */
	int fd = open(command->outputs[i], O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

	command->summaries[i] = summary;
	command->files[i] = fd < 0 ? NULL : fdopen(fd, "w");
	if (!command->files[i])
		return report_error(EXIT_RUNTIME, NULL, "cannot write to %s: %s",
				    command->outputs[i], strerror(errno));
	if (!summary)
		return report_error(EXIT_RUNTIME, NULL, "out of memory");
	summary_describe_machine(summary);
	if (command->revision_count)
		snprintf(summary->revision, sizeof(summary->revision), "%s",
			 command->revisions[i]);
	else
		read_revision(summary->revision);
	json_object_update(summary->labels, command->labels);
	for (char **word = command->commands[i]; *word; word++)
		if (json_array_append_new(summary->command, json_string(*word)))
			return report_error(EXIT_USAGE, NULL, "the command is not UTF-8: %s",
					    *word);
	return 0;
}

static void note_source(struct run_command *command, const struct source *source)
{
	for (size_t i = 0; i < command->repeat.commands; i++) {
		command->summaries[i]->session = source->started + source->to_wall_clock;
		for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
			memcpy(command->summaries[i]->hops[hop], source->hops[hop].attached,
			       sizeof(source->hops[hop].attached));
	}
}

static int finish(struct run_command *command)
{
	int ret = 0;

	for (size_t i = 0; i < command->repeat.commands; i++) {
		struct summary *summary = command->summaries[i];

		if (!summary->run_count)
			return report_error(EXIT_RUNTIME, NULL,
					    "it was stopped before the first run was over");
		ret = ret ?: summary_write(summary, command->files[i]);
		summary_show(stdout, summary);
	}
	return ret;
}

static int measure(struct run_command *command)
{
	struct workload workload;
	struct source *source;
	int ret = 0;

	for (size_t i = 0; !ret && i < command->repeat.commands; i++)
		ret = prepare(command, i);
	ret = ret ?: workload_start(&workload, command->commands, command->repeat.commands);
	if (ret)
		return ret;
	stop_on_signals();
	ret = live_open(&source, &command->live);
	if (!ret) {
		note_source(command, source);
		ret = repeat_run(source, &workload, &command->repeat, command->summaries);
	}
	workload_stop(&workload);
	return ret ?: finish(command);
}

static const struct argp_child children[] = {
	FILTER_CHILD,
	LIVE_CHILD(&live_argp),
	{ 0 }
};

static const struct argp argp = {
	.options = options,
	.parser = parse_option,
	.args_doc = "COMMAND [ARGUMENT...] [" AGAINST " COMMAND [ARGUMENT...]]",
	.doc = doc,
	.children = children,
};

static int run(int argc, char **argv)
{
	struct run_command command = {
		.live = LIVE_DEFAULTS,
		.repeat = { .runs = RUNS, .warmup = 1 },
		.labels = json_object(),
	};
	int ret;

	/* In order: what follows COMMAND is its own. */
	if (argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &command))
		return EXIT_USAGE;
	name_outputs(&command);
	ret = measure(&command);
	for (size_t i = 0; i < command.repeat.commands; i++) {
		if (command.files[i] && fclose(command.files[i]) && !ret)
			ret = report_error(EXIT_RUNTIME, NULL, "writing %s failed: %s",
					   command.outputs[i], strerror(errno));
		summary_free(command.summaries[i]);
	}
	json_decref(command.labels);
	return ret;
}

const struct command command_run = {
	.name = "run",
	.what = "measure a workload again and again, to compare it or to draw it",
	.argp = &argp,
	.run = run,
};
