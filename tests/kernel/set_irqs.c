// SPDX-License-Identifier: GPL-2.0-only
/*
 * VFIO_DEVICE_SET_IRQS on the MSI-X index: every row of the table in
 * kernel-patch/Documentation, and every refusal with its errno and with nothing changed.
 * Runs as root in the VM, with the modules loaded.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "lib/cm.h"
#include "lib/device.h"
#include "lib/irq.h"
#include "lib/traffic.h"
#include "lib/view.h"

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

#define VECTORS		8
#define EMULATED	2
#define IMS_VECTORS	(VECTORS - EMULATED)
/* Eventfds for all vectors, and as many which no vector has at first. */
#define EVENTS		(2 * VECTORS)

#define NONE		VFIO_IRQ_SET_DATA_NONE
#define BOOL		VFIO_IRQ_SET_DATA_BOOL
#define EVENTFD		VFIO_IRQ_SET_DATA_EVENTFD
#define MASK		VFIO_IRQ_SET_ACTION_MASK
#define UNMASK		VFIO_IRQ_SET_ACTION_UNMASK
#define TRIGGER		VFIO_IRQ_SET_ACTION_TRIGGER
#define HEADER		sizeof(struct vfio_irq_set)

/* The device under test, and what we believe of it. */
static struct {
	struct device device;
	int events[EVENTS];
	int lowest_id;		/* of the next eventfd, if all others are gone */
	int pipe[2];
	bool enabled;
	int bound[VECTORS];	/* index of the vector's eventfd, or -1 */
	unsigned int pasids[VECTORS];	/* of the host */
} t;

/* What the host has granted the device; the one on a queue may go without, too. */
static const unsigned int granted[] = { 0x100, 0x55555, NO_PASID };

static bool on_a_queue(void)
{
	return !strcmp(device_parent(), "ims_sample_queue");
}

static unsigned int num_granted(void)
{
	return on_a_queue() ? 3 : 2;
}

static int test_setup(void **state)
{
	(void)state;
	device_open(&t.device);
	t.events[0] = event_new();
	t.lowest_id = event_id(t.events[0]);
	for (int i = 1; i < EVENTS; i++)
		t.events[i] = event_new();
	for (int i = 0; i < VECTORS; i++) {
		t.bound[i] = -1;
		t.pasids[i] = granted[0];
	}
	t.enabled = false;
	return 0;
}

/* Whatever a test has left bound: closing the device leaves nothing of it. */
static int test_teardown(void **state)
{
	struct view view;
	int fd;

	(void)state;
	device_close(&t.device);
	for (int i = 0; i < EVENTS; i++)
		close(t.events[i]);
	view = view_read(&t.device);
	view_assert_empty(&view);
	fd = event_new();
	assert_int_equal(event_id(fd), t.lowest_id);
	close(fd);
	return 0;
}

/* On another CPU the interrupt of before may not be over. */
static int ring(const struct device *device, unsigned int vector)
{
	int ret;

	while ((ret = device_ring(device, vector)) == -EBUSY)
		;
	return ret;
}

static void expect_events(const unsigned int *expected)
{
	for (int i = 0; i < EVENTS; i++) {
		uint64_t events = event_wait(t.events[i], expected[i]);

		if (events != expected[i])
			fail_msg("eventfd %d was signalled %llu times, not %u", i,
				 (unsigned long long)events, expected[i]);
	}
}

/* Each vector reaches the eventfd that it is bound to, and nobody else's. */
static void expect_vectors_work(void)
{
	unsigned int all[EVENTS] = { 0 };

	for (int i = 0; i < VECTORS; i++) {
		unsigned int expected[EVENTS] = { 0 };
		int ret = ring(&t.device, i);

		assert_int_equal(ret, t.bound[i] < 0 ? -ENXIO : 0);
		if (t.bound[i] >= 0) {
			expected[t.bound[i]]++;
			all[t.bound[i]]++;
		}
		expect_events(expected);
	}
	/* Loopback tells whether the index is enabled. */
	assert_int_equal(device_loopback(&t.device, 0, VECTORS), t.enabled ? 0 : -EINVAL);
	expect_events(all);
}

static struct view expect_state(void)
{
	unsigned int bound = 0;
	struct view view;

	expect_vectors_work();
	view = view_read(&t.device);
	for (int i = 0; i < IMS_VECTORS; i++) {
		assert_int_equal(view.vectors[i].irq != 0, t.bound[i] >= 0);
		bound += t.bound[i] >= 0;
		if (t.bound[i] >= 0)
			assert_int_equal(view.vectors[i].pasid, t.pasids[i]);
	}
	assert_int_equal(view.bound, bound);
	assert_int_equal(view.actions, bound);
	return view;
}

/* Bind by one call, which must work. -1 unbinds. */
static void bind(unsigned int start, unsigned int count, const int *events)
{
	int fds[VECTORS];

	for (unsigned int i = 0; i < count; i++) {
		fds[i] = events[i] < 0 ? -1 : t.events[events[i]];
		t.bound[start + i] = events[i];
	}
	assert_int_equal(device_bind_all(&t.device, start, count, fds), 0);
	t.enabled = true;
}

