// SPDX-License-Identifier: GPL-2.0-only
#include "replay.h"

#include "imstrace.skel.h"
#include "../../user/source/kernel_layout.h"

#include "../../user/clock.h"
#include "../../user/measure/accounts.h"
#include "../../user/model/hops.h"
#include "../../user/source/memory.h"
#include "../../user/source/retire.h"

#include <imstrace/in_flight.h>

#include <bpf/bpf.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* BPF_PROG_TEST_RUN takes up to so many arguments of a tracepoint. */
#define MAX_ARGUMENTS	12

/* arch/x86/include/asm/apicdef.h: where the IRR is in a local APIC, and where that ends. */
#define APIC_IRR	0x200
#define APIC_BYTES	0x400

#define IRQ_WAKE_THREAD	2	/* include/linux/irqreturn.h */

#define MAX_SLOTS	256

/* A guest vector of a vCPU that an interrupt has been accepted for. */
struct slot {
	const struct vcpu *vcpu;
	__u32 guest_vector;
};

struct list {
	char *data;
	size_t count;
	size_t handed_out;	/* of them */
};

struct replay {
	struct source source;
	struct replay_options options;
	struct imstrace_bpf *programs;
	struct objects *objects;
	struct ring_buffer *streams;
	struct memory memory;
	const char *older_btf;	/* NULL: the programs see the kernel as it is */
	object task;
	object thread, idle;	/* of a vCPU, see thread_of(), and of none */
	object competitor;	/* see replay_preempt() */
	struct slot slots[MAX_SLOTS];
	size_t slot_count;
	struct list steps, interrupts;
	__u64 events;
	__u64 run_twice;
	__u32 context;		/* 0: by CPU */
};

/* The programs that BPF_PROG_TEST_RUN can run. */
static bool can_run(const struct bpf_program *program)
{
	return bpf_program__type(program) == BPF_PROG_TYPE_RAW_TRACEPOINT;
}

static bool is_kprobe(const struct bpf_program *program)
{
	return bpf_program__type(program) == BPF_PROG_TYPE_KPROBE;
}

static void add(struct list *list, const void *record, size_t size)
{
	list->data = reallocarray(list->data, list->count + 1, size);
	if (!list->data)
		abort();
	memcpy(list->data + list->count++ * size, record, size);
}

static int on_lifecycle(void *context, void *data, size_t size)
{
	struct replay *replay = context;

	(void)size;
	add(&replay->steps, data, sizeof(struct imstrace_lifecycle));
	return 0;
}

static int on_interrupt(void *context, void *data, size_t size)
{
	struct replay *replay = context;

	(void)size;
	add(&replay->interrupts, data, sizeof(struct imstrace_interrupt));
	return 0;
}

static __u64 now(const struct source *source)
{
	(void)source;
	return clock_now(CLOCK_MONOTONIC);
}

/* As load() in user/source/live.c, but with other sizes, and nothing is attached. */
static bool load(struct replay *replay)
{
	const struct replay_options *options = &replay->options;
	const struct live_options sizes = {
		.max_vectors = options->vectors, .interrupts = true,
	};
	LIBBPF_OPTS(bpf_object_open_opts, open_options);
	struct imstrace_bpf *programs;
	struct bpf_program *program;

	open_options.btf_custom_path = replay->older_btf;
	programs = imstrace_bpf__open_opts(&open_options);

	replay->programs = programs;
	if (!programs)
		return false;
	memory_size(programs, &sizes, options->preempted_every);
	memory_size_guests(programs, options->vcpus ?: programs->rodata->max_vcpus,
			   options->guests ?: programs->rodata->max_guests);
	programs->rodata->stream_interrupts = options->interrupts;
	programs->rodata->count_competitors = true;
	programs->rodata->follow_kvm = true;
	programs->rodata->replaying = true;
	programs->rodata->with_avic = options->avic;
	programs->rodata->pir_offset = objects_size(replay->objects, OBJECT_VCPU);
	if (options->stream_bytes) {
		bpf_map__set_max_entries(programs->maps.lifecycle_stream, options->stream_bytes);
		bpf_map__set_max_entries(programs->maps.interrupt_stream, options->stream_bytes);
	}
	bpf_object__for_each_program(program, programs->obj)
		bpf_program__set_autoload(program, can_run(program) || (options->kprobes && is_kprobe(program)));
	return !imstrace_bpf__load(programs);
}

