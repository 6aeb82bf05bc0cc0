// SPDX-License-Identifier: GPL-2.0-only
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
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
	"No irq handler for vector", "unregister_netdevice", "scheduling while atomic",
	"Call Trace:",
};

/* Lines with one of those words and no report. */
static const char *const harmless[] = {
	"kmemleak: Kernel memory leak detector initialized",
	"kmemleak: Automatic memory scanning thread",
	"KernelAddressSanitizer initialized",
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

static int is_report(const char *line)
{
	for (unsigned int i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		if (strstr(line, harmless[i]))
			return 0;
	for (unsigned int i = 0; i < sizeof(reports) / sizeof(reports[0]); i++)
		if (strstr(line, reports[i]))
			return 1;
	return 0;
}

unsigned int journal_end(struct journal *journal)
{
	unsigned int found = 0, context = 0;
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
		if (is_report(text)) {
			found++;
			context = 60;
		}
		if (context) {
			context--;
			fprintf(stderr, "kernel: %s\n", text);
		}
	}
	close(journal->kmsg);
	if (!found && read_taint() != journal->taint) {
		fprintf(stderr, "kernel: tainted by a warning, %#lx\n", read_taint());
		found++;
	}
	return found;
}
