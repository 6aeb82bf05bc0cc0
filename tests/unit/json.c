// SPDX-License-Identifier: GPL-2.0-only
/*
 * What --json writes, read back. With IMSTRACE_JSON_SAMPLES=FILE all lines are
 * also appended to FILE, for tests/check-schema. Runs at the top of the checkout.
 */
#include "fake_check.h"

#include "../../user/errors.h"
#include "../../user/model/lifecycle.h"
#include "../../user/measure/measurement.h"
#include "../../user/sink/sink.h"
#include "../../user/version.h"

#include <errno.h>
#include <jansson.h>

#define TEXT(number)	TEXT_OF(number)
#define TEXT_OF(number)	#number
#define SCHEMA		"docs/schema/imstrace-" TEXT(IMSTRACE_SCHEMA) ".json"

#define UUID_A	"83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
#define UUID_B	"83b8f4f2-509f-382f-3c1e-e6bfe0fa1002"

static const struct vector_filter no_filter;

static void keep_sample(const char *line)
{
	const char *path = getenv("IMSTRACE_JSON_SAMPLES");
	FILE *samples = path ? fopen(path, "a") : NULL;

	if (!samples)
		return;
	fputs(line, samples);
	fclose(samples);
}

/* One line, of one object. */
static json_t *parse(char *line)
{
	json_error_t error;
	json_t *object;

	for (const char *c = line; *c && *c != '\n'; c++)
		assert_in_range(*c, ' ', '~');
	assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
	object = json_loads(line, JSON_REJECT_DUPLICATES, &error);
	if (!object)
		fail_msg("%s in %s", error.text, line);
	assert_true(json_is_object(object));
	keep_sample(line);
	free(line);
	return object;
}

static void assert_key(const char *key, const json_t *is, const json_t *expected)
{
	char *text, *expected_text;

	if (is && expected && json_equal(is, expected))
		return;
	text = is ? json_dumps(is, JSON_ENCODE_ANY) : NULL;
	expected_text = expected ? json_dumps(expected, JSON_ENCODE_ANY) : NULL;
	fail_msg("\"%s\" is %s, not %s", key, text ? text : "missing",
		 expected_text ? expected_text : "expected");
}

/* @text is JSON with ' for ". Frees @object. */
static void assert_object(json_t *object, const char *text)
{
	char *quoted = strdup(text);
	const char *key;
	json_t *expected, *value;
	json_error_t error;

	assert_non_null(quoted);
	for (char *c = quoted; *c; c++)
		if (*c == '\'')
			*c = '"';
	expected = json_loads(quoted, JSON_REJECT_DUPLICATES, &error);
	if (!expected)
		fail_msg("%s in the test's own %s", error.text, text);
	json_object_foreach(expected, key, value)
		assert_key(key, json_object_get(object, key), value);
	json_object_foreach(object, key, value)
		assert_key(key, value, json_object_get(expected, key));
	json_decref(expected);
	json_decref(object);
	free(quoted);
}

#define ENDS(coalesced, not_accepted, lost)							\
	"'ends': {'coalesced': " coalesced ", 'hardware': 0, 'nmi': 0, 'signalled': 0, 'user': 0,"	\
	" 'workqueue': 0, 'work_merged': 0, 'merged': 0, 'no_signal': 0, 'no_route': 0, 'not_accepted': " not_accepted ","	\
	" 'refused': 0, 'dropped': 0, 'no_eoi': 0, 'lost': " lost ", 'line_up': 0}, 'deferred': 0, 'detours': 0, 'late_eois': 0, 'other_cpu': null, 'other_node': null, 'copies': 0, 'still_up': 0, "

static struct sink sink = { .ops = &json_sink };

static json_t *start(struct fake_source *fake)
{
	struct output output;

	json_sink.start(sink_into(&sink, &output), &fake->source);
	return parse(output_close(&output));
}

static json_t *lifecycle(const struct imstrace_lifecycle *step)
{
	struct output output;

	json_sink.lifecycle(sink_into(&sink, &output), step);
	return parse(output_close(&output));
}

static json_t *interrupt(const struct imstrace_vector *vector,
			 const struct imstrace_interrupt *interrupt)
{
	struct output output;

	json_sink.interrupt(sink_into(&sink, &output), vector, interrupt);
	return parse(output_close(&output));
}

static json_t *interval(struct measurement *measurement, __u64 now)
{
	struct output output;

	json_sink.interval(sink_into(&sink, &output), measurement_interval(measurement, now));
	return parse(output_close(&output));
}

static json_t *summary(struct measurement *measurement)
{
	struct output output;

	json_sink.summary(sink_into(&sink, &output), measurement_summary(measurement));
	return parse(output_close(&output));
}

static json_t *check(const struct source *source)
{
	const struct inventory nothing = { 0 };
	struct environment environment;
	struct output output;

	fake_environment(&environment);
	json_sink.check(sink_into(&sink, &output), &environment, &nothing, source);
	return parse(output_close(&output));
}

#define CHECKED_ENVIRONMENT								\
	"{'type': 'check', 'schema': 1, 'version': '" IMSTRACE_VERSION "', 'kernel': '6.12.0'," \
	" 'btf': true, 'apicv': false, 'posting': false, 'threadirqs': false, 'capabilities': {'cap_sys_admin': true, 'cap_bpf': false," \
	" 'cap_perfmon': false, 'cap_sys_resource': false}, 'modules': {'kvm': true,"	\
	" 'irqbypass': false, 'vfio_pci_core': false, 'vfio_ims': false},"		\
	" 'parameters': {'kvm_intel.enable_apicv': null, 'kvm_intel.enable_ipiv': null,"	\
	" 'kvm_amd.avic': null, 'kvm.enable_device_posted_irqs': null, 'kvm.halt_poll_ns': null},"

#define NOT_BY_CPU									\
	"'at_least': 'APICv and AVIC are not active: KVM injects every interrupt, and deliver "	\
	"is measured', 'at_most': 'APICv and AVIC are not active: KVM injects every interrupt, "	\
	"and deliver is measured'"

#define CHECKED_HOST									\
	" 'stage_limits': {'handler': null, 'irqfd': null, 'deliver': null, 'service': null,"	\
	" 'delivery': null, 'total': null, 'masked': null, 'detour': 'only of interrupts at "		\
	"whose eventfd KVM has no irqfd, so that the VMM reads it',"	\
	"'wake': null, 'run': null, 'enter': null, 'window': null, 'steal': null, " NOT_BY_CPU "}, 'vms': [], 'devices': [], 'not_looked_at': {"	\
	"'processes': 0, 'hidden': false, 'other_namespaces': false}}"

static void check_lines(void **state)
{
	struct fake_source *fake = fake_checked_source();

	(void)state;
	assert_object(check(&fake->source), CHECKED_ENVIRONMENT
		" 'features': [{'name': 'irq', 'attached': 'raw_tp irq_handler_entry',"
		" 'verified': null, 'refused': null, 'lost': null},"
		" {'name': 'signal', 'attached': null, 'verified': null,"
		" 'refused': '" FAKE_REFUSED "', 'lost': 'stages handler and irqfd'},"
		" {'name': 'resets', 'attached': 'kprobe reset', 'verified': 'armed',"
		" 'refused': 'fentry reset: no', 'lost': null}],"
		" 'stages': {'handler': false, 'irqfd': false, 'deliver': true, 'service': true,"
		" 'delivery': true, 'total': true, 'masked': true, 'detour': false,"
		"'wake': true, 'run': true, 'enter': true, 'window': true, 'steal': true, 'at_least': true, 'at_most': true}," CHECKED_HOST);
	free(fake);
	assert_object(check(NULL), CHECKED_ENVIRONMENT
		" 'features': [], 'stages': {'handler': false, 'irqfd': false, 'deliver': false,"
		" 'service': false, 'delivery': false, 'total': false, 'masked': false, 'detour': false,"
		"'wake': false, 'run': false, 'enter': false, 'window': false, 'steal': false, 'at_least': false, 'at_most': false}," CHECKED_HOST);
}

