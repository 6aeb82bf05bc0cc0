// SPDX-License-Identifier: GPL-2.0-only
/*
 * ims-guest: a virtual machine of a few instructions behind an ims-sample device.
 * It knows what really happened: how often each vector was rung, and when, and when
 * its guest's interrupt service routine ran. A tracer can be measured by that.
 */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clock.h"
#include "fail.h"
#include "ims_sample.h"
#include "machine.h"
#include "report.h"
#include "ring.h"
#include "vector.h"
#include "vfio.h"

#define MAX_COUNT	10000000
/* Less than the guest's service routine can count: 2^32 TSC cycles. */
#define MAX_DELAY_US	500000

/* What does not go on when doorbells have been rung. */
enum hang {
	HANG_NOTHING,
	HANG_VCPUS,	/* the vCPUs don't run */
	HANG_ISR,	/* the guest's service routines don't end */
};

struct options {
	const char *uuid;
	uint64_t vectors;	/* bit mask; 0: all */
	uint32_t count;
	uint32_t emulated_count;
	unsigned int vcpus;
	enum doorbell doorbell;
	double rate;
	double timeout;
	unsigned int isr_delay_us;
	unsigned int hold_us;
	enum hang hang;
	bool reset;
	enum spoil spoil;
	bool put_back;
	bool reassign;
	bool broadcast;
	bool lines;
	bool spin;
	bool in_thread;
	bool no_wait;
	bool yield;
	bool no_stamps;
	bool step;
};

enum {
	OPTION_VECTORS = 256,
	OPTION_COUNT,
	OPTION_EMULATED_COUNT,
	OPTION_VCPUS,
	OPTION_DOORBELL,
	OPTION_RATE,
	OPTION_TIMEOUT,
	OPTION_WAIT,
	OPTION_NO_WAIT,
	OPTION_ISR_DELAY,
	OPTION_HOLD,
	OPTION_HANG,
	OPTION_RESET,
	OPTION_SPOIL,
	OPTION_PUT_BACK,
	OPTION_REASSIGN,
	OPTION_BROADCAST,
	OPTION_LINES,
	OPTION_IN_THREAD,
	OPTION_SPIN,
	OPTION_YIELD,
	OPTION_NO_STAMPS,
	OPTION_STEP,
};

static volatile sig_atomic_t interrupted;

static const char doc[] =
	"Raises interrupts of an ims-sample device in a tiny guest, and tells the truth.\n"
	"\n"
	"Binds the vectors of DEVICE to a KVM guest of a few instructions "
	"(MSI-X vector v is guest vector 0x30 + v on vCPU v modulo --vcpus), rings their "
	"doorbells in turns, and prints one line of JSON: how often each vector was rung "
	"(\"rang\") and seen by the guest (\"seen\"), when it was rung (\"ring_ns\") and when the "
	"guest's interrupt service routine began (\"isr_ns\") and was about to end "
	"(\"isr_end_ns\"), all in CLOCK_MONOTONIC; and whether it was left pending or in service "
	"in the local APIC; and how long it all took (\"elapsed_ns\").\v"
	"Examples:\n"
	"  ims-guest UUID\n"
	"        1000 interrupts on each IMS vector, 100 on each emulated one\n"
	"  ims-guest --vcpus 2 --rate 2000 --count 20000 UUID\n"
	"        2000 interrupts per second to two vCPUs\n"
	"  ims-guest --no-wait --no-stamps UUID\n"
	"        as fast as the device takes them: some may coalesce\n"
	"  ims-guest --doorbell dma --vectors 0,2-3 UUID\n"
	"        the device's DMA engine sends the messages stored in its slots\n"
	"  ims-guest --step UUID\n"
	"        prints {\"event\":\"bound\",...}, waits for a line on stdin, rings, prints\n"
	"        the truth, waits for another line, unbinds: time to attach a tracer\n"
	"\n"
	"DEVICE is the UUID of a mediated device, or the PCI address of QEMU's edu device, which "
	"has one MSI and is bound to vfio-pci; or none: then there are eventfds, which KVM has as irqfds, "
	"and a doorbell is a write() to one.\n"
	"\n"
	"To create a device, and one whose messages are sent by DMA:\n"
	"  cd /sys/class/mdev_bus\n"
	"  echo UUID > ims_sample/mdev_supported_types/ims_sample-software/create\n"
	"  echo UUID > PCI-ADDRESS/mdev_supported_types/ims_sample-dma/create\n"
	"\n"
	"Exit codes: 0 ok; 1 something failed, such as an interrupt that never came (what was "
	"done is reported); 2 usage; 3 a privilege or a feature of this machine is missing.";