static bool map_memory(struct replay *replay)
{
	struct imstrace_bpf *programs = replay->programs;

	replay->streams = ring_buffer__new(bpf_map__fd(programs->maps.lifecycle_stream),
					   on_lifecycle, replay, NULL);
	return memory_map(&replay->memory, programs, &replay->source) && replay->streams &&
	       !ring_buffer__add(replay->streams, bpf_map__fd(programs->maps.interrupt_stream),
				 on_interrupt, replay);
}

static bool gone(const struct source *source, __u32 id)
{
	const struct replay *replay = (const struct replay *)source;

	return vector_gone(&replay->memory, replay->programs, id, false);
}

static bool retire(struct source *source, __u32 id)
{
	struct replay *replay = (struct replay *)source;

	return vector_retire(&replay->memory, replay->programs, id, false);
}

static bool all_competitors(const struct source *source, struct source_competitor **list, size_t *count)
{
	return memory_competitors(((const struct replay *)source)->programs, list, count);
}

static void describe(struct replay *replay)
{
	struct source *source = &replay->source;

	source->started = clock_now(CLOCK_MONOTONIC);
	source->now = now;
	source->gone = gone;
	source->retire = retire;
	source->competitors = all_competitors;
	source->places_known = true;
	strcpy(source->host, "replay");
	strcpy(source->kernel, "replay");
	for (unsigned int hop = 0; hop < HOP_COUNT; hop++)
		if (replay->options.hops & 1U << hop)
			strcpy(source->hops[hop].attached, "replay");
		else
			strcpy(source->hops[hop].reason, "not replayed");
}

/* Whether the kernel is one since 6.17, as posting() in bpf/vfio_pci.h tells. */
static bool new_posting(const struct replay *replay)
{
	return objects_kernel_has(replay->objects, "kvm_kernel_irqfd", POSTING_MEMBER);
}

static object new_competitor(struct objects *objects)
{
	object task = objects_new(objects, OBJECT_TASK);

	objects_set(objects, task, MEMBER_TASK_PID, 214);
	objects_set(objects, task, MEMBER_TASK_PRIORITY, 89);
	objects_set(objects, task, MEMBER_TASK_POLICY, SCHED_FIFO);
	strcpy(objects_here(objects, objects_member(objects, task, MEMBER_TASK_NAME)), "backup");
	return task;
}

struct replay *replay_open(const struct replay_options *options, const char **why)
{
	struct replay *replay = calloc(1, sizeof(*replay));

	if (!replay) {
		*why = "out of memory";
		return NULL;
	}
	replay->options = *options;
	replay->objects = objects_open(why);
	if (!replay->objects) {
		replay_close(replay);
		return NULL;
	}
	if (options->old_posting && new_posting(replay)) {
		replay->older_btf = objects_older_btf(replay->objects);
		if (!replay->older_btf) {
			*why = "kvm.ko can't be made to look like an older one";
			replay_close(replay);
			return NULL;
		}
	}
	/* From here on it is possible: that it does not work is a failure. */
	if (!load(replay) || !map_memory(replay)) {
		fprintf(stderr, "loading the programs failed: %s\n", strerror(errno));
		abort();
	}
	replay->task = objects_new(replay->objects, OBJECT_TASK);
	replay->thread = objects_new(replay->objects, OBJECT_TASK);
	replay->idle = objects_new(replay->objects, OBJECT_TASK);
	replay->competitor = new_competitor(replay->objects);
	replay->programs->bss->replayed_task = replay->task;
	replay->programs->bss->seen_hops = options->hops;
	replay->programs->bss->pci_requests_seen = true;
	replay->programs->bss->vcpu_frees_seen = !options->process_ends;
	replay->programs->bss->queue_seen = !options->queue_unseen;
	replay->programs->bss->delivery_seen = !options->delivery_unseen;
	replay->programs->bss->following = true;
	describe(replay);
	return replay;
}

