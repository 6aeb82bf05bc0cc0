// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of the VFIO glue of IMS.
 *
 * The interrupts are real ones: of an IMS domain whose slots are in memory. What
 * the glue gets from elsewhere is faked below, because a kernel thread can't make
 * an eventfd, and because a test wants to let each step fail and to see their
 * order. So this is a module of its own, with the glue inside. Its events are faked
 * too: those of the real module are not exported.
 */
#include <kunit/device.h>
#include <kunit/test.h>

#include <linux/atomic.h>
#include <linux/bitfield.h>
#include <linux/eventfd.h>
#include <linux/interrupt.h>
#include <linux/iopoll.h>
#include <linux/irqbypass.h>
#include <linux/irqchip/irq-ims.h>
#include <linux/module.h>
#include <linux/msi.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vfio.h>
#include <linux/vfio_ims.h>

#include <trace/events/vfio_ims.h>

#define NR_SLOTS	4
#define NVEC		8
/* Vectors 0 to 5 are IMS ones, and so more than there are slots. */
#define EMULATED	6
#define EMULATED_2	7
#define PASID		0x42

#define NR_FDS		8
#define FD_CLOSED	100	/* no file */
#define FD_OTHER	101	/* a file, but no eventfd */

#define TIMEOUT_US	1000000

/* Opaque outside of fs/eventfd.c, so ours may be anything. */
struct eventfd_ctx {
	int		refs;
	atomic_t	count;
};

/*
 * What the fakes know. @fail_in counts down over everything that can fail, and
 * what brings it to 0 does. @log has a letter for each step, and @events a letter and
 * the vector for each event, and an exclamation mark if it was about a failure.
 */
static struct {
	struct eventfd_ctx		eventfds[NR_FDS];
	/* By the vector's irq_bypass_producer, what it has registered. */
	struct {
		struct irq_bypass_producer	*producer;
		struct eventfd_ctx		*eventfd;
	} producers[NVEC];
	int				fail_in;
	bool				fail_bypass;
	unsigned int			locked;
	char				log[64];
	char				events[192];
} fake;

static void fake_log(char step)
{
	size_t len = strlen(fake.log);

	if (len < sizeof(fake.log) - 1)
		fake.log[len] = step;
}

static void fake_log_clear(void)
{
	memset(fake.log, 0, sizeof(fake.log));
	memset(fake.events, 0, sizeof(fake.events));
}

static void fake_event(char event, u32 vector, int ret)
{
	size_t len = strlen(fake.events);

	scnprintf(fake.events + len, sizeof(fake.events) - len, "%c%u%s", event,
		  vector, ret ? "!" : "");
}

static bool fake_fail(void)
{
	return fake.fail_in && !--fake.fail_in;
}

static struct eventfd_ctx *fake_eventfd_ctx_fdget(int fd)
{
	if (fd == FD_OTHER)
		return ERR_PTR(-EINVAL);
	if (fd < 0 || fd >= NR_FDS)
		return ERR_PTR(-EBADF);
	if (fake_fail())
		return ERR_PTR(-EMFILE);
	fake_log('G');
	fake.eventfds[fd].refs++;
	return &fake.eventfds[fd];
}

static void fake_eventfd_ctx_put(struct eventfd_ctx *ctx)
{
	fake_log('P');
	ctx->refs--;
}

static void fake_eventfd_signal(struct eventfd_ctx *ctx)
{
	atomic_inc(&ctx->count);
}

static int fake_register_producer(struct irq_bypass_producer *producer,
				  struct eventfd_ctx *eventfd, int irq)
{
	int i, empty = -1;

	fake_log('B');
	if (fake.fail_bypass)
		return -EINVAL;
	for (i = 0; i < NVEC; i++) {
		/* The same producer twice is a bug, and the same eventfd is refused. */
		if (fake.producers[i].producer == producer ||
		    fake.producers[i].eventfd == eventfd)
			return -EBUSY;
		if (!fake.producers[i].producer)
			empty = i;
	}
	fake.producers[empty].producer = producer;
	fake.producers[empty].eventfd = eventfd;
	return 0;
}

static void fake_unregister_producer(struct irq_bypass_producer *producer)
{
	int i;

	fake_log('b');
	for (i = 0; i < NVEC; i++) {
		if (fake.producers[i].producer == producer) {
			fake.producers[i].producer = NULL;
			fake.producers[i].eventfd = NULL;
		}
	}
}

static unsigned int fake_count_producers(void)
{
	unsigned int i, count = 0;

	for (i = 0; i < NVEC; i++)
		count += !!fake.producers[i].producer;
	return count;
}

static int fake_irq_alloc(struct ims_domain *domain, u64 cookie)
{
	int ret = fake_fail() ? -ENOSPC : ims_irq_alloc(domain, cookie);

	if (ret > 0)
		fake_log('A');
	return ret;
}

static void fake_irq_free(unsigned int irq)
{
	fake_log('a');
	ims_irq_free(irq);
}

static int fake_irq_set_cookie(unsigned int irq, u64 cookie)
{
	return fake_fail() ? -EINVAL : ims_irq_set_cookie(irq, cookie);
}

static int fake_request_irq(unsigned int irq, irq_handler_t handler,
			    unsigned long flags, const char *name, void *dev)
{
	int ret = fake_fail() ? -ENOSPC :
		  request_irq(irq, handler, flags, name, dev);

	if (!ret)
		fake_log('R');
	return ret;
}

static const void *fake_free_irq(unsigned int irq, void *dev)
{
	fake_log('r');
	return free_irq(irq, dev);
}

static void fake_synchronize_irq(unsigned int irq)
{
	fake_log('s');
	synchronize_irq(irq);
}

static void fake_synchronize_rcu(void)
{
	fake_log('S');
	synchronize_rcu();
}

static void fake_mutex_lock(struct mutex *lock)
{
	fake.locked++;
	mutex_lock(lock);
}

static void *fake_kvcalloc(size_t n, size_t size, gfp_t gfp)
{
	return fake_fail() ? NULL : kvcalloc(n, size, gfp);
}

#undef kvcalloc
#define kvcalloc			fake_kvcalloc
#define kasprintf(...)			(fake_fail() ? NULL : (kasprintf)(__VA_ARGS__))
#undef mutex_lock
#define mutex_lock			fake_mutex_lock
#define eventfd_ctx_fdget		fake_eventfd_ctx_fdget
#define eventfd_ctx_put			fake_eventfd_ctx_put
#undef eventfd_signal
#define eventfd_signal			fake_eventfd_signal
#undef irq_bypass_register_producer
#define irq_bypass_register_producer	fake_register_producer
#define irq_bypass_unregister_producer	fake_unregister_producer
#define ims_irq_alloc			fake_irq_alloc
#define ims_irq_free			fake_irq_free
#define ims_irq_set_cookie		fake_irq_set_cookie
#define request_irq			fake_request_irq
#define free_irq			fake_free_irq
#define synchronize_irq			fake_synchronize_irq
#define synchronize_rcu			fake_synchronize_rcu

#define trace_vfio_ims_slot_alloc(dev, vector, irq, slot, cookie, ret) \
	fake_event('A', vector, ret)
#define trace_vfio_ims_slot_free(dev, vector, irq, slot) \
	fake_event('a', vector, 0)
#define trace_vfio_ims_irq_request(dev, vector, irq, slot, ret) \
	fake_event('R', vector, ret)
#define trace_vfio_ims_irq_free(dev, vector, irq, slot) \
	fake_event('r', vector, 0)
#define trace_vfio_ims_bypass_register(dev, vector, irq, slot, eventfd, ret) \
	fake_event('B', vector, ret)
