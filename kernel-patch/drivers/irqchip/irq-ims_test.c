// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the IMS interrupt chip.
 *
 * They need no device: the slots are in memory, the parent is the vector domain
 * of the CPUs, and interrupts are retriggered, which makes them real ones. Each
 * test runs on both stores.
 */
#include <kunit/device.h>
#include <kunit/test.h>

#include <linux/atomic.h>
#include <linux/bitfield.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/interrupt.h>
#include <linux/iopoll.h>
#include <linux/irq.h>
#include <linux/irqchip/irq-ims.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/string.h>

#define NR_SLOTS	4
#define PASID		0x12345
#define CTRL_PASID	(IMS_CTRL_PASID_ENABLE | FIELD_PREP(IMS_CTRL_PASID, PASID))

#define TIMEOUT_US	1000000

/* Where messages go on x86, whatever the CPU. */
#define MSI_ADDRESS		0xfee00000
#define MSI_ADDRESS_MASK	0xfff00000

struct test_store {
	const char	*name;
	bool		queue;
};

static const struct test_store test_stores[] = {
	{ "array", false },
	{ "queue", true },
};

KUNIT_ARRAY_PARAM_DESC(store, test_stores, name);

/* One interrupt of the test, and what its handler has seen. */
struct test_irq {
	int		irq;		/* 0: not allocated */
	bool		requested;
	atomic_t	handled;
	atomic_t	not_hardirq;
};

struct test_context {
	struct device		*dev;
	struct ims_slot		slots[NR_SLOTS];
	struct ims_domain	*domain;
	struct test_irq		irqs[NR_SLOTS + 1];
	atomic_t		writing[NR_SLOTS];
	atomic_t		overlaps;
	atomic_t		masked_pasids;
};

static void test_write_slot(void *data, unsigned int slot,
			    const struct ims_slot *contents)
{
	struct test_context *ctx = data;

	if (atomic_inc_return(&ctx->writing[slot]) != 1)
		atomic_inc(&ctx->overlaps);
	if (contents->ctrl & IMS_CTRL_MASK &&
	    contents->ctrl & IMS_CTRL_PASID_ENABLE)
		atomic_inc(&ctx->masked_pasids);
	/* Long enough for a test to notice if it is not waited for. */
	usleep_range(500, 1000);
	ctx->slots[slot] = *contents;
	atomic_dec(&ctx->writing[slot]);
}

static struct ims_domain_info test_info(struct kunit *test,
					enum ims_pasid_policy policy)
{
	const struct test_store *store = test->param_value;
	struct test_context *ctx = test->priv;
	struct ims_domain_info info = {
		.name		= "kunit",
		.dev		= ctx->dev,
		.nr_slots	= NR_SLOTS,
		.data		= ctx,
		.pasid_policy	= policy,
	};

	if (store->queue)
		info.write_slot = test_write_slot;
	else
		info.slots = (struct ims_slot __iomem __force *)ctx->slots;
	return info;
}

static void test_create(struct kunit *test, enum ims_pasid_policy policy)
{
	struct ims_domain_info info = test_info(test, policy);
	struct test_context *ctx = test->priv;
	struct ims_domain *domain;

	domain = ims_domain_create(&info);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, domain);
	ctx->domain = domain;
}

static irqreturn_t test_handler(int irq, void *arg)
{
	struct test_irq *t = arg;

	if (!in_hardirq())
		atomic_inc(&t->not_hardirq);
	atomic_inc(&t->handled);
	return IRQ_HANDLED;
}

static struct test_irq *test_alloc(struct kunit *test, u32 index, u32 pasid)
{
	struct test_context *ctx = test->priv;
	struct test_irq *t = &ctx->irqs[index];
	int ret;

	ret = ims_irq_alloc(ctx->domain, ctx->dev, index, pasid);
	KUNIT_ASSERT_GT(test, ret, 0);
	t->irq = ret;
	return t;
}

static void test_request(struct kunit *test, struct test_irq *t)
{
	int ret;

	ret = request_irq(t->irq, test_handler, 0, "kunit", t);
	KUNIT_ASSERT_EQ(test, ret, 0);
	t->requested = true;
}

