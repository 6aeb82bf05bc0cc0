// SPDX-License-Identifier: GPL-2.0-only
#include "documents.h"
#include "fake.h"

#include "../../user/model/lifecycle.h"
#include "../../user/model/lint.h"

#include <ctype.h>
#include <errno.h>

#define DEVICE	"83b8f4f2-509f-382f-3c1e-e6bfe0fa1001"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A lint, the steps that it is fed with, and what it finds. */
struct test {
	struct lint *lint;
	__u64 now;
	struct lint_finding findings[64];
	size_t count;
	bool unwanted;
	__u64 mark;
};

static bool on_finding(void *context, const struct lint_finding *finding)
{
	struct test *test = context;

	assert_true(test->count < COUNT(test->findings));
	test->findings[test->count++] = *finding;
	return !test->unwanted;
}

static struct test *test_begin(void)
{
	struct test *test = calloc(1, sizeof(*test));

	assert_non_null(test);
	test->lint = lint_new(on_finding, test);
	assert_non_null(test->lint);
	return test;
}

static void test_done(struct test *test)
{
	lint_free(test->lint);
	free(test);
}

#define IRQ	30
#define SLOT	2
#define PASID	0x100
#define EVENTFD	7
#define PID	178
#define EMULATED	4

static struct imstrace_lifecycle make(struct test *test, enum imstrace_step step, __u32 vector)
{
	struct imstrace_lifecycle record = {
		.time = test->now += 10, .step = step, .id = vector, .device = DEVICE,
		.vector = vector, .irq = IRQ + vector, .slot = SLOT + vector,
		.pasid = IMSTRACE_NONE, .eventfd_id = IMSTRACE_NONE, .pid = PID,
	};

	return record;
}

/*
 * What a life is written in: words between blanks, each a step of vector 0, or of 4 where it is
 * emulated, or more words. After a word, in this order:
 *
 *	@N	of vector N; of index 5 are those of the index
 *	+N	with the eventfd or PASID that many after the usual one
 *	-	without it
 *	~	of another device, with the same beginning
 *	!E	it fails with that error
 *	:FSRB	of a stray: what of its vector's state is known (from start, slot, requested, bound)
 *
 * The name of a finding is a life that has it: see lives.
 */
enum {
	IN_PASID = 1, IN_EVENTFD = 2, NO_IRQ = 4, NO_SLOT = 8, OF_INDEX = 16,
	NEITHER = NO_IRQ | NO_SLOT,
};

static const struct word {
	const char *name;
	enum imstrace_step step;
	unsigned int flags;
	const char *words;
	enum imstrace_hop hop;
} words[] = {
	{ "alloc", .step = STEP_SLOT_ALLOC, .flags = IN_PASID },
	{ "msg", .step = STEP_MSG_WRITE },
	{ "pasid", .step = STEP_AUXDATA_WRITE, .flags = IN_PASID },
	{ "wipe", .step = STEP_AUXDATA_WRITE },
	{ "irq", .step = STEP_IRQ_REQUEST },
	{ "irq_free", .step = STEP_IRQ_FREE },
	{ "free_slot", .step = STEP_SLOT_FREE },
	{ "bypass", .step = STEP_BYPASS_REGISTER, .flags = IN_EVENTFD },
	{ "no_bypass", .step = STEP_BYPASS_UNREGISTER, .flags = IN_EVENTFD },
	{ "bind", .step = STEP_VECTOR_BIND, .flags = IN_EVENTFD },
	{ "unbind", .step = STEP_VECTOR_UNBIND, .flags = IN_EVENTFD },
	{ "known", .step = STEP_KNOWN },
	{ "enable", .step = STEP_INDEX_ENABLE, .flags = NEITHER | OF_INDEX },
	{ "disable", .step = STEP_INDEX_DISABLE, .flags = NEITHER | OF_INDEX },
	{ "signal", .step = STEP_STRAY, .flags = IN_EVENTFD, .hop = HOP_SIGNAL },
	{ "interrupt", .step = STEP_STRAY, .hop = HOP_IRQ },
	/* Of an emulated vector. */
	{ "e_known", .step = STEP_KNOWN, .flags = NEITHER },
	{ "e_bind", .step = STEP_VECTOR_BIND, .flags = NEITHER | IN_EVENTFD },
	{ "e_unbind", .step = STEP_VECTOR_UNBIND, .flags = NEITHER | IN_EVENTFD },
	{ "e_signal", .step = STEP_STRAY, .flags = NEITHER | IN_EVENTFD, .hop = HOP_SIGNAL },
	/* Of a plain vfio-pci vector. */
	{ "pci_irq", .step = STEP_IRQ_REQUEST, .flags = NO_SLOT },
	{ "pci_bind", .step = STEP_VECTOR_BIND, .flags = NO_SLOT },
	{ "pci_bypass", .step = STEP_BYPASS_REGISTER, .flags = NO_SLOT },
	{ "pci_no_bypass", .step = STEP_BYPASS_UNREGISTER, .flags = NO_SLOT },
	{ "pci_irq_free", .step = STEP_IRQ_FREE, .flags = NO_SLOT },
	{ "pci_unbind", .step = STEP_VECTOR_UNBIND, .flags = NO_SLOT },
	{ "pci_known", .step = STEP_KNOWN, .flags = NO_SLOT },
	{ "pci_posted", .step = STEP_POSTED, .flags = NO_SLOT },
	{ "pci_unposted", .step = STEP_UNPOSTED, .flags = NO_SLOT },
	/* All of a vector's setting up, and of its tearing down, as the library does it. */
	{ "request", .words = "msg pasid irq" },
	{ "set_up", .words = "alloc request bypass bind" },
	{ "free_irq", .words = "wipe irq_free" },
	{ "tear_down", .words = "no_bypass free_irq free_slot unbind" },
};

