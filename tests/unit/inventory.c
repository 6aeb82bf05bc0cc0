// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VMs and devices of a host, in a /proc and a /sys of the test's own, and what is said of them.
 */
#define _GNU_SOURCE
#include "fake_check.h"

#include "../../user/measure/forecast.h"
#include "../../user/measure/stages.h"
#include "../../user/source/device_class.h"
#include "../../user/source/files.h"
#include "../../user/source/known.h"

#include <jansson.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[] = "/tmp/imstrace-inventory.XXXXXX";
static struct inventory inventory;

/* The path @format in the tree, with all of its directories made. */
static char *make_path(const char *format, va_list args)
{
	char *path, *tail;

	assert_true(vasprintf(&tail, format, args) >= 0);
	assert_true(asprintf(&path, "%s%s", root, tail) >= 0);
	free(tail);
	for (char *slash = path + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		mkdir(path, 0755);
		*slash = '/';
	}
	return path;
}

__attribute__((format(printf, 2, 3)))
static void put_file(const char *text, const char *format, ...)
{
	va_list args;
	FILE *file;
	char *path;

	va_start(args, format);
	path = make_path(format, args);
	va_end(args);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	free(path);
}

static void put_directory(const char *format, unsigned int pid)
{
	char *path;

	assert_true(asprintf(&path, format, root, pid) >= 0);
	assert_int_equal(mkdir(path, 0755), 0);
	free(path);
}

/* It may lead nowhere, as those in /proc/PID/fd do. */
__attribute__((format(printf, 2, 3)))
static void put_link(const char *target, const char *format, ...)
{
	va_list args;
	char *path;

	va_start(args, format);
	path = make_path(format, args);
	va_end(args);
	assert_int_equal(symlink(target, path), 0);
	free(path);
}

static int make_root(void **state)
{
	(void)state;
	strcpy(root + strlen(root) - 6, "XXXXXX");
	assert_non_null(mkdtemp(root));
	chmod(root, 0755);
	files_root = root;
	put_file("systemd\n", "/proc/1/comm");
	put_link("pid:[4026531836]", "/proc/self/ns/pid");
	return 0;
}

static int remove_root(void **state)
{
	char command[64];

	(void)state;
	inventory_free(&inventory);
	files_root = "";
	snprintf(command, sizeof(command), "rm -rf %s", root);
	return system(command);
}

static void put_process(unsigned int pid, const char *name, bool kernel_thread)
{
	char stat[256];

	snprintf(stat, sizeof(stat), "%u (%s) S 2 0 0 0 -1 %u 0 0 0 0\n", pid, name,
		 kernel_thread ? 0x00208040 : 0x00400100);
	put_file(stat, "/proc/%u/stat", pid);
	snprintf(stat, sizeof(stat), "%s\n", name);
	put_file(stat, "/proc/%u/comm", pid);
	put_directory("%s/proc/%u/fd", pid);
}

static void put_vfio_device(const char *file, const char *name, const char *driver,
			    const char *group)
{
	char link[128];

	snprintf(link, sizeof(link), "../../../bus/pci/devices/%s", name);
	/* A directory here, which the kernel's link leads to: the test needs no PCI bus. */
	put_file("0x8086\n", "/sys/bus/pci/devices/%s/vendor", name);
	put_file("0x10c9\n", "/sys/bus/pci/devices/%s/device", name);
	put_file("16\n", "/sys/bus/pci/devices/%s/irq", name);
	snprintf(link, sizeof(link), "../../../../bus/pci/drivers/%s", driver);
	put_link(link, "/sys/bus/pci/devices/%s/driver", name);
	snprintf(link, sizeof(link), "../../../../kernel/iommu_groups/%s", group);
	put_link(link, "/sys/bus/pci/devices/%s/iommu_group", name);
	snprintf(link, sizeof(link), "../../../bus/pci/devices/%s", name);
	put_link(link, "/sys/class/vfio-dev/%s/device", file);
}

static void put_irq(unsigned int irq, const char *actions)
{
	put_file(actions, "/sys/kernel/irq/%u/actions", irq);
	put_file("3\n", "/sys/kernel/irq/%u/hwirq", irq);
}

/* A VM with two vCPUs that has group 12 open. */
static void put_vm(unsigned int pid)
{
	put_process(pid, "qemu-system-x86", false);
	put_link("/dev/kvm", "/proc/%u/fd/3", pid);
	put_link("anon_inode:kvm-vm", "/proc/%u/fd/4", pid);
	put_link("anon_inode:kvm-vcpu:0", "/proc/%u/fd/5", pid);
	put_link("anon_inode:kvm-vcpu:1", "/proc/%u/fd/6", pid);
	/* QEMU has them by 10.0. */
	put_link("anon_inode:kvm-vcpu-stats:0", "/proc/%u/fd/20", pid);
	put_link("anon_inode:kvm-vcpu-stats:1", "/proc/%u/fd/21", pid);
	put_link("anon_inode:kvm-vm-stats", "/proc/%u/fd/22", pid);
	put_link("/dev/vfio/vfio", "/proc/%u/fd/7", pid);
	put_link("/dev/vfio/12", "/proc/%u/fd/8", pid);
	put_link("anon_inode:[vfio-device]", "/proc/%u/fd/9", pid);
	put_link("anon_inode:[eventfd]", "/proc/%u/fd/10", pid);
	put_file("pos:\t0\n", "/proc/%u/fdinfo/9", pid);
}

