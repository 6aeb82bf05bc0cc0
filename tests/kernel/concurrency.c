// SPDX-License-Identifier: GPL-2.0-only
/*
 * Everything at once: VFIO_DEVICE_SET_IRQS from several threads, interrupts, the
 * death of the client, removal of the device, unloading of the modules. What is
 * asserted is what must be true whoever wins, and that the kernel has nothing to
 * complain about and nothing left. Runs as root in a VM with two CPUs, with the
 * modules loaded.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/cm.h"
#include "lib/device.h"
#include "lib/journal.h"
#include "lib/random.h"
#include "lib/traffic.h"
#include "lib/view.h"

#define VECTORS		8
#define EMULATED	2
#define EVENTS		VECTORS
/* Seconds; what takes longer never happens, also on emulated CPUs that stand still at times. */
#define LIMIT		60
/* Of a module loaded anew: the same. */
#define PARAMETERS	"vectors=8 emulated=2"

static struct journal journal;
static unsigned int seconds = 2;
static const char *modules;	/* directory of the .ko files */

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static void expect_empty(const struct device *device)
{
	struct view view = view_read(device);

	view_assert_empty(&view);
}

/*
 * Threads that call VFIO_DEVICE_SET_IRQS at random, with nothing but good
 * requests: each returns 0, but loopback where another one has just disabled.
 */
struct caller {
	const struct device *device;
	const int *events;
	uint64_t random;
	atomic_bool *stop;
	pthread_t thread;
	unsigned long calls;
	int error;
};

static void call_once(struct caller *caller)
{
	unsigned int start = random_below(&caller->random, VECTORS);
	unsigned int count = 1 + random_below(&caller->random, VECTORS - start);
	int fds[VECTORS], ret;

	switch (random_below(&caller->random, 16)) {
	case 0:
		ret = device_disable(caller->device);
		break;
	case 1 ... 3:
		ret = device_loopback(caller->device, start, count);
		if (ret == -EINVAL)
			ret = 0;
		break;
	default:
		for (unsigned int i = 0; i < count; i++)
			fds[i] = random_below(&caller->random, 3) ?
				caller->events[random_below(&caller->random, EVENTS)] : -1;
		ret = device_bind_all(caller->device, start, count, fds);
	}
	caller->calls++;
	if (ret)
		caller->error = ret;
}

static void *call_all(void *arg)
{
	struct caller *caller = arg;

	while (!*caller->stop)
		call_once(caller);
	return NULL;
}

static void callers_start(struct caller *callers, int count, const struct device *device,
			  const int *events, atomic_bool *stop)
{
	*stop = false;
	for (int i = 0; i < count; i++) {
		callers[i] = (struct caller){
			.device = device, .events = events, .random = random_seed(i + 1),
			.stop = stop,
		};
		assert_int_equal(pthread_create(&callers[i].thread, NULL, call_all, &callers[i]),
				 0);
	}
}

static unsigned long callers_stop(struct caller *callers, int count)
{
	unsigned long calls = 0;

	*callers[0].stop = true;
	for (int i = 0; i < count; i++) {
		pthread_join(callers[i].thread, NULL);
		assert_int_equal(callers[i].error, 0);
		calls += callers[i].calls;
	}
	return calls;
}

static void make_events(int *events)
{
	for (int i = 0; i < EVENTS; i++)
		events[i] = event_new();
}

static void close_events(const int *events)
{
	for (int i = 0; i < EVENTS; i++)
		close(events[i]);
}

/* After the storm: a fresh binding works as on the first day. */
static void expect_works(const struct device *device, const int *events)
{
	assert_int_equal(device_disable(device), 0);
	expect_empty(device);
	for (int i = 0; i < EVENTS; i++)
		event_take(events[i]);
	assert_int_equal(device_bind_all(device, 0, VECTORS, events), 0);
	for (int i = 0; i < VECTORS; i++) {
		assert_int_equal(device_ring(device, i), 0);
		assert_int_equal(event_wait(events[i], 1), 1);
	}
	assert_int_equal(device_disable(device), 0);
	expect_empty(device);
}

