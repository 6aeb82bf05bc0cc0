// SPDX-License-Identifier: GPL-2.0-only
/* The virtual machine. See machine.h. */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "clock.h"
#include "fail.h"
#include "machine.h"

/* Makes a vCPU thread come out of KVM_RUN. */
#define KICK_SIGNAL		SIGUSR1

/* Three pages below the BIOS that Intel's KVM wants for itself. */
#define KVM_TSS_ADDRESS		0xfffbd000

/* Stamps of interrupts beyond those that were rung: they would be a finding. */
#define SPARE_STAMPS		64

#define GATE_INTERRUPT32	0x8e00
#define DESCRIPTOR_FLAT_CODE	0x00cf9b000000ffffULL
#define DESCRIPTOR_FLAT_DATA	0x00cf93000000ffffULL
#define SEGMENT_CODE		0x0b
#define SEGMENT_DATA		0x03

#define CR0_PE			(1U << 0)
#define CR0_ET			(1U << 4)
#define EFLAGS_RESERVED		(1U << 1)

#define MSR_IA32_TSC		0x10
#define APIC_BASE_X2APIC	(1U << 10)
#define APIC_BASE_ENABLE	(1U << 11)
#define APIC_ISR		0x100
#define APIC_IRR		0x200
/* Of a 256-bit register: 32 bits every 16 bytes. */
#define APIC_WORDS		8
#define APIC_WORD_SIZE		16
#define APIC_SPURIOUS		0xf0
#define APIC_SPURIOUS_ENABLE	0x1ff
#define APIC_SPURIOUS_DISABLE	0x0ff

#define MSI_ADDRESS		0xfee00000U
#define MSI_DESTINATION_SHIFT	12
#define MSI_DESTINATION_ALL	0xffU

/* A vCPU starts within milliseconds. */
#define START_TIMEOUT_NS	5000000000ULL
#define START_POLL_US		1000

/* Enough for what KVM_GET_SUPPORTED_CPUID returns. */
#define CPUID_ENTRIES		256

static void checked(int ret, const char *what)
{
	if (ret < 0)
		fail(EXIT_RUNTIME, "%s: %s", what, strerror(errno));
}

static void open_kvm(struct machine *machine)
{
	struct kvm_enable_cap split = { .cap = KVM_CAP_SPLIT_IRQCHIP };
	int version;

	machine->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (machine->kvm < 0)
		fail(EXIT_UNAVAILABLE, "/dev/kvm: %s (%s)", strerror(errno),
		     errno == EACCES || errno == EPERM ? "run as root" :
		     "modprobe kvm_amd or kvm_intel; in a virtual machine: give it nested "
		     "virtualisation");

	version = ioctl(machine->kvm, KVM_GET_API_VERSION, 0);
	if (version != KVM_API_VERSION)
		fail(EXIT_UNAVAILABLE, "/dev/kvm speaks version %d, not %d", version,
		     KVM_API_VERSION);

	machine->vm = ioctl(machine->kvm, KVM_CREATE_VM, 0);
	checked(machine->vm, "KVM_CREATE_VM");

	if (machine->lines)
		checked(ioctl(machine->vm, KVM_CREATE_IRQCHIP), "KVM_CREATE_IRQCHIP");
	/* Local APICs in the kernel; no PIC and no IOAPIC, and so no gsi taken. */
	else if (ioctl(machine->vm, KVM_ENABLE_CAP, &split))
		fail(EXIT_UNAVAILABLE, "KVM has no split irqchip: %s", strerror(errno));
	checked(ioctl(machine->vm, KVM_SET_TSS_ADDR, KVM_TSS_ADDRESS), "KVM_SET_TSS_ADDR");
}

/* One ring after the other; each vector's counter says where its ring is. */
static void create_memory(struct machine *machine, const struct vectors *vectors)
{
	struct guest_counter counters[GUEST_MAX_VECTORS] = {};
	struct kvm_userspace_memory_region region = {};
	uint64_t size = GUEST_RINGS;

	for (unsigned int i = 0; i < vectors->num; i++) {
		struct guest_counter *counter = &counters[vectors->v[i].vector];

		counter->capacity = vectors->v[i].capacity + SPARE_STAMPS;
		counter->ring = size;
		size += counter->capacity * sizeof(struct guest_stamp);
	}
	size = (size + GUEST_PAGE_SIZE - 1) / GUEST_PAGE_SIZE * GUEST_PAGE_SIZE;

	/* Untouched pages cost nothing. */
	machine->memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (machine->memory == MAP_FAILED)
		fail(EXIT_RUNTIME, "%llu bytes of guest memory: %s (a smaller --count needs less)",
		     (unsigned long long)size, strerror(errno));
	machine->memory_size = size;
	memcpy(machine->memory + GUEST_COUNTERS, counters, sizeof(counters));

	region.memory_size = size;
	region.userspace_addr = (uintptr_t)machine->memory;
	checked(ioctl(machine->vm, KVM_SET_USER_MEMORY_REGION, &region),
		"KVM_SET_USER_MEMORY_REGION");
}

