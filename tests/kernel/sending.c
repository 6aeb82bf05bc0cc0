// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices which send their messages by themselves: each message arrives, what is sent
 * while its slot is masked arrives afterwards, and a device which is reset gets its slots
 * back and loses nothing.
 *
 * Runs as root in a VM with two CPUs and one of the devices, with the modules loaded, on
 * the parent that $IMS_PARENT names. The functions of ims-delay.ko, if that is loaded, make
 * the time long in which a slot is masked.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/bound.h"
#include "lib/cm.h"
#include "lib/device.h"
#include "lib/irq.h"
#include "lib/journal.h"
#include "lib/view.h"

#define VECTORS		8
#define EMULATED	2
#define IMS_VECTORS	(VECTORS - EMULATED)
/* Of each vector. */
#define MESSAGES	100
#define RESETS		5
#define CHANGES		200
/* The last one comes and goes while the device is reset. */
#define UNSTEADY	(IMS_VECTORS - 1)

/* Called to move an interrupt, while its slot is masked and no lock of the device is held. */
#define DELAY		"/sys/kernel/debug/ims_delay/ims_write_msg"
#define DELAY_US	"500000"

static struct journal journal;

static struct {
	struct device device;
	int events[VECTORS];
} t;

static void send_and_wait(unsigned int vector)
{
	uint64_t seen;

	assert_int_equal(device_send(&t.device, vector), 0);
	seen = event_wait(t.events[vector], 1);
	if (seen != 1)
		fail_msg("a message of vector %u was signalled %llu times", vector,
			 (unsigned long long)seen);
}

static void each_message_arrives(void **state)
{
	struct view before = view_read(&t.device), after;

	(void)state;
	for (unsigned int i = 0; i < MESSAGES * IMS_VECTORS; i++)
		send_and_wait(i % IMS_VECTORS);
	after = view_read(&t.device);
	view_assert_same(&before, &after);
	/* Each was an interrupt, and not only a signal. */
	for (unsigned int i = 0; i < IMS_VECTORS; i++)
		assert_int_equal(after.vectors[i].count - before.vectors[i].count, MESSAGES);
}

static void only_bound_vectors_with_a_slot(void **state)
{
	(void)state;
	assert_int_equal(device_send(&t.device, IMS_VECTORS), -EOPNOTSUPP);
	assert_int_equal(device_send(&t.device, VECTORS), -EINVAL);
	assert_int_equal(device_bind(&t.device, 1, -1), 0);
	assert_int_equal(device_send(&t.device, 1), -ENXIO);
	for (int i = 0; i < VECTORS; i++)
		assert_int_equal(event_take(t.events[i]), 0);
}

/* An interrupt does what has been asked for, as soon as the move before it is over. */
static void move_by_sending(unsigned int vector, unsigned int irq, unsigned int cpu)
{
	for (int tries = 0; irq_effective_cpu(irq) != cpu; tries++) {
		int error = irq_set_affinity(irq, cpu);

		if ((error && error != EBUSY) || tries == 1000)
			fail_msg("irq %u stays on CPU %u: %s", irq, irq_effective_cpu(irq),
				 strerror(error));
		usleep(1000);
		send_and_wait(vector);
	}
	/* The first one there ends the move. */
	send_and_wait(vector);
}

/*
 * Moves an irq from CPU 1 to CPU 0, which the interrupt itself does, with its slot masked;
 * meanwhile, CPU 0 sends another. Returns whether it was in time, which it can't be if the
 * move is refused because the one before is not over.
 */
static bool send_while_masked(unsigned int vector, const struct view *view)
{
	unsigned int irq = view->vectors[vector].irq, slot = view->vectors[vector].slot;
	bool masked = false, still_masked = false;
	uint64_t seen = 0;

	move_by_sending(vector, irq, 1);
	assert_int_equal(write_text(DELAY, DELAY_US), 0);
	irq_set_affinity(irq, 0);
	assert_int_equal(device_send(&t.device, vector), 0);
	while (!masked && !seen) {
		masked = view_slot_masked(slot);
		seen = event_take(t.events[vector]);
	}
	if (masked) {
		assert_int_equal(device_send(&t.device, vector), 0);
		still_masked = view_slot_masked(slot);
		seen += event_wait(t.events[vector], 2 - seen);
	}
	assert_int_equal(write_text(DELAY, "0"), 0);
	if (seen != 1U + masked)
		fail_msg("of %u messages, %llu arrived; a second one is sent while the slot is "
			 "masked", 1 + masked, (unsigned long long)seen);
	return still_masked;
}

