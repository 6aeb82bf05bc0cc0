// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "vms.h"

#include "imstrace.skel.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Bits of an unsigned long, which KVM has them in. */
#define MOST_INHIBITS	64

/* What the bits of this kernel are called; "": none is. */
struct names {
	char of_bit[MOST_INHIBITS][INHIBIT_NAME_LEN];
};

static bool find_in(const struct btf *btf, struct names *names)
{
	int id = btf ? btf__find_by_name_kind(btf, "kvm_apicv_inhibit", BTF_KIND_ENUM) : -1;
	const struct btf_type *type = id < 0 ? NULL : btf__type_by_id(btf, id);

	for (__u16 i = 0; type && i < btf_vlen(type); i++) {
		const struct btf_enum *value = &btf_enum(type)[i];

		if (value->val >= 0 && value->val < MOST_INHIBITS)
			inhibit_name(names->of_bit[value->val], btf__str_by_offset(btf, value->name_off));
	}
	return type;
}

static void read_names(struct names *names)
{
	struct btf *kernel = btf__load_vmlinux_btf(), *module = NULL;

	if (kernel && !find_in(kernel, names)) {	/* where it is built in */
		module = btf__load_module_btf("kvm", kernel);
		find_in(module, names);
	}
	btf__free(module);
	btf__free(kernel);
}

static bool add_inhibit(struct source_vm *vm, const struct names *names, unsigned int bit)
{
	char (*inhibits)[INHIBIT_NAME_LEN];

	inhibits = reallocarray(vm->inhibits, vm->inhibit_count + 1, sizeof(*inhibits));
	if (!inhibits)
		return false;
	vm->inhibits = inhibits;
	inhibits += vm->inhibit_count++;
	snprintf(*inhibits, sizeof(*inhibits), "%s", names->of_bit[bit]);
	if (!**inhibits)
		snprintf(*inhibits, sizeof(*inhibits), "bit_%u", bit);
	return true;
}

/* Where APICv is disabled KVM does not keep the other reasons: 6.1 leaves "absent" as the VM was made with. */
static __u64 kept_inhibits(const struct imstrace_vm *found, const struct names *names)
{
	for (unsigned int bit = 0; bit < MOST_INHIBITS; bit++)
		if (found->inhibits >> bit & 1 && !strcmp(names->of_bit[bit], "disabled"))
			return 1ULL << bit;
	return found->inhibits;
}

static bool add_vm(struct source *source, const struct imstrace_vm *found, const struct names *names)
{
	struct source_vm *vm = reallocarray(source->vms, source->vm_count + 1, sizeof(*vm));
	__u64 inhibits = kept_inhibits(found, names);

	if (!vm)
		return false;
	source->vms = vm;
	vm += source->vm_count++;
	*vm = (struct source_vm) { .pid = found->pid };
	for (unsigned int bit = 0; bit < MOST_INHIBITS; bit++)
		if (inhibits >> bit & 1 && !add_inhibit(vm, names, bit))
			return false;
	return true;
}

/* Whether the one before is the same: files come process by process. */
static bool is_again(const struct imstrace_vm *found, const struct imstrace_vm *before)
{
	return found->pid == before->pid && found->kvm == before->kvm;
}

static bool read_all(int iterator, struct source *source, const struct names *names)
{
	struct imstrace_vm found, before = { 0 };
	ssize_t bytes;

	/* A record is never cut: the kernel gives whole ones, as many as there is room for. */
	while ((bytes = read(iterator, &found, sizeof(found))) == sizeof(found)) {
		if (!is_again(&found, &before) && !add_vm(source, &found, names))
			return false;
		before = found;
	}
	return !bytes;
}

bool vms_read(const struct imstrace_bpf *programs, struct source *source)
{
	struct bpf_link *link = bpf_program__attach_iter(programs->progs.tell_vms, NULL);
	int iterator = link ? bpf_iter_create(bpf_link__fd(link)) : -1;
	struct names names = { 0 };
	bool known = false;

	if (iterator >= 0) {
		read_names(&names);
		known = read_all(iterator, source, &names);
		close(iterator);
	}
	bpf_link__destroy(link);
	return known;
}

void vms_free(struct source *source)
{
	for (size_t i = 0; i < source->vm_count; i++)
		free(source->vms[i].inhibits);
	free(source->vms);
	source->vms = NULL;
	source->vm_count = 0;
}