static void load_guest(struct machine *machine)
{
	static const uint64_t gdt[] = { 0, DESCRIPTOR_FLAT_CODE, DESCRIPTOR_FLAT_DATA };
	uint64_t *idt = (uint64_t *)(machine->memory + GUEST_IDT);
	uint64_t isr = GUEST_CODE + (guest_isrs - guest_code);

	memcpy(machine->memory + GUEST_GDT, gdt, sizeof(gdt));
	memcpy(machine->memory + GUEST_CODE, guest_code, guest_code_end - guest_code);
	for (unsigned int i = 0; i < GUEST_MAX_VECTORS; i++, isr += GUEST_ISR_SIZE)
		idt[GUEST_FIRST_VECTOR + i] = (isr >> 16) << 48 | (uint64_t)GATE_INTERRUPT32 << 32 |
			GUEST_CODE_SEGMENT << 16 | (isr & 0xffff);
}

/* The first of the IOAPIC's pins whose gsi, of the same number, is no PIC's as well. */
#define FIRST_PIN	16

/* Likewise from the IOAPIC's pin 16 + v, level-triggered: KVM has routed it from gsi 16 + v. */
static void program_pins(struct machine *machine, struct vectors *vectors)
{
	struct kvm_irqchip chip = { .chip_id = KVM_IRQCHIP_IOAPIC };
	__typeof__(chip.chip.ioapic.redirtbl[0]) *redirection;

	checked(ioctl(machine->vm, KVM_GET_IRQCHIP, &chip), "KVM_GET_IRQCHIP");
	for (unsigned int i = 0; i < vectors->num; i++) {
		struct vector *vector = &vectors->v[i];

		vector->guest_vector = GUEST_FIRST_VECTOR + vector->vector;
		vector->vcpu = vector->vector % machine->num_vcpus;
		redirection = &chip.chip.ioapic.redirtbl[FIRST_PIN + vector->vector];
		redirection->bits = 0;
		redirection->fields.vector = vector->guest_vector;
		redirection->fields.trig_mode = 1;
		redirection->fields.dest_id = vector->vcpu;
		vector->resampled = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		checked(vector->resampled, "eventfd");
	}
	checked(ioctl(machine->vm, KVM_SET_IRQCHIP, &chip), "KVM_SET_IRQCHIP");
}

/* Where the message of a vector goes to. */
static uint32_t message_address(const struct machine *machine, const struct vector *vector)
{
	return MSI_ADDRESS | (machine->broadcast ? MSI_DESTINATION_ALL : vector->vcpu) << MSI_DESTINATION_SHIFT;
}

int machine_signal(const struct machine *machine, const struct vector *vector)
{
	struct kvm_msi msi = {
		.address_lo = message_address(machine, vector), .data = vector->guest_vector,
	};

	return ioctl(machine->vm, KVM_SIGNAL_MSI, &msi) < 0 ? -errno : 0;
}

/* gsi v → MSI for guest vector 0x30 + v on vCPU v % vcpus. */
static void route_vectors(struct machine *machine, struct vectors *vectors)
{
	struct kvm_irq_routing *routing;

	routing = calloc(1, sizeof(*routing) + vectors->num * sizeof(routing->entries[0]));
	if (!routing)
		fail(EXIT_RUNTIME, "no memory for the interrupt routes");

	for (unsigned int i = 0; i < vectors->num; i++) {
		struct vector *vector = &vectors->v[i];

		vector->guest_vector = GUEST_FIRST_VECTOR + vector->vector;
		vector->vcpu = vector->vector % machine->num_vcpus;
		routing->entries[routing->nr++] = (struct kvm_irq_routing_entry){
			.gsi = vector->vector,
			.type = KVM_IRQ_ROUTING_MSI,
			.u.msi.address_lo = message_address(machine, vector),
			.u.msi.data = vector->guest_vector,
		};
	}
	checked(ioctl(machine->vm, KVM_SET_GSI_ROUTING, routing), "KVM_SET_GSI_ROUTING");
	free(routing);
}

