// SPDX-License-Identifier: GPL-2.0-only
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

static struct imstrace_lifecycle make(struct test *test, enum imstrace_step step, __u32 vector)
{
	struct imstrace_lifecycle record = {
		.time = test->now += 10, .step = step, .id = vector, .device = DEVICE,
		.vector = vector, .irq = IRQ + vector, .slot = SLOT + vector,
		.pasid = IMSTRACE_NONE, .eventfd_id = IMSTRACE_NONE, .pid = PID,
	};

	return record;
}

static void feed(struct test *test, const struct imstrace_lifecycle *record)
{
	lint_step(test->lint, record);
}

/* A word for each step, so that a life reads as one. */
static void alloc_with(struct test *test, __u32 vector, __u32 pasid, int ret)
{
	struct imstrace_lifecycle record = make(test, STEP_SLOT_ALLOC, vector);

	record.pasid = pasid;
	record.ret = ret;
	if (ret)
		record.irq = record.slot = IMSTRACE_NONE;
	feed(test, &record);
}

static void alloc(struct test *test, __u32 vector)
{
	alloc_with(test, vector, PASID, 0);
}

static void simple(struct test *test, enum imstrace_step step, __u32 vector, int ret)
{
	struct imstrace_lifecycle record = make(test, step, vector);

	record.ret = ret;
	feed(test, &record);
}

static void auxdata(struct test *test, __u32 vector, __u32 pasid)
{
	struct imstrace_lifecycle record = make(test, STEP_AUXDATA_WRITE, vector);

	record.pasid = pasid;
	feed(test, &record);
}

static void request(struct test *test, __u32 vector)
{
	simple(test, STEP_MSG_WRITE, vector, 0);
	auxdata(test, vector, PASID);
	simple(test, STEP_IRQ_REQUEST, vector, 0);
}

static void eventfd(struct test *test, enum imstrace_step step, __u32 vector, __u32 id, int ret)
{
	struct imstrace_lifecycle record = make(test, step, vector);

	record.eventfd_id = id;
	record.ret = ret;
	feed(test, &record);
}

static void bypass(struct test *test, __u32 vector)
{
	eventfd(test, STEP_BYPASS_REGISTER, vector, EVENTFD, 0);
}

static void no_bypass(struct test *test, __u32 vector)
{
	eventfd(test, STEP_BYPASS_UNREGISTER, vector, EVENTFD, 0);
}

static void bind(struct test *test, __u32 vector)
{
	eventfd(test, STEP_VECTOR_BIND, vector, EVENTFD, 0);
}

static void unbind(struct test *test, __u32 vector)
{
	eventfd(test, STEP_VECTOR_UNBIND, vector, EVENTFD, 0);
}

static void free_irq(struct test *test, __u32 vector)
{
	auxdata(test, vector, IMSTRACE_NONE);
	simple(test, STEP_IRQ_FREE, vector, 0);
}

static void free_slot(struct test *test, __u32 vector)
{
	simple(test, STEP_SLOT_FREE, vector, 0);
}

/* All of a vector's setting up, and of its tearing down, as the library does it. */
static void set_up(struct test *test, __u32 vector)
{
	alloc(test, vector);
	request(test, vector);
	bypass(test, vector);
	bind(test, vector);
}

static void tear_down(struct test *test, __u32 vector)
{
	no_bypass(test, vector);
	free_irq(test, vector);
	free_slot(test, vector);
	unbind(test, vector);
}

static void index_step(struct test *test, enum imstrace_step step)
{
	struct imstrace_lifecycle record = make(test, step, 5);

	record.id = record.irq = record.slot = IMSTRACE_NONE;
	feed(test, &record);
}

static void enable(struct test *test)
{
	index_step(test, STEP_INDEX_ENABLE);
}

static void disable(struct test *test)
{
	index_step(test, STEP_INDEX_DISABLE);
}

static void emulated(struct test *test, enum imstrace_step step, __u32 vector, __u32 id)
{
	struct imstrace_lifecycle record = make(test, step, vector);

	record.irq = record.slot = IMSTRACE_NONE;
	record.eventfd_id = id;
	feed(test, &record);
}

#define EMULATED	4

static void stray(struct test *test, __u32 vector, enum imstrace_hop hop, __u32 state, __u32 id)
{
	struct imstrace_lifecycle record = make(test, STEP_STRAY, vector);

	if (vector == EMULATED)
		record.irq = record.slot = IMSTRACE_NONE;
	record.hop = hop;
	record.state = state;
	record.eventfd_id = id;
	feed(test, &record);
}

static void known(struct test *test, __u32 vector)
{
	simple(test, STEP_KNOWN, vector, 0);
}

/* Of a plain vfio-pci vector. */
static void pci(struct test *test, enum imstrace_step step, int ret)
{
	struct imstrace_lifecycle record = make(test, step, 0);

	record.slot = IMSTRACE_NONE;
	record.ret = ret;
	feed(test, &record);
}

static struct lint_verdict judge(struct test *test)
{
	struct lint_verdict verdict = { .time = test->now, .steps = 1 };

