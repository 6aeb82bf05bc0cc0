// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each allocation, and each other thing that can fail on the way of binding vectors,
 * fails once: the first, the second, until a call gets through. Every time the call
 * either works nevertheless or is undone as if it had never been.
 *
 * Faults come from the kernel's own injection (CONFIG_FAILSLAB, /proc/self/fail-nth),
 * or, on kernels without it, from tests/kernel/fault/ims-fault.ko. Runs as root in the VM,
 * with the modules loaded.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <unistd.h>

#include "lib/cm.h"
#include "lib/device.h"
#include "lib/journal.h"
#include "lib/view.h"

#define VECTORS		4
#define EMULATED	1
#define EVENTS		(2 * VECTORS)
/* More than any call makes; a call that never gets through is a bug of the test. */
#define MAX_FAULTS	2000

#define FAIL_NTH	"/proc/thread-self/fail-nth"
#define FAULT_NTH	"/sys/kernel/debug/ims_fault/nth"
#define FAULT_LAST	"/sys/kernel/debug/ims_fault/last"

/* syslog(2) */
#define CONSOLE_OFF	6
#define CONSOLE_ON	7

static int nth = -1;
static struct device device;
static struct journal journal;
static int events[EVENTS];
static int bound[VECTORS];	/* index of the eventfd, or -1 */
static bool enabled;
/* Every place which has failed, once. */
static char *places[256];
static unsigned int num_places;

static void write_if_there(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		perror(path);
	close(fd);
}

/* Anything of this thread may fail, and the log is for real trouble. */
static void configure(const char *directory)
{
	static const char *const files[][2] = {
		{ "ignore-gfp-wait", "N" }, { "ignore-gfp-highmem", "N" },
		{ "min-order", "0" }, { "verbose", "0" },
	};
	char path[128];

	for (unsigned int i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/%s/%s", directory, files[i][0]);
		write_if_there(path, files[i][1]);
	}
}

static int find_faults(void **state)
{
	(void)state;
	if (!access("/sys/kernel/debug/failslab", F_OK)) {
		configure("failslab");
		configure("fail_page_alloc");
		nth = open(FAIL_NTH, O_RDWR | O_CLOEXEC);
	}
	if (nth < 0)
		nth = open(FAULT_NTH, O_RDWR | O_CLOEXEC);
	if (nth < 0)
		printf("faults: skipped: this kernel has neither " FAIL_NTH " (CONFIG_FAULT_INJECTION "
		       "and CONFIG_FAILSLAB) nor ims-fault.ko loaded\n");
	else
		printf("faults: injected by %s\n", access(FAULT_NTH, F_OK) ? "failslab" :
		       "ims-fault.ko");
	journal_start(&journal);
	/* A warning on a serial line takes longer than all the rest. */
	klogctl(CONSOLE_OFF, NULL, 0);
	device_create(&device, 0x50, VECTORS, EMULATED, DEFAULT_PASID);
	return 0;
}

static void write_nth(unsigned int number)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", number);

	assert_int_equal(pwrite(nth, text, len, 0), len);
}

/* How many calls are left until the fault: 0 when it has happened. */
static unsigned int read_nth(void)
{
	char text[32];
	ssize_t len = pread(nth, text, sizeof(text) - 1, 0);

	assert_true(len > 0);
	text[len] = '\0';
	return strtoul(text, NULL, 0);
}

static void remember_place(const char *result)
{
	FILE *file = fopen(FAULT_LAST, "r");
	char line[256] = "", place[300], *offset;

	if (!file)
		return;
	if (!fgets(line, sizeof(line), file))
		line[0] = '\0';
	fclose(file);
	line[strcspn(line, "\n")] = '\0';
	/* Of "function+0x12/0x34 [module]" the numbers say nothing. */
	offset = strchr(line, '+');
	if (offset) {
		char *rest = offset + strcspn(offset, " ");

		memmove(offset, rest, strlen(rest) + 1);
	}
	snprintf(place, sizeof(place), "%s: %s", line, result);
	for (unsigned int i = 0; i < num_places; i++)
		if (!strcmp(places[i], place))
			return;
	if (num_places < 256)
		places[num_places++] = strdup(place);
}

/* A call, in which the vectors from @start on get @fds, or -1; or disable. */
struct change {
	unsigned int start, count;
	int events[VECTORS];
};

static int change(const struct change *change)
{
	int fds[VECTORS];

	if (!change->count)
		return device_disable(&device);
	for (unsigned int i = 0; i < change->count; i++)
		fds[i] = change->events[i] < 0 ? -1 : events[change->events[i]];
	return device_bind_all(&device, change->start, change->count, fds);
}

static void believe(const struct change *change)
{
	for (unsigned int i = 0; i < change->count; i++)
		bound[change->start + i] = change->events[i];
	enabled = change->count;
	if (!enabled)
		memset(bound, -1, sizeof(bound));
}

static void expect_state(void)
{
	struct view view = view_look(&device);
	unsigned int expected = 0;

	for (unsigned int i = 0; i < VECTORS; i++) {
		int ret = device_ring(&device, i);

		assert_int_equal(ret, bound[i] < 0 ? -ENXIO : 0);
		if (i < device.num_ims) {
			assert_int_equal(view.vectors[i].irq != 0, bound[i] >= 0);
			expected += bound[i] >= 0;
		}
		for (int j = 0; j < EVENTS; j++)
			assert_int_equal(event_wait(events[j], j == bound[i]), j == bound[i]);
	}
	assert_int_equal(view.actions, expected);
	assert_int_equal(device_loopback(&device, 0, VECTORS), enabled ? 0 : -EINVAL);
	for (int j = 0; j < EVENTS; j++)
		event_take(events[j]);
}

