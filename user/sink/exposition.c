// SPDX-License-Identifier: GPL-2.0-only
/*
 * Three formats of one content. In protobuf a family is a message that wants to know its length
 * first, so it is collected in memory; as fields of a message may come in any order and in parts,
 * each metric is packed by itself and put behind the others.
 */
#include "exposition.h"

#include "../measure/native.h"
#include "sink.h"
#include "user/sink/prometheus.pb-c.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/*
 * Upper ends of buckets: 2^n - 1 ns, where buckets of our histogram end as well, so that all counts
 * are exact. Below, no stage is told from another; the largest values have no upper end.
 */
#define FIRST_BITS	8
#define LAST_BITS	(HISTOGRAM_VALUE_BITS - 1)
/* And "+Inf". */
#define ENDS		(LAST_BITS - FIRST_BITS + 2)

/* A label's value, with every character of a name escaped. */
#define VALUE_BYTES	256

static const struct {
	const char *media, *content_type;
} formats[EXPOSITION_COUNT] = {
	[EXPOSITION_TEXT] = { "text/plain", "text/plain; version=0.0.4; charset=utf-8" },
	[EXPOSITION_OPENMETRICS] = { "application/openmetrics-text",
				     "application/openmetrics-text; version=1.0.0; charset=utf-8" },
	[EXPOSITION_PROTOBUF] = { "application/vnd.google.protobuf",
				  "application/vnd.google.protobuf; "
				  "proto=io.prometheus.client.MetricFamily; encoding=delimited" },
};

const char *exposition_content_type(enum exposition_format format)
{
	return formats[format].content_type;
}

/* Whether the parameter @name of a media range is there; @value is what it is, up to @end. */
static bool find_parameter(const char *from, const char *end, const char *name, const char **value,
			   size_t *length)
{
	for (; from < end; from++) {
		const char *next = memchr(from, ';', end - from);

		from += strspn(from, " \t");
		next = next ? next : end;
		if (next > from && !strncasecmp(from, name, strlen(name)) &&
		    from[strlen(name)] == '=') {
			*value = from + strlen(name) + 1;
			for (*length = next - *value;
			     *length && strchr(" \t", (*value)[*length - 1]); --*length)
				;
			return *value <= next;
		}
		from = next;
	}
	return false;
}

static bool parameter_is(const char *from, const char *end, const char *name, const char *wanted)
{
	const char *value;
	size_t length;

	return find_parameter(from, end, name, &value, &length) && length == strlen(wanted) &&
	       !strncasecmp(value, wanted, length);
}

/* How much a media range that is ours is wanted, in thousandths; 0: not at all. */
static unsigned int quality(const char *from, const char *end)
{
	const char *value;
	size_t length;
	char text[8];
	double q;

	if (!find_parameter(from, end, "q", &value, &length))
		return 1000;
	snprintf(text, sizeof(text), "%.*s", (int)(length < 7 ? length : 7), value);
	if (strspn(text, "0123456789.") != strlen(text))
		return 0;
	q = strtod(text, NULL);
	return q < 1 ? (unsigned int)(q * 1000) : 1000;
}

/* EXPOSITION_COUNT: none of ours. */
static enum exposition_format format_of(const char *from, const char *end)
{
	const char *parameters = memchr(from, ';', end - from);
	size_t length;

	parameters = parameters ? parameters : end;
	for (length = parameters - from; length && strchr(" \t", from[length - 1]); length--)
		;
	parameters += parameters < end;
	for (unsigned int i = 0; i < EXPOSITION_COUNT; i++) {
		if (length != strlen(formats[i].media) ||
		    strncasecmp(from, formats[i].media, length))
			continue;
		if (i == EXPOSITION_PROTOBUF &&
		    !(parameter_is(parameters, end, "proto", "io.prometheus.client.MetricFamily") &&
		      parameter_is(parameters, end, "encoding", "delimited")))
			continue;
		return i;
	}
	return EXPOSITION_COUNT;
}

enum exposition_format exposition_negotiate(const char *accept)
{
	enum exposition_format best = EXPOSITION_TEXT;
	unsigned int best_quality = 0;