static void put_guest_name(unsigned int pid, const char *name)
{
	char *path;
	FILE *file;

	assert_true(asprintf(&path, "%s/proc/%u/cmdline", root, pid) >= 0);
	file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file, "qemu%c-name%c%s%c", 0, 0, name, 0);
	fclose(file);
	free(path);
}

/* One device in use by a VM, with two vectors of which one's handler is a thread. */
static void put_host(void)
{
	put_vm(100);
	put_guest_name(100, "guest=web1,debug-threads=on");
	put_vfio_device("vfio0", "0000:03:00.0", "vfio-pci", "12");
	put_irq(46, "vfio-msix[1](0000:03:00.0)\n");
	put_irq(45, "vfio-msix[0](0000:03:00.0)\n");
	put_irq(47, "nvme0q1\n");
	put_process(200, "irq/46-vfio-msi", true);
}

static void read_host(void)
{
	inventory_free(&inventory);
	assert_true(inventory_read(&inventory));
}

static void a_vm_and_its_device(void **state)
{
	const struct inventory_process *process;
	const struct inventory_device *device;

	(void)state;
	put_host();
	read_host();
	assert_int_equal(inventory.process_count, 1);
	process = inventory.processes;
	assert_int_equal(process->pid, 100);
	assert_string_equal(process->name, "qemu-system-x86");
	assert_string_equal(process->guest, "web1");
	assert_int_equal(process->vms, 1);
	assert_int_equal(process->vcpus, 2);
	assert_int_equal(inventory.device_count, 1);
	device = inventory.devices;
	assert_string_equal(device->name, "0000:03:00.0");
	assert_string_equal(device->driver, "vfio-pci");
	assert_string_equal(device->class, "pci 8086:10c9");
	assert_string_equal(device->group, "12");
	assert_int_equal(device->user_count, 1);
	assert_int_equal(device->users[0], 100);
	assert_int_equal(device->intx, IMSTRACE_NONE);
	assert_int_equal(device->vector_count, 2);
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(device->vectors[i].kind, KIND_PCI);
		assert_int_equal(device->vectors[i].vector, i);
		assert_int_equal(device->vectors[i].irq, 45 + i);
		assert_int_equal(device->vectors[i].slot, IMSTRACE_NONE);
		assert_int_equal(device->vectors[i].threaded, i);
	}
	assert_int_equal(inventory.unread, 0);
	assert_false(inventory.hidden);
	assert_false(inventory.of_namespace);
}

/* Anybody may be called as a thread of an irq is, or as the end of a process's line. */
static void names_prove_nothing(void **state)
{
	(void)state;
	put_host();
	put_process(300, "irq/45-vfio-msi", false);
	put_process(301, "irq/45-x) S 2 0", false);
	put_process(302, "irq/45-x) S 2 0 0 0 -1 2097152", false);
	put_process(303, "irq/", true);
	read_host();
	assert_false(inventory.devices[0].vectors[0].threaded);
	assert_true(inventory.devices[0].vectors[1].threaded);
}

/* By the group, by the file, or by what the kernel says of the file. */
static void who_has_a_device_open(void **state)
{
	(void)state;
	put_host();
	/* Of the same group; the VM's kernel does not say which one it has. */
	put_vfio_device("vfio1", "0000:03:00.1", "vfio-pci", "12");
	put_vfio_device("vfio2", "0000:04:00.0", "vfio-pci", "13");
	put_vfio_device("vfio3", "0000:05:00.0", "mlx5-vfio-pci", "14");
	put_process(400, "by-file", false);
	put_link("/dev/vfio/devices/vfio2", "/proc/400/fd/3");
	put_process(500, "exact", false);
	put_link("/dev/vfio/12", "/proc/500/fd/3");
	put_link("anon_inode:[vfio-device]", "/proc/500/fd/4");
	put_file("pos:\t0\nvfio-device-syspath: /sys/devices/pci0000:00/0000:03:00.1\n",
		 "/proc/500/fdinfo/4");
	put_process(600, "noiommu", false);
	put_link("/dev/vfio/noiommu-14", "/proc/600/fd/3");
	/* None of these is a device. */
	put_process(700, "others", false);
	put_link("/tmp/vfio/12", "/proc/700/fd/3");
	put_link("/vfio/12", "/proc/700/fd/4");
	put_link("/dev/vfio/", "/proc/700/fd/5");
	put_link("anon_inode:", "/proc/700/fd/6");
	put_link("12", "/proc/700/fd/7");
	read_host();
	assert_int_equal(inventory.device_count, 4);
	assert_int_equal(inventory.process_count, 4);
	for (size_t i = 0; i < 4; i++) {
		const struct inventory_device *device = &inventory.devices[i];
		/* In the order of their names: 03:00.0, 03:00.1, 04:00.0, 05:00.0. */
		static const __u32 users[][2] = { { 100 }, { 100, 500 }, { 400 }, { 600 } };
		bool found[2] = { !users[i][0], !users[i][1] };

		for (size_t j = 0; j < device->user_count; j++)
			for (size_t k = 0; k < 2; k++)
				found[k] |= device->users[j] == users[i][k];
		assert_true(found[0] && found[1]);
		assert_int_equal(device->user_count, i == 1 ? 2 : 1);
	}
	assert_string_equal(inventory.devices[3].driver, "mlx5-vfio-pci");
}