	lint_end(test->lint);
	lint_judge(test->lint, &verdict);
	return verdict;
}

static void expect_clean(struct test *test)
{
	struct lint_verdict verdict = judge(test);

	if (test->count)
		fail_msg("%s of vector %u, at step %u", lint_name(test->findings[0].rule),
			 test->findings[0].vector, (unsigned int)test->findings[0].time / 10);
	assert_int_equal(verdict.result, LINT_CLEAN);
	assert_int_equal(verdict.count, 0);
	test_done(test);
}

/* That and nothing else was found, of vector 0, at @time; 0: whenever. */
static void expect_found(struct test *test, enum lint_rule rule, __u64 time)
{
	struct lint_verdict verdict = judge(test);

	if (test->count != 1 || test->findings[0].rule != rule)
		fail_msg("%zu findings, the first is %s, and %s was expected", test->count,
			 test->count ? lint_name(test->findings[0].rule) : "none", lint_name(rule));
	if (time)
		assert_int_equal(test->findings[0].time, time);
	assert_string_equal(test->findings[0].device, DEVICE);
	assert_int_equal(verdict.result, LINT_FOUND);
	assert_int_equal(verdict.count, 1);
	assert_int_equal(verdict.tallies[0].count, 1);
	assert_int_equal(verdict.tallies[0].first.rule, rule);
	test_done(test);
}

/* The faults: each in a life that is in order but for it, and goes on after it. */

static void signal_before_request(struct test *test)
{
	alloc(test, 0);
	stray(test, 0, HOP_SIGNAL, STATE_FROM_START | STATE_SLOT, EVENTFD);
	request(test, 0);
	bypass(test, 0);
	bind(test, 0);
	tear_down(test, 0);
}

static void signal_after_free(struct test *test)
{
	set_up(test, 0);
	no_bypass(test, 0);
	free_irq(test, 0);
	stray(test, 0, HOP_SIGNAL, STATE_FROM_START | STATE_SLOT | STATE_BOUND, EVENTFD);
	free_slot(test, 0);
	unbind(test, 0);
}

static void signal_unbound(struct test *test)
{
	set_up(test, 0);
	no_bypass(test, 0);
	unbind(test, 0);
	stray(test, 0, HOP_SIGNAL, STATE_FROM_START | STATE_SLOT | STATE_REQUESTED, EVENTFD);
	free_irq(test, 0);
	free_slot(test, 0);
}

static void interrupt_before_pasid(struct test *test)
{
	alloc(test, 0);
	simple(test, STEP_IRQ_REQUEST, 0, 0);
	bypass(test, 0);
	bind(test, 0);
	stray(test, 0, HOP_IRQ, STATE_FROM_START | STATE_SLOT | STATE_REQUESTED | STATE_BOUND,
	      IMSTRACE_NONE);
	auxdata(test, 0, PASID);
	tear_down(test, 0);
}

static void pasid_changed(struct test *test)
{
	set_up(test, 0);
	auxdata(test, 0, PASID + 1);
	tear_down(test, 0);
}

static void pasid_wrong(struct test *test)
{
	alloc(test, 0);
	auxdata(test, 0, PASID + 1);
	request(test, 0);
	bypass(test, 0);
	bind(test, 0);
	tear_down(test, 0);
}

static void pasid_after_free(struct test *test)
{
	set_up(test, 0);
	no_bypass(test, 0);
	simple(test, STEP_IRQ_FREE, 0, 0);
	free_slot(test, 0);
	unbind(test, 0);
}

static void producer_at_free(struct test *test)
{
	set_up(test, 0);
	free_irq(test, 0);
	no_bypass(test, 0);
	free_slot(test, 0);
	unbind(test, 0);
}

static void slot_leaked(struct test *test)
{
	set_up(test, 0);
	no_bypass(test, 0);
	free_irq(test, 0);
	unbind(test, 0);
	disable(test);
	/* Late: it has been told. */
	free_slot(test, 0);
}

static void irq_leaked(struct test *test)
{
	set_up(test, 0);
	no_bypass(test, 0);
	unbind(test, 0);
	disable(test);
	free_irq(test, 0);
	free_slot(test, 0);
}

static void eventfd_leaked(struct test *test)
{
	set_up(test, 0);
	no_bypass(test, 0);
	free_irq(test, 0);
	free_slot(test, 0);
	disable(test);
	unbind(test, 0);
}

static void double_bind(struct test *test)
{
	set_up(test, 0);
	bind(test, 0);
	tear_down(test, 0);
}

static void double_alloc(struct test *test)
{
	set_up(test, 0);
	no_bypass(test, 0);
	free_irq(test, 0);
	unbind(test, 0);
	set_up(test, 0);
	tear_down(test, 0);
}

static void double_request(struct test *test)
{
	set_up(test, 0);
	simple(test, STEP_IRQ_REQUEST, 0, 0);
	tear_down(test, 0);
}

static void double_register(struct test *test)
{
	set_up(test, 0);
	bypass(test, 0);
	tear_down(test, 0);
}

