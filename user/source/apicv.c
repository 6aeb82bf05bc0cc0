// SPDX-License-Identifier: GPL-2.0-only
#include "apicv.h"

#include "kernel_layout.h"

#include <unistd.h>

/* struct vcpu_vmx begins with a struct kvm_vcpu (vmx.c asserts it). */
static bool find_in(const struct btf *btf, __u32 *offset)
{
	/* Since 6.16 it shares them with TDX's vCPUs, in a struct vcpu_vt. */
	static const char *const paths[] = { "pi_desc.pir", "vt.pi_desc.pir" };
	int id = btf ? btf__find_by_name_kind(btf, "vcpu_vmx", BTF_KIND_STRUCT) : -1;
	struct place place;

	for (size_t i = 0; id >= 0 && i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (!layout_find(btf, btf__type_by_id(btf, id), paths[i], &place))
			continue;
		*offset = place.offset;
		return true;
	}
	return false;
}

const char *apicv_find_requests(__u32 *offset)
{
	struct btf *kernel, *module = NULL;
	bool found;

	*offset = 0;
	if (!access("/sys/module/kvm_amd", F_OK))
		return NULL;
	kernel = btf__load_vmlinux_btf();
	found = find_in(kernel, offset);	/* where it is built in */
	if (!found && kernel) {
		module = btf__load_module_btf("kvm_intel", kernel);
		found = find_in(module, offset);
	}
	btf__free(module);
	btf__free(kernel);
	return found ? NULL : "the BTF of kvm_intel does not say where posted interrupts wait";
}