/* A process that has ended, a device that has gone, and what was never whole. */
static void what_goes_meanwhile(void **state)
{
	(void)state;
	put_host();
	put_directory("%s/proc/%u", 800);
	put_file("gone\n", "/proc/801/comm");
	put_file("", "/proc/802/fd");
	put_process(803, "closing", false);
	/* No link, as if the file had been closed and its number were another's. */
	put_file("", "/proc/803/fd/3");
	put_file("", "/sys/class/vfio-dev/vfio9/power");
	put_file("", "/sys/kernel/irq/48/name");
	put_irq(49, "");
	put_irq(50, "\n");
	put_irq(51, "vfio-msix[\n");
	read_host();
	assert_int_equal(inventory.process_count, 1);
	assert_int_equal(inventory.device_count, 1);
	assert_int_equal(inventory.devices[0].vector_count, 2);
	assert_int_equal(inventory.unread, 0);
}

/* A device that has no entry of its own still has its vectors. */
static void known_by_its_irqs(void **state)
{
	(void)state;
	put_irq(60, "vfio-ims[7](83b8f4f2-509f-382f-3c1e-e6bfe0fa1001)\n");
	read_host();
	assert_int_equal(inventory.device_count, 1);
	assert_string_equal(inventory.devices[0].name, "83b8f4f2-509f-382f-3c1e-e6bfe0fa1001");
	assert_string_equal(inventory.devices[0].driver, "");
	assert_int_equal(inventory.devices[0].vectors[0].slot, 3);
}

static void intx(void **state)
{
	(void)state;
	put_vfio_device("vfio0", "0000:03:00.0", "vfio-pci", "12");
	put_irq(16, "uhci_hcd:usb1,vfio-intx(0000:03:00.0)\n");
	read_host();
	assert_int_equal(inventory.devices[0].intx, 16);
	/* It is none of its vectors. */
	assert_int_equal(inventory.devices[0].vector_count, 0);
	put_irq(16, "uhci_hcd:usb1,vfio-intx(0000:03:00.1)\n");
	read_host();
	assert_int_equal(inventory.devices[0].intx, IMSTRACE_NONE);
}

/* What known_vectors() tells of. */
struct told {
	struct imstrace_vector vectors[8];
	size_t count;
};

static void tell(void *context, const struct imstrace_vector *vector)
{
	struct told *told = context;

	assert_true(told->count < 8);
	told->vectors[told->count++] = *vector;
}

/* An irq may be several devices', of any driver. */
static void lines_that_share_an_irq(void **state)
{
	struct told told = { .count = 0 };

	(void)state;
	put_vfio_device("vfio0", "0000:03:00.0", "vfio-pci", "12");
	put_vfio_device("vfio1", "0000:03:00.1", "vfio-pci", "12");
	put_irq(16, "vfio-intx(0000:03:00.1),ehci_hcd:usb2,vfio-intx(,vfio-intx(0000:03:00.0)\n");
	read_host();
	assert_int_equal(inventory.device_count, 2);
	assert_int_equal(inventory.devices[0].intx, 16);
	assert_int_equal(inventory.devices[1].intx, 16);

	known_vectors(tell, &told);
	assert_int_equal(told.count, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(told.vectors[i].device,
				    i ? "0000:03:00.0:intx" : "0000:03:00.1:intx");
		assert_int_equal(told.vectors[i].kind, KIND_INTX);
		assert_int_equal(told.vectors[i].vector, 0);
		assert_int_equal(told.vectors[i].irq, 16);
		assert_int_equal(told.vectors[i].slot, IMSTRACE_NONE);
		assert_true(known_still_bound(&told.vectors[i]));
	}
	/* One of them has gone, and the others stay. */
	put_irq(16, "vfio-intx(0000:03:00.1),ehci_hcd:usb2\n");
	assert_true(known_still_bound(&told.vectors[0]));
	assert_false(known_still_bound(&told.vectors[1]));
	put_irq(16, "ehci_hcd:usb2\n");
	assert_false(known_still_bound(&told.vectors[0]));
}

/* A line is of its device, and a class of its own. */
static void class_of_a_line(void **state)
{
	static const struct {
		char name[IMSTRACE_NAME_LEN];
		bool line;
		const char *device, *class;
	} cases[] = {
		{ "0000:03:00.0:intx", true, "0000:03:00.0", "pci 8086:10c9:intx" },
		{ "0000:03:00.0", false, "0000:03:00.0", "pci 8086:10c9" },
		/* Not there. */
		{ "0000:03:00.7:intx", true, "0000:03:00.7", "" },
		/* What is nothing else is no line's name. */
		{ ":intx", false, ":intx", "" },
	};
	char device[IMSTRACE_NAME_LEN], class[IMSTRACE_NAME_LEN];

	(void)state;
	put_vfio_device("vfio0", "0000:03:00.0", "vfio-pci", "12");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(device_of_vector(device, cases[i].name), cases[i].line);
		assert_string_equal(device, cases[i].device);
		device_class(class, cases[i].name);
		assert_string_equal(class, cases[i].class);
	}
}

