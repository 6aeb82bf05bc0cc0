// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random and mutated VFIO_DEVICE_SET_IRQS while interrupts fire. After each call
 * a model says what it may have returned, and every now and then all that can be
 * seen of the kernel's state is compared with what the model says it is.
 *
 * The calls depend on the seed only, the doorbells that another thread rings in
 * between do not. Runs as root in the VM, with the modules loaded.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

#include "lib/cm.h"
#include "lib/device.h"
#include "lib/journal.h"
#include "lib/random.h"
#include "lib/traffic.h"
#include "lib/view.h"

#define VECTORS		12
#define EMULATED	3
#define EVENTS		24
#define CORPUS		64
/* Granted to the device: 0x100, 0x200 and 0x300. */
#define PASIDS		3
#define HOST_PASID(number)	(((number) + 1) << 8)
#define HEADER		sizeof(struct vfio_irq_set)

#define NONE		VFIO_IRQ_SET_DATA_NONE
#define BOOL		VFIO_IRQ_SET_DATA_BOOL
#define EVENTFD		VFIO_IRQ_SET_DATA_EVENTFD
#define MASK		VFIO_IRQ_SET_ACTION_MASK
#define UNMASK		VFIO_IRQ_SET_ACTION_UNMASK
#define TRIGGER		VFIO_IRQ_SET_ACTION_TRIGGER

static struct {
	unsigned long count;
	uint64_t seed;
	unsigned int seconds;
	unsigned int check;	/* look at the kernel's state every so many calls */
} options = { .count = 100000, .check = 500 };

static uint64_t rng;
static struct device device;
static struct traffic traffic;
static struct request corpus[CORPUS];
static char *page_end;		/* nothing is mapped from here on */
static int no_eventfd;

static struct {
	unsigned long calls, done, refused, rings, checks, exact_checks;
	uint64_t events;
} stats;

/*
 * The model: what the device must be like.
 */
#define UNBOUND		(-1)
#define ORPHAN		(-2)	/* bound to an eventfd which has no file any more */

static struct {
	bool enabled;
	int bound[VECTORS];		/* index of an eventfd, UNBOUND or ORPHAN */
	uint64_t expected[EVENTS];	/* what the calls of this thread have signalled */
	unsigned int pasid[VECTORS];	/* number of the granted one */
	bool orphans;			/* there were some since the last check */
} model;

static int events[EVENTS];
static uint64_t counted[EVENTS];

/* The errors that a request may be refused with: a set, no order is promised. */
struct verdict {
	bool einval, enotty, ebadf, efault;
};

static int event_index(int fd)
{
	for (int i = 0; i < EVENTS; i++)
		if (events[i] == fd)
			return i;
	return -1;
}

static void judge_fds(const struct request *request, struct verdict *verdict)
{
	for (unsigned int i = 0; i < request->set.count && i < VECTORS; i++) {
		int fd = request->fds[i];

		if (fd == -1 || event_index(fd) >= 0)
			continue;
		/* Of the first bad one, or another's: nobody cares. */
		if (fcntl(fd, F_GETFD) < 0)
			verdict->ebadf = true;
		else
			verdict->einval = true;
	}
}

/* @mapped: bytes of the request which can be read. */
static struct verdict judge(const struct request *request, size_t mapped)
{
	const struct vfio_irq_set *set = &request->set;
	unsigned int action = set->flags & VFIO_IRQ_SET_ACTION_TYPE_MASK;
	unsigned int type = set->flags & VFIO_IRQ_SET_DATA_TYPE_MASK;
	uint64_t size = HEADER + (uint64_t)set->count * (type == EVENTFD ? 4 : type == BOOL);
	struct verdict verdict = { 0 };

