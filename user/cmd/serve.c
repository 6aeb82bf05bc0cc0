// SPDX-License-Identifier: GPL-2.0-only
/*
 * imstrace serve: figures for Prometheus.
 */
#include "../clock.h"
#include "../errors.h"
#include "../serve/server.h"
#include "../serve/textfile.h"
#include "../source/live.h"
#include "../stop.h"
#include "command.h"
#include "options.h"

#include <stdint.h>
#include <stdio.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

enum option_key {
	KEY_LISTEN = 0x100, KEY_REMOTE, KEY_TEXTFILE, KEY_PER_VECTOR, KEY_SERIES, KEY_LINGER,
	KEY_OVERHEAD,
};

#define SECOND		1000000000ULL
#define DEFAULT_SERIES	1000
#define MOST_SERIES	100000

static const struct argp_option options[] = {
	{ .doc = "When to end:", .group = GROUP_END },

	{ .doc = "Where to:", .group = GROUP_SHOW },
	{ "listen", KEY_LISTEN, "WHERE", 0, "ADDRESS:PORT or unix:PATH (default " DEFAULT_LISTEN
	  "; none with --textfile)", 0 },
	{ "allow-remote", KEY_REMOTE, NULL, 0, "WHERE need not be a loopback address: whoever "
	  "reaches it can read it", 0 },
	{ "textfile", KEY_TEXTFILE, "FILE", 0, "Write to FILE (.prom), for node_exporter", 0 },
	{ "interval", 'i', "TIME", 0, "Every TIME (default 15s)", 0 },

	{ .doc = "What to export:", .group = GROUP_RECORDING },
	{ "per-vector", KEY_PER_VECTOR, NULL, 0, "Each vector by itself, not each device, VM and mode", 0 },
	{ "max-series", KEY_SERIES, "N", 0, "At most N label sets (default 1000); what finds no "
	  "place is in the host's figures only", 0 },
	{ "linger", KEY_LINGER, "TIME", 0, "Export a vector until it has been gone for TIME "
	  "(default 5m)", 0 },
	{ "overhead", KEY_OVERHEAD, NULL, 0, "Have the kernel measure the programs' run time, which "
	  "takes some of it", 0 },
	{ 0 }
};

static const char doc[] =
	"Follows every vector, as imstrace live does, and serves the figures at /metrics to Prometheus: as "
	"text, OpenMetrics, or protobuf with native histograms, as the scraper asks for; and "
	"at /healthz whether it works."
	"\v"
	"Label sets are device, VM and mode. imstrace_host_* has the sum of all, also of those that "
	"are gone: alone it is what to keep of a large fleet. docs/fleet.md has the arithmetic, "
	"rules and dashboards.\n\n"
	"EXAMPLES\n"
	"  imstrace serve                                  at http://" DEFAULT_LISTEN "/metrics\n"
	"  imstrace serve --listen unix:/run/imstrace/metrics\n"
	"  imstrace serve --textfile /var/lib/prometheus/node-exporter/imstrace.prom\n\n"
	"EXIT STATUS  0 ok, 1 failed while running, 2 wrong usage, 3 a privilege or a kernel "
	"feature is missing.";

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

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct serve_command *command = state->input;
	__u64 number = 1;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &command->duration;
		state->child_inputs[1] = &command->filter;
		state->child_inputs[2] = &command->live;
		break;
	case KEY_LISTEN:
		command->listen = value;
		break;
	case KEY_REMOTE:
		command->remote = true;
		break;
	case KEY_TEXTFILE:
		command->textfile = value;
		break;
	case 'i':
		if (!parse_duration(value, &command->interval) || command->interval < SECOND)
			argp_error(state, "--interval wants a time from 1s on, not \"%s\"", value);
		break;
	case KEY_PER_VECTOR:
		command->series.per_vector = true;
		break;
	case KEY_SERIES:
		if (!parse_number(value, MOST_SERIES, &number))
			argp_error(state, "--max-series wants a number from 1 to %u, not \"%s\"",
				   MOST_SERIES, value);
		command->series.most = number;
		break;
	case KEY_LINGER:
		if (!parse_duration(value, &command->series.linger) || command->series.linger < SECOND)
			argp_error(state, "--linger wants a time from 1s on, not \"%s\"", value);
		break;
	case KEY_OVERHEAD:
		command->live.overhead = true;
		break;
	case ARGP_KEY_END:
		if (!command->listen && !command->textfile)
			command->listen = DEFAULT_LISTEN;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp_child children[] = {
	OPTIONS_CHILD(&duration_argp),
	FILTER_CHILD,
	LIVE_CHILD(&live_argp),
	{ 0 }
};

static const struct argp argp = {
	.options = options,
	.parser = parse_option,
	.doc = doc,
	.children = children,
};

static int follow(const struct serve_command *command, struct source *source,
		  struct exporter *exporter, struct server *server, struct textfile *textfile)
{
	__u64 now = source->now(source), next = now;
	__u64 end = command->duration ? now + command->duration : UINT64_MAX;
	int ret = 0;

	while (!ret && !stop_requested() && now < end) {
		ret = exporter_poll(exporter, now + SECOND);
		now = source->now(source);
		if (server)
			server_alive(server);
		if (!ret && textfile && now >= next) {
			ret = textfile_write(textfile, exporter);
			next = now + command->interval;
		}
		sd_notify(0, "WATCHDOG=1");
	}
	sd_notify(0, "STOPPING=1");
	/* What has come since the last time. */
	return ret ?: textfile ? textfile_write(textfile, exporter) : 0;
}

static int serve(const struct serve_command *command, struct source *source, int listener,
		 struct textfile *textfile)
{
	struct exporter *exporter = exporter_new(source, &command->series);
	struct server *server = NULL;
	int ret;

	if (!exporter)
		return report_error(EXIT_RUNTIME, NULL, "out of memory");
	if (command->listen)
		server = server_start(listener, exporter);
	if (command->listen && !server) {
		exporter_free(exporter);
		return EXIT_RUNTIME;
	}
	printf("Serving %s%s%s\n", command->listen ? command->listen : "",
	       command->listen && command->textfile ? " and " : "",
	       command->textfile ? command->textfile : "");
	fflush(stdout);
	sd_notify(0, "READY=1\nSTATUS=Following interrupts");
	ret = follow(command, source, exporter, server, textfile);
	server_stop(server);
	exporter_free(exporter);
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
	if (argp_parse(&argp, argc, argv, 0, NULL, &command))
		return EXIT_USAGE;
	stop_on_signals();
	/* All that wants a privilege comes before live_open(), which gives them up. */
	if (command.textfile)
		ret = textfile_open(&textfile, command.textfile);
	if (!ret && command.listen)
		ret = server_listen(command.listen, command.remote, &listener);
	if (!ret && (ret = live_open(&source, &command.live)) && listener >= 0)
		close(listener);
	if (!ret) {
		ret = serve(&command, source, listener, textfile);
		source->close(source);
	}
	textfile_close(textfile);
	return ret;
}

const struct command command_serve = {
	.name = "serve",
	.what = "figures for Prometheus, over HTTP or in a file",
	.argp = &argp,
	.run = run,
};
