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
#include <linux/completion.h>
#include <linux/cpu.h>
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
#include <linux/msi.h>
#include <linux/preempt.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#define NR_SLOTS	4
#define PASID		0x12345
#define CTRL_PASID	ctrl_with(PASID)

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

/* No macro: KUnit makes more of it in its own than sparse can take. */
static u32 ctrl_with(u32 pasid)
{
	return IMS_CTRL_PASID_ENABLE | FIELD_PREP(IMS_CTRL_PASID, pasid);
}

/* One interrupt of the test, and what its handler has seen. */
struct test_irq {
	int		irq;		/* 0: not allocated */
	bool		requested;
	atomic_t	handled;
	atomic_t	not_hardirq;
};

struct test_context {
	struct device		*dev;
	enum ims_pasid_policy	policy;
	struct ims_slot		slots[NR_SLOTS];
	struct ims_domain	*domain;
	struct test_irq		irqs[NR_SLOTS + 1];
	atomic_t		writes;
	atomic_t		writing[NR_SLOTS];
	atomic_t		overlaps;
	atomic_t		masked_pasids;
	/* Messages of the array store which have changed in an unmasked slot. */
	atomic_t		torn;
	/* Masked writes of the array store. */
	atomic_t		masked;
	/* The queue store waits for this before it writes. */
	struct completion	may_write;
	bool			hold;
	struct work_struct	inject;
};

/* The slots are ordinary memory, which takes readl() and writel() on x86. */
static struct ims_slot __iomem *test_io(struct test_context *ctx, unsigned int slot)
{
	return (struct ims_slot __iomem __force *)&ctx->slots[slot];
}

static int test_compose(void *data, u64 cookie, u32 *ctrl)
{
	struct test_context *ctx = data;

	return ims_slot_compose_pasid(cookie, ctx->policy, ctrl);
}

static void test_write_msg(void *data, unsigned int slot,
			   const struct msi_msg *msg)
{
	struct test_context *ctx = data;

	atomic_inc(&ctx->writes);
	if (!(ctx->slots[slot].ctrl & IMS_CTRL_MASK))
		atomic_inc(&ctx->torn);
	ims_slot_write_msg(test_io(ctx, slot), msg);
}

static void test_write_ctrl(void *data, unsigned int slot, u32 ctrl)
{
	struct test_context *ctx = data;

	atomic_inc(&ctx->writes);
	if (ctrl & IMS_CTRL_MASK)
		atomic_inc(&ctx->masked);
	ims_slot_write_ctrl(test_io(ctx, slot), ctrl);
}

static void test_write_slot(void *data, unsigned int slot,
			    const struct msi_msg *msg, u32 ctrl)
{
	struct test_context *ctx = data;

	if (READ_ONCE(ctx->hold))
		wait_for_completion_timeout(&ctx->may_write, HZ * 60);
	atomic_inc(&ctx->writes);
	if (atomic_inc_return(&ctx->writing[slot]) != 1)
		atomic_inc(&ctx->overlaps);
	if (ctrl & IMS_CTRL_MASK && ctrl & IMS_CTRL_PASID_ENABLE)
		atomic_inc(&ctx->masked_pasids);
	/* Long enough for a test to notice if it is not waited for. */
	usleep_range(500, 1000);
	ims_slot_write_msg(test_io(ctx, slot), msg);
	ims_slot_write_ctrl(test_io(ctx, slot), ctrl);
	atomic_dec(&ctx->writing[slot]);
}

static const struct ims_slot_ops test_array_ops = {
	.masked		= IMS_CTRL_MASK,
	.compose	= test_compose,
	.write_msg	= test_write_msg,
	.write_ctrl	= test_write_ctrl,
};

static const struct ims_slot_ops test_queue_ops = {
	.masked		= IMS_CTRL_MASK,
	.compose	= test_compose,
	.write_slot	= test_write_slot,
};

static bool test_is_queue(struct kunit *test)
{
	const struct test_store *store = test->param_value;

	return store->queue;
}

static struct ims_domain_info test_info(struct kunit *test)
{
	struct test_context *ctx = test->priv;

	return (struct ims_domain_info) {
		.name		= "kunit",
		.dev		= ctx->dev,
		.nr_slots	= NR_SLOTS,
		.ops		= test_is_queue(test) ? &test_queue_ops : &test_array_ops,
		.data		= ctx,
	};
}

