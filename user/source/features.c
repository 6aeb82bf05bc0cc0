// SPDX-License-Identifier: GPL-2.0-only
#include "features.h"

/* By either way of attaching them. */
#define BYPASS_KPROBES	{						\
	{ "bypass_register_kretprobe", "irq_bypass_register_producer" },	\
	{ "bypass_register_kprobe", "irq_bypass_register_producer" },		\
	{ "bypass_unregister_kprobe", "irq_bypass_unregister_producer" },	\
}
#define IRQFD_KPROBES	{						\
	{ "shutdown_kprobe", "irqfd_shutdown" },			\
	{ "wakeup_kprobe", "kvm_arch_set_irq_inatomic" },		\
}
#define IOCTL_KPROBES	{						\
	{ "line_kprobe", "kvm_vm_ioctl_irq_line" },			\
	{ "msi_kprobe", "kvm_send_userspace_msi" },			\
}
#define RESET_KPROBES	{ { "vcpu_reset", "kvm_lapic_reset" }, { "vcpu_state", "kvm_apic_set_state" } }

const struct feature features[FEATURE_COUNT] = {
	[FEATURE_IMS_VECTORS] = {
		"vectors of vfio-ims", HOP_COUNT, false,
		"vectors of the IMS library (modprobe vfio-ims before imstrace)",
		{ { RAW_TRACEPOINT, NULL, {
#define X(ENUM, name, system) { #name, #system "_" #name },
			IMSTRACE_LIFECYCLE(X)
#undef X
		} } },
	},
	[FEATURE_PCI_VECTORS] = {
		"vectors of vfio-pci", HOP_COUNT, false,
		"the life of plain vfio-pci devices' vectors, and all that are bound later",
		{
			{ FENTRY, NULL, { { "free_fexit", "free_irq" },
					  { "request_fexit", "request_threaded_irq" },
					  { "request_fentry", "request_threaded_irq" } } },
			{ KPROBE, NULL, { { "free_kretprobe", "free_irq" },
					  { "free_kprobe", "free_irq" },
					  { "request_kretprobe", "request_threaded_irq" },
					  { "request_kprobe", "request_threaded_irq" } } },
			{ NAMES, NULL, { { NULL, "/sys/kernel/irq" } } },
		},
	},
	[FEATURE_PCI_BYPASS] = {
		"bypass of vfio-pci", HOP_COUNT, false, "bypass steps of plain vfio-pci devices",
		{
			{ FENTRY, "irqbypass",
			  { { "bypass_register_fexit", "irq_bypass_register_producer" },
			    { "bypass_unregister_fentry", "irq_bypass_unregister_producer" } } },
			{ KPROBE, "irqbypass", BYPASS_KPROBES },
			{ KPROBE_MULTI, "irqbypass", BYPASS_KPROBES },
		},
	},
	[FEATURE_POSTING] = {
		"posting", HOP_COUNT, true, "a vector that the IOMMU posts looks idle",
		{ { RAW_TRACEPOINT, NULL, { { "inhibition", "kvm_apicv_inhibit_changed", true },
					    { "posting", "kvm_pi_irte_update" } } } },
	},
	[FEATURE_IRQ] = {
		"irq", HOP_IRQ, false, "stages handler, delivery and total",
		{ { RAW_TRACEPOINT, NULL, { { "irq_exit", "irq_handler_exit" },
					    { "irq_entry", "irq_handler_entry" } } } },
	},
	[FEATURE_IMS_SIGNAL] = {
		"signal of vfio-ims", HOP_SIGNAL, false,
		"all that vectors of the IMS library do after their handler",
		{ { RAW_TRACEPOINT, NULL, { { "signal", "vfio_ims_signal" } } } },
	},
	[FEATURE_PCI_SIGNAL] = {
		"signal of vfio-pci", HOP_SIGNAL, false,
		"stages handler and irqfd of plain vfio-pci devices",
		{
			/* The one that vfio-pci calls is inlined since 6.8: then it has no BTF. */
			{ FENTRY, NULL, { { "signal_fentry", "eventfd_signal" } } },
			{ FENTRY, NULL, { { "signal_mask_fentry", "eventfd_signal_mask" } } },
			{ KPROBE, NULL, { { "signal_kprobe", "eventfd_signal" } } },
			{ KPROBE, NULL, { { "signal_mask_kprobe", "eventfd_signal_mask" } } },
		},
	},
	[FEATURE_IRQFD_SIGNAL] = {
		"signal of irqfds", HOP_SIGNAL, true,
		"interrupts of vhost, virtio and all else that no vfio device raises",
		{
			{ FENTRY, "kvm", { { "shutdown_fentry", "irqfd_shutdown" },
					   { "wakeup_fentry", "kvm_arch_set_irq_inatomic" } } },
			{ KPROBE, "kvm", IRQFD_KPROBES },
			{ KPROBE_MULTI, "kvm", IRQFD_KPROBES },
		},
	},
	[FEATURE_IOCTLS] = {
		"ioctls of VMMs", HOP_SIGNAL, true,
		"messages and lines that a VMM raises itself (KVM_SIGNAL_MSI, KVM_IRQ_LINE)",
		{
			{ FENTRY, "kvm", { { "line_fentry", "kvm_vm_ioctl_irq_line" },
					   { "msi_fentry", "kvm_send_userspace_msi" } } },
			{ KPROBE, "kvm", IOCTL_KPROBES },
			{ KPROBE_MULTI, "kvm", IOCTL_KPROBES },
		},
	},
	[FEATURE_READS] = {
		"reads by VMMs", HOP_COUNT, true,
		"stage detour: what a VMM reads, and sends on by KVM_SIGNAL_MSI, ends at the signal",
		{
			{ FENTRY, NULL, { { "read_fexit", "eventfd_read" } } },
			{ KPROBE, NULL, { { "read_kretprobe", "eventfd_read" },
					  { "read_kprobe", "eventfd_read" } } },
		},
	},
	[FEATURE_LINES] = {
		"lines at the IOAPIC", HOP_COUNT, true,
		"what raises a line that is up already counts as not accepted",
		{ { RAW_TRACEPOINT, NULL, { { "line_set", "kvm_ioapic_set_irq" } } } },
	},
	[FEATURE_ACCEPT] = {
		"accept", HOP_ACCEPT, true, "everything in the guest",
		{ { RAW_TRACEPOINT, NULL, { { "accept", "kvm_apic_accept_irq" } } } },
	},
	[FEATURE_QUEUE] = {
		"KVM's workqueue", HOP_COUNT, true,
		"broadcasts, and signals before there is an irqfd, are not followed to the guest",
		{
			{ KPROBE, "kvm", { { "delivery_kprobe", "irqfd_inject" } } },
			{ KPROBE_MULTI, "kvm", { { "delivery_kprobe", "irqfd_inject" } } },
			{ RAW_TRACEPOINT, NULL, { { "delivery_work", "workqueue_execute_start" } } },
		},
	},
	[FEATURE_APICV] = {
		"APICv and AVIC", HOP_COUNT, true,
		"what the CPU itself delivers is taken to be pending for ever",
		{ { RAW_TRACEPOINT, NULL, { { "apicv_accept", "kvm_apicv_accept_irq" } } } },
	},
	[FEATURE_DELIVERY] = {
		"delivery by the CPU", HOP_COUNT, true,
		"with APICv or AVIC, what merges or waits counts as delivered (hardware)",
		{ { RAW_TRACEPOINT, NULL, { { "vcpu_exit", "kvm_exit" } } } },
	},
	[FEATURE_THREADS] = {
		"vCPUs' threads", HOP_COUNT, true,
		"stages wake and run are in enter: what a vCPU that is on no CPU waits for",
		{
			{ FENTRY, "kvm", { { "sched_out_fentry", "kvm_sched_out" },
					   { "sched_in_fentry", "kvm_sched_in" } } },
			{ RAW_TRACEPOINT, NULL, { { "thread_switch", "sched_switch" } } },
		},
	},
	[FEATURE_WAKEUPS] = {
		"wake-ups of vCPUs", HOP_COUNT, true, "stage wake is in run",
		{ { RAW_TRACEPOINT, NULL, { { "thread_woken", "sched_wakeup" } } } },
	},
	[FEATURE_ENTER] = {
		"enter", HOP_ENTER, true, "the parts of deliver: stages wake, run, enter and window",
		{ { RAW_TRACEPOINT, NULL, { { "vcpu_enter", "kvm_entry" } } } },
	},
	[FEATURE_INJECT] = {
		"inject", HOP_INJECT, true, "stages deliver, service, delivery and total",
		{ { RAW_TRACEPOINT, NULL, { { "inject", "kvm_inj_virq" } } } },
	},
	[FEATURE_EOI] = {
		"eoi", HOP_EOI, true, "stages service and total",
		{ { RAW_TRACEPOINT, NULL, { { "pv_eoi", "kvm_pv_eoi", true },
					    { "eoi", "kvm_eoi" } } } },
	},
	[FEATURE_UNMASK] = {
		"unmask of INTx", HOP_UNMASK, false, "stage masked of INTx lines",
		{
			{ FENTRY, NULL, { { "enable_fentry", "enable_irq" },
					  { "unmask_fexit", "pci_check_and_unmask_intx" } } },
			{ KPROBE, NULL, { { "enable_kprobe", "enable_irq" },
					  { "unmask_kretprobe", "pci_check_and_unmask_intx" },
					  { "unmask_kprobe", "pci_check_and_unmask_intx" } } },
		},
	},
	[FEATURE_VCPU_RESETS] = {
		"vCPU resets", HOP_COUNT, true,
		"what is pending in a VM that is reset is timed up to the next of its vector",
		{
			{ KPROBE, "kvm", RESET_KPROBES },
			{ KPROBE_MULTI, "kvm", RESET_KPROBES },
		},
	},
	[FEATURE_VCPU_ENDS] = {
		"vCPU ends", HOP_COUNT, true,
		"what is pending in a VM that is destroyed stays in flight",
		{
			{ KPROBE, "kvm", { { "vcpu_free", "kvm_free_lapic" } } },
			{ KPROBE_MULTI, "kvm", { { "vcpu_free", "kvm_free_lapic" } } },
			/* That of its process. */
			{ RAW_TRACEPOINT, NULL, { { "process_free", "sched_process_free" } } },
		},
	},
};

const char *way_name(enum way way)
{
	static const char *const names[] = {
		[RAW_TRACEPOINT] = "raw_tp", [FENTRY] = "fentry", [KPROBE] = "kprobe",
		[KPROBE_MULTI] = "kprobe.multi", [NAMES] = "names in",
	};

	return names[way];
}

size_t rung_size(const struct rung *rung)
{
	size_t count = 0;

	while (count < MAX_PROGRAMS && rung->probes[count].target)
		count++;
	return count;
}