static void set_irqs_against_set_irqs(void **state)
{
	struct caller callers[3];
	struct device device;
	unsigned long calls;
	int events[EVENTS];
	atomic_bool stop;

	(void)state;
	make_events(events);
	device_create(&device, 0x30, VECTORS, EMULATED, DEFAULT_PASID);
	device_open(&device);
	callers_start(callers, 3, &device, events, &stop);
	sleep(seconds);
	calls = callers_stop(callers, 3);
	printf("SET_IRQS against itself: %lu calls of 3 threads\n", calls);
	expect_works(&device, events);
	device_close(&device);
	device_remove(&device);
	close_events(events);
}

/* Of two devices, which share the slots. */
static void set_irqs_on_two_devices(void **state)
{
	struct caller callers[2][2];
	struct device devices[2];
	unsigned long calls;
	int events[EVENTS];
	atomic_bool stop;

	(void)state;
	make_events(events);
	for (int i = 0; i < 2; i++) {
		device_create(&devices[i], 0x30 + i, VECTORS, EMULATED, DEFAULT_PASID);
		device_open(&devices[i]);
		callers_start(callers[i], 2, &devices[i], events, &stop);
	}
	sleep(seconds);
	calls = callers_stop(callers[0], 2) + callers_stop(callers[1], 2);
	printf("SET_IRQS on two devices: %lu calls of 4 threads\n", calls);
	for (int i = 0; i < 2; i++)
		assert_int_equal(device_disable(&devices[i]), 0);
	for (int i = 0; i < 2; i++) {
		expect_works(&devices[i], events);
		device_close(&devices[i]);
		device_remove(&devices[i]);
	}
	close_events(events);
}

static void set_irqs_against_doorbells(void **state)
{
	struct traffic traffic[2];
	struct caller callers[1];
	struct device device;
	int events[EVENTS];
	atomic_bool stop;
	unsigned long calls;
	uint64_t got = 0, accepted;

	(void)state;
	make_events(events);
	device_create(&device, 0x32, VECTORS, EMULATED, DEFAULT_PASID);
	device_open(&device);
	for (int i = 0; i < 2; i++) {
		traffic_start(&traffic[i], &device, (1U << VECTORS) - 1, i);
		traffic[i].rest_us = 0;
	}
	callers_start(callers, 1, &device, events, &stop);
	sleep(seconds);
	calls = callers_stop(callers, 1);
	for (int i = 0; i < 2; i++)
		traffic_stop(&traffic[i]);
	accepted = traffic_accepted(&traffic[0]) + traffic_accepted(&traffic[1]);
	for (int i = 0; i < EVENTS; i++)
		got += event_take(events[i]);
	printf("SET_IRQS against doorbells: %lu calls, %llu doorbells taken, %llu signals (with "
	       "loopback)\n", calls, (unsigned long long)accepted, (unsigned long long)got);
	assert_true(accepted > 0 && got > 0);
	expect_works(&device, events);
	device_close(&device);
	device_remove(&device);
	close_events(events);
}

