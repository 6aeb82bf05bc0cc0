/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What more than one command takes as options.
 */
#ifndef IMSTRACE_OPTIONS_H
#define IMSTRACE_OPTIONS_H

#include "../model/vectors.h"
#include "../source/live.h"
#include "../source/recording.h"

#include <argp.h>
#include <linux/types.h>
#include <stdbool.h>

/* "10s", "1.5m", "250ms", "0"; without a unit, seconds. Into ns; false: it isn't one. */
bool parse_duration(const char *text, __u64 *ns);
/* A decimal number from 1 to @max. */
bool parse_number(const char *text, __u64 max, __u64 *number);
/* A list of hops such as "irq,signal", into a mask by enum imstrace_hop. */
bool parse_hops(const char *text, unsigned int *mask);

/*
 * Which vectors: a child for the argp of a command, which hands it a struct
 * vector_filter.
 */
extern const struct argp filter_argp;
#define FILTER_HEADER	"Which vectors; all that are given must match:"

/*
 * How the running kernel is followed, and what helps when it can't be: likewise, with a
 * struct live_options, made by LIVE_DEFAULTS.
 */
extern const struct argp live_argp;
#define LIVE_HEADER	"How the kernel is followed:"

/*
 * Which recording, and what of it: likewise, with a struct recording_options. Takes the one
 * argument, DIR.
 */
extern const struct argp recording_argp;
/* The same for imstrace export, whose --to is a format: the end is --until only. */
extern const struct argp export_recording_argp;
#define RECORDING_HEADER "Of the recording:"
#define RECORDING_ARGUMENT "DIR"

#endif /* IMSTRACE_OPTIONS_H */