void replay_close(struct replay *replay)
{
	if (!replay)
		return;
	ring_buffer__free(replay->streams);
	memory_unmap(&replay->memory, replay->programs);
	imstrace_bpf__destroy(replay->programs);
	objects_close(replay->objects);
	free(replay->steps.data);
	free(replay->interrupts.data);
	free(replay);
}

struct source *replay_source(struct replay *replay)
{
	return &replay->source;
}

struct objects *replay_objects(struct replay *replay)
{
	return replay->objects;
}

struct bpf_object *replay_object(struct replay *replay)
{
	return replay->programs->obj;
}

struct imstrace_account replay_account(struct replay *replay, const struct vector *vector)
{
	return account_read(&replay->source, vector->id);
}

const struct imstrace_vector *replay_vector(struct replay *replay, const struct vector *vector)
{
	return &replay->source.vectors[vector->id];
}

static void consume(struct replay *replay)
{
	int ret = ring_buffer__consume(replay->streams);

	if (ret < 0) {
		fprintf(stderr, "reading the streams failed: %s\n", strerror(-ret));
		abort();
	}
}

static const void *hand_out(struct replay *replay, struct list *list, size_t size, size_t *count)
{
	/* What was handed out before is no longer valid: a test may go on for a day. */
	list->count -= list->handed_out;
	if (list->count)
		memmove(list->data, list->data + list->handed_out * size, list->count * size);
	consume(replay);
	*count = list->handed_out = list->count;
	return list->data;
}

const struct imstrace_lifecycle *replay_steps(struct replay *replay, size_t *count)
{
	return hand_out(replay, &replay->steps, sizeof(struct imstrace_lifecycle), count);
}

const struct imstrace_interrupt *replay_interrupts(struct replay *replay, size_t *count)
{
	return hand_out(replay, &replay->interrupts, sizeof(struct imstrace_interrupt), count);
}

/* Adds what is in @slot to the sums, by vector id. */
static void tally(struct replay *replay, const struct slot *slot, struct in_guest *sums)
{
	const struct bpf_map *map = replay->programs->maps.guest_interrupts;
	struct vcpu_key key = {
		.kvm = slot->vcpu->vm->kvm, .pid = slot->vcpu->vm->pid, .vcpu_id = slot->vcpu->id,
	};
	struct guest_vectors vectors;
	struct guest_interrupt guest;
	struct vcpu_entry entry;
	__u32 index;

	/* A vCPU for which there was no room has none. */
	if (bpf_map__lookup_elem(replay->programs->maps.vcpus, &key, sizeof(key), &entry,
				 sizeof(entry), 0))
		return;
	if (bpf_map__lookup_elem(replay->programs->maps.guest_vectors, &entry.number,
				 sizeof(entry.number), &vectors, sizeof(vectors), 0))
		abort();
	if (!vectors.places[slot->guest_vector])
		return;
	index = vectors.places[slot->guest_vector] - 1;
	if (bpf_map__lookup_elem(map, &index, sizeof(index), &guest, sizeof(guest), 0))
		abort();
	if (guest.state >= PENDING_VALID)
		sums[guest.pending.id].pending++;
	if (guest.service_valid)
		sums[guest.buffers[guest.service].id].service++;
}

struct in_guest replay_in_guest(struct replay *replay, const struct vector *vector)
{
	struct in_guest sums[replay->options.vectors];

	memset(sums, 0, sizeof(sums));
	for (size_t i = 0; i < replay->slot_count; i++)
		tally(replay, &replay->slots[i], sums);
	return sums[vector->id];
}

