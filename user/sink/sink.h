/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Outputs. A sink is one output of a session: a format, where it goes, what it is told of, and what
 * it remembers. A new format is one new file here, and its line in EXPORT_FORMATS or the option that
 * picks it.
 */
#ifndef IMSTRACE_SINK_H
#define IMSTRACE_SINK_H

#include "../measure/figures.h"
#include "../measure/slowest.h"
#include "../measure/why.h"
#include "../model/lint.h"
#include "../source/environment.h"
#include "../source/inventory.h"

#include <stdio.h>

struct measurement;
struct sink;

/**
 * struct sink_ops - a format: how a sink renders what a session sees
 * @context_size:	bytes of the sink's context, which sink_open() allocates; 0: @open makes it,
 *			or it is the caller's, of the type that the format's declaration names
 * @losses_unseen:	the format has no place for losses: the session warns of them on stderr
 * @open:		before anything else; false: out of memory
 * @check:		what can be seen on this system, and of its vectors; @source is NULL if
 *			nothing can
 * @start:		once, before what follows
 * @watch:		the same, where only findings are shown
 * @measured:		after the start: who asks for the figures of one vector so far, by
 *			measurement_vector(). It stays until @close
 * @lifecycle:		a step in the life of a vector
 * @interrupt:		an interrupt, when it has ended, of @vector
 * @interval:		the figures since the last interval
 * @summary:		all figures
 * @slowest:		the slowest interrupts, after the summary
 * @why:		why some interrupts are slow, after the summary; @figures are the summary's
 * @histograms:		the distribution of a stage, for each vector, after the summary and of its
 *			figures
 * @finding:		something is wrong with a driver
 * @flush:		called often: what must not wait any longer. An exit code, reported, ends
 *			the run
 * @verdict:		what was found, after all else; @exit_code is what the program exits with
 * @close:		the last call, also after an error: frees what the context refers to
 *
 * A call that a format has no use for is NULL. Times are the source's: CLOCK_MONOTONIC ns. A sink
 * writes whole lines and leaves flushing to the caller.
 */
struct sink_ops {
	size_t context_size;
	bool losses_unseen;
	bool (*open)(struct sink *sink);
	void (*check)(struct sink *sink, const struct environment *environment,
		      const struct inventory *inventory, const struct source *source);
	void (*start)(struct sink *sink, const struct source *source);
	void (*watch)(struct sink *sink, const struct source *source);
	void (*measured)(struct sink *sink, struct measurement *measurement);
	void (*lifecycle)(struct sink *sink, const struct imstrace_lifecycle *step);
	void (*interrupt)(struct sink *sink, const struct imstrace_vector *vector,
			  const struct imstrace_interrupt *interrupt);
	void (*interval)(struct sink *sink, const struct figures *figures);
	void (*summary)(struct sink *sink, const struct figures *figures);
	void (*slowest)(struct sink *sink, const struct slowest *slowest);
	void (*why)(struct sink *sink, const struct why_result *why, const struct figures *figures);
	void (*histograms)(struct sink *sink, const struct figures *figures,
			   enum imstrace_stage stage);
	void (*finding)(struct sink *sink, const struct lint_finding *finding);
	int (*flush)(struct sink *sink);
	void (*verdict)(struct sink *sink, const struct lint_verdict *verdict, int exit_code);
	void (*close)(struct sink *sink);
};

/**
 * struct sink_wants - what a session tells a sink of, as far as its format has the call
 * @start:	what is followed, at the start
 * @lifecycle:	the lifecycle of vectors
 * @interrupts:	every interrupt; the source must have been opened so
 * @findings:	findings and the verdict, also where the session is not asked for a verdict
 * @summary:	figures of all the time, at the end
 * @histograms:	the distributions of these stages, with @summary: a mask by enum imstrace_stage
 */
struct sink_wants {
	bool start;
	bool lifecycle;
	bool interrupts;
	bool findings;
	bool summary;
	unsigned int histograms;
};

/**
 * struct sink - one output of a session
 * @ops:	its format
 * @out:	where it writes; NULL: a format that writes no stream
 * @path:	of the file @out, which sink_close() closes; NULL: @out is stdout, or the caller's
 * @wants:	what it is told of
 * @context:	what it remembers; see @context_size of struct sink_ops
 * @failed:	its own: a failure of @out has been reported
 */
struct sink {
	const struct sink_ops *ops;
	FILE *out;
	const char *path;
	struct sink_wants wants;
	void *context;
	bool failed;
};

/* Before all other calls. Return: false: out of memory; then there is nothing to close. */
bool sink_open(struct sink *sink);

/* What a sink has written goes to its file. Return: 0 or an exit code, reported. */
int sink_flush(struct sink *sink);

/*
 * Frees what sink_open() has allocated, and closes the sink's file. Return: 0 or an exit code,
 * reported, unless sink_flush() has done so.
 */
int sink_close(struct sink *sink);

/* Closes only the file, of a sink that was not opened; as sink_close(). */
int sink_close_file(struct sink *sink);

extern const struct sink_ops text_sink;
/* Writes the page at the verdict. */
extern const struct sink_ops html_sink;

/*
 * X(name, what it is for, whether it is binary): what imstrace export writes, by NAME_sink. A call
 * that is not wanted is NULL (but for @start). The context of hgrm_sink is a const enum
 * imstrace_stage: the one to write, or STAGE_COUNT: all of them.
 */
#define EXPORT_FORMATS(X)							\
	X(json, "an object a line (docs/schema/imstrace-1.json): for scripts", false)	\
	X(csv, "a row per interrupt, in ns: for spreadsheets, data frames", false)	\
	X(chrome, "trace-event JSON: for chrome://tracing, ui.perfetto.dev", false)	\
	X(perfetto, "protobuf trace: for ui.perfetto.dev and trace_processor", true)	\
	X(openmetrics, "figures and histograms, in seconds: for Prometheus", false)	\
	X(hgrm, "percentiles in us, by vector and stage: for HdrHistogram's plotters", false)

#define X(name, what, binary) extern const struct sink_ops name##_sink;
EXPORT_FORMATS(X)
#undef X

/* A thread of the host, clean: "backup/213"; of an idle CPU, which has pid 0, the name alone. */
#define SINK_THREAD_LEN	(IMSTRACE_TASK_LEN + 16)
void sink_thread(char to[SINK_THREAD_LEN], const char name[IMSTRACE_TASK_LEN], __u32 pid);

/* Copies a name from outside with everything unprintable replaced by '?'. */
void sink_clean(char *to, size_t size, const char *from);

/*
 * The same, for between double quotes: a backslash is put before a quote and a backslash, which is
 * what JSON and OpenMetrics want. At most twice as long, and never cut within an escape.
 */
void sink_escape(char *to, size_t size, const char *from);

#endif /* IMSTRACE_SINK_H */