static void bind_some(void)
{
	bind(0, 1, (int[]){ 0 });
	bind(2, 2, (int[]){ 2, 3 });
	bind(VECTORS - 1, 1, (int[]){ 7 });
}

static void disable(void)
{
	assert_int_equal(device_disable(&t.device), 0);
	for (int i = 0; i < VECTORS; i++)
		t.bound[i] = -1;
	t.enabled = false;
}

/*
 * Refusals.
 */
enum {
	FD_EVENT = INT_MAX - 10,	/* an eventfd which no vector has */
	FD_PIPE,
	FD_CLOSED,
};

#define ARGSZ_0		(UINT_MAX - 1)

struct refusal {
	const char *name;
	int error;
	unsigned int flags, index, start, count;
	unsigned int argsz;		/* 0: as it should be */
	int fds[VECTORS];		/* 0: FD_EVENT */
};

#define MSIX	VFIO_PCI_MSIX_IRQ_INDEX

#define REFUSE(_name, _error, _flags, _index, _start, _count, ...) {	\
	.name = _name, .error = _error, .flags = _flags, .index = _index,	\
	.start = _start, .count = _count, __VA_ARGS__ }

static struct refusal refusals[] = {
	/* Ranges, which wrap in each way that 32 bits have. */
	REFUSE("start at the table's end", EINVAL, EVENTFD | TRIGGER, MSIX, VECTORS, 1),
	REFUSE("count beyond the table", EINVAL, EVENTFD | TRIGGER, MSIX, 0, VECTORS + 1),
	REFUSE("last vector and one more", EINVAL, EVENTFD | TRIGGER, MSIX, VECTORS - 1, 2),
	REFUSE("loopback beyond the table", EINVAL, NONE | TRIGGER, MSIX, 1, VECTORS),
	REFUSE("loopback behind the table", EINVAL, NONE | TRIGGER, MSIX, VECTORS, 1),
	REFUSE("disable from behind the table", EINVAL, NONE | TRIGGER, MSIX, VECTORS, 0),
	REFUSE("bools beyond the table", EINVAL, BOOL | TRIGGER, MSIX, 7, 2),
	REFUSE("start + count wraps to 0", EINVAL, EVENTFD | TRIGGER, MSIX, 1, UINT_MAX,
	       .argsz = UINT_MAX),
	REFUSE("start + count wraps to 1", EINVAL, EVENTFD | TRIGGER, MSIX, 2, UINT_MAX,
	       .argsz = UINT_MAX),
	REFUSE("loopback wraps to 0", EINVAL, NONE | TRIGGER, MSIX, 1, UINT_MAX),
	REFUSE("loopback wraps into the table", EINVAL, NONE | TRIGGER, MSIX, 4, UINT_MAX - 2),
	REFUSE("loopback wraps from the end", EINVAL, NONE | TRIGGER, MSIX, UINT_MAX, 2),
	REFUSE("bools wrap", EINVAL, BOOL | TRIGGER, MSIX, 1, UINT_MAX,
	       .argsz = UINT_MAX),
	REFUSE("last possible start", EINVAL, EVENTFD | TRIGGER, MSIX, UINT_MAX, 1),
	REFUSE("last possible count", EINVAL, EVENTFD | TRIGGER, MSIX, 0, UINT_MAX,
	       .argsz = UINT_MAX),
	REFUSE("count * 4 wraps to 4", EINVAL, EVENTFD | TRIGGER, MSIX, 0, 0x40000001,
	       .argsz = HEADER + 4),

	REFUSE("data none and bool", EINVAL, NONE | BOOL | TRIGGER, MSIX, 0, 1),
	REFUSE("data none and eventfd", EINVAL, NONE | EVENTFD | TRIGGER, MSIX, 0, 1),
	REFUSE("data bool and eventfd", EINVAL, BOOL | EVENTFD | TRIGGER, MSIX, 0, 1),
	REFUSE("all data", EINVAL, NONE | BOOL | EVENTFD | TRIGGER, MSIX, 0, 1),
	REFUSE("data none and eventfd, count 0", EINVAL, NONE | EVENTFD | TRIGGER, MSIX, 0, 0),
	REFUSE("no data flag", EINVAL, TRIGGER, MSIX, 0, 1),
	REFUSE("no data flag, count 0", EINVAL, TRIGGER, MSIX, 0, 0),
	REFUSE("actions mask and trigger", EINVAL, EVENTFD | MASK | TRIGGER, MSIX, 0, 1),
	REFUSE("actions unmask and trigger", EINVAL, NONE | UNMASK | TRIGGER, MSIX, 0, 1),
	REFUSE("actions mask and unmask", EINVAL, NONE | MASK | UNMASK, MSIX, 0, 1),
	REFUSE("all actions, count 0", EINVAL, NONE | MASK | UNMASK | TRIGGER, MSIX, 0, 0),
	REFUSE("no action", EINVAL, EVENTFD, MSIX, 0, 1),
	REFUSE("no action, count 0", EINVAL, NONE, MSIX, 0, 0),
	REFUSE("no flags", EINVAL, 0, MSIX, 0, 0),
	REFUSE("an unknown flag", EINVAL, EVENTFD | TRIGGER | 1 << 6, MSIX, 0, 1),
	REFUSE("the last unknown flag", EINVAL, NONE | TRIGGER | 1U << 31, MSIX, 0, 0),

