/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Vectors whose interrupts go round, through programs in a driver (driver.h).
 */
#ifndef IMSTRACE_TESTS_BENCH_SIDE_H
#define IMSTRACE_TESTS_BENCH_SIDE_H

#include "../replay/replay.h"
#include "driver.h"

#define BATCH		200	/* interrupts in a run, at least */
#define MANY		4096	/* vectors, at most */
#define PER_VCPU	208
#define VCPUS		((MANY + PER_VCPU - 1) / PER_VCPU)

/*
 * X(ENUM, program of imstrace, of the floor) in the order in which they run. KVM injects, and then enters. The last
 * one is no part of an interrupt: a VM entry for which nothing waits, as most are.
 */
#define POINTS(X)				\
	X(IRQ,	  irq_entry, floor_irq)		\
	X(SIGNAL, signal,    floor_signal)	\
	X(ACCEPT, accept,    floor_accept)	\
	X(EXIT,	  irq_exit,  floor_exit)	\
	X(INJECT, inject,    floor_inject)	\
	X(ENTER,  vcpu_enter, floor_enter)	\
	X(EOI,	  eoi,	     floor_eoi)		\
	X(OTHER,  vcpu_enter, floor_enter)

enum point {
#define X(ENUM, program, floor) POINT_##ENUM,
	POINTS(X)
#undef X
	POINT_COUNT
};

/* The names of imstrace's programs. */
extern const char *const point_names[POINT_COUNT];

/**
 * struct side - one of the two that are compared
 * @firing:	vectors that have interrupts, one after the other
 * @batch:	interrupts in a run: as many for each of them
 */
struct side {
	struct replay *replay;
	struct vm vm;
	struct vcpu vcpus[VCPUS];
	struct vector *vectors;
	unsigned int firing;
	unsigned int batch;
};

/* Ends the process with why, if that can't be done here. @stream: tell of each interrupt. */
void side_open(struct side *side, unsigned int vectors, unsigned int firing, bool stream);
void side_close(struct side *side);

/* What @programs are to be called with, interrupt by interrupt; to be freed before the side. */
struct driver *side_driver(struct side *side, struct bpf_program *const programs[POINT_COUNT]);

/* Those of imstrace. */
struct driver *side_own_driver(struct side *side);

#endif /* IMSTRACE_TESTS_BENCH_SIDE_H */