static const struct {
	const char *name;
	int number;
} errors[] = {
	{ "ENOSPC", ENOSPC }, { "ENOMEM", ENOMEM }, { "EBUSY", EBUSY }, { "EBADF", EBADF },
	{ "ENOENT", ENOENT },
};

/* Each finding in a life that is in order but for it, and goes on after it. */
static const char *const lives[LINT_COUNT] = {
	[LINT_SIGNAL_BEFORE_REQUEST] = "alloc signal:FS request bypass bind tear_down",
	[LINT_SIGNAL_AFTER_FREE] = "set_up no_bypass free_irq signal:FSB free_slot unbind",
	[LINT_SIGNAL_UNBOUND] = "set_up no_bypass unbind signal:FSR free_irq free_slot",
	[LINT_INTERRUPT_BEFORE_PASID] = "alloc irq bypass bind interrupt:FSRB pasid tear_down",
	[LINT_PASID_CHANGED] = "set_up pasid+1 tear_down",
	[LINT_PASID_WRONG] = "alloc pasid+1 request bypass bind tear_down",
	[LINT_PASID_AFTER_FREE] = "set_up no_bypass irq_free free_slot unbind",
	[LINT_PRODUCER_AT_FREE] = "set_up free_irq no_bypass free_slot unbind",
	/* Its slot is freed late: it has been told by then. */
	[LINT_SLOT_LEAKED] = "set_up no_bypass free_irq unbind disable free_slot",
	[LINT_IRQ_LEAKED] = "set_up no_bypass unbind disable free_irq free_slot",
	[LINT_EVENTFD_LEAKED] = "set_up no_bypass free_irq free_slot disable unbind",
	[LINT_DOUBLE_BIND] = "set_up bind tear_down",
	[LINT_DOUBLE_ALLOC] = "set_up no_bypass free_irq unbind set_up tear_down",
	[LINT_DOUBLE_REQUEST] = "set_up irq tear_down",
	[LINT_DOUBLE_REGISTER] = "set_up bypass tear_down",
	[LINT_REQUEST_WITHOUT_SLOT] = "set_up tear_down irq irq_free",
	[LINT_REGISTER_WITHOUT_IRQ] = "alloc bypass request bind tear_down",
	[LINT_BIND_WITHOUT_IRQ] = "alloc irq!EBUSY bind unbind free_slot",
	[LINT_BIND_DISABLED] = "set_up tear_down disable set_up tear_down",
	[LINT_FREE_WITHOUT_ALLOC] = "set_up tear_down free_slot",
	[LINT_FREE_WITHOUT_REQUEST] = "set_up no_bypass free_irq irq_free free_slot unbind",
	[LINT_SLOT_FREED_LIVE] = "set_up no_bypass wipe free_slot irq_free unbind",
	[LINT_UNREGISTER_WITHOUT_REGISTER] = "set_up no_bypass tear_down",
	[LINT_UNBIND_WITHOUT_BIND] = "set_up tear_down unbind",
};

