// SPDX-License-Identifier: GPL-2.0-only
/*
 * Delays of a known length: each call of a function, of those that the parameter names,
 * begins so much later. By a kprobe at the function's entry that waits.
 *
 *	insmod ims-delay.ko functions=kvm:irqfd_wakeup,vfio_ims:vfio_ims_handler
 *
 * In /sys/kernel/debug/ims_delay/, a file for each function:
 *
 * - writing N has each call wait for N us from now on, 0 for none, and clears what is told;
 * - reading tells of each delay from when to when it was, in ns of CLOCK_MONOTONIC as BPF
 *   programs read it (bpf_ktime_get_ns()). When there is no room to tell of more, no more
 *   calls wait.
 *
 * For tests only. The wait is with preemption off, and with interrupts off where the
 * function's caller has them off.
 */
#include <linux/atomic.h>
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>

#define MAX_FUNCTIONS	4
#define MAX_DELAYS	1024
/* Longer, and the kernel takes the CPU to be stuck. */
#define MAX_DELAY_US	1000000

static char *functions[MAX_FUNCTIONS];
static int nr_functions;
module_param_array(functions, charp, &nr_functions, 0444);
MODULE_PARM_DESC(functions, "Functions to delay, as MODULE:FUNCTION");

struct delay {
	u64 from;
	u64 to;
};

struct delay_probe {
	struct kprobe	kprobe;
	u64		length;		/* ns, 0: none */
	atomic_t	count;
	struct delay	delays[MAX_DELAYS];
};

static struct delay_probe delay_probes[MAX_FUNCTIONS];
static struct dentry *delay_debugfs;

static int delay_pre_handler(struct kprobe *kprobe, struct pt_regs *regs)
{
	struct delay_probe *probe = container_of(kprobe, struct delay_probe, kprobe);
	u64 length = READ_ONCE(probe->length), from, now;
	unsigned int index;

	if (!length)
		return 0;
	index = atomic_fetch_add_unless(&probe->count, 1, MAX_DELAYS);
	if (index == MAX_DELAYS)
		return 0;
	from = ktime_get_mono_fast_ns();
	do {
		cpu_relax();
		now = ktime_get_mono_fast_ns();
	} while (now - from < length);
	probe->delays[index].from = from;
	probe->delays[index].to = now;
	return 0;
}
NOKPROBE_SYMBOL(delay_pre_handler);

static int delay_show(struct seq_file *m, void *unused)
{
	struct delay_probe *probe = m->private;
	int count = atomic_read(&probe->count), i;

	for (i = 0; i < count; i++)
		seq_printf(m, "%llu %llu\n", probe->delays[i].from, probe->delays[i].to);
	return 0;
}

static int delay_open(struct inode *inode, struct file *file)
{
	return single_open(file, delay_show, inode->i_private);
}

static ssize_t delay_write(struct file *file, const char __user *buf, size_t count, loff_t *ppos)
{
	struct delay_probe *probe = ((struct seq_file *)file->private_data)->private;
	unsigned int us;
	int ret = kstrtouint_from_user(buf, count, 0, &us);

	if (ret)
		return ret;
	if (us > MAX_DELAY_US)
		return -EINVAL;
	WRITE_ONCE(probe->length, 0);
	/* A call that waits now would be told of among those to come. */
	synchronize_rcu();
	atomic_set(&probe->count, 0);
	WRITE_ONCE(probe->length, (u64)us * NSEC_PER_USEC);
	return count;
}

static const struct file_operations delay_fops = {
	.owner		= THIS_MODULE,
	.open		= delay_open,
	.read		= seq_read,
	.write		= delay_write,
	.llseek		= seq_lseek,
	.release	= single_release,
};

static int __init delay_init(void)
{
	int ret = -EINVAL, i;

	if (!nr_functions)
		return ret;
	for (i = 0; i < nr_functions; i++) {
		delay_probes[i].kprobe.symbol_name = functions[i];
		delay_probes[i].kprobe.pre_handler = delay_pre_handler;
		ret = register_kprobe(&delay_probes[i].kprobe);
		if (ret) {
			pr_err("ims_delay: %s: %d\n", functions[i], ret);
			goto err;
		}
	}
	delay_debugfs = debugfs_create_dir("ims_delay", NULL);
	for (i = 0; i < nr_functions; i++)
		debugfs_create_file(functions[i], 0600, delay_debugfs, &delay_probes[i],
				    &delay_fops);
	return 0;
err:
	while (i--)
		unregister_kprobe(&delay_probes[i].kprobe);
	return ret;
}

static void __exit delay_exit(void)
{
	int i;

	debugfs_remove(delay_debugfs);
	for (i = 0; i < nr_functions; i++)
		unregister_kprobe(&delay_probes[i].kprobe);
}

module_init(delay_init);
module_exit(delay_exit);

MODULE_DESCRIPTION("Planted delays for the tests of imstrace");
MODULE_LICENSE("GPL");