static void prepare(const struct change *before)
{
	memset(bound, -1, sizeof(bound));
	enabled = false;
	device_disable(&device);
	if (before->count) {
		assert_int_equal(change(before), 0);
		believe(before);
	}
}

/* Returns whether the fault happened; that many faults there are in the call. */
static bool fail_once(unsigned int number, const struct change *call, unsigned int *failed,
		      unsigned int *survived)
{
	struct view before = view_read(&device), after;
	unsigned int left;
	int ret;

	write_nth(number);
	ret = change(call);
	left = read_nth();
	write_nth(0);
	if (left) {
		assert_int_equal(ret, 0);
		return false;
	}

	if (ret) {
		/* EFAULT: the kernel's injection also fails reading user memory. */
		if (ret != -ENOMEM && ret != -ENOSPC && ret != -EFAULT)
			fail_msg("fault %u: the call returned %d", number, ret);
		after = view_read(&device);
		view_assert_same(&before, &after);
		(*failed)++;
	} else {
		believe(call);
		(*survived)++;
	}
	remember_place(ret ? strerrorname_np(-ret) : "not fatal");
	expect_state();
	return true;
}

static void fail_each(const char *name, const struct change *before, const struct change *call,
		      bool may_fail)
{
	unsigned int number = 0, failed = 0, survived = 0;
	struct view view;
	int fd, lowest_id;

	if (nth < 0)
		skip();
	device_open(&device);
	events[0] = event_new();
	lowest_id = event_id(events[0]);
	for (int i = 1; i < EVENTS; i++)
		events[i] = event_new();
	do {
		prepare(before);
		assert_true(++number < MAX_FAULTS);
	} while (fail_once(number, call, &failed, &survived));
	believe(call);
	expect_state();
	printf("%s: %u faults: %u undone, %u not fatal\n", name, number - 1, failed, survived);
	if (!may_fail)
		assert_int_equal(failed, 0);
	else
		assert_true(failed > 0);
	device_close(&device);

	for (int i = 0; i < EVENTS; i++)
		close(events[i]);
	view = view_read(&device);
	view_assert_empty(&view);
	fd = event_new();
	assert_int_equal(event_id(fd), lowest_id);
	close(fd);
}

static const struct change nothing;
static const struct change one = { 0, 1, { 0 } };
static const struct change emulated = { VECTORS - 1, 1, { 1 } };
static const struct change all = { 0, VECTORS, { 0, 1, 2, 3 } };
static const struct change some = { 0, VECTORS, { -1, 1, 2, -1 } };
/* Rebinds one, binds two, unbinds one. */
static const struct change mixed = { 0, VECTORS, { 4, 5, -1, 6 } };
static const struct change shared = { 0, VECTORS, { 0, 0, 0, 0 } };
static const struct change unbind_two = { 1, 2, { -1, -1 } };

static void first_vector(void **state)
{
	(void)state;
	fail_each("first vector", &nothing, &one, true);
}

static void first_emulated_vector(void **state)
{
	(void)state;
	fail_each("first emulated vector", &nothing, &emulated, true);
}

static void all_vectors(void **state)
{
	(void)state;
	fail_each("all vectors", &nothing, &all, true);
}

static void one_more_vector(void **state)
{
	static const struct change more = { 0, 1, { 7 } };

	(void)state;
	fail_each("one more vector", &some, &more, true);
}

static void bind_rebind_and_unbind(void **state)
{
	(void)state;
	fail_each("bind, rebind and unbind", &some, &mixed, true);
}

static void rebind(void **state)
{
	static const struct change others = { 0, VECTORS, { 4, 5, 6, 7 } };

	(void)state;
	fail_each("rebind", &all, &others, true);
}

static void eventfd_of_another(void **state)
{
	(void)state;
	fail_each("one eventfd for all", &one, &shared, true);
}

/* The call itself needs memory; nothing that it does then may fail. */
static void unbind(void **state)
{
	(void)state;
	fail_each("unbind", &all, &unbind_two, true);
}

static void disable(void **state)
{
	(void)state;
	fail_each("disable", &all, &nothing, false);
}

static void nothing_in_the_log(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < num_places; i++)
		printf("failed: %s\n", places[i]);
	/* The irq core goes on without an entry in /proc, but removes it later. */
	assert_int_equal(journal_end(&journal, "fs/proc/generic.c"), 0);
}

static int cleanup(void **state)
{
	(void)state;
	klogctl(CONSOLE_ON, NULL, 0);
	device_remove(&device);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_vector),
		cmocka_unit_test(first_emulated_vector),
		cmocka_unit_test(all_vectors),
		cmocka_unit_test(one_more_vector),
		cmocka_unit_test(bind_rebind_and_unbind),
		cmocka_unit_test(rebind),
		cmocka_unit_test(eventfd_of_another),
		cmocka_unit_test(unbind),
		cmocka_unit_test(disable),
		cmocka_unit_test(nothing_in_the_log),
	};

	setvbuf(stdout, NULL, _IOLBF, 0);
	return cmocka_run_group_tests_name("faults", tests, find_faults, cleanup) ? EXIT_FAILURE :
		EXIT_SUCCESS;
}
