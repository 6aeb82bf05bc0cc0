// SPDX-License-Identifier: GPL-2.0-only
#include "irq.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cm.h"

int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), error = 0;

	if (fd < 0)
		return errno;
	if (write(fd, text, strlen(text)) < 0)
		error = errno;
	close(fd);
	return error;
}

int irq_set_affinity(unsigned int irq, unsigned int cpu)
{
	char path[64], mask[16];

	snprintf(path, sizeof(path), "/proc/irq/%u/smp_affinity", irq);
	snprintf(mask, sizeof(mask), "%x", 1U << cpu);
	return write_text(path, mask);
}

unsigned int irq_effective_cpu(unsigned int irq)
{
	char path[64];
	unsigned int cpu;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/irq/%u/effective_affinity_list", irq);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%u", &cpu), 1);
	fclose(file);
	return cpu;
}