	while (accept && *accept) {
		const char *end = accept + strcspn(accept, ",");
		enum exposition_format format;

		accept += strspn(accept, " \t");
		/* Only blanks before the comma. */
		format = accept < end ? format_of(accept, end) : EXPOSITION_COUNT;
		/* Of equals, the first. */
		if (format != EXPOSITION_COUNT && quality(accept, end) > best_quality) {
			best = format;
			best_quality = quality(accept, end);
		}
		accept = *end ? end + 1 : end;
	}
	return best;
}

/* The end of a family's samples' names. */
static const char *suffix(enum metric_type type)
{
	return type == METRIC_COUNTER ? "_total" : type == METRIC_INFO ? "_info" : "";
}

static void write_varint(FILE *out, __u64 value)
{
	for (; value > 0x7f; value >>= 7)
		putc((int)(value & 0x7f) | 0x80, out);
	putc((int)value, out);
}

static void put_family(struct exposition *exposition, Io__Prometheus__Client__MetricFamily *family)
{
	size_t size = io__prometheus__client__metric_family__get_packed_size(family);
	uint8_t *bytes = malloc(size + 1);

	if (bytes)
		fwrite(bytes, 1, io__prometheus__client__metric_family__pack(family, bytes),
		       exposition->body);
	free(bytes);
}

/* A family without a metric is not written. */
static void end_family(struct exposition *exposition)
{
	if (!exposition->body)
		return;
	fclose(exposition->body);
	exposition->body = NULL;
	if (exposition->size > exposition->head) {
		write_varint(exposition->out, exposition->size);
		fwrite(exposition->bytes, 1, exposition->size, exposition->out);
	}
	free(exposition->bytes);
	exposition->bytes = NULL;
}

static void begin_message(struct exposition *exposition, const char *help)
{
	static const Io__Prometheus__Client__MetricType types[] = {
		[METRIC_COUNTER] = IO__PROMETHEUS__CLIENT__METRIC_TYPE__COUNTER,
		[METRIC_GAUGE] = IO__PROMETHEUS__CLIENT__METRIC_TYPE__GAUGE,
		[METRIC_INFO] = IO__PROMETHEUS__CLIENT__METRIC_TYPE__GAUGE,
		[METRIC_HISTOGRAM] = IO__PROMETHEUS__CLIENT__METRIC_TYPE__HISTOGRAM,
	};
	Io__Prometheus__Client__MetricFamily family = IO__PROMETHEUS__CLIENT__METRIC_FAMILY__INIT;
	char name[sizeof(exposition->name) + 8];

	exposition->body = open_memstream(&exposition->bytes, &exposition->size);
	if (!exposition->body)
		return;
	snprintf(name, sizeof(name), "%s%s", exposition->name, suffix(exposition->type));
	family.name = name;
	family.help = (char *)help;
	family.has_type = 1;
	family.type = types[exposition->type];
	put_family(exposition, &family);
	fflush(exposition->body);
	exposition->head = exposition->size;
}

void exposition_family(struct exposition *exposition, const char *name, enum metric_type type,
		       const char *unit, const char *help)
{
	static const char *const types[] = {
		[METRIC_COUNTER] = "counter", [METRIC_GAUGE] = "gauge",
		[METRIC_INFO] = "info", [METRIC_HISTOGRAM] = "histogram",
	};
	bool text = exposition->format == EXPOSITION_TEXT;
	FILE *out = exposition->out;

	end_family(exposition);
	/* The names of a process's own metrics are the same for all exporters. */
	snprintf(exposition->name, sizeof(exposition->name), "%s%s%s%s",
		 strncmp(name, "process_", 8) ? "imstrace_" : "", name, unit ? "_" : "",
		 unit ? unit : "");
	exposition->type = type;
	if (exposition->format == EXPOSITION_PROTOBUF) {
		begin_message(exposition, help);
		return;
	}
	fprintf(out, "# TYPE %s%s %s\n", exposition->name, text ? suffix(type) : "",
		text && type == METRIC_INFO ? "gauge" : types[type]);
	if (unit && !text)
		fprintf(out, "# UNIT %s %s\n", exposition->name, unit);
	fprintf(out, "# HELP %s%s %s\n", exposition->name, text ? suffix(type) : "", help);
}

