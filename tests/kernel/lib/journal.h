/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel has complained about. */
#ifndef KERNEL_TEST_JOURNAL_H
#define KERNEL_TEST_JOURNAL_H

struct journal {
	int kmsg;
	unsigned long taint;
};

/* From now on. */
void journal_start(struct journal *journal);
/*
 * Prints every report of a bug since then, but for those whose first line has the word
 * @but, or NULL. Return: their number.
 */
unsigned int journal_end(struct journal *journal, const char *but);

#endif /* KERNEL_TEST_JOURNAL_H */
