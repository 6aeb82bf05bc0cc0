// SPDX-License-Identifier: GPL-2.0-only
/*
 * imstrace lint against a driver that commits each defect on purpose, and against what
 * looks like defects and is none.
 */
#include "groups.h"
#include "trace.h"
#include "truth.h"

#include "../guest/vfio.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What vector 0 of the sample device is made to do: kernel-patch/defects/. */
static const char *const defects[] = {
	"signal_before_request", "signal_after_free", "signal_unbound", "interrupt_before_pasid",
	"pasid_changed", "pasid_wrong", "pasid_after_free", "producer_at_free", "slot_leaked",
	"irq_leaked", "eventfd_leaked", "double_bind", "bind_disabled", "unbind_without_bind",
};

#define DEFECTIVE_VECTOR	0

static void commit(const char *defect)
{
	lab_shell("echo %s > /sys/module/ims_sample/parameters/defect", defect);
}

/* VFIO_DEVICE_SET_IRQS with an eventfd, or whatever, for each vector from @start on. */
static int bind_from(const struct vfio *vfio, unsigned int start, const int *fds,
		     unsigned int count)
{
	char buffer[sizeof(struct vfio_irq_set) + VECTORS * sizeof(*fds)];
	struct vfio_irq_set *set = (struct vfio_irq_set *)buffer;

	*set = (struct vfio_irq_set) {
		.argsz = sizeof(*set) + count * sizeof(*fds),
		.flags = VFIO_IRQ_SET_ACTION_TRIGGER | VFIO_IRQ_SET_DATA_EVENTFD,
		.index = VFIO_PCI_MSIX_IRQ_INDEX,
		.start = start,
		.count = count,
	};
	memcpy(set->data, fds, count * sizeof(*fds));
	return ioctl(vfio->device, VFIO_DEVICE_SET_IRQS, set) ? -errno : 0;
}

static int bind_all(const struct vfio *vfio, const int *fds, unsigned int count)
{
	return bind_from(vfio, 0, fds, count);
}

struct client {
	struct vfio vfio;
	int fds[VECTORS];
};