static void step(struct test *test, const struct word *word, __u32 vector, const char *rest)
{
	struct imstrace_lifecycle record = make(test, word->step, vector);
	__u32 more = 0;

	if (*rest == '+')
		more = strtoul(rest + 1, (char **)&rest, 10);
	if (*rest == '-')
		rest++;
	else if (word->flags & IN_PASID)
		record.pasid = PASID + more;
	else if (word->flags & IN_EVENTFD)
		record.eventfd_id = EVENTFD + more;
	if (*rest == '~')
		record.device[35] = '2', rest++;
	if (*rest == '!') {
		for (size_t i = 0; i < COUNT(errors); i++)
			if (!strcmp(rest + 1, errors[i].name))
				record.ret = -errors[i].number;
		assert_int_not_equal(record.ret, 0);
		rest = "";
	}
	if (*rest == ':') {
		while (*++rest)
			record.state |= *rest == 'F' ? STATE_FROM_START :
				*rest == 'S' ? STATE_SLOT :
				*rest == 'R' ? STATE_REQUESTED : STATE_BOUND;
	}
	assert_string_equal(rest, "");
	if (word->flags & NO_IRQ || (word->step == STEP_SLOT_ALLOC && record.ret))
		record.irq = IMSTRACE_NONE;
	if (word->flags & NO_SLOT || (word->step == STEP_SLOT_ALLOC && record.ret))
		record.slot = IMSTRACE_NONE;
	if (word->flags & OF_INDEX)
		record.id = IMSTRACE_NONE;
	record.hop = word->hop;
	lint_step(test->lint, &record);
}

/* What is no step: what is asked and told of the lint, and of the test. */
static bool command(struct test *test, const char *name, const char *rest)
{
	if (!strcmp(name, "mark"))		/* the finding is of this time */
		test->mark = test->now;
	else if (!strcmp(name, "told"))		/* so much has been found by now */
		assert_int_equal(test->count, atoi(rest + 1));
	else if (!strcmp(name, "no_pasid"))	/* the finding of this number, from 1 on */
		assert_int_equal(test->findings[atoi(rest + 1) - 1].pasid, IMSTRACE_NONE);
	else if (!strcmp(name, "forget"))
		test->count = 0;
	else if (!strcmp(name, "stop"))
		lint_stop(test->lint, test->now);
	else if (!strcmp(name, "doubt"))
		lint_doubt(test->lint, *rest ? strtoul(rest + 1, NULL, 10) : test->now);
	else
		return false;
	return true;
}

static void live_of(struct test *test, const char *text, __u32 vector)
{
	char copy[2048], *left = copy, *text_word;

	assert_true(strlen(text) < sizeof(copy));
	strcpy(copy, text);
	while ((text_word = strsep(&left, " "))) {
		size_t len = strspn(text_word, "abcdefghijklmnopqrstuvwxyz_");
		const struct word *word = NULL;
		char name[64], *rest = text_word + len;
		const char *inner = NULL;
		__u32 of = vector;

		if (!*text_word)
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)len, text_word);
		for (size_t i = 0; i < COUNT(words); i++)
			if (!strcmp(words[i].name, name))
				word = &words[i];
		if (word)
			inner = word->words;
		for (unsigned int rule = 0; rule < LINT_COUNT; rule++)
			if (!strcmp(lint_name(rule), name))
				inner = lives[rule];
		if (word && word->flags & OF_INDEX)
			of = 5;
		else if (!strncmp(name, "e_", 2))
			of = EMULATED;
		if (*rest == '@' && word)
			of = strtoul(rest + 1, &rest, 10);
		if (inner)
			live_of(test, inner, of);
		else if (word)
			step(test, word, of, rest);
		else if (!command(test, name, rest))
			fail_msg("%s is no word", text_word);
	}
}

static void live(struct test *test, const char *text)
{
	live_of(test, text, 0);
}

static struct lint_verdict judge(struct test *test)
{
	struct lint_verdict verdict = { .time = test->now, .steps = 1 };

	lint_end(test->lint);
	lint_judge(test->lint, &verdict);
	return verdict;
}