/* Nobody's eyes: threads of the kernel have no files that could be missed. */
static void what_may_not_be_looked_at(void **state)
{
	char path[128];
	bool is_root = !geteuid();

	(void)state;
	put_host();
	snprintf(path, sizeof(path), "%s/proc/100/fd", root);
	assert_int_equal(chmod(path, 0700 * is_root), 0);
	snprintf(path, sizeof(path), "%s/proc/200/fd", root);
	assert_int_equal(chmod(path, 0700 * is_root), 0);
	if (is_root)
		assert_int_equal(seteuid(65534), 0);
	read_host();
	if (is_root)
		assert_int_equal(seteuid(0), 0);
	chmod(path, 0755);
	snprintf(path, sizeof(path), "%s/proc/100/fd", root);
	chmod(path, 0755);
	assert_int_equal(inventory.unread, 1);
	assert_int_equal(inventory.process_count, 0);
	assert_int_equal(inventory.devices[0].user_count, 0);
	assert_true(inventory.devices[0].vectors[1].threaded);
}

static void what_is_not_listed(void **state)
{
	char path[128];

	(void)state;
	snprintf(path, sizeof(path), "%s/proc/1/comm", root);
	unlink(path);
	snprintf(path, sizeof(path), "%s/proc/1", root);
	assert_int_equal(rmdir(path), 0);
	snprintf(path, sizeof(path), "%s/proc/self/ns/pid", root);
	unlink(path);
	put_link("pid:[4026532190]", "/proc/self/ns/pid");
	read_host();
	assert_true(inventory.hidden);
	assert_true(inventory.of_namespace);
}

static struct environment read_environment(void)
{
	struct environment environment;

	environment_read(&environment);
	return environment;
}

static void threads_and_posting(void **state)
{
	(void)state;
	assert_false(read_environment().threadirqs);
	put_file("quiet nothreadirqs threadirqs=0\n", "/proc/cmdline");
	assert_false(read_environment().threadirqs);
	put_file("quiet threadirqs\n", "/proc/cmdline");
	assert_true(read_environment().threadirqs);
	put_file("quiet\n", "/proc/cmdline");
	put_file("1\n", "/sys/kernel/realtime");
	assert_true(read_environment().threadirqs);

	assert_false(read_environment().apicv);
	assert_false(read_environment().posting);
	put_file("Y\n", "/sys/module/kvm_intel/parameters/enable_apicv");
	assert_true(read_environment().apicv);
	/* None in sysfs may still remap, and post. */
	assert_true(read_environment().posting);
	put_file("8d2078c106f0466\n", "/sys/class/iommu/dmar0/intel-iommu/cap");
	assert_true(read_environment().posting);
	/* Since 6.16 KVM can be told not to. */
	put_file("N\n", "/sys/module/kvm/parameters/enable_device_posted_irqs");
	assert_false(read_environment().posting);
	put_file("Y\n", "/sys/module/kvm/parameters/enable_device_posted_irqs");
	assert_true(read_environment().posting);
	put_file("d2008c222f0686\n", "/sys/class/iommu/dmar1/intel-iommu/cap");
	assert_true(read_environment().apicv);
	assert_false(read_environment().posting);
}

static void posting_of_amd(void **state)
{
	(void)state;
	put_file("1\n", "/sys/module/kvm_amd/parameters/avic");
	put_file("25bf732fa2295afe:1d\n", "/sys/class/iommu/ivhd0/amd-iommu/features");
	assert_true(read_environment().posting);
	put_file("25bf732fa2095afe\n", "/sys/class/iommu/ivhd1/amd-iommu/features");
	assert_false(read_environment().posting);
}

/* A host that put_host() has made, of which all can be seen. */
static struct forecast_of forecast_of(const struct environment *environment,
				      const struct source *source)
{
	return (struct forecast_of) {
		.environment = environment, .source = source, .inventory = &inventory,
		.device = inventory.devices, .vector = inventory.devices[0].vectors,
	};
}

static void expect_hops(const struct forecast_of *of, const char *expected)
{
	char answers[HOP_COUNT + 1] = "";

	for (unsigned int hop = 0; hop < HOP_COUNT; hop++) {
		struct forecast forecast = forecast_hop(of, hop);

		assert_int_equal(!forecast.why, forecast.answer == FORECAST_YES);
		answers[hop] = *forecast_answer_name(forecast.answer);
	}
	assert_string_equal(answers, expected);
}

static void expect_stages(const struct forecast_of *of, const char *expected)
{
	char answers[STAGE_COUNT + 1] = "";

	for (unsigned int stage = 0; stage < STAGE_COUNT; stage++)
		answers[stage] = *forecast_answer_name(forecast_stage(of, stage).answer);
	assert_string_equal(answers, expected);
}

/* y, d(epends), n: of irq, signal, accept, enter, inject, eoi, unmask; handler … total, masked, detour,
 * the parts of deliver and service, and the bounds of deliver. */