static void remember_slot(struct replay *replay, const struct vcpu *vcpu, __u32 guest_vector)
{
	for (size_t i = 0; i < replay->slot_count; i++)
		if (replay->slots[i].vcpu == vcpu && replay->slots[i].guest_vector == guest_vector)
			return;
	if (replay->slot_count == MAX_SLOTS)
		abort();
	replay->slots[replay->slot_count++] = (struct slot) { vcpu, guest_vector };
}

static void expect_equal(const struct replay *replay, const char *event, __u32 id, const char *what,
			 __u64 left, __u64 right)
{
	char text[256];

	if (left == right)
		return;
	snprintf(text, sizeof(text), "after event %llu, %s: vector id %u: %s: %llu is not %llu",
		 replay->events, event, id, what, left, right);
	if (replay->options.failed)
		replay->options.failed(text);
	fprintf(stderr, "%s\n", text);
	abort();
}

static __u64 ends_at(const struct imstrace_account *account, enum imstrace_hop hop)
{
	__u64 sum = 0;

	for (unsigned int end = 0; end < END_COUNT; end++)
		if (end_hop(end) == hop)
			sum += account->ends[end];
	return sum;
}

/* The equations in records.h: all is at rest between two events. */
static void check_accounts(struct replay *replay, const char *event)
{
	__u32 count = source_vector_count(&replay->source);
	struct in_guest sums[replay->options.vectors];

	if ((replay->options.hops & ALL_HOPS) != ALL_HOPS)
		return;
	memset(sums, 0, sizeof(sums));
	for (size_t i = 0; i < replay->slot_count; i++)
		tally(replay, &replay->slots[i], sums);
	for (__u32 id = 0; id < count; id++) {
		const struct imstrace_account now = account_read(&replay->source, id);
		const struct imstrace_account *account = &now;

		expect_equal(replay, event, id, "accept = inject + ends at accept + pending",
			     account->hops[HOP_ACCEPT], account->hops[HOP_INJECT] +
			     ends_at(account, HOP_ACCEPT) + sums[id].pending);
		expect_equal(replay, event, id, "inject = eoi + ends at inject + in service",
			     account->hops[HOP_INJECT], account->hops[HOP_EOI] +
			     ends_at(account, HOP_INJECT) + sums[id].service);
	}
}

static void run(struct replay *replay, int cpu, const char *event,
		const struct bpf_program *program, const __u64 *arguments)
{
	LIBBPF_OPTS(bpf_test_run_opts, options,
		    .ctx_in = arguments, .ctx_size_in = MAX_ARGUMENTS * sizeof(*arguments),
		    .flags = BPF_F_TEST_RUN_ON_CPU, .cpu = cpu);

	/* What runs there is not ours: a thread for each CPU stands for it, unless the test says what. */
	replay->programs->bss->replayed_context = replay->context ?: 1000U + cpu;
	if (bpf_prog_test_run_opts(bpf_program__fd(program), &options)) {
		fprintf(stderr, "running %s on CPU %d failed: %s\n", event, cpu, strerror(errno));
		abort();
	}
	replay->events++;
	if (!replay->options.unchecked)
		check_accounts(replay, event);
}

#define RUN(replay, cpu, program, ...)						\
	run(replay, cpu, #program, (replay)->programs->progs.program,		\
	    (const __u64[MAX_ARGUMENTS]) { __VA_ARGS__ })

/* See bpf/preemption.h. */
static void run_twice(struct replay *replay, int cpu, const char *event, const struct bpf_program *first,
		      const struct bpf_program *second, const __u64 *arguments)
{
	unsigned int every = replay->options.preempted_every;

	if (!every || ++replay->run_twice % every)
		run(replay, cpu, event, first, arguments);
	if (every)
		run(replay, cpu, event, second, arguments);
}

#define RUN_TWICE(replay, cpu, program, ...)					\
	run_twice(replay, cpu, #program, (replay)->programs->progs.program,	\
		  (replay)->programs->progs.program##_second,			\
		  (const __u64[MAX_ARGUMENTS]) { __VA_ARGS__ })

