// SPDX-License-Identifier: GPL-2.0-only
#include "recording.h"

#include "../measure/stages.h"
#include "../recording/writer.h"

/* ns between packets: what a kill -9 may lose. */
#define FLUSH	1000000000ULL

static void note(struct recorder *recorder, int ret)
{
	if (ret)
		recorder->failed = ret;
}

static void recording_start(struct sink *sink, const struct source *source)
{
	struct recorder *recorder = sink->context;

	recorder->source = source;
	note(recorder, ctf_start(recorder->writer, source));
}

static void recording_lifecycle(struct sink *sink, const struct imstrace_lifecycle *step)
{
	struct recorder *recorder = sink->context;

	note(recorder, ctf_write_lifecycle(recorder->writer, step));
}

static void recording_interrupt(struct sink *sink, const struct imstrace_vector *vector,
				const struct imstrace_interrupt *interrupt)
{
	struct recorder *recorder = sink->context;

	(void)vector;
	note(recorder, ctf_write_interrupt(recorder->writer, interrupt));
	recorder->triggered |= recorder->trigger && interrupt_took(interrupt) >= recorder->trigger;
}

static int recording_flush(struct sink *sink)
{
	struct recorder *recorder = sink->context;
	sig_atomic_t requests = recorder->requests ? *recorder->requests : 0;
	__u64 now = recorder->source->now(recorder->source);

	if (recorder->failed)
		return recorder->failed;
	if (recorder->triggered || requests != recorder->served) {
		recorder->triggered = false;
		recorder->served = requests;
		note(recorder, ctf_keep(recorder->writer));
	} else if (now >= recorder->flushed + FLUSH) {
		recorder->flushed = now;
		note(recorder, ctf_flush(recorder->writer));
	}
	return recorder->failed;
}

/* While the source is there. */
static void recording_summary(struct sink *sink, const struct figures *figures)
{
	struct recorder *recorder = sink->context;

	if (!recorder->failed)
		note(recorder, ctf_end(recorder->writer, figures->to));
}

const struct sink_ops recording_sink = {
	.start = recording_start,
	.lifecycle = recording_lifecycle,
	.interrupt = recording_interrupt,
	.flush = recording_flush,
	.summary = recording_summary,
};
