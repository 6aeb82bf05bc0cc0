/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What imstrace run keeps: repeated measurements of a workload, with every histogram of every
 * run. docs/schema/imstrace-summary-1.json has the file's format.
 *
 * Runs are kept apart, for what differs from run to run is what a comparison has to know.
 * Summaries are merged by putting their runs together, and runs by adding their histograms up:
 * both are exact.
 */
#ifndef IMSTRACE_SUMMARY_H
#define IMSTRACE_SUMMARY_H

#include "../../measure/histogram.h"
#include "../../source/source.h"

#include <jansson.h>

/* Of the file format. */
#define SUMMARY_FORMAT	"imstrace-summary"
#define SUMMARY_SCHEMA	1

/* X(name): what was lost in a run before it could be charged to a vector; of struct imstrace_totals. */
#define SUMMARY_LOSSES(X)	\
	X(vectors)		\
	X(lifecycle)		\
	X(runs)			\
	X(values)

struct summary_bucket {
	__u32 bucket;
	__u64 count;
};

/**
 * struct summary_stage - a histogram with the buckets that are not empty
 * @measured:	whether the stage could be: otherwise nothing else means anything
 * @total:	number of values, those that are @unplaced included
 */
struct summary_stage {
	bool measured;
	__u64 total;
	__u64 sum;
	__u64 min;
	__u64 max;
	__u64 unplaced;
	size_t count;
	struct summary_bucket *buckets;
};

/**
 * struct summary_series - a vector in a run
 * @class:	what kind of device, "": not known
 * @mode:	as vector_mode(), "": not known
 * @hops:	how often each was seen; -1: it can't be
 */
struct summary_series {
	char device[IMSTRACE_NAME_LEN];
	char class[IMSTRACE_NAME_LEN];
	__u32 vector;
	char mode[16];
	long long hops[HOP_COUNT];
	__u64 coalesced;
	__u64 unmatched;
	__u64 hardware;
	__u64 lost;
	struct summary_stage stages[STAGE_COUNT];
};

/**
 * struct summary_run - one run of the workload
 * @started:	ns since 1970
 * @duration:	ns, of the command
 * @pair:	with the run of this number of the other command it was alternated
 */
struct summary_run {
	__u64 started;
	__u64 duration;
	__u32 pair;
	struct {
#define X(name) __u64 name;
		SUMMARY_LOSSES(X)
#undef X
	} lost;
	size_t count;
	struct summary_series *series;
};

/**
 * struct summary - one file, or several that were merged
 * @path:	of the file
 * @session:	what was measured together has the same: ns since 1970
 * @time:	when it began, of the wall clock: seconds since 1970
 * @cpu:	model of the processor
 * @cpus:	how many are online
 * @hops:	how each is seen, "": it isn't
 * @revision:	what was measured, such as a git revision; "": it isn't known
 * @labels:	JSON object of strings
 * @command:	JSON array of strings
 */
struct summary {
	char *path;
	__u64 session;
	char host[SOURCE_NAME_LEN];
	char kernel[SOURCE_NAME_LEN];
	char cpu[SOURCE_NAME_LEN];
	__u32 cpus;
	char hops[HOP_COUNT][SOURCE_NAME_LEN];
	char revision[SOURCE_NAME_LEN];
	json_t *labels;
	json_t *command;
	size_t run_count;
	struct summary_run *runs;
};

/* NULL: out of memory. */
struct summary *summary_new(const char *path);
void summary_free(struct summary *summary);

/* A run at the end, all zeroes; NULL: out of memory. */
struct summary_run *summary_add_run(struct summary *summary);
/* And a vector to a run. */
struct summary_series *summary_add_series(struct summary_run *run);

/* How many of the runs have no interrupt at any hop. */
size_t summary_silent_runs(const struct summary *summary);

/* Whether it is compared: neither the parts of deliver are, for deliver is, nor the hop between them. */
bool summary_keeps(enum imstrace_stage stage);
bool summary_keeps_hop(enum imstrace_hop hop);

/* Keeps what is in @histogram; false: out of memory. */
bool summary_keep_stage(struct summary_stage *stage, const struct histogram *histogram);
/* Adds what is in @stage to @histogram. */
void summary_add_stage(struct histogram *histogram, const struct summary_stage *stage);

/* The machine that this is. */
void summary_describe_machine(struct summary *summary);

/*
 * Writes it to the beginning of @file, which is cut off after it. A line per stage of a run, so
 * that a diff shows what differs. Return: 0 or an exit code, reported.
 */
int summary_write(const struct summary *summary, FILE *file);

/*
 * Reads the file at @path. Everything in it is checked: what is not a summary, a newer one, one that was
 * cut off, or one whose figures contradict each other is refused.
 * Return: 0 or an exit code, reported.
 */
int summary_read(struct summary **result, const char *path);

/* The same. Return: NULL if it can't be used, of which @why is the reason, naming the file. */
#define SUMMARY_WHY	512
struct summary *summary_try(const char *path, char why[SUMMARY_WHY]);

#endif /* IMSTRACE_SUMMARY_H */
