// SPDX-License-Identifier: GPL-2.0-only
#include "abilities.h"

#include "environment.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct bpf_program *find_program(const struct bpf_object *object, const struct probe *probe)
{
	return bpf_object__find_program_by_name(object, probe->program);
}

#define SECOND	"_second"

struct bpf_program *find_second(const struct bpf_object *object, const struct probe *probe)
{
	char name[64];

	snprintf(name, sizeof(name), "%s" SECOND, probe->program);
	return bpf_object__find_program_by_name(object, name);
}

bool is_second(const struct bpf_program *program)
{
	const char *name = bpf_program__name(program);
	size_t length = strlen(name);

	return length > strlen(SECOND) && !strcmp(name + length - strlen(SECOND), SECOND);
}

/* Return: 0, or the errno with which a program that does nothing is refused. */
static int try_load(enum bpf_prog_type type, struct bpf_prog_load_opts *options)
{
	struct bpf_insn return_0[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int program = bpf_prog_load(type, "imstrace_try", "GPL", return_0, 2, options);

	if (program < 0)
		return errno;
	close(program);
	return 0;
}

/* Likewise, for a perf event that counts nothing. */
static int try_perf_event(void)
{
	struct perf_event_attr nothing = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof(nothing), .config = PERF_COUNT_SW_DUMMY,
	};
	int event = syscall(SYS_perf_event_open, &nothing, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);

	if (event < 0)
		return errno;
	close(event);
	return 0;
}

void find_abilities(struct abilities *abilities, struct bpf_object *object, bool modules)
{
	/* No type 1 is a function, which is said of it where such programs are taken. */
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_TRACE_FENTRY,
		    .attach_btf_id = 1);

	abilities->object = object;
	abilities->sought = NULL;
	abilities->modules = modules;
	abilities->fentry = try_load(BPF_PROG_TYPE_TRACING, &options);
	if (abilities->fentry == EINVAL)
		abilities->fentry = 0;
	abilities->kprobe = try_load(BPF_PROG_TYPE_KPROBE, NULL);
	abilities->kprobe_events = !access("/sys/bus/event_source/devices/kprobe", F_OK);
	abilities->perf_event = try_perf_event();
	/* Looked for where it is needed: that takes its time. */
	abilities->fprobes = !abilities->perf_event || kernel_has_function("register_fprobe");
}

static bool exists(const char *directory, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return !access(path, F_OK);
}

/*
 * Whether all of a rung's functions are in the BTF of the kernel or a module: of its own, whatever
 * --btf says. libbpf reads that once for an object.
 */
static bool in_kernel_btf(const struct abilities *abilities, const struct rung *rung)
{
	for (size_t i = 0; i < rung_size(rung); i++)
		if (bpf_program__set_attach_target(find_program(abilities->object,
								&rung->probes[i]),
						   0, rung->probes[i].target))
			return false;
	return true;
}

static const char *refused_by_kernel(int error, char text[128])
{
	snprintf(text, 128, "refused by the kernel: %s", strerror(error));
	return text;
}

static const char *fentry_impossible(const struct abilities *abilities, const struct rung *rung,
				     char text[128])
{
	if (access("/sys/kernel/btf/vmlinux", R_OK))
		return "this kernel shows no BTF of its own";
	if (abilities->fentry)
		return refused_by_kernel(abilities->fentry, text);
	if (rung->module && !abilities->modules)
		return "a module's BTF is opened by its id, which takes CAP_SYS_ADMIN";
	return in_kernel_btf(abilities, rung) ? NULL : "no such function in the kernel's BTF";
}

static const char *kprobe_impossible(const struct abilities *abilities, char text[128])
{
	if (!abilities->kprobe_events)
		return "this kernel has no kprobes";
	if (abilities->kprobe)
		return refused_by_kernel(abilities->kprobe, text);
	if (abilities->perf_event == EACCES)
		return "perf events are refused, as where Debian's kernel.perf_event_paranoid is above 2";
	return NULL;
}

static const char *multi_impossible(const struct abilities *abilities, char text[128])
{
	if (abilities->kprobe)
		return refused_by_kernel(abilities->kprobe, text);
	return abilities->fprobes ? NULL : "this kernel has no fprobes";
}

static bool is_there(struct abilities *abilities, const char *function)
{
	if (!abilities->sought || strcmp(abilities->sought, function)) {
		abilities->sought = function;
		abilities->found = kernel_has_function(function);
	}
	return abilities->found;
}

const char *rung_impossible(struct abilities *abilities, const struct rung *rung, char text[128])
{
	const char *function = rung->probes[0].target;

	if (rung->way == RAW_TRACEPOINT)
		return NULL;
	if (rung->way == NAMES)
		return access(function, F_OK) ? strerror(errno) : NULL;
	/* A module that is built in need not be in sysfs. */
	if (rung->module && !exists("/sys/module", rung->module) &&
	    !is_there(abilities, function)) {
		snprintf(text, 128, "%s is neither loaded nor built in", rung->module);
		return text;
	}
	switch (rung->way) {
	case FENTRY:
		return fentry_impossible(abilities, rung, text);
	case KPROBE_MULTI:
		return multi_impossible(abilities, text);
	default:
		return kprobe_impossible(abilities, text);
	}
}