static void request_without_slot(struct test *test)
{
	set_up(test, 0);
	tear_down(test, 0);
	simple(test, STEP_IRQ_REQUEST, 0, 0);
	simple(test, STEP_IRQ_FREE, 0, 0);
}

static void register_without_irq(struct test *test)
{
	alloc(test, 0);
	bypass(test, 0);
	request(test, 0);
	bind(test, 0);
	tear_down(test, 0);
}

static void bind_without_irq(struct test *test)
{
	alloc(test, 0);
	simple(test, STEP_IRQ_REQUEST, 0, -EBUSY);
	bind(test, 0);
	unbind(test, 0);
	free_slot(test, 0);
}

static void bind_disabled(struct test *test)
{
	set_up(test, 0);
	tear_down(test, 0);
	disable(test);
	set_up(test, 0);
	tear_down(test, 0);
}

static void free_without_alloc(struct test *test)
{
	set_up(test, 0);
	tear_down(test, 0);
	free_slot(test, 0);
}

static void free_without_request(struct test *test)
{
	set_up(test, 0);
	no_bypass(test, 0);
	free_irq(test, 0);
	simple(test, STEP_IRQ_FREE, 0, 0);
	free_slot(test, 0);
	unbind(test, 0);
}

static void slot_freed_live(struct test *test)
{
	set_up(test, 0);
	no_bypass(test, 0);
	auxdata(test, 0, IMSTRACE_NONE);
	free_slot(test, 0);
	simple(test, STEP_IRQ_FREE, 0, 0);
	unbind(test, 0);
}

static void unregister_without_register(struct test *test)
{
	set_up(test, 0);
	no_bypass(test, 0);
	tear_down(test, 0);
}

static void unbind_without_bind(struct test *test)
{
	set_up(test, 0);
	tear_down(test, 0);
	unbind(test, 0);
}

static void (*const faults[LINT_COUNT])(struct test *test) = {
#define X(ENUM, name, what, remedy) [LINT_##ENUM] = name,
	IMSTRACE_LINT(X)
#undef X
};

