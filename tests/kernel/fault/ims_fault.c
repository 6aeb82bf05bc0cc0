// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fault injection for kernels which are built without CONFIG_FAULT_INJECTION, as
 * distributions' are: the n-th call of one task to any function that can fail,
 * of those below, fails. It is what failslab and fail_function do, and done the
 * way fail_function does it: by a kprobe that returns in the function's place.
 *
 * In /sys/kernel/debug/ims_fault/:
 *
 * - nth: writing N arms the N-th call of the task that wrote it, 0 disarms;
 *   reading gives how many calls are left, 0 if the fault has happened.
 * - last: the function that failed last and who had called it.
 *
 * For tests only, with one CPU: probes are never removed while they run.
 */
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/uaccess.h>

static struct task_struct *fault_task;
static unsigned long fault_left;
static const char *fault_symbol;
static unsigned long fault_caller;

struct fault_probe {
	struct kprobe	kprobe;
	long		value;
	bool		registered;
};

#define FAULT(_symbol, _value)	\
	{ .kprobe = { .symbol_name = _symbol }, .value = _value }

/* Names of 6.12 and of 6.1; a kernel has some of them. */
static struct fault_probe fault_probes[] = {
	/* Allocations: NULL. */
	FAULT("__kmalloc_noprof", 0),
	FAULT("__kmalloc_cache_noprof", 0),
	FAULT("__kmalloc_cache_node_noprof", 0),
	FAULT("__kmalloc_node_noprof", 0),
	FAULT("__kmalloc_node_track_caller_noprof", 0),
	FAULT("kmem_cache_alloc_noprof", 0),
	FAULT("kmem_cache_alloc_lru_noprof", 0),
	FAULT("kmem_cache_alloc_node_noprof", 0),
	FAULT("pcpu_alloc_noprof", 0),
	FAULT("__kmalloc", 0),
	FAULT("kmalloc_trace", 0),
	FAULT("kmalloc_node_trace", 0),
	FAULT("__kmalloc_node", 0),
	FAULT("__kmalloc_node_track_caller", 0),
	FAULT("kmem_cache_alloc", 0),
	FAULT("kmem_cache_alloc_lru", 0),
	FAULT("kmem_cache_alloc_node", 0),
	FAULT("__alloc_percpu", 0),
	/* What the bind path asks other parts of the kernel for. */
	FAULT("__irq_domain_alloc_irqs", -ENOSPC),
	FAULT("request_threaded_irq", -ENOSPC),
	FAULT("irq_bypass_register_producer", -EBUSY),
};

/* Where a failing function goes on, with the stack and the registers of its call. */
static noinline notrace void fault_return(void)
{
	asm volatile("");
}

static int fault_pre_handler(struct kprobe *kprobe, struct pt_regs *regs)
{
	struct fault_probe *probe = container_of(kprobe, struct fault_probe, kprobe);

	if (current != READ_ONCE(fault_task) || !in_task() || !fault_left || --fault_left)
		return 0;

	fault_symbol = kprobe->symbol_name;
	fault_caller = *(unsigned long *)regs->sp;
	regs->ax = probe->value;
	regs->ip = (unsigned long)fault_return;
	return 1;
}
NOKPROBE_SYMBOL(fault_pre_handler);

/* That there is one tells kprobes that the other one may change the path. */
static void fault_post_handler(struct kprobe *kprobe, struct pt_regs *regs,
			       unsigned long flags)
{
}
NOKPROBE_SYMBOL(fault_post_handler);

/* Without a lock or an allocation: the fault is not for this call. */
static ssize_t fault_nth_read(struct file *file, char __user *buf, size_t count,
			      loff_t *ppos)
{
	char text[24];
	int len = scnprintf(text, sizeof(text), "%lu\n", fault_left);

	return simple_read_from_buffer(buf, count, ppos, text, len);
}

static ssize_t fault_nth_write(struct file *file, const char __user *buf, size_t count,
			       loff_t *ppos)
{
	unsigned long value;
	int ret = kstrtoul_from_user(buf, count, 0, &value);

	if (ret)
		return ret;
	WRITE_ONCE(fault_task, NULL);
	fault_left = value;
	if (value)
		WRITE_ONCE(fault_task, current);
	return count;
}

static const struct file_operations fault_nth_fops = {
	.owner	= THIS_MODULE,
	.open	= simple_open,
	.read	= fault_nth_read,
	.write	= fault_nth_write,
	.llseek	= default_llseek,
};

static int fault_last_show(struct seq_file *m, void *unused)
{
	if (fault_symbol)
		seq_printf(m, "%s called by %pS\n", fault_symbol, (void *)fault_caller);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(fault_last);

static struct dentry *fault_debugfs;

static void fault_unregister(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fault_probes); i++) {
		if (fault_probes[i].registered)
			unregister_kprobe(&fault_probes[i].kprobe);
	}
}

static int __init fault_init(void)
{
	unsigned int i, allocators = 0;
	int ret;

	for (i = 0; i < ARRAY_SIZE(fault_probes); i++) {
		struct fault_probe *probe = &fault_probes[i];

		probe->kprobe.pre_handler = fault_pre_handler;
		probe->kprobe.post_handler = fault_post_handler;
		ret = register_kprobe(&probe->kprobe);
		probe->registered = !ret;
		if (ret && ret != -ENOENT) {
			pr_err("ims_fault: %s: %d\n", probe->kprobe.symbol_name, ret);
			goto err;
		}
		allocators += !ret && !probe->value;
	}
	ret = -ENOENT;
	if (!allocators)
		goto err;

	fault_debugfs = debugfs_create_dir("ims_fault", NULL);
	debugfs_create_file("nth", 0600, fault_debugfs, NULL, &fault_nth_fops);
	debugfs_create_file("last", 0400, fault_debugfs, NULL, &fault_last_fops);
	return 0;
err:
	fault_unregister();
	return ret;
}

static void __exit fault_exit(void)
{
	debugfs_remove(fault_debugfs);
	fault_unregister();
}

module_init(fault_init);
module_exit(fault_exit);

MODULE_DESCRIPTION("Fault injection for the tests of the IMS library");
MODULE_LICENSE("GPL");
