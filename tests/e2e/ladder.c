// SPDX-License-Identifier: GPL-2.0-only
/*
 * imstrace check, and the ladder of ways it tries, in a machine where each of them can be
 * taken away. KVM is loaded, the IMS library is not. What is then counted by which way,
 * tests/nested/nvme looks at.
 */
#include "groups.h"
#include "json.h"

#include <errno.h>
#include <fcntl.h>
#include <imstrace/hops.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define WHOLE_BTF	"/tmp/whole.btf"
/* As a kernel that has no BTF: functions can't be attached to by fentry. */
#define CHECK_WITHOUT_BTF	"tests/vm/without-btf " IMSTRACE " check --json --btf " WHOLE_BTF

/* The one that vfio-pci's handler calls, and is not inlined into it. */
static const char *signal_function(void)
{
	struct utsname system;

	uname(&system);
	return strncmp(system.release, "6.1.", 4) ? "eventfd_signal_mask" : "eventfd_signal";
}

static json_t *feature(json_t *check, const char *name)
{
	json_t *entry;
	size_t i;

	json_array_foreach(json_object_get(check, "features"), i, entry)
		if (!strcmp(json_string_value(json_object_get(entry, "name")), name))
			return entry;
	fail_msg("there is no feature %s", name);
	return NULL;
}

/* Any of the three may be NULL: nothing. @refused: what the list of what was tried has in it. */
static void expect(json_t *check, const char *name, const char *attached, const char *verified,
		   const char *refused)
{
	json_t *entry = feature(check, name);
	const char *by = json_string_value(json_object_get(entry, "attached"));
	const char *how = json_string_value(json_object_get(entry, "verified"));
	const char *tried = json_string_value(json_object_get(entry, "refused"));

	if (strcmp(by ?: "", attached ?: "") || strcmp(how ?: "", verified ?: "") ||
	    !strstr(tried ?: "", refused ?: ""))
		fail_msg("%s: attached by %s (%s), refused: %s", name, by, how, tried);
	assert_int_equal(json_is_null(json_object_get(entry, "lost")), !!attached);
}

/* That the tracepoints carry on is part of each. */
static void expect_tracepoints(json_t *check)
{
	expect(check, "irq", "raw_tp irq_handler_entry", NULL, NULL);
	expect(check, "accept", "raw_tp kvm_apic_accept_irq", NULL, NULL);
	expect(check, "wake-ups of vCPUs", "raw_tp sched_wakeup", NULL, NULL);
	expect(check, "enter", "raw_tp kvm_entry", NULL, NULL);
	expect(check, "inject", "raw_tp kvm_inj_virq", NULL, NULL);
	expect(check, "eoi", "raw_tp kvm_eoi", NULL, NULL);
	expect(check, "signal of vfio-ims", NULL, NULL, "no such tracepoint");
}

static void expect_stages(json_t *check, bool with_signal)
{
	json_t *stages = json_object_get(check, "stages"), *measured;
	const char *stage;

	bool unmask = !is_null(feature(check, "unmask of INTx"), "attached");

	assert_int_equal(json_object_size(stages), STAGE_COUNT);
	json_object_foreach(stages, stage, measured) {
		bool of_signal = !strcmp(stage, "handler") || !strcmp(stage, "irqfd") ||
				 !strcmp(stage, "detour");

		assert_int_equal(json_is_true(measured),
				 strcmp(stage, "masked") ? with_signal || !of_signal : unmask);
	}
}

static void expect_signal(json_t *check, const char *way)
{
	char by[64];

	snprintf(by, sizeof(by), "%s %s", way, signal_function());
	expect(check, "signal of vfio-pci", by, "seen to fire", NULL);
	expect_stages(check, true);
}

/* Attached, and never fired. */
static void expect_no_signal(json_t *check, const char *way)
{
	char tried[96];

	snprintf(tried, sizeof(tried), "%s %s: attached, but does not fire", way, signal_function());
	expect(check, "signal of vfio-pci", NULL, NULL, tried);
	expect_stages(check, false);
}