/* A case: a life, and what is found, by name and in this order. */
static const struct lint_case {
	const char *name, *steps, *found;
} cases[] = {
	/* Its eventfd is replaced in place. */
	{ "a_known_vector_is_torn_down_and_set_up",
	  "known no_bypass unbind bypass bind tear_down disable enable set_up tear_down disable", "" },
	/* It was bound in the moment that imstrace looked: its binding is told after that. */
	{ "a_vector_that_is_bound_while_it_is_found", "e_known e_bind e_unbind disable", "" },
	{ "a_known_vector_that_is_set_up_anew_is_judged", "known tear_down pasid_after_free",
	  "pasid_after_free" },
	/* An irq moves to another CPU; one is unbound and bound while the others run. */
#define ROUND "enable set_up set_up@1 set_up@2 set_up@3 e_bind msg@2 tear_down@1 set_up@1 "	\
	"tear_down@3 tear_down@2 tear_down@1 tear_down e_unbind disable "
	{ "lives_in_order", ROUND ROUND ROUND, "" },
#undef ROUND
	{ "without_a_pasid", "alloc- irq bind interrupt:FSR unbind irq_free free_slot", "" },
	/* request_irq() with IRQF_NO_AUTOEN: the chip's startup runs in enable_irq(). */
	{ "started_later", "alloc irq pasid bind unbind free_irq free_slot", "" },
	{ "another_pasid_in_another_life",
	  "set_up tear_down alloc+1 pasid+1 irq bind unbind free_irq free_slot", "" },
#define REPLACE "no_bypass unbind bypass bind "
	{ "replaced_in_place",
	  "enable set_up e_bind+10 " REPLACE "e_unbind+10 e_bind+11 " REPLACE "e_unbind+11 e_bind+12 "
	  REPLACE "e_unbind+12 e_bind+13 tear_down e_unbind+13 disable", "" },
#undef REPLACE
	/* The software that signals an emulated vector does not wait for what is told of it. */
	{ "signalled_between_unbind_and_bind", "e_bind e_unbind e_signal+1:F e_bind+1 e_unbind+1", "" },
	/* But what is bound next is another eventfd. */
	{ "an_eventfd_of_before_is_signalled", "e_bind e_unbind e_signal:F mark e_bind+1",
	  "signal_unbound" },
	{ "an_eventfd_of_before_is_signalled_at_the_end", "e_bind e_unbind e_signal:F mark",
	  "signal_unbound" },
	{ "an_eventfd_is_signalled_when_the_index_is_disabled",
	  "e_bind e_unbind e_signal:F disable told=1", "signal_unbound" },
	/* The programs tell of it before they tell of the step that led there. */
	{ "a_signal_overtakes_the_step", "set_up no_bypass wipe signal:FSB irq_free free_slot unbind",
	  "signal_after_free" },
	/*
	 * No slot; no vector of a CPU; an irq that had been started already; no bypass, which is no
	 * failure; and what is bound already is not touched by what fails.
	 */
#define ROUND "alloc!ENOSPC bind!ENOSPC alloc irq!ENOSPC free_slot bind!ENOSPC "		\
	"alloc msg pasid wipe irq!ENOMEM free_slot bind!ENOMEM "				\
	"alloc request bypass!EBUSY bind bind-!EBADF no_bypass!ENOENT free_irq free_slot unbind "
	{ "failed_binds_that_are_undone", "enable " ROUND ROUND "disable", "" },
#undef ROUND
	{ "a_failed_bind_that_leaks_its_slot", "enable alloc irq!ENOSPC bind!ENOSPC disable mark",
	  "slot_leaked" },
	/* The device is disabled by its release, for the client has just died. */
	{ "a_killed_client",
	  "enable set_up tear_down disable disable enable set_up tear_down disable", "" },
	{ "a_producer_of_vfio_pci_at_free", "pci_irq pci_bind pci_bypass pci_irq_free mark pci_unbind",
	  "producer_at_free" },
	{ "what_was_found_before_a_gap_stands", "producer_at_free doubt set_up tear_down",
	  "producer_at_free" },
	{ "an_earlier_doubt_does_not_end_a_later_one", "doubt=10000 doubt=20 producer_at_free", "" },
	/* The programs are detached one by one. */
	{ "after_the_end_nothing_is_judged", "enable set_up stop set_up disable", "" },
	{ "a_binding_after_the_end_still_explains_a_signal",
	  "e_bind e_unbind e_signal+1:F stop e_bind+1", "" },
	/* Of the other device no irq was seen to be requested. */
	{ "devices_are_not_mixed_up", "enable set_up disable~ bind~ tear_down disable", "" },
	/* After the chip has wiped it; and of a slot that is freed again, it is told once. */
	{ "a_pasid_is_written_back",
	  "pasid_after_free set_up no_bypass free_irq pasid free_slot free_slot unbind "
	  "no_pasid=3", "pasid_after_free pasid_after_free free_without_alloc" },
	{ "a_pasid_is_written_to_a_slot_that_is_free", "set_up tear_down pasid", "pasid_wrong" },
	/* What the first slot had is not the second one's. */
	{ "a_second_slot_has_no_pasid", "set_up alloc+1 interrupt:FSR no_pasid=2 pasid+1 tear_down",
	  "double_alloc interrupt_before_pasid" },
	{ "a_signal_is_before_the_request_of_its_own_life", "set_up tear_down signal_before_request",
	  "signal_before_request" },
	{ "an_emulated_vector_becomes_another_kind",
	  "e_bind@0 e_unbind@0 signal_before_request e_bind@0 e_unbind@0", "signal_before_request" },
	{ "an_emulated_vector_is_bound_while_disabled", "enable disable e_bind e_unbind",
	  "bind_disabled" },
	{ "never_registered", "alloc request bind tear_down", "unregister_without_register" },
	/* What is leaked for ever is told once. */
	{ "leaks_are_told_once",
	  "enable set_up disable e_bind alloc@1 forget disable enable disable enable disable "
	  "enable set_up tear_down disable", "slot_leaked eventfd_leaked" },
	/* Some of its life has been seen, and not the part that is asked for. */
	{ "half_known_vectors", "bind signal:FB irq@1 signal@1:FR msg@1", "" },
	{ "a_failed_binding_explains_no_signal", "e_bind e_unbind e_signal:F e_bind!ENOMEM",
	  "signal_unbound" },
};

