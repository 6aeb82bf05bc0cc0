/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What of the system decides how much can be measured.
 */
#ifndef IMSTRACE_SOURCE_ENVIRONMENT_H
#define IMSTRACE_SOURCE_ENVIRONMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/utsname.h>

/*
 * X(ENUM, name, what for): the capabilities that matter. The name is libcap's.
 */
#define ENVIRONMENT_CAPABILITIES(X)							\
	X(SYS_ADMIN,	"cap_sys_admin",	"includes the next two; BTF of modules, --overhead") \
	X(BPF,		"cap_bpf",		"needed: loads programs")			\
	X(PERFMON,	"cap_perfmon",		"needed: attaches them")			\
	X(SYS_RESOURCE,	"cap_sys_resource",	"not needed")

/* X(ENUM, module, one of its functions, what for) */
#define ENVIRONMENT_MODULES(X)								\
	X(KVM,		"kvm",		 "kvm_vcpu_kick",				\
	  "guests: the hops accept, inject and eoi")					\
	X(IRQBYPASS,	"irqbypass",	 "irq_bypass_register_producer",		\
	  "bypass steps")								\
	X(VFIO_PCI,	"vfio_pci_core", "vfio_pci_core_register_device",		\
	  "plain PCI devices")								\
	X(VFIO_IMS,	"vfio_ims",	 "vfio_ims_init",				\
	  "devices of the IMS library")

/* X(ENUM, module, parameter, what it says): within what is left of 80 columns. */
#define ENVIRONMENT_PARAMETERS(X)							\
	X(APICV,   kvm_intel, enable_apicv, "Y: the CPU delivers; no inject, no eoi")	\
	X(IPIV,    kvm_intel, enable_ipiv,  "Y: IPIs of guests pass by KVM")		\
	X(AVIC,    kvm_amd,   avic,	    "Y: the CPU delivers; no inject, no eoi")	\
	X(POSTING, kvm, enable_device_posted_irqs, "Y: the IOMMU may post, past all")	\
	X(POLLING, kvm, halt_poll_ns,	    "ns: a shorter halt has no stage wake")

enum {
#define X(ENUM, ...) CAPABILITY_##ENUM,
	ENVIRONMENT_CAPABILITIES(X)
#undef X
	CAPABILITY_COUNT
};

enum {
#define X(ENUM, ...) MODULE_##ENUM,
	ENVIRONMENT_MODULES(X)
#undef X
	MODULE_COUNT
};

enum {
#define X(ENUM, ...) PARAMETER_##ENUM,
	ENVIRONMENT_PARAMETERS(X)
#undef X
	PARAMETER_COUNT
};

/**
 * struct environment - the system imstrace runs on
 * @kernel:	as uname(2) has it
 * @btf:	the kernel's own types can be read
 * @capabilities: by CAPABILITY_…: this process has it
 * @modules:	by MODULE_…: it is loaded, or built in
 * @parameters: by PARAMETER_…: its value; "": the module, or this kernel's, has none
 * @apicv:	APICv or AVIC is allowed, so that the CPU itself may deliver
 * @posting:	and the IOMMU may post to guests, or it can't be told that it does not
 * @threadirqs:	handlers of irqs are threads: threadirqs, or PREEMPT_RT
 * @preemptible: programs at tracepoints may be preempted
 */
struct environment {
	struct utsname kernel;
	bool btf;
	bool capabilities[CAPABILITY_COUNT];
	bool modules[MODULE_COUNT];
	char parameters[PARAMETER_COUNT][16];
	bool apicv;
	bool posting;
	bool threadirqs;
	bool preemptible;
};

struct live_options;

/* All but the modules. */
void environment_read(struct environment *environment);
/* Slower: see kernel_has_function(). */
void environment_read_modules(struct environment *environment);

/*
 * Whether the kernel, or a module that is loaded, has this function. Reads the list of all:
 * some 50 ms.
 */
bool kernel_has_function(const char *name);
/* Whether a module is loaded, or built in; as slow if it is not loaded. */
bool module_there(size_t module);

/* Whether the kernel is locked down so far that no BPF program may read its memory. */
bool kernel_is_confidential(void);

/* The first character of a file of the kernel's settings, such as '0' or 'Y'; EOF: can't be read. */
int kernel_setting(const char *path);

/*
 * Reads it, and whether anything of @options can be followed at all. Return: 0 or an exit code,
 * reported.
 */
int environment_check(struct environment *environment, const struct live_options *options);

const char *capability_name(size_t capability);
const char *capability_what(size_t capability);
const char *module_name(size_t module);
const char *module_what(size_t module);
/* As "kvm_amd.avic". */
const char *parameter_name(size_t parameter);
const char *parameter_what(size_t parameter);

#endif /* IMSTRACE_SOURCE_ENVIRONMENT_H */