/* x2APIC mode needs a CPUID that announces it. */
static void set_cpuid(const struct vcpu *vcpu)
{
	struct kvm_cpuid2 *cpuid;

	cpuid = calloc(1, sizeof(*cpuid) + CPUID_ENTRIES * sizeof(cpuid->entries[0]));
	if (!cpuid)
		fail(EXIT_RUNTIME, "no memory for the CPUID");
	cpuid->nent = CPUID_ENTRIES;
	checked(ioctl(vcpu->machine->kvm, KVM_GET_SUPPORTED_CPUID, cpuid),
		"KVM_GET_SUPPORTED_CPUID");
	checked(ioctl(vcpu->fd, KVM_SET_CPUID2, cpuid), "KVM_SET_CPUID2");
	free(cpuid);
}

static struct kvm_segment flat_segment(uint16_t selector, uint8_t type)
{
	return (struct kvm_segment){
		.selector = selector,
		.type = type,
		.limit = UINT32_MAX,
		.present = 1,
		.s = 1,
		.db = 1,
		.g = 1,
	};
}

static void set_registers(const struct vcpu *vcpu)
{
	struct kvm_regs regs = {
		.rip = GUEST_CODE,
		.rax = vcpu->id,
		.rbx = vcpu->machine->spin,
		.rsp = GUEST_STACKS + (vcpu->id + 1) * GUEST_PAGE_SIZE,
		.rflags = EFLAGS_RESERVED,
	};
	struct kvm_sregs sregs;

	checked(ioctl(vcpu->fd, KVM_GET_SREGS, &sregs), "KVM_GET_SREGS");
	sregs.cs = flat_segment(GUEST_CODE_SEGMENT, SEGMENT_CODE);
	sregs.ds = flat_segment(GUEST_DATA_SEGMENT, SEGMENT_DATA);
	sregs.es = sregs.ds;
	sregs.fs = sregs.ds;
	sregs.gs = sregs.ds;
	sregs.ss = sregs.ds;
	sregs.gdt.base = GUEST_GDT;
	sregs.gdt.limit = 3 * sizeof(uint64_t) - 1;
	sregs.idt.base = GUEST_IDT;
	sregs.idt.limit = (GUEST_FIRST_VECTOR + GUEST_MAX_VECTORS) * sizeof(uint64_t) - 1;
	sregs.cr0 = CR0_PE | CR0_ET;
	sregs.apic_base |= APIC_BASE_ENABLE | APIC_BASE_X2APIC;
	checked(ioctl(vcpu->fd, KVM_SET_SREGS, &sregs), "KVM_SET_SREGS");
	checked(ioctl(vcpu->fd, KVM_SET_REGS, &regs), "KVM_SET_REGS");
}

static void set_spurious(const struct vcpu *vcpu, uint32_t spurious)
{
	struct kvm_lapic_state apic;

	checked(ioctl(vcpu->fd, KVM_GET_LAPIC, &apic), "KVM_GET_LAPIC");
	memcpy(&apic.regs[APIC_SPURIOUS], &spurious, sizeof(spurious));
	checked(ioctl(vcpu->fd, KVM_SET_LAPIC, &apic), "KVM_SET_LAPIC");
}

/* Or all but the first would wait for a start-up IPI, and a halted one for an interrupt. */
static void make_runnable(const struct vcpu *vcpu)
{
	struct kvm_mp_state runnable = { .mp_state = KVM_MP_STATE_RUNNABLE };

	checked(ioctl(vcpu->fd, KVM_SET_MP_STATE, &runnable), "KVM_SET_MP_STATE");
}

static void create_vcpu(struct machine *machine, unsigned int id)
{
	struct vcpu *vcpu = &machine->vcpus[id];

	vcpu->machine = machine;
	vcpu->id = id;
	vcpu->fd = ioctl(machine->vm, KVM_CREATE_VCPU, id);
	checked(vcpu->fd, "KVM_CREATE_VCPU");
	vcpu->run = mmap(NULL, machine->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0);
	if (vcpu->run == MAP_FAILED)
		fail(EXIT_RUNTIME, "mapping a vCPU: %s", strerror(errno));

	set_cpuid(vcpu);
	set_registers(vcpu);
	set_spurious(vcpu, APIC_SPURIOUS_ENABLE);
	make_runnable(vcpu);
}

