/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What of one run is compared with what of another: vectors of one kind, taken together.
 */
#ifndef IMSTRACE_SUMMARY_GROUPS_H
#define IMSTRACE_SUMMARY_GROUPS_H

#include "../../measure/stages.h"
#include "summary.h"

/* X(ENUM, name, what): names of devices may differ from run to run. */
#define IMSTRACE_GROUPINGS(X)						\
	X(CLASS,  class,  "vectors of a class of devices")		\
	X(DEVICE, device, "vectors of a device, by its name")		\
	X(VECTOR, vector, "each vector of a class of devices")

enum grouping {
#define X(ENUM, name, what) BY_##ENUM,
	IMSTRACE_GROUPINGS(X)
#undef X
	GROUPING_COUNT
};

/* GROUPING_COUNT: there is none of that name. */
enum grouping grouping_find(const char *name);

/**
 * struct group - vectors that are taken together
 * @name:	for people, and what makes it one
 * @mode:	they reach their guests by the same way
 */
struct group {
	char name[2 * IMSTRACE_NAME_LEN];
	char mode[16];
};

struct groups {
	enum grouping by;
	size_t count;
	struct group *groups;	/* ordered by name and mode */
};

/* Adds those of @summary; false: out of memory. */
bool groups_add(struct groups *groups, const struct summary *summary);
void groups_free(struct groups *groups);

/**
 * group_histogram - a stage of a group in a run
 * @histogram:	all of its values
 *
 * Return: false if it could not be measured of any of its vectors, or there was none.
 */
bool group_histogram(const struct groups *groups, const struct group *group,
		     const struct summary_run *run, enum imstrace_stage stage,
		     struct histogram *histogram);

/* Whether any of its vectors was in the run. */
bool group_in_run(const struct groups *groups, const struct group *group,
		  const struct summary_run *run);

/**
 * group_hops - how many interrupts of a group have got to each hop in a run
 * @hops:	those that ended before it as they may are counted as well: coalesced, delivered by the
 *		CPU itself, or not followed further; -1: the hop can't be seen of one of its vectors
 */
void group_hops(const struct groups *groups, const struct group *group,
		const struct summary_run *run, long long hops[HOP_COUNT]);

#endif /* IMSTRACE_SUMMARY_GROUPS_H */
