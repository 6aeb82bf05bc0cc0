// SPDX-License-Identifier: GPL-2.0-only
/*
 * Summaries come from other machines and other versions: nothing in one is believed before it has
 * been looked at.
 */
#include "summary.h"

#include "../../errors.h"
#include "../../measure/stages.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A hundred runs of a hundred vectors have 50 MB. */
#define MAX_BYTES	(256U << 20)
/* Nothing is counted beyond: doubles have it exactly, and sums of thousands don't overflow. */
#define MAX_COUNT	(1LL << 53)

struct reader {
	const char *path;
	FILE *file;
	size_t left; /* bytes that it may still have */
	char *why;   /* of SUMMARY_WHY bytes: the first error; "": none so far */
};

__attribute__((format(printf, 2, 3)))
static bool wrong(struct reader *reader, const char *format, ...)
{
	char what[256];
	va_list args;

	if (*reader->why)
		return false;
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	snprintf(reader->why, SUMMARY_WHY, "%.200s is not a usable summary: %s", reader->path, what);
	return false;
}

static bool read_count(struct reader *reader, json_t *object, const char *key, __u64 *value)
{
	json_t *number = json_object_get(object, key);

	if (!json_is_integer(number) || json_integer_value(number) < 0 ||
	    json_integer_value(number) > MAX_COUNT)
		return wrong(reader, "\"%s\" is not a count", key);
	*value = json_integer_value(number);
	return true;
}

static bool read_small(struct reader *reader, json_t *object, const char *key, __u32 *value)
{
	__u64 number;

	if (!read_count(reader, object, key, &number))
		return false;
	if (number > UINT32_MAX)
		return wrong(reader, "\"%s\" is too large", key);
	*value = number;
	return true;
}

/* ns since 1970 don't fit into MAX_COUNT. */
static bool read_time(struct reader *reader, json_t *object, const char *key, __u64 *value)
{
	json_t *number = json_object_get(object, key);

	if (!json_is_integer(number) || json_integer_value(number) < 0)
		return wrong(reader, "\"%s\" is not a time", key);
	*value = json_integer_value(number);
	return true;
}

/* Into @size bytes; null is "". It may be shown: only what is printable is taken. */
static bool read_text(struct reader *reader, json_t *object, const char *key, char *to, size_t size)
{
	json_t *value = json_object_get(object, key);
	const char *text = json_string_value(value);

	if (json_is_null(value)) {
		*to = '\0';
		return true;
	}
	if (!text || json_string_length(value) >= size)
		return wrong(reader, "\"%s\" is not a text of fewer than %zu bytes", key, size);
	for (const char *c = text; *c; c++)
		if (*c < ' ' || *c > '~')
			return wrong(reader, "\"%s\" has a character that can't be printed", key);
	if (strlen(text) != json_string_length(value))
		return wrong(reader, "\"%s\" has a NUL", key);
	memcpy(to, text, strlen(text) + 1);
	return true;
}

/* One after the other, ascending, none of them empty. */
static bool read_buckets(struct reader *reader, json_t *array, struct summary_stage *stage)
{
	size_t size = json_array_size(array);
	long long last = -1, total = stage->unplaced;

	if (!json_is_array(array) || size % 2 || size > 2 * HISTOGRAM_BUCKETS)
		return wrong(reader, "\"buckets\" is not a list of pairs");
	stage->buckets = calloc(size / 2 + 1, sizeof(*stage->buckets));
	if (!stage->buckets)
		return wrong(reader, "out of memory");
	for (size_t i = 0; i < size; i += 2) {
		json_t *bucket = json_array_get(array, i), *count = json_array_get(array, i + 1);
		long long number = json_integer_value(bucket), values = json_integer_value(count);

		if (!json_is_integer(bucket) || number <= last || number >= HISTOGRAM_BUCKETS)
			return wrong(reader, "\"buckets\" are not in order");
		if (!json_is_integer(count) || values <= 0 || values > MAX_COUNT - total)
			return wrong(reader, "a bucket has no count");
		last = number;
		total += values;
		stage->buckets[stage->count++] = (struct summary_bucket) { number, values };
	}
	if ((__u64)total != stage->total)
		return wrong(reader, "its buckets have %lld values, its count is %" PRIu64, total,
			     (uint64_t)stage->total);
	return true;
}

static bool consistent(struct reader *reader, const struct summary_stage *stage)
{
	const struct summary_bucket *first = stage->buckets, *last = first + stage->count - 1;

	if (stage->min > stage->max)
		return wrong(reader, "\"min\" is above \"max\"");
	if (!stage->unplaced && stage->count && (histogram_bucket(stage->min) != first->bucket ||
						 histogram_bucket(stage->max) != last->bucket))
		return wrong(reader, "\"min\" or \"max\" is not where the buckets are");
	return true;
}

