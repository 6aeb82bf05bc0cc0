/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Is what was measured slower than what it is compared with? docs/gate.md says how that is
 * decided, and what it assumes.
 */
#ifndef IMSTRACE_GATE_H
#define IMSTRACE_GATE_H

#include "../../measure/percentiles.h"
#include "../statistics/rank.h"
#include "../summary/groups.h"

/*
 * X(ENUM, name, plural, what): what is independent, and so is what is counted. A session's own
 * background load can't be separated from what it measures, except by runs that alternate.
 */
#define IMSTRACE_GATE_UNITS(X)							\
	X(PAIR,    pair,    pairs,    "runs in pairs that alternated")		\
	X(SESSION, session, sessions, "sessions of runs, by their medians")	\
	X(RUN,     run,     runs,     "runs that did not alternate")

enum gate_unit {
#define X(ENUM, name, plural, what) UNIT_##ENUM,
	IMSTRACE_GATE_UNITS(X)
#undef X
};

const char *gate_unit_name(enum gate_unit unit);
const char *gate_unit_plural(enum gate_unit unit);
const char *gate_unit_what(enum gate_unit unit);

/**
 * struct gate_options - what is a regression
 * @by:		what is compared with what
 * @limits:	by percentile, how much more is one: 0.05 are 5 %; 0: it is not looked at
 * @alpha:	the chance of finding one where there is none, over all that is looked at
 * @min_samples: so many values of a run must lie beyond a percentile, or it tells nothing
 * @max_lost:	share of interrupts that may be lost or unmatched, and by how much fewer may get from a
 *		hop to the next than in the base
 * @max_fewer:	by how much fewer the new may have in all
 * @cross_machine: machines may differ
 * @unpaired:	runs that did not alternate are as good as any: the machine is always equally fast
 * @strict:	it must be shown that there is none: otherwise it is inconclusive
 */
struct gate_options {
	enum grouping by;
	double limits[PERCENTILE_COUNT];
	double alpha;
	__u64 min_samples;
	double max_lost;
	double max_fewer;
	bool cross_machine;
	bool unpaired;
	bool strict;
};

/* X(ENUM, name, what it means), of a stage's percentile. */
#define IMSTRACE_CELL_STATES(X)							\
	X(REGRESSED, regressed, "larger by more than the limit, and not by chance")	\
	X(IMPROVED,  improved,  "smaller by more than the limit, and not by chance")	\
	X(UNCHANGED, unchanged, "a change of more than the limit is ruled out")		\
	X(UNCLEAR,   unclear,   "no regression found, but runs differ too much to rule it out")	\
	X(UNTESTED,  untested,  "there is not enough to tell")

enum cell_state {
#define X(ENUM, name, what) CELL_##ENUM,
	IMSTRACE_CELL_STATES(X)
#undef X
	CELL_STATE_COUNT
};

const char *cell_state_name(enum cell_state state);

/**
 * struct gate_cell - a percentile of a stage of a group
 * @limit:	that of the percentile
 * @base_units:	how many units have it; of pairs there are as many
 * @base:	the median of the runs, ns
 * @change:	0.1 are 10 % more
 * @low:	with a confidence of 1 - alpha it is not lower; -1: anything may be
 * @high:	likewise, not higher; INFINITY
 * @p:		the chance of such an increase if there were none, corrected for all that is tested
 * @p_less:	of such a decrease
 * @follows:	a sum of stages, of which one has regressed in this group: that is why
 * @reason:	why it is untested
 */
struct gate_cell {
	const struct group *group;
	enum imstrace_stage stage;
	enum percentile percentile;
	enum cell_state state;
	double limit;
	size_t base_units, new_units;
	double base, new;
	double change, low, high;
	double p, p_less;
	bool follows;
	char reason[160];
};

/* X(ENUM, name, what it means), of how many interrupts got to a hop. */
#define IMSTRACE_COUNT_STATES(X)						\
	X(FEWER,   fewer,   "fewer by more than the limit, and not by chance")	\
	X(UNCLEAR, unclear, "fewer by more than the limit; it may be chance")	\
	X(KEPT,    kept,    "not fewer by more than the limit")

enum count_state {
#define X(ENUM, name, what) COUNT_##ENUM,
	IMSTRACE_COUNT_STATES(X)
#undef X
};

const char *count_state_name(enum count_state state);

/**
 * struct gate_count - how many interrupts of a group got to a hop, in all runs of the base and of the new
 * @from:	the hop before; of the first it is @hop
 * @counts:	those that were coalesced, or delivered by the CPU itself, are with those that got there
 * @of:		out of so many at @from, or of the first hop in so many runs
 * @few:	at the first hop, runs that have at most half of what the median of the base has; less if
 *		max_fewer allows that
 * @none:	of those, runs without any
 * @change:	of counts / of: -0.1 are 10 % fewer
 * @tested:	anything differs
 * @p:		the chance of such a decrease if there were none, corrected for all counts
 */
struct gate_count {
	const struct group *group;
	enum imstrace_hop hop, from;
	enum count_state state;
	__u64 counts[2], of[2];
	size_t few[2], none[2];
	double change;
	bool tested;
	double p;
};

bool count_is_first(const struct gate_count *count);

/* "from signal to accept: 24000 of 48000, in the base 48000 of 48000 (-50.0 %)". */
#define COUNT_TEXT	192
const char *count_text(char text[COUNT_TEXT], const struct gate_count *count);

enum gate_verdict {
	GATE_PASS,
	GATE_REGRESSION,
	GATE_INCONCLUSIVE,
};

const char *gate_verdict_name(enum gate_verdict verdict);
/* What imstrace exits with. */
int gate_exit_code(enum gate_verdict verdict);

#define GATE_REASONS	16

/* What a comparison of the summaries of one side has been made of. */
struct gate_side {
	size_t count;
	struct summary **summaries;
};

/**
 * struct gate - a comparison
 * @unit:	what is compared with what
 * @runs:	of the base, of the new
 * @counts_hold: interrupts can be compared: vectors, machines and hops are the same
 * @times_hold:	times as well: not too many interrupts were lost
 * @reasons:	why it is inconclusive
 * @notes:	what else one should know
 */
struct gate {
	const struct gate_options *options;
	struct gate_side sides[2];
	struct groups groups;
	enum gate_verdict verdict;
	enum gate_unit unit;
	size_t runs[2];
	size_t cell_count;
	struct gate_cell *cells;
	size_t count_count;
	struct gate_count *counts;
	bool counts_hold, times_hold;
	size_t reason_count;
	char reasons[GATE_REASONS][256];
	size_t note_count;
	char notes[GATE_REASONS][256];
};

/* Compares sides[1] with sides[0]. Return: 0 or an exit code, reported. */
int gate_compare(struct gate *gate, const struct gate_options *options,
		 const struct gate_side *base, const struct gate_side *new);
void gate_free(struct gate *gate);

/* All runs of a side, a stage of a group: one histogram. */
bool gate_histogram(const struct gate *gate, size_t side, const struct group *group,
		    enum imstrace_stage stage, struct histogram *histogram);

#endif /* IMSTRACE_GATE_H */
