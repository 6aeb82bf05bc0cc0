// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "objects.h"

#include "../../user/source/kernel_layout.h"
#include "memory.skel.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct objects {
	struct memory_bpf *map;
	struct btf *vmlinux;
	struct btf *kvm;	/* of kvm.ko; NULL: it is built in, or not there */
	size_t used;		/* bytes of the memory */
	__u32 sizes[OBJECT_TYPE_COUNT];
	struct place places[OBJECT_MEMBER_COUNT];
	char older_btf[32];	/* name of a file, "": there is none */
};

static const char *const type_names[] = {
#define X(ENUM, name) [OBJECT_##ENUM] = #name,
	OBJECT_TYPES(X)
#undef X
};

static const struct {
	enum object_type type;
	const char *path;
} members[] = {
#define X(ENUM, type, member) [MEMBER_##ENUM] = { OBJECT_##type, #member },
	OBJECT_MEMBERS(X)
#undef X
};

/* NULL if the running kernel has no such structure. */
static const struct btf_type *find_type(const struct objects *objects, const char *name,
					const struct btf **btf)
{
	int id = btf__find_by_name_kind(objects->vmlinux, name, BTF_KIND_STRUCT);

	*btf = objects->vmlinux;
	if (id < 0 && objects->kvm) {
		id = btf__find_by_name_kind(objects->kvm, name, BTF_KIND_STRUCT);
		*btf = objects->kvm;
	}
	return id < 0 ? NULL : btf__type_by_id(*btf, id);
}

bool objects_kernel_has(struct objects *objects, const char *type_name, const char *member)
{
	const struct btf *btf;
	const struct btf_type *type = find_type(objects, type_name, &btf);
	struct place place;

	return type && layout_find(btf, type, member, &place);
}

/* Where all members are, in this kernel. */
static bool lay_out(struct objects *objects)
{
	const struct btf_type *types[OBJECT_TYPE_COUNT];
	const struct btf *btfs[OBJECT_TYPE_COUNT];

	for (size_t i = 0; i < OBJECT_TYPE_COUNT; i++) {
		types[i] = find_type(objects, type_names[i], &btfs[i]);
		if (!types[i])
			return false;
		objects->sizes[i] = types[i]->size;
	}
	for (size_t i = 0; i < OBJECT_MEMBER_COUNT; i++)
		if (!layout_find(btfs[members[i].type], types[members[i].type], members[i].path,
			       &objects->places[i]))
			return false;
	return true;
}

static bool load(struct objects *objects)
{
	LIBBPF_OPTS(bpf_test_run_opts, options);

	objects->map = memory_bpf__open_and_load();
	return objects->map &&
	       !bpf_prog_test_run_opts(bpf_program__fd(objects->map->progs.tell_address), &options);
}

struct objects *objects_open(const char **why)
{
	struct objects *objects = calloc(1, sizeof(*objects));

	if (!objects) {
		*why = "out of memory";
		return NULL;
	}
	objects->vmlinux = btf__load_vmlinux_btf();
	if (!objects->vmlinux) {
		*why = "the kernel has no BTF";
		objects_close(objects);
		return NULL;
	}
	objects->kvm = btf__load_module_btf("kvm", objects->vmlinux);
	if (!lay_out(objects)) {
		*why = "there is no BTF of KVM: no kvm.ko, or it has none";
		objects_close(objects);
		return NULL;
	}
	if (!load(objects)) {
		*why = "BPF programs can't be loaded and run here";
		objects_close(objects);
		return NULL;
	}
	return objects;
}

void objects_close(struct objects *objects)
{
	if (!objects)
		return;
	if (*objects->older_btf)
		unlink(objects->older_btf);
	memory_bpf__destroy(objects->map);
	btf__free(objects->kvm);
	btf__free(objects->vmlinux);
	free(objects);
}

__u32 objects_size(const struct objects *objects, enum object_type type)
{
	return objects->sizes[type];
}

static object take(struct objects *objects, size_t bytes)
{
	size_t from = (objects->used + 63) & ~63UL;

	if (from + bytes > sizeof(objects->map->bss->memory)) {
		fprintf(stderr, "no room for another kernel object\n");
		abort();
	}
	objects->used = from + bytes;
	return objects->map->bss->memory_address + from;
}

void *objects_here(struct objects *objects, object address)
{
	size_t offset = address - objects->map->bss->memory_address;

	if (offset >= objects->used) {
		fprintf(stderr, "%#llx is no kernel object of ours\n", address);
		abort();
	}
	return objects->map->bss->memory + offset;
}

object objects_new(struct objects *objects, enum object_type type)
{
	return take(objects, objects->sizes[type]);
}

object objects_new_bytes(struct objects *objects, size_t bytes)
{
	return take(objects, bytes);
}

object objects_new_array(struct objects *objects, enum object_type type, size_t pointers)
{
	return take(objects, objects->sizes[type] + pointers * sizeof(object));
}

object objects_new_string(struct objects *objects, const char *text)
{
	object address = take(objects, strlen(text) + 1);

	strcpy(objects_here(objects, address), text);
	return address;
}

object objects_member(struct objects *objects, object of, enum object_member member)
{
	return of + objects->places[member].offset;
}

void objects_set(struct objects *objects, object of, enum object_member member, __u64 value)
{
	/* The low bytes first: little endian. */
	memcpy(objects_here(objects, objects_member(objects, of, member)), &value,
	       objects->places[member].size);
}

void objects_set_element(struct objects *objects, object of, enum object_member member, size_t index,
			 __u64 value)
{
	object at = objects_member(objects, of, member) + index * sizeof(value);

	memcpy(objects_here(objects, at), &value, sizeof(value));
}

int objects_map(struct objects *objects)
{
	return bpf_map__fd(objects->map->maps.bss);
}

__u32 objects_offset(struct objects *objects, object of, enum object_member member)
{
	return (char *)objects_here(objects, objects_member(objects, of, member)) -
	       (char *)objects->map->bss;
}

/* Renames the member: its place is left, but nobody asks for it by that name. */
const char *objects_older_btf(struct objects *objects)
{
	static const char name[] = POSTING_MEMBER;
	const void *data;
	char *copy, *at;
	__u32 size;
	FILE *file;
	int fd;

	if (objects->kvm)
		return NULL;
	data = btf__raw_data(objects->vmlinux, &size);
	copy = malloc(size);
	strcpy(objects->older_btf, "/tmp/imstrace-btf.XXXXXX");
	fd = mkstemp(objects->older_btf);
	file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!copy || !file) {
		perror("writing an older BTF");
		abort();
	}
	memcpy(copy, data, size);
	/* With its end: a longer name may begin so. */
	at = memmem(copy, size, name, sizeof(name));
	if (at)
		*at = '_';
	if (fwrite(copy, size, 1, file) != 1 || fclose(file)) {
		perror("writing an older BTF");
		abort();
	}
	free(copy);
	return objects->older_btf;
}