object replay_device(struct replay *replay, const char *name)
{
	object device = objects_new(replay->objects, OBJECT_DEVICE);

	objects_set(replay->objects, device, MEMBER_DEVICE_NAME,
		    objects_new_string(replay->objects, name));
	return device;
}

void replay_rename(struct replay *replay, object device, const char *name)
{
	const object *at = objects_here(replay->objects, objects_member(replay->objects, device,
									MEMBER_DEVICE_NAME));

	strcpy(objects_here(replay->objects, *at), name);
}

void replay_make_again(struct replay *replay, struct vm *vm, __u32 pid)
{
	vm->pid = pid;
	objects_set(replay->objects, vm->kvm, MEMBER_VM_PID, pid);
	objects_set(replay->objects, vm->process, MEMBER_TASK_PID, pid);
	objects_set(replay->objects, vm->process, MEMBER_TASK_PROCESS, pid);
}

struct vm replay_vm(struct replay *replay, __u32 pid)
{
	struct objects *objects = replay->objects;
	struct vm vm = {
		.kvm = objects_new(objects, OBJECT_VM),
		.process = objects_new(objects, OBJECT_TASK),
		.apics = objects_new_array(objects, OBJECT_APIC_MAP, MOST_VCPUS_OF_VM),
		.routes = objects_new_array(objects, OBJECT_ROUTES, MOST_ROUTES),
	};
	object memory = objects_new(objects, OBJECT_MM);

	objects_set(objects, memory, MEMBER_MM_OWNER, vm.process);
	objects_set(objects, vm.kvm, MEMBER_VM_MM, memory);
	replay_make_again(replay, &vm, pid);
	objects_set(objects, vm.kvm, MEMBER_VM_APIC_MAP, vm.apics);
	objects_set(objects, vm.kvm, MEMBER_VM_ROUTES, vm.routes);
	objects_set(objects, vm.apics, MEMBER_APIC_MAP_LAST, MOST_VCPUS_OF_VM - 1);
	objects_set(objects, vm.routes, MEMBER_ROUTES_COUNT, MOST_ROUTES);
	return vm;
}

struct vcpu replay_vcpu(struct replay *replay, const struct vm *vm, __u32 id)
{
	struct vcpu vcpu = {
		.vm = vm, .id = id,
		.vcpu = objects_new_array(replay->objects, OBJECT_VCPU,
					  GUEST_VECTORS / 8 / sizeof(object)),
		.lapic = objects_new(replay->objects, OBJECT_LAPIC),
		.registers = objects_new_bytes(replay->objects, APIC_BYTES),
	};

	if (id >= MOST_VCPUS_OF_VM)
		abort();
	objects_set(replay->objects, vcpu.vcpu, MEMBER_VCPU_VM, vm->kvm);
	objects_set(replay->objects, vcpu.vcpu, MEMBER_VCPU_ID, id);
	objects_set(replay->objects, vcpu.lapic, MEMBER_LAPIC_VCPU, vcpu.vcpu);
	objects_set(replay->objects, vcpu.lapic, MEMBER_LAPIC_REGISTERS, vcpu.registers);
	objects_set(replay->objects, vcpu.vcpu, MEMBER_VCPU_LAPIC, vcpu.lapic);
	objects_set_element(replay->objects, vm->apics, MEMBER_APIC_MAP_FIRST, id, vcpu.lapic);
	replay_set_apic(replay, &vcpu, true);
	return vcpu;
}

static void add_first(struct objects *objects, struct vector *vector, object waiter,
		      enum object_member entry)
{
	objects_set(objects, waiter, entry, vector->first_waiter);
	vector->first_waiter = objects_member(objects, waiter, entry);
	objects_set(objects, vector->eventfd, MEMBER_EVENTFD_WAITERS, vector->first_waiter);
}