static void a_start_says_what_is_followed(void **state)
{
	struct fake_source *fake = fake_source_new();
	char expected[2048];

	(void)state;
	strcpy(fake->source.kernel, "6.12.0-imstrace");
	fake->source.to_wall_clock = 1700000000000000000;
	*fake->source.hops[HOP_ACCEPT].attached = '\0';
	strcpy(fake->source.hops[HOP_ACCEPT].reason, "not asked for (--hops)");
	/* What did not work at first is of no interest when something else did. */
	strcpy(fake->source.hops[HOP_EOI].reason, "left over");
	snprintf(expected, sizeof(expected),
		"{'type': 'start', 'schema': %d, 'version': '" IMSTRACE_VERSION "',"
		" 'kernel': '%s', 'time': 1000, 'to_wall_clock': 1700000000000000000, 'hops': {"
		"'irq': {'attached': 'raw_tp hop_0', 'reason': null},"
		"'signal': {'attached': 'raw_tp hop_1', 'reason': null},"
		"'accept': {'attached': null, 'reason': 'not asked for (--hops)'},"
		"'enter': {'attached': 'raw_tp hop_3', 'reason': null},"
		"'inject': {'attached': 'raw_tp hop_4', 'reason': null},"
		"'eoi': {'attached': 'raw_tp hop_5', 'reason': null},"
		"'unmask': {'attached': 'raw_tp hop_6', 'reason': null}}}",
		IMSTRACE_SCHEMA, fake->source.kernel);
	assert_object(start(fake), expected);
	free(fake);
}

static struct imstrace_lifecycle step_of(enum imstrace_step step)
{
	struct imstrace_lifecycle record = {
		.time = 3000004005, .step = step, .vector = 5, .irq = 30, .slot = 2,
		.pasid = IMSTRACE_NONE, .eventfd_id = IMSTRACE_NONE, .pid = 178,
	};

	strcpy(record.device, UUID_A);
	return record;
}

#define STEP(event)	\
	"{'type': 'lifecycle', 'time': 3000004005, 'event': '" event "', 'device': '" UUID_A "',"

static void lifecycle_lines(void **state)
{
	struct imstrace_lifecycle step = step_of(STEP_VECTOR_BIND);

	(void)state;
	step.eventfd_id = 7;
	assert_object(lifecycle(&step), STEP("vector_bind")
		"'vector': 5, 'irq': 30, 'slot': 2, 'pasid': null, 'ret': 0, 'eventfd_id': 7,"
		"'pid': 178}");
	step.irq = IMSTRACE_NONE;
	step.slot = IMSTRACE_NONE;
	step.eventfd_id = 0;
	assert_object(lifecycle(&step), STEP("vector_bind")
		"'vector': 5, 'irq': null, 'slot': null, 'pasid': null, 'ret': 0, 'eventfd_id': 0,"
		"'pid': 178}");
	step = step_of(STEP_SLOT_ALLOC);
	step.irq = IMSTRACE_NONE;
	step.slot = IMSTRACE_NONE;
	step.pasid = 0;
	step.ret = -ENOSPC;
	assert_object(lifecycle(&step), STEP("slot_alloc")
		"'vector': 5, 'irq': null, 'slot': null, 'pasid': 0, 'ret': -28,"
		"'eventfd_id': null, 'pid': 178}");
	step = step_of(STEP_AUXDATA_WRITE);
	step.pasid = 0xfffff;
	step.old_ctrl = 1;
	step.new_ctrl = 0xfffff008;
	assert_object(lifecycle(&step), STEP("auxdata_write")
		"'vector': 5, 'irq': 30, 'slot': 2, 'pasid': 1048575, 'ret': 0,"
		"'eventfd_id': null, 'pid': 178, 'old_ctrl': 1, 'new_ctrl': 4294963208}");
	step = step_of(STEP_MSG_WRITE);
	step.address = 0x1fee01000;
	step.data = 0xffffffff;
	assert_object(lifecycle(&step), STEP("msg_write")
		"'vector': 5, 'irq': 30, 'slot': 2, 'pasid': null, 'ret': 0,"
		"'eventfd_id': null, 'pid': 178, 'address': 8571064320, 'data': 4294967295}");
	step = step_of(STEP_INDEX_DISABLE);
	step.irq = IMSTRACE_NONE;
	step.slot = IMSTRACE_NONE;
	assert_object(lifecycle(&step), STEP("index_disable")
		"'vector': null, 'irq': null, 'slot': null, 'pasid': null, 'ret': 0,"
		"'eventfd_id': null, 'pid': 178, 'vectors': 5}");
}

/* As the source makes it up: nobody knows which process that was. */
static void a_process_that_is_not_known_is_null(void **state)
{
	struct imstrace_lifecycle step = step_of(STEP_KNOWN);

	(void)state;
	step.pid = 0;
	assert_object(lifecycle(&step), STEP("known")
		"'vector': 5, 'irq': 30, 'slot': 2, 'pasid': null, 'ret': 0, 'eventfd_id': null,"
		"'pid': null}");
}

static void every_step_is_a_line(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < STEP_COUNT; i++) {
		struct imstrace_lifecycle step = step_of(i);
		json_t *object;

		if (lifecycle_of_index(i))
			step.irq = step.slot = IMSTRACE_NONE;
		object = lifecycle(&step);
		assert_string_equal(json_string_value(json_object_get(object, "event")),
				    lifecycle_name(i));
		json_decref(object);
	}
}

