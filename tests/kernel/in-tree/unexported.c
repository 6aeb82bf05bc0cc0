// SPDX-License-Identifier: GPL-2.0-only
/*
 * What irq-ims-msi.c has in the tree and a module has not: see unexported.h. And what the
 * series changes in x86: the template's callbacks stay, once x86 has replaced them.
 */
#define UNEXPORTED_C
#include "unexported.h"

#include <linux/kprobes.h>
#include <linux/module.h>

#define DEFINE_POINTER(name)	typeof(name) *unexported_##name;
UNEXPORTED(DEFINE_POINTER)

/* Those of irq-ims-msi.c, the same for all domains. */
static typeof(((struct msi_domain_ops *)0)->msi_init) template_init;
static typeof(((struct irq_chip *)0)->irq_set_affinity) template_set_affinity;

static int unexported_init(struct irq_domain *domain, struct msi_domain_info *info,
			   unsigned int irq, irq_hw_number_t hwirq, msi_alloc_info_t *arg)
{
	const struct irq_chip *template = info->chip_data;

	info->chip->irq_set_affinity = template_set_affinity;
	info->chip->irq_retrigger = template->irq_retrigger;
	return template_init(domain, info, irq, hwirq, arg);
}

/* The copy of the chip is leaked with the domain: this is for throw-away machines. */
bool unexported_create(struct device *dev, unsigned int domid,
		       const struct msi_domain_template *template, unsigned int hwsize,
		       void *domain_data, void *chip_data)
{
	struct msi_domain_template changed = *template;

	template_init = template->ops.msi_init;
	template_set_affinity = template->chip.irq_set_affinity;
	changed.ops.msi_init = unexported_init;
	chip_data = kmemdup(&template->chip, sizeof(template->chip), GFP_KERNEL);
	return chip_data && unexported_msi_create_device_irq_domain(dev, domid, &changed, hwsize,
								    domain_data, chip_data);
}

static int __init unexported_find(void)
{
	struct kprobe probe = { .symbol_name = "kallsyms_lookup_name" };
	unsigned long (*lookup)(const char *name);
	int ret = register_kprobe(&probe);

	if (ret)
		return ret;
	lookup = (void *)probe.addr;
	unregister_kprobe(&probe);

#define FIND(name)							\
	unexported_##name = (void *)lookup(#name);			\
	if (!unexported_##name)						\
		return -ENOENT;
	UNEXPORTED(FIND)
	return 0;
}
module_init(unexported_find);

static void __exit unexported_forget(void)
{
}
module_exit(unexported_forget);

MODULE_DESCRIPTION("Interrupt Message Store interrupt chip, as in the tree");
MODULE_LICENSE("GPL");