static void test_free(struct test_irq *t)
{
	if (t->requested)
		free_irq(t->irq, t);
	if (t->irq)
		ims_irq_free(t->irq);
	t->requested = false;
	t->irq = 0;
}

static bool test_wait_handled(struct test_irq *t, int n)
{
	int handled;

	return !read_poll_timeout(atomic_read, handled, handled >= n, 50,
				  TIMEOUT_US, false, &t->handled);
}

/* Has the device make the interrupt, and waits for its handler. */
static void test_fire(struct kunit *test, struct test_irq *t)
{
	int before = atomic_read(&t->handled);

	KUNIT_ASSERT_EQ(test, irq_inject_interrupt(t->irq), 0);
	KUNIT_ASSERT_TRUE(test, test_wait_handled(t, before + 1));
}

static struct ims_slot test_slot(struct kunit *test, const struct test_irq *t)
{
	struct test_context *ctx = test->priv;
	int slot = ims_irq_slot(t->irq);

	KUNIT_ASSERT_GE(test, slot, 0);
	KUNIT_ASSERT_LT(test, slot, NR_SLOTS);
	return ctx->slots[slot];
}

/* The queue store masks a little later when the core masks in the handler. */
static bool test_wait_ctrl(struct kunit *test, const struct test_irq *t, u32 ctrl)
{
	struct ims_slot slot;

	return !read_poll_timeout(test_slot, slot, slot.ctrl == ctrl, 50,
				  TIMEOUT_US, false, test, t);
}

static void expect_unused(struct kunit *test, unsigned int i)
{
	const struct ims_slot unused = { .ctrl = IMS_CTRL_MASK };
	struct test_context *ctx = test->priv;

	KUNIT_EXPECT_MEMEQ(test, &ctx->slots[i], &unused, sizeof(unused));
}

static void expect_message(struct kunit *test, const struct test_irq *t)
{
	struct ims_slot slot = test_slot(test, t);

	KUNIT_EXPECT_EQ(test, slot.address_lo & MSI_ADDRESS_MASK, MSI_ADDRESS);
	KUNIT_EXPECT_NE(test, slot.data, 0);
}

static void create_checks_info(struct kunit *test)
{
	struct test_context *ctx = test->priv;
	struct ims_domain_info info;

	info = test_info(test, IMS_PASID_OPTIONAL);
	info.name = NULL;
	KUNIT_EXPECT_EQ(test, PTR_ERR(ims_domain_create(&info)), -EINVAL);

	info = test_info(test, IMS_PASID_OPTIONAL);
	info.dev = NULL;
	KUNIT_EXPECT_EQ(test, PTR_ERR(ims_domain_create(&info)), -EINVAL);

	info = test_info(test, IMS_PASID_OPTIONAL);
	info.nr_slots = 0;
	KUNIT_EXPECT_EQ(test, PTR_ERR(ims_domain_create(&info)), -EINVAL);

	info = test_info(test, IMS_PASID_OPTIONAL);
	info.slots = NULL;
	info.write_slot = NULL;
	KUNIT_EXPECT_EQ(test, PTR_ERR(ims_domain_create(&info)), -EINVAL);

	info.slots = (struct ims_slot __iomem __force *)ctx->slots;
	info.write_slot = test_write_slot;
	KUNIT_EXPECT_EQ(test, PTR_ERR(ims_domain_create(&info)), -EINVAL);
}

static void create_resets_slots(struct kunit *test)
{
	struct test_context *ctx = test->priv;
	unsigned int i;

	memset(ctx->slots, 0xa5, sizeof(ctx->slots));
	test_create(test, IMS_PASID_REQUIRED);
	for (i = 0; i < NR_SLOTS; i++)
		expect_unused(test, i);
}

static void destroy_refuses_while_allocated(struct kunit *test)
{
	struct test_context *ctx = test->priv;
	struct test_irq *t;

	test_create(test, IMS_PASID_REQUIRED);
	t = test_alloc(test, 0, PASID);
	KUNIT_EXPECT_EQ(test, ims_domain_destroy(ctx->domain), -EBUSY);

	/* It is as good as before. */
	test_request(test, t);
	KUNIT_EXPECT_EQ(test, ims_domain_destroy(ctx->domain), -EBUSY);
	test_fire(test, t);
}

