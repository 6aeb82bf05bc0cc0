// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which process a vector belongs to, where it is not the one that has bound it, or nobody saw that.
 */
#define _GNU_SOURCE
#include "groups.h"
#include "check.h"

#include "../guest/vfio.h"

#include <fcntl.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * Processes that hold a device with two vectors, each of them a fork of the one before: what was bound
 * by the first one all have open. Each does what it is told to, by a character:
 *
 *	f	forks the next one, which is the one that is told from then on, and waits for its end
 *	x	forks the next one, and ends
 *	v	makes a VM, which takes the vectors
 *	u	takes them from the VM, and closes that
 *	r	rings each
 */
static struct held {
	struct vfio vfio;
	struct vector vectors[2];
	int vm;
	int orders, answers;	/* in the processes */
	int to, from;		/* here: -1: there are none */
	pid_t first, process;	/* the one that is told */
} held = { .to = -1, .from = -1 };

static const unsigned int numbers[] = { 0, EMULATED_VECTOR };

static void must(bool ok)
{
	if (!ok)
		_exit(EXIT_FAILURE);
}

static void irqfd(int index, unsigned int flags)
{
	const struct kvm_irqfd irqfd = {
		.fd = held.vectors[index].eventfd, .gsi = index, .flags = flags,
	};

	must(!ioctl(held.vm, KVM_IRQFD, &irqfd));
}

/* Without a vCPU: it accepts nothing. */
static void make_vm(void)
{
	struct {
		struct kvm_irq_routing table;
		struct kvm_irq_routing_entry entries[2];
	} routing = { .table.nr = 2 };
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	must(kvm >= 0);
	held.vm = ioctl(kvm, KVM_CREATE_VM, 0);
	close(kvm);
	must(held.vm >= 0 && !ioctl(held.vm, KVM_CREATE_IRQCHIP, 0));
	for (int i = 0; i < 2; i++)
		routing.entries[i] = (struct kvm_irq_routing_entry) {
			.gsi = i, .type = KVM_IRQ_ROUTING_MSI,
			.u.msi = { .address_lo = 0xfee00000, .data = 0x30 + i },
		};
	must(!ioctl(held.vm, KVM_SET_GSI_ROUTING, &routing));
	for (int i = 0; i < 2; i++)
		irqfd(i, 0);
}

static void end_vm(void)
{
	for (int i = 0; i < 2; i++)
		irqfd(i, KVM_IRQFD_FLAG_DEASSIGN);
	close(held.vm);
}

static void answer(void)
{
	pid_t own = getpid();

	must(write(held.answers, &own, sizeof(own)) == sizeof(own));
}

static void obey(void)
{
	pid_t next;
	char order;

	while (read(held.orders, &order, 1) == 1) {
		switch (order) {
		case 'f':
		case 'x':
			next = fork();
			must(next >= 0);
			if (next && order == 'f')
				waitpid(next, NULL, 0);
			if (next)
				_exit(EXIT_SUCCESS);
			break;
		case 'v':
			make_vm();
			break;
		case 'u':
			end_vm();
			break;
		case 'r':
			for (int i = 0; i < 2; i++)
				must(!vfio_ring(&held.vfio, &held.vectors[i]));
			break;
		}
		answer();
	}
	_exit(EXIT_SUCCESS);
}

/* Tells the process that is told; what it answers is who is told from now on. */
static void tell(char order)
{
	if (order)
		assert_int_equal(write(held.to, &order, 1), 1);
	assert_int_equal(read(held.from, &held.process, sizeof(held.process)), sizeof(held.process));
	/* The first one, if that is what has ended. */
	if (order == 'x' && held.first) {
		waitpid(held.first, NULL, 0);
		held.first = 0;
	}
}

static void bind_and_obey(void)
{
	vfio_open(&held.vfio, DEVICE);
	for (int i = 0; i < 2; i++) {
		held.vectors[i] = (struct vector) {
			.vector = numbers[i], .doorbell = DOORBELL_SOFTWARE,
			.eventfd = eventfd(0, EFD_CLOEXEC),
		};
		vfio_bind(&held.vfio, &held.vectors[i]);
	}
	answer();
	obey();
}

/* The first process has bound both. */
static void hold(void)
{
	int orders[2], answers[2];

	assert_false(pipe2(orders, O_CLOEXEC) || pipe2(answers, O_CLOEXEC));
	held.first = fork();
	assert_true(held.first >= 0);
	if (!held.first) {
		close(orders[1]);
		close(answers[0]);
		held.orders = orders[0];
		held.answers = answers[1];
		bind_and_obey();
	}
	close(orders[0]);
	close(answers[1]);
	held.to = orders[1];
	held.from = answers[0];
	tell(0);
}

/* Waits until all of them have ended. */
static void let_go(void)
{
	char none;

	if (held.to < 0)
		return;
	close(held.to);
	while (read(held.from, &none, 1) > 0)
		;
	close(held.from);
	held.to = held.from = -1;
	if (held.first)
		waitpid(held.first, NULL, 0);
}

