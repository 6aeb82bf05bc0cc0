// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "live.h"

#include "../clock.h"
#include "../errors.h"
#include "apicv.h"
#include "abilities.h"
#include "attach.h"
#include "environment.h"
#include "imstrace.skel.h"
#include "in_flight.h"
#include "known.h"
#include "memory.h"
#include "misses.h"
#include "owners.h"
#include "privileges.h"
#include "retire.h"
#include "verify.h"
#include "vms.h"
#include "vmm.h"
#include "wall_clock.h"
#include "whole_btf.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <imstrace/in_flight.h>
#include <imstrace/irq_name.h>
#include <linux/membarrier.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

/* ns between two looks at the irqs' names, where nothing tells of new ones. */
#define LOOK_AGAIN	1000000000ULL

/* ns between two looks at what the kernel did not run. */
#define COUNT_AGAIN	100000000ULL

/* Records handled before the clock and the signals are looked at again. */
#define BATCH	4096
#define LOOK_AT_CLOCK	64	/* so many records apart */

struct live {
	struct source source;
	struct imstrace_bpf *programs;
	struct attachments *attachments;
	struct ring_buffer *streams;
	struct memory memory;
	int budget;	/* records left in this batch */
	__u64 until;	/* when the poll is to end; 0: when there is nothing left */
	__u32 pir_offset;
	bool preemptible;	/* environment.h */
	bool without_vms;	/* what tells of them can't be loaded */
	/* Vectors found by their irqs' names, until the next poll() has reported them. */
	struct imstrace_lifecycle *known;
	size_t known_count;
	__u64 look_again;	/* when */
	__u64 count_again;	/* likewise */
	int statistics;		/* while it is open the kernel measures programs' run time; -1: it isn't */
	struct owners *owners;
};

static int show_up_to;	/* the largest enum libbpf_print_level that is shown, -1: none */

static int show_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	/* One level down: what libbpf warns of is explained in our own words. */
	return (int)level <= show_up_to ? vfprintf(stderr, format, args) : 0;
}

/*
 * Without CAP_SYS_ADMIN libbpf can't open the BTF of modules, nor look for more in it: it has to be
 * one file. @file: to be kept open while @path is used, if it is not negative. Return: 0 or an exit
 * code, reported.
 */
static int put_types_together(char path[32], int *file)
{
	*file = whole_btf_open("kvm");
	/* Built in: then the kernel's has all. Or not loaded, and not followed. */
	if (*file == -ENOENT)
		snprintf(path, 32, "/sys/kernel/btf/vmlinux");
	else if (*file >= 0)
		snprintf(path, 32, "/proc/self/fd/%d", *file);
	else
		return report_error(EXIT_RUNTIME, "Run it as root, or name a file with --btf",
				    "reading KVM's types in /sys/kernel/btf failed: %s",
				    strerror(-*file));
	return 0;
}

/*
 * Records may come as fast as they are handled: a poll ends with its batch, and when it is late. Return: 0, or what
 * ends it.
 */
static int next_record(struct live *live)
{
	if (--live->budget <= 0)
		return -EAGAIN;
	if (live->budget % LOOK_AT_CLOCK || !live->until)
		return 0;
	return clock_now(CLOCK_MONOTONIC) < live->until ? 0 : -EAGAIN;
}

static int on_lifecycle(void *context, void *data, size_t size)
{
	struct live *live = context;

	(void)size;
	live->source.handlers.lifecycle(live->source.handlers.context, data);
	return next_record(live);
}

static int on_interrupt(void *context, void *data, size_t size)
{
	const struct imstrace_interrupt *interrupt = data;
	struct live *live = context;

	(void)size;
	/* A filter asks for the process. */
	owners_find(live->owners, live->programs, &live->memory.vectors[interrupt->id]);
	live->source.handlers.interrupt(live->source.handlers.context, interrupt);
	return next_record(live);
}

static void count_lost_runs(struct live *live)
{
	__u64 now = clock_now(CLOCK_MONOTONIC), made_up;

	/* Not for each interrupt that wakes us, but at the end. */
	if (live->attachments && now < live->count_again)
		return;
	live->count_again = now + COUNT_AGAIN;
	/* First: each has been missed before. */
	made_up = *(volatile __u64 *)&live->programs->bss->totals.caught_up +
		  *(volatile __u64 *)&live->programs->bss->totals.second_runs;
	live->programs->bss->totals.lost_runs =
		misses_count(live->programs, &live->source.overhead, !live->attachments && show_up_to >= 0) - made_up;
	if (!live->source.blind_since && attach_by_ftrace(live->attachments) && !ftrace_enabled())
		live->source.blind_since = now;
}

