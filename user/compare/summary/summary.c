// SPDX-License-Identifier: GPL-2.0-only
#include "summary.h"

#include "../../measure/stages.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

struct summary *summary_new(const char *path)
{
	struct summary *summary = calloc(1, sizeof(*summary));

	if (!summary)
		return NULL;
	summary->path = strdup(path);
	summary->labels = json_object();
	summary->command = json_array();
	if (summary->path && summary->labels && summary->command)
		return summary;
	summary_free(summary);
	return NULL;
}

static void free_run(struct summary_run *run)
{
	for (size_t i = 0; i < run->count; i++)
		for (unsigned int stage = 0; stage < STAGE_COUNT; stage++)
			free(run->series[i].stages[stage].buckets);
	free(run->series);
}

void summary_free(struct summary *summary)
{
	if (!summary)
		return;
	for (size_t i = 0; i < summary->run_count; i++)
		free_run(&summary->runs[i]);
	free(summary->runs);
	json_decref(summary->labels);
	json_decref(summary->command);
	free(summary->path);
	free(summary);
}

/* Room for one more of @size in an array that has @count: it doubles. NULL: out of memory. */
static void *add_element(void *array, size_t *count, size_t size)
{
	char *all = array;

	/* The powers of two are where it is full. */
	if (!(*count & (*count - 1)))
		all = reallocarray(array, *count ? *count * 2 : 1, size);
	if (all)
		memset(all + (*count)++ * size, 0, size);
	return all;
}

struct summary_run *summary_add_run(struct summary *summary)
{
	struct summary_run *runs = add_element(summary->runs, &summary->run_count,
					       sizeof(*summary->runs));

	if (!runs)
		return NULL;
	summary->runs = runs;
	return &runs[summary->run_count - 1];
}

struct summary_series *summary_add_series(struct summary_run *run)
{
	struct summary_series *series = add_element(run->series, &run->count,
						    sizeof(*run->series));

	if (!series)
		return NULL;
	run->series = series;
	return &series[run->count - 1];
}

static bool is_silent(const struct summary_run *run)
{
	for (size_t i = 0; i < run->count; i++)
		for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
			if (run->series[i].hops[hop] > 0)
				return false;
	return true;
}

size_t summary_silent_runs(const struct summary *summary)
{
	size_t silent = 0;

	for (size_t i = 0; i < summary->run_count; i++)
		silent += is_silent(&summary->runs[i]);
	return silent;
}

bool summary_keeps(enum imstrace_stage stage)
{
	return stage_class(stage) != STAGE_IS_PART;
}

bool summary_keeps_hop(enum imstrace_hop hop)
{
	return hop != HOP_ENTER;
}

bool summary_keep_stage(struct summary_stage *stage, const struct histogram *histogram)
{
	size_t used = 0;

	stage->measured = true;
	stage->total = histogram_count(histogram);
	stage->sum = histogram->sum;
	stage->min = histogram_min(histogram);
	stage->max = histogram->max;
	stage->unplaced = histogram->unplaced;
	for (__u32 i = 0; i < HISTOGRAM_BUCKETS; i++)
		used += histogram->buckets[i] != 0;
	stage->buckets = calloc(used + 1, sizeof(*stage->buckets));
	if (!stage->buckets)
		return false;
	for (__u32 i = 0; i < HISTOGRAM_BUCKETS; i++)
		if (histogram->buckets[i])
			stage->buckets[stage->count++] = (struct summary_bucket) {
				.bucket = i, .count = histogram->buckets[i],
			};
	return true;
}

void summary_add_stage(struct histogram *histogram, const struct summary_stage *stage)
{
	if (!stage->measured || !stage->total)
		return;
	histogram->sum += stage->sum;
	histogram->unplaced += stage->unplaced;
	if (histogram->max < stage->max)
		histogram->max = stage->max;
	if (histogram->inverted_min < ~stage->min)
		histogram->inverted_min = ~stage->min;
	for (size_t i = 0; i < stage->count; i++)
		histogram->buckets[stage->buckets[i].bucket] += stage->buckets[i].count;
}

static void read_cpu(char cpu[SOURCE_NAME_LEN])
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	char line[256];

	while (file && !*cpu && fgets(line, sizeof(line), file)) {
		const char *value = strchr(line, ':');

		if (strncmp(line, "model name", strlen("model name")) || !value)
			continue;
		line[strcspn(line, "\n")] = '\0';
		snprintf(cpu, SOURCE_NAME_LEN, "%.*s", SOURCE_NAME_LEN - 1,
			 value + 1 + strspn(value + 1, " "));
	}
	if (file)
		fclose(file);
}

void summary_describe_machine(struct summary *summary)
{
	struct utsname name;

	uname(&name);
	snprintf(summary->host, sizeof(summary->host), "%s", name.nodename);
	snprintf(summary->kernel, sizeof(summary->kernel), "%s", name.release);
	read_cpu(summary->cpu);
	summary->cpus = sysconf(_SC_NPROCESSORS_ONLN);
}
