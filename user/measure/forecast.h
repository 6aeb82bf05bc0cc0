/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What will be seen of a vector's interrupts, before any has been: only what can be known, and
 * on what the rest depends.
 */
#ifndef IMSTRACE_MEASURE_FORECAST_H
#define IMSTRACE_MEASURE_FORECAST_H

#include "../source/environment.h"
#include "../source/inventory.h"
#include "../source/source.h"

enum forecast_answer { FORECAST_YES, FORECAST_DEPENDS, FORECAST_NO };

/* @why: NULL if the answer is yes. */
struct forecast {
	enum forecast_answer answer;
	const char *why;
};

/**
 * struct forecast_of - what a forecast is made of
 * @environment: the system
 * @source:	what is attached; NULL: nothing can be
 * @inventory:	the VMs and devices
 * @device:	one of them
 * @vector:	one of its vectors
 */
struct forecast_of {
	const struct environment *environment;
	const struct source *source;
	const struct inventory *inventory;
	const struct inventory_device *device;
	const struct inventory_vector *vector;
};

struct forecast forecast_hop(const struct forecast_of *of, enum imstrace_hop hop);
struct forecast forecast_stage(const struct forecast_of *of, enum imstrace_stage stage);

/*
 * The same of a stage of which both hops are seen, by what holds for every vector of this system. If
 * the answer is yes, @why is a note on what the stage is, or NULL.
 */
struct forecast forecast_limit(const struct environment *environment, enum imstrace_stage stage);

const char *forecast_answer_name(enum forecast_answer answer);

#endif /* IMSTRACE_MEASURE_FORECAST_H */
