/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is wrong with a driver, told by the steps in the lives of its vectors: a state
 * machine per vector, fed with the steps in their order, whatever their source.
 *
 * Only what is known is judged. A vector that was bound before imstrace looked, or
 * from whose life steps are missing, is one of which nothing is known until it is set up
 * anew. Of plain vfio-pci vectors the kernel shows few steps, and of those some ways
 * to see them may miss one: they are judged by no more than producer_at_free.
 */
#ifndef IMSTRACE_MODEL_LINT_H
#define IMSTRACE_MODEL_LINT_H

#include <imstrace/records.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * X(ENUM, name, what it means, what to do): the only list of findings. A name is never
 * changed: scripts compare it. docs/lint.md has a section for each.
 */
#define IMSTRACE_LINT(X)								\
	X(SIGNAL_BEFORE_REQUEST, signal_before_request,					\
	  "its eventfd was signalled before request_irq() gave it a handler",		\
	  "Signal from the interrupt's handler only, or make it an emulated vector")	\
	X(SIGNAL_AFTER_FREE, signal_after_free,						\
	  "its eventfd was signalled after free_irq() took its handler",		\
	  "Stop timers, work and tasklets that signal before free_irq()")		\
	X(SIGNAL_UNBOUND, signal_unbound,						\
	  "an eventfd was signalled while none was bound to it",			\
	  "Take the eventfd away from all who signal before it is unbound")		\
	X(INTERRUPT_BEFORE_PASID, interrupt_before_pasid,				\
	  "an interrupt came before its PASID had been written to the slot",		\
	  "Write the PASID in the chip's irq_startup(), inside request_irq()")		\
	X(PASID_CHANGED, pasid_changed,							\
	  "its slot got another PASID while its irq was requested",			\
	  "Free the irq and the slot, and allocate anew with the other PASID")		\
	X(PASID_WRONG, pasid_wrong,							\
	  "its slot got a PASID that it was not allocated with",			\
	  "Write what was given to the allocation, where it was checked")		\
	X(PASID_AFTER_FREE, pasid_after_free,						\
	  "its PASID was still in the slot after free_irq()",				\
	  "Wipe the PASID in the chip's irq_shutdown(), inside free_irq()")		\
	X(PRODUCER_AT_FREE, producer_at_free,						\
	  "it was still registered as an irq bypass producer at free_irq()",		\
	  "Call irq_bypass_unregister_producer() before free_irq()")			\
	X(SLOT_LEAKED, slot_leaked,							\
	  "its slot was still allocated when the device's index was disabled",		\
	  "Free the slot on the unbind path, and where binding fails half-way")		\
	X(IRQ_LEAKED, irq_leaked,							\
	  "its irq was still requested when the device's index was disabled",		\
	  "Call free_irq() on the unbind path, also when the client just dies")		\
	X(EVENTFD_LEAKED, eventfd_leaked,						\
	  "its eventfd was still bound when the device's index was disabled",		\
	  "Call eventfd_ctx_put() on the unbind path, also when the client just dies")	\
	X(DOUBLE_BIND, double_bind,							\
	  "it was bound to an eventfd while it was bound to one",			\
	  "Unbind the old eventfd first: its reference is lost else")			\
	X(DOUBLE_ALLOC, double_alloc,							\
	  "it got a slot while it had one",						\
	  "Free the old slot first: nobody knows of it any more")			\
	X(DOUBLE_REQUEST, double_request,						\
	  "its irq was requested while one of it was requested",			\
	  "Free the old irq first: its handler is still called")			\
	X(DOUBLE_REGISTER, double_register,						\
	  "it was registered as an irq bypass producer while it was one",		\
	  "Unregister it first: it stands in the list of producers twice")		\
	X(REQUEST_WITHOUT_SLOT, request_without_slot,					\
	  "its irq was requested while it had no slot",					\
	  "Allocate first: an irq that has been freed may be somebody else's")		\
	X(REGISTER_WITHOUT_IRQ, register_without_irq,					\
	  "it was registered as an irq bypass producer without a requested irq",	\
	  "Register after request_irq() has returned 0")				\
	X(BIND_WITHOUT_IRQ, bind_without_irq,						\
	  "it was bound, but its irq was not requested",				\
	  "Fail the binding when request_irq() fails")					\
	X(BIND_DISABLED, bind_disabled,							\
	  "it was set up while the device's index was disabled",			\
	  "Enable the index first; after release or close set up nothing")		\
	X(FREE_WITHOUT_ALLOC, free_without_alloc,					\
	  "its slot was freed while it had none",					\
	  "Free a slot once: it may be another vector's by now")			\
	X(FREE_WITHOUT_REQUEST, free_without_request,					\
	  "its irq was freed while none was requested",					\
	  "Call free_irq() once, and only when request_irq() has returned 0")		\
	X(SLOT_FREED_LIVE, slot_freed_live,						\
	  "its slot was freed while its irq was requested",				\
	  "Call free_irq() before the slot is freed")					\
	X(UNREGISTER_WITHOUT_REGISTER, unregister_without_register,			\
	  "it was unregistered as an irq bypass producer, but was none",		\
	  "Unregister only what irq_bypass_register_producer() took: the token may be "	\
	  "another vector's")								\
	X(UNBIND_WITHOUT_BIND, unbind_without_bind,					\
	  "it was unbound from an eventfd, but bound to none",				\
	  "Unbind once: each eventfd_ctx_put() needs a reference of its own")