static void client_open(struct client *client)
{
	vfio_open(&client->vfio, DEVICE);
	for (int i = 0; i < VECTORS; i++)
		client->fds[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

static void client_close(struct client *client)
{
	vfio_close(&client->vfio);
	for (int i = 0; i < VECTORS; i++)
		close(client->fds[i]);
}

static void ring(struct client *client, int number, enum doorbell doorbell)
{
	struct vector vector = {
		.vector = number, .doorbell = doorbell, .emulated = number == EMULATED_VECTOR,
	};

	assert_int_equal(vfio_ring(&client->vfio, &vector), 0);
}

/* Every vector is bound, rung once, and unbound; the eventfds are the client's own. */
static void one_life(void)
{
	struct client client;

	client_open(&client);
	assert_int_equal(bind_all(&client.vfio, client.fds, VECTORS), 0);
	for (int i = 0; i < VECTORS; i++)
		ring(&client, i, DOORBELL_SOFTWARE);
	vfio_unbind_all(&client.vfio);
	client_close(&client);
}

static const char *text_of(json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	if (!text)
		fail_msg("%s is no text", key);
	return text;
}

static void check_finding(json_t *finding, const char *defect)
{
	assert_string_equal(text_of(finding, "finding"), defect);
	assert_string_equal(text_of(finding, "device"), DEVICE);
	assert_int_equal(number(finding, "vector"), DEFECTIVE_VECTOR);
	assert_true(number(finding, "irq") > 0);
}

/* It is found once, by its name, of the vector that it is committed with; and nothing else. */
static void expect_found(struct trace *trace, const char *defect)
{
	json_t *tallies;

	assert_int_equal(trace_stop(trace), 4);
	tallies = json_object_get(trace->lint, "findings");
	assert_string_equal(text_of(trace->lint, "verdict"), "found");
	assert_int_equal(json_array_size(trace->findings), 1);
	check_finding(json_array_get(trace->findings, 0), defect);
	assert_int_equal(json_array_size(tallies), 1);
	check_finding(json_array_get(tallies, 0), defect);
	assert_int_equal(number(json_array_get(tallies, 0), "count"), 1);
	assert_true(number(trace->lint, "steps") > 0);
}

static void expect_clean(struct trace *trace)
{
	int status = trace_stop(trace);

	if (json_array_size(trace->findings))
		fail_msg("found: %s", json_dumps(json_array_get(trace->findings, 0), 0));
	assert_int_equal(status, 0);
	assert_string_equal(text_of(trace->lint, "verdict"), "clean");
	assert_int_equal(json_array_size(json_object_get(trace->lint, "findings")), 0);
	assert_true(number(trace->lint, "steps") > 0);
}

/* Each in a life of its own, between lives without one. */
static void lint_each_defect(void **state)
{
	struct trace trace = lint_start("lint-defects", "");
	json_t *tallies;

	(void)state;
	for (size_t i = 0; i < COUNT(defects); i++) {
		one_life();
		commit(defects[i]);
		one_life();
		commit("none");
	}
	one_life();
	assert_int_equal(trace_stop(&trace), 4);
	tallies = json_object_get(trace.lint, "findings");
	for (size_t i = 0; i < COUNT(defects); i++) {
		check_finding(json_array_get(trace.findings, i), defects[i]);
		check_finding(json_array_get(tallies, i), defects[i]);
		assert_int_equal(number(json_array_get(tallies, i), "count"), 1);
	}
	assert_int_equal(json_array_size(trace.findings), COUNT(defects));
	assert_int_equal(json_array_size(tallies), COUNT(defects));
	/* They are defects of a driver, and none that harms the kernel. */
	lab_shell("! dmesg | grep -E 'WARNING: |BUG: |Oops'");
	trace_free(&trace);
}

/* The findings stand among the steps, and the figures are there as ever. */
static void lint_in_live(void **state)
{
	struct trace trace = trace_start("lint-live", "-i 0");

	(void)state;
	commit("pasid_changed");
	one_life();
	commit("none");
	expect_found(&trace, "pasid_changed");
	assert_non_null(trace.summary);
	assert_true(json_array_size(trace.lifecycle) > 0);
	assert_int_equal(number(find_vector(trace.summary, DEVICE, 1), "hops.signal"), 1);
	trace_free(&trace);
}

/* What is not wanted is not judged. */
static void lint_filtered(void **state)
{
	struct trace wanted = lint_start("lint-wanted", "--vector 0 --device 83b8*1001");
	struct trace other = lint_start("lint-other", "--vector 1-4");
	char arguments[64];
	struct trace mine, init;

	(void)state;
	snprintf(arguments, sizeof(arguments), "-p %d", getpid());
	mine = lint_start("lint-mine", arguments);
	init = lint_start("lint-init", "-p 1");
	commit("double_bind");
	one_life();
	commit("none");
	expect_found(&wanted, "double_bind");
	expect_clean(&other);
	expect_found(&mine, "double_bind");
	assert_int_equal(trace_stop(&init), 5);
	assert_int_equal(number(init.lint, "steps"), 0);
	trace_free(&wanted);
	trace_free(&other);
	trace_free(&mine);
	trace_free(&init);
}

static void lint_clean_lives(void **state)
{
	struct trace trace = lint_start("lint-clean", "");

	(void)state;
	json_decref(guest_run("--count 50 --emulated-count 50 --no-stamps " DEVICE));
	json_decref(guest_run("--no-wait --count 50 --emulated-count 50 --no-stamps " DEVICE));
	json_decref(guest_run("--doorbell loopback --count 20 --emulated-count 20 --no-stamps "
			      DEVICE));
	json_decref(guest_run("--vectors 1,3 --count 20 --no-stamps " DEVICE));
	expect_clean(&trace);
	trace_free(&trace);
}

/* Bound vectors get other eventfds, and the same ones again, while they are rung. */
static void lint_replaced_eventfds(void **state)
{
	struct trace trace = lint_start("lint-replaced", "");
	struct client client, other;

	(void)state;
	client_open(&client);
	for (int i = 0; i < VECTORS; i++)
		other.fds[i] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	for (int i = 0; i < 20; i++) {
		int *fds = i & 2 ? client.fds : other.fds;

		assert_int_equal(bind_all(&client.vfio, fds, i % 3 ? VECTORS : 1), 0);
		for (int vector = 0; vector < (i % 3 ? VECTORS : 1); vector++) {
			ring(&client, vector, DOORBELL_SOFTWARE);
			ring(&client, vector, DOORBELL_LOOPBACK);
		}
	}
	/* Without unbinding: closing does. */
	client_close(&client);
	for (int i = 0; i < VECTORS; i++)
		close(other.fds[i]);
	expect_clean(&trace);
	trace_free(&trace);
}

/* Other devices, which have all slots, or all vectors of the CPU, but two. */
#define OTHERS		9
#define OTHERS_VECTORS	32

struct others {
	struct vfio devices[OTHERS];
	char names[OTHERS][40];
	unsigned int count;
	int fd;
};

static void others_open(struct others *others)
{
	unsigned int vector = OTHERS_VECTORS;
	int ret = 0, none = -1;

	others->count = 0;
	others->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	lab_shell("cd /sys/module/ims_sample/parameters && echo %u > vectors && echo 0 > emulated",
		  OTHERS_VECTORS);
	while (!ret) {
		if (vector == OTHERS_VECTORS) {
			char *name = others->names[others->count];

			assert_int_not_equal(others->count, OTHERS);
			sprintf(name, "83b8f4f2-509f-382f-3c1e-0000000001%02x", others->count);
			lab_shell("tests/vm/lab device %s", name);
			vfio_open(&others->devices[others->count++], name);
			vector = 0;
		}
		ret = bind_from(&others->devices[others->count - 1], vector++, &others->fd, 1);
	}
	assert_int_equal(ret, -ENOSPC);
	for (unsigned int i = 0; i < 2; i++)
		assert_int_equal(bind_from(&others->devices[0], i, &none, 1), 0);
}

static void others_close(struct others *others)
{
	for (unsigned int i = 0; i < others->count; i++) {
		vfio_close(&others->devices[i]);
		lab_shell("echo 1 > /sys/bus/mdev/devices/%s/remove", others->names[i]);
	}
	close(others->fd);
	lab_shell("cd /sys/module/ims_sample/parameters && echo %u > vectors && echo %u > emulated",
		  VECTORS, VECTORS - IMS_VECTORS);
}

/* What is undone after a failure shows as steps of a life that is in order. */
static void lint_failed_binds(void **state)
{
	struct trace trace = lint_start("lint-failed-binds", "");
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), fds[VECTORS];
	struct others others;
	struct client client;

	(void)state;
	client_open(&client);
	others_open(&others);
	memcpy(fds, client.fds, sizeof(fds));
	for (int i = 0; i < 2; i++) {
		fds[2] = null;
		assert_int_equal(bind_all(&client.vfio, fds, VECTORS), -EINVAL);
		fds[2] = client.fds[2];
		/* Vectors 0 and 1 have been bound when 2 fails. */
		assert_int_equal(bind_all(&client.vfio, fds, VECTORS), -ENOSPC);
		/* The same again with vector 0 bound, which stays so. */
		assert_int_equal(bind_all(&client.vfio, fds, 1), 0);
		ring(&client, 0, DOORBELL_SOFTWARE);
	}
	others_close(&others);
	assert_int_equal(bind_all(&client.vfio, fds, VECTORS), 0);
	client_close(&client);
	close(null);
	expect_clean(&trace);
	trace_free(&trace);
}

static void lint_killed_client(void **state)
{
	struct trace trace = lint_start("lint-killed", "");

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct program guest = program_start(IMS_GUEST, "--step --no-stamps " DEVICE);
		json_t *bound = program_line(&guest);

		kill(guest.pid, SIGKILL);
		assert_int_equal(program_end(&guest), 128 + SIGKILL);
		json_decref(bound);
	}
	expect_clean(&trace);
	trace_free(&trace);
}