	if (mapped < HEADER) {
		verdict.efault = true;
		return verdict;
	}
	verdict.einval =
		set->flags & ~(VFIO_IRQ_SET_ACTION_TYPE_MASK | VFIO_IRQ_SET_DATA_TYPE_MASK) ||
		__builtin_popcount(type) != 1 || __builtin_popcount(action) != 1 ||
		set->index != VFIO_PCI_MSIX_IRQ_INDEX || set->argsz < size ||
		set->start >= VECTORS || set->count > VECTORS - set->start ||
		(type != NONE && !set->count) ||
		(!model.enabled && type != EVENTFD && set->count);
	verdict.enotty = action & (MASK | UNMASK) && !(action & TRIGGER);
	verdict.efault = mapped < size;
	if (type == EVENTFD && mapped >= size)
		judge_fds(request, &verdict);
	return verdict;
}

static bool verdict_is_good(const struct verdict *verdict)
{
	return !verdict->einval && !verdict->enotty && !verdict->ebadf && !verdict->efault;
}

static bool verdict_allows(const struct verdict *verdict, int ret)
{
	switch (ret) {
	case 0:
		return verdict_is_good(verdict);
	case -EINVAL:
		return verdict->einval;
	case -ENOTTY:
		return verdict->enotty;
	case -EBADF:
		return verdict->ebadf;
	case -EFAULT:
		return verdict->efault;
	default:
		return false;
	}
}

static void model_signal(unsigned int vector)
{
	if (model.bound[vector] >= 0)
		model.expected[model.bound[vector]]++;
}

/* What a request does which is not refused. */
static void model_apply(const struct request *request)
{
	const struct vfio_irq_set *set = &request->set;

	if (set->flags & EVENTFD) {
		model.enabled = true;
		for (unsigned int i = 0; i < set->count; i++)
			model.bound[set->start + i] = request->fds[i] == -1 ? UNBOUND :
				event_index(request->fds[i]);
	} else if (!set->count) {
		model.enabled = false;
		for (int i = 0; i < VECTORS; i++)
			model.bound[i] = UNBOUND;
	} else {
		for (unsigned int i = 0; i < set->count; i++)
			if (set->flags & NONE || request->bools[i])
				model_signal(set->start + i);
	}
}

/*
 * The requests.
 */
static unsigned int below(unsigned int limit)
{
	return random_below(&rng, limit);
}

static bool one_in(unsigned int chances)
{
	return !below(chances);
}

static int random_fd(void)
{
	switch (below(200)) {
	case 0:
		return no_eventfd;
	case 1:
		return device.vfio.device;
	case 2:
		return -2 - (int)below(3);
	case 3:
		return one_in(2) ? INT_MIN : INT_MAX;
	case 4:
		return 900 + below(100);
	case 5:
		return random_next(&rng);
	case 6 ... 60:
		return -1;
	default:
		return events[below(EVENTS)];
	}
}

static uint32_t strange_number(void)
{
	static const uint32_t strange[] = {
		0, 1, VECTORS - 1, VECTORS, VECTORS + 1, 31, 32, 255, 2048, 0x3ffffffb,
		0x3fffffff, 0x40000000, 0x40000001, INT_MAX, 0x80000000, 0xfffffff0,
		UINT_MAX - VECTORS, UINT_MAX - 1, UINT_MAX,
	};

	return one_in(8) ? random_next(&rng) : strange[below(sizeof(strange) / sizeof(*strange))];
}

/* Makes sense, mostly. */
static void generate(struct request *request)
{
	unsigned int start = below(VECTORS), count = 1 + below(VECTORS - start), flags;

	/* Mostly few vectors: a bind costs far more than all else. */
	if (count > 3 && !one_in(4))
		count = 1 + below(3);
	switch (below(32)) {
	case 0:
		flags = NONE;
		count = 0;
		break;
	case 1 ... 5:
		flags = NONE;
		break;
	case 6 ... 9:
		flags = BOOL;
		break;
	default:
		flags = EVENTFD;
	}
	*request = request_make(flags | TRIGGER, start, count);
	if (flags == EVENTFD) {
		for (unsigned int i = 0; i < count; i++)
			request->fds[i] = random_fd();
	} else {
		for (unsigned int i = 0; i < count; i++)
			request->bools[i] = one_in(2) ? 0 : random_next(&rng);
	}
}

