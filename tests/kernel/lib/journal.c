// SPDX-License-Identifier: GPL-2.0-only
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "cm.h"

/* Bits of the taint which stand for something that went wrong. */
#define TAINT_BAD_PAGE		(1UL << 5)
#define TAINT_DIE		(1UL << 7)
#define TAINT_WARN		(1UL << 9)
#define TAINT_SOFTLOCKUP	(1UL << 14)

static const char *const reports[] = {
	"WARNING:", "BUG:", "BUG ", "Oops", "general protection", "kernel panic",
	"INFO: possible", "INFO: rcu", "INFO: task", "inconsistent lock state",
	"possible circular locking", "possible recursive locking", "suspicious RCU",
	"sleeping function called", "KASAN", "UBSAN", "kmemleak:", "refcount_t:",
	"list_add corruption", "list_del corruption", "ODEBUG", "nobody cared",
	"unregister_netdevice", "scheduling while atomic",
};

/* Lines with one of those words and no report. */
static const char *const harmless[] = {
	"kmemleak: Kernel memory leak detector initialized",
	"kmemleak: Automatic memory scanning thread",
	"KernelAddressSanitizer initialized",
	/* Most are of the rest of the kernel: tests/debug-kernel/watch knows which are ours. */
	"BUG: KCSAN",
};

/*
 * A doorbell's interrupt is an IPI. When it is still on its way to another CPU as its
 * irq is freed, which takes emulated CPUs that stand still for a while, x86 and the
 * irq core drop it, after a word in the log. With one CPU there is no such way.
 */
static const char *const late[] = {
	"No irq handler for vector", "unexpected IRQ trap",
};

static unsigned long read_taint(void)
{
	FILE *file = fopen("/proc/sys/kernel/tainted", "r");
	unsigned long taint = 0;

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%lu", &taint), 1);
	fclose(file);
	return taint & (TAINT_BAD_PAGE | TAINT_DIE | TAINT_WARN | TAINT_SOFTLOCKUP);
}

void journal_start(struct journal *journal)
{
	journal->taint = read_taint();
	journal->kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_true(journal->kmsg >= 0);
	lseek(journal->kmsg, 0, SEEK_END);
}

#define HAS(line, words)	has(line, words, sizeof(words) / sizeof((words)[0]))

static bool has(const char *line, const char *const *words, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		if (strstr(line, words[i]))
			return true;
	return false;
}

static bool is_report(const char *line)
{
	if (HAS(line, late))
		return get_nprocs() == 1;
	return HAS(line, reports) && !HAS(line, harmless);
}

unsigned int journal_end(struct journal *journal, const char *but)
{
	unsigned int found = 0, excepted = 0, context = 0, dropped = 0;
	char record[8192];
	ssize_t len;

	/* EPIPE: records were overwritten before we came. */
	while ((len = read(journal->kmsg, record, sizeof(record) - 1)) > 0 ||
	       (len < 0 && errno == EPIPE)) {
		char *text;

		if (len < 0)
			continue;
		record[len] = '\0';
		text = strchr(record, ';');
		text = text ? text + 1 : record;
		text[strcspn(text, "\n")] = '\0';
		dropped += HAS(text, late);
		if (is_report(text)) {
			if (but && strstr(text, but)) {
				excepted++;
				context = 0;
			} else {
				/* The first ones whole, and of all the first line. */
				context = found++ < 5 ? 30 : 1;
			}
		}
		if (context) {
			context--;
			if (strstr(text, "iommu group") || strstr(text, "MDEV:"))
				continue;
			fprintf(stderr, "kernel: %s\n", text);
		}
	}
	close(journal->kmsg);
	if (dropped)
		printf("kernel: %u interrupts came after their irq was freed\n", dropped);
	if (excepted)
		printf("kernel: %u warnings with \"%s\", which is none of ours\n", excepted, but);
	if (!found && !excepted && read_taint() != journal->taint) {
		fprintf(stderr, "kernel: tainted by a warning, %#lx\n", read_taint());
		found++;
	}
	return found;
}
