// SPDX-License-Identifier: GPL-2.0-only
#include "environment.h"

#include "../errors.h"
#include "files.h"
#include "live.h"

#include <errno.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <unistd.h>

#define HOPS_OF_KVM	(1U << HOP_ACCEPT | 1U << HOP_ENTER | 1U << HOP_INJECT | 1U << HOP_EOI)

static const struct {
	const char *name, *what;
} capabilities[] = {
#define X(ENUM, name, what) [CAPABILITY_##ENUM] = { name, what },
	ENVIRONMENT_CAPABILITIES(X)
#undef X
};

static const struct {
	const char *name, *function, *what;
} modules[] = {
#define X(ENUM, name, function, what) [MODULE_##ENUM] = { name, function, what },
	ENVIRONMENT_MODULES(X)
#undef X
};

static const struct {
	const char *path, *name, *what;
} parameters[] = {
#define X(ENUM, module, parameter, what) [PARAMETER_##ENUM] = {				\
	"/sys/module/" #module "/parameters/" #parameter, #module "." #parameter, what },
	ENVIRONMENT_PARAMETERS(X)
#undef X
};

const char *parameter_name(size_t parameter)
{
	return parameters[parameter].name;
}

const char *parameter_what(size_t parameter)
{
	return parameters[parameter].what;
}

const char *capability_name(size_t capability)
{
	return capabilities[capability].name;
}

const char *capability_what(size_t capability)
{
	return capabilities[capability].what;
}

const char *module_name(size_t module)
{
	return modules[module].name;
}

const char *module_what(size_t module)
{
	return modules[module].what;
}

/* Sets found[i] for each of @count functions that the kernel, or a module, has. */
static void find_functions(const char *const *names, bool *found, size_t count)
{
	/* "0000000000000000 T free_irq", and of a module, after a tab, "[kvm]". */
	FILE *symbols = fopen("/proc/kallsyms", "re");
	char line[512];

	if (!symbols)
		return;
	while (fgets(line, sizeof(line), symbols)) {
		const char *type = strchr(line, ' ');

		if (!type || !strchr("tTwW", type[1]) || type[2] != ' ')
			continue;
		line[strcspn(line, "\t\n")] = '\0';
		for (size_t i = 0; i < count; i++)
			found[i] |= !strcmp(type + 3, names[i]);
	}
	fclose(symbols);
}

bool kernel_has_function(const char *name)
{
	bool found = false;

	find_functions(&name, &found, 1);
	return found;
}

static bool module_in_sysfs(size_t module)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/module/%s", modules[module].name);
	return !access(path, F_OK);
}

bool module_there(size_t module)
{
	/* One that is built in, and has no parameters, is not in sysfs. */
	return module_in_sysfs(module) || kernel_has_function(modules[module].function);
}

void environment_read_modules(struct environment *environment)
{
	const char *functions[MODULE_COUNT];

	for (size_t i = 0; i < MODULE_COUNT; i++) {
		environment->modules[i] = module_in_sysfs(i);
		functions[i] = modules[i].function;
	}
	find_functions(functions, environment->modules, MODULE_COUNT);
}

int kernel_setting(const char *path)
{
	FILE *file = file_open("%s", path);
	int value = file ? getc(file) : EOF;

	if (file)
		fclose(file);
	return value;
}

static void read_parameters(struct environment *environment)
{
	for (size_t i = 0; i < PARAMETER_COUNT; i++)
		file_line(environment->parameters[i], sizeof(environment->parameters[i]), "%s",
			  parameters[i].path);
}

/* Whether a boolean one is on: "Y" or, as an int, "1". */
static bool is_on(const struct environment *environment, size_t parameter)
{
	const char *value = environment->parameters[parameter];

	return *value == 'Y' || *value == '1';
}

/*
 * Whether an IOMMU of this system lacks what posting takes: in VT-d's capability register bit 59, in
 * AMD's extended features bit 21. The kernel posts with all of them or not at all. That none is in sysfs
 * says nothing: one that only remaps interrupts is not.
 */