static void mutate(struct request *request)
{
	struct vfio_irq_set *set = &request->set;

	switch (below(10)) {
	case 0:
		set->flags ^= 1U << below(one_in(4) ? 32 : 6);
		break;
	case 1:
		set->flags = 1U << below(3) | 1U << (3 + below(3));
		break;
	case 2:
		set->index = one_in(2) ? below(VFIO_PCI_NUM_IRQS + 2) : strange_number();
		break;
	case 3:
		set->start = one_in(2) ? below(VECTORS + 2) : strange_number();
		break;
	case 4:
		set->count = one_in(2) ? below(VECTORS + 2) : strange_number();
		break;
	case 5:
		set->argsz = one_in(2) ? HEADER + below(4 * VECTORS) : strange_number();
		break;
	case 6:
		/* The sum is what wraps. */
		set->start = strange_number();
		set->count = below(VECTORS) - set->start;
		break;
	case 7:
		request->bools[below(sizeof(request->bools))] ^= 1U << below(8);
		break;
	default:
		request->fds[below(VECTORS)] = random_fd();
	}
}

/* @mapped: how much of the request's memory will be there. */
static void next_request(struct request *request, size_t *mapped)
{
	if (one_in(3))
		*request = corpus[below(CORPUS)];
	else
		generate(request);
	if (one_in(3)) {
		for (unsigned int i = below(3) + 1; i; i--)
			mutate(request);
	}
	corpus[below(CORPUS)] = *request;

	*mapped = sizeof(*request);
	if (one_in(64))
		*mapped = below(HEADER + 4 * VECTORS);
}

static int call(const struct request *request, size_t mapped)
{
	/* At the end of what is mapped: reading a byte too many is found out. */
	memcpy(page_end - mapped, request, mapped);
	return device_set_irqs(&device, page_end - mapped);
}

/*
 * The state.
 */