static void end(struct test *test, const char *expected)
{
	struct lint_verdict verdict = judge(test);
	char found[1024] = "";

	for (size_t i = 0; i < test->count; i++) {
		strcat(strcat(found, i ? " " : ""), lint_name(test->findings[i].rule));
		assert_string_equal(test->findings[i].device, DEVICE);
	}
	assert_string_equal(found, expected);
	assert_int_equal(verdict.result, *expected ? LINT_FOUND : LINT_CLEAN);
	if (test->count < 2)
		assert_int_equal(verdict.count, test->count);
	if (test->count == 1) {
		assert_int_equal(verdict.tallies[0].count, 1);
		assert_int_equal(verdict.tallies[0].first.rule, test->findings[0].rule);
	}
	if (test->mark)
		assert_int_equal(test->findings[0].time, test->mark);
}

static void run_case(void **state)
{
	const struct lint_case *of = *state;
	struct test *test = test_begin();

	live(test, of->steps);
	end(test, of->found);
	test_done(test);
}

static void every_defect_is_found(void **state)
{
	(void)state;
	for (unsigned int rule = 0; rule < LINT_COUNT; rule++) {
		struct test *test = test_begin();

		/* The other vectors, before and after, don't matter. */
		live(test, "enable set_up@1 e_bind+1");
		live(test, lives[rule]);
		/* A life that is in order is none of its. */
		live(test, "disable enable set_up tear_down");
		if (rule != LINT_BIND_DISABLED && rule < LINT_SLOT_LEAKED)
			assert_int_equal(test->findings[0].vector, 0);
		/* Of vectors 1 and 4, which were bound when the index was disabled. */
		for (size_t i = 0; i < test->count; i++) {
			if (test->findings[i].vector == 0)
				continue;
			test->findings[i--] = test->findings[--test->count];
		}
		if (test->count != 1 || test->findings[0].rule != rule)
			fail_msg("%s: %zu findings, the first is %s", lint_name(rule), test->count,
				 test->count ? lint_name(test->findings[0].rule) : "none");
		test_done(test);
	}
}

static void a_defect_alone_is_the_only_finding(void **state)
{
	(void)state;
	for (unsigned int rule = 0; rule < LINT_COUNT; rule++) {
		struct test *test = test_begin();

		live(test, "enable");
		live(test, lives[rule]);
		end(test, lint_name(rule));
		test_done(test);
	}
}