struct vector replay_new_vector(struct replay *replay, object device, __u32 index, __u32 irq,
				const struct vm *vm, __u32 guest_vector)
{
	struct objects *objects = replay->objects;
	struct vector vector = {
		.device = device, .index = index, .irq = irq, .slot = index,
		.eventfd = objects_new(objects, OBJECT_EVENTFD),
		.guest_vector = guest_vector, .id = IMSTRACE_NONE,
	};

	objects_set(objects, vector.eventfd, MEMBER_EVENTFD_ID, 1000 + index);
	/* The list of waiters is a circle through its head. */
	vector.first_waiter = objects_member(objects, vector.eventfd, MEMBER_EVENTFD_WAITERS);
	objects_set(objects, vector.eventfd, MEMBER_EVENTFD_WAITERS, vector.first_waiter);
	if (!vm)
		return vector;
	vector.irqfd = objects_new(objects, OBJECT_IRQFD);
	objects_set(objects, vector.irqfd, MEMBER_IRQFD_VM, vm->kvm);
	objects_set(objects, vector.irqfd, MEMBER_IRQFD_EVENTFD, vector.eventfd);
	objects_set(objects, vector.irqfd, MEMBER_IRQFD_ROUTE_DATA, guest_vector);
	objects_set(objects, vector.irqfd, MEMBER_IRQFD_GSI, index);
	vector.routes = vm->routes;
	replay_set_route(replay, &vector, true);
	objects_set(objects, vector.irqfd, MEMBER_IRQFD_BEFORE, vector.first_waiter);
	add_first(objects, &vector, vector.irqfd, MEMBER_IRQFD_ENTRY);
	return vector;
}

void replay_set_route(struct replay *replay, const struct vector *vector, bool set)
{
	/* Any entry will do: only whether there is one is looked at. */
	objects_set_element(replay->objects, vector->routes, MEMBER_ROUTES_FIRST, vector->index,
			    set ? vector->irqfd : 0);
	objects_set(replay->objects, vector->irqfd, MEMBER_IRQFD_ROUTE_TYPE, set ? ROUTE_MSI : 0);
}

void replay_set_irqfd(struct replay *replay, const struct vector *vector, bool set)
{
	object head = objects_member(replay->objects, vector->eventfd, MEMBER_EVENTFD_WAITERS);

	objects_set(replay->objects, vector->eventfd, MEMBER_EVENTFD_WAITERS,
		    set ? vector->first_waiter : head);
	objects_set(replay->objects, vector->irqfd, MEMBER_IRQFD_BEFORE, set ? head : 0);
}

void replay_set_apic(struct replay *replay, const struct vcpu *vcpu, bool on)
{
	objects_set(replay->objects, vcpu->lapic, MEMBER_LAPIC_ENABLED, on);
}

void replay_set_apicv(struct replay *replay, const struct vcpu *vcpu, bool active)
{
	objects_set(replay->objects, vcpu->lapic, MEMBER_LAPIC_APICV, active);
}

/* In 8 words that are @apart bytes from each other. */
static void set_bit(struct replay *replay, object first, size_t apart, __u32 guest_vector, bool set)
{
	__u32 *word = objects_here(replay->objects, first + guest_vector / 32 * apart);
	__u32 bit = 1U << guest_vector % 32;

	*word = set ? *word | bit : *word & ~bit;
}

void replay_set_irr(struct replay *replay, const struct vcpu *vcpu, __u32 guest_vector, bool set)
{
	set_bit(replay, vcpu->registers + APIC_IRR, 16, guest_vector, set);
}

void replay_set_pir(struct replay *replay, const struct vcpu *vcpu, __u32 guest_vector, bool set)
{
	set_bit(replay, vcpu->vcpu + objects_size(replay->objects, OBJECT_VCPU), sizeof(__u32),
		guest_vector, set);
}

void replay_add_waiter(struct replay *replay, struct vector *vector)
{
	object waiter = objects_new(replay->objects, OBJECT_WAITER);

	add_first(replay->objects, vector, waiter, MEMBER_WAITER_ENTRY);
	objects_set(replay->objects, vector->irqfd, MEMBER_IRQFD_BEFORE, waiter);
}

