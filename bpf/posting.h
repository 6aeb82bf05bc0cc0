/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Vectors that the IOMMU posts to their guest, past the host. Not in the path of an interrupt.
 */
#include "steps.h"

static __always_inline void set_posted(struct imstrace_vector *vector, __u32 id, bool posted)
{
	struct imstrace_lifecycle *record;
	bool was = vector->state & STATE_POSTED;

	if (posted == was)
		return;
	change_state(vector, posted ? STATE_POSTED : 0, posted ? 0 : STATE_POSTED);
	record = new_step(posted ? STEP_POSTED : STEP_UNPOSTED, NULL, vector->vector, vector->irq,
			  vector->slot, id);
	if (!record)
		return;
	if (posted)
		record->data = vector->to_post;
	bpf_ringbuf_submit(record, 0);
}

static __always_inline __u32 current_process(void)
{
	return replaying ? replayed_process : bpf_get_current_pid_tgid() >> 32;
}

/* Whether AVIC is inhibited in the VM of @process, as far as that has been told. */
static __always_inline bool is_inhibited(__u32 process)
{
	return with_avic && bpf_map_lookup_elem(&inhibited_processes, &process);
}

/*
 * From 6.17 on, and known by a member that came with it, it is (host_irq, vcpu, gsi,
 * gvec, set); before, (host_irq, vcpu_id, gsi, gvec, pi_desc_addr, set). Called where
 * an irqfd's route or the vector changes, not in the path of an interrupt. Serves
 * the vectors of the IMS library as well.
 */
SEC("raw_tp/kvm_pi_irte_update")
int posting(struct bpf_raw_tracepoint_args *context)
{
	struct kvm_kernel_irqfd *irqfd = NULL;
	__u32 id = vector_of_irq(context->args[0]);
	struct imstrace_vector *vector = vector_of(id);
	bool set;

	if (!vector)
		return 0;
	/* The barrier keeps the compiler from computing an offset: the verifier takes none. */
	if (bpf_core_field_exists(irqfd->irq_bypass_vcpu)) {
		set = (__u8)context->args[4];
		barrier_var(set);
	} else {
		set = (__u8)context->args[5];
	}
	vector->to_post = set ? (__u32)context->args[3] : 0;
	vector->post_process = current_process();
	set_posted(vector, id, set && !is_inhibited(vector->post_process));
	return 0;
}

struct inhibition {
	__u32 process;
	bool inhibited;
};

static long follow_inhibition(__u32 id, const struct inhibition *inhibition)
{
	struct imstrace_vector *vector = vector_of(id);

	if (!vector)
		return 1;
	if (vector->to_post && vector->post_process == inhibition->process)
		set_posted(vector, id, !inhibition->inhibited);
	return 0;
}

/*
 * KVM says "set" of a vector of an AMD host also while AVIC is inhibited in its VM: the IOMMU then
 * remaps it, and posts it from when AVIC is no longer inhibited (avic_refresh_apicv_exec_ctrl()).
 * Fired in a thread of the VM's process, and without the VM: of several VMs of one process it
 * is taken for that of all.
 */
SEC("raw_tp/kvm_apicv_inhibit_changed")
int BPF_PROG(inhibition, int reason, bool set, unsigned long inhibits)
{
	struct inhibition now = { .process = current_process(), .inhibited = inhibits };

	if (!with_avic || now.inhibited == is_inhibited(now.process))
		return 0;
	if (now.inhibited)
		bpf_map_update_elem(&inhibited_processes, &now.process, &now.inhibited, BPF_ANY);
	else
		bpf_map_delete_elem(&inhibited_processes, &now.process);
	bpf_loop(*(volatile __u32 *)&totals.vectors, follow_inhibition, &now, 0);
	return 0;
}
