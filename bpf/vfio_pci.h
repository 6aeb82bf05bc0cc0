/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The life of a plain vfio-pci vector, on any kernel. vfio-pci has no
 * tracepoints: what it calls is seen, by fentry and fexit or, where those are
 * refused, by kprobes. Its irqs are known by the names that it gives to
 * request_irq(), and the dev_id that it gives is the vector's eventfd:
 *
 *	bind	request_threaded_irq(), then irq_bypass_register_producer(), whose failure
 *		is no obstacle
 *	unbind	irq_bypass_unregister_producer(), then free_irq()
 *
 * (vfio_msi_set_vector_signal() in drivers/vfio/pci/vfio_pci_intrs.c, 6.1 to 6.18).
 * All of them run in process context and may sleep; speed is no concern. Of INTx lines, see lines.h, only
 * that there are any is learned here, and their end.
 */
#include "contexts.h"
#include "lines.h"
#include "steps.h"
#include <linux/ptrace.h>
#include <bpf/bpf_tracing.h>

/* The vector behind @irq if it is vfio-pci's, else IMSTRACE_NONE. */
static __always_inline __u32 pci_vector_of(__u32 irq)
{
	__u32 id = vector_of_irq(irq);
	struct imstrace_vector *vector = vector_of(id);

	return vector && vector->kind == KIND_PCI ? id : IMSTRACE_NONE;
}

static __always_inline void emit_pci(enum imstrace_step step, __u32 id, bool with_eventfd, int ret)
{
	struct imstrace_vector *vector = vector_of(id);
	struct imstrace_lifecycle *record;

	if (!vector)
		return;
	record = new_step(step, NULL, vector->vector, vector->irq, IMSTRACE_NONE, id);
	if (!record)
		return;
	if (with_eventfd)
		record->eventfd_id = vector->eventfd_id;
	record->ret = ret;
	bpf_ringbuf_submit(record, 0);
}

/* It may fire before request_irq() has returned: it is followed from here on. */
static __always_inline bool begin_request(__u32 irq, const char *name, struct eventfd_ctx *eventfd)
{
	struct imstrace_vector *vector;
	struct irq_name *scratch;
	enum imstrace_kind kind;
	__u32 zero = 0, id;

	scratch = bpf_map_lookup_elem(&irq_names, &zero);
	if (!scratch || bpf_probe_read_kernel_str(scratch->text, sizeof(scratch->text), name) < 0)
		return false;
	kind = irq_name_parse(scratch->text, &scratch->key);
	if (kind == KIND_INTX)
		note_line(irq);
	if (kind != KIND_PCI)
		return false;
	id = find_or_add_key(&scratch->key);
	vector = vector_of(id);
	if (!vector)
		return false;
	vector->kind = KIND_PCI;
	vector->irq = irq;
	vector->pid = bpf_get_current_pid_tgid() >> 32;
	vector->reader = READER_UNKNOWN;
	set_eventfd(vector, id, eventfd);
	set_irq_vector(irq, id);
	return true;
}

static __always_inline void end_request(__u32 irq, int ret)
{
	__u32 id = pci_vector_of(irq);
	struct imstrace_vector *vector = vector_of(id);

	if (!vector)
		return;
	emit_pci(STEP_IRQ_REQUEST, id, false, ret);
	if (ret) {
		forget_eventfd((struct eventfd_ctx *)vector->eventfd);
		set_irq_vector(irq, IMSTRACE_NONE);
		return;
	}
	vector->to_post = 0;
	change_state(vector, STATE_FROM_START | STATE_REQUESTED | STATE_BOUND,
		     STATE_BYPASS | STATE_POSTED);
	/* Else it is complete when its bypass has been registered, or has failed to. */
	if (!pci_bypass_seen)
		emit_pci(STEP_VECTOR_BIND, id, true, 0);
}

/* When it has returned: until then the handler may run. */
static __always_inline void end_free(__u32 irq, __u64 eventfd)
{
	__u32 id = pci_vector_of(irq);
	struct imstrace_vector *vector = vector_of(id);

	forget_line(irq, eventfd);
	/*
	 * Another eventfd: the number has been given to another vector since. None yet: it was
	 * bound before we looked, and has not fired.
	 */
	if (!vector || (vector->eventfd && vector->eventfd != eventfd))
		return;
	if (!vector->eventfd)
		set_eventfd(vector, id, (struct eventfd_ctx *)eventfd);
	set_irq_vector(irq, IMSTRACE_NONE);
	end_outside(id);
	forget_eventfd((struct eventfd_ctx *)eventfd);
	vector->to_post = 0;
	change_state(vector, 0, STATE_REQUESTED | STATE_BOUND | STATE_POSTED);
	emit_pci(STEP_IRQ_FREE, id, false, 0);
	emit_pci(STEP_VECTOR_UNBIND, id, true, 0);
}

