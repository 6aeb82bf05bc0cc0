// SPDX-License-Identifier: GPL-2.0-only
#include "change_points.h"

#define MATHLIB_STANDALONE
#include <Rmath.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What is looked at again may be so many times as likely to be chance. */
#define WEAK	10

struct search {
	const double *numbers;
	size_t count;
	double weak_p;
	bool *found;	/* by index */
};

struct split {
	size_t at, end;
	double divergence;
};

static double distance(const struct search *search, size_t i, size_t j)
{
	return fabs(search->numbers[i] - search->numbers[j]);
}

/*
 * The empirical divergence of [begin, at) and [at, end), times the harmonic weight of their sizes:
 * @between, @left, @right are sums of distances.
 */
static double divergence(size_t m, size_t n, double between, double left, double right)
{
	double within = (m > 1 ? left / (m * (m - 1) / 2.0) : 0) +
			(n > 1 ? right / (n * (n - 1) / 2.0) : 0);

	return (double)m * n / (m + n) * (2 * between / ((double)m * n) - within);
}

/* Of all ways to have two stretches of [begin, end), of which the first begins there. */
static struct split best_split(const struct search *search, size_t begin, size_t end)
{
	struct split best = { .divergence = -INFINITY };
	double left = 0;

	for (size_t at = begin + 1; at < end; at++) {
		double between = 0, right = 0;

		for (size_t i = begin; i < at - 1; i++)
			left += distance(search, i, at - 1);
		if (at - begin < CHANGE_POINT_LEAST)
			continue;
		for (size_t to = at; to < end; to++) {
			double value;

			for (size_t i = begin; i < at; i++)
				between += distance(search, i, to);
			for (size_t i = at; i < to; i++)
				right += distance(search, i, to);
			if (to + 1 - at < CHANGE_POINT_LEAST)
				continue;
			value = divergence(at - begin, to + 1 - at, between, left, right);
			if (value > best.divergence)
				best = (struct split) { at, to + 1, value };
		}
	}
	return best;
}

static double mean_of(const double *numbers, size_t count)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += numbers[i];
	return sum / count;
}

static double squares(const double *numbers, size_t count, double mean)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += (numbers[i] - mean) * (numbers[i] - mean);
	return sum;
}

/* Of [begin, at) and [at, end): Student's two-sided test, of equal variances. */
static struct change_point compare(const double *numbers, size_t begin, size_t at, size_t end)
{
	size_t m = at - begin, n = end - at;
	struct change_point point = {
		.index = at,
		.before = mean_of(numbers + begin, m),
		.after = mean_of(numbers + at, n),
		.p = 1,
	};
	double difference = fabs(point.after - point.before), variance;

	if (m + n < 3 || !difference)
		return point;
	variance = (squares(numbers + begin, m, point.before) +
		    squares(numbers + at, n, point.after)) / (m + n - 2);
	point.p = variance > 0 ?
		  2 * pt(difference / sqrt(variance * (1.0 / m + 1.0 / n)), m + n - 2, 0, 0) : 0;
	return point;
}

static void divide(struct search *search, size_t begin, size_t end)
{
	struct split best;

	if (end - begin < 2 * CHANGE_POINT_LEAST)
		return;
	best = best_split(search, begin, end);
	if (!isfinite(best.divergence) ||
	    compare(search->numbers, begin, best.at, best.end).p > search->weak_p)
		return;
	search->found[best.at] = true;
	divide(search, begin, best.at);
	divide(search, best.at, end);
}

/* From the change before to the next one. */
static void compare_again(const struct search *search, struct change_point *points, size_t count,
			  size_t i)
{
	points[i] = compare(search->numbers, i ? points[i - 1].index : 0, points[i].index,
			    i + 1 < count ? points[i + 1].index : search->count);
}

/* Leaves out the weakest, and looks at its neighbours again, until none is weak. */
static size_t merge(const struct search *search, const struct change_point_options *options,
		    struct change_point *points, size_t count)
{
	while (count) {
		size_t chance = 0, small = 0, out;

		for (size_t i = 0; i < count; i++)
			compare_again(search, points, count, i);
		for (size_t i = 1; i < count; i++) {
			if (points[i].p > points[chance].p)
				chance = i;
			if (fabs(points[i].after - points[i].before) <
			    fabs(points[small].after - points[small].before))
				small = i;
		}
		out = points[chance].p > options->max_p ? chance : small;
		if (points[out].p <= options->max_p &&
		    fabs(points[out].after - points[out].before) >= options->least)
			break;
		memmove(&points[out], &points[out + 1], (--count - out) * sizeof(*points));
	}
	return count;
}

bool change_points_find(const double *numbers, size_t count,
			const struct change_point_options *options, struct change_point *points,
			size_t *found)
{
	struct search search = {
		.numbers = numbers, .count = count, .weak_p = fmin(0.5, WEAK * options->max_p),
		.found = calloc(count + 1, sizeof(bool)),
	};
	size_t used = 0;

	if (!search.found)
		return false;
	for (size_t begin = 0; begin < count; begin += (options->window + 1) / 2) {
		size_t end = begin + options->window < count ? begin + options->window : count;

		divide(&search, begin, end);
		if (end == count)
			break;
	}
	for (size_t i = 0; i < count; i++)
		if (search.found[i])
			points[used++].index = i;
	*found = merge(&search, options, points, used);
	free(search.found);
	return true;
}