	REFUSE("argsz 0", EINVAL, NONE | TRIGGER, MSIX, 0, 0, .argsz = ARGSZ_0),
	REFUSE("argsz 1", EINVAL, NONE | TRIGGER, MSIX, 0, 0, .argsz = 1),
	REFUSE("argsz without the count", EINVAL, NONE | TRIGGER, MSIX, 0, 0, .argsz = HEADER - 1),
	REFUSE("argsz without eventfds", EINVAL, EVENTFD | TRIGGER, MSIX, 0, 1, .argsz = HEADER),
	REFUSE("argsz a byte short", EINVAL, EVENTFD | TRIGGER, MSIX, 0, 2, .argsz = HEADER + 7),
	REFUSE("argsz without bools", EINVAL, BOOL | TRIGGER, MSIX, 0, 2, .argsz = HEADER + 1),

	REFUSE("mask", ENOTTY, NONE | MASK, MSIX, 0, 1),
	REFUSE("unmask", ENOTTY, NONE | UNMASK, MSIX, 0, 1),
	REFUSE("mask all", ENOTTY, NONE | MASK, MSIX, 0, VECTORS),
	REFUSE("mask by bools", ENOTTY, BOOL | MASK, MSIX, 0, 1),
	REFUSE("unmask by eventfd", ENOTTY, EVENTFD | UNMASK, MSIX, 0, 1),
	REFUSE("mask none", ENOTTY, NONE | MASK, MSIX, 0, 0),

	REFUSE("index INTx", EINVAL, EVENTFD | TRIGGER, VFIO_PCI_INTX_IRQ_INDEX, 0, 1),
	REFUSE("index MSI", EINVAL, EVENTFD | TRIGGER, VFIO_PCI_MSI_IRQ_INDEX, 0, 1),
	REFUSE("index MSI, disable", EINVAL, NONE | TRIGGER, VFIO_PCI_MSI_IRQ_INDEX, 0, 0),
	REFUSE("index error", EINVAL, EVENTFD | TRIGGER, VFIO_PCI_ERR_IRQ_INDEX, 0, 1),
	REFUSE("index request", EINVAL, EVENTFD | TRIGGER, VFIO_PCI_REQ_IRQ_INDEX, 0, 1),
	REFUSE("an unknown index", EINVAL, EVENTFD | TRIGGER, VFIO_PCI_NUM_IRQS, 0, 1),
	REFUSE("the last unknown index", EINVAL, NONE | TRIGGER, UINT_MAX, 0, 0),

	REFUSE("count 0 with eventfds", EINVAL, EVENTFD | TRIGGER, MSIX, 0, 0),
	REFUSE("count 0 with bools", EINVAL, BOOL | TRIGGER, MSIX, 0, 0),

	REFUSE("no eventfd", EINVAL, EVENTFD | TRIGGER, MSIX, 0, 1, .fds = { FD_PIPE }),
	REFUSE("closed fd", EBADF, EVENTFD | TRIGGER, MSIX, 0, 1, .fds = { FD_CLOSED }),
	REFUSE("fd -2", EBADF, EVENTFD | TRIGGER, MSIX, 0, 1, .fds = { -2 }),
	REFUSE("lowest fd", EBADF, EVENTFD | TRIGGER, MSIX, 0, 1, .fds = { INT_MIN }),
	REFUSE("highest fd", EBADF, EVENTFD | TRIGGER, MSIX, 0, 1, .fds = { INT_MAX }),
	REFUSE("closed fd, emulated vector", EBADF, EVENTFD | TRIGGER, MSIX, 7, 1,
	       .fds = { FD_CLOSED }),
	/* Good ones before and after, on bound and on unbound vectors. */
	REFUSE("no eventfd at the end", EINVAL, EVENTFD | TRIGGER, MSIX, 0, VECTORS,
	       .fds = { 0, 0, 0, 0, 0, 0, 0, FD_PIPE }),
	REFUSE("closed fd in the middle", EBADF, EVENTFD | TRIGGER, MSIX, 0, VECTORS,
	       .fds = { 0, 0, 0, 0, FD_CLOSED, 0, 0, 0 }),
	REFUSE("unbinding, then fd -2", EBADF, EVENTFD | TRIGGER, MSIX, 0, 4,
	       .fds = { -1, -1, -1, -2 }),
	REFUSE("the first error counts", EINVAL, EVENTFD | TRIGGER, MSIX, 1, 3,
	       .fds = { 0, FD_PIPE, FD_CLOSED }),
};

static struct request make_request(const struct refusal *r)
{
	struct request request = { 0 };
	unsigned int elements = r->count < VECTORS ? r->count : VECTORS;

	if (r->argsz != UINT_MAX && r->count <= VECTORS + 1)
		request = request_make(r->flags, r->start, r->count);
	request.set.flags = r->flags;
	request.set.start = r->start;
	request.set.count = r->count;
	request.set.index = r->index;
	if (r->argsz)
		request.set.argsz = r->argsz == ARGSZ_0 ? 0 : r->argsz;
	else if (!request.set.argsz)
		request.set.argsz = HEADER;