static bool read_stage(struct reader *reader, json_t *object, struct summary_stage *stage)
{
	if (json_is_null(object))
		return true;
	stage->measured = true;
	return read_count(reader, object, "count", &stage->total) &&
	       read_count(reader, object, "sum", &stage->sum) &&
	       read_count(reader, object, "min", &stage->min) &&
	       read_count(reader, object, "max", &stage->max) &&
	       read_count(reader, object, "unplaced", &stage->unplaced) &&
	       read_buckets(reader, json_object_get(object, "buckets"), stage) &&
	       consistent(reader, stage);
}

/* The imstrace that wrote it may have been older than the hop. */
static bool hop_known(json_t *hops, enum imstrace_hop hop)
{
	return summary_keeps_hop(hop) && (hop != HOP_UNMASK || json_object_get(hops, hop_name(hop)));
}

static bool read_hop_counts(struct reader *reader, json_t *hops, struct summary_series *series)
{
	__u64 count;

	for (unsigned int hop = 0; hop < HOP_COUNT; hop++) {
		series->hops[hop] = -1;
		if (json_is_null(json_object_get(hops, hop_name(hop))) || !hop_known(hops, hop))
			continue;
		if (!read_count(reader, hops, hop_name(hop), &count))
			return false;
		series->hops[hop] = count;
	}
	return true;
}

/* Summaries of older imstraces lack these. */
static bool newer_stage(enum imstrace_stage stage)
{
	return stage == STAGE_MASKED || stage == STAGE_DETOUR || stage_class(stage) == STAGE_IS_BOUND;
}

static bool read_series(struct reader *reader, json_t *object, struct summary_series *series)
{
	json_t *stages = json_object_get(object, "stages");

	if (!read_text(reader, object, "device", series->device, sizeof(series->device)) ||
	    !read_text(reader, object, "class", series->class, sizeof(series->class)) ||
	    !read_small(reader, object, "vector", &series->vector) ||
	    !read_text(reader, object, "mode", series->mode, sizeof(series->mode)) ||
	    !read_hop_counts(reader, json_object_get(object, "hops"), series) ||
	    !read_count(reader, object, "coalesced", &series->coalesced) ||
	    !read_count(reader, object, "unmatched", &series->unmatched) ||
	    !read_count(reader, object, "hardware", &series->hardware) ||
	    !read_count(reader, object, "lost", &series->lost))
		return false;
	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++) {
		json_t *member = json_object_get(stages, stage_name(stage));

		if (!summary_keeps(stage) || (!member && newer_stage(stage)))
			continue;
		if (!member)
			return wrong(reader, "the stage %s is missing", stage_name(stage));
		if (!read_stage(reader, member, &series->stages[stage]))
			return false;
	}
	return true;
}

