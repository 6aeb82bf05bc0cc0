// SPDX-License-Identifier: GPL-2.0-only
/*
 * imstrace run: measure a workload again and again, for imstrace gate and history.
 */
#define _GNU_SOURCE
#include "../errors.h"
#include "../compare/keeper.h"
#include "../compare/repeat.h"
#include "../stop.h"
#include "../compare/summary/show.h"
#include "command.h"
#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* docs/performance/gate.md has what the gate finds with so many. */
#define RUNS		20
#define MOST_RUNS	10000
/* What stands between the two commands. */
#define AGAINST		"--against"

static const char doc[] =
	"Runs COMMAND N times and measures each run. A summary has every histogram of every run, for "
	"imstrace gate to compare and imstrace history to draw. With two commands the runs "
	"alternate (first second, second first, ...), so that both see the same background load."
	"\v"
	"COMMAND runs without a shell, with the privileges that imstrace was started with; its "
	"output goes to standard error. It should do the same work each time, and cause at least "
	"a thousand interrupts. A summary is there when all runs are done: a run that fails leaves no file, "
	"and an older one as it was.\n\n"
	HELP_SIGNALS
	"EXAMPLES\n"
	"  imstrace run -o base.json -- ./workload           twenty runs\n"
	"  imstrace run -o base.json -o new.json -- \\\n"
	"      ./workload --old --against ./workload --new    twenty of each, alternating\n"
	"  imstrace gate base.json --against new.json        is it slower?\n\n"
	"EXIT STATUS  0 ok, 1 failed while running, or COMMAND failed, 2 wrong usage, 3 a "
	"privilege or a kernel feature is missing.";

/* What can be given once for each command. */
struct per_command {
	const char *texts[MOST_COMMANDS];
	size_t count;
};

_Static_assert(KEEPER_FILES >= MOST_COMMANDS, "a file for each command");

struct run_command {
	struct live_options live;
	struct repeat_options repeat;
	char **commands[MOST_COMMANDS];
	struct per_command outputs, revisions;
	json_t *labels;
	char names[MOST_COMMANDS][64];
	struct keeper keeper;
	struct summary *summaries[MOST_COMMANDS];
};

/* Splits "A ... --against B ...". */
static void find_commands(struct run_command *command, char **words, struct argp_state *state)
{
	command->commands[0] = words;
	command->repeat.commands = 1;
	for (char **word = words; *word; word++) {
		if (strcmp(*word, AGAINST))
			continue;
		if (command->repeat.commands == MOST_COMMANDS)
			argp_error(state, AGAINST " can be given only once");
		*word = NULL;
		command->commands[command->repeat.commands++ % MOST_COMMANDS] = word + 1;
	}
	for (size_t i = 0; i < command->repeat.commands; i++) {
		if (!*command->commands[i])
			argp_error(state, "a command is missing on one side of " AGAINST);
		command->repeat.names[i] = *command->commands[i];
	}
}

static void take_commands(void *target, char *value, struct argp_state *state)
{
	(void)value;
	find_commands(target, state->argv + state->next - 1, state);
	state->next = state->argc;
}

static bool take_label(const struct option_row *option, void *to, char *text, struct argp_state *state)
{
	char *equals = strchr(text, '=');

	(void)option;
	if (!equals || equals == text)
		return false;
	*equals = '\0';
	if (json_object_set_new(*(json_t **)to, text, json_string(equals + 1)))
		argp_error(state, "--label %s must be UTF-8", text);
	return true;
}

static bool take_each(const struct option_row *option, void *to, char *value, struct argp_state *state)
{
	struct per_command *each = to;

	if (each->count == MOST_COMMANDS)
		argp_error(state, "--%s can be given only %d times", option->name, MOST_COMMANDS);
	each->texts[each->count++] = value;
	return true;
}

static const struct option_row options[] = {
	HEADING(PLACE_END, "What to measure, and where to keep it:"),
	{ "runs", 'n', "N", "Run each command N times (default 20)",
	  take_number, INTO(struct run_command, repeat.runs),
	  "a number up to " DIGITS(MOST_RUNS), .most = MOST_RUNS },
	{ "warmup", 0, "N", "Discard the first N runs of each (default 1)",
	  take_number, INTO(struct run_command, repeat.warmup),
	  "a number up to " DIGITS(MOST_RUNS), .most = MOST_RUNS, .or_zero = true },
	{ "output", 'o', "FILE", "Write the summary to FILE; with two commands, give it twice: for "
	  "the first, for the second (default: imstrace-DATE-TIME.json, and -2.json)",
	  take_each, INTO(struct run_command, outputs) },
	{ "revision", 0, "TEXT", "Name what is measured (default: the git revision of this "
	  "directory, if it has one); with two commands, give it twice",
	  take_each, INTO(struct run_command, revisions) },
	{ "label", 0, "KEY=VALUE", "Store this in the summary; may be given again",
	  take_label, INTO(struct run_command, labels), "KEY=VALUE" },
	{ 0 }
};

