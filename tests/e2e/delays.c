// SPDX-License-Identifier: GPL-2.0-only
#include "delays.h"

#include "lab.h"

#include <stdlib.h>

/* By another name since 6.17. */
const char *delay_kick(void)
{
	return system("grep -q ' __kvm_vcpu_kick\\s' /proc/kallsyms") ? "kvm:kvm_vcpu_kick" :
									"kvm:__kvm_vcpu_kick";
}

int delays_load(void **state)
{
	(void)state;
	lab_shell("[ -d /sys/module/ims_delay ] || insmod $FAULT_MODULES/ims-delay.ko "
		  "functions=" DELAY_HANDLER "," DELAY_IRQFD ",%s", delay_kick());
	return 0;
}

void delays_arm(const char *function, int us)
{
	lab_shell("echo %d > '/sys/kernel/debug/ims_delay/%s'", us, function);
}

void delays_read(const char *function, struct delay *delays, size_t count)
{
	int status;
	char *text = lab_output(&status, "cat '/sys/kernel/debug/ims_delay/%s'", function);
	char *rest = text;

	for (size_t i = 0; i < count; i++) {
		delays[i].from = strtoll(rest, &rest, 10);
		delays[i].to = strtoll(rest, &rest, 10);
		assert_true(delays[i].from > 0);
	}
	assert_string_equal(rest, "\n");
	free(text);
}