static bool read_run(struct reader *reader, json_t *object, struct summary_run *run)
{
	json_t *vectors = json_object_get(object, "vectors"), *lost = json_object_get(object, "lost");
	json_t *vector;
	size_t i;

	if (!read_time(reader, object, "started", &run->started) ||
	    !read_time(reader, object, "duration", &run->duration) ||
	    !read_small(reader, object, "pair", &run->pair))
		return false;
#define X(name)									\
	if (!read_count(reader, lost, #name, &run->lost.name))			\
		return false;
	SUMMARY_LOSSES(X)
#undef X
	if (!json_is_array(vectors))
		return wrong(reader, "\"vectors\" is not a list");
	json_array_foreach(vectors, i, vector) {
		struct summary_series *series = summary_add_series(run);

		if (!series)
			return wrong(reader, "out of memory");
		if (!read_series(reader, vector, series))
			return false;
	}
	return true;
}

static bool read_texts(struct reader *reader, json_t *root, struct summary *summary)
{
	json_t *labels = json_object_get(root, "labels"), *command = json_object_get(root, "command");
	const char *key;
	json_t *value;
	size_t i;

	if (!json_is_object(labels) || !json_is_array(command))
		return wrong(reader, "\"labels\" or \"command\" is missing");
	json_object_foreach(labels, key, value)
		if (!json_is_string(value))
			return wrong(reader, "a label is not a text");
	json_array_foreach(command, i, value)
		if (!json_is_string(value))
			return wrong(reader, "\"command\" is not a list of texts");
	json_object_update(summary->labels, labels);
	json_array_extend(summary->command, command);
	return true;
}

static bool read_head(struct reader *reader, json_t *root, struct summary *summary)
{
	const char *format = json_string_value(json_object_get(root, "format"));
	const char *unit = json_string_value(json_object_get(root, "unit"));
	json_t *schema = json_object_get(root, "schema"), *hops = json_object_get(root, "hops");
	__u32 bits = 0;

	if (!format || strcmp(format, SUMMARY_FORMAT))
		return wrong(reader, "it was not written by imstrace run");
	if (!json_is_integer(schema) || json_integer_value(schema) < 1)
		return wrong(reader, "\"schema\" is not a number");
	if (json_integer_value(schema) > SUMMARY_SCHEMA)
		return wrong(reader, "it is of a newer imstrace: schema %lld, and this one knows %d",
			     (long long)json_integer_value(schema), SUMMARY_SCHEMA);
	if (!unit || strcmp(unit, "ns"))
		return wrong(reader, "its unit is %.20s, not ns", unit ? unit : "missing");
	if (!read_small(reader, root, "bucket_bits", &bits))
		return false;
	if (bits != HISTOGRAM_BITS)
		return wrong(reader, "its buckets are of %u bits, not %d", bits, HISTOGRAM_BITS);
	for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
		if (hop_known(hops, hop) &&
		    !read_text(reader, hops, hop_name(hop), summary->hops[hop],
			       sizeof(summary->hops[hop])))
			return false;
	return read_time(reader, root, "session", &summary->session) &&
	       read_text(reader, root, "revision", summary->revision, sizeof(summary->revision)) &&
	       read_text(reader, root, "host", summary->host, sizeof(summary->host)) &&
	       read_text(reader, root, "kernel", summary->kernel, sizeof(summary->kernel)) &&
	       read_text(reader, root, "cpu", summary->cpu, sizeof(summary->cpu)) &&
	       read_small(reader, root, "cpus", &summary->cpus) &&
	       read_texts(reader, root, summary);
}

static bool read_all(struct reader *reader, json_t *root, struct summary *summary)
{
	json_t *runs = json_object_get(root, "runs"), *object;
	size_t i;

	if (!read_head(reader, root, summary))
		return false;
	if (!json_is_array(runs) || !json_array_size(runs))
		return wrong(reader, "it has no runs");
	json_array_foreach(runs, i, object) {
		struct summary_run *run = summary_add_run(summary);

		if (!run)
			return wrong(reader, "out of memory");
		if (!read_run(reader, object, run))
			return false;
	}
	return true;
}

/* For json_load_callback(). */
static size_t read_bytes(void *buffer, size_t size, void *context)
{
	struct reader *reader = context;
	size_t got;

	if (!reader->left)
		return (size_t)-1;
	got = fread(buffer, 1, size < reader->left ? size : reader->left, reader->file);
	reader->left -= got;
	return ferror(reader->file) ? (size_t)-1 : got;
}

static json_t *load(struct reader *reader)
{
	json_error_t error;
	json_t *root;

	errno = 0;
	root = json_load_callback(read_bytes, reader, JSON_REJECT_DUPLICATES, &error);
	if (root)
		return root;
	if (ferror(reader->file))
		wrong(reader, "%s", strerror(errno));
	else if (reader->left == MAX_BYTES)
		wrong(reader, "it is empty");
	else if (!reader->left)
		wrong(reader, "it is larger than %u MB", MAX_BYTES >> 20);
	else
		wrong(reader, "line %d: %s", error.line, error.text);
	return NULL;
}

/* What is said of a file may be shown, whatever its name is. */
static void clean(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

struct summary *summary_try(const char *path, char why[SUMMARY_WHY])
{
	struct reader reader = { .path = path, .file = fopen(path, "re"), .left = MAX_BYTES, .why = why };
	struct summary *summary = NULL;
	json_t *root;

	*why = '\0';
	if (!reader.file) {
		snprintf(why, SUMMARY_WHY, "cannot read %.200s: %s", path, strerror(errno));
		clean(why);
		return NULL;
	}
	root = load(&reader);
	fclose(reader.file);
	if (root) {
		summary = summary_new(path);
		if (!summary)
			wrong(&reader, "out of memory");
		else
			read_all(&reader, root, summary);
		json_decref(root);
	}
	if (!*why)
		return summary;
	clean(why);
	summary_free(summary);
	return NULL;
}

int summary_read(struct summary **result, const char *path)
{
	char why[SUMMARY_WHY];

	*result = summary_try(path, why);
	return *result ? 0 : report_error(EXIT_USAGE, NULL, "%s", why);
}