	if (!(r->flags & EVENTFD)) {
		memset(request.bools, 1, elements);
		return request;
	}
	for (unsigned int i = 0; i < elements; i++) {
		switch (r->fds[i]) {
		case 0:
			request.fds[i] = t.events[VECTORS + i];
			break;
		case FD_PIPE:
			request.fds[i] = t.pipe[0];
			break;
		case FD_CLOSED:
			request.fds[i] = t.pipe[1];
			break;
		default:
			request.fds[i] = r->fds[i];
		}
	}
	return request;
}

static void expect_refusal(const void *request, int error)
{
	struct view before = expect_state(), after;

	assert_int_equal(device_set_irqs(&t.device, request), -error);
	/* Before new interrupts hide that counts have begun anew. */
	after = view_read(&t.device);
	view_assert_same(&before, &after);
	expect_state();
}

/* In each state that a device can be in. */
static void refused(void **state)
{
	struct request request = make_request(*state);
	int error = ((struct refusal *)*state)->error;

	expect_refusal(&request, error);
	bind(1, 1, (int[]){ -1 });
	expect_refusal(&request, error);
	bind_some();
	expect_refusal(&request, error);
	bind(0, VECTORS, (int[]){ 0, 1, 2, 3, 4, 5, 6, 7 });
	expect_refusal(&request, error);
	disable();
	expect_refusal(&request, error);
}

static void loopback_before_enable(void **state)
{
	struct request request;

	(void)state;
	request = request_make(NONE | TRIGGER, 0, VECTORS);
	expect_refusal(&request, EINVAL);
	request = request_make(NONE | TRIGGER, VECTORS - 1, 1);
	expect_refusal(&request, EINVAL);
	request = request_make(BOOL | TRIGGER, 0, VECTORS);
	memset(request.bools, 1, VECTORS);
	expect_refusal(&request, EINVAL);
	/* And after disabling. */
	bind_some();
	disable();
	expect_refusal(&request, EINVAL);
}

static void unreadable_memory(void **state)
{
	long page = sysconf(_SC_PAGESIZE);
	char *end = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct request request = request_make(EVENTFD | TRIGGER, 0, 3);

	(void)state;
	assert_ptr_not_equal(end, MAP_FAILED);
	end += page;
	assert_int_equal(munmap(end, page), 0);
	for (int i = 0; i < 3; i++)
		request.fds[i] = t.events[VECTORS + i];
	memcpy(end - HEADER - 8, &request, HEADER + 8);

	bind_some();
	expect_refusal(end - HEADER - 8, EFAULT);
	memcpy(end - HEADER, &request, HEADER);
	expect_refusal(end - HEADER, EFAULT);
	memcpy(end - 8, &request, 8);
	expect_refusal(end - 8, EFAULT);
	expect_refusal(end, EFAULT);
	expect_refusal(NULL, EFAULT);
	munmap(end - page, page);
}

/*
 * The host can't grant a PASID that does not fit; nor, where a device needs one, none or that
 * of the host's own DMA. There is no such device then.
 */
static void refused_by_pasid(void **state)
{
	static const struct {
		const char *pasids;
		int ret, on_a_queue;
	} grants[] = {
		{ "0x100000", -EINVAL, -EINVAL },
		{ "0xfffffffe", -EINVAL, -EINVAL },
		{ "0x200,0x100000,0x300", -EINVAL, -EINVAL },
		{ "0xffffffff", -EINVAL, 0 },
		{ "0x200,0xffffffff", -EINVAL, 0 },
		{ "0x200,0x300,0x400,0x500", 0, 0 },
	};
	struct device device;

	(void)state;
	device_create(&device, 100, 2, 1, DEFAULT_PASID);
	for (unsigned int i = 0; i < ARRAY_SIZE(grants); i++) {
		int expected = on_a_queue() ? grants[i].on_a_queue : grants[i].ret;

		device_remove(&device);
		device_grant_pasids(grants[i].pasids);
		assert_int_equal(device_try_create(&device), expected);
		if (expected) {
			device_grant_pasids(DEFAULT_PASID);
			assert_int_equal(device_try_create(&device), 0);
		}
	}
	device_remove(&device);
}

/*
 * What is not refused.
 */
static void first_call_enables(void **state)
{
	(void)state;
	expect_state();
	bind(3, 1, (int[]){ -1 });
	expect_state();
	disable();
	expect_state();
	bind(0, VECTORS, (int[]){ 0, 1, 2, 3, 4, 5, 6, 7 });
	expect_state();
}

static void emulated_vectors_have_no_slot(void **state)
{
	struct view view;

	(void)state;
	bind(IMS_VECTORS, EMULATED, (int[]){ 1, 2 });
	view = expect_state();
	view_assert_empty(&view);
}

