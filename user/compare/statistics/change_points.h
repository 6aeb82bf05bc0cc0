/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where does a series of numbers change? E-divisive (Matteson and James, arXiv:1306.4933) with
 * Student's t-test in place of permutations, windows, and weak points that are looked at again: as
 * Fleming et al. have it (Hunter, arXiv:2301.03034) and Apache Otava does. The same series always has the
 * same points.
 */
#ifndef IMSTRACE_STATISTICS_CHANGE_POINTS_H
#define IMSTRACE_STATISTICS_CHANGE_POINTS_H

#include <stdbool.h>
#include <stddef.h>

/* On either side of a change; of fewer, one that is far out would be a change. */
#define CHANGE_POINT_LEAST	3

/**
 * struct change_point - the first number that is different
 * @index:	its place
 * @before:	mean of the numbers from the change before, or the beginning
 * @after:	and up to the next one, or the end
 * @p:		the chance of such means if nothing had changed
 */
struct change_point {
	size_t index;
	double before;
	double after;
	double p;
};

/**
 * struct change_point_options - what is a change
 * @max_p:	when it could be chance
 * @least:	difference of the means
 * @window:	numbers that are looked at together; windows overlap by half
 */
struct change_point_options {
	double max_p;
	double least;
	size_t window;
};

/*
 * docs/performance/history.md has what they come to. The least is 2 % of what the numbers are the
 * logarithms of: less may be where a histogram's bucket begins.
 */
#define CHANGE_POINT_DEFAULTS { .max_p = 0.001, .least = 0.0198, .window = 50 }

/*
 * Finds those of @count @numbers, in order: @points has room for @count. false: out of memory.
 */
bool change_points_find(const double *numbers, size_t count,
			const struct change_point_options *options, struct change_point *points,
			size_t *found);

#endif /* IMSTRACE_STATISTICS_CHANGE_POINTS_H */
