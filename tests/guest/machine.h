/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The virtual machine: KVM with an in-kernel local APIC per vCPU and nothing else,
 * running guest.S. Each vector's eventfd is an irqfd on the gsi of the same number,
 * which is routed as an MSI to the vector's guest vector and vCPU.
 */
#ifndef IMS_GUEST_MACHINE_H
#define IMS_GUEST_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>

#include "guest.h"
#include "vector.h"

struct kvm_run;

struct vcpu {
	int fd;
	unsigned int id;
	struct kvm_run *run;
	pthread_t thread;
	uint64_t tsc_offset;
	struct machine *machine;
};

struct machine {
	int kvm;
	int vm;
	uint8_t *memory;
	size_t memory_size;
	size_t run_size;
	unsigned int num_vcpus;
	/* Before machine_open(): */
	bool broadcast;		/* each message is for all vCPUs */
	bool spin;		/* idle vCPUs don't halt */
	bool lines;		/* no messages, but level-triggered pins of KVM's IOAPIC */
	struct vcpu vcpus[GUEST_MAX_VCPUS];
	bool running;		/* there are vCPU threads */
	bool stopping;		/* tells them to end */
	bool crashed;		/* one of them says that its guest did */
};

/* Builds it, with room for what each vector is to be rung. Assigns each its vCPU. */
void machine_open(struct machine *machine, unsigned int num_vcpus, struct vectors *vectors);
/* Returns when every vCPU runs: starting one takes longer than an interrupt. */
void machine_start(struct machine *machine);
/*
 * Ends the threads, if there are any: what is sent to the guest now is pending until
 * machine_start(). The guest's memory stays readable until machine_close().
 */
void machine_stop(struct machine *machine);
void machine_close(struct machine *machine);

#define ISR_DELAY_FOREVER	UINT64_MAX

/* How long the guest's service routines take from now on, for each vector. */
void machine_delay_isr(struct machine *machine, const struct vectors *vectors, uint64_t ns);

/* For a machine that is stopped: notes what is pending or in service in its local APICs. */
void machine_note_apics(const struct machine *machine, struct vectors *vectors);
/* Likewise: as after power-on, but for the guest's memory. machine_start() runs it again. */
void machine_reset(struct machine *machine);

/* What a guest or its VMM may do to interrupts; the guest gets none until it is mended. */
enum spoil {
	SPOIL_NOTHING,
	SPOIL_ROUTES,	/* KVM has no route for any gsi */
	SPOIL_APICS,	/* the guest has switched its local APICs off */
};

/* Of a machine that is stopped. */
void machine_spoil(struct machine *machine, enum spoil spoil);
void machine_mend(struct machine *machine, struct vectors *vectors, enum spoil spoil);
/* Likewise: writes the state of each local APIC that it has just read, as a VMM may do at any time. */
void machine_put_back_apics(const struct machine *machine);
/* Likewise: runs it from its beginning, with its local APICs as they are. */
void machine_restart(struct machine *machine);

void machine_add_irqfd(const struct machine *machine, const struct vector *vector);
void machine_remove_irqfd(const struct machine *machine, const struct vector *vector);

/* Whether KVM has lowered a line as often as it was raised: until then, raising it would be one with the last. */
bool machine_lowered(const struct machine *machine, struct vector *vector);

/* Sends the message of a vector by KVM_SIGNAL_MSI. Return: 0 or a negative errno. */
int machine_signal(const struct machine *machine, const struct vector *vector);

/* Interrupts that the guest took, and how many of them have a stamp in its ring. */
uint32_t machine_count(const struct machine *machine, const struct vector *vector);
uint32_t machine_stamps(const struct machine *machine, const struct vector *vector);
/* A stamp, both as the host's TSC: needs machine_note_tsc(). */
struct guest_stamp machine_stamp(const struct machine *machine, const struct vector *vector,
				 uint32_t i);
bool machine_crashed(const struct machine *machine);

/*
 * What stamps need: the distance of the guest's TSC from the host's. It is noted before
 * machine_start() and checked after machine_stop(), since a running vCPU can't be asked.
 * The check ends the program unless the distance was constant all the time.
 */
void machine_note_tsc(struct machine *machine);
void machine_check_tsc(const struct machine *machine);

#endif /* IMS_GUEST_MACHINE_H */
