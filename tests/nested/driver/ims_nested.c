// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest driver for the sample's virtual device (ims_sample.h): takes all of its
 * MSI-X vectors, rings the doorbell of each and waits for the interrupt, many
 * times, one vector after the other. It has done so when insmod returns. Then
 * the console has what happened, as one line of JSON, and /proc/interrupts has the
 * kernel's own count of "ims_nested-VECTOR".
 */
#include <linux/completion.h>
#include <linux/device.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "ims_sample.h"

static unsigned int rings = 100;
module_param(rings, uint, 0444);
MODULE_PARM_DESC(rings, "How often to ring the doorbell of each vector");

static unsigned int patience = 5000;
module_param(patience, uint, 0444);
MODULE_PARM_DESC(patience, "ms to wait for an interrupt");

struct ims_nested_vector {
	struct completion	handled;
	unsigned int		number;
	unsigned int		rung;
	unsigned int		seen;
};

struct ims_nested {
	struct pci_dev			*pdev;
	void __iomem			*registers;
	unsigned int			nvec;
	struct ims_nested_vector	vectors[] __counted_by(nvec);
};

static irqreturn_t ims_nested_handle(int irq, void *data)
{
	struct ims_nested_vector *v = data;

	v->seen++;
	complete(&v->handled);
	return IRQ_HANDLED;
}

static int ims_nested_request(struct ims_nested *n, struct ims_nested_vector *v)
{
	struct device *dev = &n->pdev->dev;
	char *name;
	int ret;

	name = devm_kasprintf(dev, GFP_KERNEL, "ims_nested-%u", v->number);
	if (!name)
		return -ENOMEM;

	init_completion(&v->handled);
	ret = devm_request_irq(dev, pci_irq_vector(n->pdev, v->number),
			       ims_nested_handle, 0, name, v);
	if (ret)
		dev_err(dev, "vector %u: no irq: %d\n", v->number, ret);
	return ret;
}

/* Return: whether it has been handled. */
static bool ims_nested_ring(struct ims_nested *n, struct ims_nested_vector *v)
{
	v->rung++;
	iowrite32(v->number, n->registers + IMS_SAMPLE_REG_DOORBELL_SOFTWARE);
	if (wait_for_completion_timeout(&v->handled, msecs_to_jiffies(patience)))
		return true;

	dev_err(&n->pdev->dev, "vector %u: interrupt %u did not come\n",
		v->number, v->rung);
	return false;
}

/* As far as it gets: the report tells how far that was. */
static void ims_nested_ring_all(struct ims_nested *n)
{
	unsigned int i, j;

	for (i = 0; i < n->nvec; i++)
		for (j = 0; j < rings; j++)
			if (!ims_nested_ring(n, &n->vectors[i]))
				break;
}

static void ims_nested_report(struct ims_nested *n)
{
	u32 emulated = ioread32(n->registers + IMS_SAMPLE_REG_EMULATED);
	unsigned int i, size = 64 + 32 * n->nvec, used;
	char *text;

	text = kmalloc(size, GFP_KERNEL);
	if (!text)
		return;

	used = scnprintf(text, size, "{\"emulated\":%u,\"rung\":[", emulated);
	for (i = 0; i < n->nvec; i++)
		used += scnprintf(text + used, size - used, "%s%u",
				  i ? "," : "", n->vectors[i].rung);
	used += scnprintf(text + used, size - used, "],\"seen\":[");
	for (i = 0; i < n->nvec; i++)
		used += scnprintf(text + used, size - used, "%s%u",
				  i ? "," : "", n->vectors[i].seen);
	dev_notice(&n->pdev->dev, "%s]}\n", text);
	kfree(text);
}

static int ims_nested_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	int count = pci_msix_vec_count(pdev);
	struct ims_nested *n;
	unsigned int i;
	int ret;

	if (count < 0)
		return count;
	n = devm_kzalloc(&pdev->dev, struct_size(n, vectors, count), GFP_KERNEL);
	if (!n)
		return -ENOMEM;
	n->pdev = pdev;
	n->nvec = count;

	ret = pcim_enable_device(pdev);
	if (ret)
		return ret;
	n->registers = pcim_iomap(pdev, IMS_SAMPLE_REGISTERS_BAR, 0);
	if (!n->registers)
		return -ENOMEM;
	if (ioread32(n->registers + IMS_SAMPLE_REG_VECTORS) != n->nvec)
		return dev_err_probe(&pdev->dev, -ENODEV,
				     "register and MSI-X capability disagree\n");
	pci_set_master(pdev);

	ret = pci_alloc_irq_vectors(pdev, count, count, PCI_IRQ_MSIX);
	if (ret < 0)
		return dev_err_probe(&pdev->dev, ret, "no %d vectors\n", count);
	for (i = 0; i < n->nvec; i++) {
		n->vectors[i].number = i;
		ret = ims_nested_request(n, &n->vectors[i]);
		if (ret)
			return ret;
	}

	ims_nested_ring_all(n);
	ims_nested_report(n);
	return 0;
}

static const struct pci_device_id ims_nested_ids[] = {
	{ PCI_DEVICE(IMS_SAMPLE_VENDOR_ID, IMS_SAMPLE_DEVICE_ID) },
	{ }
};
MODULE_DEVICE_TABLE(pci, ims_nested_ids);

static struct pci_driver ims_nested_driver = {
	.name		= "ims_nested",
	.id_table	= ims_nested_ids,
	.probe		= ims_nested_probe,
};
module_pci_driver(ims_nested_driver);

MODULE_DESCRIPTION("Rings the doorbells of the IMS sample's virtual device");
MODULE_LICENSE("GPL");