enum lint_rule {
#define X(ENUM, name, what, remedy) LINT_##ENUM,
	IMSTRACE_LINT(X)
#undef X
	LINT_COUNT
};

const char *lint_name(enum lint_rule rule);
/* Of a vector, for people: goes on after "vector 3: ". */
const char *lint_what(enum lint_rule rule);
const char *lint_remedy(enum lint_rule rule);

/**
 * struct lint_finding - what is wrong, and with which vector
 * @rule:	what
 * @time:	when it happened, or was seen to be so
 * @id:		the vector's id, IMSTRACE_NONE if it has none
 * @device:	name of the device
 * @vector:	vector
 * @irq:	Linux irq or IMSTRACE_NONE
 * @slot:	slot or IMSTRACE_NONE
 * @pasid:	PASID in the slot or IMSTRACE_NONE
 * @eventfd_id:	eventfd that is, or was, bound or signalled, or IMSTRACE_NONE
 * @pid:	process in whose context it happened
 */
struct lint_finding {
	enum lint_rule rule;
	__u64 time;
	__u32 id;
	char device[IMSTRACE_NAME_LEN];
	__u32 vector;
	__u32 irq;
	__u32 slot;
	__u32 pasid;
	__u32 eventfd_id;
	__u32 pid;
};

/* How often something was found of a vector: @first is the first time. */
struct lint_tally {
	struct lint_finding first;
	__u64 count;
};

struct lint;

/**
 * lint_new - nothing is known yet
 * @found:	called for each finding; false: it is not wanted, and does not count
 * @context:	its first argument
 *
 * Return: to be freed by lint_free(), NULL: out of memory.
 */
struct lint *lint_new(bool (*found)(void *context, const struct lint_finding *finding),
		      void *context);
void lint_free(struct lint *lint);

void lint_step(struct lint *lint, const struct imstrace_lifecycle *step);

/*
 * Steps may be missing of the time up to and including @until: what happened then is not
 * judged, and nothing is known of any vector.
 */
void lint_doubt(struct lint *lint, __u64 until);

/* What is known of a vector that is gone is of no use any more; its findings stay. */
void lint_forget(struct lint *lint, const char device[IMSTRACE_NAME_LEN], __u32 vector);

/* What happens after @time is not judged: steps will be missing. */
void lint_stop(struct lint *lint, __u64 time);

/* There are no more steps: tells what was waiting for the next one. */
void lint_end(struct lint *lint);

enum lint_result {
	LINT_CLEAN,
	LINT_FOUND,
	LINT_INCONCLUSIVE,	/* nothing was found, but not all was seen, or nothing at all */
};

/**
 * struct lint_verdict - the end of it
 * @time:	when it was given
 * @result:	what it is
 * @steps:	how many steps of wanted vectors there were
 * @lost_lifecycle: how many steps were lost, of whatever vectors
 * @lost_vectors: how many vectors were not followed
 * @count:	number of @tallies
 * @tallies:	what was found, in the order of first findings
 */
struct lint_verdict {
	__u64 time;
	enum lint_result result;
	__u64 steps;
	__u64 lost_lifecycle;
	__u64 lost_vectors;
	size_t count;
	const struct lint_tally *tallies;
};

/* Fills in @result and what was found; the caller has set the rest. */
void lint_judge(const struct lint *lint, struct lint_verdict *verdict);

const char *lint_result_name(enum lint_result result);

#endif /* IMSTRACE_MODEL_LINT_H */