static bool posting_impossible(void)
{
	static const struct {
		const char *file;
		unsigned int bit;
	} registers[] = { { "intel-iommu/cap", 59 }, { "amd-iommu/features", 21 } };
	DIR *directory = file_directory("/sys/class/iommu");
	bool lacks = false;
	const char *iommu;

	while (directory && (iommu = file_next(directory))) {
		for (size_t i = 0; i < sizeof(registers) / sizeof(registers[0]); i++) {
			char value[32];

			if (file_line(value, sizeof(value), "/sys/class/iommu/%s/%s", iommu,
				      registers[i].file))
				lacks |= !(strtoull(value, NULL, 16) >> registers[i].bit & 1);
		}
	}
	if (directory)
		closedir(directory);
	return lacks;
}

static bool handlers_are_threads(void)
{
	char line[4096], *rest;

	if (kernel_setting("/sys/kernel/realtime") == '1')
		return true;
	file_line(line, sizeof(line), "/proc/cmdline");
	for (char *word = strtok_r(line, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		if (!strcmp(word, "threadirqs"))
			return true;
	return false;
}

/* Since 7.0, tracepoints are guarded by SRCU and no longer by preempt_disable(). */
static bool programs_are_preemptible(const struct utsname *kernel)
{
	return strtoul(kernel->release, NULL, 10) >= 7;
}

void environment_read(struct environment *environment)
{
	cap_t mine = cap_get_proc();

	memset(environment, 0, sizeof(*environment));
	uname(&environment->kernel);
	environment->btf = !access("/sys/kernel/btf/vmlinux", R_OK);
	for (size_t i = 0; i < CAPABILITY_COUNT; i++) {
		cap_flag_value_t has = CAP_CLEAR;
		cap_value_t value;

		if (mine && !cap_from_name(capabilities[i].name, &value))
			cap_get_flag(mine, value, CAP_EFFECTIVE, &has);
		environment->capabilities[i] = has == CAP_SET;
	}
	cap_free(mine);
	read_parameters(environment);
	environment->apicv = is_on(environment, PARAMETER_APICV) || is_on(environment, PARAMETER_AVIC);
	/* Before 6.16 KVM has no such parameter, and posts. */
	environment->posting = environment->apicv && !posting_impossible() &&
			       *environment->parameters[PARAMETER_POSTING] != 'N';
	environment->threadirqs = handlers_are_threads();
	environment->preemptible = programs_are_preemptible(&environment->kernel);
}

int environment_check(struct environment *environment, const struct live_options *options)
{
	const bool *capable = environment->capabilities;

	environment_read(environment);
	if (!capable[CAPABILITY_SYS_ADMIN] && !(capable[CAPABILITY_BPF] && capable[CAPABILITY_PERFMON]))
		return report_error(EXIT_MISSING,
				    "Run it as root, or give it CAP_BPF and CAP_PERFMON",
				    "no privilege to load BPF programs");
	if (kernel_is_confidential())
		return report_error(EXIT_MISSING,
				    "Boot it with lockdown=integrity or without: see "
				    "/sys/kernel/security/lockdown",
				    "this kernel is locked down (confidentiality): no program may read "
				    "its memory");
	if (options->btf && access(options->btf, R_OK))
		return report_error(EXIT_USAGE, NULL, "cannot read BTF from %s: %s", options->btf,
				    strerror(errno));
	if (!options->btf && !environment->btf)
		return report_error(
			EXIT_MISSING,
			"Use a kernel built with CONFIG_DEBUG_INFO_BTF, or name a file with --btf",
			"this kernel has no BTF (/sys/kernel/btf/vmlinux)");
	if (options->hops & HOPS_OF_KVM && !module_there(MODULE_KVM))
		return report_error(
			EXIT_MISSING,
			"Load it (modprobe kvm_intel or kvm_amd), or follow the host's half only: "
			"--hops irq,signal",
			"KVM is not loaded, so interrupts can't be followed into a guest");
	return 0;
}

bool kernel_is_confidential(void)
{
	FILE *file = fopen("/sys/kernel/security/lockdown", "re");
	char line[64] = "";

	if (!file)
		return false;
	if (!fgets(line, sizeof(line), file))
		*line = '\0';
	fclose(file);
	return strstr(line, "[confidentiality]");
}