/* Each interrupt goes to the eventfd of before or to the one of after: none is lost. */
static void rebinding_loses_nothing(void **state)
{
	bool exact = !handlers_threaded();
	uint64_t got = 0, accepted;
	struct view before, after;
	struct traffic traffic;
	unsigned long rebinds = 0;
	struct device device;
	int events[EVENTS];
	double end;

	(void)state;
	make_events(events);
	device_create(&device, 0x33, VECTORS, EMULATED, DEFAULT_PASID);
	device_open(&device);
	assert_int_equal(device_bind_all(&device, 0, VECTORS, events), 0);
	before = view_read(&device);
	traffic_start(&traffic, &device, (1U << VECTORS) - 1, 3);
	traffic.rest_us = 0;
	for (end = now() + seconds; now() < end; rebinds++) {
		int fds[VECTORS];

		for (int i = 0; i < VECTORS; i++)
			fds[i] = events[(i + rebinds) % EVENTS];
		assert_int_equal(device_bind_all(&device, 0, VECTORS, fds), 0);
	}
	traffic_stop(&traffic);
	accepted = traffic_accepted(&traffic);
	for (end = now() + LIMIT; exact && got < accepted && now() < end; usleep(1000))
		for (int i = 0; i < EVENTS; i++)
			got += event_take(events[i]);
	after = view_read(&device);
	/* Nor is there one too many. */
	for (int i = 0; i < EVENTS; i++)
		got += event_take(events[i]);
	printf("rebinding: %lu calls for %d vectors, %llu doorbells taken, %llu signals\n",
	       rebinds, VECTORS, (unsigned long long)accepted, (unsigned long long)got);
	assert_int_equal(traffic.unbound, 0);
	assert_true(exact ? got == accepted : got > 0 && got <= accepted);
	view_assert_same(&before, &after);
	for (unsigned int i = 0; i < device.num_ims; i++)
		assert_int_equal(after.vectors[i].count, traffic.accepted[i]);
	expect_works(&device, events);
	device_close(&device);
	device_remove(&device);
	close_events(events);
}

/* A client with threads which call and ring, until it is killed. */
static void client(struct device *device)
{
	static struct caller callers[2];
	static struct traffic traffic;
	static int events[EVENTS];
	static atomic_bool stop;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	make_events(events);
	device_open(device);
	callers_start(callers, 2, device, events, &stop);
	traffic_start(&traffic, device, (1U << VECTORS) - 1, 5);
	traffic.rest_us = 0;
	for (;;)
		pause();
}

static pid_t client_start(struct device *device)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid)
		client(device);
	return pid;
}

static void client_kill(pid_t pid)
{
	int status;

	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	/* Not by itself, with an error. */
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static bool has_client(const struct device *device)
{
	/* No more than this: all else changes while it is looked at. */
	return view_count_actions(device) != 0;
}

static void client_killed(void **state)
{
	uint64_t random = random_seed(6);
	struct device device;
	int rounds = 0;
	double end;

	(void)state;
	device_create(&device, 0x35, VECTORS, EMULATED, DEFAULT_PASID);
	for (end = now() + seconds; now() < end; rounds++) {
		pid_t pid = client_start(&device);

		usleep(random_below(&random, 40000));
		client_kill(pid);
		expect_empty(&device);
	}
	printf("client killed %d times\n", rounds);
	device_remove(&device);
	expect_empty(&device);
}

static pid_t start_removal(struct device *device)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* Not to wait for itself. */
		if (device->vfio.device >= 0)
			device_close(device);
		device_remove(device);
		_exit(0);
	}
	return pid;
}

/* Whether process @pid sleeps in the kernel while it writes to the device's "remove". */
static bool waits_in_removal(pid_t pid, const struct device *device)
{
	char path[64], target[512], state = 0;
	bool removes = false;
	FILE *file;

	for (int fd = 0; fd < 64 && !removes; fd++) {
		ssize_t len;

		snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
		len = readlink(path, target, sizeof(target) - 1);
		target[len < 0 ? 0 : len] = '\0';
		removes = strstr(target, device->uuid) && strstr(target, "/remove");
	}
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "r");
	if (!file)
		return false;
	if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
		state = 0;
	fclose(file);
	return removes && (state == 'S' || state == 'D');
}

static bool device_exists(const struct device *device)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/bus/mdev/devices/%s", device->uuid);
	return !access(path, F_OK);
}

