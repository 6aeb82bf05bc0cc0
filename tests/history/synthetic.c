// SPDX-License-Identifier: GPL-2.0-only
/*
 * How well are changes found whose place and size are known? Series of a hundred summaries with noise
 * of several shapes and two changes each, or none; through the function that imstrace history uses,
 * with its defaults. Prints the tables of docs/performance/history.md; the same ones each time.
 */
#include "../../user/compare/statistics/change_points.h"

#include <linux/types.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define SERIES		500
#define LENGTH		100
#define CHANGES		2
/* Two changes, or one and an end, are at least so far apart. */
#define APART		10
/* What is found so near is the change that was made. */
#define NEAR		2

static const struct change_point_options defaults = CHANGE_POINT_DEFAULTS;

/* splitmix64 */
static __u64 next(__u64 *state)
{
	__u64 z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static double uniform(__u64 *state)
{
	return ((next(state) >> 11) + 0.5) * 0x1p-53;
}

static double normal(__u64 *state)
{
	return sqrt(-2 * log(uniform(state))) * cos(2 * M_PI * uniform(state));
}

/* Each of a deviation near 1; @last is what it gave before. */

static double even(__u64 *state, double last)
{
	(void)last;
	return normal(state);
}

static double skewed(__u64 *state, double last)
{
	(void)last;
	return -log(uniform(state)) - 1;
}

/* One in twenty is five times as far off, upwards. */
static double outliers(__u64 *state, double last)
{
	(void)last;
	return uniform(state) < 0.05 ? 5 + fabs(normal(state)) : 0.8 * normal(state);
}

/* A machine that is in one of two moods. */
static double two_modes(__u64 *state, double last)
{
	(void)last;
	return (uniform(state) < 0.3 ? 1.5 : -0.65) + 0.2 * normal(state);
}

/* It depends on how it was the last time. */
static double lasting(__u64 *state, double last)
{
	return 0.5 * last + sqrt(0.75) * normal(state);
}

static const struct {
	const char *name;
	double (*draw)(__u64 *state, double last);
} shapes[] = {
	{ "normal", even },
	{ "skewed (exponential)", skewed },
	{ "one in twenty far out", outliers },
	{ "two modes", two_modes },
	{ "lasting (autocorrelation 0.5)", lasting },
};

#define SHAPES	(sizeof(shapes) / sizeof(shapes[0]))

struct score {
	unsigned int made, found, right;
};

static void make_places(size_t places[CHANGES], __u64 *state)
{
	do {
		for (size_t i = 0; i < CHANGES; i++)
			places[i] = APART + next(state) % (LENGTH - 2 * APART);
	} while (labs((long)places[0] - (long)places[1]) < APART);
}

/* A series of @changes, each up or down by @size; logarithms, as imstrace history has them. */
static void try_series(size_t shape, double deviation, double size, size_t changes, __u64 *state,
		       struct score *score)
{
	struct change_point points[LENGTH];
	double numbers[LENGTH], last = 0, steps[CHANGES];
	size_t places[CHANGES], found;

	make_places(places, state);
	for (size_t i = 0; i < CHANGES; i++)
		steps[i] = log1p(size) * (next(state) % 2 ? 1 : -1);
	for (size_t i = 0; i < LENGTH; i++) {
		last = shapes[shape].draw(state, last);
		numbers[i] = 10 + deviation * last;
		for (size_t j = 0; j < changes; j++)
			numbers[i] += i >= places[j] ? steps[j] : 0;
	}
	if (!change_points_find(numbers, LENGTH, &defaults, points, &found))
		exit(1);
	score->made += changes;
	score->found += found;
	for (size_t j = 0; j < changes; j++)
		for (size_t i = 0; i < found; i++)
			if (labs((long)points[i].index - (long)places[j]) <= NEAR) {
				score->right++;
				break;
			}
}

static struct score try_all(size_t shape, double deviation, double size, size_t changes)
{
	struct score score = { 0 };
	__u64 state = 1 + shape;

	for (unsigned int i = 0; i < SERIES; i++)
		try_series(shape, deviation, size, changes, &state, &score);
	return score;
}

int main(void)
{
	static const double deviations[] = { 0.01, 0.02, 0.05 }, sizes[] = { 0.05, 0.1, 0.2 };

	printf("%d series of %d summaries each, with changes up or down at two places. Recall is the "
	       "share of them that was found, to within %d summaries; precision the share of what was "
	       "found that was one. The noise is that of a summary's median, from one to the next.\n\n",
	       SERIES, LENGTH, NEAR);
	puts("| noise | its deviation | change | recall | precision |\n|---|--:|--:|--:|--:|");
	for (size_t shape = 0; shape < SHAPES; shape++)
		for (size_t i = 0; i < 3; i++)
			for (size_t j = 0; j < 3; j++) {
				struct score score = try_all(shape, deviations[i], sizes[j], CHANGES);

				printf("| %s | %.0f %% | %.0f %% | %.1f %% | ", shapes[shape].name,
				       100 * deviations[i], 100 * sizes[j],
				       100.0 * score.right / score.made);
				/* Of nothing found none was wrong: that says nothing. */
				if (score.found)
					printf("%.1f %% |\n", 100.0 * score.right / score.found);
				else
					printf("n/a |\n");
			}
	puts("\nOf series in which nothing changes:\n\n"
	     "| noise | its deviation | changes found in a hundred series |\n|---|--:|--:|");
	for (size_t shape = 0; shape < SHAPES; shape++)
		for (size_t i = 0; i < 3; i++)
			printf("| %s | %.0f %% | %.1f |\n", shapes[shape].name, 100 * deviations[i],
			       100.0 * try_all(shape, deviations[i], 0, 0).found / SERIES);
	return 0;
}