static void alloc_checks_pasid(struct kunit *test)
{
	static const struct {
		enum ims_pasid_policy	policy;
		u32			pasid;
		int			error;
		u32			ctrl;
	} cases[] = {
		{ IMS_PASID_REQUIRED, IMS_PASID_NONE, -EINVAL },
		{ IMS_PASID_REQUIRED, BIT(20), -EINVAL },
		{ IMS_PASID_REQUIRED, IMS_PASID_NONE - 1, -EINVAL },
		{ IMS_PASID_REQUIRED, 0, 0, 0x00000008 },
		{ IMS_PASID_REQUIRED, 1, 0, 0x00001008 },
		{ IMS_PASID_REQUIRED, BIT(20) - 1, 0, 0xfffff008 },
		{ IMS_PASID_OPTIONAL, IMS_PASID_NONE, 0, 0 },
		{ IMS_PASID_OPTIONAL, BIT(20), -EINVAL },
		{ IMS_PASID_OPTIONAL, IMS_PASID_NONE - 1, -EINVAL },
		{ IMS_PASID_OPTIONAL, 0, 0, 0x00000008 },
		{ IMS_PASID_OPTIONAL, BIT(20) - 1, 0, 0xfffff008 },
	};
	struct test_context *ctx = test->priv;
	unsigned int i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct test_irq *t;

		test_create(test, cases[i].policy);
		if (cases[i].error) {
			ret = ims_irq_alloc(ctx->domain, ctx->dev, 0,
					    cases[i].pasid);
			KUNIT_EXPECT_EQ(test, ret, cases[i].error);
		} else {
			t = test_alloc(test, 0, cases[i].pasid);
			expect_unused(test, 0);
			test_request(test, t);
			KUNIT_EXPECT_EQ(test, test_slot(test, t).ctrl,
					cases[i].ctrl);
			test_free(t);
		}
		expect_unused(test, 0);
		/* Nothing is left of a refused one either. */
		KUNIT_ASSERT_EQ(test, ims_domain_destroy(ctx->domain), 0);
		ctx->domain = NULL;
	}
}

static void alloc_takes_each_slot_once(struct kunit *test)
{
	struct test_context *ctx = test->priv;
	unsigned long taken = 0;
	struct test_irq *t;
	int i, slot, ret;

	test_create(test, IMS_PASID_REQUIRED);
	for (i = 0; i < NR_SLOTS; i++) {
		t = test_alloc(test, i, PASID);
		slot = ims_irq_slot(t->irq);
		KUNIT_EXPECT_GE(test, slot, 0);
		KUNIT_EXPECT_LT(test, slot, NR_SLOTS);
		taken |= BIT(slot);
	}
	KUNIT_EXPECT_EQ(test, taken, BIT(NR_SLOTS) - 1);

	ret = ims_irq_alloc(ctx->domain, ctx->dev, NR_SLOTS, PASID);
	KUNIT_EXPECT_EQ(test, ret, -ENOSPC);

	t = &ctx->irqs[2];
	slot = ims_irq_slot(t->irq);
	test_free(t);
	t = test_alloc(test, 2, PASID);
	KUNIT_EXPECT_EQ(test, ims_irq_slot(t->irq), slot);
}

static void slot_of_other_irq(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, ims_irq_slot(0), -EINVAL);
	KUNIT_EXPECT_EQ(test, ims_irq_slot(UINT_MAX), -EINVAL);
}

/*
 * The PASID is there between startup and shutdown only: it comes with the
 * unmasking and goes with the masking, not later.
 */
static void slot_follows_request_and_free(struct kunit *test)
{
	struct test_context *ctx = test->priv;
	struct test_irq *t;
	int i;

	test_create(test, IMS_PASID_REQUIRED);
	t = test_alloc(test, 0, PASID);
	for (i = 0; i < 3; i++) {
		expect_unused(test, 0);
		test_request(test, t);
		expect_message(test, t);
		KUNIT_EXPECT_EQ(test, test_slot(test, t).ctrl, CTRL_PASID);
		test_fire(test, t);
		free_irq(t->irq, t);
		t->requested = false;
	}
	expect_unused(test, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&ctx->masked_pasids), 0);
}

