/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What imstrace top has a line for: vectors, devices, VMs or signallers, with their latest figures and
 * some history of them. Nothing of a terminal.
 */
#ifndef IMSTRACE_SCREEN_TABLE_H
#define IMSTRACE_SCREEN_TABLE_H

#include "../measure/figures.h"

/* Intervals that are remembered: what a wide terminal has room for. */
#define HISTORY		128
#define FILTER_LEN	32

/* Signallers are the threads that signal an irqfd or call an ioctl; of what has none known, the device. */
enum view { VIEW_VECTORS, VIEW_DEVICES, VIEW_VMS, VIEW_SIGNALLERS, VIEW_COUNT };

/* What lines are ordered by. */
enum order { ORDER_RATE, ORDER_P50, ORDER_P99, ORDER_NAME, ORDER_COUNT };

/**
 * struct followed - a vector, and what has been seen of it
 * @report:	of the latest interval; without a device name: none yet
 * @gone:	it is bound no longer, or its VM has ended
 * @rates:	interrupts a second, of the interval by its number modulo HISTORY
 * @p99s:	ns, likewise
 */
struct followed {
	struct vector_figures report;
	bool gone;
	float rates[HISTORY];
	float p99s[HISTORY];
};

/* A figure that can't be measured, or whose values found no room; one that there is none of. */
#define FIGURE_MISSING	(-1)
#define FIGURE_NONE	(-2)

/**
 * struct row - a line
 * @first:	the vector, or the first of the device, VM or signaller
 * @vectors:	how many they are
 * @rate:	interrupts a second, of all of them
 * @p50:	ns, the highest of theirs
 * @p99:	likewise
 * @history:	the newest last: rates, or p99s
 */
struct row {
	const struct followed *first;
	unsigned int vectors;
	double rate;
	double p50;
	double p99;
	float history[HISTORY];
};

/**
 * struct table - all of it
 * @view:	what a line is: here and below, set by the user, and taken into account by
 *		table_build()
 * @order:	of the lines
 * @reverse:	the other way round
 * @stage:	whose times are shown; STAGE_COUNT: of each vector the longest that can be measured
 * @latency:	the history is that of P99
 * @filter:	only lines that have this in a name, the pid or the mode; empty: all
 * @within:	only vectors that are in one line with @one in this view; VIEW_VECTORS: all
 * @rows:	the lines
 * @count:	how many
 * @left:	vectors that are gone, and have no history any more: they have no line
 */
struct table {
	enum view view;
	enum order order;
	bool reverse;
	enum imstrace_stage stage;
	bool latency;
	char filter[FILTER_LEN];
	enum view within;
	struct imstrace_vector one;
	struct row *rows;
	size_t count;
	unsigned int left;
	/* By id; and sorted, to make lines of. */
	struct followed *followed;
	const struct followed **sorted;
	unsigned int capacity;
	unsigned int intervals;
	double seconds;
};

/* Room for @capacity vectors. Return: false: out of memory. */
bool table_init(struct table *table, unsigned int capacity);
void table_free(struct table *table);

/* Takes in the figures of an interval of @source. */
void table_update(struct table *table, const struct source *source, const struct figures *figures);

/* Makes the lines anew. */
void table_build(struct table *table);

/* Whose times are shown of a vector. */
enum imstrace_stage table_stage(const struct table *table, const struct vector_figures *vector);

#endif /* IMSTRACE_SCREEN_TABLE_H */