static void write_label(FILE *out, const char *before, const struct label *label)
{
	char value[VALUE_BYTES];

	sink_escape(value, sizeof(value), label->value);
	fprintf(out, "%s%s=\"%s\"", before, label->name, value);
}

/* name{device="…" and the closing brace, if there are labels; @le is one more, NULL: none. */
static void write_head(const struct exposition *exposition, const char *end,
		       const struct label *labels, size_t count, const char *le)
{
	FILE *out = exposition->out;

	fprintf(out, "%s%s", exposition->name, end);
	for (size_t i = 0; i < count; i++)
		write_label(out, i ? "," : "{", &labels[i]);
	if (le)
		fprintf(out, "%sle=\"%s\"", count ? "," : "{", le);
	fputs(count || le ? "} " : " ", out);
}

static void write_seconds(FILE *out, __u64 ns)
{
	fprintf(out, "%" PRIu64 ".%09" PRIu64, (uint64_t)(ns / 1000000000),
		(uint64_t)(ns % 1000000000));
}

struct pairs {
	char values[EXPOSITION_LABELS][VALUE_BYTES];
	Io__Prometheus__Client__LabelPair pairs[EXPOSITION_LABELS];
	Io__Prometheus__Client__LabelPair *list[EXPOSITION_LABELS];
};

static void fill_pairs(struct pairs *pairs, const struct label *labels, size_t count)
{
	for (size_t i = 0; i < count && i < EXPOSITION_LABELS; i++) {
		/* Not escaped: only what no reader of text could take is replaced. */
		sink_clean(pairs->values[i], sizeof(pairs->values[i]), labels[i].value);
		io__prometheus__client__label_pair__init(&pairs->pairs[i]);
		pairs->pairs[i].name = (char *)labels[i].name;
		pairs->pairs[i].value = pairs->values[i];
		pairs->list[i] = &pairs->pairs[i];
	}
}

static void put_metric(struct exposition *exposition, Io__Prometheus__Client__Metric *metric,
		       const struct label *labels, size_t count)
{
	Io__Prometheus__Client__MetricFamily family = IO__PROMETHEUS__CLIENT__METRIC_FAMILY__INIT;
	struct pairs pairs;

	if (!exposition->body)
		return;
	fill_pairs(&pairs, labels, count);
	metric->n_label = count;
	metric->label = pairs.list;
	family.n_metric = 1;
	family.metric = &metric;
	put_family(exposition, &family);
}

static void put_value(struct exposition *exposition, const struct label *labels, size_t count,
		      double value)
{
	Io__Prometheus__Client__Metric metric = IO__PROMETHEUS__CLIENT__METRIC__INIT;
	Io__Prometheus__Client__Counter counter = IO__PROMETHEUS__CLIENT__COUNTER__INIT;
	Io__Prometheus__Client__Gauge gauge = IO__PROMETHEUS__CLIENT__GAUGE__INIT;

	counter.has_value = gauge.has_value = 1;
	counter.value = gauge.value = value;
	if (exposition->type == METRIC_COUNTER)
		metric.counter = &counter;
	else
		metric.gauge = &gauge;
	put_metric(exposition, &metric, labels, count);
}

void exposition_number(struct exposition *exposition, const struct label *labels, size_t count,
		       __u64 value)
{
	if (exposition->format == EXPOSITION_PROTOBUF) {
		put_value(exposition, labels, count, (double)value);
		return;
	}
	write_head(exposition, suffix(exposition->type), labels, count, NULL);
	fprintf(exposition->out, "%" PRIu64 "\n", (uint64_t)value);
}

void exposition_seconds(struct exposition *exposition, const struct label *labels, size_t count,
			__u64 ns)
{
	if (exposition->format == EXPOSITION_PROTOBUF) {
		put_value(exposition, labels, count, ns / 1e9);
		return;
	}
	write_head(exposition, suffix(exposition->type), labels, count, NULL);
	write_seconds(exposition->out, ns);
	putc('\n', exposition->out);
}

