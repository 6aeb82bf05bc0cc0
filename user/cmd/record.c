// SPDX-License-Identifier: GPL-2.0-only
/*
 * imstrace record: keep what live sees.
 */
#define _GNU_SOURCE
#include "../errors.h"
#include "../session.h"
#include "../recording/format.h"
#include "../recording/writer.h"
#include "../sink/recording.h"
#include "../source/live.h"
#include "../stop.h"
#include "command.h"
#include "options.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char doc[] =
	"Records every interrupt, hop by hop, and every lifecycle step of vectors, until Ctrl-C or "
	"until COMMAND ends. A recording is a CTF 1.8 trace, which imstrace report and script, "
	"babeltrace2 and Trace Compass can read."
	"\v"
	"Losses are counted in the trace itself. A recording that was cut off, by kill -9 or a full "
	"disk, can be read up to its last second, and reports of it say so.\n\n"
	HELP_SIGNALS
	"EXAMPLES\n"
	"  imstrace record -o slow -d 10s        everything for 10 s, in ./slow\n"
	"  imstrace record --over 1ms            only what takes longer than 1 ms\n"
	"  imstrace record --last 10s --over 5ms the 10 s before an interrupt over 5 ms\n"
	"  imstrace record -- fio job.fio        while a command runs\n\n"
	"EXIT STATUS  0 ok, 1 failed while running, 2 wrong usage, 3 a privilege or a kernel "
	"feature is missing; with COMMAND, that of COMMAND if it is not 0.";

struct record_command {
	struct live_options live;
	struct session_options session;
	struct ctf_options ctf;
	struct sink view;
	struct recorder recorder;
	char directory[64];
	char **command;
	pid_t child;
};

/* How often SIGUSR2 has asked for what the flight recorder has in memory. */
static volatile sig_atomic_t requests;

static void on_request(int number)
{
	(void)number;
	requests++;
}

static const struct option_row options[] = {
	HEADING(PLACE_END, "What to record, where, and when to end:"),
	{ "output", 'o', "DIR", "Create this directory (default: imstrace-DATE-TIME)",
	  take_text, INTO(struct record_command, ctf.directory) },
	{ "over", 0, "TIME", "Record only interrupts that took longer from their first hop to "
	  "their last, such as 200us; and every lifecycle step",
	  take_duration, INTO(struct record_command, ctf.over), "a time such as 200us or 1ms",
	  .least = 1 },
	{ "last", 0, "TIME", "Flight recorder: write only the last TIME before each SIGUSR2 or, "
	  "with --over, before each interrupt that took longer",
	  take_duration, INTO(struct record_command, ctf.last), "a time such as 10s", .least = 1 },
	HEADING(PLACE_SHOW, "How to show the summary:"),
	{ 0 }
};

static void take_command(void *target, char *value, struct argp_state *state)
{
	struct record_command *command = target;

	(void)value;
	command->command = state->argv + state->next - 1;
	state->next = state->argc;
}

/*
 * Starts COMMAND, which waits until @go is closed, with what privileges we have: ours are
 * about to go. Return: 0 or an exit code, reported.
 */
static int start_child(struct record_command *command, int *go)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return report_error(EXIT_RUNTIME, NULL, "pipe: %s", strerror(errno));
	command->child = fork();
	if (command->child < 0)
		return report_error(EXIT_RUNTIME, NULL, "fork: %s", strerror(errno));
	if (!command->child) {
		char byte;

		close(ends[1]);
		if (read(ends[0], &byte, 1) != 1)
			_exit(EXIT_RUNTIME);	/* imstrace could not start */
		execvp(*command->command, command->command);
		fprintf(stderr, "imstrace: cannot run %s: %s\n", *command->command,
			strerror(errno));
		_exit(127);
	}
	close(ends[0]);
	*go = ends[1];
	return 0;
}