/* What they hold is not known: freeing it is no defect, and so is binding anew. */
static void lint_bound_before(void **state)
{
	struct trace trace;
	struct client client;

	(void)state;
	client_open(&client);
	assert_int_equal(bind_all(&client.vfio, client.fds, VECTORS), 0);
	trace = lint_start("lint-known", "");
	for (int i = 0; i < VECTORS; i++)
		ring(&client, i, DOORBELL_SOFTWARE);
	assert_int_equal(bind_all(&client.vfio, client.fds, VECTORS), 0);
	vfio_unbind_all(&client.vfio);
	assert_int_equal(bind_all(&client.vfio, client.fds, VECTORS), 0);
	for (int i = 0; i < VECTORS; i++)
		ring(&client, i, DOORBELL_LOOPBACK);
	client_close(&client);
	expect_clean(&trace);
	trace_free(&trace);
}

/* imstrace comes and goes while a device is set up and torn down all the time. */
static void lint_in_the_middle(void **state)
{
	pid_t busy = fork();

	(void)state;
	if (!busy) {
		/* On one CPU, imstrace is to attach in a reasonable time. */
		setpriority(PRIO_PROCESS, 0, 10);
		for (;;)
			one_life();
	}
	for (int i = 0; i < 4; i++) {
		struct trace trace;
		char name[32];

		snprintf(name, sizeof(name), "lint-middle-%d", i);
		trace = lint_start(name, "");
		usleep(i * 50000);
		trace_stop(&trace);
		if (json_array_size(trace.findings)) {
			kill(busy, SIGKILL);
			fail_msg("found: %s", json_dumps(json_array_get(trace.findings, 0), 0));
		}
		trace_free(&trace);
	}
	kill(busy, SIGKILL);
	waitpid(busy, NULL, 0);
}