static void minus_one_unbinds(void **state)
{
	struct view before, after;

	(void)state;
	bind(0, VECTORS, (int[]){ 0, 1, 2, 3, 4, 5, 6, 7 });
	before = expect_state();
	bind(2, 1, (int[]){ -1 });
	after = expect_state();
	/* All others are what they were, and missed nothing. */
	before.vectors[2] = after.vectors[2];
	before.actions--;
	before.all_irqs--;
	view_assert_same(&before, &after);

	bind(2, 1, (int[]){ -1 });
	after = expect_state();
	view_assert_same(&before, &after);

	bind(4, 4, (int[]){ -1, 5, -1, 7 });
	expect_state();
	/* The last one unbound does not disable. */
	bind(0, VECTORS, (int[]){ -1, -1, -1, -1, -1, -1, -1, -1 });
	expect_state();
	assert_true(t.enabled);
}

static void rebinding_keeps_slot_and_irq(void **state)
{
	/* The same again; others; exchanged. */
	static const int events[][VECTORS] = {
		{ 0, 1, 2, 3, 4, 5, 6, 7 },
		{ 8, 9, 10, 11, 12, 13, 14, 15 },
		{ 15, 14, 13, 12, 11, 10, 9, 8 },
	};
	struct view before, after;

	(void)state;
	bind(0, VECTORS, events[0]);
	for (unsigned int i = 0; i < ARRAY_SIZE(events); i++) {
		before = expect_state();
		bind(0, VECTORS, events[i]);
		/* Before new interrupts hide that counts have begun anew. */
		after = view_read(&t.device);
		view_assert_same(&before, &after);
		expect_state();
	}
}

static void choose_pasid(unsigned int vector, unsigned int number)
{
	assert_int_equal(device_choose_pasid(&t.device, vector, number), 0);
	assert_int_equal(device_chosen_pasid(&t.device, vector), number);
	t.pasids[vector] = granted[number];
}

static void one_vector_has_another_pasid(void **state)
{
	struct view before, after;

	(void)state;
	assert_int_equal(device_num_pasids(&t.device), num_granted());
	choose_pasid(1, 1);
	choose_pasid(2, num_granted() - 1);
	bind(0, VECTORS, (int[]){ 0, 1, 2, 3, 4, 5, 6, 7 });
	/* While it is bound, slot and irq stay; an emulated one has none. */
	before = expect_state();
	choose_pasid(1, 0);
	after = expect_state();
	before.vectors[1].pasid = granted[0];
	view_assert_same(&before, &after);
	assert_int_equal(device_choose_pasid(&t.device, IMS_VECTORS, 0), -EINVAL);
	expect_state();
	/* Another eventfd does not change it, and unbinding does not forget it. */
	bind(1, 2, (int[]){ 9, -1 });
	expect_state();
	choose_pasid(2, 0);
	bind(1, 2, (int[]){ 1, 2 });
	expect_state();
}

/* No PASID but the granted ones, which only the host knows by their own numbers. */
static void not_granted(void **state)
{
	const unsigned int numbers[] = { num_granted(), 4, 0x100, 0x55555, 1 << 20, NO_PASID };

	(void)state;
	choose_pasid(3, 1);
	for (unsigned int i = 0; i < ARRAY_SIZE(numbers); i++) {
		assert_int_equal(device_choose_pasid(&t.device, 3, numbers[i]), -EINVAL);
		assert_int_equal(device_chosen_pasid(&t.device, 3), 1);
	}
	bind(0, VECTORS, (int[]){ 0, 1, 2, 3, 4, 5, 6, 7 });
	expect_state();
}

/* Registrations for bypass, in an instance of tracefs of our own. */
#define INSTANCE	"/sys/kernel/tracing/instances/set_irqs"
#define REGISTER	INSTANCE "/events/vfio_ims/vfio_ims_bypass_register/"

static void trace_start(void)
{
	assert_int_equal(mkdir(INSTANCE, 0700), 0);
	assert_int_equal(write_text(REGISTER "enable", "1"), 0);
}

static unsigned int trace_count(const char *word)
{
	FILE *file = fopen(INSTANCE "/trace", "r");
	unsigned int count = 0;
	char line[512];

	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		count += line[0] != '#' && strstr(line, word);
	fclose(file);
	return count;
}

static void trace_stop(void)
{
	assert_int_equal(write_text(REGISTER "enable", "0"), 0);
	assert_int_equal(rmdir(INSTANCE), 0);
}

/* Eventfds which change places in a call bypass the host afterwards, all of them. */
static void changing_places_keeps_bypass(void **state)
{
	static const int events[][IMS_VECTORS] = {
		{ 0, 1, 2, 3, 4, -1 },
		{ 1, 0, 2, 4, 3, -1 },
		{ 4, 1, 0, 2, -1, 3 },
		{ -1, 4, 1, 0, 2, 3 },
	};

	(void)state;
	trace_start();
	for (unsigned int i = 0; i < ARRAY_SIZE(events); i++) {
		bind(0, IMS_VECTORS, events[i]);
		expect_state();
	}
	assert_int_equal(trace_count("ret=0"), 5 * ARRAY_SIZE(events));
	assert_int_equal(trace_count("ret=-"), 0);
	trace_stop();
}