/* What kprobes that are no perf events see, and of it what is seen where there are none. */
static void expect_multi(json_t *check, const char *verified, const char *refused)
{
	if (lab_has_fprobes()) {
		expect(check, "bypass of vfio-pci", "kprobe.multi irq_bypass_unregister_producer",
		       verified, refused);
		expect(check, "vCPU resets", "kprobe.multi kvm_apic_set_state", verified, refused);
		expect(check, "vCPU ends", "kprobe.multi kvm_free_lapic", verified, refused);
	} else {
		expect(check, "bypass of vfio-pci", NULL, NULL, refused);
		expect(check, "vCPU resets", NULL, NULL, refused);
		expect(check, "vCPU ends", "raw_tp sched_process_free", NULL, refused);
	}
}

/* How many calls ftrace has patched in, and how many kprobes there are. */
static int probes_in_place(void)
{
	int status;
	char *text = lab_output(&status, "cat /sys/kernel/tracing/enabled_functions "
				"/sys/kernel/debug/kprobes/list | wc -l");
	int count = atoi(text);

	free(text);
	return count;
}

static void ladder_whole(void **state)
{
	int before = probes_in_place();
	json_t *object = json_of("check-fentry", IMSTRACE " check --json");

	(void)state;
	expect_tracepoints(object);
	expect_signal(object, "fentry");
	expect(object, "vectors of vfio-pci", "fentry request_threaded_irq", "patched in by ftrace",
	       NULL);
	expect(object, "bypass of vfio-pci", "fentry irq_bypass_unregister_producer",
	       "patched in by ftrace", NULL);
	expect(object, "vCPU resets", "kprobe kvm_apic_set_state", "armed", NULL);
	expect(object, "vCPU ends", "kprobe kvm_free_lapic", "armed", NULL);
	json_decref(object);
	assert_int_equal(probes_in_place(), before);
}

/* In a container the kernel knows the process by another pid. */
static void ladder_in_a_namespace(void **state)
{
	json_t *object = json_of("check-namespace", "unshare --pid --fork --mount-proc " IMSTRACE
				 " check --json");

	(void)state;
	expect_tracepoints(object);
	expect_signal(object, "fentry");
	json_decref(object);
}

/* The next rung. */
static void ladder_without_fentry(void **state)
{
	json_t *object;

	(void)state;
	lab_shell("build/tests/vm/whole-btf kvm > " WHOLE_BTF);
	object = json_of("check-kprobe", CHECK_WITHOUT_BTF);
	expect_tracepoints(object);
	expect_signal(object, "kprobe");
	expect(object, "signal of vfio-pci", json_string_value(json_object_get(
	       feature(object, "signal of vfio-pci"), "attached")), "seen to fire",
	       "fentry eventfd_signal_mask: this kernel shows no BTF of its own");
	expect(object, "vectors of vfio-pci", "kprobe request_threaded_irq", "armed", "fentry");
	expect(object, "bypass of vfio-pci", "kprobe irq_bypass_unregister_producer", "armed",
	       "fentry");
	expect(object, "vCPU resets", "kprobe kvm_apic_set_state", "armed", NULL);
	expect(object, "vCPU ends", "kprobe kvm_free_lapic", "armed", NULL);
	json_decref(object);
}

static int arm_kprobes(void **state)
{
	(void)state;
	lab_shell("echo 1 > /sys/kernel/debug/kprobes/enabled");
	return lab_teardown(state);
}

/* They attach all the same. */
static void ladder_with_disarmed_kprobes(void **state)
{
	json_t *object;

	(void)state;
	lab_shell("build/tests/vm/whole-btf kvm > " WHOLE_BTF);
	lab_shell("echo 0 > /sys/kernel/debug/kprobes/enabled");
	object = json_of("check-disarmed", CHECK_WITHOUT_BTF);
	expect_tracepoints(object);
	expect_no_signal(object, "kprobe");
	expect(object, "vectors of vfio-pci", "names in /sys/kernel/irq", NULL,
	       "kprobe free_irq: attached, but does not fire");
	expect_multi(object, "patched in by ftrace", "attached, but does not fire");
	json_decref(object);
}

#define SERVICE	AS_SERVICE " " IMSTRACE

static void set_paranoia(int level)
{
	lab_shell("echo %d > /proc/sys/kernel/perf_event_paranoid", level);
}

static int reset_paranoia(void **state)
{
	(void)state;
	set_paranoia(3);
	return lab_teardown(state);
}

