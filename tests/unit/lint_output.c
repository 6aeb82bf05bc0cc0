// SPDX-License-Identifier: GPL-2.0-only
/*
 * What either sink makes of findings and of a verdict.
 */
#include "fake.h"

#include "../../user/sink/sink.h"

#include <jansson.h>

#define DEVICE	"83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
#define SECOND	1000000000ULL

static const struct lint_finding finding = {
	.rule = LINT_PASID_CHANGED, .time = 3 * SECOND + 4005, .id = 1, .device = DEVICE,
	.vector = 5, .irq = 30, .slot = 2, .pasid = 0x100, .eventfd_id = 7, .pid = 178,
};

/* Of what is not known, and from outside. */
static const struct lint_finding hostile = {
	.rule = LINT_EVENTFD_LEAKED, .time = 4 * SECOND, .id = IMSTRACE_NONE,
	.device = "\033[2J\"\xff", .vector = 0, .irq = IMSTRACE_NONE, .slot = IMSTRACE_NONE,
	.pasid = IMSTRACE_NONE, .eventfd_id = IMSTRACE_NONE,
};

static char *tell(const struct sink_ops *ops, const struct lint_finding *finding)
{
	struct sink sink = { .ops = ops };
	struct output output;

	assert_true(sink_open(&sink));
	ops->finding(sink_into(&sink, &output), finding);
	sink_close(&sink);
	return output_close(&output);
}

static char *judge(const struct sink_ops *ops, const struct lint_verdict *verdict, int exit_code)
{
	struct sink sink = { .ops = ops };
	struct output output;

	assert_true(sink_open(&sink));
	ops->verdict(sink_into(&sink, &output), verdict, exit_code);
	sink_close(&sink);
	return output_close(&output);
}

static void assert_text(char *text, const char *expected)
{
	if (strcmp(text, expected)) {
		fprintf(stderr, "--- expected\n%s--- is\n%s---\n", expected, text);
		fail();
	}
	free(text);
}