/* One of the ends of classic buckets. */
struct end {
	__u64 ns;		/* of no meaning for the last */
	__u64 seen;		/* values up to there */
};

/*
 * Return: number of ends. Values in no bucket may be below any of these ends: then none of the counts
 * is known but the last.
 */
static size_t count_ends(const struct histogram *histogram, struct end ends[ENDS])
{
	size_t used = 0;
	__u32 bucket = 0;
	__u64 seen = 0;

	for (unsigned int bits = FIRST_BITS; !histogram->unplaced && bits <= LAST_BITS; bits++) {
		for (; bucket < histogram_bucket(1ULL << bits); bucket++)
			seen += histogram->buckets[bucket];
		ends[used++] = (struct end) { .ns = (1ULL << bits) - 1, .seen = seen };
	}
	ends[used++] = (struct end) { .seen = histogram_count(histogram) };
	return used;
}

/* Whether @value is in the bucket of ends[i], out of @count. */
static bool in_bucket(const struct end *ends, size_t i, size_t count, __u64 value)
{
	return (!i || value > ends[i - 1].ns) && (i == count - 1 || value <= ends[i].ns);
}

static void write_exemplar(FILE *out, const struct exemplar *exemplar)
{
	fputs(" # {", out);
	if (exemplar->label.name)
		write_label(out, "", &exemplar->label);
	fputs("} ", out);
	write_seconds(out, exemplar->value);
	putc(' ', out);
	write_seconds(out, exemplar->time);
}

static void write_histogram(struct exposition *exposition, const struct label *labels,
			    size_t count, const struct histogram *histogram,
			    const struct exemplar *exemplar)
{
	struct end ends[ENDS];
	size_t used = count_ends(histogram, ends);
	FILE *out = exposition->out;
	char le[32];

	for (size_t i = 0; i < used; i++) {
		if (i == used - 1)
			strcpy(le, "+Inf");
		else
			snprintf(le, sizeof(le), "%.11g", ends[i].ns / 1e9);
		write_head(exposition, "_bucket", labels, count, le);
		fprintf(out, "%" PRIu64, (uint64_t)ends[i].seen);
		if (exemplar && exposition->format == EXPOSITION_OPENMETRICS &&
		    in_bucket(ends, i, used, exemplar->value))
			write_exemplar(out, exemplar);
		putc('\n', out);
	}
	write_head(exposition, "_count", labels, count, NULL);
	fprintf(out, "%" PRIu64 "\n", (uint64_t)ends[used - 1].seen);
	write_head(exposition, "_sum", labels, count, NULL);
	write_seconds(out, histogram->sum);
	putc('\n', out);
}

struct spans {
	struct native_histogram native;
	Io__Prometheus__Client__BucketSpan spans[NATIVE_BUCKETS];
	Io__Prometheus__Client__BucketSpan *list[NATIVE_BUCKETS];
	int64_t deltas[NATIVE_BUCKETS];
};

/* Consecutive buckets that are in use are a span. */
static void fill_spans(Io__Prometheus__Client__Histogram *to, struct spans *spans)
{
	const struct native_histogram *native = &spans->native;
	int next = 0;
	__u64 last = 0;

	for (size_t i = 0; i < native->used; i++) {
		Io__Prometheus__Client__BucketSpan *span;
		int index = native->first + (int)i;

		if (!native->counts[i])
			continue;
		if (!to->n_positive_span || index != next) {
			span = &spans->spans[to->n_positive_span];
			io__prometheus__client__bucket_span__init(span);
			span->has_offset = span->has_length = 1;
			/* The first is where it begins; of the others, how far from the last. */
			span->offset = index - next;
			spans->list[to->n_positive_span++] = span;
		}
		spans->list[to->n_positive_span - 1]->length++;
		spans->deltas[to->n_positive_delta++] = (int64_t)(native->counts[i] - last);
		last = native->counts[i];
		next = index + 1;
	}
	to->positive_span = spans->list;
	to->positive_delta = spans->deltas;
	to->has_schema = to->has_zero_threshold = to->has_zero_count = 1;
	to->schema = NATIVE_SCHEMA;
	to->zero_threshold = NATIVE_ZERO;
	to->zero_count = native->zero;
}

