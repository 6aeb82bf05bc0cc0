// SPDX-License-Identifier: GPL-2.0-only
/*
 * Vectors are bound and unbound many times while interrupts fire, and leave nothing
 * behind: no slot, no irq, no reference to an eventfd, no memory. Runs as root in
 * the VM, with the modules loaded.
 */
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/cm.h"
#include "lib/device.h"
#include "lib/journal.h"
#include "lib/traffic.h"
#include "lib/view.h"

#define VECTORS		6
#define EMULATED	1
/* The first and the last, an emulated one, stay bound. */
#define FIRST		0
#define LAST		(VECTORS - 1)
/* Seconds; what is freed later than that is lost. */
#define LIMIT		60
#define KMEMLEAK	"/sys/kernel/debug/kmemleak"

static unsigned long count = 10000;

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

/* Kernel memory that nobody can reclaim, in KiB, at the moment. */
static long read_memory(void)
{
	static const char *const fields[] = {
		"SUnreclaim:", "Percpu:", "PageTables:", "KernelStack:", "VmallocUsed:",
	};
	long sum = 0, value;
	char line[128];
	FILE *file;

	file = fopen("/proc/meminfo", "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		for (unsigned int i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
			size_t len = strlen(fields[i]);

			if (!strncmp(line, fields[i], len) &&
			    sscanf(line + len, "%ld", &value) == 1)
				sum += value;
		}
	}
	fclose(file);
	return sum;
}

/* The same when it has settled: what is freed after an RCU grace period is not lost. */
static long kernel_memory(void)
{
	double end = now() + LIMIT;
	long before, after;

	sync();
	after = read_memory();
	do {
		before = after;
		usleep(200000);
		after = read_memory();
	} while (after < before && now() < end);
	return after;
}

static bool has_kmemleak(void)
{
	return !access(KMEMLEAK, F_OK);
}

static void kmemleak_write(const char *command)
{
	int fd = open(KMEMLEAK, O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, command, strlen(command)), strlen(command));
	close(fd);
}

static void bind_others(const struct device *device, const int *events)
{
	assert_int_equal(device_bind(device, FIRST, events[0]), 0);
	assert_int_equal(device_bind(device, LAST, events[1]), 0);
}

/*
 * A cycle: one vector gets a new eventfd, which only it will know soon, fires, and is
 * unbound. The others go on. Every 16th time the whole index is disabled.
 */
static void cycle(const struct device *device, const int *events, unsigned long number)
{
	unsigned int vector = FIRST + 1 + number % (LAST - FIRST - 1);
	int fd = event_new();

	assert_int_equal(device_bind(device, vector, fd), 0);
	assert_int_equal(device_loopback(device, vector, 1), 0);
	/* At least this: the traffic is for any vector. */
	assert_true(event_take(fd) > 0);
	close(fd);
	if (number % 16) {
		assert_int_equal(device_bind(device, vector, -1), 0);
	} else {
		assert_int_equal(device_disable(device), 0);
		bind_others(device, events);
	}
}

static void run_cycles(const struct device *device, const int *events, unsigned long cycles)
{
	for (unsigned long i = 0; i < cycles; i++)
		cycle(device, events, i);
}

static void leave_nothing_behind(void **state)
{
	unsigned long warm = count / 5 + 100;
	struct view before, after;
	struct traffic traffic;
	struct device device;
	long memory, grown, limit;
	double start, seconds;
	int fd, lowest_id, events[2];

	(void)state;
	events[0] = event_new();
	events[1] = event_new();
	lowest_id = event_id(events[0]);
	device_create(&device, 0x40, VECTORS, EMULATED, DEFAULT_PASID);
	device_open(&device);
	before = view_read(&device);
	bind_others(&device, events);
	traffic_start(&traffic, &device, (1U << VECTORS) - 1, 1);

	/* Caches fill and tables grow the first times. */
	run_cycles(&device, events, warm);
	traffic_pause(&traffic);
	memory = kernel_memory();
	if (has_kmemleak())
		kmemleak_write("clear");
	traffic_resume(&traffic);

	start = now();
	run_cycles(&device, events, count);
	seconds = now() - start;
	traffic_stop(&traffic);
	assert_int_equal(device_disable(&device), 0);
	grown = kernel_memory() - memory;

	after = view_read(&device);
	view_assert_empty(&after);
	assert_int_equal(before.all_irqs, after.all_irqs);
	close(events[0]);
	close(events[1]);
	fd = event_new();
	assert_int_equal(event_id(fd), lowest_id);
	close(fd);

	/*
	 * The smallest thing that can be lost is 8 bytes. Other parts of the kernel
	 * need some more or some less from one moment to the next.
	 */
	limit = 256 + count * 4 / 1024;
	printf("cycles: %lu in %.1f s, %llu doorbells taken, %llu found no vector; kernel memory "
	       "%+ld KiB (limit %ld, which is %.0f bytes each)%s\n", count, seconds,
	       (unsigned long long)traffic_accepted(&traffic),
	       (unsigned long long)traffic.unbound, grown, limit, limit * 1024.0 / count,
	       has_kmemleak() ? ", and kmemleak looks" : "");
	/* A kernel with kmemleak has KASAN too, whose quarantine keeps what was freed. */
	if (!has_kmemleak())
		assert_true(grown < limit);
	assert_true(traffic_accepted(&traffic) > 0);
	device_close(&device);
	device_remove(&device);
}

/* No line of kmemleak's report names one of our modules. */
static void kmemleak_finds_nothing(void **state)
{
	unsigned int found = 0;
	char line[512];
	FILE *file;

	(void)state;
	if (!has_kmemleak()) {
		printf("skipped: this kernel has no " KMEMLEAK "; its memory was measured above\n");
		skip();
	}
	/* An object counts when two scans have not found a reference, and it is 5 s old. */
	kmemleak_write("scan");
	sleep(6);
	kmemleak_write("scan");
	file = fopen(KMEMLEAK, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		fputs(line, stderr);
		found += strstr(line, "[irq_ims]") || strstr(line, "[vfio_ims]") ||
			 strstr(line, "[ims_sample]");
	}
	fclose(file);
	assert_int_equal(found, 0);
}

static struct journal journal;

static void nothing_in_the_log(void **state)
{
	(void)state;
	assert_int_equal(journal_end(&journal, NULL), 0);
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "count", required_argument, NULL, 'c' },
		{ 0 },
	};
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(leave_nothing_behind),
		cmocka_unit_test(kmemleak_finds_nothing),
		cmocka_unit_test(nothing_in_the_log),
	};
	int option;

	while ((option = getopt_long(argc, argv, "", longs, NULL)) >= 0) {
		if (option != 'c') {
			fprintf(stderr, "usage: cycles [--count CYCLES]\n");
			return 2;
		}
		count = strtoul(optarg, NULL, 0);
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	journal_start(&journal);
	return cmocka_run_group_tests_name("cycles", tests, NULL, NULL) ? EXIT_FAILURE :
		EXIT_SUCCESS;
}