/* Its exit status, as a shell has it. */
static int end_child(const struct record_command *command)
{
	int status;

	/* It may outlive us: -d, or Ctrl-C, which it has got as well. */
	if (waitpid(command->child, &status, WNOHANG) != command->child)
		return 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void name_directory(struct record_command *command)
{
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
	strftime(command->directory, sizeof(command->directory), "imstrace-%Y%m%d-%H%M%S", &tm);
	command->ctf.directory = command->directory;
}

static char *join(char **words, int count)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	for (int i = 0; out && i < count; i++)
		fprintf(out, "%s%s", i ? " " : "", words[i]);
	if (out)
		fclose(out);
	return text;
}

static void print_size(const struct record_command *command)
{
	struct ctf_size size = ctf_size(command->recorder.writer);

	fprintf(stderr, "imstrace: recorded %" PRIu64 " interrupts and %" PRIu64
		" steps in %s, %.1f MB", (uint64_t)size.events[CTF_INTERRUPTS],
		(uint64_t)size.events[CTF_LIFECYCLE], command->ctf.directory,
		(double)size.bytes / 1e6);
	if (size.not_over)
		fprintf(stderr, "; %" PRIu64 " interrupts were below the limit",
			(uint64_t)size.not_over);
	if (size.discarded[CTF_INTERRUPTS] + size.discarded[CTF_LIFECYCLE])
		fprintf(stderr, "; LOST: %" PRIu64 " interrupts, %" PRIu64 " steps",
			(uint64_t)size.discarded[CTF_INTERRUPTS],
			(uint64_t)size.discarded[CTF_LIFECYCLE]);
	fputs("\n", stderr);
}

static int record(struct record_command *command)
{
	const struct sigaction request = { .sa_handler = on_request, .sa_flags = SA_RESTART };
	struct ctf_writer **writer = &command->recorder.writer;
	struct source *source;
	int ret, child, go = -1;

	ret = ctf_create(writer, &command->ctf);
	if (!ret && command->command)
		ret = start_child(command, &go);
	stop_on_signals();
	if (command->command)
		stop_on_child();
	sigaction(SIGUSR2, &request, NULL);
	if (!ret)
		ret = live_open_for(&source, &command->live, &command->session.filter);
	if (ret) {
		if (go >= 0)
			close(go);
		ctf_abandon(*writer);
		return ret;
	}
	if (go >= 0 && write(go, "", 1) != 1)
		ret = report_error(EXIT_RUNTIME, NULL, "%s was killed before it started", *command->command);
	if (go >= 0)
		close(go);
	ret = ret ?: session_run(source, &command->session);
	print_size(command);
	ctf_close(*writer);
	child = command->child ? end_child(command) : 0;
	return ret ?: child;
}

static int run(int argc, char **argv)
{
	struct record_command command = {
		.live = LIVE_DEFAULTS,
		.view = { .ops = &text_sink, .out = stdout, .wants = { .summary = true } },
		.recorder = { .requests = &requests },
	};
	struct sink recording = {
		.ops = &recording_sink, .context = &command.recorder,
		.wants = { .start = true, .lifecycle = true, .interrupts = true, .summary = true },
	};
	char *command_line = join(argv, argc);
	int ret;

	parse_options(&command_record, argc, argv, &command);
	command.session.sinks = SINKS(&recording, &command.view);
	command.live.interrupts = command.live.competitors = true;
	command.ctf.command_line = command_line ?: "";
	if (!command.ctf.directory)
		name_directory(&command);
	/* Of the flight recorder --over is the trigger, and it keeps what was before it. */
	if (command.ctf.last) {
		command.recorder.trigger = command.ctf.over;
		command.ctf.over = 0;
	}
	ret = record(&command);
	free(command_line);
	return ret;
}

const struct command command_record = {
	.name = "record", .what = "record interrupts and lifecycle steps, to look at them later",
	.doc = doc, .args_doc = "[COMMAND [ARGUMENT...]]",
	.own = &(const struct option_group) { .options = options, .argument = take_command },
	.groups = GROUPS({ &json_group, offsetof(struct record_command, view.ops) },
			 SESSION_GROUPS(struct record_command, session),
			 LIVE_GROUPS(struct record_command, live)),
	.in_order = true, .run = run,
};
