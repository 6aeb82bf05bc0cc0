// SPDX-License-Identifier: GPL-2.0-only
/*
 * imstrace check on the machine that builds it, whatever that is, against facts that are
 * found out here by other means. Runs as root at the top of the checkout; what takes a
 * privilege that isn't there is skipped.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <linux/aio_abi.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#define IMSTRACE	"build/imstrace"
#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

/* What a command writes to stdout, to be freed; its exit code. */
static char *output_of(const char *command, int *code)
{
	char *text = calloc(1, 1 << 16);
	FILE *pipe = popen(command, "r");

	assert_non_null(pipe);
	text[fread(text, 1, (1 << 16) - 1, pipe)] = '\0';
	*code = WEXITSTATUS(pclose(pipe));
	return text;
}

/* The "check" in the lines that imstrace check --json writes, to be freed. */
static json_t *find_check(const char *text)
{
	json_t *check = NULL;

	while (*text) {
		json_t *line = json_loads(text, JSON_DISABLE_EOF_CHECK, NULL);
		const char *type = json_string_value(json_object_get(line, "type"));

		assert_non_null(type);
		if (!strcmp(type, "check"))
			check = json_incref(line);
		json_decref(line);
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	assert_non_null(check);
	return check;
}

/* The facts, and what imstrace says. */
static struct {
	bool privileged;
	bool btf;
	int code;
	json_t *check;
} it;

static bool file_has(const char *path, const char *line_end)
{
	FILE *file = fopen(path, "r");
	size_t length = strlen(line_end);
	bool found = false;
	char line[512];

	while (file && !found && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\t\n")] = '\0';
		found = strlen(line) >= length && !strcmp(line + strlen(line) - length, line_end);
	}
	if (file)
		fclose(file);
	return found;
}

/* Of the kernel, or of a module: its functions are "0000000000000000 T NAME". */
static bool has_function(const char *name)
{
	char line_end[96];

	snprintf(line_end, sizeof(line_end), " %s", name);
	return file_has("/proc/kallsyms", line_end);
}

static bool has_tracepoint(const char *name)
{
	char function[96];

	snprintf(function, sizeof(function), "__traceiter_%s", name);
	return has_function(function);
}

/* Bit @number of CapEff, which a program of root inherits. */
static bool has_capability(int number)
{
	FILE *file = fopen("/proc/self/status", "r");
	unsigned long long mask = 0;
	char line[128];

	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "CapEff: %llx", &mask) == 1)
			break;
	fclose(file);
	return mask >> number & 1;
}

static json_t *feature(const char *name)
{
	json_t *entry;
	size_t i;

	json_array_foreach(json_object_get(it.check, "features"), i, entry)
		if (!strcmp(json_string_value(json_object_get(entry, "name")), name))
			return entry;
	fail_msg("there is no feature %s", name);
	return NULL;
}

static const char *attached(const char *name)
{
	return json_string_value(json_object_get(feature(name), "attached"));
}

static void expect_attached(const char *name, const char *expected)
{
	const char *by = attached(name);

	if (!by != !expected || (by && strcmp(by, expected)))
		fail_msg("%s: attached by %s, not %s", name, by ?: "nothing", expected ?: "nothing");
}

static void skip_without_privilege(void)
{
	if (it.privileged && it.btf)
		return;
	print_message("without %s: skipped\n", it.btf ? "CAP_SYS_ADMIN" : "BTF");
	skip();
}

static int setup(void **state)
{
	char *text;

	(void)state;
	it.privileged = has_capability(21);
	it.btf = !access("/sys/kernel/btf/vmlinux", R_OK);
	text = output_of(IMSTRACE " check --json 2>/dev/null", &it.code);
	it.check = find_check(text);
	free(text);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	json_decref(it.check);
	return 0;
}

static bool says(const char *group, const char *name)
{
	json_t *value = json_object_get(json_object_get(it.check, group), name);

	assert_true(json_is_boolean(value));
	return json_is_true(value);
}

