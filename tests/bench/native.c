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
#include "../replay/replay.h"
#include "driver.h"
#include "floor.skel.h"

#include <bpf/bpf.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BATCH		200	/* interrupts in a run */
#define MAX_ROUNDS	10000
#define MANY		4096	/* vectors */
#define GUEST_FIRST	0x20	/* guest vectors below are the CPU's exceptions */
#define PER_VCPU	208
#define VCPUS		((MANY + PER_VCPU - 1) / PER_VCPU)
/* As in floor.bpf.c. */
#define HITS		1000

/* X(ENUM, program of imstrace, of the floor) in the order in which they run. */
#define POINTS(X)				\
	X(IRQ,	  irq_entry, floor_irq)		\
	X(SIGNAL, signal,    floor_signal)	\
	X(ACCEPT, accept,    floor_accept)	\
	X(EXIT,	  irq_exit,  floor_exit)	\
	X(INJECT, inject,    floor_inject)	\
	X(EOI,	  eoi,	     floor_eoi)

enum point {
#define X(ENUM, program, floor) POINT_##ENUM,
	POINTS(X)
#undef X
	POINT_COUNT
};

static const char *const point_names[] = {
#define X(ENUM, program, floor) [POINT_##ENUM] = #program,
	POINTS(X)
#undef X
};

/* Vectors, and those whose interrupts go round. */
struct side {
	struct replay *replay;
	struct vm vm;
	struct vcpu vcpus[VCPUS];
	struct vector *vectors;
	unsigned int firing;
	unsigned int batch;
	struct driver *empty, *floor, *ours;
};

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
		times.rows[POINT_COUNT] += times.rows[point];
	}
	return times;
}

/* What @programs are to be called with, interrupt by interrupt. */
static struct driver *new_driver(struct side *side, struct bpf_program *const programs[POINT_COUNT])
{
	struct objects *objects = replay_objects(side->replay);
	struct driver *driver = driver_new(programs, side->batch, objects_map(objects),
		objects_offset(objects, replay_task(side->replay), MEMBER_TASK_NOTIFIERS));

	for (unsigned int i = 0; i < side->batch; i++) {
		/* A stride that meets all of them, and that no prefetcher follows. */
		unsigned int number = i * 1237u % side->firing;
		const struct vector *vector = &side->vectors[number];
		const struct vcpu *vcpu = &side->vcpus[number / PER_VCPU];

		driver_rounds(driver)[i] = (struct driver_round) {
			.store = replay_notifier(side->replay, vcpu),
			.arguments = {
				[POINT_IRQ] = { vector->irq },
				[POINT_SIGNAL] = { vector->device, vector->index, vector->irq,
						   vector->slot, vector->eventfd, CAUSE_IRQ },
				[POINT_ACCEPT] = { vcpu->id, APIC_DM_FIXED, 0,
						   vector->guest_vector },
				[POINT_EXIT] = { vector->irq, 0, 1 },
				[POINT_INJECT] = { vector->guest_vector },
				[POINT_EOI] = { vcpu->lapic, vector->guest_vector },
			},
		};
	}
	return driver;
}

static void open_side(struct side *side, struct floor_bpf *floor, unsigned int vectors,
		      unsigned int firing)
{
	struct replay_options options = {
		.vectors = vectors, .vcpus = VCPUS, .hops = ALL_HOPS, .unchecked = true,
	};
	struct bpf_program *const floors[POINT_COUNT] = {
#define X(ENUM, program, floor_program) [POINT_##ENUM] = floor->progs.floor_program,
		POINTS(X)
#undef X
	};
	struct bpf_program *empty[POINT_COUNT], *ours[POINT_COUNT];
	const char *why;
	object device;

	side->firing = firing;
	side->batch = firing > BATCH ? firing : BATCH;
	side->replay = replay_open(&options, &why);
	if (!side->replay) {
		fprintf(stderr, "can't be measured here: %s\n", why);
		exit(1);
	}
	side->vm = replay_vm(side->replay, getpid());
	for (unsigned int i = 0; i < VCPUS; i++)
		side->vcpus[i] = replay_vcpu(side->replay, &side->vm, i);
	side->vectors = calloc(vectors, sizeof(*side->vectors));
	if (!side->vectors)
		die("calloc");
	device = replay_device(side->replay, "bench");
	for (unsigned int i = 0; i < vectors; i++) {
		side->vectors[i] = replay_new_vector(side->replay, device, i, 100 + i, &side->vm,
						     GUEST_FIRST + i % PER_VCPU);
		replay_bind(side->replay, &side->vectors[i], 0);
		side->vectors[i].id = i;
	}
	for (unsigned int i = 0; i < POINT_COUNT; i++) {
		empty[i] = floor->progs.empty;
		ours[i] = bpf_object__find_program_by_name(replay_object(side->replay),
							   point_names[i]);
	}
	side->empty = new_driver(side, empty);
	side->floor = new_driver(side, floors);
	side->ours = new_driver(side, ours);
	/* Once round, to warm up. */
	run(side->empty, side->batch);
	run(side->floor, side->batch);
	run(side->ours, side->batch);
}

/* All interrupts have got to the end, or something else has been measured. */
static void close_side(struct side *side, unsigned int runs)
{
	unsigned int each = (runs + 1) * (side->batch / side->firing);

	for (unsigned int i = 0; i < side->firing; i++) {
		struct imstrace_account account = replay_account(side->replay, &side->vectors[i]);

		for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
			if (account.hops[hop] != each) {
				fprintf(stderr, "vector %u, hop %u: seen %llu times, not %u\n", i,
					hop, account.hops[hop], each);
				exit(1);
			}
	}
	driver_free(side->empty);
	driver_free(side->floor);
	driver_free(side->ours);
	replay_close(side->replay);
	free(side->vectors);
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
	return row < POINT_COUNT ? point_names[row] : "**whole interrupt**";
}

/* What the kernel does around the programs of @row. */
static double around(unsigned int row, double dispatch)
{
	return row < POINT_COUNT ? dispatch : POINT_COUNT * dispatch;
}

static void compare_with_floor(struct floor_bpf *floor, double dispatch, unsigned int rounds)
{
	static struct series floor_times[ROWS], our_times[ROWS], alone[ROWS], attached[ROWS];
	struct side side;

	open_side(&side, floor, 1, 1);
	for (unsigned int round = 0; round < rounds; round++) {
		struct times empty = run(side.empty, side.batch);
		struct times least = run(side.floor, side.batch);
		struct times ours = run(side.ours, side.batch);

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
	close_side(&side, rounds);

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
	struct side sides[SIDES];

	open_side(&sides[ONE], floor, 1, 1);
	open_side(&sides[ONE_OF_MANY], floor, MANY, 1);
	open_side(&sides[ALL], floor, MANY, MANY);
	for (unsigned int round = 0; round < rounds; round++)
		for (unsigned int i = 0; i < SIDES; i++) {
			struct times empty = run(sides[i].empty, sides[i].batch);
			struct times ours = run(sides[i].ours, sides[i].batch);

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
		close_side(&sides[i], rounds);
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