/* Nothing is known of a vector: any of it may be the end of something that was before. */
static void known_vectors_are_not_judged(void **state)
{
	static const char *const steps[] = {
		"irq", "irq_free", "free_slot", "bypass-", "no_bypass-", "bind-", "unbind-", "wipe",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(steps); i++) {
		struct test *test = test_begin();

		/* Whatever it was before is of no meaning any more. */
		live(test, "set_up known signal interrupt");
		live(test, steps[i]);
		end(test, "");
		test_done(test);
	}
}

static void plain_vfio_pci(void **state)
{
	static const char *const steps[] = {
		"pci_irq", "pci_bind", "pci_bypass", "pci_no_bypass", "pci_irq_free", "pci_unbind",
	};

	(void)state;
	/* Whole lives, and then every life from which one step is missing. */
	for (size_t missing = 0; missing <= COUNT(steps); missing++) {
		struct test *test;

		/* That one is a finding, and looks like it. */
		if (missing == 3)
			continue;
		test = test_begin();
		for (size_t i = 0; i < 3 * COUNT(steps); i++)
			if (i != COUNT(steps) + missing)
				live(test, steps[i % COUNT(steps)]);
		live(test, "pci_known pci_posted pci_unposted pci_irq!ENOSPC pci_bypass!EBUSY pci_irq_free");
		end(test, "");
		test_done(test);
	}
}

/* Of every step of a life: what is before it is lost, and what is left is in order. */
static void nothing_is_judged_by_half(void **state)
{
	(void)state;
	for (unsigned int rule = 0; rule <= LINT_COUNT; rule++) {
		struct test *test = test_begin();

		live(test, "doubt=10000 enable");
		if (rule < LINT_COUNT)
			live(test, lives[rule]);
		live(test, "set_up");
		/* As much as is in doubt. */
		assert_true(test->now < 10000);
		test->now = 10000;
		live(test, "tear_down disable");
		end(test, "");
		test_done(test);
	}
}

static void gaps_anywhere(void **state)
{
	__u64 random = 1;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct test *test = test_begin();
		struct imstrace_lifecycle steps[64];
		size_t count = 0, from, to;

		/* A life of two bindings and a replacement in place, as a list. */
		for (int life = 0; life < 2; life++) {
			static const enum imstrace_step order[] = {
				STEP_INDEX_ENABLE, STEP_SLOT_ALLOC, STEP_MSG_WRITE,
				STEP_AUXDATA_WRITE, STEP_IRQ_REQUEST, STEP_BYPASS_REGISTER,
				STEP_VECTOR_BIND, STEP_BYPASS_UNREGISTER, STEP_VECTOR_UNBIND,
				STEP_BYPASS_REGISTER, STEP_VECTOR_BIND, STEP_BYPASS_UNREGISTER,
				STEP_AUXDATA_WRITE, STEP_IRQ_FREE, STEP_SLOT_FREE,
				STEP_VECTOR_UNBIND, STEP_INDEX_DISABLE,
			};

			for (size_t i = 0; i < COUNT(order); i++) {
				struct imstrace_lifecycle *step = &steps[count++];
				bool of_index = lifecycle_of_index(order[i]);

				*step = make(test, order[i], of_index ? 5 : 0);
				if (of_index)
					step->irq = step->slot = IMSTRACE_NONE;
				/* Written at startup, wiped at shutdown; asked for before. */
				if (order[i] == STEP_SLOT_ALLOC || i == 3)
					step->pasid = PASID;
			}
		}
		from = random_next(&random) % count;
		to = from + random_next(&random) % (count - from);
		for (size_t i = 0; i < count; i++) {
			if (i == to)
				lint_doubt(test->lint, steps[i].time - 1);
			if (i < from || i >= to)
				lint_step(test->lint, &steps[i]);
		}
		end(test, "");
		test_done(test);
	}
}

/* It is what a gap that nobody knows of looks like: else the test above shows nothing. */
static void a_gap_that_is_not_told_is_a_finding(void **state)
{
	struct test *test = test_begin();

	(void)state;
	live(test, "set_up set_up");
	assert_true(test->count > 0);
	test_done(test);
}

/* No number of what it was before, nor one that it never had. */
static void a_finding_has_no_numbers_that_are_not_its_own(void **state)
{
	struct test *test = test_begin();

	(void)state;
	live(test, "set_up e_known@0 e_bind@0 e_bind@0 e_bind@1 e_bind@1");
	assert_int_equal(test->count, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(test->findings[i].irq, IMSTRACE_NONE);
		assert_int_equal(test->findings[i].slot, IMSTRACE_NONE);
		assert_int_equal(test->findings[i].pasid, IMSTRACE_NONE);
		assert_int_equal(test->findings[i].eventfd_id, EVENTFD);
	}
	test_done(test);
}