/* Anybody with CAP_BPF and CAP_PERFMON: all hops, and all that kprobes see. */
static void ladder_without_root(void **state)
{
	json_t *object;

	(void)state;
	set_paranoia(2);
	object = json_of("check-service", SERVICE " check --json");
	expect_tracepoints(object);
	expect_signal(object, "fentry");
	expect(object, "vectors of vfio-pci", "fentry request_threaded_irq", NULL, NULL);
	expect(object, "bypass of vfio-pci", "kprobe irq_bypass_unregister_producer", NULL,
	       "which takes CAP_SYS_ADMIN");
	expect(object, "vCPU resets", "kprobe kvm_apic_set_state", NULL, NULL);
	expect(object, "vCPU ends", "kprobe kvm_free_lapic", NULL, NULL);
	json_decref(object);
}

/* The same where Debian's kernel is set as it comes. */
static void ladder_without_perf_events(void **state)
{
	json_t *object = json_of("check-paranoid", SERVICE " check --json");

	(void)state;
	expect_tracepoints(object);
	expect_signal(object, "fentry");
	expect(object, "vectors of vfio-pci", "fentry request_threaded_irq", NULL, NULL);
	expect_multi(object, NULL, "kernel.perf_event_paranoid is above 2");
	json_decref(object);
}

/* Nothing of modules is asked for, nor are the modules' types. */
static void ladder_of_the_host_without_root(void **state)
{
	int status;
	char *text = lab_output(&status, SERVICE " live --hops irq,signal -i 0 -d 100ms 2>&1");

	(void)state;
	if (status || !strstr(text, "No matching vector was seen"))
		fail_msg("exit status %d: %s", status, text);
	free(text);
}

static int enable_ftrace(void **state)
{
	(void)state;
	lab_shell("echo 1 > /proc/sys/kernel/ftrace_enabled");
	return lab_teardown(state);
}

/* By 7.3, the kernel refuses to disable ftrace at run time. */
static bool disable_ftrace(void)
{
	int file = open("/proc/sys/kernel/ftrace_enabled", O_WRONLY);
	ssize_t written;
	int error;

	assert_true(file >= 0);
	written = write(file, "0", 1);
	error = errno;
	close(file);
	if (written < 0)
		assert_int_equal(error, EOPNOTSUPP);
	return written > 0;
}

/* Fentry and kprobes attach all the same: ftrace calls neither. */
static void ladder_with_disabled_ftrace(void **state)
{
	json_t *object;
	char *text;
	int status;

	(void)state;
	if (!disable_ftrace())
		skip();
	object = json_of("check-ftrace", IMSTRACE " check --json");
	expect_tracepoints(object);
	expect_no_signal(object, "fentry");
	expect_no_signal(object, "kprobe");
	expect(object, "vectors of vfio-pci", "names in /sys/kernel/irq", NULL,
	       "fentry free_irq: attached, but does not fire");
	json_decref(object);

	/* Who may look at none of the lists sees it all the same. */
	object = json_of("check-ftrace-service", SERVICE " check --json");
	expect_no_signal(object, "fentry");
	expect(object, "vectors of vfio-pci", "names in /sys/kernel/irq", NULL,
	       "fentry free_irq: attached, but does not fire");
	expect(object, "vCPU ends", "raw_tp sched_process_free", NULL, NULL);
	json_decref(object);

	text = lab_output(&status, IMSTRACE " check 2>&1");
	assert_int_equal(status, 0);
	assert_non_null(strstr(text, "\n  handler              n/a, not seen: signal\n"));
	assert_non_null(strstr(text, "\n  deliver              yes\n"));
	free(text);
}

int run_ladder(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(ladder_whole, lab_teardown),
		cmocka_unit_test_teardown(ladder_in_a_namespace, lab_teardown),
		cmocka_unit_test_teardown(ladder_without_fentry, lab_teardown),
		cmocka_unit_test_teardown(ladder_without_root, reset_paranoia),
		cmocka_unit_test_teardown(ladder_without_perf_events, lab_teardown),
		cmocka_unit_test_teardown(ladder_of_the_host_without_root, lab_teardown),
		cmocka_unit_test_teardown(ladder_with_disarmed_kprobes, arm_kprobes),
		cmocka_unit_test_teardown(ladder_with_disabled_ftrace, enable_ftrace),
	};

	lab_shell("tests/vm/lab kvm");
	return cmocka_run_group_tests_name("ladder", tests, NULL, NULL);
}