static const struct argp_option option_table[] = {
	{ NULL, 0, NULL, 0, "What is rung:", 1 },
	{ "vectors", OPTION_VECTORS, "LIST", 0, "Bind and ring only these, such as 0,2-3", 0 },
	{ "count", OPTION_COUNT, "N", 0, "Ring each IMS vector N times (1000)", 0 },
	{ "emulated-count", OPTION_EMULATED_COUNT, "N", 0,
	  "Ring each emulated vector N times (100)", 0 },
	{ NULL, 0, NULL, 0, "How:", 2 },
	{ "doorbell", OPTION_DOORBELL, "software|dma|loopback|write|process|ioctl", 0,
	  "software (default): the interrupt is retriggered on the CPU. dma: the device sends "
	  "its stored message; emulated vectors are rung by software. loopback: "
	  "VFIO_DEVICE_SET_IRQS without data signals the eventfd, no interrupt is raised. write, process: "
	  "the same by a write() to the eventfd, of this thread or of another process. ioctl: KVM_SIGNAL_MSI, "
	  "without an eventfd", 0 },
	{ "rate", OPTION_RATE, "HZ", 0, "Doorbells per second over all vectors (no limit)", 0 },
	{ "timeout", OPTION_TIMEOUT, "SECONDS", 0,
	  "Longest wait for an interrupt, or for a doorbell that is busy (5)", 0 },
	{ "wait", OPTION_WAIT, NULL, 0,
	  "Before a vector is rung again, wait until the guest took the interrupt before "
	  "(default)", 0 },
	{ "no-wait", OPTION_NO_WAIT, NULL, 0, "Don't wait: interrupts may coalesce", 0 },
	{ "yield", OPTION_YIELD, NULL, 0,
	  "While waiting, give the CPU away instead of sleeping: without high resolution timers "
	  "a sleep takes a whole tick", 0 },
	{ "vcpus", OPTION_VCPUS, "N", 0, "Virtual CPUs (1)", 0 },
	{ "spin", OPTION_SPIN, NULL, 0,
	  "While idle, the vCPUs spin and don't halt: with APICv the CPU then delivers interrupts "
	  "without an exit. Each vCPU wants a CPU of its own", 0 },
	{ NULL, 0, NULL, 0, "What goes wrong:", 3 },
	{ "isr-delay", OPTION_ISR_DELAY, "US", 0,
	  "The guest's interrupt service routine takes so many microseconds", 0 },
	{ "hold", OPTION_HOLD, "US", 0,
	  "After each doorbell its thread keeps the CPU from the vCPUs for so long: all of this "
	  "program runs on one CPU, and this thread under SCHED_FIFO. held_ns tells the ends", 0 },
	{ "hang", OPTION_HANG, "vcpus|isr", 0,
	  "vcpus: they don't run, so that interrupts stay pending. isr: the interrupt service "
	  "routine never ends. Implies --no-wait", 0 },
	{ "reset", OPTION_RESET, NULL, 0,
	  "When all is rung, reset the machine, and ring as much again with nothing that "
	  "hangs", 0 },
	{ "spoil", OPTION_SPOIL, "routes|apics", 0,
	  "When all is rung, take away KVM's routes, or switch the local APICs off; ring as much "
	  "again; mend it, and ring as much a third time", 0 },
	{ "put-back", OPTION_PUT_BACK, NULL, 0,
	  "Ring each vector with the vCPUs stopped; read the state of the local APICs and put it "
	  "back before they run again: each time", 0 },
	{ "reassign", OPTION_REASSIGN, NULL, 0,
	  "Ring each vector while its eventfd is no irqfd, and make it one again: each time", 0 },
	{ "lines", OPTION_LINES, NULL, 0,
	  "Level-triggered pins of KVM's IOAPIC instead of messages, with irqfds that KVM resamples: vector v "
	  "is pin and gsi 16 + v", 0 },
	{ "broadcast", OPTION_BROADCAST, NULL, 0,
	  "Each message is for all vCPUs: KVM delivers it from its workqueue", 0 },
	{ "in-thread", OPTION_IN_THREAD, NULL, 0,
	  "A thread that then ends makes the VM, as VMMs do that have a thread for each task", 0 },
	{ NULL, 0, NULL, 0, "What is told:", 4 },
	{ "no-stamps", OPTION_NO_STAMPS, NULL, 0,
	  "Leave ring_ns, held_ns, isr_ns and isr_end_ns out", 0 },
	{ "step", OPTION_STEP, NULL, 0,
	  "Wait for a line on stdin before ringing and (a line or EOF) before unbinding", 0 },
	{}
};