static void the_system(void **state)
{
	/* Their numbers are in <linux/capability.h>. */
	static const struct {
		const char *name;
		int number;
	} capabilities[] = {
		{ "cap_sys_admin", 21 }, { "cap_sys_resource", 24 }, { "cap_perfmon", 38 },
		{ "cap_bpf", 39 },
	};
	static const struct {
		const char *name, *function;
	} modules[] = {
		{ "kvm", "kvm_vcpu_wake_up" }, { "irqbypass", "irq_bypass_register_consumer" },
		{ "vfio_pci_core", "vfio_pci_core_ioctl" }, { "vfio_ims", "vfio_ims_release" },
	};
	struct utsname system;

	(void)state;
	uname(&system);
	assert_string_equal(json_string_value(json_object_get(it.check, "kernel")), system.release);
	assert_int_equal(json_is_true(json_object_get(it.check, "btf")), it.btf);
	for (size_t i = 0; i < COUNT(capabilities); i++)
		if (says("capabilities", capabilities[i].name) !=
		    has_capability(capabilities[i].number))
			fail_msg("%s", capabilities[i].name);
	for (size_t i = 0; i < COUNT(modules); i++)
		if (says("modules", modules[i].name) != has_function(modules[i].function))
			fail_msg("module %s", modules[i].name);
}

static void the_exit_code(void **state)
{
	(void)state;
	/* irq_handler_entry is in every kernel. */
	assert_int_equal(it.code, it.privileged && it.btf ? 0 : 3);
	assert_int_equal(json_array_size(json_object_get(it.check, "features")) > 0, it.code == 0);
}

static void tracepoints(void **state)
{
	static const struct {
		const char *feature, *tracepoint;
		bool of_kvm;
	} expected[] = {
		{ "vectors of vfio-ims", "vfio_ims_index_enable", false },
		{ "irq", "irq_handler_entry", false },
		{ "signal of vfio-ims", "vfio_ims_signal", false },
		{ "posting", "kvm_pi_irte_update", true },
		{ "accept", "kvm_apic_accept_irq", true },
		{ "APICv and AVIC", "kvm_apicv_accept_irq", true },
		{ "enter", "kvm_entry", true }, { "wake-ups of vCPUs", "sched_wakeup", true },
		{ "inject", "kvm_inj_virq", true }, { "eoi", "kvm_eoi", true },
	};

	(void)state;
	skip_without_privilege();
	for (size_t i = 0; i < COUNT(expected); i++) {
		char by[96];

		snprintf(by, sizeof(by), "raw_tp %s", expected[i].tracepoint);
		expect_attached(expected[i].feature, has_tracepoint(expected[i].tracepoint) &&
				(!expected[i].of_kvm || says("modules", "kvm")) ? by : NULL);
	}
}

/* The kernel's AIO signals an eventfd when it is done. */
static void have_eventfd_signalled(void)
{
	int event = eventfd(0, EFD_CLOEXEC), file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	aio_context_t context = 0;
	uint64_t count;
	char byte;
	struct iocb read_byte = {
		.aio_lio_opcode = IOCB_CMD_PREAD, .aio_fildes = file, .aio_nbytes = 1,
		.aio_buf = (uintptr_t)&byte, .aio_flags = IOCB_FLAG_RESFD, .aio_resfd = event,
	}, *requests[] = { &read_byte };

	assert_int_equal(syscall(SYS_io_setup, 1, &context), 0);
	assert_int_equal(syscall(SYS_io_submit, context, 1L, requests), 1);
	assert_int_equal(read(event, &count, sizeof(count)), sizeof(count));
	syscall(SYS_io_destroy, context);
	close(file);
	close(event);
}

static unsigned long long runs_of(int program)
{
	struct bpf_prog_info info = { 0 };
	__u32 length = sizeof(info);

	assert_int_equal(bpf_obj_get_info_by_fd(program, &info, &length), 0);
	return info.run_cnt;
}

