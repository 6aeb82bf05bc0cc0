// SPDX-License-Identifier: GPL-2.0-only
#include "view.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cm.h"

#define MAX_SLOTS	512

#define CTRL_MASK		(1U << 0)
#define CTRL_PASID_ENABLE	(1U << 3)

struct slot {
	uint32_t address_lo, address_hi, data, ctrl;
};

/* "  25:   12    3   IMS    0-edge      vfio-ims[0](UUID)", a column per CPU. */
static bool parse_action(const char *line, const char *uuid, unsigned int *vector,
			 struct vector_view *view)
{
	char found[64], *end;
	const char *name = strstr(line, "vfio-ims["), *chip = strstr(line, " IMS");

	/* As the MSI core names the chips of a remapping unit. */
	if (!chip)
		chip = strstr(line, " IR-IMS");

	memset(view, 0, sizeof(*view));
	if (!name || !chip || sscanf(name, "vfio-ims[%u](%63[^)])", vector, found) != 2)
		return false;
	view->irq = strtoul(line, &end, 10);
	for (const char *at = end + 1; at < chip; at = end) {
		view->count += strtoull(at, &end, 10);
		if (end == at)
			break;
	}
	/* After the chip's name, whichever of the library's it is. */
	if (sscanf(chip + 1 + strcspn(chip + 1, " "), "%u", &view->slot) != 1)
		fail_msg("no slot in /proc/interrupts: %s", line);
	return !strcmp(found, uuid);
}

static void read_actions(const struct device *device, struct view *view)
{
	FILE *file = fopen("/proc/interrupts", "r");
	char line[4096];

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		struct vector_view found;
		unsigned int vector;
		bool ours = parse_action(line, device->uuid, &vector, &found);

		view->actions += found.irq != 0;
		if (!ours)
			continue;
		if (vector >= device->num_ims || view->vectors[vector].irq)
			fail_msg("vector %u has no business in /proc/interrupts", vector);
		view->vectors[vector] = found;
		view->bound++;
	}
	fclose(file);
}

/* All irqs, whether somebody has requested them or not. */
static void read_irqs(struct view *view)
{
	DIR *directory = opendir("/sys/kernel/irq");
	struct dirent *entry;

	assert_non_null(directory);
	while ((entry = readdir(directory))) {
		char path[300], chip[64] = "";
		FILE *file;

		if (entry->d_name[0] == '.')
			continue;
		view->all_irqs++;
		snprintf(path, sizeof(path), "/sys/kernel/irq/%s/chip_name", entry->d_name);
		file = fopen(path, "r");
		if (!file)
			continue;
		if (fgets(chip, sizeof(chip), file))
			view->irqs += !strncmp(chip, "IMS", 3) || !strncmp(chip, "IR-IMS", 6);
		fclose(file);
	}
	closedir(directory);
}

static unsigned int read_slots(struct slot *slots)
{
	unsigned int count = 0, number;
	char line[128];
	FILE *file;

	snprintf(line, sizeof(line), "/sys/kernel/debug/ims_sample/%s/slots", device_parent());
	file = fopen(line, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		struct slot *slot = &slots[count];

		assert_true(count < MAX_SLOTS);
		assert_int_equal(sscanf(line, "%x %x %x %x %x", &number, &slot->address_lo,
					&slot->address_hi, &slot->data, &slot->ctrl), 5);
		assert_int_equal(number, count);
		count++;
	}
	fclose(file);
	return count;
}

static bool slot_empty(const struct slot *slot)
{
	return slot->ctrl == CTRL_MASK && !slot->address_lo && !slot->address_hi && !slot->data;
}

static unsigned int check_slot(const struct slot *slot, unsigned int number)
{
	unsigned int flags = slot->ctrl & 0xfff, pasid = slot->ctrl >> 12;

	if ((flags != CTRL_PASID_ENABLE && slot->ctrl) ||
	    (slot->address_lo & 0xfff00000) != 0xfee00000)
		fail_msg("slot %u of a bound vector has address %#x, data %#x, ctrl %#x", number,
			 slot->address_lo, slot->data, slot->ctrl);
	return flags ? pasid : NO_PASID;
}

