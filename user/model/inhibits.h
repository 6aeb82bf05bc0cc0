/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why KVM does without APICv or AVIC in a VM: enum kvm_apicv_inhibit of the kernel, in words. Its numbers
 * differ from kernel to kernel, so that a reason is known by its name.
 */
#ifndef IMSTRACE_MODEL_INHIBITS_H
#define IMSTRACE_MODEL_INHIBITS_H

/* The name of a reason that the kernel calls APICV_INHIBIT_REASON_...: pit_reinj, say. */
#define INHIBIT_NAME_LEN	32
void inhibit_name(char name[INHIBIT_NAME_LEN], const char *of_kernel);

/* What it means; NULL: a reason that this imstrace does not know. */
const char *inhibit_what(const char *name);
/* What to do to be rid of it; NULL: nothing, or that is not known. */
const char *inhibit_remedy(const char *name);

#endif /* IMSTRACE_MODEL_INHIBITS_H */
