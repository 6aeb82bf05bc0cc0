// SPDX-License-Identifier: GPL-2.0-only
/*
 * The IMS library seen from outside: what is in a slot and when, and what plain
 * tracing tools show of it.
 */
#include "groups.h"
#include "truth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CTRL_MASK		(1U << 0)
#define CTRL_PASID_ENABLE	(1U << 3)

struct slot {
	uint32_t address_lo, address_hi, data, ctrl;
};

/* Reads a slot from the device's memory. */
static struct slot read_slot(const char *parent, unsigned int number)
{
	char path[128], line[256];
	unsigned int found;
	struct slot slot;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/kernel/debug/ims_sample/%s/slots", parent);
	file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%x %x %x %x %x", &found, &slot.address_lo, &slot.address_hi,
			   &slot.data, &slot.ctrl) == 5 && found == number) {
			fclose(file);
			return slot;
		}
	}
	fail_msg("%s has no slot %u", path, number);
	return slot;
}

/* The PASID is in the slot while the vector is bound, and gone afterwards. */
static void check_slots(const char *device, const char *parent, unsigned int pasid)
{
	struct program guest;
	char arguments[128];

	snprintf(arguments, sizeof(arguments), "--no-stamps --count 1 %s", device);
	guest = guest_start(arguments);
	for (unsigned int i = 0; i < IMS_VECTORS; i++) {
		struct slot slot = read_slot(parent, i);

		assert_int_equal(slot.ctrl, pasid << 12 | CTRL_PASID_ENABLE);
		assert_int_equal(slot.address_lo & 0xfff00000, 0xfee00000);
		assert_int_not_equal(slot.data, 0);
	}
	json_decref(guest_ring(&guest));
	assert_int_equal(program_end(&guest), 0);
	for (unsigned int i = 0; i < IMS_VECTORS; i++)
		assert_int_equal(read_slot(parent, i).ctrl, CTRL_MASK);
}

static void pasid_in_slot_memory(void **state)
{
	(void)state;
	check_slots(DEVICE, "ims_sample", PASID);
}

static void pasid_in_device_memory(void **state)
{
	const char *parent = getenv("DMA_PARENT");

	(void)state;
	if (!parent)
		skip();
	check_slots(DMA_DEVICE, parent, PASID + 1);
}

/* Where each event first stands in @text; they must come in this order. */
static void expect_order(const char *text, const char *const *events, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *found = strstr(text, events[i]);

		if (!found)
			fail_msg("no \"%s\" after this in the trace:\n%s", events[i], text);
		text = found;
	}
}

/* Whether a process has the eventfd, as /proc/PID/fdinfo says. */
static bool has_eventfd(pid_t pid, int id)
{
	int status;
	char *text;

	text = lab_output(&status, "grep -hx 'eventfd-id: *%d' /proc/%d/fdinfo/*", id, pid);
	free(text);
	return !status;
}

/* Every event that names an eventfd by its id means one of those that @pid has. */
static void expect_eventfds(const char *text, pid_t pid)
{
	static const char key[] = "eventfd_id=";
	unsigned int count = 0;

	while ((text = strstr(text, key))) {
		int id;

		text += sizeof(key) - 1;
		assert_int_equal(sscanf(text, "%d", &id), 1);
		if (!has_eventfd(pid, id))
			fail_msg("the process has no eventfd with the id %d", id);
		count++;
	}
	/* Of each vector: its binding, a signal and, of those with a slot, the bypass. */
	assert_true(count >= 2 * VECTORS + IMS_VECTORS);
}

static char *read_trace(void)
{
	int status;

	return lab_output(&status, "cat /sys/kernel/tracing/trace");
}

static void trace_events(int on)
{
	lab_shell("echo %d | tee /sys/kernel/tracing/events/ims/enable "
		  "/sys/kernel/tracing/events/vfio_ims/enable > /dev/null", on);
}

/*
 * Without imstrace: what tracefs, and so perf and trace-cmd, make of the events. Each vector's are
 * VFIO's, each slot's the chip's.
 */