/* Requested, but not started: no PASID in the slot, and nothing unmasked. */
static void slot_waits_for_startup(struct kunit *test)
{
	struct test_irq *t;
	int ret;

	test_create(test, IMS_PASID_REQUIRED);
	t = test_alloc(test, 0, PASID);
	ret = request_irq(t->irq, test_handler, IRQF_NO_AUTOEN, "kunit", t);
	KUNIT_ASSERT_EQ(test, ret, 0);
	t->requested = true;

	KUNIT_EXPECT_EQ(test, test_slot(test, t).ctrl, IMS_CTRL_MASK);
	enable_irq(t->irq);
	KUNIT_EXPECT_EQ(test, test_slot(test, t).ctrl, CTRL_PASID);
}

static void slots_are_independent(struct kunit *test)
{
	struct test_irq *t[NR_SLOTS];
	int i;

	test_create(test, IMS_PASID_REQUIRED);
	for (i = 0; i < NR_SLOTS; i++) {
		t[i] = test_alloc(test, i, PASID + i);
		test_request(test, t[i]);
	}
	test_free(t[1]);
	expect_unused(test, 1);
	for (i = 0; i < NR_SLOTS; i++) {
		if (i == 1)
			continue;
		KUNIT_EXPECT_EQ(test, FIELD_GET(IMS_CTRL_PASID,
						test_slot(test, t[i]).ctrl),
				PASID + i);
		test_fire(test, t[i]);
		KUNIT_EXPECT_EQ(test, atomic_read(&t[i]->handled), 1);
	}
	KUNIT_EXPECT_EQ(test, atomic_read(&t[1]->handled), 0);
}

static void retrigger_reaches_handler(struct kunit *test)
{
	struct test_irq *t;
	int i;

	test_create(test, IMS_PASID_REQUIRED);
	t = test_alloc(test, 0, PASID);
	test_request(test, t);
	for (i = 0; i < 1000; i++)
		test_fire(test, t);
	KUNIT_EXPECT_EQ(test, atomic_read(&t->handled), 1000);
	KUNIT_EXPECT_EQ(test, atomic_read(&t->not_hardirq), 0);
}

/* The slot is masked by the first interrupt which is not wanted. */
static void disable_is_lazy(struct kunit *test)
{
	struct test_irq *t;

	test_create(test, IMS_PASID_REQUIRED);
	t = test_alloc(test, 0, PASID);
	test_request(test, t);

	disable_irq(t->irq);
	KUNIT_EXPECT_EQ(test, test_slot(test, t).ctrl, CTRL_PASID);
	KUNIT_EXPECT_EQ(test, irq_inject_interrupt(t->irq), 0);
	KUNIT_EXPECT_TRUE(test, test_wait_ctrl(test, t,
					       CTRL_PASID | IMS_CTRL_MASK));
	expect_message(test, t);
	KUNIT_EXPECT_EQ(test, atomic_read(&t->handled), 0);

	/* It was kept, and is handled once. */
	enable_irq(t->irq);
	KUNIT_EXPECT_EQ(test, test_slot(test, t).ctrl, CTRL_PASID);
	KUNIT_EXPECT_TRUE(test, test_wait_handled(t, 1));
	test_fire(test, t);
	KUNIT_EXPECT_EQ(test, atomic_read(&t->handled), 2);
}

/* And for who can't wait: masked, in the device too, when disable_irq() returns. */
static void disable_at_once(struct kunit *test)
{
	struct test_irq *t;

	test_create(test, IMS_PASID_REQUIRED);
	t = test_alloc(test, 0, PASID);
	test_request(test, t);
	irq_set_status_flags(t->irq, IRQ_DISABLE_UNLAZY);

	disable_irq(t->irq);
	KUNIT_EXPECT_EQ(test, test_slot(test, t).ctrl,
			CTRL_PASID | IMS_CTRL_MASK);
	enable_irq(t->irq);
	KUNIT_EXPECT_EQ(test, test_slot(test, t).ctrl, CTRL_PASID);

	/* Freed while disabled: the PASID goes all the same. */
	disable_irq(t->irq);
	test_free(t);
	expect_unused(test, 0);
}