/* argp_error() exits with argp_err_exit_status, EXIT_USAGE. */
static unsigned long parse_number(struct argp_state *state, const char *name, const char *arg,
				  unsigned long min, unsigned long max)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(arg, &end, 10);
	if (errno || end == arg || *end || *arg == '-' || value < min || value > max)
		argp_error(state, "--%s %s: must be a number from %lu to %lu", name, arg, min, max);
	return value;
}

static double parse_real(struct argp_state *state, const char *name, const char *arg,
			 double min, double max)
{
	double value;
	char *end;

	value = strtod(arg, &end);
	if (end == arg || *end || !(value >= min && value <= max))
		argp_error(state, "--%s %s: must be a number from %g to %g", name, arg, min, max);
	return value;
}

/* "0,2-3" to a bit mask. */
static uint64_t parse_list(struct argp_state *state, const char *arg)
{
	const char *rest = arg;
	uint64_t mask = 0;
	unsigned int first, last;
	int len;

	for (;;) {
		len = 0;
		if (sscanf(rest, "%2u%n", &first, &len) != 1)
			break;
		rest += len;
		last = first;
		if (*rest == '-') {
			if (sscanf(rest, "-%2u%n", &last, &len) != 1)
				break;
			rest += len;
		}
		if (first > last || last >= GUEST_MAX_VECTORS)
			break;
		while (first <= last)
			mask |= 1ULL << first++;
		if (!*rest)
			return mask;
		if (*rest++ != ',')
			break;
	}
	argp_error(state, "--vectors %s: must be a list such as 0,2-3 of vectors below %u", arg,
		   GUEST_MAX_VECTORS);
	return 0;
}