#define complain(format, ...) \
	fail_msg("seed %llu, call %lu: " format, (unsigned long long)options.seed, \
		 stats.calls, ##__VA_ARGS__)

static void print_request(const struct request *request, size_t mapped)
{
	printf("argsz %u, flags %#x, index %u, start %u, count %u, %zu bytes mapped, fds",
	       request->set.argsz, request->set.flags, request->set.index, request->set.start,
	       request->set.count, mapped);
	for (int i = 0; i < VECTORS; i++)
		printf(" %d", request->fds[i]);
	puts("");
}

static uint64_t take_all(void)
{
	uint64_t sum = 0;

	for (int i = 0; i < EVENTS; i++) {
		uint64_t value = event_take(events[i]);

		counted[i] += value;
		sum += value;
	}
	return sum;
}

static void check_bindings(void)
{
	struct view view = view_read(&device);

	for (unsigned int i = 0; i < VECTORS; i++) {
		bool irq = model.bound[i] != UNBOUND && i < device.num_ims;

		if (irq != (view.vectors[i].irq != 0))
			complain("vector %u is bound: %d, and has irq %u", i, irq,
				 view.vectors[i].irq);
		if (irq && view.vectors[i].pasid != HOST_PASID(model.pasid[i]))
			complain("vector %u sends with PASID %#x, not %#x", i,
				 view.vectors[i].pasid, HOST_PASID(model.pasid[i]));
	}
	if (view.actions != view.bound)
		complain("%u irqs of other devices", view.actions - view.bound);
}

/* Rings each vector: its eventfd counts one, and no other does. */
static void check_vectors(void)
{
	for (unsigned int i = 0; i < VECTORS; i++) {
		int ret = device_ring(&device, i);
		uint64_t sum;

		if (ret != (model.bound[i] == UNBOUND ? -ENXIO : 0))
			complain("ringing vector %u: %d; it is bound to %d", i, ret,
				 model.bound[i]);
		if (model.bound[i] >= 0 && event_wait(events[model.bound[i]], 1) != 1)
			complain("vector %u did not signal eventfd %d", i, model.bound[i]);
		sum = take_all();
		if (sum)
			complain("vector %u signalled %llu other eventfds", i,
				 (unsigned long long)sum);
	}
}

/* Each signal of this thread has come, and each doorbell of the other one. */
static void check_sums(void)
{
	uint64_t rang = traffic_accepted(&traffic), all = 0, expected = rang;

	for (int i = 0; i < EVENTS; i++) {
		if (counted[i] < model.expected[i])
			complain("eventfd %d was signalled %llu times and counted %llu", i,
				 (unsigned long long)model.expected[i],
				 (unsigned long long)counted[i]);
		all += counted[i];
		expected += model.expected[i];
		counted[i] = model.expected[i] = 0;
	}
	memset(traffic.accepted, 0, sizeof(traffic.accepted));
	stats.rings += rang;
	stats.events += all;
	/*
	 * With several CPUs, unbinding may be faster than an interrupt on its
	 * way to another one.
	 */
	if (all > expected || (all < expected && !model.orphans && get_nprocs() == 1))
		complain("%llu signals expected, %llu counted", (unsigned long long)expected,
			 (unsigned long long)all);
	stats.exact_checks += !model.orphans && get_nprocs() == 1;
	model.orphans = false;
	for (int i = 0; i < VECTORS; i++)
		model.orphans |= model.bound[i] == ORPHAN;
}

static void check_state(void)
{
	traffic_pause(&traffic);
	if (traffic.error)
		complain("a doorbell returned %d", traffic.error);
	if (get_nprocs() > 1)
		usleep(1000);
	take_all();
	check_sums();
	check_bindings();
	check_vectors();
	stats.checks++;
	traffic_resume(&traffic);
}

/* An eventfd goes; those which are bound to it have its last references. */
static void replace_event(void)
{
	int i = below(EVENTS);

	traffic_pause(&traffic);
	take_all();
	check_sums();
	close(events[i]);
	for (int j = 0; j < VECTORS; j++) {
		if (model.bound[j] == i) {
			model.bound[j] = ORPHAN;
			model.orphans = true;
		}
	}
	events[i] = event_new();
	traffic_resume(&traffic);
}

/* One of those granted, or the next number, which is none. */
static void change_pasid(void)
{
	unsigned int vector = below(VECTORS), number = below(PASIDS + 1);
	int ret, expected = 0;

	if (vector >= device.num_ims || number >= PASIDS)
		expected = -EINVAL;
	else
		model.pasid[vector] = number;
	ret = device_choose_pasid(&device, vector, number);
	if (ret != expected)
		complain("PASID of vector %u: %d, not %d", vector, ret, expected);
}

/* What else a VMM does between two calls. None of it changes a vector. */
static void something_else(void)
{
	struct vfio_irq_info info = {
		.argsz = sizeof(info), .index = VFIO_PCI_MSIX_IRQ_INDEX,
	};

	switch (below(8)) {
	case 0:
		assert_int_equal(ioctl(device.vfio.device, VFIO_DEVICE_RESET), 0);
		break;
	case 1:
		assert_int_equal(ioctl(device.vfio.device, VFIO_DEVICE_GET_IRQ_INFO, &info), 0);
		assert_int_equal(info.count, VECTORS);
		break;
	case 2 ... 3:
		replace_event();
		break;
	default:
		change_pasid();
	}
}

static void step(void)
{
	struct request request;
	struct verdict verdict;
	size_t mapped;
	int ret;

	next_request(&request, &mapped);
	verdict = judge(&request, mapped);
	ret = call(&request, mapped);
	stats.calls++;
	if (!verdict_allows(&verdict, ret)) {
		print_request(&request, mapped);
		complain("returned %d, allowed are%s%s%s%s%s", ret, verdict.einval ? " EINVAL" : "",
			 verdict.enotty ? " ENOTTY" : "", verdict.ebadf ? " EBADF" : "",
			 verdict.efault ? " EFAULT" : "",
			 verdict_is_good(&verdict) ? " 0" : "");
	}
	if (ret) {
		stats.refused++;
	} else {
		stats.done++;
		model_apply(&request);
	}
	if (one_in(100))
		something_else();
	if (stats.calls % options.check == 0)
		check_state();
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static void prepare(void)
{
	long page = sysconf(_SC_PAGESIZE);
	int fds[2];

	page_end = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			0);
	assert_ptr_not_equal(page_end, MAP_FAILED);
	page_end += page;
	assert_int_equal(munmap(page_end, page), 0);
	assert_int_equal(pipe(fds), 0);
	no_eventfd = fds[0];

	device_create(&device, 0x20, VECTORS, EMULATED, "0x100,0x200,0x300");
	device_open(&device);
	for (int i = 0; i < EVENTS; i++)
		events[i] = event_new();
	for (int i = 0; i < VECTORS; i++)
		model.bound[i] = UNBOUND;
	rng = random_seed(options.seed);
	for (int i = 0; i < CORPUS; i++)
		generate(&corpus[i]);
}

static void fuzz(void **state)
{
	struct journal journal;
	struct view view;
	double start;
	int lowest_id;

	(void)state;
	journal_start(&journal);
	events[0] = event_new();
	lowest_id = event_id(events[0]);
	close(events[0]);
	prepare();
	start = now();
	traffic_start(&traffic, &device, (1U << VECTORS) - 1, options.seed + 1);
	while (stats.calls < options.count &&
	       (!options.seconds || now() - start < options.seconds))
		step();
	check_state();
	traffic_stop(&traffic);
	printf("fuzz: seed %llu: %lu calls in %.1f s: %lu done, %lu refused; %lu doorbells and "
	       "%llu signals in between; state compared %lu times, %lu times every signal "
	       "accounted for\n", (unsigned long long)options.seed, stats.calls, now() - start,
	       stats.done, stats.refused, stats.rings, (unsigned long long)stats.events,
	       stats.checks, stats.exact_checks);

	device_close(&device);
	view = view_read(&device);
	view_assert_empty(&view);
	device_remove(&device);
	/* All references of eventfds are gone: the next one gets a number of before. */
	for (int i = 0; i < EVENTS; i++)
		close(events[i]);
	events[0] = event_new();
	assert_int_equal(event_id(events[0]), lowest_id);
	close(events[0]);
	assert_int_equal(journal_end(&journal, NULL), 0);
}

static void usage(int status)
{
	printf("usage: fuzz_set_irqs [--count CALLS] [--seed SEED] [--time SECONDS] "
	       "[--check CALLS]\n");
	exit(status);
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "count", required_argument, NULL, 'c' },
		{ "seed", required_argument, NULL, 's' },
		{ "time", required_argument, NULL, 't' },
		{ "check", required_argument, NULL, 'k' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	const struct CMUnitTest tests[] = { cmocka_unit_test(fuzz) };
	int option;

	options.seed = time(NULL);
	while ((option = getopt_long(argc, argv, "", longs, NULL)) >= 0) {
		switch (option) {
		case 'c':
			options.count = strtoul(optarg, NULL, 0);
			break;
		case 's':
			options.seed = strtoull(optarg, NULL, 0);
			break;
		case 't':
			options.seconds = strtoul(optarg, NULL, 0);
			options.count = ULONG_MAX;
			break;
		case 'k':
			options.check = strtoul(optarg, NULL, 0) ?: 1;
			break;
		default:
			usage(option == 'h' ? EXIT_SUCCESS : 2);
		}
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	/* First, should the kernel not live to see the end. */
	printf("fuzz: seed %llu\n", (unsigned long long)options.seed);
	return cmocka_run_group_tests_name("fuzz_set_irqs", tests, NULL, NULL) ? EXIT_FAILURE :
		EXIT_SUCCESS;
}