static void forecasts(void **state)
{
	struct environment environment = { 0 };
	struct fake_source *fake = fake_source_new();
	struct inventory_process *process;
	struct forecast_of of;

	(void)state;
	put_host();
	read_host();
	of = forecast_of(&environment, &fake->source);
	expect_hops(&of, "yyyyyyn");
	expect_stages(&of, "yyyyyyndyyyyynn");

	environment.apicv = true;
	expect_hops(&of, "yyydddn");
	expect_stages(&of, "yyddddndddddddd");
	environment.posting = true;
	expect_hops(&of, "ddddddn");
	assert_non_null(strstr(forecast_hop(&of, HOP_ACCEPT).why, "IOMMU"));
	assert_non_null(strstr(forecast_hop(&of, HOP_EOI).why, "APICv"));
	environment.apicv = environment.posting = false;

	process = inventory.processes;
	process->vms = 0;
	expect_hops(&of, "yyddddn");
	expect_stages(&of, "ydddddnddddddnn");
	assert_non_null(strstr(forecast_hop(&of, HOP_ACCEPT).why, "has no VM"));
	process->vms = 1;
	inventory.devices[0].user_count = 0;
	expect_hops(&of, "yyddddn");
	assert_non_null(strstr(forecast_hop(&of, HOP_ACCEPT).why, "was not found"));
	inventory.devices[0].user_count = 1;

	fake->source.pci_signal = "kprobes are off";
	expect_hops(&of, "ynyyyyn");
	expect_stages(&of, "nnyyyynnyyyyynn");
	assert_string_equal(forecast_stage(&of, STAGE_IRQFD).why, "kprobes are off");
	inventory.devices[0].vectors[0].kind = KIND_IMS;
	expect_hops(&of, "yyyyyyn");
	*fake->source.hops[HOP_EOI].attached = '\0';
	strcpy(fake->source.hops[HOP_EOI].reason, "no such tracepoint");
	/* What is known for sure comes before what depends. */
	environment.apicv = true;
	expect_hops(&of, "yyyddnn");
	expect_stages(&of, "yydndnndddddndd");

	of.source = NULL;
	expect_hops(&of, "nnnnnnn");
	expect_stages(&of, "nnnnnnnnnnnnnnn");
	free(fake);
}

/* What KVM has of the VM says more than what its module allows. */
static void forecasts_where_vms_are_known(void **state)
{
	char inhibits[][INHIBIT_NAME_LEN] = { "pit_reinj" };
	struct source_vm vms[] = {
		{ .pid = 99, .inhibits = inhibits, .inhibit_count = 1 }, { .pid = 100 }, { .pid = 100 },
	};
	struct environment environment = { .apicv = true };
	struct fake_source *fake = fake_source_new();
	struct forecast_of of;

	(void)state;
	put_host();
	read_host();
	of = forecast_of(&environment, &fake->source);
	fake->source.vms = vms;
	fake->source.vm_count = 3;
	/* Not read. */
	expect_hops(&of, "yyydddn");
	fake->source.vms_known = true;
	expect_hops(&of, "yyydnnn");
	expect_stages(&of, "yynnnnnddddnnyy");
	assert_non_null(strstr(forecast_hop(&of, HOP_EOI).why, "is active in the VM"));
	/* The process has two of them, of which one is inhibited. */
	vms[1].inhibits = inhibits;
	vms[1].inhibit_count = 1;
	expect_hops(&of, "yyydddn");
	vms[2] = vms[1];
	expect_hops(&of, "yyyyyyn");
	expect_stages(&of, "yyyyyyndyyyyynn");
	/* That of another process is none of its. */
	fake->source.vm_count = 1;
	expect_hops(&of, "yyydddn");
	free(fake);
}

/* Its irq is the host's, whatever the IOMMU can, and who has it unmasked need be no VM. */
static void forecasts_of_a_line(void **state)
{
	const struct inventory_vector line = { .kind = KIND_INTX, .irq = 16 };
	struct environment environment = { 0 };
	struct fake_source *fake = fake_source_new();
	struct forecast_of of;

	(void)state;
	put_host();
	read_host();
	of = forecast_of(&environment, &fake->source);
	of.vector = &line;
	expect_hops(&of, "yyyyyyy");
	expect_stages(&of, "yyyyyyydyyyyynn");
	environment.posting = true;
	expect_hops(&of, "yyyyyyy");
	environment.apicv = true;
	expect_hops(&of, "yyydddy");
	expect_stages(&of, "yyddddydddddddd");
	environment.apicv = environment.posting = false;
	inventory.processes->vms = 0;
	expect_hops(&of, "yyddddy");
	expect_stages(&of, "ydddddyddddddnn");
	inventory.processes->vms = 1;
	fake->source.pci_signal = "kprobes are off";
	expect_hops(&of, "ynyyyyy");
	*fake->source.hops[HOP_UNMASK].attached = '\0';
	strcpy(fake->source.hops[HOP_UNMASK].reason, "no such function");
	expect_hops(&of, "ynyyyyn");
	expect_stages(&of, "nnyyyynnyyyyynn");
	assert_string_equal(forecast_stage(&of, STAGE_MASKED).why, "no such function");
	free(fake);
}