static void interrupt_lines(void **state)
{
	struct fake_source *fake = fake_source_new();
	struct imstrace_interrupt complete = {
		.times = { 5000, 5010, 5030, 5060, 5060, 5100 }, .vcpu = 1, .guest_vector = 0x30,
		.cpu = 3, .cause = CAUSE_IRQ, .end = END_COMPLETE, .recounted = 1,
	};
	struct imstrace_interrupt coalesced = {
		/* The two CPUs' clocks differ. */
		.times = { 0, 5000, 4990 }, .vcpu = 0, .guest_vector = 0xff, .cpu = 65535,
		.cause = CAUSE_EMULATED, .end = END_COALESCED,
	};
	struct imstrace_interrupt unmatched = {
		.times = { 5000 }, .vcpu = IMSTRACE_NONE, .guest_vector = IMSTRACE_NONE,
		.end = END_NO_SIGNAL,
	};
	struct imstrace_interrupt signalled = {
		.times = { 0, 5000 }, .vcpu = IMSTRACE_NONE, .guest_vector = IMSTRACE_NONE,
		.cause = CAUSE_LOOPBACK, .end = END_SIGNALLED,
	};

	(void)state;
	fake_vector(fake, UUID_A, 7);
	assert_object(interrupt(&fake->vectors[0], &complete),
		"{'type': 'interrupt', 'device': '" UUID_A "', 'vector': 7, 'irq': 37, 'vcpu': 1,"
		"'guest_vector': 48, 'cpu': 3, 'vcpu_cpu': null, 'other_node': null, 'behind': null, 'cause': 'irq', 'end': 'complete',"
		"'uncoalesced': true, 'recounted': 'coalesced', 'eoi_late': false, 'read': null,"
		"'hops': {'irq': 5000, 'signal': 5010, 'accept': 5030,"
		"'enter': 5060, 'inject': 5060, 'eoi': 5100, 'unmask': null},"
		"'stages': {'handler': 10, 'irqfd': 20, 'deliver': 30, 'service': 40,"
		"'delivery': 60, 'total': 100, 'masked': null, 'detour': null,"
		"'wake': null, 'run': null, 'enter': 30, 'window': null, 'steal': null, 'at_least': null, 'at_most': null}}");
	fake->vectors[0].irq = IMSTRACE_NONE;
	assert_object(interrupt(&fake->vectors[0], &coalesced),
		"{'type': 'interrupt', 'device': '" UUID_A "', 'vector': 7, 'irq': null, 'vcpu': 0,"
		"'guest_vector': 255, 'cpu': 65535, 'vcpu_cpu': null, 'other_node': null, 'behind': null, 'cause': 'emulated', 'end': 'coalesced',"
		"'uncoalesced': false, 'recounted': null, 'eoi_late': false, 'read': null,"
		"'hops': {'irq': null, 'signal': 5000, 'accept': 4990,"
		"'enter': null, 'inject': null, 'eoi': null, 'unmask': null},"
		"'stages': {'handler': null, 'irqfd': 0, 'deliver': null, 'service': null,"
		"'delivery': null, 'total': null, 'masked': null, 'detour': null,"
		"'wake': null, 'run': null, 'enter': null, 'window': null, 'steal': null, 'at_least': null, 'at_most': null}}");
	assert_object(interrupt(&fake->vectors[0], &unmatched),
		"{'type': 'interrupt', 'device': '" UUID_A "', 'vector': 7, 'irq': null,"
		"'vcpu': null, 'guest_vector': null, 'cpu': 0, 'vcpu_cpu': null, 'other_node': null, 'behind': null, 'cause': 'irq', 'end': 'no_signal',"
		"'uncoalesced': false, 'recounted': null, 'eoi_late': false, 'read': null,"
		"'hops': {'irq': 5000, 'signal': null, 'accept': null,"
		"'enter': null, 'inject': null, 'eoi': null, 'unmask': null},"
		"'stages': {'handler': null, 'irqfd': null, 'deliver': null, 'service': null,"
		"'delivery': null, 'total': null, 'masked': null, 'detour': null,"
		"'wake': null, 'run': null, 'enter': null, 'window': null, 'steal': null, 'at_least': null, 'at_most': null}}");
	assert_object(interrupt(&fake->vectors[0], &signalled),
		"{'type': 'interrupt', 'device': '" UUID_A "', 'vector': 7, 'irq': null,"
		"'vcpu': null, 'guest_vector': null, 'cpu': 0, 'vcpu_cpu': null, 'other_node': null, 'behind': null, 'cause': 'loopback',"
		"'end': 'signalled', 'uncoalesced': false, 'recounted': null, 'eoi_late': false, 'read': null,"
		"'hops': {'irq': null, 'signal': 5000, 'accept': null,"
		"'enter': null, 'inject': null, 'eoi': null, 'unmask': null},"
		"'stages': {'handler': null, 'irqfd': null, 'deliver': null, 'service': null,"
		"'delivery': null, 'total': null, 'masked': null, 'detour': null,"
		"'wake': null, 'run': null, 'enter': null, 'window': null, 'steal': null, 'at_least': null, 'at_most': null}}");
	free(fake);
}

#define FIGURES(count, ns)	\
	"{'count': " #count ", 'min': " #ns ", 'mean': " #ns ", 'p50': " #ns ", 'p90': " #ns "," \
	"'p99': " #ns ", 'p999': " #ns ", 'max': " #ns "}"

#define NO_IRQFD	"'guest_vector': null, 'vcpu': null, 'signallers': null, 'masked_since': null,"

#define VECTOR_A_0	\
	"{'source': 'ims', 'device': '" UUID_A "', 'vector': 0, 'irq': 30, 'slot': 0, 'pasid': 256," \
	"'mode': 'irqfd', 'eventfd_id': 0, 'pid': 178, 'vmm': null, 'guest': null," NO_IRQFD

#define VECTOR_B_4	\
	"{'source': 'emulated', 'device': '" UUID_B "', 'vector': 4, 'irq': null, 'slot': null, 'pasid': null," \
	"'mode': 'emulated', 'eventfd_id': null, 'pid': null, 'vmm': null, 'guest': null," NO_IRQFD