static void test_create(struct kunit *test, enum ims_pasid_policy policy)
{
	struct ims_domain_info info = test_info(test);
	struct test_context *ctx = test->priv;
	struct ims_domain *domain;

	ctx->policy = policy;
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

static struct test_irq *test_alloc(struct kunit *test, u32 index, u64 cookie)
{
	struct test_context *ctx = test->priv;
	struct test_irq *t = &ctx->irqs[index];
	int ret;

	ret = ims_irq_alloc(ctx->domain, cookie);
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
	struct ims_domain_info info;
	struct ims_slot_ops ops;

	info = test_info(test);
	info.name = NULL;
	KUNIT_EXPECT_EQ(test, PTR_ERR(ims_domain_create(&info)), -EINVAL);

	info = test_info(test);
	info.dev = NULL;
	KUNIT_EXPECT_EQ(test, PTR_ERR(ims_domain_create(&info)), -EINVAL);

	info = test_info(test);
	info.nr_slots = 0;
	KUNIT_EXPECT_EQ(test, PTR_ERR(ims_domain_create(&info)), -EINVAL);

	info = test_info(test);
	info.ops = NULL;
	KUNIT_EXPECT_EQ(test, PTR_ERR(ims_domain_create(&info)), -EINVAL);

	info.ops = &ops;
	ops = test_array_ops;
	ops.masked = 0;
	KUNIT_EXPECT_EQ(test, PTR_ERR(ims_domain_create(&info)), -EINVAL);

	ops = test_queue_ops;
	ops.compose = NULL;
	KUNIT_EXPECT_EQ(test, PTR_ERR(ims_domain_create(&info)), -EINVAL);

	ops = test_array_ops;
	ops.write_ctrl = NULL;
	KUNIT_EXPECT_EQ(test, PTR_ERR(ims_domain_create(&info)), -EINVAL);

	ops = test_array_ops;
	ops.write_slot = test_write_slot;
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

/* The driver is gone, its memory may be: what is left of the interrupts leaves it alone. */
static void destroy_outlived_by_interrupt(struct kunit *test)
{
	struct test_context *ctx = test->priv;
	struct test_irq *t;
	int writes;

	test_create(test, IMS_PASID_REQUIRED);
	t = test_alloc(test, 0, PASID);
	test_request(test, t);
	ims_domain_destroy(ctx->domain);
	ctx->domain = NULL;

	writes = atomic_read(&ctx->writes);
	test_fire(test, t);
	disable_irq(t->irq);
	enable_irq(t->irq);
	test_free(t);
	KUNIT_EXPECT_EQ(test, atomic_read(&ctx->writes), writes);
}

static void alloc_checks_cookie(struct kunit *test)
{
	static const struct {
		enum ims_pasid_policy	policy;
		u64			cookie;
		int			error;
		u32			ctrl;
	} cases[] = {
		{ IMS_PASID_REQUIRED, IMS_COOKIE_NONE, -EINVAL },
		{ IMS_PASID_REQUIRED, IMS_COOKIE_NONE - 1, -EINVAL },
		{ IMS_PASID_REQUIRED, U32_MAX, -EINVAL },
		{ IMS_PASID_REQUIRED, BIT_ULL(32) + 1, -EINVAL },
		{ IMS_PASID_REQUIRED, BIT(20), -EINVAL },
		{ IMS_PASID_REQUIRED, 0, -EINVAL },
		{ IMS_PASID_REQUIRED, 1, 0, 0x00001008 },
		{ IMS_PASID_REQUIRED, BIT(20) - 1, 0, 0xfffff008 },
		{ IMS_PASID_OPTIONAL, IMS_COOKIE_NONE, 0, 0 },
		{ IMS_PASID_OPTIONAL, IMS_COOKIE_NONE - 1, -EINVAL },
		{ IMS_PASID_OPTIONAL, BIT(20), -EINVAL },
		{ IMS_PASID_OPTIONAL, 0, 0, 0x00000008 },
		{ IMS_PASID_OPTIONAL, BIT(20) - 1, 0, 0xfffff008 },
	};
	struct test_context *ctx = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		u64 cookie = cases[i].cookie;
		struct test_irq *t;

		test_create(test, cases[i].policy);
		KUNIT_EXPECT_EQ(test, ims_domain_check_cookie(ctx->domain, cookie),
				cases[i].error);
		if (cases[i].error) {
			KUNIT_EXPECT_EQ(test, ims_irq_alloc(ctx->domain, cookie),
					cases[i].error);
		} else {
			t = test_alloc(test, 0, cookie);
			expect_unused(test, 0);
			test_request(test, t);
			KUNIT_EXPECT_EQ(test, test_slot(test, t).ctrl,
					cases[i].ctrl);
			test_free(t);
		}
		expect_unused(test, 0);
		ims_domain_destroy(ctx->domain);
		ctx->domain = NULL;
	}
}

/* Of an interrupt which runs, and of one which does not. */
static void cookie_can_be_changed(struct kunit *test)
{
	struct test_context *ctx = test->priv;
	struct test_irq *t;
	int masked;

	test_create(test, IMS_PASID_REQUIRED);
	KUNIT_EXPECT_EQ(test, ims_irq_set_cookie(0, PASID), -EINVAL);
	t = test_alloc(test, 0, PASID);
	KUNIT_EXPECT_EQ(test, ims_irq_set_cookie(t->irq, PASID + 1), 0);
	expect_unused(test, 0);
	test_request(test, t);
	KUNIT_EXPECT_EQ(test, test_slot(test, t).ctrl, ctrl_with(PASID + 1));

	masked = atomic_read(&ctx->masked);
	KUNIT_EXPECT_EQ(test, ims_irq_set_cookie(t->irq, PASID), 0);
	KUNIT_EXPECT_EQ(test, test_slot(test, t).ctrl, ctrl_with(PASID));
	KUNIT_EXPECT_EQ(test, atomic_read(&ctx->masked) - masked, !test_is_queue(test));
	expect_message(test, t);
	test_fire(test, t);

	/* Refused: nothing has changed. */
	KUNIT_EXPECT_EQ(test, ims_irq_set_cookie(t->irq, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, ims_irq_set_cookie(t->irq, BIT(20)), -EINVAL);
	KUNIT_EXPECT_EQ(test, test_slot(test, t).ctrl, ctrl_with(PASID));

	/* A masked one stays so. */
	irq_set_status_flags(t->irq, IRQ_DISABLE_UNLAZY);
	disable_irq(t->irq);
	KUNIT_EXPECT_EQ(test, ims_irq_set_cookie(t->irq, PASID + 2), 0);
	KUNIT_EXPECT_EQ(test, test_slot(test, t).ctrl, ctrl_with(PASID + 2) | IMS_CTRL_MASK);
	enable_irq(t->irq);
	KUNIT_EXPECT_EQ(test, test_slot(test, t).ctrl, ctrl_with(PASID + 2));
	irq_clear_status_flags(t->irq, IRQ_DISABLE_UNLAZY);
}

/* While the device is away nothing is written; when it is back, all that has changed is. */
static void restore_writes_all_slots(struct kunit *test)
{
	struct test_irq *freed, *kept, *masked, *late;
	struct test_context *ctx = test->priv;
	struct ims_slot before;
	int writes;

	test_create(test, IMS_PASID_REQUIRED);
	freed = test_alloc(test, 0, PASID);
	kept = test_alloc(test, 1, PASID + 1);
	masked = test_alloc(test, 2, PASID + 2);
	test_request(test, freed);
	test_request(test, kept);
	test_request(test, masked);
	before = test_slot(test, kept);

	ims_domain_suspend(ctx->domain);
	ims_domain_suspend(ctx->domain);
	writes = atomic_read(&ctx->writes);
	/* The reset. */
	memset(ctx->slots, 0xa5, sizeof(ctx->slots));
	test_free(freed);
	irq_set_status_flags(masked->irq, IRQ_DISABLE_UNLAZY);
	disable_irq(masked->irq);
	KUNIT_EXPECT_EQ(test, ims_irq_set_cookie(masked->irq, PASID + 7), 0);
	late = test_alloc(test, 3, PASID + 3);
	test_request(test, late);
	test_fire(test, kept);
	KUNIT_EXPECT_EQ(test, atomic_read(&ctx->writes), writes);

	ims_domain_restore(ctx->domain);
	KUNIT_EXPECT_EQ(test, memcmp(&before, &ctx->slots[ims_irq_slot(kept->irq)],
				     sizeof(before)), 0);
	KUNIT_EXPECT_EQ(test, test_slot(test, masked).ctrl,
			ctrl_with(PASID + 7) | IMS_CTRL_MASK);
	KUNIT_EXPECT_EQ(test, test_slot(test, late).ctrl, ctrl_with(PASID + 3));
	expect_message(test, late);
	/* The others are unused, and masked. */
	test_free(late);
	enable_irq(masked->irq);
	irq_clear_status_flags(masked->irq, IRQ_DISABLE_UNLAZY);
	test_free(masked);
	test_fire(test, kept);
	test_free(kept);
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

	ret = ims_irq_alloc(ctx->domain, PASID);
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
		KUNIT_EXPECT_EQ(test, test_slot(test, t[i]).ctrl, ctrl_with(PASID + i));
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
	struct test_context *ctx = test->priv;
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
	KUNIT_EXPECT_EQ(test, atomic_read(&ctx->torn), 0);
	/* After each change of the message, the queue store sends once more. */
	if (test_is_queue(test))
		KUNIT_EXPECT_GE(test, atomic_read(&t->handled), 2 + 2 * 20);
	else
		KUNIT_EXPECT_EQ(test, atomic_read(&t->handled), 2 + 2 * 20);
}

static irqreturn_t test_thread(int irq, void *arg)
{
	struct test_irq *t = arg;

	atomic_inc(&t->handled);
	return IRQ_HANDLED;
}

/* Without a hard interrupt handler, as with MSI-X: the core need not mask for it. */
static void handler_may_be_a_thread(struct kunit *test)
{
	struct test_irq *t;
	int i, ret;

	test_create(test, IMS_PASID_REQUIRED);
	t = test_alloc(test, 0, PASID);
	ret = request_threaded_irq(t->irq, NULL, test_thread, 0, "kunit", t);
	KUNIT_ASSERT_EQ(test, ret, 0);
	t->requested = true;
	for (i = 0; i < 20; i++)
		test_fire(test, t);
	KUNIT_EXPECT_EQ(test, atomic_read(&t->handled), 20);
	KUNIT_EXPECT_EQ(test, test_slot(test, t).ctrl, CTRL_PASID);
}

static void test_hold(struct test_context *ctx)
{
	reinit_completion(&ctx->may_write);
	WRITE_ONCE(ctx->hold, true);
}

static void test_release(struct test_context *ctx)
{
	WRITE_ONCE(ctx->hold, false);
	complete_all(&ctx->may_write);
}

/* An interrupt of the queue store, at CPU @cpu, and the device knows. */
static struct test_irq *test_queue_irq_on(struct kunit *test, unsigned int cpu)
{
	struct test_context *ctx = test->priv;
	struct test_irq *t;
	int ret;

	test_create(test, IMS_PASID_REQUIRED);
	t = test_alloc(test, 0, PASID);
	ret = irq_set_affinity(t->irq, cpumask_of(cpu));
	KUNIT_ASSERT_EQ(test, ret, 0);
	test_request(test, t);
	KUNIT_ASSERT_EQ(test, cpumask_first(irq_get_effective_affinity_mask(t->irq)), cpu);
	/* Only that nothing is to be written any more. */
	ims_domain_restore(ctx->domain);
	return t;
}

#ifdef CONFIG_HOTPLUG_CPU
static void test_inject_work(struct work_struct *work)
{
	struct test_context *ctx = container_of(work, struct test_context, inject);

	irq_inject_interrupt(ctx->irqs[0].irq);
}

/*
 * The device has a message for a CPU which has been offline meanwhile: what it has sent
 * since then may be lost, whether the CPU has come back or not.
 */
static void cpu_back_before_device_knows(struct kunit *test)
{
	unsigned int last = cpumask_last(cpu_online_mask);
	struct test_context *ctx = test->priv;
	struct test_irq *t;

	if (!last || !test_is_queue(test))
		kunit_skip(test, "needs two CPUs and a store that sleeps");

	t = test_queue_irq_on(test, last);
	test_hold(ctx);
	KUNIT_EXPECT_EQ(test, remove_cpu(last), 0);
	KUNIT_EXPECT_EQ(test, add_cpu(last), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&t->handled), 0);
	test_release(ctx);
	KUNIT_EXPECT_TRUE(test, test_wait_handled(t, 1));
}

/*
 * The device has a message for the first CPU, a move away from it is pending, and the CPU
 * which it is to goes offline: the vector on the first CPU is given away.
 */
static void move_ended_by_hotplug(struct kunit *test)
{
	unsigned int last = cpumask_last(cpu_online_mask), cpu;
	struct test_context *ctx = test->priv;
	struct test_irq *t;
	int ret;

	if (!last || !test_is_queue(test))
		kunit_skip(test, "needs two CPUs and a store that sleeps");

	t = test_queue_irq_on(test, 0);
	test_hold(ctx);
	ret = irq_set_affinity(t->irq, cpumask_of(last));
	KUNIT_ASSERT_EQ(test, ret, 0);
	/*
	 * The move takes place in this interrupt, which may come before or after the end of
	 * irq_inject_interrupt(): so that may have to wait for the device, too.
	 */
	queue_work(system_dfl_wq, &ctx->inject);
	KUNIT_EXPECT_TRUE(test, test_wait_handled(t, 1));
	ret = read_poll_timeout(cpumask_first, cpu, cpu == last, 50, TIMEOUT_US, false,
				irq_get_effective_affinity_mask(t->irq));
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_EQ(test, remove_cpu(last), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&t->handled), 1);
	test_release(ctx);
	KUNIT_EXPECT_TRUE(test, test_wait_handled(t, 2));
	flush_work(&ctx->inject);
	KUNIT_EXPECT_EQ(test, add_cpu(last), 0);
}
#endif

