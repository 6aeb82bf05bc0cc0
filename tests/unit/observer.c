// SPDX-License-Identifier: GPL-2.0-only
/*
 * A session and an exporter that follow the same steps count the same findings.
 */
#include "fake.h"

#include "../../user/serve/exporter.h"
#include "../../user/session.h"

#define OWNER	178
#define OTHER	200
#define WORKER	999

static struct fake_source *fake;
static unsigned int found, ignored;

/* Slots that are allocated twice: a finding each, in the context of a process of their own. */
static void feed(__u32 id, __u32 pid)
{
	struct imstrace_lifecycle step = {
		.step = STEP_SLOT_ALLOC, .id = id, .vector = id, .irq = IMSTRACE_NONE,
		.slot = id, .pasid = IMSTRACE_NONE, .eventfd_id = IMSTRACE_NONE, .pid = pid,
	};

	memcpy(step.device, fake->vectors[id].device, sizeof(step.device));
	for (unsigned int i = 0; i < 2; i++) {
		step.time = 2000 + i;
		fake->source.handlers.lifecycle(fake->source.handlers.context, &step);
	}
}

static __u64 now(const struct source *source)
{
	(void)source;
	return 1000;
}

static int poll_all(struct source *source, __u64 until)
{
	(void)until;
	/* Its owner's, though it happens in a kernel thread; another's; and nobody's. */
	feed(0, WORKER);
	feed(1, OWNER);
	feed(2, OWNER);
	source->ended = true;
	return 0;
}

static void stop(struct source *source)
{
	(void)source;
}

static void ignore(struct source *source, __u32 id)
{
	(void)source;
	ignored |= 1U << id;
}

static void begin(void)
{
	static const char device[] = "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001";

	fake = fake_source_new();
	fake->source.now = now;
	fake->source.poll = poll_all;
	fake->source.stop = stop;
	fake->source.ignore = ignore;
	fake->source.close = stop;
	for (__u32 i = 0; i < 3; i++)
		fake_vector(fake, device, i);
	fake->vectors[1].pid = OTHER;
	fake->vectors[2].pid = 0;
	strcpy(fake->vectors[1].vmm, "qemu");
	strcpy(fake->vectors[1].guest, "db1");
	found = ignored = 0;
}

static void on_finding(struct sink *sink, const struct lint_finding *finding)
{
	(void)sink;
	found += finding->rule == LINT_DOUBLE_ALLOC;
}

static unsigned int session_findings(const struct vector_filter *filter)
{
	static const struct sink_ops ops = { .finding = on_finding };
	struct sink sink = { .ops = &ops };
	const struct session_options options = {
		.filter = *filter, .sinks = SINKS(&sink), .lint = true, .lint_only = true,
	};

	begin();
	session_run(&fake->source, &options);
	free(fake);
	return found;
}

static unsigned int exporter_findings(const struct vector_filter *filter)
{
	static const char name[] = "imstrace_lint_findings_total{rule=\"double_alloc\"} ";
	const struct series_options options = { .filter = filter, .most = 10 };
	struct exporter *exporter;
	const char *line;
	char *text;
	size_t size;

	begin();
	exporter = exporter_new(&fake->source, &options);
	assert_non_null(exporter);
	assert_int_equal(exporter_poll(exporter, 0), 0);
	text = exporter_write(exporter, EXPOSITION_OPENMETRICS, &size);
	assert_non_null(text);
	line = strstr(text, name);
	assert_non_null(line);
	found = strtoul(line + strlen(name), NULL, 10);
	free(text);
	exporter_free(exporter);
	free(fake);
	return found;
}

static void findings_are_the_owners(void **state)
{
	const struct vector_filter filters[] = {
		{ .pid = OWNER }, { .pid = OTHER }, { .pid = WORKER }, { .device = "83b8*" },
		{ .device = "none" }, { .vectors = "1-2" }, { .source = "ims" }, { .source = "vfio-pci" },
		{ .guest = "db*" }, { .guest = "web*" },
	};
	const unsigned int counts[] = { 2, 1, 0, 3, 0, 2, 3, 0, 1, 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(filters) / sizeof(*filters); i++) {
		assert_int_equal(session_findings(&filters[i]), counts[i]);
		assert_int_equal(exporter_findings(&filters[i]), counts[i]);
	}
}

/* What nobody asks for is not counted by the programs either, whoever follows the source. */
static void unwanted_vectors_are_ignored(void **state)
{
	const struct vector_filter named = { .vectors = "1" }, owned = { .pid = OWNER };
	const struct vector_filter of_guest = { .guest = "web*" };

	(void)state;
	session_findings(&named);
	assert_int_equal(ignored, 1 << 0 | 1 << 2);
	exporter_findings(&named);
	assert_int_equal(ignored, 1 << 0 | 1 << 2);
	/* Its VMM changes with the next binding. */
	session_findings(&owned);
	assert_int_equal(ignored, 0);
	exporter_findings(&owned);
	assert_int_equal(ignored, 0);
	session_findings(&of_guest);
	assert_int_equal(ignored, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(findings_are_the_owners),
		cmocka_unit_test(unwanted_vectors_are_ignored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
