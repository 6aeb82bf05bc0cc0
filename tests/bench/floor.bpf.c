// SPDX-License-Identifier: GPL-2.0-only
/*
 * The least that a tracer of the same hops can do: at each of imstrace's attach points,
 * one clock read and one increment in a per-CPU array; at the handler's exit no
 * clock, as in imstrace. And what it takes to measure what is around a program.
 */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

enum point { IRQ, SIGNAL, ACCEPT, ENTER, INJECT, EOI, EXIT, POINT_COUNT };

struct seen {
	__u64 count;
	__u64 last;	/* ns */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, POINT_COUNT);
	__type(key, __u32);
	__type(value, struct seen);
} points SEC(".maps");

static __always_inline int count(__u32 point)
{
	struct seen *seen = bpf_map_lookup_elem(&points, &point);

	if (!seen)
		return 0;
	if (point != EXIT)
		seen->last = bpf_ktime_get_ns();
	seen->count++;
	return 0;
}

SEC("raw_tp/irq_handler_entry")
int floor_irq(void *context)
{
	return count(IRQ);
}

SEC("raw_tp/vfio_ims_signal")
int floor_signal(void *context)
{
	return count(SIGNAL);
}

SEC("raw_tp/kvm_apic_accept_irq")
int floor_accept(void *context)
{
	return count(ACCEPT);
}

SEC("raw_tp/kvm_inj_virq")
int floor_inject(void *context)
{
	return count(INJECT);
}

SEC("raw_tp/kvm_entry")
int floor_enter(void *context)
{
	return count(ENTER);
}

SEC("raw_tp/kvm_eoi")
int floor_eoi(void *context)
{
	return count(EOI);
}

SEC("raw_tp/irq_handler_exit")
int floor_exit(void *context)
{
	return count(EXIT);
}

SEC("raw_tp")
int empty(void *context)
{
	return 0;
}

/* Fires the tracepoint bpf_trigger_tp, which is there for benchmarks. */
extern int bpf_modify_return_test_tp(int nonce) __ksym;

#define HITS	1000

__u64 hits_ns;		/* ns for HITS hits */

SEC("raw_tp")
int trigger(void *context)
{
	__u64 begin = bpf_ktime_get_ns();

	for (int i = 0; i < HITS; i++)
		bpf_modify_return_test_tp(0);
	hits_ns = bpf_ktime_get_ns() - begin;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
