/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What more than one command takes as options.
 */
#ifndef IMSTRACE_OPTIONS_H
#define IMSTRACE_OPTIONS_H

#include "../sink/sink.h"
#include "../source/live.h"
#include "../recording/reader.h"
#include "command.h"

#include <argp.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stdio.h>

/* "10s", "1.5m", "250ms", "0"; without a unit, seconds. Into ns; false: it isn't one. */
bool parse_duration(const char *text, __u64 *ns);
/* A decimal number from 1 to @max. */
bool parse_number(const char *text, __u64 max, __u64 *number);
/* "5%", or "5", into 0.05. */
bool parse_percent(const char *text, double *share);
/* A list of hops such as "irq,signal", into a mask by enum imstrace_hop. */
bool parse_hops(const char *text, unsigned int *mask);
/* Likewise of stages, by enum imstrace_stage; or "all". */
bool parse_stages(const char *text, unsigned int *mask);

/*
 * For a help_filter of argp: what @write writes stands before the text that follows the options.
 */
char *help_with(int key, const char *text, void (*write)(FILE *out));

/*
 * Children for the argps of commands. The groups that options are shown in, so that those of
 * a child fall in with the command's own.
 */
enum option_group {
	GROUP_END = 1,		/* when to end */
	GROUP_SHOW,		/* what to show, and how */
	GROUP_RECORDING,
	GROUP_FILTER,
	GROUP_LIVE,
};

/* What the arguments of these options can be, in all commands. */
extern const struct choice shared_choices[];

/* A child whose options are among the command's own. */
#define OPTIONS_CHILD(argp)	{ argp, 0, NULL, 0 }

/* --duration: when to end; the command hands it a __u64, for ns. */
extern const struct argp duration_argp;

/* --json: how to show it; likewise, with the const struct sink * to show it. */
extern const struct argp json_argp;

/* Which vectors; likewise, with a struct vector_filter. */
extern const struct argp filter_argp;
#define FILTER_CHILD	\
	{ &filter_argp, 0, "Which vectors; all that are given must match:", GROUP_FILTER }

/*
 * How the running kernel is followed, and what helps when it can't be: likewise, with a
 * struct live_options, made by LIVE_DEFAULTS.
 */
extern const struct argp live_argp;
/* Of it, what also holds for a command that has nothing to follow. */
extern const struct argp kernel_argp;
#define LIVE_CHILD(argp)	{ argp, 0, "How the kernel is followed:", GROUP_LIVE }

/* A recording or, without the one argument DIR, the running kernel. */
struct source_options {
	struct recording_options recording;
	struct live_options live;
};

#define SOURCE_DEFAULTS	{ .live = LIVE_DEFAULTS }

/* Likewise, with a struct source_options. */
extern const struct argp source_argp;
#define SOURCE_ARGUMENT	"[DIR]"

/* Return: 0 or an exit code, reported. */
int source_open(struct source **source, const struct source_options *options);

#endif /* IMSTRACE_OPTIONS_H */