/* One line; @expected is JSON with ' for ". */
static void assert_json(char *line, const char *expected)
{
	char *quoted = strdup(expected);
	json_t *object, *wanted;

	for (char *c = quoted; *c; c++)
		if (*c == '\'')
			*c = '"';
	assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
	object = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	wanted = json_loads(quoted, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(object);
	assert_non_null(wanted);
	if (!json_equal(object, wanted))
		fail_msg("%s, not %s", line, quoted);
	json_decref(object);
	json_decref(wanted);
	free(quoted);
	free(line);
}

static void text_findings(void **state)
{
	(void)state;
	assert_text(tell(&text_sink, &finding),
		"00:00:03.000004     5    30     2    0x100  pasid_changed      " DEVICE
		"  !!! its slot got another PASID while its irq was requested\n");
	assert_text(tell(&text_sink, &hostile),
		"00:00:04.000000     0     -     -        -  eventfd_leaked     ?[2J\"?"
		"  !!! its eventfd was still bound when the device's index was disabled\n");
}

static void json_findings(void **state)
{
	(void)state;
	assert_json(tell(&json_sink, &finding),
		"{'type': 'finding', 'time': 3000004005, 'finding': 'pasid_changed',"
		"'device': '" DEVICE "', 'vector': 5, 'irq': 30, 'slot': 2, 'pasid': 256,"
		"'eventfd_id': 7, 'pid': 178}");
	assert_json(tell(&json_sink, &hostile),
		"{'type': 'finding', 'time': 4000000000, 'finding': 'eventfd_leaked',"
		"'device': '?[2J\\'?', 'vector': 0, 'irq': null, 'slot': null, 'pasid': null,"
		"'eventfd_id': null, 'pid': null}");
}

static void text_verdicts(void **state)
{
	const struct lint_tally tallies[] = {
		{ .first = hostile, .count = 1 }, { .first = finding, .count = 12 },
	};
	struct lint_verdict verdict = { .result = LINT_CLEAN, .steps = 42 };

	(void)state;
	assert_text(judge(&text_sink, &verdict, 0), "\nLint: clean, 0 findings in 42 steps\n");
	verdict = (struct lint_verdict) { .result = LINT_FOUND, .steps = 42, .count = 1,
					  .tallies = tallies };
	assert_text(judge(&text_sink, &verdict, 4),
		"\nLint: found, 1 finding in 42 steps\n"
		"   COUNT   VEC  FINDING                      DEVICE\n"
		"       1     0  eventfd_leaked               ?[2J\"?\n"
		"                its eventfd was still bound when the device's index was disabled. "
		"Call eventfd_ctx_put() on the unbind path, also when the client just dies.\n");
	/* By what it is, not by when it was. */
	verdict.count = 2;
	assert_text(judge(&text_sink, &verdict, 4),
		"\nLint: found, 13 findings in 42 steps\n"
		"   COUNT   VEC  FINDING                      DEVICE\n"
		"      12     5  pasid_changed                " DEVICE "\n"
		"                its slot got another PASID while its irq was requested. "
		"Free the irq and the slot, and allocate anew with the other PASID.\n"
		"       1     0  eventfd_leaked               ?[2J\"?\n"
		"                its eventfd was still bound when the device's index was disabled. "
		"Call eventfd_ctx_put() on the unbind path, also when the client just dies.\n");
	verdict = (struct lint_verdict) { .result = LINT_INCONCLUSIVE, .steps = 42,
					  .lost_lifecycle = 3, .lost_vectors = 2 };
	assert_text(judge(&text_sink, &verdict, 5),
		"\nLint: inconclusive, 0 findings in 42 steps\n"
		"!!! LOST: 3 lifecycle steps: vectors are not judged for that time\n"
		"!!! LOST: 2 vectors: their interrupts are not judged\n");
	verdict = (struct lint_verdict) { .result = LINT_INCONCLUSIVE };
	assert_text(judge(&text_sink, &verdict, 5),
		"\nLint: inconclusive, 0 findings in 0 steps\n"
		"No matching vector was set up or torn down, so there was nothing to judge.\n");
}

static void json_verdicts(void **state)
{
	const struct lint_tally tally = { .first = finding, .count = 12 };
	struct lint_verdict verdict = { .time = 9, .result = LINT_FOUND, .steps = 42, .count = 1,
					.tallies = &tally, .lost_lifecycle = 3, .lost_vectors = 2 };

	(void)state;
	assert_json(judge(&json_sink, &verdict, 4),
		"{'type': 'lint', 'time': 9, 'verdict': 'found', 'exit_code': 4, 'steps': 42,"
		"'lost': {'vectors': 2, 'lifecycle': 3}, 'findings': ["
		"{'finding': 'pasid_changed', 'device': '" DEVICE "', 'vector': 5, 'irq': 30,"
		"'slot': 2, 'pasid': 256, 'eventfd_id': 7, 'pid': 178, 'first': 3000004005,"
		"'count': 12, 'what': 'its slot got another PASID while its irq was requested',"
		"'remedy': 'Free the irq and the slot, and allocate anew with the other PASID'}]}");
	verdict = (struct lint_verdict) { .time = 9, .result = LINT_CLEAN, .steps = 42 };
	assert_json(judge(&json_sink, &verdict, 0),
		"{'type': 'lint', 'time': 9, 'verdict': 'clean', 'exit_code': 0, 'steps': 42,"
		"'lost': {'vectors': 0, 'lifecycle': 0}, 'findings': []}");
	verdict = (struct lint_verdict) { .time = 9, .result = LINT_INCONCLUSIVE };
	assert_json(judge(&json_sink, &verdict, 5),
		"{'type': 'lint', 'time': 9, 'verdict': 'inconclusive', 'exit_code': 5, 'steps': 0,"
		"'lost': {'vectors': 0, 'lifecycle': 0}, 'findings': []}");
}

static void the_start_of_a_watch(void **state)
{
	struct fake_source *fake = fake_source_new();
	struct sink sink = { .ops = &text_sink };
	struct output output;

	(void)state;
	for (unsigned int hop = HOP_ACCEPT; hop < HOP_COUNT; hop++)
		*fake->source.hops[hop].attached = '\0';
	assert_true(sink_open(&sink));
	text_sink.watch(sink_into(&sink, &output), &fake->source);
	sink_close(&sink);
	assert_text(output_close(&output),
		"Following irq, signal and the lives of vectors. Ctrl-C ends it with a verdict.\n"
		"\n"
		"TIME              VEC   IRQ  SLOT    PASID  STEP               DEVICE AND "
		"DETAIL\n");
	assert_ptr_equal(json_sink.watch, json_sink.start);
	free(fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_findings),
		cmocka_unit_test(json_findings),
		cmocka_unit_test(text_verdicts),
		cmocka_unit_test(json_verdicts),
		cmocka_unit_test(the_start_of_a_watch),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests_name("lint_output", tests, NULL, NULL);
}