struct view view_look(const struct device *device)
{
	struct slot slots[MAX_SLOTS];
	struct view view = { 0 };
	unsigned int count = read_slots(slots);

	for (unsigned int i = 0; i < count; i++)
		view.slots += !slot_empty(&slots[i]);
	read_actions(device, &view);
	read_irqs(&view);

	for (unsigned int i = 0; i < device->num_ims; i++) {
		struct vector_view *vector = &view.vectors[i];

		if (!vector->irq)
			continue;
		assert_true(vector->slot < count);
		vector->pasid = check_slot(&slots[vector->slot], vector->slot);
		vector->address = slots[vector->slot].address_lo;
		vector->data = slots[vector->slot].data;
		for (unsigned int j = 0; j < i; j++)
			assert_false(view.vectors[j].irq &&
				     view.vectors[j].slot == vector->slot);
	}
	if (view.slots != view.actions)
		fail_msg("%u handlers, but %u slots in use", view.actions, view.slots);
	return view;
}

struct view view_read(const struct device *device)
{
	struct view view = view_look(device);

	if (view.irqs != view.actions)
		fail_msg("%u handlers, but %u irqs allocated", view.actions, view.irqs);
	return view;
}

unsigned int view_count_actions(const struct device *device)
{
	FILE *file = fopen("/proc/interrupts", "r");
	unsigned int count = 0;
	char line[4096];

	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		count += strstr(line, device->uuid) != NULL;
	fclose(file);
	return count;
}

bool view_slot_masked(unsigned int slot)
{
	struct slot slots[MAX_SLOTS];

	assert_true(slot < read_slots(slots));
	return slots[slot].ctrl & CTRL_MASK;
}

/* Of the address: the destination, and whether it is a mask of CPUs (flat logical mode). */
#define MESSAGE_DESTINATION(address)	((address) >> 12 & 0xff)
#define MESSAGE_LOGICAL			(1U << 2)
#define MESSAGE_REMAPPABLE		(1U << 4)

unsigned int view_slot_cpu(unsigned int slot)
{
	struct slot slots[MAX_SLOTS];
	unsigned int destination;

	assert_true(slot < read_slots(slots));
	if (slots[slot].address_lo & MESSAGE_REMAPPABLE)
		return ANY_CPU;
	destination = MESSAGE_DESTINATION(slots[slot].address_lo);
	/* QEMU's APIC ids are the CPUs' numbers. */
	return slots[slot].address_lo & MESSAGE_LOGICAL ? (unsigned int)ffs(destination) - 1 :
		destination;
}

void view_assert_same(const struct view *before, const struct view *after)
{
	for (unsigned int i = 0; i < MAX_VECTORS; i++) {
		const struct vector_view *a = &before->vectors[i], *b = &after->vectors[i];

		if (a->irq != b->irq || a->slot != b->slot || a->pasid != b->pasid ||
		    a->count > b->count)
			fail_msg("vector %u had irq %u, slot %u, %llu interrupts; now it has irq "
				 "%u, slot %u, %llu", i, a->irq, a->slot, a->count, b->irq,
				 b->slot, b->count);
	}
	assert_int_equal(before->actions, after->actions);
	assert_int_equal(before->all_irqs, after->all_irqs);
}

void view_assert_same_messages(const struct view *before, const struct view *after)
{
	for (unsigned int i = 0; i < MAX_VECTORS; i++) {
		assert_int_equal(before->vectors[i].address, after->vectors[i].address);
		assert_int_equal(before->vectors[i].data, after->vectors[i].data);
	}
}

void view_assert_empty(const struct view *view)
{
	assert_int_equal(view->actions, 0);
	assert_int_equal(view->irqs, 0);
	assert_int_equal(view->slots, 0);
}