static void limits_of_all_vectors(void **state)
{
	struct environment environment = { .apicv = true, .threadirqs = true };

	(void)state;
	assert_int_equal(forecast_limit(&environment, STAGE_HANDLER).answer, FORECAST_YES);
	assert_non_null(forecast_limit(&environment, STAGE_HANDLER).why);
	assert_null(forecast_limit(&environment, STAGE_IRQFD).why);
	for (unsigned int stage = STAGE_WAKE; stage <= STAGE_WINDOW; stage++)
		assert_int_equal(forecast_limit(&environment, stage).answer, FORECAST_DEPENDS);
	for (unsigned int stage = STAGE_DELIVER; stage <= STAGE_TOTAL; stage++)
		assert_int_equal(forecast_limit(&environment, stage).answer, FORECAST_DEPENDS);
	assert_int_equal(forecast_limit(&environment, STAGE_MASKED).answer, FORECAST_YES);
	assert_null(forecast_limit(&environment, STAGE_MASKED).why);
}

static json_t *find(json_t *value, const char *key, size_t index)
{
	return json_array_get(json_object_get(value, key), index);
}

static char *said_by(const struct sink_ops *ops, struct environment *environment,
		     const struct source *source)
{
	struct sink sink = { .ops = ops };
	char *text = NULL;
	size_t size;

	sink.out = open_memstream(&text, &size);
	assert_non_null(sink.out);
	assert_true(sink_open(&sink));
	read_host();
	ops->check(&sink, environment, &inventory, source);
	sink_close(&sink);
	fclose(sink.out);
	return text;
}

/* What follows the tables of hops and stages. */
static void expect_said(struct environment *environment, const struct source *source,
			const char *expected)
{
	char *text = said_by(&text_sink, environment, source);
	const char *host = strstr(text, "PROCESS  ");
	char *line, *rest;

	assert_non_null(host);
	assert_string_equal(host, expected);
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (strlen(line) > 80)
			fail_msg("too long: %s", line);
		for (const char *c = line; *c; c++)
			assert_true(*c >= ' ' && *c <= '~');
	}
	free(text);
}

#define VM_OF_HOST							\
	"PROCESS                          VMS VCPUS  GUEST\n"		\
	"  100        qemu-system-x86       1     2  web1\n"		\
	"\n"								\
	"DEVICE AND WHAT WILL BE SEEN OF ITS VECTORS\n"

static void said_of_a_host(void **state)
{
	struct environment environment = { .kernel.release = "6.12.0" };
	struct fake_source *fake = fake_checked_source();

	(void)state;
	put_host();
	put_irq(50, "vfio-msix[2](0000:03:00.0)\n");
	put_irq(51, "vfio-msix[3](0000:03:00.0)\n");
	expect_said(&environment, &fake->source, VM_OF_HOST
		"  0000:03:00.0 pci 8086:10c9, driver vfio-pci, IOMMU group 12\n"
		"    open in 100 (qemu-system-x86)\n"
		"    vectors 0, 2-3, irqs 45, 50-51\n"
		"      seen    irq, accept, enter, inject, eoi; stages deliver, service,\n"
		"              delivery, total\n"
		"      n/a     signal; stages handler, irqfd: not attached\n"
		"    vector 1, irq 46, handled in threads\n"
		"      seen    irq, accept, enter, inject, eoi; stages deliver, service,\n"
		"              delivery, total\n"
		"      n/a     signal; stages handler, irqfd: not attached\n");
	free(fake);
}

static void said_of_apicv_and_threads(void **state)
{
	struct environment environment = { .kernel.release = "6.12.0", .apicv = true };
	struct fake_source *fake = fake_source_new();

	(void)state;
	put_host();
	expect_said(&environment, &fake->source, VM_OF_HOST
		"  0000:03:00.0 pci 8086:10c9, driver vfio-pci, IOMMU group 12\n"
		"    open in 100 (qemu-system-x86)\n"
		"    vector 0, irq 45\n"
		"      seen    irq, signal, accept; stages handler, irqfd\n"
		"      depends enter, inject, eoi; stages deliver, service, delivery, total:\n"
		"              APICv or AVIC is allowed: the CPU itself delivers interrupts,\n"
		"              unless KVM has inhibited that for the VM\n"
		"      depends stages at_least, at_most: only of interrupts that the CPU itself\n"
		"              delivers (APICv, AVIC)\n"
		"    vector 1, irq 46, handled in threads\n"
		"      seen    irq, signal, accept; stages handler, irqfd\n"
		"      depends enter, inject, eoi; stages deliver, service, delivery, total:\n"
		"              APICv or AVIC is allowed: the CPU itself delivers interrupts,\n"
		"              unless KVM has inhibited that for the VM\n"
		"      depends stages at_least, at_most: only of interrupts that the CPU itself\n"
		"              delivers (APICv, AVIC)\n"
		"      note    the stage handler includes the wake-up of the irq's thread\n");
	free(fake);
}