static __u32 find_id(struct replay *replay, const struct vector *vector)
{
	__u32 count = source_vector_count(&replay->source);

	for (__u32 id = 0; id < count; id++)
		if (replay->memory.vectors[id].eventfd == vector->eventfd)
			return id;
	return IMSTRACE_NONE;
}

void replay_bind(struct replay *replay, struct vector *vector, int bypass_ret)
{
	if (vector->irq) {
		RUN(replay, 0, slot_alloc, vector->device, vector->index, vector->irq,
		    vector->slot, IMSTRACE_NONE, 0);
		RUN(replay, 0, irq_request, vector->device, vector->index, vector->irq,
		    vector->slot, 0);
		RUN(replay, 0, bypass_register, vector->device, vector->index, vector->irq,
		    vector->slot, vector->eventfd, bypass_ret);
	}
	RUN(replay, 0, vector_bind, vector->device, vector->index, vector->irq, vector->slot,
	    vector->eventfd, 0);
	vector->id = find_id(replay, vector);
}

void replay_unbind(struct replay *replay, const struct vector *vector)
{
	if (vector->irq) {
		RUN(replay, 0, bypass_unregister, vector->device, vector->index, vector->irq,
		    vector->slot, vector->eventfd, 0);
		RUN(replay, 0, irq_free, vector->device, vector->index, vector->irq,
		    vector->slot);
	}
	RUN(replay, 0, vector_unbind, vector->device, vector->index, vector->irq, vector->slot,
	    vector->eventfd, 0);
	if (vector->irq)
		RUN(replay, 0, slot_free, vector->device, vector->index, vector->irq,
		    vector->slot);
}

void replay_irq(struct replay *replay, int cpu, __u32 irq, object action)
{
	RUN(replay, cpu, irq_entry, irq, action);
}

void replay_exit(struct replay *replay, int cpu, __u32 irq)
{
	RUN(replay, cpu, irq_exit, irq, 0, 1);
}

void replay_wake(struct replay *replay, int cpu, __u32 irq)
{
	RUN(replay, cpu, irq_exit, irq, 0, IRQ_WAKE_THREAD);
}

void replay_signal(struct replay *replay, int cpu, const struct vector *vector,
		   enum imstrace_cause cause)
{
	RUN_TWICE(replay, cpu, signal, vector->device, vector->index, vector->irq, vector->slot,
		  vector->eventfd, cause);
}

void replay_accept(struct replay *replay, int cpu, const struct vcpu *vcpu, __u32 mode,
		   __u32 guest_vector)
{
	remember_slot(replay, vcpu, guest_vector);
	RUN_TWICE(replay, cpu, accept, vcpu->id, mode, 0, guest_vector);
}

void replay_apicv_accept(struct replay *replay, int cpu, const struct vcpu *vcpu,
			 __u32 guest_vector)
{
	RUN_TWICE(replay, cpu, apicv_accept, vcpu->id, APIC_DM_FIXED, 0, guest_vector);
}

void replay_vcpu_exit(struct replay *replay, int cpu, const struct vcpu *vcpu)
{
	RUN(replay, cpu, vcpu_exit, vcpu->vcpu);
}

object replay_task(struct replay *replay)
{
	return replay->task;
}

object replay_notifier(struct replay *replay, const struct vcpu *vcpu)
{
	return objects_member(replay->objects, vcpu->vcpu, MEMBER_VCPU_NOTIFIER);
}

static void set_pending(struct replay *replay, const struct vector *vector, bool set)
{
	objects_set(replay->objects, vector->irqfd, MEMBER_IRQFD_WORK_DATA, set);
}

void replay_queue(struct replay *replay, const struct vector *vector)
{
	set_pending(replay, vector, true);
}

void replay_dequeue(struct replay *replay, const struct vector *vector)
{
	set_pending(replay, vector, false);
}

