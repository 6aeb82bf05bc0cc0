// SPDX-License-Identifier: GPL-2.0-only
/*
 * What Prometheus is given: which format, and its content. Protobuf is decoded by the published
 * numbers of fields, as the test has them, and what a scraper would make of the buckets is held
 * against the values themselves.
 */
#include "fake.h"

#include "../../user/measure/native.h"
#include "../../user/sink/exposition.h"

#include <math.h>

#define GOOGLE	"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"

static void the_format_is_what_the_scraper_asks_for(void **state)
{
	static const struct {
		const char *accept;
		enum exposition_format format;
	} cases[] = {
		{ NULL, EXPOSITION_TEXT },
		{ "", EXPOSITION_TEXT },
		{ "*/*", EXPOSITION_TEXT },
		{ "text/html, */*;q=0.8", EXPOSITION_TEXT },
		/* Prometheus 2.42 without and with native histograms. */
		{ "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
		  "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", EXPOSITION_OPENMETRICS },
		{ GOOGLE ",application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;"
		  "version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", EXPOSITION_PROTOBUF },
		{ "text/plain;version=0.0.4", EXPOSITION_TEXT },
		{ "text/plain;q=0.4, application/openmetrics-text;q=0.6", EXPOSITION_OPENMETRICS },
		{ "text/plain;q=0.6, application/openmetrics-text;q=0.4", EXPOSITION_TEXT },
		{ "application/openmetrics-text;q=0", EXPOSITION_TEXT },
		/* Protobuf as text, or of another message, is not what we write. */
		{ "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text",
		  EXPOSITION_TEXT },
		{ "application/vnd.google.protobuf", EXPOSITION_TEXT },
		{ "application/vnd.google.protobuf;proto=a.b;encoding=delimited", EXPOSITION_TEXT },
		{ "  APPLICATION/OpenMetrics-Text ; version=1.0.0 ; q=1 ", EXPOSITION_OPENMETRICS },
		/* No sense. */
		{ ",,,;;;q=,=", EXPOSITION_TEXT },
		{ "application/openmetrics-text;q=1;q=0;;", EXPOSITION_OPENMETRICS },
		{ "application/openmetrics-text;q=nan", EXPOSITION_TEXT },
		{ "application/openmetrics-text;q=-1", EXPOSITION_TEXT },
		{ "application/openmetrics-text;q=", EXPOSITION_TEXT },
		{ ";q=1", EXPOSITION_TEXT },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (exposition_negotiate(cases[i].accept) != cases[i].format)
			fail_msg("%s: %d", cases[i].accept, exposition_negotiate(cases[i].accept));
}

/* Anything may be in a header: pieces of real ones, in any order, cut anywhere. */
static void no_header_does_harm(void **state)
{
	static const char pieces[] = GOOGLE ",application/openmetrics-text;version=1.0.0;q=0.8, ;=q";
	__u64 seed = 7;

	(void)state;
	for (unsigned int i = 0; i < 100000; i++) {
		size_t length = random_next(&seed) % 120;
		char *accept = malloc(length + 1);

		for (size_t j = 0; j < length; j++) {
			size_t at = random_next(&seed) % (sizeof(pieces) - 1);

			for (; j < length && random_next(&seed) % 16; j++, at++)
				accept[j] = pieces[at % (sizeof(pieces) - 1)];
			if (j < length)
				accept[j] = random_next(&seed) % 255 + 1;
		}
		accept[length] = '\0';
		assert_true(exposition_negotiate(accept) < EXPOSITION_COUNT);
		free(accept);
	}
}

/* The native bucket of an index ends here, and begins where the one before ends. */
static double native_end(int index)
{
	return exp2((double)index / (1 << NATIVE_SCHEMA));
}

/* Value by value: no further outside of its native bucket than half a bucket of ours is wide. */
static void a_value_is_in_its_native_bucket_or_just_beside_it(void **state)
{
	const double error = 1.0 / (1 << (HISTOGRAM_BITS + 1));
	__u64 seed = 1;

	(void)state;
	for (unsigned int i = 0; i < 20000; i++) {
		__u64 value = random_magnitude(&seed, HISTOGRAM_VALUE_BITS);
		struct histogram histogram = { 0 };
		struct native_histogram native;
		size_t at = 0;

		histogram_fill(&histogram, value);
		native_convert(&native, &histogram);
		if (!value) {
			assert_int_equal(native.zero, 1);
			assert_int_equal(native.used, 0);
			continue;
		}
		assert_int_equal(native.zero, 0);
		assert_true(native.used > 0 && native.used <= NATIVE_BUCKETS);
		while (!native.counts[at])
			at++;
		assert_int_equal(native.counts[at], 1);
		assert_int_equal(at, native.used - 1);
		assert_true(value / 1e9 <= native_end(native.first + (int)at) * (1 + error));
		assert_true(value / 1e9 > native_end(native.first + (int)at - 1) * (1 - error));
	}
}

static void every_bucket_of_ours_has_a_native_one(void **state)
{
	struct native_histogram native;
	struct histogram histogram;
	__u64 sum = 0;

	(void)state;
	memset(&histogram, 0, sizeof(histogram));
	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		histogram.buckets[i] = i + 1;
	native_convert(&native, &histogram);
	for (size_t i = 0; i < NATIVE_BUCKETS; i++)
		sum += native.counts[i];
	assert_int_equal(native.zero + sum, histogram_count(&histogram));
}

/* As Prometheus 2.42 computes it: linear within the bucket. */
static double native_quantile(const struct native_histogram *native, __u64 count, double q)
{
	double rank = q * count, seen = native->zero;

	for (size_t i = 0; i < native->used; i++) {
		double low = native_end(native->first + (int)i - 1);
		double high = native_end(native->first + (int)i);

		if (seen + native->counts[i] >= rank && native->counts[i])
			return low + (high - low) * (rank - seen) / native->counts[i];
		seen += native->counts[i];
	}
	return NAN;
}

static void quantiles_agree_within_a_bucket(void **state)
{
	const double width = native_end(1) * (1 + 1.0 / (1 << HISTOGRAM_BITS));
	__u64 seed = 3;

	(void)state;
	for (unsigned int round = 0; round < 50; round++) {
		struct histogram histogram = { 0 };
		struct native_histogram native;

		for (unsigned int i = 0; i < 2000; i++)
			histogram_fill(&histogram, 1000 + random_magnitude(&seed, 22));
		native_convert(&native, &histogram);
		for (unsigned int percent = 1; percent < 100; percent++) {
			double ours = histogram_percentile(&histogram, 2000, percent) / 1e9;
			double theirs = native_quantile(&native, 2000, percent / 100.0);

			if (theirs > ours * width || theirs < ours / width)
				fail_msg("P%u: %g, and %g natively", percent, ours, theirs);
		}
	}
}

/* A reader of protobuf of our own: what is at @at, which moves on. */
struct wire {
	const unsigned char *at, *end;
};

static __u64 varint(struct wire *wire)
{
	__u64 value = 0;

	for (unsigned int shift = 0; shift < 64; shift += 7) {
		assert_true(wire->at < wire->end);
		value |= (__u64)(*wire->at & 0x7f) << shift;
		if (!(*wire->at++ & 0x80))
			return value;
	}
	fail_msg("a varint without an end");
	return 0;
}

static long long zigzag(__u64 value)
{
	return (long long)(value >> 1) ^ -(long long)(value & 1);
}

struct field {
	unsigned int number;
	__u64 number_value;
	double double_value;
	struct wire message;
};

static bool next_field(struct wire *wire, struct field *field)
{
	__u64 tag;

	if (wire->at == wire->end)
		return false;
	tag = varint(wire);
	*field = (struct field) { .number = tag >> 3 };
	switch (tag & 7) {
	case 0:
		field->number_value = varint(wire);
		break;
	case 1:
		assert_true(wire->end - wire->at >= 8);
		memcpy(&field->double_value, wire->at, 8);
		wire->at += 8;
		break;
	case 2:
		tag = varint(wire);
		assert_true(tag <= (__u64)(wire->end - wire->at));
		field->message = (struct wire) { wire->at, wire->at + tag };
		wire->at += tag;
		break;
	default:
		fail_msg("wire type %llu", (unsigned long long)(tag & 7));
	}
	return true;
}

/* What a scraper reads: classic and native buckets of the one metric of the one family. */
struct decoded {
	char name[64];
	__u64 type, count, zero, last_classic;
	double sum, zero_threshold;
	long long schema, delta, absolute[NATIVE_BUCKETS], index[NATIVE_BUCKETS];
	size_t deltas, spans, covered, classic, exemplars;
};

static void decode_histogram(struct wire wire, struct decoded *to)
{
	struct field field, part;

	while (next_field(&wire, &field)) {
		switch (field.number) {
		case 1:
			to->count = field.number_value;
			break;
		case 2:
			to->sum = field.double_value;
			break;
		case 3:
			to->classic++;
			while (next_field(&field.message, &part)) {
				if (part.number == 1)
					to->last_classic = part.number_value;
				to->exemplars += part.number == 3;
			}
			break;
		case 5:
			to->schema = zigzag(field.number_value);
			break;
		case 6:
			to->zero_threshold = field.double_value;
			break;
		case 7:
			to->zero = field.number_value;
			break;
		case 12: {
			long long offset = 0;
			__u64 length = 0;

			while (next_field(&field.message, &part)) {
				if (part.number == 1)
					offset = zigzag(part.number_value);
				else
					length = part.number_value;
			}
			/* Only the first may go back, and no span is empty. */
			assert_true(!to->spans || offset > 0);
			assert_true(length > 0);
			offset += to->spans++ ? to->index[to->covered - 1] + 1 : 0;
			for (__u64 i = 0; i < length; i++)
				to->index[to->covered++] = offset + i;
			break;
		}
		case 13:
			to->delta += zigzag(field.number_value);
			to->absolute[to->deltas++] = to->delta;
			break;
		case 16:
			break;
		default:
			fail_msg("field %u of a histogram", field.number);
		}
	}
}

static void decode(const char *bytes, size_t size, struct decoded *to)
{
	struct wire all = { (const unsigned char *)bytes, (const unsigned char *)bytes + size };
	__u64 length = varint(&all);
	struct field field, part;

	memset(to, 0, sizeof(*to));
	/* One message, and nothing behind it. */
	assert_int_equal(length, all.end - all.at);
	while (next_field(&all, &field)) {
		if (field.number == 1)
			memcpy(to->name, field.message.at, field.message.end - field.message.at);
		if (field.number == 3)
			to->type = field.number_value;
		while (field.number == 4 && next_field(&field.message, &part))
			if (part.number == 7)
				decode_histogram(part.message, to);
	}
}

static char *write_one(enum exposition_format format, const struct histogram *histogram,
		       const struct exemplar *exemplar, size_t *size)
{
	const struct label labels[] = { { "stage", "irqfd" }, { "vm", "a\"b\\c" } };
	struct exposition exposition = { .format = format };
	struct output output;
	char *text;

	exposition.out = output_open(&output);
	exposition_family(&exposition, "stage", METRIC_HISTOGRAM, "seconds", "Help.");
	exposition_histogram(&exposition, labels, 2, histogram, exemplar);
	exposition_family(&exposition, "empty", METRIC_COUNTER, NULL, "Of nothing.");
	exposition_end(&exposition);
	text = output_close(&output);
	*size = output.size;
	return text;
}

static void protobuf_has_native_histograms(void **state)
{
	const struct exemplar exemplar = { .value = 5000, .time = 1700000000123456789,
					   .label = { "vector", "3" } };
	struct histogram histogram = { 0 };
	struct native_histogram native;
	struct decoded decoded;
	__u64 seed = 5;
	size_t size;
	char *bytes;

	(void)state;
	histogram_fill(&histogram, 0);
	for (unsigned int i = 0; i < 3000; i++)
		histogram_fill(&histogram, random_magnitude(&seed, 30));
	native_convert(&native, &histogram);
	bytes = write_one(EXPOSITION_PROTOBUF, &histogram, &exemplar, &size);
	decode(bytes, size, &decoded);
	assert_string_equal(decoded.name, "imstrace_stage_seconds");
	assert_int_equal(decoded.type, 4);
	assert_int_equal(decoded.count, 3001);
	assert_int_equal(decoded.last_classic, 3001);
	assert_true(fabs(decoded.sum - histogram.sum / 1e9) < 1e-9);
	assert_int_equal(decoded.schema, NATIVE_SCHEMA);
	assert_true(decoded.zero_threshold == NATIVE_ZERO);
	assert_int_equal(decoded.zero, native.zero);
	assert_int_equal(decoded.deltas, decoded.covered);
	assert_int_equal(decoded.exemplars, 1);
	for (size_t i = 0; i < decoded.deltas; i++) {
		assert_int_equal(decoded.absolute[i], native.counts[decoded.index[i] - native.first]);
		decoded.count -= decoded.absolute[i];
	}
	assert_int_equal(decoded.count, decoded.zero);
	free(bytes);
}

/* What is in no bucket may be anywhere: no native histogram, and no classic bucket but the last. */
static void what_is_unplaced_is_in_no_bucket(void **state)
{
	struct histogram histogram = { 0 };
	struct decoded decoded;
	size_t size;
	char *bytes;

	(void)state;
	histogram_fill(&histogram, 1000);
	histogram.unplaced = 2;
	bytes = write_one(EXPOSITION_PROTOBUF, &histogram, NULL, &size);
	decode(bytes, size, &decoded);
	assert_int_equal(decoded.count, 3);
	assert_int_equal(decoded.classic, 1);
	assert_int_equal(decoded.deltas, 0);
	assert_true(decoded.zero_threshold == 0);
	free(bytes);
}

static void text_is_of_its_kind(void **state)
{
	const struct exemplar exemplar = { .value = 1000, .time = 1700000000123456789,
					   .label = { "vector", "3" } };
	struct histogram histogram = { 0 };
	char *text;
	size_t size;

	(void)state;
	histogram_fill(&histogram, 1000);
	text = write_one(EXPOSITION_TEXT, &histogram, &exemplar, &size);
	assert_non_null(strstr(text, "# TYPE imstrace_stage_seconds histogram\n"));
	assert_non_null(strstr(text, "# TYPE imstrace_empty_total counter\n"));
	assert_non_null(strstr(text, "imstrace_stage_seconds_bucket{stage=\"irqfd\",vm=\"a\\\"b\\\\c\","
			       "le=\"1.023e-06\"} 1\n"));
	assert_null(strstr(text, "UNIT"));
	assert_null(strstr(text, "EOF"));
	assert_null(strstr(text, " # "));
	free(text);

	text = write_one(EXPOSITION_OPENMETRICS, &histogram, &exemplar, &size);
	assert_non_null(strstr(text, "# UNIT imstrace_stage_seconds seconds\n"));
	assert_non_null(strstr(text, "# TYPE imstrace_empty counter\n"));
	assert_non_null(strstr(text, "le=\"1.023e-06\"} 1 # {vector=\"3\"} 0.000001000 "
			       "1700000000.123456789\n"));
	/* One value, one bucket: no other one has the exemplar. */
	assert_null(strstr(strstr(text, " # {") + 1, " # {"));
	assert_string_equal(text + size - 6, "# EOF\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_format_is_what_the_scraper_asks_for),
		cmocka_unit_test(no_header_does_harm),
		cmocka_unit_test(a_value_is_in_its_native_bucket_or_just_beside_it),
		cmocka_unit_test(every_bucket_of_ours_has_a_native_one),
		cmocka_unit_test(quantiles_agree_within_a_bucket),
		cmocka_unit_test(protobuf_has_native_histograms),
		cmocka_unit_test(what_is_unplaced_is_in_no_bucket),
		cmocka_unit_test(text_is_of_its_kind),
	};

	return cmocka_run_group_tests_name("exposition", tests, NULL, NULL);
}
