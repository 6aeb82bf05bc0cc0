// SPDX-License-Identifier: GPL-2.0-only
#include "fake.h"

#include "../../user/source/signallers.h"

static void expect(const struct imstrace_signallers *known, unsigned int count, const char *text)
{
	char list[IMSTRACE_SIGNALLERS_LEN];

	assert_int_equal(signallers_count(known), count);
	signallers_write(known, list);
	assert_string_equal(list, text);
}

static void threads_are_listed(void **state)
{
	struct imstrace_signallers known = { 0 };

	(void)state;
	expect(&known, 0, "");
	known.threads[0] = 221;
	/* Its name has not been written yet. */
	expect(&known, 0, "");
	strcpy(known.names[0], "vhost-214");
	expect(&known, 1, "vhost-214/220");
	known.threads[1] = 1;
	expect(&known, 2, "vhost-214/220, interrupts");
	known.threads[2] = 215;
	strcpy(known.names[2], "IO disks");
	known.others = 1;
	expect(&known, 4, "vhost-214/220, interrupts, IO disks/214, others");
}

/* Anybody names a thread, also with a comma or with nothing; and a name need not end with NUL. */
static void any_name_is_one_entry(void **state)
{
	struct imstrace_signallers known = { .threads = { 11, 12, 13 } };

	(void)state;
	strcpy(known.names[0], "a, others");
	memset(known.names[2], 'x', sizeof(known.names[2]));
	expect(&known, 2, "a? others/10, xxxxxxxxxxxxxxxx/12");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_are_listed),
		cmocka_unit_test(any_name_is_one_entry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