static void put_histogram(struct exposition *exposition, const struct label *labels, size_t count,
			  const struct histogram *histogram, const struct exemplar *exemplar)
{
	Io__Prometheus__Client__Metric metric = IO__PROMETHEUS__CLIENT__METRIC__INIT;
	Io__Prometheus__Client__Histogram to = IO__PROMETHEUS__CLIENT__HISTOGRAM__INIT;
	Io__Prometheus__Client__Exemplar one = IO__PROMETHEUS__CLIENT__EXEMPLAR__INIT, *all = &one;
	Io__Prometheus__Client__Timestamp time = IO__PROMETHEUS__CLIENT__TIMESTAMP__INIT;
	Io__Prometheus__Client__Bucket buckets[ENDS], *list[ENDS];
	struct spans *spans;
	struct pairs pairs;
	struct end ends[ENDS];

	to.has_sample_count = to.has_sample_sum = 1;
	to.sample_sum = histogram->sum / 1e9;
	to.n_bucket = count_ends(histogram, ends);
	to.sample_count = ends[to.n_bucket - 1].seen;
	to.bucket = list;
	if (exemplar) {
		one.n_label = exemplar->label.name ? 1 : 0;
		fill_pairs(&pairs, &exemplar->label, one.n_label);
		one.label = pairs.list;
		one.has_value = time.has_seconds = time.has_nanos = 1;
		one.value = exemplar->value / 1e9;
		time.seconds = (int64_t)(exemplar->time / 1000000000);
		time.nanos = (int32_t)(exemplar->time % 1000000000);
		one.timestamp = &time;
		to.n_exemplars = 1;
		to.exemplars = &all;
	}
	for (size_t i = 0; i < to.n_bucket; i++) {
		io__prometheus__client__bucket__init(&buckets[i]);
		buckets[i].has_cumulative_count = buckets[i].has_upper_bound = 1;
		buckets[i].cumulative_count = ends[i].seen;
		buckets[i].upper_bound = i == to.n_bucket - 1 ? (double)INFINITY : ends[i].ns / 1e9;
		if (exemplar && in_bucket(ends, i, to.n_bucket, exemplar->value))
			buckets[i].exemplar = &one;
		list[i] = &buckets[i];
	}
	spans = histogram->unplaced ? NULL : calloc(1, sizeof(*spans));
	if (spans) {
		native_convert(&spans->native, histogram);
		fill_spans(&to, spans);
	}
	metric.histogram = &to;
	put_metric(exposition, &metric, labels, count);
	free(spans);
}

void exposition_histogram(struct exposition *exposition, const struct label *labels, size_t count,
			  const struct histogram *histogram, const struct exemplar *exemplar)
{
	if (exposition->format == EXPOSITION_PROTOBUF)
		put_histogram(exposition, labels, count, histogram, exemplar);
	else
		write_histogram(exposition, labels, count, histogram, exemplar);
}

void exposition_losses(struct exposition *exposition, const struct imstrace_totals *totals)
{
	const struct {
		const char *name;
		__u64 count;
	} all[] = {
		{ "vectors", totals->lost_vectors },
		{ "lifecycle", totals->lost_lifecycle },
		{ "interrupts", totals->lost_interrupts },
		{ "runs", totals->lost_runs },
		{ "values", totals->lost_values },
	};

	exposition_family(exposition, "lost_records", METRIC_COUNTER, NULL,
			  "What was lost before it could be charged to a vector.");
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		const struct label label = { "what", all[i].name };

		exposition_number(exposition, &label, 1, all[i].count);
	}
}

void exposition_end(struct exposition *exposition)
{
	end_family(exposition);
	if (exposition->format == EXPOSITION_OPENMETRICS)
		fputs("# EOF\n", exposition->out);
}