void replay_work(struct replay *replay, int cpu, const struct vector *vector)
{
	replay_dequeue(replay, vector);
	replay_work_again(replay, cpu, vector);
}

void replay_work_again(struct replay *replay, int cpu, const struct vector *vector)
{
	RUN(replay, cpu, delivery_work, objects_member(replay->objects, vector->irqfd,
						       MEMBER_IRQFD_WORK));
}

void replay_inject(struct replay *replay, int cpu, const struct vcpu *vcpu, __u32 guest_vector,
		   bool soft, bool reinjected)
{
	objects_set(replay->objects, replay->task, MEMBER_TASK_NOTIFIERS,
		    vcpu ? replay_notifier(replay, vcpu) : 0);
	RUN_TWICE(replay, cpu, inject, guest_vector, soft, reinjected);
}

void replay_enter(struct replay *replay, int cpu, const struct vcpu *vcpu)
{
	RUN(replay, cpu, vcpu_enter, vcpu->vcpu);
}

/* Its thread: a task that is no other event's. */
static object thread_of(struct replay *replay, const struct vcpu *vcpu, bool runnable)
{
	objects_set(replay->objects, replay->thread, MEMBER_TASK_NOTIFIERS, replay_notifier(replay, vcpu));
	objects_set(replay->objects, replay->thread, MEMBER_TASK_RUNNABLE, runnable);
	return replay->thread;
}

void replay_sleep(struct replay *replay, const struct vcpu *vcpu)
{
	RUN(replay, 0, thread_switch, false, thread_of(replay, vcpu, false), replay->idle);
}

void replay_preempt(struct replay *replay, const struct vcpu *vcpu)
{
	RUN(replay, 0, thread_switch, true, thread_of(replay, vcpu, true), replay->competitor);
}

void replay_wake_up(struct replay *replay, const struct vcpu *vcpu)
{
	RUN(replay, 0, thread_woken, thread_of(replay, vcpu, true));
}

void replay_run(struct replay *replay, const struct vcpu *vcpu)
{
	RUN(replay, 0, thread_switch, false, replay->idle, thread_of(replay, vcpu, true));
}

void replay_eoi(struct replay *replay, int cpu, const struct vcpu *vcpu, int guest_vector)
{
	RUN_TWICE(replay, cpu, eoi, vcpu->lapic, (__u32)guest_vector);
}

void replay_pv_eoi(struct replay *replay, int cpu, const struct vcpu *vcpu, int guest_vector)
{
	RUN_TWICE(replay, cpu, pv_eoi, vcpu->lapic, (__u32)guest_vector);
}

void replay_process_end(struct replay *replay, const struct vm *vm)
{
	RUN(replay, 0, process_free, vm->process);
}

void replay_posting(struct replay *replay, const struct vector *vector, bool set)
{
	if (!replay->options.old_posting && new_posting(replay))
		RUN(replay, 0, posting, vector->irq, 0, 0, vector->guest_vector, set);
	else
		RUN(replay, 0, posting, vector->irq, 0, 0, vector->guest_vector, 0x1000, set);
}

void replay_inhibit(struct replay *replay, __u64 inhibits)
{
	RUN(replay, 0, inhibition, 0, inhibits != 0, inhibits);
}

void replay_set_process(struct replay *replay, __u32 process)
{
	replay->programs->bss->replayed_process = process;
}

void replay_set_context(struct replay *replay, __u32 context)
{
	replay->context = context;
}

void replay_interrupt_signal(struct replay *replay, int cpu, bool interrupted)
{
	const struct bpf_map *map = replay->programs->maps.open_interrupts;
	size_t size = bpf_map__value_size(map) * libbpf_num_possible_cpus();
	struct open_interrupt *open = malloc(size);
	__u32 zero = 0;

	if (!open || bpf_map__lookup_elem(map, &zero, sizeof(zero), open, size, 0))
		abort();
	open[cpu].in_signal = interrupted;
	if (bpf_map__update_elem(map, &zero, sizeof(zero), open, size, 0))
		abort();
	free(open);
}