/* Removing waits for the client, which notices nothing, and works when it has gone. */
static void removal_waits_for_close(void **state)
{
	struct device device;
	int events[EVENTS], status;
	pid_t pid;

	(void)state;
	make_events(events);
	device_create(&device, 0x36, VECTORS, EMULATED, DEFAULT_PASID);
	device_open(&device);
	assert_int_equal(device_bind_all(&device, 0, VECTORS, events), 0);
	pid = start_removal(&device);
	/* Until it does wait: a child that has not started, or has ended, is none that waits. */
	for (double end = now() + LIMIT; !waits_in_removal(pid, &device);) {
		assert_true(now() < end);
		assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
		usleep(1000);
	}
	assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
	for (int i = 0; i < VECTORS; i++) {
		assert_int_equal(device_ring(&device, i), 0);
		assert_int_equal(event_wait(events[i], 1), 1);
	}
	assert_int_equal(device_bind(&device, 0, -1), 0);
	assert_int_equal(device_bind(&device, 0, events[0]), 0);
	device_close(&device);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_false(device_exists(&device));
	expect_empty(&device);
	close_events(events);
}

/* The client is killed while somebody waits to remove its device. */
static void removal_against_killed_client(void **state)
{
	uint64_t random = random_seed(7);
	int rounds = 0, status;
	double end;

	(void)state;
	for (end = now() + seconds; now() < end; rounds++) {
		struct device device;
		pid_t pid, removal;

		device_create(&device, 0x37, VECTORS, EMULATED, DEFAULT_PASID);
		pid = client_start(&device);
		for (double limit = now() + LIMIT; !has_client(&device); usleep(1000))
			assert_true(now() < limit);
		removal = start_removal(&device);
		usleep(random_below(&random, 3000));
		client_kill(pid);
		assert_int_equal(waitpid(removal, &status, 0), removal);
		assert_int_equal(status, 0);
		assert_false(device_exists(&device));
		expect_empty(&device);
	}
	printf("device removed from under a killed client %d times\n", rounds);
}

static int unload(const char *module)
{
	return syscall(SYS_delete_module, module, O_NONBLOCK) ? -errno : 0;
}