static void events_without_imstrace(void **state)
{
	static const char *const bound[] = {
		"vfio_ims_index_enable: device=" DEVICE " vectors=5\n",
		"ims_slot_alloc: device=ims_sample irq=", "cookie=0x100 ret=0",
		"vfio_ims_slot_alloc: device=" DEVICE " vector=0 irq=", "cookie=0x100 ret=0",
		"ims_msg_write: device=ims_sample irq=", "address=00000000fee",
		"ims_auxdata_write: device=ims_sample irq=",
		"cookie=0x100 old_ctrl=0x1 new_ctrl=0x100008",
		"vfio_ims_irq_request: device=" DEVICE " vector=0 irq=", "ret=0",
		"vfio_ims_bypass_register: device=" DEVICE " vector=0 irq=", "ret=0",
		"vfio_ims_vector_bind: device=" DEVICE " vector=0 irq=", "ret=0",
		"vfio_ims_vector_bind: device=" DEVICE " vector=4 irq=0 slot=-1", "ret=0",
		"vfio_ims_signal: vector=0 irq=", "cause=irq",
		"vfio_ims_signal: vector=4 irq=0 slot=-1", "cause=emulated",
	};
	static const char *const unbound[] = {
		"vfio_ims_bypass_unregister: device=" DEVICE " vector=0 irq=",
		"ims_auxdata_write: device=ims_sample irq=",
		"cookie=0xffffffffffffffff old_ctrl=0x100008 new_ctrl=0x1",
		"vfio_ims_irq_free: device=" DEVICE " vector=0 irq=",
		"ims_slot_free: device=ims_sample irq=",
		"vfio_ims_slot_free: device=" DEVICE " vector=0 irq=",
		"vfio_ims_vector_unbind: device=" DEVICE " vector=0 irq=",
		"vfio_ims_index_disable: device=" DEVICE " vectors=5\n",
	};
	struct program guest;
	char *text;

	(void)state;
	trace_events(1);
	guest = guest_start("--count 1 --emulated-count 1 --no-stamps " DEVICE);
	json_decref(guest_ring(&guest));
	text = read_trace();
	expect_order(text, bound, COUNT(bound));
	expect_eventfds(text, guest.pid);
	free(text);
	lab_shell("echo > /sys/kernel/tracing/trace");
	assert_int_equal(program_end(&guest), 0);
	trace_events(0);
	text = read_trace();
	expect_order(text, unbound, COUNT(unbound));
	free(text);
	lab_shell("echo > /sys/kernel/tracing/trace");
}

/* What a tool that reads the buffer itself, such as perf, is told: no text that only tracefs has. */
static void formats(void **state)
{
	char *text;
	int status;

	(void)state;
	text = lab_output(&status, "cat /sys/kernel/tracing/events/ims/*/format "
			  "/sys/kernel/tracing/events/vfio_ims/*/format");
	assert_int_equal(status, 0);
	/* An enum that is not translated, a pointer, or a helper that libtraceevent has not. */
	assert_null(strstr(text, "VFIO_IMS_CAUSE"));
	assert_null(strstr(text, "%p"));
	assert_null(strstr(text, "__get_str"));
	assert_non_null(strstr(text, "field:int eventfd_id;"));
	assert_non_null(strstr(text, "{ 0, \"irq\" }, { 1, \"emulated\" }, { 2, \"loopback\" }"));
	free(text);
	text = lab_output(&status, "ls -d /sys/kernel/tracing/events/*ims/*ims_* | sed 's|.*/||' | "
			  "tr '\\n' ' '");
	assert_string_equal(text, "ims_auxdata_write ims_msg_write ims_slot_alloc ims_slot_free "
			    "vfio_ims_bypass_register vfio_ims_bypass_unregister "
			    "vfio_ims_index_disable vfio_ims_index_enable vfio_ims_irq_free "
			    "vfio_ims_irq_request vfio_ims_signal vfio_ims_slot_alloc "
			    "vfio_ims_slot_free vfio_ims_vector_bind vfio_ims_vector_unbind ");
	free(text);
}

static int load_all(void **state)
{
	(void)state;
	lab_shell("tests/vm/lab kvm modules device " DEVICE);
	if (getenv("DMA_PARENT"))
		lab_shell("tests/vm/lab device " DMA_DEVICE " $DMA_PARENT");
	return 0;
}

int run_library(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(pasid_in_slot_memory, lab_teardown),
		cmocka_unit_test_teardown(pasid_in_device_memory, lab_teardown),
		cmocka_unit_test_teardown(events_without_imstrace, lab_teardown),
		cmocka_unit_test_teardown(formats, lab_teardown),
	};

	return cmocka_run_group_tests_name("library", tests, load_all, NULL);
}
