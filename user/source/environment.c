// SPDX-License-Identifier: GPL-2.0-only
#include "environment.h"

#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <unistd.h>

static const struct {
	const char *name, *what;
} capabilities[] = {
#define X(ENUM, name, what) [CAPABILITY_##ENUM] = { name, what },
	ENVIRONMENT_CAPABILITIES(X)
#undef X
}, modules[] = {
#define X(ENUM, name, what) [MODULE_##ENUM] = { name, what },
	ENVIRONMENT_MODULES(X)
#undef X
};

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

/* Whether a boolean parameter of a module is on: "Y" or, as an int, "1". */
static bool parameter_is_on(const char *path)
{
	FILE *file = fopen(path, "re");
	int value = file ? getc(file) : EOF;

	if (file)
		fclose(file);
	return value == 'Y' || value == '1';
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
	for (size_t i = 0; i < MODULE_COUNT; i++) {
		char path[64];

		snprintf(path, sizeof(path), "/sys/module/%s", modules[i].name);
		environment->modules[i] = !access(path, F_OK);
	}
	environment->apicv = parameter_is_on("/sys/module/kvm_intel/parameters/enable_apicv") ||
			     parameter_is_on("/sys/module/kvm_amd/parameters/avic");
}