static const struct bpf_insn return_0[] = {
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
	{ .code = BPF_JMP | BPF_EXIT },
};

/* A program of ours at the entry of @function: is it run when an eventfd is signalled? */
static bool fentry_works(const char *function)
{
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_TRACE_FENTRY);
	struct btf *btf = btf__load_vmlinux_btf();
	int id = btf__find_by_name_kind(btf, function, BTF_KIND_FUNC), program, link;
	bool works = false;

	btf__free(btf);
	if (id <= 0)
		return false;
	options.attach_btf_id = id;
	program = bpf_prog_load(BPF_PROG_TYPE_TRACING, "test", "GPL", return_0, 2, &options);
	if (program < 0)
		return false;
	link = bpf_raw_tracepoint_open(NULL, program);
	if (link >= 0) {
		have_eventfd_signalled();
		works = runs_of(program);
		close(link);
	}
	close(program);
	return works;
}

static int kprobe_type(void)
{
	FILE *file = fopen("/sys/bus/event_source/devices/kprobe/type", "r");
	int type = -1;

	if (file) {
		assert_int_equal(fscanf(file, "%d", &type), 1);
		fclose(file);
	}
	return type;
}

static bool kprobe_works(const char *function)
{
	struct perf_event_attr event = {
		.size = sizeof(event), .type = kprobe_type(), .config1 = (uintptr_t)function,
	};
	bool works = false;
	int program, fd;

	if (kprobe_type() < 0)
		return false;
	program = bpf_prog_load(BPF_PROG_TYPE_KPROBE, "test", "GPL", return_0, 2, NULL);
	fd = syscall(SYS_perf_event_open, &event, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (program >= 0 && fd >= 0 && !ioctl(fd, PERF_EVENT_IOC_SET_BPF, program) &&
	    !ioctl(fd, PERF_EVENT_IOC_ENABLE, 0)) {
		have_eventfd_signalled();
		works = runs_of(program);
	}
	if (fd >= 0)
		close(fd);
	if (program >= 0)
		close(program);
	return works;
}

/* Of all that is done by functions: what works here, imstrace works with. */
static void functions(void **state)
{
	static const char *const signals[] = { "eventfd_signal", "eventfd_signal_mask" };
	const char *way = NULL, *bypass = "irq_bypass_unregister_producer";
	char signal[64], other[64];
	int counting;

	(void)state;
	skip_without_privilege();
	counting = bpf_enable_stats(BPF_STATS_RUN_TIME);
	assert_true(counting >= 0);
	for (size_t i = 0; i < 2 * COUNT(signals) && !way; i++) {
		const char *function = signals[i % COUNT(signals)];

		if (i < COUNT(signals) ? fentry_works(function) : kprobe_works(function))
			way = i < COUNT(signals) ? "fentry" : "kprobe";
		snprintf(signal, sizeof(signal), "%s %s", way ?: "", function);
	}
	close(counting);
	print_message("functions can be seen by %s\n", way ?: "nothing");

	expect_attached("signal of vfio-pci", way ? signal : NULL);
	if (way)
		assert_string_equal(json_string_value(json_object_get(feature("signal of vfio-pci"),
								      "verified")), "seen to fire");
	snprintf(other, sizeof(other), "%s request_threaded_irq", way ?: "");
	expect_attached("vectors of vfio-pci", way ? other : "names in /sys/kernel/irq");
	snprintf(other, sizeof(other), "%s %s", way ?: "", bypass);
	expect_attached("bypass of vfio-pci", way && has_function(bypass) ? other : NULL);
}

/* What is not there has a reason and a consequence; what is there is not said to be missing. */
static void reasons(void **state)
{
	json_t *entry;
	size_t i;

	(void)state;
	skip_without_privilege();
	json_array_foreach(json_object_get(it.check, "features"), i, entry) {
		const char *refused = json_string_value(json_object_get(entry, "refused"));
		bool seen = json_is_string(json_object_get(entry, "attached"));

		/* What is not needed is neither seen nor lost. */
		if (strncmp(json_string_value(json_object_get(entry, "refused")) ?: "", "not needed", 10))
			assert_int_equal(json_is_null(json_object_get(entry, "lost")), seen);
		assert_true(seen || refused);
		if (refused && strstr(refused, "neither loaded nor built in"))
			assert_false(strstr(refused, "irq_bypass") ?
				     has_function("irq_bypass_register_producer") :
				     has_function("kvm_lapic_reset"));
	}
}

static void stages_follow_hops(void **state)
{
	static const struct {
		const char *stage, *from, *to;
	} stages[] = {
		{ "handler", "irq", "signal" }, { "irqfd", "signal", "accept" },
		{ "deliver", "accept", "inject" }, { "service", "inject", "eoi" },
		{ "run", "accept", "enter" }, { "window", "enter", "inject" },
		{ "delivery", "irq", "inject" }, { "total", "irq", "eoi" },
	};

	(void)state;
	skip_without_privilege();
	for (size_t i = 0; i < COUNT(stages); i++) {
		bool seen = true;

		for (size_t j = 0; j < 2; j++) {
			const char *hop = j ? stages[i].to : stages[i].from;

			seen &= strcmp(hop, "signal") ? !!attached(hop) :
				attached("signal of vfio-ims") || attached("signal of vfio-pci");
		}
		if (says("stages", stages[i].stage) != seen)
			fail_msg("stage %s", stages[i].stage);
	}
}

/* The table for people has all of it, and no line that takes two. */
static void the_text(void **state)
{
	int code;
	char *text = output_of(IMSTRACE " check 2>/dev/null", &code), *line, *rest;
	json_t *entry;
	size_t i;

	(void)state;
	assert_int_equal(code, it.code);
	json_array_foreach(json_object_get(it.check, "features"), i, entry) {
		const char *by = json_string_value(json_object_get(entry, "attached"));
		bool loses = !json_is_null(json_object_get(entry, "lost"));
		char start[128];

		snprintf(start, sizeof(start), "\n  %-20s %s",
			 json_string_value(json_object_get(entry, "name")),
			 by ?: loses ? "-; lost: " : "-");
		if (!strstr(text, start))
			fail_msg("no line%s", start);
	}
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (strlen(line) > 80)
			fail_msg("too long: %s", line);
	free(text);
}

/* Nothing can be measured, and all outputs say so. */
static void no_capability(void **state)
{
#define POWERLESS "setpriv --reuid 65534 --clear-groups --inh-caps=-all --bounding-set=-all " IMSTRACE
	int code;
	char *text;
	json_t *check, *value;
	const char *name;

	(void)state;
	if (geteuid()) {
		print_message("not root: skipped\n");
		skip();
	}
	text = output_of(POWERLESS " check 2>&1", &code);
	assert_int_equal(code, 3);
	assert_non_null(strstr(text, "no privilege"));
	assert_non_null(strstr(text, "Nothing can be measured."));
	free(text);

	text = output_of(POWERLESS " check --json 2>/dev/null", &code);
	assert_int_equal(code, 3);
	assert_non_null(strstr(text, "\"type\":\"error\",\"exit_code\":3"));
	check = find_check(text);
	assert_int_equal(json_array_size(json_object_get(check, "features")), 0);
	json_object_foreach(json_object_get(check, "stages"), name, value)
		assert_true(json_is_false(value));
	json_object_foreach(json_object_get(check, "capabilities"), name, value)
		assert_true(json_is_false(value));
	json_decref(check);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_system),
		cmocka_unit_test(the_exit_code),
		cmocka_unit_test(tracepoints),
		cmocka_unit_test(functions),
		cmocka_unit_test(reasons),
		cmocka_unit_test(stages_follow_hops),
		cmocka_unit_test(the_text),
		cmocka_unit_test(no_capability),
	};

	return cmocka_run_group_tests_name("native-check", tests, setup, teardown);
}