/* imstrace is stopped until there is no room for more steps: of what, it can't know. */
static void lint_lost_steps(void **state)
{
	struct trace trace = lint_start("lint-lost", "");
	long long lost;

	(void)state;
	one_life();
	kill(trace.program.pid, SIGSTOP);
	/* A life has 50 steps of 168 bytes, and there is room for 1 MiB. */
	for (int i = 0; i < 200; i++)
		one_life();
	kill(trace.program.pid, SIGCONT);
	one_life();
	assert_int_equal(trace_stop(&trace), 5);
	lost = number(trace.lint, "lost.lifecycle");
	assert_true(lost > 0);
	assert_string_equal(text_of(trace.lint, "verdict"), "inconclusive");
	assert_int_equal(json_array_size(trace.findings), 0);
	trace_free(&trace);
}

/* What happens after the loss is judged again. */
static void lint_defect_after_loss(void **state)
{
	struct trace trace = lint_start("lint-after-loss", "");

	(void)state;
	kill(trace.program.pid, SIGSTOP);
	for (int i = 0; i < 200; i++)
		one_life();
	kill(trace.program.pid, SIGCONT);
	/* Until it has read what there is. */
	for (int i = 0; i < 10; i++) {
		one_life();
		usleep(100000);
	}
	commit("producer_at_free");
	one_life();
	commit("none");
	expect_found(&trace, "producer_at_free");
	assert_true(number(trace.lint, "lost.lifecycle") > 0);
	trace_free(&trace);
}

static void lint_for_people(void **state)
{
	char *text;
	int status;

	(void)state;
	commit("pasid_after_free");
	/* Its first line says that it has attached. */
	text = lab_output(&status, "{ " IMSTRACE " lint -d 4s; echo status $?; } | "
			  "{ read first; echo \"$first\"; " IMS_GUEST " --count 5 --emulated-count 5 "
			  "--no-stamps " DEVICE " >/dev/null; cat; }");
	commit("none");
	assert_int_equal(status, 0);
	assert_non_null(strstr(text, "Following irq, signal and the lives of vectors."));
	assert_non_null(strstr(text, "pasid_after_free   " DEVICE "  !!! its PASID was still in the "
			       "slot after free_irq()"));
	assert_non_null(strstr(text, "Lint: found, 1 finding in "));
	assert_non_null(strstr(text, "     1     0  pasid_after_free "));
	assert_non_null(strstr(text, "Wipe the PASID in the chip's irq_shutdown()"));
	assert_non_null(strstr(text, "status 4\n"));
	assert_null(strstr(text, "Summary of"));
	assert_null(strstr(text, "slot_alloc"));
	free(text);

	text = lab_output(&status, IMSTRACE " lint -d 100ms");
	assert_int_equal(status, 5);
	assert_non_null(strstr(text, "Lint: inconclusive, 0 findings in 0 steps"));
	assert_non_null(strstr(text, "there was nothing to judge"));
	free(text);
}

static int no_defect_teardown(void **state)
{
	commit("none");
	return lab_teardown(state);
}

int run_lint(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(lint_each_defect, no_defect_teardown),
		cmocka_unit_test_teardown(lint_in_live, no_defect_teardown),
		cmocka_unit_test_teardown(lint_filtered, no_defect_teardown),
		cmocka_unit_test_teardown(lint_clean_lives, lab_teardown),
		cmocka_unit_test_teardown(lint_replaced_eventfds, lab_teardown),
		cmocka_unit_test_teardown(lint_failed_binds, lab_teardown),
		cmocka_unit_test_teardown(lint_killed_client, lab_teardown),
		cmocka_unit_test_teardown(lint_bound_before, lab_teardown),
		cmocka_unit_test_teardown(lint_in_the_middle, lab_teardown),
		cmocka_unit_test_teardown(lint_lost_steps, lab_teardown),
		cmocka_unit_test_teardown(lint_defect_after_loss, no_defect_teardown),
		cmocka_unit_test_teardown(lint_for_people, no_defect_teardown),
	};

	return cmocka_run_group_tests_name("lint", tests, NULL, NULL);
}