#define trace_vfio_ims_bypass_unregister(dev, vector, irq, slot, eventfd, ret) \
	fake_event('b', vector, ret)
#define trace_vfio_ims_vector_bind(dev, vector, irq, slot, eventfd, ret) \
	fake_event('V', vector, ret)
#define trace_vfio_ims_vector_unbind(dev, vector, irq, slot, eventfd, ret) \
	fake_event('v', vector, ret)
#define trace_vfio_ims_index_enable(dev, vectors)	fake_event('E', vectors, 0)
#define trace_vfio_ims_index_disable(dev, vectors)	fake_event('e', vectors, 0)
#define trace_vfio_ims_signal(dev, vector, irq, slot, eventfd, cause) do { } while (0)

/* The exports are those of the real module. */
#undef EXPORT_SYMBOL_GPL
#define EXPORT_SYMBOL_GPL(symbol)	static_assert(sizeof(typeof(symbol) *))

#include "vfio_ims.c"

struct test_context {
	struct device		*dev;
	struct vfio_device	vdev;
	struct ims_slot		slots[NR_SLOTS];
	struct ims_domain	*domain;
	struct vfio_ims		vi;
};

static int test_compose(void *data, u64 cookie, u32 *ctrl)
{
	return ims_slot_compose_pasid(cookie, IMS_PASID_REQUIRED, ctrl);
}

static struct ims_slot __iomem *test_slot(void *data, unsigned int slot)
{
	struct test_context *ctx = data;

	return (struct ims_slot __iomem __force *)&ctx->slots[slot];
}

static void test_write_msg(void *data, unsigned int slot,
			   const struct msi_msg *msg)
{
	ims_slot_write_msg(test_slot(data, slot), msg);
}

static void test_write_ctrl(void *data, unsigned int slot, u32 ctrl)
{
	ims_slot_write_ctrl(test_slot(data, slot), ctrl);
}

static const struct ims_slot_ops test_slot_ops = {
	.masked		= IMS_CTRL_MASK,
	.compose	= test_compose,
	.write_msg	= test_write_msg,
	.write_ctrl	= test_write_ctrl,
};

/* Everything that a refused call must leave as it was. */
struct test_snapshot {
	enum vfio_ims_state	state;
	u64			cookie;
	struct {
		enum vfio_ims_kind	kind;
		u64			cookie;
		struct eventfd_ctx	*trigger;
		unsigned int		irq;
		u32			slot;
		char			*name;
		bool			bypass;
	} vectors[NVEC];
	int			refs[NR_FDS];
	int			counts[NR_FDS];
	struct ims_slot		slots[NR_SLOTS];
};

static void test_snapshot(struct kunit *test, struct test_snapshot *snapshot)
{
	struct test_context *ctx = test->priv;
	int i;

	memset(snapshot, 0, sizeof(*snapshot));
	snapshot->state = ctx->vi.state;
	snapshot->cookie = ctx->vi.cookie;
	for (i = 0; i < ctx->vi.nvec; i++) {
		const struct vfio_ims_vector *v = &ctx->vi.vectors[i];

		snapshot->vectors[i].kind = v->kind;
		snapshot->vectors[i].cookie = v->cookie;
		snapshot->vectors[i].trigger = rcu_access_pointer(v->trigger);
		snapshot->vectors[i].irq = v->irq;
		snapshot->vectors[i].slot = v->slot;
		snapshot->vectors[i].name = v->name;
		snapshot->vectors[i].bypass = v->bypass;
	}
	for (i = 0; i < NR_FDS; i++) {
		snapshot->refs[i] = fake.eventfds[i].refs;
		snapshot->counts[i] = atomic_read(&fake.eventfds[i].count);
	}
	memcpy(snapshot->slots, ctx->slots, sizeof(snapshot->slots));
}

static void expect_unchanged(struct kunit *test,
			     const struct test_snapshot *before)
{
	struct test_snapshot now;

	test_snapshot(test, &now);
	KUNIT_EXPECT_MEMEQ(test, before, &now, sizeof(now));
}

#define DATA_NONE	VFIO_IRQ_SET_DATA_NONE
#define DATA_BOOL	VFIO_IRQ_SET_DATA_BOOL
#define DATA_EVENTFD	VFIO_IRQ_SET_DATA_EVENTFD
#define MASK		VFIO_IRQ_SET_ACTION_MASK
#define UNMASK		VFIO_IRQ_SET_ACTION_UNMASK
#define TRIGGER		VFIO_IRQ_SET_ACTION_TRIGGER
#define NONE		(DATA_NONE | TRIGGER)
#define BOOL		(DATA_BOOL | TRIGGER)
#define EVENTFD		(DATA_EVENTFD | TRIGGER)
#define MSIX		VFIO_PCI_MSIX_IRQ_INDEX

static int test_set_irqs(struct kunit *test, u32 flags, u32 start, u32 count,
			 const void *data)
{
	struct test_context *ctx = test->priv;

	return vfio_ims_set_irqs(&ctx->vi, flags, MSIX, start, count, data);
}

static int test_bind_fd(struct kunit *test, u32 vector, s32 fd)
{
	return test_set_irqs(test, EVENTFD, vector, 1, &fd);
}

static void test_bind(struct kunit *test, u32 vector, s32 fd)
{
	KUNIT_ASSERT_EQ(test, test_bind_fd(test, vector, fd), 0);
}

/* The device raises a bound IMS vector, and the handler signals an eventfd. */
static void test_fire(struct kunit *test, u32 vector, s32 fd)
{
	atomic_t *count = &fake.eventfds[fd].count;
	struct test_context *ctx = test->priv;
	int before = atomic_read(count), now, irq;

	irq = vfio_ims_irq(&ctx->vi, vector);
	KUNIT_ASSERT_GT(test, irq, 0);
	KUNIT_ASSERT_EQ(test, irq_inject_interrupt(irq), 0);
	read_poll_timeout(atomic_read, now, now > before, 50, TIMEOUT_US, false,
			  count);
	KUNIT_ASSERT_EQ(test, atomic_read(count), before + 1);
}

static void expect_count(struct kunit *test, s32 fd, int count)
{
	KUNIT_EXPECT_EQ(test, atomic_read(&fake.eventfds[fd].count), count);
}

static void expect_refs(struct kunit *test, s32 fd, int refs)
{
	KUNIT_EXPECT_EQ(test, fake.eventfds[fd].refs, refs);
}

static u32 test_slot_ctrl(struct kunit *test, u32 vector)
{
	struct test_context *ctx = test->priv;
	int slot = vfio_ims_slot(&ctx->vi, vector);

	KUNIT_ASSERT_GE(test, slot, 0);
	KUNIT_ASSERT_LT(test, slot, NR_SLOTS);
	return ctx->slots[slot].ctrl;
}

static u32 ctrl_of(u32 pasid)
{
	return IMS_CTRL_PASID_ENABLE | FIELD_PREP(IMS_CTRL_PASID, pasid);
}

static void expect_slots_unused(struct kunit *test)
{
	const struct ims_slot unused = { .ctrl = IMS_CTRL_MASK };
	struct test_context *ctx = test->priv;
	int i;

	for (i = 0; i < NR_SLOTS; i++)
		KUNIT_EXPECT_MEMEQ(test, &ctx->slots[i], &unused, sizeof(unused));
}

/*
 * The state machine.
 */