static void reports(void **state)
{
	struct fake_source *fake = fake_source_new();
	struct measurement *measurement = measurement_new(&fake->source, &no_filter);

	(void)state;
	fake_vector(fake, UUID_B, 4);
	fake->vectors[0].irq = IMSTRACE_NONE;
	fake->vectors[0].slot = IMSTRACE_NONE;
	fake->vectors[0].pasid = IMSTRACE_NONE;
	fake->vectors[0].eventfd_id = IMSTRACE_NONE;
	fake->vectors[0].pid = 0;
	fake->vectors[0].kind = KIND_EMULATED;
	fake_vector(fake, UUID_A, 0);
	fake->accounts[0].hops[HOP_SIGNAL] = 3;
	fake_interrupts(fake, 1, 100, 10);
	fake->accounts[1].ends[END_COALESCED] = 2;
	fake->accounts[1].ends[END_NOT_ACCEPTED] = 3;
	fake->accounts[1].ends[END_LOST] = 4;
	fake->accounts[1].hops[HOP_ACCEPT] += 7;
	fake->totals.lost_vectors = 5;
	fake->totals.lost_lifecycle = 6;
	fake->totals.lost_interrupts = 7;
	assert_object(interval(measurement, 3000),
		"{'type': 'interval', 'time': 3000, 'duration': 2000,"
		"'lost': {'vectors': 5, 'lifecycle': 6, 'interrupts': 7, 'runs': 0, 'values': 0, 'guests': 4, 'competitors': 0}, 'vectors': ["
		VECTOR_A_0
		"'hops': {'irq': 100, 'signal': 100, 'accept': 107, 'enter': 100, 'inject': 100, 'eoi': 100, 'unmask': null},"
		"'coalesced': 2, 'unmatched': 3, 'hardware': 0, 'lost': 4, " ENDS("2", "3", "4") "'in_flight': 1, 'stages': {"
		"'handler': " FIGURES(100, 10) ", 'irqfd': " FIGURES(100, 10) ","
		"'deliver': " FIGURES(100, 10) ","
		"'service': " FIGURES(100, 10) ", 'delivery': " FIGURES(100, 30) ","
		"'total': " FIGURES(100, 40) ", 'masked': null, 'detour': null,"
		"'wake': " FIGURES(0, null) ", 'run': " FIGURES(0, null) ", 'enter': " FIGURES(100, 10) ", 'window': " FIGURES(0, null) ", 'steal': " FIGURES(0, null) ", 'at_least': null, 'at_most': null}, 'behind': null},"
		VECTOR_B_4
		"'hops': {'irq': null, 'signal': 3, 'accept': 0, 'enter': 0, 'inject': 0, 'eoi': 0, 'unmask': null},"
		"'coalesced': 0, 'unmatched': 0, 'hardware': 0, 'lost': 0, " ENDS("0", "0", "0") "'in_flight': 0, 'stages': {"
		"'handler': null, 'irqfd': " FIGURES(0, null) ", 'deliver': " FIGURES(0, null) ","
		"'service': " FIGURES(0, null) ", 'delivery': null, 'total': null, 'masked': null, 'detour': null,"
		"'wake': " FIGURES(0, null) ", 'run': " FIGURES(0, null) ", 'enter': " FIGURES(0, null) ", 'window': " FIGURES(0, null) ", 'steal': " FIGURES(0, null) ", 'at_least': null, 'at_most': null}, 'behind': null}]}");
	/* One had not merged after all, another took 100 ns, and no more was lost. */
	fake->accounts[1].ends[END_COALESCED] = 1;
	fake->accounts[1].hops[HOP_IRQ]++;
	fake->accounts[1].hops[HOP_SIGNAL]++;
	fake_value(fake, STAGE_COUNT + STAGE_HANDLER, 100);
	assert_object(interval(measurement, 4000),
		"{'type': 'interval', 'time': 4000, 'duration': 1000,"
		"'lost': {'vectors': 0, 'lifecycle': 0, 'interrupts': 0, 'runs': 0, 'values': 0, 'guests': 0, 'competitors': 0}, 'vectors': ["
		VECTOR_A_0
		"'hops': {'irq': 1, 'signal': 1, 'accept': 0, 'enter': 0, 'inject': 0, 'eoi': 0, 'unmask': null},"
		"'coalesced': -1, 'unmatched': 0, 'hardware': 0, 'lost': 0, " ENDS("-1", "0", "0") "'in_flight': 2, 'stages': {"
		"'handler': " FIGURES(1, 100) ", 'irqfd': " FIGURES(0, null) ","
		"'deliver': " FIGURES(0, null) ","
		"'service': " FIGURES(0, null) ", 'delivery': " FIGURES(0, null) ","
		"'total': " FIGURES(0, null) ", 'masked': null, 'detour': null,"
		"'wake': " FIGURES(0, null) ", 'run': " FIGURES(0, null) ", 'enter': " FIGURES(0, null) ", 'window': " FIGURES(0, null) ", 'steal': " FIGURES(0, null) ", 'at_least': null, 'at_most': null}, 'behind': null},"
		VECTOR_B_4
		"'hops': {'irq': null, 'signal': 0, 'accept': 0, 'enter': 0, 'inject': 0, 'eoi': 0, 'unmask': null},"
		"'coalesced': 0, 'unmatched': 0, 'hardware': 0, 'lost': 0, " ENDS("0", "0", "0") "'in_flight': 0, 'stages': {"
		"'handler': null, 'irqfd': " FIGURES(0, null) ", 'deliver': " FIGURES(0, null) ","
		"'service': " FIGURES(0, null) ", 'delivery': null, 'total': null, 'masked': null, 'detour': null,"
		"'wake': " FIGURES(0, null) ", 'run': " FIGURES(0, null) ", 'enter': " FIGURES(0, null) ", 'window': " FIGURES(0, null) ", 'steal': " FIGURES(0, null) ", 'at_least': null, 'at_most': null}, 'behind': null}]}");
	assert_object(summary(measurement),
		"{'type': 'summary', 'time': 4000, 'duration': 3000,"
		"'lost': {'vectors': 5, 'lifecycle': 6, 'interrupts': 7, 'runs': 0, 'values': 0, 'guests': 4, 'competitors': 0}, 'vectors': ["
		VECTOR_A_0
		"'hops': {'irq': 101, 'signal': 101, 'accept': 107, 'enter': 100, 'inject': 100, 'eoi': 100, 'unmask': null},"
		"'coalesced': 1, 'unmatched': 3, 'hardware': 0, 'lost': 4, " ENDS("1", "3", "4") "'in_flight': 2, 'stages': {"
		"'handler': {'count': 101, 'min': 10, 'mean': 10, 'p50': 10, 'p90': 10, 'p99': 10,"
		"'p999': 100, 'max': 100}, 'irqfd': " FIGURES(100, 10) ","
		"'deliver': " FIGURES(100, 10) ","
		"'service': " FIGURES(100, 10) ", 'delivery': " FIGURES(100, 30) ","
		"'total': " FIGURES(100, 40) ", 'masked': null, 'detour': null,"
		"'wake': " FIGURES(0, null) ", 'run': " FIGURES(0, null) ", 'enter': " FIGURES(100, 10) ", 'window': " FIGURES(0, null) ", 'steal': " FIGURES(0, null) ", 'at_least': null, 'at_most': null}, 'behind': null},"
		VECTOR_B_4
		"'hops': {'irq': null, 'signal': 3, 'accept': 0, 'enter': 0, 'inject': 0, 'eoi': 0, 'unmask': null},"
		"'coalesced': 0, 'unmatched': 0, 'hardware': 0, 'lost': 0, " ENDS("0", "0", "0") "'in_flight': 0, 'stages': {"
		"'handler': null, 'irqfd': " FIGURES(0, null) ", 'deliver': " FIGURES(0, null) ","
		"'service': " FIGURES(0, null) ", 'delivery': null, 'total': null, 'masked': null, 'detour': null,"
		"'wake': " FIGURES(0, null) ", 'run': " FIGURES(0, null) ", 'enter': " FIGURES(0, null) ", 'window': " FIGURES(0, null) ", 'steal': " FIGURES(0, null) ", 'at_least': null, 'at_most': null}, 'behind': null}]}");
	measurement_free(measurement);
	free(fake);
}

static json_t *only_vector(json_t *report)
{
	json_t *vector = json_incref(json_array_get(json_object_get(report, "vectors"), 0));

	json_decref(report);
	return vector;
}

static void an_irqfd_has_signallers_and_no_irq(void **state)
{
	struct fake_source *fake = fake_source_new();
	struct measurement *measurement = measurement_new(&fake->source, &no_filter);
	json_t *vector;

	(void)state;
	fake_vector(fake, "kvm-214-11", 24);
	fake->vectors[0].kind = KIND_IRQFD;
	fake->vectors[0].irq = IMSTRACE_NONE;
	fake->vectors[0].guest_vector = 0x23;
	fake->vectors[0].vcpu = 1;
	strcpy(fake->vectors[0].signallers, "vhost-214/220, interrupts, others");
	vector = only_vector(interval(measurement, 3000));
	assert_string_equal(json_string_value(json_object_get(vector, "source")), "irqfd");
	assert_int_equal(json_integer_value(json_object_get(vector, "guest_vector")), 0x23);
	assert_int_equal(json_integer_value(json_object_get(vector, "vcpu")), 1);
	assert_object(json_pack("{s:O}", "signallers", json_object_get(vector, "signallers")),
		      "{'signallers': ['vhost-214/220', 'interrupts', 'others']}");
	assert_true(json_is_null(json_object_get(json_object_get(vector, "hops"), "irq")));
	json_decref(vector);
	measurement_free(measurement);
	free(fake);
}

