/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A vector's life: the one state machine that says what a vector has after each of its steps.
 * Lint's rules and the report's life lines look at it; the exporter, which reads the vectors and
 * not their steps, has the BPF programs' state bits, the wire form of the same facts.
 */
#ifndef IMSTRACE_MODEL_LIFE_H
#define IMSTRACE_MODEL_LIFE_H

#include <imstrace/records.h>
#include <stdbool.h>

/*
 * How far a vector has got, as one word: X(ENUM, name, name in life lines). A vector is in the last
 * that holds.
 */
#define IMSTRACE_LIFE_STATES(X)				\
	X(GONE,		gone,		gone)		\
	X(KNOWN,	known,		none)		\
	X(ALLOCATED,	allocated,	slot)		\
	X(REQUESTED,	requested,	requested)	\
	X(BOUND,	bound,		bound)		\
	X(POSTED,	posted,		posted)

enum life_state {
#define X(ENUM, name, line) LIFE_##ENUM,
	IMSTRACE_LIFE_STATES(X)
#undef X
	LIFE_COUNT
};

const char *life_state_name(enum life_state state);
/* In the life lines of the HTML report. */
const char *life_line_name(enum life_state state);

/* Of @has, a mask of enum imstrace_state; LIFE_GONE can't be told from it. */
enum life_state life_state(__u32 has);

enum known {
	UNKNOWN,
	NO,
	YES,
};

/**
 * struct life - what is known of a vector, or of a device's index
 * @device:	name of the device
 * @vector:	vector, IMSTRACE_NONE: the index
 * @enabled:	of the index only
 * @has:	what the steps say that it has, a mask of enum imstrace_state
 * @certain:	the bits of @has that a step has set or cleared since nothing was known of it
 * @ruled_out:	the bits of @has that were not certain, and that a later step shows to be wrong: life
 *		lines go on showing them, lint does not believe them
 * @emulated:	there is no slot behind it, as of its latest binding
 * @was_requested: its irq has been requested since the slot was allocated
 * @pasid_left:	its PASID was in the slot at free_irq(), since the slot was allocated
 * @pasid_allocated: what the slot was allocated with, if it has one
 * @id:		vector id, as of the latest step; so are the rest
 * @irq:	Linux irq or IMSTRACE_NONE
 * @slot:	slot or IMSTRACE_NONE
 * @pasid:	PASID in the slot or IMSTRACE_NONE
 * @eventfd_id:	eventfd that is, or was, bound or signalled, or IMSTRACE_NONE
 * @strayed:	the latest step was an interrupt out of order: @stray
 */
struct life {
	char device[IMSTRACE_NAME_LEN];
	__u32 vector;
	enum known enabled;
	__u32 has, certain, ruled_out;
	bool emulated, was_requested, pasid_left, strayed;
	__u32 pasid_allocated;
	__u32 id, irq, slot, pasid, eventfd_id;
	struct imstrace_lifecycle stray;
};

void life_init(struct life *life, const char device[IMSTRACE_NAME_LEN], __u32 vector);

/* What @step, the next of this vector, has changed. One that failed has changed nothing. */
void life_advance(struct life *life, const struct imstrace_lifecycle *step);

/* Nothing is certain any more. */
void life_doubt(struct life *life);

/* Whether it has @fact, one of enum imstrace_state. */
enum known life_known(const struct life *life, __u32 fact);

/* Whether it is a step of a plain vfio-pci vector, of which the kernel shows few. */
bool life_step_of_pci(const struct imstrace_lifecycle *step);

#endif /* IMSTRACE_MODEL_LIFE_H */