static __always_inline void end_bypass_register(struct irq_bypass_producer *producer, int ret)
{
	__u32 id = pci_vector_of(BPF_CORE_READ(producer, irq));
	struct imstrace_vector *vector = vector_of(id);

	if (!vector)
		return;
	if (!ret)
		change_state(vector, STATE_BYPASS, 0);
	emit_pci(STEP_BYPASS_REGISTER, id, true, ret);
	emit_pci(STEP_VECTOR_BIND, id, true, 0);
}

/* Until 6.16 it is known by a token, which is the eventfd. */
static __always_inline struct eventfd_ctx *producer_eventfd(struct irq_bypass_producer *producer)
{
	if (bpf_core_field_exists(producer->token))
		return BPF_CORE_READ(producer, token);
	return BPF_CORE_READ(producer, eventfd);
}

static __always_inline void begin_bypass_unregister(struct irq_bypass_producer *producer)
{
	__u32 id = pci_vector_of(BPF_CORE_READ(producer, irq));
	struct imstrace_vector *vector = vector_of(id);
	struct eventfd_ctx *eventfd = producer_eventfd(producer);

	/* vfio-pci also calls it when registering has failed: then it has none. */
	if (!vector || !eventfd)
		return;
	if (!vector->eventfd)
		set_eventfd(vector, id, eventfd);
	change_state(vector, 0, STATE_BYPASS);
	emit_pci(STEP_BYPASS_UNREGISTER, id, true, 0);
}

SEC("fentry/request_threaded_irq")
int BPF_PROG(request_fentry, __u32 irq, void *handler, void *thread, unsigned long flags,
	     const char *name, struct eventfd_ctx *eventfd)
{
	begin_request(irq, name, eventfd);
	return 0;
}

SEC("fexit/request_threaded_irq")
int BPF_PROG(request_fexit, __u32 irq, void *handler, void *thread, unsigned long flags,
	     const char *name, struct eventfd_ctx *eventfd, int ret)
{
	end_request(irq, ret);
	return 0;
}

SEC("fexit/free_irq")
int BPF_PROG(free_fexit, __u32 irq, void *dev_id)
{
	end_free(irq, (__u64)dev_id);
	return 0;
}

/* Its arguments became three in 6.17; the producer is the first of either. */
SEC("fexit/irq_bypass_register_producer")
int bypass_register_fexit(unsigned long long *context)
{
	__u64 ret = 0;

	bpf_get_func_ret(context, &ret);
	end_bypass_register((struct irq_bypass_producer *)context[0], ret);
	return 0;
}

SEC("fentry/irq_bypass_unregister_producer")
int BPF_PROG(bypass_unregister_fentry, struct irq_bypass_producer *producer)
{
	begin_bypass_unregister(producer);
	return 0;
}

SEC("kprobe/request_threaded_irq")
int request_kprobe(struct pt_regs *context)
{
	__u32 irq = PT_REGS_PARM1(context);

	/* The sixth and last argument that is in a register. */
	if (begin_request(irq, (const char *)PT_REGS_PARM5(context), (void *)context->r9))
		keep_call(irq, 0);
	return 0;
}

SEC("kretprobe/request_threaded_irq")
int request_kretprobe(struct pt_regs *context)
{
	struct kept_call call;

	if (take_call(&call))
		end_request(call.first, PT_REGS_RC(context));
	return 0;
}

SEC("kprobe/free_irq")
int free_kprobe(struct pt_regs *context)
{
	__u32 irq = PT_REGS_PARM1(context);

	if (pci_vector_of(irq) != IMSTRACE_NONE || has_lines(irq))
		keep_call(irq, PT_REGS_PARM2(context));
	return 0;
}

SEC("kretprobe/free_irq")
int free_kretprobe(struct pt_regs *context)
{
	struct kept_call call;

	if (take_call(&call))
		end_free(call.first, call.second);
	return 0;
}

SEC("kprobe/irq_bypass_register_producer")
int bypass_register_kprobe(struct pt_regs *context)
{
	keep_call(PT_REGS_PARM1(context), 0);
	return 0;
}

SEC("kretprobe/irq_bypass_register_producer")
int bypass_register_kretprobe(struct pt_regs *context)
{
	struct kept_call call;

	if (take_call(&call))
		end_bypass_register((struct irq_bypass_producer *)call.first, PT_REGS_RC(context));
	return 0;
}

SEC("kprobe/irq_bypass_unregister_producer")
int bypass_unregister_kprobe(struct pt_regs *context)
{
	begin_bypass_unregister((struct irq_bypass_producer *)PT_REGS_PARM1(context));
	return 0;
}