/* Those that there are, and their values. */
static void said_of_parameters(void **state)
{
	struct environment environment = { .kernel.release = "6.12.0" };
	struct fake_source *fake = fake_source_new();
	json_t *check, *parameters;
	char *text;

	(void)state;
	put_host();
	strcpy(environment.parameters[PARAMETER_AVIC], "N");
	strcpy(environment.parameters[PARAMETER_POLLING], "200000");
	text = said_by(&text_sink, &environment, &fake->source);
	assert_non_null(strstr(text, "\n\nPARAMETER                       VALUE   SAYS\n"
		"  kvm_amd.avic                  N       Y: the CPU delivers; no inject, no eoi\n"
		"  kvm.halt_poll_ns              200000  ns: a shorter halt has no stage wake\n\n"));
	/* No line is longer than 80 columns. */
	for (size_t i = 0; i < PARAMETER_COUNT; i++) {
		assert_in_range(strlen(parameter_name(i)), 1, 29);
		assert_in_range(strlen(parameter_what(i)), 1, 40);
	}
	free(text);
	text = said_by(&json_sink, &environment, &fake->source);
	check = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	parameters = json_object_get(check, "parameters");
	assert_string_equal(json_string_value(json_object_get(parameters, "kvm_amd.avic")), "N");
	assert_true(json_is_null(json_object_get(parameters, "kvm_intel.enable_apicv")));
	json_decref(check);
	free(text);
	free(fake);
}

/* Each VM of a process, and each reason. */
static void said_of_inhibits(void **state)
{
	char inhibits[][INHIBIT_NAME_LEN] = { "pit_reinj", "bit_40" };
	struct source_vm vms[] = { { .pid = 100 }, { .pid = 100, .inhibits = inhibits, .inhibit_count = 2 } };
	struct environment environment = { .kernel.release = "6.12.0" };
	struct fake_source *fake = fake_source_new();
	json_t *check, *expected;
	char *text;

	(void)state;
	put_host();
	fake->source.vms_known = true;
	fake->source.vms = vms;
	fake->source.vm_count = 2;
	text = said_by(&text_sink, &environment, &fake->source);
	assert_non_null(strstr(text, "  100        qemu-system-x86       1     2  web1\n"
		"    APICv, AVIC: active, so that the CPU itself delivers interrupts\n"
		"    APICv, AVIC: inhibited (pit_reinj): KVM's PIT makes up for lost ticks\n"
		"    (AVIC). Against it: QEMU: -global kvm-pit.lost_tick_policy=discard, or\n"
		"    -machine pit=off\n"
		"    APICv, AVIC: inhibited (bit_40): a reason that this imstrace does not know.\n"));
	free(text);
	text = said_by(&json_sink, &environment, &fake->source);
	check = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	expected = json_pack("[{s:b, s:[]}, {s:b, s:[s, s]}]", "active", true, "inhibits",
			     "active", false, "inhibits", "pit_reinj", "bit_40");
	assert_true(json_equal(json_object_get(find(check, "vms", 0), "apicv"), expected));
	json_decref(expected);
	json_decref(check);
	free(text);
	free(fake);
}

static void inhibits_by_their_names(void **state)
{
	static const struct { const char *of_kernel, *name; } cases[] = {
		{ "APICV_INHIBIT_REASON_DISABLE", "disabled" },	/* 6.1 */
		{ "APICV_INHIBIT_REASON_DISABLED", "disabled" },
		{ "APICV_INHIBIT_REASON_LOGICAL_ID_ALIASED", "logical_id_aliased" },
	};
	char name[INHIBIT_NAME_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		inhibit_name(name, cases[i].of_kernel);
		assert_string_equal(name, cases[i].name);
		assert_non_null(inhibit_what(name));
	}
	inhibit_name(name, "APICV_INHIBIT_REASON_WITH_A_NAME_THAT_NOBODY_WOULD_GIVE_TO_IT");
	assert_int_equal(strlen(name), INHIBIT_NAME_LEN - 1);
	assert_null(inhibit_what(name));
	assert_null(inhibit_remedy(name));
}

/* A terminal would obey what is between the letters. */
#define HOSTILE_NAME	"a\033[2J\tb"

static void said_of_those_without_vectors(void **state)
{
	struct environment environment = { .kernel.release = "6.12.0" };
	struct fake_source *fake = fake_source_new();

	(void)state;
	put_host();
	put_vfio_device("vfio1", "0000:04:00.0", "vfio-pci", "13");
	put_vfio_device("vfio2", "0000:05:00.0", "vfio-pci", "14");
	put_irq(16, "vfio-intx(0000:05:00.0)\n");
	put_process(400, HOSTILE_NAME, false);
	put_guest_name(400, HOSTILE_NAME "\303\244");
	put_link("/dev/vfio/14", "/proc/400/fd/3");
	put_link("anon_inode:kvm-vm", "/proc/400/fd/4");
	put_irq(60, "vfio-ims[7](not-found)\n");
	expect_said(&environment, &fake->source,
		"PROCESS                          VMS VCPUS  GUEST\n"
		"  100        qemu-system-x86       1     2  web1\n"
		"  400        a?[2J?b               1     0  a?[2J?b??\n"
		"\n"
		"DEVICE AND WHAT WILL BE SEEN OF ITS VECTORS\n"
		"  0000:03:00.0 pci 8086:10c9, driver vfio-pci, IOMMU group 12\n"
		"    open in 100 (qemu-system-x86)\n"
		"    vector 0, irq 45\n"
		"      seen    all hops and stages\n"
		"    vector 1, irq 46, handled in threads\n"
		"      seen    all hops and stages\n"
		"      note    the stage handler includes the wake-up of the irq's thread\n"
		"  0000:04:00.0 pci 8086:10c9, driver vfio-pci, IOMMU group 13\n"
		"    not open in any process\n"
		"  0000:05:00.0 pci 8086:10c9, driver vfio-pci, IOMMU group 14\n"
		"    open in 400 (a?[2J?b)\n"
		"    no vector is bound: the guest's driver does that when it enables MSI or\n"
		"    MSI-X\n"
		"    INTx line, irq 16\n"
		"      seen    all hops and stages\n"
		"  not-found\n"
		"    open in a process that was not found\n"
		"    vector 7, irq 60\n"
		"      seen    irq, signal; stages handler\n"
		"      depends accept, enter, inject, eoi; stages irqfd, deliver, service,\n"
		"              delivery, total: the process that has the device open was not\n"
		"              found\n"
		"    emulated vectors have no irq, and show by their first signal\n");
	free(fake);
}