/* The only one that can be masked, and unmasked. */
static void a_line_has_all_hops(void **state)
{
	const struct imstrace_interrupt resent = {
		.times = { 0, 5010, 5030, 5060, 5060, 5100, 5150 }, .vcpu = 1, .guest_vector = 0x30,
		.cause = CAUSE_RESENT, .end = END_COMPLETE,
	};
	struct fake_source *fake = fake_source_new();
	struct measurement *measurement = measurement_new(&fake->source, &no_filter);
	json_t *vector;

	(void)state;
	fake_line(fake, "0000:03:00.0");
	fake_interrupts(fake, 0, 2, 10);
	fake->vectors[0].masked_since = 2500;
	fake->vectors[0].still_up = 7;
	vector = only_vector(interval(measurement, 3000));
	assert_string_equal(json_string_value(json_object_get(vector, "source")), "intx");
	assert_string_equal(json_string_value(json_object_get(vector, "device")),
			    "0000:03:00.0:intx");
	assert_int_equal(json_integer_value(json_object_get(vector, "masked_since")), 2500);
	assert_int_equal(json_integer_value(json_object_get(vector, "still_up")), 7);
	assert_object(json_incref(json_object_get(vector, "hops")),
		      "{'irq': 2, 'signal': 2, 'accept': 2, 'enter': 2, 'inject': 2, 'eoi': 2, 'unmask': 2}");
	assert_object(json_incref(json_object_get(json_object_get(vector, "stages"), "masked")),
		      FIGURES(2, 50));
	json_decref(vector);
	fake->vectors[0].masked_since = 0;
	vector = only_vector(interval(measurement, 4000));
	assert_true(json_is_null(json_object_get(vector, "masked_since")));
	json_decref(vector);
	assert_object(interrupt(&fake->vectors[0], &resent),
		"{'type': 'interrupt', 'device': '0000:03:00.0:intx', 'vector': 0, 'irq': 16, 'vcpu': 1,"
		"'guest_vector': 48, 'cpu': 0, 'vcpu_cpu': null, 'other_node': null, 'behind': null, 'cause': 'resent', 'end': 'complete',"
		"'uncoalesced': false, 'recounted': null, 'eoi_late': false, 'read': null,"
		"'hops': {'irq': null, 'signal': 5010, 'accept': 5030,"
		"'enter': 5060, 'inject': 5060, 'eoi': 5100, 'unmask': 5150},"
		"'stages': {'handler': null, 'irqfd': 20, 'deliver': 30, 'service': 40,"
		"'delivery': null, 'total': null, 'masked': null, 'detour': null,"
		"'wake': null, 'run': null, 'enter': 30, 'window': null, 'steal': null, 'at_least': null, 'at_most': null}}");
	measurement_free(measurement);
	free(fake);
}

static void a_hop_that_is_not_attached_is_null(void **state)
{
	struct fake_source *fake = fake_source_new();
	struct measurement *measurement = measurement_new(&fake->source, &no_filter);

	(void)state;
	*fake->source.hops[HOP_IRQ].attached = '\0';
	fake_vector(fake, UUID_A, 0);
	assert_object(only_vector(interval(measurement, 3000)),
		VECTOR_A_0
		"'hops': {'irq': null, 'signal': 0, 'accept': 0, 'enter': 0, 'inject': 0, 'eoi': 0, 'unmask': null},"
		"'coalesced': 0, 'unmatched': 0, 'hardware': 0, 'lost': 0, " ENDS("0", "0", "0") "'in_flight': 0, 'stages': {"
		"'handler': null, 'irqfd': " FIGURES(0, null) ", 'deliver': " FIGURES(0, null) ","
		"'service': " FIGURES(0, null) ", 'delivery': null, 'total': null, 'masked': null, 'detour': null,"
		"'wake': " FIGURES(0, null) ", 'run': " FIGURES(0, null) ", 'enter': " FIGURES(0, null) ", 'window': " FIGURES(0, null) ", 'steal': " FIGURES(0, null) ", 'at_least': null, 'at_most': null}, 'behind': null}");
	measurement_free(measurement);
	free(fake);
}

/* All that was ever accepted is not on its way because nobody looks for EOIs. */
static void in_flight_is_null_without_accept_or_eoi(void **state)
{
	struct fake_source *fake = fake_source_new();
	struct measurement *measurement = measurement_new(&fake->source, &no_filter);

	(void)state;
	*fake->source.hops[HOP_EOI].attached = '\0';
	fake_vector(fake, UUID_A, 0);
	fake->accounts[0].hops[HOP_ACCEPT] = 100;
	assert_object(only_vector(interval(measurement, 3000)),
		VECTOR_A_0
		"'hops': {'irq': 0, 'signal': 0, 'accept': 100, 'enter': 0, 'inject': 0, 'eoi': null, 'unmask': null},"
		"'coalesced': 0, 'unmatched': 0, 'hardware': 0, 'lost': 0, " ENDS("0", "0", "0") "'in_flight': null, 'stages': {"
		"'handler': " FIGURES(0, null) ", 'irqfd': " FIGURES(0, null) ","
		"'deliver': " FIGURES(0, null) ", 'service': null,"
		"'delivery': " FIGURES(0, null) ", 'total': null, 'masked': null, 'detour': null,"
		"'wake': " FIGURES(0, null) ", 'run': " FIGURES(0, null) ", 'enter': " FIGURES(0, null) ", 'window': " FIGURES(0, null) ", 'steal': null, 'at_least': null, 'at_most': null}, 'behind': null}");
	measurement_free(measurement);
	free(fake);

	fake = fake_source_new();
	measurement = measurement_new(&fake->source, &no_filter);
	fake_vector(fake, UUID_A, 0);
	fake->vectors[0].kind = KIND_EMULATED;
	fake->vectors[0].reader = READER_USER;
	assert_object(only_vector(interval(measurement, 3000)),
		"{'source': 'emulated', 'device': '" UUID_A "', 'vector': 0, 'irq': 30, 'slot': 0, 'pasid': 256,"
		"'mode': 'emulated', 'eventfd_id': 0, 'pid': 178, 'vmm': null, 'guest': null, " NO_IRQFD
		"'hops': {'irq': null, 'signal': 0, 'accept': null, 'enter': null, 'inject': null, 'eoi': null, 'unmask': null},"
		"'coalesced': 0, 'unmatched': 0, 'hardware': 0, 'lost': 0, " ENDS("0", "0", "0") "'in_flight': null, 'stages': {"
		"'handler': null, 'irqfd': null, 'deliver': null, 'service': null,"
		"'delivery': null, 'total': null, 'masked': null, 'detour': null,"
		"'wake': null, 'run': null, 'enter': null, 'window': null, 'steal': null, 'at_least': null, 'at_most': null}, 'behind': null}");
	measurement_free(measurement);
	free(fake);
}

static void a_report_without_vectors_has_an_empty_list(void **state)
{
	struct fake_source *fake = fake_source_new();
	struct measurement *measurement = measurement_new(&fake->source, &no_filter);

	(void)state;
	assert_object(interval(measurement, 3000),
		"{'type': 'interval', 'time': 3000, 'duration': 2000,"
		"'lost': {'vectors': 0, 'lifecycle': 0, 'interrupts': 0, 'runs': 0, 'values': 0, 'guests': 0, 'competitors': 0}, 'vectors': []}");
	assert_object(summary(measurement),
		"{'type': 'summary', 'time': 3000, 'duration': 2000,"
		"'lost': {'vectors': 0, 'lifecycle': 0, 'interrupts': 0, 'runs': 0, 'values': 0, 'guests': 0, 'competitors': 0}, 'vectors': []}");
	measurement_free(measurement);
	free(fake);
}