/* One call binds, rebinds, unbinds and leaves alone. */
static void all_in_one_call(void **state)
{
	(void)state;
	bind_some();
	bind(0, VECTORS, (int[]){ -1, 1, 2, 9, -1, 5, 6, -1 });
	expect_state();
	bind(1, 5, (int[]){ 10, -1, 3, 4, 5 });
	expect_state();
}

static void one_eventfd_on_two_vectors(void **state)
{
	struct view before, after;

	(void)state;
	bind(0, 1, (int[]){ 0 });
	before = expect_state();
	bind(1, 1, (int[]){ 0 });
	expect_state();
	bind(IMS_VECTORS, 1, (int[]){ 0 });
	expect_state();
	bind(1, 1, (int[]){ -1 });
	after = expect_state();
	view_assert_same(&before, &after);
	/* The one which had it first goes, and comes back. */
	bind(1, 1, (int[]){ 0 });
	bind(0, 1, (int[]){ -1 });
	expect_state();
	bind(0, 2, (int[]){ 1, 1 });
	expect_state();
	bind(0, 2, (int[]){ 0, 0 });
	expect_state();
	bind(0, VECTORS, (int[]){ 3, 3, 3, 3, 3, 3, 3, 3 });
	expect_state();
}

static void disable_unbinds_all(void **state)
{
	struct view view;

	(void)state;
	/* Nothing to disable is no error. */
	disable();
	disable();
	bind(0, VECTORS, (int[]){ 0, 1, 2, 3, 4, 5, 6, 7 });
	disable();
	view = expect_state();
	view_assert_empty(&view);
	bind_some();
	/* Where it starts does not matter. */
	assert_int_equal(device_loopback(&t.device, VECTORS - 1, 0), 0);
	for (int i = 0; i < VECTORS; i++)
		t.bound[i] = -1;
	t.enabled = false;
	view = expect_state();
	view_assert_empty(&view);
}

static void loopback_signals_the_range(void **state)
{
	(void)state;
	bind(0, 3, (int[]){ 0, 1, 2 });
	bind(6, 2, (int[]){ 6, 7 });
	assert_int_equal(device_loopback(&t.device, 1, 1), 0);
	expect_events((unsigned int[EVENTS]){ [1] = 1 });
	/* Unbound ones are passed over. */
	assert_int_equal(device_loopback(&t.device, 2, 5), 0);
	expect_events((unsigned int[EVENTS]){ [2] = 1, [6] = 1 });
	assert_int_equal(device_loopback(&t.device, 3, 3), 0);
	expect_events((unsigned int[EVENTS]){ 0 });
	expect_state();
}

static void bools_choose(void **state)
{
	struct request request = request_make(BOOL | TRIGGER, 1, 7);
	static const unsigned char bools[] = { 1, 0, 1, 0xff, 0, 0x80, 0 };

	(void)state;
	bind(0, VECTORS, (int[]){ 0, 1, 2, -1, 4, 5, 6, 7 });
	assert_int_equal(device_set_irqs(&t.device, &request), 0);
	expect_events((unsigned int[EVENTS]){ 0 });
	memcpy(request.bools, bools, sizeof(bools));
	assert_int_equal(device_set_irqs(&t.device, &request), 0);
	expect_events((unsigned int[EVENTS]){ [1] = 1, [4] = 1, [6] = 1 });
	expect_state();
}

static void longer_argsz_is_fine(void **state)
{
	struct request request = request_make(EVENTFD | TRIGGER, 0, 1);

	(void)state;
	request.set.argsz += 64;
	request.fds[0] = t.events[0];
	assert_int_equal(device_set_irqs(&t.device, &request), 0);
	t.bound[0] = 0;
	t.enabled = true;
	expect_state();
}

/* The device keeps the eventfd until the vector is unbound, and then lets go. */
static void closed_eventfd_stays_bound(void **state)
{
	int fd = event_new(), id = event_id(fd), next;
	struct view view;

	(void)state;
	assert_int_equal(device_bind(&t.device, 0, fd), 0);
	assert_int_equal(device_bind(&t.device, VECTORS - 1, fd), 0);
	close(fd);
	view = view_read(&t.device);
	assert_int_equal(view.bound, 1);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(ring(&t.device, 0), 0);
		assert_int_equal(ring(&t.device, VECTORS - 1), 0);
		assert_int_equal(device_loopback(&t.device, 0, VECTORS), 0);
	}
	next = event_new();
	assert_int_not_equal(event_id(next), id);
	close(next);
	/* The last reference goes with the second vector. */
	assert_int_equal(device_bind(&t.device, 0, -1), 0);
	next = event_new();
	assert_int_not_equal(event_id(next), id);
	close(next);
	assert_int_equal(device_bind(&t.device, VECTORS - 1, -1), 0);
	next = event_new();
	assert_int_equal(event_id(next), id);
	close(next);
}

static void next_user_starts_anew(void **state)
{
	struct view view;

	(void)state;
	bind(0, VECTORS, (int[]){ 0, 1, 2, 3, 4, 5, 6, 7 });
	device_close(&t.device);
	view = view_read(&t.device);
	view_assert_empty(&view);
	device_open(&t.device);
	for (int i = 0; i < VECTORS; i++)
		t.bound[i] = -1;
	t.enabled = false;
	expect_state();
	bind_some();
	expect_state();
}

