// SPDX-License-Identifier: GPL-2.0-only
#include "follow.h"

#include "../errors.h"
#include "../stop.h"

#include <stdint.h>
#include <systemd/sd-daemon.h>

#include <errno.h>
#include <string.h>

#define SECOND	1000000000ULL

static const char *why(int error)
{
	return error == EPIPE ? "the process that writes it has ended" : strerror(error);
}

static int report_textfile(const struct serve *serve, int error)
{
	return report_error(EXIT_RUNTIME, NULL, "cannot write %s: %s",
			    textfile_name(serve->textfile), why(error));
}

/* @failing: it failed the last time, which has been told. Return: 0 or an exit code, reported. */
static int write_textfile(const struct serve *serve, bool *failing)
{
	int error = textfile_write(serve->textfile, serve->exporter);

	exporter_count_textfile_errors(serve->exporter, !!error);
	/* Nothing would be left to do. */
	if (error == EPIPE && !serve->server)
		return report_textfile(serve, error);
	if (error && !*failing)
		warning("cannot write %s: %s%s", textfile_name(serve->textfile), why(error),
			error == EPIPE ? "" : ". imstrace tries again when the next one is due");
	*failing = error;
	return 0;
}

int serve_follow(const struct serve *serve)
{
	const struct source *source = serve->source;
	__u64 now = source->now(source), next = now;
	__u64 end = serve->duration ? now + serve->duration : UINT64_MAX;
	bool failing = false;
	int ret = 0, error;

	if (serve->textfile)
		exporter_count_textfile_errors(serve->exporter, 0);
	while (!ret && !stop_requested() && now < end) {
		ret = exporter_poll(serve->exporter, now + SECOND);
		now = source->now(source);
		if (serve->server)
			server_alive(serve->server);
		if (!ret && serve->textfile && now >= next) {
			ret = write_textfile(serve, &failing);
			next = now + serve->interval;
		}
		sd_notify(0, "WATCHDOG=1");
	}
	sd_notify(0, "STOPPING=1");
	if (ret || !serve->textfile)
		return ret;
	/* What has come since the last time. */
	error = textfile_write(serve->textfile, serve->exporter);
	return error ? report_textfile(serve, error) : 0;
}
