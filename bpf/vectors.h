/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From a name to a vector id. This is the slow path: it runs when a vector is
 * set up, and once for a vector that was there before us.
 */
#ifndef IMSTRACE_BPF_VECTORS_H
#define IMSTRACE_BPF_VECTORS_H

#include "maps.h"
#include <asm/errno.h>
#include <bpf/bpf_core_read.h>

static __always_inline struct imstrace_vector *vector_of(__u32 id)
{
	return bpf_map_lookup_elem(&vectors, &id);
}

/* This CPU's. */
static __always_inline struct imstrace_account *account_in(__u32 id, bool second)
{
	__u32 index = bpf_get_smp_processor_id() * max_vectors + id;

	if (second)
		index += second_accounts;
	return id < max_vectors ? bpf_map_lookup_elem(&accounts, &index) : NULL;
}

static __always_inline struct imstrace_account *account_of(__u32 id)
{
	return account_in(id, false);
}

/* dev_name(): device_add() moves init_name into the kobject. */
static __always_inline void read_device_name(char name[IMSTRACE_NAME_LEN], struct device *dev)
{
	const char *from = BPF_CORE_READ(dev, init_name);

	if (!from)
		from = BPF_CORE_READ(dev, kobj.name);
	bpf_probe_read_kernel_str(name, IMSTRACE_NAME_LEN, from);
}

/*
 * The functions that are not static are so for the verifier, which looks at each of them once, and not in every
 * state in which it is called: of these there are many.
 */

/* A vector without a name, by its id: 0 to max_vectors - 1, or IMSTRACE_NONE when the table is full. */
__noinline __u32 reserve_vector(__u32 number)
{
	struct imstrace_vector *vector;
	__u32 id;

	if (bpf_map_pop_elem(&free_vectors, &id)) {
		id = __sync_fetch_and_add(&totals.vectors, 1);
		if (id >= max_vectors)
			__sync_fetch_and_sub(&totals.vectors, 1);
	}
	vector = id < max_vectors ? vector_of(id) : NULL;
	if (!vector)
		return IMSTRACE_NONE;
	vector->vector = number;
	vector->irq = IMSTRACE_NONE;
	vector->slot = IMSTRACE_NONE;
	vector->pasid = IMSTRACE_NONE;
	vector->eventfd_id = IMSTRACE_NONE;
	vector->vcpu = IMSTRACE_NONE;
	return id;
}

/* User space takes a vector with a name to be there. */
__noinline int name_vector(__u32 id, const struct vector_key *key)
{
	struct imstrace_vector *vector = vector_of(id);

	if (vector && key)
		__builtin_memcpy(vector->device, key->device, sizeof(vector->device));
	return 0;
}

/* Return: its id, or IMSTRACE_NONE when the table is full. Inline: another call's stack would be too much on 6.1. */
static __always_inline __u32 add_vector(const struct vector_key *key)
{
	__u32 id, *existing;
	int error;

	id = reserve_vector(key->vector);
	error = bpf_map_update_elem(&vector_ids, key, &id, BPF_NOEXIST);
	if (id == IMSTRACE_NONE) {
		/* Noted by name: counted once, and not looked for room again. */
		if (error != -EEXIST)
			__sync_fetch_and_add(&totals.lost_vectors, 1);
		return IMSTRACE_NONE;
	}
	if (!error) {
		name_vector(id, key);
		return id;
	}
	/* Another CPU was first: the id is the next vector's. */
	bpf_map_push_elem(&free_vectors, &id, BPF_ANY);
	existing = bpf_map_lookup_elem(&vector_ids, key);
	return existing ? *existing : IMSTRACE_NONE;
}

static __always_inline __u32 find_or_add_key(const struct vector_key *key)
{
	__u32 *id = bpf_map_lookup_elem(&vector_ids, key);

	return id ? *id : add_vector(key);
}

static __always_inline __u32 find_or_add_vector(struct device *dev, __u32 index)
{
	struct vector_key key = { .vector = index };

	read_device_name(key.device, dev);
	return find_or_add_key(&key);
}

/* IMSTRACE_NONE if none of ours is behind it. */
static __always_inline __u32 vector_of_irq(__u32 irq)
{
	__u64 *entry = bpf_map_lookup_elem(&irq_vectors, &irq);

	return entry && *entry < IRQ_OF_LINES ? (__u32)*entry - 1 : IMSTRACE_NONE;
}

/* Connects @irq to vector @id, or disconnects it with IMSTRACE_NONE. */
static __always_inline void set_irq_vector(__u32 irq, __u32 id)
{
	__u64 *entry = bpf_map_lookup_elem(&irq_vectors, &irq);

	if (entry)
		*entry = id == IMSTRACE_NONE ? 0 : id + 1;
}

static __always_inline void set_eventfd(struct imstrace_vector *vector, __u32 id,
					struct eventfd_ctx *eventfd)
{
	__u64 key = (__u64)eventfd;

	vector->eventfd = key;
	vector->eventfd_id = BPF_CORE_READ(eventfd, id);
	bpf_map_update_elem(&eventfd_vectors, &key, &id, BPF_ANY);
}

static __always_inline void forget_eventfd(struct eventfd_ctx *eventfd)
{
	__u64 key = (__u64)eventfd;

	bpf_map_delete_elem(&eventfd_vectors, &key);
}

#endif /* IMSTRACE_BPF_VECTORS_H */