static void reset_is_none_of_its_business(void **state)
{
	struct view before, after;

	(void)state;
	bind_some();
	before = expect_state();
	assert_int_equal(ioctl(t.device.vfio.device, VFIO_DEVICE_RESET), 0);
	after = expect_state();
	view_assert_same(&before, &after);
}

/* Vectors are added and taken away one by one while those before them run. */
static void growing_loses_nothing(void **state)
{
	uint64_t lost = 0, events[VECTORS];
	struct traffic traffic;
	struct view view;

	(void)state;
	bind(0, 1, (int[]){ 0 });
	traffic_start(&traffic, &t.device, 1, 1);
	traffic.rest_us = 0;
	for (int round = 0; round < 20; round++) {
		for (int i = 1; i < VECTORS; i++) {
			bind(i, 1, &i);
			traffic.vectors |= 1U << i;
			usleep(1000);
		}
		for (int i = 1; i < VECTORS; i++) {
			traffic.vectors &= ~(1U << i);
			/* Until no doorbell can be on its way any more. */
			traffic_pause(&traffic);
			if (get_nprocs() > 1)
				usleep(5000);
			bind(i, 1, (int[]){ -1 });
			traffic_resume(&traffic);
		}
	}
	traffic_stop(&traffic);
	assert_int_equal(traffic.unbound, 0);
	for (int i = 0; i < VECTORS; i++) {
		events[i] = event_wait(t.events[i], traffic.accepted[i]);
		lost += traffic.accepted[i] - events[i];
	}
	view = view_read(&t.device);
	printf("growing: %llu doorbells taken, %llu on vector 0, which had %llu interrupts\n",
	       (unsigned long long)traffic_accepted(&traffic),
	       (unsigned long long)traffic.accepted[0], view.vectors[0].count);
	assert_true(traffic.accepted[0] > 100);
	assert_true(!lost || handlers_threaded());
	/* Never freed in between: that would have set it back to 0. */
	assert_int_equal(view.vectors[0].count, traffic.accepted[0]);
	assert_true(events[0] == traffic.accepted[0] || handlers_threaded());
}

/*
 * Until there is no slot left, or no vector of a CPU: on one CPU it is the
 * vectors (about 200), on two the 256 slots.
 */
#define MANY	16

static void exhausted(void **state)
{
	int fds[MAX_VECTORS], event = event_new();
	struct view before, after;
	struct device devices[MANY], *victim;
	unsigned int count, full = 0, single = 0, total;

	(void)state;
	for (int i = 0; i < MAX_VECTORS; i++)
		fds[i] = event;
	for (count = 0; count < MANY && !full; count++) {
		struct device *device = &devices[count];
		int ret;

		device_create(device, 200 + count, MAX_VECTORS, 0, DEFAULT_PASID);
		device_open(device);
		before = view_read(device);
		ret = device_bind_all(device, 0, MAX_VECTORS, fds);
		after = view_read(device);
		if (!ret) {
			assert_int_equal(after.actions, before.actions + MAX_VECTORS);
			assert_int_equal(after.bound, MAX_VECTORS);
			continue;
		}
		/* Refused as a whole: not one of the 32, and not enabled. */
		assert_int_equal(ret, -ENOSPC);
		view_assert_same(&before, &after);
		assert_int_equal(after.bound, 0);
		assert_int_equal(device_loopback(device, 0, 1), -EINVAL);
		full = count + 1;
	}
	assert_int_not_equal(full, 0);

	/* One by one there is room for some more. */
	while (single < MAX_VECTORS && !device_bind(&devices[full - 1], single, event))
		single++;
	assert_true(single < MAX_VECTORS);
	before = view_read(&devices[full - 1]);
	total = before.actions;
	assert_int_equal(total, (full - 1) * MAX_VECTORS + single);
	assert_int_equal(before.bound, single);
	printf("exhausted: %u vectors bound, then ENOSPC\n", total);

	/* Rebinding of those that run is undone too, or rather never begun. */
	event_take(event);
	fds[0] = t.events[0];
	assert_int_equal(device_bind_all(&devices[full - 1], 0, MAX_VECTORS, fds), -ENOSPC);
	fds[0] = -1;
	assert_int_equal(device_bind_all(&devices[full - 1], 0, MAX_VECTORS, fds), -ENOSPC);
	after = view_read(&devices[full - 1]);
	view_assert_same(&before, &after);
	for (unsigned int i = 0; i < full; i++) {
		for (unsigned int j = 0; j < (i == full - 1 ? single : MAX_VECTORS); j++) {
			assert_int_equal(ring(&devices[i], j), 0);
			assert_int_equal(event_wait(event, 1), 1);
		}
	}
	assert_int_equal(event_take(t.events[0]), 0);

	/* Those which found room, before one did not, are unbound again. */
	victim = &devices[single < 3 ? 0 : full - 1];
	assert_int_equal(device_bind(victim, 0, -1), 0);
	assert_int_equal(device_bind(victim, 2, -1), 0);
	before = view_read(&devices[full - 1]);
	fds[0] = event;
	assert_int_equal(device_bind_all(&devices[full - 1], 0, MAX_VECTORS, fds), -ENOSPC);
	after = view_read(&devices[full - 1]);
	view_assert_same(&before, &after);
	assert_int_equal(ring(victim, 0), -ENXIO);
	assert_int_equal(device_bind(victim, 0, event), 0);
	assert_int_equal(device_bind(victim, 2, event), 0);

	/* What one gives back another one gets, exactly that much. */
	assert_int_equal(device_bind(&devices[0], 5, -1), 0);
	assert_int_equal(device_bind(&devices[full - 1], single, event), 0);
	assert_int_equal(device_bind(&devices[0], 5, event), -ENOSPC);

	for (unsigned int i = 0; i < full; i++) {
		device_close(&devices[i]);
		device_remove(&devices[i]);
	}
	close(event);
}