static int test_init(struct kunit *test)
{
	struct test_context *ctx;

	ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx);
	ctx->dev = kunit_device_register(test, "irq-ims");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ctx->dev);
	init_completion(&ctx->may_write);
#ifdef CONFIG_HOTPLUG_CPU
	INIT_WORK(&ctx->inject, test_inject_work);
#endif
	test->priv = ctx;
	return 0;
}

static void test_exit(struct kunit *test)
{
	struct test_context *ctx = test->priv;
	unsigned int i;

	if (!ctx || !ctx->domain)
		return;
	test_release(ctx);
	for (i = 0; i < ARRAY_SIZE(ctx->irqs); i++)
		test_free(&ctx->irqs[i]);
	for (i = 0; i < NR_SLOTS; i++)
		expect_unused(test, i);
	KUNIT_EXPECT_EQ(test, atomic_read(&ctx->overlaps), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&ctx->torn), 0);
	ims_domain_destroy(ctx->domain);
}

static struct kunit_case test_cases[] = {
	KUNIT_CASE_PARAM(create_checks_info, store_gen_params),
	KUNIT_CASE_PARAM(create_resets_slots, store_gen_params),
	KUNIT_CASE_PARAM(destroy_outlived_by_interrupt, store_gen_params),
	KUNIT_CASE_PARAM(alloc_checks_cookie, store_gen_params),
	KUNIT_CASE_PARAM(cookie_can_be_changed, store_gen_params),
	KUNIT_CASE_PARAM(restore_writes_all_slots, store_gen_params),
	KUNIT_CASE_PARAM(alloc_takes_each_slot_once, store_gen_params),
	KUNIT_CASE(slot_of_other_irq),
	KUNIT_CASE_PARAM(slot_follows_request_and_free, store_gen_params),
	KUNIT_CASE_PARAM(slot_waits_for_startup, store_gen_params),
	KUNIT_CASE_PARAM(slots_are_independent, store_gen_params),
	KUNIT_CASE_PARAM(retrigger_reaches_handler, store_gen_params),
	KUNIT_CASE_PARAM(disable_is_lazy, store_gen_params),
	KUNIT_CASE_PARAM(disable_at_once, store_gen_params),
	KUNIT_CASE_PARAM(affinity_rewrites_message, store_gen_params),
	KUNIT_CASE_PARAM(handler_may_be_a_thread, store_gen_params),
#ifdef CONFIG_HOTPLUG_CPU
	KUNIT_CASE_PARAM(cpu_back_before_device_knows, store_gen_params),
	KUNIT_CASE_PARAM(move_ended_by_hotplug, store_gen_params),
#endif
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
