/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An output format. A new one is one new file here, and the option that picks it, or its line in
 * the table of cmd/export.c.
 */
#ifndef IMSTRACE_SINK_H
#define IMSTRACE_SINK_H

#include "../measure/figures.h"
#include "../measure/slowest.h"
#include "../model/lint.h"
#include "../source/environment.h"

#include <stdio.h>

struct measurement;

/**
 * struct sink - renders what a session sees
 * @check:	what can be seen on this system; @source is NULL if nothing can
 * @start:	once, before anything else
 * @watch:	the same, where only findings are shown
 * @measured:	after the start: who asks for the figures of one vector so far, by
 *		measurement_vector(). It stays until after the last call
 * @lifecycle:	a step in the life of a vector
 * @interrupt:	an interrupt, when it has ended, of @vector
 * @interval:	the figures since the last interval
 * @summary:	all figures, last
 * @slowest:	the slowest interrupts, after the summary
 * @histograms:	the distribution of a stage, for each vector, after the summary and of its report
 * @finding:	something is wrong with a driver
 * @flush:	may be NULL; called often: what must not wait any longer. An exit code,
 *		reported, ends the run
 * @verdict:	what was found, after all else; @exit_code is what the program exits with
 *
 * A call that a sink has no use for is NULL. Times are the source's: CLOCK_MONOTONIC ns. A sink
 * writes whole lines and leaves flushing to the caller.
 */
struct sink {
	void (*check)(FILE *out, const struct environment *environment,
		      const struct source *source);
	void (*start)(FILE *out, const struct source *source);
	void (*watch)(FILE *out, const struct source *source);
	void (*measured)(struct measurement *measurement);
	void (*lifecycle)(FILE *out, const struct imstrace_lifecycle *step);
	void (*interrupt)(FILE *out, const struct imstrace_vector *vector,
			  const struct imstrace_interrupt *interrupt);
	void (*interval)(FILE *out, const struct figures *report);
	void (*summary)(FILE *out, const struct figures *report);
	void (*slowest)(FILE *out, const struct slowest *slowest);
	void (*histograms)(FILE *out, const struct figures *report, enum imstrace_stage stage);
	void (*finding)(FILE *out, const struct lint_finding *finding);
	int (*flush)(void);
	void (*verdict)(FILE *out, const struct lint_verdict *verdict, int exit_code);
};

extern const struct sink text_sink, json_sink;
/* For a session's page. Writes it all at @verdict. */
extern const struct sink html_sink;
/* Those of imstrace export, for which a call that is not wanted is NULL (but for @start). */
extern const struct sink csv_sink, chrome_sink, perfetto_sink, openmetrics_sink, hgrm_sink;

/* That of script --fields: fields.h. */
extern const struct sink fields_sink;

/* hgrm_sink: only this stage; until then all of them. */
void hgrm_choose(enum imstrace_stage stage);

/* Copies a name from outside with everything unprintable replaced by '?'. */
void sink_clean(char *to, size_t size, const char *from);

/*
 * The same, for between double quotes: a backslash is put before a quote and a backslash, which is
 * what JSON and OpenMetrics want. At most twice as long, and never cut within an escape.
 */
void sink_escape(char *to, size_t size, const char *from);

/* In formats that have no place for it: what is missing of @report's recording, to stderr. */
void sink_warn_of_loss(const struct figures *report);

#endif /* IMSTRACE_SINK_H */
