// SPDX-License-Identifier: GPL-2.0-only
/*
 * What imstrace says where it can't work: one clear sentence, the remedy, and the
 * exit code. Runs before anything has been loaded.
 */
#include "groups.h"
#include "json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Runs @command, which must exit with @code and write one line with both words. */
static void expect_error(int code, const char *what, const char *remedy, const char *command)
{
	int status;
	char *text = lab_output(&status, "exec 2>&1; %s", command);

	if (status != code || !strstr(text, what) || !strstr(text, remedy) ||
	    strchr(text, '\n') != text + strlen(text) - 1)
		fail_msg("%s: exit code %d: %s", command, status, text);
	free(text);
}

static void no_privilege(void **state)
{
	(void)state;
	expect_error(3, "no privilege", "CAP_BPF and CAP_PERFMON",
		     "setpriv --reuid 65534 --inh-caps=-all --bounding-set=-all " IMSTRACE " live");
}

/* Loads programs, and attaches none. */
static void too_few_capabilities(void **state)
{
	(void)state;
	expect_error(3, "no privilege", "CAP_BPF and CAP_PERFMON",
		     "setpriv --inh-caps=-all --bounding-set=-all,+bpf " IMSTRACE " live");
}

static void no_btf(void **state)
{
	(void)state;
	expect_error(3, "has no BTF", "--btf",
		     "unshare -m sh -c 'mount -t tmpfs none /sys/kernel/btf && " IMSTRACE " live'");
}

static void no_kvm(void **state)
{
	(void)state;
	expect_error(3, "KVM is not loaded", "modprobe kvm", IMSTRACE " live");
}

/* The host's half can be followed. */
static void check_without_kvm(void **state)
{
	char *text;
	int status;

	(void)state;
	text = lab_output(&status, IMSTRACE " check 2>&1");
	assert_int_equal(status, 0);
	assert_non_null(strstr(text, "\n  accept               -; lost: everything in the guest\n"
			       "                         KVM is not loaded\n"));
	assert_null(strstr(text, "not not"));
	assert_non_null(strstr(text, "\n  No process with a VM was found.\n"));
	assert_non_null(strstr(text, "\n  No device is bound to vfio-pci or another VFIO driver"));
	free(text);
}

/* Then there are the plain vfio-pci devices. */
static void no_modules(void **state)
{
	char *text;
	int status;

	(void)state;
	lab_shell("tests/vm/lab kvm");
	text = lab_output(&status, "timeout 60 " IMSTRACE " live -i 0 -d 100ms 2>&1");
	assert_int_equal(status, 0);
	assert_non_null(strstr(text, "No matching vector was seen"));
	free(text);

	text = lab_output(&status, "timeout 60 " IMSTRACE " check 2>&1");
	assert_int_equal(status, 0);
	assert_non_null(strstr(text, "(modprobe vfio-ims\n                       before imstrace)\n"));
	assert_non_null(strstr(text, "not raw_tp vfio_ims_signal: this kernel has no such\n"));
	free(text);
}

static void wrong_usage(void **state)
{
	static const char *const arguments[] = {
		"nonsense", "live --vector 1-", "live --vector 3-1", "live -d -1", "live -d 1y",
		"live -i x", "live --irq 0", "live -p 0", "live -p 4194304", "live --hops irq,nonsense",
		"live --hops inject", "live -c 1 -i 0", "live --nonsense", "live surplus",
		"lint -d 0", "lint -i 1s", "lint surplus",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(arguments) / sizeof(arguments[0]); i++) {
		int status;

		free(lab_output(&status, IMSTRACE " %s 2>&1", arguments[i]));
		if (status != 2)
			fail_msg("imstrace %s: exit code %d", arguments[i], status);
	}
}

/* With --json the reader of stdout is told as well. */
static void error_in_json(void **state)
{
	int status;
	char *text = lab_output(&status, "setpriv --reuid 1 --clear-groups " IMSTRACE " live --json 2>/dev/null");
	json_t *object = json_loads(text, 0, NULL);

	(void)state;
	assert_int_equal(status, 3);
	assert_string_equal(json_string_value(json_object_get(object, "type")), "error");
	assert_int_equal(number(object, "exit_code"), 3);
	json_decref(object);
	free(text);
}

int run_errors(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_usage),
		cmocka_unit_test(no_privilege),
		cmocka_unit_test(too_few_capabilities),
		cmocka_unit_test(no_btf),
		cmocka_unit_test(no_kvm),
		cmocka_unit_test(check_without_kvm),
		cmocka_unit_test(no_modules),
		cmocka_unit_test(error_in_json),
	};

	return cmocka_run_group_tests_name("errors", tests, NULL, NULL);
}