static int teardown(void **state)
{
	let_go();
	return lab_teardown(state);
}

/* Of both vectors, as all outputs have it; 0: it is not known. */
static void expect_process(const struct trace *trace, pid_t process)
{
	for (size_t i = 0; i < COUNT(numbers); i++) {
		json_t *seen = find_vector(trace->summary, DEVICE, numbers[i]);

		if (!process) {
			assert_true(is_null(seen, "pid"));
			assert_true(is_null(seen, "vmm"));
			continue;
		}
		assert_int_equal(number(seen, "pid"), process);
		expect_text(seen, "vmm", "e2e");
	}
}

/* Bound before imstrace looked, and read by no VM: whoever has the eventfd and the device open. */
static void the_holder_of_an_eventfd(void **state)
{
	struct trace trace;

	(void)state;
	hold();
	trace = trace_start("holder", "-i 0");
	tell('r');
	trace_end(&trace);
	expect_process(&trace, held.process);
	expect_text(find_vector(trace.summary, DEVICE, 0), "mode", "user");
	let_go();
	trace_free(&trace);
}

static void a_filter_knows_the_holder(void **state)
{
	struct trace trace, other;
	char arguments[64];

	(void)state;
	hold();
	snprintf(arguments, sizeof(arguments), "--interrupts -i 0 -p %d", held.process);
	trace = trace_start("holder-filter", arguments);
	other = trace_start("holder-other", "--interrupts -i 0 -p 1");
	tell('r');
	trace_end(&trace);
	trace_end(&other);
	expect_process(&trace, held.process);
	assert_int_equal(json_array_size(trace.interrupts), 2);
	assert_int_equal(json_array_size(json_object_get(other.summary, "vectors")), 0);
	let_go();
	trace_free(&trace);
	trace_free(&other);
}

/* It is the living one's. */
static void handed_over_before(void **state)
{
	struct trace trace;
	pid_t first;

	(void)state;
	hold();
	first = held.process;
	tell('x');
	assert_int_not_equal(held.process, first);
	trace = trace_start("handed-over", "-i 0");
	tell('r');
	trace_end(&trace);
	expect_process(&trace, held.process);
	let_go();
	trace_free(&trace);
}

/* Nothing tells which of them reads it: none is better than the wrong one. */
static void several_holders(void **state)
{
	struct trace trace;

	(void)state;
	hold();
	tell('f');
	trace = trace_start("holders", "-i 0");
	tell('r');
	trace_end(&trace);
	expect_process(&trace, 0);
	let_go();
	trace_free(&trace);
}

/* Rings until the latest interval has @process as that of both vectors. */
static void ring_until(const struct trace *trace, pid_t process)
{
	for (int turn = 0; turn < 600; turn++) {
		int status;
		char *found;

		tell('r');
		found = lab_output(&status, "tail -n 1 %s | grep -o '\"pid\": *%d,' | wc -l",
				   trace->path, process);
		status = atoi(found);
		free(found);
		if (status == COUNT(numbers))
			return;
		usleep(50000);
	}
	fail_msg("no interval has process %d", process);
}

/* From the VM of one process to that of another, while imstrace looks. */
static void handed_over_to_another_vm(void **state)
{
	struct trace trace = trace_start("another-vm", "-i 20ms");
	pid_t first;

	(void)state;
	hold();
	first = held.process;
	tell('v');
	ring_until(&trace, first);
	tell('u');
	tell('x');
	assert_int_not_equal(held.process, first);
	/* Its irqfds are likely to be where those of the first one were. */
	tell('v');
	ring_until(&trace, held.process);
	/* Without a vCPU the last signal of the emulated vector stays open: no account is balanced. */
	assert_int_equal(trace_stop(&trace), 0);
	expect_process(&trace, held.process);
	let_go();
	trace_free(&trace);
}

/* The process that has bound them has ended, and nothing tells of the one that reads them now. */
static void handed_over_to_nobody_known(void **state)
{
	struct trace trace = trace_start("nobody-known", "-i 20ms");
	pid_t first;

	(void)state;
	hold();
	first = held.process;
	ring_until(&trace, first);
	tell('x');
	for (int turn = 0; turn < 600; turn++) {
		int status;

		free(lab_output(&status, "tail -n 1 %s | grep '\"pid\": *%d,'", trace.path, first));
		if (status)
			break;
		usleep(50000);
	}
	tell('r');
	trace_end(&trace);
	expect_process(&trace, 0);
	let_go();
	trace_free(&trace);
}

int run_processes(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(the_holder_of_an_eventfd, teardown),
		cmocka_unit_test_teardown(a_filter_knows_the_holder, teardown),
		cmocka_unit_test_teardown(handed_over_before, teardown),
		cmocka_unit_test_teardown(several_holders, teardown),
		cmocka_unit_test_teardown(handed_over_to_another_vm, teardown),
		cmocka_unit_test_teardown(handed_over_to_nobody_known, teardown),
	};

	return cmocka_run_group_tests_name("processes", tests, NULL, NULL);
}
