// SPDX-License-Identifier: GPL-2.0-only
/*
 * imstrace run, gate and history of real runs, against what each run's guest was to take.
 */
#include "groups.h"
#include "check.h"

#include <string.h>

#define GUEST	"build/tests/guest/ims-guest --timeout 60 --no-stamps --vectors 0 --yield --count "
#define FIRST	OUTPUT "/first-summary"
#define SECOND	OUTPUT "/second-summary"

/* Each of the @runs has @count interrupts at every hop, and the stages as many times. */
static void expect_runs(const char *path, size_t runs, long long count)
{
	json_t *summary = json_load_file(path, 0, NULL), *run;
	size_t i;

	assert_non_null(summary);
	assert_int_equal(json_array_size(json_object_get(summary, "runs")), runs);
	json_array_foreach(json_object_get(summary, "runs"), i, run) {
		json_t *vector = json_array_get(json_object_get(run, "vectors"), 0);
		/* Those that found their vector still pending are one for the guest. */
		long long taken = count - number(vector, "coalesced");

		assert_int_equal(json_array_size(json_object_get(run, "vectors")), 1);
		assert_string_equal(text(vector, "device"), DEVICE);
		assert_int_equal(number(vector, "hops.irq"), count);
		assert_int_equal(number(vector, "hops.accept"), count);
		assert_int_equal(number(vector, "hops.eoi"), taken);
		assert_int_equal(number(vector, "stages.handler.count"), count);
		assert_int_equal(number(vector, "stages.total.count"), taken);
	}
	json_decref(summary);
}

static int status_of(const char *command)
{
	int status;
	char *output = lab_output(&status, "%s 2>&1", command);

	free(output);
	return status;
}

/* Two commands take turns, and what is kept of either is its own. */
static void runs_of_two_commands(void **state)
{
	(void)state;
	lab_shell("rm -f " FIRST " " SECOND);
	lab_shell(IMSTRACE " run -n 3 --warmup 0 --revision first --revision second -o " FIRST
		  " -o " SECOND " -- " GUEST "200 " DEVICE " --against " GUEST "300 " DEVICE
		  " >/dev/null 2>&1");
	expect_runs(FIRST, 3, 200);
	expect_runs(SECOND, 3, 300);

	/* Three pairs are too few for a verdict; and of the same runs there is none. */
	assert_int_equal(status_of(IMSTRACE " gate " FIRST " --against " SECOND), 5);
	assert_int_equal(status_of(IMSTRACE " gate " FIRST " --against " FIRST), 2);
	assert_int_equal(status_of(IMSTRACE " history --json " FIRST " " SECOND), 0);
}

/* A command that fails leaves what was there before, and no file where there was none. */
static void failing_command(void **state)
{
	(void)state;
	lab_shell("rm -f " FIRST);
	assert_int_equal(status_of(IMSTRACE " run -n 2 -o " FIRST " -- false"), 1);
	assert_int_equal(status_of("test -e " FIRST), 1);
	assert_int_equal(status_of(IMSTRACE " gate " FIRST " --against " FIRST), 2);
	lab_shell("echo kept > " FIRST);
	assert_int_equal(status_of(IMSTRACE " run -n 2 -o " FIRST " -- /nowhere/workload"), 1);
	assert_int_equal(status_of("grep -qx kept " FIRST), 0);
}

int run_runs(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(runs_of_two_commands, lab_teardown),
		cmocka_unit_test_teardown(failing_command, lab_teardown),
	};

	return cmocka_run_group_tests_name("runs", tests, NULL, NULL);
}
