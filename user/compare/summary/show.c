// SPDX-License-Identifier: GPL-2.0-only
#include "show.h"

#include "groups.h"

#include <inttypes.h>
#include <stdlib.h>

static int compare(const void *left, const void *right)
{
	__u64 a = *(const __u64 *)left, b = *(const __u64 *)right;

	return (a > b) - (a < b);
}

/* The median of the runs, and from which to which they are. */
static void show_percentile(FILE *out, __u64 *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare);
	fprintf(out, " %9.1f %9.1f-%-9.1f", values[count / 2] / 1e3, values[0] / 1e3,
		values[count - 1] / 1e3);
}

static void show_stage(FILE *out, const struct summary *summary, const struct groups *groups,
		       const struct group *group, enum imstrace_stage stage, __u64 *p50, __u64 *p99)
{
	__u64 values = 0;
	size_t runs = 0;

	for (size_t i = 0; i < summary->run_count; i++) {
		struct histogram histogram;
		struct stage_figures figures;

		if (!group_histogram(groups, group, &summary->runs[i], stage, &histogram))
			continue;
		figures = stage_figures(&histogram);
		if (figures.unplaced)
			continue;
		values += figures.count;
		p50[runs] = figures.p50;
		p99[runs++] = figures.p99;
	}
	if (!runs)
		return;
	fprintf(out, "  %-9s %5zu %10" PRIu64, stage_name(stage), runs, (uint64_t)values);
	show_percentile(out, p50, runs);
	show_percentile(out, p99, runs);
	putc('\n', out);
}

void summary_show(FILE *out, const struct summary *summary)
{
	struct groups groups = { .by = BY_CLASS };
	__u64 *p50 = calloc(summary->run_count, sizeof(*p50));
	__u64 *p99 = calloc(summary->run_count, sizeof(*p99));
	size_t silent = summary_silent_runs(summary);

	if (p50 && p99 && groups_add(&groups, summary)) {
		fprintf(out, "%s: %zu runs of %s\n", summary->path, summary->run_count,
			json_string_value(json_array_get(summary->command, 0)));
		fprintf(out, "  %-9s %5s %10s %9s %-19s %9s %-19s µs\n", "STAGE", "RUNS", "COUNT",
			"P50", "    OF RUNS", "P99", "    OF RUNS");
		for (size_t i = 0; i < groups.count; i++) {
			fprintf(out, "%s, %s\n", groups.groups[i].name,
				*groups.groups[i].mode ? groups.groups[i].mode : "mode not known");
			for (unsigned int stage = 0; stage < STAGE_COUNT; stage++)
				show_stage(out, summary, &groups, &groups.groups[i], stage, p50, p99);
		}
		if (!groups.count)
			fputs("No interrupt was seen. Is a device in use, and bound by a VMM?\n", out);
		else if (silent)
			fprintf(out, "%zu of %zu runs have no interrupt\n", silent,
				summary->run_count);
	}
	groups_free(&groups);
	free(p50);
	free(p99);
}