/* To be reported by the next poll(). */
static void queue_known(struct live *live, __u32 id, const struct imstrace_vector *found)
{
	struct imstrace_lifecycle *known;

	known = reallocarray(live->known, live->known_count + 1, sizeof(*known));
	if (!known)
		return;
	live->known = known;
	known += live->known_count++;
	*known = (struct imstrace_lifecycle) {
		.time = clock_now(CLOCK_MONOTONIC), .step = STEP_KNOWN, .id = id,
		.vector = found->vector, .irq = found->irq, .slot = found->slot,
		.pasid = IMSTRACE_NONE, .eventfd_id = IMSTRACE_NONE,
	};
	memcpy(known->device, found->device, sizeof(known->device));
}

/* The id of a vector by name, a new one if need be; IMSTRACE_NONE: no room. As new_vector() in BPF. */
static __u32 find_or_add_id(struct live *live, const struct imstrace_vector *found, bool *added)
{
	struct imstrace_totals *totals = &live->programs->bss->totals;
	const struct bpf_map *ids = live->programs->maps.vector_ids;
	struct vector_key key = { .vector = found->vector };
	__u32 id;

	*added = false;
	memcpy(key.device, found->device, sizeof(key.device));
	if (!bpf_map__lookup_elem(ids, &key, sizeof(key), &id, sizeof(id), 0))
		return id;
	if (bpf_map_lookup_and_delete_elem(bpf_map__fd(live->programs->maps.free_vectors), NULL, &id)) {
		id = __atomic_fetch_add(&totals->vectors, 1, __ATOMIC_SEQ_CST);
		if (id >= live->source.capacity)
			__atomic_fetch_sub(&totals->vectors, 1, __ATOMIC_SEQ_CST);
	}
	if (id >= live->source.capacity) {
		id = IMSTRACE_NONE;
		if (bpf_map__update_elem(ids, &key, sizeof(key), &id, sizeof(id), BPF_NOEXIST) !=
		    -EEXIST)
			__atomic_fetch_add(&totals->lost_vectors, 1, __ATOMIC_SEQ_CST);
		return IMSTRACE_NONE;
	}
	live->memory.vectors[id] = *found;
	memset(live->memory.vectors[id].device, 0, sizeof(found->device));
	/* A lifecycle program may have been first: then the vector is its. */
	if (bpf_map__update_elem(ids, &key, sizeof(key), &id, sizeof(id), BPF_NOEXIST))
		return IMSTRACE_NONE;
	memcpy(live->memory.vectors[id].device, found->device, sizeof(found->device));
	*added = true;
	return id;
}

/*
 * The lifecycle programs are attached already: a vector that they have been told of is
 * theirs, unless there are none for it.
 */
