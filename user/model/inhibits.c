// SPDX-License-Identifier: GPL-2.0-only
#include "inhibits.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#define PREFIX	"APICV_INHIBIT_REASON_"

/*
 * As of 7.3: arch/x86/include/asm/kvm_host.h says what each means, and whether it is of Intel's, AMD's or both.
 * The options are QEMU's, which most have; docs/system/i386/hyperv.rst and qemu -device help have them.
 */
static const struct {
	const char *name, *what, *remedy;
} inhibits[] = {
	{ "disabled", "KVM's module has it switched off, or the CPU has none",
	  "modprobe kvm_intel enable_apicv=1, or kvm_amd avic=1" },
	{ "hyperv", "the guest uses AutoEOI of Hyper-V's synthetic interrupt controller",
	  "QEMU: -cpu ...,hv-avic=on, by which the guest is told not to" },
	{ "absent", "the VMM has the local APICs, or has not made KVM's yet",
	  "QEMU: -machine kernel-irqchip=on, or split" },
	{ "blockirq", "a debugger of the VMM holds interrupts back (KVM_GUESTDBG_BLOCKIRQ)",
	  "end the debugging" },
	{ "physical_id_aliased", "two vCPUs have the same APIC id", NULL },
	{ "apic_id_modified", "the guest has changed the id of an APIC", NULL },
	{ "apic_base_modified", "the guest has moved the registers of an APIC", NULL },
	{ "nested", "a guest of this guest runs, or may (AVIC)", "run without nested guests" },
	{ "irqwin", "an interrupt of the guest's PIC waits for a window (AVIC): this passes", NULL },
	{ "pit_reinj", "KVM's PIT makes up for lost ticks (AVIC)",
	  "QEMU: -global kvm-pit.lost_tick_policy=discard, or -machine pit=off" },
	{ "sev", "the VM is one of SEV, with which AVIC does not work", NULL },
	{ "logical_id_aliased", "two vCPUs have the same logical APIC id (AVIC)", NULL },
	{ "physical_id_too_big", "a vCPU has an APIC id that is too large for AVIC's table",
	  "fewer vCPUs, or smaller APIC ids" },
};

void inhibit_name(char name[INHIBIT_NAME_LEN], const char *of_kernel)
{
	size_t i = 0;

	if (!strncmp(of_kernel, PREFIX, strlen(PREFIX)))
		of_kernel += strlen(PREFIX);
	/* Before 6.9. */
	if (!strcmp(of_kernel, "DISABLE"))
		of_kernel = "DISABLED";
	for (; of_kernel[i] && i < INHIBIT_NAME_LEN - 1; i++)
		name[i] = tolower((unsigned char)of_kernel[i]);
	name[i] = '\0';
}

const char *inhibit_what(const char *name)
{
	for (size_t i = 0; i < sizeof(inhibits) / sizeof(inhibits[0]); i++)
		if (!strcmp(inhibits[i].name, name))
			return inhibits[i].what;
	return NULL;
}

const char *inhibit_remedy(const char *name)
{
	for (size_t i = 0; i < sizeof(inhibits) / sizeof(inhibits[0]); i++)
		if (!strcmp(inhibits[i].name, name))
			return inhibits[i].remedy;
	return NULL;
}
