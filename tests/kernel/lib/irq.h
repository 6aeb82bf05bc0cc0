/* SPDX-License-Identifier: GPL-2.0-only */
/* Where interrupts go, as /proc has it. */
#ifndef KERNEL_TEST_IRQ_H
#define KERNEL_TEST_IRQ_H

/* Return: 0 or an errno. */
int write_text(const char *path, const char *text);
/* To one CPU. Return: 0 or an errno, EBUSY while the move before is not over. */
int irq_set_affinity(unsigned int irq, unsigned int cpu);
/* Where the kernel says that it goes now. */
unsigned int irq_effective_cpu(unsigned int irq);

#endif /* KERNEL_TEST_IRQ_H */