static void a_masked_slot_sends_later(void **state)
{
	struct view view = view_read(&t.device);
	unsigned int in_time = 0, rounds = 0;
	cpu_set_t cpus;

	(void)state;
	if (access(DELAY, F_OK)) {
		printf("skipped: ims-delay.ko is not loaded for " DELAY "\n");
		skip();
	}
	if (handlers_threaded()) {
		printf("skipped: two messages are one to a thread that has not run yet\n");
		skip();
	}
	/* Where the kernel need not wait for an interrupt to move one, it does not mask either. */
	move_by_sending(0, view.vectors[0].irq, 1);
	irq_set_affinity(view.vectors[0].irq, 0);
	if (irq_effective_cpu(view.vectors[0].irq) == 0) {
		printf("skipped: interrupts are remapped, and so moved without masking\n");
		skip();
	}
	CPU_ZERO(&cpus);
	CPU_SET(0, &cpus);
	assert_int_equal(sched_setaffinity(0, sizeof(cpus), &cpus), 0);
	for (; in_time < IMS_VECTORS && rounds < 20 * IMS_VECTORS; rounds++)
		in_time += send_while_masked(rounds % IMS_VECTORS, &view);
	CPU_SET(1, &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
	printf("masked on %s: in %u of %u moves, a message was sent meanwhile\n", device_parent(),
	       in_time, rounds);
	assert_int_equal(in_time, IMS_VECTORS);
}

/* Sends what the vectors have, one message after the other, while something else happens. */
struct sender {
	pthread_t thread;
	atomic_bool stop;
	atomic_ulong sent;
	atomic_int error;
	atomic_uint lost;
};

static void *send_all_the_time(void *arg)
{
	struct sender *sender = arg;

	while (!sender->stop && !sender->error && !sender->lost) {
		unsigned int vector = sender->sent % UNSTEADY;

		sender->error = device_send(&t.device, vector);
		sender->lost += !sender->error && event_wait(t.events[vector], 1) != 1;
		sender->sent++;
	}
	return NULL;
}

/* While all vectors are bound and send; but for igb, which has none. */
static void a_changed_pasid_loses_nothing(void **state)
{
	struct view before = view_read(&t.device), after;
	unsigned int pasids = device_num_pasids(&t.device), changes = 0;
	struct sender sender = { 0 };

	(void)state;
	assert_int_equal(pthread_create(&sender.thread, NULL, send_all_the_time, &sender), 0);
	for (; (changes < CHANGES || sender.sent < CHANGES) && !sender.error && !sender.lost;
	     changes++)
		assert_int_equal(device_choose_pasid(&t.device, changes % UNSTEADY,
						     changes / UNSTEADY % pasids), 0);
	sender.stop = true;
	pthread_join(sender.thread, NULL);
	printf("PASIDs on %s: %u changes of %u, %lu messages\n", device_parent(),
	       changes, pasids, sender.sent);
	assert_int_equal(sender.error, 0);
	assert_int_equal(sender.lost, 0);
	for (unsigned int i = 0; i < UNSTEADY; i++)
		assert_int_equal(device_choose_pasid(&t.device, i, 0), 0);
	after = view_read(&t.device);
	view_assert_same(&before, &after);
}

/* Binds and unbinds the last one. */
static void *come_and_go(void *arg)
{
	struct sender *sender = arg;

	for (; !sender->stop && !sender->error; sender->sent++) {
		int fd = sender->sent % 2 ? t.events[UNSTEADY] : -1;

		sender->error = device_bind(&t.device, UNSTEADY, fd);
	}
	return NULL;
}

static void a_reset_changes_nothing(void **state)
{
	struct view before = view_read(&t.device), after;
	struct sender sender = { 0 }, unsteady = { 0 };
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/reset", device_parent());
	if (access(path, F_OK)) {
		printf("skipped: there is no way to reset %s\n", device_parent());
		skip();
	}
	/* Alone, so that all can be compared. */
	assert_int_equal(write_text(path, "1"), 0);
	after = view_read(&t.device);
	view_assert_same(&before, &after);
	view_assert_same_messages(&before, &after);
	for (unsigned int i = 0; i < IMS_VECTORS; i++)
		send_and_wait(i);

	assert_int_equal(pthread_create(&sender.thread, NULL, send_all_the_time, &sender), 0);
	assert_int_equal(pthread_create(&unsteady.thread, NULL, come_and_go, &unsteady), 0);
	for (unsigned int i = 0; i < RESETS; i++)
		assert_int_equal(write_text(path, "1"), 0);
	sender.stop = true;
	unsteady.stop = true;
	pthread_join(sender.thread, NULL);
	pthread_join(unsteady.thread, NULL);
	printf("reset of %s: %lu messages and %lu bindings around %u resets\n", device_parent(),
	       sender.sent, unsteady.sent, RESETS);
	assert_int_equal(sender.error, 0);
	assert_int_equal(unsteady.error, 0);
	assert_int_equal(sender.lost, 0);
	assert_int_equal(device_bind(&t.device, UNSTEADY, t.events[UNSTEADY]), 0);
	for (unsigned int i = 0; i < IMS_VECTORS; i++)
		send_and_wait(i);
}

static int setup(void **state)
{
	(void)state;
	return bound_create(&t.device, t.events, 0x60, VECTORS, EMULATED, "0x100,0x200");
}

static int teardown(void **state)
{
	(void)state;
	bound_remove(&t.device, t.events);
	return 0;
}

static void nothing_in_the_log(void **state)
{
	(void)state;
	assert_int_equal(journal_end(&journal, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_message_arrives, setup, teardown),
		cmocka_unit_test_setup_teardown(only_bound_vectors_with_a_slot, setup, teardown),
		cmocka_unit_test_setup_teardown(a_masked_slot_sends_later, setup, teardown),
		cmocka_unit_test_setup_teardown(a_changed_pasid_loses_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(a_reset_changes_nothing, setup, teardown),
		cmocka_unit_test(nothing_in_the_log),
	};

	setvbuf(stdout, NULL, _IOLBF, 0);
	journal_start(&journal);
	return cmocka_run_group_tests_name("sending", tests, NULL, NULL) ? EXIT_FAILURE :
		EXIT_SUCCESS;
}
