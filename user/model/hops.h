/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In words: the hops, how an interrupt ended, and what caused a signal.
 */
#ifndef IMSTRACE_MODEL_HOPS_H
#define IMSTRACE_MODEL_HOPS_H

#include <imstrace/hops.h>
#include <imstrace/records.h>

const char *hop_name(enum imstrace_hop hop);
/* What it is, for people. */
const char *hop_what(enum imstrace_hop hop);

const char *end_name(enum imstrace_end end);
const char *cause_name(enum imstrace_cause cause);

#endif /* IMSTRACE_MODEL_HOPS_H */