static void every_fault_is_found(void **state)
{
	(void)state;
	for (unsigned int rule = 0; rule < LINT_COUNT; rule++) {
		struct test *test = test_begin();

		enable(test);
		/* The other vectors, before and after, don't matter. */
		set_up(test, 1);
		emulated(test, STEP_VECTOR_BIND, EMULATED, EVENTFD + 1);
		faults[rule](test);
		/* A life that is in order is none of its. */
		disable(test);
		enable(test);
		set_up(test, 0);
		tear_down(test, 0);
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

static void a_fault_alone_is_the_only_finding(void **state)
{
	(void)state;
	for (unsigned int rule = 0; rule < LINT_COUNT; rule++) {
		struct test *test = test_begin();

		enable(test);
		faults[rule](test);
		expect_found(test, rule, 0);
	}
}

/* Nothing is known of a vector: any of it may be the end of something that was before. */
static void known_vectors_are_not_judged(void **state)
{
	static const enum imstrace_step steps[] = {
		STEP_IRQ_REQUEST, STEP_IRQ_FREE, STEP_SLOT_FREE, STEP_BYPASS_REGISTER,
		STEP_BYPASS_UNREGISTER, STEP_VECTOR_BIND, STEP_VECTOR_UNBIND, STEP_AUXDATA_WRITE,
	};

	(void)state;
	for (size_t i = 0; i < COUNT(steps); i++) {
		struct test *test = test_begin();

		/* Whatever it was before is of no meaning any more. */
		set_up(test, 0);
		known(test, 0);
		stray(test, 0, HOP_SIGNAL, 0, EVENTFD);
		stray(test, 0, HOP_IRQ, 0, IMSTRACE_NONE);
		simple(test, steps[i], 0, 0);
		expect_clean(test);
	}
}

static void a_known_vector_is_torn_down_and_set_up(void **state)
{
	struct test *test = test_begin();

	(void)state;
	known(test, 0);
	/* Its eventfd is replaced in place. */
	no_bypass(test, 0);
	unbind(test, 0);
	bypass(test, 0);
	bind(test, 0);
	tear_down(test, 0);
	disable(test);
	enable(test);
	set_up(test, 0);
	tear_down(test, 0);
	disable(test);
	expect_clean(test);
}

/* It was bound in the moment that imstrace looked: its binding is told after that. */
static void a_vector_that_is_bound_while_it_is_found(void **state)
{
	struct test *test = test_begin();

	(void)state;
	emulated(test, STEP_KNOWN, EMULATED, IMSTRACE_NONE);
	emulated(test, STEP_VECTOR_BIND, EMULATED, EVENTFD);
	emulated(test, STEP_VECTOR_UNBIND, EMULATED, EVENTFD);
	disable(test);
	expect_clean(test);
}

static void a_known_vector_that_is_set_up_anew_is_judged(void **state)
{
	struct test *test = test_begin();

	(void)state;
	known(test, 0);
	tear_down(test, 0);
	pasid_after_free(test);
	expect_found(test, LINT_PASID_AFTER_FREE, 0);
}

static void lives_in_order(void **state)
{
	struct test *test = test_begin();

	(void)state;
	for (int i = 0; i < 3; i++) {
		enable(test);
		for (__u32 vector = 0; vector < EMULATED; vector++)
			set_up(test, vector);
		emulated(test, STEP_VECTOR_BIND, EMULATED, EVENTFD);
		/* An irq moves to another CPU. */
		simple(test, STEP_MSG_WRITE, 2, 0);
		/* One is unbound and bound while the others run. */
		tear_down(test, 1);
		set_up(test, 1);
		for (__u32 vector = EMULATED; vector-- > 0;)
			tear_down(test, vector);
		emulated(test, STEP_VECTOR_UNBIND, EMULATED, EVENTFD);
		disable(test);
	}
	expect_clean(test);
}

static void without_a_pasid(void **state)
{
	struct test *test = test_begin();

	(void)state;
	alloc_with(test, 0, IMSTRACE_NONE, 0);
	simple(test, STEP_IRQ_REQUEST, 0, 0);
	bind(test, 0);
	stray(test, 0, HOP_IRQ, STATE_FROM_START | STATE_SLOT | STATE_REQUESTED, IMSTRACE_NONE);
	unbind(test, 0);
	simple(test, STEP_IRQ_FREE, 0, 0);
	free_slot(test, 0);
	expect_clean(test);
}

/* request_irq() with IRQF_NO_AUTOEN: the chip's startup runs in enable_irq(). */
static void started_later(void **state)
{
	struct test *test = test_begin();

	(void)state;
	alloc(test, 0);
	simple(test, STEP_IRQ_REQUEST, 0, 0);
	auxdata(test, 0, PASID);
	bind(test, 0);
	unbind(test, 0);
	free_irq(test, 0);
	free_slot(test, 0);
	expect_clean(test);
}

/* Another PASID is in order for another life. */
static void another_pasid_in_another_life(void **state)
{
	struct test *test = test_begin();

	(void)state;
	set_up(test, 0);
	tear_down(test, 0);
	alloc_with(test, 0, PASID + 1, 0);
	auxdata(test, 0, PASID + 1);
	simple(test, STEP_IRQ_REQUEST, 0, 0);
	bind(test, 0);
	unbind(test, 0);
	free_irq(test, 0);
	free_slot(test, 0);
	expect_clean(test);
}

static void replaced_in_place(void **state)
{
	struct test *test = test_begin();

	(void)state;
	enable(test);
	set_up(test, 0);
	emulated(test, STEP_VECTOR_BIND, EMULATED, EVENTFD + 10);
	for (__u32 i = 1; i < 4; i++) {
		no_bypass(test, 0);
		unbind(test, 0);
		bypass(test, 0);
		bind(test, 0);
		emulated(test, STEP_VECTOR_UNBIND, EMULATED, EVENTFD + 9 + i);
		emulated(test, STEP_VECTOR_BIND, EMULATED, EVENTFD + 10 + i);
	}
	tear_down(test, 0);
	emulated(test, STEP_VECTOR_UNBIND, EMULATED, EVENTFD + 13);
	disable(test);
	expect_clean(test);
}

/* The software that signals an emulated vector does not wait for what is told of it. */
static void signalled_between_unbind_and_bind(void **state)
{
	struct test *test = test_begin();

	(void)state;
	emulated(test, STEP_VECTOR_BIND, EMULATED, EVENTFD);
	emulated(test, STEP_VECTOR_UNBIND, EMULATED, EVENTFD);
	stray(test, EMULATED, HOP_SIGNAL, STATE_FROM_START, EVENTFD + 1);
	emulated(test, STEP_VECTOR_BIND, EMULATED, EVENTFD + 1);
	emulated(test, STEP_VECTOR_UNBIND, EMULATED, EVENTFD + 1);
	expect_clean(test);
}

/* But what is bound next is another eventfd. */
static void an_eventfd_of_before_is_signalled(void **state)
{
	struct test *test = test_begin();
	__u64 time;

	(void)state;
	emulated(test, STEP_VECTOR_BIND, EMULATED, EVENTFD);
	emulated(test, STEP_VECTOR_UNBIND, EMULATED, EVENTFD);
	stray(test, EMULATED, HOP_SIGNAL, STATE_FROM_START, EVENTFD);
	time = test->now;
	emulated(test, STEP_VECTOR_BIND, EMULATED, EVENTFD + 1);
	expect_found(test, LINT_SIGNAL_UNBOUND, time);
}

static void an_eventfd_of_before_is_signalled_at_the_end(void **state)
{
	struct test *test = test_begin();
	__u64 time;

	(void)state;
	emulated(test, STEP_VECTOR_BIND, EMULATED, EVENTFD);
	emulated(test, STEP_VECTOR_UNBIND, EMULATED, EVENTFD);
	stray(test, EMULATED, HOP_SIGNAL, STATE_FROM_START, EVENTFD);
	time = test->now;
	expect_found(test, LINT_SIGNAL_UNBOUND, time);
}

static void an_eventfd_is_signalled_when_the_index_is_disabled(void **state)
{
	struct test *test = test_begin();

	(void)state;
	emulated(test, STEP_VECTOR_BIND, EMULATED, EVENTFD);
	emulated(test, STEP_VECTOR_UNBIND, EMULATED, EVENTFD);
	stray(test, EMULATED, HOP_SIGNAL, STATE_FROM_START, EVENTFD);
	disable(test);
	/* It is told by then. */
	assert_int_equal(test->count, 1);
	expect_found(test, LINT_SIGNAL_UNBOUND, 0);
}

/* The programs tell of it before they tell of the step that led there. */
static void a_signal_overtakes_the_step(void **state)
{
	struct test *test = test_begin();

	(void)state;
	set_up(test, 0);
	no_bypass(test, 0);
	auxdata(test, 0, IMSTRACE_NONE);
	stray(test, 0, HOP_SIGNAL, STATE_FROM_START | STATE_SLOT | STATE_BOUND, EVENTFD);
	simple(test, STEP_IRQ_FREE, 0, 0);
	free_slot(test, 0);
	unbind(test, 0);
	expect_found(test, LINT_SIGNAL_AFTER_FREE, 0);
}

static void failed_binds_that_are_undone(void **state)
{
	struct test *test = test_begin();

	(void)state;
	enable(test);
	for (int i = 0; i < 2; i++) {
		/* No slot. */
		alloc_with(test, 0, PASID, -ENOSPC);
		eventfd(test, STEP_VECTOR_BIND, 0, EVENTFD, -ENOSPC);
		/* No vector of a CPU. */
		alloc(test, 0);
		simple(test, STEP_IRQ_REQUEST, 0, -ENOSPC);
		free_slot(test, 0);
		eventfd(test, STEP_VECTOR_BIND, 0, EVENTFD, -ENOSPC);
		/* The irq had been started already. */
		alloc(test, 0);
		simple(test, STEP_MSG_WRITE, 0, 0);
		auxdata(test, 0, PASID);
		auxdata(test, 0, IMSTRACE_NONE);
		simple(test, STEP_IRQ_REQUEST, 0, -ENOMEM);
		free_slot(test, 0);
		eventfd(test, STEP_VECTOR_BIND, 0, EVENTFD, -ENOMEM);
		/* No bypass is no failure. */
		alloc(test, 0);
		request(test, 0);
		eventfd(test, STEP_BYPASS_REGISTER, 0, EVENTFD, -EBUSY);
		bind(test, 0);
		/* What is bound already is not touched by what fails. */
		eventfd(test, STEP_VECTOR_BIND, 0, IMSTRACE_NONE, -EBADF);
		eventfd(test, STEP_BYPASS_UNREGISTER, 0, EVENTFD, -ENOENT);
		free_irq(test, 0);
		free_slot(test, 0);
		unbind(test, 0);
	}
	disable(test);
	expect_clean(test);
}

/* And one that is not undone. */
static void a_failed_bind_that_leaks_its_slot(void **state)
{
	struct test *test = test_begin();

	(void)state;
	enable(test);
	alloc(test, 0);
	simple(test, STEP_IRQ_REQUEST, 0, -ENOSPC);
	eventfd(test, STEP_VECTOR_BIND, 0, EVENTFD, -ENOSPC);
	disable(test);
	expect_found(test, LINT_SLOT_LEAKED, test->now);
}

/* The device is disabled by its release, for the client has just died. */
static void a_killed_client(void **state)
{
	struct test *test = test_begin();

	(void)state;
	enable(test);
	set_up(test, 0);
	tear_down(test, 0);
	disable(test);
	disable(test);
	enable(test);
	set_up(test, 0);
	tear_down(test, 0);
	disable(test);
	expect_clean(test);
}

static void plain_vfio_pci(void **state)
{
	static const enum imstrace_step steps[] = {
		STEP_IRQ_REQUEST, STEP_VECTOR_BIND, STEP_BYPASS_REGISTER, STEP_BYPASS_UNREGISTER,
		STEP_IRQ_FREE, STEP_VECTOR_UNBIND,
	};

	(void)state;
	/* Whole lives, and then every life from which one step is missing. */
	for (size_t missing = 0; missing <= COUNT(steps); missing++) {
		struct test *test = test_begin();

		/* That one is a finding, and looks like it. */
		if (steps[missing % COUNT(steps)] == STEP_BYPASS_UNREGISTER) {
			test_done(test);
			continue;
		}
		for (size_t i = 0; i < 3 * COUNT(steps); i++)
			if (i != COUNT(steps) + missing)
				pci(test, steps[i % COUNT(steps)], 0);
		pci(test, STEP_KNOWN, 0);
		pci(test, STEP_POSTED, 0);
		pci(test, STEP_UNPOSTED, 0);
		pci(test, STEP_IRQ_REQUEST, -ENOSPC);
		pci(test, STEP_BYPASS_REGISTER, -EBUSY);
		pci(test, STEP_IRQ_FREE, 0);
		expect_clean(test);
	}
}

static void a_producer_of_vfio_pci_at_free(void **state)
{
	struct test *test = test_begin();

	(void)state;
	pci(test, STEP_IRQ_REQUEST, 0);
	pci(test, STEP_VECTOR_BIND, 0);
	pci(test, STEP_BYPASS_REGISTER, 0);
	pci(test, STEP_IRQ_FREE, 0);
	pci(test, STEP_VECTOR_UNBIND, 0);
	expect_found(test, LINT_PRODUCER_AT_FREE, test->now - 10);
}

/* Of every step of a life: what is before it is lost, and what is left is in order. */
static void nothing_is_judged_by_half(void **state)
{
	(void)state;
	for (unsigned int rule = 0; rule <= LINT_COUNT; rule++) {
		struct test *test = test_begin();
		__u64 end;

		lint_doubt(test->lint, 10000);
		enable(test);
		if (rule < LINT_COUNT)
			faults[rule](test);
		set_up(test, 0);
		/* As much as is in doubt. */
		end = test->now;
		assert_true(end < 10000);
		test->now = 10000;
		tear_down(test, 0);
		disable(test);
		expect_clean(test);
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
				feed(test, &steps[i]);
		}
		expect_clean(test);
	}
}

/* It is what a gap that nobody knows of looks like: else the test above shows nothing. */
static void a_gap_that_is_not_told_is_a_finding(void **state)
{
	struct test *test = test_begin();

	(void)state;
	set_up(test, 0);
	set_up(test, 0);
	assert_true(test->count > 0);
	test_done(test);
}

static void what_was_found_before_a_gap_stands(void **state)
{
	struct test *test = test_begin();

	(void)state;
	producer_at_free(test);
	lint_doubt(test->lint, test->now);
	set_up(test, 0);
	tear_down(test, 0);
	expect_found(test, LINT_PRODUCER_AT_FREE, 0);
}

static void an_earlier_doubt_does_not_end_a_later_one(void **state)
{
	struct test *test = test_begin();

	(void)state;
	lint_doubt(test->lint, 10000);
	lint_doubt(test->lint, 20);
	producer_at_free(test);
	expect_clean(test);
}

/* The programs are detached one by one. */
static void after_the_end_nothing_is_judged(void **state)
{
	struct test *test = test_begin();

	(void)state;
	enable(test);
	set_up(test, 0);
	lint_stop(test->lint, test->now);
	set_up(test, 0);
	disable(test);
	expect_clean(test);
}

static void a_binding_after_the_end_still_explains_a_signal(void **state)
{
	struct test *test = test_begin();

	(void)state;
	emulated(test, STEP_VECTOR_BIND, EMULATED, EVENTFD);
	emulated(test, STEP_VECTOR_UNBIND, EMULATED, EVENTFD);
	stray(test, EMULATED, HOP_SIGNAL, STATE_FROM_START, EVENTFD + 1);
	lint_stop(test->lint, test->now);
	emulated(test, STEP_VECTOR_BIND, EMULATED, EVENTFD + 1);
	expect_clean(test);
}

/* Vectors of the same number, and devices with the same beginning. */
static void devices_are_not_mixed_up(void **state)
{
	struct test *test = test_begin();
	struct imstrace_lifecycle record;

	(void)state;
	enable(test);
	set_up(test, 0);
	record = make(test, STEP_INDEX_DISABLE, 5);
	record.device[35] = '2';
	feed(test, &record);
	record = make(test, STEP_VECTOR_BIND, 0);
	record.device[35] = '2';
	feed(test, &record);
	tear_down(test, 0);
	disable(test);
	/* That of the other device, which no irq was seen to be requested for. */
	expect_clean(test);
}

/* What was found, in this order. */
static void expect_list(struct test *test, const enum lint_rule *rules, size_t count)
{
	judge(test);
	for (size_t i = 0; i < count && i < test->count; i++)
		assert_string_equal(lint_name(test->findings[i].rule), lint_name(rules[i]));
	assert_int_equal(test->count, count);
	test_done(test);
}

#define EXPECT(test, ...) \
	expect_list(test, (const enum lint_rule []) { __VA_ARGS__ }, \
		    COUNT(((const enum lint_rule []) { __VA_ARGS__ })))

/* After the chip has wiped it; and of a slot that is freed again, it is told once. */
static void a_pasid_is_written_back(void **state)
{
	struct test *test = test_begin();

	(void)state;
	pasid_after_free(test);
	set_up(test, 0);
	no_bypass(test, 0);
	free_irq(test, 0);
	auxdata(test, 0, PASID);
	free_slot(test, 0);
	free_slot(test, 0);
	unbind(test, 0);
	assert_int_equal(test->findings[2].pasid, IMSTRACE_NONE);
	EXPECT(test, LINT_PASID_AFTER_FREE, LINT_PASID_AFTER_FREE, LINT_FREE_WITHOUT_ALLOC);
}

static void a_pasid_is_written_to_a_slot_that_is_free(void **state)
{
	struct test *test = test_begin();

	(void)state;
	set_up(test, 0);
	tear_down(test, 0);
	auxdata(test, 0, PASID);
	EXPECT(test, LINT_PASID_WRONG);
}

/* What the first slot had is not the second one's. */
static void a_second_slot_has_no_pasid(void **state)
{
	struct test *test = test_begin();

	(void)state;
	set_up(test, 0);
	alloc_with(test, 0, PASID + 1, 0);
	stray(test, 0, HOP_IRQ, STATE_FROM_START | STATE_SLOT | STATE_REQUESTED, IMSTRACE_NONE);
	assert_int_equal(test->findings[1].pasid, IMSTRACE_NONE);
	auxdata(test, 0, PASID + 1);
	tear_down(test, 0);
	EXPECT(test, LINT_DOUBLE_ALLOC, LINT_INTERRUPT_BEFORE_PASID);
}

static void a_signal_is_before_the_request_of_its_own_life(void **state)
{
	struct test *test = test_begin();

	(void)state;
	set_up(test, 0);
	tear_down(test, 0);
	signal_before_request(test);
	EXPECT(test, LINT_SIGNAL_BEFORE_REQUEST);
}

static void an_emulated_vector_becomes_another_kind(void **state)
{
	struct test *test = test_begin();

	(void)state;
	emulated(test, STEP_VECTOR_BIND, 0, EVENTFD);
	emulated(test, STEP_VECTOR_UNBIND, 0, EVENTFD);
	signal_before_request(test);
	emulated(test, STEP_VECTOR_BIND, 0, EVENTFD);
	emulated(test, STEP_VECTOR_UNBIND, 0, EVENTFD);
	EXPECT(test, LINT_SIGNAL_BEFORE_REQUEST);
}

static void an_emulated_vector_is_bound_while_disabled(void **state)
{
	struct test *test = test_begin();

	(void)state;
	enable(test);
	disable(test);
	emulated(test, STEP_VECTOR_BIND, EMULATED, EVENTFD);
	emulated(test, STEP_VECTOR_UNBIND, EMULATED, EVENTFD);
	EXPECT(test, LINT_BIND_DISABLED);
}

static void never_registered(void **state)
{
	struct test *test = test_begin();

	(void)state;
	alloc(test, 0);
	request(test, 0);
	bind(test, 0);
	tear_down(test, 0);
	EXPECT(test, LINT_UNREGISTER_WITHOUT_REGISTER);
}

/* What is leaked for ever is told once. */
static void leaks_are_told_once(void **state)
{
	struct test *test = test_begin();

	(void)state;
	enable(test);
	set_up(test, 0);
	disable(test);
	emulated(test, STEP_VECTOR_BIND, EMULATED, EVENTFD);
	alloc(test, 1);
	test->count = 0;
	disable(test);
	for (int i = 0; i < 2; i++) {
		enable(test);
		disable(test);
	}
	enable(test);
	set_up(test, 0);
	tear_down(test, 0);
	disable(test);
	EXPECT(test, LINT_SLOT_LEAKED, LINT_EVENTFD_LEAKED);
}

/* Some of its life has been seen, and not the part that is asked for. */
static void half_known_vectors(void **state)
{
	struct test *test = test_begin();

	(void)state;
	bind(test, 0);
	stray(test, 0, HOP_SIGNAL, STATE_FROM_START | STATE_BOUND, EVENTFD);
	simple(test, STEP_IRQ_REQUEST, 1, 0);
	stray(test, 1, HOP_SIGNAL, STATE_FROM_START | STATE_REQUESTED, EVENTFD);
	simple(test, STEP_MSG_WRITE, 1, 0);
	expect_clean(test);
}

static void a_failed_binding_explains_no_signal(void **state)
{
	struct test *test = test_begin();
	struct imstrace_lifecycle record;

	(void)state;
	emulated(test, STEP_VECTOR_BIND, EMULATED, EVENTFD);
	emulated(test, STEP_VECTOR_UNBIND, EMULATED, EVENTFD);
	stray(test, EMULATED, HOP_SIGNAL, STATE_FROM_START, EVENTFD);
	record = make(test, STEP_VECTOR_BIND, EMULATED);
	record.irq = record.slot = IMSTRACE_NONE;
	record.eventfd_id = EVENTFD;
	record.ret = -ENOMEM;
	feed(test, &record);
	EXPECT(test, LINT_SIGNAL_UNBOUND);
}

/* No number of what it was before, nor one that it never had. */
static void a_finding_has_no_numbers_that_are_not_its_own(void **state)
{
	struct test *test = test_begin();

	(void)state;
	set_up(test, 0);
	emulated(test, STEP_KNOWN, 0, IMSTRACE_NONE);
	for (__u32 vector = 0; vector < 2; vector++) {
		emulated(test, STEP_VECTOR_BIND, vector, EVENTFD);
		emulated(test, STEP_VECTOR_BIND, vector, EVENTFD);
	}
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
	set_up(test, 3);
	auxdata(test, 3, PASID + 1);
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
	for (int i = 0; i < 3; i++)
		producer_at_free(test);
	pasid_changed(test);
	set_up(test, 1);
	auxdata(test, 1, PASID + 1);
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
	producer_at_free(test);
	assert_int_equal(test->count, 1);
	verdict = judge(test);
	assert_int_equal(verdict.result, LINT_CLEAN);
	assert_int_equal(verdict.count, 0);
	test_done(test);
}

static void verdicts(void **state)
{
	static const struct {
		bool fault;
		struct lint_verdict verdict;
		enum lint_result result;
	} cases[] = {
		{ false, { .steps = 1 }, LINT_CLEAN },
		{ false, { .steps = 0 }, LINT_INCONCLUSIVE },
		{ false, { .steps = 1, .lost_lifecycle = 1 }, LINT_INCONCLUSIVE },
		{ false, { .steps = 1, .lost_vectors = 1 }, LINT_INCONCLUSIVE },
		{ true, { .steps = 1 }, LINT_FOUND },
		{ true, { .steps = 1, .lost_lifecycle = 1, .lost_vectors = 1 }, LINT_FOUND },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct test *test = test_begin();
		struct lint_verdict verdict = cases[i].verdict;

		set_up(test, 0);
		if (cases[i].fault)
			bind(test, 0);
		lint_judge(test->lint, &verdict);
		assert_int_equal(verdict.result, cases[i].result);
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
		feed(test, &record);
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

static char *read_file(const char *path)
{
	FILE *file = fopen(path, "r");
	char *text = calloc(1, 1 << 20);

	if (!file)
		fail_msg("%s can't be opened; unit tests run from the checkout's top", path);
	assert_non_null(text);
	text[fread(text, 1, (1 << 20) - 1, file)] = '\0';
	fclose(file);
	return text;
}

/* Newlines of the text are blanks here, as a reader has it. */
static void join_lines(char *text)
{
	for (; *text; text++)
		if (*text == '\n' && text[1] != '\n' && text[1] != '#')
			*text = ' ';
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
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_fault_is_found),
		cmocka_unit_test(a_fault_alone_is_the_only_finding),
		cmocka_unit_test(known_vectors_are_not_judged),
		cmocka_unit_test(a_known_vector_is_torn_down_and_set_up),
		cmocka_unit_test(a_vector_that_is_bound_while_it_is_found),
		cmocka_unit_test(a_known_vector_that_is_set_up_anew_is_judged),
		cmocka_unit_test(lives_in_order),
		cmocka_unit_test(without_a_pasid),
		cmocka_unit_test(started_later),
		cmocka_unit_test(another_pasid_in_another_life),
		cmocka_unit_test(replaced_in_place),
		cmocka_unit_test(signalled_between_unbind_and_bind),
		cmocka_unit_test(an_eventfd_of_before_is_signalled),
		cmocka_unit_test(an_eventfd_of_before_is_signalled_at_the_end),
		cmocka_unit_test(an_eventfd_is_signalled_when_the_index_is_disabled),
		cmocka_unit_test(a_signal_overtakes_the_step),
		cmocka_unit_test(failed_binds_that_are_undone),
		cmocka_unit_test(a_failed_bind_that_leaks_its_slot),
		cmocka_unit_test(a_killed_client),
		cmocka_unit_test(plain_vfio_pci),
		cmocka_unit_test(a_producer_of_vfio_pci_at_free),
		cmocka_unit_test(nothing_is_judged_by_half),
		cmocka_unit_test(gaps_anywhere),
		cmocka_unit_test(a_gap_that_is_not_told_is_a_finding),
		cmocka_unit_test(what_was_found_before_a_gap_stands),
		cmocka_unit_test(an_earlier_doubt_does_not_end_a_later_one),
		cmocka_unit_test(after_the_end_nothing_is_judged),
		cmocka_unit_test(a_binding_after_the_end_still_explains_a_signal),
		cmocka_unit_test(devices_are_not_mixed_up),
		cmocka_unit_test(a_pasid_is_written_back),
		cmocka_unit_test(a_pasid_is_written_to_a_slot_that_is_free),
		cmocka_unit_test(a_second_slot_has_no_pasid),
		cmocka_unit_test(a_signal_is_before_the_request_of_its_own_life),
		cmocka_unit_test(an_emulated_vector_becomes_another_kind),
		cmocka_unit_test(an_emulated_vector_is_bound_while_disabled),
		cmocka_unit_test(never_registered),
		cmocka_unit_test(leaks_are_told_once),
		cmocka_unit_test(half_known_vectors),
		cmocka_unit_test(a_failed_binding_explains_no_signal),
		cmocka_unit_test(a_finding_has_no_numbers_that_are_not_its_own),
		cmocka_unit_test(a_finding_says_of_what),
		cmocka_unit_test(findings_are_counted),
		cmocka_unit_test(what_is_not_wanted_does_not_count),
		cmocka_unit_test(verdicts),
		cmocka_unit_test(hostile_records),
		cmocka_unit_test(findings_are_described),
		cmocka_unit_test(docs_have_each_finding),
		cmocka_unit_test(the_schema_has_each_finding),
	};

	return cmocka_run_group_tests_name("lint", tests, NULL, NULL);
}