static void init_checks_arguments(struct kunit *test)
{
	struct test_context *ctx = test->priv;
	struct vfio_ims vi = { };
	int ret;

	ret = vfio_ims_init(&vi, &ctx->vdev, ctx->domain, 0, PASID);
	KUNIT_EXPECT_EQ(test, ret, -EINVAL);
	ret = vfio_ims_init(&vi, &ctx->vdev, ctx->domain, 2049, PASID);
	KUNIT_EXPECT_EQ(test, ret, -EINVAL);
	/* The domain of these tests requires a PASID. */
	ret = vfio_ims_init(&vi, &ctx->vdev, ctx->domain, 1, IMS_COOKIE_NONE);
	KUNIT_EXPECT_EQ(test, ret, -EINVAL);
	ret = vfio_ims_init(&vi, &ctx->vdev, ctx->domain, 1, BIT(20));
	KUNIT_EXPECT_EQ(test, ret, -EINVAL);
	ret = vfio_ims_init(&vi, &ctx->vdev, ctx->domain, 1, 0);
	KUNIT_EXPECT_EQ(test, ret, -EINVAL);

	fake.fail_in = 1;
	ret = vfio_ims_init(&vi, &ctx->vdev, ctx->domain, 1, PASID);
	KUNIT_EXPECT_EQ(test, ret, -ENOMEM);

	ret = vfio_ims_init(&vi, &ctx->vdev, ctx->domain, 2048, PASID);
	KUNIT_ASSERT_EQ(test, ret, 0);
	ret = vfio_ims_init(&vi, &ctx->vdev, ctx->domain, 1, PASID);
	KUNIT_EXPECT_EQ(test, ret, -EBUSY);
	vfio_ims_release(&vi);

	/* Released, it is as new. */
	ret = vfio_ims_init(&vi, &ctx->vdev, ctx->domain, 1, PASID);
	KUNIT_ASSERT_EQ(test, ret, 0);
	vfio_ims_release(&vi);
}

