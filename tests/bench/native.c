// SPDX-License-Identifier: GPL-2.0-only
/*
 * What imstrace costs on this machine, natively: ns per hop and per interrupt, beside a floor
 * (floor.bpf.c), and with 1 and with 4,096 vectors. Prints markdown, for
 * docs/performance/.
 *
 * How it is measured. The programs are those that imstrace loads, from the same object. They run
 * in a loop in the kernel (driver.h), in the order in which an interrupt passes the hops
 * and with the arguments that the tracepoints would give, so that each finds the state that
 * the one before has left. The kernel's structures are synthesised (tests/replay). The
 * clock is read between any two of them. The same loop with programs that do nothing tells the
 * time of the clock and of the call; that is taken off. What is left is the program's own
 * time ("alone").
 *
 * An attached program costs more: the tracepoint's call, and what the kernel does around a
 * program (arguments, recursion counter, RCU). That is measured as what an empty program
 * adds to a hit of bpf_trigger_tp, a tracepoint that is there to be measured.
 * "Attached" is alone plus that, for either side.
 *
 * Runs of the empty programs, the floor and imstrace alternate, on one CPU; of a run each hop has
 * the mean between its quartiles, which leaves out what hard interrupts add. A ratio is the
 * median over all rounds of the ratios within a round; its quartiles are given with it.
 *
 * What it does not show: caches that other work has emptied between two hops. "All fire
 * in turn" comes nearest: there each interrupt finds its own data cold.
 */
#define _GNU_SOURCE
#include "floor.skel.h"
#include "side.h"

#include <bpf/bpf.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_ROUNDS	10000
/* As in floor.bpf.c. */
#define HITS		1000

