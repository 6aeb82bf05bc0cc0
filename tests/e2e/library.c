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

/* Without imstrace: what tracefs, and so perf and trace-cmd, make of the events. */
static void events_without_imstrace(void **state)
{
	static const char *const events[] = {
		"ims_index_enable: device=" DEVICE " vectors=5 ret=0",
		"ims_slot_alloc: device=" DEVICE " vector=0 irq=", "pasid=256 ret=0",
		"ims_msg_write: device=" DEVICE " vector=0 irq=", "address=00000000fee",
		"ims_auxdata_write: device=" DEVICE " vector=0 irq=",
		"old_ctrl=0x1 new_ctrl=0x100008",
		"ims_irq_request: device=" DEVICE " vector=0 irq=", "ret=0",
		"ims_bypass_register: device=" DEVICE " vector=0 irq=", "ret=0",
		"ims_vector_bind: device=" DEVICE " vector=0 irq=", "ret=0",
		"ims_vector_bind: device=" DEVICE " vector=4 irq=0 slot=-1", "ret=0",
		"ims_signal: device=" DEVICE " vector=0 irq=", "cause=irq",
		"ims_signal: device=" DEVICE " vector=4 irq=0 slot=-1", "cause=emulated",
		"ims_bypass_unregister: device=" DEVICE " vector=0 irq=",
		"ims_auxdata_write: device=" DEVICE " vector=0 irq=",
		"old_ctrl=0x100008 new_ctrl=0x1",
		"ims_irq_free: device=" DEVICE " vector=0 irq=",
		"ims_slot_free: device=" DEVICE " vector=0 irq=",
		"ims_vector_unbind: device=" DEVICE " vector=0 irq=",
		"ims_index_disable: device=" DEVICE,
	};
	char *text;
	int status;

	(void)state;
	lab_shell("echo 1 > /sys/kernel/tracing/events/ims/enable");
	json_decref(guest_run("--count 1 --emulated-count 1 --no-stamps " DEVICE));
	lab_shell("echo 0 > /sys/kernel/tracing/events/ims/enable");
	text = lab_output(&status, "cat /sys/kernel/tracing/trace");
	expect_order(text, events, sizeof(events) / sizeof(events[0]));
	free(text);
	lab_shell("echo > /sys/kernel/tracing/trace");
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
	};

	return cmocka_run_group_tests_name("library", tests, load_all, NULL);
}
