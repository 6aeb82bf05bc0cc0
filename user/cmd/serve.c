// SPDX-License-Identifier: GPL-2.0-only
/*
 * imstrace serve: figures for Prometheus.
 */
#include "../errors.h"
#include "../serve/follow.h"
#include "../source/live.h"
#include "../stop.h"
#include "command.h"
#include "options.h"

#include <stdio.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#define SECOND		1000000000ULL
#define DEFAULT_SERIES	1000
#define MOST_SERIES	100000

struct serve_command {
	struct live_options live;
	struct vector_filter filter;
	struct series_options series;
	const char *listen;
	bool remote;
	const char *textfile;
	__u64 interval;
	__u64 duration;
};

static const struct option_row options[] = {
	HEADING(PLACE_END, "When to end:"),

	HEADING(PLACE_SHOW, "Where to export to:"),
	{ "listen", 0, "WHERE", "Serve at ADDRESS:PORT or unix:PATH (default " DEFAULT_LISTEN
	  "; none with --textfile)", take_text, INTO(struct serve_command, listen) },
	{ "allow-remote", 0, NULL, "Allow a WHERE that is not a loopback address: whoever "
	  "reaches it can read it", take_flag, INTO(struct serve_command, remote) },
	{ "textfile", 0, "FILE", "Write to FILE (.prom), for node_exporter",
	  take_text, INTO(struct serve_command, textfile) },
	{ "interval", 'i', "TIME", "Write the file every TIME (default 15s)",
	  take_duration, INTO(struct serve_command, interval), "at least 1s", .least = SECOND },

	HEADING(PLACE_RECORDING, "What to export:"),
	{ "per-vector", 0, NULL, "Export each vector separately, instead of each device, VM and mode",
	  take_flag, INTO(struct serve_command, series.per_vector) },
	{ "max-series", 0, "N", "Export at most N label sets (default 1000); the rest counts only "
	  "in the host's figures", take_number, INTO(struct serve_command, series.most),
	  "a number from 1 to " DIGITS(MOST_SERIES), .most = MOST_SERIES },
	{ "linger", 0, "TIME", "Export a vector until it has been gone for TIME (default 5m)",
	  take_duration, INTO(struct serve_command, series.linger), "at least 1s", .least = SECOND },
	{ "overhead", 0, NULL, "Have the kernel measure the programs' run time, which takes some "
	  "time itself", take_flag, INTO(struct serve_command, live.overhead) },
	{ 0 }
};

static void check_options(void *target, struct argp_state *state)
{
	struct serve_command *command = target;

	(void)state;
	if (!command->listen && !command->textfile)
		command->listen = DEFAULT_LISTEN;
}

static const char doc[] =
	"Follows every vector, as imstrace live does, and serves the figures to Prometheus at "
	"/metrics: as text, OpenMetrics, or protobuf with native histograms, as the scraper asks "
	"for. /healthz tells whether it works."
	"\v"
	"A label set is a device, VM and mode. imstrace_host_* has the sum of all, including those "
	"that are gone; for a large fleet it is enough to keep only this. docs/fleet.md has the "
	"arithmetic, rules and dashboards.\n\n"
	HELP_SIGNALS
	"EXAMPLES\n"
	"  imstrace serve                                  at http://" DEFAULT_LISTEN "/metrics\n"
	"  imstrace serve --listen unix:/run/imstrace/metrics\n"
	"  imstrace serve --textfile /var/lib/prometheus/node-exporter/imstrace.prom\n\n"
	"EXIT STATUS  0 ok, 1 failed while running, 2 wrong usage, 3 a privilege or a kernel "
	"feature is missing.";

static int serve(const struct serve_command *command, struct source *source, int listener,
		 struct textfile *textfile)
{
	struct serve serve = {
		.source = source, .exporter = exporter_new(source, &command->series),
		.textfile = textfile, .interval = command->interval, .duration = command->duration,
	};
	int ret;

	if (!serve.exporter)
		return report_error(EXIT_RUNTIME, NULL, "out of memory");
	if (command->listen)
		serve.server = server_start(listener, serve.exporter, SERVER_SILENCE,
					    SERVER_LIFETIME);
	if (command->listen && !serve.server) {
		exporter_free(serve.exporter);
		return EXIT_RUNTIME;
	}
	printf("Serving %s%s%s\n", command->listen ? command->listen : "",
	       command->listen && command->textfile ? " and " : "",
	       command->textfile ? command->textfile : "");
	fflush(stdout);
	sd_notify(0, "READY=1\nSTATUS=Following interrupts");
	ret = serve_follow(&serve);
	server_stop(serve.server);
	exporter_free(serve.exporter);
	return ret;
}

static int run(int argc, char **argv)
{
	struct serve_command command = {
		.live = LIVE_DEFAULTS,
		.series = { .most = DEFAULT_SERIES, .linger = 300 * SECOND },
		.interval = 15 * SECOND,
	};
	struct textfile *textfile = NULL;
	struct source *source;
	int listener = -1, ret = 0;

	command.series.filter = &command.filter;
	parse_options(&command_serve, argc, argv, &command);
	stop_on_signals();
	/* live_open() drops privileges, so whatever needs one comes before. */
	if (command.textfile)
		ret = textfile_open(&textfile, command.textfile);
	if (!ret && command.listen)
		ret = server_listen(command.listen, command.remote, &listener);
	if (!ret && (ret = live_open_for(&source, &command.live, &command.filter)) && listener >= 0)
		close(listener);
	if (!ret) {
		ret = serve(&command, source, listener, textfile);
		source->close(source);
	}
	textfile_close(textfile);
	return ret;
}

const struct command command_serve = {
	.name = "serve", .what = "export figures to Prometheus, over HTTP or in a file",
	.doc = doc,
	.own = &(const struct option_group) { .options = options, .check = check_options },
	.groups = GROUPS({ &duration_group, offsetof(struct serve_command, duration) },
			 { &filter_group, offsetof(struct serve_command, filter) },
			 LIVE_GROUPS(struct serve_command, live)),
	.run = run,
};