/* With all the vectors there is room for, each in a mode of its own. */
/* Keys that a summary has only if there is something to say. */
static void a_summary_says_what_a_recording_lacks(void **state)
{
	static const struct clock_set set = { 4000, -5 };
	static const struct source_cut cuts[] = { { "interrupts", 1234, 5000, "a packet is cut off" } };
	struct fake_source *fake = fake_source_new();
	struct measurement *measurement = measurement_new(&fake->source, &no_filter);
	json_t *object;

	(void)state;
	fake->source.cuts = cuts;
	fake->source.cut_count = 1;
	fake->source.clock_sets[0] = set;
	fake->source.clock_set_count = 1;
	object = interval(measurement, 2000);
	assert_null(json_object_get(object, "cut_off"));
	assert_null(json_object_get(object, "clock_set"));
	json_decref(object);
	assert_object(summary(measurement), "{'type': 'summary', 'time': 2000, 'duration': 1000,"
		" 'lost': {'vectors': 0, 'lifecycle': 0, 'interrupts': 0, 'runs': 0, 'values': 0, 'guests': 0, 'competitors': 0},"
		" 'vectors': [], 'cut_off': [{'file': 'interrupts', 'byte': 1234, 'time': 5000,"
		" 'why': 'a packet is cut off'}], 'clock_set': [{'time': 4000, 'to_wall_clock': -5}]}");
	measurement_free(measurement);
	free(fake);
}

/* Not of what is posted past the host, and not of what is a VM's, which is known only because it fires. Those of a VM have no order but how busy they are. */
static void a_summary_says_what_never_fired(void **state)
{
	static const __u64 signals[] = { 0, 5, 0, 3, 7, 7, 0 };
	static const __u32 ordered[] = { 0, 1, 2, 6, 4, 5, 3 };
	struct fake_source *fake = fake_source_new();
	struct measurement *measurement = measurement_new(&fake->source, &no_filter);
	json_t *object, *devices, *vector;
	size_t i;

	(void)state;
	for (__u32 id = 0; id < sizeof(signals) / sizeof(signals[0]); id++) {
		bool of_vm = id >= 3 && id < 6;

		fake_vector(fake, of_vm ? "kvm-214-11" : UUID_A, id);
		fake->vectors[id].kind = of_vm ? KIND_IRQFD : id == 2 ? KIND_EMULATED : KIND_PCI;
		fake->accounts[id].hops[HOP_SIGNAL] = signals[id];
	}
	fake->vectors[6].state |= STATE_POSTED;
	fake->vectors[2].irq = IMSTRACE_NONE;
	object = interval(measurement, 2000);
	assert_null(json_object_get(object, "never_fired"));
	json_decref(object);
	object = summary(measurement);
	devices = json_object_get(object, "never_fired");
	assert_int_equal(json_array_size(devices), 1);
	assert_object(json_incref(json_array_get(devices, 0)),
		      "{'device': '" UUID_A "', 'vectors': 4, 'never_fired': 2, 'host_irqs': 3}");
	json_array_foreach(json_object_get(object, "vectors"), i, vector)
		assert_int_equal(json_integer_value(json_object_get(vector, "vector")), ordered[i]);
	json_decref(object);
	measurement_free(measurement);
	free(fake);
}

static void every_mode_is_a_line(void **state)
{
	struct fake_source *fake = fake_source_new();
	struct measurement *measurement = measurement_new(&fake->source, &no_filter);

	(void)state;
	for (__u32 id = 0; id < FAKE_CAPACITY; id++) {
		fake_vector(fake, UUID_A, id);
		fake->vectors[id].kind = id < 4 ? KIND_IMS : KIND_EMULATED;
		fake->vectors[id].reader = id % 4;
	}
	json_decref(interval(measurement, 3000));
	json_decref(summary(measurement));
	measurement_free(measurement);
	free(fake);
}

static void hostile_names_are_harmless(void **state)
{
	static const struct {
		const char *name, *shown;
	} cases[] = {
		{ "\033[2J\033[31mred", "?[2J?[31mred" },
		{ "\r\b\a\t\v\f\177", "???????" },
		{ "two\nlines", "two?lines" },
		{ "\x80\xff\xfe", "???" },
		{ "\xc3\xa4 \xe2\x82", "?? ??" },
		{ "\"quoted\\\"", "\"quoted\\\"" },
		{ "%s%n%99999d", "%s%n%99999d" },
		{ "\"},{\"type\":\"summary\"}", "\"},{\"type\":\"summary\"}" },
		{ "</script>", "</script>" },
		{ "123456789012345678901234567890123456789012345678901234567890123",
		  "123456789012345678901234567890123456789012345678901234567890123" },
	};
	const struct imstrace_interrupt ended = {
		.times = { 0, 2 }, .vcpu = IMSTRACE_NONE, .guest_vector = IMSTRACE_NONE,
		.cause = CAUSE_LOOPBACK, .end = END_SIGNALLED,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fake_source *fake = fake_source_new();
		struct measurement *measurement = measurement_new(&fake->source, &no_filter);
		struct imstrace_lifecycle step = step_of(STEP_VECTOR_BIND);
		json_t *objects[4], *vectors[2];

		fake_vector(fake, cases[i].name, 0);
		strcpy(step.device, cases[i].name);
		objects[0] = lifecycle(&step);
		objects[1] = interrupt(&fake->vectors[0], &ended);
		objects[2] = interval(measurement, 3000);
		objects[3] = summary(measurement);
		vectors[0] = json_array_get(json_object_get(objects[2], "vectors"), 0);
		vectors[1] = json_array_get(json_object_get(objects[3], "vectors"), 0);
		for (int j = 0; j < 4; j++) {
			json_t *object = j < 2 ? objects[j] : vectors[j - 2];

			assert_string_equal(json_string_value(json_object_get(object, "device")),
					    cases[i].shown);
		}
		for (int j = 0; j < 4; j++)
			json_decref(objects[j]);
		measurement_free(measurement);
		free(fake);
	}
}

/* The compiler, or a file, says so; not the kernel. */
static void hostile_reasons_are_harmless(void **state)
{
	struct fake_source *fake = fake_source_new();
	json_t *object, *hops;

	(void)state;
	strcpy(fake->source.hops[HOP_IRQ].attached, "\xff\"\n");
	*fake->source.hops[HOP_SIGNAL].attached = '\0';
	strcpy(fake->source.hops[HOP_SIGNAL].reason, "\xe2\x82 Operation\tnot permitted");
	object = start(fake);
	hops = json_object_get(object, "hops");
	assert_string_equal(json_string_value(json_object_get(json_object_get(hops, "irq"),
							      "attached")), "?\"?");
	assert_string_equal(json_string_value(json_object_get(json_object_get(hops, "signal"),
							      "reason")),
			    "?? Operation?not permitted");
	json_decref(object);
	free(fake);
}

static void assert_cut(json_t *object)
{
	assert_int_equal(json_string_length(json_object_get(object, "device")),
			 IMSTRACE_NAME_LEN - 1);
	json_decref(object);
}

/* The kernel ends names with a NUL; a file may not. What follows is no part of it. */
static void a_name_without_an_end_is_cut(void **state)
{
	struct imstrace_interrupt ended = {
		.times = { 1, 2 }, .vcpu = IMSTRACE_NONE, .guest_vector = IMSTRACE_NONE,
		.end = END_SIGNALLED,
	};
	struct imstrace_lifecycle step = step_of(STEP_SLOT_FREE);
	struct fake_source *fake = fake_source_new();

	(void)state;
	memset(step.device, 'a', sizeof(step.device));
	step.vector = 0x161;
	assert_cut(lifecycle(&step));
	fake_vector(fake, UUID_A, 0x161);
	memset(fake->vectors[0].device, 'a', sizeof(fake->vectors[0].device));
	assert_cut(interrupt(&fake->vectors[0], &ended));
	free(fake);
}

static void *no_memory(size_t size)
{
	(void)size;
	return NULL;
}

