/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Times of a source as times of day, also when the clock was set in between.
 */
#ifndef IMSTRACE_WALL_CLOCK_H
#define IMSTRACE_WALL_CLOCK_H

#include "source.h"

/* ns since 1970 of @time, as the clock was set then. */
long long wall_clock_at(const struct source *source, __u64 time);

/* When the clock was set for the last time, 0: never. */
__u64 wall_clock_last_set(const struct source *source);

/* By how many ns it was set; @number counts @source's clock_sets. */
long long wall_clock_moved(const struct source *source, unsigned int number);

/* From @time on @to_wall_clock is to be added to times. */
void wall_clock_add(struct source *source, __u64 time, long long to_wall_clock);

/* Whether it has been set: @monotonic and @realtime are both clocks at the same moment. */
void wall_clock_note(struct source *source, __u64 monotonic, __u64 realtime);

/* The same, of the clocks of this system; to be called often. */
void wall_clock_look(struct source *source);

/* As a text of "TIME TO_WALL_CLOCK" for each, to be freed, NULL: out of memory; and what it says. */
char *wall_clock_text(const struct source *source);
void wall_clock_parse(struct source *source, const char *text);

/* What to add to CLOCK_MONOTONIC for CLOCK_REALTIME. */
long long wall_clock_offset(void);

#endif /* IMSTRACE_WALL_CLOCK_H */