/*
 * Without a remapping unit a move takes effect at the next interrupt, in hard
 * interrupt context, and the queue store follows.
 */
static void affinity_rewrites_message(struct kunit *test)
{
	unsigned int first = cpumask_first(cpu_online_mask);
	unsigned int last = cpumask_last(cpu_online_mask);
	struct ims_slot slot, old;
	struct test_irq *t;
	int i, ret;

	if (first == last)
		kunit_skip(test, "needs two CPUs");

	test_create(test, IMS_PASID_REQUIRED);
	t = test_alloc(test, 0, PASID);
	test_request(test, t);

	ret = irq_set_affinity(t->irq, cpumask_of(first));
	KUNIT_ASSERT_EQ(test, ret, 0);
	test_fire(test, t);
	test_fire(test, t);
	/* The move to the first CPU may have been one: its cleanup has to be over. */
	msleep(20);
	for (i = 1; i <= 20; i++) {
		old = test_slot(test, t);
		ret = irq_set_affinity(t->irq, cpumask_of(i & 1 ? last : first));
		KUNIT_ASSERT_EQ(test, ret, 0);
		test_fire(test, t);
		ret = read_poll_timeout(test_slot, slot,
					slot.address_lo != old.address_lo &&
					slot.ctrl == CTRL_PASID, 50,
					TIMEOUT_US, false, test, t);
		KUNIT_EXPECT_EQ(test, ret, 0);
		/* One at the new CPU lets the vector domain clean up. */
		test_fire(test, t);
		msleep(20);
	}
	expect_message(test, t);
	KUNIT_EXPECT_EQ(test, atomic_read(&t->handled), 2 + 2 * 20);
}

static int test_init(struct kunit *test)
{
	struct test_context *ctx;

	ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx);
	ctx->dev = kunit_device_register(test, "irq-ims");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ctx->dev);
	test->priv = ctx;
	return 0;
}

static void test_exit(struct kunit *test)
{
	struct test_context *ctx = test->priv;
	unsigned int i;

	if (!ctx || !ctx->domain)
		return;
	for (i = 0; i < ARRAY_SIZE(ctx->irqs); i++)
		test_free(&ctx->irqs[i]);
	for (i = 0; i < NR_SLOTS; i++)
		expect_unused(test, i);
	KUNIT_EXPECT_EQ(test, atomic_read(&ctx->overlaps), 0);
	KUNIT_EXPECT_EQ(test, ims_domain_destroy(ctx->domain), 0);
}

static struct kunit_case test_cases[] = {
	KUNIT_CASE_PARAM(create_checks_info, store_gen_params),
	KUNIT_CASE_PARAM(create_resets_slots, store_gen_params),
	KUNIT_CASE_PARAM(destroy_refuses_while_allocated, store_gen_params),
	KUNIT_CASE_PARAM(alloc_checks_pasid, store_gen_params),
	KUNIT_CASE_PARAM(alloc_takes_each_slot_once, store_gen_params),
	KUNIT_CASE(slot_of_other_irq),
	KUNIT_CASE_PARAM(slot_follows_request_and_free, store_gen_params),
	KUNIT_CASE_PARAM(slot_waits_for_startup, store_gen_params),
	KUNIT_CASE_PARAM(slots_are_independent, store_gen_params),
	KUNIT_CASE_PARAM(retrigger_reaches_handler, store_gen_params),
	KUNIT_CASE_PARAM(disable_is_lazy, store_gen_params),
	KUNIT_CASE_PARAM(disable_at_once, store_gen_params),
	KUNIT_CASE_PARAM(affinity_rewrites_message, store_gen_params),
	{ }
};

static struct kunit_suite test_suite = {
	.name		= "irq-ims",
	.init		= test_init,
	.exit		= test_exit,
	.test_cases	= test_cases,
};

kunit_test_suite(test_suite);

MODULE_DESCRIPTION("KUnit tests of the Interrupt Message Store interrupt chip");
MODULE_LICENSE("GPL");