/* A line that is missing must not pass for one that was not there. */
static void out_of_memory_is_an_error_line(void **state)
{
	struct fake_source *fake = fake_source_new();
	struct measurement *measurement = measurement_new(&fake->source, &no_filter);
	struct imstrace_lifecycle step = step_of(STEP_AUXDATA_WRITE);
	const struct figures *report = measurement_interval(measurement, 3000);
	struct imstrace_interrupt ended = { .times = { 1, 2, 3, 4, 4, 5 } };
	struct output outputs[5];
	struct sink sinks[5];

	(void)state;
	fake_vector(fake, UUID_A, 0);
	for (int i = 0; i < 5; i++)
		sink_into(&sinks[i], &outputs[i]);
	json_set_alloc_funcs(no_memory, free);
	json_sink.start(&sinks[0], &fake->source);
	json_sink.lifecycle(&sinks[1], &step);
	json_sink.interrupt(&sinks[2], &fake->vectors[0], &ended);
	json_sink.interval(&sinks[3], report);
	json_sink.summary(&sinks[4], report);
	json_set_alloc_funcs(malloc, free);
	for (int i = 0; i < 5; i++)
		assert_object(parse(output_close(&outputs[i])),
			"{'type': 'error', 'exit_code': 1, 'message': 'out of memory',"
			"'remedy': null}");
	measurement_free(measurement);
	free(fake);
}

/* What report_error() writes to stdout, or NULL. */
static json_t *fault_line(enum exit_code code, const char *remedy, const char *message)
{
	FILE *real_out = stdout, *real_err = stderr;
	struct output out, err;
	enum exit_code returned;
	char *line;

	stdout = output_open(&out);
	stderr = output_open(&err);
	errors_use_json();
	returned = report_error(code, remedy, "%s", message);
	stdout = real_out;
	stderr = real_err;
	assert_int_equal(returned, code);
	line = output_close(&err);
	assert_non_null(strstr(line, "imstrace: "));
	free(line);
	line = output_close(&out);
	if (*line)
		return parse(line);
	free(line);
	return NULL;
}

static void a_fault_is_an_error_line(void **state)
{
	(void)state;
	assert_object(fault_line(EXIT_MISSING, "Run it as root", "no \"privilege\""),
		"{'type': 'error', 'exit_code': 3, 'message': 'no \\'privilege\\'',"
		"'remedy': 'Run it as root'}");
	assert_object(fault_line(EXIT_RUNTIME, NULL, "out of memory"),
		"{'type': 'error', 'exit_code': 1, 'message': 'out of memory', 'remedy': null}");
}

static void a_fault_over_a_hostile_name_is_an_error_line(void **state)
{
	char text[1024];
	json_t *object;

	(void)state;
	object = fault_line(EXIT_USAGE, NULL, "cannot read BTF from /\"\n\033[2J");
	assert_non_null(object);
	json_decref(object);
	object = fault_line(EXIT_USAGE, NULL, "cannot read BTF from /no\xff\xfesuch");
	assert_non_null(object);
	json_decref(object);
	/* Too long, and cut within a character. */
	for (size_t i = 0; i + 2 < sizeof(text); i += 2)
		memcpy(text + i, "\xc3\xa4", 3);
	object = fault_line(EXIT_USAGE, NULL, text);
	assert_non_null(object);
	json_decref(object);
}

/* The schema */

static json_t *schema;

static int load_schema(void **state)
{
	json_error_t error;

	(void)state;
	schema = json_load_file(SCHEMA, JSON_REJECT_DUPLICATES, &error);
	if (schema)
		return 0;
	print_error("%s:%d: %s (run it at the top of the checkout)\n", SCHEMA, error.line,
		    error.text);
	return -1;
}

static int unload_schema(void **state)
{
	(void)state;
	json_decref(schema);
	return 0;
}

/* Goes down the schema by the keys of @path, up to NULL. */
static json_t *in_schema(const char *const *path)
{
	json_t *value = json_object_get(schema, "$defs");

	for (; *path; path++) {
		value = json_object_get(value, *path);
		if (!value)
			fail_msg("%s has no \"%s\"", SCHEMA, *path);
	}
	return value;
}

#define IN_SCHEMA(...)	in_schema((const char *const []) { __VA_ARGS__, NULL })

/* Both are lists of words; null is a word. */
static void assert_words(const json_t *list, const char *const *words, size_t count)
{
	assert_int_equal(json_array_size(list), count);
	for (size_t i = 0; i < count; i++) {
		const json_t *value = json_array_get(list, i);

		if (words[i])
			assert_string_equal(json_string_value(value), words[i]);
		else
			assert_true(json_is_null(value));
	}
}

/* All of @words, in this order, are the properties and all are required. */
static void assert_keys(json_t *object, const char *const *words, size_t count)
{
	json_t *properties = json_object_get(object, "properties");

	assert_words(json_object_get(object, "required"), words, count);
	assert_int_equal(json_object_size(properties), count);
	for (size_t i = 0; i < count; i++)
		assert_non_null(json_object_get(properties, words[i]));
}

static void the_schema_has_the_hops_and_stages(void **state)
{
	const char *hops[HOP_COUNT], *stages[STAGE_COUNT];

	(void)state;
	for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
		hops[hop] = hop_name(hop);
	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++)
		stages[stage] = stage_name(stage);
	assert_keys(IN_SCHEMA("start", "properties", "hops"), hops, HOP_COUNT);
	assert_keys(IN_SCHEMA("interrupt", "properties", "hops"), hops, HOP_COUNT);
	assert_keys(IN_SCHEMA("interrupt", "properties", "stages"), stages, STAGE_COUNT);
	assert_keys(IN_SCHEMA("vector", "properties", "hops"), hops, HOP_COUNT);
	assert_keys(IN_SCHEMA("vector", "properties", "stages"), stages, STAGE_COUNT);
}

static json_t *get(json_t *value, const char *const *path)
{
	for (; *path; path++)
		value = json_object_get(value, *path);
	return value;
}

#define GET(value, ...)	get(value, (const char *const []) { __VA_ARGS__, NULL })

/* stages_follow_hops: one rule a stage, about the hops it begins and ends at. */
static void the_schema_has_the_hops_of_each_stage(void **state)
{
	json_t *rules = IN_SCHEMA("stages_follow_hops", "allOf");

	(void)state;
	assert_int_equal(json_array_size(rules), STAGE_COUNT);
	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++) {
		json_t *rule = json_array_get(rules, stage);
		json_t *hops = GET(rule, "if", "properties", "hops", "properties"), *required;

		assert_non_null(json_object_get(hops, hop_name(stage_from(stage))));
		/* The CPU may deliver what is accepted in guest mode without an entry. */
		if (stage_class(stage) != STAGE_IS_BOUND)
			assert_non_null(json_object_get(hops, hop_name(stage_to(stage))));
		assert_int_equal(json_object_size(hops), stage_class(stage) == STAGE_IS_BOUND ? 1 : 2);
		required = GET(rule, "then", "properties", "stages");
		if (stage == STAGE_IRQFD) {
			json_t *other = json_array_get(json_object_get(required, "anyOf"), 1);

			assert_non_null(GET(other, "properties", stage_name(STAGE_DETOUR), "not"));
			required = json_array_get(json_object_get(required, "anyOf"), 0);
		}
		if (stage_is_rare(stage))
			assert_null(required);
		else
			assert_non_null(GET(required, "properties", stage_name(stage), "not"));
		/* Null although its hops are not: of paravirtual EOIs. */
		rule = json_object_get(rule, "else");
		if (stage_to(stage) == HOP_EOI && !stage_is_rare(stage))
			rule = json_object_get(rule, "then");
		assert_non_null(GET(rule, "properties", "stages", "properties", stage_name(stage),
				    "type"));
	}
}