static void said_of_what_was_not_looked_at(void **state)
{
	struct environment environment = { .kernel.release = "6.12.0" };
	char *text;

	(void)state;
	put_host();
	put_vfio_device("vfio1", "0000:04:00.0", "vfio-pci", "13");
	read_host();
	inventory.unread = 2;
	inventory.hidden = inventory.of_namespace = true;
	{
		struct output output;
		struct sink sink = { .ops = &text_sink };

		sink_into(&sink, &output);
		text_sink.check(&sink, &environment, &inventory, NULL);
		text = output_close(&output);
	}
	assert_non_null(strstr(text, "\n  Not looked at: the open files of 2 processes, which takes "
			       "CAP_DAC_READ_SEARCH\n  and CAP_SYS_PTRACE.\n"));
	assert_non_null(strstr(text, "(hidepid).\n"));
	assert_non_null(strstr(text, "\n  Not looked at: processes outside of this PID namespace.\n"));
	assert_non_null(strstr(text, "\n    not open in any process that was looked at\n"));
	/* Without a source nothing is promised of them, but they are there. */
	assert_non_null(strstr(text, "\n    vector 0, irq 45\n    vector 1, irq 46, handled in threads\n"));
	free(text);
}

static void in_json(void **state)
{
	struct environment environment = { .kernel.release = "6.12.0", .apicv = true };
	struct fake_source *fake = fake_source_new();
	char *text;
	json_t *check, *device, *vector, *expected;

	(void)state;
	put_host();
	text = said_by(&json_sink, &environment, &fake->source);
	check = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(check);
	expected = json_pack("[{s:i, s:s, s:s, s:i, s:i, s:n}]", "pid", 100, "process", "qemu-system-x86",
			     "guest", "web1", "vms", 1, "vcpus", 2, "apicv");
	assert_true(json_equal(json_object_get(check, "vms"), expected));
	json_decref(expected);
	device = find(check, "devices", 0);
	assert_string_equal(json_string_value(json_object_get(device, "device")), "0000:03:00.0");
	assert_string_equal(json_string_value(json_object_get(device, "driver")), "vfio-pci");
	assert_string_equal(json_string_value(json_object_get(device, "iommu_group")), "12");
	assert_int_equal(json_integer_value(find(device, "pids", 0)), 100);
	vector = find(device, "vectors", 1);
	assert_int_equal(json_integer_value(json_object_get(vector, "irq")), 46);
	assert_true(json_is_true(json_object_get(vector, "threaded")));
	assert_true(json_is_null(json_object_get(vector, "slot")));
	assert_string_equal(json_string_value(json_object_get(json_object_get(json_object_get(
			    vector, "hops"), "accept"), "seen")), "yes");
	assert_string_equal(json_string_value(json_object_get(json_object_get(json_object_get(
			    vector, "stages"), "total"), "seen")), "depends");
	assert_true(json_is_string(json_object_get(json_object_get(check, "stage_limits"), "total")));
	json_decref(check);
	free(text);
	free(fake);
}

int main(void)
{
#define TEST(name)	cmocka_unit_test_setup_teardown(name, make_root, remove_root)
	const struct CMUnitTest tests[] = {
		TEST(a_vm_and_its_device),
		TEST(names_prove_nothing),
		TEST(who_has_a_device_open),
		TEST(what_goes_meanwhile),
		TEST(known_by_its_irqs),
		TEST(intx),
		TEST(lines_that_share_an_irq),
		TEST(class_of_a_line),
		TEST(what_may_not_be_looked_at),
		TEST(what_is_not_listed),
		TEST(threads_and_posting),
		TEST(posting_of_amd),
		TEST(forecasts),
		TEST(forecasts_where_vms_are_known),
		TEST(forecasts_of_a_line),
		TEST(limits_of_all_vectors),
		TEST(said_of_a_host),
		TEST(said_of_apicv_and_threads),
		TEST(said_of_parameters),
		TEST(said_of_inhibits),
		TEST(inhibits_by_their_names),
		TEST(said_of_those_without_vectors),
		TEST(said_of_what_was_not_looked_at),
		TEST(in_json),
	};

	return cmocka_run_group_tests_name("inventory", tests, NULL, NULL);
}