static void add_known(void *context, const struct imstrace_vector *found)
{
	struct live *live = context;
	__u64 none = 0, mine, *entry;
	bool added;
	__u32 id;

	if (found->irq >= bpf_map__max_entries(live->programs->maps.irq_vectors))
		return;
	entry = &live->memory.irq_vectors[found->irq];
	/* The programs may know more of it already. */
	if (found->kind == KIND_INTX && !*entry)
		*entry = IRQ_OF_LINES;
	if (*entry)
		return;
	id = find_or_add_id(live, found, &added);
	if (id == IMSTRACE_NONE || (!added && !vector_by_names(live->programs, found)))
		return;
	live->memory.vectors[id].irq = found->irq;
	queue_known(live, id, found);
	/*
	 * It may have been freed since it was found, and its number given away: then
	 * that is the programs' to enter, and this entry, if it got in, goes again.
	 */
	mine = id + 1;
	__atomic_compare_exchange_n(entry, &none, id + 1, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	if (!known_still_bound(found))
		__atomic_compare_exchange_n(entry, &mine, 0, false, __ATOMIC_SEQ_CST,
					    __ATOMIC_SEQ_CST);
}

/* Where no program sees vfio-pci request and free irqs: what has changed since? */
static void look_again(struct live *live)
{
	__u64 now = clock_now(CLOCK_MONOTONIC);

	if (live->programs->bss->pci_requests_seen || now < live->look_again)
		return;
	live->look_again = now + LOOK_AGAIN;
	for (__u32 id = 0; id < source_vector_count(&live->source); id++) {
		const struct imstrace_vector *vector = &live->memory.vectors[id];
		__u64 mine = id + 1;

		if (vector_by_names(live->programs, vector) && vector->irq != IMSTRACE_NONE &&
		    live->memory.irq_vectors[vector->irq] == mine && !known_still_bound(vector))
			__atomic_compare_exchange_n(&live->memory.irq_vectors[vector->irq], &mine, 0, false,
						    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
	}
	known_vectors(add_known, live);
}

static __u64 live_now(const struct source *source)
{
	(void)source;
	return clock_now(CLOCK_MONOTONIC);
}

/* At most a second, for the caller has more to look at. */
static int milliseconds_until(__u64 until)
{
	__u64 now = clock_now(CLOCK_MONOTONIC);
	__u64 wait_ms = now < until ? (until - now + 999999) / 1000000 : 0;

	return wait_ms < 1000 ? (int)wait_ms : 1000;
}

/* Return: how long, in ms, is still to be waited for the streams. */
static int wait_for_keys(struct live *live, __u64 until)
{
	struct pollfd ends[2] = {
		{ .fd = ring_buffer__epoll_fd(live->streams), .events = POLLIN },
		{ .fd = STDIN_FILENO, .events = POLLIN },
	};

	if (!live->source.keys)
		return milliseconds_until(until);
	poll(ends, sizeof(ends) / sizeof(ends[0]), milliseconds_until(until));
	/* A terminal that has gone could be read at once, for ever. */
	if (ends[1].revents & (POLLHUP | POLLERR | POLLNVAL))
		live->source.keys = false;
	return 0;
}

static int live_poll(struct source *source, __u64 until)
{
	struct live *live = (struct live *)source;
	int ret;

	wall_clock_look(source);
	look_again(live);
	for (size_t i = 0; i < live->known_count; i++)
		source->handlers.lifecycle(source->handlers.context, &live->known[i]);
	live->known_count = 0;
	live->budget = BATCH;
	live->until = until;
	if (live->attachments)
		ret = ring_buffer__poll(live->streams, wait_for_keys(live, until));
	else
		ret = ring_buffer__consume(live->streams);
	count_lost_runs(live);
	owners_update(live->owners, source, &live->memory, live->programs);
	if (!live->attachments && ret >= 0) {
		tell_in_flight(source, &live->memory, live->programs);
		source->ended = true;
	}
	if (ret >= 0 || ret == -EINTR || ret == -EAGAIN)
		return 0;
	return report_error(EXIT_RUNTIME, NULL, "reading the ring buffers failed: %s",
			    strerror(-ret));
}

static void live_ignore(struct source *source, __u32 id)
{
	struct live *live = (struct live *)source;

	live->memory.vectors[id].ignored = 1;
}

static bool live_gone(const struct source *source, __u32 id)
{
	const struct live *live = (const struct live *)source;

	return vector_gone(&live->memory, live->programs, id,
			   vector_by_names(live->programs, &live->memory.vectors[id]));
}

static bool live_retire(struct source *source, __u32 id)
{
	struct live *live = (struct live *)source;

	if (!vector_retire(&live->memory, live->programs, id,
			   vector_by_names(live->programs, &live->memory.vectors[id])))
		return false;
	owners_forget(live->owners, id);
	return true;
}

static bool live_competitors(const struct source *source, struct source_competitor **list, size_t *count)
{
	return memory_competitors(((const struct live *)source)->programs, list, count);
}

/* What runs now with preemption or interrupts off has ended after that. */
static void wait_for_programs(void)
{
	syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

static void live_stop(struct source *source)
{
	struct live *live = (struct live *)source;

	if (live->programs && live->programs->bss) {
		live->programs->bss->following_irqfds = false;
		live->programs->bss->following = false;
	}
	attach_free(live->attachments);
	live->attachments = NULL;
	wait_for_programs();
}

static void unload(struct live *live)
{
	ring_buffer__free(live->streams);
	live->streams = NULL;
	memory_unmap(&live->memory, live->programs);
	imstrace_bpf__destroy(live->programs);
	live->programs = NULL;
}

static void live_close(struct source *source)
{
	struct live *live = (struct live *)source;

	if (live->attachments)
		live_stop(source);
	unload(live);
	if (live->statistics >= 0)
		close(live->statistics);
	owners_free(live->owners);
	vms_free(&live->source);
	free(live->known);
	free(live);
}

/* An iterator, which is found in the kernel's own BTF. */
static bool may_tell_vms(const struct live *live, const struct live_options *options)
{
	return options->trial && options->hops & 1U << HOP_ACCEPT && !live->without_vms &&
	       !access("/sys/kernel/btf/vmlinux", R_OK);
}

/* Return: 0, -EAGAIN if it may be better next time, or an exit code, reported. */
static int load(struct live *live, const struct live_options *options, const char *btf)
{
	LIBBPF_OPTS(bpf_object_open_opts, open_options, .btf_custom_path = btf);
	struct imstrace_bpf *programs = imstrace_bpf__open_opts(&open_options);
	bool vms = may_tell_vms(live, options);
	int ret;

	if (!programs)
		return report_error(EXIT_RUNTIME, NULL, "opening the BPF programs failed: %s",
				    strerror(errno));
	live->programs = programs;
	memory_size(programs, options, live->preemptible);
	programs->rodata->stream_interrupts = options->interrupts;
	programs->rodata->count_competitors = options->competitors;
	programs->rodata->only_process = vmm_in_namespace() ? 0 : options->process;
	programs->rodata->with_avic = !access("/sys/module/kvm_amd", F_OK);
	programs->rodata->pir_offset = live->pir_offset;
	programs->rodata->follow_kvm = options->hops & 1U << HOP_ACCEPT;
	attach_plan(live->attachments, programs->obj);
	bpf_program__set_autoload(programs->progs.tell_vms, vms);

	ret = imstrace_bpf__load(programs);
	if (!ret)
		memory_write_nodes(programs);
	if (ret == -EPERM)
		return report_error(
			EXIT_MISSING,
			"A container or lockdown may forbid it: see -v, and try outside of it",
			"the kernel refused to load the BPF programs");
	if (ret && vms) {
		live->without_vms = true;
		return -EAGAIN;
	}
	if (ret && attach_without_fentry(live->attachments, -ret))
		return -EAGAIN;
	if (ret)
		return report_error(EXIT_RUNTIME, "-v shows the kernel's reasons",
				    "loading the BPF programs failed: %s", strerror(-ret));
	return 0;
}

static int map_memory(struct live *live)
{
	if (!memory_map(&live->memory, live->programs, &live->source))
		return report_error(EXIT_RUNTIME, NULL, "mapping the counters failed: %s",
				    strerror(errno));
	return 0;
}

static int open_streams(struct live *live)
{
	struct imstrace_bpf *programs = live->programs;

	live->streams = ring_buffer__new(bpf_map__fd(programs->maps.lifecycle_stream), on_lifecycle,
					 live, NULL);
	if (!live->streams ||
	    ring_buffer__add(live->streams, bpf_map__fd(programs->maps.interrupt_stream),
			     on_interrupt, live))
		return report_error(EXIT_RUNTIME, NULL, "opening the ring buffers failed: %s",
				    strerror(errno));
	return 0;
}

static int attach(struct live *live)
{
	return attach_all(live->attachments, &live->programs->bss->pci_bypass_seen) ? 0 : -EAGAIN;
}

/* Each time that a rung of the ladder does not hold, there is one less: this ends. */
static int try_rungs(struct live *live, const struct live_options *options, const char *btf)
{
	int ret;

	for (;;) {
		ret = load(live, options, btf) ?: map_memory(live) ?: open_streams(live) ?: attach(live);
		if (ret != -EAGAIN)
			return ret;
		unload(live);
	}
}

/* Why it isn't seen when the CPU itself delivers; NULL: it is. @apicv: it may. */
static const char *no_delivery(struct live *live, bool apicv)
{
	if (!apicv)
		return DELIVERY_NOT_NEEDED;
	return apicv_find_requests(&live->pir_offset);
}

static int load_and_attach(struct live *live, const struct live_options *options,
			   const struct environment *environment)
{
	bool admin = environment->capabilities[CAPABILITY_SYS_ADMIN];
	bool together = !admin && !options->btf;
	int file = -1, ret = 0;
	char path[32];

	live->preemptible = environment->preemptible;
	live->attachments = attach_new(options, admin, live->preemptible,
				       no_delivery(live, environment->apicv));
	if (!live->attachments)
		return report_error(EXIT_RUNTIME, NULL, "out of memory");
	if (together)
		ret = put_types_together(path, &file);
	ret = ret ?: try_rungs(live, options, together ? path : options->btf);
	if (file >= 0)
		close(file);
	if (ret)
		return ret;
	if (!attach_sees_any(live->attachments) && !options->trial)
		return report_error(EXIT_MISSING,
				    "imstrace check shows what was tried, and why it failed",
				    "no hop of an interrupt can be seen on this system");
	return 0;
}

static void describe_system(struct source *source)
{
	struct utsname system;

	uname(&system);
	memcpy(source->host, system.nodename, sizeof(source->host));
	memcpy(source->kernel, system.release, sizeof(source->kernel));
	source->to_wall_clock = wall_clock_offset();
}

int live_open(struct source **result, const struct live_options *options)
{
	struct environment environment;
	struct live *live;
	int ret;

	/* LIBBPF_WARN is 0; its warnings are ours to explain. */
	show_up_to = options->verbose ? options->verbose : -1;
	libbpf_set_print(show_libbpf);
	ret = environment_check(&environment, options);
	if (ret)
		return ret;

	live = calloc(1, sizeof(*live));
	if (!live)
		return report_error(EXIT_RUNTIME, NULL, "out of memory");
	live->statistics = options->overhead ? bpf_enable_stats(BPF_STATS_RUN_TIME) : -1;
	if (options->overhead && live->statistics < 0)
		warning("cannot have the kernel measure the programs' run time: %s%s",
			strerror(errno),
			errno == EPERM ? " (it takes CAP_SYS_ADMIN, or kernel.bpf_stats_enabled=1)"
				       : "");
	live->source.may_post = environment.posting;
	live->source.names_follow = true;
	live->source.now = live_now;
	live->source.poll = live_poll;
	live->source.stop = live_stop;
	if (options->competitors)
		live->source.competitors = live_competitors;
	live->source.places_known = true;
	live->source.ignore = live_ignore;
	live->source.gone = live_gone;
	live->source.retire = live_retire;
	live->source.close = live_close;

	ret = load_and_attach(live, options, &environment);
	if (ret) {
		live_close(&live->source);
		return ret;
	}
	attach_hops(live->attachments, live->source.hops);
	live->source.features = attach_status(live->attachments, &live->source.feature_count);
	for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
		if (*live->source.hops[hop].attached)
			live->programs->bss->seen_hops |= 1U << hop;
	live->programs->bss->pci_signal_seen =
		attach_sees_pci_signal(live->attachments, &live->source.pci_signal);
	live->source.posting = attach_posting_missing(live->attachments);
	live->programs->bss->vcpu_frees_seen = attach_sees_vcpu_frees(live->attachments);
	live->source.delivery = attach_delivery_missing(live->attachments);
	live->programs->bss->reads_seen = attach_sees_reads(live->attachments);
	live->programs->bss->queue_seen = attach_sees_queue(live->attachments);
	live->programs->bss->delivery_seen = !live->source.delivery;
	live->programs->bss->pci_requests_seen = attach_sees_pci_requests(live->attachments);
	live->programs->bss->pci_bypass_seen = attach_sees_pci_bypass(live->attachments);
	live->source.started = clock_now(CLOCK_MONOTONIC);
	live->look_again = live->source.started + LOOK_AGAIN;
	describe_system(&live->source);
	if (may_tell_vms(live, options))
		live->source.vms_known = vms_read(live->programs, &live->source);
	known_vectors(add_known, live);
	live->owners = owners_new(live->source.capacity);
	if (live->owners)
		ret = drop_privileges();
	else
		ret = report_error(EXIT_RUNTIME, NULL, "out of memory");
	if (ret) {
		live_close(&live->source);
		return ret;
	}
	live->programs->bss->following = true;
	/* Handlers that began before have signalled after that. */
	wait_for_programs();
	live->programs->bss->following_irqfds = attach_sees_vms(live->attachments);
	*result = &live->source;
	return 0;
}