static enum doorbell parse_doorbell(struct argp_state *state, const char *arg)
{
	for (int i = 0; i < DOORBELL_KINDS; i++)
		if (!strcmp(arg, doorbell_names[i]))
			return i;
	argp_error(state, "--doorbell %s: must be software, dma, loopback, write, process or ioctl", arg);
	return DOORBELL_SOFTWARE;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case OPTION_VECTORS:
		options->vectors = parse_list(state, arg);
		break;
	case OPTION_COUNT:
		options->count = parse_number(state, "count", arg, 0, MAX_COUNT);
		break;
	case OPTION_EMULATED_COUNT:
		options->emulated_count = parse_number(state, "emulated-count", arg, 0, MAX_COUNT);
		break;
	case OPTION_VCPUS:
		options->vcpus = parse_number(state, "vcpus", arg, 1, GUEST_MAX_VCPUS);
		break;
	case OPTION_DOORBELL:
		options->doorbell = parse_doorbell(state, arg);
		break;
	case OPTION_RATE:
		options->rate = parse_real(state, "rate", arg, 0.001, 1e9);
		break;
	case OPTION_TIMEOUT:
		options->timeout = parse_real(state, "timeout", arg, 0.001, 1e6);
		break;
	case OPTION_WAIT:
		options->no_wait = false;
		break;
	case OPTION_NO_WAIT:
		options->no_wait = true;
		break;
	case OPTION_ISR_DELAY:
		options->isr_delay_us = parse_number(state, "isr-delay", arg, 0, MAX_DELAY_US);
		break;
	case OPTION_HOLD:
		options->hold_us = parse_number(state, "hold", arg, 0, MAX_DELAY_US);
		break;
	case OPTION_HANG:
		if (strcmp(arg, "vcpus") && strcmp(arg, "isr"))
			argp_error(state, "--hang %s: must be vcpus or isr", arg);
		options->hang = !strcmp(arg, "isr") ? HANG_ISR : HANG_VCPUS;
		break;
	case OPTION_RESET:
		options->reset = true;
		break;
	case OPTION_SPOIL:
		if (strcmp(arg, "routes") && strcmp(arg, "apics"))
			argp_error(state, "--spoil %s: must be routes or apics", arg);
		options->spoil = !strcmp(arg, "routes") ? SPOIL_ROUTES : SPOIL_APICS;
		break;
	case OPTION_IN_THREAD:
		options->in_thread = true;
		break;
	case OPTION_PUT_BACK:
		options->put_back = true;
		break;
	case OPTION_REASSIGN:
		options->reassign = true;
		break;
	case OPTION_LINES:
		options->lines = true;
		break;
	case OPTION_BROADCAST:
		options->broadcast = true;
		break;
	case OPTION_YIELD:
		options->yield = true;
		break;
	case OPTION_NO_STAMPS:
		options->no_stamps = true;
		break;
	case OPTION_SPIN:
		options->spin = true;
		break;
	case OPTION_STEP:
		options->step = true;
		break;
	case ARGP_KEY_ARG:
		if (options->uuid)
			argp_error(state, "one device only: %s is one too many", arg);
		options->uuid = arg;
		break;
	case ARGP_KEY_END:
		if (!options->uuid)
			argp_error(state, "the device is missing: a UUID, a PCI address or none");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static void on_signal(int signal)
{
	(void)signal;
	interrupted = 1;
}

/* No SA_RESTART: a signal ends the wait for a line as well. */
static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static void wait_for_line(void)
{
	int c;

	if (interrupted)
		return;
	do
		c = getchar();
	while (c != '\n' && c != EOF);
}

/* What a tracer knows an eventfd by. */
static uint64_t read_eventfd_id(int fd)
{
	unsigned long long id;
	char path[64], line[128];
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	if (!file)
		fail(EXIT_RUNTIME, "%s: %s", path, strerror(errno));
	while (!found && fgets(line, sizeof(line), file))
		found = sscanf(line, "eventfd-id: %llu", &id) == 1;
	fclose(file);
	if (!found)
		fail(EXIT_UNAVAILABLE, "%s has no eventfd-id (Linux 5.2 or later has)", path);
	return id;
}

static void choose_vectors(struct vectors *vectors, const struct options *options,
			   const struct vfio *vfio)
{
	uint64_t wanted = options->vectors ? options->vectors : UINT64_MAX;

	if (options->vectors >> vfio->num_vectors)
		fail(EXIT_USAGE, "device %s has vectors 0 to %u only", vfio->name,
		     vfio->num_vectors - 1);
	if (options->doorbell == DOORBELL_DMA && !(vfio->features & IMS_SAMPLE_FEATURE_DMA))
		fail(EXIT_UNAVAILABLE, "device %s can't send messages for --doorbell dma: it must be "
		     "of type ims_sample-dma or ims_sample-igb (in QEMU: -device lsi53c895a or igb)",
		     vfio->name);

	vectors->v = calloc(vfio->num_vectors, sizeof(*vectors->v));
	if (!vectors->v)
		fail(EXIT_RUNTIME, "no memory for the vectors");
	for (unsigned int i = 0; i < vfio->num_vectors; i++) {
		struct vector *vector = &vectors->v[vectors->num];

		if (!(wanted >> i & 1))
			continue;
		vector->vector = i;
		vector->emulated = vfio->emulated >> i & 1;
		vector->doorbell = options->doorbell;
		if (vfio->none && vector->doorbell == DOORBELL_SOFTWARE)
			vector->doorbell = DOORBELL_WRITE;
		if (vector->emulated && vector->doorbell == DOORBELL_DMA)
			vector->doorbell = DOORBELL_SOFTWARE;
		vector->count = vector->emulated ? options->emulated_count : options->count;
		vector->capacity = vector->count * (options->spoil ? 3 : options->reset ? 2 : 1);
		/* One more: the time is noted before it is known whether it counts. */
		vector->ring_ns = calloc(vector->capacity + 1, sizeof(*vector->ring_ns));
		vector->held_ns = calloc(vector->capacity + 1, sizeof(*vector->held_ns));
		vector->eventfd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (!vector->ring_ns || !vector->held_ns || vector->eventfd < 0)
			fail(EXIT_RUNTIME, "vector %u: %s", i, strerror(errno));
		vector->eventfd_id = read_eventfd_id(vector->eventfd);
		vectors->num++;
	}
}

/* KVM listens before the device speaks, and longer. */
static void bind_vectors(const struct vectors *vectors, const struct machine *machine,
			 const struct vfio *vfio)
{
	for (unsigned int i = 0; i < vectors->num; i++)
		machine_add_irqfd(machine, &vectors->v[i]);
	for (unsigned int i = 0; i < vectors->num; i++)
		vfio_bind(vfio, &vectors->v[i]);
}

static void unbind_vectors(const struct vectors *vectors, const struct machine *machine,
			   const struct vfio *vfio)
{
	vfio_unbind_all(vfio);
	for (unsigned int i = 0; i < vectors->num; i++)
		machine_remove_irqfd(machine, &vectors->v[i]);
}

static void free_vectors(struct vectors *vectors)
{
	for (unsigned int i = 0; i < vectors->num; i++) {
		close(vectors->v[i].eventfd);
		free(vectors->v[i].ring_ns);
		free(vectors->v[i].held_ns);
	}
	free(vectors->v);
}

/* Rings until what hangs is full, and notes what that is. */
static bool ring_into_hang(struct ringer *ringer, struct machine *machine,
			   struct vectors *vectors, enum hang hang)
{
	struct ringer hanging = *ringer;
	bool ok;