static void a_finding_says_of_what(void **state)
{
	struct test *test = test_begin();
	const struct lint_finding *finding = test->findings;

	(void)state;
	live(test, "set_up@3 pasid@3+1");
	assert_int_equal(test->count, 1);
	assert_int_equal(finding->rule, LINT_PASID_CHANGED);
	assert_int_equal(finding->time, test->now);
	assert_int_equal(finding->id, 3);
	assert_string_equal(finding->device, DEVICE);
	assert_int_equal(finding->vector, 3);
	assert_int_equal(finding->irq, IRQ + 3);
	assert_int_equal(finding->slot, SLOT + 3);
	assert_int_equal(finding->pasid, PASID + 1);
	assert_int_equal(finding->eventfd_id, EVENTFD);
	assert_int_equal(finding->pid, PID);
	test_done(test);
}

static void findings_are_counted(void **state)
{
	struct test *test = test_begin();
	struct lint_verdict verdict;

	(void)state;
	live(test, "producer_at_free producer_at_free producer_at_free pasid_changed");
	live(test, "set_up@1 pasid@1+1");
	verdict = judge(test);
	assert_int_equal(verdict.result, LINT_FOUND);
	assert_int_equal(verdict.count, 3);
	assert_int_equal(verdict.tallies[0].first.rule, LINT_PRODUCER_AT_FREE);
	assert_int_equal(verdict.tallies[0].count, 3);
	assert_int_equal(verdict.tallies[0].first.time, test->findings[0].time);
	assert_int_equal(verdict.tallies[1].first.rule, LINT_PASID_CHANGED);
	assert_int_equal(verdict.tallies[1].count, 1);
	assert_int_equal(verdict.tallies[2].first.vector, 1);
	test_done(test);
}

static void what_is_not_wanted_does_not_count(void **state)
{
	struct test *test = test_begin();
	struct lint_verdict verdict;

	(void)state;
	test->unwanted = true;
	live(test, "producer_at_free");
	assert_int_equal(test->count, 1);
	verdict = judge(test);
	assert_int_equal(verdict.result, LINT_CLEAN);
	assert_int_equal(verdict.count, 0);
	test_done(test);
}

static void verdicts_are_given(void **state)
{
	static const struct {
		bool defect;
		struct lint_verdict verdict;
		enum lint_result result;
	} verdicts[] = {
		{ false, { .steps = 1 }, LINT_CLEAN },
		{ false, { .steps = 0 }, LINT_INCONCLUSIVE },
		{ false, { .steps = 1, .lost_lifecycle = 1 }, LINT_INCONCLUSIVE },
		{ false, { .steps = 1, .lost_vectors = 1 }, LINT_INCONCLUSIVE },
		{ true, { .steps = 1 }, LINT_FOUND },
		{ true, { .steps = 1, .lost_lifecycle = 1, .lost_vectors = 1 }, LINT_FOUND },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(verdicts); i++) {
		struct test *test = test_begin();
		struct lint_verdict verdict = verdicts[i].verdict;

		live(test, verdicts[i].defect ? "set_up bind" : "set_up");
		lint_judge(test->lint, &verdict);
		assert_int_equal(verdict.result, verdicts[i].result);
		test_done(test);
	}
	assert_string_equal(lint_result_name(LINT_CLEAN), "clean");
	assert_string_equal(lint_result_name(LINT_FOUND), "found");
	assert_string_equal(lint_result_name(LINT_INCONCLUSIVE), "inconclusive");
	assert_string_equal(lint_result_name(3), "?");
}

/* No kernel sends these; a recorded file may. */
static void hostile_records(void **state)
{
	struct test *test = test_begin();
	__u64 random = 2;

	(void)state;
	test->unwanted = true;
	for (int i = 0; i < 20000; i++) {
		struct imstrace_lifecycle record;
		__u64 *words = (__u64 *)&record;

		for (size_t word = 0; word < sizeof(record) / 8; word++)
			words[word] = random_next(&random);
		record.step %= STEP_COUNT + 2;
		record.ret &= random_next(&random) & 1;
		record.hop %= HOP_COUNT + 2;
		if (random_next(&random) % 4) {
			memset(record.device, 0, sizeof(record.device));
			record.device[0] = 'a' + random_next(&random) % 3;
			record.vector %= 3;
		}
		if (record.step == STEP_KNOWN && random_next(&random) & 1)
			record.vector = IMSTRACE_NONE;
		test->count = 0;
		lint_step(test->lint, &record);
	}
	test->count = 0;
	lint_end(test->lint);
	test_done(test);
}