static void order_is_enforced(struct kunit *test)
{
	struct test_context *ctx = test->priv;
	struct vfio_ims *vi = &ctx->vi;
	const u8 bools[1] = { 1 };

	KUNIT_EXPECT_EQ(test, vi->state, VFIO_IMS_DISABLED);
	/* Loopback and numbers need an enabled index and a bound vector. */
	KUNIT_EXPECT_EQ(test, test_set_irqs(test, NONE, 0, 1, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, test_set_irqs(test, BOOL, 0, 1, bools), -EINVAL);
	KUNIT_EXPECT_EQ(test, vfio_ims_irq(vi, 0), -ENXIO);
	KUNIT_EXPECT_EQ(test, vfio_ims_slot(vi, 0), -ENXIO);
	KUNIT_EXPECT_EQ(test, vfio_ims_signal(vi, EMULATED), -ENXIO);
	/* Disabling what is not enabled is nothing. */
	KUNIT_EXPECT_EQ(test, test_set_irqs(test, NONE, 0, 0, NULL), 0);

	test_bind(test, 0, 0);
	KUNIT_EXPECT_EQ(test, vi->state, VFIO_IMS_ENABLED);
	KUNIT_EXPECT_EQ(test, vfio_ims_set_emulated(vi, 1), -EBUSY);

	KUNIT_EXPECT_EQ(test, test_set_irqs(test, NONE, 0, 0, NULL), 0);
	KUNIT_EXPECT_EQ(test, vi->state, VFIO_IMS_DISABLED);
	KUNIT_EXPECT_EQ(test, vfio_ims_set_emulated(vi, 1), 0);

	vfio_ims_release(vi);
	KUNIT_EXPECT_EQ(test, vi->state, VFIO_IMS_RELEASED);
	expect_refs(test, 0, 0);
}

/* Zeroed memory, as before init and after release, has no lock which could be taken. */
static void nothing_before_init_and_after_release(struct kunit *test)
{
	struct test_context *ctx = test->priv;
	struct vfio_ims zeroed = { };
	struct vfio_ims *vi = &zeroed;
	const s32 fd = 0;
	int i;

	for (i = 0; i < 2; i++) {
		fake.locked = 0;
		KUNIT_EXPECT_EQ(test, vfio_ims_set_irqs(vi, EVENTFD, MSIX, 0, 1, &fd),
				-ENODEV);
		KUNIT_EXPECT_EQ(test, vfio_ims_set_irqs(vi, NONE, MSIX, 0, 0, NULL),
				-ENODEV);
		KUNIT_EXPECT_EQ(test, vfio_ims_set_emulated(vi, 0), -ENODEV);
		KUNIT_EXPECT_EQ(test, vfio_ims_set_cookie(vi, 0, PASID), -ENODEV);
		KUNIT_EXPECT_EQ(test, vfio_ims_attach(vi, PASID), -ENODEV);
		KUNIT_EXPECT_EQ(test, vfio_ims_irq(vi, 0), -ENODEV);
		KUNIT_EXPECT_EQ(test, vfio_ims_slot(vi, 0), -ENODEV);
		KUNIT_EXPECT_EQ(test, vfio_ims_signal(vi, EMULATED), -EINVAL);
		vfio_ims_detach(vi);
		vfio_ims_disable(vi);
		vfio_ims_release(vi);
		KUNIT_EXPECT_EQ(test, fake.locked, 0);

		vi = &ctx->vi;
		vfio_ims_release(vi);
	}
	expect_refs(test, 0, 0);
}

/* "What's the exact order of all this?" */
static void bind_and_unbind_order(struct kunit *test)
{
	/* Eventfd, slot, handler, bypass. */
	test_bind(test, 0, 0);
	KUNIT_EXPECT_STREQ(test, fake.log, "GARB");
	fake_log_clear();

	/* The exact reverse. */
	test_bind(test, 0, -1);
	KUNIT_EXPECT_STREQ(test, fake.log, "braP");
	fake_log_clear();

	/* Nothing but an eventfd, which the driver may be signalling. */
	test_bind(test, EMULATED, 0);
	test_bind(test, EMULATED, -1);
	KUNIT_EXPECT_STREQ(test, fake.log, "GSP");
	fake_log_clear();

	/* Another eventfd leaves slot and handler alone. */
	test_bind(test, 0, 0);
	fake_log_clear();
	test_bind(test, 0, 1);
	KUNIT_EXPECT_STREQ(test, fake.log, "GbsPB");
}

/* As include/trace/events/vfio_ims.h has it. */
static void order_of_events(struct kunit *test)
{
	const s32 fds[] = { 0, -1, FD_CLOSED }, swapped[] = { 1, 0 };

	test_bind(test, 0, 0);
	KUNIT_EXPECT_STREQ(test, fake.events, "E8A0R0B0V0");
	fake_log_clear();
	test_bind(test, 1, 1);
	fake_log_clear();
	KUNIT_EXPECT_EQ(test, test_set_irqs(test, EVENTFD, 0, 2, swapped), 0);
	KUNIT_EXPECT_STREQ(test, fake.events, "b0b1v0v1B0V0B1V1");
	fake_log_clear();
	KUNIT_EXPECT_EQ(test, test_set_irqs(test, EVENTFD, 0, 3, fds), -EBADF);
	KUNIT_EXPECT_STREQ(test, fake.events, "V2!");
	fake_log_clear();
	test_bind(test, EMULATED, 2);
	test_bind(test, EMULATED, 3);
	KUNIT_EXPECT_STREQ(test, fake.events, "V6v6V6");
	fake_log_clear();
	KUNIT_EXPECT_EQ(test, test_set_irqs(test, NONE, 0, 0, NULL), 0);
	KUNIT_EXPECT_STREQ(test, fake.events, "b0b1r0a0r1a1v0v1v6e8");
}

/* Each vector which was to be bound says that it is not, when all of it is undone. */
static void order_of_events_when_undone(struct kunit *test)
{
	const s32 fds[] = { 0, 1, 2, 3, 4 };

	KUNIT_EXPECT_EQ(test, test_set_irqs(test, EVENTFD, 0, 5, fds), -ENOSPC);
	KUNIT_EXPECT_STREQ(test, fake.events,
			   "E8A0R0A1R1A2R2A3R3A4!V4!"
			   "r0a0V0!r1a1V1!r2a2V2!r3a3V3!e8");
}

static void get_irq_info(struct kunit *test)
{
	struct test_context *ctx = test->priv;
	struct vfio_irq_info info = { };
	u32 index;

	for (index = 0; index < VFIO_PCI_NUM_IRQS; index++) {
		bool msix = index == MSIX;
		int ret = index == VFIO_PCI_ERR_IRQ_INDEX ? -EINVAL : 0;

		info.index = index;
		info.count = 0;
		info.flags = 0;
		KUNIT_EXPECT_EQ(test, vfio_ims_get_irq_info(&ctx->vi, &info), ret);
		KUNIT_EXPECT_EQ(test, info.count, msix ? NVEC : 0);
		KUNIT_EXPECT_EQ(test, info.flags,
				msix ? VFIO_IRQ_INFO_EVENTFD : 0);
	}
	info.index = VFIO_PCI_NUM_IRQS;
	KUNIT_EXPECT_EQ(test, vfio_ims_get_irq_info(&ctx->vi, &info), -EINVAL);
}

/*
 * The rows of the table in Documentation/driver-api/vfio-ims.rst.
 */
static void row_eventfd_enables_and_binds(struct kunit *test)
{
	const s32 fds[] = { 0, 1, -1, 2 };
	struct test_context *ctx = test->priv;

	KUNIT_ASSERT_EQ(test, test_set_irqs(test, EVENTFD, 0, 4, fds), 0);
	KUNIT_EXPECT_EQ(test, ctx->vi.state, VFIO_IMS_ENABLED);
	test_fire(test, 0, 0);
	test_fire(test, 1, 1);
	test_fire(test, 3, 2);
	KUNIT_EXPECT_EQ(test, vfio_ims_irq(&ctx->vi, 2), -ENXIO);
	KUNIT_EXPECT_EQ(test, test_slot_ctrl(test, 0), ctrl_of(PASID));
	KUNIT_EXPECT_EQ(test, test_slot_ctrl(test, 3), ctrl_of(PASID));
	expect_refs(test, 0, 1);
}

static void row_eventfd_of_nothing_enables(struct kunit *test)
{
	struct test_context *ctx = test->priv;
	const s32 fds[] = { -1, -1 };

	KUNIT_EXPECT_EQ(test, test_set_irqs(test, EVENTFD, 0, 2, fds), 0);
	KUNIT_EXPECT_EQ(test, ctx->vi.state, VFIO_IMS_ENABLED);
	expect_slots_unused(test);
}

static void row_eventfd_grows(struct kunit *test)
{
	struct test_context *ctx = test->priv;
	int irq, slot;

	test_bind(test, 0, 0);
	irq = vfio_ims_irq(&ctx->vi, 0);
	slot = vfio_ims_slot(&ctx->vi, 0);
	fake_log_clear();

	/* Vector 0 is not touched. */
	test_bind(test, 1, 1);
	KUNIT_EXPECT_STREQ(test, fake.log, "GARB");
	KUNIT_EXPECT_EQ(test, vfio_ims_irq(&ctx->vi, 0), irq);
	KUNIT_EXPECT_EQ(test, vfio_ims_slot(&ctx->vi, 0), slot);
	test_fire(test, 0, 0);
	test_fire(test, 1, 1);
}

static void row_eventfd_rebinds(struct kunit *test)
{
	struct test_context *ctx = test->priv;
	int irq, slot;

	test_bind(test, 0, 0);
	test_fire(test, 0, 0);
	irq = vfio_ims_irq(&ctx->vi, 0);
	slot = vfio_ims_slot(&ctx->vi, 0);

	test_bind(test, 0, 1);
	KUNIT_EXPECT_EQ(test, vfio_ims_irq(&ctx->vi, 0), irq);
	KUNIT_EXPECT_EQ(test, vfio_ims_slot(&ctx->vi, 0), slot);
	test_fire(test, 0, 1);
	expect_count(test, 0, 1);
	expect_refs(test, 0, 0);
	expect_refs(test, 1, 1);

	/* The same one once more is fine too. */
	test_bind(test, 0, 1);
	test_fire(test, 0, 1);
	expect_refs(test, 1, 1);
}

static void row_eventfd_minus_one_unbinds(struct kunit *test)
{
	struct test_context *ctx = test->priv;
	const s32 fds[] = { 0, 1, 2 };

	KUNIT_ASSERT_EQ(test, test_set_irqs(test, EVENTFD, 0, 3, fds), 0);
	test_bind(test, 1, -1);
	KUNIT_EXPECT_EQ(test, vfio_ims_irq(&ctx->vi, 1), -ENXIO);
	expect_refs(test, 1, 0);
	test_fire(test, 0, 0);
	test_fire(test, 2, 2);
	/* Twice is no error. */
	test_bind(test, 1, -1);
	KUNIT_EXPECT_EQ(test, ctx->vi.state, VFIO_IMS_ENABLED);
}

static void row_eventfd_all_in_one(struct kunit *test)
{
	const s32 before[] = { 0, 1, -1 }, after[] = { -1, 2, 3 };
	struct test_context *ctx = test->priv;

	/* Unbinds the first, rebinds the second and binds the third. */
	KUNIT_ASSERT_EQ(test, test_set_irqs(test, EVENTFD, 0, 3, before), 0);
	KUNIT_ASSERT_EQ(test, test_set_irqs(test, EVENTFD, 0, 3, after), 0);
	KUNIT_EXPECT_EQ(test, vfio_ims_irq(&ctx->vi, 0), -ENXIO);
	test_fire(test, 1, 2);
	test_fire(test, 2, 3);
	expect_refs(test, 0, 0);
	expect_refs(test, 1, 0);
}

static void row_none_disables(struct kunit *test)
{
	const s32 fds[] = { 0, 1, -1, 2 };
	struct test_context *ctx = test->priv;
	int i;

	KUNIT_ASSERT_EQ(test, test_set_irqs(test, EVENTFD, 0, 4, fds), 0);
	test_bind(test, EMULATED, 3);
	KUNIT_EXPECT_EQ(test, test_set_irqs(test, NONE, 0, 0, NULL), 0);
	KUNIT_EXPECT_EQ(test, ctx->vi.state, VFIO_IMS_DISABLED);
	for (i = 0; i < NR_FDS; i++)
		expect_refs(test, i, 0);
	expect_slots_unused(test);
	KUNIT_EXPECT_EQ(test, fake_count_producers(), 0);
	KUNIT_EXPECT_EQ(test, vfio_ims_signal(&ctx->vi, EMULATED), -ENXIO);

	/* And again from the start. */
	test_bind(test, 0, 0);
	test_fire(test, 0, 0);
}

static void row_none_is_loopback(struct kunit *test)
{
	const s32 fds[] = { 0, -1, 2 };

	KUNIT_ASSERT_EQ(test, test_set_irqs(test, EVENTFD, 0, 3, fds), 0);
	test_bind(test, EMULATED, 3);
	KUNIT_EXPECT_EQ(test, test_set_irqs(test, NONE, 0, 2, NULL), 0);
	expect_count(test, 0, 1);
	expect_count(test, 2, 0);
	KUNIT_EXPECT_EQ(test, test_set_irqs(test, NONE, 0, NVEC, NULL), 0);
	expect_count(test, 0, 2);
	expect_count(test, 1, 0);
	expect_count(test, 2, 1);
	expect_count(test, 3, 1);
}

static void row_bool_is_loopback(struct kunit *test)
{
	const u8 bools[] = { 0, 1, 0xff, 1 };
	const s32 fds[] = { 0, 1, 2, -1 };

	KUNIT_ASSERT_EQ(test, test_set_irqs(test, EVENTFD, 0, 4, fds), 0);
	KUNIT_EXPECT_EQ(test, test_set_irqs(test, BOOL, 0, 4, bools), 0);
	expect_count(test, 0, 0);
	expect_count(test, 1, 1);
	expect_count(test, 2, 1);
}

static void row_refusals(struct kunit *test)
{
	static const s32 good[NVEC] = { 4, 5, 6, 7, 4, 5, 6, 7 };
	static const s32 closed[] = { 4, FD_CLOSED };
	static const s32 other[] = { 4, FD_OTHER };
	static const s32 negative[] = { 4, -2 };
	static const struct {
		const char	*what;
		u32		flags, index, start, count;
		const void	*data;
		int		error;
	} cases[] = {
		{ "mask", DATA_NONE | MASK, MSIX, 0, 1, NULL, -ENOTTY },
		{ "unmask", DATA_NONE | UNMASK, MSIX, 0, 1, NULL, -ENOTTY },
		{ "mask by eventfd", DATA_EVENTFD | MASK, MSIX, 0, 1, good, -ENOTTY },
		{ "INTx", EVENTFD, VFIO_PCI_INTX_IRQ_INDEX, 0, 1, good, -EINVAL },
		{ "MSI", EVENTFD, VFIO_PCI_MSI_IRQ_INDEX, 0, 1, good, -EINVAL },
		{ "no index", EVENTFD, VFIO_PCI_NUM_IRQS, 0, 1, good, -EINVAL },
		{ "disable another index", NONE, VFIO_PCI_MSI_IRQ_INDEX, 0, 0, NULL, -EINVAL },
		{ "no flags", 0, MSIX, 0, 1, good, -EINVAL },
		{ "no data flag", TRIGGER, MSIX, 0, 1, good, -EINVAL },
		{ "no action flag", DATA_EVENTFD, MSIX, 0, 1, good, -EINVAL },
		{ "two data flags", EVENTFD | DATA_BOOL, MSIX, 0, 1, good, -EINVAL },
		{ "two data flags 2", EVENTFD | DATA_NONE, MSIX, 0, 0, NULL, -EINVAL },
		{ "two actions", EVENTFD | MASK, MSIX, 0, 1, good, -EINVAL },
		{ "two actions 2", DATA_NONE | MASK | UNMASK, MSIX, 0, 1, NULL, -EINVAL },
		{ "unknown flag", EVENTFD | BIT(6), MSIX, 0, 1, good, -EINVAL },
		{ "start outside", EVENTFD, MSIX, NVEC, 1, good, -EINVAL },
		{ "start far outside", EVENTFD, MSIX, U32_MAX, 1, good, -EINVAL },
		{ "end outside", EVENTFD, MSIX, 1, NVEC, good, -EINVAL },
		{ "wraps", EVENTFD, MSIX, 2, U32_MAX, good, -EINVAL },
		{ "wraps to 0", EVENTFD, MSIX, 1, U32_MAX, good, -EINVAL },
		{ "loopback outside", NONE, MSIX, 1, NVEC, NULL, -EINVAL },
		{ "loopback wraps", NONE, MSIX, 2, U32_MAX, NULL, -EINVAL },
		{ "disable outside", NONE, MSIX, NVEC, 0, NULL, -EINVAL },
		{ "no eventfds", EVENTFD, MSIX, 0, 0, good, -EINVAL },
		{ "no eventfd data", EVENTFD, MSIX, 0, 1, NULL, -EINVAL },
		{ "no bools", BOOL, MSIX, 0, 0, good, -EINVAL },
		{ "no bool data", BOOL, MSIX, 0, 1, NULL, -EINVAL },
		{ "no file", EVENTFD, MSIX, 0, 2, closed, -EBADF },
		{ "no file, new vector", EVENTFD, MSIX, 3, 2, closed, -EBADF },
		{ "negative file", EVENTFD, MSIX, 0, 2, negative, -EBADF },
		{ "no eventfd", EVENTFD, MSIX, 0, 2, other, -EINVAL },
		{ "no eventfd, new vector", EVENTFD, MSIX, 3, 2, other, -EINVAL },
		{ "more than slots", EVENTFD, MSIX, 0, 5, good, -ENOSPC },
		{ "more than slots 2", EVENTFD, MSIX, 2, 4, good, -ENOSPC },
	};
	const s32 bound[] = { 0, 1 };
	struct test_context *ctx = test->priv;
	struct test_snapshot before;
	int i, pass, ret;

	/* Before the index is enabled, and while vectors run. */
	for (pass = 0; pass < 2; pass++) {
		if (pass) {
			ret = test_set_irqs(test, EVENTFD, 0, 2, bound);
			KUNIT_ASSERT_EQ(test, ret, 0);
			test_bind(test, EMULATED, 2);
		}
		test_snapshot(test, &before);
		for (i = 0; i < ARRAY_SIZE(cases); i++) {
			/* Four slots are enough for it with none taken. */
			if (!pass && !strcmp(cases[i].what, "more than slots 2"))
				continue;
			ret = vfio_ims_set_irqs(&ctx->vi, cases[i].flags,
						cases[i].index, cases[i].start,
						cases[i].count, cases[i].data);
			KUNIT_EXPECT_EQ_MSG(test, ret, cases[i].error, "%s",
					    cases[i].what);
			expect_unchanged(test, &before);
		}
	}
	test_fire(test, 0, 0);
	test_fire(test, 1, 1);
}

/*
 * Each thing that can fail in a call which unbinds, rebinds and binds.
 */
static void failed_step_changes_nothing(struct kunit *test)
{
	const s32 before_fds[] = { 0, 1 }, fds[] = { -1, 2, 3, 4, 5 };
	struct test_context *ctx = test->priv;
	struct test_snapshot before;
	int step, ret;

	ret = test_set_irqs(test, EVENTFD, 0, 2, before_fds);
	KUNIT_ASSERT_EQ(test, ret, 0);
	/* Two slots are in use, and vectors 2 to 3 want the others. */
	test_snapshot(test, &before);

	for (step = 1; step < 100; step++) {
		fake.fail_in = step;
		ret = test_set_irqs(test, EVENTFD, 0, 4, fds);
		if (fake.fail_in)
			break;
		KUNIT_EXPECT_LT_MSG(test, ret, 0, "step %d", step);
		expect_unchanged(test, &before);
		test_fire(test, 0, 0);
		test_fire(test, 1, 1);
		test_snapshot(test, &before);
	}
	fake.fail_in = 0;
	KUNIT_EXPECT_EQ(test, ret, 0);
	/* Three eventfds, and name, slot and handler of two. */
	KUNIT_EXPECT_EQ(test, step, 1 + 3 + 2 * 3);
	KUNIT_EXPECT_EQ(test, vfio_ims_irq(&ctx->vi, 0), -ENXIO);
	test_fire(test, 1, 2);
	test_fire(test, 3, 4);
}

/* The same for the call which enables the index. */
static void failed_enable_changes_nothing(struct kunit *test)
{
	const s32 fds[] = { 0, 1 };
	struct test_snapshot before;
	int step, ret;

	test_snapshot(test, &before);
	for (step = 1; step < 100; step++) {
		fake.fail_in = step;
		ret = test_set_irqs(test, EVENTFD, 0, 2, fds);
		if (fake.fail_in)
			break;
		KUNIT_EXPECT_LT_MSG(test, ret, 0, "step %d", step);
		expect_unchanged(test, &before);
		expect_slots_unused(test);
	}
	fake.fail_in = 0;
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_EQ(test, step, 1 + 2 + 2 * 3);
	test_fire(test, 0, 0);
	test_fire(test, 1, 1);
}

static void bypass_failure_is_not_fatal(struct kunit *test)
{
	fake.fail_bypass = true;
	test_bind(test, 0, 0);
	test_fire(test, 0, 0);
	/* What was not registered is not unregistered. */
	fake_log_clear();
	test_bind(test, 0, -1);
	KUNIT_EXPECT_STREQ(test, fake.log, "raP");
}

static void one_eventfd_on_two_vectors(struct kunit *test)
{
	struct test_context *ctx = test->priv;

	test_bind(test, 0, 0);
	test_bind(test, 1, 0);
	KUNIT_EXPECT_TRUE(test, ctx->vi.vectors[0].bypass);
	KUNIT_EXPECT_FALSE(test, ctx->vi.vectors[1].bypass);
	test_fire(test, 0, 0);
	test_fire(test, 1, 0);
	expect_refs(test, 0, 2);

	test_bind(test, 1, -1);
	KUNIT_EXPECT_TRUE(test, ctx->vi.vectors[0].bypass);
	KUNIT_EXPECT_EQ(test, fake_count_producers(), 1);
	expect_refs(test, 0, 1);
	test_fire(test, 0, 0);
}

/* Eventfds which change places, within a call, bypass the host as before. */
static void eventfds_change_places(struct kunit *test)
{
	static const s32 fds[][4] = {
		{ 0, 1, 2, -1 },
		{ 1, 0, 2, -1 },	/* swapped */
		{ 2, 1, 0, -1 },	/* the first and the last */
		{ 1, 0, -1, 2 },	/* swapped, and moved to an unbound vector */
		{ -1, 1, 0, 2 },	/* moved from the first to the next */
		{ 2, 0, 1, -1 },	/* moved from the last to an unbound one */
		{ 2, 0, 1, -1 },	/* the same once more */
	};
	struct test_context *ctx = test->priv;
	int i, j;

	for (i = 0; i < ARRAY_SIZE(fds); i++) {
		KUNIT_ASSERT_EQ(test, test_set_irqs(test, EVENTFD, 0, 4, fds[i]), 0);
		KUNIT_EXPECT_EQ(test, fake_count_producers(), 3);
		for (j = 0; j < 4; j++) {
			KUNIT_EXPECT_EQ(test, ctx->vi.vectors[j].bypass,
					fds[i][j] != -1);
			if (fds[i][j] != -1)
				test_fire(test, j, fds[i][j]);
		}
		for (j = 0; j < 3; j++)
			expect_refs(test, j, 1);
	}
	/* Emulated vectors, between each other and with IMS ones. */
	test_bind(test, EMULATED, 3);
	KUNIT_EXPECT_EQ(test, test_set_irqs(test, EVENTFD, 5, 3,
					    ((const s32[]){ 3, -1, 4 })), 0);
	KUNIT_EXPECT_EQ(test, vfio_ims_signal(&ctx->vi, EMULATED_2), 0);
	expect_count(test, 4, 1);
	test_fire(test, 5, 3);
	KUNIT_EXPECT_TRUE(test, ctx->vi.vectors[5].bypass);
}

/* However many vectors a call is about, it waits for one grace period, or for none. */
static void one_grace_period_per_call(struct kunit *test)
{
	const s32 before[NVEC] = { 0, 1, 2, -1, -1, -1, 3, 4 };
	const s32 after[NVEC] = { 1, 0, 2, -1, -1, -1, 4, 3 };

	KUNIT_ASSERT_EQ(test, test_set_irqs(test, EVENTFD, 0, NVEC, before), 0);
	fake_log_clear();
	KUNIT_ASSERT_EQ(test, test_set_irqs(test, EVENTFD, 0, NVEC, after), 0);
	KUNIT_EXPECT_STREQ(test, fake.log, "GGGGG" "bbb" "sss" "S" "PPPPP" "BBB");
	fake_log_clear();
	KUNIT_ASSERT_EQ(test, test_set_irqs(test, NONE, 0, 0, NULL), 0);
	KUNIT_EXPECT_STREQ(test, fake.log, "bbb" "rarara" "S" "PPPPP");
}

/*
 * Cookies, which are PASIDs here.
 */
static void cookie_per_vector(struct kunit *test)
{
	const s32 fds[] = { 0, 1 };
	struct test_context *ctx = test->priv;
	struct vfio_ims *vi = &ctx->vi;
	int irq;

	KUNIT_EXPECT_EQ(test, vfio_ims_set_cookie(vi, 1, 0x77), 0);
	KUNIT_ASSERT_EQ(test, test_set_irqs(test, EVENTFD, 0, 2, fds), 0);
	KUNIT_EXPECT_EQ(test, test_slot_ctrl(test, 0), ctrl_of(PASID));
	KUNIT_EXPECT_EQ(test, test_slot_ctrl(test, 1), ctrl_of(0x77));

	/* While it is bound, too. */
	irq = vfio_ims_irq(vi, 1);
	KUNIT_EXPECT_EQ(test, vfio_ims_set_cookie(vi, 1, 0x78), 0);
	KUNIT_EXPECT_EQ(test, test_slot_ctrl(test, 1), ctrl_of(0x78));
	KUNIT_EXPECT_EQ(test, vfio_ims_irq(vi, 1), irq);
	test_fire(test, 1, 1);
	/* Another eventfd leaves it alone, and so does the device's cookie. */
	test_bind(test, 1, 2);
	KUNIT_EXPECT_EQ(test, vfio_ims_attach(vi, 0x99), 0);
	KUNIT_EXPECT_EQ(test, test_slot_ctrl(test, 1), ctrl_of(0x78));
	KUNIT_EXPECT_EQ(test, test_slot_ctrl(test, 0), ctrl_of(0x99));
	/* It is not forgotten. */
	test_bind(test, 1, -1);
	test_bind(test, 1, 1);
	KUNIT_EXPECT_EQ(test, test_slot_ctrl(test, 1), ctrl_of(0x78));

	KUNIT_EXPECT_EQ(test, vfio_ims_set_cookie(vi, 1, VFIO_IMS_COOKIE_UNSET), 0);
	KUNIT_EXPECT_EQ(test, test_slot_ctrl(test, 1), ctrl_of(0x99));

	KUNIT_EXPECT_EQ(test, vfio_ims_set_cookie(vi, EMULATED, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, vfio_ims_set_cookie(vi, NVEC, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, vfio_ims_set_cookie(vi, U32_MAX, 1), -EINVAL);
}

static void cookie_is_checked_where_it_is_given(struct kunit *test)
{
	static const u64 bad[] = { IMS_COOKIE_NONE, 0, BIT(20), BIT_ULL(32) | PASID };
	struct test_context *ctx = test->priv;
	struct test_snapshot before;
	int i, bound;

	for (bound = 0; bound < 2; bound++) {
		test_snapshot(test, &before);
		for (i = 0; i < ARRAY_SIZE(bad); i++) {
			KUNIT_EXPECT_EQ(test, vfio_ims_set_cookie(&ctx->vi, 0, bad[i]),
					-EINVAL);
			KUNIT_EXPECT_EQ(test, vfio_ims_attach(&ctx->vi, bad[i]),
					-EINVAL);
			expect_unchanged(test, &before);
		}
		/* To take it away is vfio_ims_detach(). */
		KUNIT_EXPECT_EQ(test, vfio_ims_attach(&ctx->vi, VFIO_IMS_COOKIE_UNSET),
				-EINVAL);
		expect_unchanged(test, &before);
		test_bind(test, 0, 0);
	}
	test_fire(test, 0, 0);
}

/* As with iommufd, where the device is opened before it is attached. */
static void cookie_comes_with_attach(struct kunit *test)
{
	const s32 fds[] = { 0, 1 };
	struct test_context *ctx = test->priv;
	struct vfio_ims *vi = &ctx->vi;
	struct test_snapshot before;
	int ret;

	vfio_ims_release(vi);
	ret = vfio_ims_init(vi, &ctx->vdev, ctx->domain, NVEC, VFIO_IMS_COOKIE_UNSET);
	KUNIT_ASSERT_EQ(test, ret, 0);
	KUNIT_ASSERT_EQ(test, vfio_ims_set_emulated(vi, EMULATED), 0);

	test_snapshot(test, &before);
	KUNIT_EXPECT_EQ(test, test_set_irqs(test, EVENTFD, 0, 2, fds), -ENOTCONN);
	expect_unchanged(test, &before);
	/* What needs no cookie of the device's can be bound. */
	test_bind(test, EMULATED, 2);
	KUNIT_EXPECT_EQ(test, vfio_ims_set_cookie(vi, 1, 0x77), 0);
	test_bind(test, 1, 1);
	test_snapshot(test, &before);
	KUNIT_EXPECT_EQ(test, test_bind_fd(test, 0, 0), -ENOTCONN);
	expect_unchanged(test, &before);

	KUNIT_EXPECT_EQ(test, vfio_ims_attach(vi, 0x55), 0);
	KUNIT_EXPECT_EQ(test, test_set_irqs(test, EVENTFD, 0, 2, fds), 0);
	KUNIT_EXPECT_EQ(test, test_slot_ctrl(test, 0), ctrl_of(0x55));
	KUNIT_EXPECT_EQ(test, test_slot_ctrl(test, 1), ctrl_of(0x77));
	test_fire(test, 0, 0);
}

/* A bound vector without a cookie sends nothing, and later what it had to. */
static void detach_masks_bound_vectors(struct kunit *test)
{
	struct test_context *ctx = test->priv;
	struct vfio_ims *vi = &ctx->vi;
	int irq, slot, i;

	KUNIT_EXPECT_EQ(test, vfio_ims_set_cookie(vi, 1, 0x77), 0);
	test_bind(test, 0, 0);
	test_bind(test, 1, 1);
	irq = vfio_ims_irq(vi, 0);
	slot = vfio_ims_slot(vi, 0);

	/* Twice is no more than once. */
	for (i = 0; i < 2; i++) {
		vfio_ims_detach(vi);
		KUNIT_EXPECT_EQ(test, test_slot_ctrl(test, 0) & IMS_CTRL_MASK,
				IMS_CTRL_MASK);
		KUNIT_EXPECT_EQ(test, test_slot_ctrl(test, 1), ctrl_of(0x77));
	}
	KUNIT_EXPECT_EQ(test, vfio_ims_irq(vi, 0), irq);
	KUNIT_EXPECT_EQ(test, test_bind_fd(test, 2, 2), -ENOTCONN);
	KUNIT_EXPECT_EQ(test, irq_inject_interrupt(irq), 0);
	test_fire(test, 1, 1);
	expect_count(test, 0, 0);
	/* It can get another eventfd meanwhile. */
	test_bind(test, 0, 3);

	KUNIT_EXPECT_EQ(test, vfio_ims_attach(vi, 0x55), 0);
	KUNIT_EXPECT_EQ(test, test_slot_ctrl(test, 0), ctrl_of(0x55));
	KUNIT_EXPECT_EQ(test, vfio_ims_irq(vi, 0), irq);
	KUNIT_EXPECT_EQ(test, vfio_ims_slot(vi, 0), slot);
	read_poll_timeout(atomic_read, i, i, 50, TIMEOUT_US, false,
			  &fake.eventfds[3].count);
	expect_count(test, 3, 1);
	test_fire(test, 0, 3);
	test_bind(test, 2, 2);

	/* It can be unbound; and its own cookie brings it back as well. */
	vfio_ims_detach(vi);
	test_bind(test, 2, -1);
	KUNIT_EXPECT_EQ(test, vfio_ims_set_cookie(vi, 0, 0x56), 0);
	KUNIT_EXPECT_EQ(test, test_slot_ctrl(test, 0), ctrl_of(0x56));
	test_fire(test, 0, 3);
	KUNIT_EXPECT_EQ(test, vfio_ims_set_cookie(vi, 0, VFIO_IMS_COOKIE_UNSET), 0);
	KUNIT_EXPECT_EQ(test, test_slot_ctrl(test, 0) & IMS_CTRL_MASK, IMS_CTRL_MASK);
	KUNIT_EXPECT_EQ(test, test_set_irqs(test, NONE, 0, 0, NULL), 0);
	KUNIT_EXPECT_EQ(test, vfio_ims_attach(vi, PASID), 0);
	test_bind(test, 0, 0);
	test_fire(test, 0, 0);
}

/* All vectors or none, from a cookie to another one and from none. */
static void failed_attach_changes_nothing(struct kunit *test)
{
	const s32 fds[] = { 0, 1, 2, 3 };
	struct test_context *ctx = test->priv;
	struct vfio_ims *vi = &ctx->vi;
	struct test_snapshot before;
	int step, pass, ret, i;

	KUNIT_EXPECT_EQ(test, vfio_ims_set_cookie(vi, 1, 0x77), 0);
	KUNIT_ASSERT_EQ(test, test_set_irqs(test, EVENTFD, 0, 4, fds), 0);
	for (pass = 0; pass < 2; pass++) {
		for (step = 1; step < 100; step++) {
			test_snapshot(test, &before);
			fake.fail_in = step;
			ret = vfio_ims_attach(vi, 0x55 + pass);
			if (fake.fail_in)
				break;
			KUNIT_EXPECT_EQ_MSG(test, ret, -EINVAL, "step %d", step);
			if (!pass) {
				expect_unchanged(test, &before);
				for (i = 0; i < 4; i++)
					test_fire(test, i, i);
				continue;
			}
			/* What a masked slot is told does not matter. */
			KUNIT_EXPECT_EQ(test, vi->cookie, VFIO_IMS_COOKIE_UNSET);
			for (i = 0; i < 4; i++)
				KUNIT_EXPECT_EQ(test, test_slot_ctrl(test, i) &
						IMS_CTRL_MASK, i != 1);
		}
		fake.fail_in = 0;
		KUNIT_EXPECT_EQ(test, ret, 0);
		/* Three vectors have the device's cookie. */
		KUNIT_EXPECT_EQ(test, step, 1 + 3);
		for (i = 0; i < 4; i++) {
			KUNIT_EXPECT_EQ(test, test_slot_ctrl(test, i),
					ctrl_of(i == 1 ? 0x77 : 0x55 + pass));
			test_fire(test, i, i);
		}
		if (!pass)
			vfio_ims_detach(vi);
	}

	fake.fail_in = 1;
	test_snapshot(test, &before);
	before.cookie = vi->cookie;
	KUNIT_EXPECT_EQ(test, vfio_ims_set_cookie(vi, 1, 0x78), -EINVAL);
	expect_unchanged(test, &before);
}

/*
 * Emulated vectors.
 */
static void emulated_vector(struct kunit *test)
{
	struct test_context *ctx = test->priv;
	struct vfio_ims *vi = &ctx->vi;

	test_bind(test, EMULATED, 0);
	test_bind(test, EMULATED_2, 1);
	test_bind(test, 0, 2);
	/* It has neither slot nor interrupt. */
	KUNIT_EXPECT_EQ(test, vfio_ims_irq(vi, EMULATED), -EINVAL);
	KUNIT_EXPECT_EQ(test, vfio_ims_slot(vi, EMULATED), -EINVAL);

	KUNIT_EXPECT_EQ(test, vfio_ims_signal(vi, EMULATED), 0);
	expect_count(test, 0, 1);
	expect_count(test, 1, 0);
	KUNIT_EXPECT_EQ(test, vfio_ims_signal(vi, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, vfio_ims_signal(vi, NVEC), -EINVAL);
	KUNIT_EXPECT_EQ(test, vfio_ims_signal(vi, U32_MAX), -EINVAL);
	expect_count(test, 2, 0);

	test_bind(test, EMULATED, -1);
	KUNIT_EXPECT_EQ(test, vfio_ims_signal(vi, EMULATED), -ENXIO);
}

static void signal_with_interrupts_off(struct kunit *test)
{
	struct test_context *ctx = test->priv;
	unsigned long flags;
	int ret, off;

	test_bind(test, EMULATED, 0);
	local_irq_save(flags);
	ret = vfio_ims_signal(&ctx->vi, EMULATED);
	off = irqs_disabled();
	local_irq_restore(flags);
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_TRUE(test, off);
	expect_count(test, 0, 1);
}

/*
 * The end.
 */
static void release_unbinds(struct kunit *test)
{
	const s32 fds[] = { 0, 1, 2 };
	struct test_context *ctx = test->priv;
	int i;

	KUNIT_ASSERT_EQ(test, test_set_irqs(test, EVENTFD, 0, 3, fds), 0);
	test_bind(test, EMULATED, 3);
	vfio_ims_release(&ctx->vi);
	for (i = 0; i < NR_FDS; i++)
		expect_refs(test, i, 0);
	expect_slots_unused(test);
}

static void disable_on_close(struct kunit *test)
{
	const s32 fds[] = { 0, 1 };
	struct test_context *ctx = test->priv;

	vfio_ims_disable(&ctx->vi);
	KUNIT_ASSERT_EQ(test, test_set_irqs(test, EVENTFD, 0, 2, fds), 0);
	vfio_ims_disable(&ctx->vi);
	vfio_ims_disable(&ctx->vi);
	KUNIT_EXPECT_EQ(test, ctx->vi.state, VFIO_IMS_DISABLED);
	expect_refs(test, 0, 0);
	expect_slots_unused(test);
	test_bind(test, 0, 0);
}

static void bind_and_unbind_leaves_nothing(struct kunit *test)
{
	const s32 fds[] = { 0, 1, 2, 3 };
	struct test_context *ctx = test->priv;
	struct test_snapshot before;
	int i;

	test_snapshot(test, &before);
	for (i = 0; i < 1000; i++) {
		KUNIT_ASSERT_EQ(test, test_set_irqs(test, EVENTFD, 0, 4, fds), 0);
		KUNIT_ASSERT_EQ(test, test_set_irqs(test, NONE, 0, 0, NULL), 0);
	}
	expect_unchanged(test, &before);
	KUNIT_EXPECT_EQ(test, ctx->vi.state, VFIO_IMS_DISABLED);
}

static int test_init(struct kunit *test)
{
	struct test_context *ctx;
	struct ims_domain_info info = {
		.name		= "kunit-vfio",
		.nr_slots	= NR_SLOTS,
		.ops		= &test_slot_ops,
	};
	struct ims_domain *domain;
	int ret;

	memset(&fake, 0, sizeof(fake));

	ctx = kunit_kzalloc(test, sizeof(*ctx), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctx);
	test->priv = ctx;
	ctx->dev = kunit_device_register(test, "vfio-ims");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ctx->dev);
	/* The glue looks at nothing else of it. */
	ctx->vdev.dev = ctx->dev;

	info.dev = ctx->dev;
	info.data = ctx;
	domain = ims_domain_create(&info);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, domain);
	ctx->domain = domain;

	ret = vfio_ims_init(&ctx->vi, &ctx->vdev, ctx->domain, NVEC, PASID);
	KUNIT_ASSERT_EQ(test, ret, 0);
	KUNIT_ASSERT_EQ(test, vfio_ims_set_emulated(&ctx->vi, EMULATED), 0);
	KUNIT_ASSERT_EQ(test, vfio_ims_set_emulated(&ctx->vi, EMULATED_2), 0);
	KUNIT_ASSERT_EQ(test, vfio_ims_set_emulated(&ctx->vi, NVEC), -EINVAL);
	return 0;
}

static void test_exit(struct kunit *test)
{
	struct test_context *ctx = test->priv;
	int i;

	if (!ctx || !ctx->domain)
		return;
	fake.fail_in = 0;
	if (ctx->vi.state != VFIO_IMS_RELEASED)
		vfio_ims_release(&ctx->vi);
	for (i = 0; i < NR_FDS; i++)
		expect_refs(test, i, 0);
	KUNIT_EXPECT_EQ(test, fake_count_producers(), 0);
	expect_slots_unused(test);
	ims_domain_destroy(ctx->domain);
}

static struct kunit_case test_cases[] = {
	KUNIT_CASE(init_checks_arguments),
	KUNIT_CASE(order_is_enforced),
	KUNIT_CASE(nothing_before_init_and_after_release),
	KUNIT_CASE(bind_and_unbind_order),
	KUNIT_CASE(order_of_events),
	KUNIT_CASE(order_of_events_when_undone),
	KUNIT_CASE(get_irq_info),
	KUNIT_CASE(row_eventfd_enables_and_binds),
	KUNIT_CASE(row_eventfd_of_nothing_enables),
	KUNIT_CASE(row_eventfd_grows),
	KUNIT_CASE(row_eventfd_rebinds),
	KUNIT_CASE(row_eventfd_minus_one_unbinds),
	KUNIT_CASE(row_eventfd_all_in_one),
	KUNIT_CASE(row_none_disables),
	KUNIT_CASE(row_none_is_loopback),
	KUNIT_CASE(row_bool_is_loopback),
	KUNIT_CASE(row_refusals),
	KUNIT_CASE(failed_step_changes_nothing),
	KUNIT_CASE(failed_enable_changes_nothing),
	KUNIT_CASE(bypass_failure_is_not_fatal),
	KUNIT_CASE(one_eventfd_on_two_vectors),
	KUNIT_CASE(eventfds_change_places),
	KUNIT_CASE(one_grace_period_per_call),
	KUNIT_CASE(cookie_per_vector),
	KUNIT_CASE(cookie_is_checked_where_it_is_given),
	KUNIT_CASE(cookie_comes_with_attach),
	KUNIT_CASE(detach_masks_bound_vectors),
	KUNIT_CASE(failed_attach_changes_nothing),
	KUNIT_CASE(emulated_vector),
	KUNIT_CASE(signal_with_interrupts_off),
	KUNIT_CASE(release_unbinds),
	KUNIT_CASE(disable_on_close),
	KUNIT_CASE(bind_and_unbind_leaves_nothing),
	{ }
};

static struct kunit_suite test_suite = {
	.name		= "vfio-ims",
	.init		= test_init,
	.exit		= test_exit,
	.test_cases	= test_cases,
};

kunit_test_suite(test_suite);