	if (hang == HANG_VCPUS)
		machine_stop(machine);
	if (hang == HANG_ISR)
		machine_delay_isr(machine, vectors, ISR_DELAY_FOREVER);
	hanging.wait = ringer->wait && hang == HANG_NOTHING;
	ok = ring_all(&hanging);
	ringer->elapsed_ns = hanging.elapsed_ns;
	machine_stop(machine);
	machine_note_apics(machine, vectors);
	return ok;
}

static void note_before(const struct machine *machine, struct vectors *vectors)
{
	for (unsigned int i = 0; i < vectors->num; i++) {
		vectors->v[i].rang_before_reset = vectors->v[i].rang;
		vectors->v[i].seen_before_reset = machine_count(machine, &vectors->v[i]);
	}
}

static bool reset_and_ring(struct ringer *ringer, struct machine *machine,
			   struct vectors *vectors, uint64_t isr_delay_ns)
{
	bool ok;

	note_before(machine, vectors);
	machine_reset(machine);
	machine_delay_isr(machine, vectors, isr_delay_ns);
	machine_start(machine);
	ok = ring_all(ringer);
	machine_stop(machine);
	return ok;
}

/* What does not arrive is not waited for, nor afterwards. */
static bool ring_spoiled(struct ringer *ringer, struct machine *machine, struct vectors *vectors,
			 enum spoil spoil)
{
	struct ringer spoiled = *ringer;
	bool ok;

	machine_stop(machine);
	machine_spoil(machine, spoil);
	spoiled.wait = false;
	ok = ring_all(&spoiled);
	machine_mend(machine, vectors, spoil);
	note_before(machine, vectors);
	machine_restart(machine);
	ok = ok && ring_all(ringer);
	machine_stop(machine);
	return ok;
}

/* A turn of ring_turns(): what is done before each vector is rung, and afterwards. */
struct turn {
	void (*before)(struct machine *machine, const struct vectors *vectors);
	void (*after)(struct machine *machine, const struct vectors *vectors);
};

static void stop(struct machine *machine, const struct vectors *vectors)
{
	(void)vectors;
	machine_stop(machine);
}

static void put_back(struct machine *machine, const struct vectors *vectors)
{
	(void)vectors;
	machine_put_back_apics(machine);
	machine_restart(machine);
}

static void remove_irqfds(struct machine *machine, const struct vectors *vectors)
{
	for (unsigned int i = 0; i < vectors->num; i++)
		machine_remove_irqfd(machine, &vectors->v[i]);
}

static void add_irqfds(struct machine *machine, const struct vectors *vectors)
{
	for (unsigned int i = 0; i < vectors->num; i++)
		machine_add_irqfd(machine, &vectors->v[i]);
}

static bool ring_turns(struct ringer *ringer, struct machine *machine, struct vectors *vectors,
		       const struct turn *turn)
{
	uint32_t count = 0;
	bool ok = true;

	for (unsigned int i = 0; i < vectors->num; i++) {
		if (vectors->v[i].count > count)
			count = vectors->v[i].count;
		vectors->v[i].count = 1;
	}
	while (ok && count--) {
		struct ringer once = *ringer;

		once.wait = false;
		turn->before(machine, vectors);
		ok = ring_all(&once);
		turn->after(machine, vectors);
		ok = ok && ring_wait(ringer);
	}
	machine_stop(machine);
	return ok;
}

/* What machine_open() is given. */
struct making {
	struct machine *machine;
	unsigned int vcpus;
	struct vectors *vectors;
};

static void *make_in_thread(void *context)
{
	const struct making *making = context;

	machine_open(making->machine, making->vcpus, making->vectors);
	return NULL;
}

static void make_machine(struct machine *machine, const struct options *options,
			 struct vectors *vectors)
{
	struct making making = { machine, options->vcpus, vectors };
	pthread_t thread;

