/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The loop of imstrace serve: polls the source, and writes the file when it is due.
 */
#ifndef IMSTRACE_SERVE_FOLLOW_H
#define IMSTRACE_SERVE_FOLLOW_H

#include "server.h"
#include "textfile.h"

/**
 * struct serve - where figures go, and for how long
 * @source:	what is followed
 * @exporter:	of @source
 * @server:	what serves them, NULL: nothing
 * @textfile:	where they are written, NULL: nowhere
 * @interval:	ns between two writes of @textfile
 * @duration:	ns until the end, 0: until stop_requested()
 */
struct serve {
	const struct source *source;
	struct exporter *exporter;
	struct server *server;
	struct textfile *textfile;
	__u64 interval;
	__u64 duration;
};

/*
 * A file that can't be written is warned of and tried again: it does not end the server. Return: 0
 * or an exit code, reported.
 */
int serve_follow(const struct serve *serve);

#endif /* IMSTRACE_SERVE_FOLLOW_H */