/* ns: of each program, and the sum. */
#define ROWS	(POINT_COUNT + 1)
struct times {
	double rows[ROWS];
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static int compare(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

static double interquartile_mean(double *values, size_t count)
{
	double sum = 0;

	qsort(values, count, sizeof(*values), compare);
	for (size_t i = count / 4; i < count - count / 4; i++)
		sum += values[i];
	return sum / (count - count / 4 * 2);
}

static struct times run(struct driver *driver, unsigned int batch)
{
	const struct driver_round *rounds = driver_rounds(driver);
	static double values[MANY];
	struct times times = { { 0 } };

	driver_run(driver);
	for (unsigned int point = 0; point < POINT_COUNT; point++) {
		for (unsigned int i = 0; i < batch; i++)
			values[i] = rounds[i].times[point];
		times.rows[point] = interquartile_mean(values, batch);
		if (point != POINT_OTHER)
			times.rows[POINT_COUNT] += times.rows[point];
	}
	return times;
}

/* Both sides' programs on the same vectors. */
struct sides {
	struct side side;
	struct driver *empty, *floor, *ours;
};

static void open_sides(struct sides *sides, struct floor_bpf *floor, unsigned int vectors,
		       unsigned int firing)
{
	struct bpf_program *const floors[POINT_COUNT] = {
#define X(ENUM, program, floor_program) [POINT_##ENUM] = floor->progs.floor_program,
		POINTS(X)
#undef X
	};
	struct bpf_program *empty[POINT_COUNT];

	side_open(&sides->side, vectors, firing, false);
	for (unsigned int i = 0; i < POINT_COUNT; i++)
		empty[i] = floor->progs.empty;
	sides->empty = side_driver(&sides->side, empty);
	sides->floor = side_driver(&sides->side, floors);
	sides->ours = side_own_driver(&sides->side);
	/* Once round, to warm up. */
	run(sides->empty, sides->side.batch);
	run(sides->floor, sides->side.batch);
	run(sides->ours, sides->side.batch);
}

/* All interrupts have got to the end, or something else has been measured. */
static void close_sides(struct sides *sides, unsigned int runs)
{
	struct side *side = &sides->side;
	unsigned int each = (runs + 1) * (side->batch / side->firing);

	for (unsigned int i = 0; i < side->firing; i++) {
		struct imstrace_account account = replay_account(side->replay, &side->vectors[i]);

		for (unsigned int hop = 0; hop <= HOP_EOI; hop++)
			if (account.hops[hop] != each) {
				fprintf(stderr, "vector %u, hop %u: seen %llu times, not %u\n", i,
					hop, account.hops[hop], each);
				exit(1);
			}
	}
	driver_free(sides->empty);
	driver_free(sides->floor);
	driver_free(sides->ours);
	side_close(side);
}

static double hit(struct floor_bpf *floor)
{
	LIBBPF_OPTS(bpf_test_run_opts, options);

	if (bpf_prog_test_run_opts(bpf_program__fd(floor->progs.trigger), &options))
		die("hitting bpf_trigger_tp");
	return (double)floor->bss->hits_ns / HITS;
}

/* Sorts. */
static double quantile(double *values, size_t count, double share)
{
	qsort(values, count, sizeof(*values), compare);
	return values[(size_t)(share * (count - 1) + 0.5)];
}

/* What an attached program costs that does nothing. */
static double measure_dispatch(struct floor_bpf *floor)
{
	enum { ATTACHED, DETACHED, STATES, ATTACHES = 20, RUNS = 50 };
	static double values[STATES][ATTACHES * RUNS];

	for (unsigned int i = 0; i < ATTACHES * STATES; i++) {
		struct bpf_link *link = NULL;

		if (i % STATES == ATTACHED) {
			link = bpf_program__attach_raw_tracepoint(floor->progs.empty,
								  "bpf_trigger_tp");
			if (!link)
				die("attaching to bpf_trigger_tp");
		}
		for (unsigned int j = 0; j < RUNS; j++)
			values[i % STATES][i / STATES * RUNS + j] = hit(floor);
		bpf_link__destroy(link);
	}
	return quantile(values[ATTACHED], ATTACHES * RUNS, 0.5) -
	       quantile(values[DETACHED], ATTACHES * RUNS, 0.5);
}

/* By round. */
struct series {
	double values[MAX_ROUNDS];
};

static double median(struct series *series, unsigned int rounds)
{
	return quantile(series->values, rounds, 0.5);
}

static void print_ratio(const char *what, struct series *ratios, unsigned int rounds)
{
	printf("%s: %.2f (quartiles %.2f to %.2f, %u rounds)\n\n", what,
	       quantile(ratios->values, rounds, 0.5), quantile(ratios->values, rounds, 0.25),
	       quantile(ratios->values, rounds, 0.75), rounds);
}

static const char *row_name(unsigned int row)
{
	if (row == POINT_OTHER)
		return "(vcpu_enter, nothing waits)";
	return row < POINT_COUNT ? point_names[row] : "**whole interrupt**";
}

/* What the kernel does around the programs of @row. */
static double around(unsigned int row, double dispatch)
{
	return row < POINT_COUNT ? dispatch : POINT_OTHER * dispatch;
}

static void compare_with_floor(struct floor_bpf *floor, double dispatch, unsigned int rounds)
{
	static struct series floor_times[ROWS], our_times[ROWS], alone[ROWS], attached[ROWS];
	struct sides one;

	open_sides(&one, floor, 1, 1);
	for (unsigned int round = 0; round < rounds; round++) {
		struct times empty = run(one.empty, one.side.batch);
		struct times least = run(one.floor, one.side.batch);
		struct times ours = run(one.ours, one.side.batch);

		for (unsigned int row = 0; row < ROWS; row++) {
			double a = ours.rows[row] - empty.rows[row];
			double b = least.rows[row] - empty.rows[row];

			our_times[row].values[round] = a;
			floor_times[row].values[round] = b;
			alone[row].values[round] = a / b;
			attached[row].values[round] =
				(a + around(row, dispatch)) / (b + around(row, dispatch));
		}
	}
	close_sides(&one, rounds);

	printf("| program | floor, alone | imstrace, alone | floor, attached | imstrace, attached | ratio, attached |\n");
	printf("|---|--:|--:|--:|--:|--:|\n");
	for (unsigned int row = 0; row < ROWS; row++) {
		double least = median(&floor_times[row], rounds);
		double ours = median(&our_times[row], rounds);

		printf("| %s | %.0f | %.0f | %.0f | %.0f | %.2f |\n", row_name(row), least, ours,
		       least + around(row, dispatch), ours + around(row, dispatch),
		       median(&attached[row], rounds));
	}
	printf("\nns; one vector. An attached program that does nothing: %.0f ns.\n\n", dispatch);
	print_ratio("Whole interrupt, attached, imstrace / floor (target: at most 1.5)",
		    &attached[POINT_COUNT], rounds);
	print_ratio("The same without what is around the programs", &alone[POINT_COUNT], rounds);
}

static void compare_vectors(struct floor_bpf *floor, double dispatch, unsigned int rounds)
{
	enum { ONE, ONE_OF_MANY, ALL, SIDES };
	static struct series times[SIDES][ROWS], ratios[SIDES];
	struct sides sides[SIDES];

	open_sides(&sides[ONE], floor, 1, 1);
	open_sides(&sides[ONE_OF_MANY], floor, MANY, 1);
	open_sides(&sides[ALL], floor, MANY, MANY);
	for (unsigned int round = 0; round < rounds; round++)
		for (unsigned int i = 0; i < SIDES; i++) {
			struct times empty = run(sides[i].empty, sides[i].side.batch);
			struct times ours = run(sides[i].ours, sides[i].side.batch);

			for (unsigned int row = 0; row < ROWS; row++)
				times[i][row].values[round] = ours.rows[row] - empty.rows[row] +
							      around(row, dispatch);
			ratios[i].values[round] = times[i][POINT_COUNT].values[round] /
						  times[ONE][POINT_COUNT].values[round];
		}
	printf("| program | 1 vector | 1 of %u fires | all %u fire in turn |\n", MANY, MANY);
	printf("|---|--:|--:|--:|\n");
	for (unsigned int row = 0; row < ROWS; row++)
		printf("| %s | %.0f | %.0f | %.0f |\n", row_name(row),
		       median(&times[ONE][row], rounds), median(&times[ONE_OF_MANY][row], rounds),
		       median(&times[ALL][row], rounds));
	printf("\nns, attached.\n\n");
	print_ratio("1 that fires among 4,096 / 1 (target: at most 1.1)", &ratios[ONE_OF_MANY],
		    rounds);
	print_ratio("All 4,096 fire in turn / 1", &ratios[ALL], rounds);
	for (unsigned int i = 0; i < SIDES; i++)
		close_sides(&sides[i], rounds);
}

int main(int count, char **arguments)
{
	unsigned int rounds = count > 1 ? strtoul(arguments[1], NULL, 10) : 1000;
	struct floor_bpf *floor;
	cpu_set_t one;
	double dispatch;

	if (!rounds || rounds > MAX_ROUNDS) {
		fprintf(stderr, "usage: %s [ROUNDS], 1 to %u\n", arguments[0], MAX_ROUNDS);
		return 2;
	}
	floor = floor_bpf__open_and_load();
	if (!floor)
		die("loading the floor's programs");
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		die("sched_setaffinity");
	dispatch = measure_dispatch(floor);
	compare_with_floor(floor, dispatch, rounds);
	compare_vectors(floor, dispatch, rounds / 10 + 1);
	floor_bpf__destroy(floor);
	return 0;
}