static void the_schema_has_the_figures(void **state)
{
	static const char *const keys[] = {
		"count", "min", "mean",
#define X(name, heading, percent) #name,
		IMSTRACE_PERCENTILES(X)
#undef X
		"max",
	};

	(void)state;
	assert_keys(IN_SCHEMA("figures"), keys, sizeof(keys) / sizeof(keys[0]));
}

static void the_schema_has_the_lifecycle_events(void **state)
{
	const char *names[STEP_COUNT];

	(void)state;
	for (unsigned int step = 0; step < STEP_COUNT; step++)
		names[step] = lifecycle_name(step);
	assert_words(IN_SCHEMA("lifecycle", "properties", "event", "enum"), names, STEP_COUNT);
}

/* What an interrupt may be recounted from, and no other end, may be below 0 in an interval. */
static void the_schema_takes_back_the_same_ends(void **state)
{
	json_t *recounted = IN_SCHEMA("interrupt", "properties", "recounted", "enum");
	json_t *ends = IN_SCHEMA("vector", "properties", "ends", "properties"), *end, *name;
	size_t i, taken_back = 1;	/* null */
	const char *key;

	(void)state;
	json_array_foreach(recounted, i, name)
		if (json_is_string(name))
			assert_non_null(GET(ends, json_string_value(name), "type"));
	json_object_foreach(ends, key, end)
		taken_back += !!json_object_get(end, "type");
	assert_int_equal(json_array_size(recounted), taken_back);
}

static void the_schema_has_the_ends_and_causes(void **state)
{
	const char *names[END_COUNT];
	size_t count;

	(void)state;
	for (count = 0; strcmp(end_name(count), "?"); count++)
		names[count] = end_name(count);
	assert_words(IN_SCHEMA("interrupt", "properties", "end", "enum"), names, count);
	for (count = 0; count < CAUSE_COUNT; count++)
		names[count] = cause_name(count);
	assert_words(IN_SCHEMA("interrupt", "properties", "cause", "enum"), names, count);
}

static bool has_word(const json_t *list, const char *word)
{
	const json_t *value;
	size_t i;

	json_array_foreach(list, i, value)
		if (word ? json_is_string(value) && !strcmp(json_string_value(value), word) :
			   json_is_null(value))
			return true;
	return false;
}

static void the_schema_has_the_modes(void **state)
{
	const json_t *modes = IN_SCHEMA("vector", "properties", "mode", "enum");
	const char *seen[32];
	size_t count = 0;

	(void)state;
	for (unsigned int kind = KIND_UNKNOWN; kind <= KIND_LINE; kind++) {
		for (unsigned int reader = READER_UNKNOWN; reader <= READER_USER; reader++) {
			for (unsigned int posted = 0; posted < 2; posted++) {
				struct imstrace_vector vector = {
					.kind = kind, .reader = reader,
					.state = posted ? STATE_POSTED : 0,
				};
				const struct imstrace_account none = { 0 };
				const char *mode = vector_mode(&vector, &none);
				size_t i = 0;

				assert_true(has_word(modes, mode));
				while (i < count && (mode && seen[i] ? strcmp(seen[i], mode) :
						     mode != seen[i]))
					i++;
				if (i == count)
					seen[count++] = mode;
			}
		}
	}
	/* And no others. */
	assert_int_equal(json_array_size(modes), count);
}

static void the_schema_has_the_exit_codes(void **state)
{
	const json_t *codes = IN_SCHEMA("error", "properties", "exit_code", "enum");

	(void)state;
	assert_int_equal(json_array_size(codes), EXIT_INCONCLUSIVE);
	for (int code = EXIT_RUNTIME; code <= EXIT_INCONCLUSIVE; code++)
		assert_int_equal(json_integer_value(json_array_get(codes, code - 1)), code);
}

static void the_schema_has_its_number(void **state)
{
	(void)state;
	assert_int_equal(json_integer_value(IN_SCHEMA("start", "properties", "schema", "const")),
			 IMSTRACE_SCHEMA);
}

/*
 * An object that is described in full says so, and describes every property.
 * Rules (if, then, else, …) only add to what stands elsewhere.
 */
static void check_described(const char *where, const json_t *value)
{
	json_t *properties, *property, *member;
	const char *key;
	size_t i;

	properties = json_object_get(value, "properties");
	if (json_object_get(value, "required") && strcmp(where, "top")) {
		if (!json_is_false(json_object_get(value, "additionalProperties")))
			fail_msg("%s takes additional properties", where);
		if (!json_object_get(value, "description"))
			fail_msg("%s has no description", where);
	}
	json_object_foreach(properties, key, property) {
		if (!json_object_get(property, "description"))
			fail_msg("\"%s\" of %s has no description", key, where);
		check_described(key, property);
	}
	member = json_object_get(value, "items");
	if (member)
		check_described(where, member);
	json_array_foreach(json_object_get(value, "oneOf"), i, member)
		if (json_object_get(member, "required"))
			check_described(where, member);
}

static void the_schema_is_strict_and_describes_everything(void **state)
{
	json_t *definition;
	const char *name;

	(void)state;
	assert_non_null(json_object_get(schema, "description"));
	check_described("top", schema);
	json_object_foreach(json_object_get(schema, "$defs"), name, definition)
		check_described(name, definition);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_lines),
		cmocka_unit_test(a_start_says_what_is_followed),
		cmocka_unit_test(lifecycle_lines),
		cmocka_unit_test(a_process_that_is_not_known_is_null),
		cmocka_unit_test(every_step_is_a_line),
		cmocka_unit_test(interrupt_lines),
		cmocka_unit_test(reports),
		cmocka_unit_test(an_irqfd_has_signallers_and_no_irq),
		cmocka_unit_test(a_line_has_all_hops),
		cmocka_unit_test(a_hop_that_is_not_attached_is_null),
		cmocka_unit_test(in_flight_is_null_without_accept_or_eoi),
		cmocka_unit_test(a_report_without_vectors_has_an_empty_list),
		cmocka_unit_test(a_summary_says_what_a_recording_lacks),
		cmocka_unit_test(a_summary_says_what_never_fired),
		cmocka_unit_test(every_mode_is_a_line),
		cmocka_unit_test(hostile_names_are_harmless),
		cmocka_unit_test(hostile_reasons_are_harmless),
		cmocka_unit_test(a_name_without_an_end_is_cut),
		cmocka_unit_test(out_of_memory_is_an_error_line),
		cmocka_unit_test(a_fault_is_an_error_line),
		cmocka_unit_test(a_fault_over_a_hostile_name_is_an_error_line),
		cmocka_unit_test(the_schema_has_the_hops_and_stages),
		cmocka_unit_test(the_schema_has_the_hops_of_each_stage),
		cmocka_unit_test(the_schema_has_the_figures),
		cmocka_unit_test(the_schema_has_the_lifecycle_events),
		cmocka_unit_test(the_schema_takes_back_the_same_ends),
		cmocka_unit_test(the_schema_has_the_ends_and_causes),
		cmocka_unit_test(the_schema_has_the_modes),
		cmocka_unit_test(the_schema_has_the_exit_codes),
		cmocka_unit_test(the_schema_has_its_number),
		cmocka_unit_test(the_schema_is_strict_and_describes_everything),
	};

	return cmocka_run_group_tests_name("json", tests, load_schema, unload_schema);
}