/*
 * VFIO_DEVICE_GET_IRQ_INFO.
 */
static void irq_info(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < VFIO_PCI_NUM_IRQS; i++) {
		struct vfio_irq_info info = {
			.argsz = sizeof(info), .flags = ~0U, .index = i, .count = ~0U,
		};

		if (i == VFIO_PCI_ERR_IRQ_INDEX)
			continue;	/* refused, see below */
		assert_int_equal(ioctl(t.device.vfio.device, VFIO_DEVICE_GET_IRQ_INFO, &info), 0);
		/* Not NORESIZE: vectors can be added while others run. */
		assert_int_equal(info.flags, i == MSIX ? VFIO_IRQ_INFO_EVENTFD : 0);
		assert_int_equal(info.count, i == MSIX ? VECTORS : 0);
		assert_int_equal(info.index, i);
	}
}

static void irq_info_refused(void **state)
{
	static const struct vfio_irq_info refused[] = {
		{ .argsz = sizeof(*refused), .index = VFIO_PCI_NUM_IRQS },
		{ .argsz = sizeof(*refused), .index = UINT_MAX },
		/* As vfio-pci refuses it for a device which is no PCI Express one. */
		{ .argsz = sizeof(*refused), .index = VFIO_PCI_ERR_IRQ_INDEX },
		{ .argsz = sizeof(*refused) - 1, .index = MSIX },
		{ .argsz = 0, .index = MSIX },
	};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(refused); i++) {
		struct vfio_irq_info info = refused[i];

		assert_int_equal(ioctl(t.device.vfio.device, VFIO_DEVICE_GET_IRQ_INFO, &info), -1);
		assert_int_equal(errno, EINVAL);
		assert_memory_equal(&info, &refused[i], sizeof(info));
	}
	assert_int_equal(ioctl(t.device.vfio.device, VFIO_DEVICE_GET_IRQ_INFO, NULL), -1);
	assert_int_equal(errno, EFAULT);
}

static int group_setup(void **state)
{
	(void)state;
	device_create(&t.device, 0x10, VECTORS, EMULATED,
		      on_a_queue() ? "0x100,0x55555,0xffffffff" : "0x100,0x55555");
	if (pipe(t.pipe))
		return -1;
	close(t.pipe[1]);
	/* A number which nothing opened later gets. */
	t.pipe[1] = 1000;
	return 0;
}

static int group_teardown(void **state)
{
	(void)state;
	device_remove(&t.device);
	close(t.pipe[0]);
	return 0;
}

#define TEST(function) \
	{ #function, function, test_setup, test_teardown, NULL }

static const struct CMUnitTest others[] = {
	TEST(loopback_before_enable),
	TEST(unreadable_memory),
	TEST(refused_by_pasid),
	TEST(one_vector_has_another_pasid),
	TEST(not_granted),
	TEST(first_call_enables),
	TEST(emulated_vectors_have_no_slot),
	TEST(minus_one_unbinds),
	TEST(rebinding_keeps_slot_and_irq),
	TEST(changing_places_keeps_bypass),
	TEST(all_in_one_call),
	TEST(one_eventfd_on_two_vectors),
	TEST(disable_unbinds_all),
	TEST(loopback_signals_the_range),
	TEST(bools_choose),
	TEST(longer_argsz_is_fine),
	TEST(closed_eventfd_stays_bound),
	TEST(next_user_starts_anew),
	TEST(reset_is_none_of_its_business),
	TEST(growing_loses_nothing),
	TEST(exhausted),
	TEST(irq_info),
	TEST(irq_info_refused),
};

int main(void)
{
	struct CMUnitTest tests[ARRAY_SIZE(refusals) + ARRAY_SIZE(others)];
	unsigned int count = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	for (unsigned int i = 0; i < ARRAY_SIZE(refusals); i++)
		tests[count++] = (struct CMUnitTest){
			refusals[i].name, refused, test_setup, test_teardown, &refusals[i],
		};
	for (unsigned int i = 0; i < ARRAY_SIZE(others); i++)
		tests[count++] = others[i];

	return cmocka_run_group_tests_name("set_irqs", tests, group_setup, group_teardown) ?
		EXIT_FAILURE : EXIT_SUCCESS;
}
