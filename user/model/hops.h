/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In words: the hops, how an interrupt ended, and what caused a signal.
 */
#ifndef IMSTRACE_MODEL_HOPS_H
#define IMSTRACE_MODEL_HOPS_H

#include <imstrace/hops.h>
#include <imstrace/records.h>
#include <stdbool.h>

const char *hop_name(enum imstrace_hop hop);
/* What it is, for people. */
const char *hop_what(enum imstrace_hop hop);

/* The classes of ends: see IMSTRACE_ENDS. */
enum end_class { END_OF_GUEST, END_OF_UNSEEN, END_OF_UNMATCHED, END_OF_LOST, END_OF_OPEN };

const char *end_name(enum imstrace_end end);
const char *end_what(enum imstrace_end end);
/* The last hop that is passed. */
enum imstrace_hop end_hop(enum imstrace_end end);
enum end_class end_class(enum imstrace_end end);
/* Whether an account has a counter of it; the others are known by their hops. */
bool end_counted(enum imstrace_end end);

const char *cause_name(enum imstrace_cause cause);

#endif /* IMSTRACE_MODEL_HOPS_H */