void machine_open(struct machine *machine, unsigned int num_vcpus, struct vectors *vectors)
{
	int run_size;

	machine->num_vcpus = num_vcpus;
	open_kvm(machine);
	create_memory(machine, vectors);
	load_guest(machine);
	if (machine->lines)
		program_pins(machine, vectors);
	else
		route_vectors(machine, vectors);

	run_size = ioctl(machine->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	checked(run_size, "KVM_GET_VCPU_MMAP_SIZE");
	machine->run_size = run_size;
	for (unsigned int i = 0; i < num_vcpus; i++)
		create_vcpu(machine, i);
}

/* Its halts and its EOIs end in the kernel: the guest has no reason to come out. */
static void *run_vcpu(void *arg)
{
	struct vcpu *vcpu = arg;
	struct machine *machine = vcpu->machine;

	while (!__atomic_load_n(&machine->stopping, __ATOMIC_ACQUIRE)) {
		if (!ioctl(vcpu->fd, KVM_RUN, 0))
			complain("the guest crashed on vCPU %u: KVM exit reason %u", vcpu->id,
				 vcpu->run->exit_reason);
		else if (errno != EINTR && errno != EAGAIN)
			complain("KVM_RUN on vCPU %u: %s", vcpu->id, strerror(errno));
		else
			continue;
		__atomic_store_n(&machine->crashed, true, __ATOMIC_RELEASE);
		break;
	}
	return NULL;
}

static void ignore_kick(int signal)
{
	(void)signal;
}

static void wait_until_ready(const struct machine *machine)
{
	const uint32_t *ready = (void *)(machine->memory + GUEST_READY);
	uint64_t start = clock_ns();

	for (unsigned int i = 0; i < machine->num_vcpus; i++) {
		while (!__atomic_load_n(&ready[i], __ATOMIC_ACQUIRE)) {
			if (machine_crashed(machine))
				exit(EXIT_RUNTIME);
			if (clock_ns() - start > START_TIMEOUT_NS)
				fail(EXIT_RUNTIME, "vCPU %u does not start", i);
			usleep(START_POLL_US);
		}
	}
}

void machine_start(struct machine *machine)
{
	struct sigaction kick = { .sa_handler = ignore_kick };
	sigset_t all_but_kick, old;
	int error;

	memset(machine->memory + GUEST_READY, 0, GUEST_MAX_VCPUS * sizeof(uint32_t));
	machine->stopping = false;
	machine->running = true;
	sigaction(KICK_SIGNAL, &kick, NULL);

	/* The threads inherit the mask: other signals are the main thread's. */
	sigfillset(&all_but_kick);
	sigdelset(&all_but_kick, KICK_SIGNAL);
	pthread_sigmask(SIG_SETMASK, &all_but_kick, &old);
	for (unsigned int i = 0; i < machine->num_vcpus; i++) {
		struct vcpu *vcpu = &machine->vcpus[i];

		vcpu->run->immediate_exit = 0;
		error = pthread_create(&vcpu->thread, NULL, run_vcpu, vcpu);
		if (error)
			fail(EXIT_RUNTIME, "starting vCPU %u: %s", i, strerror(error));
	}
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	wait_until_ready(machine);
}

void machine_stop(struct machine *machine)
{
	if (!machine->running)
		return;
	__atomic_store_n(&machine->stopping, true, __ATOMIC_RELEASE);
	for (unsigned int i = 0; i < machine->num_vcpus; i++) {
		struct vcpu *vcpu = &machine->vcpus[i];

		/* Also stops a KVM_RUN that begins only after the signal. */
		__atomic_store_n(&vcpu->run->immediate_exit, 1, __ATOMIC_RELEASE);
		pthread_kill(vcpu->thread, KICK_SIGNAL);
		pthread_join(vcpu->thread, NULL);
	}
	machine->running = false;
}

void machine_delay_isr(struct machine *machine, const struct vectors *vectors, uint64_t ns)
{
	struct guest_counter *counters = (void *)(machine->memory + GUEST_COUNTERS);
	uint32_t delay = GUEST_DELAY_FOREVER;
	int khz;

	if (ns != ISR_DELAY_FOREVER) {
		khz = ioctl(machine->vcpus[0].fd, KVM_GET_TSC_KHZ);
		checked(khz, "KVM_GET_TSC_KHZ");
		delay = ns * khz / 1000000;
	}
	for (unsigned int i = 0; i < vectors->num; i++)
		__atomic_store_n(&counters[vectors->v[i].vector].delay, delay, __ATOMIC_RELEASE);
}

static bool apic_bit(const struct kvm_lapic_state *apic, unsigned int base, uint8_t vector)
{
	uint32_t word;

	memcpy(&word, &apic->regs[base + vector / 32 * APIC_WORD_SIZE], sizeof(word));
	return word >> vector % 32 & 1;
}

void machine_note_apics(const struct machine *machine, struct vectors *vectors)
{
	struct kvm_lapic_state apic;

	for (unsigned int i = 0; i < vectors->num; i++) {
		struct vector *vector = &vectors->v[i];

		checked(ioctl(machine->vcpus[vector->vcpu].fd, KVM_GET_LAPIC, &apic),
			"KVM_GET_LAPIC");
		vector->pending = apic_bit(&apic, APIC_IRR, vector->guest_vector);
		vector->in_service = apic_bit(&apic, APIC_ISR, vector->guest_vector);
	}
}

/* KVM has no reset of its own: every VMM writes what the registers are after one. */
void machine_reset(struct machine *machine)
{
	struct kvm_vcpu_events events = {};
	struct kvm_lapic_state apic;

	for (unsigned int i = 0; i < machine->num_vcpus; i++) {
		const struct vcpu *vcpu = &machine->vcpus[i];

		checked(ioctl(vcpu->fd, KVM_GET_LAPIC, &apic), "KVM_GET_LAPIC");
		for (unsigned int word = 0; word < APIC_WORDS; word++) {
			memset(&apic.regs[APIC_ISR + word * APIC_WORD_SIZE], 0, sizeof(uint32_t));
			memset(&apic.regs[APIC_IRR + word * APIC_WORD_SIZE], 0, sizeof(uint32_t));
		}
		checked(ioctl(vcpu->fd, KVM_SET_LAPIC, &apic), "KVM_SET_LAPIC");
		checked(ioctl(vcpu->fd, KVM_SET_VCPU_EVENTS, &events), "KVM_SET_VCPU_EVENTS");
		set_registers(vcpu);
		make_runnable(vcpu);
	}
}

static void set_all_spurious(struct machine *machine, uint32_t spurious)
{
	for (unsigned int i = 0; i < machine->num_vcpus; i++)
		set_spurious(&machine->vcpus[i], spurious);
}

void machine_spoil(struct machine *machine, enum spoil spoil)
{
	struct vectors none = { .num = 0 };

	if (spoil == SPOIL_ROUTES)
		route_vectors(machine, &none);
	else if (spoil == SPOIL_APICS)
		set_all_spurious(machine, APIC_SPURIOUS_DISABLE);
}

void machine_mend(struct machine *machine, struct vectors *vectors, enum spoil spoil)
{
	if (spoil == SPOIL_ROUTES)
		route_vectors(machine, vectors);
	else if (spoil == SPOIL_APICS)
		set_all_spurious(machine, APIC_SPURIOUS_ENABLE);
}

void machine_put_back_apics(const struct machine *machine)
{
	struct kvm_lapic_state apic;

	for (unsigned int i = 0; i < machine->num_vcpus; i++) {
		checked(ioctl(machine->vcpus[i].fd, KVM_GET_LAPIC, &apic), "KVM_GET_LAPIC");
		checked(ioctl(machine->vcpus[i].fd, KVM_SET_LAPIC, &apic), "KVM_SET_LAPIC");
	}
}

void machine_restart(struct machine *machine)
{
	for (unsigned int i = 0; i < machine->num_vcpus; i++) {
		set_registers(&machine->vcpus[i]);
		make_runnable(&machine->vcpus[i]);
	}
	machine_start(machine);
}

void machine_close(struct machine *machine)
{
	for (unsigned int i = 0; i < machine->num_vcpus; i++) {
		munmap(machine->vcpus[i].run, machine->run_size);
		close(machine->vcpus[i].fd);
	}
	close(machine->vm);
	close(machine->kvm);
	munmap(machine->memory, machine->memory_size);
}

static int irqfd(const struct machine *machine, const struct vector *vector, uint32_t flags)
{
	struct kvm_irqfd irqfd = {
		.fd = vector->eventfd,
		.gsi = vector->vector,
		.flags = flags,
	};

	if (machine->lines && !flags) {
		irqfd.flags = KVM_IRQFD_FLAG_RESAMPLE;
		irqfd.resamplefd = vector->resampled;
	}
	if (machine->lines)
		irqfd.gsi += FIRST_PIN;
	return ioctl(machine->vm, KVM_IRQFD, &irqfd);
}

void machine_add_irqfd(const struct machine *machine, const struct vector *vector)
{
	checked(irqfd(machine, vector, 0), "KVM_IRQFD");
}

void machine_remove_irqfd(const struct machine *machine, const struct vector *vector)
{
	checked(irqfd(machine, vector, KVM_IRQFD_FLAG_DEASSIGN), "KVM_IRQFD, removing");
}

bool machine_lowered(const struct machine *machine, struct vector *vector)
{
	uint64_t more;

	if (!machine->lines)
		return true;
	if (read(vector->resampled, &more, sizeof(more)) == sizeof(more))
		vector->lowered += more;
	return vector->lowered >= vector->rang;
}

static const struct guest_counter *counter_of(const struct machine *machine,
					      const struct vector *vector)
{
	const struct guest_counter *counters = (void *)(machine->memory + GUEST_COUNTERS);

	return &counters[vector->vector];
}

uint32_t machine_count(const struct machine *machine, const struct vector *vector)
{
	return __atomic_load_n(&counter_of(machine, vector)->count, __ATOMIC_ACQUIRE);
}

uint32_t machine_stamps(const struct machine *machine, const struct vector *vector)
{
	uint32_t count = machine_count(machine, vector);
	uint32_t capacity = counter_of(machine, vector)->capacity;

	return count < capacity ? count : capacity;
}

struct guest_stamp machine_stamp(const struct machine *machine, const struct vector *vector,
				 uint32_t i)
{
	const struct guest_stamp *ring = (void *)(machine->memory +
						  counter_of(machine, vector)->ring);
	uint64_t offset = machine->vcpus[vector->vcpu].tsc_offset;

	return (struct guest_stamp){ ring[i].begin - offset, ring[i].end - offset };
}

bool machine_crashed(const struct machine *machine)
{
	return __atomic_load_n(&machine->crashed, __ATOMIC_ACQUIRE);
}

static uint64_t read_tsc_offset(const struct vcpu *vcpu)
{
	uint64_t offset = 0;
	struct kvm_device_attr attr = {
		.group = KVM_VCPU_TSC_CTRL,
		.attr = KVM_VCPU_TSC_OFFSET,
		.addr = (uintptr_t)&offset,
	};

	if (ioctl(vcpu->fd, KVM_GET_DEVICE_ATTR, &attr))
		fail(EXIT_UNAVAILABLE, "KVM does not tell the guest's TSC offset: %s (Linux 5.16 "
		     "or later does; --no-stamps needs none)", strerror(errno));
	return offset;
}

void machine_note_tsc(struct machine *machine)
{
	for (unsigned int i = 0; i < machine->num_vcpus; i++)
		machine->vcpus[i].tsc_offset = read_tsc_offset(&machine->vcpus[i]);
}

/* Without the offset, the guest's TSC must lie between two readings of the host's. */
static void check_tsc_scale(const struct vcpu *vcpu)
{
	union {
		struct kvm_msrs msrs;
		uint8_t bytes[sizeof(struct kvm_msrs) + sizeof(struct kvm_msr_entry)];
	} request = { .msrs.nmsrs = 1 };
	struct kvm_msr_entry entry = { .index = MSR_IA32_TSC };
	uint64_t before, after, guest;
	int ret;

	memcpy(request.msrs.entries, &entry, sizeof(entry));
	before = clock_tsc();
	ret = ioctl(vcpu->fd, KVM_GET_MSRS, &request);
	after = clock_tsc();
	if (ret != 1)
		fail(EXIT_RUNTIME, "KVM_GET_MSRS: no TSC");

	memcpy(&entry, request.msrs.entries, sizeof(entry));
	guest = entry.data - vcpu->tsc_offset;
	if (guest < before || guest > after)
		fail(EXIT_UNAVAILABLE, "the TSC of vCPU %u is not the host's plus an offset "
		     "(%lld cycles away): KVM scales it, and only --no-stamps works here",
		     vcpu->id, (long long)(guest - before));
}

void machine_check_tsc(const struct machine *machine)
{
	for (unsigned int i = 0; i < machine->num_vcpus; i++) {
		const struct vcpu *vcpu = &machine->vcpus[i];

		if (read_tsc_offset(vcpu) != vcpu->tsc_offset)
			fail(EXIT_UNAVAILABLE, "KVM changed the TSC offset of vCPU %u while it "
			     "ran: the host takes its TSC to be unstable (boot it with "
			     "tsc=reliable if it is not; else only --no-stamps works here)", i);
		check_tsc_scale(vcpu);
	}
}
