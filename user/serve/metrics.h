/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every metric of imstrace serve: the only list of them.
 */
#ifndef IMSTRACE_SERVE_METRICS_H
#define IMSTRACE_SERVE_METRICS_H

#include "../measure/series.h"
#include "../model/lint.h"
#include "../sink/exposition.h"

/**
 * struct metrics_input - what they are made of
 * @source:	what is followed
 * @series:	what was read of it
 * @most:	label sets at most
 * @steps:	of vectors' lives, by enum imstrace_step
 * @findings:	by enum lint_rule
 * @started:	when the exporter began, ns since 1970
 * @readings:	how often the source was read for it
 * @reading_ns:	how long that took, all together
 * @scrapes:	by enum exposition_format
 * @textfile:	they are also written to a file
 * @textfile_errors: how often that failed
 */
struct metrics_input {
	const struct source *source;
	const struct series_set *series;
	unsigned int most;
	__u64 steps[STEP_COUNT];
	__u64 findings[LINT_COUNT];
	__u64 started;
	__u64 readings;
	__u64 reading_ns;
	__u64 scrapes[EXPOSITION_COUNT];
	bool textfile;
	__u64 textfile_errors;
};

void metrics_write(struct exposition *exposition, const struct metrics_input *input);

#endif /* IMSTRACE_SERVE_METRICS_H */
