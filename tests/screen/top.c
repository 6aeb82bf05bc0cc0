// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: top [VECTORS [INTERVAL_MS [SECONDS [gone]]]]
 *
 * The screen of imstrace top over a source in memory: that many vectors of devices with eight
 * each take interrupts; one with a hostile name, and two that a thread signals; and from the second second on one more, which
 * is unbound two seconds later, and with the last argument known to be gone then. Says on stderr how much CPU time it all took.
 */
#define FAKE_CAPACITY	1024
#include "../unit/fake.h"

#include "../../user/clock.h"
#include "../../user/screen/screen.h"
#include "../../user/session.h"
#include "../../user/stop.h"

#include <poll.h>
#include <unistd.h>

#define SECOND	1000000000ULL
#define TICK	100000000ULL	/* ns between interrupts of all vectors */

/* What a terminal or a parser of markup might obey. */
#define HOSTILE	"<b>\"'\\\033[31m\033]0;x\a\xff\xc3(\t\r\n&amp;$(x)"

static struct {
	struct fake_source *fake;
	__u64 next;
	__u32 late;
	__u64 cpu;	/* ns that the making of interrupts took */
	bool unbound;
} world = { .late = IMSTRACE_NONE };

static void tell(enum imstrace_step step, __u32 id)
{
	const struct imstrace_vector *vector = &world.fake->vectors[id];
	struct imstrace_lifecycle told = {
		.time = clock_now(CLOCK_MONOTONIC), .step = step, .id = id, .vector = vector->vector,
		.irq = vector->irq, .slot = vector->slot, .pasid = vector->pasid,
		.eventfd_id = vector->eventfd_id, .pid = vector->pid,
	};

	memcpy(told.device, vector->device, sizeof(told.device));
	world.fake->source.handlers.lifecycle(world.fake->source.handlers.context, &told);
}

static __u32 add(const char *device, __u32 number, __u32 pid)
{
	__u32 id = fake_vector(world.fake, device, number);
	struct imstrace_vector *vector = &world.fake->vectors[id];

	vector->state = STATE_FROM_START | STATE_SLOT | STATE_REQUESTED | STATE_BOUND;
	vector->pid = pid;
	snprintf(vector->vmm, sizeof(vector->vmm), "qemu-system-x86");
	snprintf(vector->guest, sizeof(vector->guest), "guest-%u", pid - 4000);
	return id;
}

static void come_and_go(__u64 now)
{
	__u64 age = now - world.fake->source.started;

	if (world.late == IMSTRACE_NONE && age > SECOND) {
		world.late = add("latecomer", 7, 4999);
		tell(STEP_VECTOR_BIND, world.late);
	} else if (world.late != IMSTRACE_NONE && !world.unbound && age > 3 * SECOND) {
		world.fake->vectors[world.late].state &= ~STATE_BOUND;
		world.unbound = true;
		tell(STEP_VECTOR_UNBIND, world.late);
	}
}

static int fake_poll(struct source *source, __u64 until)
{
	struct pollfd keys = { .fd = STDIN_FILENO, .events = POLLIN };
	__u64 cpu, now = clock_now(CLOCK_MONOTONIC), wake = until < world.next ? until : world.next;

	(void)source;
	poll(&keys, 1, wake > now ? (wake - now + 999999) / 1000000 : 0);
	now = clock_now(CLOCK_MONOTONIC);
	come_and_go(now);
	cpu = clock_now(CLOCK_PROCESS_CPUTIME_ID);
	/* Some are busier than others, and slower; every tenth is idle. */
	for (; world.next <= now; world.next += TICK)
		for (__u32 id = 0; id < world.fake->totals.vectors; id++)
			if (id % 10 != 9 && !(id == world.late && world.unbound))
				fake_interrupts(world.fake, id, 1 + id % 7,
						1000 * (1 + id % 5) + world.next / TICK % 100 * 10);
	world.cpu += clock_now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	return 0;
}

static __u64 fake_now(const struct source *source)
{
	(void)source;
	return clock_now(CLOCK_MONOTONIC);
}

static void fake_stop(struct source *source)
{
	source->ended = true;
}

static void fake_ignore(struct source *source, __u32 id)
{
	(void)source;
	(void)id;
}

static bool fake_gone(const struct source *source, __u32 id)
{
	(void)source;
	return id == world.late && world.unbound;
}

static void fake_close(struct source *source)
{
	(void)source;
}

int main(int argc, char **argv)
{
	__u32 vectors = argc > 1 ? atoi(argv[1]) : 20, interval = argc > 2 ? atoi(argv[2]) : 200;
	struct sink screen = {
		.ops = &screen_sink, .out = stdout,
		.wants = { .start = true, .lifecycle = true, .summary = true },
	};
	const struct session_options options = {
		.sinks = SINKS(&screen), .interval = interval * 1000000ULL,
		.duration = argc > 3 ? atoi(argv[3]) * SECOND : 0,
	};
	struct source *source;
	double seconds, cpu;
	int ret;

	if (vectors < 2 || vectors > FAKE_CAPACITY - 1)
		return 2;
	stop_on_signals();
	ret = screen_open(&screen);
	if (ret)
		return ret;
	world.fake = fake_source_new();
	source = &world.fake->source;
	source->now = fake_now;
	source->poll = fake_poll;
	source->stop = fake_stop;
	source->ignore = fake_ignore;
	source->close = fake_close;
	source->gone = argc > 4 ? fake_gone : NULL;
	source->started = clock_now(CLOCK_MONOTONIC);
	world.next = source->started;
	add(HOSTILE, 0, 4000);
	snprintf(world.fake->vectors[0].guest, sizeof(world.fake->vectors[0].guest), HOSTILE);
	for (__u32 id = 1; id < vectors; id++) {
		char device[32];

		snprintf(device, sizeof(device), "device-%u", id / 8);
		add(device, id % 8, 4000 + id / 32);
	}
	for (__u32 id = 1; id < 3 && id < vectors; id++)
		snprintf(world.fake->vectors[id].signallers, IMSTRACE_SIGNALLERS_LEN, "vhost-4000/4002");
	ret = session_run(source, &options);
	screen_close(&screen);
	cpu = clock_now(CLOCK_PROCESS_CPUTIME_ID) - world.cpu;
	seconds = (double)(clock_now(CLOCK_MONOTONIC) - source->started) / 1e9;
	fprintf(stderr, "CPU time %.3f s of %.3f s, %.2f %%; without the %.3f s of the source\n",
		cpu / 1e9, seconds, cpu / 1e7 / seconds, world.cpu / 1e9);
	free(world.fake);
	return ret;
}