static void check_options(void *target, struct argp_state *state)
{
	const struct run_command *command = target;
	size_t commands = command->repeat.commands;

	if (!commands)
		argp_error(state, "no command to measure: name it after --");
	if (command->outputs.count && command->outputs.count != commands)
		argp_error(state, "--output must be given once per command, or not at all");
	if (command->outputs.count == 2 && !strcmp(command->outputs.texts[0], command->outputs.texts[1]))
		argp_error(state, "--output must name another file for each command");
	if (command->revisions.count && command->revisions.count != commands)
		argp_error(state, "--revision must be given once per command, or not at all");
}

static void name_outputs(struct run_command *command)
{
	time_t now = time(NULL);
	char stamp[32];
	struct tm tm;

	if (command->outputs.count)
		return;
	localtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "imstrace-%Y%m%d-%H%M%S", &tm);
	for (size_t i = 0; i < command->repeat.commands; i++) {
		snprintf(command->names[i], sizeof(command->names[i]), "%s%s.json", stamp,
			 i ? "-2" : "");
		command->outputs.texts[i] = command->names[i];
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
	struct summary *summary = summary_new(command->outputs.texts[i]);
	int ret = keeper_add(&command->keeper, command->outputs.texts[i]);

	command->summaries[i] = summary;
	if (ret)
		return ret;
	if (!summary)
		return report_error(EXIT_RUNTIME, NULL, "out of memory");
	summary_describe_machine(summary);
	if (command->revisions.count)
		snprintf(summary->revision, sizeof(summary->revision), "%s",
			 command->revisions.texts[i]);
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
			snprintf(command->summaries[i]->hops[hop],
				 sizeof(command->summaries[i]->hops[hop]), "%s",
				 source->hops[hop].attached);
	}
}

static int finish(struct run_command *command)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < command->repeat.commands; i++) {
		if (!command->summaries[i]->run_count)
			return report_error(EXIT_RUNTIME, NULL,
					    "stopped before the first run ended, so there is nothing to keep");
		ret = summary_write(command->summaries[i], command->keeper.files[i].file);
	}
	ret = ret ?: keeper_keep(&command->keeper);
	for (size_t i = 0; !ret && i < command->repeat.commands; i++)
		summary_show(stdout, command->summaries[i]);
	return ret;
}

static int measure(struct run_command *command)
{
	struct workload workload;
	struct source *source;
	int ret = 0;

	for (size_t i = 0; !ret && i < command->repeat.commands; i++)
		ret = prepare(command, i);
	ret = ret ?: keeper_start(&command->keeper);
	ret = ret ?: workload_start(&workload, command->commands, command->repeat.commands);
	if (ret)
		return ret;
	stop_on_signals();
	ret = live_open_for(&source, &command->live, &command->repeat.filter);
	if (!ret) {
		note_source(command, source);
		ret = repeat_run(source, &workload, &command->repeat, command->summaries);
	}
	workload_stop(&workload);
	return ret ?: finish(command);
}

static int run(int argc, char **argv)
{
	struct run_command command = {
		.live = LIVE_DEFAULTS,
		.repeat = { .runs = RUNS, .warmup = 1 },
		.labels = json_object(),
	};
	int ret;

	parse_options(&command_run, argc, argv, &command);
	name_outputs(&command);
	ret = measure(&command);
	keeper_end(&command.keeper);
	for (size_t i = 0; i < command.repeat.commands; i++)
		summary_free(command.summaries[i]);
	json_decref(command.labels);
	return ret;
}

const struct command command_run = {
	.name = "run", .what = "measure a workload repeatedly, for gate and history",
	.doc = doc, .args_doc = "COMMAND [ARGUMENT...] [" AGAINST " COMMAND [ARGUMENT...]]",
	.own = &(const struct option_group) {
		.options = options, .argument = take_commands, .check = check_options
	},
	.groups = GROUPS({ &filter_group, offsetof(struct run_command, repeat.filter) },
			 LIVE_GROUPS(struct run_command, live)),
	.in_order = true, .run = run,
};
