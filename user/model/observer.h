/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Takes the steps and the interrupts of a source, tells those of wanted vectors, has the rest
 * ignored, and feeds lint. Whatever follows a source does so by one of these.
 */
#ifndef IMSTRACE_MODEL_OBSERVER_H
#define IMSTRACE_MODEL_OBSERVER_H

#include "lint.h"
#include "vectors.h"

/**
 * struct observer_options - what is wanted, and who is told
 * @filter:	which vectors are wanted
 * @lint:	whether findings are
 * @step:	called for each step, after what lint finds in it; NULL: not wanted
 * @interrupt:	called for each interrupt of a wanted vector; NULL: not wanted
 * @finding:	called for each finding of a wanted vector; needed with @lint
 * @context:	first argument of these
 */
struct observer_options {
	const struct vector_filter *filter;
	bool lint;
	void (*step)(void *context, const struct imstrace_lifecycle *step, bool wanted);
	void (*interrupt)(void *context, const struct imstrace_vector *vector,
			  const struct imstrace_interrupt *interrupt);
	void (*finding)(void *context, const struct lint_finding *finding);
	void *context;
};

/**
 * struct observer - observes a source
 * @lint:	NULL: findings are not wanted
 * @steps:	of wanted vectors
 * @before:	what had been lost when it began
 * @lost_lifecycle: as of the latest step
 */
struct observer {
	struct source *source;
	struct observer_options options;
	struct lint *lint;
	__u64 steps;
	struct {
		__u64 lost_lifecycle, lost_vectors;
	} before;
	__u64 lost_lifecycle;
};

/* The source's handlers become those of @observer. Return: false: out of memory. */
bool observer_begin(struct observer *observer, struct source *source,
		    const struct observer_options *options);
void observer_free(struct observer *observer);

/* The source is about to be stopped, piece by piece: what is found after this means nothing. */
void observer_stop(struct observer *observer);

/* There are no more steps: tells what lint still finds, and fills in @verdict. */
void observer_judge(struct observer *observer, struct lint_verdict *verdict);

#endif /* IMSTRACE_MODEL_OBSERVER_H */