	if (!options->in_thread) {
		make_in_thread(&making);
		return;
	}
	if (pthread_create(&thread, NULL, make_in_thread, &making) || pthread_join(thread, NULL))
		fail(EXIT_RUNTIME, "no thread for the machine");
}

static enum exit_code run(const struct options *options)
{
	struct machine machine = {
		.broadcast = options->broadcast, .spin = options->spin, .lines = options->lines,
	};
	struct vectors vectors = {};
	struct clock clock = {};
	struct vfio vfio = {};
	struct writer writer = {};
	struct ringer ringer = {
		.vfio = &vfio,
		.writer = &writer,
		.machine = &machine,
		.vectors = &vectors,
		.clock = &clock,
		.wait = !options->no_wait,
		.yield = options->yield,
		.rate = options->rate,
		.timeout_ns = options->timeout * 1e9,
		.hold_ns = options->hold_us * 1000ULL,
		.interrupted = &interrupted,
	};
	struct report report = {
		.device = options->uuid,
		.doorbell = options->doorbell,
		.wait = !options->no_wait,
		.stamps = !options->no_stamps,
		.held = options->hold_us,
		.machine = &machine,
		.vectors = &vectors,
		.clock = &clock,
	};
	bool ok;

	vfio_open(&vfio, options->uuid);
	choose_vectors(&vectors, options, &vfio);
	if (options->doorbell == DOORBELL_PROCESS)
		writer_start(&writer);
	make_machine(&machine, options, &vectors);
	if (report.stamps)
		machine_note_tsc(&machine);
	machine_delay_isr(&machine, &vectors, options->isr_delay_us * 1000ULL);
	if (options->hold_us)
		ring_prepare_hold();
	machine_start(&machine);
	bind_vectors(&vectors, &machine, &vfio);

	if (options->step) {
		report_bound(&report);
		wait_for_line();
	}

	clock_sample(&clock);
	if (options->put_back || options->reassign)
		ok = ring_turns(&ringer, &machine, &vectors,
				options->put_back ? &(struct turn) { stop, put_back } :
						    &(struct turn) { remove_irqfds, add_irqfds });
	else
		ok = ring_into_hang(&ringer, &machine, &vectors, options->hang);
	if (ok && options->spoil)
		ok = ring_spoiled(&ringer, &machine, &vectors, options->spoil);
	if (ok && options->reset)
		ok = reset_and_ring(&ringer, &machine, &vectors, options->isr_delay_us * 1000ULL);
	clock_sample(&clock);

	if (report.stamps)
		machine_check_tsc(&machine);
	report.interrupted = interrupted;
	report.elapsed_ns = ringer.elapsed_ns;
	report_truth(&report);
	if (options->step)
		wait_for_line();

	unbind_vectors(&vectors, &machine, &vfio);
	machine_close(&machine);
	vfio_close(&vfio);
	writer_end(&writer);
	free_vectors(&vectors);
	clock_free(&clock);
	return ok ? EXIT_OK : EXIT_RUNTIME;
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		.options = option_table,
		.parser = parse_option,
		.args_doc = "DEVICE",
		.doc = doc,
	};
	struct options options = {
		.count = 1000,
		.emulated_count = 100,
		.vcpus = 1,
		.timeout = 5,
	};

	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	catch_signals();
	return run(&options);
}