static int load(const char *file, const char *parameters)
{
	char path[512];
	int fd, ret;

	snprintf(path, sizeof(path), "%s/%s.ko", modules, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = syscall(SYS_finit_module, fd, parameters, 0) ? -errno : 0;
	close(fd);
	return ret;
}

static void unloading_refused_while_open(void **state)
{
	static const char *const names[] = { "ims_sample", "vfio_ims", "irq_ims" };
	/* A kernel with the patch series has the last one built in. */
	bool built_in = access("/sys/module/irq_ims", F_OK);
	int loaded = built_in ? 2 : 3;
	struct device device;
	int events[EVENTS];

	(void)state;
	make_events(events);
	device_create(&device, 0x38, VECTORS, EMULATED, DEFAULT_PASID);
	device_open(&device);
	assert_int_equal(device_bind_all(&device, 0, VECTORS, events), 0);
	for (int i = 0; i < loaded; i++)
		assert_int_equal(unload(names[i]), -EWOULDBLOCK);
	for (int i = 0; i < VECTORS; i++) {
		assert_int_equal(device_ring(&device, i), 0);
		assert_int_equal(event_wait(events[i], 1), 1);
	}
	device_close(&device);
	close_events(events);

	/* With a device that nobody has open, all of it goes, and it comes back. */
	assert_true(device_exists(&device));
	for (int i = 0; i < loaded; i++)
		assert_int_equal(unload(names[i]), 0);
	assert_false(device_exists(&device));
	if (!built_in)
		assert_int_equal(load("irq-ims", ""), 0);
	assert_int_equal(load("vfio-ims", ""), 0);
	assert_int_equal(load("ims-sample", PARAMETERS), 0);
	expect_empty(&device);
}

struct unloader {
	pthread_t thread;
	atomic_bool stop;
	atomic_ulong unloaded;
};

/* Somebody tries to unload all the time; whatever is open keeps working. */
static void *unload_all_the_time(void *arg)
{
	struct unloader *unloader = arg;
	uint64_t random = random_seed(8);

	while (!unloader->stop) {
		if (!unload("ims_sample")) {
			unloader->unloaded++;
			/* For a while there is no such module. */
			usleep(1000);
			load("ims-sample", PARAMETERS);
			/* Time for somebody to open the device. */
			usleep(50000 + random_below(&random, 100000));
		}
		usleep(1000);
	}
	return NULL;
}

/* A client which knows that its device may be gone at any moment until it is open. */
static int brief_client(const struct device *device)
{
	struct device mine = *device;
	int events[EVENTS];

	/* Its complaints are about what is expected here. */
	if (!freopen("/dev/null", "w", stderr))
		_exit(2);
	make_events(events);
	device_open(&mine);
	for (int round = 0; round < 5; round++) {
		if (device_bind_all(&mine, 0, VECTORS, events))
			_exit(10);
		for (int i = 0; i < VECTORS; i++)
			if (device_ring(&mine, i) || event_wait(events[i], 1) != 1)
				_exit(11);
		if (device_disable(&mine))
			_exit(12);
	}
	device_close(&mine);
	_exit(0);
}

static void unloading_against_clients(void **state)
{
	unsigned long worked = 0, absent = 0;
	struct unloader unloader = { 0 };
	struct device device;
	double end;

	(void)state;
	device_create(&device, 0x39, VECTORS, EMULATED, DEFAULT_PASID);
	assert_int_equal(pthread_create(&unloader.thread, NULL, unload_all_the_time, &unloader),
			 0);
	/* Until both sides have won; on a busy machine it takes longer. */
	for (end = now() + seconds;
	     now() < end || ((!worked || !unloader.unloaded) && now() < end + 30);) {
		int status;
		pid_t pid;

		/* Failing is fine: the module goes, or the device is still there. */
		device_try_create(&device);
		pid = fork();
		if (!pid)
			brief_client(&device);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (!status)
			worked++;
		else if (WIFEXITED(status) && (WEXITSTATUS(status) == 1 ||
					       WEXITSTATUS(status) == 3))
			absent++;
		else
			fail_msg("a client with an open device ended with status %#x", status);
	}
	unloader.stop = true;
	pthread_join(unloader.thread, NULL);
	printf("unloading: %lu times, %lu clients worked, %lu found no device\n",
	       (unsigned long)unloader.unloaded, worked, absent);
	assert_true(worked && unloader.unloaded);
	load("ims-sample", PARAMETERS);
	expect_empty(&device);
	if (device_exists(&device))
		device_remove(&device);
}

static void nothing_in_the_log(void **state)
{
	(void)state;
	assert_int_equal(journal_end(&journal, NULL), 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_irqs_against_set_irqs),
		cmocka_unit_test(set_irqs_on_two_devices),
		cmocka_unit_test(set_irqs_against_doorbells),
		cmocka_unit_test(rebinding_loses_nothing),
		cmocka_unit_test(client_killed),
		cmocka_unit_test(removal_waits_for_close),
		cmocka_unit_test(removal_against_killed_client),
		cmocka_unit_test(unloading_refused_while_open),
		cmocka_unit_test(unloading_against_clients),
		cmocka_unit_test(nothing_in_the_log),
	};

	if (argc < 2 || argc > 3) {
		fprintf(stderr, "usage: concurrency MODULES [SECONDS]\n"
			"MODULES is the directory of irq-ims.ko and the others; most tests "
			"last SECONDS (2).\n");
		return 2;
	}
	modules = argv[1];
	if (argc > 2)
		seconds = atoi(argv[2]);
	setvbuf(stdout, NULL, _IOLBF, 0);
	journal_start(&journal);
	return cmocka_run_group_tests_name("concurrency", tests, NULL, NULL) ? EXIT_FAILURE :
		EXIT_SUCCESS;
}
