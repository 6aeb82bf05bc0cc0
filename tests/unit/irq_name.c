// SPDX-License-Identifier: GPL-2.0-only
#include "fake.h"

#include <imstrace/irq_name.h>

#include <string.h>

/* @text as the kernel gives it: NUL, and after that whatever was there before. */
static enum imstrace_kind parse(const char *text, struct vector_key *key)
{
	char name[IRQ_NAME_LEN];

	memset(name, 'x', sizeof(name));
	memset(key, 'y', sizeof(*key));
	strncpy(name, text, sizeof(name) - 1);
	name[strlen(text) < sizeof(name) ? strlen(text) : sizeof(name) - 1] = '\0';
	return irq_name_parse(name, key);
}

static void expect(const char *text, enum imstrace_kind kind, __u32 vector, const char *device)
{
	struct vector_key key, expected = { .vector = vector };

	assert_int_equal(parse(text, &key), kind);
	strncpy(expected.device, device, sizeof(expected.device) - 1);
	/* The key of a hash: every byte of it counts. */
	assert_memory_equal(&key, &expected, sizeof(key));
}

static void names_of_the_drivers(void **state)
{
	(void)state;
	expect("vfio-ims[0](83b8f4f2-509f-382f-3c1e-e6bfe0fa1001)", KIND_IMS, 0,
	       "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001");
	expect("vfio-msix[12](0000:01:00.0)", KIND_PCI, 12, "0000:01:00.0");
	expect("vfio-msi[7](0000:01:00.0)", KIND_PCI, 7, "0000:01:00.0");
	expect("vfio-intx(0000:01:00.0)", KIND_INTX, 0, "0000:01:00.0:intx");
	expect("vfio-msix[12345](a)", KIND_PCI, 12345, "a");
	expect("vfio-msix[1](a)b))", KIND_PCI, 1, "a)b)");
}

static void other_names(void **state)
{
	static const char *const names[] = {
		"", "eth0", "vfio-intx[0](0000:01:00.0)", "vfio-intx()", "vfio-imsx[1](a)", "vfio-ims", "vfio-ims[", "vfio-ims[](a)",
		"vfio-ims[1]", "vfio-ims[1](", "vfio-ims[1]()", "vfio-ims[1](a", "vfio-ims[x](a)",
		"vfio-ims[123456](a)", "vfio-msixx[1](a)", "Vfio-ims[1](a)",
	};
	struct vector_key key;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (parse(names[i], &key) != KIND_UNKNOWN)
			fail_msg("%s is a vector", names[i]);
}

/* The key has room for 63 characters. */
static void long_device_names(void **state)
{
	char text[2 * IRQ_NAME_LEN], device[IRQ_NAME_LEN];

	(void)state;
	for (int length = 60; length < IRQ_NAME_LEN - 1; length++) {
		memset(device, 'd', length);
		device[length] = '\0';
		snprintf(text, sizeof(text), "vfio-msix[2047](%s)", device);
		device[length < IMSTRACE_NAME_LEN ? length : IMSTRACE_NAME_LEN - 1] = '\0';
		expect(text, KIND_PCI, 2047, device);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_the_drivers),
		cmocka_unit_test(other_names),
		cmocka_unit_test(long_device_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