/* The names are an interface, and each text one sentence, or the rest of one. */
static void findings_are_described(void **state)
{
	(void)state;
	for (unsigned int rule = 0; rule < LINT_COUNT; rule++) {
		const char *name = lint_name(rule), *what = lint_what(rule);
		const char *remedy = lint_remedy(rule);

		for (const char *c = name; *c; c++)
			assert_true(islower(*c) || *c == '_');
		for (unsigned int other = 0; other < rule; other++) {
			assert_string_not_equal(name, lint_name(other));
			assert_string_not_equal(what, lint_what(other));
		}
		assert_true(islower(*what));
		assert_true(isupper(*remedy));
		assert_true(what[strlen(what) - 1] != '.' && remedy[strlen(remedy) - 1] != '.');
	}
	assert_string_equal(lint_name(LINT_COUNT), "?");
	assert_string_equal(lint_what(LINT_COUNT), "?");
	assert_string_equal(lint_remedy(-1), "?");
	assert_string_equal(lint_name(LINT_SIGNAL_BEFORE_REQUEST), "signal_before_request");
}

static void docs_have_each_finding(void **state)
{
	char *text = read_file("docs/lint.md"), *at;
	size_t sections = 0;

	(void)state;
	join_lines(text);
	for (at = text; (at = strstr(at, "\n### ")); at++)
		sections++;
	assert_int_equal(sections, LINT_COUNT);
	at = text;
	for (unsigned int rule = 0; rule < LINT_COUNT; rule++) {
		char heading[64], sentence[256];

		/* In the table's order, and in its words. */
		snprintf(heading, sizeof(heading), "\n### %s ", lint_name(rule));
		at = strstr(at, heading);
		if (!at)
			fail_msg("docs/lint.md has no section %s, or not in its place",
				 lint_name(rule));
		snprintf(sentence, sizeof(sentence), "%s %c%s. %s.", lint_name(rule),
			 toupper(*lint_what(rule)), lint_what(rule) + 1, lint_remedy(rule));
		if (strncmp(at + strlen("\n### "), sentence, strlen(sentence)))
			fail_msg("docs/lint.md says otherwise than: %s", sentence);
	}
	free(text);
}

static void the_schema_has_each_finding(void **state)
{
	char *text = read_file("docs/schema/imstrace-1.json");

	(void)state;
	for (unsigned int rule = 0; rule < LINT_COUNT; rule++) {
		char quoted[64];

		snprintf(quoted, sizeof(quoted), "\"%s\"", lint_name(rule));
		if (!strstr(text, quoted))
			fail_msg("docs/schema has no %s", quoted);
	}
	free(text);
}

int main(void)
{
	static struct CMUnitTest tests[COUNT(cases) + 16] = {
		cmocka_unit_test(every_defect_is_found),
		cmocka_unit_test(a_defect_alone_is_the_only_finding),
		cmocka_unit_test(known_vectors_are_not_judged),
		cmocka_unit_test(plain_vfio_pci),
		cmocka_unit_test(nothing_is_judged_by_half),
		cmocka_unit_test(gaps_anywhere),
		cmocka_unit_test(a_gap_that_is_not_told_is_a_finding),
		cmocka_unit_test(a_finding_has_no_numbers_that_are_not_its_own),
		cmocka_unit_test(a_finding_says_of_what),
		cmocka_unit_test(findings_are_counted),
		cmocka_unit_test(what_is_not_wanted_does_not_count),
		cmocka_unit_test(verdicts_are_given),
		cmocka_unit_test(hostile_records),
		cmocka_unit_test(findings_are_described),
		cmocka_unit_test(docs_have_each_finding),
		cmocka_unit_test(the_schema_has_each_finding),
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		tests[16 + i] = (struct CMUnitTest) {
			.name = cases[i].name, .test_func = run_case,
			.initial_state = (void *)&cases[i],
		};
	return cmocka_run_group_tests_name("lint", tests, NULL, NULL);
}
